/* trail --ledger DEPT, --all-ledgers: over what a node holds of others, and who has a counterpart.
 */

#include "cli/cmds.h"

#include "cli/cells.h"
#include "cli/pairs.h"
#include "cli/trails.h"
#include "crypto/text.h"
#include "ledger/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind the department and the time of recording. */
static const enum lh_cell shown_cells[] = {
    LH_CELL_STAFF,        LH_CELL_TYPE,    LH_CELL_ITEM, LH_CELL_PURPOSE,
    LH_CELL_COUNTERPARTY, LH_CELL_OUTCOME, LH_CELL_CASE, LH_CELL_ENTRY,
};

enum { SHOWN_COUNT = sizeof shown_cells / sizeof shown_cells[0] };

static const struct lh_column department_column = { { "DEPT", "部门" }, false, false };

/* A row kept for printing: rows may have to be turned round. */
struct kept {
    char department[LH_CODE_MAX + 1];
    char *cells[LH_CELL_COUNT];
    json_t *json;
};

struct work {
    struct lh_cli *cli;
    struct lh_trails trails;
    struct lh_cells columns;
    bool has_pairs; /* every row of the exchanges is asked for, so their sides can be matched */
    struct lh_pairs pairs;
    size_t count;
    size_t room;
    struct kept *rows;
};

/* ---- one row ---- */

static enum lh_code keep_cells(struct kept *out, const struct work *work,
                               const struct lh_item *item, struct lh_err *err)
{
    enum lh_cell_form form = work->cli->is_table ? LH_CELL_TABLE : LH_CELL_PIPE;
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < work->columns.count; i++) {
        lh_buf_reset(&text);
        lh_cell_add(&text, work->columns.list[i], item, form, work->cli->lang);
        out->cells[i] = strdup(lh_buf_text(&text));
        rc = out->cells[i] != NULL ? lh_buf_check(&text, err)
                                   : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    lh_buf_clear(&text);
    return rc;
}

static enum lh_code keep_json(struct kept *out, const struct lh_item *item, struct lh_err *err)
{
    char hash[2 * LH_HASH_SIZE + 1];
    char recorded[LH_TIME_TEXT_SIZE];

    lh_hex_format(hash, lh_hash_bytes(&item->leaf_hash));
    lh_time_format_utc(recorded, item->row.recorded_unix_ms);
    out->json =
        json_pack("{s:s, s:s, s:I, s:s, s:s}", "department", out->department, "entry", item->name,
                  "index", (json_int_t)item->index, "leaf_hash", hash, "recorded_at", recorded);
    if (out->json != NULL && !item->is_opaque) {
        (void)json_object_set_new(out->json, "event", lh_event_from_body(&item->body));
    }
    return out->json != NULL ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static void explain(const struct work *work, const struct lh_trails_ledger *ledger,
                    const struct lh_item *item)
{
    const struct lh_checkpoint *checkpoint = &ledger->proven.checkpoint;
    char leaf[2 * LH_HASH_SIZE + 1];
    char root[2 * LH_HASH_SIZE + 1];
    char steps[24];
    char size[24];

    lh_hex_format(leaf, lh_hash_bytes(&item->leaf_hash));
    lh_hex_format(root, lh_hash_bytes(&checkpoint->root));
    (void)snprintf(steps, sizeof steps, "%zu", item->path_len);
    (void)snprintf(size, sizeof size, "%llu", (unsigned long long)checkpoint->size);
    lh_cli_note(work->cli, LH_MSG_EXPLAIN_ROW, item->name, leaf, steps, root, size, NULL);
}

static enum lh_code make_room(struct work *work, struct lh_err *err)
{
    size_t room = work->room == 0 ? 64 : work->room * 2;
    struct kept *rows;

