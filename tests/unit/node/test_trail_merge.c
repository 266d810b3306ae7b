#include "node/trail_merge.h"

#include "tests/support/city.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEDGERS = 4, ROWS_MAX = 2000 };

/* A ledger, as a copy; half of it, then all of it. */
struct ledger {
    struct lh_city *city;
    struct lh_copies *copies;
    struct lh_chain chain;
    size_t next;
    struct lh_copy_view view;
};

/* Departments a and b of one generation, c of two. */
struct scene {
    struct ledger ledgers[LEDGERS];
    struct lh_merge_part parts[LEDGERS];
};

static const struct {
    const char *department;
    uint32_t generation;
} names[LEDGERS] = { { "a", 1 }, { "b", 1 }, { "c", 1 }, { "c", 2 } };

static void grow(struct ledger *ledger, size_t block_count)
{
    while (ledger->next < block_count) {
        struct lh_block block = lh_city_block(ledger->city, ledger->next++);
        struct lh_chain_verdict verdict;
        struct lh_chain next;

        assert_int_equal(lh_chain_judge(&ledger->chain, lh_city_suite(ledger->city), &block,
                                        LH_SEAL_VERIFY, SIZE_MAX, NULL, &next, &verdict, NULL),
                         LH_OK);
        assert_int_equal(lh_copies_append(ledger->copies, &block, &next, NULL), LH_OK);
        ledger->chain = next;
    }
    assert_true(lh_copies_view(ledger->copies, 0, &ledger->view));
}

static void grow_all(struct scene *scene, unsigned quarters)
{
    for (size_t i = 0; i < LEDGERS; i++) {
        struct ledger *ledger = &scene->ledgers[i];

        /* a generation that another one follows is whole */
        grow(ledger, i == 2 ? lh_city_block_count(ledger->city)
                            : lh_city_block_count(ledger->city) * quarters / 4);
        scene->parts[i] = (struct lh_merge_part){ .generation = names[i].generation,
                                                  .view = &ledger->view,
                                                  .size = ledger->view.size };
        memcpy(scene->parts[i].department, names[i].department, strlen(names[i].department) + 1);
    }
}

static int set_up(void **state)
{
    static struct scene scene;

    memset(&scene, 0, sizeof scene);
    for (size_t i = 0; i < LEDGERS; i++) {
        struct lh_city_options options = { .suite = LH_SUITE_W,
                                           .seed = 5 + i,
                                           .staff_count = 3,
                                           .entry_count = 90 + 40 * i,
                                           .block_max = 3 + 2 * i };
        struct ledger *ledger = &scene.ledgers[i];
        struct lh_store *store = NULL;

        ledger->city = lh_city_new(&options);
        const struct lh_hash *network = lh_genesis_network_id(lh_city_genesis(ledger->city));
        assert_int_equal(lh_chain_init(&ledger->chain, network, lh_city_origin(ledger->city),
                                       &lh_city_seal(ledger->city)->key, network, NULL),
                         LH_OK);
        assert_int_equal(lh_store_mem_new(&store, NULL), LH_OK);
        assert_int_equal(
            lh_copies_open(&ledger->copies, store, lh_city_suite(ledger->city), network, NULL),
            LH_OK);
    }
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < LEDGERS; i++) {
        lh_copies_close(scene->ledgers[i].copies);
        lh_city_free(scene->ledgers[i].city);
    }
    return 0;
}

/* ---- what comes out, by hand ---- */

static bool entry_at(const struct scene *scene, size_t part, uint64_t index, struct lh_row *out)
{
    return index < scene->parts[part].size &&
           lh_row_cut(out, index, lh_city_leaf(scene->ledgers[part].city, (size_t)index), NULL) ==
               LH_OK;
}

