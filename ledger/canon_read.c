/*
 * The strict reader: one pass over the bytes and the fields of the message side by side.
 *
 *  1. It accepts exactly what pb_encode would write for some message that passes lh_canon_check.
 *     tests/unit/ledger/test_canon.c and the fuzz targets hold it against that, decode and
 *     re-encode included.
 *  2. Fields come in the order of their numbers; a oneof stands last in its message.
 *  3. Only the kinds of field that our bounded messages have: unsigned numbers and enums, text,
 *     bytes, sub-messages; lists of them.
 */
#include "ledger/canon.h"

#include "ledger/canon_internal.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_LEN = 2, VARINT_MAX = 10 };

static enum lh_code read_message(const struct lh_canon_message *plan, uint8_t *message,
                                 struct lh_bytes rest, struct lh_err *err);

static enum lh_code refuse(const struct lh_canon_field *field, const char *what, struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_INVALID, "field %u: %s", (unsigned)field->tag, what);
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static bool take_long_varint(struct lh_bytes *rest, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < rest->len && i < VARINT_MAX; i++) {
        uint8_t byte = rest->data[i];

        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) != 0) {
            continue;
        }
        rest->data += i + 1;
        rest->len -= i + 1;
        *out = value;
        return byte != 0 && (i < VARINT_MAX - 1 || byte == 1);
    }
    return false;
}

/* Cuts the next varint off `rest`; false when there is none in its shortest form below 2^64. */
static inline bool take_varint(struct lh_bytes *rest, uint64_t *out)
{
    if (rest->len > 0 && rest->data[0] < 0x80) { /* most are that short */
        *out = *rest->data++;
        rest->len--;
        return true;
    }
    return take_long_varint(rest, out);
}

static bool take_bytes(struct lh_bytes *rest, struct lh_bytes *out)
{
    uint64_t len;

    if (!take_varint(rest, &len) || len > rest->len) {
        return false;
    }
    *out = lh_bytes_of(rest->data, (size_t)len);
    rest->data += len;
    rest->len -= (size_t)len;
    return true;
}

/* What stands before a value: its number and how its end is found. */
struct key {
    uint64_t tag; /* 0: nothing follows */
    unsigned wire;
};

static bool take_key(struct lh_bytes *rest, struct key *out)
{
    uint64_t value;

    *out = (struct key){ .tag = 0 };
    if (rest->len == 0) {
        return true;
    }
    if (!take_varint(rest, &value)) {
        return false;
    }
    out->tag = value >> 3;
    out->wire = (unsigned)(value & 7);
    return out->tag != 0 && rest->len > 0; /* no value is empty on the wire */
}

/* ---- values ---------------------------------------------------------------------------------- */

static enum lh_code read_number(const struct lh_canon_field *field, uint8_t *item,
                                struct lh_bytes *rest, bool may_be_zero, struct lh_err *err)
{
    uint64_t value;

    if (!take_varint(rest, &value) ||
        (value > UINT32_MAX && field->data_size == sizeof(uint32_t))) {
        return refuse(field, "not a number in its shortest form", err);
    }
    if (value == 0 && !may_be_zero) {
        return refuse(field, "a default value written out", err);
    }
    if (field->data_size == sizeof value) {
        memcpy(item, &value, sizeof value);
    } else {
        uint32_t narrow = (uint32_t)value;
        lh_assert(field->data_size == sizeof narrow);
        memcpy(item, &narrow, sizeof narrow);
    }
    return LH_OK;
}

static enum lh_code read_text(const struct lh_canon_field *field, uint8_t *item,
                              struct lh_bytes bytes, struct lh_err *err)
{
    if (bytes.len >= field->data_size) {
        return refuse(field, "text past its bound", err);
    }
    /* spec ledger.md 2: "Text is well-formed UTF-8 without control characters." */
    if (!lh_bytes_is_clean_text(bytes)) {
        return refuse(field, "not clean UTF-8 text", err);
    }
    memcpy(item, bytes.data, bytes.len);
    item[bytes.len] = '\0';
    return LH_OK;
}

static enum lh_code read_sized_bytes(const struct lh_canon_field *field, uint8_t *item,
                                     struct lh_bytes bytes, struct lh_err *err)
{
    pb_size_t size = (pb_size_t)bytes.len;

