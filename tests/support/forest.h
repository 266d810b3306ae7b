#ifndef LH_TESTS_FOREST_H
#define LH_TESTS_FOREST_H

/*
 * A tree in memory, for tests: it keeps every node that an append completes, and as a source it
 * fails the test when it is asked for a node that is not complete.
 */

#include "ledger/tree.h"

struct forest {
    struct lh_suite *suite;
    struct lh_tree tree;
    struct lh_hash *nodes[LH_TREE_PEAKS_MAX];
    uint64_t visible;  /* as a source: only what is complete in a tree of so many leaves */
    size_t read_count; /* nodes read so far */
    size_t fail_at;    /* answer LH_ERR_IO to the read of this number; SIZE_MAX: never */
};

/** An empty forest with room for `leaves_max` leaves. */
void forest_init(struct forest *forest, enum lh_suite_id suite, uint64_t leaves_max);
void forest_clear(struct forest *forest);
/** Append a leaf hash. */
void forest_add(struct forest *forest, const struct lh_hash *leaf_hash);
/** Append leaves whose bytes are "record 0", "record 1", ... up to `size`. */
void forest_grow_records(struct forest *forest, uint64_t size);
/** Append leaves whose bytes are their index, 8 bytes big-endian, up to `size`. */
void forest_grow_numbers(struct forest *forest, uint64_t size);
/** A source over the first `size` leaves; valid until the next call. */
struct lh_tree_source forest_source(struct forest *forest, uint64_t size);

#endif
