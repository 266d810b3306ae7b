#include "cli/importing_internal.h"

#include "cli/events.h"

#include <stdlib.h>
#include <string.h>

static enum lh_code no_memory(struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

enum lh_code lh_importing_init(struct lh_importing *importing, struct lh_cli *cli,
                               struct lh_mapping *mapping, const struct lh_mapping_scope *scope,
                               struct lh_err *err)
{
    *importing = (struct lh_importing){ .cli = cli, .mapping = mapping, .scope = scope };
    importing->cases = json_object();
    importing->staff = json_object();
    importing->body = malloc(sizeof *importing->body);
    if (importing->cases == NULL || importing->staff == NULL || importing->body == NULL) {
        return no_memory(err);
    }
    return LH_OK;
}

void lh_importing_clear(struct lh_importing *importing)
{
    for (size_t i = 0; i < importing->file_count; i++) {
        lh_rejects_clear(&importing->files[i]);
    }
    free(importing->body);
    json_decref(importing->staff);
    json_decref(importing->cases);
    lh_buf_clear(&importing->texts);
    free(importing->events);
    *importing = (struct lh_importing){ .cli = NULL };
}

uint64_t lh_importing_rejected(const struct lh_importing *importing)
{
    uint64_t count = 0;

    for (size_t i = 0; i < importing->file_count; i++) {
        count += importing->files[i].count;
    }
    return count;
}

/* ---- one event ---- */

static enum lh_code make_room(struct lh_importing *importing, struct lh_err *err)
{
    size_t room = importing->event_room == 0 ? 1024 : importing->event_room * 2;
    struct lh_import_event *events;

    if (importing->event_count == LH_IMPORT_EVENTS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT,
                          "more than %d events: import fewer files at once, or cut them",
                          LH_IMPORT_EVENTS_MAX);
    }
    if (importing->event_count < importing->event_room) {
        return LH_OK;
    }
    events = realloc(importing->events, room * sizeof *events);
    if (events == NULL) {
        return no_memory(err);
    }
    importing->events = events;
    importing->event_room = room;
    return LH_OK;
}

/* All that can be said before the node is asked. A step's number comes later; any will do here. */
static enum lh_code judge(struct lh_importing *importing, json_t *event, bool has_step,
                          struct lh_err *why)
{
    enum lh_code rc;

    if (has_step && json_object_set_new(event, "step", json_integer(1)) != 0) {
        return no_memory(why);
    }
    rc = lh_events_to_body(importing->body, event, why);
    return rc == LH_OK ? lh_events_check_personal(importing->body, why) : rc;
}

enum lh_code lh_importing_keep(struct lh_importing *importing, const struct lh_mapped *mapped,
                               const struct lh_import_event *place, struct lh_err *err)
{
    struct lh_import_event event = *place;
    char *text = NULL;
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc;

    rc = make_room(importing, err);
    if (rc != LH_OK) {
        return rc;
    }
    event.time_unix_ms = mapped->time_unix_ms;
    event.offset = importing->texts.len;
    if (mapped->event != NULL) {
        text = json_dumps(mapped->event, JSON_COMPACT);
        if (text == NULL) {
            return no_memory(err);
        }
        rc = judge(importing, mapped->event, event.step != 0, &why);
        if (rc == LH_ERR_NOMEM) {
            free(text);
            return no_memory(err);
        }
    }
    if (rc != LH_OK) {
        lh_rejects_add_err(&importing->files[event.file], event.line, &why);
    } else if (text != NULL) {
        event.len = (uint32_t)strlen(text);
        lh_buf_add_text(&importing->texts, text);
        importing->good_count++;
    }
    importing->events[importing->event_count++] = event;
    free(text);
    return lh_buf_check(&importing->texts, err);
}

/* ---- one record ---- */

void lh_importing_begin_file(struct lh_importing *importing, const char *path)
{
    lh_rejects_init(&importing->files[importing->file_count], path);
    importing->file_count++;
}

enum lh_code lh_importing_settle(struct lh_importing *importing, enum lh_code rc, uint64_t line,
                                 const struct lh_err *why, struct lh_err *err)
{
    if (rc == LH_ERR_INVALID) {
        lh_rejects_add_err(&importing->files[importing->file_count - 1], line, why);
        return LH_OK;
    }
    return lh_err_set(err, rc, "%s", why->text);
}

