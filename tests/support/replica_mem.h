#ifndef LH_TESTS_REPLICA_MEM_H
#define LH_TESTS_REPLICA_MEM_H

/*
 * Replicas kept in memory (struct lh_replica_store), for tests. What was kept outlives whoever kept
 * it; a call can be made to fail, and then nothing of it is there. The nodes that come with a block
 * are checked against its leaves.
 */

#include "net/replica.h"

struct lh_replica_mem;

struct lh_replica_mem *lh_replica_mem_new(enum lh_suite_id suite);
void lh_replica_mem_free(struct lh_replica_mem *mem);
struct lh_replica_store lh_replica_mem_store(struct lh_replica_mem *mem);
/** A block of the node's own ledger, which gossip never writes; `next` is the head after it. */
void lh_replica_mem_put(struct lh_replica_mem *mem, const struct lh_block *block,
                        const struct lh_chain *next);
/** Let the n-th call from now (1: the next one) and every later one fail; 0: none. */
void lh_replica_mem_fail_at(struct lh_replica_mem *mem, size_t n);
/** Calls that changed something so far. */
size_t lh_replica_mem_write_count(const struct lh_replica_mem *mem);

#endif
