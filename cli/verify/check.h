#ifndef LH_CLI_VERIFY_CHECK_H
#define LH_CLI_VERIFY_CHECK_H

/* Verify one file of whatever kind it is and fill in what was found. */

#include "cli/verify/past.h"
#include "cli/verify/pool.h"
#include "cli/verify/progress.h"
#include "cli/verify/promise.h"
#include "cli/verify/report.h"
#include "cli/verify/trust.h"

struct lh_check_options {
    bool with_signatures;
    struct lh_pool *pool;       /* NULL: check signatures in this thread */
    const struct lh_past *past; /* of --resume, NULL without: it goes with the first archive */
    enum lh_progress_mode progress;
    struct lh_promises *promises; /* of the journal receipts on the command line */
};

/**
 * `out` is zeros but for its path. Never fails: what goes wrong is a result too. A verified archive
 * of the trusted network adds the seal keys of its ledgers to `trust`, so that receipts named
 * behind it can be judged, and its recorders, for journal receipts.
 */
void lh_check_file(struct lh_file_report *out, struct lh_trust *trust,
                   const struct lh_check_options *options);

#endif
