/*
 * Writing the index rows of a block.
 *
 *  1. Rows of staff, case and item carry the row itself; those of exchange and the roster's entries
 *     only point. Every row also stands in the record dimension, where the rows of a block are
 *     packed side by side.
 *  2. Days are indexed as runs: one row for consecutive entries of a block with the same day.
 *  3. What is written is a function of the rows, so that it can be checked (ledger_verify.c).
 */
#include "ledger/trail_internal.h"

#include "crypto/base/assert.h"

#include <string.h>

enum { RECORD_ROWS_MAX = 64 }; /* packed into one value */

#define DAY_MS ((uint64_t)24 * 60 * 60 * 1000)
#define UTC8_MS ((uint64_t)8 * 60 * 60 * 1000)

bool lh_dimension_is_covering(enum lh_dimension dimension)
{
    return dimension == LH_DIMENSION_STAFF || dimension == LH_DIMENSION_CASE ||
           dimension == LH_DIMENSION_ITEM;
}

bool lh_dimension_is_run(enum lh_dimension dimension)
{
    return dimension == LH_DIMENSION_RECORD || dimension == LH_DIMENSION_EVENT_DAY ||
           dimension == LH_DIMENSION_RECORDED_DAY;
}

uint32_t lh_trail_day(int64_t unix_ms)
{
    uint64_t day = unix_ms < 0 ? 0 : ((uint64_t)unix_ms + UTC8_MS) / DAY_MS;

    return day > UINT32_MAX ? UINT32_MAX : (uint32_t)day;
}

struct lh_store_key lh_trail_day_prefix(uint32_t number, enum lh_dimension dimension, uint32_t day)
{
    uint8_t wire[4];

    lh_put_u32(wire, day);
    return lh_keys_index_prefix(number, dimension, lh_bytes_of(wire, sizeof wire));
}

static void put(struct lh_store_batch *batch, const struct lh_store_key *prefix, uint64_t index,
                struct lh_bytes value)
{
    struct lh_store_key key = lh_keys_index(prefix, index);

    lh_store_batch_put(batch, LH_TABLE_INDEX, lh_store_key_bytes(&key), value);
}

static void put_value(struct lh_store_batch *batch, uint32_t number, enum lh_dimension dimension,
                      struct lh_bytes value, uint64_t index, struct lh_bytes row)
{
    struct lh_store_key prefix = lh_keys_index_prefix(number, dimension, value);

    put(batch, &prefix, index, lh_dimension_is_covering(dimension) ? row : LH_BYTES_EMPTY);
}

static void put_entry(struct lh_store_batch *batch, uint32_t number, const struct lh_row *row,
                      struct lh_bytes bytes)
{
    if (row->has_staff) {
        put_value(batch, number, LH_DIMENSION_STAFF, lh_bytes_of(row->staff, sizeof row->staff),
                  row->index, bytes);
    }
    if (row->has_case) {
        put_value(batch, number, LH_DIMENSION_CASE, lh_bytes_of(row->case_id, sizeof row->case_id),
                  row->index, bytes);
    }
    if (row->has_exchange) {
        put_value(batch, number, LH_DIMENSION_EXCHANGE,
                  lh_bytes_of(row->exchange_id, sizeof row->exchange_id), row->index, bytes);
    }
    if (row->item[0] != 0) {
        put_value(batch, number, LH_DIMENSION_ITEM, lh_bytes_of_text(row->item), row->index, bytes);
    }
    if (lh_roster_is_concerned(row->type)) {
        put_value(batch, number, LH_DIMENSION_KEYS, LH_BYTES_EMPTY, row->index, bytes);
    }
}

static int64_t time_in(const struct lh_row *row, enum lh_dimension dimension)
{
    return dimension == LH_DIMENSION_EVENT_DAY ? row->event_time_unix_ms : row->recorded_unix_ms;
}

