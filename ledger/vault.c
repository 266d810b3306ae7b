#include "ledger/vault.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"

void lh_vault_row_begin(struct lh_buf *out, struct lh_bytes tokens)
{
    lh_assert(tokens.len % LH_TOKEN_SIZE == 0);
    lh_assert(tokens.len / LH_TOKEN_SIZE <= LH_VAULT_SUBJECTS_MAX);
    lh_buf_add_u8(out, (uint8_t)(tokens.len / LH_TOKEN_SIZE));
    lh_buf_add(out, tokens);
}

/* spec ledger.md 8.1: "Beside a vault row stands an empty one for each of its tokens, under `s` ||
 * ledger || token || index." */
static enum lh_code each_key(struct lh_store_batch *batch, uint32_t ledger, uint64_t index,
                             struct lh_bytes row, bool is_put, struct lh_err *err)
{
    struct lh_reader in = lh_reader_of(row);
    uint8_t count = lh_read_u8(&in);

    for (uint8_t i = 0; i < count; i++) {
        struct lh_bytes token = lh_read_view(&in, LH_TOKEN_SIZE);

        if (in.failed) {
            break;
        }
        struct lh_store_key prefix = lh_keys_subject_prefix(ledger, token);
        struct lh_store_key key = lh_keys_index(&prefix, index);

        if (is_put) {
            lh_store_batch_put(batch, LH_TABLE_VAULT, lh_store_key_bytes(&key), LH_BYTES_EMPTY);
        } else {
            lh_store_batch_delete(batch, LH_TABLE_VAULT, lh_store_key_bytes(&key));
        }
    }
    return in.failed || count > LH_VAULT_SUBJECTS_MAX
               ? lh_err_set(err, LH_ERR_CORRUPT, "this is no row of the vault")
               : LH_OK;
}

enum lh_code lh_vault_put(struct lh_store_batch *batch, uint32_t ledger, uint64_t index,
                          struct lh_bytes row, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_leaf(ledger, index);

    lh_store_batch_put(batch, LH_TABLE_VAULT, lh_store_key_bytes(&key), row);
    return each_key(batch, ledger, index, row, true, err);
}

enum lh_code lh_vault_drop(struct lh_store_batch *batch, uint32_t ledger, uint64_t index,
                           struct lh_bytes row, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_leaf(ledger, index);

    lh_store_batch_delete(batch, LH_TABLE_VAULT, lh_store_key_bytes(&key));
    return each_key(batch, ledger, index, row, false, err);
}