    if (PB_BYTES_ARRAY_T_ALLOCSIZE(bytes.len) > field->data_size) {
        return refuse(field, "bytes past their bound", err);
    }
    memcpy(item + offsetof(pb_bytes_array_t, size), &size, sizeof size);
    memcpy(item + offsetof(pb_bytes_array_t, bytes), bytes.data, bytes.len);
    return LH_OK;
}

static enum lh_code read_fixed_bytes(const struct lh_canon_field *field, uint8_t *item,
                                     struct lh_bytes bytes, struct lh_err *err)
{
    if (bytes.len != field->data_size) {
        return refuse(field, "not of its fixed length", err);
    }
    memcpy(item, bytes.data, bytes.len);
    return LH_OK;
}

/* A sub-message; its bytes are cut off already. */
static enum lh_code read_submessage(const struct lh_canon_field *field, uint8_t *item,
                                    struct lh_bytes bytes, struct lh_err *err)
{
    enum lh_code rc;

    /* spec ledger.md 2: "A sub-message that is present has at least one byte." */
    if (bytes.len == 0) {
        return refuse(field, "an empty sub-message", err);
    }
    rc = read_message(lh_canon_message_in(field), item, bytes, err);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "field %u", (unsigned)field->tag);
}

/* One value whose length stands before it. */
static enum lh_code read_delimited(const struct lh_canon_field *field, uint8_t *item,
                                   struct lh_bytes *rest, bool may_be_empty, struct lh_err *err)
{
    struct lh_bytes bytes;

    if (!take_bytes(rest, &bytes)) {
        return refuse(field, "cut off", err);
    }
    if (bytes.len == 0 && !may_be_empty && field->value != LH_CANON_MESSAGE) {
        return refuse(field, "a default value written out", err);
    }
    switch ((enum lh_canon_value)field->value) {
    case LH_CANON_TEXT:
        return read_text(field, item, bytes, err);
    case LH_CANON_BYTES:
        return read_sized_bytes(field, item, bytes, err);
    case LH_CANON_FIXED:
        return read_fixed_bytes(field, item, bytes, err);
    case LH_CANON_MESSAGE:
        return read_submessage(field, item, bytes, err);
    case LH_CANON_NUMBER:
        break;
    }
    lh_assert(false);
    return LH_ERR_INVALID;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void set_size(const struct lh_canon_field *field, uint8_t *message, size_t value)
{
    pb_size_t size = (pb_size_t)value;

    memcpy(message + field->size_offset, &size, sizeof size);
}

static enum lh_code check_count(const struct lh_canon_field *field, size_t count,
                                struct lh_err *err)
{
    return count < field->array_size ? LH_OK : refuse(field, "more items than its bound", err);
}

/* Numbers stand together under one key. */
static enum lh_code read_packed(const struct lh_canon_field *field, uint8_t *message,
                                struct lh_bytes *rest, struct lh_err *err)
{
    uint8_t *item = message + field->offset;
    struct lh_bytes packed;
    size_t count = 0;

    if (!take_bytes(rest, &packed) || packed.len == 0) {
        return refuse(field, "an empty or cut off list", err);
    }
    for (; packed.len > 0; count++, item += field->data_size) {
        enum lh_code rc = check_count(field, count, err);
        if (rc == LH_OK) {
            rc = read_number(field, item, &packed, true, err);
        }
        if (rc != LH_OK) {
            return rc;
        }
    }
    set_size(field, message, count);
    return LH_OK;
}

/* Each item has its own key; `*key` ends as the first one that is not of this list. */
static enum lh_code read_list(const struct lh_canon_field *field, uint8_t *message,
                              struct lh_bytes *rest, struct key *key, struct lh_err *err)
{
    uint8_t *item = message + field->offset;
    size_t count = 0;

    for (; key->tag == field->tag; count++, item += field->data_size) {
        enum lh_code rc = check_count(field, count, err);
        if (rc == LH_OK) {
            rc = key->wire == WIRE_LEN ? read_delimited(field, item, rest, true, err)
                                       : refuse(field, "of another wire type", err);
        }
        if (rc != LH_OK) {
            return rc;
        }
        if (!take_key(rest, key)) {
            return refuse(field, "no good key after it", err);
        }
    }
    set_size(field, message, count);
    return LH_OK;
}

static enum lh_code read_single(const struct lh_canon_field *field, uint8_t *message,
                                struct lh_bytes *rest, struct lh_err *err)
{
    uint8_t *item = message + field->offset;
    bool is_optional = field->kind == LH_CANON_OPTIONAL;
    enum lh_code rc;

