#include "net/governance.h"

#include "net/message.h"
#include "tests/support/polls.h"
#include "tests/support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, MZJ, RSJ, YBJ, ZRJ };

/* ---- proposals ---- */

static void a_proposal_is_known_to_all_and_goes_to_each_once(void **state)
{
    struct street street;
    size_t sent = 0;

    (void)state;
    street_open(&street, LH_SUITE_W, 5);
    street_link_all(&street);
    street_settle(&street);
    assert_int_equal(street_propose(&street, GAJ, 0, "zf"), LH_OK);
    assert_int_equal(street_propose(&street, GAJ, 0, "zf"), LH_OK); /* is here */
    street_wait(&street, 3000);
    for (size_t i = 0; i < street.count; i++) {
        assert_true(street_has_proposal(&street, i, 0, "zf"));
        assert_int_equal(street.nodes[i].proposed_count, 1);
        sent += street.nodes[i].sent[LH_FRAME_PROPOSAL];
    }
    assert_true(sent >= 4);
    assert_true(sent <= 4 + 6 * 2); /* of two who got it at once each may tell the other */
    street_wait(&street, 70 * 1000);
    for (size_t i = 0; i < street.count; i++) {
        sent -= street.nodes[i].sent[LH_FRAME_PROPOSAL];
    }
    assert_int_equal(sent, 0);
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

static void what_was_kept_is_there_after_a_restart_and_for_who_comes_later(void **state)
{
    struct street street;

    (void)state;
    street_open(&street, LH_SUITE_W, 3);
    assert_int_equal(street_propose(&street, GAJ, 0, "zf"), LH_OK);
    street_restart(&street, GAJ);
    assert_true(street_has_proposal(&street, GAJ, 0, "zf"));
    street_link(&street, GAJ, MZJ);
    street_settle(&street);
    street_restart(&street, MZJ);
    street_link(&street, MZJ, RSJ); /* gaj is away */
    street_settle(&street);
    assert_true(street_has_proposal(&street, RSJ, 0, "zf"));
    street_clear(&street);
}

static enum lh_code send(struct street *street, size_t to, size_t from, struct lh_bytes payload)
{
    return street_inject(street, to, from, LH_FRAME_PROPOSAL, 0, payload, NULL);
}

static enum lh_code send_group(struct street *street, size_t to, size_t from, const char *group)
{
    struct lh_buf bytes = street_proposal(street_newest(street, to), 0, group);
    enum lh_code rc = send(street, to, from, lh_buf_bytes(&bytes));

    lh_buf_clear(&bytes);
    return rc;
}

static void what_is_no_proposal_cuts_its_sender_and_what_does_not_fit_is_skipped(void **state)
{
    struct street street;
    struct lh_buf bytes;
    const struct lh_governance *mzj;

    (void)state;
    street_open(&street, LH_SUITE_W, 3);
    street_link_all(&street);
    mzj = street.nodes[MZJ].governance;
    bytes = street_proposal(street_newest(&street, MZJ), 0, "zf");
    assert_int_equal(send(&street, MZJ, GAJ, lh_bytes_of(bytes.data, bytes.len - 1)),
                     LH_ERR_INVALID);
    assert_int_equal(send(&street, MZJ, GAJ, LH_BYTES_EMPTY), LH_ERR_INVALID);
    assert_int_equal(street_inject(&street, MZJ, GAJ, LH_FRAME_WANT, 0, LH_BYTES_EMPTY, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_governance_count(mzj), 0);
    lh_buf_clear(&bytes);
    bytes = street_proposal(street_newest(&street, MZJ), 0,
                            ""); /* gaj is of no group: nothing changes */
    assert_int_equal(send(&street, MZJ, GAJ, lh_buf_bytes(&bytes)), LH_OK);
    bytes.data[5] ^= 1; /* of another network */
    assert_int_equal(send(&street, MZJ, GAJ, lh_buf_bytes(&bytes)), LH_OK);
    assert_int_equal(lh_governance_count(mzj), 0);
    assert_int_equal(send_group(&street, MZJ, GAJ, "zf"), LH_OK);
    assert_int_equal(lh_governance_count(mzj), 1);
    lh_buf_clear(&bytes);
    street_clear(&street);
}

static void format_group(char out[16], const char *who, unsigned number)
{
    (void)snprintf(out, 16, "%s%u", who, number);
}

static void a_flooder_leaves_room_for_others_and_for_our_own(void **state)
{
    struct street street;
    char group[16];

    (void)state;
    street_open(&street, LH_SUITE_W, 5);
    street_link_all(&street);
    for (unsigned i = 0; i < 3 * LH_ELECTION_PROPOSALS_MAX; i++) {
        format_group(group, "g", i);
        assert_int_equal(send_group(&street, RSJ, GAJ, group), LH_OK);
    }
    assert_int_equal(lh_governance_count(street.nodes[RSJ].governance), LH_GOVERNANCE_SHARE);
    assert_int_equal(send_group(&street, RSJ, MZJ, "honest"), LH_OK);
    assert_true(street_has_proposal(&street, RSJ, 0, "honest"));
    for (unsigned i = 0; i < LH_ELECTION_PROPOSALS_MAX; i++) { /* a place, or the flooder's */
        format_group(group, "r", i);
        assert_int_equal(street_propose(&street, RSJ, 0, group),
                         i < LH_ELECTION_PROPOSALS_MAX ? LH_OK : LH_ERR_LIMIT);
    }
    assert_true(street_has_proposal(&street, RSJ, 0, "r0"));
    assert_false(street_has_proposal(&street, RSJ, 0, "g0"));
    assert_int_equal(street_propose(&street, RSJ, 0, "more"), LH_ERR_LIMIT);
    street_clear(&street);
}

static void of_one_peer_no_more_are_judged_in_a_minute_than_are_allowed(void **state)
{
    struct street street;
    char group[16];

    (void)state;
    street_open(&street, LH_SUITE_W, 3);
    street_link_all(&street);
    for (unsigned i = 0; i < LH_GOVERNANCE_JUDGED_MAX; i++) {
        struct lh_buf bytes =
            street_proposal(street_newest(&street, MZJ), i, ""); /* fits nothing */

        assert_int_equal(send(&street, MZJ, GAJ, lh_buf_bytes(&bytes)), LH_OK);
        lh_buf_clear(&bytes);
    }
    assert_int_equal(send_group(&street, MZJ, GAJ, "zf"), LH_OK);
    assert_false(street_has_proposal(&street, MZJ, 0, "zf"));
    assert_int_equal(send_group(&street, MZJ, RSJ, "zf"), LH_OK); /* others are heard */
    assert_true(street_has_proposal(&street, MZJ, 0, "zf"));
    street.now_ms += 60 * 1000;
    format_group(group, "later", 1);
    assert_int_equal(send_group(&street, MZJ, GAJ, group), LH_OK);
    assert_true(street_has_proposal(&street, MZJ, 0, group));
    street_clear(&street);
}

/* The next frame that gaj has for mzj; its hash, if it is a proposal. */
static enum lh_code next_from_gaj(struct street *street, struct lh_hash *out)
{
    static const size_t credit[LH_CLASS_COUNT] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };
    struct lh_frame frame;
    enum lh_code rc = lh_governance_next(street->nodes[GAJ].governance, "mzj", credit,
                                         street->now_ms, &frame, NULL);

    if (rc == LH_OK) {
        assert_int_equal(frame.type, LH_FRAME_PROPOSAL);
        *out = lh_proposal_hash(lh_town_suite(street->town), frame.payload);
    }
    return rc;
}

static void want(struct street *street, const struct lh_hash *parent, const struct lh_hash *wanted)
{
    struct lh_want want = { .parent = *parent, .has_proposal = true, .proposal = *wanted };
    struct lh_buf payload = LH_BUF_EMPTY;

    assert_int_equal(lh_want_encode(&payload, &want, NULL), LH_OK);
    assert_int_equal(
        street_inject(street, GAJ, MZJ, LH_FRAME_WANT, 0, lh_buf_bytes(&payload), NULL), LH_OK);
    lh_buf_clear(&payload);
}

static void a_want_takes_the_place_of_the_one_before_it(void **state)
{
    struct street street;
    struct lh_hash genesis;
    struct lh_hash a;
    struct lh_hash b;
    struct lh_hash got;

    (void)state;
    street_open(&street, LH_SUITE_W, 3);
    assert_int_equal(street_propose(&street, GAJ, 0, "a"), LH_OK);
    assert_int_equal(street_propose(&street, GAJ, 0, "b"), LH_OK);
    street_link(&street, GAJ, MZJ);
    street_settle(&street);
    genesis = *lh_members_epoch(street_newest(&street, GAJ));
    a = street_proposal_hash(&street, 0, "a");
    b = street_proposal_hash(&street, 0, "b");
    assert_int_equal(next_from_gaj(&street, &got), LH_AGAIN);
    want(&street, &genesis, &a);
    want(&street, &genesis, &b);
    assert_int_equal(next_from_gaj(&street, &got), LH_OK);
    assert_true(lh_hash_is_equal(&got, &b));
    assert_int_equal(next_from_gaj(&street, &got), LH_AGAIN);
    want(&street, &genesis, &genesis); /* no proposal: nothing answers */
    assert_int_equal(next_from_gaj(&street, &got), LH_AGAIN);
    street_clear(&street);
}

/* ---- votes ---- */

static void q_votes_under_witnessed_heads_make_the_next_epoch_everywhere(enum lh_suite_id suite)
{
    struct street street;

    street_open(&street, suite, 5); /* Q = 4, k = 3 */
    street_link_all(&street);
    street_settle(&street);
    assert_int_equal(street_propose(&street, GAJ, 0, "zf"), LH_OK);
    for (size_t i = 0; i < 3; i++) {
        street_vote(&street, i, 0, "zf");
    }
    street_wait(&street, 30 * 1000);
    street_assert_epoch(&street, 0); /* one short */
    for (size_t i = 0; i < street.count; i++) {
        struct lh_hash hash = street_proposal_hash(&street, 0, "zf");

        assert_int_equal(
            lh_election_votes(lh_governance_election(street.nodes[i].governance), &hash), 3);
    }
    street_vote(&street, YBJ, 0, "zf");
    street_wait(&street, 5 * 1000);
    street_assert_epoch(&street, 1);
    for (size_t i = 0; i < street.count; i++) {
        assert_int_equal(street.nodes[i].certified_count, 1);
        assert_string_equal(lh_members_find(street_newest(&street, i), "gaj")->enrolment.group,
                            "zf");
        assert_int_equal(lh_governance_count(street.nodes[i].governance), 0);
    }
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

static void q_votes_under_witnessed_heads_make_the_next_epoch_in_both_suites(void **state)
{
    (void)state;
    q_votes_under_witnessed_heads_make_the_next_epoch_everywhere(LH_SUITE_W);
    q_votes_under_witnessed_heads_make_the_next_epoch_everywhere(LH_SUITE_G);
}

/* Three members, Q = 2, k = 2: without its witnesses mzj's vote counts nowhere. */
static void a_vote_below_no_witnessed_head_waits(void **state)
{
    struct street street;

    (void)state;
    street_open(&street, LH_SUITE_W, 3);
    street_link_all(&street);
    street_wait(&street, 5000);
    assert_int_equal(street_propose(&street, GAJ, 0, "zf"), LH_OK);
    street_vote(&street, GAJ, 0, "zf");
    street_wait(&street, 5000);
    street_unlink(&street, MZJ, RSJ);
    street_vote(&street, MZJ, 0, "zf"); /* gaj holds it, and alone cosigns it */
    street_wait(&street, 30 * 1000);
    assert_int_equal(street_held(&street, GAJ, MZJ), street_held(&street, MZJ, MZJ));
    street_assert_epoch(&street, 0);
    street_link(&street, MZJ, RSJ);
    street_wait(&street, 15 * 1000);
    street_assert_epoch(&street, 1);
    street_clear(&street);
}

static void what_officers_did_not_sign_or_is_a_second_vote_counts_for_nothing(void **state)
{
    struct street street;
    struct lh_town_vote alone;

    (void)state;
    street_open(&street, LH_SUITE_W, 3); /* Q = 2 */
    street_link_all(&street);
    street_settle(&street);
    alone = street_ballot(&street, 0, "other");
    alone.officer_count = 1;
    assert_int_equal(street_propose(&street, GAJ, 0, "zf"), LH_OK);
    assert_int_equal(street_propose(&street, GAJ, 0, "other"), LH_OK);
    street_seal_vote(&street, GAJ, &alone); /* of one officer: the next one is its first */
    street_vote(&street, GAJ, 0, "zf");
    street_vote(&street, GAJ, 0, "other");
    street_vote(&street, MZJ, 0, "other");
    street_wait(&street, 20 * 1000);
    street_assert_epoch(&street, 0);
    street_vote(&street, RSJ, 0, "zf");
    street_wait(&street, 5 * 1000);
    street_assert_epoch(&street, 1);
    assert_string_equal(lh_members_find(street_newest(&street, RSJ), "gaj")->enrolment.group, "zf");
    street_clear(&street);
}

static void a_round_that_nobody_can_win_is_followed_by_another(void **state)
{
    struct street street;

    (void)state;
    street_open(&street, LH_SUITE_W, 3);
    street_link_all(&street);
    street_settle(&street);
    street_vote(&street, RSJ, 1, "again"); /* waits until its round is open */
    assert_int_equal(street_propose(&street, MZJ, 1, "again"), LH_OK);
    street_vote(&street, GAJ, 0, "a");
    street_vote(&street, MZJ, 0, "b");
    street_vote(&street, MZJ, 1, "again");
    street_wait(&street, 15 * 1000);
    street_assert_epoch(&street, 0);
    assert_int_equal(lh_election_round(lh_governance_election(street.nodes[GAJ].governance)), 0);
    street_vote(&street, RSJ, 0, "c");
    street_wait(&street, 5 * 1000);
    street_assert_epoch(&street, 1);
    assert_int_equal(lh_members_round(street_newest(&street, GAJ)), 1);
    street_clear(&street);
}

static void a_certified_proposal_that_is_not_here_is_asked_for(void **state)
{
    struct street street;
    char group[16];

    (void)state;
    street_open(&street, LH_SUITE_W, 3);
    for (unsigned i = 0; i < LH_ELECTION_PROPOSALS_MAX; i++) { /* rsj has no place left */
        format_group(group, "r", i);
        assert_int_equal(street_propose(&street, RSJ, 0, group), LH_OK);
    }
    assert_int_equal(street_propose(&street, GAJ, 0, "zf"), LH_OK);
    street_link_all(&street);
    street_wait(&street, 2000);
    assert_false(street_has_proposal(&street, RSJ, 0, "zf"));
    street_vote(&street, GAJ, 0, "zf");
    street_vote(&street, MZJ, 0, "zf");
    street_wait(&street, 5 * 1000);
    street_assert_epoch(&street, 1);
    street_clear(&street);
}

static void who_was_away_comes_to_the_same_epochs_by_itself(void **state)
{
    struct street street;

    (void)state;
    street_open(&street, LH_SUITE_W, 4); /* Q = 3, k = 2 */
    for (size_t a = 0; a < 3; a++) {
        for (size_t b = a + 1; b < 3; b++) {
            street_link(&street, a, b);
        }
    }
    for (unsigned number = 1; number <= 3; number++) {
        char group[16];

        format_group(group, "zf", number);
        assert_int_equal(street_propose(&street, GAJ, 0, group), LH_OK);
        for (size_t i = 0; i < 3; i++) {
            struct lh_town_vote made = street_ballot(&street, 0, group);

            street_seal_vote(&street, i, &made);
            if (i == 0) {
                street_wait(&street, 2000);
            }
        }
        street_wait(&street, 5 * 1000);
        assert_int_equal(street_epoch(&street, GAJ), number);
    }
    assert_int_equal(street_epoch(&street, YBJ), 0);
    street_link(&street, RSJ, YBJ);
    street_wait(&street, 70 * 1000);
    street_assert_epoch(&street, 3);
    for (size_t i = 0; i < street.count; i++) { /* and after every process began anew */
        street_restart(&street, i);
    }
    street_assert_epoch(&street, 3);
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

/* gaj votes for one proposal on the branch that is witnessed and for another on a second one, which
 * it shows to nobody's witness quorum: who counts sees one vote of it. */
static void a_forked_ledger_has_one_vote(void **state)
{
    struct street street;
    struct lh_town_vote second;

    (void)state;
    street_open(&street, LH_SUITE_W, 4); /* Q = 3, k = 2 of 3 */
    street_link_all(&street);
    street_wait(&street, 3000);
    lh_town_split(street.town, GAJ);
    assert_int_equal(street_propose(&street, GAJ, 0, "a"), LH_OK);
    assert_int_equal(street_propose(&street, GAJ, 0, "b"), LH_OK);
    street_wait(&street, 1000);
    street_unlink(&street, GAJ, YBJ); /* it will be shown the other branch */
    street_vote(&street, GAJ, 0, "a");
    street_wait(&street, 3000);
    second = street_ballot(&street, 0, "b");
    assert_int_equal(street_epoch(&street, YBJ), 0);
    street_link(&street, GAJ, YBJ);
    (void)street_send_block(&street, YBJ, GAJ, lh_town_seal_vote(street.town, GAJ, 1, &second), 0,
                            SIZE_MAX, NULL);
    street_vote(&street, MZJ, 0, "a");
    street_vote(&street, RSJ, 0, "b");
    street_vote(&street, YBJ, 0, "b");
    street_wait(&street, 70 * 1000);
    street_assert_epoch(&street, 0); /* b would have three with the second branch */
    for (size_t i = 0; i < street.count; i++) {
        struct lh_hash b = street_proposal_hash(&street, 0, "b");

        assert_true(lh_election_votes(lh_governance_election(street.nodes[i].governance), &b) <= 2);
    }
    street_clear(&street);
}

/* rsj holds the second generation of gaj before the first: that one's vote is the first all the
 * same, and the witnessed head of the second covers it. */
/* A ledger of `copies` APPROVALs of one officer, over two blocks, the last of which has one of two:
 * is that counted by rsj, which holds it all, witnessed? */
/* ---- in whatever order ---- */

/* Votes, links, restarts and time come in an order that the seed draws; members vote as it draws
 * too. All come to the same epochs. */
static void run_seed(uint64_t seed)
{
    static const char *const groups[] = { "a", "b", "c" };
    struct lh_seeded random = { .state = seed };
    struct street street;
    bool has_voted[4][3] = { { false } };

    street_open(&street, LH_SUITE_W, 4);
    for (uint32_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(street_propose(&street, i, round, groups[i]), LH_OK);
        }
    }
    for (unsigned step = 0; step < 40; step++) {
        size_t who = (size_t)lh_seeded_below(&random, 4);
        size_t other = (size_t)lh_seeded_below(&random, 4);
        uint32_t round = (uint32_t)lh_seeded_below(&random, 3);

        switch (lh_seeded_below(&random, 4)) {
        case 0:
            if (who != other && street.nodes[who].is_linked[other]) {
                street_unlink(&street, who, other);
            } else if (who != other) {
                street_link(&street, who, other);
            }
            break;
        case 1:
            if (street_epoch(&street, GAJ) == 0 && !has_voted[who][round]) {
                has_voted[who][round] = true;
                street_vote(&street, who, round, groups[lh_seeded_below(&random, 3)]);
            }
            break;
        case 2:
            street_restart(&street, who);
            break;
        default:
            street_wait(&street, 1 + (int64_t)lh_seeded_below(&random, 5000));
        }
    }
    for (size_t a = 0; a < 4; a++) {
        for (size_t b = a + 1; b < 4; b++) {
            if (!street.nodes[a].is_linked[b]) {
                street_link(&street, a, b);
            }
        }
    }
    street_wait(&street, 80 * 1000);
    street_assert_epoch(&street, street_epoch(&street, GAJ));
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(lh_election_round(lh_governance_election(street.nodes[i].governance)),
                         lh_election_round(lh_governance_election(street.nodes[GAJ].governance)));
    }
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

static void whoever_counts_comes_to_the_same_whatever_the_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        run_seed(seed);
    }
}

