/* Claims about what RESTRICT and ERASE reach in a store. */

#include "ledger/targets.h"

#include "ledger/keys.h"
#include "ledger/vault.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LEDGER = 2, INDEX = 40 };

static struct lh_suite *suite;

static lhpb_Entry entry_of(uint8_t byte)
{
    lhpb_Entry entry = { .has_intake = true, .intake = { .has_index_digest = true } };

    entry.body.size = 1;
    entry.body.bytes[0] = byte;
    return entry;
}

static struct lh_hash hash_of(const lhpb_Entry *entry)
{
    return lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size));
}

static void commit(struct lh_store *store, struct lh_store_batch *batch)
{
    assert_int_equal(lh_store_commit(store, batch, NULL), LH_OK);
    lh_store_batch_reset(batch);
}

static bool has(struct lh_store *store, enum lh_table table, struct lh_store_key key)
{
    struct lh_buf value = LH_BUF_EMPTY;
    enum lh_code rc = lh_store_get(store, table, lh_store_key_bytes(&key), &value, NULL);

    assert_true(rc == LH_OK || rc == LH_ERR_NOT_FOUND);
    lh_buf_clear(&value);
    return rc == LH_OK;
}

static struct lh_store_key token_key(const uint8_t token[LH_TOKEN_SIZE], uint64_t index)
{
    struct lh_store_key prefix = lh_keys_subject_prefix(LEDGER, lh_bytes_of(token, LH_TOKEN_SIZE));

    return lh_keys_index(&prefix, index);
}

/* An entry with a private part and a vault row, under a token. */
static void put_entry(struct lh_store *store, uint64_t index, const lhpb_Entry *entry,
                      const uint8_t token[LH_TOKEN_SIZE])
{
    static const lhpb_Body query = { .type = lhpb_EntryType_QUERY };
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_store_key key = lh_keys_leaf(LEDGER, index);
    struct lh_buf row = LH_BUF_EMPTY;

    lh_vault_row_begin(&row, lh_bytes_of(token, LH_TOKEN_SIZE));
    lh_store_batch_put(&batch, LH_TABLE_PRIVATE, lh_store_key_bytes(&key), lh_bytes_of("p", 1));
    assert_int_equal(lh_vault_put(&batch, LEDGER, index, lh_buf_bytes(&row), NULL), LH_OK);
    lh_targets_index(&batch, suite, LEDGER, index, entry, &query);
    commit(store, &batch);
    lh_store_batch_clear(&batch);
    lh_buf_clear(&row);
}

static void an_erase_takes_what_it_names_and_nothing_else(void **state)
{
    static const uint8_t token[LH_TOKEN_SIZE] = { 1 };
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    lhpb_Entry gone = entry_of(1);
    lhpb_Entry kept = entry_of(2);
    struct lh_hash hash = hash_of(&gone);
    struct lh_hash other = hash_of(&kept);
    lhpb_Erase erase = { .targets_count = 2 };
    struct lh_store *store = NULL;

    (void)state;
    assert_int_equal(lh_store_mem_new(&store, NULL), LH_OK);
    put_entry(store, INDEX, &gone, token);
    put_entry(store, INDEX + 1, &kept, token);
    memcpy(erase.targets[0], hash.bytes, LH_HASH_SIZE);
    memset(erase.targets[1], 0xee, LH_HASH_SIZE); /* no entry here */
    assert_true(lh_targets_names(&erase, &hash));
    assert_false(lh_targets_names(&erase, &other));
    assert_int_equal(lh_targets_erase_in(&batch, store, LEDGER + 1, &erase, NULL), LH_OK);
    commit(store, &batch); /* another ledger of the store is not reached */
    assert_true(has(store, LH_TABLE_PRIVATE, lh_keys_leaf(LEDGER, INDEX)));
    assert_int_equal(lh_targets_erase_in(&batch, store, LEDGER, &erase, NULL), LH_OK);
    commit(store, &batch);
    assert_false(has(store, LH_TABLE_PRIVATE, lh_keys_leaf(LEDGER, INDEX)));
    assert_false(has(store, LH_TABLE_VAULT, lh_keys_leaf(LEDGER, INDEX)));
    assert_false(has(store, LH_TABLE_VAULT, token_key(token, INDEX)));
    assert_true(has(store, LH_TABLE_PRIVATE, lh_keys_leaf(LEDGER, INDEX + 1)));
    assert_true(has(store, LH_TABLE_VAULT, lh_keys_leaf(LEDGER, INDEX + 1)));
    assert_true(has(store, LH_TABLE_VAULT, token_key(token, INDEX + 1)));
    assert_int_equal(lh_targets_erase_in(&batch, store, LEDGER, &erase, NULL), LH_OK); /* again */
    commit(store, &batch);
    lh_store_batch_clear(&batch);
    lh_store_close(store);
}

static void a_damaged_vault_row_stops_the_erase(void **state)
{
    static const uint8_t token[LH_TOKEN_SIZE] = { 1 };
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    lhpb_Entry entry = entry_of(1);
    struct lh_hash hash = hash_of(&entry);
    struct lh_store_key key = lh_keys_leaf(LEDGER, INDEX);
    lhpb_Erase erase = { .targets_count = 1 };
    struct lh_bytes damaged = lh_bytes_of("\x02no", 3);
    struct lh_store *store = NULL;

    (void)state;
    assert_int_equal(lh_store_mem_new(&store, NULL), LH_OK);
    put_entry(store, INDEX, &entry, token);
    memcpy(erase.targets[0], hash.bytes, LH_HASH_SIZE);
    lh_store_mem_poke(store, LH_TABLE_VAULT, lh_store_key_bytes(&key), &damaged);
    assert_int_equal(lh_targets_erase_in(&batch, store, LEDGER, &erase, NULL), LH_ERR_CORRUPT);
    lh_store_batch_clear(&batch);
    lh_store_close(store);
}

static int set_up(void **state)
{
    (void)state;
    return lh_suite_new(&suite, LH_SUITE_W, NULL) == LH_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    lh_suite_free(suite);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_erase_takes_what_it_names_and_nothing_else),
        cmocka_unit_test(a_damaged_vault_row_stops_the_erase),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
