#include "net/replica.h"

#include "ledger/generation.h"
#include "net/message.h"
#include "tests/support/breaker.h"
#include "tests/support/proposing.h"
#include "tests/support/replica_mem.h"
#include "tests/support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, MZJ, BLOCKS = 4 };

static const char ORIGIN[] = "jinhua/gaj/1";

/* mzj's replicas, and what gaj seals: blocks that end at leaves 3, 6, 9 and 12. */
struct scene {
    struct lh_town *town;
    struct lh_replica_mem *mem;
    struct lh_replica *replica;
    const struct lh_town_block *blocks[BLOCKS];
};

static void start(struct scene *scene)
{
    struct lh_replica_options options = { .suite = lh_town_suite(scene->town),
                                          .genesis = lh_town_genesis(scene->town),
                                          .department = lh_town_department(MZJ),
                                          .store = lh_replica_mem_store(scene->mem) };

    assert_int_equal(lh_replica_new(&scene->replica, &options, NULL), LH_OK);
}

static void set_up(struct scene *scene)
{
    scene->town = lh_town_new(LH_SUITE_W, 2);
    scene->mem = lh_replica_mem_new(LH_SUITE_W);
    for (size_t i = 0; i < BLOCKS; i++) {
        scene->blocks[i] = lh_town_seal(scene->town, GAJ, 0, 2);
    }
    start(scene);
}

static void clear(struct scene *scene)
{
    lh_replica_free(scene->replica);
    lh_replica_mem_free(scene->mem);
    lh_town_free(scene->town);
}

static enum lh_code append(struct scene *scene, size_t block)
{
    return lh_replica_append(scene->replica, ORIGIN, &scene->blocks[block]->block, NULL);
}

static uint64_t held(const struct scene *scene)
{
    const struct lh_replica_ledger *ledger = lh_replica_find(scene->replica, ORIGIN);

    return ledger != NULL ? ledger->chain.tree.size : 0;
}

static void blocks_are_kept_in_their_order(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(append(&scene, 1), LH_ERR_FORGED); /* nothing begins with it */
    assert_null(lh_replica_find(scene.replica, ORIGIN));
    assert_int_equal(append(&scene, 0), LH_OK);
    assert_int_equal(append(&scene, 2), LH_ERR_CONFLICT); /* sealed, but not of what follows */
    assert_int_equal(append(&scene, 0), LH_ERR_CONFLICT);
    assert_int_equal(held(&scene), 3);
    assert_int_equal(append(&scene, 1), LH_OK);
    assert_int_equal(append(&scene, 2), LH_OK);
    assert_int_equal(held(&scene), 9);
    clear(&scene);
}

static void what_is_kept_is_loaded_again(void **state)
{
    struct lh_replica_ledger before;
    const struct lh_replica_ledger *after;
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(append(&scene, 0), LH_OK);
    assert_int_equal(append(&scene, 1), LH_OK);
    before = *lh_replica_find(scene.replica, ORIGIN);
    lh_replica_free(scene.replica);
    start(&scene);
    assert_int_equal(lh_replica_count(scene.replica), 1);
    after = lh_replica_at(scene.replica, 0);
    assert_string_equal(after->origin, ORIGIN);
    assert_string_equal(after->department, "gaj");
    assert_int_equal(after->generation, 1);
    assert_false(after->is_own);
    assert_true(after->is_begun);
    assert_int_equal(after->chain.tree.size, 6);
    assert_true(lh_hash_is_equal(&after->root, &before.root));
    assert_true(
        lh_bytes_is_equal(lh_buf_bytes(&after->checkpoint), scene.blocks[1]->block.checkpoint));
    assert_int_equal(append(&scene, 2), LH_OK);
    clear(&scene);
}

static void only_ledgers_that_may_be_are_kept(void **state)
{
    static const struct {
        const char *origin;
        enum lh_code rc;
    } rows[] = {
        { "wenzhou/gaj/1", LH_ERR_INVALID }, { "jinhua/ybj/1", LH_ERR_INVALID },
        { "no origin", LH_ERR_INVALID },     { "jinhua/mzj/1", LH_ERR_DENIED },
        { "jinhua/gaj/2", LH_ERR_FORGED }, /* its first leaf is of another generation */
        { "jinhua/gaj/1", LH_OK },
    };
    struct scene scene;

    (void)state;
    set_up(&scene);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(
            lh_replica_append(scene.replica, rows[i].origin, &scene.blocks[0]->block, NULL),
            rows[i].rc);
        assert_int_equal(lh_replica_count(scene.replica), rows[i].rc == LH_OK);
    }
    clear(&scene);
}

