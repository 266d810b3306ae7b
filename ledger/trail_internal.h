#ifndef LH_LEDGER_TRAIL_INTERNAL_H
#define LH_LEDGER_TRAIL_INTERNAL_H

/*
 * What the files of lh_trail share: trail_index.c writes the rows, trail_stream.c walks the entries
 * of one value, trail.c merges the values of a query and judges.
 */

#include "ledger/keys.h"
#include "ledger/ledger_internal.h"
#include "ledger/trail.h"

enum {
    LH_TRAIL_CURSORS = 16,          /* iterators; streams share them when there are more */
    LH_TRAIL_DAY_RUN_SIZE = 4 + 16, /* count u32 || earliest u64 || latest u64, in ms */
};

/* No entry (any more). */
#define LH_TRAIL_DRY UINT64_MAX

/** lh_trail_index for a shelf whose rows are cut from the leaves (lh_row_cut). */
void lh_trail_index_bare(struct lh_store_batch *batch, uint32_t ledger_number,
                         const struct lh_row *rows, size_t count);

/** Rows of this dimension hold the row itself. */
bool lh_dimension_is_covering(enum lh_dimension dimension);
/** Rows of this dimension stand for several consecutive entries. */
bool lh_dimension_is_run(enum lh_dimension dimension);

/** Civil day in fixed UTC+8, counted from 1970. */
uint32_t lh_trail_day(int64_t unix_ms);
struct lh_store_key lh_trail_day_prefix(uint32_t number, enum lh_dimension dimension, uint32_t day);
/** The `at`-th row packed into a value of the record dimension; false when there is none. */
bool lh_trail_find_packed(struct lh_bytes packed, uint64_t at, struct lh_bytes *out);

struct lh_stream;

struct lh_cursor {
    struct lh_store_iter *iter;
    const struct lh_stream *user; /* whose position the iterator has */
};

/* The entries of one value, in record order. */
struct lh_stream {
    struct lh_store_key prefix;
    enum lh_dimension dimension;
    struct lh_cursor *cursor;
    uint64_t first; /* the run that `at` is in */
    uint64_t count;
    bool is_outside; /* none of the run's entries lies in the window */
    uint64_t at;     /* the next entry; LH_TRAIL_DRY */
};

struct lh_walk {
    struct lh_shelf shelf;
    bool is_bare; /* lh_trail_index_bare indexed it */
    struct lh_buf leaf;
    const struct lh_trail_query *query;
    uint64_t from; /* entries of [from, below) are looked at */
    uint64_t below;
    uint64_t end; /* where an ascending trail goes on when the ledger has grown */
    struct lh_stream *streams;
    size_t stream_count;
    size_t stream_room;
    struct lh_cursor cursors[LH_TRAIL_CURSORS];
    struct lh_cursor record; /* for rows that the driver does not carry */
    struct lh_stream record_stream;
    bool is_damaged; /* a row of the index does not read */
};

/** Add the stream of a value and move it to its first entry in range. There must be room. */
enum lh_code lh_walk_add(struct lh_walk *walk, enum lh_dimension dimension,
                         const struct lh_store_key *prefix, struct lh_err *err) LH_MUST_CHECK;
/** Forget all streams and make room for `count`. */
enum lh_code lh_walk_make_room(struct lh_walk *walk, size_t count,
                               struct lh_err *err) LH_MUST_CHECK;
/** Does entry `a` come before entry `b` in the order asked for? LH_TRAIL_DRY comes last. */
bool lh_walk_is_before(const struct lh_walk *walk, uint64_t a, uint64_t b);
/** The stream whose next entry comes first; NULL when all are dry. `out_rival`: the second's. */
struct lh_stream *lh_walk_first(const struct lh_walk *walk, uint64_t *out_rival);
/** Past the entry of `stream`, in every stream that has it. */
void lh_walk_advance(struct lh_walk *walk, struct lh_stream *stream, uint64_t rival);
/** The row of the entry that `stream` is at. LH_ERR_CORRUPT. */
enum lh_code lh_walk_row(struct lh_walk *walk, struct lh_stream *stream, struct lh_row *out,
                         struct lh_err *err) LH_MUST_CHECK;
/** After the walk: did every iterator go as far as it should? */
enum lh_code lh_walk_check(const struct lh_walk *walk, struct lh_err *err) LH_MUST_CHECK;
void lh_walk_clear(struct lh_walk *walk);

#endif
