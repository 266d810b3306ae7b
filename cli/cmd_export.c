#include "cli/cmds.h"

#include "cli/cells.h"
#include "cli/download.h"
#include "cli/files.h"
#include "cli/proven.h"
#include "cli/render.h"
#include "cli/walk.h"
#include "crypto/base/json.h"
#include "crypto/text.h"
#include "ledger/event.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct lh_option lh_export_options[] = {
    { "format",
      'f',
      "FORMAT",
      { "archive (with all proofs), ndjson or csv", "archive (含全部证明), ndjson 或 csv" } },
    { "output", 'o', "FILE", { "where it goes; - is stdout", "输出文件; - 为标准输出" } },
    { "bom", 0, NULL, { "csv for Excel and WPS", "CSV 加 BOM, 便于 Excel/WPS" } },
    { "force", 0, NULL, { "replace a file that is there", "覆盖已有文件" } },
    { "ledger",
      0,
      "DEPT",
      { "an archive of what the node holds of that department's ledger, or of all",
        "归档节点所持该部门的账本, all 为全部" } },
    LH_CELLS_OPTION,
    LH_QUERY_OPTIONS,
    { .name = NULL },
};

/* An archive has no use for these. */
static const struct lh_option filters[] = { LH_CELLS_OPTION, LH_QUERY_OPTIONS, { .name = NULL } };

struct export
{
    struct lh_cli *cli;
    struct lh_cells columns;
    struct lh_file_writer writer;
    struct lh_buf line;
    struct lh_buf cell;
};

static enum lh_code write_line(struct export *export, struct lh_err *err)
{
    enum lh_code rc;

    lh_buf_add_u8(&export->line, '\n');
    rc = lh_buf_check(&export->line, err);
    if (rc == LH_OK) {
        rc = lh_file_writer_add(&export->writer, lh_buf_bytes(&export->line), err);
    }
    lh_buf_reset(&export->line);
    return rc;
}

static enum lh_code on_ndjson(void *arg, const struct lh_item *item, struct lh_err *err)
{
    struct export *export = arg;
    char hash[2 * LH_HASH_SIZE + 1];
    char recorded[LH_TIME_TEXT_SIZE];
    json_t *object;
    char *text;

    lh_hex_format(hash, lh_hash_bytes(&item->leaf_hash));
    lh_time_format_utc(recorded, item->row.recorded_unix_ms);
    object = json_pack("{s:s, s:s, s:s, s:o}", "entry", item->name, "leaf_hash", hash,
                       "recorded_at", recorded, "event",
                       item->is_opaque ? json_null() : lh_event_from_body(&item->body));
    text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(object);
    if (text == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    lh_buf_add_text(&export->line, text);
    free(text);
    return write_line(export, err);
}

/* Under --columns: only these, flat; what the row does not have is left out. */
static enum lh_code on_chosen_ndjson(void *arg, const struct lh_item *item, struct lh_err *err)
{
    struct export *export = arg;
    struct lh_json json = lh_json_of(&export->line);

    lh_json_begin_object(&json, NULL);
    for (size_t i = 0; i < export->columns.count; i++) {
        enum lh_cell cell = export->columns.list[i];

        lh_buf_reset(&export->cell);
        lh_cell_add(&export->cell, cell, item, LH_CELL_EXACT, export->cli->lang);
        if (cell == LH_CELL_RESULT_COUNT) {
            lh_json_add_u64(&json, lh_cell_name(cell), item->row.result_count);
        } else if (export->cell.len > 0) {
            lh_json_add_text(&json, lh_cell_name(cell), lh_buf_bytes(&export->cell));
        }
    }
    lh_json_end_object(&json);
    return write_line(export, err);
}

/* ---- csv ---- */

static enum lh_code end_record(struct export *export, struct lh_err *err)
{
    lh_buf_add_u8(&export->line, '\r');
    return write_line(export, err);
}

static enum lh_code write_header(struct export *export, struct lh_err *err)
{
    lh_buf_add_text(&export->line, lh_cli_has(export->cli, "bom") ? "\xef\xbb\xbf" : "");
    for (size_t i = 0; i < export->columns.count; i++) {
        lh_buf_add_text(&export->line, i > 0 ? "," : "");
        lh_render_add_csv(&export->line, lh_cell_name(export->columns.list[i]));
    }
    return end_record(export, err);
}

static enum lh_code on_csv(void *arg, const struct lh_item *item, struct lh_err *err)
{
    struct export *export = arg;

    for (size_t i = 0; i < export->columns.count; i++) {
        lh_buf_reset(&export->cell);
        lh_cell_add(&export->cell, export->columns.list[i], item, LH_CELL_EXACT, export->cli->lang);
        lh_buf_add_text(&export->line, i > 0 ? "," : "");
        lh_render_add_csv(&export->line, lh_buf_text(&export->cell));
    }
    return end_record(export, err);
}

/* ---- the verb ---- */

static void tell(const struct export *export, const char *output, uint64_t count,
                 const struct lh_proven *proven)
{
    struct lh_buf rows = LH_BUF_EMPTY;
    struct lh_buf size = LH_BUF_EMPTY;

    lh_buf_add_format(&rows, "%llu", (unsigned long long)count);
    lh_buf_add_format(&size, "%llu", (unsigned long long)proven->checkpoint.size);
    lh_cli_note(export->cli, LH_MSG_EXPORT_ROWS, lh_cli_sign(export->cli, LH_OK), output,
                lh_buf_text(&rows), lh_buf_text(&size), NULL);
    lh_buf_clear(&size);
    lh_buf_clear(&rows);
}

/* All that there are, in the order of their list, unless --columns says otherwise. */
static enum lh_code choose_columns(struct export *export, struct lh_err *err)
{
    const char *list = lh_cli_value(export->cli, "columns");

