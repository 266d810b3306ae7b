#ifndef LH_LEDGER_CHECKPOINT_H
#define LH_LEDGER_CHECKPOINT_H

/*
 * A head of a ledger as a C2SP tlog-checkpoint: three lines (origin, size, base64 root), never an
 * extension line, signed as a note under the generation's seal key whose name is the origin.
 * Spec: specs/ledger.md 5.
 */

#include "crypto/note.h"
#include "ledger/origin.h"

struct lh_checkpoint {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size;
    struct lh_hash root;
};

enum { LH_CHECKPOINT_TEXT_MAX = LH_ORIGIN_MAX + 80, LH_CHECKPOINT_SIGNED_MAX = 1024 };

/** Append the three lines. */
void lh_checkpoint_format(struct lh_buf *out, const struct lh_checkpoint *checkpoint);
/** Parse a note's text. LH_ERR_INVALID, also for extension lines. */
enum lh_code lh_checkpoint_parse(struct lh_checkpoint *out, struct lh_bytes text,
                                 struct lh_err *err) LH_MUST_CHECK;
/**
 * Append the signed note: text, blank line, the seal's line. LH_ERR_INVALID if `seal` is not a log
 * key named like the origin, or the checkpoint could not be parsed back. On failure `out` is as it
 * was.
 */
enum lh_code lh_checkpoint_sign(struct lh_buf *out, const struct lh_checkpoint *checkpoint,
                                const struct lh_note_key *seal, struct lh_signer *signer,
                                struct lh_err *err) LH_MUST_CHECK;
/**
 * Parse a signed note and verify `seal`'s line; the seal's name must be the origin. LH_ERR_INVALID
 * if it is no checkpoint; LH_ERR_FORGED if it is one of another origin, or its seal is missing or
 * false. Other lines are not judged.
 */
enum lh_code lh_checkpoint_verify(struct lh_checkpoint *out, struct lh_bytes note,
                                  const struct lh_note_key *seal, struct lh_err *err) LH_MUST_CHECK;
/**
 * Append a signed note with the line of `seal` and no other: its form that holds nothing which was
 * not verified. LH_ERR_INVALID: no note; LH_ERR_NOT_FOUND: it has no such line; LH_ERR_NOMEM. The
 * line is not verified here.
 */
enum lh_code lh_checkpoint_keep_seal(struct lh_buf *out, struct lh_bytes note,
                                     const struct lh_note_key *seal,
                                     struct lh_err *err) LH_MUST_CHECK;

#endif
