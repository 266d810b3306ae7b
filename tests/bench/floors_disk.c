/*
 * The disk alone, and the store alone: the batches that a ledger commits are captured on their way
 * into a store in memory, then written to a plain RocksDB database of the same tables, synced.
 */
#include "ledger/store_internal.h"
#include "tests/bench/book.h"
#include "tests/bench/floors.h"
#include "tests/bench/measure.h"
#include "tests/support/store_mem.h"

#include <rocksdb/c.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SYNCS = 400,
    SYNC_BYTES = 4096,
    STAFF = 16,
    CAPTURED_ENTRIES = 6400, /* of each batch size; less for single ones */
    CAPTURED_BATCHES_MAX = 800,
    BATCH_SECONDS = 1,
    MEMTABLE_BYTES = 64 * 1024 * 1024,
};

static void measure_sync(struct floors *out, const char *dir)
{
    struct bench_samples samples = { .ns = NULL };
    static const uint8_t block[SYNC_BYTES] = { 1 };
    char path[BENCH_PATH_MAX];

    bench_path(path, dir, "sync");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        bench_die("%s: %s", path, strerror(errno));
    }
    for (size_t i = 0; i < SYNCS; i++) {
        int64_t start = bench_now_ns();
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block || fdatasync(fd) != 0) {
            bench_die("%s: %s", path, strerror(errno));
        }
        bench_samples_add(&samples, bench_now_ns() - start);
    }
    (void)close(fd);
    (void)unlink(path);
    out->sync_ns = (double)bench_samples_at(&samples, 0.5);
    bench_samples_clear(&samples);
}

/* ---- a store that remembers what was committed ------------------------------------------------
 */

struct capture {
    struct lh_store base;
    struct lh_store_class class; /* the inner store's, but for what we look at */
    struct lh_store *inner;
    size_t count;
    struct lh_store_batch batches[CAPTURED_BATCHES_MAX];
};

static enum lh_code capture_get(struct lh_store *base, enum lh_table table, struct lh_bytes key,
                                struct lh_buf *out, struct lh_err *err)
{
    struct capture *capture = (struct capture *)base;

    return lh_store_get(capture->inner, table, key, out, err);
}

static enum lh_code capture_commit(struct lh_store *base, const struct lh_store_batch *batch,
                                   struct lh_err *err)
{
    struct capture *capture = (struct capture *)base;

    if (capture->count < CAPTURED_BATCHES_MAX) {
        struct lh_store_batch *copy = &capture->batches[capture->count++];
        lh_buf_add(&copy->ops, lh_buf_bytes(&batch->ops));
        copy->count = batch->count;
    }
    return lh_store_commit(capture->inner, batch, err);
}

static enum lh_code capture_iter_new(struct lh_store *base, struct lh_store_iter **out,
                                     enum lh_table table, struct lh_err *err)
{
    struct capture *capture = (struct capture *)base;

    return lh_store_iter_new(out, capture->inner, table, err);
}

static void capture_close(struct lh_store *base)
{
    struct capture *capture = (struct capture *)base;

    lh_store_close(capture->inner);
    lh_store_deinit(base);
}

static struct capture *capture_new(void)
{
    struct capture *capture = bench_alloc(1, sizeof *capture);
    struct lh_err err = LH_ERR_NONE;

    bench_must(lh_store_mem_new(&capture->inner, &err), &err, "store in memory");
    capture->class = *capture->inner->class;
    capture->class.get = capture_get;
    capture->class.commit = capture_commit;
    capture->class.iter_new = capture_iter_new;
    capture->class.close = capture_close;
    bench_must(lh_store_init(&capture->base, &capture->class, &err), &err, "store in memory");
    return capture;
}

static struct capture *capture_blocks(size_t entries, const char *dir)
{
    struct capture *capture = capture_new();
    char path[BENCH_PATH_MAX];
    struct people people;
    struct book book;
    size_t blocks = CAPTURED_ENTRIES / entries;

