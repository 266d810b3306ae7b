#include "ledger/trail.h"

#include "tests/support/folder.h"
#include "tests/support/office.h"
#include "tests/support/seeded.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STAFF = 6, ENTRIES = 900, CASES = 12, EXCHANGES = 20, DAYS = 40 };

#define DAY_MS ((uint64_t)24 * 3600 * 1000)

/* A ledger whose entries repeat few values in many combinations, and all its rows in order. */
struct place {
    struct lh_office *office;
    struct lh_folder folder;
    struct lh_store *store;
    struct lh_guard *guard;
    struct lh_ledger *ledger;
    struct lh_row *rows;
    size_t row_count;
};

static void must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        fail_msg("%s: %s", lh_code_name(rc), err->text);
    }
}

static const char *const items[] = { "birth-cert", "birth", "marriage", "x" };
static const char *const purposes[] = { "newborn", "retire", "audit" };
static const char *const others[] = { "mzj", "wjj", "rsj" };

#define PICK(seeded, list) (list)[lh_seeded_below(seeded, sizeof(list) / sizeof(list)[0])]

static void vary_body(void *arg, uint64_t index, lhpb_Body *body, struct lh_city_signer *signer)
{
    struct lh_seeded *seeded = arg;

    (void)signer;
    if (body->type != lhpb_EntryType_QUERY && body->type != lhpb_EntryType_USE) {
        return;
    }
    (void)snprintf(body->item, sizeof body->item, "%s", PICK(seeded, items));
    (void)snprintf(body->purpose, sizeof body->purpose, "%s", PICK(seeded, purposes));
    (void)snprintf(body->counterparty, sizeof body->counterparty, "%s", PICK(seeded, others));
    body->has_case_id = lh_seeded_below(seeded, 4) != 0;
    memset(body->case_id, (int)(1 + lh_seeded_below(seeded, CASES)), sizeof body->case_id);
    if (!body->has_case_id) {
        memset(body->case_id, 0, sizeof body->case_id);
    }
    memset(body->exchange_id, (int)(1 + lh_seeded_below(seeded, EXCHANGES)),
           sizeof body->exchange_id);
    /* Mostly in order of the days, now and then far off. */
    uint64_t day =
        lh_seeded_below(seeded, 10) == 0 ? lh_seeded_below(seeded, DAYS) : index * DAYS / ENTRIES;
    body->event_time_ms += day * DAY_MS + lh_seeded_below(seeded, DAY_MS);
}

static void vary_entry(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    struct lh_seeded *seeded = arg;
    uint64_t day = index * DAYS / ENTRIES;

    (void)city;
    entry->intake.recorded_at_ms += (day + (lh_seeded_below(seeded, 20) == 0)) * DAY_MS;
}

static struct lh_office *office;
static struct lh_seeded shared = { 77 };

static void make_rows(struct place *place)
{
    struct lh_ledger_head head;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    size_t entry = 0;

    lh_ledger_head(place->ledger, &head);
    place->rows = calloc(head.size, sizeof *place->rows);
    assert_non_null(place->rows);
    for (uint64_t i = 0; i < head.size; i++) {
        static lhpb_Leaf leaf;
        lhpb_Body body;

        must(lh_ledger_leaf(place->ledger, i, &bytes, &err), &err);
        must(lh_leaf_decode(&leaf, lh_buf_bytes(&bytes), &err), &err);
        if (leaf.which_kind == lhpb_Leaf_entry_tag) {
            const lhpb_Entry *one = &leaf.kind.entry;
            must(lh_body_decode(&body, lh_bytes_of(one->body.bytes, one->body.size), &err), &err);
            lh_row_of(&place->rows[place->row_count++], i, one, &body,
                      lh_office_level(office, entry++));
        }
    }
    lh_buf_clear(&bytes);
}

static struct place *make_place(struct lh_store *store, const struct lh_folder *folder)
{
    struct place *place = calloc(1, sizeof *place);
    struct lh_seeded seeded = { 5 };
    struct lh_ledger_options options;
    struct lh_err err = LH_ERR_NONE;
    char path[512];
    size_t next = 1 + STAFF;

