#include "tests/support/forest.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void forest_init(struct forest *forest, enum lh_suite_id suite, uint64_t leaves_max)
{
    *forest = (struct forest){ .fail_at = SIZE_MAX };
    assert_int_equal(lh_suite_new(&forest->suite, suite, NULL), LH_OK);
    lh_tree_init(&forest->tree);
    for (unsigned level = 0; leaves_max >> level > 0; level++) {
        forest->nodes[level] = calloc((size_t)(leaves_max >> level), sizeof(struct lh_hash));
        assert_non_null(forest->nodes[level]);
    }
}

void forest_clear(struct forest *forest)
{
    for (size_t level = 0; level < LH_TREE_PEAKS_MAX; level++) {
        free(forest->nodes[level]);
    }
    lh_suite_free(forest->suite);
}

static void on_node_complete(void *arg, unsigned level, uint64_t index, const struct lh_hash *hash)
{
    struct forest *forest = arg;

    forest->nodes[level][index] = *hash;
}

void forest_add(struct forest *forest, const struct lh_hash *leaf_hash)
{
    struct lh_tree_sink sink = { .node = on_node_complete, .arg = forest };

    lh_tree_append(&forest->tree, forest->suite, leaf_hash, &sink);
}

void forest_grow_records(struct forest *forest, uint64_t size)
{
    while (forest->tree.size < size) {
        char record[32];
        int len = snprintf(record, sizeof record, "record %" PRIu64, forest->tree.size);
        struct lh_hash hash = lh_hash_leaf(forest->suite, lh_bytes_of(record, (size_t)len));

        forest_add(forest, &hash);
    }
}

void forest_grow_numbers(struct forest *forest, uint64_t size)
{
    while (forest->tree.size < size) {
        uint8_t number[8];
        struct lh_hash hash;

        lh_put_u64(number, forest->tree.size);
        hash = lh_hash_leaf(forest->suite, lh_bytes_of(number, sizeof number));
        forest_add(forest, &hash);
    }
}

static enum lh_code read_node(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                              struct lh_err *err)
{
    struct forest *forest = arg;

    assert_true(level < LH_TREE_PEAKS_MAX);
    assert_true(index < forest->visible >> level); /* complete, and ours */
    if (forest->read_count++ == forest->fail_at) {
        return lh_err_set(err, LH_ERR_IO, "the disk is gone");
    }
    *out = forest->nodes[level][index];
    return LH_OK;
}

struct lh_tree_source forest_source(struct forest *forest, uint64_t size)
{
    assert_true(size <= forest->tree.size);
    forest->visible = size;
    forest->read_count = 0;
    return (struct lh_tree_source){ .node = read_node, .arg = forest };
}
