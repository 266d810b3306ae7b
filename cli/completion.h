#ifndef LH_CLI_COMPLETION_H
#define LH_CLI_COMPLETION_H

/* What a shell has to know to complete a command line, made of the tables that parsing reads. */

#include "cli/opts.h"

/** What the completion of a shell is made of. `lang` is that of the descriptions. */
struct lh_completion {
    const struct lh_verb *verbs;
    const struct lh_option *common; /* options of all verbs */
    enum lh_lang lang;
};

/**
 * Append the completion for `shell`: bash, zsh or fish. False, and nothing is appended, for another
 * one.
 */
bool lh_completion_add(struct lh_buf *out, const char *shell, const struct lh_completion *of);

#endif
