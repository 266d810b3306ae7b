#ifndef LH_NODE_TRAIL_MERGE_H
#define LH_NODE_TRAIL_MERGE_H

/*
 * One trail of several ledgers: our own generations and copies of those of others, merged.
 *
 *   1. The rows of a department come in its record order, its generations one after the other.
 *   2. Of the departments' next rows the one that was recorded first comes first.
 *   3. A cursor names a place in each department, so that whatever grows meanwhile, each row comes
 *      once.
 *
 * Spec: specs/ledger.md 9.3.
 */

#include "ledger/trail.h"

enum {
    LH_MERGE_DEPARTMENTS_MAX = 256,
    LH_MERGE_CURSOR_MAX = 12 * 1024, /* its text; a request's head has room for it */
};

/* A generation that is read. One of both is there; what is pointed at outlives the merge. */
struct lh_merge_part {
    char department[LH_CODE_MAX + 1];
    uint32_t generation;
    struct lh_ledger *own;
    const struct lh_copy_view *view;
    uint64_t size; /* it is read up to there */
};

/* A row, and the place of its generation among the parts. */
struct lh_merged_row {
    size_t part;
    struct lh_row row;
};

struct lh_merge {
    const struct lh_merge_part *parts; /* by department, of each its generations oldest first */
    size_t part_count;
    const struct lh_trail_query *query; /* `after` is not looked at */
    const char *after;                  /* cursor of an earlier page, or NULL */
};

/**
 * Fill `rows` (room for query->limit). `next` is replaced by the cursor of the next page, empty
 * when there is none. Any thread. LH_ERR_INVALID: the cursor is none, or a bound is passed;
 * LH_ERR_LIMIT: too many departments; what lh_trail_run says. Cost: what finding the rows costs, at
 * most LH_MERGE_STEP index rows a department without a match, then the page is short.
 */
enum lh_code lh_merge_run(const struct lh_merge *merge, struct lh_merged_row *rows,
                          size_t *out_count, struct lh_buf *next, struct lh_err *err) LH_MUST_CHECK;

/* Index rows that are looked at for the next rows of one department. */
enum { LH_MERGE_STEP = 100000 };

#endif
