#include "net/ballot.h"

#include "net/quorum.h"
#include "tests/support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct lh_hash proposal(uint8_t number)
{
    struct lh_hash hash;

    memset(hash.bytes, number, sizeof hash.bytes);
    return hash;
}

static enum lh_code cast(struct lh_ballot *ballot, size_t member, uint32_t round, uint8_t number)
{
    struct lh_hash hash = proposal(number);

    return lh_ballot_cast(ballot, member, round, &hash, NULL);
}

static bool is_certified(const struct lh_ballot *ballot, uint8_t number)
{
    struct lh_hash hash = proposal(number);
    const struct lh_hash *certified = lh_ballot_certified(ballot);

    return certified != NULL && lh_hash_is_equal(certified, &hash);
}

static size_t votes_for(const struct lh_ballot *ballot, uint8_t number)
{
    struct lh_hash hash = proposal(number);

    return lh_ballot_votes(ballot, &hash);
}

static void a_proposal_is_certified_by_q_votes_and_no_fewer(void **state)
{
    static const struct {
        size_t members;
        size_t needed;
    } rows[] = {
        { 1, 1 }, { 2, 2 }, { 3, 2 }, { 4, 3 }, { 5, 4 }, { 7, 5 }, { 10, 7 }, { 256, 171 }
    };
    struct lh_ballot ballot;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lh_ballot_init(&ballot, rows[i].members);
        for (size_t voter = 0; voter < rows[i].members; voter++) {
            assert_int_equal(is_certified(&ballot, 1), voter >= rows[i].needed);
            assert_int_equal(cast(&ballot, voter, 0, 1), LH_OK);
        }
        assert_true(is_certified(&ballot, 1));
        assert_int_equal(ballot.certified_round, 0);
    }
}

static void only_the_first_vote_of_a_member_in_a_round_counts(void **state)
{
    struct lh_ballot ballot;

    (void)state;
    lh_ballot_init(&ballot, 4); /* Q = 3 */
    assert_int_equal(cast(&ballot, 0, 0, 1), LH_OK);
    assert_int_equal(cast(&ballot, 1, 0, 1), LH_OK);
    assert_int_equal(cast(&ballot, 1, 0, 1), LH_OK); /* the same one again is not a second vote */
    assert_int_equal(cast(&ballot, 0, 0, 2), LH_ERR_CONFLICT);
    assert_null(lh_ballot_certified(&ballot));
    assert_int_equal(ballot.vote_count, 2);
    assert_int_equal(votes_for(&ballot, 1), 2);
    assert_int_equal(votes_for(&ballot, 2), 0);
    assert_int_equal(cast(&ballot, 2, 0, 1), LH_OK); /* control: another member's is */
    assert_true(is_certified(&ballot, 1));
}

static void a_next_round_opens_only_when_no_proposal_can_reach_q(void **state)
{
    struct lh_ballot ballot;

    (void)state;
    lh_ballot_init(&ballot, 4); /* Q = 3 */
    assert_int_equal(cast(&ballot, 0, 1, 2), LH_AGAIN);
    assert_int_equal(cast(&ballot, 0, 0, 1), LH_OK);
    assert_int_equal(cast(&ballot, 1, 0, 2), LH_OK);
    /* One for each, two have not voted: either may still reach three. */
    assert_int_equal(cast(&ballot, 2, 1, 2), LH_AGAIN);
    assert_int_equal(ballot.round, 0);
    assert_int_equal(cast(&ballot, 2, 0, 1), LH_OK);
    assert_int_equal(cast(&ballot, 3, 1, 2), LH_AGAIN); /* two and one to come are three */
    assert_int_equal(cast(&ballot, 3, 0, 2), LH_OK);
    assert_int_equal(ballot.round, 1); /* two against two */
    assert_int_equal(cast(&ballot, 3, 2, 2), LH_AGAIN);
    for (size_t i = 0; i < 3; i++) {
        assert_null(lh_ballot_certified(&ballot));
        assert_int_equal(cast(&ballot, i, 1, 2), LH_OK);
    }
    assert_true(is_certified(&ballot, 2));
    assert_int_equal(ballot.certified_round, 1);
}

