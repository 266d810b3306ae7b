#include "ledger/copies.h"

#include "ledger/keys.h"
#include "ledger/trail.h"
#include "tests/support/city.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
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

static void a_view_proves_its_leaves_under_its_own_head_while_the_copy_grows(void **state)
{
    struct scene *scene = *state;
    struct lh_copy_view view;
    struct lh_proof proof;
    struct lh_hash root;

    while (scene->next < lh_city_block_count(scene->city) / 2) {
        assert_int_equal(append_next(scene), LH_OK);
    }
    root = lh_tree_root(&scene->chain.tree, suite_of(scene));
    assert_true(lh_copies_view(scene->copies, 0, &view));
    append_all(scene);
    for (uint64_t i = 0; i < view.size; i++) {
        struct lh_hash leaf = lh_hash_leaf(suite_of(scene), lh_city_leaf(scene->city, (size_t)i));

        assert_int_equal(lh_copy_view_prove(&view, suite_of(scene), &proof, i, NULL), LH_OK);
        assert_int_equal(
            lh_tree_verify_inclusion(suite_of(scene), &leaf, i, view.size, &proof, &root, NULL),
            LH_OK);
    }
    assert_int_equal(lh_copy_view_prove(&view, suite_of(scene), &proof, view.size, NULL),
                     LH_ERR_NOT_FOUND);
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

/* ---- the trail of a copy ---- */

/* The row of a leaf, cut from its bytes; false: a header. */
static bool row_of_leaf(const struct scene *scene, size_t index, struct lh_row *out)
{
    lhpb_Leaf leaf;
    lhpb_Body body;

    assert_int_equal(lh_leaf_decode(&leaf, lh_city_leaf(scene->city, index), NULL), LH_OK);
    if (leaf.which_kind != lhpb_Leaf_entry_tag) {
        return false;
    }
    const lhpb_Entry *entry = &leaf.kind.entry;
    assert_int_equal(lh_body_decode(&body, lh_bytes_of(entry->body.bytes, entry->body.size), NULL),
                     LH_OK);
    lh_row_of(out, index, entry, &body, 0);
    return true;
}

static bool is_wanted(const struct lh_trail_query *query, const struct lh_row *row)
{
    return (query->staff_count == 0 ||
            (row->has_staff && memcmp(row->staff, query->staff[0], sizeof row->staff) == 0)) &&
           (query->exchange_count == 0 ||
            (row->has_exchange &&
             memcmp(row->exchange_id, query->exchanges[0], sizeof row->exchange_id) == 0)) &&
           row->recorded_unix_ms >= query->since_unix_ms;
}

/* Page by page, the same rows as whoever looks at every leaf finds, up to `below`. */
static size_t assert_trail(const struct scene *scene, const struct lh_copy_view *view,
                           struct lh_trail_query query)
{
    uint64_t place = query.newest_first ? view->size : 0;
    struct lh_trail_page page = { .has_more = true };
    struct lh_row rows[7];
    size_t found = 0;

    query.limit = sizeof rows / sizeof rows[0];
    while (page.has_more) {
        assert_int_equal(lh_copy_view_trail(view, &query, 0, rows, &page, NULL), LH_OK);
        for (size_t i = 0; i < page.count; i++) {
            struct lh_row row;

            do {
                place -= query.newest_first;
                assert_true(place < view->size);
            } while (!(row_of_leaf(scene, (size_t)(query.newest_first ? place : place++), &row) &&
                       is_wanted(&query, &row)));
            assert_int_equal(rows[i].index, row.index);
            assert_int_equal(rows[i].type, row.type);
            assert_int_equal(rows[i].level, 0);
            assert_string_equal(rows[i].purpose, row.purpose);
            found++;
        }
        query.after = page.next;
    }
    while (query.newest_first ? place > 0 : place < view->size) {
        struct lh_row row;

        place -= query.newest_first;
        assert_false(row_of_leaf(scene, (size_t)(query.newest_first ? place : place++), &row) &&
                     is_wanted(&query, &row));
    }
    return found;
}

/* All rows, those of one staff member, of one exchange and of a time, in both directions. */
static void assert_trails(const struct scene *scene, const struct lh_copy_view *view)
{
    struct lh_row chosen = { .index = 0 };
    struct lh_trail_query query;

    for (size_t i = 0; i < view->size; i++) {
        struct lh_row row;

        if (row_of_leaf(scene, i, &row) && row.has_staff && row.has_exchange) {
            chosen = row;
        }
    }
    assert_true(chosen.has_exchange);
    for (unsigned i = 0; i < 8; i++) {
        lh_trail_query_init(&query);
        query.newest_first = i % 2 != 0;
        switch (i / 2) {
        case 1:
            query.staff_count = 1;
            memcpy(query.staff[0], chosen.staff, sizeof chosen.staff);
            break;
        case 2:
            query.exchange_count = 1;
            memcpy(query.exchanges[0], chosen.exchange_id, sizeof chosen.exchange_id);
            break;
        case 3:
            query.by_recorded = true;
            query.since_unix_ms = chosen.recorded_unix_ms;
            break;
        default:
            break;
        }
        assert_true(assert_trail(scene, view, query) > 0);
    }
}

static void a_row_is_cut_from_an_entry_and_from_nothing_else(void **state)
{
    const struct scene *scene = *state;
    size_t entries = 0;

    for (size_t i = 0; i < lh_city_leaf_count(scene->city); i++) {
        struct lh_bytes leaf = lh_city_leaf(scene->city, i);
        struct lh_row wanted;
        struct lh_row row;

        if (row_of_leaf(scene, i, &wanted)) {
            assert_int_equal(lh_row_cut(&row, i, leaf, NULL), LH_OK);
            assert_int_equal(row.type, wanted.type);
            assert_int_equal(row.event_time_unix_ms, wanted.event_time_unix_ms);
            assert_int_equal(row.index, i);
            assert_int_equal(row.level, 0);
            leaf.len--;
            entries++;
        }
        assert_int_equal(lh_row_cut(&row, i, leaf, NULL), LH_ERR_CORRUPT);
    }
    assert_true(entries > 0 && entries < lh_city_leaf_count(scene->city));
}

static void a_copy_has_the_trail_that_its_leaves_say(void **state)
{
    struct scene *scene = *state;
    struct lh_copy_view part;
    struct lh_copy_view whole;
    struct lh_trail_query query;
    struct lh_trail_page page;
    struct lh_row rows[1];
    const uint8_t tokens[1][32] = { { 1 } };

    while (scene->next < lh_city_block_count(scene->city) / 2) {
        assert_int_equal(append_next(scene), LH_OK);
    }
    assert_true(lh_copies_view(scene->copies, 0, &part));
    append_all(scene);
    assert_true(lh_copies_view(scene->copies, 0, &whole));
    assert_trails(scene, &whole);
    assert_trails(scene, &part); /* which has grown, and the view has not */
    lh_trail_query_init(&query);
    query.limit = 1;
    assert_int_equal(lh_copy_view_trail(&whole, &query, 0, rows, &page, NULL), LH_OK);
    query.token_count = 1;
    query.tokens = tokens;
    assert_int_equal(lh_copy_view_trail(&whole, &query, 0, rows, &page, NULL), LH_ERR_INVALID);
}

/* A store as it was before copies had rows of the trail; `version` is what it says of them. */
static struct lh_store *without_rows(const struct scene *scene, struct lh_bytes version)
{
    static const enum lh_table tables[] = { LH_TABLE_META, LH_TABLE_LEAF, LH_TABLE_BLOCK,
                                            LH_TABLE_NODE };
    struct lh_store_key said = lh_keys_meta("trail");
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_store *store = NULL;

    assert_int_equal(lh_store_mem_new(&store, NULL), LH_OK);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct lh_store_iter *iter = NULL;

        assert_int_equal(lh_store_iter_new(&iter, scene->store, tables[i], NULL), LH_OK);
        for (lh_store_iter_seek(iter, LH_BYTES_EMPTY); lh_store_iter_is_valid(iter);
             lh_store_iter_next(iter)) {
            if (tables[i] != LH_TABLE_META ||
                !lh_bytes_is_equal(lh_store_iter_key(iter), lh_store_key_bytes(&said))) {
                lh_store_batch_put(&batch, tables[i], lh_store_iter_key(iter),
                                   lh_store_iter_value(iter));
            }
        }
        lh_store_iter_free(iter);
    }
    if (version.len > 0) {
        lh_store_batch_put(&batch, LH_TABLE_META, lh_store_key_bytes(&said), version);
    }
    assert_int_equal(lh_store_commit(store, &batch, NULL), LH_OK);
    lh_store_batch_clear(&batch);
    return store;
}

