#include "cli/peering.h"

#include "cli/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_SIZE = 24 };

enum lh_code lh_peering_get(struct lh_cli *cli, json_t **out, struct lh_err *err)
{
    json_t *answer = NULL;
    enum lh_code rc = lh_api_get_json(cli, &answer, "/v1/peers", err);

    if (rc == LH_OK && (!json_is_array(json_object_get(answer, "peers")) ||
                        !json_is_object(json_object_get(answer, "witnessing")))) {
        json_decref(answer);
        return lh_err_set(err, LH_ERR_CORRUPT, "the node's answer holds no list of peers");
    }
    if (rc == LH_OK) {
        *out = answer;
    }
    return rc;
}

/* A stable code and its message. */
struct word {
    const char *code;
    enum lh_msg msg;
};

/* A code of a newer node is shown as it is. */
static void add_word(struct lh_buf *out, enum lh_lang lang, const struct word *words, size_t count,
                     const char *code, const char *number)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].code, code) == 0) {
            lh_msg_add(out, lang, words[i].msg, number, NULL);
            return;
        }
    }
    lh_render_add_safe(out, lh_bytes_of_text(code));
}

void lh_peering_add_parting(struct lh_buf *out, enum lh_lang lang, const json_t *parted)
{
    static const struct word words[] = {
        { "closed", LH_MSG_PARTED_CLOSED },     { "left", LH_MSG_PARTED_LEFT },
        { "lost", LH_MSG_PARTED_LOST },         { "unreachable", LH_MSG_PARTED_UNREACHABLE },
        { "protocol", LH_MSG_PARTED_PROTOCOL }, { "limit", LH_MSG_PARTED_LIMIT },
        { "forged", LH_MSG_PARTED_FORGED },     { "refused", LH_MSG_PARTED_REFUSED },
        { "trouble", LH_MSG_PARTED_TROUBLE },
    };

    add_word(out, lang, words, sizeof words / sizeof words[0], lh_api_text(parted, "code"), NULL);
}

void lh_peering_add_decline(struct lh_buf *out, enum lh_lang lang, const json_t *declined)
{
    static const struct word words[] = {
        { "last", LH_MSG_DECLINED_LAST },   { "not_held", LH_MSG_DECLINED_NOT_HELD },
        { "later", LH_MSG_DECLINED_LATER }, { "never", LH_MSG_DECLINED_NEVER },
        { "taken", LH_MSG_DECLINED_TAKEN }, { "unsafe", LH_MSG_DECLINED_UNSAFE },
    };
    char number[NUMBER_SIZE];

    (void)snprintf(number, sizeof number, "%" PRIu64, lh_api_number(declined, "size"));
    add_word(out, lang, words, sizeof words / sizeof words[0], lh_api_text(declined, "code"),
             number);
}

void lh_peering_add_age(struct lh_buf *out, const struct lh_cli *cli, const char *time)
{
    static const struct {
        int64_t s;
        char unit;
    } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' } };
    int64_t at_ms;
    int64_t age_s;

    if (lh_time_parse(&at_ms, lh_bytes_of_text(time), NULL) != LH_OK) {
        lh_buf_add_text(out, "-");
        return;
    }
    age_s = (cli->clock.wall_unix_ms(cli->clock.arg) - at_ms) / 1000;
    age_s = age_s > 0 ? age_s : 0; /* the other's clock may be ahead */
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (age_s >= 2 * units[i].s) {
            lh_buf_add_format(out, "%" PRId64 "%c", age_s / units[i].s, units[i].unit);
            return;
        }
    }
    lh_buf_add_format(out, "%" PRId64 "s", age_s);
}

/* ---- as a table ---- */

enum column {
    COLUMN_DEPARTMENT,
    COLUMN_LINK,
    COLUMN_LAG,
    COLUMN_HELD,
    COLUMN_BEHIND,
    COLUMN_HEAD,
    COLUMN_COSIGNED,
    COLUMN_GIVEN,
    COLUMN_WHY,
    COLUMN_COUNT,
};

static const struct lh_column columns[COLUMN_COUNT] = {
    [COLUMN_DEPARTMENT] = { { "DEPT", "部门" }, false, false },
    [COLUMN_LINK] = { { "LINK", "连接" }, false, false },
    [COLUMN_LAG] = { { "LAG", "落后" }, true, false },
    [COLUMN_HELD] = { { "HELD", "持有" }, true, false },
    [COLUMN_BEHIND] = { { "BEHIND", "欠缺" }, true, false },
    [COLUMN_HEAD] = { { "HEAD", "最近" }, true, false },
    [COLUMN_COSIGNED] = { { "COSIGNED", "获联署" }, true, false },
    [COLUMN_GIVEN] = { { "GIVEN", "予联署" }, true, false },
    [COLUMN_WHY] = { { "WHY", "说明" }, false, true },
};

