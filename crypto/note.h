#ifndef LH_CRYPTO_NOTE_H
#define LH_CRYPTO_NOTE_H

/*
 * Signed notes (C2SP signed-note v1.0.0): TEXT, a blank line, signature lines
 *   U+2014 SP name SP base64(key hash[4] || signature bytes) LF
 * and vkeys "name+hash+base64(type || key)". In suite W the types are 0x01 (Ed25519 log) and
 * 0x04 (Ed25519 timestamped cosignature). In suite G the type byte is 0xff followed by our
 * identifier "liuhen.sm2/log\0" or "liuhen.sm2/cosignature\0" and the 33-byte key.
 * The key hash is the first 4 bytes of H(name || LF || type || key), where type is the byte or
 * the byte with its identifier, and H is SHA-256 for Ed25519 and SM3 for SM2 keys.
 *
 *   1. A note has at most LH_NOTE_MAX bytes: UTF-8, and below U+0020 only newlines.
 *   2. The LAST blank line ends the text; behind it are 1 to LH_NOTE_LINES_MAX signature lines.
 *   3. Lines of unknown keys are ignored. Of several lines with one name and key hash the first
 *      counts, as in Go's note package.
 * Spec: specs/ledger.md section 5.
 */

#include "crypto/key.h"
#include "crypto/signer.h"

enum {
    LH_NOTE_MAX = 128 * 1024,
    LH_NOTE_LINES_MAX = 100,
    LH_NOTE_NAME_MAX = 255,
};

enum lh_note_kind {
    LH_NOTE_LOG = 1,         /* signs the text */
    LH_NOTE_COSIGNATURE = 4, /* signs "cosignature/v1\ntime T\n" || text, prefixed with u64 T */
};

struct lh_note_line {
    struct lh_bytes name;
    uint8_t key_hash[4];
    struct lh_bytes base64; /* of everything, key hash included */
};

/* A parsed note; views borrow from the bytes it was parsed from. */
struct lh_note {
    struct lh_bytes text; /* with its final newline */
    size_t line_count;
    struct lh_note_line lines[LH_NOTE_LINES_MAX];
};

/** Who may have signed: a name, a kind and a key. */
struct lh_note_key {
    char name[LH_NOTE_NAME_MAX + 1];
    enum lh_note_kind kind;
    struct lh_pubkey key;
    uint8_t key_hash[4];
};

/** Split at the last blank line and check every line's shape. LH_ERR_INVALID. No allocation. */
enum lh_code lh_note_parse(struct lh_note *out, struct lh_bytes bytes,
                           struct lh_err *err) LH_MUST_CHECK;
/** Name is 1-255 bytes without Unicode space or '+'; the key may sign in `suite`. */
enum lh_code lh_note_key_init(struct lh_note_key *out, const char *name, enum lh_note_kind kind,
                              const struct lh_pubkey *key, struct lh_err *err) LH_MUST_CHECK;
void lh_note_key_format(struct lh_buf *out, const struct lh_note_key *key);
/** Parse a vkey and check its hash. */
enum lh_code lh_note_key_parse(struct lh_note_key *out, struct lh_bytes vkey,
                               struct lh_err *err) LH_MUST_CHECK;
/** The line that names `key`, not verified; NULL: none does. */
const struct lh_note_line *lh_note_find(const struct lh_note *note, const struct lh_note_key *key);
/** Append a line as it stood in its note, with its newline. */
void lh_note_line_format(struct lh_buf *out, const struct lh_note_line *line);
/**
 * Verify the line that `key` made. LH_ERR_NOT_FOUND if there is none (name and hash), LH_ERR_FORGED
 * if there is one that does not verify. `out_time_s` (may be NULL): POSIX seconds of a cosignature.
 */
enum lh_code lh_note_verify(const struct lh_note *note, const struct lh_note_key *key,
                            uint64_t *out_time_s, struct lh_err *err) LH_MUST_CHECK;
/** The same with a verifier of key->key that is at hand: making one takes a part
 * of the time that verifying does. */
enum lh_code lh_note_verify_with(const struct lh_note *note, const struct lh_note_key *key,
                                 const struct lh_verifier *verifier, uint64_t *out_time_s,
                                 struct lh_err *err) LH_MUST_CHECK;
/**
 * Append a signature line over `text` (which ends in a newline) to `out`. `time_s` is used by
 * cosignatures only and must not be 0 there. The caller adds text and blank line first.
 */
enum lh_code lh_note_add_line(struct lh_buf *out, struct lh_bytes text,
                              const struct lh_note_key *key, struct lh_signer *signer,
                              uint64_t time_s, struct lh_err *err) LH_MUST_CHECK;

#endif
