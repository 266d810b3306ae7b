#include "tests/support/store_suite.h"

#include "ledger/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(text) lh_bytes_of_text(text)

static void commit_one(struct lh_store *store, enum lh_table table, const char *key,
                       const char *value, enum lh_code want)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    if (value == NULL) {
        lh_store_batch_delete(&batch, table, TEXT(key));
    } else {
        lh_store_batch_put(&batch, table, TEXT(key), TEXT(value));
    }
    assert_int_equal(lh_store_commit(store, &batch, &err), want);
    lh_store_batch_clear(&batch);
}

static void want_value(struct lh_store *store, enum lh_table table, const char *key,
                       const char *want)
{
    struct lh_buf found = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_store_get(store, table, TEXT(key), &found, &err);

    if (want == NULL) {
        assert_int_equal(rc, LH_ERR_NOT_FOUND);
    } else {
        assert_int_equal(rc, LH_OK);
        assert_string_equal(lh_buf_text(&found), want);
    }
    lh_buf_clear(&found);
}

static struct lh_store *make(void **state)
{
    const struct lh_store_suite *suite = *state;
    struct lh_store *store = suite->make(suite->arg);

    assert_non_null(store);
    return store;
}

static void get_finds_what_was_put_and_nothing_else(void **state)
{
    struct lh_store *store = make(state);

    want_value(store, LH_TABLE_META, "a", NULL);
    commit_one(store, LH_TABLE_META, "a", "one", LH_OK);
    want_value(store, LH_TABLE_META, "a", "one");
    want_value(store, LH_TABLE_META, "aa", NULL);
    want_value(store, LH_TABLE_VAULT, "a", NULL);
    lh_store_close(store);
}

static void an_open_table_lets_values_change_and_go(void **state)
{
    struct lh_store *store = make(state);

    commit_one(store, LH_TABLE_PRIVATE, "a", "one", LH_OK);
    commit_one(store, LH_TABLE_PRIVATE, "a", "two", LH_OK);
    want_value(store, LH_TABLE_PRIVATE, "a", "two");
    commit_one(store, LH_TABLE_PRIVATE, "a", NULL, LH_OK);
    want_value(store, LH_TABLE_PRIVATE, "a", NULL);
    commit_one(store, LH_TABLE_PRIVATE, "a", NULL, LH_OK);
    lh_store_close(store);
}

static void an_insert_only_table_refuses_another_value(void **state)
{
    static const enum lh_table looked_up[] = { LH_TABLE_LEAF, LH_TABLE_BLOCK, LH_TABLE_NODE,
                                               LH_TABLE_EVENT };
    struct lh_store *store = make(state);

    for (size_t i = 0; i < sizeof looked_up / sizeof looked_up[0]; i++) {
        commit_one(store, looked_up[i], "b", "one", LH_OK);
        commit_one(store, looked_up[i], "d", "one", LH_OK);
        commit_one(store, looked_up[i], "b", "two", LH_ERR_CONFLICT);
        commit_one(store, looked_up[i], "d", "two", LH_ERR_CONFLICT);
        commit_one(store, looked_up[i], "b", "one", LH_OK);
        commit_one(store, looked_up[i], "a", "late", LH_OK);
        commit_one(store, looked_up[i], "c", "late", LH_OK);
        want_value(store, looked_up[i], "b", "one");
        want_value(store, looked_up[i], "d", "one");
    }
    lh_store_close(store);
}

static void an_insert_only_table_refuses_a_delete(void **state)
{
    struct lh_store *store = make(state);

    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        enum lh_table table = (enum lh_table)i;
        enum lh_code want = lh_table_is_insert_only(table) ? LH_ERR_CONFLICT : LH_OK;

        commit_one(store, table, "a", "one", LH_OK);
        commit_one(store, table, "a", NULL, want);
        want_value(store, table, "a", want == LH_OK ? NULL : "one");
    }
    lh_store_close(store);
}

static void a_refused_batch_leaves_nothing_behind(void **state)
{
    struct lh_store *store = make(state);
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    commit_one(store, LH_TABLE_LEAF, "b", "one", LH_OK);
    lh_store_batch_put(&batch, LH_TABLE_META, TEXT("m"), TEXT("new"));
    lh_store_batch_put(&batch, LH_TABLE_LEAF, TEXT("c"), TEXT("new"));
    lh_store_batch_put(&batch, LH_TABLE_LEAF, TEXT("b"), TEXT("two"));
    assert_int_equal(lh_store_commit(store, &batch, &err), LH_ERR_CONFLICT);
    lh_store_batch_clear(&batch);
    want_value(store, LH_TABLE_META, "m", NULL);
    want_value(store, LH_TABLE_LEAF, "c", NULL);
    want_value(store, LH_TABLE_LEAF, "b", "one");
    commit_one(store, LH_TABLE_LEAF, "c", "still usable", LH_OK);
    lh_store_close(store);
}

static void a_batch_reaches_every_table(void **state)
{
    struct lh_store *store = make(state);
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        enum lh_table table = (enum lh_table)i;
        lh_store_batch_put(&batch, table, TEXT("key"), TEXT(lh_table_name(table)));
    }
    assert_int_equal(lh_store_commit(store, &batch, &err), LH_OK);
    lh_store_batch_clear(&batch);
    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        enum lh_table table = (enum lh_table)i;
        want_value(store, table, "key", lh_table_name(table));
    }
    lh_store_close(store);
}

static void expect_at(const struct lh_store_iter *iter, const char *want)
{
    if (want == NULL) {
        assert_false(lh_store_iter_is_valid(iter));
        return;
    }
    assert_true(lh_store_iter_is_valid(iter));
    assert_true(lh_bytes_is_equal(lh_store_iter_key(iter), TEXT(want)));
    assert_true(lh_bytes_is_equal(lh_store_iter_value(iter), TEXT(want)));
}

