#include "net/breach.h"

#include "tests/support/breaker.h"
#include "tests/support/forest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, LEAVES_MAX = 64 };

/* Leaves of gaj under a head that it sealed. */
struct scene {
    struct lh_town *town;
    struct forest forest;
    struct lh_bytes leaves[LEAVES_MAX];
    struct lh_chain chain; /* the head behind the good blocks */
};

static void set_up(struct scene *scene, enum lh_suite_id suite)
{
    *scene = (struct scene){ .town = lh_town_new(suite, 2) };
    forest_init(&scene->forest, suite, LEAVES_MAX);
}

static void clear(struct scene *scene)
{
    forest_clear(&scene->forest);
    lh_town_free(scene->town);
}

static void add_leaves(struct scene *scene, const struct lh_block *block)
{
    for (size_t i = 0; i <= block->entry_count; i++) {
        struct lh_hash hash = lh_hash_leaf(lh_town_suite(scene->town), block->leaves[i]);

        assert_true(scene->forest.tree.size < LEAVES_MAX);
        scene->leaves[scene->forest.tree.size] = block->leaves[i];
        forest_add(&scene->forest, &hash);
    }
}

static const struct lh_town_block *seal(struct scene *scene, size_t entry_count)
{
    const struct lh_town_block *made = lh_town_seal(scene->town, GAJ, 0, entry_count);

    add_leaves(scene, &made->block);
    scene->chain = made->next;
    return made;
}

static struct lh_shown_leaf shown(struct scene *scene, uint64_t index, uint64_t size)
{
    struct lh_tree_source source = forest_source(&scene->forest, size);
    struct lh_shown_leaf leaf = { .index = index, .bytes = scene->leaves[index] };

    assert_int_equal(lh_tree_prove_inclusion(lh_town_suite(scene->town), &leaf.proof, &source,
                                             index, size, NULL),
                     LH_OK);
    return leaf;
}

static enum lh_code judge(struct scene *scene, const struct lh_chain_rule **out,
                          const struct lh_checkpoint *head, const struct lh_shown_leaf *leaves,
                          size_t count)
{
    return lh_breach_judge(out, lh_town_suite(scene->town), lh_town_genesis(scene->town), head,
                           leaves, count, NULL);
}

/* Show every leaf and every two: how many show `rule` by `by` leaves, and how many any rule. */
static size_t count_breaches(struct scene *scene, const struct lh_checkpoint *head,
                             const char *rule, size_t by, size_t *out_any)
{
    size_t found = 0;

    *out_any = 0;
    for (uint64_t at = 0; at < head->size; at++) {
        for (uint64_t below = 0; below <= at; below++) {
            struct lh_shown_leaf leaves[2] = { shown(scene, below, head->size),
                                               shown(scene, at, head->size) };
            size_t count = below == at ? 1 : 2;
            const struct lh_chain_rule *broken = NULL;
            enum lh_code rc = judge(scene, &broken, head, leaves, count);

            assert_true(rc == LH_OK || rc == LH_ERR_FORGED);
            *out_any += rc == LH_OK;
            found += rc == LH_OK && rule != NULL && count == by && strcmp(broken->id, rule) == 0;
        }
    }
    return found;
}

/* The ledger behind its good blocks broken in each way; nothing shows a breach where none is. */
static void each_way_is_shown(enum lh_suite_id suite, bool is_first)
{
    for (size_t which = 0; which < lh_breaker_count(is_first); which++) {
        const struct lh_town_block *good;
        struct lh_broken broken;
        struct lh_chain after;
        struct scene scene;
        size_t any;

        set_up(&scene, suite);
        if (is_first) {
            const struct lh_hash *id = lh_genesis_network_id(lh_town_genesis(scene.town));

            good = lh_town_seal(scene.town, GAJ, 0, 3);
            assert_int_equal(
                lh_chain_init(&after, id, good->next.origin, &good->next.seal.key, id, NULL),
                LH_OK);
        } else {
            (void)seal(&scene, 2);
            (void)seal(&scene, 3);
            after = scene.chain;
            good = lh_town_seal(scene.town, GAJ, 0, 3);
        }
        lh_breaker_make(&broken, scene.town, GAJ, &after, &good->block, which);
        add_leaves(&scene, &broken.made.block);
        if (broken.rule != NULL &&
            count_breaches(&scene, &broken.head, broken.rule, broken.shown, &any) == 0) {
            fail_msg("%s: not shown by %zu leaves", broken.name, broken.shown);
        }
        if (broken.rule == NULL) {
            assert_int_equal(count_breaches(&scene, &broken.head, NULL, 0, &any), 0);
            assert_int_equal(any, 0);
        }
        lh_broken_clear(&broken);
        clear(&scene);
    }
}

