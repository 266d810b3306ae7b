#ifndef LH_NET_GOVERNANCE_H
#define LH_NET_GOVERNANCE_H

/*
 * How a network comes to its next epoch: proposals go to every peer, the votes in the ledgers that
 * are held are counted, and what is certified is kept. One machine for a node; a peer is a member,
 * by an epoch that is known, with a live session.
 *
 *   OPEN about what follows epoch n --Q votes, and the proposal is here--> OPEN about n + 1
 *        --Q votes for a proposal that is not here--> it is asked for by its hash, of every peer
 *
 *  1. An epoch is on disk before it is told, and never goes back. What certified it is in the
 *     ledgers, so whoever forgot it, or was away, comes to it again by itself.
 *  2. Only proposals that fit the newest epoch are kept, LH_ELECTION_PROPOSALS_MAX of them, of one
 *     peer LH_GOVERNANCE_SHARE. Those of our own people, and the one that is certified, find room.
 *  3. Of one peer LH_GOVERNANCE_JUDGED_MAX proposals are judged in a minute; more are skipped.
 *  4. Who sends what fits nothing is not cut: it may know an epoch that we do not. What is no
 *     proposal at all cuts who sent it.
 *
 * How to drive it: as net/gossip; and a tick when anything may have grown, which looks at no more
 * than LH_GOVERNANCE_LEAVES leaves. No socket, clock, thread or randomness.
 * Spec: specs/trust.md 5, specs/network.md 10.
 */

#include "ledger/epochs.h"
#include "net/election.h"
#include "net/frame.h"
#include "net/replica.h"
#include "net/session.h"

enum {
    LH_GOVERNANCE_SHARE = 4,
    LH_GOVERNANCE_JUDGED_MAX = 64,
    LH_GOVERNANCE_LEAVES = 4096,
};

/** What the caller may want to know; each may be NULL. Not to call back into the machine. */
struct lh_governance_listener {
    void *arg;
    /* A proposal about what follows the newest epoch is kept since now. */
    void (*on_proposed)(void *arg, const struct lh_hash *proposal);
    /* An epoch was certified: the newest of lh_governance_epochs. */
    void (*on_certified)(void *arg, const struct lh_members *members);
    /* Our store, or memory, could not do what was needed; it is tried again later. */
    void (*on_trouble)(void *arg, const struct lh_err *why);
};

struct lh_governance;

/** Goes on from what the replica's notes say; the replica judges by our epochs from then on.
 * LH_ERR_CORRUPT: they do not hold together; LH_ERR_NOMEM; what the store says. */
enum lh_code lh_governance_new(struct lh_governance **out, LH_KEEPS struct lh_replica *replica,
                               const struct lh_governance_listener *listener,
                               struct lh_err *err) LH_MUST_CHECK;
void lh_governance_free(struct lh_governance *governance);

/** Frames of this type are for lh_governance_take. */
bool lh_governance_is_concerned(uint16_t type);
/** A session with a member is live. LH_ERR_NOT_FOUND: no member. */
enum lh_code lh_governance_join(struct lh_governance *governance, const char *department,
                                struct lh_err *err) LH_MUST_CHECK;
/** It is gone. Nothing happens to who is no member. */
void lh_governance_leave(struct lh_governance *governance, const char *department);
/**
 * A frame came from a peer that is here. LH_ERR_INVALID: cut it; LH_ERR_NOMEM: the same, though it
 * is not to blame. Cost: of a proposal that is known a hash; else as lh_members_apply.
 */
enum lh_code lh_governance_take(struct lh_governance *governance, const char *department,
                                const struct lh_frame *frame, int64_t now_ms,
                                struct lh_err *err) LH_MUST_CHECK;
/** The next frame for a peer that is here; as lh_gossip_next. */
enum lh_code lh_governance_next(struct lh_governance *governance, const char *department,
                                const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                                struct lh_frame *out, struct lh_err *err) LH_MUST_CHECK;
/** Ledgers may have grown, and time has passed: look for votes and count them. */
void lh_governance_tick(struct lh_governance *governance, int64_t now_ms);
/** When a tick, and then a round of lh_governance_next, is due at the latest. */
int64_t lh_governance_due_ms(const struct lh_governance *governance);

/**
 * Our own people say that this was certified, and gave it to the node as they gave it the genesis
 * file: the next epoch, kept from now on. LH_OK also when it is known; LH_ERR_CONFLICT: it follows
 * another epoch than the newest; else as lh_epochs_add; what the store says.
 */
enum lh_code lh_governance_adopt(struct lh_governance *governance, struct lh_bytes proposal,
                                 struct lh_err *err) LH_MUST_CHECK;
/**
 * Our own people propose this. LH_OK also when it is here already; LH_ERR_CONFLICT: it follows
 * another epoch than the newest; LH_ERR_LIMIT: no room; else as lh_members_apply; what the store
 * says: nothing was kept.
 */
enum lh_code lh_governance_propose(struct lh_governance *governance, struct lh_bytes proposal,
                                   struct lh_err *err) LH_MUST_CHECK;

/** Every epoch that is known, the genesis first. */
const struct lh_epochs *lh_governance_epochs(const struct lh_governance *governance);
/** About what follows the newest one. */
const struct lh_election *lh_governance_election(const struct lh_governance *governance);
/** Proposals that are kept about that: their number, bytes and hashes, in the order they came. */
size_t lh_governance_count(const struct lh_governance *governance);
struct lh_bytes lh_governance_proposal(const struct lh_governance *governance, size_t index,
                                       struct lh_hash *out_hash);
/** The bytes of a proposal, kept or certified; empty: it is not here. Borrowed until the next call
 * that is not const. */
struct lh_bytes lh_governance_find(const struct lh_governance *governance,
                                   const struct lh_hash *proposal);

#endif
