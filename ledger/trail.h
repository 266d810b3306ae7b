#ifndef LH_LEDGER_TRAIL_H
#define LH_LEDGER_TRAIL_H

/*
 * Trails: which entries match. Different filters combine with AND, several values of one filter
 * with OR. The narrowest indexed filter drives (person, case, exchange, staff, item, then time or
 * record order); the rest is judged on the covering row. Order is record order (the ledger's),
 * ascending or descending. Pages: a cursor is the index after / before which to go on.  Spec:
 * specs/ledger.md 9.
 */

#include "ledger/copies.h"
#include "ledger/ledger.h"

enum { LH_TRAIL_VALUES_MAX = 16, LH_TRAIL_PAGE_MAX = 1000 };

struct lh_trail_query {
    size_t staff_count;
    uint8_t staff[LH_TRAIL_VALUES_MAX][8];
    size_t case_count;
    uint8_t cases[LH_TRAIL_VALUES_MAX][16];
    size_t exchange_count;
    uint8_t exchanges[LH_TRAIL_VALUES_MAX][16];
    size_t item_count;
    char items[LH_TRAIL_VALUES_MAX][49];
    size_t counterparty_count;
    char counterparties[LH_TRAIL_VALUES_MAX][33];
    size_t purpose_count;
    char purposes[LH_TRAIL_VALUES_MAX][49];
    size_t type_count;
    lhpb_EntryType types[LH_TRAIL_VALUES_MAX];
    size_t token_count;          /* of one person; 0: whoever it is about */
    const uint8_t (*tokens)[32]; /* borrowed */
    int64_t since_unix_ms;       /* inclusive; event time unless by_recorded */
    int64_t until_unix_ms;       /* exclusive; INT64_MAX: open */
    bool by_recorded;
    bool newest_first;
    uint64_t after; /* cursor: ascending, rows with index >= after; newest first, index < after. 0:
                       from the start in both directions; UINT64_MAX too when newest first */
    size_t limit;   /* 1..LH_TRAIL_PAGE_MAX */
};

/** Empty filters, all time, ascending, limit 100. */
void lh_trail_query_init(struct lh_trail_query *query);

/**
 * Fill `rows` (room for query->limit). Any thread. LH_ERR_INVALID: a bound of the query is passed.
 * `out_next` is the cursor of the next page and `out_has_more` tells whether there is one; after
 * the last page the cursor is the ledger's size (ascending), from where later rows are found, or 0.
 * Bounded work: at most `budget` index rows are looked at per call (0: 1,000,000); when it is used
 * up the page may be short and out_has_more is true.
 */
enum lh_code lh_trail_run(struct lh_ledger *ledger, const struct lh_trail_query *query,
                          size_t budget, struct lh_row *rows, size_t *out_count, uint64_t *out_next,
                          bool *out_has_more, struct lh_err *err) LH_MUST_CHECK;

/* What a call found. */
struct lh_trail_page {
    size_t count;
    uint64_t next; /* as `out_next` of lh_trail_run */
    bool has_more;
};

/**
 * The same of a copy of another department's ledger, up to where the view reaches. Any thread. No
 * roster is kept of others, so the level of a row is 0: unknown. LH_ERR_INVALID also when the query
 * has tokens: tags and their key never leave the department.  Spec: specs/ledger.md 9.3.
 */
enum lh_code lh_copy_view_trail(const struct lh_copy_view *view, const struct lh_trail_query *query,
                                size_t budget, struct lh_row *rows, struct lh_trail_page *out,
                                struct lh_err *err) LH_MUST_CHECK;

/** Put the index rows of one block's entries (consecutive, at least one) into a batch. */
void lh_trail_index(struct lh_store_batch *batch, uint32_t ledger_number, const struct lh_row *rows,
                    size_t count);

#endif
