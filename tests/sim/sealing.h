#ifndef LH_SIM_SEALING_H
#define LH_SIM_SEALING_H

/*
 * The own ledger of a process: found it, write into it what people ask for, and after a restore
 * begin the next generation, which two officers sign. Every call may end the process, as a store
 * can fail at any time.
 */

#include "ledger/ledger.h"

struct sim_node;

enum { SIM_BLOCK_ENTRIES_MAX = 5 };

struct sim_sealing {
    struct lh_ledger *ledger;
    int64_t officers_ms; /* in state suspect: when officers have looked at it */
};

/** Open the ledger, and see that nothing that was released is missing unnoticed. */
void sim_sealing_start(struct sim_node *node);
void sim_sealing_stop(struct sim_node *node);
/**
 * What the others promised lets the ledger go on: begin the generation that was asked for, and
 * start again with it. Ends the process.
 */
void sim_sealing_begin_asked(struct sim_node *node, const struct lh_ledger_facts *facts,
                             const struct lh_hash *promises);
/** One block at most. */
void sim_sealing_tick(struct sim_node *node);

#endif
