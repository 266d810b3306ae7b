#include "net/quorum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { CITY = 40 };

/* Departments d00, d01, ... in `group_count` groups; 0: every one alone. */
struct city {
    char codes[CITY][8];
    char groups[CITY][8];
    struct lh_quorum_member members[CITY];
    struct lh_hash network_id;
    struct lh_suite *suite;
};

static int make_city(void **state)
{
    static struct city city;

    for (size_t i = 0; i < CITY; i++) {
        (void)snprintf(city.codes[i], sizeof city.codes[i], "d%02zu", i);
        city.members[i].department = lh_bytes_of_text(city.codes[i]);
        city.members[i].group = lh_bytes_of(NULL, 0);
    }
    memset(&city.network_id, 7, sizeof city.network_id);
    *state = &city;
    return lh_suite_new(&city.suite, LH_SUITE_W, NULL) == LH_OK ? 0 : -1;
}

static int end_city(void **state)
{
    struct city *city = *state;

    lh_suite_free(city->suite);
    return 0;
}

static void group_by(struct city *city, size_t group_count)
{
    for (size_t i = 0; i < CITY; i++) {
        (void)snprintf(city->groups[i], sizeof city->groups[i], "g%zu", i % group_count);
        city->members[i].group = lh_bytes_of_text(city->groups[i]);
    }
}

static struct lh_designation designate(struct city *city, size_t author, size_t count)
{
    struct lh_designation out;

    assert_int_equal(lh_quorum_designate(&out, city->suite, &city->network_id,
                                         lh_bytes_of_text(city->codes[author]), city->members,
                                         count, NULL),
                     LH_OK);
    return out;
}

static bool has_member(const struct lh_designation *designation, size_t member)
{
    for (unsigned i = 0; i < designation->count; i++) {
        if (designation->members[i] == member) {
            return true;
        }
    }
    return false;
}

