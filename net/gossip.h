#ifndef LH_NET_GOSSIP_H
#define LH_NET_GOSSIP_H

/*
 * How replicas come to be equal: what peers say they have, what is sent to them, what is asked of
 * them. One machine for a node; a peer is a member, by an epoch that the replica knows, with a live
 * session.
 *
 *   away --join--> here --leave--> away           nothing is remembered of a peer that is away
 *
 *   1. A new block of ours goes at once to every peer that stands right before it; who is further
 *      behind, or takes nothing now, is told the head and asks by itself.
 *   2. Nothing is queued: what a peer is owed follows from what it has, and is read when it has
 *      credit for it.
 *   3. Of one peer one answer is awaited at a time, of all together LH_GOSSIP_PULLS_MAX. A peer
 *      that leaves us waiting is not asked for a while; nobody is cut for being slow.
 *   4. What breaks the protocol, or is passed on without proof, cuts who sent it, at once.
 *   5. Two heads of one ledger that exclude each other become evidence, which goes once to every
 *      peer; so does a sealed block that breaks a rule. The ledger goes on being held.
 *
 * How to drive it: give it every frame of its types (lh_gossip_take), tell it when our own ledger
 * grew and when time has passed; after each of these ask it for frames (lh_gossip_next) for every
 * peer that is here, until LH_AGAIN, and again whenever a peer has room. No socket, clock, thread
 * or randomness.  Spec: specs/network.md 7.
 */

#include "net/frame.h"
#include "net/replica.h"
#include "net/session.h"

/** Answers awaited of all peers together: each may hold a block while it comes. */
enum { LH_GOSSIP_PULLS_MAX = 4 };

/** What the caller may want to know; each may be NULL. Not to call back into the machine. */
struct lh_gossip_listener {
    void *arg;
    /* A ledger of another department has a new head. */
    void (*on_grown)(void *arg, const struct lh_replica_ledger *ledger);
    /* Evidence against a ledger, our own too, is kept since now. */
    void (*on_tainted)(void *arg, const struct lh_replica_ledger *ledger, struct lh_bytes evidence);
    /* A peer has a head of our own ledger that we do not have: we were restored, or there are two
     * of us. Told when it is heard of, of each peer once. */
    void (*on_ahead)(void *arg, const struct lh_checkpoint *head);
    /* A peer showed this checkpoint with lines of cosigners on it; nothing of it was verified. */
    void (*on_cosigned)(void *arg, struct lh_bytes note);
    /* A ledger of another department is witnessed up to `witnessed_size` now. */
    void (*on_witnessed)(void *arg, const struct lh_replica_ledger *ledger);
    /* Our store, or memory, could not do what was needed for a ledger; it is tried again later. */
    void (*on_trouble)(void *arg, const char *origin, const struct lh_err *why);
};

struct lh_gossip;

/** LH_ERR_NOMEM. */
enum lh_code lh_gossip_new(struct lh_gossip **out, LH_KEEPS struct lh_replica *replica,
                           const struct lh_gossip_listener *listener,
                           struct lh_err *err) LH_MUST_CHECK;
/** The replica stays. */
void lh_gossip_free(struct lh_gossip *gossip);

/** Frames of this type are for lh_gossip_take. */
bool lh_gossip_is_concerned(uint16_t type);

/**
 * A session with a member is live. Asserts that it was away. LH_ERR_NOT_FOUND: no member;
 * LH_ERR_DENIED: our own department.
 */
enum lh_code lh_gossip_join(struct lh_gossip *gossip, const char *department, int64_t now_ms,
                            struct lh_err *err) LH_MUST_CHECK;
/** It is gone. Nothing happens to one that is away. */
void lh_gossip_leave(struct lh_gossip *gossip, const char *department);

/**
 * A frame came from a peer that is here. LH_ERR_INVALID, LH_ERR_LIMIT, LH_ERR_FORGED: cut it (BYE
 * code 1) and say lh_gossip_leave; LH_ERR_NOMEM: the same, though it is not to blame. Troubles of
 * the store are not told here but by on_trouble.
 */
enum lh_code lh_gossip_take(struct lh_gossip *gossip, const char *department,
                            const struct lh_frame *frame, int64_t now_ms,
                            struct lh_err *err) LH_MUST_CHECK;
/**
 * The next frame for a peer that is here. `credit` is lh_session_credit of each class; a frame that
 * is given out counts as sent, its payload is valid until the next call. LH_AGAIN: nothing for now;
 * LH_ERR_NOMEM.
 */
enum lh_code lh_gossip_next(struct lh_gossip *gossip, const char *department,
                            const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                            struct lh_frame *out, struct lh_err *err) LH_MUST_CHECK;

/**
 * A peer that is here showed a signed checkpoint otherwise than by HAVE; it is taken like a row of
 * one. As lh_gossip_take.
 */
enum lh_code lh_gossip_hear(struct lh_gossip *gossip, const char *department, struct lh_bytes note,
                            struct lh_err *err) LH_MUST_CHECK;

/** Our own ledger has a new block, on disk and released. As lh_replica_seal. */
enum lh_code lh_gossip_seal(struct lh_gossip *gossip, const char *origin,
                            const struct lh_block *block, struct lh_err *err) LH_MUST_CHECK;
/** Time has passed: answers that did not come in time are given up. */
void lh_gossip_tick(struct lh_gossip *gossip, int64_t now_ms);
/** When a tick, and then a round of lh_gossip_next, is due at the latest. */
int64_t lh_gossip_due_ms(const struct lh_gossip *gossip);

/** Peers that are here and have told all that they have. */
size_t lh_gossip_told_count(const struct lh_gossip *gossip);
/** Of N members N - 1 - F others have: one of them is honest and knows what was witnessed.   Spec:
 * specs/network.md 8. */
bool lh_gossip_is_enough_told(const struct lh_gossip *gossip);
/** What a peer was heard to have of a ledger: leaves; 0: nothing, or it is away. */
uint64_t lh_gossip_heard(const struct lh_gossip *gossip, const char *department,
                         const char *origin);

#endif
