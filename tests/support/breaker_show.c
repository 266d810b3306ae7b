/* The evidence of a broken block, found by trying its leaves. */
#include "crypto/base/assert.h"
#include "tests/support/breaker.h"
#include "tests/support/forest.h"

#include <string.h>

static void must(enum lh_code rc)
{
    lh_assert(rc == LH_OK);
}

enum { SHOWN_MAX = 64 };

struct showing {
    struct forest forest;
    struct lh_bytes leaves[SHOWN_MAX];
};

static void add_block(struct showing *showing, struct lh_suite *suite, const struct lh_block *block)
{
    for (size_t i = 0; i <= block->entry_count; i++) {
        struct lh_hash hash = lh_hash_leaf(suite, block->leaves[i]);

        lh_assert(showing->forest.tree.size < SHOWN_MAX);
        showing->leaves[showing->forest.tree.size] = block->leaves[i];
        forest_add(&showing->forest, &hash);
    }
}

static void show_leaf(struct showing *showing, struct lh_shown_leaf *out, uint64_t index)
{
    uint64_t size = showing->forest.tree.size;
    struct lh_tree_source source = forest_source(&showing->forest, size);

    out->index = index;
    out->bytes = showing->leaves[index];
    must(lh_tree_prove_inclusion(showing->forest.suite, &out->proof, &source, index, size, NULL));
}

/* Do these leaves show just what they should? */
static bool is_shown_by(struct showing *showing, struct lh_evidence *out,
                        const struct lh_broken *broken, const struct lh_town *town, uint64_t below,
                        uint64_t at)
{
    show_leaf(showing, &out->leaves[0], below);
    show_leaf(showing, &out->leaves[broken->shown - 1], at);
    return lh_breach_judge(&out->rule, lh_town_suite(town), lh_town_genesis(town), &broken->head,
                           out->leaves, broken->shown, NULL) == LH_OK &&
           strcmp(out->rule->id, broken->rule) == 0;
}

static void find_leaves(struct showing *showing, struct lh_evidence *out,
                        const struct lh_broken *broken, const struct lh_town *town)
{
    for (uint64_t at = showing->forest.tree.size; at-- > 0;) {
        for (uint64_t below = broken->shown == 1 ? at : 0; below <= at; below++) {
            bool is_one = below == at;

            if (is_one == (broken->shown == 1) &&
                is_shown_by(showing, out, broken, town, below, at)) {
                return;
            }
        }
    }
    lh_assert(false);
}

void lh_broken_show(struct lh_evidence *out, const struct lh_broken *broken,
                    const struct lh_town *town, const struct lh_block *const *before,
                    size_t before_count)
{
    struct lh_suite *suite = lh_town_suite(town);
    struct showing showing;

    forest_init(&showing.forest, lh_suite_id(suite), SHOWN_MAX);
    for (size_t i = 0; i < before_count; i++) {
        add_block(&showing, suite, before[i]);
    }
    add_block(&showing, suite, &broken->made.block);
    *out = (struct lh_evidence){ .kind = LH_EVIDENCE_BROKEN_RULE, .leaf_count = broken->shown };
    out->genesis = lh_genesis_bytes(lh_town_genesis(town));
    out->generation = showing.leaves[0];
    out->first = broken->made.block.checkpoint;
    find_leaves(&showing, out, broken, town);
    forest_clear(&showing.forest);
}
