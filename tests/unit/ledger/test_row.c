#include "ledger/row.h"

#include "tests/support/bodies.h"
#include "tests/support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void random_text(struct lh_seeded *seeded, char *out, size_t size)
{
    size_t len = (size_t)lh_seeded_below(seeded, size);

    for (size_t i = 0; i < len; i++) {
        out[i] = (char)('a' + lh_seeded_below(seeded, 26));
    }
    out[len] = 0;
}

/* Numbers of every length. */
static uint64_t random_number(struct lh_seeded *seeded)
{
    return lh_seeded_next(seeded) >> lh_seeded_below(seeded, 64);
}

static void random_row(struct lh_seeded *seeded, struct lh_row *row)
{
    memset(row, 0, sizeof *row);
    row->type = (lhpb_EntryType)lh_seeded_below(seeded, 87);
    row->event_time_unix_ms = (int64_t)(random_number(seeded) >> 1);
    row->recorded_unix_ms = (int64_t)(random_number(seeded) >> 1);
    row->has_staff = lh_seeded_below(seeded, 2) != 0;
    row->has_case = lh_seeded_below(seeded, 2) != 0;
    row->has_exchange = lh_seeded_below(seeded, 2) != 0;
    if (row->has_staff) {
        lh_seeded_fill(seeded, row->staff, sizeof row->staff);
    }
    if (row->has_case) {
        lh_seeded_fill(seeded, row->case_id, sizeof row->case_id);
    }
    if (row->has_exchange) {
        lh_seeded_fill(seeded, row->exchange_id, sizeof row->exchange_id);
    }
    random_text(seeded, row->unit, sizeof row->unit);
    random_text(seeded, row->system, sizeof row->system);
    random_text(seeded, row->item, sizeof row->item);
    random_text(seeded, row->counterparty, sizeof row->counterparty);
    random_text(seeded, row->purpose, sizeof row->purpose);
    random_text(seeded, row->legal_basis, sizeof row->legal_basis);
    row->outcome = (lhpb_Outcome)lh_seeded_below(seeded, 9);
    row->result_count = random_number(seeded);
    row->flags = random_number(seeded);
    row->level = (unsigned)lh_seeded_below(seeded, 4);
}

static bool is_same(const struct lh_row *a, const struct lh_row *b)
{
    return a->index == b->index && a->type == b->type &&
           a->event_time_unix_ms == b->event_time_unix_ms &&
           a->recorded_unix_ms == b->recorded_unix_ms && a->has_staff == b->has_staff &&
           a->has_case == b->has_case && a->has_exchange == b->has_exchange &&
           memcmp(a->staff, b->staff, sizeof a->staff) == 0 &&
           memcmp(a->case_id, b->case_id, sizeof a->case_id) == 0 &&
           memcmp(a->exchange_id, b->exchange_id, sizeof a->exchange_id) == 0 &&
           strcmp(a->unit, b->unit) == 0 && strcmp(a->system, b->system) == 0 &&
           strcmp(a->item, b->item) == 0 && strcmp(a->counterparty, b->counterparty) == 0 &&
           strcmp(a->purpose, b->purpose) == 0 && strcmp(a->legal_basis, b->legal_basis) == 0 &&
           a->outcome == b->outcome && a->result_count == b->result_count && a->flags == b->flags &&
           a->level == b->level;
}

static void any_row_is_read_back_as_it_was_written(void **state)
{
    struct lh_seeded seeded = { 1 };
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct lh_row row;
        struct lh_row found;

        random_row(&seeded, &row);
        lh_buf_reset(&bytes);
        lh_row_encode(&bytes, &row);
        assert_int_equal(lh_row_decode(&found, lh_buf_bytes(&bytes), &err), LH_OK);
        assert_true(is_same(&row, &found));
    }
    lh_buf_clear(&bytes);
}

static void bytes_cut_short_or_too_long_are_corrupt(void **state)
{
    struct lh_seeded seeded = { 2 };
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_row row;

    (void)state;
    random_row(&seeded, &row);
    lh_row_encode(&bytes, &row);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_int_equal(lh_row_decode(&row, lh_bytes_of(bytes.data, len), &err), LH_ERR_CORRUPT);
    }
    lh_buf_add_u8(&bytes, 0);
    assert_int_equal(lh_row_decode(&row, lh_buf_bytes(&bytes), &err), LH_ERR_CORRUPT);
    lh_buf_clear(&bytes);
}

static void any_bytes_are_a_row_or_corrupt(void **state)
{
    struct lh_seeded seeded = { 3 };
    uint8_t bytes[256];

    (void)state;
    for (int i = 0; i < 200000; i++) {
        size_t len = (size_t)lh_seeded_below(&seeded, sizeof bytes);
        struct lh_row row;

        lh_seeded_fill(&seeded, bytes, len);
        bytes[0] = 1;
        enum lh_code rc = lh_row_decode(&row, lh_bytes_of(bytes, len), NULL);
        assert_true(rc == LH_OK || rc == LH_ERR_CORRUPT);
    }
}

static void a_row_shows_the_columns_of_its_entry(void **state)
{
    lhpb_Entry entry = { .has_intake = true, .intake = { .recorded_at_ms = 123456789 } };
    lhpb_Body body;
    struct lh_row row;

    (void)state;
    for (size_t i = 0; i < lh_fixture_type_count(); i++) {
        lh_fixture_body_full(&body, lh_fixture_type_at(i));
        lh_row_of(&row, 77, &entry, &body, 2);
        assert_int_equal(row.index, 77);
        assert_int_equal(row.type, body.type);
        assert_int_equal(row.level, 2);
        assert_int_equal(row.recorded_unix_ms, 123456789);
        assert_int_equal((uint64_t)row.event_time_unix_ms, body.event_time_ms);
        assert_int_equal(row.has_staff, body.has_staff);
        assert_int_equal(row.has_case, body.has_case_id);
        assert_int_equal(row.has_exchange, body.has_exchange_id);
        assert_string_equal(row.unit, body.unit);
        assert_string_equal(row.system, body.system);
        assert_string_equal(row.item, body.item);
        assert_string_equal(row.counterparty, body.counterparty);
        assert_string_equal(row.purpose, body.purpose);
        assert_string_equal(row.legal_basis, body.legal_basis);
        assert_int_equal(row.outcome, body.outcome);
        assert_int_equal(row.result_count, body.result_count);
        assert_int_equal(row.flags, body.flags);
    }
}

static void a_row_of_a_newer_schema_shows_what_the_department_vouches_for(void **state)
{
    lhpb_Entry entry = { .has_intake = true, .intake = { .recorded_at_ms = 123456789 } };
    struct lh_row row;

    (void)state;
    lh_row_of(&row, 5, &entry, NULL, 1);
    assert_int_equal(row.type, lhpb_EntryType_TYPE_UNSPECIFIED);
    assert_int_equal(row.recorded_unix_ms, 123456789);
    assert_int_equal(row.event_time_unix_ms, 123456789);
    assert_false(row.has_staff || row.has_case || row.has_exchange);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(any_row_is_read_back_as_it_was_written),
        cmocka_unit_test(bytes_cut_short_or_too_long_are_corrupt),
        cmocka_unit_test(any_bytes_are_a_row_or_corrupt),
        cmocka_unit_test(a_row_shows_the_columns_of_its_entry),
        cmocka_unit_test(a_row_of_a_newer_schema_shows_what_the_department_vouches_for),
    };

    return cmocka_run_group_tests_name("row", claims, NULL, NULL);
}
