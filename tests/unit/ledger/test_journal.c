#include "ledger/journal.h"

#include "ledger/keys.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ORIGIN "jinhua/gaj/1"

/* Made without this code, from the bytes that specs/ledger.md 2 and 12 prescribe. */
#define GOLDEN_HASH "87985fa0845f5cb0ec6cb972cfdff37abba867e42725ea0fa99d8711d4522c52"

struct desk {
    struct lh_store *store;
    struct lh_suite *suite;
    struct lh_signer *recorder;
    struct lh_journal *journal;
    struct lh_journal_place place;
    lhpb_Body body;
    struct lh_buf receipt; /* of the last entry kept */
    struct lh_err err;
};

static void reopen(struct desk *desk)
{
    lh_journal_close(desk->journal);
    assert_int_equal(lh_journal_open(&desk->journal, desk->store, &desk->err), LH_OK);
}

static void set_up(struct desk *desk)
{
    *desk = (struct desk){ .err = LH_ERR_NONE };
    assert_int_equal(lh_store_mem_new(&desk->store, &desk->err), LH_OK);
    assert_int_equal(lh_suite_new(&desk->suite, LH_SUITE_W, &desk->err), LH_OK);
    assert_int_equal(lh_signer_generate(&desk->recorder, LH_ALG_P256, &desk->err), LH_OK);
    desk->place =
        (struct lh_journal_place){ .origin = ORIGIN, .size = 12, .recorder = desk->recorder };
    memset(desk->place.network_id.bytes, 7, LH_HASH_SIZE);
    reopen(desk);
}

static void tear_down(struct desk *desk)
{
    lh_journal_close(desk->journal);
    lh_store_close(desk->store);
    lh_signer_free(desk->recorder);
    lh_suite_free(desk->suite);
    lh_buf_clear(&desk->receipt);
}

static const lhpb_Body *body_of(struct desk *desk, unsigned number)
{
    memset(&desk->body, 0, sizeof desk->body);
    (void)snprintf(desk->body.source, sizeof desk->body.source, "desk");
    (void)snprintf(desk->body.id, sizeof desk->body.id, "e-%u", number);
    return &desk->body;
}

static enum lh_code keep(struct desk *desk, unsigned number, uint64_t *out_sequence)
{
    struct lh_journal_item item = { .leaf = lh_bytes_of_text("a leaf"),
                                    .body = body_of(desk, number),
                                    .recorded_unix_ms = 1000 + number,
                                    .level = 3,
                                    .private_part = lh_bytes_of_text("private"),
                                    .receipt = &desk->receipt };
    enum lh_code rc;

    memset(item.body_hash.bytes, (int)(number % 100) + 1, LH_HASH_SIZE);
    memset(item.content_digest.bytes, (int)(number % 100) + 101, LH_HASH_SIZE);
    lh_buf_reset(&desk->receipt);
    rc = lh_journal_add(desk->journal, desk->suite, &desk->place, &item, 1, &desk->err);
    if (out_sequence != NULL) {
        *out_sequence = item.sequence;
    }
    return rc;
}

static void must_keep(struct desk *desk, unsigned number, uint64_t sequence)
{
    uint64_t got = 0;

    assert_int_equal(keep(desk, number, &got), LH_OK);
    assert_int_equal(got, sequence);
}

static struct lh_journal_receipt receipt_of(const struct lh_buf *text)
{
    struct lh_journal_receipt receipt;

    assert_int_equal(lh_journal_receipt_parse(&receipt, lh_buf_bytes(text), NULL), LH_OK);
    return receipt;
}

static enum lh_code find(struct desk *desk, unsigned number, uint64_t *out_sequence)
{
    const lhpb_Body *body = body_of(desk, number);
    struct lh_hash digest;

    return lh_journal_find(desk->journal, lh_bytes_of_text(body->source),
                           lh_bytes_of_text(body->id), out_sequence, &digest, &desk->err);
}

/* ---- the claims ---- */

