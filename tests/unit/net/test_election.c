#include "net/election.h"

#include "ledger/act.h"
#include "tests/support/founders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMBERS = 4 }; /* Q = 3; the officers of member i are 10 * (i + 1) and the next */

struct world {
    struct lh_suite *suite;
    struct lh_genesis *genesis;
    struct lh_members *members;
    struct lh_election *election;
    lhpb_Body body;
    lhpb_Leaf leaf;
};

static const char *const codes[MEMBERS] = { "gaj", "mzj", "rsj", "ybj" };

static struct lh_genesis *make_genesis(void)
{
    struct lh_buf files[MEMBERS] = { LH_BUF_EMPTY, LH_BUF_EMPTY, LH_BUF_EMPTY, LH_BUF_EMPTY };
    struct lh_bytes views[MEMBERS];
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_genesis *genesis = NULL;
    struct lh_enrolment enrolment;

    for (uint8_t i = 0; i < MEMBERS; i++) {
        lh_founder_enrolment(&enrolment, LH_SUITE_W, codes[i], (uint8_t)(10 + 10 * i));
        assert_int_equal(lh_enrolment_encode(&files[i], &enrolment, LH_SUITE_W, NULL), LH_OK);
        views[i] = lh_buf_bytes(&files[i]);
    }
    assert_int_equal(lh_genesis_encode(&bytes, "jinhua", LH_SUITE_W, (int64_t)LH_FIXTURE_TIME_MS,
                                       views, MEMBERS, NULL),
                     LH_OK);
    assert_int_equal(lh_genesis_new(&genesis, lh_buf_bytes(&bytes), NULL), LH_OK);
    for (size_t i = 0; i < MEMBERS; i++) {
        lh_buf_clear(&files[i]);
    }
    lh_buf_clear(&bytes);
    return genesis;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    assert_int_equal(lh_suite_new(&world->suite, LH_SUITE_W, NULL), LH_OK);
    world->genesis = make_genesis();
    assert_int_equal(lh_members_new(&world->members, world->genesis, NULL), LH_OK);
    assert_int_equal(lh_election_new(&world->election, world->members, NULL), LH_OK);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    lh_election_free(world->election);
    lh_members_free(world->members);
    lh_genesis_free(world->genesis);
    lh_suite_free(world->suite);
    free(world);
    return 0;
}

/* The proposal that limits gaj to so many bytes, for a round; 0 limits nothing and does not fit. */
static struct lh_hash make_proposal(const struct world *world, struct lh_buf *out, uint32_t round,
                                    uint64_t bytes_per_s)
{
    static lhpb_Proposal proposal;
    lhpb_Limit *limit = &proposal.changes[0].kind.limit;

    memset(&proposal, 0, sizeof proposal);
    proposal.schema = LH_SCHEMA;
    memcpy(proposal.network_id, lh_genesis_network_id(world->genesis)->bytes, 32);
    memcpy(proposal.parent, lh_members_epoch(world->members)->bytes, 32);
    proposal.number = 1;
    proposal.round = round;
    proposal.changes_count = 1;
    proposal.changes[0].which_kind = lhpb_Change_limit_tag;
    strcpy(limit->department, "gaj");
    limit->bytes_per_s = bytes_per_s;
    lh_buf_reset(out);
    assert_int_equal(lh_proposal_encode(out, &proposal, NULL), LH_OK);
    return lh_proposal_hash(world->suite, lh_buf_bytes(out));
}

static enum lh_code propose(struct world *world, uint32_t round, uint64_t bytes_per_s)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    (void)make_proposal(world, &bytes, round, bytes_per_s);
    rc = lh_election_propose(world->election, lh_buf_bytes(&bytes), NULL);
    lh_buf_clear(&bytes);
    return rc;
}

/* The vote of a member in `round` for the proposal that was made for `made_for`. */
static enum lh_code vote_for(struct world *world, size_t member, uint32_t round, uint32_t made_for,
                             uint64_t bytes_per_s)
{
    lhpb_Entry *entry = &world->leaf.kind.entry;
    lhpb_Approval *approval = &world->body.detail.approval;
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_hash proposal = make_proposal(world, &bytes, made_for, bytes_per_s);
    enum lh_code rc;

    lh_fixture_body(&world->body, lhpb_EntryType_APPROVAL);
    strcpy(world->body.department, codes[member]);
    memcpy(approval->proposal, proposal.bytes, sizeof approval->proposal);
    memcpy(approval->parent, lh_members_epoch(world->members)->bytes, sizeof approval->parent);
    approval->round = round;
    act.suite = LH_SUITE_W;
    act.network_id = *lh_genesis_network_id(world->genesis);
    assert_int_equal(lh_body_encode(&act.body, &world->body, NULL), LH_OK);
    for (uint8_t i = 0; i < 2; i++) {
        struct lh_signer *signer =
            lh_founder_signer(lh_founder_alg(LH_SUITE_W), (uint8_t)(10 * (member + 1) + i));

        assert_int_equal(lh_act_sign(&act, world->suite, signer, NULL), LH_OK);
        lh_signer_free(signer);
    }
    memset(&world->leaf, 0, sizeof world->leaf);
    world->leaf.which_kind = lhpb_Leaf_entry_tag;
    entry->body.size = (pb_size_t)act.body.len;
    memcpy(entry->body.bytes, act.body.data, act.body.len);
    entry->signatures_count = 2;
    for (size_t i = 0; i < 2; i++) {
        memcpy(entry->signatures[i].key_id, act.signatures[i].key_id.bytes, LH_KEY_ID_SIZE);
        memcpy(entry->signatures[i].value, act.signatures[i].sig.bytes, LH_SIG_SIZE);
    }
    entry->has_intake = true;
    entry->intake.recorded_at_ms = LH_FIXTURE_TIME_MS;
    lh_buf_reset(&bytes);
    assert_int_equal(lh_leaf_encode(&bytes, &world->leaf, NULL), LH_OK);
    rc = lh_election_vote(world->election, lh_buf_bytes(&bytes), NULL);
    lh_buf_clear(&bytes);
    lh_act_clear(&act);
    return rc;
}