/* One row for each run of entries of the same day: how many, and between which times. */
static void put_days(struct lh_store_batch *batch, uint32_t number, enum lh_dimension dimension,
                     const struct lh_row *rows, size_t count)
{
    for (size_t i = 0, run; i < count; i += run) {
        int64_t earliest = time_in(&rows[i], dimension);
        int64_t latest = earliest;
        uint32_t day = lh_trail_day(earliest);
        struct lh_store_key prefix = lh_trail_day_prefix(number, dimension, day);
        uint8_t wire[LH_TRAIL_DAY_RUN_SIZE];

        for (run = 1; i + run < count; run++) {
            int64_t time = time_in(&rows[i + run], dimension);
            if (lh_trail_day(time) != day) {
                break;
            }
            earliest = time < earliest ? time : earliest;
            latest = time > latest ? time : latest;
        }
        lh_put_u32(wire, (uint32_t)run);
        lh_put_u64(wire + 4, (uint64_t)earliest);
        lh_put_u64(wire + 12, (uint64_t)latest);
        put(batch, &prefix, rows[i].index, lh_bytes_of(wire, sizeof wire));
    }
}

static void put_all_days(struct lh_store_batch *batch, uint32_t number, const struct lh_row *rows,
                         size_t count)
{
    put_days(batch, number, LH_DIMENSION_EVENT_DAY, rows, count);
    put_days(batch, number, LH_DIMENSION_RECORDED_DAY, rows, count);
}

/* How many entries stand in the record row that begins with the `at`-th of `count`. */
static uint8_t packed_count(size_t at, size_t count)
{
    return (uint8_t)(count - at < RECORD_ROWS_MAX ? count - at : RECORD_ROWS_MAX);
}

void lh_trail_index(struct lh_store_batch *batch, uint32_t ledger_number, const struct lh_row *rows,
                    size_t count)
{
    struct lh_store_key record =
        lh_keys_index_prefix(ledger_number, LH_DIMENSION_RECORD, LH_BYTES_EMPTY);
    struct lh_buf packed = LH_BUF_EMPTY;
    struct lh_buf row = LH_BUF_EMPTY;

    for (size_t i = 0; i < count; i++) {
        lh_assert(rows[i].index == rows[0].index + i);
        if (i % RECORD_ROWS_MAX == 0) {
            lh_buf_reset(&packed);
            lh_buf_add_u8(&packed, packed_count(i, count));
        }
        lh_buf_reset(&row);
        lh_row_encode(&row, &rows[i]);
        lh_buf_add_u16(&packed, (uint16_t)row.len);
        lh_buf_add(&packed, lh_buf_bytes(&row));
        put_entry(batch, ledger_number, &rows[i], lh_buf_bytes(&row));
        batch->ops.failed = batch->ops.failed || row.failed || packed.failed;
        if (i + 1 == count || (i + 1) % RECORD_ROWS_MAX == 0) {
            put(batch, &record, rows[i - i % RECORD_ROWS_MAX].index, lh_buf_bytes(&packed));
        }
    }
    put_all_days(batch, ledger_number, rows, count);
    lh_buf_clear(&row);
    lh_buf_clear(&packed);
}

/* spec ledger.md 9.3: "They are those of section 9.2 without the rows that these carry, which are
 * cut from the leaf when they are asked for." */
void lh_trail_index_bare(struct lh_store_batch *batch, uint32_t ledger_number,
                         const struct lh_row *rows, size_t count)
{
    struct lh_store_key record =
        lh_keys_index_prefix(ledger_number, LH_DIMENSION_RECORD, LH_BYTES_EMPTY);

    for (size_t i = 0; i < count; i++) {
        lh_assert(rows[i].index == rows[0].index + i);
        put_entry(batch, ledger_number, &rows[i], LH_BYTES_EMPTY);
        if (i % RECORD_ROWS_MAX == 0) {
            uint8_t in_run = packed_count(i, count);

            put(batch, &record, rows[i].index, lh_bytes_of(&in_run, sizeof in_run));
        }
    }
    put_all_days(batch, ledger_number, rows, count);
}

/* The `at`-th row packed into a value of the record dimension; false when there is none. */
bool lh_trail_find_packed(struct lh_bytes packed, uint64_t at, struct lh_bytes *out)
{
    struct lh_reader in = lh_reader_of(packed);
    uint8_t count = lh_read_u8(&in);

    if (at >= count) {
        return false;
    }
    for (uint64_t i = 0; i <= at; i++) {
        *out = lh_read_view(&in, lh_read_u16(&in));
    }
    return !in.failed;
}
