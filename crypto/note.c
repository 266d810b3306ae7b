#include "crypto/note.h"

#include "crypto/base/assert.h"
#include "crypto/evp_internal.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    KEY_HASH_SIZE = 4,
    TYPE_SIZE_MAX = 32,
    TYPED_KEY_MAX = TYPE_SIZE_MAX + LH_PUBKEY_MAX,
    TIME_SIZE = 8,
    BLOB_MAX = KEY_HASH_SIZE + TIME_SIZE + LH_SIG_SIZE,
};

static const char LINE_START[] = "\xe2\x80\x94 "; /* U+2014 SP */

/* ---- The kinds of keys: the one place that knows the type bytes ---- */

static const struct key_type {
    enum lh_note_kind kind;
    enum lh_alg alg;
    uint8_t len;
    char bytes[TYPE_SIZE_MAX];
} KEY_TYPES[] = {
    { LH_NOTE_LOG, LH_ALG_ED25519, 1, "\x01" },
    { LH_NOTE_COSIGNATURE, LH_ALG_ED25519, 1, "\x04" },
    /* Private types go on with an identifier; ours ends in a NUL, so that none begins another. */
    { LH_NOTE_LOG, LH_ALG_SM2, sizeof "\xffliuhen.sm2/log", "\xffliuhen.sm2/log" },
    { LH_NOTE_COSIGNATURE, LH_ALG_SM2, sizeof "\xffliuhen.sm2/cosignature",
      "\xffliuhen.sm2/cosignature" },
};
enum { KEY_TYPE_COUNT = sizeof KEY_TYPES / sizeof KEY_TYPES[0] };

static struct lh_bytes type_bytes(const struct key_type *type)
{
    return lh_bytes_of(type->bytes, type->len);
}

static const struct key_type *find_type(enum lh_note_kind kind, enum lh_alg alg)
{
    for (size_t i = 0; i < KEY_TYPE_COUNT; i++) {
        if (KEY_TYPES[i].kind == kind && KEY_TYPES[i].alg == alg) {
            return &KEY_TYPES[i];
        }
    }
    return NULL;
}

/* ---- Text ---- */

/* Cut the next code point off `rest`; -1 if that is not well-formed UTF-8. */
static int32_t next_rune(struct lh_bytes *rest)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t lead = rest->data[0];
    size_t len = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t rune = len == 2 ? lead & 0x1fU : len == 3 ? lead & 0x0fU : lead & 7U;

    if (lead < 0x80) { /* most are */
        *rest = lh_bytes_of(rest->data + 1, rest->len - 1);
        return lead;
    }
    if (len == 0 || lead > 0xf4 || len > rest->len) {
        return -1;
    }
    for (size_t i = 1; i < len; i++) {
        if ((rest->data[i] & 0xc0) != 0x80) {
            return -1;
        }
        rune = rune << 6 | (rest->data[i] & 0x3fU);
    }
    if (rune < smallest[len] || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) {
        return -1;
    }
    *rest = lh_bytes_of(rest->data + len, rest->len - len);
    return (int32_t)rune;
}

/* White space as Unicode has it, which is what Go's note package asks. */
static bool is_space(int32_t rune)
{
    return (rune >= 0x09 && rune <= 0x0d) || rune == 0x20 || rune == 0x85 || rune == 0xa0 ||
           rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 ||
           rune == 0x2029 || rune == 0x202f || rune == 0x205f || rune == 0x3000;
}

static bool is_note_text(struct lh_bytes bytes)
{
    while (bytes.len > 0) {
        if (bytes.data[0] >= 0x20 && bytes.data[0] < 0x80) { /* most are: not worth a call */
            bytes.data++;
            bytes.len--;
            continue;
        }
        int32_t rune = next_rune(&bytes);

        if (rune < 0x20 && rune != '\n') {
            return false;
        }
    }
    return true;
}

static bool is_name(struct lh_bytes name)
{
    if (name.len == 0 || name.len > LH_NOTE_NAME_MAX) {
        return false;
    }
    while (name.len > 0) {
        int32_t rune = next_rune(&name);

        if (rune < 0x20 || rune == '+' || is_space(rune)) {
            return false;
        }
    }
    return true;
}

