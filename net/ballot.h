#ifndef LH_NET_BALLOT_H
#define LH_NET_BALLOT_H

/*
 * Counts the members' votes on what follows one epoch, round by round. Pure: whoever feeds it has
 * checked each vote (an APPROVAL under two officers) and found it the first of its member and round
 * by ledger order, under a witnessed head.
 *
 *  1. At most one vote of each member counts in a round.
 *  2. At most one proposal is ever certified. That needs both: votes that all who count see alike,
 *     and a next round only behind proof that the one before is stuck (specs/model/governance.pml).
 *  3. What was certified stays so, whatever comes later.
 *
 * Spec: specs/trust.md 5.2.
 */

#include "crypto/suite.h"

enum { LH_BALLOT_MEMBERS_MAX = 256 };

/* Plain: its fields are what is known. */
struct lh_ballot {
    size_t member_count;
    size_t needed;  /* Q */
    uint32_t round; /* the open one */
    size_t vote_count;
    bool has_voted[LH_BALLOT_MEMBERS_MAX]; /* in the open round */
    struct lh_hash votes[LH_BALLOT_MEMBERS_MAX];
    bool is_certified;
    struct lh_hash certified;
    uint32_t certified_round;
};

/** Nobody has voted. `member_count`: 1 to LH_BALLOT_MEMBERS_MAX, of the epoch that votes. */
void lh_ballot_init(struct lh_ballot *ballot, size_t member_count);
/**
 * Count the vote of the member at `member` (below member_count).
 *
 * Returns LH_OK: counted, known already, or of a round that is over; LH_AGAIN: the round is not
 * open, so the vote has to wait; LH_ERR_CONFLICT: not the member's first of this round, counts for
 * nothing. Cost: one pass over the members.
 */
enum lh_code lh_ballot_cast(struct lh_ballot *ballot, size_t member, uint32_t round,
                            const struct lh_hash *proposal, struct lh_err *err) LH_MUST_CHECK;
/** How many of the votes that count in the open round are for `proposal`. */
size_t lh_ballot_votes(const struct lh_ballot *ballot, const struct lh_hash *proposal);
/** The proposal that is certified, NULL: none yet. */
const struct lh_hash *lh_ballot_certified(const struct lh_ballot *ballot);

#endif
