#include "cli/cmds.h"

#include "cli/cells.h"
#include "cli/exhibit.h"
#include "cli/subjects.h"
#include "cli/walk.h"
#include "crypto/text.h"
#include "ledger/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_UNSAFE_RESTORE = 6 };

const struct lh_option lh_trail_options[] = {
    LH_QUERY_OPTIONS,
    { "tokens",
      0,
      "FILE",
      { "about the person whose tokens these are", "该令牌文件所指当事人的条目" } },
    { "ledger",
      0,
      "DEPT",
      { "what is held of this department's ledger", "本节点所存该部门的账本" } },
    { "all-ledgers",
      0,
      NULL,
      { "every ledger that is held, merged by time; with --exchange: who has a counterpart",
        "本节点所存全部账本, 按时间合并; 配合 --exchange 给出双方对应情况" } },
    { "count", 'n', "N", { "only the newest N", "只看最新 N 条" } },
    { "reverse", 'r', NULL, { "newest first", "最新的在前" } },
    { "after", 0, "CURSOR", { "go on from there", "从游标继续" } },
    { "generation", 0, "N", { "of an earlier generation", "查看较早的一代账本" } },
    { "no-verify", 0, NULL, { "believe the node", "不验证" } },
    LH_CELLS_OPTION,
    { "explain", 0, NULL, { "say how each row is proven", "逐条说明证明过程" } },
    { .name = NULL },
};

/* Behind the time that is meant. */
static const enum lh_cell shown_cells[] = {
    LH_CELL_STAFF,   LH_CELL_TYPE, LH_CELL_ITEM,  LH_CELL_PURPOSE,
    LH_CELL_OUTCOME, LH_CELL_CASE, LH_CELL_ENTRY,
};

enum { SHOWN_COUNT = sizeof shown_cells / sizeof shown_cells[0] };

/* A row kept for printing: rows may have to be turned round. */
struct kept {
    char *cells[LH_CELL_COUNT]; /* as the trail's columns */
    json_t *json;
};

struct trail {
    struct lh_cli *cli;
    struct lh_proven proven;
    struct lh_cells columns;
    bool is_explained;
    size_t count;
    size_t room;
    struct kept *rows;
};

/* ---- one row ---- */

static enum lh_code keep_cells(struct kept *out, const struct trail *trail,
                               const struct lh_item *item, struct lh_err *err)
{
    enum lh_cell_form form = trail->cli->is_table ? LH_CELL_TABLE : LH_CELL_PIPE;
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < trail->columns.count; i++) {
        lh_buf_reset(&text);
        lh_cell_add(&text, trail->columns.list[i], item, form, trail->cli->lang);
        out->cells[i] = strdup(lh_buf_text(&text));
        rc = out->cells[i] != NULL ? lh_buf_check(&text, err)
                                   : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    lh_buf_clear(&text);
    return rc;
}

static void set_time(json_t *object, const char *name, int64_t unix_ms)
{
    char text[LH_TIME_TEXT_SIZE];

    lh_time_format_utc(text, unix_ms);
    (void)json_object_set_new(object, name, json_string(text));
}

static enum lh_code keep_json(struct kept *out, const struct lh_item *item, struct lh_err *err)
{
    char hash[2 * LH_HASH_SIZE + 1];
    json_t *object = json_object();

    lh_hex_format(hash, lh_hash_bytes(&item->leaf_hash));
    (void)json_object_set_new(object, "entry", json_string(item->name));
    (void)json_object_set_new(object, "index", json_integer((json_int_t)item->index));
    (void)json_object_set_new(object, "leaf_hash", json_string(hash));
    set_time(object, "recorded_at", item->row.recorded_unix_ms);
    if (!item->is_opaque) {
        (void)json_object_set_new(object, "event", lh_event_from_body(&item->body));
    }
    out->json = object;
    return object != NULL ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static void explain(const struct trail *trail, const struct lh_item *item)
{
    char leaf[2 * LH_HASH_SIZE + 1];
    char root[2 * LH_HASH_SIZE + 1];
    struct lh_buf steps = LH_BUF_EMPTY;
    struct lh_buf size = LH_BUF_EMPTY;

    lh_hex_format(leaf, lh_hash_bytes(&item->leaf_hash));
    lh_hex_format(root, lh_hash_bytes(&trail->proven.checkpoint.root));
    lh_buf_add_format(&steps, "%zu", item->path_len);
    lh_buf_add_format(&size, "%llu", (unsigned long long)trail->proven.checkpoint.size);
    lh_cli_note(trail->cli, LH_MSG_EXPLAIN_ROW, item->name, leaf, lh_buf_text(&steps), root,
                lh_buf_text(&size), NULL);
    lh_buf_clear(&size);
    lh_buf_clear(&steps);
}

static enum lh_code on_item(void *arg, const struct lh_item *item, struct lh_err *err)
{
    struct trail *trail = arg;