static void what_is_kept_is_there_after_a_crash(void **state)
{
    struct lh_journal_row row = LH_JOURNAL_ROW_EMPTY;
    struct lh_store *after = NULL;
    struct desk desk;
    uint64_t sequence = 0;

    (void)state;
    set_up(&desk);
    for (unsigned i = 0; i < 3; i++) {
        must_keep(&desk, i, i + 1);
    }
    assert_int_equal(lh_store_mem_after_crash(&after, desk.store, 3, &desk.err), LH_OK);
    lh_journal_close(desk.journal);
    desk.journal = NULL;
    lh_store_close(desk.store);
    desk.store = after;
    reopen(&desk);
    assert_int_equal(lh_journal_count(desk.journal), 3);
    assert_int_equal(find(&desk, 1, &sequence), LH_OK);
    assert_int_equal(sequence, 2);
    assert_int_equal(find(&desk, 3, &sequence), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_journal_read(desk.journal, 3, &row, &desk.err), LH_OK);
    assert_int_equal(row.level, 3);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&row.leaf), lh_bytes_of_text("a leaf")));
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&row.private_part), lh_bytes_of_text("private")));
    assert_int_equal(row.vault_row.len, 0);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&row.receipt), lh_buf_bytes(&desk.receipt)));
    must_keep(&desk, 3, 4);
    lh_journal_row_clear(&row);
    tear_down(&desk);
}

static void statements_form_a_chain_that_never_starts_again(void **state)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_journal_receipt first;
    struct lh_journal_receipt second;
    struct lh_hash hash;
    struct desk desk;
    uint64_t sequence = 0;

    (void)state;
    set_up(&desk);
    must_keep(&desk, 0, 1);
    first = receipt_of(&desk.receipt);
    assert_false(first.statement.has_prev);
    assert_string_equal(first.statement.origin, ORIGIN);
    assert_int_equal(first.statement.size, 12);
    assert_int_equal(lh_journal_receipt_verify(&first, desk.suite, NULL), LH_OK);
    lh_journal_drop(&batch, 1, body_of(&desk, 0)); /* a block took it */
    assert_int_equal(lh_store_commit(desk.store, &batch, &desk.err), LH_OK);
    lh_journal_note_dropped(desk.journal, 1);
    assert_int_equal(lh_journal_count(desk.journal), 0);
    assert_int_equal(find(&desk, 0, &sequence), LH_ERR_NOT_FOUND);
    reopen(&desk);
    assert_int_equal(lh_journal_count(desk.journal), 0);
    must_keep(&desk, 1, 2);
    second = receipt_of(&desk.receipt);
    assert_int_equal(lh_journal_statement_hash(&hash, desk.suite, &first.statement, &desk.err),
                     LH_OK);
    assert_true(second.statement.has_prev);
    assert_true(lh_hash_is_equal(&second.statement.prev, &hash));
    lh_store_batch_clear(&batch);
    tear_down(&desk);
}

static void rows_are_walked_in_their_order(void **state)
{
    struct desk desk;
    uint64_t sequence = 0;

    (void)state;
    set_up(&desk);
    assert_int_equal(lh_journal_next(desk.journal, 0, &sequence, &desk.err), LH_ERR_NOT_FOUND);
    for (unsigned i = 0; i < 300; i++) {
        must_keep(&desk, i, i + 1);
    }
    for (uint64_t want = 1; want <= 300; want++) {
        assert_int_equal(lh_journal_next(desk.journal, sequence + 1, &sequence, &desk.err), LH_OK);
        assert_int_equal(sequence, want);
    }
    assert_int_equal(lh_journal_next(desk.journal, 301, &sequence, &desk.err), LH_ERR_NOT_FOUND);
    tear_down(&desk);
}

static void a_commit_that_fails_keeps_nothing(void **state)
{
    struct desk desk;

    (void)state;
    set_up(&desk);
    must_keep(&desk, 0, 1);
    lh_store_mem_fail_at(desk.store, 1, LH_MEM_FAIL_LOST);
    assert_int_equal(keep(&desk, 1, NULL), LH_ERR_IO);
    assert_true(lh_store_mem_has_failed(desk.store));
    assert_int_equal(lh_journal_count(desk.journal), 1);
    tear_down(&desk);
}

static void a_damaged_row_is_named(void **state)
{
    struct lh_journal_row row = LH_JOURNAL_ROW_EMPTY;
    struct lh_store_key key = lh_keys_journal(1);
    struct lh_bytes cut = lh_bytes_of_text("\x03 too short");
    struct desk desk;

    (void)state;
    set_up(&desk);
    must_keep(&desk, 0, 1);
    assert_int_equal(lh_journal_read(desk.journal, 1, &row, &desk.err), LH_OK);
    lh_store_mem_poke(desk.store, LH_TABLE_JOURNAL, lh_store_key_bytes(&key), &cut);
    assert_int_equal(lh_journal_read(desk.journal, 1, &row, &desk.err), LH_ERR_CORRUPT);
    assert_non_null(strstr(desk.err.text, "row 1 of the journal"));
    lh_journal_row_clear(&row);
    tear_down(&desk);
}