    assert_non_null(place);
    place->folder = *folder;
    place->store = store;
    lh_folder_join(path, sizeof path, folder, "guard");
    must(lh_guard_create(path, &err), &err);
    must(lh_guard_open(&place->guard, path, &err), &err);
    lh_office_options(office, &options, store, place->guard);
    must(lh_ledger_open(&place->ledger, &options, NULL, &err), &err);
    must(lh_office_append(office, place->ledger, 0, 1, NULL, NULL, &err), &err);
    must(lh_office_append(office, place->ledger, 1, STAFF, NULL, NULL, &err), &err);
    while (next < lh_office_count(office)) {
        size_t left = lh_office_count(office) - next;
        size_t count = 1 + lh_seeded_below(&seeded, lh_seeded_below(&seeded, 8) == 0 ? 200 : 20);

        count = count < left ? count : left;
        must(lh_office_append(office, place->ledger, next, count, NULL, NULL, &err), &err);
        next += count;
    }
    make_rows(place);
    return place;
}

static int make_mem(void **state)
{
    struct lh_store *store = NULL;
    struct lh_folder folder;
    struct lh_err err = LH_ERR_NONE;

    lh_folder_make(&folder);
    must(lh_store_mem_new(&store, &err), &err);
    *state = make_place(store, &folder);
    return 0;
}

static int make_rocks(void **state)
{
    struct lh_store *store = NULL;
    struct lh_folder folder;
    struct lh_err err = LH_ERR_NONE;
    char path[512];

    lh_folder_make(&folder);
    lh_folder_join(path, sizeof path, &folder, "store");
    must(lh_store_open_rocksdb(&store, path, LH_STORE_CREATE, NULL, &err), &err);
    *state = make_place(store, &folder);
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;

    lh_ledger_close(place->ledger);
    lh_store_close(place->store);
    lh_guard_close(place->guard);
    lh_folder_remove(&place->folder);
    free(place->rows);
    free(place);
    return 0;
}

static int make_office(void **state)
{
    struct lh_city_options options = { .suite = LH_SUITE_W,
                                       .seed = 9,
                                       .staff_count = STAFF,
                                       .entry_count = ENTRIES,
                                       .session_every = 50,
                                       .on_body = vary_body,
                                       .on_entry = vary_entry,
                                       .arg = &shared };

    (void)state;
    office = lh_office_new(&options);
    return 0;
}

static int free_office(void **state)
{
    (void)state;
    lh_office_free(office);
    return 0;
}

/* ---- the naive answer ---- */

static bool has_bytes(const void *values, size_t count, size_t size, const void *value)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp((const uint8_t *)values + i * size, value, size) == 0) {
            return true;
        }
    }
    return count == 0;
}

static bool has_text(const char *values, size_t count, size_t size, const char *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(values + i * size, value) == 0) {
            return true;
        }
    }
    return count == 0;
}

static bool is_wanted(const struct lh_trail_query *query, const struct lh_row *row)
{
    int64_t time = query->by_recorded ? row->recorded_unix_ms : row->event_time_unix_ms;
    bool is_type = query->type_count == 0;

    for (size_t i = 0; i < query->type_count; i++) {
        is_type = is_type || query->types[i] == row->type;
    }
    return is_type && time >= query->since_unix_ms &&
           (query->until_unix_ms == INT64_MAX || time < query->until_unix_ms) &&
           (query->staff_count == 0 ||
            (row->has_staff && has_bytes(query->staff, query->staff_count, 8, row->staff))) &&
           (query->case_count == 0 ||
            (row->has_case && has_bytes(query->cases, query->case_count, 16, row->case_id))) &&
           (query->exchange_count == 0 ||
            (row->has_exchange &&
             has_bytes(query->exchanges, query->exchange_count, 16, row->exchange_id))) &&
           has_text(query->items[0], query->item_count, sizeof query->items[0], row->item) &&
           has_text(query->counterparties[0], query->counterparty_count,
                    sizeof query->counterparties[0], row->counterparty) &&
           has_text(query->purposes[0], query->purpose_count, sizeof query->purposes[0],
                    row->purpose);
}