    if (work->count < work->room) {
        return LH_OK;
    }
    rows = realloc(work->rows, room * sizeof *rows);
    if (rows == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    work->rows = rows;
    work->room = room;
    return LH_OK;
}

static enum lh_code on_item(void *arg, const struct lh_trails_ledger *ledger,
                            const struct lh_item *item, struct lh_err *err)
{
    struct work *work = arg;
    struct kept *kept;
    enum lh_code rc = make_room(work, err);

    if (rc == LH_OK && work->has_pairs) {
        rc = lh_pairs_add(&work->pairs, ledger->department, item->name, &item->row, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    kept = &work->rows[work->count++];
    *kept = (struct kept){ .json = NULL };
    memcpy(kept->department, ledger->department, sizeof kept->department);
    if (lh_cli_has(work->cli, "explain") && !work->trails.is_off) {
        explain(work, ledger, item);
    }
    return work->cli->json ? keep_json(kept, item, err) : keep_cells(kept, work, item, err);
}

/* ---- the two sides of an exchange ---- */

enum verdict {
    BOTH,
    ALONE,   /* the other side's ledger is held, current, and has nothing */
    UNKNOWN, /* it is not held whole */
    OUTSIDE, /* it has no ledger in this network */
};

static const char *const verdict_names[] = {
    [BOTH] = "both", [ALONE] = "alone", [UNKNOWN] = "unknown", [OUTSIDE] = "outside"
};

static enum verdict verdict_of(const struct work *work, const struct lh_pair *pair)
{
    const char *other = pair->counts[LH_PAIR_ASKED] > 0 ? pair->serving : pair->asking;
    enum verdict verdict = OUTSIDE;

    if (pair->counts[LH_PAIR_ASKED] > 0 && pair->counts[LH_PAIR_SERVED] > 0) {
        return BOTH;
    }
    if (other[0] == '\0') {
        return UNKNOWN;
    }
    for (size_t i = 0; i < work->trails.ledger_count; i++) {
        const struct lh_trails_ledger *ledger = work->trails.ledgers[i];

        if (strcmp(ledger->department, other) == 0) {
            bool is_whole =
                strcmp(ledger->state, "own") == 0 || strcmp(ledger->state, "current") == 0;

            if (!is_whole && strcmp(ledger->state, "closed") != 0) {
                return UNKNOWN;
            }
            verdict = ledger->is_tainted ? UNKNOWN : verdict;
            verdict = verdict == OUTSIDE ? ALONE : verdict;
        }
    }
    return verdict;
}

static void tell_pair(const struct work *work, const struct lh_pair *pair)
{
    bool is_asked = pair->counts[LH_PAIR_ASKED] > 0;
    const char *there = pair->first[is_asked ? LH_PAIR_ASKED : LH_PAIR_SERVED];
    const char *other = is_asked ? pair->serving : pair->asking;
    char exchange[33];

    lh_hex_format(exchange, lh_bytes_of(pair->exchange, sizeof pair->exchange));
    switch (verdict_of(work, pair)) {
    case BOTH:
        lh_cli_note(work->cli, LH_MSG_PAIR, exchange, pair->asking, pair->first[LH_PAIR_ASKED],
                    pair->first[LH_PAIR_SERVED], NULL);
        break;
    case ALONE:
        lh_cli_warn(work->cli, LH_MSG_PAIR_ALONE, exchange, pair->asking, there, other, NULL);
        break;
    case UNKNOWN:
        lh_cli_warn(work->cli, LH_MSG_PAIR_UNKNOWN, exchange, pair->asking, there, other, NULL);
        break;
    case OUTSIDE:
        lh_cli_note(work->cli, LH_MSG_PAIR_OUTSIDE, exchange, pair->asking, there, other, NULL);
        break;
    }
}

static json_t *pairs_json(const struct work *work)
{
    json_t *list = json_array();

    for (size_t i = 0; i < work->pairs.count; i++) {
        const struct lh_pair *pair = &work->pairs.list[i];
        const char *asked = pair->first[LH_PAIR_ASKED];
        const char *served = pair->first[LH_PAIR_SERVED];
        char exchange[33];

        lh_hex_format(exchange, lh_bytes_of(pair->exchange, sizeof pair->exchange));
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:s}", "exchange", exchange, "asking",
                            pair->asking, "serving", pair->serving[0] ? pair->serving : NULL,
                            "asked", asked[0] ? asked : NULL, "served", served[0] ? served : NULL,
                            "verdict", verdict_names[verdict_of(work, pair)]));
    }
    return list;
}

/* ---- all of them ---- */

static enum lh_code print_table(const struct work *work, bool is_turned, struct lh_err *err)
{
    struct lh_column columns[LH_CELL_COUNT + 1];
    struct lh_view *view = NULL;
    enum lh_code rc;

