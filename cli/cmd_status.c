#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/readable.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS ((int64_t)24 * 3600 * 1000)

enum { WARN_DAYS = 30 };

/* A duration for people: "12d 4h", "3m 20s". */
static void add_duration(struct lh_buf *out, uint64_t ms)
{
    uint64_t seconds = ms / 1000;

    if (seconds >= 86400) {
        lh_buf_add_format(out, "%llud %lluh", (unsigned long long)(seconds / 86400),
                          (unsigned long long)(seconds / 3600 % 24));
    } else if (seconds >= 3600) {
        lh_buf_add_format(out, "%lluh %llum", (unsigned long long)(seconds / 3600),
                          (unsigned long long)(seconds / 60 % 60));
    } else {
        lh_buf_add_format(out, "%llum %llus", (unsigned long long)(seconds / 60),
                          (unsigned long long)(seconds % 60));
    }
}

static void add_head_time(struct lh_buf *out, const char *text)
{
    int64_t time;

    if (lh_time_parse(&time, lh_bytes_of_text(text), NULL) == LH_OK) {
        lh_readable_add_time(out, time);
        lh_buf_add_text(out, " UTC+8");
    } else {
        lh_buf_add_text(out, "-");
    }
}

/* What is out of the ordinary. */
static void print_trouble(const struct lh_cli *cli, const json_t *status)
{
    const json_t *recovery = json_object_get(status, "recovery");
    const char *label = lh_api_text(status, "label");
    char number[24];
    char size[24];

    if (label[0] != '\0') {
        (void)snprintf(number, sizeof number, "%llu",
                       (unsigned long long)lh_api_number(status, "generation"));
        lh_cli_print(cli, LH_MSG_STATUS_LABEL, label, number, NULL);
    }
    if (lh_api_number(status, "journal") > 0) {
        (void)snprintf(number, sizeof number, "%llu",
                       (unsigned long long)lh_api_number(status, "journal"));
        lh_cli_print(cli, LH_MSG_STATUS_JOURNAL, number, NULL);
    }
    if (json_is_true(json_object_get(status, "clock_stepped"))) {
        lh_cli_print(cli, LH_MSG_STATUS_CLOCK, NULL);
    }
    if (json_is_object(recovery)) {
        (void)snprintf(number, sizeof number, "%llu",
                       (unsigned long long)lh_api_number(recovery, "next_generation"));
        (void)snprintf(size, sizeof size, "%llu",
                       (unsigned long long)lh_api_number(recovery, "prev_size"));
        lh_cli_print(cli, LH_MSG_STATUS_RECOVERY, number, size,
                     lh_api_text(recovery, "prev_origin"), NULL);
    }
}

static void print(const struct lh_cli *cli, const json_t *status)
{
    struct lh_buf uptime = LH_BUF_EMPTY;
    struct lh_buf head_time = LH_BUF_EMPTY;
    struct lh_buf numbers[6] = { LH_BUF_EMPTY, LH_BUF_EMPTY, LH_BUF_EMPTY,
                                 LH_BUF_EMPTY, LH_BUF_EMPTY, LH_BUF_EMPTY };
    static const char *const names[6] = { "size",     "height",     "recorded",
                                          "rejected", "duplicates", "queue" };
    const char *why = lh_api_text(status, "why");

    add_duration(&uptime, lh_api_number(status, "uptime_ms"));
    add_head_time(&head_time, lh_api_text(status, "head_time"));
    for (size_t i = 0; i < 6; i++) {
        lh_buf_add_format(&numbers[i], "%llu", (unsigned long long)lh_api_number(status, names[i]));
    }
    lh_cli_print(cli, LH_MSG_STATUS_NODE, lh_api_text(status, "version"),
                 lh_api_text(status, "department"), lh_api_text(status, "state"),
                 lh_buf_text(&uptime), NULL);
    /* What was found when the node started: it matters for as long as the node doubts. */
    if (strcmp(lh_api_text(status, "state"), "suspect") == 0 && why[0] != '\0') {
        lh_cli_print(cli, LH_MSG_STATUS_WHY, why, NULL);
    }
    lh_cli_print(cli, LH_MSG_STATUS_LEDGER, lh_api_text(status, "origin"), lh_buf_text(&numbers[0]),
                 lh_buf_text(&numbers[1]), lh_buf_text(&head_time), lh_api_text(status, "suite"),
                 NULL);
    lh_cli_print(cli, LH_MSG_STATUS_INTAKE, lh_buf_text(&numbers[2]), lh_buf_text(&numbers[4]),
                 lh_buf_text(&numbers[3]), lh_buf_text(&numbers[5]), NULL);
    print_trouble(cli, status);
    lh_cli_print(cli, LH_MSG_STATUS_NETWORK, lh_api_text(status, "network_id"), NULL);
    for (size_t i = 0; i < 6; i++) {
        lh_buf_clear(&numbers[i]);
    }
    lh_buf_clear(&head_time);
    lh_buf_clear(&uptime);
}

/* Where clients come in over TLS, and a word when its certificate ends within a month. */
static void print_tls(const struct lh_cli *cli, const json_t *tls)
{
    int64_t until_ms = 0;
    struct lh_buf until = LH_BUF_EMPTY;
    struct lh_buf days = LH_BUF_EMPTY;
    int64_t left_ms;

    if (!json_is_object(tls) ||
        lh_time_parse(&until_ms, lh_bytes_of_text(lh_api_text(tls, "certificate_until")), NULL) !=
            LH_OK) {
        return;
    }
    left_ms = until_ms - cli->clock.wall_unix_ms(cli->clock.arg);
    lh_readable_add_time(&until, until_ms);
    lh_cli_print(cli, LH_MSG_STATUS_TLS, lh_api_text(tls, "address"), lh_buf_text(&until),
                 lh_api_text(tls, "pin"), NULL);
    lh_buf_add_format(&days, "%lld", (long long)(left_ms / DAY_MS));
    if (left_ms <= 0) {
        lh_cli_warn(cli, LH_MSG_STATUS_TLS_ENDED, NULL);
    } else if (left_ms <= WARN_DAYS * DAY_MS) {
        lh_cli_warn(cli, LH_MSG_STATUS_TLS_ENDING, lh_buf_text(&days), NULL);
    }
    lh_buf_clear(&days);
    lh_buf_clear(&until);
}

int lh_cmd_status(struct lh_cli *cli)
{
    struct lh_err err = LH_ERR_NONE;
    json_t *status = NULL;
    enum lh_code rc;

    rc = lh_api_get_status(cli, &status, &err);
    if (rc == LH_OK && cli->json) {
        rc = lh_api_print(cli, status, &err);
    } else if (rc == LH_OK) {
        print(cli, status);
        print_tls(cli, json_object_get(status, "tls"));
    }
    json_decref(status);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
