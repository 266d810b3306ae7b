/*
 * Rows of the trail as bytes: version, then numbers as varints and strings with their length,
 * times as the event time and how much later it was recorded.
 */
#include "ledger/row.h"

#include "crypto/base/assert.h"

#include <inttypes.h>
#include <string.h>

enum { ROW_VERSION = 1, VARINT_BYTES_MAX = 10 };

/* The byte that says what is there: three ids and the level. */
enum {
    HAS_STAFF = 1,
    HAS_CASE = 2,
    HAS_EXCHANGE = 4,
    HAS_KNOWN = 7,
    LEVEL_SHIFT = 3,
    LEVEL_MAX = 3
};

static void copy_text(char *out, size_t room, const char *text)
{
    size_t len = strnlen(text, room - 1);

    memcpy(out, text, len);
    out[len] = 0;
}

#define COPY_TEXT(to, from) copy_text(to, sizeof(to), from)

void lh_row_of(struct lh_row *out, uint64_t index, const lhpb_Entry *entry, const lhpb_Body *body,
               unsigned level)
{
    lh_assert(level <= LEVEL_MAX);
    *out = (struct lh_row){
        .index = index,
        .recorded_unix_ms = (int64_t)entry->intake.recorded_at_ms,
        .level = level,
    };
    if (body == NULL) { /* a newer schema: what the department vouches for is all there is */
        out->event_time_unix_ms = out->recorded_unix_ms;
        return;
    }
    out->type = body->type;
    out->event_time_unix_ms = (int64_t)body->event_time_ms;
    out->has_staff = body->has_staff;
    out->has_case = body->has_case_id;
    out->has_exchange = body->has_exchange_id;
    if (body->has_staff) {
        memcpy(out->staff, body->staff, sizeof out->staff);
    }
    if (body->has_case_id) {
        memcpy(out->case_id, body->case_id, sizeof out->case_id);
    }
    if (body->has_exchange_id) {
        memcpy(out->exchange_id, body->exchange_id, sizeof out->exchange_id);
    }
    COPY_TEXT(out->unit, body->unit);
    COPY_TEXT(out->system, body->system);
    COPY_TEXT(out->item, body->item);
    COPY_TEXT(out->counterparty, body->counterparty);
    COPY_TEXT(out->purpose, body->purpose);
    COPY_TEXT(out->legal_basis, body->legal_basis);
    out->outcome = body->outcome;
    out->result_count = body->result_count;
    out->flags = body->flags;
}

enum lh_code lh_row_cut(struct lh_row *out, uint64_t index, struct lh_bytes bytes,
                        struct lh_err *err)
{
    const lhpb_Entry *entry;
    lhpb_Leaf leaf;
    lhpb_Body body;
    enum lh_code rc = lh_leaf_decode(&leaf, bytes, err);

    if (rc == LH_OK && leaf.which_kind != lhpb_Leaf_entry_tag) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "leaf %" PRIu64 " is no entry", index);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, LH_ERR_CORRUPT, "a row of the trail");
    }
    entry = &leaf.kind.entry;
    rc = lh_body_decode(&body, lh_bytes_of(entry->body.bytes, entry->body.size), NULL);
    lh_row_of(out, index, entry, rc == LH_OK ? &body : NULL, 0);
    return LH_OK;
}