static enum lh_code add_case(struct lh_importing *importing, const struct lh_csv_record *record,
                             uint32_t case_at, struct lh_err *err)
{
    struct lh_mapped mapped;
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc;

    rc = lh_mapping_case(importing->mapping, &mapped, importing->scope, record, &why);
    if (rc != LH_OK) {
        return lh_importing_settle(importing, rc, record->line, &why, err);
    }
    rc = lh_importing_keep(importing, &mapped,
                           &(struct lh_import_event){ .line = record->line,
                                                      .case_at = case_at,
                                                      .file = (uint16_t)(importing->file_count - 1),
                                                      .is_case = true },
                           err);
    json_decref(mapped.event);
    return rc;
}

enum lh_code lh_importing_count_staff(struct lh_importing *importing, const char *staff,
                                      struct lh_err *err)
{
    return staff[0] == '\0' || json_object_set_new(importing->staff, staff, json_true()) == 0
               ? LH_OK
               : no_memory(err);
}

enum lh_code lh_importing_count_case(struct lh_importing *importing, const char *case_id,
                                     uint32_t *out, bool *out_is_new, struct lh_err *err)
{
    const json_t *known = json_object_get(importing->cases, case_id);

    *out = LH_IMPORT_NO_CASE;
    *out_is_new = false;
    if (case_id[0] == '\0') {
        return LH_OK;
    }
    if (known != NULL) {
        *out = (uint32_t)json_integer_value(known);
        return LH_OK;
    }
    *out = (uint32_t)json_object_size(importing->cases);
    *out_is_new = true;
    return json_object_set_new(importing->cases, case_id, json_integer((json_int_t)*out)) == 0
               ? LH_OK
               : no_memory(err);
}

/* The number of a record's case; a new one's own event is made of this record. */
static enum lh_code find_case(struct lh_importing *importing, const struct lh_csv_record *record,
                              const char *case_id, uint32_t *out, struct lh_err *err)
{
    bool is_new = false;
    enum lh_code rc = lh_importing_count_case(importing, case_id, out, &is_new, err);

    return rc == LH_OK && is_new && lh_mapping_has_cases(importing->mapping)
               ? add_case(importing, record, *out, err)
               : rc;
}

static enum lh_code add_row(struct lh_importing *importing, const struct lh_csv_record *record,
                            const struct lh_mapped *mapped, struct lh_err *err)
{
    struct lh_import_event place = { .line = record->line,
                                     .file = (uint16_t)(importing->file_count - 1) };
    enum lh_code rc = find_case(importing, record, mapped->case_id, &place.case_at, err);

    if (rc == LH_OK) {
        rc = lh_importing_count_staff(importing, mapped->staff, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (place.case_at != LH_IMPORT_NO_CASE && lh_mapping_has_steps(importing->mapping)) {
        place.step = 1;
    }
    return lh_importing_keep(importing, mapped, &place, err);
}

enum lh_code lh_importing_add_record(struct lh_importing *importing,
                                     const struct lh_csv_record *record, size_t column_count,
                                     struct lh_err *err)
{
    struct lh_mapped mapped = { .event = NULL };
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc;

    if (record->count != column_count) {
        rc = lh_err_set(&why, LH_ERR_INVALID, "%zu fields instead of %zu", record->count,
                        column_count);
        return lh_importing_settle(importing, rc, record->line, &why, err);
    }
    rc = lh_mapping_row(importing->mapping, &mapped, importing->scope, record, &why);
    if (rc != LH_OK) {
        rc = lh_importing_settle(importing, rc, record->line, &why, err);
        if (rc != LH_OK || mapped.time_unix_ms == LH_MAPPED_NO_TIME) {
            return rc;
        }
    }
    rc = add_row(importing, record, &mapped, err);
    json_decref(mapped.event);
    return rc;
}

enum lh_code lh_importing_read_csv(struct lh_importing *importing, const char *path,
                                   struct lh_err *err)
{
    struct lh_csv *csv = NULL;
    struct lh_csv_record record;
    bool has = true;
    enum lh_code rc;

    lh_importing_begin_file(importing, path);
    rc = lh_csv_open(&csv, path, err);
    if (rc == LH_OK) {
        rc = lh_mapping_bind(importing->mapping, lh_csv_header(csv), err);
    }
    while (rc == LH_OK && has) {
        rc = lh_csv_next(csv, &record, &has, err);
        if (rc == LH_OK && has) {
            importing->row_count++;
            rc = lh_importing_add_record(importing, &record, lh_csv_header(csv)->count, err);
        }
    }
    lh_csv_close(csv);
    return rc;
}