static void a_store_without_rows_of_the_trail_gets_them_at_its_opening(void **state)
{
    struct scene *scene = *state;
    struct lh_copies *first = scene->copies;
    struct lh_store *kept = scene->store;
    const uint8_t versions[] = { 99, 1 };

    append_all(scene);
    for (size_t i = 0; i < 3; i++) {
        struct lh_copy_view view;
        size_t commits;

        /* none said, one that we do not know, and one that says they are there: nothing is done */
        open_copies(scene, without_rows(scene, lh_bytes_of(versions + (i > 0 ? i - 1 : 0), i > 0)));
        commits = lh_store_mem_commit_count(scene->store);
        assert_int_equal(commits, i == 2 ? 1 : 2 + lh_city_block_count(scene->city));
        if (i < 2) {
            assert_true(lh_copies_view(scene->copies, 0, &view));
            assert_trails(scene, &view);
        }
        lh_copies_close(scene->copies);
        scene->copies = first;
        scene->store = kept;
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
        cmocka_unit_test_setup_teardown(
            a_view_proves_its_leaves_under_its_own_head_while_the_copy_grows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_appended_is_read_back_and_proven, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_crash_anywhere_leaves_a_head_from_which_it_goes_on,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_is_cut_from_an_entry_and_from_nothing_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_copy_has_the_trail_that_its_leaves_say, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_store_without_rows_of_the_trail_gets_them_at_its_opening,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_store_that_fails_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_follow_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notes_are_kept_one_of_each_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_store_is_said_to_be_damaged, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
