#ifndef LH_SIM_WITNESSING_H
#define LH_SIM_WITNESSING_H

/*
 * A process as a witness and as an author who asks for witnesses: drives net/pledge and
 * net/nomination as node/peers.c does. Every cosignature that leaves the machine is told to the
 * council. A witness that lies answers by itself.
 */

#include "net/nomination.h"
#include "net/pledge.h"
#include "tests/sim/book.h"

struct sim_node;
struct sim_link;

struct sim_witnessing {
    struct lh_pledge *pledge;
    struct lh_nomination *nomination;
    struct {
        uint32_t request; /* 0: none */
        struct lh_checkpoint head;
    } asked[SIM_MEMBERS_MAX]; /* what each asked about last */
};

/** Any of these may end the process. */
void sim_witnessing_start(struct sim_node *node);
void sim_witnessing_stop(struct sim_node *node);
void sim_witnessing_join(struct sim_node *node, size_t who);
void sim_witnessing_leave(struct sim_node *node, size_t who);
/** Is a frame of this type for it? */
bool sim_witnessing_is_concerned(uint16_t type);
/** A frame came; `err` says why the link is to be cut. */
enum lh_code sim_witnessing_take(struct sim_node *node, const struct sim_link *link,
                                 const struct lh_frame *frame, struct lh_err *err);
/** Somebody showed a checkpoint with lines of cosigners on it. */
void sim_witnessing_recall(struct sim_node *node, struct lh_bytes bytes);
/** The next frame for a peer, as lh_gossip_next. */
enum lh_code sim_witnessing_next(struct sim_node *node, size_t who,
                                 const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                 struct lh_err *err);
/** That frame has left. */
void sim_witnessing_sent(struct sim_node *node, size_t who, const struct lh_frame *frame);
void sim_witnessing_tick(struct sim_node *node);

#endif
