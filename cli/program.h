#ifndef LH_CLI_PROGRAM_H
#define LH_CLI_PROGRAM_H

/* Starting our other programs: the one beside this program, else the one in PATH. */

#include "crypto/base/err.h"

enum { LH_PROGRAM_MISSING = 127 };

/**
 * Run `args[0]` with `args` (ended by a NULL) and wait. `*out_code` is its exit code,
 * LH_PROGRAM_MISSING when there is no such program. What it prints goes to stderr when
 * `is_aside`. LH_ERR_IO: it could not be started, or did not end by itself.
 */
enum lh_code lh_program_run(const char *const *args, bool is_aside, int *out_code,
                            struct lh_err *err) LH_MUST_CHECK;

#endif
