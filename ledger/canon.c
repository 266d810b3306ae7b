/*
 * The writer: measures a message by the rules of canon.h, then writes it into room of exactly that
 * size, so that no secret is left behind in storage that grew.
 * tests/unit/ledger/test_canon.c holds it against pb_encode.
 */
#include "ledger/canon.h"

#include "ledger/canon_internal.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_LEN = 2 };

/* ---- what stands in a message ---------------------------------------------------------------- */

static uint64_t number_at(const struct lh_canon_field *field, const uint8_t *item)
{
    uint64_t wide;
    uint32_t narrow;

    if (field->data_size == sizeof wide) {
        memcpy(&wide, item, sizeof wide);
        return wide;
    }
    lh_assert(field->data_size == sizeof narrow);
    memcpy(&narrow, item, sizeof narrow);
    return narrow;
}

static pb_size_t size_at(const struct lh_canon_field *field, const uint8_t *message)
{
    pb_size_t size;

    memcpy(&size, message + field->size_offset, sizeof size);
    return size;
}

/* Text or bytes; of text without an end all there is. */
static struct lh_bytes bytes_at(const struct lh_canon_field *field, const uint8_t *item)
{
    const uint8_t *end;

    switch ((enum lh_canon_value)field->value) {
    case LH_CANON_TEXT:
        end = memchr(item, '\0', field->data_size);
        return lh_bytes_of(item, end != NULL ? (size_t)(end - item) : field->data_size);
    case LH_CANON_BYTES:
        return lh_bytes_of(item + offsetof(pb_bytes_array_t, bytes),
                           ((const pb_bytes_array_t *)(const void *)item)->size);
    case LH_CANON_FIXED:
    case LH_CANON_NUMBER:
    case LH_CANON_MESSAGE:
        break;
    }
    return lh_bytes_of(item, field->data_size);
}

/* Fixed-length bytes and messages have no default: they are written whatever they hold. */
static bool is_default(const struct lh_canon_field *field, const uint8_t *item)
{
    switch ((enum lh_canon_value)field->value) {
    case LH_CANON_NUMBER:
        return number_at(field, item) == 0;
    case LH_CANON_TEXT:
        return item[0] == '\0';
    case LH_CANON_BYTES:
        return bytes_at(field, item).len == 0;
    case LH_CANON_FIXED:
    case LH_CANON_MESSAGE:
        break;
    }
    return false;
}

size_t lh_canon_count(const struct lh_canon_field *field, const uint8_t *message)
{
    switch ((enum lh_canon_kind)field->kind) {
    case LH_CANON_SINGULAR:
        return is_default(field, message + field->offset) ? 0 : 1;
    case LH_CANON_OPTIONAL:
        return message[field->size_offset] != 0 ? 1 : 0;
    case LH_CANON_REPEATED:
        return size_at(field, message);
    case LH_CANON_ONEOF:
        return size_at(field, message) == field->tag ? 1 : 0;
    }
    lh_assert(false);
    return 0;
}

/* Numbers in a list stand together under one key. */
static bool is_packed(const struct lh_canon_field *field)
{
    return field->kind == LH_CANON_REPEATED && field->value == LH_CANON_NUMBER;
}

/* ---- measuring ------------------------------------------------------------------------------- */

static enum lh_code measure_message(const struct lh_canon_message *plan, const uint8_t *message,
                                    size_t *out, struct lh_err *err);

static size_t varint_len(uint64_t value)
{
    size_t len = 1;

    for (; value > 0x7f; value >>= 7) {
        len++;
    }
    return len;
}

static size_t key_len(const struct lh_canon_field *field)
{
    return varint_len((uint64_t)field->tag << 3);
}

static enum lh_code check_bytes(const struct lh_canon_field *field, struct lh_bytes bytes,
                                struct lh_err *err)
{
    switch ((enum lh_canon_value)field->value) {
    case LH_CANON_TEXT:
        if (bytes.len == field->data_size) {
            return lh_err_set(err, LH_ERR_INVALID, "field %u: text longer than %u bytes",
                              (unsigned)field->tag, (unsigned)field->data_size - 1);
        }
        /* spec ledger.md 2: "Text is well-formed UTF-8 without control characters." */
        if (!lh_bytes_is_clean_text(bytes)) {
            return lh_err_set(err, LH_ERR_INVALID, "field %u: not clean UTF-8 text",
                              (unsigned)field->tag);
        }
        return LH_OK;
    case LH_CANON_BYTES:
        if (PB_BYTES_ARRAY_T_ALLOCSIZE(bytes.len) > field->data_size) {
            return lh_err_set(err, LH_ERR_INVALID, "field %u: %zu bytes are too many",
                              (unsigned)field->tag, bytes.len);
        }
        return LH_OK;
    case LH_CANON_FIXED:
        /* spec ledger.md 2: "An optional field that is present is not all zero." */
        if (field->kind == LH_CANON_OPTIONAL && lh_bytes_is_zero(bytes)) {
            return lh_err_set(err, LH_ERR_INVALID, "field %u: present and all zero",
                              (unsigned)field->tag);
        }
        return LH_OK;
    case LH_CANON_NUMBER:
    case LH_CANON_MESSAGE:
        break;
    }
    lh_assert(false);
    return LH_ERR_INVALID;
}

static enum lh_code measure_submessage(const struct lh_canon_field *field, const uint8_t *item,
                                       size_t *out, struct lh_err *err)
{
    enum lh_code rc = measure_message(lh_canon_message_in(field), item, out, err);

    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "field %u", (unsigned)field->tag);
    }
    /* spec ledger.md 2: "A sub-message that is present has at least one byte." */
    if (*out == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "field %u: an empty sub-message",
                          (unsigned)field->tag);
    }
    return LH_OK;
}