/* A block of gaj that breaks a rule, sealed by gaj itself: the sender is not to blame. */
static void a_department_that_seals_no_block_is_told_apart_from_who_sends_it(void **state)
{
    struct lh_bytes leaves[3];
    struct lh_block block = { .leaves = leaves, .entry_count = 2 };
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_checkpoint head;
    struct lh_tree tree;
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(append(&scene, 0), LH_OK);
    memcpy(leaves, scene.blocks[1]->block.leaves, sizeof leaves);
    leaves[0] = leaves[1]; /* so the header's root is another */
    tree = scene.blocks[0]->next.tree;
    for (size_t i = 0; i < 3; i++) {
        struct lh_hash leaf = lh_hash_leaf(lh_town_suite(scene.town), leaves[i]);

        lh_tree_append(&tree, lh_town_suite(scene.town), &leaf, NULL);
    }
    lh_chain_checkpoint(&scene.blocks[1]->next, lh_town_suite(scene.town), &head);
    head.root = lh_tree_root(&tree, lh_town_suite(scene.town));
    lh_town_sign(scene.town, GAJ, &head, &note);
    block.checkpoint = lh_buf_bytes(&note);
    assert_int_equal(lh_replica_append(scene.replica, ORIGIN, &block, NULL), LH_ERR_UNKNOWN);
    block.checkpoint = scene.blocks[1]->block.checkpoint; /* the true seal, other leaves */
    assert_int_equal(lh_replica_append(scene.replica, ORIGIN, &block, NULL), LH_ERR_CONFLICT);
    note.data[note.len - 20] ^= 1;
    block.checkpoint = lh_buf_bytes(&note); /* no seal */
    assert_int_equal(lh_replica_append(scene.replica, ORIGIN, &block, NULL), LH_ERR_FORGED);
    assert_int_equal(held(&scene), 3);
    assert_int_equal(append(&scene, 1), LH_OK);
    lh_buf_clear(&note);
    clear(&scene);
}

static void only_the_seal_is_kept_of_a_checkpoint(void **state)
{
    struct lh_block block;
    struct lh_buf note = LH_BUF_EMPTY;
    struct scene scene;

    (void)state;
    set_up(&scene);
    block = scene.blocks[0]->block;
    lh_buf_add(&note, block.checkpoint);
    lh_buf_add_text(&note, "\xe2\x80\x94 somebody AAAAAAAA\n");
    block.checkpoint = lh_buf_bytes(&note);
    assert_int_equal(lh_replica_append(scene.replica, ORIGIN, &block, NULL), LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&lh_replica_find(scene.replica, ORIGIN)->checkpoint),
                                  scene.blocks[0]->block.checkpoint));
    lh_buf_clear(&note);
    clear(&scene);
}

/* Whatever call of the store fails, the ledger is as it was, and the next try goes through. */
static void a_store_that_fails_changes_nothing(void **state)
{
    struct scene scene;
    size_t failed = 0;

    (void)state;
    for (size_t n = 1; n < 8; n++) {
        set_up(&scene);
        for (size_t block = 0; block < 2; block++) {
            uint64_t before = held(&scene);

            lh_replica_mem_fail_at(scene.mem, n);
            if (append(&scene, block) != LH_OK) {
                failed++;
                assert_int_equal(held(&scene), before);
                lh_replica_mem_fail_at(scene.mem, 0);
                assert_int_equal(append(&scene, block), LH_OK);
            }
            lh_replica_mem_fail_at(scene.mem, 0);
            assert_int_equal(held(&scene), before + 3);
        }
        clear(&scene);
    }
    assert_in_range(failed, 3, 6);
}