static void begin_phrase(struct lh_buf *out)
{
    if (out->len > 0) {
        lh_buf_add_text(out, "; ");
    }
}

static void add_declined(struct lh_buf *out, enum lh_lang lang, enum lh_msg msg,
                         const json_t *declined)
{
    struct lh_buf words = LH_BUF_EMPTY;

    if (json_is_object(declined)) {
        lh_peering_add_decline(&words, lang, declined);
        begin_phrase(out);
        lh_msg_add(out, lang, msg, lh_buf_text(&words), NULL);
    }
    lh_buf_clear(&words);
}

void lh_peering_add_why(struct lh_buf *out, enum lh_lang lang, const json_t *peer)
{
    const json_t *parted = json_object_get(peer, "parted");

    if (json_is_true(json_object_get(peer, "tainted"))) {
        lh_msg_add(out, lang, LH_MSG_PEERS_TAINTED, NULL);
    }
    if (!json_is_true(json_object_get(peer, "up")) && json_is_object(parted)) {
        begin_phrase(out);
        lh_peering_add_parting(out, lang, parted);
    }
    add_declined(out, lang, LH_MSG_PEERS_DECLINES,
                 json_object_get(json_object_get(peer, "witness"), "declined"));
    add_declined(out, lang, LH_MSG_PEERS_DECLINED,
                 json_object_get(json_object_get(peer, "ward"), "declined"));
}

static void fill(struct lh_buf cells[COLUMN_COUNT], const struct lh_cli *cli, const json_t *peer)
{
    static const char *const numbers[COLUMN_COUNT] = {
        [COLUMN_LAG] = "lag", [COLUMN_HELD] = "held", [COLUMN_BEHIND] = "behind"
    };
    bool is_up = json_is_true(json_object_get(peer, "up"));

    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        lh_buf_reset(&cells[i]);
        if (numbers[i] != NULL) {
            lh_buf_add_format(&cells[i], "%" PRIu64, lh_api_number(peer, numbers[i]));
        }
    }
    lh_buf_add_text(&cells[COLUMN_DEPARTMENT], lh_api_text(peer, "department"));
    lh_msg_add(&cells[COLUMN_LINK], cli->lang, is_up ? LH_MSG_PEERS_UP : LH_MSG_PEERS_AWAY, NULL);
    lh_peering_add_age(&cells[COLUMN_HEAD], cli,
                       lh_api_text(json_object_get(peer, "head"), "time"));
    lh_peering_add_age(&cells[COLUMN_COSIGNED], cli,
                       lh_api_text(json_object_get(peer, "witness"), "time"));
    lh_peering_add_age(&cells[COLUMN_GIVEN], cli,
                       lh_api_text(json_object_get(peer, "ward"), "time"));
    lh_peering_add_why(&cells[COLUMN_WHY], cli->lang, peer);
}

enum lh_code lh_peering_view(struct lh_view **out, const struct lh_cli *cli, const json_t *answer,
                             bool has_why, struct lh_err *err)
{
    size_t column_count = has_why ? COLUMN_COUNT : COLUMN_WHY; /* the last one */
    struct lh_buf cells[COLUMN_COUNT];
    struct lh_view *view = NULL;
    const json_t *peer;
    enum lh_code rc = lh_view_new(&view, columns, column_count, err);
    size_t i;

    for (size_t n = 0; n < COLUMN_COUNT; n++) {
        cells[n] = (struct lh_buf)LH_BUF_EMPTY;
    }
    json_array_foreach(json_object_get(answer, "peers"), i, peer)
    {
        fill(cells, cli, peer);
        rc = rc == LH_OK ? lh_view_add_row(view, err) : rc;
        for (size_t n = 0; rc == LH_OK && n < column_count; n++) {
            rc = lh_view_set(view, n, lh_buf_text(&cells[n]), err);
        }
    }
    for (size_t n = 0; n < COLUMN_COUNT; n++) {
        lh_buf_clear(&cells[n]);
    }
    if (rc != LH_OK) {
        lh_view_free(view);
        return rc;
    }
    *out = view;
    return LH_OK;
}