/* ---- Parsing a note ---- */

/* Offset of the blank line's own newline; the text ends before it. 0: there is none. */
static size_t find_last_blank_line(struct lh_bytes bytes)
{
    for (size_t i = bytes.len; i-- > 1;) {
        if (bytes.data[i] == '\n' && bytes.data[i - 1] == '\n') {
            return i;
        }
    }
    return 0;
}

/* The key hash is in the first 8 characters, which are 6 bytes, or 5 if that is all there is. */
static enum lh_code read_key_hash(uint8_t out[KEY_HASH_SIZE], struct lh_bytes base64,
                                  struct lh_err *err)
{
    uint8_t head[6];
    size_t len = 0;
    enum lh_code rc;

    rc = lh_base64_measure(&len, base64, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (len <= KEY_HASH_SIZE) {
        return lh_err_set(err, LH_ERR_INVALID, "no signature behind the key hash");
    }
    rc = lh_base64_parse(head, len < sizeof head ? len : sizeof head, lh_bytes_of(base64.data, 8),
                         err);
    if (rc == LH_OK) {
        memcpy(out, head, KEY_HASH_SIZE);
    }
    return rc;
}

static enum lh_code parse_line(struct lh_note_line *out, struct lh_bytes line, struct lh_err *err)
{
    size_t start = sizeof LINE_START - 1;
    const uint8_t *space;
    size_t name_len;

    if (line.len < start || memcmp(line.data, LINE_START, start) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "does not begin with an em dash and a space");
    }
    line = lh_bytes_of(line.data + start, line.len - start);
    space = line.len == 0 ? NULL : memchr(line.data, ' ', line.len);
    if (space == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "has no space between name and signature");
    }
    name_len = (size_t)(space - line.data);
    out->name = lh_bytes_of(line.data, name_len);
    out->base64 = lh_bytes_of(space + 1, line.len - name_len - 1);
    if (!is_name(out->name)) {
        return lh_err_set(err, LH_ERR_INVALID, "its name is not 1 to %d bytes without space or '+'",
                          LH_NOTE_NAME_MAX);
    }
    return read_key_hash(out->key_hash, out->base64, err);
}

enum lh_code lh_note_parse(struct lh_note *out, struct lh_bytes bytes, struct lh_err *err)
{
    struct lh_note note;
    struct lh_bytes rest;
    struct lh_bytes line;
    size_t blank;

    if (bytes.len > LH_NOTE_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a note of %zu bytes: at most %d are allowed",
                          bytes.len, LH_NOTE_MAX);
    }
    if (!is_note_text(bytes)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "a note is UTF-8 without control characters other than newlines");
    }
    blank = find_last_blank_line(bytes);
    if (blank == 0 || blank + 1 == bytes.len || bytes.data[bytes.len - 1] != '\n') {
        return lh_err_set(err, LH_ERR_INVALID,
                          "a note is text, a blank line and signature lines, each with a newline");
    }
    note.text = lh_bytes_of(bytes.data, blank);
    note.line_count = 0;
    rest = lh_bytes_of(bytes.data + blank + 1, bytes.len - blank - 1);
    while (lh_text_next_line(&rest, &line)) {
        enum lh_code rc;

        if (note.line_count == LH_NOTE_LINES_MAX) {
            return lh_err_set(err, LH_ERR_INVALID, "a note has at most %d signature lines",
                              LH_NOTE_LINES_MAX);
        }
        rc = parse_line(&note.lines[note.line_count], line, err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "signature line %zu of a note", note.line_count + 1);
        }
        note.line_count++;
    }
    *out = note;
    return LH_OK;
}

/* ---- Keys ---- */

