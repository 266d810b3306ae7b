#include "cli/cmds.h"

#include "cli/readable.h"
#include "cli/render.h"
#include "cli/walk.h"
#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>

const struct lh_option lh_stats_options[] = {
    { "by", 0, "WHAT", { "staff, item, type, unit or day", "按 staff, item, type, unit 或 day" } },
    LH_QUERY_OPTIONS,
    { .name = NULL },
};

enum { KEY_SIZE = 72 };

/* What entries are counted by. */
struct dimension {
    const char *name;
    struct lh_words title;
    bool is_by_key; /* in the order of the keys, not of the counts */
    void (*key_of)(char out[KEY_SIZE], const struct lh_row *row);
};

struct stats {
    struct lh_cli *cli;
    const struct dimension *dimension;
    struct lh_proven proven;
    json_t *counts; /* key -> number */
};

struct line {
    const char *key;
    uint64_t count;
};

static void staff_key(char out[KEY_SIZE], const struct lh_row *row)
{
    if (row->has_staff) {
        lh_hex_format(out, lh_bytes_of(row->staff, sizeof row->staff));
    }
}

static void item_key(char out[KEY_SIZE], const struct lh_row *row)
{
    (void)snprintf(out, KEY_SIZE, "%s", row->item);
}

static void type_key(char out[KEY_SIZE], const struct lh_row *row)
{
    (void)snprintf(out, KEY_SIZE, "%s", lh_readable_type(row->type, LH_LANG_EN));
}

static void unit_key(char out[KEY_SIZE], const struct lh_row *row)
{
    (void)snprintf(out, KEY_SIZE, "%s", row->unit);
}

/* Days are those of UTC+8. */
static void day_key(char out[KEY_SIZE], const struct lh_row *row)
{
    if (row->event_time_unix_ms > 0) {
        uint32_t date = lh_time_date_utc8(row->event_time_unix_ms);

        (void)snprintf(out, KEY_SIZE, "%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100);
    }
}

static const struct dimension dimensions[] = {
    { "staff", { "STAFF", "人员" }, false, staff_key },
    { "item", { "ITEM", "数据项" }, false, item_key },
    { "type", { "TYPE", "类型" }, false, type_key },
    { "unit", { "UNIT", "单位/窗口" }, false, unit_key },
    { "day", { "DAY (+08:00)", "日期 (+08:00)" }, true, day_key },
};

static const struct dimension *find_dimension(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof dimensions / sizeof dimensions[0]; i++) {
        if (strcmp(dimensions[i].name, name) == 0) {
            return &dimensions[i];
        }
    }
    return NULL;
}

static enum lh_code on_item(void *arg, const struct lh_item *item, struct lh_err *err)
{
    struct stats *stats = arg;
    char key[KEY_SIZE] = "";
    json_int_t count;

    stats->dimension->key_of(key, &item->row);
    count = json_integer_value(json_object_get(stats->counts, key)) + 1;
    return json_object_set_new(stats->counts, key, json_integer(count)) == 0
               ? LH_OK
               : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->key, ((const struct line *)b)->key);
}

static int compare_counts(const void *a, const void *b)
{
    const struct line *left = a;
    const struct line *right = b;

    return left->count != right->count ? (left->count > right->count ? -1 : 1) : compare_keys(a, b);
}

/* The lines in their order; the caller frees them. */
static struct line *sort(const struct stats *stats, size_t *out_count)
{
    size_t count = json_object_size(stats->counts);
    struct line *lines = calloc(count + 1, sizeof *lines);
    const char *key;
    json_t *value;
    size_t at = 0;

    if (lines == NULL) {
        return NULL;
    }
    json_object_foreach(stats->counts, key, value)
    {
        lines[at++] = (struct line){ .key = key, .count = (uint64_t)json_integer_value(value) };
    }
    qsort(lines, count, sizeof lines[0],
          stats->dimension->is_by_key ? compare_keys : compare_counts);
    *out_count = count;
    return lines;
}

