#include "ledger/copies.h"

#include "ledger/keys.h"
#include "tests/support/city.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A department's ledger, judged block by block, and the copies that are made of it. */
struct scene {
    struct lh_city *city;
    struct lh_store *store; /* the copies' */
    struct lh_copies *copies;
    struct lh_chain chain; /* the head after what was appended */
    size_t next;
};

static struct lh_suite *suite_of(const struct scene *scene)
{
    return lh_city_suite(scene->city);
}

static const struct lh_hash *network_of(const struct scene *scene)
{
    return lh_genesis_network_id(lh_city_genesis(scene->city));
}

static void open_copies(struct scene *scene, struct lh_store *store)
{
    scene->store = store;
    assert_int_equal(
        lh_copies_open(&scene->copies, store, suite_of(scene), network_of(scene), NULL), LH_OK);
}

static int set_up(void **state)
{
    static struct scene scene;
    struct lh_city_options options = {
        .suite = LH_SUITE_W, .seed = 5, .staff_count = 3, .entry_count = 300, .block_max = 9
    };
    struct lh_store *store = NULL;

    scene = (struct scene){ .city = lh_city_new(&options) };
    assert_int_equal(lh_chain_init(&scene.chain, network_of(&scene), lh_city_origin(scene.city),
                                   &lh_city_seal(scene.city)->key, network_of(&scene), NULL),
                     LH_OK);
    assert_int_equal(lh_store_mem_new(&store, NULL), LH_OK);
    open_copies(&scene, store);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    lh_copies_close(scene->copies);
    lh_city_free(scene->city);
    return 0;
}

static enum lh_code append_next(struct scene *scene)
{
    struct lh_block block = lh_city_block(scene->city, scene->next);
    struct lh_chain_verdict verdict;
    struct lh_chain next;
    enum lh_code rc;

    assert_int_equal(lh_chain_judge(&scene->chain, suite_of(scene), &block, LH_SEAL_VERIFY,
                                    SIZE_MAX, NULL, &next, &verdict, NULL),
                     LH_OK);
    rc = lh_copies_append(scene->copies, &block, &next, NULL);
    if (rc == LH_OK) {
        scene->chain = next;
        scene->next++;
    }
    return rc;
}

static void append_all(struct scene *scene)
{
    while (scene->next < lh_city_block_count(scene->city)) {
        assert_int_equal(append_next(scene), LH_OK);
    }
}

static void assert_head(const struct scene *scene)
{
    const struct lh_chain *head = lh_copies_find(scene->copies, lh_city_origin(scene->city));
    struct lh_hash wanted = lh_tree_root(&scene->chain.tree, suite_of(scene));
    struct lh_hash found;

    assert_non_null(head);
    assert_int_equal(head->height, scene->chain.height);
    assert_int_equal(head->tree.size, scene->chain.tree.size);
    assert_int_equal(head->time_unix_ms, scene->chain.time_unix_ms);
    found = lh_tree_root(&head->tree, suite_of(scene));
    assert_true(lh_hash_is_equal(&found, &wanted));
    assert_true(lh_hash_is_equal(&head->prev, &scene->chain.prev));
}

static enum lh_code read_node(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                              struct lh_err *err)
{
    const struct scene *scene = arg;

    return lh_copies_node(scene->copies, lh_city_origin(scene->city), out, level, index, err);
}

