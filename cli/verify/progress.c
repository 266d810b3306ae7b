#include "cli/verify/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { TICKS_A_LOOK = 256, FIRST_MS = 500, EVERY_MS = 200, EVERY_JSON_MS = 500, BAR = 20 };

void lh_progress_init(struct lh_progress *progress, enum lh_progress_mode mode)
{
    *progress = (struct lh_progress){ .mode = mode, .clock = lh_clock_system() };
    if (mode == LH_PROGRESS_AUTO && isatty(STDERR_FILENO) == 0) {
        progress->mode = LH_PROGRESS_NEVER;
    }
    progress->started_ms = progress->clock.mono_ms(progress->clock.arg);
    progress->shown_ms = progress->started_ms;
}

static void show_bar(struct lh_progress *progress, uint64_t done, uint64_t total, int64_t now_ms)
{
    double seconds = (double)(now_ms - progress->started_ms) / 1000.0;
    double part = total == 0 ? 0.0 : (double)done / (double)total;
    char bar[BAR + 1];

    for (int i = 0; i < BAR; i++) {
        bar[i] = (double)i < part * BAR ? '#' : '-';
    }
    bar[BAR] = 0;
    fprintf(stderr, "\rreplaying %" PRIu64 " leaves  ", progress->leaves);
    if (total > 0 && part > 0) {
        fprintf(stderr, "[%s] %3.0f %%  ETA %.0f s  ", bar, part * 100,
                seconds / part * (1 - part) + 0.5);
    }
    fprintf(stderr, "%.0fk/s ", (double)progress->leaves / seconds / 1000.0);
    progress->has_bar = true;
}

void lh_progress_tick(struct lh_progress *progress, uint64_t done, uint64_t total)
{
    bool is_json = progress->mode == LH_PROGRESS_JSON;

    progress->leaves++;
    if (progress->mode == LH_PROGRESS_NEVER || progress->leaves % TICKS_A_LOOK != 0) {
        return;
    }
    int64_t now_ms = progress->clock.mono_ms(progress->clock.arg);
    if (now_ms - progress->shown_ms < (is_json ? EVERY_JSON_MS : EVERY_MS) ||
        now_ms - progress->started_ms < FIRST_MS) {
        return;
    }
    progress->shown_ms = now_ms;
    if (is_json) {
        fprintf(stderr, "{\"leaves\":%" PRIu64 ",\"done\":%" PRIu64 ",\"total\":%" PRIu64 "}\n",
                progress->leaves, done, total);
    } else {
        show_bar(progress, done, total, now_ms);
    }
}

void lh_progress_end(struct lh_progress *progress)
{
    if (progress->has_bar) {
        fprintf(stderr, "\r\x1b[K");
        progress->has_bar = false;
    }
}
