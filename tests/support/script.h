#ifndef LH_TESTS_SCRIPT_H
#define LH_TESTS_SCRIPT_H

/*
 * What peers of a town may say to a node: the blocks of each department, of one that forks those of
 * both branches and some that break a rule, and what convicts it. Made once, for fuzz targets that
 * say it in any order. Failures are assertions.
 */

#include "tests/support/breaker.h"
#include "tests/support/replica_mem.h"

enum {
    LH_SCRIPT_DEPARTMENTS = 4,
    LH_SCRIPT_BLOCKS = 5, /* of each department */
    LH_SCRIPT_COMMON = 2, /* of the liar, before its branches part */
    LH_SCRIPT_BRANCHES = 2,
    LH_SCRIPT_TEXTS = 4
};

struct lh_script {
    size_t liar;
    size_t reader; /* whose node all of it is said to */
    struct lh_town *town;
    const struct lh_town_block *blocks[LH_SCRIPT_BRANCHES][LH_SCRIPT_DEPARTMENTS][LH_SCRIPT_BLOCKS];
    struct lh_broken *broken; /* behind the common blocks, and first ones */
    size_t broken_count;
    struct lh_replica_mem *mems[LH_SCRIPT_BRANCHES];
    struct lh_replica *holders[LH_SCRIPT_BRANCHES]; /* who has all of one branch, for proofs */
    /* Two histories; two roots, which is not true; a broken rule; a later version. */
    struct lh_buf evidence[LH_SCRIPT_TEXTS];
    struct lh_buf act; /* the liar asks for promises */
};

/** It stays for good. */
struct lh_script *lh_script_new(size_t liar, size_t reader);

#endif
