#ifndef LH_CLI_VERBS_H
#define LH_CLI_VERBS_H

#include "cli/opts.h"

/** All verbs in the order of the help, ended by one without a name. */
extern const struct lh_verb lh_verbs[];

#endif
