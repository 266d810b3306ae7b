#include "ledger/event.h"

#include "crypto/base/assert.h"
#include "crypto/base/time.h"
#include "crypto/text.h"
#include "ledger/body_check_internal.h"
#include "ledger/event_internal.h"

#include <pb_common.h>

#include <stdio.h>
#include <string.h>

/* Numbers stand in the generated structs as uint32_t (enums too) or uint64_t. */
static uint64_t load_number(const pb_field_iter_t *field, const void *item)
{
    uint32_t narrow;
    uint64_t wide;

    if (field->data_size == sizeof wide) {
        memcpy(&wide, item, sizeof wide);
        return wide;
    }
    lh_assert(field->data_size == sizeof narrow);
    memcpy(&narrow, item, sizeof narrow);
    return narrow;
}

static void store_number(const pb_field_iter_t *field, void *item, uint64_t value)
{
    uint32_t narrow = (uint32_t)value;

    if (field->data_size == sizeof value) {
        memcpy(item, &value, sizeof value);
        return;
    }
    lh_assert(field->data_size == sizeof narrow);
    memcpy(item, &narrow, sizeof narrow);
}

/* ---- a body as JSON -------------------------------------------------------------------------- */

static json_t *message_to_json(const pb_msgdesc_t *desc, const void *message);

static json_t *time_to_json(uint64_t unix_ms)
{
    char text[LH_TIME_TEXT_SIZE];

    if (!lh_body_time_is_valid(unix_ms)) {
        return json_integer((json_int_t)unix_ms);
    }
    lh_time_format_utc(text, (int64_t)unix_ms);
    return json_string(text);
}

