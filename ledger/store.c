#include "ledger/store.h"

#include "crypto/base/assert.h"
#include "ledger/store_internal.h"

#include <string.h>

enum { OP_PUT = 1, OP_DELETE = 2 };

/* Greater than every key of keys.h: none starts with eight 0xff (ledger numbers are small). */
static const uint8_t beyond_all[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static const struct {
    const char *name;
    bool is_insert_only;
    bool is_looked_up; /* an existing key is noticed at commit */
} tables[LH_TABLE_COUNT] = {
    [LH_TABLE_META] = { "meta", false, false },       [LH_TABLE_LEAF] = { "leaf", true, true },
    [LH_TABLE_BLOCK] = { "block", true, true },       [LH_TABLE_NODE] = { "node", true, true },
    [LH_TABLE_INDEX] = { "index", true, false },      [LH_TABLE_EVENT] = { "event", true, true },
    [LH_TABLE_PRIVATE] = { "private", false, false }, [LH_TABLE_VAULT] = { "vault", false, false },
    [LH_TABLE_JOURNAL] = { "journal", false, false },
};

const char *lh_table_name(enum lh_table table)
{
    lh_assert(table < LH_TABLE_COUNT);
    return tables[table].name;
}

bool lh_table_is_insert_only(enum lh_table table)
{
    lh_assert(table < LH_TABLE_COUNT);
    return tables[table].is_insert_only;
}

/* ---- batches ---- */

void lh_store_batch_clear(struct lh_store_batch *batch)
{
    lh_buf_clear(&batch->ops);
    batch->count = 0;
}

void lh_store_batch_reset(struct lh_store_batch *batch)
{
    lh_buf_reset(&batch->ops);
    batch->count = 0;
}

static void add_op(struct lh_store_batch *batch, uint8_t op, enum lh_table table,
                   struct lh_bytes key)
{
    lh_assert(table < LH_TABLE_COUNT);
    lh_assert(key.len > 0);
    lh_buf_add_u8(&batch->ops, op);
    lh_buf_add_u8(&batch->ops, (uint8_t)table);
    lh_buf_add_u32(&batch->ops, (uint32_t)key.len);
    lh_buf_add(&batch->ops, key);
    batch->count++;
}

void lh_store_batch_put(struct lh_store_batch *batch, enum lh_table table, struct lh_bytes key,
                        struct lh_bytes value)
{
    lh_assert(value.len <= UINT32_MAX);
    add_op(batch, OP_PUT, table, key);
    lh_buf_add_u32(&batch->ops, (uint32_t)value.len);
    lh_buf_add(&batch->ops, value);
}

void lh_store_batch_delete(struct lh_store_batch *batch, enum lh_table table, struct lh_bytes key)
{
    add_op(batch, OP_DELETE, table, key);
    lh_buf_add_u32(&batch->ops, 0);
}

/* Bytes with their length in front. Batches are ours: what does not add up stops the process. */
static struct lh_bytes take_counted(struct lh_bytes *rest)
{
    struct lh_bytes taken;

    lh_assert(rest->len >= 4);
    taken.data = rest->data + 4;
    taken.len = (size_t)rest->data[0] << 24 | (size_t)rest->data[1] << 16 |
                (size_t)rest->data[2] << 8 | rest->data[3];
    lh_assert(taken.len <= rest->len - 4);
    rest->data += 4 + taken.len;
    rest->len -= 4 + taken.len;
    return taken;
}

bool lh_store_batch_next(const struct lh_store_batch *batch, size_t *at, struct lh_store_op *out)
{
    struct lh_bytes all = lh_buf_bytes(&batch->ops);
    struct lh_bytes rest;

    lh_assert(*at <= all.len);
    if (*at == all.len) {
        return false;
    }
    lh_assert(all.len - *at > 2);
    out->is_delete = all.data[*at] == OP_DELETE;
    out->table = (enum lh_table)all.data[*at + 1];
    rest = lh_bytes_of(all.data + *at + 2, all.len - *at - 2);
    out->key = take_counted(&rest);
    out->value = take_counted(&rest);
    *at = all.len - rest.len;
    return true;
}

/* ---- what every store keeps to ---- */

static enum lh_code check_usable(const struct lh_store *store, struct lh_err *err)
{
    if (atomic_load(&store->is_broken)) {
        return lh_err_set(err, LH_ERR_IO, "the store is out of use: a commit failed before");
    }
    return LH_OK;
}

static enum lh_code load_last(struct lh_store *store, enum lh_table table, struct lh_err *err)
{
    struct lh_store_iter *iter = NULL;
    enum lh_code rc = store->class->iter_new(store, &iter, table, err);

    if (rc != LH_OK) {
        return rc;
    }
    store->class->iter_seek_back(iter, lh_bytes_of(beyond_all, sizeof beyond_all));
    if (store->class->iter_is_valid(iter)) {
        lh_buf_add(&store->last[table], store->class->iter_key(iter));
    }
    rc = store->class->iter_check(iter, err);
    if (rc == LH_OK) {
        rc = lh_buf_check(&store->last[table], err);
    }
    store->class->iter_free(iter);
    return rc;
}

enum lh_code lh_store_init(struct lh_store *store, const struct lh_store_class *class,
                           struct lh_err *err)
{
    store->class = class;
    atomic_init(&store->is_broken, false);
    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        store->last[i] = (struct lh_buf)LH_BUF_EMPTY;
    }
    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        enum lh_code rc = tables[i].is_looked_up ? load_last(store, (enum lh_table)i, err) : LH_OK;
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "reading table %s", tables[i].name);
        }
    }
    return LH_OK;
}

