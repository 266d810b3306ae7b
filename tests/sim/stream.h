#ifndef LH_SIM_STREAM_H
#define LH_SIM_STREAM_H

/*
 * Random numbers of a simulation: one stream for each purpose, all from one seed, so that drawing
 * more for one purpose changes nothing for another.
 */

#include "tests/support/seeded.h"

#include <stdbool.h>

/** The stream of `purpose` and `number` (a node, a link; 0 if there is one only). */
static inline struct lh_seeded sim_stream(uint64_t seed, const char *purpose, uint64_t number)
{
    struct lh_seeded stream = { .state = seed ^ (number * UINT64_C(0x9fb21c651e98df25)) };

    for (const char *at = purpose; *at != '\0'; at++) {
        stream.state = lh_seeded_next(&stream) ^ (uint8_t)*at;
    }
    return stream;
}

/** True so many times in a thousand. */
static inline bool sim_chance(struct lh_seeded *stream, unsigned per_mille)
{
    return lh_seeded_below(stream, 1000) < per_mille;
}

/** low .. high, both included. */
static inline int64_t sim_between(struct lh_seeded *stream, int64_t low, int64_t high)
{
    return low + (int64_t)lh_seeded_below(stream, (size_t)(high - low + 1));
}

#endif