static void roots_and_proofs_are_those_of_the_ledger(void **state)
{
    struct lh_suite *suite;
    struct lh_proof proof;
    struct lh_hash old_root;
    struct lh_hash root;
    struct scene scene;

    (void)state;
    set_up(&scene);
    suite = lh_town_suite(scene.town);
    for (size_t i = 0; i < BLOCKS; i++) {
        assert_int_equal(append(&scene, i), LH_OK);
    }
    for (uint64_t size = 1; size <= 12; size++) {
        assert_int_equal(lh_replica_root(scene.replica, ORIGIN, size, &root, NULL), LH_OK);
        if (size % 3 == 0) {
            struct lh_hash sealed = lh_tree_root(&scene.blocks[size / 3 - 1]->next.tree, suite);

            assert_true(lh_hash_is_equal(&root, &sealed));
        }
        for (uint64_t old = 1; old <= size; old++) {
            assert_int_equal(lh_replica_root(scene.replica, ORIGIN, old, &old_root, NULL), LH_OK);
            assert_int_equal(lh_replica_prove(scene.replica, ORIGIN, old, size, &proof, NULL),
                             LH_OK);
            assert_int_equal(
                lh_tree_verify_consistency(suite, old, &old_root, size, &root, &proof, NULL),
                LH_OK);
        }
    }
    assert_int_equal(lh_replica_root(scene.replica, ORIGIN, 13, &root, NULL), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_replica_prove(scene.replica, ORIGIN, 12, 13, &proof, NULL),
                     LH_ERR_NOT_FOUND);
    assert_int_equal(lh_replica_root(scene.replica, "jinhua/mzj/1", 1, &root, NULL),
                     LH_ERR_NOT_FOUND);
    clear(&scene);
}

static void what_is_read_for_others_ends_at_the_head(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_bytes rest;
    struct lh_bytes leaf;
    struct scene scene;
    uint64_t size;

    (void)state;
    set_up(&scene);
    assert_int_equal(append(&scene, 0), LH_OK);
    assert_int_equal(append(&scene, 1), LH_OK);
    assert_int_equal(lh_replica_leaves(scene.replica, ORIGIN, 4, 65536, &bytes, NULL), LH_OK);
    rest = lh_buf_bytes(&bytes);
    for (size_t i = 1; i <= 2; i++) { /* of one block alone */
        assert_true(lh_part_next(&rest, &leaf));
        assert_true(lh_bytes_is_equal(leaf, scene.blocks[1]->block.leaves[i]));
    }
    assert_int_equal(rest.len, 0);
    lh_buf_reset(&bytes);
    assert_int_equal(lh_replica_block_seal(scene.replica, ORIGIN, 4, &bytes, &size, NULL), LH_OK);
    assert_int_equal(size, 6);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&bytes), scene.blocks[1]->block.checkpoint));
    assert_int_equal(lh_replica_leaves(scene.replica, ORIGIN, 6, 65536, &bytes, NULL),
                     LH_ERR_NOT_FOUND);
    assert_int_equal(lh_replica_block_seal(scene.replica, ORIGIN, 6, &bytes, &size, NULL),
                     LH_ERR_NOT_FOUND);
    lh_buf_clear(&bytes);
    clear(&scene);
}

static void our_own_ledger_is_judged_but_not_written(void **state)
{
    const struct lh_town_block *own;
    struct scene scene;
    size_t writes;

    (void)state;
    set_up(&scene);
    own = lh_town_seal(scene.town, MZJ, 0, 2);
    assert_null(lh_replica_own(scene.replica));
    writes = lh_replica_mem_write_count(scene.mem);
    assert_int_equal(lh_replica_seal(scene.replica, "jinhua/mzj/1", &own->block, NULL), LH_OK);
    assert_int_equal(lh_replica_mem_write_count(scene.mem), writes);
    assert_non_null(lh_replica_own(scene.replica));
    assert_int_equal(lh_replica_own(scene.replica)->chain.tree.size, 3);
    assert_true(lh_replica_own(scene.replica)->is_own);
    assert_int_equal(lh_replica_seal(scene.replica, "jinhua/mzj/1", &own->block, NULL),
                     LH_ERR_FORGED); /* it does not follow itself */
    clear(&scene);
}

/* ---- blocks that break a rule ---- */

/* gaj's ledger broken behind `held` good blocks, which are held; and of nothing else of it. */
static void break_behind(struct scene *scene, struct lh_broken *broken, size_t held, size_t which)
{
    const struct lh_town_block *good;
    struct lh_chain after;

    scene->town = lh_town_new(LH_SUITE_W, 2);
    scene->mem = lh_replica_mem_new(LH_SUITE_W);
    start(scene);
    good = lh_town_seal(scene->town, GAJ, 0, 3);
    assert_int_equal(lh_generation_chain(&after, lh_town_suite(scene->town),
                                         lh_town_genesis(scene->town), ORIGIN,
                                         good->block.leaves[0], NULL),
                     LH_OK);
    for (size_t i = 0; i < held; i++) {
        assert_int_equal(lh_replica_append(scene->replica, ORIGIN, &good->block, NULL), LH_OK);
        after = good->next;
        good = lh_town_seal(scene->town, GAJ, 0, 3);
    }
    lh_breaker_make(broken, scene->town, GAJ, &after, &good->block, which);
}

