#ifndef LH_NET_PLEDGE_H
#define LH_NET_PLEDGE_H

/*
 * What this node promised about the ledgers of others: of each, the head that it cosigned last, and
 * never to cosign another branch; and of each department the oldest generation that it still
 * cosigns. It answers nominations, and who asks for promises before it goes on from a restore.
 *
 *   NOMINATE --judged on our replica, promise on disk--> COSIGNATURE
 *            --anything else--> DECLINE, or the session ends
 *   PREPARE  --judged by the genesis file, floor on disk--> PROMISE, with the head that is held
 *            --anything else--> DECLINE, or the session ends
 *
 *   1. It cosigns only what net/witness lets it, of a ledger that is held up to the head with every
 *      leaf, and against which there is no evidence.
 *   2. The promise is on disk before the cosignature is made.
 *   3. What others show with our line on it was promised, whether we remember it or not; a promise
 *      never goes back. Who was restored listens to so many that one of them remembers.
 *      Nothing is promised with keys that the newest epoch that is known does not name for us,
 *      nor to who is no member in it; of a head that judges by another epoch with those of that
 * one.
 *   4. A nominated head is a head shown: gossip hears of it first, and of our own promise where the
 *      replica says otherwise, so that what contradicts becomes evidence.
 *
 *   5. The floor of a department is on disk before the PROMISE is made, and never goes back.
 * Nothing below it is cosigned.
 *   6. A ledger that goes on from a restore by the word of its own officers alone is not cosigned,
 * nor is one that goes on from it, until its department has asked.
 *
 * One nomination and one PREPARE of each peer wait for their answers. No socket, clock, thread or
 * randomness.  Spec: specs/network.md 2, 8, 9.
 */

#include "net/gossip.h"
#include "net/message.h"
#include "net/witness.h"

struct lh_pledge;

struct lh_pledge_options {
    LH_KEEPS struct lh_gossip *gossip;
    LH_KEEPS struct lh_replica *replica;
    LH_KEEPS struct lh_signer *witness; /* the witness key of our enrolment */
    LH_KEEPS struct lh_signer *mirror;  /* the mirror key: says that every leaf is held */
    bool is_restored; /* promises may be lost: none is made before the others were heard */
};

/** LH_ERR_INVALID: the keys are of no kind that signs cosignatures; LH_ERR_NOMEM; what the store
 * says. */
enum lh_code lh_pledge_new(struct lh_pledge **out, const struct lh_pledge_options *options,
                           struct lh_err *err) LH_MUST_CHECK;
void lh_pledge_free(struct lh_pledge *pledge);
/** While `is_held` nothing is cosigned: we may have forgotten what we promised, or the time. */
void lh_pledge_hold(struct lh_pledge *pledge, bool is_held);

/**
 * Somebody showed this checkpoint (on_cosigned of gossip): if our line on it verifies, it stands
 * promised from now on. LH_ERR_NOMEM, and what the store says: it could not be kept, and nothing is
 * cosigned any more before the next start.
 */
enum lh_code lh_pledge_recall(struct lh_pledge *pledge, struct lh_bytes note,
                              struct lh_err *err) LH_MUST_CHECK;

/**
 * A NOMINATE came from a peer that is here (lh_gossip_join). LH_ERR_INVALID, LH_ERR_FORGED,
 * LH_ERR_LIMIT: cut it; LH_ERR_NOMEM: the same, though it is not to blame. What our own store
 * cannot do is answered by DECLINE.
 */
enum lh_code lh_pledge_take(struct lh_pledge *pledge, const char *department,
                            const struct lh_frame *frame, struct lh_err *err) LH_MUST_CHECK;
/**
 * A PREPARE came from a peer that is here. LH_ERR_INVALID, LH_ERR_FORGED, LH_ERR_DENIED,
 * LH_ERR_NOT_FOUND, LH_ERR_UNKNOWN: it is none, or of another department: cut it; LH_ERR_NOMEM: the
 * same, though it is not to blame. What our own store cannot do is answered by DECLINE.
 */
enum lh_code lh_pledge_prepare(struct lh_pledge *pledge, const char *department,
                               const struct lh_frame *frame, struct lh_err *err) LH_MUST_CHECK;
/**
 * The answer that a peer is owed; as lh_gossip_next. `time_s`, not 0, goes into the cosignature.
 * LH_AGAIN: none, or no credit; LH_ERR_NOMEM, LH_ERR_IO: it could not be signed.
 */
enum lh_code lh_pledge_next(struct lh_pledge *pledge, const char *department,
                            const size_t credit[LH_CLASS_COUNT], uint64_t time_s,
                            struct lh_frame *out, struct lh_err *err) LH_MUST_CHECK;
/** A peer is gone: it is owed nothing. */
void lh_pledge_leave(struct lh_pledge *pledge, const char *department);

/** What was last said to a member of its heads. */
struct lh_pledge_word {
    struct lh_checkpoint head; /* of its newest generation that was promised; size 0: none known */
    uint64_t time_s;           /* of the last cosignature that left; 0: none since the start */
    bool is_declined;          /* the last answer was no cosignature: */
    struct lh_decline decline;
};
/** What was promised before the start is known of the ledgers that are held. */
const struct lh_pledge_word *lh_pledge_word(const struct lh_pledge *pledge, const char *department);
/** The oldest generation of a member that is still cosigned; 0: none was promised about. */
uint32_t lh_pledge_floor(const struct lh_pledge *pledge, const char *department);
/** The head of a ledger that was promised last; LH_ERR_NOT_FOUND: none; what the store says. */
enum lh_code lh_pledge_last(const struct lh_pledge *pledge, const char *origin,
                            struct lh_checkpoint *out, struct lh_err *err) LH_MUST_CHECK;

#endif
