#ifndef LH_SIM_GUARD_H
#define LH_SIM_GUARD_H

/*
 * The guard in memory: answers ledger/guard.h for the ledgers of the simulator, whose file has
 * tests of its own. It can fail at its n-th write, with the write done or not.
 */

#include "ledger/guard.h"

/** A guard that was never written; lh_guard_close ends it. */
struct lh_guard *sim_guard_new(void);
/** Make `guard` remember what `from` does. */
void sim_guard_copy(struct lh_guard *guard, const struct lh_guard *from);
/** Let the n-th write from now fail (0: none), after it was done if `is_kept`. */
void sim_guard_fail_at(struct lh_guard *guard, size_t n, bool is_kept);
/** A new process opens it: what failed before is forgotten. */
void sim_guard_reopen(struct lh_guard *guard);

#endif