    if (is_optional) {
        message[field->size_offset] = true;
    }
    rc = field->value == LH_CANON_NUMBER ? read_number(field, item, rest, is_optional, err)
                                         : read_delimited(field, item, rest, is_optional, err);
    /* spec ledger.md 2: "An optional field that is present is not all zero." */
    if (rc == LH_OK && is_optional && field->value == LH_CANON_FIXED &&
        lh_bytes_is_zero(lh_bytes_of(item, field->data_size))) {
        return refuse(field, "present and all zero", err);
    }
    return rc;
}

/* The value of `*key`, which is this field's; `*key` becomes the next one. */
static enum lh_code read_field(const struct lh_canon_field *field, uint8_t *message,
                               struct lh_bytes *rest, struct key *key, struct lh_err *err)
{
    bool is_list = field->kind == LH_CANON_REPEATED;
    bool is_number = field->value == LH_CANON_NUMBER;
    enum lh_code rc;

    if (key->wire != (is_number && !is_list ? WIRE_VARINT : WIRE_LEN)) {
        return refuse(field, "of another wire type", err);
    }
    if (is_list && !is_number) {
        return read_list(field, message, rest, key, err);
    }
    rc = is_list ? read_packed(field, message, rest, err) : read_single(field, message, rest, err);
    if (rc == LH_OK && !take_key(rest, key)) {
        return refuse(field, "no good key after it", err);
    }
    return rc;
}

/* What a message looks like without this field. */
static enum lh_code clear_field(const struct lh_canon_field *field, uint8_t *message,
                                struct lh_err *err)
{
    uint8_t *item = message + field->offset;

    if (field->kind == LH_CANON_REPEATED) {
        set_size(field, message, 0);
        return LH_OK;
    }
    if (field->kind == LH_CANON_OPTIONAL) {
        message[field->size_offset] = false;
    }
    switch ((enum lh_canon_value)field->value) {
    case LH_CANON_TEXT:
        item[0] = '\0';
        return LH_OK;
    case LH_CANON_BYTES:
        memset(item + offsetof(pb_bytes_array_t, size), 0, sizeof(pb_size_t));
        return LH_OK;
    case LH_CANON_FIXED:
        if (field->kind == LH_CANON_SINGULAR) {
            return refuse(field, "missing", err);
        }
        break;
    case LH_CANON_NUMBER:
    case LH_CANON_MESSAGE:
        break;
    }
    memset(item, 0, field->data_size);
    return LH_OK;
}

/* The member of a oneof that `*key` names; `field` is the first of them, and they stand last. */
static enum lh_code read_oneof(const struct lh_canon_field *field, const struct lh_canon_field *end,
                               uint8_t *message, struct lh_bytes *rest, struct key *key,
                               struct lh_err *err)
{
    set_size(field, message, 0);
    if (key->tag == 0) {
        return LH_OK;
    }
    while (field < end && field->tag != key->tag) {
        field++;
    }
    if (field == end) {
        return lh_err_set(err, LH_ERR_INVALID, "an unknown field, or one out of order");
    }
    set_size(field, message, field->tag);
    return read_field(field, message, rest, key, err);
}

static enum lh_code read_message(const struct lh_canon_message *plan, uint8_t *message,
                                 struct lh_bytes rest, struct lh_err *err)
{
    const struct lh_canon_field *end = plan->fields + plan->field_count;
    struct key key;
    enum lh_code rc = LH_OK;

    if (!take_key(&rest, &key)) {
        return lh_err_set(err, LH_ERR_INVALID, "no good key at its start");
    }
    for (const struct lh_canon_field *field = plan->fields; rc == LH_OK && field < end; field++) {
        if (field->kind == LH_CANON_ONEOF) {
            rc = read_oneof(field, end, message, &rest, &key, err);
            break;
        }
        rc = key.tag == field->tag ? read_field(field, message, &rest, &key, err)
                                   : clear_field(field, message, err);
    }
    if (rc == LH_OK && key.tag != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "an unknown field, or one out of order");
    }
    return rc;
}

/* spec ledger.md 2: "Bytes are accepted only if encoding the decoded message gives exactly these
 * bytes back." */
enum lh_code lh_canon_decode(const pb_msgdesc_t *desc, void *out, struct lh_bytes bytes,
                             struct lh_err *err)
{
    return read_message(lh_canon_message_of(desc), out, bytes, err);
}