/* Every call of the store fails in turn while rsj certifies: what it tells, its next process knows.
 */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_is_known_to_all_and_goes_to_each_once),
        cmocka_unit_test(what_was_kept_is_there_after_a_restart_and_for_who_comes_later),
        cmocka_unit_test(what_is_no_proposal_cuts_its_sender_and_what_does_not_fit_is_skipped),
        cmocka_unit_test(a_flooder_leaves_room_for_others_and_for_our_own),
        cmocka_unit_test(of_one_peer_no_more_are_judged_in_a_minute_than_are_allowed),
        cmocka_unit_test(a_want_takes_the_place_of_the_one_before_it),
        cmocka_unit_test(q_votes_under_witnessed_heads_make_the_next_epoch_in_both_suites),
        cmocka_unit_test(a_vote_below_no_witnessed_head_waits),
        cmocka_unit_test(what_officers_did_not_sign_or_is_a_second_vote_counts_for_nothing),
        cmocka_unit_test(a_round_that_nobody_can_win_is_followed_by_another),
        cmocka_unit_test(a_certified_proposal_that_is_not_here_is_asked_for),
        cmocka_unit_test(who_was_away_comes_to_the_same_epochs_by_itself),
        cmocka_unit_test(a_forked_ledger_has_one_vote),
        cmocka_unit_test(whoever_counts_comes_to_the_same_whatever_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
