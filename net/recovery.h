#ifndef LH_NET_RECOVERY_H
#define LH_NET_RECOVERY_H

/*
 * Asking the others for promises before our ledger goes on from a restore.
 *
 *   ASKING --q promises, and all who are here answered, or 10 s--> SETTLED --head is held--> WHOLE
 *
 *   1. A promise counts when its signature holds and its head bears the seal of its ledger, which
 *      the first leaf of that ledger names; of designated witnesses q are needed.
 *   2. The promises that settled it are on disk before it is settled, and are the same ever after.
 *   3. The head to go on from is the highest one promised. One that keeps its blocks to itself does
 *      not hold us up: what more than f witnesses hold covers every witnessed head.
 *
 * The replica is one that is restoring, so gossip fills it. No socket, clock, thread or randomness.
 * Spec: specs/network.md 9; specs/model/restore.pml.
 */

#include "ledger/prepare.h"
#include "net/frame.h"
#include "net/quorum.h"
#include "net/replica.h"
#include "net/session.h"

struct lh_recovery;

struct lh_recovery_state {
    unsigned witness_count; /* n */
    unsigned needed;        /* q */
    unsigned promise_count; /* of designated witnesses, that count */
    unsigned other_count;   /* of other members */
    uint32_t taken;         /* a peer says that this number or a lower one is taken; 0: none does */
    bool is_tainted;        /* a peer says that the ledger contradicted itself */
    bool is_left_behind;    /* a peer cosigned what an unsafe restore left behind */
    bool is_settled;
    struct lh_checkpoint head;   /* highest one promised; size 0: nobody holds anything */
    bool is_whole;               /* settled, and that is held */
    struct lh_checkpoint enough; /* settled: highest one that more than f of the witnesses hold */
    bool is_enough;              /* and that is held: what was witnessed is not above it */
    struct lh_hash digest;       /* settled: what GENERATION names the promises by */
};

/**
 * `act` is our own PREPARE (copied). What settled before is there again. As lh_prepare_read;
 * LH_ERR_INVALID: of another department; LH_ERR_CORRUPT: what was kept; LH_ERR_NOMEM, and what the
 * store says.
 */
enum lh_code lh_recovery_new(struct lh_recovery **out, LH_KEEPS struct lh_replica *replica,
                             struct lh_bytes act, struct lh_err *err) LH_MUST_CHECK;
void lh_recovery_free(struct lh_recovery *recovery);
const struct lh_prepare *lh_recovery_prepare(const struct lh_recovery *recovery);

/** A member is here, or gone. Not our own department. Who is no founder is not asked. */
void lh_recovery_join(struct lh_recovery *recovery, const char *department);
void lh_recovery_leave(struct lh_recovery *recovery, const char *department);
/**
 * A PROMISE or a DECLINE came; one of something else is not looked at. LH_ERR_INVALID,
 * LH_ERR_FORGED: cut it; LH_ERR_NOMEM.
 */
enum lh_code lh_recovery_take(struct lh_recovery *recovery, const char *department,
                              const struct lh_frame *frame, int64_t now_ms,
                              struct lh_err *err) LH_MUST_CHECK;
/** The question for a peer that is here; as lh_gossip_next. */
enum lh_code lh_recovery_next(struct lh_recovery *recovery, const char *department,
                              const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                              struct lh_frame *out, struct lh_err *err) LH_MUST_CHECK;
/** Time has passed, or the replica has grown. LH_ERR_NOMEM, and what the store says: the promises
 * could not be kept, or the head not be looked up; the next one tries again. */
enum lh_code lh_recovery_tick(struct lh_recovery *recovery, int64_t now_ms,
                              struct lh_err *err) LH_MUST_CHECK;
/** When a tick is due at the latest. */
int64_t lh_recovery_due_ms(const struct lh_recovery *recovery);
void lh_recovery_state(const struct lh_recovery *recovery, struct lh_recovery_state *out);
/** The promises that settled it; empty before. Borrowed. */
struct lh_bytes lh_recovery_promises(const struct lh_recovery *recovery);

#endif