/* What a view shows while the copy grows. */
static void a_view_stays_as_it_was_made(void **state)
{
    struct scene *scene = *state;
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_copy_view view;
    struct lh_copy_view later;

    assert_false(lh_copies_view(scene->copies, 0, &view));
    assert_int_equal(append_next(scene), LH_OK);
    assert_int_equal(append_next(scene), LH_OK);
    assert_true(lh_copies_view(scene->copies, 0, &view));
    assert_false(lh_copies_view(scene->copies, 1, &later));
    assert_string_equal(view.origin, lh_city_origin(scene->city));
    assert_int_equal(view.height, 2);
    assert_int_equal(view.size, scene->chain.tree.size);
    append_all(scene);
    assert_int_equal(lh_copy_view_leaf(&view, view.size, &leaf, NULL), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_copy_view_block_at(&view, 3, &block, NULL), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_copy_view_block_of(&view, view.size, &block, NULL), LH_ERR_NOT_FOUND);
    assert_true(lh_copies_view(scene->copies, 0, &later)); /* which is there for a later one */
    assert_int_equal(lh_copy_view_leaf(&later, view.size, &leaf, NULL), LH_OK);
    lh_buf_reset(&leaf);
    assert_int_equal(lh_copy_view_leaf(&view, view.size - 1, &leaf, NULL), LH_OK);
    assert_true(leaf.len > 0);
    assert_int_equal(lh_copy_view_block_of(&view, view.size - 1, &block, NULL), LH_OK);
    assert_int_equal(block.height, 2);
    assert_int_equal(block.first + block.entry_count + 1, view.size);
    lh_buf_clear(&block.checkpoint);
    assert_int_equal(lh_copy_view_block_at(&view, 1, &block, NULL), LH_OK);
    assert_int_equal(block.first, 0);
    lh_buf_clear(&block.checkpoint);
    lh_buf_clear(&leaf);
}

static void what_was_appended_is_read_back_and_proven(void **state)
{
    struct scene *scene = *state;
    struct lh_tree_source source = { .node = read_node, .arg = scene };
    const char *origin = lh_city_origin(scene->city);
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_hash root;
    uint64_t size = 0;

    append_all(scene);
    assert_head(scene);
    root = lh_tree_root(&scene->chain.tree, suite_of(scene));
    for (size_t i = 0; i < lh_city_leaf_count(scene->city); i++) {
        struct lh_hash leaf = lh_hash_leaf(suite_of(scene), lh_city_leaf(scene->city, i));
        struct lh_proof proof;

        assert_int_equal(lh_copies_leaf(scene->copies, origin, i, &bytes, NULL), LH_OK);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&bytes), lh_city_leaf(scene->city, i)));
        assert_int_equal(lh_tree_prove_inclusion(suite_of(scene), &proof, &source, i,
                                                 scene->chain.tree.size, NULL),
                         LH_OK);
        assert_int_equal(lh_tree_verify_inclusion(suite_of(scene), &leaf, i, scene->chain.tree.size,
                                                  &proof, &root, NULL),
                         LH_OK);
    }
    lh_buf_reset(&bytes);
    assert_int_equal(
        lh_copies_seal(scene->copies, origin, scene->chain.tree.size - 1, &bytes, &size, NULL),
        LH_OK);
    assert_int_equal(size, scene->chain.tree.size);
    assert_true(lh_bytes_is_equal(
        lh_buf_bytes(&bytes),
        lh_city_block(scene->city, lh_city_block_count(scene->city) - 1).checkpoint));
    assert_int_equal(lh_copies_leaf(scene->copies, origin, size, &bytes, NULL), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_copies_leaf(scene->copies, "jinhua/mzj/1", 0, &bytes, NULL),
                     LH_ERR_NOT_FOUND);
    lh_buf_clear(&bytes);
}

static void a_crash_anywhere_leaves_a_head_from_which_it_goes_on(void **state)
{
    struct scene *scene = *state;
    size_t commits;

    append_all(scene);
    commits = lh_store_mem_commit_count(scene->store);
    assert_int_equal(commits, lh_city_block_count(scene->city));
    for (size_t kept = 0; kept <= commits; kept += kept < 4 ? 1 : 7) {
        struct lh_store *after = NULL;
        struct lh_copies *whole = scene->copies;

        assert_int_equal(lh_store_mem_after_crash(&after, scene->store, kept, NULL), LH_OK);
        struct lh_store *before = scene->store;
        open_copies(scene, after);
        assert_int_equal(lh_copies_count(scene->copies), kept > 0);
        if (kept > 0) {
            const struct lh_chain *head = lh_copies_at(scene->copies, 0);

            assert_int_equal(head->height, kept);
            scene->chain = *head;
        } else {
            assert_int_equal(
                lh_chain_init(&scene->chain, network_of(scene), lh_city_origin(scene->city),
                              &lh_city_seal(scene->city)->key, network_of(scene), NULL),
                LH_OK);
        }
        scene->next = kept;
        append_all(scene);
        assert_head(scene);
        lh_copies_close(scene->copies);
        scene->copies = whole;
        scene->store = before;
    }
}

