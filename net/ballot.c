#include "net/ballot.h"

#include "crypto/base/assert.h"
#include "net/quorum.h"

#include <string.h>

void lh_ballot_init(struct lh_ballot *ballot, size_t member_count)
{
    lh_assert(member_count > 0);
    lh_assert(member_count <= LH_BALLOT_MEMBERS_MAX);
    *ballot = (struct lh_ballot){
        .member_count = member_count,
        .needed = lh_quorum_approvals(member_count),
    };
}

size_t lh_ballot_votes(const struct lh_ballot *ballot, const struct lh_hash *proposal)
{
    size_t count = 0;

    for (size_t i = 0; i < ballot->member_count; i++) {
        count += ballot->has_voted[i] && lh_hash_is_equal(&ballot->votes[i], proposal);
    }
    return count;
}

/*
 * spec trust.md 5.2: "A next round is open only when the votes that count prove that no proposal of
 * the round before can reach Q: the most votes for one proposal, and the members who have not
 * voted, are together fewer than Q."
 */
static bool is_stuck(const struct lh_ballot *ballot)
{
    size_t most = 0;

    for (size_t i = 0; i < ballot->member_count; i++) {
        if (ballot->has_voted[i]) {
            size_t count = lh_ballot_votes(ballot, &ballot->votes[i]);

            most = count > most ? count : most;
        }
    }
    return most + (ballot->member_count - ballot->vote_count) < ballot->needed;
}

static void open_next_round(struct lh_ballot *ballot)
{
    ballot->round++;
    ballot->vote_count = 0;
    memset(ballot->has_voted, 0, sizeof ballot->has_voted);
}

/* spec trust.md 5.2: "A proposal is certified when Q members of the parent epoch have voted for it
 * in its round" */
static void count(struct lh_ballot *ballot, const struct lh_hash *proposal)
{
    if (lh_ballot_votes(ballot, proposal) < ballot->needed) {
        if (is_stuck(ballot)) {
            open_next_round(ballot);
        }
        return;
    }
    if (ballot->is_certified) { /* one more vote for it: rule 2 */
        lh_assert(lh_hash_is_equal(&ballot->certified, proposal));
        return;
    }
    ballot->is_certified = true;
    ballot->certified = *proposal;
    ballot->certified_round = ballot->round;
}

enum lh_code lh_ballot_cast(struct lh_ballot *ballot, size_t member, uint32_t round,
                            const struct lh_hash *proposal, struct lh_err *err)
{
    lh_assert(member < ballot->member_count);
    if (round > ballot->round) {
        return lh_err_set(err, LH_AGAIN, "round %u is not open", (unsigned)round);
    }
    /* spec trust.md 5.2: "Votes that arrive for an earlier round change nothing." */
    if (round < ballot->round) {
        return LH_OK;
    }
    if (ballot->has_voted[member]) {
        return lh_hash_is_equal(&ballot->votes[member], proposal)
                   ? LH_OK
                   : lh_err_set(err, LH_ERR_CONFLICT,
                                "not the first vote of this member in round %u", (unsigned)round);
    }
    ballot->has_voted[member] = true;
    ballot->votes[member] = *proposal;
    ballot->vote_count++;
    count(ballot, proposal);
    return LH_OK;
}

const struct lh_hash *lh_ballot_certified(const struct lh_ballot *ballot)
{
    return ballot->is_certified ? &ballot->certified : NULL;
}