    if (trail->count == trail->room) {
        size_t room = trail->room == 0 ? 64 : trail->room * 2;
        struct kept *rows = realloc(trail->rows, room * sizeof *rows);

        if (rows == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
        }
        trail->rows = rows;
        trail->room = room;
    }
    trail->rows[trail->count] = (struct kept){ .json = NULL };
    trail->count++;
    if (trail->is_explained && !trail->proven.is_off) {
        explain(trail, item);
    }
    return trail->cli->json ? keep_json(&trail->rows[trail->count - 1], item, err)
                            : keep_cells(&trail->rows[trail->count - 1], trail, item, err);
}

static void free_rows(struct trail *trail)
{
    for (size_t i = 0; i < trail->count; i++) {
        for (size_t column = 0; column < LH_CELL_COUNT; column++) {
            free(trail->rows[i].cells[column]);
        }
        json_decref(trail->rows[i].json);
    }
    free(trail->rows);
}

/* ---- all of them ---- */

static enum lh_code print_table(const struct trail *trail, bool is_turned, struct lh_err *err)
{
    struct lh_column columns[LH_CELL_COUNT];
    struct lh_view *view = NULL;
    enum lh_code rc;

    for (size_t i = 0; i < trail->columns.count; i++) {
        columns[i] = lh_cell_column(trail->columns.list[i]);
    }
    rc = lh_view_new(&view, columns, trail->columns.count, err);
    for (size_t i = 0; rc == LH_OK && i < trail->count; i++) {
        const struct kept *row = &trail->rows[is_turned ? trail->count - 1 - i : i];

        rc = lh_view_add_row(view, err);
        for (size_t column = 0; rc == LH_OK && column < trail->columns.count; column++) {
            rc = lh_view_set(view, column, row->cells[column], err);
        }
    }
    if (rc == LH_OK) {
        rc = lh_view_print(view, trail->cli, err);
    }
    lh_view_free(view);
    return rc;
}

static enum lh_code print_json(const struct trail *trail, const struct lh_walk *walk,
                               bool is_turned, struct lh_err *err)
{
    const struct lh_checkpoint *checkpoint = &trail->proven.checkpoint;
    char root[2 * LH_HASH_SIZE + 1];
    json_t *items = json_array();
    json_t *answer;
    enum lh_code rc;

    for (size_t i = 0; i < trail->count; i++) {
        (void)json_array_append(items, trail->rows[is_turned ? trail->count - 1 - i : i].json);
    }
    lh_hex_format(root, lh_hash_bytes(&checkpoint->root));
    answer =
        json_pack("{s:s, s:s, s:{s:I, s:s}, s:s, s:b, s:s?, s:s?, s:o}", "schema", "liuhen.trail/1",
                  "origin", checkpoint->origin, "checkpoint", "size", (json_int_t)checkpoint->size,
                  "root", root, "verified", trail->proven.is_off ? "none" : "full", "complete", 0,
                  "access", walk->access[0] != '\0' ? walk->access : NULL, "next",
                  walk->next[0] != '\0' ? walk->next : NULL, "items", items);
    rc = answer != NULL ? lh_api_print(trail->cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

static void tell_withheld(const struct trail *trail, const struct lh_walk *walk)
{
    char count[24];

    if (walk->withheld > 0) {
        (void)snprintf(count, sizeof count, "%llu", (unsigned long long)walk->withheld);
        lh_cli_note(trail->cli, LH_MSG_WITHHELD, count, NULL);
    }
}

/* What was proven, and what was not. */
static void tell(const struct trail *trail, const struct lh_walk *walk)
{
    struct lh_buf count = LH_BUF_EMPTY;
    struct lh_buf size = LH_BUF_EMPTY;

    (void)fflush(trail->cli->out);
    lh_buf_add_format(&count, "%zu", trail->count);
    lh_buf_add_format(&size, "%llu", (unsigned long long)trail->proven.checkpoint.size);
    if (trail->proven.is_off) {
        lh_cli_warn(trail->cli, LH_MSG_BANNER_OFF, lh_buf_text(&count), NULL);
    } else {
        lh_cli_note(trail->cli, LH_MSG_BANNER, lh_cli_sign(trail->cli, LH_OK), lh_buf_text(&count),
                    trail->proven.checkpoint.origin, lh_buf_text(&size), NULL);
    }
    if (walk->tokens.len > 0) {
        lh_cli_note(trail->cli, LH_MSG_SEARCHED, NULL);
        tell_withheld(trail, walk);
    }
    if (walk->next[0] != '\0') {
        lh_cli_note(trail->cli, LH_MSG_NEXT_CURSOR, walk->next, NULL);
    }
    lh_buf_clear(&size);
    lh_buf_clear(&count);
}

/* What the first entry says of the generation, proven like a row. */
static enum lh_code tell_label(struct trail *trail, struct lh_err *err)
{
    struct lh_exhibit exhibit = LH_EXHIBIT_EMPTY;
    const char *origin = trail->proven.checkpoint.origin;
    char name[LH_ORIGIN_MAX + 1];
    struct lh_origin parsed;
    enum lh_code rc = LH_OK;

    if (trail->proven.is_off || trail->proven.suite == NULL ||
        lh_origin_parse(&parsed, lh_bytes_of_text(origin), NULL) != LH_OK ||
        parsed.generation == 1) {
        return LH_OK;
    }
    (void)snprintf(name, sizeof name, "%s/%u/0", parsed.department, (unsigned)parsed.generation);
    rc = lh_exhibit_fetch(&exhibit, &trail->proven, name, NULL, err);
    if (rc == LH_OK && !exhibit.item->is_opaque &&
        exhibit.item->body.detail.generation.reason == REASON_UNSAFE_RESTORE) {
        lh_cli_note(trail->cli, LH_MSG_TRAIL_LABEL, origin,
                    exhibit.item->body.detail.generation.prev_origin, NULL);
    }
    lh_exhibit_clear(&exhibit);
    return rc;
}

/* It goes into a query as it is. */
static enum lh_code read_generation(char out[LH_WALK_GENERATION_SIZE], const struct lh_cli *cli,
                                    struct lh_err *err)
{
    const char *text = lh_cli_value(cli, "generation");
    uint64_t number = 0;

    if (text == NULL) {
        return LH_OK;
    }
    if (lh_decimal_parse(&number, lh_bytes_of_text(text), err) != LH_OK || number == 0 ||
        number > UINT32_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "--generation: a number from 1 on");
    }
    (void)snprintf(out, LH_WALK_GENERATION_SIZE, "%u", (unsigned)number);
    return LH_OK;
}

static enum lh_code read_limit(uint64_t *out, const struct lh_cli *cli, struct lh_err *err)
{
    const char *text = lh_cli_value(cli, "count");
    enum lh_code rc = LH_OK;

    *out = 0;
    if (text != NULL) {
        rc = lh_decimal_parse(out, lh_bytes_of_text(text), err);
        if (rc == LH_OK && *out == 0) {
            rc = lh_err_set(err, LH_ERR_INVALID, "not a number above 0");
        }
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "--count");
}

static enum lh_code choose_columns(struct trail *trail, bool by_recorded, struct lh_err *err)
{
    const char *list = lh_cli_value(trail->cli, "columns");

    trail->columns.list[0] = by_recorded ? LH_CELL_RECORDED_AT : LH_CELL_EVENT_TIME;
    memcpy(trail->columns.list + 1, shown_cells, sizeof shown_cells);
    trail->columns.count = 1 + SHOWN_COUNT;
    if (list != NULL && trail->cli->json) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "--columns: not with --json, which has all; export -f ndjson takes it");
    }
    return list != NULL ? lh_cells_choose(&trail->columns, list, err) : LH_OK;
}

