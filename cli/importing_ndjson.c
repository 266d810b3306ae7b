/* One JSON object a line: an event as it is, or a record for a map. */
#include "cli/importing_internal.h"

#include "cli/events.h"
#include "cli/lines.h"

#include <stdlib.h>
#include <string.h>

/* A file under a map. */
struct records {
    bool has_any;
    struct lh_csv_record header;      /* the columns that the map names */
    bool is_seen[LH_CSV_COLUMNS_MAX]; /* in some line of the file */
    struct lh_buf text;               /* of the values of one line */
    size_t ends[LH_CSV_COLUMNS_MAX];  /* of them, in text */
    struct lh_bytes fields[LH_CSV_COLUMNS_MAX];
};

static enum lh_code no_memory(struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

/* ---- events as they are ---- */

/* What the verb says of all of them: they happened before the ledger. */
static enum lh_code set_imported(json_t *event, struct lh_err *err)
{
    json_t *flags = json_object_get(event, "flags");
    const json_t *flag;
    size_t i;

    if (flags == NULL) {
        flags = json_array();
        if (json_object_set_new(event, "flags", flags) != 0) {
            return no_memory(err);
        }
    }
    if (!json_is_array(flags)) {
        return LH_OK; /* refused with the rest of the form */
    }
    json_array_foreach(flags, i, flag)
    {
        if (json_is_string(flag) && strcasecmp(json_string_value(flag), "imported") == 0) {
            return LH_OK;
        }
    }
    return json_array_append_new(flags, json_string("imported")) == 0 ? LH_OK : no_memory(err);
}

static enum lh_code fill_event(const struct lh_importing *importing, json_t *event,
                               struct lh_err *err)
{
    enum lh_code rc = set_imported(event, err);

    return rc == LH_OK ? lh_events_default(event, "department", importing->scope->department, err)
                       : rc;
}

/* Without these two the same line would be another event the next time. */
static enum lh_code check_event(const json_t *event, int64_t *out_unix_ms, struct lh_err *err)
{
    const char *id = json_string_value(json_object_get(event, "id"));
    const char *time = json_string_value(json_object_get(event, "event_time"));

    if (json_object_get(event, "ready") != NULL) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "/ready: signed already, and only the recorder signs what is imported");
    }
    if (time == NULL || lh_time_parse(out_unix_ms, lh_bytes_of_text(time), NULL) != LH_OK) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "/event_time: needed, an RFC 3339 time such as "
                          "2026-11-24T09:00:00+08:00");
    }
    return id != NULL && id[0] != '\0'
               ? LH_OK
               : lh_err_set(err, LH_ERR_INVALID,
                            "/id: needed, so that the same line again is no second entry");
}

static const char *text_of(const json_t *event, const char *name)
{
    const char *text = json_string_value(json_object_get(event, name));

    return text != NULL ? text : "";
}

static enum lh_code take_event(struct lh_importing *importing, json_t *event, uint64_t line,
                               struct lh_err *err)
{
    struct lh_mapped mapped = { .event = event, .time_unix_ms = LH_MAPPED_NO_TIME };
    struct lh_import_event place = { .line = line, .file = (uint16_t)(importing->file_count - 1) };
    struct lh_err why = LH_ERR_NONE;
    bool is_new = false;
    enum lh_code rc;

    rc = check_event(event, &mapped.time_unix_ms, &why);
    if (rc != LH_OK) {
        return lh_importing_settle(importing, rc, line, &why, err);
    }
    rc = fill_event(importing, event, err);
    if (rc == LH_OK) {
        rc = lh_importing_count_case(importing, text_of(event, "case"), &place.case_at, &is_new,
                                     err);
    }
    if (rc == LH_OK) {
        rc = lh_importing_count_staff(importing, text_of(event, "staff"), err);
    }
    place.is_case = strcasecmp(text_of(event, "type"), "CASE") == 0;
    return rc == LH_OK ? lh_importing_keep(importing, &mapped, &place, err) : rc;
}

/* ---- records ---- */

/* The member of that name, or of the objects that a name with dots leads through. */
static const json_t *find_member(const json_t *object, struct lh_bytes name)
{
    const json_t *value = json_object_getn(object, (const char *)name.data, name.len);
    const uint8_t *dot = memchr(name.data, '.', name.len);

    while (value == NULL && dot != NULL) {
        size_t len = (size_t)(dot - name.data);
        const json_t *inner = json_object_getn(object, (const char *)name.data, len);

        if (json_is_object(inner)) {
            return find_member(inner, lh_bytes_of(dot + 1, name.len - len - 1));
        }
        dot = memchr(dot + 1, '.', name.len - len - 1);
    }
    return value;
}

static enum lh_code add_value(struct lh_buf *out, const json_t *value, struct lh_bytes name,
                              struct lh_err *err)
{
    char *text;