    for (int i = 0; i < (int)LH_CELL_COUNT; i++) {
        export->columns.list[i] = (enum lh_cell)i;
    }
    export->columns.count = LH_CELL_COUNT;
    return list != NULL ? lh_cells_choose(&export->columns, list, err) : LH_OK;
}

static int export_rows(struct lh_cli *cli, const char *output, bool is_csv)
{
    struct export export = { .cli = cli, .line = LH_BUF_EMPTY, .cell = LH_BUF_EMPTY };
    struct lh_proven proven;
    struct lh_query query;
    struct lh_walk walk = { .query = &query,
                            .proven = &proven,
                            .on_item = is_csv                       ? on_csv
                                       : lh_cli_has(cli, "columns") ? on_chosen_ndjson
                                                                    : on_ndjson,
                            .arg = &export };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code = LH_EXIT_OK;

    lh_proven_init(&proven, cli, false);
    rc = lh_query_init(&query, cli, &err);
    if (rc == LH_OK) {
        rc = choose_columns(&export, &err);
    }
    if (rc == LH_OK) {
        rc = lh_file_writer_open(&export.writer, output, 0644, &err);
    }
    if (rc != LH_OK) {
        return lh_cli_fail(cli, rc, &err);
    }
    if (is_csv) {
        rc = write_header(&export, &err);
    }
    if (rc == LH_OK) {
        rc = lh_walk_run(&walk, cli, &err);
    }
    if (rc == LH_OK) {
        rc = lh_file_writer_finish(&export.writer, &err);
    }
    if (rc == LH_OK) {
        tell(&export, output, walk.count, &proven);
    } else {
        code = lh_proven_fail(&proven, rc, &err);
    }
    lh_file_writer_drop(&export.writer);
    lh_buf_clear(&export.cell);
    lh_buf_clear(&export.line);
    lh_proven_clear(&proven);
    return code;
}

static int export_archive(struct lh_cli *cli, const char *output)
{
    struct lh_proven proven;
    struct lh_err err = LH_ERR_NONE;
    struct lh_buf text = LH_BUF_EMPTY;
    uint64_t len = 0;
    enum lh_code rc;
    int code = LH_EXIT_OK;

    lh_proven_init(&proven, cli, false);
    rc = lh_proven_head(&proven, &err);
    if (rc == LH_OK) {
        rc = lh_download_archive(cli, output, lh_cli_value(cli, "ledger"), proven.checkpoint.size,
                                 &len, &err);
    }
    if (rc == LH_OK) {
        lh_buf_add_format(&text, "%llu", (unsigned long long)len);
        lh_cli_note(cli, LH_MSG_EXPORT_ARCHIVE, output, lh_buf_text(&text), NULL);
    } else {
        code = lh_proven_fail(&proven, rc, &err);
    }
    lh_buf_clear(&text);
    lh_proven_clear(&proven);
    return code;
}

static const char *given_filter(const struct lh_cli *cli)
{
    for (size_t i = 0; filters[i].name != NULL; i++) {
        if (lh_cli_value(cli, filters[i].name) != NULL) {
            return filters[i].name;
        }
    }
    return NULL;
}

/* A file, that is: a pipe or a device is written to as it is. */
static bool is_there(const char *path)
{
    struct stat info;

    return strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

int lh_cmd_export(struct lh_cli *cli)
{
    const char *format = lh_cli_value(cli, "format");
    const char *output = lh_cli_value(cli, "output");
    bool is_archive = format == NULL || strcmp(format, "archive") == 0;
    bool is_csv = format != NULL && strcmp(format, "csv") == 0;

    if (output == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING, "--output FILE", "");
    }
    if (!is_archive && !is_csv && strcmp(format, "ndjson") != 0) {
        return lh_cli_usage(cli, LH_MSG_EXPORT_FORMAT, format, "");
    }
    if (is_archive && given_filter(cli) != NULL) {
        return lh_cli_usage(cli, LH_MSG_EXPORT_WHOLE, given_filter(cli), "");
    }
    if (!is_archive && lh_cli_has(cli, "ledger")) {
        return lh_cli_usage(cli, LH_MSG_EXPORT_LEDGER, "", "");
    }
    if (!is_csv && lh_cli_has(cli, "bom")) {
        return lh_cli_usage(cli, LH_MSG_EXPORT_BOM, "", "");
    }
    if (!lh_cli_has(cli, "force") && is_there(output)) {
        lh_cli_warn(cli, LH_MSG_EXPORT_THERE, output, NULL);
        return LH_EXIT_FAILED;
    }
    return is_archive ? export_archive(cli, output) : export_rows(cli, output, is_csv);
}