/* Rows that are asked for newest first and shown oldest first are turned. */
static enum lh_code run(struct trail *trail, const struct lh_query *query, struct lh_walk *walk,
                        struct lh_err *err)
{
    bool is_reverse = lh_cli_has(trail->cli, "reverse");
    bool is_turned;
    enum lh_code rc;

    rc = read_limit(&walk->limit, trail->cli, err);
    if (rc != LH_OK) {
        return rc;
    }
    walk->newest_first = is_reverse || (walk->limit > 0 && walk->after == NULL);
    is_turned = walk->newest_first && !is_reverse;
    lh_query_tell(query, trail->cli);
    rc = lh_walk_run(walk, trail->cli, err);
    if (is_turned) {
        walk->next[0] = '\0'; /* what is older is reached with --reverse */
    }
    if (rc == LH_OK) {
        rc = trail->cli->json ? print_json(trail, walk, is_turned, err)
                              : print_table(trail, is_turned, err);
    }
    return rc;
}

int lh_cmd_trail(struct lh_cli *cli)
{
    struct trail trail = { .cli = cli, .is_explained = lh_cli_has(cli, "explain") };
    struct lh_walk walk = { .proven = &trail.proven,
                            .after = lh_cli_value(cli, "after"),
                            .on_item = on_item,
                            .arg = &trail };
    struct lh_buf tokens = LH_BUF_EMPTY;
    struct lh_query query;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code;

    if (lh_cli_has(cli, "all-ledgers") || lh_cli_has(cli, "ledger")) {
        return lh_cmd_trail_ledgers(cli);
    }
    lh_proven_init(&trail.proven, cli, lh_cli_has(cli, "no-verify"));
    rc = lh_query_init(&query, cli, &err);
    if (rc == LH_OK) {
        rc = choose_columns(&trail, query.by_recorded, &err);
    }
    if (rc == LH_OK) {
        rc = read_generation(walk.generation, cli, &err);
    }
    if (rc == LH_OK) {
        rc = lh_cli_tokens(&tokens, cli, &err);
        walk.tokens = lh_buf_bytes(&tokens);
    }
    if (rc == LH_OK) {
        walk.query = &query;
        rc = run(&trail, &query, &walk, &err);
    }
    if (rc == LH_OK) {
        tell(&trail, &walk);
        rc = tell_label(&trail, &err);
    }
    if (rc == LH_OK) {
        code = LH_EXIT_OK;
    } else {
        code = lh_proven_fail(&trail.proven, rc, &err);
    }
    if (tokens.data != NULL) {
        lh_wipe(tokens.data, tokens.len);
    }
    lh_buf_clear(&tokens);
    free_rows(&trail);
    lh_proven_clear(&trail.proven);
    return code;
}