static enum lh_code hash_key(struct lh_note_key *key, const struct key_type *type,
                             struct lh_err *err)
{
    const char *digest = key->key.alg == LH_ALG_SM2 ? LH_EVP_SM3 : LH_EVP_SHA256;
    uint8_t text[LH_NOTE_NAME_MAX + 1 + TYPED_KEY_MAX];
    struct lh_bytes parts[] = {
        lh_bytes_of_text(key->name),
        lh_bytes_of("\n", 1),
        type_bytes(type),
        lh_pubkey_bytes(&key->key),
    };
    struct lh_hash hash;
    size_t len = 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        memcpy(text + len, parts[i].data, parts[i].len);
        len += parts[i].len;
    }
    if (EVP_Q_digest(NULL, digest, NULL, text, len, hash.bytes, NULL) != 1) {
        return lh_evp_err(err, LH_ERR_NOMEM, "hashing a note key with %s", digest);
    }
    memcpy(key->key_hash, hash.bytes, KEY_HASH_SIZE);
    return LH_OK;
}

static enum lh_code init_key(struct lh_note_key *out, struct lh_bytes name, enum lh_note_kind kind,
                             const struct lh_pubkey *key, struct lh_err *err)
{
    const struct key_type *type = find_type(kind, key->alg);
    struct lh_note_key made = { .kind = kind, .key = *key };
    enum lh_code rc;

    if (type == NULL) {
        const char *alg = lh_alg_name(key->alg);
        return lh_err_set(err, LH_ERR_INVALID,
                          "notes are signed by ed25519 and sm2 keys, not by %s (kind %d)",
                          alg == NULL ? "an unknown algorithm" : alg, (int)kind);
    }
    if (!is_name(name)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "the name of a note key is 1 to %d bytes of UTF-8 without space or '+'",
                          LH_NOTE_NAME_MAX);
    }
    memcpy(made.name, name.data, name.len);
    rc = hash_key(&made, type, err);
    if (rc == LH_OK) {
        *out = made;
    }
    return rc;
}

enum lh_code lh_note_key_init(struct lh_note_key *out, const char *name, enum lh_note_kind kind,
                              const struct lh_pubkey *key, struct lh_err *err)
{
    return init_key(out, lh_bytes_of_text(name), kind, key, err);
}

void lh_note_key_format(struct lh_buf *out, const struct lh_note_key *key)
{
    const struct key_type *type = find_type(key->kind, key->key.alg);
    struct lh_bytes raw = lh_pubkey_bytes(&key->key);
    uint8_t typed[TYPED_KEY_MAX];

    lh_assert(type != NULL);
    memcpy(typed, type->bytes, type->len);
    memcpy(typed + type->len, raw.data, raw.len);
    lh_buf_add_text(out, key->name);
    lh_buf_add_u8(out, '+');
    lh_hex_add(out, lh_bytes_of(key->key_hash, KEY_HASH_SIZE));
    lh_buf_add_u8(out, '+');
    lh_base64_add(out, lh_bytes_of(typed, type->len + raw.len));
}

/* Tell the key from its type bytes. */
static enum lh_code parse_typed_key(enum lh_note_kind *out_kind, struct lh_pubkey *out,
                                    struct lh_bytes typed, struct lh_err *err)
{
    for (size_t i = 0; i < KEY_TYPE_COUNT; i++) {
        const struct key_type *type = &KEY_TYPES[i];

        if (typed.len >= type->len && memcmp(typed.data, type->bytes, type->len) == 0) {
            *out_kind = type->kind;
            return lh_pubkey_from_bytes(
                out, type->alg, lh_bytes_of(typed.data + type->len, typed.len - type->len), err);
        }
    }
    return lh_err_set(err, LH_ERR_INVALID, "unknown key type %02x",
                      typed.len == 0 ? 0U : typed.data[0]);
}

/* Cut what stands before the next '+' off `rest`. */
static bool cut_at_plus(struct lh_bytes *rest, struct lh_bytes *out)
{
    const uint8_t *plus = rest->len == 0 ? NULL : memchr(rest->data, '+', rest->len);
    size_t len;

    if (plus == NULL) {
        return false;
    }
    len = (size_t)(plus - rest->data);
    *out = lh_bytes_of(rest->data, len);
    *rest = lh_bytes_of(plus + 1, rest->len - len - 1);
    return true;
}

