#ifndef LH_SIM_MEMO_H
#define LH_SIM_MEMO_H

/*
 * Signatures that were made or verified before. Both are functions of what goes in (Ed25519 signs
 * without randomness), and a city asks the same once for each machine: so the linker sends lh_sign
 * and lh_verify here (--wrap), and what was answered is not reckoned again. Only what is good is
 * remembered.
 */

#include "crypto/suite.h"

/** Remember from now on, with a suite of this thread; NULL: reckon everything. */
void sim_memo_use(struct lh_suite *suite);

#endif
