#ifndef LH_SIM_NODE_H
#define LH_SIM_NODE_H

/*
 * One machine of a department: its disk, and while it is up a process with the department's ledger,
 * links to the others, and what it does as a witness of theirs and for its own heads.
 *
 *   down --sim_node_start--> up --crash, kill--> down
 */

#include "tests/sim/asking.h"
#include "tests/sim/disk.h"
#include "tests/sim/exchange.h"
#include "tests/sim/levels.h"
#include "tests/sim/links.h"
#include "tests/sim/sealing.h"
#include "tests/sim/stream.h"
#include "tests/sim/witnessing.h"

struct sim_world;

struct sim_node {
    struct sim_world *world;
    size_t machine;
    size_t who;    /* member */
    bool is_there; /* the machine exists */
    bool is_up;
    uint64_t life; /* processes so far */
    struct sim_disk disk;
    struct sim_sealing sealing;
    int64_t clock_ms; /* how far the wall clock is off */
    struct sim_library library;
    struct sim_exchange exchange;
    struct sim_links links;
    struct sim_witnessing witnessing;
    struct sim_asking asking;
    struct sim_levels levels; /* that all its processes have told */
    struct lh_seeded stream;
};

/** The machine exists from now on, with an empty disk. */
void sim_node_init(struct sim_node *node, struct sim_world *world, size_t machine, size_t who);
void sim_node_clear(struct sim_node *node);
/** Start a process; its store may still make it end at once. */
void sim_node_start(struct sim_node *node);
/** The process ends without a word; it starts again in a while. */
void sim_node_kill(struct sim_node *node, const char *why);
/** The process ends in good order, and starts again in a while. */
void sim_node_restart(struct sim_node *node, const char *why);
/** A call of its store or its guard has failed: that was the process. */
void sim_node_fail(struct sim_node *node, const struct lh_err *err);
/** Time has passed. */
void sim_node_tick(struct sim_node *node);
int64_t sim_node_wall_ms(const struct sim_node *node);

#endif
