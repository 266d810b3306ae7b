#ifndef LH_NET_ELECTION_H
#define LH_NET_ELECTION_H

/*
 * What follows one epoch: takes proposals and votes in whatever order they arrive, and says the
 * next epoch once one is certified. Pure: no store, no clock; what is fed in is durable elsewhere.
 *
 *   OPEN --Q votes for a proposal that is here--> DECIDED
 *   OPEN --Q votes for one that is not here yet--> OPEN, lh_election_wanted names it
 *
 *  1. A proposal is kept only if it fits the members; so what is DECIDED applies.
 *  2. Decided stays decided (net/ballot).
 *
 * Spec: specs/trust.md 5.
 */

#include "ledger/approval.h"

/* Kept at a time: honest members make one for each round, so more are somebody's flood. */
enum { LH_ELECTION_PROPOSALS_MAX = 16 };

struct lh_election;

/** About what follows `members`, which must outlive it. */
enum lh_code lh_election_new(struct lh_election **out, LH_KEEPS const struct lh_members *members,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_election_free(struct lh_election *election);
/**
 * Take a proposal in. LH_OK also when it is here already; LH_ERR_LIMIT: too many, and this one is
 * not the one that is wanted; else as lh_members_apply.
 */
enum lh_code lh_election_propose(struct lh_election *election, struct lh_bytes proposal,
                                 struct lh_err *err) LH_MUST_CHECK;
/** Let go of a proposal, if it is here. Its votes stay. */
void lh_election_forget(struct lh_election *election, const struct lh_hash *proposal);
/**
 * Count the vote that `leaf` is: the first of its member and round in its ledger, under a witnessed
 * head. As lh_approval_read and lh_ballot_cast; LH_AGAIN: to be handed in again later.
 */
enum lh_code lh_election_vote(struct lh_election *election, struct lh_bytes leaf,
                              struct lh_err *err) LH_MUST_CHECK;
/** Who votes: the members it is about. */
const struct lh_members *lh_election_members(const struct lh_election *election);
/** The round that is open. */
uint32_t lh_election_round(const struct lh_election *election);
/** The round that a proposal that is here was made for. */
uint32_t lh_election_round_of(const struct lh_election *election, const struct lh_hash *proposal);
/** How many votes that count in the open round are for the proposal of this hash. */
size_t lh_election_votes(const struct lh_election *election, const struct lh_hash *proposal);
/** What the member at this place of the epoch voted for in the open round, if its vote counts;
 * NULL: it did not vote. */
const struct lh_hash *lh_election_voted(const struct lh_election *election, size_t member);
/** The proposal that is certified and not here; NULL: none is missing. */
const struct lh_hash *lh_election_wanted(const struct lh_election *election);
/** The next epoch; NULL: not decided. Borrowed from the election. */
const struct lh_members *lh_election_next(const struct lh_election *election);

#endif
