#include "cli/cmds.h"

#include "cli/glance.h"
#include "cli/screen.h"
#include "crypto/text.h"

/* top: one node on one screen, again and again. */

enum { INTERVAL_S = 2, INTERVAL_MAX_S = 3600, PATIENCE_MS = 3000, PIPE_COLUMNS = 132 };

const struct lh_option lh_top_options[] = {
    { "interval", 0, "SECONDS", { "how often it is drawn (2)", "刷新间隔秒数 (默认 2)" } },
    { "once",
      0,
      NULL,
      { "look once and leave, as into a pipe", "只看一次即退出; 输出到管道时亦然" } },
    { .name = NULL },
};

struct top {
    struct lh_cli *cli;
    int64_t interval_ms;
    struct lh_glance now;
    struct lh_glance before;
    struct lh_buf lines;
};

static enum lh_code look_once(struct top *top, struct lh_err *err)
{
    struct lh_cli *cli = top->cli;
    json_t *answer;
    enum lh_code rc = lh_glance_take(&top->now, cli, err);

    if (rc == LH_OK && cli->json) {
        answer = lh_glance_pack(&top->now, &top->before);
        rc = answer != NULL ? lh_api_print(cli, answer, err)
                            : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
        json_decref(answer);
    } else if (rc == LH_OK) {
        rc = lh_glance_add_lines(&top->lines, cli, &top->now, &top->before, PIPE_COLUMNS, err);
        (void)fputs(lh_buf_text(&top->lines), cli->out);
    }
    return rc;
}

/* What was seen last, and where the node does not answer, that. */
static enum lh_code compose(struct top *top, const struct lh_screen *screen, struct lh_err *err)
{
    struct lh_buf words = LH_BUF_EMPTY;
    struct lh_glance next = LH_GLANCE_EMPTY;
    struct lh_err why = LH_ERR_NONE;
    size_t columns;
    size_t rows;
    enum lh_code rc = LH_OK;

    lh_screen_size(screen, &columns, &rows);
    lh_buf_reset(&top->lines);
    if (lh_glance_take(&next, top->cli, &why) == LH_OK) {
        lh_glance_clear(&top->before);
        top->before = top->now;
        top->now = next;
    } else {
        lh_msg_add(&words, top->cli->lang, LH_MSG_TOP_AWAY, why.text, NULL);
        lh_screen_add_cut(&top->lines, lh_buf_bytes(&words), columns);
        lh_buf_add_u8(&top->lines, '\n');
    }
    if (top->now.status != NULL) {
        rc = lh_glance_add_lines(&top->lines, top->cli, &top->now, &top->before, columns, err);
    }
    lh_buf_clear(&words);
    return rc;
}

/* Until somebody ends it. A signal ends it as it ends other programs: 128 and its number. */
static enum lh_code look_on(struct top *top, int *out_code, struct lh_err *err)
{
    enum lh_screen_event event = LH_SCREEN_TIME;
    struct lh_screen *screen;
    int signal = 0;
    enum lh_code rc = lh_screen_open(&screen, top->cli, err);

    if (rc != LH_OK) {
        return rc;
    }
    while (rc == LH_OK && event == LH_SCREEN_TIME) {
        rc = compose(top, screen, err);
        if (rc == LH_OK) {
            lh_screen_draw(screen, lh_buf_bytes(&top->lines));
            event = lh_screen_wait(screen, top->interval_ms, &signal);
        }
    }
    lh_screen_close(screen);
    *out_code = event == LH_SCREEN_SIGNAL ? 128 + signal : LH_EXIT_OK;
    return rc;
}

static enum lh_code read_interval(struct top *top, struct lh_err *err)
{
    const char *text = lh_cli_value(top->cli, "interval");
    uint64_t seconds = INTERVAL_S;

    if (text != NULL && (lh_decimal_parse(&seconds, lh_bytes_of_text(text), NULL) != LH_OK ||
                         seconds < 1 || seconds > INTERVAL_MAX_S)) {
        return lh_err_set(err, LH_ERR_INVALID, "--interval wants 1 to %d seconds", INTERVAL_MAX_S);
    }
    top->interval_ms = (int64_t)seconds * 1000;
    return LH_OK;
}

int lh_cmd_top(struct lh_cli *cli)
{
    struct top top = {
        .cli = cli, .now = LH_GLANCE_EMPTY, .before = LH_GLANCE_EMPTY, .lines = LH_BUF_EMPTY
    };
    struct lh_err err = LH_ERR_NONE;
    int code = LH_EXIT_OK;
    enum lh_code rc = read_interval(&top, &err);

    if (rc == LH_OK && (cli->json || !cli->is_tty || lh_cli_has(cli, "once"))) {
        rc = look_once(&top, &err);
    } else if (rc == LH_OK) {
        /* while it waits for the node it hears no ^C */
        cli->timeout_ms = cli->timeout_ms > 0 ? cli->timeout_ms : PATIENCE_MS;
        rc = look_on(&top, &code, &err);
    }
    lh_glance_clear(&top.now);
    lh_glance_clear(&top.before);
    lh_buf_clear(&top.lines);
    return rc == LH_OK ? code : lh_cli_fail(cli, rc, &err);
}
