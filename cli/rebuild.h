#ifndef LH_CLI_REBUILD_H
#define LH_CLI_REBUILD_H

/*
 * A data directory of an archive alone, where no backup is left. The archive is judged before
 * anything is made, each block again when it is taken in, and the whole store at the end.
 *
 *  1. The archive holds every generation of one department's ledger, in their order.
 *  2. The store is marked RESTORED before its first row is written, as every restored one.
 *  3. Of what no archive holds nothing is made up, but for the two secret keys that store rows are
 *     made with: without rows of before, fresh ones will do.
 *
 * Spec: specs/ledger.md 8.4.
 */

#include "cli/backup.h"

struct lh_rebuilt {
    struct lh_backup head; /* origin, size, root; the files that were written */
    struct lh_hash network_id;
    bool is_pinned;         /* --trust said whose network it is */
    uint64_t private_count; /* private parts taken in */
    bool lacks_private;     /* the archive does not say that it keeps all of them */
};

/**
 * Make --data of the archive `path` (.lhar, .lhar.zst). LH_ERR_FORGED: it breaks a rule, or --trust
 * is of another network; LH_ERR_UNKNOWN: it cannot be judged to its end; LH_ERR_INVALID: it is none
 * of one department from its first generation on; LH_ERR_CONFLICT: a store is there already. Until
 * the end RESTORING stands in the directory, and restoring again begins anew.
 */
enum lh_code lh_rebuild(struct lh_rebuilt *out, struct lh_cli *cli, const char *path,
                        const char *guard_dir, struct lh_err *err) LH_MUST_CHECK;

#endif