    columns[0] = department_column;
    for (size_t i = 0; i < work->columns.count; i++) {
        columns[i + 1] = lh_cell_column(work->columns.list[i]);
    }
    rc = lh_view_new(&view, columns, work->columns.count + 1, err);
    for (size_t i = 0; rc == LH_OK && i < work->count; i++) {
        const struct kept *row = &work->rows[is_turned ? work->count - 1 - i : i];

        rc = lh_view_add_row(view, err);
        if (rc == LH_OK) {
            rc = lh_view_set(view, 0, row->department, err);
        }
        for (size_t column = 0; rc == LH_OK && column < work->columns.count; column++) {
            rc = lh_view_set(view, column + 1, row->cells[column], err);
        }
    }
    if (rc == LH_OK) {
        rc = lh_view_print(view, work->cli, err);
    }
    lh_view_free(view);
    return rc;
}

static json_t *ledgers_json(const struct work *work)
{
    json_t *list = json_array();

    for (size_t i = 0; i < work->trails.ledger_count; i++) {
        const struct lh_trails_ledger *ledger = work->trails.ledgers[i];
        json_t *object =
            json_pack("{s:s, s:s}", "department", ledger->department, "state", ledger->state);

        if (object != NULL && ledger->origin[0] != '\0') {
            const struct lh_checkpoint *checkpoint = &ledger->proven.checkpoint;
            char root[2 * LH_HASH_SIZE + 1];

            lh_hex_format(root, lh_hash_bytes(&checkpoint->root));
            (void)json_object_update_new(
                object,
                json_pack("{s:s, s:I, s:s, s:s, s:b, s:I}", "origin", ledger->origin, "size",
                          (json_int_t)checkpoint->size, "root", root, "time", ledger->time,
                          "tainted", ledger->is_tainted, "behind", (json_int_t)ledger->behind));
        }
        (void)json_array_append_new(list, object);
    }
    return list;
}

static enum lh_code print_json(const struct work *work, bool is_turned, struct lh_err *err)
{
    const struct lh_trails *trails = &work->trails;
    json_t *items = json_array();
    json_t *answer;
    enum lh_code rc;

