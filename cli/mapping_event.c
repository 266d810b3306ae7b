/* From a record to an event. */
#include "cli/mapping_internal.h"

#include "cli/timeform.h"
#include "crypto/base/assert.h"
#include "crypto/base/time.h"
#include "crypto/text.h"
#include "ledger/personal.h"

#include <stdlib.h>
#include <string.h>

static const char *const hash_tags[] = {
    [LH_SHAPE_STAFF] = "liuhen/import-staff/v1",
    [LH_SHAPE_CASE] = "liuhen/import-case/v1",
    [LH_SHAPE_EXCHANGE] = "liuhen/import-exchange/v1",
};

/* One event in the making. */
struct making {
    const struct lh_mapping *mapping;
    const struct lh_mapping_scope *scope;
    const struct lh_csv_record *record;
    struct lh_mapped *out;
    struct lh_buf text; /* of the member that is made */
};

static enum lh_code no_memory(struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

/* Also where a member is named in an error: "detail.state" is /detail/state. */
static enum lh_code bad(const struct lh_mapping_member *member, const char *what,
                        struct lh_err *err)
{
    bool is_detail = strncmp(member->name, "detail.", 7) == 0;
    const char *name = strcmp(member->name, "time") == 0 ? "event_time" : member->name;

    return lh_err_set(err, LH_ERR_INVALID, "/%s%s: %s", is_detail ? "detail/" : "",
                      is_detail ? name + 7 : name, what);
}

/* ---- texts ---- */

static struct lh_bytes piece_text(const struct making *making, const struct lh_mapping_piece *piece)
{
    struct lh_bytes text;

    switch (piece->kind) {
    case LH_PIECE_COLUMN:
        text = making->record->fields[piece->column];
        return text.len == 0 && piece->fallback != NULL ? lh_bytes_of_text(piece->fallback) : text;
    case LH_PIECE_CASE:
        return lh_bytes_of_text(making->out->case_id);
    case LH_PIECE_STEP:
    case LH_PIECE_TEXT:
        break;
    }
    return lh_bytes_of_text(piece->text);
}

/* Is there anything from the record in it? A frame of constants around nothing is nothing. */
static bool is_absent(const struct making *making, const struct lh_mapping_member *member)
{
    bool has_column = false;

    for (size_t i = 0; i < member->piece_count; i++) {
        if (member->pieces[i].kind == LH_PIECE_TEXT) {
            continue;
        }
        if (piece_text(making, &member->pieces[i]).len > 0) {
            return false;
        }
        has_column = true;
    }
    return has_column;
}

static enum lh_code render(struct making *making, const struct lh_mapping_member *member,
                           struct lh_err *err)
{
    const json_t *code;

    lh_buf_reset(&making->text);
    for (size_t i = 0; i < member->piece_count; i++) {
        lh_buf_add(&making->text, piece_text(making, &member->pieces[i]));
    }
    if (lh_buf_check(&making->text, err) != LH_OK || member->codes == NULL) {
        return lh_buf_check(&making->text, err);
    }
    code = json_object_get(member->codes, lh_buf_text(&making->text));
    code = code != NULL ? code : json_object_get(member->codes, "*");
    if (code == NULL) {
        return bad(member, "no code for this text in its [codes]", err);
    }
    lh_buf_reset(&making->text);
    lh_buf_add_text(&making->text, json_string_value(code));
    return lh_buf_check(&making->text, err);
}

/* ---- numbers of people, cases, exchanges ---- */

static void add_framed(struct lh_buf *out, struct lh_bytes bytes)
{
    lh_buf_add_u32(out, (uint32_t)bytes.len);
    lh_buf_add(out, bytes);
}

/* What is hashed without a salt can be guessed: a resident's number must not be in it. */
static enum lh_code check_plain(struct making *making, const struct lh_mapping_member *member,
                                struct lh_err *err)
{
    bool is_found = false;

    lh_buf_reset(&making->text);
    for (size_t i = 0; i < member->piece_count; i++) {
        struct lh_bytes text = piece_text(making, &member->pieces[i]);

        is_found = is_found || lh_text_has_personal_number(text);
        lh_buf_add(&making->text, text);
    }
    if (lh_buf_check(&making->text, err) != LH_OK) {
        return LH_ERR_NOMEM;
    }
    if (is_found || lh_text_has_personal_number(lh_buf_bytes(&making->text))) {
        return bad(member, "holds a resident's number, and the map's pseudonyms are plain", err);
    }
    return LH_OK;
}

/* H or HMAC over: tag NUL || network id || framed name of the map || framed pieces */
static enum lh_code hash_member(struct making *making, const struct lh_mapping_member *member,
                                char *out_hex, size_t len, struct lh_err *err)
{
    const struct lh_mapping_scope *scope = making->scope;
    const char *tag = hash_tags[member->shape];
    struct lh_hash hash;
    struct lh_bytes parts[2];

    lh_assert(making->mapping->is_plain == (scope->salt == NULL));
    if (making->mapping->is_plain) {
        enum lh_code rc = check_plain(making, member, err);

        if (rc != LH_OK) {
            return rc;
        }
    }
    lh_buf_reset(&making->text);
    lh_buf_add(&making->text, lh_hash_bytes(&scope->network_id));
    add_framed(&making->text, lh_bytes_of_text(making->mapping->name));
    for (size_t i = 0; i < member->piece_count; i++) {
        add_framed(&making->text, piece_text(making, &member->pieces[i]));
    }
    if (lh_buf_check(&making->text, err) != LH_OK) {
        return LH_ERR_NOMEM;
    }
    parts[0] = lh_bytes_of(tag, strlen(tag) + 1);
    parts[1] = lh_buf_bytes(&making->text);
    hash = scope->salt != NULL ? lh_hmac_parts(scope->suite, lh_secret_bytes(scope->salt), parts, 2)
                               : lh_hash_parts(scope->suite, parts, 2);
    lh_hex_format(out_hex, lh_bytes_of(hash.bytes, len));
    return LH_OK;
}

/* ---- members ---- */

static json_t *list_of(const char *text)
{
    json_t *list = json_array();

    while (list != NULL && *text != '\0') {
        size_t len = strcspn(text, ",");
        size_t end = len;

        while (end > 0 && text[end - 1] == ' ') {
            end--;
        }
        if (json_array_append_new(list, json_stringn(text, end)) != 0) {
            json_decref(list);
            return NULL;
        }
        text += len;
        text += strspn(text, ", ");
    }
    return list;
}

static enum lh_code number_of(json_t **out, const struct lh_mapping_member *member,
                              const char *text, struct lh_err *err)
{
    size_t len = strlen(text);

    if (len > 18 || strspn(text, "0123456789") != len) {
        return bad(member, "not a number", err);
    }
    *out = json_integer((json_int_t)strtoll(text, NULL, 10));
    return LH_OK;
}

static enum lh_code time_of(struct making *making, json_t **out,
                            const struct lh_mapping_member *member, struct lh_err *err)
{
    const struct lh_mapping *mapping = making->mapping;
    char text[LH_TIME_TEXT_SIZE];
    struct lh_err why = LH_ERR_NONE;

    if (lh_timeform_parse(&making->out->time_unix_ms, mapping->time_form, mapping->zone,
                          lh_buf_bytes(&making->text), &why) != LH_OK) {
        return bad(member, why.text, err);
    }
    lh_time_format_utc(text, making->out->time_unix_ms);
    *out = json_string(text);
    return LH_OK;
}

static enum lh_code value_of(struct making *making, json_t **out,
                             const struct lh_mapping_member *member, struct lh_err *err)
{
    char hex[33];
    bool is_staff = member->shape == LH_SHAPE_STAFF;
    enum lh_code rc = LH_OK;

    switch (member->shape) {
    case LH_SHAPE_STAFF:
    case LH_SHAPE_CASE:
    case LH_SHAPE_EXCHANGE:
        rc = hash_member(making, member, hex, is_staff ? 8 : 16, err);
        if (rc == LH_OK && is_staff) {
            memcpy(making->out->staff, hex, sizeof making->out->staff);
        }
        *out = rc == LH_OK ? json_string(hex) : NULL;
        return rc;
    case LH_SHAPE_TEXT:
        rc = render(making, member, err);
        *out = rc == LH_OK ? json_stringn(lh_buf_text(&making->text), making->text.len) : NULL;
        return rc;
    case LH_SHAPE_LIST:
        rc = render(making, member, err);
        *out = rc == LH_OK ? list_of(lh_buf_text(&making->text)) : NULL;
        return rc;
    case LH_SHAPE_NUMBER:
        rc = render(making, member, err);
        return rc == LH_OK ? number_of(out, member, lh_buf_text(&making->text), err) : rc;
    case LH_SHAPE_TIME:
        rc = render(making, member, err);
        return rc == LH_OK ? time_of(making, out, member, err) : rc;
    }
    return rc;
}

/* An empty text or list is left out, as everywhere. */
static bool is_empty(const json_t *value)
{
    return (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static enum lh_code set_member(json_t *event, const struct lh_mapping_member *member,
                               LH_TAKES json_t *value, struct lh_err *err)
{
    json_t *detail;

    if (value == NULL) {
        return no_memory(err);
    }
    if (is_empty(value)) {
        json_decref(value);
        return LH_OK;
    }
    if (strncmp(member->name, "detail.", 7) == 0) {
        detail = json_object_get(event, "detail");
        return json_object_set_new(detail, member->name + 7, value) == 0 ? LH_OK : no_memory(err);
    }
    if (member->shape == LH_SHAPE_TIME) {
        return json_object_set_new(event, "event_time", value) == 0 ? LH_OK : no_memory(err);
    }
    if (strcmp(member->name, "flags") == 0) {
        int failed = json_array_extend(json_object_get(event, "flags"), value);

        json_decref(value);
        return failed == 0 ? LH_OK : no_memory(err);
    }
    return json_object_set_new(event, member->name, value) == 0 ? LH_OK : no_memory(err);
}

static bool is_numbered_step(const struct lh_mapping_member *member)
{
    return member->piece_count == 1 && member->pieces[0].kind == LH_PIECE_STEP;
}

/* Case and time come first, so that they are known of a record that is rejected for the rest. */
static bool is_made_first(const struct lh_mapping_member *member)
{
    return member->shape == LH_SHAPE_CASE || member->shape == LH_SHAPE_TIME;
}

static enum lh_code make_time(struct making *making, const struct lh_mapping_part *part,
                              struct lh_err *err)
{
    const struct lh_mapping_member *member = lh_mapping_member_find(part, "time");
    json_t *value = NULL;
    enum lh_code rc = value_of(making, &value, member, err);

    return rc == LH_OK ? set_member(making->out->event, member, value, err) : rc;
}

static enum lh_code make_members(struct making *making, const struct lh_mapping_part *part,
                                 struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < part->count; i++) {
        const struct lh_mapping_member *member = &part->members[i];
        json_t *value = NULL;

        if (is_numbered_step(member) || is_made_first(member) || is_absent(making, member)) {
            continue;
        }
        rc = value_of(making, &value, member, err);
        if (rc == LH_OK) {
            rc = set_member(making->out->event, member, value, err);
        }
    }
    return rc;
}

static enum lh_code make_case_id(struct making *making, struct lh_err *err)
{
    const struct lh_mapping_member *member = lh_mapping_member_find(&making->mapping->row, "case");
    json_t *event = making->out->event;
    enum lh_code rc;

    if (member == NULL || is_absent(making, member)) {
        return LH_OK;
    }
    rc = hash_member(making, member, making->out->case_id, 16, err);
    if (rc == LH_OK && json_object_set_new(event, "case", json_string(making->out->case_id)) != 0) {
        rc = no_memory(err);
    }
    return rc;
}

static enum lh_code make(const struct lh_mapping *mapping, struct lh_mapped *out,
                         const struct lh_mapping_part *part, const struct lh_mapping_scope *scope,
                         const struct lh_csv_record *record, struct lh_err *err)
{
    struct making making = { .mapping = mapping, .scope = scope, .record = record, .out = out };
    enum lh_code rc;

    *out = (struct lh_mapped){ .time_unix_ms = LH_MAPPED_NO_TIME };
    out->event = json_pack("{s:s, s:[s], s:{}}", "department", scope->department, "flags",
                           "imported", "detail");
    rc = out->event != NULL ? make_case_id(&making, err) : no_memory(err);
    if (rc == LH_OK) {
        rc = make_time(&making, part, err);
    }
    if (rc == LH_OK) {
        rc = make_members(&making, part, err);
    }
    lh_buf_clear(&making.text);
    if (rc != LH_OK) {
        json_decref(out->event);
        out->event = NULL;
    }
    return rc;
}

enum lh_code lh_mapping_row(const struct lh_mapping *mapping, struct lh_mapped *out,
                            const struct lh_mapping_scope *scope,
                            const struct lh_csv_record *record, struct lh_err *err)
{
    return make(mapping, out, &mapping->row, scope, record, err);
}

enum lh_code lh_mapping_case(const struct lh_mapping *mapping, struct lh_mapped *out,
                             const struct lh_mapping_scope *scope,
                             const struct lh_csv_record *record, struct lh_err *err)
{
    lh_assert(mapping->cases.line != 0);
    return make(mapping, out, &mapping->cases, scope, record, err);
}