static enum lh_code parse_base64_key(enum lh_note_kind *out_kind, struct lh_pubkey *out,
                                     struct lh_bytes base64, struct lh_err *err)
{
    uint8_t typed[TYPED_KEY_MAX];
    size_t len = 0;
    enum lh_code rc;

    rc = lh_base64_measure(&len, base64, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (len > sizeof typed) {
        return lh_err_set(err, LH_ERR_INVALID, "a key of %zu bytes: no type we know is so long",
                          len);
    }
    rc = lh_base64_parse(typed, len, base64, err);
    if (rc != LH_OK) {
        return rc;
    }
    return parse_typed_key(out_kind, out, lh_bytes_of(typed, len), err);
}

enum lh_code lh_note_key_parse(struct lh_note_key *out, struct lh_bytes vkey, struct lh_err *err)
{
    struct lh_bytes rest = vkey;
    struct lh_bytes name;
    struct lh_bytes hex;
    char real_hex[2 * KEY_HASH_SIZE + 1];
    struct lh_note_key key;
    struct lh_pubkey pubkey = { .alg = 0 };
    enum lh_note_kind kind = LH_NOTE_LOG;
    enum lh_code rc;

    if (!cut_at_plus(&rest, &name) || !cut_at_plus(&rest, &hex)) {
        return lh_err_set(err, LH_ERR_INVALID, "not a note key: want name+hash+base64");
    }
    rc = parse_base64_key(&kind, &pubkey, rest, err);
    if (rc == LH_OK) {
        rc = init_key(&key, name, kind, &pubkey, err);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "note key");
    }
    lh_hex_format(real_hex, lh_bytes_of(key.key_hash, KEY_HASH_SIZE));
    if (!lh_bytes_is_equal(hex, lh_bytes_of_text(real_hex))) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "note key %s: its hash should be %s, so name or key was altered",
                          key.name, real_hex);
    }
    *out = key;
    return LH_OK;
}

/* ---- Signing and verifying ---- */

const struct lh_note_line *lh_note_find(const struct lh_note *note, const struct lh_note_key *key)
{
    for (size_t i = 0; i < note->line_count; i++) {
        const struct lh_note_line *line = &note->lines[i];

        if (memcmp(line->key_hash, key->key_hash, KEY_HASH_SIZE) == 0 &&
            lh_bytes_is_equal(line->name, lh_bytes_of_text(key->name))) {
            return line;
        }
    }
    return NULL;
}

void lh_note_line_format(struct lh_buf *out, const struct lh_note_line *line)
{
    lh_buf_add_text(out, LINE_START);
    lh_buf_add(out, line->name);
    lh_buf_add_u8(out, ' ');
    lh_buf_add(out, line->base64);
    lh_buf_add_u8(out, '\n');
}

/* What a cosignature signs. */
static enum lh_code add_cosigned_message(struct lh_buf *out, struct lh_bytes text, uint64_t time_s,
                                         struct lh_err *err)
{
    lh_buf_add_format(out, "cosignature/v1\ntime %" PRIu64 "\n", time_s);
    lh_buf_add(out, text);
    return lh_buf_check(out, err);
}

static enum lh_code verify_cosignature(const struct lh_verifier *verifier, const struct lh_sig *sig,
                                       struct lh_bytes text, uint64_t time_s, struct lh_err *err)
{
    struct lh_buf message = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = add_cosigned_message(&message, text, time_s, err);
    if (rc == LH_OK) {
        rc = lh_verify(verifier, sig, lh_buf_bytes(&message), err);
    }
    lh_buf_clear(&message);
    return rc;
}