    people_init(&people, LH_SUITE_W, LH_ALG_P256, STAFF);
    bench_dir_make(path, dir, "captured");
    book_begin(&book, &people, &capture->base, path);
    book.has_private = true;
    capture->count = 0; /* the beginning of a ledger is not everyday */
    while (capture->count < blocks && capture->count < CAPTURED_BATCHES_MAX) {
        (void)book_append(&book, entries);
    }
    book_close(&book);
    people_clear(&people);
    bench_dir_remove(path);
    return capture;
}

static void capture_free(struct capture *capture)
{
    for (size_t i = 0; i < capture->count; i++) {
        lh_store_batch_clear(&capture->batches[i]);
    }
    free(capture);
}

/* ---- the library alone ----------------------------------------------------------------------- */

struct plain {
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_writeoptions_t *write;
    rocksdb_column_family_handle_t *families[LH_TABLE_COUNT];
};

static void check(char *msg, const char *doing)
{
    if (msg != NULL) {
        bench_die("%s: %s", doing, msg);
    }
}

static void plain_open(struct plain *plain, const char *path)
{
    char *msg = NULL;

    plain->options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(plain->options, 1);
    rocksdb_options_set_write_buffer_size(plain->options, MEMTABLE_BYTES);
    rocksdb_options_set_compression(plain->options, rocksdb_lz4_compression);
    plain->db = rocksdb_open(plain->options, path, &msg);
    check(msg, "plain RocksDB");
    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        plain->families[i] = rocksdb_create_column_family(plain->db, plain->options,
                                                          lh_table_name((enum lh_table)i), &msg);
        check(msg, "plain RocksDB");
    }
    plain->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(plain->write, 1);
}

static void plain_close(struct plain *plain)
{
    for (size_t i = 0; i < LH_TABLE_COUNT; i++) {
        rocksdb_column_family_handle_destroy(plain->families[i]);
    }
    rocksdb_close(plain->db);
    rocksdb_writeoptions_destroy(plain->write);
    rocksdb_options_destroy(plain->options);
}

static void plain_commit(struct plain *plain, const struct lh_store_batch *batch)
{
    rocksdb_writebatch_t *wire = rocksdb_writebatch_create();
    struct lh_store_op op;
    char *msg = NULL;

    for (size_t at = 0; lh_store_batch_next(batch, &at, &op);) {
        rocksdb_writebatch_put_cf(wire, plain->families[op.table], (const char *)op.key.data,
                                  op.key.len, (const char *)op.value.data, op.value.len);
    }
    rocksdb_write(plain->db, plain->write, wire, &msg);
    check(msg, "plain RocksDB");
    rocksdb_writebatch_destroy(wire);
}

static void measure_batch(struct floors_batch *out, size_t entries, const char *dir)
{
    struct capture *capture = capture_blocks(entries, dir);
    struct bench_samples samples = { .ns = NULL };
    struct plain plain;
    char path[BENCH_PATH_MAX];
    int64_t until;

    bench_path(path, dir, "plain");
    plain_open(&plain, path);
    int64_t cpu = bench_process_cpu_ns();
    int64_t start = bench_now_ns();
    until = start + (int64_t)BATCH_SECONDS * 1000000000;
    for (size_t i = 0; i < capture->count && start < until; i++) {
        plain_commit(&plain, &capture->batches[i]);
        int64_t now = bench_now_ns();
        bench_samples_add(&samples, now - start);
        start = now;
    }
    out->cpu_ns = (double)(bench_process_cpu_ns() - cpu) / (double)samples.count;
    out->wall_ns = (double)bench_samples_at(&samples, 0.5);
    plain_close(&plain);
    bench_samples_clear(&samples);
    capture_free(capture);
    bench_dir_remove(path);
}

void floors_measure_disk(struct floors *out, const char *dir)
{
    measure_sync(out, dir);
    for (size_t i = 0; i < FLOORS_BATCHES; i++) {
        measure_batch(&out->batches[i], floors_batch_sizes[i], dir);
    }
}