static json_t *words_to_json(const struct lh_event_word *words, uint64_t bits)
{
    json_t *array = json_array();

    for (; array != NULL && words->name != NULL; words++) {
        if ((bits & words->value) != 0 &&
            json_array_append_new(array, json_string(words->name)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *hex_to_json(const void *bytes, size_t len)
{
    char text[2 * LH_SIG_SIZE + 1];

    lh_assert(len <= LH_SIG_SIZE);
    lh_hex_format(text, lh_bytes_of(bytes, len));
    return json_string(text);
}

static json_t *key_to_json(const lhpb_PublicKey *wire)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_pubkey key;
    json_t *out = NULL;

    if (lh_pubkey_from_wire(&key, wire, NULL) != LH_OK) {
        return json_string("invalid");
    }
    lh_pubkey_format(&text, &key);
    if (lh_buf_check(&text, NULL) == LH_OK) {
        out = json_string(lh_buf_text(&text));
    }
    lh_buf_clear(&text);
    return out;
}

static json_t *word_to_json(const struct lh_event_word *words, uint64_t value)
{
    const char *name = lh_event_word_name(words, value);
    return name != NULL ? json_string(name) : json_integer((json_int_t)value);
}

static json_t *item_to_json(const struct lh_event_form *form, const pb_field_iter_t *field,
                            const void *item)
{
    switch (form->kind) {
    case LH_EVENT_NUMBER:
        return json_integer((json_int_t)load_number(field, item));
    case LH_EVENT_TIME:
        return time_to_json(load_number(field, item));
    case LH_EVENT_WORD:
        return word_to_json(form->words, load_number(field, item));
    case LH_EVENT_WORDS:
        return words_to_json(form->words, load_number(field, item));
    case LH_EVENT_TEXT:
        return json_stringn(item, strnlen(item, field->data_size));
    case LH_EVENT_HEX:
        return hex_to_json(item, field->data_size);
    case LH_EVENT_KEY:
        return key_to_json(item);
    case LH_EVENT_OBJECT:
        return message_to_json(field->submsg_desc, item);
    }
    return NULL;
}

static json_t *list_to_json(const struct lh_event_form *form, const pb_field_iter_t *field)
{
    const uint8_t *item = field->pData;
    size_t count = *(const pb_size_t *)field->pSize;
    json_t *array = json_array();

    for (size_t i = 0; array != NULL && i < count; i++, item += field->data_size) {
        if (json_array_append_new(array, item_to_json(form, field, item)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Absent, or what its absence means. */
static bool is_left_out(const pb_field_iter_t *field)
{
    if (PB_HTYPE(field->type) == PB_HTYPE_REPEATED) {
        return *(const pb_size_t *)field->pSize == 0;
    }
    if (PB_HTYPE(field->type) == PB_HTYPE_ONEOF) {
        return *(const pb_size_t *)field->pSize != field->tag;
    }
    if (field->pSize != NULL) {
        return !*(const bool *)field->pSize;
    }
    if (field->descriptor == lhpb_Body_fields && field->tag == lhpb_Body_schema_tag) {
        return true;
    }
    if (PB_LTYPE(field->type) == PB_LTYPE_STRING) {
        return *(const char *)field->pData == '\0';
    }
    return PB_LTYPE(field->type) != PB_LTYPE_FIXED_LENGTH_BYTES &&
           load_number(field, field->pData) == 0;
}

static bool is_type(const pb_field_iter_t *field)
{
    return field->descriptor == lhpb_Body_fields && field->tag == lhpb_Body_type_tag;
}

static json_t *type_to_json(const pb_field_iter_t *field)
{
    uint64_t type = load_number(field, field->pData);
    const char *name = lh_entry_type_name((lhpb_EntryType)type);
    return name != NULL ? json_string(name) : json_integer((json_int_t)type);
}

/* Adds the member; false when out of memory. */
static bool field_to_json(json_t *object, const pb_field_iter_t *field)
{
    struct lh_event_form form;
    json_t *value;

    if (is_left_out(field)) {
        return true;
    }
    lh_event_form_of(&form, field);
    if (is_type(field)) {
        value = type_to_json(field);
    } else if (PB_HTYPE(field->type) == PB_HTYPE_REPEATED) {
        value = list_to_json(&form, field);
    } else {
        value = item_to_json(&form, field, field->pData);
    }
    const char *name = PB_HTYPE(field->type) == PB_HTYPE_ONEOF ? "detail" : form.name;
    return json_object_set_new(object, name, value) == 0;
}

static json_t *message_to_json(const pb_msgdesc_t *desc, const void *message)
{
    json_t *object = json_object();
    pb_field_iter_t field;

    if (object == NULL || !pb_field_iter_begin_const(&field, desc, message)) {
        return object;
    }
    do {
        if (!field_to_json(object, &field)) {
            json_decref(object);
            return NULL;
        }
    } while (pb_field_iter_next(&field));
    return object;
}

json_t *lh_event_from_body(const lhpb_Body *body)
{
    return message_to_json(lhpb_Body_fields, body);
}

/* ---- JSON as a body -------------------------------------------------------------------------- */

/* Where we are, as a JSON pointer; what is wrong there. Values never enter an error: somebody may
 * have put a personal number into one. */
struct place {
    char pointer[160];
    size_t len;
    struct lh_err *err;
};

static enum lh_code refuse(const struct place *place, const char *wish)
{
    return lh_err_set(place->err, LH_ERR_INVALID, "%s: %s", place->pointer, wish);
}

/* Returns what leave() wants. */
static size_t enter(struct place *place, const char *member)
{
    size_t before = place->len;
    size_t len = strlen(member);

    lh_assert(len + 1 < sizeof place->pointer - before);
    place->pointer[before] = '/';
    memcpy(place->pointer + before + 1, member, len + 1);
    place->len += len + 1;
    return before;
}

static void leave(struct place *place, size_t before)
{
    place->pointer[before] = '\0';
    place->len = before;
}

/* A member name from outside is repeated only when it looks like one of ours. */
static enum lh_code refuse_member(struct place *place, const char *member)
{
    size_t len = strspn(member, "abcdefghijklmnopqrstuvwxyz_");
    bool is_plain = member[len] == '\0' && len < LH_EVENT_NAME_SIZE;
    size_t before = enter(place, is_plain ? member : "?");
    enum lh_code rc = refuse(place, "unknown member");

    leave(place, before);
    return rc;
}

static enum lh_code number_from_json(const struct place *place, const pb_field_iter_t *field,
                                     void *item, const json_t *value)
{
    json_int_t most = field->data_size == sizeof(uint64_t) ? INT64_MAX : UINT32_MAX;
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value) || number < 0 || number > most) {
        return refuse(place, field->data_size == sizeof(uint64_t)
                                 ? "want an integer from 0 below 2^63"
                                 : "want an integer from 0 below 2^32");
    }
    store_number(field, item, (uint64_t)number);
    return LH_OK;
}

static struct lh_bytes string_of(const json_t *value)
{
    return lh_bytes_of(json_string_value(value), json_string_length(value));
}

static enum lh_code time_from_json(const struct place *place, const pb_field_iter_t *field,
                                   void *item, const json_t *value)
{
    int64_t unix_ms;

    if (!json_is_string(value) || lh_time_parse(&unix_ms, string_of(value), NULL) != LH_OK) {
        return refuse(place, "want a time like 2026-11-24T02:58:28.123Z");
    }
    store_number(field, item, (uint64_t)unix_ms);
    return LH_OK;
}

static enum lh_code word_from_json(const struct place *place, const struct lh_event_word *words,
                                   uint64_t *out, const json_t *value)
{
    const struct lh_event_word *word =
        json_is_string(value) ? lh_event_word_find(words, json_string_value(value)) : NULL;

    if (word == NULL) {
        return refuse(place, "want one of the known words");
    }
    *out = word->value;
    return LH_OK;
}

static enum lh_code words_from_json(struct place *place, const struct lh_event_word *words,
                                    uint64_t *out, const json_t *value)
{
    uint64_t bits = 0;
    uint64_t bit = 0;

    if (!json_is_array(value)) {
        return refuse(place, "want an array of words");
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        enum lh_code rc = word_from_json(place, words, &bit, json_array_get(value, i));
        if (rc != LH_OK) {
            return rc;
        }
        if ((bits & bit) != 0) {
            return refuse(place, "one word stands twice");
        }
        bits |= bit;
    }
    *out = bits;
    return LH_OK;
}

static enum lh_code text_from_json(const struct place *place, const pb_field_iter_t *field,
                                   char *item, const json_t *value)
{
    struct lh_bytes text = string_of(value);

    if (!json_is_string(value)) {
        return refuse(place, "want a string");
    }
    if (text.len >= field->data_size) {
        return lh_err_set(place->err, LH_ERR_INVALID, "%s: longer than %u bytes", place->pointer,
                          (unsigned)field->data_size - 1);
    }
    if (!lh_bytes_is_clean_text(text)) {
        return refuse(place, "holds control characters");
    }
    memcpy(item, text.data, text.len);
    item[text.len] = '\0';
    return LH_OK;
}

static enum lh_code hex_from_json(const struct place *place, const pb_field_iter_t *field,
                                  void *item, const json_t *value)
{
    if (!json_is_string(value) ||
        lh_hex_parse(item, field->data_size, string_of(value), NULL) != LH_OK) {
        return lh_err_set(place->err, LH_ERR_INVALID, "%s: want %u hex digits", place->pointer,
                          2 * (unsigned)field->data_size);
    }
    return LH_OK;
}

static enum lh_code key_from_json(const struct place *place, lhpb_PublicKey *out,
                                  const json_t *value)
{
    struct lh_pubkey key;

    if (!json_is_string(value) || lh_pubkey_parse(&key, string_of(value), NULL) != LH_OK) {
        return refuse(place, "want a public key like p256:<base64>");
    }
    lh_pubkey_to_wire(out, &key);
    return LH_OK;
}

static enum lh_code message_from_json(struct place *place, const pb_msgdesc_t *desc, void *message,
                                      json_t *object, const char *const *ignored);

static enum lh_code item_from_json(struct place *place, const struct lh_event_form *form,
                                   const pb_field_iter_t *field, void *item, json_t *value)
{
    uint64_t number = 0;
    enum lh_code rc = LH_OK;

    switch (form->kind) {
    case LH_EVENT_NUMBER:
        return number_from_json(place, field, item, value);
    case LH_EVENT_TIME:
        return time_from_json(place, field, item, value);
    case LH_EVENT_WORD:
        rc = word_from_json(place, form->words, &number, value);
        break;
    case LH_EVENT_WORDS:
        rc = words_from_json(place, form->words, &number, value);
        break;
    case LH_EVENT_TEXT:
        return text_from_json(place, field, item, value);
    case LH_EVENT_HEX:
        return hex_from_json(place, field, item, value);
    case LH_EVENT_KEY:
        return key_from_json(place, item, value);
    case LH_EVENT_OBJECT:
        return message_from_json(place, field->submsg_desc, item, value, NULL);
    }
    if (rc == LH_OK) {
        store_number(field, item, number);
    }
    return rc;
}

static enum lh_code list_from_json(struct place *place, const struct lh_event_form *form,
                                   const pb_field_iter_t *field, const json_t *value)
{
    uint8_t *item = field->pData;
    char number[24];

    if (!json_is_array(value) || json_array_size(value) > field->array_size) {
        return lh_err_set(place->err, LH_ERR_INVALID, "%s: want an array of at most %u",
                          place->pointer, (unsigned)field->array_size);
    }
    for (size_t i = 0; i < json_array_size(value); i++, item += field->data_size) {
        (void)snprintf(number, sizeof number, "%zu", i);
        size_t before = enter(place, number);
        enum lh_code rc = item_from_json(place, form, field, item, json_array_get(value, i));
        if (rc != LH_OK) {
            return rc;
        }
        leave(place, before);
    }
    *(pb_size_t *)field->pSize = (pb_size_t)json_array_size(value);
    return LH_OK;
}

static enum lh_code type_from_json(const struct place *place, lhpb_EntryType *out,
                                   const json_t *value)
{
    if (!json_is_string(value) || lh_entry_type_parse(out, string_of(value), NULL) != LH_OK) {
        return refuse(place, "want the name of a type, like QUERY");
    }
    return LH_OK;
}

static enum lh_code field_from_json(struct place *place, const struct lh_event_form *form,
                                    pb_field_iter_t *field, json_t *value)
{
    if (is_type(field)) {
        return type_from_json(place, field->pData, value);
    }
    if (PB_HTYPE(field->type) == PB_HTYPE_REPEATED) {
        return list_from_json(place, form, field, value);
    }
    if (field->pSize != NULL) {
        *(bool *)field->pSize = true;
    }
    return item_from_json(place, form, field, field->pData, value);
}

/*
 * The field of this name; the members of a oneof have none of their own. The search goes on from
 * where the last one ended, and around: members mostly come in the order of the fields.
 */
static bool find_field(pb_field_iter_t *field, struct lh_event_form *form, const char *member)
{
    for (size_t i = 0; i < field->descriptor->field_count; i++) {
        if (PB_HTYPE(field->type) != PB_HTYPE_ONEOF && lh_event_may_be_called(field, member)) {
            lh_event_form_of(form, field);
            if (strcmp(form->name, member) == 0) {
                return true;
            }
        }
        (void)pb_field_iter_next(field); /* false where it begins again */
    }
    return false;
}

static bool is_ignored(const char *member, const char *const *ignored)
{
    for (; ignored != NULL && *ignored != NULL; ignored++) {
        if (strcmp(*ignored, member) == 0) {
            return true;
        }
    }
    return false;
}

static enum lh_code message_from_json(struct place *place, const pb_msgdesc_t *desc, void *message,
                                      json_t *object, const char *const *ignored)
{
    struct lh_event_form form;
    pb_field_iter_t field;
    const char *member;
    json_t *value;
    bool has_fields = pb_field_iter_begin(&field, desc, message);

    if (!json_is_object(object)) {
        return refuse(place, "want an object");
    }
    json_object_foreach(object, member, value)
    {
        if (is_ignored(member, ignored)) {
            continue;
        }
        if (!has_fields || !find_field(&field, &form, member)) {
            return refuse_member(place, member);
        }
        size_t before = enter(place, member);
        enum lh_code rc = field_from_json(place, &form, &field, value);
        if (rc != LH_OK) {
            return rc;
        }
        leave(place, before);
    }
    return LH_OK;
}

/* The detail whose tag follows from the type. */
static enum lh_code detail_from_json(struct place *place, lhpb_Body *body, json_t *detail)
{
    pb_field_iter_t field;
    size_t before = enter(place, "detail");

    if (!pb_field_iter_begin(&field, lhpb_Body_fields, body) ||
        !pb_field_iter_find(&field, 100 + (uint32_t)body->type)) {
        return refuse(place, "stands only with a type");
    }
    body->which_detail = field.tag;
    memset(field.pData, 0, field.data_size);
    enum lh_code rc = detail != NULL
                          ? message_from_json(place, field.submsg_desc, field.pData, detail, NULL)
                          : LH_OK;
    leave(place, before);
    return rc;
}

enum lh_code lh_event_to_body(lhpb_Body *out, const json_t *event, const char *const *ignored,
                              struct lh_err *err)
{
    enum { IGNORED_MAX = 16 };
    const char *with_detail[IGNORED_MAX + 2] = { "detail" };
    struct place place = { .pointer = "", .err = err };
    enum lh_code rc;

    for (size_t i = 0; ignored != NULL && ignored[i] != NULL; i++) {
        lh_assert(i < IGNORED_MAX);
        with_detail[i + 1] = ignored[i];
    }
    memset(out, 0, sizeof *out);
    out->schema = LH_SCHEMA;
    /* jansson iterates over objects that may change only; nothing here changes it. */
    rc = message_from_json(&place, lhpb_Body_fields, out, (json_t *)(uintptr_t)event, with_detail);
    if (rc != LH_OK) {
        return rc;
    }
    if (out->type == lhpb_EntryType_TYPE_UNSPECIFIED) {
        (void)enter(&place, "type");
        return refuse(&place, "missing");
    }
    return detail_from_json(&place, out, json_object_get(event, "detail"));
}