    for (size_t i = 0; i < work->count; i++) {
        (void)json_array_append(items, work->rows[is_turned ? work->count - 1 - i : i].json);
    }
    answer =
        json_pack("{s:s, s:o, s:s, s:b, s:s?, s:s?, s:o}", "schema", "liuhen.trails/1", "ledgers",
                  ledgers_json(work), "verified", trails->is_off ? "none" : "full", "complete", 0,
                  "access", trails->access[0] != '\0' ? trails->access : NULL, "next",
                  trails->next.len > 0 ? lh_buf_text(&trails->next) : NULL, "items", items);
    if (answer != NULL && work->has_pairs) {
        (void)json_object_set_new(answer, "pairs", pairs_json(work));
    }
    rc = answer != NULL ? lh_api_print(work->cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

/* What each ledger is worth. */
static void tell_ledger(const struct work *work, const struct lh_trails_ledger *ledger)
{
    struct lh_cli *cli = work->cli;
    char size[24];
    char behind[24];

    (void)snprintf(size, sizeof size, "%llu", (unsigned long long)ledger->proven.checkpoint.size);
    (void)snprintf(behind, sizeof behind, "%llu", (unsigned long long)ledger->behind);
    if (strcmp(ledger->state, "missing") == 0) {
        lh_cli_warn(cli, LH_MSG_TRAILS_MISSING, ledger->department, NULL);
    } else if (strcmp(ledger->state, "behind") != 0) {
        lh_cli_note(cli, LH_MSG_TRAILS_UP_TO, ledger->origin, size, ledger->time, NULL);
    } else if (ledger->behind > 0) {
        lh_cli_warn(cli, LH_MSG_TRAILS_BEHIND, ledger->origin, size, ledger->time, behind, NULL);
    } else {
        lh_cli_warn(cli, LH_MSG_TRAILS_AWAY, ledger->origin, size, ledger->time, NULL);
    }
    if (ledger->is_tainted) {
        lh_cli_warn(cli, LH_MSG_STATUS_TAINTED, ledger->origin, NULL);
    }
}

static void tell(const struct work *work)
{
    const struct lh_trails *trails = &work->trails;
    char count[24];
    char ledgers[24];

    (void)fflush(work->cli->out);
    (void)snprintf(count, sizeof count, "%zu", work->count);
    (void)snprintf(ledgers, sizeof ledgers, "%zu", trails->ledger_count);
    for (size_t i = 0; i < trails->ledger_count; i++) {
        tell_ledger(work, trails->ledgers[i]);
    }
    for (size_t i = 0; i < work->pairs.count; i++) {
        tell_pair(work, &work->pairs.list[i]);
    }
    if (trails->is_off) {
        lh_cli_warn(work->cli, LH_MSG_BANNER_OFF, count, NULL);
    } else {
        lh_cli_note(work->cli, LH_MSG_TRAILS_BANNER, lh_cli_sign(work->cli, LH_OK), count, ledgers,
                    NULL);
    }
    if (trails->next.len > 0) {
        lh_cli_note(work->cli, LH_MSG_NEXT_CURSOR, lh_buf_text(&trails->next), NULL);
    }
}

/* ---- what is asked ---- */

/* Is every entry of the exchanges asked for, whoever has it? */
static bool asks_for_exchanges(const struct lh_cli *cli, const struct lh_query *query)
{
    static const char *const others[] = { "staff", "case",  "item",  "counterparty", "purpose",
                                          "type",  "since", "until", "count",        "after" };

    if (!lh_cli_has(cli, "exchange") || !lh_cli_has(cli, "all-ledgers") ||
        lh_query_has_exclusions(query)) {
        return false;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (lh_cli_has(cli, others[i])) {
            return false;
        }
    }
    return true;
}

/* The time is the one by which they are merged. */
static enum lh_code choose_columns(struct work *work, struct lh_err *err)
{
    const char *list = lh_cli_value(work->cli, "columns");

    work->columns.list[0] = LH_CELL_RECORDED_AT;
    memcpy(work->columns.list + 1, shown_cells, sizeof shown_cells);
    work->columns.count = 1 + SHOWN_COUNT;
    if (list != NULL && work->cli->json) {
        return lh_err_set(err, LH_ERR_INVALID, "--columns: not with --json, which has all");
    }
    return list != NULL ? lh_cells_choose(&work->columns, list, err) : LH_OK;
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

/* Rows that are asked for newest first and shown oldest first are turned. */
static enum lh_code run(struct work *work, const struct lh_query *query, struct lh_err *err)
{
    struct lh_trails *trails = &work->trails;
    bool is_reverse = lh_cli_has(work->cli, "reverse");
    bool is_turned;
    enum lh_code rc = read_limit(&trails->limit, work->cli, err);

    if (rc != LH_OK) {
        return rc;
    }
    trails->newest_first = is_reverse || (trails->limit > 0 && trails->after == NULL);
    is_turned = trails->newest_first && !is_reverse;
    lh_query_tell(query, work->cli);
    rc = lh_trails_run(trails, err);
    if (is_turned) {
        lh_buf_reset(&trails->next); /* what is older is reached with --reverse */
    }
    if (rc == LH_OK) {
        rc = work->cli->json ? print_json(work, is_turned, err) : print_table(work, is_turned, err);
    }
    return rc;
}

static void clear(struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        for (size_t column = 0; column < LH_CELL_COUNT; column++) {
            free(work->rows[i].cells[column]);
        }
        json_decref(work->rows[i].json);
    }
    free(work->rows);
    lh_pairs_clear(&work->pairs);
    lh_trails_clear(&work->trails);
}

int lh_cmd_trail_ledgers(struct lh_cli *cli)
{
    static const char *const of_one[] = { "tokens", "generation" };
    struct lh_proven said = { .cli = cli };
    struct work work = { .cli = cli, .pairs = LH_PAIRS_EMPTY };
    struct lh_err err = LH_ERR_NONE;
    struct lh_query query;
    enum lh_code rc;

    for (size_t i = 0; i < sizeof of_one / sizeof of_one[0]; i++) {
        if (lh_cli_has(cli, of_one[i])) {
            return lh_cli_usage(cli, LH_MSG_TRAILS_NO_MERGE, of_one[i], "");
        }
    }
    if (lh_cli_has(cli, "ledger") && lh_cli_has(cli, "all-ledgers")) {
        return lh_cli_usage(cli, LH_MSG_OPTION_EXCLUDES, "ledger", "all-ledgers");
    }
    work.trails = (struct lh_trails){
        .cli = cli,
        .ledger = lh_cli_has(cli, "all-ledgers") ? "all" : lh_cli_value(cli, "ledger"),
        .query = &query,
        .is_off = lh_cli_has(cli, "no-verify"),
        .after = lh_cli_value(cli, "after"),
        .on_item = on_item,
        .arg = &work,
    };
    rc = lh_query_init(&query, cli, &err);
    if (rc == LH_OK) {
        rc = choose_columns(&work, &err);
    }
    if (rc == LH_OK) {
        work.has_pairs = asks_for_exchanges(cli, &query);
        rc = run(&work, &query, &err);
    }
    if (rc == LH_OK) {
        tell(&work);
    }
    clear(&work);
    return rc == LH_OK ? LH_EXIT_OK : lh_proven_fail(&said, rc, &err);
}