static void a_sealed_block_that_breaks_a_rule_convicts_its_department(void **state)
{
    (void)state;
    for (size_t held = 0; held <= 2; held++) {
        for (size_t which = 0; which < lh_breaker_count(held == 0); which++) {
            struct lh_buf text = LH_BUF_EMPTY;
            struct lh_broken broken;
            struct scene scene;
            enum lh_code rc;
            size_t place = SIZE_MAX;

            break_behind(&scene, &broken, held, which);
            rc = lh_replica_append(scene.replica, ORIGIN, &broken.made.block, NULL);
            /* an epoch that is not known here may be certified yet */
            assert_int_equal(rc,
                             strcmp(broken.name, "another epoch") == 0 ? LH_AGAIN : LH_ERR_UNKNOWN);
            rc = lh_replica_accuse(scene.replica, ORIGIN, &broken.made.block, &text, NULL);
            if (rc != (broken.rule != NULL ? LH_OK : LH_ERR_NOT_FOUND)) {
                fail_msg("%s behind %zu blocks: %d", broken.name, held, (int)rc);
            }
            if (rc == LH_OK) {
                assert_int_equal(
                    lh_replica_convict(scene.replica, lh_buf_bytes(&text), &place, NULL), LH_OK);
                assert_true(lh_replica_at(scene.replica, place)->is_tainted);
            }
            assert_int_equal(text.len > 0, rc == LH_OK);
            lh_buf_clear(&text);
            lh_broken_clear(&broken);
            clear(&scene);
        }
    }
}

/* As a liar may pass them on; one after the other they are good. */
static void two_good_blocks_under_one_seal_convict_nobody(void **state)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_bytes leaves[6];
    struct lh_block both = { .leaves = leaves, .entry_count = 5 };
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(append(&scene, 0), LH_OK);
    for (size_t i = 0; i < 6; i++) {
        leaves[i] = scene.blocks[1 + i / 3]->block.leaves[i % 3];
    }
    both.checkpoint = scene.blocks[2]->block.checkpoint;
    assert_int_equal(lh_replica_append(scene.replica, ORIGIN, &both, NULL), LH_ERR_UNKNOWN);
    assert_int_equal(lh_replica_accuse(scene.replica, ORIGIN, &both, &text, NULL),
                     LH_ERR_NOT_FOUND);
    assert_int_equal(text.len, 0);
    for (size_t i = 1; i < BLOCKS; i++) { /* nor does a good block */
        assert_int_equal(
            lh_replica_accuse(scene.replica, ORIGIN, &scene.blocks[i]->block, &text, NULL),
            LH_ERR_NOT_FOUND);
        assert_int_equal(append(&scene, i), LH_OK);
    }
    lh_buf_clear(&text);
    clear(&scene);
}

static void a_store_that_fails_leaves_a_department_unaccused(void **state)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_broken broken;
    struct scene scene;
    enum lh_code rc;
    size_t n = 0;

    (void)state;
    break_behind(&scene, &broken, 2, 0);
    do {
        lh_replica_mem_fail_at(scene.mem, ++n);
        lh_buf_reset(&text);
        rc = lh_replica_accuse(scene.replica, ORIGIN, &broken.made.block, &text, NULL);
        assert_true(rc == LH_OK || rc == LH_ERR_IO);
        assert_int_equal(text.len > 0, rc == LH_OK);
    } while (rc != LH_OK);
    assert_true(n > 1);
    lh_buf_clear(&text);
    lh_broken_clear(&broken);
    clear(&scene);
}

/* ---- epochs of heads ---- */

/* Epochs 1 and 2 behind the genesis: mzj is of another group in each. */
static struct lh_epochs *known_epochs(const struct scene *scene)
{
    struct lh_epochs *epochs = NULL;

    assert_int_equal(lh_epochs_new(&epochs, lh_town_genesis(scene->town), NULL), LH_OK);
    lh_proposing_add_epoch(epochs, "mzj", "zf");
    lh_proposing_add_epoch(epochs, "mzj", "jr");
    return epochs;
}

/* What says by which epoch a head is judged: its number, and that of the one before; -1: none. */
static void check_epoch(const struct scene *scene, uint64_t size, int number, int before)
{
    struct lh_replica_epoch epoch;

    assert_int_equal(lh_replica_epoch_of(scene->replica, &epoch, ORIGIN, size, NULL), LH_OK);
    assert_int_equal(lh_members_number(epoch.members), number);
    assert_int_equal(epoch.before != NULL ? (int)lh_members_number(epoch.before) : -1, before);
    assert_int_equal(epoch.first, size - 3);
}