static void votes_of_a_round_that_is_over_change_nothing(void **state)
{
    struct lh_ballot ballot;

    (void)state;
    lh_ballot_init(&ballot, 5); /* Q = 4 */
    assert_int_equal(cast(&ballot, 0, 0, 1), LH_OK);
    assert_int_equal(cast(&ballot, 1, 0, 1), LH_OK);
    assert_int_equal(cast(&ballot, 2, 0, 2), LH_OK);
    assert_int_equal(cast(&ballot, 3, 0, 2), LH_OK);
    assert_int_equal(ballot.round, 1); /* two, and one to come: three at most */
    assert_int_equal(cast(&ballot, 4, 0, 1), LH_OK);
    assert_int_equal(ballot.vote_count, 0);
    assert_int_equal(cast(&ballot, 4, 1, 1), LH_OK); /* control: in the open round it counts */
    assert_int_equal(ballot.vote_count, 1);
}

static void what_was_certified_stays_so_whatever_comes_later(void **state)
{
    struct lh_ballot ballot;

    (void)state;
    lh_ballot_init(&ballot, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(cast(&ballot, i, 0, 1), LH_OK);
    }
    assert_int_equal(cast(&ballot, 3, 0, 2), LH_OK);
    assert_int_equal(cast(&ballot, 3, 1, 2), LH_AGAIN); /* no round opens behind a certificate */
    assert_true(is_certified(&ballot, 1));
}

/*
 * Many histories of votes, each delivered to two counters in orders of their own, some votes never:
 * they certify the same or one of them nothing. `needed` below Q is the control: it shows two
 * certificates, so the histories are such that a wrong quorum is found.
 */
static size_t count_contradictions(size_t members, size_t needed_less, uint64_t seed)
{
    enum { HISTORIES = 4000, ROUNDS = 3 };
    struct lh_seeded seeded = lh_seeded_new(seed);
    size_t contradictions = 0;

    for (size_t n = 0; n < HISTORIES; n++) {
        struct lh_ballot counters[2];
        uint8_t votes[ROUNDS][8];

        for (size_t i = 0; i < ROUNDS * members; i++) {
            votes[i / members][i % members] = (uint8_t)(1 + lh_seeded_below(&seeded, 2));
        }
        for (size_t c = 0; c < 2; c++) {
            lh_ballot_init(&counters[c], members);
            counters[c].needed -= needed_less;
            for (size_t i = 0; i < 20 * members && lh_ballot_certified(&counters[c]) == NULL; i++) {
                size_t round = lh_seeded_below(&seeded, ROUNDS);
                size_t member = lh_seeded_below(&seeded, members);
                enum lh_code rc = cast(&counters[c], member, (uint32_t)round, votes[round][member]);

                assert_true(rc == LH_OK || rc == LH_AGAIN);
            }
        }
        contradictions += lh_ballot_certified(&counters[0]) != NULL &&
                          lh_ballot_certified(&counters[1]) != NULL &&
                          !lh_hash_is_equal(&counters[0].certified, &counters[1].certified);
    }
    return contradictions;
}

static void two_who_count_the_same_votes_never_certify_two_proposals(void **state)
{
    (void)state;
    for (size_t members = 2; members <= 8; members++) {
        assert_int_equal(count_contradictions(members, 0, 20261124 + members), 0);
    }
    assert_true(count_contradictions(4, 1, 20261124) > 0);
    assert_true(count_contradictions(5, 2, 20261124) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_is_certified_by_q_votes_and_no_fewer),
        cmocka_unit_test(only_the_first_vote_of_a_member_in_a_round_counts),
        cmocka_unit_test(a_next_round_opens_only_when_no_proposal_can_reach_q),
        cmocka_unit_test(votes_of_a_round_that_is_over_change_nothing),
        cmocka_unit_test(what_was_certified_stays_so_whatever_comes_later),
        cmocka_unit_test(two_who_count_the_same_votes_never_certify_two_proposals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