static void a_store_that_fails_changes_nothing(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(append_next(scene), LH_OK);
    lh_store_mem_fail_at(scene->store, 1, LH_MEM_FAIL_LOST);
    assert_int_equal(append_next(scene), LH_ERR_IO);
    assert_true(lh_store_mem_has_failed(scene->store));
    assert_head(scene);
}

static void what_does_not_follow_is_refused(void **state)
{
    struct scene *scene = *state;
    struct lh_chain start = scene->chain;
    struct lh_block block = lh_city_block(scene->city, 0);
    struct lh_chain next;

    assert_int_equal(append_next(scene), LH_OK);
    next = scene->chain;
    /* the same block again; one that leaves out a block; another head than the leaves make */
    assert_int_equal(lh_copies_append(scene->copies, &block, &next, NULL), LH_ERR_INVALID);
    next.height = 3;
    assert_int_equal(lh_copies_append(scene->copies, &block, &next, NULL), LH_ERR_INVALID);
    next = start;
    next.height = 2;
    assert_int_equal(lh_copies_append(scene->copies, &block, &next, NULL), LH_ERR_INVALID);
    assert_head(scene);
    assert_int_equal(append_next(scene), LH_OK);
    assert_head(scene);
}

static void notes_are_kept_one_of_each_kind(void **state)
{
    struct scene *scene = *state;
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_store *after = NULL;
    struct lh_copies *reopened = NULL;

    assert_int_equal(lh_copies_get_note(scene->copies, "jinhua/mzj/1", 1, &note, NULL),
                     LH_ERR_NOT_FOUND);
    assert_int_equal(
        lh_copies_put_note(scene->copies, "jinhua/mzj/1", 1, lh_bytes_of_text("one"), NULL), LH_OK);
    assert_int_equal(
        lh_copies_put_note(scene->copies, "jinhua/mzj/1", 2, lh_bytes_of_text("two"), NULL), LH_OK);
    assert_int_equal(
        lh_copies_put_note(scene->copies, "jinhua/mzj/1", 1, lh_bytes_of_text("new"), NULL), LH_OK);
    assert_int_equal(lh_store_mem_after_crash(&after, scene->store, 3, NULL), LH_OK);
    assert_int_equal(lh_copies_open(&reopened, after, suite_of(scene), network_of(scene), NULL),
                     LH_OK);
    assert_int_equal(lh_copies_count(reopened), 0);
    assert_int_equal(lh_copies_get_note(reopened, "jinhua/mzj/1", 1, &note, NULL), LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&note), lh_bytes_of_text("new")));
    assert_int_equal(lh_copies_get_note(reopened, "jinhua/mzj/1", 2, &note, NULL), LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&note), lh_bytes_of_text("two")));
    assert_int_equal(lh_copies_get_note(reopened, "jinhua/rsj/1", 1, &note, NULL),
                     LH_ERR_NOT_FOUND);
    lh_copies_close(reopened);
    lh_buf_clear(&note);
}

static void a_damaged_store_is_said_to_be_damaged(void **state)
{
    struct scene *scene = *state;
    struct lh_store_key key;
    struct lh_store *after = NULL;
    struct lh_copies *reopened = NULL;
    struct lh_block last;
    uint64_t header;

    append_all(scene);
    last = lh_city_block(scene->city, lh_city_block_count(scene->city) - 1);
    header = scene->chain.tree.size - 1;
    assert_true(last.entry_count > 0);
    key = lh_keys_leaf(1, header);
    assert_int_equal(lh_store_mem_after_crash(&after, scene->store,
                                              lh_store_mem_commit_count(scene->store), NULL),
                     LH_OK);
    lh_store_mem_poke(after, LH_TABLE_LEAF, lh_store_key_bytes(&key), NULL);
    assert_int_equal(lh_copies_open(&reopened, after, suite_of(scene), network_of(scene), NULL),
                     LH_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_view_stays_as_it_was_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_appended_is_read_back_and_proven, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_crash_anywhere_leaves_a_head_from_which_it_goes_on,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_store_that_fails_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_follow_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notes_are_kept_one_of_each_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_store_is_said_to_be_damaged, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