static void each_rule_is_shown_by_leaves_that_break_it(void **state)
{
    (void)state;
    each_way_is_shown(LH_SUITE_W, false);
    each_way_is_shown(LH_SUITE_W, true);
    each_way_is_shown(LH_SUITE_G, false);
    each_way_is_shown(LH_SUITE_G, true);
}

/* Every head, and of each every leaf and every two; the second generation continues the first. */
static void no_leaves_of_a_good_ledger_show_a_breach(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 6; seed++) {
        struct lh_checkpoint head;
        struct scene scene;
        size_t any;

        set_up(&scene, seed % 3 == 0 ? LH_SUITE_G : LH_SUITE_W);
        if (seed % 2 == 0) {
            (void)lh_town_seal(scene.town, GAJ, 0, seed);
            lh_town_begin_next(scene.town, GAJ);
        }
        for (unsigned block = 0; block < 7; block++) {
            const struct lh_town_block *made = seal(&scene, 1 + (seed * 7 + block * block) % 5);

            lh_chain_checkpoint(&made->next, lh_town_suite(scene.town), &head);
            assert_int_equal(count_breaches(&scene, &head, NULL, 0, &any), 0);
            if (any != 0) {
                fail_msg("seed %u, block %u: %zu breaches", seed, block, any);
            }
        }
        clear(&scene);
    }
}

static void a_leaf_counts_only_where_its_proof_leads_to_the_head(void **state)
{
    const struct lh_town_block *good;
    const struct lh_chain_rule *rule = NULL;
    struct lh_shown_leaf leaves[2];
    struct lh_shown_leaf changed[2];
    struct lh_broken broken;
    struct scene scene;
    uint64_t last;

    (void)state;
    set_up(&scene, LH_SUITE_W);
    (void)seal(&scene, 2);
    good = lh_town_seal(scene.town, GAJ, 0, 3);
    for (size_t which = 0; which < lh_breaker_count(false); which++) {
        lh_breaker_make(&broken, scene.town, GAJ, &scene.chain, &good->block, which);
        if (broken.rule != NULL && strcmp(broken.rule, "B09") == 0 && broken.shown == 2) {
            break;
        }
        lh_broken_clear(&broken);
    }
    add_leaves(&scene, &broken.made.block);
    last = broken.head.size - 1;
    leaves[0] = shown(&scene, 2, broken.head.size);
    leaves[1] = shown(&scene, last, broken.head.size);
    assert_int_equal(judge(&scene, &rule, &broken.head, leaves, 2), LH_OK);
    assert_string_equal(rule->id, "B09");

    memcpy(changed, leaves, sizeof changed);
    changed[0].index = 1;
    assert_int_equal(judge(&scene, &rule, &broken.head, changed, 2), LH_ERR_FORGED);
    changed[0] = leaves[1]; /* in the other order, or one twice */
    changed[1] = leaves[0];
    assert_int_equal(judge(&scene, &rule, &broken.head, changed, 2), LH_ERR_FORGED);
    changed[1] = leaves[1];
    assert_int_equal(judge(&scene, &rule, &broken.head, changed, 2), LH_ERR_FORGED);
    for (size_t place = 0; place < 2; place++) {
        memcpy(changed, leaves, sizeof changed);
        changed[place].bytes = scene.leaves[3];
        assert_int_equal(judge(&scene, &rule, &broken.head, changed, 2), LH_ERR_FORGED);
        for (size_t i = 0; i < leaves[place].proof.count; i++) {
            memcpy(changed, leaves, sizeof changed);
            changed[place].proof.path[i].bytes[5] ^= 1;
            assert_int_equal(judge(&scene, &rule, &broken.head, changed, 2), LH_ERR_FORGED);
        }
        memcpy(changed, leaves, sizeof changed);
        changed[place].index = broken.head.size;
        assert_int_equal(judge(&scene, &rule, &broken.head, changed, 2), LH_ERR_FORGED);
    }
    lh_broken_clear(&broken);
    clear(&scene);
}

static void rules_that_leaves_cannot_show_are_not_known(void **state)
{
    static const char *const none[] = { "B06", "B14", "B15", "B16", "B17", "B18", "b01", "", "B1" };

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_null(lh_breach_find_rule(lh_bytes_of_text(none[i])));
    }
    assert_string_equal(lh_breach_find_rule(lh_bytes_of_text("B01"))->id, "B01");
    assert_string_equal(lh_breach_find_rule(lh_bytes_of_text("B13"))->id, "B13");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_is_shown_by_leaves_that_break_it),
        cmocka_unit_test(no_leaves_of_a_good_ledger_show_a_breach),
        cmocka_unit_test(a_leaf_counts_only_where_its_proof_leads_to_the_head),
        cmocka_unit_test(rules_that_leaves_cannot_show_are_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