static void add_varint(struct lh_buf *out, uint64_t value)
{
    while (value >= 0x80) {
        lh_buf_add_u8(out, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    lh_buf_add_u8(out, (uint8_t)value);
}

/* Small numbers of either sign stay small. */
static uint64_t fold_sign(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unfold_sign(uint64_t folded)
{
    return (int64_t)((folded >> 1) ^ ((folded & 1) != 0 ? UINT64_MAX : 0));
}

static void add_text(struct lh_buf *out, const char *text)
{
    lh_buf_add_u8(out, (uint8_t)strlen(text));
    lh_buf_add_text(out, text);
}

static uint8_t has_bits(const struct lh_row *row)
{
    unsigned bits = row->level << LEVEL_SHIFT;

    bits |= row->has_staff ? HAS_STAFF : 0;
    bits |= row->has_case ? HAS_CASE : 0;
    bits |= row->has_exchange ? HAS_EXCHANGE : 0;
    return (uint8_t)bits;
}

void lh_row_encode(struct lh_buf *out, const struct lh_row *row)
{
    lh_assert(row->level <= LEVEL_MAX);
    lh_buf_add_u8(out, ROW_VERSION);
    lh_buf_add_u8(out, has_bits(row));
    add_varint(out, (uint64_t)row->type);
    add_varint(out, (uint64_t)row->event_time_unix_ms);
    add_varint(out, fold_sign((int64_t)((uint64_t)row->recorded_unix_ms -
                                        (uint64_t)row->event_time_unix_ms)));
    if (row->has_staff) {
        lh_buf_add(out, lh_bytes_of(row->staff, sizeof row->staff));
    }
    if (row->has_case) {
        lh_buf_add(out, lh_bytes_of(row->case_id, sizeof row->case_id));
    }
    if (row->has_exchange) {
        lh_buf_add(out, lh_bytes_of(row->exchange_id, sizeof row->exchange_id));
    }
    add_text(out, row->unit);
    add_text(out, row->system);
    add_text(out, row->item);
    add_text(out, row->counterparty);
    add_text(out, row->purpose);
    add_text(out, row->legal_basis);
    add_varint(out, (uint64_t)row->outcome);
    add_varint(out, row->result_count);
    add_varint(out, row->flags);
}

static uint64_t read_varint(struct lh_reader *in)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
        uint8_t byte = lh_read_u8(in);
        value |= (uint64_t)(byte & 0x7fU) << (7 * i);
        if ((byte & 0x80U) == 0) {
            in->failed =
                in->failed || (i == VARINT_BYTES_MAX - 1 && byte > 1) || (i > 0 && byte == 0);
            return value;
        }
    }
    in->failed = true;
    return 0;
}

static void read_text(struct lh_reader *in, char *out, size_t room)
{
    size_t len = lh_read_u8(in);
    struct lh_bytes text = lh_read_view(in, len);

    if (in->failed || len >= room || (len > 0 && memchr(text.data, 0, len) != NULL)) {
        in->failed = true;
        return;
    }
    if (len > 0) {
        memcpy(out, text.data, len);
    }
    out[len] = 0;
}

static void read_id(struct lh_reader *in, bool is_there, uint8_t *out, size_t len)
{
    if (is_there) {
        lh_read_into(in, out, len);
    }
}

enum lh_code lh_row_decode(struct lh_row *out, struct lh_bytes bytes, struct lh_err *err)
{
    struct lh_reader in = lh_reader_of(bytes);
    struct lh_row row = { .index = 0 };
    uint8_t version = lh_read_u8(&in);
    uint8_t has = lh_read_u8(&in);
    uint64_t type = read_varint(&in);
    uint64_t outcome;

    row.event_time_unix_ms = (int64_t)read_varint(&in);
    row.recorded_unix_ms =
        (int64_t)((uint64_t)row.event_time_unix_ms + (uint64_t)unfold_sign(read_varint(&in)));
    row.has_staff = (has & HAS_STAFF) != 0;
    row.has_case = (has & HAS_CASE) != 0;
    row.has_exchange = (has & HAS_EXCHANGE) != 0;
    row.level = (unsigned)has >> LEVEL_SHIFT;
    read_id(&in, row.has_staff, row.staff, sizeof row.staff);
    read_id(&in, row.has_case, row.case_id, sizeof row.case_id);
    read_id(&in, row.has_exchange, row.exchange_id, sizeof row.exchange_id);
    read_text(&in, row.unit, sizeof row.unit);
    read_text(&in, row.system, sizeof row.system);
    read_text(&in, row.item, sizeof row.item);
    read_text(&in, row.counterparty, sizeof row.counterparty);
    read_text(&in, row.purpose, sizeof row.purpose);
    read_text(&in, row.legal_basis, sizeof row.legal_basis);
    outcome = read_varint(&in);
    row.result_count = read_varint(&in);
    row.flags = read_varint(&in);
    if (!lh_reader_is_done(&in) || version != ROW_VERSION || row.level > LEVEL_MAX ||
        type > UINT8_MAX || outcome > UINT8_MAX) {
        return lh_err_set(err, LH_ERR_CORRUPT, "a row of the trail is damaged");
    }
    row.type = (lhpb_EntryType)type;
    row.outcome = (lhpb_Outcome)outcome;
    *out = row;
    return LH_OK;
}