static void an_iterator_walks_both_ways_from_any_key(void **state)
{
    struct lh_store *store = make(state);
    struct lh_store_iter *iter = NULL;
    struct lh_err err = LH_ERR_NONE;

    commit_one(store, LH_TABLE_INDEX, "d", "d", LH_OK);
    commit_one(store, LH_TABLE_INDEX, "b", "b", LH_OK);
    commit_one(store, LH_TABLE_INDEX, "bb", "bb", LH_OK);
    commit_one(store, LH_TABLE_META, "c", "c", LH_OK);
    assert_int_equal(lh_store_iter_new(&iter, store, LH_TABLE_INDEX, &err), LH_OK);
    lh_store_iter_seek(iter, TEXT("a"));
    expect_at(iter, "b");
    lh_store_iter_next(iter);
    expect_at(iter, "bb");
    lh_store_iter_next(iter);
    expect_at(iter, "d");
    lh_store_iter_next(iter);
    expect_at(iter, NULL);
    lh_store_iter_seek(iter, TEXT("bb"));
    expect_at(iter, "bb");
    lh_store_iter_seek(iter, TEXT("e"));
    expect_at(iter, NULL);
    lh_store_iter_seek_back(iter, TEXT("e"));
    expect_at(iter, "d");
    lh_store_iter_prev(iter);
    expect_at(iter, "bb");
    lh_store_iter_seek_back(iter, TEXT("b"));
    expect_at(iter, "b");
    lh_store_iter_prev(iter);
    expect_at(iter, NULL);
    lh_store_iter_seek_back(iter, TEXT("a"));
    expect_at(iter, NULL);
    assert_int_equal(lh_store_iter_check(iter, &err), LH_OK);
    lh_store_iter_free(iter);
    lh_store_close(store);
}

static void an_iterator_sees_the_store_as_it_was(void **state)
{
    struct lh_store *store = make(state);
    struct lh_store_iter *iter = NULL;
    struct lh_err err = LH_ERR_NONE;

    commit_one(store, LH_TABLE_PRIVATE, "a", "a", LH_OK);
    assert_int_equal(lh_store_iter_new(&iter, store, LH_TABLE_PRIVATE, &err), LH_OK);
    commit_one(store, LH_TABLE_PRIVATE, "a", "changed", LH_OK);
    commit_one(store, LH_TABLE_PRIVATE, "b", "b", LH_OK);
    lh_store_iter_seek(iter, TEXT("a"));
    expect_at(iter, "a");
    lh_store_iter_next(iter);
    expect_at(iter, NULL);
    lh_store_iter_free(iter);
    lh_store_close(store);
}

static void values_may_be_empty_long_and_binary(void **state)
{
    struct lh_store *store = make(state);
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_buf found = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    uint8_t *big = calloc(1, 1 << 20);
    static const uint8_t key[] = { 0, 0xff, 0 };

    assert_non_null(big);
    memset(big + 1000, 0xee, 1000);
    lh_store_batch_put(&batch, LH_TABLE_LEAF, lh_bytes_of(key, 3), LH_BYTES_EMPTY);
    lh_store_batch_put(&batch, LH_TABLE_LEAF, lh_bytes_of(key, 2), lh_bytes_of(big, 1 << 20));
    assert_int_equal(lh_store_commit(store, &batch, &err), LH_OK);
    assert_int_equal(lh_store_get(store, LH_TABLE_LEAF, lh_bytes_of(key, 3), &found, &err), LH_OK);
    assert_int_equal(found.len, 0);
    assert_int_equal(lh_store_get(store, LH_TABLE_LEAF, lh_bytes_of(key, 2), &found, &err), LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&found), lh_bytes_of(big, 1 << 20)));
    lh_buf_clear(&found);
    lh_store_batch_clear(&batch);
    free(big);
    lh_store_close(store);
}

static void a_committed_batch_is_there_after_reopening(void **state)
{
    const struct lh_store_suite *suite = *state;
    struct lh_store *store;

    if (suite->reopen == NULL) {
        skip();
    }
    store = make(state);
    commit_one(store, LH_TABLE_LEAF, "a", "one", LH_OK);
    commit_one(store, LH_TABLE_META, "m", "one", LH_OK);
    store = suite->reopen(suite->arg, store);
    want_value(store, LH_TABLE_LEAF, "a", "one");
    want_value(store, LH_TABLE_META, "m", "one");
    commit_one(store, LH_TABLE_LEAF, "a", "two", LH_ERR_CONFLICT);
    lh_store_close(store);
}

int lh_store_suite_run(const struct lh_store_suite *suite)
{
    /* cmocka hands a test its initial state without const. */
    struct lh_store_suite own = *suite;
#define CLAIM(claim)                                                                               \
    {                                                                                              \
        .name = #claim, .test_func = claim, .initial_state = &own                                  \
    }
    const struct CMUnitTest claims[] = {
        CLAIM(get_finds_what_was_put_and_nothing_else),
        CLAIM(an_open_table_lets_values_change_and_go),
        CLAIM(an_insert_only_table_refuses_another_value),
        CLAIM(an_insert_only_table_refuses_a_delete),
        CLAIM(a_refused_batch_leaves_nothing_behind),
        CLAIM(a_batch_reaches_every_table),
        CLAIM(an_iterator_walks_both_ways_from_any_key),
        CLAIM(an_iterator_sees_the_store_as_it_was),
        CLAIM(values_may_be_empty_long_and_binary),
        CLAIM(a_committed_batch_is_there_after_reopening),
    };
#undef CLAIM
    return cmocka_run_group_tests_name(suite->name, claims, NULL, NULL);
}
