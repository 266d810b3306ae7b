#ifndef LH_LEDGER_COSIGNED_H
#define LH_LEDGER_COSIGNED_H

/*
 * Heads of our ledger with the cosignatures that others gave them, kept beside the sealed
 * checkpoints: notes of the same text with more lines.
 *
 *   1. Only lines of witnesses that a policy lists, and that verify, are taken in.
 *   2. Of one witness one line is kept, the one with the later time.
 *   3. A head that was marked with a level keeps the mark: no level falls.
 * Spec: specs/ledger.md 8.5.
 */

#include "ledger/level.h"
#include "ledger/policy.h"
#include "ledger/store.h"

/**
 * Append `held` with the lines of the policy's witnesses in `offered`. `out_count` (may be NULL):
 * lines that `held` did not have. LH_ERR_INVALID: no note, or not of the same text;
 * LH_ERR_NOT_FOUND: no witness of the policy has a line in `offered`; LH_ERR_FORGED: the line of
 * one does not verify; LH_ERR_LIMIT: more lines than a note may have.
 */
enum lh_code lh_cosigned_merge(struct lh_buf *out, const struct lh_policy *policy,
                               struct lh_bytes held, struct lh_bytes offered, size_t *out_count,
                               struct lh_err *err) LH_MUST_CHECK;

void lh_cosigned_put(struct lh_store_batch *batch, const char *origin, uint64_t size,
                     struct lh_bytes note);
/** Replaces `out`. LH_ERR_NOT_FOUND: nobody cosigned this head. */
enum lh_code lh_cosigned_get(struct lh_store *store, const char *origin, uint64_t size,
                             struct lh_buf *out, struct lh_err *err) LH_MUST_CHECK;
/** Mark the head with a level, LH_LEVEL_WITNESSED or LH_LEVEL_FINAL; its note goes with it. */
void lh_cosigned_mark(struct lh_store_batch *batch, const char *origin, uint64_t size,
                      enum lh_level level);
/**
 * The head that says most of the leaves below `from`: the smallest one, of at least that size, of
 * the highest level that any such head is marked with; where none is, the smallest that somebody
 * cosigned, of level sealed. LH_ERR_NOT_FOUND: nobody did. Cost: three seeks at most.
 */
enum lh_code lh_cosigned_best(struct lh_store *store, const char *origin, uint64_t from,
                              uint64_t *out_size, enum lh_level *out_level,
                              struct lh_err *err) LH_MUST_CHECK;

/* The heads of which an archive carries the lines. */
struct lh_cosigned_newest {
    uint64_t sizes[LH_LEVEL_FINAL + 1]; /* by level; of SEALED: cosigned by anybody. 0: none */
};

/**
 * The largest heads of at most `size` that are marked with each level, and that somebody cosigned.
 * Cost: three seeks.
 */
enum lh_code lh_cosigned_newest(struct lh_store *store, const char *origin, uint64_t size,
                                struct lh_cosigned_newest *out, struct lh_err *err) LH_MUST_CHECK;
/**
 * Where the head of `size` is one of `newest`, replace `checkpoint` by its note with the lines; a
 * head that is none of them, or whose note is gone, leaves it as it is.
 */
enum lh_code lh_cosigned_show(struct lh_store *store, const char *origin,
                              const struct lh_cosigned_newest *newest, uint64_t size,
                              struct lh_buf *checkpoint, struct lh_err *err) LH_MUST_CHECK;
/** The smallest size of at least `from` that somebody cosigned. LH_ERR_NOT_FOUND. */
enum lh_code lh_cosigned_next(struct lh_store *store, const char *origin, uint64_t from,
                              uint64_t *out_size, struct lh_err *err) LH_MUST_CHECK;

#endif
