#include "cli/pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(struct lh_pairs *pairs, const char *department, const char *entry,
                lhpb_EntryType type, uint8_t exchange, const char *counterparty)
{
    struct lh_row row = { .type = type, .has_exchange = exchange != 0 };

    memset(row.exchange_id, exchange, sizeof row.exchange_id);
    (void)snprintf(row.counterparty, sizeof row.counterparty, "%s", counterparty);
    assert_int_equal(lh_pairs_add(pairs, department, entry, &row, NULL), LH_OK);
}

static void both_sides_meet_whichever_comes_first(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 2; turn++) {
        struct lh_pairs pairs = LH_PAIRS_EMPTY;

        for (unsigned i = 0; i < 2; i++) {
            if (i == turn) {
                add(&pairs, "gaj", "gaj/1/5", lhpb_EntryType_QUERY, 7, "mzj");
            } else {
                add(&pairs, "mzj", "mzj/1/9", lhpb_EntryType_SERVE, 7, "gaj");
            }
        }
        add(&pairs, "gaj", "gaj/1/6", lhpb_EntryType_USE, 7, "mzj");
        assert_int_equal(pairs.count, 1);
        assert_string_equal(pairs.list[0].asking, "gaj");
        assert_string_equal(pairs.list[0].serving, "mzj");
        assert_string_equal(pairs.list[0].first[LH_PAIR_ASKED], "gaj/1/5");
        assert_string_equal(pairs.list[0].first[LH_PAIR_SERVED], "mzj/1/9");
        assert_int_equal(pairs.list[0].counts[LH_PAIR_ASKED], 2);
        assert_int_equal(pairs.list[0].counts[LH_PAIR_SERVED], 1);
        lh_pairs_clear(&pairs);
    }
}

static void an_exchange_number_belongs_to_the_department_that_asks(void **state)
{
    struct lh_pairs pairs = LH_PAIRS_EMPTY;

    (void)state;
    add(&pairs, "gaj", "gaj/1/5", lhpb_EntryType_QUERY, 7, "mzj");
    add(&pairs, "rsj", "rsj/1/5", lhpb_EntryType_VREQ, 7, "mzj");
    add(&pairs, "mzj", "mzj/1/9", lhpb_EntryType_VRSP, 7, "rsj");
    add(&pairs, "gaj", "gaj/1/8", lhpb_EntryType_QUERY, 8, "mzj");
    assert_int_equal(pairs.count, 3);
    assert_int_equal(pairs.list[0].counts[LH_PAIR_SERVED], 0);
    assert_string_equal(pairs.list[1].asking, "rsj");
    assert_string_equal(pairs.list[1].first[LH_PAIR_SERVED], "mzj/1/9");
    assert_int_equal(pairs.list[2].counts[LH_PAIR_SERVED], 0);
    lh_pairs_clear(&pairs);
}

static void rows_without_an_exchange_or_a_counterpart_make_no_pair(void **state)
{
    struct lh_pairs pairs = LH_PAIRS_EMPTY;

    (void)state;
    add(&pairs, "gaj", "gaj/1/5", lhpb_EntryType_CASE, 0, "");
    assert_int_equal(pairs.count, 0);
    add(&pairs, "gaj", "gaj/1/6", lhpb_EntryType_QUERY, 7, "");
    assert_int_equal(pairs.count, 1);
    assert_string_equal(pairs.list[0].serving, "");
    lh_pairs_clear(&pairs);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(both_sides_meet_whichever_comes_first),
        cmocka_unit_test(an_exchange_number_belongs_to_the_department_that_asks),
        cmocka_unit_test(rows_without_an_exchange_or_a_counterpart_make_no_pair),
    };

    return cmocka_run_group_tests_name("pairs", claims, NULL, NULL);
}