/* To the next entry of a department in the order asked for; false: there is none. */
static bool step(const struct scene *scene, bool is_back, size_t first, size_t end, size_t *part,
                 uint64_t *place, struct lh_row *out)
{
    for (;;) {
        if (is_back ? *place == 0 : *place >= scene->parts[*part].size) {
            if (is_back ? *part == first : *part + 1 == end) {
                return false;
            }
            *part += is_back ? (size_t)-1 : 1;
            *place = is_back ? scene->parts[*part].size : 0;
            continue;
        }
        *place -= is_back;
        bool is_entry = entry_at(scene, *part, *place, out);
        *place += !is_back;
        if (is_entry) {
            return true;
        }
    }
}

static size_t merge_by_hand(const struct scene *scene, bool is_back, struct lh_merged_row *out)
{
    static const size_t firsts[] = { 0, 1, 2 };
    static const size_t ends[] = { 1, 2, 4 };
    struct lh_merged_row next[3];
    size_t parts[3];
    uint64_t places[3];
    bool is_there[3];
    size_t count = 0;

    for (size_t i = 0; i < 3; i++) {
        parts[i] = is_back ? ends[i] - 1 : firsts[i];
        places[i] = is_back ? scene->parts[parts[i]].size : 0;
        is_there[i] = step(scene, is_back, firsts[i], ends[i], &parts[i], &places[i], &next[i].row);
        next[i].part = parts[i];
    }
    for (;;) {
        size_t best = 3;

        for (size_t i = 0; i < 3; i++) {
            int64_t time = next[i].row.recorded_unix_ms;

            if (is_there[i] && (best == 3 || (is_back ? time >= next[best].row.recorded_unix_ms
                                                      : time < next[best].row.recorded_unix_ms))) {
                best = i;
            }
        }
        if (best == 3) {
            return count;
        }
        assert_true(count < ROWS_MAX);
        out[count++] = next[best];
        is_there[best] = step(scene, is_back, firsts[best], ends[best], &parts[best], &places[best],
                              &next[best].row);
        next[best].part = parts[best];
    }
}

/* ---- claims ---- */

static void assert_same(const struct lh_merged_row *found, const struct lh_merged_row *wanted)
{
    assert_int_equal(found->part, wanted->part);
    assert_int_equal(found->row.index, wanted->row.index);
    assert_int_equal(found->row.recorded_unix_ms, wanted->row.recorded_unix_ms);
}

static void pages_of_any_size_are_the_rows_merged_by_time(void **state)
{
    static const size_t limits[] = { 1, 7, 40, 1000 };
    struct scene *scene = *state;
    struct lh_merged_row *wanted = calloc(ROWS_MAX, sizeof *wanted);
    struct lh_merged_row *page = calloc(1000, sizeof *page);

    assert_non_null(wanted);
    assert_non_null(page);
    grow_all(scene, 4);
    for (size_t i = 0; i < 8; i++) {
        struct lh_buf cursors[2] = { LH_BUF_EMPTY, LH_BUF_EMPTY };
        struct lh_trail_query query;
        size_t seen = 0;
        size_t turn = 0;

        lh_trail_query_init(&query);
        query.newest_first = i % 2 != 0;
        query.limit = limits[i / 2];
        size_t count = merge_by_hand(scene, query.newest_first, wanted);
        assert_true(count > 500);
        do {
            struct lh_merge merge = { .parts = scene->parts,
                                      .part_count = LEDGERS,
                                      .query = &query,
                                      .after =
                                          turn > 0 ? lh_buf_text(&cursors[(turn + 1) % 2]) : NULL };
            size_t found = 0;

            assert_int_equal(lh_merge_run(&merge, page, &found, &cursors[turn % 2], NULL), LH_OK);
            assert_true(found > 0 && seen + found <= count);
            for (size_t row = 0; row < found; row++) {
                assert_same(&page[row], &wanted[seen++]);
            }
        } while (cursors[turn++ % 2].len > 0);
        assert_int_equal(seen, count);
        lh_buf_clear(&cursors[0]);
        lh_buf_clear(&cursors[1]);
    }
    free(page);
    free(wanted);
}

