/* What peers hold of our ledger comes into the store where it fits, and nowhere else. */
#include "node/restoring.h"

#include "ledger/copies.h"
#include "tests/support/ledger_place.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The copies that a peer's blocks made, and how many commits that took after each block. */
struct scene {
    struct lh_place *place;
    struct lh_store *kept; /* of the copies */
    struct lh_copies *copies;
    struct lh_suite *suite;
    struct lh_ledger_options options; /* of the department's ledger, for reading */
    size_t commits[8];
    size_t block_count;
};

static void set_up(struct scene *scene, struct lh_place *place)
{
    struct lh_err err = LH_ERR_NONE;

    memset(scene, 0, sizeof *scene);
    scene->place = place;
    lh_office_options(place->office, &scene->options, NULL, NULL);
    lh_place_must(lh_suite_new(&scene->suite, lh_genesis_suite(scene->options.genesis), &err),
                  &err);
    lh_place_must(lh_store_mem_new(&scene->kept, &err), &err);
    lh_place_must(lh_copies_open(&scene->copies, scene->kept, scene->suite,
                                 lh_genesis_network_id(scene->options.genesis), &err),
                  &err);
}

static void clear(struct scene *scene)
{
    lh_copies_close(scene->copies);
    lh_suite_free(scene->suite);
}

/* The next entries are sealed, and copied. */
static void grow(struct scene *scene, size_t count)
{
    struct lh_ledger *ledger = scene->place->ledger;
    struct lh_ledger_block info = { .checkpoint = LH_BUF_EMPTY };
    struct lh_bytes *views = calloc(count + 1, sizeof views[0]);
    struct lh_buf *leaves = calloc(count + 1, sizeof leaves[0]);
    struct lh_err err = LH_ERR_NONE;
    struct lh_chain chain;

    assert_non_null(views);
    assert_non_null(leaves);
    lh_place_append(scene->place, count);
    lh_place_must(lh_ledger_chain(ledger, scene->suite, &chain, &err), &err);
    lh_place_must(lh_ledger_block_at(ledger, chain.height, &info, &err), &err);
    for (size_t i = 0; i <= count; i++) {
        lh_place_must(lh_ledger_leaf(ledger, info.first + i, &leaves[i], &err), &err);
        views[i] = lh_buf_bytes(&leaves[i]);
    }
    struct lh_block block = { .leaves = views,
                              .entry_count = count,
                              .checkpoint = lh_buf_bytes(&info.checkpoint) };

    lh_place_must(lh_copies_append(scene->copies, &block, &chain, &err), &err);
    scene->commits[scene->block_count++] = lh_store_mem_commit_count(scene->kept);
    for (size_t i = 0; i <= count; i++) {
        lh_buf_clear(&leaves[i]);
    }
    lh_buf_clear(&info.checkpoint);
    free(leaves);
    free(views);
}

/* Four blocks: GENERATION, the enrolments, and two of everyday entries. */
static void grow_all(struct scene *scene)
{
    grow(scene, 1);
    grow(scene, LH_PLACE_STAFF);
    grow(scene, 20);
    grow(scene, 15);
}

/* Take so many blocks of the copies into a store. */
static enum lh_code adopt(struct scene *scene, struct lh_store *store, size_t blocks,
                          uint64_t *out_blocks, struct lh_err *err)
{
    struct lh_store *copies = NULL;

    lh_place_must(lh_store_mem_after_crash(&copies, scene->kept, scene->commits[blocks - 1], err),
                  err);
    return lh_restoring_adopt(store, copies, scene->options.genesis, scene->options.department,
                              out_blocks, err);
}

/* The head of the ledger that a store holds. */
static struct lh_ledger_head head_in(struct scene *scene, struct lh_store *store)
{
    struct lh_ledger_options options = scene->options;
    struct lh_ledger *ledger = NULL;
    struct lh_ledger_head head;
    struct lh_err err = LH_ERR_NONE;

    options.store = store;
    lh_place_must(lh_ledger_open(&ledger, &options, NULL, &err), &err);
    lh_ledger_head(ledger, &head);
    lh_ledger_close(ledger);
    return head;
}

static void a_lost_store_is_filled_to_the_same_root(void **state)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_store *store = NULL;
    struct lh_ledger_head wanted;
    struct lh_ledger_head found;
    struct scene scene;
    uint64_t blocks = 0;

    set_up(&scene, *state);
    grow_all(&scene);
    wanted = lh_place_head(scene.place);
    lh_place_must(lh_store_mem_new(&store, &err), &err);
    lh_place_must(adopt(&scene, store, 4, &blocks, &err), &err);
    found = head_in(&scene, store);
    assert_int_equal(blocks, 4);
    assert_int_equal(found.size, wanted.size);
    assert_true(lh_hash_is_equal(&found.root, &wanted.root));
    lh_place_must(adopt(&scene, store, 4, &blocks, &err), &err); /* nothing is taken twice */
    assert_int_equal(blocks, 0);
    lh_store_close(store);
    clear(&scene);
}