/* Indexes of all matches in the order asked for. */
static size_t answer_naively(const struct place *place, const struct lh_trail_query *query,
                             uint64_t *out)
{
    size_t count = 0;

    for (size_t i = 0; i < place->row_count; i++) {
        const struct lh_row *row = &place->rows[query->newest_first ? place->row_count - 1 - i : i];
        if (is_wanted(query, row)) {
            out[count++] = row->index;
        }
    }
    return count;
}

static const struct lh_row *row_at(const struct place *place, uint64_t index)
{
    for (size_t i = 0; i < place->row_count; i++) {
        if (place->rows[i].index == index) {
            return &place->rows[i];
        }
    }
    fail_msg("no entry %llu", (unsigned long long)index);
    return NULL;
}

static void expect_row(const struct place *place, const struct lh_row *found, uint64_t index)
{
    struct lh_buf a = LH_BUF_EMPTY;
    struct lh_buf b = LH_BUF_EMPTY;

    assert_int_equal(found->index, index);
    lh_row_encode(&a, found);
    lh_row_encode(&b, row_at(place, index));
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&a), lh_buf_bytes(&b)));
    lh_buf_clear(&a);
    lh_buf_clear(&b);
}

/* ---- any query, page by page ---- */

static void random_query(const struct place *place, struct lh_seeded *seeded,
                         struct lh_trail_query *query)
{
    lh_trail_query_init(query);
#define MAYBE(field, max)                                                                          \
    query->field = lh_seeded_below(seeded, 3) == 0 ? 1 + lh_seeded_below(seeded, max) : 0
    MAYBE(staff_count, 4);
    MAYBE(case_count, 5);
    MAYBE(exchange_count, 16);
    MAYBE(item_count, 3);
    MAYBE(counterparty_count, 2);
    MAYBE(purpose_count, 2);
    MAYBE(type_count, 2);
#undef MAYBE
    for (size_t i = 0; i < LH_TRAIL_VALUES_MAX; i++) {
        const struct lh_row *row = &place->rows[lh_seeded_below(seeded, place->row_count)];

        memcpy(query->staff[i], row->staff, sizeof row->staff);
        memset(query->cases[i], (int)(1 + lh_seeded_below(seeded, CASES + 2)), 16);
        memset(query->exchanges[i], (int)(1 + lh_seeded_below(seeded, EXCHANGES + 2)), 16);
        (void)snprintf(query->items[i], sizeof query->items[i], "%s", PICK(seeded, items));
        (void)snprintf(query->counterparties[i], sizeof query->counterparties[i], "%s",
                       PICK(seeded, others));
        (void)snprintf(query->purposes[i], sizeof query->purposes[i], "%s", PICK(seeded, purposes));
        query->types[i] = row->type;
    }
    query->by_recorded = lh_seeded_below(seeded, 2) != 0;
    if (lh_seeded_below(seeded, 2) != 0) {
        const struct lh_row *row = &place->rows[lh_seeded_below(seeded, place->row_count)];
        int64_t time = query->by_recorded ? row->recorded_unix_ms : row->event_time_unix_ms;
        query->since_unix_ms = time - (int64_t)lh_seeded_below(seeded, 2);
    }
    if (lh_seeded_below(seeded, 2) != 0) {
        int64_t start =
            query->since_unix_ms > 0 ? query->since_unix_ms : place->rows[0].event_time_unix_ms;
        query->until_unix_ms = start + (int64_t)lh_seeded_below(seeded, 12 * DAY_MS);
    }
    query->newest_first = lh_seeded_below(seeded, 2) != 0;
    query->after = query->newest_first ? UINT64_MAX : 0;
}

