#ifndef LH_SIM_LIBRARY_H
#define LH_SIM_LIBRARY_H

/*
 * Where the replicas of a machine are: its own ledger as it stands, those of the others as copies
 * on the disk, and in a store of their own its promises, levels and evidence. What answers is
 * node/replica_store, over the simulated disk.
 */

#include "node/replica_store.h"

struct sim_node;

struct sim_library {
    struct lh_replica_store_parts parts;
    bool has_failed; /* a store did not open */
};

/** Open the stores. False: the process is over. */
bool sim_library_start(struct sim_node *node);
void sim_library_stop(struct sim_node *node);
/** Our own ledger is another generation now. */
void sim_library_follow(struct sim_node *node);
/** A call of a store has failed: the process is to end. */
bool sim_library_has_failed(const struct sim_node *node);
struct lh_replica_store sim_library_store(struct sim_node *node);
/** Its promises may be lost: its ledger was restored once, or goes on without them. */
bool sim_library_is_restored(struct sim_node *node);

#endif
