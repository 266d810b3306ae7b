#include "net/election.h"

#include "crypto/base/assert.h"
#include "net/ballot.h"

#include <stdlib.h>

_Static_assert((int)LH_BALLOT_MEMBERS_MAX >= (int)LH_MEMBERS_MAX, "every member has a vote");

struct lh_election {
    const struct lh_members *members;
    struct lh_suite *suite;
    struct lh_ballot ballot;
    size_t count;
    struct lh_members *outcomes[LH_ELECTION_PROPOSALS_MAX];
};

enum lh_code lh_election_new(struct lh_election **out, const struct lh_members *members,
                             struct lh_err *err)
{
    struct lh_election *election = calloc(1, sizeof *election);
    enum lh_code rc;

    if (election == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "an election");
    }
    rc = lh_suite_new(&election->suite, lh_members_suite(members), err);
    if (rc != LH_OK) {
        lh_election_free(election);
        return rc;
    }
    election->members = members;
    lh_ballot_init(&election->ballot, lh_members_count(members));
    *out = election;
    return LH_OK;
}

void lh_election_free(struct lh_election *election)
{
    if (election != NULL) {
        for (size_t i = 0; i < election->count; i++) {
            lh_members_free(election->outcomes[i]);
        }
        lh_suite_free(election->suite);
        free(election);
    }
}

static const struct lh_members *find_outcome(const struct lh_election *election,
                                             const struct lh_hash *epoch)
{
    for (size_t i = 0; i < election->count; i++) {
        if (lh_hash_is_equal(lh_members_epoch(election->outcomes[i]), epoch)) {
            return election->outcomes[i];
        }
    }
    return NULL;
}

/* Room for one more. For the one that is certified another makes way: none but it counts now. */
static enum lh_code make_room(struct lh_election *election, const struct lh_hash *epoch,
                              struct lh_err *err)
{
    const struct lh_hash *wanted = lh_election_wanted(election);

    if (election->count < LH_ELECTION_PROPOSALS_MAX) {
        return LH_OK;
    }
    if (wanted == NULL || !lh_hash_is_equal(wanted, epoch)) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d proposals", LH_ELECTION_PROPOSALS_MAX);
    }
    election->count--;
    lh_members_free(election->outcomes[election->count]);
    return LH_OK;
}

enum lh_code lh_election_propose(struct lh_election *election, struct lh_bytes proposal,
                                 struct lh_err *err)
{
    struct lh_hash epoch = lh_proposal_hash(election->suite, proposal);
    struct lh_members *outcome = NULL;
    enum lh_code rc;

    if (find_outcome(election, &epoch) != NULL) {
        return LH_OK;
    }
    rc = lh_members_apply(&outcome, election->members, proposal, err);
    if (rc == LH_OK) {
        rc = make_room(election, &epoch, err);
    }
    if (rc != LH_OK) {
        lh_members_free(outcome);
        return rc;
    }
    election->outcomes[election->count++] = outcome;
    return LH_OK;
}

void lh_election_forget(struct lh_election *election, const struct lh_hash *proposal)
{
    for (size_t i = 0; i < election->count; i++) {
        if (lh_hash_is_equal(lh_members_epoch(election->outcomes[i]), proposal)) {
            lh_members_free(election->outcomes[i]);
            election->outcomes[i] = election->outcomes[--election->count];
            return;
        }
    }
}

enum lh_code lh_election_vote(struct lh_election *election, struct lh_bytes leaf,
                              struct lh_err *err)
{
    struct lh_approval approval;
    enum lh_code rc = lh_approval_read(&approval, election->suite, election->members, leaf, err);

    return rc == LH_OK ? lh_ballot_cast(&election->ballot, approval.member, approval.round,
                                        &approval.proposal, err)
                       : rc;
}

const struct lh_members *lh_election_members(const struct lh_election *election)
{
    return election->members;
}

uint32_t lh_election_round(const struct lh_election *election)
{
    return election->ballot.round;
}

uint32_t lh_election_round_of(const struct lh_election *election, const struct lh_hash *proposal)
{
    const struct lh_members *outcome = find_outcome(election, proposal);

    lh_assert(outcome != NULL);
    return lh_members_round(outcome);
}

size_t lh_election_votes(const struct lh_election *election, const struct lh_hash *proposal)
{
    return lh_ballot_votes(&election->ballot, proposal);
}

const struct lh_hash *lh_election_voted(const struct lh_election *election, size_t member)
{
    lh_assert(member < election->ballot.member_count);
    return election->ballot.has_voted[member] ? &election->ballot.votes[member] : NULL;
}

const struct lh_hash *lh_election_wanted(const struct lh_election *election)
{
    const struct lh_hash *certified = lh_ballot_certified(&election->ballot);

    return certified != NULL && find_outcome(election, certified) == NULL ? certified : NULL;
}

const struct lh_members *lh_election_next(const struct lh_election *election)
{
    const struct lh_hash *certified = lh_ballot_certified(&election->ballot);
    const struct lh_members *outcome = certified != NULL ? find_outcome(election, certified) : NULL;

    /* spec trust.md 5.2: "A proposal is certified when Q members of the parent epoch have voted for
     * it in its round" */
    return outcome != NULL && lh_members_round(outcome) == election->ballot.certified_round
               ? outcome
               : NULL;
}