static void the_numbers_are_those_of_the_table(void **state)
{
    static const unsigned table[][4] = { /* n f k q */
                                         { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, { 1, 0, 1, 1 },
                                         { 2, 0, 2, 1 }, { 3, 0, 2, 2 }, { 4, 1, 3, 3 },
                                         { 5, 1, 4, 3 }, { 6, 1, 4, 4 }, { 7, 2, 5, 5 },
                                         { 8, 2, 6, 5 }, { 9, 2, 6, 6 }, { 9, 2, 6, 6 }
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct lh_quorum quorum = lh_quorum_of(i);

        assert_int_equal(quorum.witness_count, table[i][0]);
        assert_int_equal(quorum.fault_count, table[i][1]);
        assert_int_equal(quorum.cosigner_count, table[i][2]);
        assert_int_equal(quorum.promise_count, table[i][3]);
    }
    assert_int_equal(lh_quorum_of(SIZE_MAX).witness_count, 9);
    assert_int_equal(lh_quorum_of(SIZE_MAX).cosigner_count, 6);
}

/* Counted over all pairs of sets, not by the formula again: n is at most 9. */
static unsigned least_shared(unsigned n, unsigned left_count, unsigned right_count)
{
    unsigned least = n;

    for (unsigned left = 0; left < 1U << n; left++) {
        for (unsigned right = 0; right < 1U << n; right++) {
            unsigned shared = (unsigned)__builtin_popcount(left & right);

            if ((unsigned)__builtin_popcount(left) == left_count &&
                (unsigned)__builtin_popcount(right) == right_count && shared < least) {
                least = shared;
            }
        }
    }
    return least;
}

static void two_quorums_always_share_an_honest_witness_and_one_less_would_not(void **state)
{
    (void)state;
    for (size_t member_count = 2; member_count <= 10; member_count++) {
        struct lh_quorum quorum = lh_quorum_of(member_count);
        unsigned n = quorum.witness_count;
        unsigned f = quorum.fault_count;
        unsigned k = quorum.cosigner_count;
        unsigned q = quorum.promise_count;

        assert_true(least_shared(n, k, k) > f);
        assert_true(least_shared(n, k, q) > f);
        assert_true(least_shared(n, k - 1, k - 1) <= f);
        assert_true(least_shared(n, k, q - 1) <= f);
        assert_true(k <= n - f); /* those that lie may be silent too */
    }
}

static void two_epochs_of_one_parent_cannot_both_be_certified(void **state)
{
    (void)state;
    assert_int_equal(lh_quorum_approvals(0), 0);
    assert_int_equal(lh_quorum_approvals(1), 1);
    assert_int_equal(lh_quorum_approvals(2), 2);
    for (size_t count = 2; count <= 200; count++) {
        size_t faults = (count - 1) / 3;
        size_t approvals = lh_quorum_approvals(count);

        assert_true(2 * approvals - count > faults);
        assert_true(2 * (approvals - 1) <= count + faults);
        assert_true(approvals <= count);
    }
}

static void the_author_never_witnesses_itself_and_nobody_twice(void **state)
{
    struct city *city = *state;

    for (size_t count = 1; count <= CITY; count++) {
        for (size_t author = 0; author < count; author++) {
            struct lh_designation out = designate(city, author, count);

            assert_int_equal(out.count, lh_quorum_of(count).witness_count);
            assert_true(out.is_diverse);
            assert_false(has_member(&out, author));
            for (unsigned i = 1; i < out.count; i++) {
                struct lh_designation before = { .count = i };

                memcpy(before.members, out.members, sizeof before.members);
                assert_false(has_member(&before, out.members[i]));
            }
        }
    }
}

static void the_order_of_the_list_changes_nothing(void **state)
{
    struct city *city = *state;
    struct lh_quorum_member reversed[CITY];
    struct lh_designation forward = designate(city, 3, CITY);
    struct lh_designation backward;

    for (size_t i = 0; i < CITY; i++) {
        reversed[i] = city->members[CITY - 1 - i];
    }
    assert_int_equal(lh_quorum_designate(&backward, city->suite, &city->network_id,
                                         lh_bytes_of_text("d03"), reversed, CITY, NULL),
                     LH_OK);
    assert_int_equal(forward.count, 9);
    for (unsigned i = 0; i < forward.count; i++) {
        assert_int_equal(forward.members[i], CITY - 1 - backward.members[i]);
    }
}

static void a_new_member_changes_one_place_at_most(void **state)
{
    struct city *city = *state;
    size_t changed = 0;

    for (size_t author = 0; author < 20; author++) {
        struct lh_designation before = designate(city, author, 20);
        struct lh_designation after = designate(city, author, 21);
        size_t kept = 0;

        for (unsigned i = 0; i < after.count; i++) {
            kept += has_member(&before, after.members[i]);
        }
        assert_true(kept >= 8);
        changed += kept < 9;
    }
    assert_in_range(changed, 1, 19); /* some change, most do not */
}

static void another_author_or_network_has_other_witnesses(void **state)
{
    struct city *city = *state;
    struct lh_designation first = designate(city, 0, CITY);
    struct lh_designation second = designate(city, 1, CITY);
    struct lh_designation elsewhere;

    assert_memory_not_equal(first.members, second.members, sizeof first.members);
    city->network_id.bytes[0] ^= 1;
    elsewhere = designate(city, 0, CITY);
    city->network_id.bytes[0] ^= 1;
    assert_memory_not_equal(first.members, elsewhere.members, sizeof first.members);
}

static unsigned largest_group(const struct lh_designation *out, size_t group_count)
{
    unsigned counts[CITY] = { 0 };
    unsigned most = 0;

    for (unsigned i = 0; i < out->count; i++) {
        unsigned *count = &counts[out->members[i] % group_count];

        (*count)++;
        most = *count > most ? *count : most;
    }
    return most;
}

static void no_group_has_more_than_a_third(void **state)
{
    struct city *city = *state;
    bool was_needed = false;

    for (size_t author = 0; author < CITY; author++) {
        for (size_t i = 0; i < CITY; i++) {
            city->members[i].group = lh_bytes_of(NULL, 0);
        }
        struct lh_designation unbound = designate(city, author, CITY);

        group_by(city, 4);
        struct lh_designation out = designate(city, author, CITY);

        assert_true(out.is_diverse);
        assert_true(largest_group(&out, 4) <= 3);
        was_needed = was_needed || largest_group(&unbound, 4) > 3;
    }
    assert_true(was_needed); /* the scores alone would have broken it */
}

static void too_few_groups_fill_the_places_and_say_so(void **state)
{
    struct city *city = *state;

    group_by(city, 2);
    struct lh_designation out = designate(city, 0, CITY);

    assert_int_equal(out.count, 9);
    assert_false(out.is_diverse);
    group_by(city, 3);
    out = designate(city, 0, CITY);
    assert_int_equal(out.count, 9);
    assert_true(out.is_diverse);
}

/* d00 of a network of ten whose id is 32 times 7: computed with Python's hashlib from the spec. */
static void the_scores_are_those_of_the_spec(void **state)
{
    static const size_t want[] = { 7, 2, 6, 8, 9, 3, 5, 1, 4 };
    struct city *city = *state;
    struct lh_designation out = designate(city, 0, 10);

    for (unsigned i = 0; i < out.count; i++) {
        assert_int_equal(out.members[i], want[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_are_those_of_the_table),
        cmocka_unit_test(two_quorums_always_share_an_honest_witness_and_one_less_would_not),
        cmocka_unit_test(two_epochs_of_one_parent_cannot_both_be_certified),
        cmocka_unit_test_setup_teardown(the_author_never_witnesses_itself_and_nobody_twice,
                                        make_city, end_city),
        cmocka_unit_test_setup_teardown(the_order_of_the_list_changes_nothing, make_city, end_city),
        cmocka_unit_test_setup_teardown(a_new_member_changes_one_place_at_most, make_city,
                                        end_city),
        cmocka_unit_test_setup_teardown(another_author_or_network_has_other_witnesses, make_city,
                                        end_city),
        cmocka_unit_test_setup_teardown(no_group_has_more_than_a_third, make_city, end_city),
        cmocka_unit_test_setup_teardown(too_few_groups_fill_the_places_and_say_so, make_city,
                                        end_city),
        cmocka_unit_test_setup_teardown(the_scores_are_those_of_the_spec, make_city, end_city),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
