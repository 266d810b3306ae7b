#ifndef LH_TEST_SEEDED_H
#define LH_TEST_SEEDED_H

/* Numbers from a seed: splitmix64. A property test prints its seed, and LH_TEST_SEED sets it. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct lh_seeded {
    uint64_t state;
};

static inline struct lh_seeded lh_seeded_new(uint64_t seed)
{
    const char *chosen = getenv("LH_TEST_SEED");

    if (chosen != NULL) {
        seed = strtoull(chosen, NULL, 0);
    }
    printf("seed %llu\n", (unsigned long long)seed);
    return (struct lh_seeded){ .state = seed };
}

static inline uint64_t lh_seeded_next(struct lh_seeded *seeded)
{
    uint64_t z = seeded->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/** 0 .. bound - 1; `bound` > 0. */
static inline size_t lh_seeded_below(struct lh_seeded *seeded, size_t bound)
{
    return (size_t)(lh_seeded_next(seeded) % bound);
}

static inline void lh_seeded_fill(struct lh_seeded *seeded, void *out, size_t len)
{
    uint8_t *bytes = out;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(lh_seeded_next(seeded) >> 32);
    }
}

#endif
