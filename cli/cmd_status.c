#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/readable.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS ((int64_t)24 * 3600 * 1000)

enum { WARN_DAYS = 30 };

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

/* What the peers were asked, and what came of it. */
static void print_restore(const struct lh_cli *cli, const json_t *restore)
{
    const char *head = lh_api_text(restore, "head_origin");
    struct lh_buf word = LH_BUF_EMPTY;
    char promises[24];
    char needed[24];
    char number[24];

    (void)snprintf(promises, sizeof promises, "%llu",
                   (unsigned long long)lh_api_number(restore, "promises"));
    (void)snprintf(needed, sizeof needed, "%llu",
                   (unsigned long long)lh_api_number(restore, "needed"));
    (void)snprintf(number, sizeof number, "%llu",
                   (unsigned long long)lh_api_number(restore, "head_size"));
    if (json_is_true(json_object_get(restore, "held"))) {
        lh_msg_add(&word, cli->lang, LH_MSG_STATUS_RESTORE_HELD, number, head, NULL);
    } else if (json_is_true(json_object_get(restore, "tainted"))) {
        lh_msg_add(&word, cli->lang, LH_MSG_STATUS_RESTORE_TAINTED, NULL);
    } else if (json_is_true(json_object_get(restore, "left_behind"))) {
        lh_msg_add(&word, cli->lang, LH_MSG_STATUS_RESTORE_LEFT, NULL);
    } else if (lh_api_number(restore, "taken") > 0) {
        (void)snprintf(number, sizeof number, "%llu",
                       (unsigned long long)lh_api_number(restore, "taken"));
        lh_msg_add(&word, cli->lang, LH_MSG_STATUS_RESTORE_TAKEN, number, NULL);
    } else if (json_is_true(json_object_get(restore, "settled"))) {
        lh_msg_add(&word, cli->lang, LH_MSG_STATUS_RESTORE_FETCHES, number, head, NULL);
    } else {
        lh_msg_add(&word, cli->lang, LH_MSG_STATUS_RESTORE_WAITS, NULL);
    }
    lh_cli_print(cli, LH_MSG_STATUS_RESTORE, promises, needed, lh_api_text(restore, "origin"),
                 lh_buf_text(&word), NULL);
    lh_buf_clear(&word);
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
    if (json_is_true(json_object_get(status, "waiting"))) {
        lh_cli_print(cli, LH_MSG_STATUS_WAITING, NULL);
    }
    if (json_is_true(json_object_get(status, "clock_stepped"))) {
        lh_cli_print(cli, LH_MSG_STATUS_CLOCK, NULL);
    }
    if (json_is_object(json_object_get(status, "restore"))) {
        print_restore(cli, json_object_get(status, "restore"));
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
    const json_t *epoch = json_object_get(status, "epoch");
    struct lh_buf number = LH_BUF_EMPTY;

    lh_readable_add_duration(&uptime, lh_api_number(status, "uptime_ms"));
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
    if (epoch != NULL) { /* a ledger without a block is in none yet */
        lh_buf_add_format(&number, "%llu", (unsigned long long)lh_api_number(epoch, "number"));
        lh_cli_print(cli, LH_MSG_STATUS_EPOCH, lh_buf_text(&number),
                     lh_api_text(epoch, "read_aloud"), NULL);
    }
    for (size_t i = 0; i < 6; i++) {
        lh_buf_clear(&numbers[i]);
    }
    lh_buf_clear(&number);
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

static void print_witness(const struct lh_cli *cli, const json_t *witness)
{
    char logs[24];

    if (json_is_object(witness)) {
        (void)snprintf(logs, sizeof logs, "%llu",
                       (unsigned long long)lh_api_number(witness, "logs"));
        lh_cli_print(cli, LH_MSG_STATUS_WITNESS, logs, lh_api_text(witness, "vkey"), NULL);
    }
}

/* Up to which size the others cosigned our ledger. */
static void print_witnessing(const struct lh_cli *cli, const json_t *witnessing)
{
    static const char *const names[] = { "witnessed", "final", "cosignatures", "needed",
                                         "nominated" };
    enum { COUNT = sizeof names / sizeof names[0] };
    char numbers[COUNT][24];

    if (!json_is_object(witnessing)) {
        return;
    }
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(numbers[i], sizeof numbers[i], "%llu",
                       (unsigned long long)lh_api_number(witnessing, names[i]));
    }
    lh_cli_print(cli, LH_MSG_STATUS_WITNESSING, numbers[0], numbers[1], numbers[2], numbers[3],
                 numbers[4], NULL);
}

/* Who will not cosign our newest head, whatever is tried again: once for each reason. */
static void print_declined(const struct lh_cli *cli, const json_t *peers)
{
    static const struct {
        const char *code;
        enum lh_msg word;
    } lasting[] = { { "never", LH_MSG_DECLINED_NEVER },
                    { "taken", LH_MSG_DECLINED_TAKEN },
                    { "unsafe", LH_MSG_DECLINED_UNSAFE } };
    const json_t *row;
    size_t i;

    for (size_t n = 0; n < sizeof lasting / sizeof lasting[0]; n++) {
        struct lh_buf why = LH_BUF_EMPTY;
        char text[24];
        size_t count = 0;

        json_array_foreach(peers, i, row)
        {
            count += strcmp(lh_api_text(row, "declined"), lasting[n].code) == 0;
        }
        if (count > 0) {
            (void)snprintf(text, sizeof text, "%zu", count);
            lh_msg_add(&why, cli->lang, lasting[n].word, NULL);
            lh_cli_warn(cli, LH_MSG_STATUS_DECLINED, text, lh_buf_text(&why), NULL);
        }
        lh_buf_clear(&why);
    }
}

/* How many of the others are here, and what is held of them; a ledger that was convicted stands
 * out. */
static void print_peers(const struct lh_cli *cli, const json_t *peers, const json_t *replicas)
{
    char counts[3][24];
    size_t up = 0;
    size_t i;
    const json_t *row;

    if (!json_is_array(peers) || !json_is_array(replicas)) {
        return;
    }
    json_array_foreach(peers, i, row)
    {
        up += json_is_true(json_object_get(row, "up"));
    }
    (void)snprintf(counts[0], sizeof counts[0], "%zu", up);
    (void)snprintf(counts[1], sizeof counts[1], "%zu", json_array_size(peers));
    (void)snprintf(counts[2], sizeof counts[2], "%zu", json_array_size(replicas));
    lh_cli_print(cli, LH_MSG_STATUS_PEERS, counts[0], counts[1], counts[2], NULL);
    json_array_foreach(replicas, i, row)
    {
        if (json_is_true(json_object_get(row, "tainted"))) {
            lh_cli_warn(cli, LH_MSG_STATUS_TAINTED, lh_api_text(row, "origin"), NULL);
        }
    }
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
        print_witness(cli, json_object_get(status, "witness"));
        print_peers(cli, json_object_get(status, "peers"), json_object_get(status, "replicas"));
        print_witnessing(cli, json_object_get(status, "witnessing"));
        print_declined(cli, json_object_get(status, "peers"));
    }
    json_decref(status);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
