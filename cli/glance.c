#include "cli/glance.h"

#include "cli/peering.h"
#include "cli/readable.h"
#include "cli/render.h"
#include "cli/screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_SIZE = 32, LOW_SHARE = 20 };

/* ---- looking ---- */

void lh_glance_clear(struct lh_glance *glance)
{
    json_decref(glance->status);
    json_decref(glance->peers);
    *glance = (struct lh_glance)LH_GLANCE_EMPTY;
}

enum lh_code lh_glance_take(struct lh_glance *out, struct lh_cli *cli, struct lh_err *err)
{
    struct lh_glance glance = { .at_mono_ms = cli->clock.mono_ms(cli->clock.arg),
                                .at_unix_ms = cli->clock.wall_unix_ms(cli->clock.arg) };
    enum lh_code rc = lh_api_get_status(cli, &glance.status, err);

    if (rc == LH_OK && json_is_array(json_object_get(glance.status, "peers"))) {
        rc = lh_peering_get(cli, &glance.peers, err);
    }
    if (rc != LH_OK) {
        lh_glance_clear(&glance);
        return rc;
    }
    lh_glance_clear(out);
    *out = glance;
    return LH_OK;
}

/* ---- what moves ---- */

static double per_second(uint64_t now, uint64_t before, int64_t ms)
{
    return now >= before && ms > 0 ? (double)(now - before) * 1000 / (double)ms : 0;
}

struct lh_rates lh_glance_rates(const struct lh_glance *now, const struct lh_glance *before)
{
    uint64_t uptime_ms = lh_api_number(now->status, "uptime_ms");
    bool is_same =
        before->status != NULL && lh_api_number(before->status, "uptime_ms") <= uptime_ms;
    const json_t *old = is_same ? before->status : NULL;
    struct lh_rates rates = { .over_ms = is_same ? now->at_mono_ms - before->at_mono_ms
                                                 : (int64_t)uptime_ms };

    rates.recorded_per_s = per_second(lh_api_number(now->status, "recorded"),
                                      lh_api_number(old, "recorded"), rates.over_ms);
    rates.rejected_per_s = per_second(lh_api_number(now->status, "rejected"),
                                      lh_api_number(old, "rejected"), rates.over_ms);
    return rates;
}

static uint64_t behind(uint64_t size, uint64_t reached)
{
    return reached < size ? size - reached : 0;
}

json_t *lh_glance_pack(const struct lh_glance *now, const struct lh_glance *before)
{
    const json_t *witnessing = json_object_get(now->status, "witnessing");
    struct lh_rates rates = lh_glance_rates(now, before);
    uint64_t size = lh_api_number(now->status, "size");
    char time[LH_TIME_TEXT_SIZE];
    json_t *levels = json_null();

    if (json_is_object(witnessing)) {
        uint64_t witnessed = lh_api_number(witnessing, "witnessed");
        uint64_t final = lh_api_number(witnessing, "final");

        levels = json_pack("{s:I, s:I, s:I, s:I}", "witnessed", (json_int_t)witnessed,
                           "witnessed_lag", (json_int_t)behind(size, witnessed), "final",
                           (json_int_t) final, "final_lag", (json_int_t)behind(size, final));
    }
    lh_time_format_utc(time, now->at_unix_ms);
    return json_pack("{s:s, s:s, s:{s:f, s:f, s:I}, s:o, s:O, s:O?}", "schema", "liuhen.top/1",
                     "time", time, "rates", "recorded_per_s", rates.recorded_per_s,
                     "rejected_per_s", rates.rejected_per_s, "over_ms", (json_int_t)rates.over_ms,
                     "levels", levels, "status", now->status, "peers", now->peers);
}

/* ---- lines ---- */

/* Lines on their way to a screen. */
struct page {
    const struct lh_cli *cli;
    struct lh_buf *out;
    size_t columns;
};

/* Shown with its colour where there is one; the words say it without. */
enum tone { PLAIN, GOOD, BAD, BOLD };

static void add_line(const struct page *page, enum tone tone, struct lh_bytes text)
{
    static const char *const sequences[] = {
        [PLAIN] = "", [GOOD] = "\x1b[32m", [BAD] = "\x1b[31m", [BOLD] = "\x1b[1m"
    };
    bool has_color = page->cli->has_color && tone != PLAIN;
    struct lh_buf safe = LH_BUF_EMPTY;

    lh_render_add_safe(&safe, text);
    lh_buf_add_text(page->out, has_color ? sequences[tone] : "");
    lh_screen_add_cut(page->out, lh_buf_bytes(&safe), page->columns);
    lh_buf_add_text(page->out, has_color ? "\x1b[0m\n" : "\n");
    lh_buf_clear(&safe);
}