    if (value == NULL || json_is_null(value)) {
        return LH_OK;
    }
    if (json_is_string(value)) {
        lh_buf_add(out, lh_bytes_of(json_string_value(value), json_string_length(value)));
        return LH_OK;
    }
    if (json_is_object(value) || json_is_array(value)) {
        return lh_err_set(err, LH_ERR_INVALID, "/%.*s: a list or an object where one value belongs",
                          (int)name.len, (const char *)name.data);
    }
    text = json_dumps(value, JSON_ENCODE_ANY);
    if (text == NULL) {
        return no_memory(err);
    }
    lh_buf_add_text(out, text);
    free(text);
    return LH_OK;
}

static enum lh_code fill_record(struct records *records, const json_t *object, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    lh_buf_reset(&records->text);
    for (size_t i = 0; rc == LH_OK && i < records->header.count; i++) {
        const json_t *value = find_member(object, records->header.fields[i]);

        records->is_seen[i] = records->is_seen[i] || value != NULL;
        rc = add_value(&records->text, value, records->header.fields[i], err);
        records->ends[i] = records->text.len;
    }
    return rc == LH_OK ? lh_buf_check(&records->text, err) : rc;
}

static enum lh_code take_record(struct lh_importing *importing, struct records *records,
                                const json_t *object, uint64_t line, struct lh_err *err)
{
    struct lh_csv_record record = { .line = line,
                                    .count = records->header.count,
                                    .fields = records->fields };
    struct lh_err why = LH_ERR_NONE;
    size_t begin = 0;
    enum lh_code rc = fill_record(records, object, &why);

    records->has_any = true;
    if (rc != LH_OK) {
        return lh_importing_settle(importing, rc, line, &why, err);
    }
    for (size_t i = 0; i < record.count; i++) {
        size_t end = records->ends[i];

        records->fields[i] =
            end == begin ? LH_BYTES_EMPTY : lh_bytes_of(records->text.data + begin, end - begin);
        begin = end;
    }
    return lh_importing_add_record(importing, &record, record.count, err);
}

/* A column of the map that no line has is a mistake of the map, as with a table. */
static enum lh_code check_seen(struct lh_importing *importing, const struct records *records,
                               struct lh_err *err)
{
    struct lh_bytes names[LH_CSV_COLUMNS_MAX];
    struct lh_csv_record seen = { .fields = names };

    for (size_t i = 0; i < records->header.count; i++) {
        if (records->is_seen[i]) {
            names[seen.count++] = records->header.fields[i];
        }
    }
    return lh_mapping_bind(importing->mapping, &seen, err);
}

/* ---- lines ---- */

static enum lh_code take_line(struct lh_importing *importing, struct records *records,
                              struct lh_bytes text, uint64_t line, struct lh_err *err)
{
    struct lh_err why = LH_ERR_NONE;
    json_error_t where;
    json_t *object;
    enum lh_code rc;

    importing->row_count++;
    object = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(object)) { /* never the library's words: they quote what stands there */
        rc = object != NULL
                 ? lh_err_set(&why, LH_ERR_INVALID, "not a JSON object")
                 : lh_err_set(&why, LH_ERR_INVALID, "not JSON, from column %d on", where.column);
        rc = lh_importing_settle(importing, rc, line, &why, err);
    } else if (importing->mapping != NULL) {
        rc = take_record(importing, records, object, line, err);
    } else {
        rc = take_event(importing, object, line, err);
    }
    json_decref(object);
    return rc;
}

static enum lh_code read_lines(struct lh_importing *importing, struct records *records,
                               struct lh_lines *lines, struct lh_err *err)
{
    struct lh_bytes text;
    uint64_t number = 0;
    bool has = true;
    enum lh_code rc = LH_OK;

    while (rc == LH_OK && has) {
        rc = lh_lines_next(lines, &text, &number, &has, err);
        if (rc == LH_OK && has) {
            rc = take_line(importing, records, text, number, err);
        }
    }
    return rc == LH_OK && records->has_any ? check_seen(importing, records, err) : rc;
}

enum lh_code lh_importing_read_ndjson(struct lh_importing *importing, const char *path,
                                      struct lh_err *err)
{
    struct records *records = calloc(1, sizeof *records);
    struct lh_lines *lines = NULL;
    enum lh_code rc = LH_OK;

    if (records == NULL) {
        return no_memory(err);
    }
    lh_importing_begin_file(importing, path);
    if (importing->mapping != NULL) {
        rc = lh_mapping_bind_own(importing->mapping, &records->header, err);
    }
    if (rc == LH_OK) {
        rc = lh_lines_open(&lines, path, err);
    }
    if (rc == LH_OK) {
        rc = read_lines(importing, records, lines, err);
    }
    lh_lines_close(lines);
    lh_buf_clear(&records->text);
    free(records);
    return rc;
}