static void page_through(struct place *place, struct lh_trail_query *query, size_t budget,
                         const uint64_t *want, size_t want_count)
{
    struct lh_row *rows = calloc(query->limit, sizeof *rows);
    struct lh_ledger_head head;
    struct lh_err err = LH_ERR_NONE;
    size_t done = 0;
    bool has_more = true;
    uint64_t next = 0;

    assert_non_null(rows);
    lh_ledger_head(place->ledger, &head);
    while (has_more) {
        size_t count = 0;

        must(lh_trail_run(place->ledger, query, budget, rows, &count, &next, &has_more, &err),
             &err);
        assert_true(count <= query->limit);
        assert_true(done + count <= want_count);
        for (size_t i = 0; i < count; i++) {
            expect_row(place, &rows[i], want[done + i]);
        }
        done += count;
        if (budget == 0) {
            assert_int_equal(has_more, done < want_count);
            assert_true(count == query->limit || !has_more);
        }
        assert_true(!has_more || next != query->after);
        query->after = next;
    }
    assert_int_equal(done, want_count);
    assert_int_equal(next, query->newest_first ? 0 : head.size);
    free(rows);
}

static void any_query_answers_as_a_filter_over_all_entries_would(void **state)
{
    struct place *place = *state;
    struct lh_seeded seeded = { 1 };
    uint64_t *want = calloc(place->row_count, sizeof *want);
    size_t matched = 0;

    assert_non_null(want);
    for (int i = 0; i < 400; i++) {
        static const size_t limits[] = { 1, 2, 7, 50, 1000 };
        struct lh_trail_query query;

        random_query(place, &seeded, &query);
        size_t count = answer_naively(place, &query, want);
        matched += count;
        query.limit = count < 40 ? limits[i % 5] : limits[2 + i % 3];
        page_through(place, &query, i % 4 == 0 ? 1 + lh_seeded_below(&seeded, 60) : 0, want, count);
    }
    assert_true(matched > 1000);
    free(want);
}

static void every_single_filter_pages_in_both_directions_at_every_page_size(void **state)
{
    struct place *place = *state;
    uint64_t *want = calloc(place->row_count, sizeof *want);

    assert_non_null(want);
    for (size_t i = 0; i < 16; i++) {
        struct lh_trail_query query;

        lh_trail_query_init(&query);
        query.newest_first = i % 2 != 0;
        switch (i / 2) {
        case 0:
            query.staff_count = 1;
            memcpy(query.staff[0], place->rows[40].staff, 8);
            break;
        case 1:
            query.case_count = 2;
            memset(query.cases[0], 3, 16);
            memset(query.cases[1], 5, 16);
            break;
        case 2:
            query.exchange_count = 1;
            memset(query.exchanges[0], 4, 16);
            break;
        case 3:
            query.item_count = 1;
            (void)snprintf(query.items[0], sizeof query.items[0], "%s", "birth");
            break;
        case 4:
            query.since_unix_ms = place->rows[300].event_time_unix_ms;
            query.until_unix_ms = query.since_unix_ms + (int64_t)(2 * DAY_MS);
            break;
        case 5:
            query.by_recorded = true;
            query.since_unix_ms = place->rows[500].recorded_unix_ms;
            break;
        case 6:
            query.case_count = 3; /* twice the same */
            memset(query.cases[0], 3, 16);
            memset(query.cases[1], 3, 16);
            memset(query.cases[2], 5, 16);
            break;
        case 7:
            break; /* everything */
        }
        size_t count = answer_naively(place, &query, want);
        assert_true(count > 10);
        for (size_t limit = 1; limit <= 64; limit += limit < 8 ? 1 : 19) {
            query.limit = limit;
            query.after = query.newest_first ? UINT64_MAX : 0;
            page_through(place, &query, 0, want, count);
        }
    }
    free(want);
}

static void newest_first_from_zero_starts_at_the_newest(void **state)
{
    struct place *place = *state;
    struct lh_trail_query query;
    struct lh_row row;
    struct lh_err err = LH_ERR_NONE;
    size_t count = 0;
    uint64_t next = 0;
    bool has_more = false;

    lh_trail_query_init(&query);
    query.newest_first = true;
    query.limit = 1;
    must(lh_trail_run(place->ledger, &query, 0, &row, &count, &next, &has_more, &err), &err);
    assert_int_equal(count, 1);
    expect_row(place, &row, place->rows[place->row_count - 1].index);
    assert_true(has_more);
}

