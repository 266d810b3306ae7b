#include "tests/support/store_mem.h"

#include "crypto/base/assert.h"
#include "ledger/store_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One key and its value; shared with the iterators that saw it. */
struct mem_row {
    atomic_size_t refs;
    size_t key_len;
    size_t value_len;
    uint8_t bytes[];
};

struct mem_table {
    struct mem_row **rows; /* ascending by key */
    size_t count;
    size_t capacity;
};

struct mem_store {
    struct lh_store base;
    pthread_mutex_t lock;
    struct mem_table tables[LH_TABLE_COUNT];
    struct lh_store_batch *history;
    size_t history_count;
    size_t fail_in; /* calls until the failure; 0: none asked for */
    bool has_failed;
    enum lh_mem_failure failure;
};

struct mem_iter {
    struct lh_store_iter base;
    struct mem_table seen;
    size_t at; /* seen.count: nowhere */
    bool is_failed;
};

static void *must(void *storage)
{
    if (storage == NULL) {
        abort(); /* a test machine without memory proves nothing */
    }
    return storage;
}

static struct mem_store *mem_of(const struct lh_store *base)
{
    union {
        const struct lh_store *in;
        struct mem_store *out;
    } cast = { .in = base };

    return cast.out;
}

static struct mem_row *row_new(struct lh_bytes key, struct lh_bytes value)
{
    struct mem_row *row = must(malloc(sizeof *row + key.len + value.len));

    atomic_init(&row->refs, 1);
    row->key_len = key.len;
    row->value_len = value.len;
    memcpy(row->bytes, key.data, key.len);
    if (value.len > 0) {
        memcpy(row->bytes + key.len, value.data, value.len);
    }
    return row;
}

static void row_unref(struct mem_row *row)
{
    if (atomic_fetch_sub(&row->refs, 1) == 1) {
        free(row);
    }
}

static struct lh_bytes row_key(const struct mem_row *row)
{
    return lh_bytes_of(row->bytes, row->key_len);
}

static struct lh_bytes row_value(const struct mem_row *row)
{
    return lh_bytes_of(row->bytes + row->key_len, row->value_len);
}

/* Position of the first key >= `key`. */
static size_t table_find(const struct mem_table *table, struct lh_bytes key)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (lh_bytes_compare(row_key(table->rows[middle]), key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool table_holds_at(const struct mem_table *table, size_t at, struct lh_bytes key)
{
    return at < table->count && lh_bytes_is_equal(row_key(table->rows[at]), key);
}

static void table_put(struct mem_table *table, struct lh_bytes key, struct lh_bytes value)
{
    size_t at = table_find(table, key);

    if (table_holds_at(table, at, key)) {
        row_unref(table->rows[at]);
        table->rows[at] = row_new(key, value);
        return;
    }
    if (table->count == table->capacity) {
        table->capacity = table->capacity == 0 ? 64 : table->capacity * 2;
        table->rows = must(realloc(table->rows, table->capacity * sizeof(struct mem_row *)));
    }
    memmove(table->rows + at + 1, table->rows + at, (table->count - at) * sizeof(struct mem_row *));
    table->rows[at] = row_new(key, value);
    table->count++;
}

static void table_delete(struct mem_table *table, struct lh_bytes key)
{
    size_t at = table_find(table, key);

    if (!table_holds_at(table, at, key)) {
        return;
    }
    row_unref(table->rows[at]);
    table->count--;
    memmove(table->rows + at, table->rows + at + 1, (table->count - at) * sizeof(struct mem_row *));
}

static void table_clear(struct mem_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        row_unref(table->rows[i]);
    }
    free(table->rows);
    *table = (struct mem_table){ .count = 0 };
}

/* Is this call the one that fails? The lock is held. */
static bool is_failing(struct mem_store *store)
{
    if (store->fail_in == 0) {
        return false;
    }
    store->fail_in--;
    store->has_failed = store->fail_in == 0;
    return store->has_failed;
}

static enum lh_code say_failed(struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_IO, "the test asked for a failure here");
}

static enum lh_code mem_get(struct lh_store *base, enum lh_table table, struct lh_bytes key,
                            struct lh_buf *out, struct lh_err *err)
{
    struct mem_store *store = mem_of(base);
    struct mem_table *rows = &store->tables[table];
    enum lh_code rc = LH_OK;

