#ifndef LH_CLI_EXPECTED_H
#define LH_CLI_EXPECTED_H

/*
 * --expect: what somebody read aloud by telephone, against what a file says. Nothing given is
 * nothing compared; the caller says so.  Spec: specs/trust.md 4.
 */

#include "cli/cli.h"

#define LH_EXPECTED_OPTION                                                                                    \
    {                                                                                                         \
        "expect", 0, "NUMBERS",                                                                               \
        {                                                                                                     \
            "what was read aloud; another file is refused", "电话中听到的八组数字; 不符则拒绝" \
        }                                                                                                     \
    }

/** How many are given. LH_ERR_INVALID: one of them is not in the form that is read aloud. */
enum lh_code lh_expected_count(size_t *out, const struct lh_cli *cli,
                               struct lh_err *err) LH_MUST_CHECK;
/** LH_ERR_FORGED: some are given, and `hash`, of what `what` names, is none of them. */
enum lh_code lh_expected_check(const struct lh_cli *cli, const char *what,
                               const struct lh_hash *hash, struct lh_err *err) LH_MUST_CHECK;

#endif
