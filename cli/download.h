#ifndef LH_CLI_DOWNLOAD_H
#define LH_CLI_DOWNLOAD_H

/* The node's own ledger as an archive, into a file. */

#include "cli/cli.h"

/**
 * Fetch /v1/archive into `path` ("-": stdout), in place only when it is whole. `leaf_count`: of the
 * newest head; far more than so many leaves can take is no archive of it (LH_ERR_LIMIT).
 */
enum lh_code lh_download_archive(struct lh_cli *cli, const char *path, uint64_t leaf_count,
                                 uint64_t *out_len, struct lh_err *err) LH_MUST_CHECK;

#endif