    pthread_mutex_lock(&store->lock);
    size_t at = table_find(rows, key);
    if (is_failing(store)) {
        rc = say_failed(err);
    } else if (!table_holds_at(rows, at, key)) {
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "no such key");
    } else {
        lh_buf_reset(out);
        lh_buf_add(out, row_value(rows->rows[at]));
        rc = lh_buf_check(out, err);
    }
    pthread_mutex_unlock(&store->lock);
    return rc;
}

static void apply(struct mem_store *store, const struct lh_store_batch *batch)
{
    struct lh_store_batch *kept;
    struct lh_store_op op;

    store->history =
        must(realloc(store->history, (store->history_count + 1) * sizeof(struct lh_store_batch)));
    kept = &store->history[store->history_count++];
    *kept = (struct lh_store_batch)LH_STORE_BATCH_EMPTY;
    lh_buf_add(&kept->ops, lh_buf_bytes(&batch->ops));
    kept->count = batch->count;
    for (size_t at = 0; lh_store_batch_next(batch, &at, &op);) {
        if (op.is_delete) {
            table_delete(&store->tables[op.table], op.key);
        } else {
            table_put(&store->tables[op.table], op.key, op.value);
        }
    }
}

static enum lh_code mem_commit(struct lh_store *base, const struct lh_store_batch *batch,
                               struct lh_err *err)
{
    struct mem_store *store = mem_of(base);
    enum lh_code rc = LH_OK;

    pthread_mutex_lock(&store->lock);
    if (is_failing(store)) {
        rc = say_failed(err);
    }
    if (rc == LH_OK || store->failure == LH_MEM_FAIL_KEPT) {
        apply(store, batch);
    }
    pthread_mutex_unlock(&store->lock);
    return rc;
}

static void mem_close(struct lh_store *base)
{
    struct mem_store *store = mem_of(base);

    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        table_clear(&store->tables[i]);
    }
    for (size_t i = 0; i < store->history_count; i++) {
        lh_store_batch_clear(&store->history[i]);
    }
    free(store->history);
    pthread_mutex_destroy(&store->lock);
    lh_store_deinit(&store->base);
    free(store);
}

/* ---- iterators ---- */

static const struct lh_store_class mem_class;

static enum lh_code mem_iter_new(struct lh_store *base, struct lh_store_iter **out,
                                 enum lh_table table, struct lh_err *err)
{
    struct mem_store *store = mem_of(base);
    struct mem_table *rows = &store->tables[table];
    struct mem_iter *iter;
    enum lh_code rc = LH_OK;

    pthread_mutex_lock(&store->lock);
    if (is_failing(store)) {
        rc = say_failed(err);
        goto out;
    }
    iter = must(calloc(1, sizeof *iter));
    iter->base.class = &mem_class;
    iter->base.store = base;
    iter->seen.rows = must(calloc(rows->count + 1, sizeof(struct mem_row *)));
    iter->seen.count = rows->count;
    for (size_t i = 0; i < rows->count; i++) {
        iter->seen.rows[i] = rows->rows[i];
        atomic_fetch_add(&rows->rows[i]->refs, 1);
    }
    iter->at = iter->seen.count;
    *out = &iter->base;
out:
    pthread_mutex_unlock(&store->lock);
    return rc;
}

static struct mem_iter *iter_of(const struct lh_store_iter *base)
{
    union {
        const struct lh_store_iter *in;
        struct mem_iter *out;
    } cast = { .in = base };

    return cast.out;
}

static void mem_iter_free(struct lh_store_iter *base)
{
    table_clear(&iter_of(base)->seen);
    free(base);
}

static bool is_seek_failing(struct mem_iter *iter)
{
    struct mem_store *store = mem_of(iter->base.store);

    pthread_mutex_lock(&store->lock);
    if (is_failing(store)) {
        iter->is_failed = true;
        iter->at = iter->seen.count;
    }
    pthread_mutex_unlock(&store->lock);
    return iter->is_failed;
}

static void mem_iter_seek(struct lh_store_iter *base, struct lh_bytes key)
{
    struct mem_iter *iter = iter_of(base);

    if (!is_seek_failing(iter)) {
        iter->at = table_find(&iter->seen, key);
    }
}

static void step_back(struct mem_iter *iter)
{
    iter->at = iter->at == 0 ? iter->seen.count : iter->at - 1;
}

