#ifndef LH_CLI_RESULTS_H
#define LH_CLI_RESULTS_H

/* What the node says to entries that were handed in: one line each, receipts saved on request. */

#include "cli/api.h"

struct lh_results {
    const char *receipt_dir; /* NULL: receipts are not saved */
    size_t done;             /* recorded or duplicate */
    size_t rejected;
    enum lh_code worst; /* why the last one was rejected */
};

/**
 * Print the results in an answer to POST /v1/events or /v1/acts. `first` is the number of the
 * first one for people (from 1); `ids` (may be NULL) name them. An answer without results is
 * turned into an error as lh_api_problem does.
 */
enum lh_code lh_results_print(struct lh_results *results, const struct lh_cli *cli,
                              const struct lh_client_reply *reply, size_t first,
                              struct lh_err *err) LH_MUST_CHECK;
/** 0, 8 when some were rejected, or what the reason of all says. */
int lh_results_exit(const struct lh_results *results);

#endif