static void add_message(const struct page *page, enum tone tone, enum lh_msg id,
                        const char *const *args)
{
    struct lh_buf text = LH_BUF_EMPTY;

    lh_msg_add_args(&text, page->cli->lang, id, args);
    add_line(page, tone, lh_buf_bytes(&text));
    lh_buf_clear(&text);
}

static void set_number(char out[NUMBER_SIZE], uint64_t number)
{
    (void)snprintf(out, NUMBER_SIZE, "%" PRIu64, number);
}

static void set_rate(char out[NUMBER_SIZE], double rate)
{
    (void)snprintf(out, NUMBER_SIZE, rate < 10 ? "%.1f" : "%.0f", rate);
}

static void set_bytes(char out[NUMBER_SIZE], uint64_t bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    (void)snprintf(out, NUMBER_SIZE, value < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", value,
                   units[unit]);
}

static void add_head(const struct page *page, const struct lh_glance *now)
{
    const char *state = lh_api_text(now->status, "state");
    struct lh_buf uptime = LH_BUF_EMPTY;
    struct lh_buf time = LH_BUF_EMPTY;
    struct lh_buf age = LH_BUF_EMPTY;
    char size[NUMBER_SIZE];
    char height[NUMBER_SIZE];

    lh_readable_add_duration(&uptime, lh_api_number(now->status, "uptime_ms"));
    lh_readable_add_time(&time, now->at_unix_ms / 1000 * 1000);
    lh_peering_add_age(&age, page->cli, lh_api_text(now->status, "head_time"));
    set_number(size, lh_api_number(now->status, "size"));
    set_number(height, lh_api_number(now->status, "height"));
    if (time.len > 4) {
        time.len -= 4; /* no milliseconds */
    }
    lh_buf_add_text(&time, " UTC+8");
    add_message(page, strcmp(state, "continuous") == 0 ? BOLD : BAD, LH_MSG_TOP_NODE,
                LH_MSG_ARGS(lh_api_text(now->status, "version"),
                            lh_api_text(now->status, "department"), state, lh_buf_text(&uptime),
                            lh_buf_text(&time), NULL));
    add_message(
        page, PLAIN, LH_MSG_TOP_LEDGER,
        LH_MSG_ARGS(lh_api_text(now->status, "origin"), size, height, lh_buf_text(&age), NULL));
    lh_buf_clear(&age);
    lh_buf_clear(&time);
    lh_buf_clear(&uptime);
}

static void add_intake(const struct page *page, const struct lh_glance *now,
                       const struct lh_glance *before)
{
    static const char *const names[] = { "recorded", "rejected", "queue", "journal" };
    enum { COUNT = sizeof names / sizeof names[0] };
    struct lh_rates rates = lh_glance_rates(now, before);
    char numbers[COUNT][NUMBER_SIZE];
    char recorded[NUMBER_SIZE];
    char rejected[NUMBER_SIZE];

    for (size_t i = 0; i < COUNT; i++) {
        set_number(numbers[i], lh_api_number(now->status, names[i]));
    }
    set_rate(recorded, rates.recorded_per_s);
    set_rate(rejected, rates.rejected_per_s);
    add_message(
        page, PLAIN, LH_MSG_TOP_INTAKE,
        LH_MSG_ARGS(recorded, numbers[0], numbers[1], rejected, numbers[2], numbers[3], NULL));
}

static void add_levels(const struct page *page, const struct lh_glance *now)
{
    const json_t *witnessing = json_object_get(now->status, "witnessing");
    uint64_t size = lh_api_number(now->status, "size");
    uint64_t witnessed = lh_api_number(witnessing, "witnessed");
    uint64_t final = lh_api_number(witnessing, "final");
    char numbers[7][NUMBER_SIZE];

    if (!json_is_object(witnessing)) {
        return;
    }
    set_number(numbers[0], witnessed);
    set_number(numbers[1], behind(size, witnessed));
    set_number(numbers[2], final);
    set_number(numbers[3], behind(size, final));
    set_number(numbers[4], lh_api_number(witnessing, "cosignatures"));
    set_number(numbers[5], lh_api_number(witnessing, "needed"));
    set_number(numbers[6], lh_api_number(witnessing, "nominated"));
    add_message(page, PLAIN, LH_MSG_TOP_LEVELS,
                LH_MSG_ARGS(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5],
                            numbers[6], NULL));
}

