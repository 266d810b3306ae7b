#ifndef LH_CLI_BACKUP_INTERNAL_H
#define LH_CLI_BACKUP_INTERNAL_H

/* What a restore from a backup and one from an archive share: backup_restore.c has it. */

#include "cli/backup.h"

struct lh_restoring {
    struct lh_cli *cli;
    const struct lh_backup *backup; /* origin, head, and the files that will stand in --data */
    const char *dir;                /* where those files come from */
    struct lh_buf data;             /* absolute */
    struct lh_buf guard;            /* absolute, the file */
    struct lh_buf path;             /* of the moment */
    bool is_again;                  /* a restore before this one did not end */
    struct lh_err *err;
};

/** DIR/NAME until the next call. */
const char *lh_restoring_path(struct lh_restoring *restoring, const char *name);
/**
 * --data with keys/ and the guard's directory; from here on RESTORING stands there. What a restore
 * before left is taken away. LH_ERR_CONFLICT: a file that would be written is there.
 */
enum lh_code lh_restoring_begin(struct lh_restoring *restoring,
                                const char *guard_dir) LH_MUST_CHECK;
/** Put a file of the manifest in its place. */
enum lh_code lh_restoring_put(struct lh_restoring *restoring, const char *name,
                              struct lh_bytes content, unsigned mode) LH_MUST_CHECK;
/** Settings that name places, with the new ones. */
void lh_restoring_add_places(const struct lh_restoring *restoring, struct lh_buf *out);
/** The marker of a restored copy, a guard if there is none, and then an empty store. */
enum lh_code lh_restoring_open_store(struct lh_restoring *restoring,
                                     struct lh_store **out) LH_MUST_CHECK;
/** The store was filled with `rc`: when its bytes are no ledger it is taken away again. */
enum lh_code lh_restoring_blame(struct lh_restoring *restoring, enum lh_code rc) LH_MUST_CHECK;
/** Judge all of it again from the stored bytes, and take RESTORING away. */
enum lh_code lh_restoring_end(struct lh_restoring *restoring) LH_MUST_CHECK;
void lh_restoring_clear(struct lh_restoring *restoring);

#endif
