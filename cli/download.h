#ifndef LH_CLI_DOWNLOAD_H
#define LH_CLI_DOWNLOAD_H

/* Ledgers of the node as an archive, into a file: its own, or those of others that it holds. */

#include "cli/cli.h"

/**
 * Fetch /v1/archive into `path` ("-": stdout), in place only when it is whole. `ledger`: a code of
 * a department, or "all"; NULL: the node's own. `leaf_count`: of the newest head; far more than so
 * many leaves, and what the node says that it holds of others, can take is no archive of it
 * (LH_ERR_LIMIT).
 */
enum lh_code lh_download_archive(struct lh_cli *cli, const char *path, const char *ledger,
                                 uint64_t leaf_count, uint64_t *out_len,
                                 struct lh_err *err) LH_MUST_CHECK;

#endif