static void each_row_comes_once_while_the_copies_grow(void **state)
{
    struct scene *scene = *state;
    struct lh_merged_row *page = calloc(11, sizeof *page);
    bool *is_seen = calloc((size_t)LEDGERS * ROWS_MAX, sizeof *is_seen);
    struct lh_buf cursor = LH_BUF_EMPTY;
    struct lh_buf next = LH_BUF_EMPTY;
    struct lh_trail_query query;
    size_t seen = 0;
    size_t wanted = 0;

    assert_non_null(page);
    assert_non_null(is_seen);
    lh_trail_query_init(&query);
    query.limit = 11;
    for (unsigned turn = 0; turn == 0 || cursor.len > 0; turn++) {
        struct lh_merge merge = { .parts = scene->parts, .part_count = LEDGERS, .query = &query };
        size_t found = 0;

        grow_all(scene, turn < 3 ? 1 + turn : 4);
        merge.after = turn > 0 ? lh_buf_text(&cursor) : NULL;
        assert_int_equal(lh_merge_run(&merge, page, &found, &next, NULL), LH_OK);
        for (size_t i = 0; i < found; i++) {
            bool *mark = &is_seen[page[i].part * ROWS_MAX + page[i].row.index];

            assert_false(*mark);
            *mark = true;
            seen++;
        }
        lh_buf_reset(&cursor);
        lh_buf_add(&cursor, lh_buf_bytes(&next));
    }
    for (size_t part = 0; part < LEDGERS; part++) {
        for (uint64_t i = 0; i < scene->parts[part].size; i++) {
            struct lh_row row;

            wanted += entry_at(scene, part, i, &row);
        }
    }
    assert_int_equal(seen, wanted);
    lh_buf_clear(&cursor);
    lh_buf_clear(&next);
    free(is_seen);
    free(page);
}

static void a_filter_is_asked_of_every_ledger(void **state)
{
    struct scene *scene = *state;
    struct lh_merged_row rows[1000];
    struct lh_buf next = LH_BUF_EMPTY;
    struct lh_trail_query query;
    struct lh_merge merge = { .parts = scene->parts, .part_count = LEDGERS, .query = &query };
    size_t count = 0;

    grow_all(scene, 4);
    lh_trail_query_init(&query);
    query.limit = 1000;
    query.type_count = 1;
    query.types[0] = lhpb_EntryType_GENERATION;
    assert_int_equal(lh_merge_run(&merge, rows, &count, &next, NULL), LH_OK);
    assert_int_equal(count, LEDGERS);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].row.type, lhpb_EntryType_GENERATION);
    }
    assert_int_equal(next.len, 0);
    lh_buf_clear(&next);
}

static void what_is_no_cursor_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum lh_code code;
    } cases[] = {
        { "a/1/3,b/1/0", LH_OK },
        { "zz/1/3", LH_OK }, /* held no more */
        { "c/2/5", LH_OK },
        { "", LH_ERR_INVALID },
        { "a/1", LH_ERR_INVALID },
        { "a/1/3,", LH_ERR_INVALID },
        { ",a/1/3", LH_ERR_INVALID },
        { "57", LH_ERR_INVALID },
        { "a/2/0", LH_ERR_INVALID },
        { "a/1/-1", LH_ERR_INVALID },
        { "a/1/3;b/1/0", LH_ERR_INVALID },
    };
    struct scene *scene = *state;
    struct lh_merged_row rows[100];
    struct lh_buf next = LH_BUF_EMPTY;
    struct lh_trail_query query;
    size_t count;

    grow_all(scene, 4);
    lh_trail_query_init(&query);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lh_merge merge = {
            .parts = scene->parts, .part_count = LEDGERS, .query = &query, .after = cases[i].text
        };

        assert_int_equal(lh_merge_run(&merge, rows, &count, &next, NULL), cases[i].code);
    }
    lh_buf_clear(&next);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test_setup_teardown(pages_of_any_size_are_the_rows_merged_by_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_row_comes_once_while_the_copies_grow, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_filter_is_asked_of_every_ledger, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_cursor_is_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("trail_merge", claims, NULL, NULL);
}
