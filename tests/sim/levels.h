#ifndef LH_SIM_LEVELS_H
#define LH_SIM_LEVELS_H

/*
 * O7: what a machine tells of the levels of its newest generation never falls, over all its lives,
 * unless its disk is put back or gone; and what it calls witnessed, enough witnesses have cosigned.
 */

#include <stdint.h>

struct sim_node;

/* What the machine has told; it cannot take it back. */
struct sim_levels {
    uint32_t generation;
    uint64_t witnessed_size;
    uint64_t final_size;
};

/** Look at what it tells now. */
void sim_levels_watch(struct sim_node *node);
/** Its notes are those of an image, or gone: it may tell less. */
void sim_levels_forget(struct sim_node *node);

#endif
