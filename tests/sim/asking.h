#ifndef LH_SIM_ASKING_H
#define LH_SIM_ASKING_H

/*
 * A department that was set back, or whose store is gone, asks the others before it goes on: drives
 * net/recovery over its links, and node/restoring when it starts, as the node does.
 *
 *   officers make an act --restart--> it asks --promises settled, what they name is held--> restart
 *   --its store has that--> the next generation, of reason 2 --restart--> it goes on as any other
 */

#include "net/recovery.h"

struct sim_node;
struct sim_link;

struct sim_asking {
    struct lh_recovery *recovery; /* NULL: nothing is asked */
    int64_t enough_ms;            /* since when what was witnessed is held; 0: it is not */
    bool is_unfit;                /* the store holds another history than the others gave */
};

/** Officers ask for this generation or a higher one, from the next start on. */
void sim_asking_order(struct sim_node *node, uint32_t generation);
/** Do they ask? */
bool sim_asking_is_on(const struct sim_node *node);
/** Before the ledger is opened: take in what the others gave. May end the process. */
void sim_asking_take_back(struct sim_node *node);
/** The ledger is open: has the generation that was asked for begun? Then nothing is asked more. */
void sim_asking_look(struct sim_node *node);
void sim_asking_start(struct sim_node *node);
void sim_asking_stop(struct sim_node *node);
void sim_asking_join(struct sim_node *node, size_t who);
void sim_asking_leave(struct sim_node *node, size_t who);
/** A PROMISE, a DECLINE or a COSIGNATURE came, while it asks. */
enum lh_code sim_asking_take(struct sim_node *node, const struct sim_link *link,
                             const struct lh_frame *frame, struct lh_err *err);
/** The next frame for a peer, as lh_gossip_next. */
enum lh_code sim_asking_next(struct sim_node *node, size_t who, const size_t credit[LH_CLASS_COUNT],
                             struct lh_frame *out, struct lh_err *err);
/** Time has passed, for a department that asks. May end the process. */
void sim_asking_tick(struct sim_node *node);

#endif
