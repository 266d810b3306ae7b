#ifndef LH_CLI_PROGRESS_H
#define LH_CLI_PROGRESS_H

/*
 * How far a long task is, on stderr: a bar on a terminal, once it has taken half a second; with
 * --progress json one {"done":...,"total":...} a line; otherwise nothing.
 */

#include "cli/cli.h"

/* An option of every verb that takes long: put it into the verb's list. */
#define LH_PROGRESS_OPTION                                                                           \
    {                                                                                                \
        "progress", 0, "FORM",                                                                       \
        {                                                                                            \
            "bar (default on a terminal), json or none", "进度: bar (终端默认), json 或 none" \
        }                                                                                            \
    }

struct lh_progress {
    const struct lh_cli *cli;
    enum { LH_PROGRESS_NONE, LH_PROGRESS_BAR, LH_PROGRESS_JSON } form;
    int64_t start_mono_ms;
    int64_t shown_mono_ms;
    bool is_shown;
};

/** Read --progress and begin. LH_ERR_INVALID. */
enum lh_code lh_progress_begin(struct lh_progress *progress, const struct lh_cli *cli,
                               struct lh_err *err) LH_MUST_CHECK;
/** `done` of `total` are done; `total` is at least 1. */
void lh_progress_step(struct lh_progress *progress, uint64_t done, uint64_t total);
/** Take the bar away. Fine at any time after begin. */
void lh_progress_end(struct lh_progress *progress);
/** Milliseconds since begin. */
int64_t lh_progress_ms(const struct lh_progress *progress);

#endif
