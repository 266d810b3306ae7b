#ifndef LH_SIM_QUEUE_H
#define LH_SIM_QUEUE_H

/*
 * What will happen, by simulated time. Of two events of one time the one that was added first comes
 * first, so a run is the same each time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_event {
    int64_t at_ms;
    uint64_t order; /* set by sim_queue_add */
    unsigned kind;  /* the caller's */
    size_t whom;
    uint64_t what;
};

struct sim_queue {
    struct sim_event *heap;
    size_t count;
    size_t capacity;
    uint64_t added;
};

void sim_queue_clear(struct sim_queue *queue);
void sim_queue_add(struct sim_queue *queue, struct sim_event event);
/** Take out the next one; false: there is none. */
bool sim_queue_next(struct sim_queue *queue, struct sim_event *out);

#endif
