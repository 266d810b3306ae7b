#ifndef LH_CLI_VERIFY_PROGRESS_H
#define LH_CLI_VERIFY_PROGRESS_H

/*
 * Progress on standard error: a bar on a terminal after half a second, or a line of JSON twice a
 * second, or nothing. Told of leaves judged and bytes read; asks the clock only now and then.
 */

#include "crypto/base/time.h"

enum lh_progress_mode { LH_PROGRESS_AUTO, LH_PROGRESS_NEVER, LH_PROGRESS_JSON };

struct lh_progress {
    enum lh_progress_mode mode;
    struct lh_clock clock;
    int64_t started_ms;
    int64_t shown_ms;
    uint64_t leaves;
    bool has_bar;
};

void lh_progress_init(struct lh_progress *progress, enum lh_progress_mode mode);
/** One more leaf; `done` of `total` bytes read (total 0: not known). */
void lh_progress_tick(struct lh_progress *progress, uint64_t done, uint64_t total);
/** Wipe the bar. */
void lh_progress_end(struct lh_progress *progress);

#endif