static void an_older_store_takes_what_it_lacks(void **state)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_store *store = NULL;
    struct lh_ledger_head wanted;
    struct lh_ledger_head found;
    struct scene scene;
    uint64_t blocks = 0;

    set_up(&scene, *state);
    grow_all(&scene);
    wanted = lh_place_head(scene.place);
    lh_place_must(lh_store_mem_new(&store, &err), &err);
    lh_place_must(adopt(&scene, store, 2, &blocks, &err), &err);
    assert_int_equal(blocks, 2);
    assert_true(head_in(&scene, store).size < wanted.size);
    lh_place_must(adopt(&scene, store, 4, &blocks, &err), &err);
    assert_int_equal(blocks, 2);
    found = head_in(&scene, store);
    assert_true(lh_hash_is_equal(&found.root, &wanted.root));
    lh_place_must(adopt(&scene, store, 3, &blocks, &err), &err); /* copies that are behind it */
    assert_int_equal(blocks, 0);
    lh_store_close(store);
    clear(&scene);
}

/* It sealed the same entries in other blocks: shorter, as long, and longer than the copies. */
static void a_store_with_another_history_is_left_as_it_is(void **state)
{
    static const struct {
        size_t blocks; /* of the copies */
        size_t own;    /* blocks of the store behind the first two */
    } rows[] = { { 4, 1 }, { 3, 1 }, { 3, 2 } };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_place *place = *state;
        struct lh_err err = LH_ERR_NONE;
        struct lh_ledger_head before;
        struct lh_ledger_head after;
        struct scene scene;
        uint64_t blocks = 0;
        void *copied_state = place->office;
        void *other_state = place->office;
        struct lh_place *other;

        assert_int_equal(lh_place_make(&other_state), 0);
        other = other_state;
        lh_place_append(other, 1);
        lh_place_append(other, LH_PLACE_STAFF);
        for (size_t block = 0; block < rows[i].own; block++) {
            other->next += block == 0; /* it never sealed that one */
            lh_place_append(other, 20);
        }
        before = lh_place_head(other);
        assert_int_equal(lh_place_make(&copied_state), 0);
        set_up(&scene, copied_state);
        grow_all(&scene);
        assert_int_equal(adopt(&scene, other->store, rows[i].blocks, &blocks, &err), LH_ERR_FORGED);
        assert_int_equal(blocks, 0);
        after = head_in(&scene, other->store);
        assert_int_equal(after.size, before.size);
        assert_true(lh_hash_is_equal(&after.root, &before.root));
        clear(&scene);
        assert_int_equal(lh_place_remove(&copied_state), 0);
        assert_int_equal(lh_place_remove(&other_state), 0);
    }
}

static void without_an_act_nothing_is_asked(void **state)
{
    struct lh_place *place = *state;
    struct lh_buf act = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    char path[512];
    FILE *file;

    lh_place_must(lh_restoring_read(&act, place->folder.path, &err), &err);
    assert_int_equal(act.len, 0);
    lh_folder_join(path, sizeof path, &place->folder, "prepare.lh");
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite("act", 1, 3, file), 3);
    assert_int_equal(fclose(file), 0);
    lh_place_must(lh_restoring_read(&act, place->folder.path, &err), &err);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&act), lh_bytes_of_text("act")));
    lh_place_must(lh_restoring_end(place->folder.path, &err), &err);
    lh_buf_reset(&act);
    lh_place_must(lh_restoring_read(&act, place->folder.path, &err), &err);
    assert_int_equal(act.len, 0);
    assert_int_equal(lh_restoring_end(place->folder.path, &err), LH_ERR_IO);
    lh_buf_clear(&act);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lost_store_is_filled_to_the_same_root, lh_place_make,
                                        lh_place_remove),
        cmocka_unit_test_setup_teardown(an_older_store_takes_what_it_lacks, lh_place_make,
                                        lh_place_remove),
        cmocka_unit_test_setup_teardown(a_store_with_another_history_is_left_as_it_is,
                                        lh_place_make, lh_place_remove),
        cmocka_unit_test_setup_teardown(without_an_act_nothing_is_asked, lh_place_make,
                                        lh_place_remove),
    };

    return cmocka_run_group_tests(tests, lh_place_make_office, lh_place_free_office);
}