static void any_flipped_bit_of_a_receipt_is_refused(void **state)
{
    struct lh_journal_receipt receipt;
    struct lh_journal_receipt good;
    struct lh_buf copy = LH_BUF_EMPTY;
    struct desk desk;

    (void)state;
    set_up(&desk);
    must_keep(&desk, 0, 1);
    must_keep(&desk, 1, 2);
    good = receipt_of(&desk.receipt);
    for (size_t bit = 0; bit < 8 * desk.receipt.len; bit++) {
        lh_buf_reset(&copy);
        lh_buf_add(&copy, lh_buf_bytes(&desk.receipt));
        copy.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        bool is_taken = lh_journal_receipt_parse(&receipt, lh_buf_bytes(&copy), NULL) == LH_OK &&
                        lh_journal_receipt_verify(&receipt, desk.suite, NULL) == LH_OK &&
                        lh_pubkey_is_equal(&receipt.key, &good.key);
        assert_false(is_taken);
    }
    assert_int_equal(lh_journal_receipt_parse(&receipt, lh_buf_bytes(&desk.receipt), NULL), LH_OK);
    assert_int_equal(lh_journal_receipt_verify(&receipt, desk.suite, NULL), LH_OK);
    lh_buf_reset(&copy);
    assert_int_equal(lh_journal_receipt_format(&copy, &receipt, NULL), LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&copy), lh_buf_bytes(&desk.receipt)));
    lh_buf_clear(&copy);
    tear_down(&desk);
}

static void statements_that_cannot_be_are_refused(void **state)
{
    struct lh_journal_statement good = {
        .origin = ORIGIN, .size = 4, .sequence = 1, .recorded_unix_ms = 5
    };
    struct lh_hash hash;
    struct desk desk;

    (void)state;
    set_up(&desk);
    memset(good.network_id.bytes, 1, LH_HASH_SIZE);
    memset(good.body_hash.bytes, 2, LH_HASH_SIZE);
    assert_int_equal(lh_journal_statement_hash(&hash, desk.suite, &good, NULL), LH_OK);
    struct lh_journal_statement bad[] = { good, good, good, good, good, good };
    bad[0].sequence = 0;
    bad[1].sequence = 2; /* without the one before */
    bad[2].has_prev = true;
    memset(bad[2].prev.bytes, 3, LH_HASH_SIZE);
    bad[3].recorded_unix_ms = 0;
    memset(bad[4].body_hash.bytes, 0, LH_HASH_SIZE);
    bad[5].size = LH_TREE_SIZE_MAX + 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(lh_journal_statement_hash(&hash, desk.suite, &bad[i], NULL),
                         LH_ERR_INVALID);
    }
    tear_down(&desk);
}

static void the_hash_of_a_statement_is_the_one_that_others_compute(void **state)
{
    struct lh_journal_statement statement = { .origin = "jinhua/gaj/1",
                                              .size = 6,
                                              .sequence = 2,
                                              .recorded_unix_ms = 1795510708123,
                                              .has_prev = true };
    struct lh_hash hash;
    struct desk desk;
    char hex[2 * LH_HASH_SIZE + 1];

    (void)state;
    set_up(&desk);
    memset(statement.network_id.bytes, 0x11, LH_HASH_SIZE);
    memset(statement.body_hash.bytes, 0x22, LH_HASH_SIZE);
    memset(statement.prev.bytes, 0x33, LH_HASH_SIZE);
    assert_int_equal(lh_journal_statement_hash(&hash, desk.suite, &statement, NULL), LH_OK);
    for (size_t i = 0; i < LH_HASH_SIZE; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", hash.bytes[i]);
    }
    assert_string_equal(hex, GOLDEN_HASH);
    tear_down(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_there_after_a_crash),
        cmocka_unit_test(statements_form_a_chain_that_never_starts_again),
        cmocka_unit_test(rows_are_walked_in_their_order),
        cmocka_unit_test(a_commit_that_fails_keeps_nothing),
        cmocka_unit_test(a_damaged_row_is_named),
        cmocka_unit_test(any_flipped_bit_of_a_receipt_is_refused),
        cmocka_unit_test(statements_that_cannot_be_are_refused),
        cmocka_unit_test(the_hash_of_a_statement_is_the_one_that_others_compute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
