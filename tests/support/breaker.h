#ifndef LH_TESTS_BREAKER_H
#define LH_TESTS_BREAKER_H

/*
 * Blocks that a department of a town sealed and that break a rule of appending, each consistent in
 * everything else: roots and seal are made over the broken thing. Failures are assertions.
 */

#include "net/evidence.h"
#include "tests/support/town.h"

enum { LH_BREAKER_LEAVES_MAX = 8 };

struct lh_broken {
    const char *name;          /* what is wrong, in words */
    const char *rule;          /* the one that evidence names; NULL: a few leaves do not show it */
    size_t shown;              /* by so many leaves */
    struct lh_town_block made; /* the block, and the head after it as its department has it */
    struct lh_checkpoint head;
    struct lh_bytes leaves[LH_BREAKER_LEAVES_MAX];
    struct lh_buf bytes;
    struct lh_buf checkpoint;
};

/** How many ways there are to break the block that follows a head, or the first block. */
size_t lh_breaker_count(bool is_first);
/**
 * `good` is a block that follows `after`: with 3 entries, or the first of a ledger. `out` is it,
 * broken in the `which`-th way and sealed by the department; to be cleared.
 */
void lh_breaker_make(struct lh_broken *out, const struct lh_town *town, size_t who,
                     const struct lh_chain *after, const struct lh_block *good, size_t which);
/**
 * The evidence of it (breaker_show.c): `before` are the blocks before it, all of them. The parts
 * borrow from these, from the town and from `broken`.
 */
void lh_broken_show(struct lh_evidence *out, const struct lh_broken *broken,
                    const struct lh_town *town, const struct lh_block *const *before,
                    size_t before_count);
void lh_broken_clear(struct lh_broken *broken);

#endif
