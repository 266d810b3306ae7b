#include "ledger/canon.h"

#include "crypto/base/assert.h"

#include <pb_common.h>
#include <pb_encode.h>

#include <string.h>

/* ---- the walk over all fields ---------------------------------------------------------------- */

/* Sets *has_bytes when the message would be encoded to at least one byte. */
static enum lh_code walk_message(const pb_msgdesc_t *desc, const void *message, bool *has_bytes,
                                 struct lh_err *err);

static struct lh_bytes text_of(const pb_field_iter_t *field, const void *item)
{
    const char *text = item;
    const char *end = memchr(text, '\0', field->data_size);
    return lh_bytes_of(text, end != NULL ? (size_t)(end - text) : field->data_size);
}

static enum lh_code walk_text(const pb_field_iter_t *field, const void *item, bool *has_bytes,
                              struct lh_err *err)
{
    struct lh_bytes text = text_of(field, item);

    if (text.len == field->data_size) {
        return lh_err_set(err, LH_ERR_INVALID, "field %u: text longer than %u bytes",
                          (unsigned)field->tag, (unsigned)field->data_size - 1);
    }
    /* spec ledger.md 2: "Text is well-formed UTF-8 without control characters." */
    if (!lh_bytes_is_clean_text(text)) {
        return lh_err_set(err, LH_ERR_INVALID, "field %u: not clean UTF-8 text",
                          (unsigned)field->tag);
    }
    *has_bytes = *has_bytes || text.len > 0;
    return LH_OK;
}

static enum lh_code walk_sized_bytes(const pb_field_iter_t *field, const void *item,
                                     bool *has_bytes, struct lh_err *err)
{
    const pb_bytes_array_t *array = item;

    if (PB_BYTES_ARRAY_T_ALLOCSIZE(array->size) > field->data_size) {
        return lh_err_set(err, LH_ERR_INVALID, "field %u: %u bytes are too many",
                          (unsigned)field->tag, (unsigned)array->size);
    }
    *has_bytes = *has_bytes || array->size > 0;
    return LH_OK;
}

static enum lh_code walk_submessage(const pb_field_iter_t *field, const void *item,
                                    struct lh_err *err)
{
    bool has_bytes = false;
    enum lh_code rc = walk_message(field->submsg_desc, item, &has_bytes, err);

    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "field %u", (unsigned)field->tag);
        return rc;
    }
    /* spec ledger.md 2: "A sub-message that is present has at least one byte." */
    if (!has_bytes) {
        return lh_err_set(err, LH_ERR_INVALID, "field %u: an empty sub-message",
                          (unsigned)field->tag);
    }
    return LH_OK;
}

static bool number_is_zero(const pb_field_iter_t *field, const void *item)
{
    return lh_bytes_is_zero(lh_bytes_of(item, field->data_size));
}

/* One value, alone or in a list. The bounded messages have no other kinds of field. */
static enum lh_code walk_item(const pb_field_iter_t *field, const void *item, bool *has_bytes,
                              struct lh_err *err)
{
    switch (PB_LTYPE(field->type)) {
    case PB_LTYPE_STRING:
        return walk_text(field, item, has_bytes, err);
    case PB_LTYPE_BYTES:
        return walk_sized_bytes(field, item, has_bytes, err);
    case PB_LTYPE_FIXED_LENGTH_BYTES: /* always written, zero or not */
        *has_bytes = true;
        return LH_OK;
    case PB_LTYPE_SUBMESSAGE:
        *has_bytes = true;
        return walk_submessage(field, item, err);
    default:
        *has_bytes = *has_bytes || !number_is_zero(field, item);
        return LH_OK;
    }
}

static enum lh_code walk_list(const pb_field_iter_t *field, bool *has_bytes, struct lh_err *err)
{
    const uint8_t *item = field->pData;
    pb_size_t count = *(const pb_size_t *)field->pSize;

    if (count > field->array_size) {
        return lh_err_set(err, LH_ERR_INVALID, "field %u: %u items are too many",
                          (unsigned)field->tag, (unsigned)count);
    }
    for (pb_size_t i = 0; i < count; i++, item += field->data_size) {
        enum lh_code rc = walk_item(field, item, has_bytes, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    *has_bytes = *has_bytes || count > 0;
    return LH_OK;
}

static enum lh_code walk_optional(const pb_field_iter_t *field, bool *has_bytes, struct lh_err *err)
{
    if (field->pSize != NULL && !*(const bool *)field->pSize) {
        return LH_OK;
    }
    /* spec ledger.md 2: "An optional field that is present is not all zero." */
    if (field->pSize != NULL && PB_LTYPE(field->type) == PB_LTYPE_FIXED_LENGTH_BYTES &&
        lh_bytes_is_zero(lh_bytes_of(field->pData, field->data_size))) {
        return lh_err_set(err, LH_ERR_INVALID, "field %u: present and all zero",
                          (unsigned)field->tag);
    }
    return walk_item(field, field->pData, has_bytes, err);
}

static enum lh_code walk_field(const pb_field_iter_t *field, bool *has_bytes, struct lh_err *err)
{
    switch (PB_HTYPE(field->type)) {
    case PB_HTYPE_REPEATED:
        return walk_list(field, has_bytes, err);
    case PB_HTYPE_ONEOF:
        return *(const pb_size_t *)field->pSize == field->tag
                   ? walk_item(field, field->pData, has_bytes, err)
                   : LH_OK;
    default:
        return walk_optional(field, has_bytes, err);
    }
}

static enum lh_code walk_message(const pb_msgdesc_t *desc, const void *message, bool *has_bytes,
                                 struct lh_err *err)
{
    pb_field_iter_t field;

    if (!pb_field_iter_begin_const(&field, desc, message)) {
        return LH_OK;
    }
    do {
        enum lh_code rc = walk_field(&field, has_bytes, err);
        if (rc != LH_OK) {
            return rc;
        }
    } while (pb_field_iter_next(&field));
    return LH_OK;
}

enum lh_code lh_canon_check(const pb_msgdesc_t *desc, const void *message, struct lh_err *err)
{
    bool has_bytes = false;
    return walk_message(desc, message, &has_bytes, err);
}

/* ---- encode ---------------------------------------------------------------------------------- */

enum lh_code lh_canon_encode(struct lh_buf *out, const pb_msgdesc_t *desc, const void *message,
                             struct lh_err *err)
{
    enum lh_code rc = lh_canon_check(desc, message, err);
    size_t len;

    if (rc != LH_OK) {
        return rc;
    }
    bool sized = pb_get_encoded_size(&len, desc, message);
    lh_assert(sized);
    uint8_t *room = lh_buf_reserve(out, len);
    if (room == NULL) {
        return lh_buf_check(out, err);
    }
    pb_ostream_t stream = pb_ostream_from_buffer(room, len);
    bool written = pb_encode(&stream, desc, message);
    lh_assert(written);
    lh_assert(stream.bytes_written == len);
    out->len += len;
    out->data[out->len] = 0;
    return LH_OK;
}
