#ifndef LH_SIM_THEFT_H
#define LH_SIM_THEFT_H

/*
 * A seal key in wrong hands: somebody who has it signs another history of a ledger, and shows it
 * from a machine of another department, as a row of HAVE. The ledger is to be convicted everywhere;
 * its department did nothing wrong and cannot show that, for the key is all that speaks for it.
 */

#include "ledger/origin.h"

#include <stdbool.h>
#include <stddef.h>

struct sim_world;

struct sim_theft {
    size_t who;
    uint32_t generation; /* 0: nothing was stolen */
    char origin[LH_ORIGIN_MAX + 1];
    uint32_t used; /* a bit for each machine from which it was shown */
};

/** The key of a member's newest ledger is stolen. */
void sim_theft_begin(struct sim_world *world, size_t who);
/** Was a key of this member stolen? */
bool sim_theft_is_of(const struct sim_world *world, size_t who);
/** The thief shows what he signed to one more, unless somebody has evidence by now. */
void sim_theft_tick(struct sim_world *world);
/** O10 of a ledger whose key was stolen, in the calm: everybody has evidence against it. */
void sim_theft_judge(struct sim_world *world);

#endif
