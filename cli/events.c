#include "cli/events.h"

#include "cli/files.h"
#include "ledger/event.h"
#include "ledger/personal.h"

#include <string.h>

enum { EVENT_FLAGS = JSON_REJECT_DUPLICATES };

static enum lh_code no_memory(struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static bool is_blank(struct lh_bytes line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (strchr(" \t\r\n", line.data[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* One object a line. */
static enum lh_code parse_lines(json_t *list, struct lh_bytes bytes, struct lh_err *err)
{
    unsigned number = 0;

    while (bytes.len > 0) {
        const uint8_t *newline = memchr(bytes.data, '\n', bytes.len);
        size_t len = newline != NULL ? (size_t)(newline - bytes.data) : bytes.len;
        struct lh_bytes line = lh_bytes_of(bytes.data, len);
        json_error_t where;
        json_t *event;

        number++;
        len += newline != NULL ? 1 : 0;
        bytes = lh_bytes_of(bytes.data + len, bytes.len - len);
        if (is_blank(line)) {
            continue;
        }
        event = json_loadb((const char *)line.data, line.len, EVENT_FLAGS, &where);
        if (event == NULL || !json_is_object(event)) {
            bool is_json = event != NULL;

            json_decref(event);
            if (!is_json) { /* never the library's words: they quote what stands there */
                return lh_err_set(err, LH_ERR_INVALID, "line %u, column %d: not JSON", number,
                                  where.column);
            }
            return lh_err_set(err, LH_ERR_INVALID, "line %u: not a JSON object", number);
        }
        if (json_array_append_new(list, event) != 0) {
            return no_memory(err);
        }
    }
    return LH_OK;
}

/* The whole as one value: false when it is none, and lines have to be tried. */
static bool parse_whole(json_t *list, struct lh_bytes bytes)
{
    json_t *value = json_loadb((const char *)bytes.data, bytes.len, EVENT_FLAGS, NULL);
    bool is_fine = json_is_array(value) || json_is_object(value);

    if (json_is_object(value)) {
        is_fine = json_array_append(list, value) == 0;
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            is_fine = is_fine && json_is_object(json_array_get(value, i));
        }
        is_fine = is_fine && json_array_extend(list, value) == 0;
    }
    json_decref(value);
    return is_fine;
}

enum lh_code lh_events_parse(json_t **out, struct lh_bytes bytes, struct lh_err *err)
{
    json_t *list = json_array();
    enum lh_code rc = LH_OK;

    if (list == NULL) {
        return no_memory(err);
    }
    if (bytes.len > 0 && !parse_whole(list, bytes)) {
        rc = parse_lines(list, bytes, err);
    }
    if (rc != LH_OK) {
        json_decref(list);
        return rc;
    }
    *out = list;
    return LH_OK;
}

enum lh_code lh_events_read(json_t **out, const char *path, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_file_read(&bytes, path, LH_FILE_EVENTS_MAX, err);
    if (rc == LH_OK) {
        rc = lh_events_parse(out, lh_buf_bytes(&bytes), err);
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "%s", path);
        }
    }
    lh_buf_clear(&bytes);
    return rc;
}

enum lh_code lh_events_default(json_t *event, const char *name, const char *value,
                               struct lh_err *err)
{
    if (json_object_get(event, name) != NULL) {
        return LH_OK;
    }
    return json_object_set_new(event, name, json_string(value)) == 0 ? LH_OK : no_memory(err);
}

enum lh_code lh_events_fill(json_t *event, const char *department, int64_t now_unix_ms,
                            struct lh_err *err)
{
    char time[LH_TIME_TEXT_SIZE];
    enum lh_code rc;

    lh_time_format_utc(time, now_unix_ms);
    rc = lh_events_default(event, "event_time", time, err);
    if (rc == LH_OK && department[0] != '\0') {
        rc = lh_events_default(event, "department", department, err);
    }
    return rc;
}

enum lh_code lh_events_to_body(lhpb_Body *out, const json_t *event, struct lh_err *err)
{
    static const char *const private_members[] = { "subjects", "case_number", "reason", NULL };
    enum lh_code rc;

    rc = lh_event_to_body(out, event, private_members, err);
    if (rc == LH_OK) {
        out->schema = out->schema == 0 ? LH_SCHEMA : out->schema;
        rc = lh_body_check(out, err);
    }
    return rc;
}

enum lh_code lh_events_check_personal(const lhpb_Body *body, struct lh_err *err)
{
    const char *member = lh_body_find_personal_number(body);

    return member == NULL
               ? LH_OK
               : lh_err_set(err, LH_ERR_INVALID, "%s: holds a resident's number", member);
}