/* Checks one value and gives its length behind the key. */
static enum lh_code measure_item(const struct lh_canon_field *field, const uint8_t *item,
                                 size_t *out, struct lh_err *err)
{
    size_t len;
    enum lh_code rc;

    if (field->value == LH_CANON_NUMBER) {
        *out = varint_len(number_at(field, item));
        return LH_OK;
    }
    if (field->value == LH_CANON_MESSAGE) {
        rc = measure_submessage(field, item, &len, err);
    } else {
        struct lh_bytes bytes = bytes_at(field, item);
        len = bytes.len;
        rc = check_bytes(field, bytes, err);
    }
    if (rc == LH_OK) {
        *out = varint_len(len) + len;
    }
    return rc;
}

/* Adds what the field takes, keys included. */
static enum lh_code measure_field(const struct lh_canon_field *field, const uint8_t *message,
                                  size_t *sum, struct lh_err *err)
{
    const uint8_t *item = message + field->offset;
    size_t count = lh_canon_count(field, message);
    size_t values = 0;

    if (count > field->array_size) {
        return lh_err_set(err, LH_ERR_INVALID, "field %u: %zu items are too many",
                          (unsigned)field->tag, count);
    }
    for (size_t i = 0; i < count; i++, item += field->data_size) {
        size_t len;
        enum lh_code rc = measure_item(field, item, &len, err);
        if (rc != LH_OK) {
            return rc;
        }
        values += len;
    }
    if (count > 0) {
        *sum += is_packed(field) ? key_len(field) + varint_len(values) + values
                                 : count * key_len(field) + values;
    }
    return LH_OK;
}

static enum lh_code measure_message(const struct lh_canon_message *plan, const uint8_t *message,
                                    size_t *out, struct lh_err *err)
{
    size_t sum = 0;

    for (size_t i = 0; i < plan->field_count; i++) {
        enum lh_code rc = measure_field(&plan->fields[i], message, &sum, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    *out = sum;
    return LH_OK;
}

enum lh_code lh_canon_measure(const pb_msgdesc_t *desc, const void *message, size_t *out_len,
                              struct lh_err *err)
{
    return measure_message(lh_canon_message_of(desc), message, out_len, err);
}

enum lh_code lh_canon_check(const pb_msgdesc_t *desc, const void *message, struct lh_err *err)
{
    size_t len;
    return lh_canon_measure(desc, message, &len, err);
}

/* ---- writing: of a message that was measured ------------------------------------------------- */

static uint8_t *put_message(uint8_t *at, const struct lh_canon_message *plan,
                            const uint8_t *message);

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value > 0x7f; value >>= 7) {
        *at++ = (uint8_t)(value | 0x80);
    }
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_key(uint8_t *at, const struct lh_canon_field *field, unsigned wire)
{
    return put_varint(at, (uint64_t)field->tag << 3 | wire);
}

/* What stands from `start` + 1 to `end` gets its length in front. */
static uint8_t *put_len_before(uint8_t *start, uint8_t *end)
{
    size_t len = (size_t)(end - start) - 1;
    size_t more = varint_len(len) - 1;

    if (more > 0) {
        memmove(start + 1 + more, start + 1, len);
    }
    (void)put_varint(start, len);
    return end + more;
}

static uint8_t *put_item(uint8_t *at, const struct lh_canon_field *field, const uint8_t *item)
{
    if (field->value == LH_CANON_NUMBER) {
        return put_varint(put_key(at, field, WIRE_VARINT), number_at(field, item));
    }
    at = put_key(at, field, WIRE_LEN);
    if (field->value == LH_CANON_MESSAGE) {
        return put_len_before(at, put_message(at + 1, lh_canon_message_in(field), item));
    }
    struct lh_bytes bytes = bytes_at(field, item);
    at = put_varint(at, bytes.len);
    memcpy(at, bytes.data, bytes.len);
    return at + bytes.len;
}

static uint8_t *put_packed(uint8_t *at, const struct lh_canon_field *field, const uint8_t *item,
                           size_t count)
{
    at = put_key(at, field, WIRE_LEN);
    uint8_t *end = at + 1;

    for (size_t i = 0; i < count; i++, item += field->data_size) {
        end = put_varint(end, number_at(field, item));
    }
    return put_len_before(at, end);
}

static uint8_t *put_message(uint8_t *at, const struct lh_canon_message *plan,
                            const uint8_t *message)
{
    for (size_t n = 0; n < plan->field_count; n++) {
        const struct lh_canon_field *field = &plan->fields[n];
        const uint8_t *item = message + field->offset;
        size_t count = lh_canon_count(field, message);

        if (count > 0 && is_packed(field)) {
            at = put_packed(at, field, item, count);
            continue;
        }
        for (size_t i = 0; i < count; i++, item += field->data_size) {
            at = put_item(at, field, item);
        }
    }
    return at;
}

enum lh_code lh_canon_encode(struct lh_buf *out, const pb_msgdesc_t *desc, const void *message,
                             struct lh_err *err)
{
    const struct lh_canon_message *plan = lh_canon_message_of(desc);
    size_t len;
    enum lh_code rc = measure_message(plan, message, &len, err);

    if (rc != LH_OK) {
        return rc;
    }
    uint8_t *room = lh_buf_reserve(out, len);
    if (room == NULL) {
        return lh_buf_check(out, err);
    }
    uint8_t *end = put_message(room, plan, message);
    lh_assert((size_t)(end - room) == len);
    out->len += len;
    out->data[out->len] = 0;
    return LH_OK;
}
