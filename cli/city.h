#ifndef LH_CLI_CITY_H
#define LH_CLI_CITY_H

/* What a genesis file founds and what its epochs made of it, for people and as JSON: the network,
 * how many of its members must agree on what, and who witnesses whom.  Spec: specs/trust.md 1 and
 * 5, specs/network.md 1. */

#include "cli/cli.h"
#include "ledger/members.h"

/** Print on stdout the network of `genesis` with the members of one of its epochs. */
enum lh_code lh_city_print(const struct lh_cli *cli, const struct lh_genesis *genesis,
                           const struct lh_members *members, struct lh_err *err) LH_MUST_CHECK;

#endif