static enum lh_code verify_line(const struct lh_note_line *line, struct lh_bytes text,
                                const struct lh_note_key *key, const struct lh_verifier *verifier,
                                uint64_t *out_time_s, struct lh_err *err)
{
    bool is_cosignature = key->kind == LH_NOTE_COSIGNATURE;
    size_t len = is_cosignature ? BLOB_MAX : BLOB_MAX - TIME_SIZE;
    uint8_t blob[BLOB_MAX];
    struct lh_reader reader;
    struct lh_sig sig;
    uint64_t time_s = 0;
    enum lh_code rc;

    if (lh_base64_parse(blob, len, line->base64, NULL) != LH_OK) {
        return lh_err_set(err, LH_ERR_FORGED, "the signature is not of %zu bytes", len);
    }
    reader = lh_reader_of(lh_bytes_of(blob, len));
    (void)lh_read_u32(&reader);
    if (is_cosignature) {
        time_s = lh_read_u64(&reader);
    }
    lh_read_into(&reader, sig.bytes, sizeof sig.bytes);
    lh_assert(lh_reader_is_done(&reader));
    rc = is_cosignature ? verify_cosignature(verifier, &sig, text, time_s, err)
                        : lh_verify(verifier, &sig, text, err);
    if (rc == LH_OK && out_time_s != NULL) {
        *out_time_s = time_s;
    }
    return rc;
}

enum lh_code lh_note_verify_with(const struct lh_note *note, const struct lh_note_key *key,
                                 const struct lh_verifier *verifier, uint64_t *out_time_s,
                                 struct lh_err *err)
{
    const struct lh_note_line *line = lh_note_find(note, key);
    enum lh_code rc;

    lh_assert(lh_pubkey_is_equal(lh_verifier_pubkey(verifier), &key->key));
    if (line == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "the note has no signature by %s", key->name);
    }
    rc = verify_line(line, note->text, key, verifier, out_time_s, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "signature by %s on a note", key->name);
    }
    return LH_OK;
}

enum lh_code lh_note_verify(const struct lh_note *note, const struct lh_note_key *key,
                            uint64_t *out_time_s, struct lh_err *err)
{
    struct lh_verifier *verifier = NULL;
    enum lh_code rc = lh_verifier_new(&verifier, &key->key, err);

    if (rc == LH_OK) {
        rc = lh_note_verify_with(note, key, verifier, out_time_s, err);
    }
    lh_verifier_free(verifier);
    return rc;
}

static enum lh_code sign_message(struct lh_sig *out, struct lh_bytes text,
                                 const struct lh_note_key *key, struct lh_signer *signer,
                                 uint64_t time_s, struct lh_err *err)
{
    struct lh_buf message = LH_BUF_EMPTY;
    enum lh_code rc;

    if (key->kind == LH_NOTE_LOG) {
        return lh_sign(signer, out, text, err);
    }
    rc = add_cosigned_message(&message, text, time_s, err);
    if (rc == LH_OK) {
        rc = lh_sign(signer, out, lh_buf_bytes(&message), err);
    }
    lh_buf_clear(&message);
    return rc;
}

enum lh_code lh_note_add_line(struct lh_buf *out, struct lh_bytes text,
                              const struct lh_note_key *key, struct lh_signer *signer,
                              uint64_t time_s, struct lh_err *err)
{
    uint8_t blob[BLOB_MAX];
    size_t len = KEY_HASH_SIZE;
    struct lh_sig sig;
    enum lh_code rc;

    if (!lh_pubkey_is_equal(&key->key, lh_signer_pubkey(signer))) {
        return lh_err_set(err, LH_ERR_INVALID, "signing a note as %s with another key", key->name);
    }
    if (text.len == 0 || text.data[text.len - 1] != '\n' || !is_note_text(text)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "the text of a note is UTF-8 lines, each with a newline");
    }
    if (key->kind == LH_NOTE_COSIGNATURE && time_s == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "a cosignature needs a time other than 0");
    }
    rc = sign_message(&sig, text, key, signer, time_s, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "signing a note as %s", key->name);
    }
    memcpy(blob, key->key_hash, KEY_HASH_SIZE);
    if (key->kind == LH_NOTE_COSIGNATURE) {
        lh_put_u64(blob + len, time_s);
        len += TIME_SIZE;
    }
    memcpy(blob + len, sig.bytes, LH_SIG_SIZE);
    len += LH_SIG_SIZE;
    lh_buf_add_text(out, LINE_START);
    lh_buf_add_text(out, key->name);
    lh_buf_add_u8(out, ' ');
    lh_base64_add(out, lh_bytes_of(blob, len));
    lh_buf_add_u8(out, '\n');
    return lh_buf_check(out, err);
}
