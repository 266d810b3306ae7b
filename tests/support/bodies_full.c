/*
 * Fills whatever may stand beside a minimal body: each field of header and detail gets the first
 * value of a short list with which the body still passes its check. Fields that only stand together
 * are tried in pairs. So a new optional field is covered as soon as it is in the proto.
 */
#include "bodies.h"

#include "crypto/base/assert.h"

#include <pb_common.h>

#include <stdio.h>
#include <string.h>

enum { CANDIDATES = 6 };

static const uint64_t numbers[CANDIDATES] = {
    2, 1, 20260501, 20261003, LH_FIXTURE_TIME_MS + 1000, lhpb_Outcome_CANCELLED
};
static const char *const texts[CANDIDATES] = { "mzj", "窗口一", "jinhua/gaj/1", "x", "y", "z" };

static bool is_set(const pb_field_iter_t *field)
{
    if (PB_HTYPE(field->type) == PB_HTYPE_REPEATED) {
        return *(const pb_size_t *)field->pSize > 0;
    }
    if (field->pSize != NULL) {
        return *(const bool *)field->pSize;
    }
    return PB_LTYPE(field->type) == PB_LTYPE_STRING
               ? *(const char *)field->pData != '\0'
               : !lh_bytes_is_zero(lh_bytes_of(field->pData, field->data_size));
}

static void set_item(const pb_field_iter_t *field, size_t candidate)
{
    uint64_t number = numbers[candidate];

    if (PB_LTYPE(field->type) == PB_LTYPE_STRING) {
        (void)snprintf(field->pData, field->data_size, "%s", texts[candidate]);
    } else if (PB_LTYPE(field->type) == PB_LTYPE_FIXED_LENGTH_BYTES) {
        memset(field->pData, 0x20 + (int)(field->tag % 64), field->data_size);
    } else if (field->data_size == sizeof number || field->data_size == sizeof(uint32_t)) {
        memcpy(field->pData, &number, field->data_size); /* little-endian hosts only */
    }
}

static void set(const pb_field_iter_t *field, size_t candidate)
{
    if (PB_LTYPE(field->type) == PB_LTYPE_SUBMESSAGE || is_set(field)) {
        return;
    }
    set_item(field, candidate);
    if (PB_HTYPE(field->type) == PB_HTYPE_REPEATED) {
        *(pb_size_t *)field->pSize = 1;
    } else if (field->pSize != NULL) {
        *(bool *)field->pSize = true;
    }
}

/* All fields of one message, header or detail, that are no message themselves. */
enum { FIELDS_MAX = 64 };

struct fields {
    size_t count;
    pb_field_iter_t at[FIELDS_MAX];
};

static void list_fields(struct fields *out, const pb_msgdesc_t *desc, void *message)
{
    pb_field_iter_t field;
    bool more = pb_field_iter_begin(&field, desc, message);

    for (; more; more = pb_field_iter_next(&field)) {
        if (PB_HTYPE(field.type) != PB_HTYPE_ONEOF) {
            lh_assert(out->count < FIELDS_MAX);
            out->at[out->count++] = field;
        }
    }
}

static bool try_pair(lhpb_Body *body, const pb_field_iter_t *a, const pb_field_iter_t *b)
{
    lhpb_Body before = *body;

    for (size_t i = 0; i < CANDIDATES; i++) {
        for (size_t j = 0; j < CANDIDATES; j++) {
            set(a, i);
            set(b, j);
            if (lh_body_check(body, NULL) == LH_OK) {
                return true;
            }
            *body = before;
        }
    }
    return false;
}

static void fill(lhpb_Body *body, const struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        (void)try_pair(body, &fields->at[i], &fields->at[i]);
    }
    for (size_t i = 0; i < fields->count; i++) {
        for (size_t j = i + 1; j < fields->count; j++) {
            (void)try_pair(body, &fields->at[i], &fields->at[j]);
        }
    }
}

void lh_fixture_body_full(lhpb_Body *out, lhpb_EntryType type)
{
    struct fields header = { .count = 0 };
    struct fields detail = { .count = 0 };
    pb_field_iter_t oneof;

    lh_fixture_body(out, type);
    list_fields(&header, lhpb_Body_fields, out);
    bool found = pb_field_iter_begin(&oneof, lhpb_Body_fields, out) &&
                 pb_field_iter_find(&oneof, 100 + (uint32_t)type);
    lh_assert(found);
    list_fields(&detail, oneof.submsg_desc, oneof.pData);
    fill(out, &header);
    fill(out, &detail);
    enum lh_code rc = lh_body_check(out, NULL);
    lh_assert(rc == LH_OK);
}
