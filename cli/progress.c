#include "cli/progress.h"

#include <string.h>
#include <unistd.h>

enum { FIRST_MS = 500, AGAIN_MS = 100, CELLS = 24 };

static int64_t now(const struct lh_progress *progress)
{
    const struct lh_clock *clock = &progress->cli->clock;

    return clock->mono_ms(clock->arg);
}

enum lh_code lh_progress_begin(struct lh_progress *progress, const struct lh_cli *cli,
                               struct lh_err *err)
{
    const char *form = lh_cli_value(cli, "progress");
    bool is_terminal = isatty(fileno(cli->err)) == 1;

    *progress = (struct lh_progress){ .cli = cli };
    progress->start_mono_ms = now(progress);
    if (form == NULL) {
        progress->form = is_terminal && !cli->quiet ? LH_PROGRESS_BAR : LH_PROGRESS_NONE;
    } else if (strcmp(form, "json") == 0) {
        progress->form = LH_PROGRESS_JSON;
    } else if (strcmp(form, "bar") == 0) {
        progress->form = is_terminal ? LH_PROGRESS_BAR : LH_PROGRESS_NONE;
    } else if (strcmp(form, "none") != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "--progress: bar, json or none");
    }
    return LH_OK;
}

/* "[#######       ]  52%  4,471/8,577  2,210/s  2 s" */
static void draw(struct lh_progress *progress, uint64_t done, uint64_t total, int64_t spent_ms)
{
    const char *full = progress->cli->has_utf8 ? "█" : "#";
    uint64_t cells = done * CELLS / total;
    uint64_t rate = done * 1000 / (uint64_t)spent_ms;
    struct lh_buf line = LH_BUF_EMPTY;

    lh_buf_add_text(&line, "\r[");
    for (uint64_t i = 0; i < CELLS; i++) {
        lh_buf_add_text(&line, i < cells ? full : " ");
    }
    lh_buf_add_format(&line, "] %3llu%%  %llu/%llu  %llu/s",
                      (unsigned long long)(done * 100 / total), (unsigned long long)done,
                      (unsigned long long)total, (unsigned long long)rate);
    if (rate > 0) {
        lh_buf_add_format(&line, "  %llu s", (unsigned long long)((total - done) / rate));
    }
    (void)fprintf(progress->cli->err, "%s\033[K", lh_buf_text(&line));
    (void)fflush(progress->cli->err);
    lh_buf_clear(&line);
}

void lh_progress_step(struct lh_progress *progress, uint64_t done, uint64_t total)
{
    int64_t at = now(progress);
    int64_t spent_ms = at - progress->start_mono_ms;

    if (progress->form == LH_PROGRESS_JSON) {
        (void)fprintf(progress->cli->err, "{\"done\":%llu,\"total\":%llu}\n",
                      (unsigned long long)done, (unsigned long long)total);
        return;
    }
    if (progress->form != LH_PROGRESS_BAR || spent_ms < FIRST_MS ||
        (progress->is_shown && at - progress->shown_mono_ms < AGAIN_MS)) {
        return;
    }
    progress->is_shown = true;
    progress->shown_mono_ms = at;
    draw(progress, done, total, spent_ms);
}

void lh_progress_end(struct lh_progress *progress)
{
    if (progress->is_shown) {
        (void)fprintf(progress->cli->err, "\r\033[K");
        (void)fflush(progress->cli->err);
        progress->is_shown = false;
    }
}

int64_t lh_progress_ms(const struct lh_progress *progress)
{
    return now(progress) - progress->start_mono_ms;
}
