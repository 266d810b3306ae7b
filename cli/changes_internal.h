#ifndef LH_CLI_CHANGES_INTERNAL_H
#define LH_CLI_CHANGES_INTERNAL_H

/* What reading changes and telling them share: how a key of a member is called. */

#include "cli/msg.h"
#include "ledger/members.h"

/* The four keys that every member has, behind its officers in the order of lh_enrolment_key. */
enum { LH_CHANGES_ROLES = 4 };
extern const struct lh_words lh_changes_roles[LH_CHANGES_ROLES];

#endif