static void mem_iter_seek_back(struct lh_store_iter *base, struct lh_bytes key)
{
    struct mem_iter *iter = iter_of(base);

    if (is_seek_failing(iter)) {
        return;
    }
    iter->at = table_find(&iter->seen, key);
    if (!table_holds_at(&iter->seen, iter->at, key)) {
        step_back(iter);
    }
}

static void mem_iter_next(struct lh_store_iter *base)
{
    struct mem_iter *iter = iter_of(base);

    lh_assert(iter->at < iter->seen.count);
    iter->at++;
}

static void mem_iter_prev(struct lh_store_iter *base)
{
    struct mem_iter *iter = iter_of(base);

    lh_assert(iter->at < iter->seen.count);
    step_back(iter);
}

static bool mem_iter_is_valid(const struct lh_store_iter *base)
{
    const struct mem_iter *iter = iter_of(base);

    return iter->at < iter->seen.count;
}

static struct lh_bytes mem_iter_key(const struct lh_store_iter *base)
{
    const struct mem_iter *iter = iter_of(base);

    lh_assert(iter->at < iter->seen.count);
    return row_key(iter->seen.rows[iter->at]);
}

static struct lh_bytes mem_iter_value(const struct lh_store_iter *base)
{
    const struct mem_iter *iter = iter_of(base);

    lh_assert(iter->at < iter->seen.count);
    return row_value(iter->seen.rows[iter->at]);
}

static enum lh_code mem_iter_check(const struct lh_store_iter *base, struct lh_err *err)
{
    return iter_of(base)->is_failed ? say_failed(err) : LH_OK;
}

static const struct lh_store_class mem_class = {
    .get = mem_get,
    .commit = mem_commit,
    .iter_new = mem_iter_new,
    .close = mem_close,
    .iter_free = mem_iter_free,
    .iter_seek = mem_iter_seek,
    .iter_seek_back = mem_iter_seek_back,
    .iter_next = mem_iter_next,
    .iter_prev = mem_iter_prev,
    .iter_is_valid = mem_iter_is_valid,
    .iter_key = mem_iter_key,
    .iter_value = mem_iter_value,
    .iter_check = mem_iter_check,
};

/* ---- what tests ask for ---- */

enum lh_code lh_store_mem_new(struct lh_store **out, struct lh_err *err)
{
    struct mem_store *store = must(calloc(1, sizeof *store));
    enum lh_code rc;

    must(pthread_mutex_init(&store->lock, NULL) == 0 ? store : NULL);
    rc = lh_store_init(&store->base, &mem_class, err);
    if (rc != LH_OK) {
        mem_close(&store->base);
        return rc;
    }
    *out = &store->base;
    return LH_OK;
}

void lh_store_mem_fail_at(struct lh_store *base, size_t n, enum lh_mem_failure failure)
{
    struct mem_store *store = mem_of(base);

    store->fail_in = n;
    store->failure = failure;
    store->has_failed = false;
}

bool lh_store_mem_has_failed(const struct lh_store *base)
{
    return mem_of(base)->has_failed;
}

size_t lh_store_mem_commit_count(const struct lh_store *base)
{
    return mem_of(base)->history_count;
}

enum lh_code lh_store_mem_after_crash(struct lh_store **out, const struct lh_store *base,
                                      size_t commit_count, struct lh_err *err)
{
    const struct mem_store *store = mem_of(base);
    struct mem_store *after = NULL;
    struct lh_store *made = NULL;
    enum lh_code rc = lh_store_mem_new(&made, err);

    if (rc != LH_OK) {
        return rc;
    }
    after = mem_of(made);
    lh_assert(commit_count <= store->history_count);
    for (size_t i = 0; i < commit_count; i++) {
        apply(after, &store->history[i]);
    }
    lh_store_deinit(made);
    rc = lh_store_init(made, &mem_class, err);
    if (rc != LH_OK) {
        mem_close(made);
        return rc;
    }
    *out = made;
    return LH_OK;
}

void lh_store_mem_poke(struct lh_store *base, enum lh_table table, struct lh_bytes key,
                       const struct lh_bytes *value)
{
    struct mem_store *store = mem_of(base);

    pthread_mutex_lock(&store->lock);
    if (value == NULL) {
        table_delete(&store->tables[table], key);
    } else {
        table_put(&store->tables[table], key, *value);
    }
    pthread_mutex_unlock(&store->lock);
}
