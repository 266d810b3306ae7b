#ifndef LH_CLI_VERIFY_POOL_H
#define LH_CLI_VERIFY_POOL_H

/*
 * Threads that check signatures for a replay: a bounded queue of batches in front, findings of
 * their own behind. Nothing of the replay is shared but verifiers, which are immutable.
 */

#include "ledger/replay.h"

enum { LH_POOL_THREADS_MAX = 256 };

struct lh_pool;

enum lh_code lh_pool_new(struct lh_pool **out, size_t threads, struct lh_err *err) LH_MUST_CHECK;
/** Ends the threads; what is still queued is not checked. */
void lh_pool_free(struct lh_pool *pool);
/** The pool as a replay sees it; one replay at a time. */
struct lh_replay_pool lh_pool_of_replay(struct lh_pool *pool);

#endif
