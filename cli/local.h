#ifndef LH_CLI_LOCAL_H
#define LH_CLI_LOCAL_H

/*
 * The ledger of a data directory, its newest generation, read without asking its node, which may be
 * running: a frozen view that nothing changes any more.
 */

#include "cli/place.h"
#include "ledger/ledger.h"

struct lh_local {
    struct lh_place place;
    struct lh_store *store;
    struct lh_ledger *ledger;
    struct lh_ledger_head head;
};

/** Open that of --data. LH_ERR_NOT_FOUND, LH_ERR_IO, LH_ERR_CORRUPT. Close it in every case. */
enum lh_code lh_local_open(struct lh_local *out, struct lh_cli *cli,
                           struct lh_err *err) LH_MUST_CHECK;
void lh_local_close(struct lh_local *local);

#endif
