/* Claims about the rows of the vault and the keys that find them. */

#include "ledger/vault.h"

#include "ledger/keys.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void fill(struct lh_buf *row, size_t count)
{
    struct lh_buf tokens = LH_BUF_EMPTY;

    for (size_t i = 0; i < count; i++) {
        uint8_t token[LH_TOKEN_SIZE];

        memset(token, (int)(0xa0 + i), sizeof token);
        lh_buf_add(&tokens, lh_bytes_of(token, sizeof token));
    }
    lh_vault_row_begin(row, lh_buf_bytes(&tokens));
    lh_buf_add_text(row, "kept");
    lh_buf_clear(&tokens);
}

static bool is_found(struct lh_store *store, uint8_t token, uint32_t ledger, uint64_t index)
{
    struct lh_buf value = LH_BUF_EMPTY;
    uint8_t bytes[LH_TOKEN_SIZE];
    enum lh_code rc;

    memset(bytes, token, sizeof bytes);
    struct lh_store_key prefix = lh_keys_subject_prefix(ledger, lh_bytes_of(bytes, sizeof bytes));
    struct lh_store_key key = lh_keys_index(&prefix, index);
    rc = lh_store_get(store, LH_TABLE_VAULT, lh_store_key_bytes(&key), &value, NULL);
    assert_true(rc == LH_OK || rc == LH_ERR_NOT_FOUND);
    lh_buf_clear(&value);
    return rc == LH_OK;
}

static void a_row_is_found_by_each_of_its_tokens_and_by_no_other(void **state)
{
    struct lh_store *store = NULL;
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_buf row = LH_BUF_EMPTY;
    struct lh_buf got = LH_BUF_EMPTY;
    struct lh_store_key leaf = lh_keys_leaf(3, 77);

    (void)state;
    assert_int_equal(lh_store_mem_new(&store, NULL), LH_OK);
    fill(&row, 2);
    assert_int_equal(lh_vault_put(&batch, 3, 77, lh_buf_bytes(&row), NULL), LH_OK);
    assert_int_equal(lh_store_commit(store, &batch, NULL), LH_OK);
    assert_true(is_found(store, 0xa0, 3, 77));
    assert_true(is_found(store, 0xa1, 3, 77));
    assert_false(is_found(store, 0xa2, 3, 77));
    assert_false(is_found(store, 0xa0, 3, 78));
    assert_false(is_found(store, 0xa0, 4, 77));
    assert_int_equal(lh_store_get(store, LH_TABLE_VAULT, lh_store_key_bytes(&leaf), &got, NULL),
                     LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&got), lh_buf_bytes(&row)));
    lh_buf_clear(&got);
    lh_buf_clear(&row);
    lh_store_batch_clear(&batch);
    lh_store_close(store);
}

static void what_is_no_row_is_refused(void **state)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_buf row = LH_BUF_EMPTY;
    uint8_t nine[1 + 9 * LH_TOKEN_SIZE] = { 9 };

    (void)state;
    fill(&row, LH_VAULT_SUBJECTS_MAX);
    size_t tokens_end = 1 + (size_t)LH_VAULT_SUBJECTS_MAX * LH_TOKEN_SIZE;
    for (size_t len = 0; len < tokens_end; len++) {
        assert_int_equal(lh_vault_put(&batch, 1, 1, lh_bytes_of(row.data, len), NULL),
                         LH_ERR_CORRUPT);
    }
    assert_int_equal(lh_vault_put(&batch, 1, 1, lh_bytes_of(row.data, tokens_end), NULL), LH_OK);
    assert_int_equal(lh_vault_put(&batch, 1, 1, lh_bytes_of(nine, sizeof nine), NULL),
                     LH_ERR_CORRUPT);
    lh_buf_clear(&row);
    lh_store_batch_clear(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_found_by_each_of_its_tokens_and_by_no_other),
        cmocka_unit_test(what_is_no_row_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
