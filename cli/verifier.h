#ifndef LH_CLI_VERIFIER_H
#define LH_CLI_VERIFIER_H

/* Starting liuhen-verify, which judges files from their bytes alone. */

#include "cli/cli.h"

/**
 * Run it over `paths` with `trusts` (at most two files; a NULL is none), and what the command line
 * gave with --epochs, and wait. `*out_code` is
 * its exit code; one that did not end by itself gives LH_ERR_IO.
 */
enum lh_code lh_verifier_run(const struct lh_cli *cli, const char *const *paths, size_t path_count,
                             const char *const trusts[2], int *out_code,
                             struct lh_err *err) LH_MUST_CHECK;

#endif
