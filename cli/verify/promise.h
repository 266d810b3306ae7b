#ifndef LH_CLI_VERIFY_PROMISE_H
#define LH_CLI_VERIFY_PROMISE_H

/*
 * What journal receipts promise, held against the archives that are named before them.
 *
 *  1. The receipts of a command line are read first, so that archives pass by once.
 *  2. A promise is kept by an entry with its H(body) at or behind its place; it is broken when
 * there is none, and the ledger went on behind its place without the journal; else it is open.
 *  3. Only verified archives say anything: what a bad one held is forgotten.
 *
 * Spec: specs/ledger.md 12.
 */

#include "ledger/journal_receipt.h"
#include "ledger/replay.h"

/* Where an entry stands. */
struct lh_promise_place {
    uint32_t generation;
    uint64_t index;
};

struct lh_promise {
    struct lh_journal_statement statement;
    struct lh_origin origin; /* of the statement */
    bool is_kept;
    bool is_overdue; /* an entry behind its place did not come through the journal */
    struct lh_promise_place kept_at;
    bool was_kept, was_overdue; /* before the archive of the moment */
};

struct lh_promises {
    struct lh_promise *items;
    size_t count;
    size_t capacity;
    bool has_archive; /* a verified one came by */
};

void lh_promises_clear(struct lh_promises *promises);
/** Add what a file promises, if it is a journal receipt; any other file adds nothing. LH_ERR_NOMEM.
 */
enum lh_code lh_promises_add_file(struct lh_promises *promises, const char *path,
                                  struct lh_err *err) LH_MUST_CHECK;
/** The promise of a statement; NULL: it was not read before. */
const struct lh_promise *lh_promises_find(const struct lh_promises *promises,
                                          const struct lh_journal_statement *statement);

/** An archive begins. */
void lh_promises_begin(struct lh_promises *promises);
/** A leaf that a replay was just fed. */
void lh_promises_take_leaf(struct lh_promises *promises, const struct lh_replay *replay,
                           struct lh_suite *suite, struct lh_bytes leaf);
/** The archive is over; rule 3. */
void lh_promises_end(struct lh_promises *promises, bool is_verified);

#endif
