#include "ledger/targets.h"

#include "ledger/keys.h"
#include "ledger/ledger_internal.h"
#include "ledger/vault.h"

#include <string.h>

/* What stands under a hash. The letters are on disk. */
enum { HAS_PART = 'p', RESTRICTS = 'r', LIFTS = 'l', ERASES = 'e' };

static struct lh_store_key prefix_of(uint32_t ledger, const uint8_t hash[LH_HASH_SIZE])
{
    return lh_keys_index_prefix(ledger, LH_DIMENSION_TARGET, lh_bytes_of(hash, LH_HASH_SIZE));
}

static void put(struct lh_store_batch *batch, uint32_t ledger, const uint8_t hash[LH_HASH_SIZE],
                uint64_t index, uint8_t what)
{
    struct lh_store_key prefix = prefix_of(ledger, hash);
    struct lh_store_key key = lh_keys_index(&prefix, index);

    lh_store_batch_put(batch, LH_TABLE_INDEX, lh_store_key_bytes(&key), lh_bytes_of(&what, 1));
}

void lh_targets_index(struct lh_store_batch *batch, struct lh_suite *suite, uint32_t ledger,
                      uint64_t index, const lhpb_Entry *entry, const lhpb_Body *body)
{
    const lhpb_Restrict *restricts = &body->detail.restriction;
    const lhpb_Erase *erases = &body->detail.erase;

    if (entry->intake.has_index_digest) {
        struct lh_hash hash = lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size));

        put(batch, ledger, hash.bytes, index, HAS_PART);
    }
    if (body->type == lhpb_EntryType_RESTRICT) {
        bool lifts = body->outcome == lhpb_Outcome_CANCELLED;

        for (pb_size_t i = 0; i < restricts->targets_count; i++) {
            put(batch, ledger, restricts->targets[i], index, lifts ? LIFTS : RESTRICTS);
        }
    }
    if (body->type == lhpb_EntryType_ERASE) {
        for (pb_size_t i = 0; i < erases->targets_count; i++) {
            put(batch, ledger, erases->targets[i], index, ERASES);
        }
    }
}

struct found {
    bool has_part;
    bool is_erased;
    uint8_t said;   /* RESTRICTS or LIFTS, whichever came last; 0: neither */
    uint64_t index; /* of the entry with the private part */
};

static enum lh_code look(struct found *out, struct lh_store *store, uint32_t ledger,
                         const uint8_t hash[LH_HASH_SIZE], struct lh_err *err)
{
    struct lh_store_key prefix = prefix_of(ledger, hash);
    struct lh_store_iter *iter = NULL;
    uint64_t index;
    enum lh_code rc = lh_store_iter_new(&iter, store, LH_TABLE_INDEX, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek(iter, lh_store_key_bytes(&prefix));
    while (lh_store_iter_is_valid(iter) &&
           lh_keys_position(&index, lh_store_iter_key(iter), &prefix)) {
        struct lh_bytes value = lh_store_iter_value(iter);
        uint8_t what = value.len == 1 ? value.data[0] : 0;

        out->has_part = out->has_part || what == HAS_PART;
        out->index = what == HAS_PART ? index : out->index;
        out->said = what == RESTRICTS || what == LIFTS ? what : out->said;
        out->is_erased = out->is_erased || what == ERASES;
        lh_store_iter_next(iter);
    }
    rc = lh_store_iter_check(iter, err);
    lh_store_iter_free(iter);
    return rc;
}

/* spec privacy.md 6: "An ERASE takes away, in the batch that seals it, the private part and the
 * vault row of each target that stands in the same ledger or in a generation before" */
static enum lh_code drop(struct lh_store_batch *batch, struct lh_store *store, uint32_t ledger,
                         uint64_t index, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_leaf(ledger, index);
    struct lh_buf row = LH_BUF_EMPTY;
    enum lh_code rc = lh_store_get(store, LH_TABLE_VAULT, lh_store_key_bytes(&key), &row, err);

    lh_store_batch_delete(batch, LH_TABLE_PRIVATE, lh_store_key_bytes(&key));
    if (rc == LH_OK) {
        rc = lh_vault_drop(batch, ledger, index, lh_buf_bytes(&row), err);
        lh_wipe(row.data, row.len);
    }
    lh_buf_clear(&row);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

enum lh_code lh_targets_erase_in(struct lh_store_batch *batch, struct lh_store *store,
                                 uint32_t ledger, const lhpb_Erase *erase, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    for (pb_size_t i = 0; rc == LH_OK && i < erase->targets_count; i++) {
        struct found found = { .has_part = false };

        rc = look(&found, store, ledger, erase->targets[i], err);
        if (rc == LH_OK && found.has_part) {
            rc = drop(batch, store, ledger, found.index, err);
        }
    }
    return rc;
}

enum lh_code lh_targets_erase(struct lh_store_batch *batch, const struct lh_ledger *ledger,
                              const lhpb_Erase *erase, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    for (; rc == LH_OK && ledger != NULL; ledger = ledger->prev) {
        rc = lh_targets_erase_in(batch, ledger->shelf.store, ledger->shelf.number, erase, err);
    }
    return rc;
}

enum lh_code lh_targets_is_erased_later(bool *out, const struct lh_ledger *ledger,
                                        const uint8_t body_hash[LH_HASH_SIZE], struct lh_err *err)
{
    struct found found = { .has_part = false };
    enum lh_code rc = LH_OK;

    for (ledger = ledger->next; rc == LH_OK && ledger != NULL; ledger = ledger->next) {
        rc = look(&found, ledger->shelf.store, ledger->shelf.number, body_hash, err);
    }
    if (rc == LH_OK) {
        *out = found.is_erased;
    }
    return rc;
}

bool lh_targets_names(const lhpb_Erase *erase, const struct lh_hash *body_hash)
{
    for (pb_size_t i = 0; i < erase->targets_count; i++) {
        if (memcmp(erase->targets[i], body_hash->bytes, LH_HASH_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

enum lh_code lh_targets_find(struct lh_ledger *newest, const struct lh_hash *body_hash,
                             enum lh_target_state *out, struct lh_err *err)
{
    bool is_erased = false;
    uint8_t said = 0;
    enum lh_code rc = LH_OK;

    for (struct lh_ledger *ledger = newest; rc == LH_OK && ledger != NULL;
         ledger = lh_ledger_prev(ledger)) {
        struct found found = { .has_part = false };

        rc = look(&found, ledger->shelf.store, ledger->shelf.number, body_hash->bytes, err);
        is_erased = is_erased || found.is_erased;
        said = said != 0 ? said : found.said;
    }
    if (rc == LH_OK) {
        *out = is_erased           ? LH_TARGET_ERASED
               : said == RESTRICTS ? LH_TARGET_RESTRICTED
                                   : LH_TARGET_OPEN;
    }
    return rc;
}
