#ifndef LH_CLI_LINEAGE_H
#define LH_CLI_LINEAGE_H

/*
 * The epochs of a network from files: its genesis file, then proposals, each of which fits what
 * those before it made of the members. Whether a proposal was certified is not said by it.
 * Spec: specs/trust.md 5.
 */

#include "cli/opts.h"
#include "ledger/epochs.h"

struct lh_lineage {
    struct lh_genesis *genesis;
    struct lh_suite *suite;
    struct lh_epochs *epochs; /* as many as files, once it is open */
    const char *const *paths; /* borrowed; of each epoch, by its number */
};

/**
 * Read the files in their order, the genesis file first. The failing file stands in front of the
 * words; codes are those of lh_genesis_new and lh_epochs_add, and of reading. The caller closes
 * `out` in every case, and keeps `paths` until then.
 */
enum lh_code lh_lineage_open(struct lh_lineage *out, LH_KEEPS const char *const *paths,
                             size_t count, struct lh_err *err) LH_MUST_CHECK;
void lh_lineage_close(struct lh_lineage *lineage);
/** The members after all the files. */
const struct lh_members *lh_lineage_last(const struct lh_lineage *lineage);
/** The last file. */
const char *lh_lineage_last_path(const struct lh_lineage *lineage);

#endif