static void a_used_up_budget_gives_a_short_page_and_a_cursor_that_goes_on(void **state)
{
    struct place *place = *state;
    struct lh_trail_query query;
    struct lh_row rows[10];
    struct lh_err err = LH_ERR_NONE;
    size_t count = 9;
    uint64_t next = 0;
    bool has_more = false;

    lh_trail_query_init(&query);
    query.limit = 10;
    query.purpose_count = 1;
    (void)snprintf(query.purposes[0], sizeof query.purposes[0], "%s", "nothing");
    must(lh_trail_run(place->ledger, &query, 25, rows, &count, &next, &has_more, &err), &err);
    assert_int_equal(count, 0);
    assert_true(has_more);
    assert_int_equal(next, place->rows[25].index);
}

static void a_query_out_of_bounds_is_invalid(void **state)
{
    struct place *place = *state;
    struct lh_trail_query query;
    struct lh_row row;
    struct lh_err err = LH_ERR_NONE;
    size_t count = 0;
    uint64_t next = 0;
    bool has_more = false;

    for (int i = 0; i < 4; i++) {
        lh_trail_query_init(&query);
        query.limit = i == 0 ? 0 : i == 1 ? LH_TRAIL_PAGE_MAX + 1 : 1;
        query.staff_count = i == 2 ? LH_TRAIL_VALUES_MAX + 1 : 0;
        query.item_count = i == 3 ? 1 : 0; /* an item without a code */
        assert_int_equal(
            lh_trail_run(place->ledger, &query, 0, &row, &count, &next, &has_more, &err),
            LH_ERR_INVALID);
    }
}

static void every_failed_call_of_a_query_is_reported(void **state)
{
    struct place *place = *state;
    struct lh_seeded seeded = { 4 };
    static struct lh_row rows[100];

    for (int i = 0; i < 20; i++) {
        struct lh_trail_query query;
        struct lh_err err = LH_ERR_NONE;
        size_t count = 0;
        uint64_t next = 0;
        bool has_more = false;

        random_query(place, &seeded, &query);
        for (size_t n = 1;; n++) {
            lh_store_mem_fail_at(place->store, n, LH_MEM_FAIL_LOST);
            enum lh_code rc =
                lh_trail_run(place->ledger, &query, 0, rows, &count, &next, &has_more, &err);
            if (!lh_store_mem_has_failed(place->store)) {
                assert_int_equal(rc, LH_OK);
                break;
            }
            assert_int_equal(rc, LH_ERR_IO);
        }
        lh_store_mem_fail_at(place->store, 0, LH_MEM_FAIL_LOST);
    }
}

int main(void)
{
    const struct CMUnitTest mem[] = {
        cmocka_unit_test(any_query_answers_as_a_filter_over_all_entries_would),
        cmocka_unit_test(every_single_filter_pages_in_both_directions_at_every_page_size),
        cmocka_unit_test(newest_first_from_zero_starts_at_the_newest),
        cmocka_unit_test(a_used_up_budget_gives_a_short_page_and_a_cursor_that_goes_on),
        cmocka_unit_test(a_query_out_of_bounds_is_invalid),
        cmocka_unit_test(every_failed_call_of_a_query_is_reported),
    };
    const struct CMUnitTest rocks[] = {
        cmocka_unit_test(any_query_answers_as_a_filter_over_all_entries_would),
        cmocka_unit_test(every_single_filter_pages_in_both_directions_at_every_page_size),
    };
    int failed;

    make_office(NULL);
    failed = cmocka_run_group_tests_name("trail in memory", mem, make_mem, remove_place) +
             cmocka_run_group_tests_name("trail on rocksdb", rocks, make_rocks, remove_place);
    free_office(NULL);
    return failed;
}