static void add_disk(const struct page *page, const struct lh_glance *now)
{
    const json_t *disk = json_object_get(now->status, "disk");
    uint64_t free = lh_api_number(disk, "free");
    uint64_t total = lh_api_number(disk, "total");
    char numbers[3][NUMBER_SIZE];

    if (total > 0) {
        set_bytes(numbers[0], free);
        set_bytes(numbers[1], total);
        set_number(numbers[2], (uint64_t)((double)free * 100 / (double)total));
        add_message(page, free < total / LOW_SHARE ? BAD : PLAIN, LH_MSG_TOP_DISK,
                    LH_MSG_ARGS(numbers[0], numbers[1], numbers[2], NULL));
    }
}

/* What a person should look at. */
static void add_warnings(const struct page *page, const struct lh_glance *now)
{
    const json_t *disk = json_object_get(now->status, "disk");
    const char *why = lh_api_text(now->status, "why");
    const json_t *row;
    size_t i;

    if (strcmp(lh_api_text(now->status, "state"), "suspect") == 0) {
        add_message(page, BAD, LH_MSG_TOP_SUSPECT, LH_MSG_ARGS(why, NULL));
    }
    if (json_is_true(json_object_get(now->status, "clock_stepped"))) {
        add_message(page, BAD, LH_MSG_TOP_CLOCK, LH_MSG_ARGS(NULL));
    }
    if (lh_api_number(disk, "free") < lh_api_number(disk, "total") / LOW_SHARE) {
        add_message(page, BAD, LH_MSG_TOP_DISK_LOW, LH_MSG_ARGS(NULL));
    }
    json_array_foreach(json_object_get(now->peers, "peers"), i, row)
    {
        struct lh_buf words = LH_BUF_EMPTY;

        lh_peering_add_why(&words, page->cli->lang, row);
        if (words.len > 0) {
            add_message(page, BAD, LH_MSG_TOP_PEER,
                        LH_MSG_ARGS(lh_api_text(row, "department"), lh_buf_text(&words), NULL));
        }
        lh_buf_clear(&words);
    }
}

static void add_text(const struct page *page, struct lh_bytes text)
{
    while (text.len > 0) {
        const uint8_t *newline = memchr(text.data, '\n', text.len);
        size_t len = newline != NULL ? (size_t)(newline - text.data) : text.len;

        add_line(page, PLAIN, lh_bytes_of(text.data, len));
        len += newline != NULL ? 1 : 0;
        text = lh_bytes_of(text.data + len, text.len - len);
    }
}

static enum lh_code add_peers(const struct page *page, const struct lh_glance *now,
                              struct lh_err *err)
{
    const json_t *peers = json_object_get(now->peers, "peers");
    struct lh_buf table = LH_BUF_EMPTY;
    struct lh_view *view = NULL;
    char numbers[2][NUMBER_SIZE];
    const json_t *row;
    uint64_t up = 0;
    enum lh_code rc;
    size_t i;

    if (now->peers == NULL) {
        return LH_OK;
    }
    json_array_foreach(peers, i, row)
    {
        up += json_is_true(json_object_get(row, "up"));
    }
    set_number(numbers[0], up);
    set_number(numbers[1], json_array_size(peers));
    add_message(page, up == json_array_size(peers) ? GOOD : BAD, LH_MSG_TOP_PEERS,
                LH_MSG_ARGS(numbers[0], numbers[1], NULL));
    rc = lh_peering_view(&view, page->cli, now->peers, false, err);
    if (rc == LH_OK) {
        rc = lh_view_add_table(&table, view, page->cli, page->columns, err);
    }
    if (rc == LH_OK) {
        add_text(page, lh_buf_bytes(&table));
    }
    lh_view_free(view);
    lh_buf_clear(&table);
    return rc;
}

enum lh_code lh_glance_add_lines(struct lh_buf *out, const struct lh_cli *cli,
                                 const struct lh_glance *now, const struct lh_glance *before,
                                 size_t columns, struct lh_err *err)
{
    const struct page page = { .cli = cli, .out = out, .columns = columns };
    enum lh_code rc;

    add_head(&page, now);
    add_intake(&page, now, before);
    add_levels(&page, now);
    add_disk(&page, now);
    add_warnings(&page, now);
    rc = add_peers(&page, now, err);
    return rc == LH_OK ? lh_buf_check(out, err) : rc;
}
