#ifndef LH_SIM_EXCHANGE_H
#define LH_SIM_EXCHANGE_H

/*
 * A process as one that holds the others' ledgers: drives net/gossip over its links. What it is
 * told, it judges at once: see README.md.
 */

#include "net/gossip.h"
#include "tests/sim/library.h"

struct sim_node;
struct sim_link;

struct sim_exchange {
    struct lh_replica *replica;
    struct lh_gossip *gossip;
};

/**
 * What a machine has answered to what nobody is to blame for. False: a store failed, and that was
 * the process; anything else than LH_OK breaks a rule.
 */
bool sim_exchange_is_fine(struct sim_node *node, enum lh_code rc, const struct lh_err *err);

/** Any of these may end the process. */
void sim_exchange_start(struct sim_node *node);
void sim_exchange_stop(struct sim_node *node);
void sim_exchange_join(struct sim_node *node, const struct sim_link *link);
void sim_exchange_leave(struct sim_node *node, size_t who);
/** A frame came; `err` says why the link is to be cut. */
enum lh_code sim_exchange_take(struct sim_node *node, const struct sim_link *link,
                               const struct lh_frame *frame, struct lh_err *err);
/** Our own ledger has released the block that ends at `size`. */
void sim_exchange_seal(struct sim_node *node);
void sim_exchange_tick(struct sim_node *node);
/** The next frame for a peer, as lh_gossip_next. */
enum lh_code sim_exchange_next(struct sim_node *node, size_t who,
                               const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                               struct lh_err *err);

#endif