static enum lh_code print_json(const struct stats *stats, const struct line *lines, size_t count,
                               uint64_t rows, struct lh_err *err)
{
    json_t *items = json_array();
    json_t *answer;
    enum lh_code rc;

    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(items, json_pack("{s:s, s:I}", "key", lines[i].key, "count",
                                                     (json_int_t)lines[i].count));
    }
    answer = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "schema", "liuhen.stats/1", "origin",
                       stats->proven.checkpoint.origin, "by", stats->dimension->name, "size",
                       (json_int_t)stats->proven.checkpoint.size, "rows", (json_int_t)rows, "items",
                       items);
    rc = answer != NULL ? lh_api_print(stats->cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

static enum lh_code print_table(const struct stats *stats, const struct line *lines, size_t count,
                                uint64_t rows, struct lh_err *err)
{
    const struct lh_column columns[] = {
        { stats->dimension->title, false, true },
        { { "ENTRIES", "条数" }, true, false },
        { { "SHARE", "占比" }, true, false },
    };
    struct lh_view *view = NULL;
    enum lh_code rc = lh_view_new(&view, columns, 3, err);

    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        char number[24];
        char share[24];

        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)lines[i].count);
        (void)snprintf(share, sizeof share, "%.1f%%",
                       100.0 * (double)lines[i].count / (double)rows);
        rc = lh_view_add_row(view, err);
        if (rc == LH_OK) {
            rc = lh_view_set(view, 0, lines[i].key[0] != '\0' ? lines[i].key : "-", err);
        }
        if (rc == LH_OK) {
            rc = lh_view_set(view, 1, number, err);
        }
        if (rc == LH_OK) {
            rc = lh_view_set(view, 2, share, err);
        }
    }
    if (rc == LH_OK) {
        rc = lh_view_print(view, stats->cli, err);
    }
    lh_view_free(view);
    return rc;
}

static enum lh_code print(const struct stats *stats, uint64_t rows, struct lh_err *err)
{
    size_t count = 0;
    struct line *lines = sort(stats, &count);
    char text[24];
    char size[24];
    enum lh_code rc;

    if (lines == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = stats->cli->json ? print_json(stats, lines, count, rows, err)
                          : print_table(stats, lines, count, rows, err);
    free(lines);
    if (rc == LH_OK) {
        (void)fflush(stats->cli->out);
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)rows);
        (void)snprintf(size, sizeof size, "%llu",
                       (unsigned long long)stats->proven.checkpoint.size);
        lh_cli_note(stats->cli, LH_MSG_BANNER, lh_cli_sign(stats->cli, LH_OK), text,
                    stats->proven.checkpoint.origin, size, NULL);
    }
    return rc;
}

int lh_cmd_stats(struct lh_cli *cli)
{
    const char *by = lh_cli_value(cli, "by");
    struct stats stats = { .cli = cli, .dimension = find_dimension(by) };
    struct lh_query query;
    struct lh_walk walk = {
        .query = &query, .proven = &stats.proven, .on_item = on_item, .arg = &stats
    };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code = LH_EXIT_OK;

    if (stats.dimension == NULL) {
        return lh_cli_usage(cli, LH_MSG_STATS_BY, by != NULL ? by : "", "");
    }
    lh_proven_init(&stats.proven, cli, false);
    stats.counts = json_object();
    rc = stats.counts != NULL ? lh_query_init(&query, cli, &err)
                              : lh_err_set(&err, LH_ERR_NOMEM, "out of memory");
    if (rc == LH_OK) {
        lh_query_tell(&query, cli);
        rc = lh_walk_run(&walk, cli, &err);
    }
    if (rc == LH_OK) {
        rc = print(&stats, walk.count, &err);
    }
    if (rc != LH_OK) {
        code = lh_proven_fail(&stats.proven, rc, &err);
    }
    json_decref(stats.counts);
    lh_proven_clear(&stats.proven);
    return code;
}