static uint64_t transition_above(const struct scene *scene, uint64_t above)
{
    uint64_t size = UINT64_MAX;

    assert_int_equal(lh_replica_transition(scene->replica, &size, ORIGIN, above, NULL), LH_OK);
    return size;
}

/* Blocks that end at 3 and 6 are of epoch 0, 9 and 12 of epoch 1, 15 and 18 of epoch 2. */
static void a_head_is_of_the_epoch_that_its_header_names(void **state)
{
    static const size_t EPOCHS[] = { 1, 1, 2, 2 };
    struct lh_replica_epoch epoch;
    struct lh_epochs *epochs;
    struct scene scene;
    uint64_t size;

    (void)state;
    scene.town = lh_town_new(LH_SUITE_W, 2);
    scene.mem = lh_replica_mem_new(LH_SUITE_W);
    start(&scene);
    epochs = known_epochs(&scene);
    lh_replica_set_epochs(scene.replica, epochs);
    for (size_t i = 0; i < 6; i++) {
        const struct lh_town_block *made;

        if (i >= 2) {
            lh_town_enter(scene.town, GAJ, lh_members_epoch(lh_epochs_at(epochs, EPOCHS[i - 2])));
        }
        made = lh_town_seal(scene.town, GAJ, 0, 2);
        assert_int_equal(lh_replica_append(scene.replica, ORIGIN, &made->block, NULL), LH_OK);
        if (i == 1) {
            assert_int_equal(transition_above(&scene, 0), 0); /* all of one epoch so far */
        }
    }
    check_epoch(&scene, 3, 0, -1);
    check_epoch(&scene, 6, 0, -1);
    check_epoch(&scene, 9, 1, 0);
    check_epoch(&scene, 12, 1, -1);
    check_epoch(&scene, 15, 2, 1);
    check_epoch(&scene, 18, 2, -1);
    /* the smallest transition above what is witnessed */
    assert_int_equal(transition_above(&scene, 0), 9);
    assert_int_equal(transition_above(&scene, 6), 9);
    assert_int_equal(transition_above(&scene, 9), 15);
    assert_int_equal(transition_above(&scene, 12), 15);
    assert_int_equal(transition_above(&scene, 15), 0);
    assert_int_equal(transition_above(&scene, 18), 0);
    /* in the middle of a block there is no head, and none above what is held */
    for (size = 7; size <= 8; size++) {
        assert_int_equal(lh_replica_epoch_of(scene.replica, &epoch, ORIGIN, size, NULL),
                         LH_ERR_NOT_FOUND);
    }
    assert_int_equal(lh_replica_epoch_of(scene.replica, &epoch, ORIGIN, 21, NULL),
                     LH_ERR_NOT_FOUND);
    assert_int_equal(lh_replica_epoch_of(scene.replica, &epoch, ORIGIN, 0, NULL), LH_ERR_NOT_FOUND);
    /* what was held in epochs that are not known any more is judged later */
    lh_replica_set_epochs(scene.replica, NULL);
    assert_int_equal(lh_replica_epoch_of(scene.replica, &epoch, ORIGIN, 9, NULL), LH_AGAIN);
    lh_replica_set_epochs(scene.replica, epochs);
    check_epoch(&scene, 9, 1, 0);
    clear(&scene);
    lh_epochs_free(epochs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_kept_in_their_order),
        cmocka_unit_test(what_is_kept_is_loaded_again),
        cmocka_unit_test(only_ledgers_that_may_be_are_kept),
        cmocka_unit_test(a_department_that_seals_no_block_is_told_apart_from_who_sends_it),
        cmocka_unit_test(only_the_seal_is_kept_of_a_checkpoint),
        cmocka_unit_test(a_store_that_fails_changes_nothing),
        cmocka_unit_test(roots_and_proofs_are_those_of_the_ledger),
        cmocka_unit_test(what_is_read_for_others_ends_at_the_head),
        cmocka_unit_test(our_own_ledger_is_judged_but_not_written),
        cmocka_unit_test(a_sealed_block_that_breaks_a_rule_convicts_its_department),
        cmocka_unit_test(two_good_blocks_under_one_seal_convict_nobody),
        cmocka_unit_test(a_store_that_fails_leaves_a_department_unaccused),
        cmocka_unit_test(a_head_is_of_the_epoch_that_its_header_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