static enum lh_code vote(struct world *world, size_t member, uint32_t round, uint64_t bytes_per_s)
{
    return vote_for(world, member, round, round, bytes_per_s);
}

static void q_votes_of_officers_make_the_next_epoch(void **state)
{
    struct world *world = *state;
    const struct lh_members *next;

    assert_int_equal(propose(world, 0, 100), LH_OK);
    assert_int_equal(propose(world, 0, 100), LH_OK); /* is here */
    for (size_t i = 0; i < 3; i++) {
        assert_null(lh_election_next(world->election));
        assert_int_equal(vote(world, i, 0, 100), LH_OK);
    }
    next = lh_election_next(world->election);
    assert_non_null(next);
    assert_int_equal(lh_members_number(next), 1);
    assert_int_equal(lh_members_find(next, "gaj")->bytes_per_s, 100);
    assert_int_equal(lh_members_find(world->members, "gaj")->bytes_per_s, 0);
}

static void a_vote_that_does_not_hold_or_is_a_second_one_counts_for_nothing(void **state)
{
    struct world *world = *state;
    struct lh_buf bytes = LH_BUF_EMPTY;

    assert_int_equal(propose(world, 0, 100), LH_OK);
    assert_int_equal(vote(world, 0, 0, 100), LH_OK);
    assert_int_equal(vote(world, 1, 0, 200), LH_OK);
    assert_int_equal(vote(world, 1, 0, 100), LH_ERR_CONFLICT);
    assert_int_equal(vote(world, 2, 0, 100), LH_OK);
    world->leaf.kind.entry.signatures[0].value[3] ^= 1;
    assert_int_equal(lh_leaf_encode(&bytes, &world->leaf, NULL), LH_OK);
    assert_int_equal(lh_election_vote(world->election, lh_buf_bytes(&bytes), NULL), LH_ERR_FORGED);
    assert_null(lh_election_next(world->election));
    assert_int_equal(vote(world, 3, 0, 100), LH_OK);
    assert_non_null(lh_election_next(world->election));
    lh_buf_clear(&bytes);
}

static void votes_may_come_before_their_proposal(void **state)
{
    struct world *world = *state;

    assert_null(lh_election_wanted(world->election));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(vote(world, i, 0, 100), LH_OK);
    }
    assert_null(lh_election_next(world->election));
    assert_non_null(lh_election_wanted(world->election));
    assert_int_equal(propose(world, 0, 100), LH_OK);
    assert_null(lh_election_wanted(world->election));
    assert_non_null(lh_election_next(world->election));
}

static void a_stuck_round_is_followed_by_the_next_and_only_then(void **state)
{
    struct world *world = *state;

    assert_int_equal(propose(world, 1, 100), LH_OK);
    assert_int_equal(vote(world, 0, 1, 100), LH_AGAIN);
    for (size_t i = 0; i < MEMBERS; i++) {
        assert_int_equal(lh_election_round(world->election), 0);
        assert_int_equal(vote(world, i, 0, 100 + i % 2), LH_OK);
    }
    assert_int_equal(lh_election_round(world->election), 1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(vote(world, i, 1, 100), LH_OK);
    }
    assert_int_equal(lh_members_round(lh_election_next(world->election)), 1);
}

static void a_proposal_of_another_round_than_its_votes_changes_nothing(void **state)
{
    struct world *world = *state;

    assert_int_equal(propose(world, 1, 100), LH_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(vote_for(world, i, 0, 1, 100), LH_OK);
    }
    assert_null(lh_election_wanted(world->election));
    assert_null(lh_election_next(world->election));
}

static void what_does_not_fit_is_not_kept_and_a_flood_displaces_nothing(void **state)
{
    struct world *world = *state;

    assert_int_equal(propose(world, 0, 0), LH_ERR_INVALID);
    for (uint64_t i = 1; i <= LH_ELECTION_PROPOSALS_MAX; i++) {
        assert_int_equal(propose(world, 0, i), LH_OK);
    }
    assert_int_equal(propose(world, 0, 100), LH_ERR_LIMIT);
    assert_int_equal(propose(world, 0, 1), LH_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(vote(world, i, 0, 100), LH_OK);
    }
    assert_int_equal(propose(world, 0, 101), LH_ERR_LIMIT);
    assert_int_equal(propose(world, 0, 100), LH_OK); /* the certified one finds room */
    assert_int_equal(lh_members_find(lh_election_next(world->election), "gaj")->bytes_per_s, 100);
}

#define CLAIM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(q_votes_of_officers_make_the_next_epoch),
        CLAIM(a_vote_that_does_not_hold_or_is_a_second_one_counts_for_nothing),
        CLAIM(votes_may_come_before_their_proposal),
        CLAIM(a_stuck_round_is_followed_by_the_next_and_only_then),
        CLAIM(a_proposal_of_another_round_than_its_votes_changes_nothing),
        CLAIM(what_does_not_fit_is_not_kept_and_a_flood_displaces_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
