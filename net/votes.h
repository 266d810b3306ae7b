#ifndef LH_NET_VOTES_H
#define LH_NET_VOTES_H

/*
 * Where votes stand in the ledgers that are held: each APPROVAL of a department in its own ledger,
 * below a witnessed head, in ledger order. Every leaf is looked at once; how far that came, and
 * what was found, is kept with the replicas, so a process that starts again goes on from there.
 *
 *  1. What is here lies below a witnessed head of the branch that is held, so everybody who looks
 *     finds the same, as far as they looked.
 *  2. A ledger is looked at only behind the one that its GENERATION goes on from, up to what that
 *     names: the votes of a department have one order.
 *  3. Of one ledger LH_VOTES_MAX are found at most, the first. Whose signatures they bear is not
 *     judged here.
 *
 * No socket, clock, thread or randomness.  Spec: specs/trust.md 5.2.
 */

#include "ledger/approval.h"
#include "net/replica.h"

enum { LH_VOTES_MAX = 4096 };

/** One vote; its leaf stands at `index` of `origin`. */
struct lh_vote {
    uint64_t index;
    struct lh_approval_claim claim;
};

struct lh_votes;

/** LH_ERR_NOMEM. */
enum lh_code lh_votes_new(struct lh_votes **out, LH_KEEPS struct lh_replica *replica,
                          struct lh_err *err) LH_MUST_CHECK;
void lh_votes_free(struct lh_votes *votes);
/**
 * Look at what is witnessed since, but at no more leaves than `leaves_max` and the rest of what one
 * read gave. `out_is_done`: nothing is left for now. LH_ERR_NOMEM, and what the store says
 * of a ledger: the others were looked at, and it is tried again at the next call.
 */
enum lh_code lh_votes_look(struct lh_votes *votes, size_t leaves_max, bool *out_is_done,
                           struct lh_err *err) LH_MUST_CHECK;
/** How many were found in the ledger at this place of the replica. */
size_t lh_votes_count(const struct lh_votes *votes, size_t place);
/** Borrowed until the next look. */
const struct lh_vote *lh_votes_at(const struct lh_votes *votes, size_t place, size_t number);
/** Leaves of that ledger that were looked at. */
uint64_t lh_votes_seen(const struct lh_votes *votes, size_t place);
/** The leaf of a vote, into `out` (replaced). As lh_replica_leaves. */
enum lh_code lh_votes_leaf(const struct lh_votes *votes, size_t place, size_t number,
                           struct lh_buf *out, struct lh_err *err) LH_MUST_CHECK;

#endif
