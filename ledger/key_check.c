#include "ledger/key_check.h"

#include "ledger/keys.h"

#include <string.h>

static enum lh_code keep(struct lh_store *store, struct lh_bytes key, const struct lh_hash *value,
                         struct lh_err *err)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    enum lh_code rc;

    lh_store_batch_put(&batch, LH_TABLE_META, key, lh_hash_bytes(value));
    rc = lh_store_commit(store, &batch, err);
    lh_store_batch_clear(&batch);
    return rc;
}

/* H("liuhen/keycheck/v1" || 0x00 || name || 0x00 || key), of section 1. */
static struct lh_hash check_value(struct lh_suite *suite, const char *name,
                                  const struct lh_secret *secret)
{
    static const char tag[] = "liuhen/keycheck/v1";
    struct lh_bytes parts[] = {
        lh_bytes_of(tag, sizeof tag),
        lh_bytes_of(name, strlen(name) + 1),
        lh_secret_bytes(secret),
    };

    return lh_hash_parts(suite, parts, sizeof parts / sizeof parts[0]);
}

enum lh_code lh_key_check(struct lh_store *store, struct lh_suite *suite, const char *name,
                          const struct lh_secret *secret, struct lh_err *err)
{
    struct lh_hash value = check_value(suite, name, secret);
    struct lh_store_key key = lh_keys_meta_check(name);
    struct lh_buf kept = LH_BUF_EMPTY;
    enum lh_code rc = lh_store_get(store, LH_TABLE_META, lh_store_key_bytes(&key), &kept, err);

    if (rc == LH_ERR_NOT_FOUND) {
        rc = keep(store, lh_store_key_bytes(&key), &value, err);
    } else if (rc == LH_OK && !lh_bytes_is_equal(lh_buf_bytes(&kept), lh_hash_bytes(&value))) {
        rc = lh_err_set(err, LH_ERR_INVALID, "it is not the %s key that this store was made with",
                        name);
    }
    lh_buf_clear(&kept);
    return rc;
}
