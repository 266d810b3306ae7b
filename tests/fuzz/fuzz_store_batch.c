/*
 * Batches: the input says what is put and deleted (op, table, key length, value length, bytes), the
 * walk gives the same back. The bytes of a batch never come from outside.
 */
#include "ledger/store.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool next_op(struct lh_reader *in, struct lh_store_op *out)
{
    out->is_delete = lh_read_u8(in) % 2 != 0;
    out->table = (enum lh_table)(lh_read_u8(in) % LH_TABLE_COUNT);
    size_t key_len = (size_t)lh_read_u8(in) + 1;
    size_t value_len = lh_read_u16(in);
    out->key = lh_read_view(in, key_len);
    out->value = out->is_delete ? LH_BYTES_EMPTY : lh_read_view(in, value_len);
    return !in->failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_reader in = lh_reader_of(lh_bytes_of(data, size));
    struct lh_store_op wanted;
    struct lh_store_op found;
    size_t at = 0;
    size_t count = 0;

    while (next_op(&in, &wanted)) {
        if (wanted.is_delete) {
            lh_store_batch_delete(&batch, wanted.table, wanted.key);
        } else {
            lh_store_batch_put(&batch, wanted.table, wanted.key, wanted.value);
        }
    }
    in = lh_reader_of(lh_bytes_of(data, size));
    while (lh_store_batch_next(&batch, &at, &found)) {
        lh_assert(next_op(&in, &wanted));
        lh_assert(found.is_delete == wanted.is_delete && found.table == wanted.table);
        lh_assert(lh_bytes_is_equal(found.key, wanted.key));
        lh_assert(lh_bytes_is_equal(found.value, wanted.value));
        count++;
    }
    lh_assert(count == batch.count && at == batch.ops.len);
    lh_store_batch_reset(&batch);
    at = 0;
    lh_assert(!lh_store_batch_next(&batch, &at, &found));
    lh_store_batch_clear(&batch);
    return 0;
}
