#ifndef LH_CLI_FOUNDING_H
#define LH_CLI_FOUNDING_H

/*
 * The node of a member of a network, in a home that holds its enrolment and genesis already: the
 * seal key, two secrets, guard, store, settings, trust policy and the first officer act. The epochs
 * that the member is given stand in the store.
 *
 * The guard is made before the store, so a store without a guard is never the trace of an
 * interrupted run, and is refused.
 */

#include "cli/home.h"
#include "ledger/epochs.h"

struct lh_founding {
    struct lh_genesis *genesis;
    const struct lh_epochs *epochs; /* of it; NULL: the genesis alone */
    const char *department;         /* a member */
    const char *guard_dir;
    const char *socket; /* NULL: in the home */
};

/** Make what is not there yet. LH_ERR_CONFLICT: a store that has lived has lost its guard, or has
 * other epochs. */
enum lh_code lh_founding_make(const struct lh_founding *words, struct lh_home *home,
                              struct lh_err *err) LH_MUST_CHECK;

#endif
