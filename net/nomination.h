#ifndef LH_NET_NOMINATION_H
#define LH_NET_NOMINATION_H

/*
 * Our own heads on their way to the witnesses: which head is nominated, who was asked, whose
 * cosignatures came.
 *
 *   a new head --at most one in LH_NOMINATION_PERIOD_MS--> nominated --k cosignatures--> witnessed
 *                                                                 --and 2 mirrors--> final
 *
 *   1. One head is nominated at a time. The next one follows when this one is witnessed, or has
 *      waited for LH_NOMINATION_WAIT_MS: a newer head covers it. A transition head, the first of
 *      its ledger in an epoch, is nominated itself and waits until it is witnessed.
 *   2. Only the designated witnesses are asked, and only lines that verify under the keys of their
 *      enrolments are kept.
 *   3. A level that was reached is kept on disk before it is told, and never falls.
 *
 * Recording waits for none of this. No socket, clock, thread or randomness.
 * Spec: specs/network.md 1, 8.
 */

#include "ledger/level.h"
#include "net/message.h"
#include "net/replica.h"
#include "net/session.h"
#include "net/tally.h"

enum {
    LH_NOMINATION_PERIOD_MS = 1000,
    LH_NOMINATION_WAIT_MS = 5000,
};

struct lh_nomination;

/** Takes up what was reached before. LH_ERR_NOMEM, LH_ERR_CORRUPT, and what the store says. */
enum lh_code lh_nomination_new(struct lh_nomination **out, LH_KEEPS struct lh_replica *replica,
                               struct lh_err *err) LH_MUST_CHECK;
void lh_nomination_free(struct lh_nomination *nomination);

/** A session with a member is live, or gone. */
void lh_nomination_join(struct lh_nomination *nomination, const char *department);
void lh_nomination_leave(struct lh_nomination *nomination, const char *department);

/**
 * A COSIGNATURE or DECLINE came. LH_ERR_INVALID, LH_ERR_FORGED: cut it; LH_ERR_NOMEM, LH_ERR_IO and
 * what else the store says: it could not be kept, and does not count.
 */
enum lh_code lh_nomination_take(struct lh_nomination *nomination, const char *department,
                                const struct lh_frame *frame, int64_t now_ms,
                                struct lh_err *err) LH_MUST_CHECK;
/** The next frame for a peer; as lh_gossip_next, with what the store says. */
enum lh_code lh_nomination_next(struct lh_nomination *nomination, const char *department,
                                const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                                struct lh_frame *out, struct lh_err *err) LH_MUST_CHECK;
/** Time has passed, or our ledger grew: nominate its head if it is time. LH_ERR_NOMEM,
 * and what the store says: it is tried again in a while. */
enum lh_code lh_nomination_tick(struct lh_nomination *nomination, int64_t now_ms,
                                struct lh_err *err) LH_MUST_CHECK;
/** When a tick, and then a round of lh_nomination_next, is due; INT64_MAX: at the next head. */
int64_t lh_nomination_due_ms(const struct lh_nomination *nomination);

/** What was reached, for receipts and status. */
struct lh_nomination_state {
    struct lh_quorum quorum;
    bool is_diverse;           /* as in struct lh_designation */
    struct lh_checkpoint head; /* nominated; size 0: none yet */
    struct lh_tally_sum sum;   /* of the cosignatures on it */
    uint64_t witnessed_size;   /* of the newest witnessed head of our newest generation; 0: none */
    uint64_t final_size;
    bool is_ahead; /* a witness cosigned a head that we do not have */
    bool is_taken; /* more than f witnesses know of a later generation of ours */
};
void lh_nomination_state(const struct lh_nomination *nomination, struct lh_nomination_state *out);

/** What one designated witness said of our newest generation. */
struct lh_nomination_witness {
    bool is_cosigner; /* of the nominated head */
    bool is_mirror;   /* and says that it holds every leaf below it */
    uint64_t size;    /* of the largest head with its line, as far as we know; 0: none */
    uint64_t time_s;  /* when it signed that, by its own clock */
    bool is_declined; /* it does not cosign the nominated head: */
    struct lh_decline decline;
};
/** False: the department is not asked. */
bool lh_nomination_witness(const struct lh_nomination *nomination, const char *department,
                           struct lh_nomination_witness *out);
/** Of the first `size` leaves, at least 1, of our newest generation. */
enum lh_level lh_nomination_level(const struct lh_nomination *nomination, uint64_t size);
/** The newest signed checkpoint of that level, with the lines of its cosigners; empty: none. */
struct lh_bytes lh_nomination_checkpoint(const struct lh_nomination *nomination,
                                         enum lh_level level);

#endif
