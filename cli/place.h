#ifndef LH_CLI_PLACE_H
#define LH_CLI_PLACE_H

/* Where we are: the network and the department, from the data directory or from the node. */

#include "cli/cli.h"

struct lh_place {
    struct lh_genesis *genesis;
    struct lh_suite *suite;
    char department[LH_CODE_MAX + 1];
};

/**
 * With --data (or LIUHEN_DATA) and a genesis file there, from that; else from the node. Close it
 * afterwards, also when it failed.
 */
enum lh_code lh_place_open(struct lh_place *out, struct lh_cli *cli,
                           struct lh_err *err) LH_MUST_CHECK;
void lh_place_close(struct lh_place *place);

#endif