void lh_store_deinit(struct lh_store *store)
{
    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        lh_buf_clear(&store->last[i]);
    }
}

static bool is_beyond_last(const struct lh_store *store, const struct lh_store_op *op)
{
    return lh_bytes_compare(op->key, lh_buf_bytes(&store->last[op->table])) > 0;
}

/* Rule 2 of store.h. */
static enum lh_code check_insert_only(struct lh_store *store, const struct lh_store_batch *batch,
                                      struct lh_err *err)
{
    struct lh_buf found = LH_BUF_EMPTY;
    struct lh_store_op op;
    enum lh_code rc = LH_OK;

    for (size_t at = 0; lh_store_batch_next(batch, &at, &op);) {
        if (!tables[op.table].is_insert_only) {
            continue;
        }
        if (op.is_delete) {
            rc = lh_err_set(err, LH_ERR_CONFLICT, "table %s is insert-only: a delete is refused",
                            tables[op.table].name);
            goto out;
        }
        if (!tables[op.table].is_looked_up || is_beyond_last(store, &op)) {
            continue;
        }
        rc = store->class->get(store, op.table, op.key, &found, err);
        if (rc == LH_OK && !lh_bytes_is_equal(lh_buf_bytes(&found), op.value)) {
            rc = lh_err_set(err, LH_ERR_CONFLICT,
                            "table %s is insert-only: another value stands under this key",
                            tables[op.table].name);
        }
        if (rc != LH_OK && rc != LH_ERR_NOT_FOUND) {
            goto out;
        }
        rc = LH_OK;
    }
out:
    lh_buf_clear(&found);
    return rc;
}

static void advance_last(struct lh_store *store, const struct lh_store_batch *batch)
{
    struct lh_store_op op;

    for (size_t at = 0; lh_store_batch_next(batch, &at, &op);) {
        if (tables[op.table].is_looked_up && is_beyond_last(store, &op)) {
            lh_buf_reset(&store->last[op.table]);
            lh_buf_add(&store->last[op.table], op.key);
        }
    }
}

static bool is_last_known(const struct lh_store *store)
{
    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        if (store->last[i].failed) {
            return false;
        }
    }
    return true;
}

enum lh_code lh_store_commit(struct lh_store *store, const struct lh_store_batch *batch,
                             struct lh_err *err)
{
    enum lh_code rc = check_usable(store, err);

    if (rc == LH_OK) {
        rc = lh_buf_check(&batch->ops, err);
    }
    if (rc == LH_OK) {
        rc = check_insert_only(store, batch, err);
    }
    if (rc != LH_OK) {
        return rc; /* nothing was tried */
    }
    rc = store->class->commit(store, batch, err);
    if (rc != LH_OK) {
        /* What reached the disk is not known: nobody may build on it before it is read again. */
        atomic_store(&store->is_broken, true);
        return rc;
    }
    advance_last(store, batch);
    if (!is_last_known(store)) {
        atomic_store(&store->is_broken, true);
    }
    return LH_OK;
}

enum lh_code lh_store_get(struct lh_store *store, enum lh_table table, struct lh_bytes key,
                          struct lh_buf *out, struct lh_err *err)
{
    enum lh_code rc = check_usable(store, err);

    lh_assert(table < LH_TABLE_COUNT);
    if (rc != LH_OK) {
        return rc;
    }
    return store->class->get(store, table, key, out, err);
}

void lh_store_close(struct lh_store *store)
{
    if (store != NULL) {
        store->class->close(store);
    }
}

enum lh_code lh_store_iter_new(struct lh_store_iter **out, struct lh_store *store,
                               enum lh_table table, struct lh_err *err)
{
    enum lh_code rc = check_usable(store, err);

    lh_assert(table < LH_TABLE_COUNT);
    if (rc != LH_OK) {
        return rc;
    }
    return store->class->iter_new(store, out, table, err);
}

void lh_store_iter_free(struct lh_store_iter *iter)
{
    if (iter != NULL) {
        iter->class->iter_free(iter);
    }
}

void lh_store_iter_seek(struct lh_store_iter *iter, struct lh_bytes key)
{
    iter->class->iter_seek(iter, key);
}

void lh_store_iter_seek_back(struct lh_store_iter *iter, struct lh_bytes key)
{
    iter->class->iter_seek_back(iter, key);
}

void lh_store_iter_next(struct lh_store_iter *iter)
{
    iter->class->iter_next(iter);
}

void lh_store_iter_prev(struct lh_store_iter *iter)
{
    iter->class->iter_prev(iter);
}

bool lh_store_iter_is_valid(const struct lh_store_iter *iter)
{
    return iter->class->iter_is_valid(iter);
}

struct lh_bytes lh_store_iter_key(const struct lh_store_iter *iter)
{
    return iter->class->iter_key(iter);
}

struct lh_bytes lh_store_iter_value(const struct lh_store_iter *iter)
{
    return iter->class->iter_value(iter);
}

enum lh_code lh_store_iter_check(const struct lh_store_iter *iter, struct lh_err *err)
{
    enum lh_code rc = check_usable(iter->store, err);

    if (rc != LH_OK) {
        return rc;
    }
    return iter->class->iter_check(iter, err);
}
