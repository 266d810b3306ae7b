/*
 * The store on RocksDB: one column family per table.
 *
 *  1. Every commit is one write batch with a synced write-ahead log.
 *  2. Strict opening takes the log whole or not at all (absolute consistency). A process that was
 *     killed in the middle of a write leaves a torn record behind it, so that opening is refused
 *     then; the salvaging mode takes what is whole before the first damage (point in time), and
 *     the ledger's recovery table judges the result against the guard.
 *  3. Log files are not recycled: RocksDB turns recycling off under either of these modes, because
 *     an old record behind the end of a recycled log looks like damage.
 *  4. Memory is bounded: all memtables together, the block cache (which holds indexes and filters
 *     too) and the number of open table files have fixed limits.
 */
#include "ledger/store.h"

#include "crypto/base/assert.h"
#include "crypto/base/buf.h"
#include "ledger/manifest.h"
#include "ledger/store_internal.h"

#include <rocksdb/c.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

enum {
    FAMILY_COUNT = LH_TABLE_COUNT + 1, /* RocksDB insists on "default"; we leave it empty */
    BLOOM_BITS = 10,
    COMPRESSION_LEVEL_DEFAULT = 32767,
};

static const size_t CACHE_BYTES_DEFAULT = 64 * MIB;
static const size_t MEMTABLE_BYTES = 16 * MIB;
static const size_t MEMTABLES_BYTES = 40 * MIB; /* of all tables together */
static const size_t LOG_BYTES_MAX = 96 * MIB;
static const size_t BLOCK_BYTES = 16 * 1024;
/* What an opening sets aside besides tables: a log's room in advance (a memtable and a tenth), a
 * manifest, and something to work with. */
static const size_t OPEN_BYTES = 32 * MIB;
static const size_t MANIFEST_BYTES_MAX = 64 * MIB;

struct rocks_store {
    struct lh_store base;
    rocksdb_t *db;
    rocksdb_column_family_handle_t *families[FAMILY_COUNT];
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;
    bool is_read_only;
};

struct rocks_iter {
    struct lh_store_iter base;
    rocksdb_iterator_t *iter;
};

/* Turn RocksDB's words into ours; `msg` is given back. */
static enum lh_code take_msg(struct lh_err *err, char *msg, const char *doing)
{
    enum lh_code rc = LH_ERR_IO;

    if (strncmp(msg, "Corruption", strlen("Corruption")) == 0) {
        rc = LH_ERR_CORRUPT;
    }
    lh_err_set(err, rc, "%s: %s", doing, msg);
    rocksdb_free(msg);
    return rc;
}

static rocksdb_column_family_handle_t *family_of(const struct rocks_store *store,
                                                 enum lh_table table)
{
    return store->families[(size_t)table + 1];
}

/* ---- reading and writing ---- */

static enum lh_code rocks_get(struct lh_store *base, enum lh_table table, struct lh_bytes key,
                              struct lh_buf *out, struct lh_err *err)
{
    struct rocks_store *store = (struct rocks_store *)base;
    char *msg = NULL;
    rocksdb_pinnableslice_t *found = rocksdb_get_pinned_cf(
        store->db, store->read, family_of(store, table), (const char *)key.data, key.len, &msg);
    if (msg != NULL) {
        return take_msg(err, msg, "reading the store");
    }
    if (found == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no such key in table %s", lh_table_name(table));
    }
    size_t len = 0;
    const char *value = rocksdb_pinnableslice_value(found, &len);
    lh_buf_reset(out);
    lh_buf_add(out, lh_bytes_of(value, len));
    rocksdb_pinnableslice_destroy(found);
    return lh_buf_check(out, err);
}

static enum lh_code rocks_commit(struct lh_store *base, const struct lh_store_batch *batch,
                                 struct lh_err *err)
{
    struct rocks_store *store = (struct rocks_store *)base;
    struct lh_store_op op;
    char *msg = NULL;

    if (store->is_read_only) {
        return lh_err_set(err, LH_ERR_DENIED, "the store is open for reading only");
    }
    rocksdb_writebatch_t *wire = rocksdb_writebatch_create();
    for (size_t at = 0; lh_store_batch_next(batch, &at, &op);) {
        if (op.is_delete) {
            rocksdb_writebatch_delete_cf(wire, family_of(store, op.table),
                                         (const char *)op.key.data, op.key.len);
        } else {
            rocksdb_writebatch_put_cf(wire, family_of(store, op.table), (const char *)op.key.data,
                                      op.key.len, (const char *)op.value.data, op.value.len);
        }
    }
    lh_assert((size_t)rocksdb_writebatch_count(wire) == batch->count);
    rocksdb_set_perf_level(rocksdb_disable); /* of this thread; nobody asks for its counts */
    rocksdb_write(store->db, store->write, wire, &msg);
    rocksdb_writebatch_destroy(wire);
    if (msg != NULL) {
        take_msg(err, msg, "write-ahead log");
        return lh_err_wrap(err, LH_ERR_IO, "committing to the store");
    }
    return LH_OK;
}

static void rocks_close(struct lh_store *base)
{
    struct rocks_store *store = (struct rocks_store *)base;

    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        if (store->families[i] != NULL) {
            rocksdb_column_family_handle_destroy(store->families[i]);
        }
    }
    if (store->db != NULL) {
        rocksdb_close(store->db);
    }
    if (store->read != NULL) {
        rocksdb_readoptions_destroy(store->read);
    }
    if (store->write != NULL) {
        rocksdb_writeoptions_destroy(store->write);
    }
    lh_store_deinit(&store->base);
    free(store);
}

/* ---- iterators ---- */

static const struct lh_store_class rocks_class;

static enum lh_code rocks_iter_new(struct lh_store *base, struct lh_store_iter **out,
                                   enum lh_table table, struct lh_err *err)
{
    struct rocks_store *store = (struct rocks_store *)base;
    struct rocks_iter *iter = calloc(1, sizeof *iter);

    if (iter == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory for an iterator");
    }
    iter->base.class = &rocks_class;
    iter->base.store = base;
    iter->iter = rocksdb_create_iterator_cf(store->db, store->read, family_of(store, table));
    *out = &iter->base;
    return LH_OK;
}

static rocksdb_iterator_t *iter_of(const struct lh_store_iter *base)
{
    return ((const struct rocks_iter *)base)->iter;
}

static void rocks_iter_free(struct lh_store_iter *base)
{
    rocksdb_iter_destroy(iter_of(base));
    free(base);
}

static void rocks_iter_seek(struct lh_store_iter *base, struct lh_bytes key)
{
    rocksdb_iter_seek(iter_of(base), (const char *)key.data, key.len);
}

static void rocks_iter_seek_back(struct lh_store_iter *base, struct lh_bytes key)
{
    rocksdb_iter_seek_for_prev(iter_of(base), (const char *)key.data, key.len);
}

static void rocks_iter_next(struct lh_store_iter *base)
{
    rocksdb_iter_next(iter_of(base));
}

static void rocks_iter_prev(struct lh_store_iter *base)
{
    rocksdb_iter_prev(iter_of(base));
}

static bool rocks_iter_is_valid(const struct lh_store_iter *base)
{
    return rocksdb_iter_valid(iter_of(base)) != 0;
}

static struct lh_bytes rocks_iter_key(const struct lh_store_iter *base)
{
    size_t len = 0;
    const char *key = rocksdb_iter_key(iter_of(base), &len);

    return lh_bytes_of(key, len);
}

static struct lh_bytes rocks_iter_value(const struct lh_store_iter *base)
{
    size_t len = 0;
    const char *value = rocksdb_iter_value(iter_of(base), &len);

    return lh_bytes_of(value, len);
}

static enum lh_code rocks_iter_check(const struct lh_store_iter *base, struct lh_err *err)
{
    char *msg = NULL;

    rocksdb_iter_get_error(iter_of(base), &msg);
    return msg == NULL ? LH_OK : take_msg(err, msg, "walking the store");
}

static const struct lh_store_class rocks_class = {
    .get = rocks_get,
    .commit = rocks_commit,
    .iter_new = rocks_iter_new,
    .close = rocks_close,
    .iter_free = rocks_iter_free,
    .iter_seek = rocks_iter_seek,
    .iter_seek_back = rocks_iter_seek_back,
    .iter_next = rocks_iter_next,
    .iter_prev = rocks_iter_prev,
    .iter_is_valid = rocks_iter_is_valid,
    .iter_key = rocks_iter_key,
    .iter_value = rocks_iter_value,
    .iter_check = rocks_iter_check,
};

/* ---- opening ---- */

/* Tables that are asked for keys which often do not exist. */
static bool has_filter(enum lh_table table)
{
    return table == LH_TABLE_EVENT || table == LH_TABLE_PRIVATE || table == LH_TABLE_VAULT;
}

static rocksdb_options_t *new_family_options(enum lh_table table, rocksdb_cache_t *cache)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_block_based_table_options_t *blocks = rocksdb_block_based_options_create();

    rocksdb_options_set_write_buffer_size(options, MEMTABLE_BYTES);
    rocksdb_options_set_max_write_buffer_number(options, 2);
    rocksdb_options_set_compression(options, rocksdb_lz4_compression);
    rocksdb_options_set_bottommost_compression(options, rocksdb_zstd_compression);
    rocksdb_options_set_bottommost_compression_options(options, -14, COMPRESSION_LEVEL_DEFAULT, 0,
                                                       0, 1);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
    rocksdb_options_set_target_file_size_base(options, 32 * MIB);
    rocksdb_options_set_max_bytes_for_level_base(options, 128 * MIB);

    rocksdb_block_based_options_set_block_size(blocks, BLOCK_BYTES);
    rocksdb_block_based_options_set_block_cache(blocks, cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(blocks, 1);
    rocksdb_block_based_options_set_format_version(blocks, 5);
    if (has_filter(table)) {
        rocksdb_block_based_options_set_filter_policy(
            blocks, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS)); /* takes it */
    }
    rocksdb_options_set_block_based_table_factory(options, blocks);
    rocksdb_block_based_options_destroy(blocks);
    return options;
}

static rocksdb_options_t *new_store_options(enum lh_store_mode mode)
{
    rocksdb_options_t *options = rocksdb_options_create();
    bool is_strict = mode == LH_STORE_CREATE || mode == LH_STORE_WRITE;

    rocksdb_options_set_create_if_missing(options, mode == LH_STORE_CREATE);
    rocksdb_options_set_error_if_exists(options, mode == LH_STORE_CREATE);
    rocksdb_options_set_create_missing_column_families(options, mode != LH_STORE_READ);
    rocksdb_options_set_paranoid_checks(options, 1);
    /* A tool that reads beside a running node may meet the record that is being written. */
    rocksdb_options_set_wal_recovery_mode(options, is_strict ? rocksdb_absolute_consistency_recovery
                                                             : rocksdb_point_in_time_recovery);
    rocksdb_options_set_db_write_buffer_size(options, MEMTABLES_BYTES);
    rocksdb_options_set_max_total_wal_size(options, LOG_BYTES_MAX);
    /* Every table file is opened now and stays open: where one opened later cannot be, an iterator
     * of this RocksDB passes it over and reports nothing. */
    rocksdb_options_set_max_open_files(options, -1);
    rocksdb_options_set_max_background_jobs(options, 2);
    rocksdb_options_set_bytes_per_sync(options, MIB);
    rocksdb_options_set_info_log_level(options, 2); /* warnings */
    rocksdb_options_set_max_log_file_size(options, MIB);
    rocksdb_options_set_keep_log_file_num(options, 4);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    return options;
}

/* Bytes of the logs in the store: an opening writes what they hold into tables. */
static uint64_t measure_logs(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *item;
    uint64_t sum = 0;

    while (folder != NULL && (item = readdir(folder)) != NULL) {
        size_t len = strlen(item->d_name);
        struct stat info;

        if (len > 4 && strcmp(item->d_name + len - 4, ".log") == 0 &&
            fstatat(dirfd(folder), item->d_name, &info, 0) == 0) {
            sum += (uint64_t)info.st_size;
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return sum;
}

/* RocksDB ends the process when the disk is full in the middle of an opening: ask before. */
static enum lh_code check_room(const char *path, struct lh_err *err)
{
    uint64_t wanted = OPEN_BYTES + measure_logs(path);
    struct statvfs disk;

    if (statvfs(path, &disk) != 0) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    uint64_t available = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (disk.f_blocks == 0 || available >= wanted) { /* no blocks: it does not say */
        return LH_OK;
    }
    return lh_err_set(err, LH_ERR_IO, "No space left at %s: free at least %" PRIu64 " MiB there",
                      path, (wanted - available + MIB - 1) / MIB);
}

static bool holds_tables(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *item;
    bool is_found = false;

    while (folder != NULL && !is_found && (item = readdir(folder)) != NULL) {
        is_found = strncmp(item->d_name, "MANIFEST-", strlen("MANIFEST-")) == 0 ||
                   strstr(item->d_name, ".sst") != NULL;
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return is_found;
}

static enum lh_code check_place(const char *path, enum lh_store_mode mode, struct lh_err *err)
{
    char current[PATH_MAX];
    int len = snprintf(current, sizeof current, "%s/CURRENT", path);
    bool exists;

    if (len < 0 || (size_t)len >= sizeof current) {
        return lh_err_set(err, LH_ERR_INVALID, "the path of the store is too long");
    }
    exists = access(current, F_OK) == 0;
    if (mode != LH_STORE_CREATE && !exists) {
        return holds_tables(path) ? lh_err_set(err, LH_ERR_CORRUPT, "%s is missing", current)
                                  : lh_err_set(err, LH_ERR_NOT_FOUND, "no store at %s", path);
    }
    if (mode != LH_STORE_CREATE) {
        return mode == LH_STORE_READ ? LH_OK : check_room(path, err);
    }
    if (exists) {
        return lh_err_set(err, LH_ERR_CONFLICT, "a store exists at %s", path);
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return lh_err_set(err, LH_ERR_IO, "making %s: %s", path, strerror(errno));
    }
    return check_room(path, err);
}

/* A whole file, of a bounded size; false where it cannot be read. */
static bool read_file(struct lh_buf *out, const char *path)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *room = lh_buf_reserve(out, MANIFEST_BYTES_MAX);
    bool is_read = file != NULL && room != NULL;

    if (is_read) {
        out->len = fread(room, 1, MANIFEST_BYTES_MAX, file);
        is_read = ferror(file) == 0 && out->len < MANIFEST_BYTES_MAX;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return is_read;
}

/* Where the manifest that CURRENT names is damaged, if a cut there may help. */
static bool find_damage(char manifest[PATH_MAX], size_t *out, const char *path)
{
    struct lh_buf content = LH_BUF_EMPTY;
    char name[PATH_MAX];
    bool is_found = snprintf(name, sizeof name, "%s/CURRENT", path) < (int)sizeof name &&
                    read_file(&content, name) && content.len < 64;

    if (is_found) {
        int len = snprintf(manifest, PATH_MAX, "%s/%.*s", path,
                           (int)strcspn(lh_buf_text(&content), "\n"), lh_buf_text(&content));
        is_found = len > 0 && len < PATH_MAX && strstr(manifest, "/MANIFEST-") != NULL;
    }
    lh_buf_reset(&content);
    is_found = is_found && read_file(&content, manifest) &&
               lh_manifest_find_damage(out, lh_buf_bytes(&content));
    lh_buf_clear(&content);
    return is_found;
}

/* "another process has it" is a plain I/O error to RocksDB; only its words tell. */
static enum lh_code take_open_msg(struct lh_err *err, char *msg, const char *path,
                                  enum lh_store_mode mode)
{
    if (strstr(msg, "LOCK") != NULL) {
        rocksdb_free(msg);
        return lh_err_set(err, LH_ERR_CONFLICT, "another process has the store at %s", path);
    }
    /* Under a reader a running node may change manifests. */
    bool is_of_manifest = mode != LH_STORE_READ && strstr(msg, "MANIFEST-") != NULL;
    char manifest[PATH_MAX];
    size_t damage;

    if (is_of_manifest && strncmp(msg, "Corruption", strlen("Corruption")) == 0 &&
        find_damage(manifest, &damage, path)) {
        rocksdb_free(msg);
        return lh_err_set(err, LH_ERR_CORRUPT,
                          "opening the store: the index of its files is damaged; where a power cut "
                          "did that, nothing acknowledged is behind the damage: copy the store, "
                          "run `truncate -s %zu %s`, start again, and it is judged against its "
                          "guard; else restore a backup",
                          damage, manifest);
    }
    bool is_lost = is_of_manifest && strstr(msg, "No such file") != NULL;
    enum lh_code rc = take_msg(err, msg, path);
    return lh_err_wrap(err, is_lost ? LH_ERR_CORRUPT : rc, "opening the store");
}

static rocksdb_t *open_db(rocksdb_column_family_handle_t **families, const char *path,
                          enum lh_store_mode mode, size_t cache_bytes, char **msg)
{
    const char *names[FAMILY_COUNT] = { "default" };
    const rocksdb_options_t *family_options[FAMILY_COUNT];
    rocksdb_options_t *made[FAMILY_COUNT];
    rocksdb_cache_t *cache = rocksdb_cache_create_lru(cache_bytes);
    rocksdb_options_t *options = new_store_options(mode);
    rocksdb_t *db;

    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        enum lh_table table = i == 0 ? LH_TABLE_META : (enum lh_table)(i - 1);
        if (i > 0) {
            names[i] = lh_table_name(table);
        }
        made[i] = new_family_options(table, cache);
        family_options[i] = made[i];
    }
    db = mode == LH_STORE_READ
             ? rocksdb_open_for_read_only_column_families(options, path, FAMILY_COUNT, names,
                                                          family_options, families, 0, msg)
             : rocksdb_open_column_families(options, path, FAMILY_COUNT, names, family_options,
                                            families, msg);
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        rocksdb_options_destroy(made[i]);
    }
    rocksdb_options_destroy(options);
    rocksdb_cache_destroy(cache); /* the tables keep their own reference */
    return db;
}

enum lh_code lh_store_open_rocksdb(struct lh_store **out, const char *path, enum lh_store_mode mode,
                                   const struct lh_store_rocksdb_options *options,
                                   struct lh_err *err)
{
    size_t cache_bytes = options == NULL ? 0 : options->cache_bytes;
    struct rocks_store *store = NULL;
    char *msg = NULL;
    enum lh_code rc = check_place(path, mode, err);

    if (rc != LH_OK) {
        return rc;
    }
    store = calloc(1, sizeof *store);
    if (store == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory for a store");
    }
    store->is_read_only = mode == LH_STORE_READ;
    store->db = open_db(store->families, path, mode,
                        cache_bytes == 0 ? CACHE_BYTES_DEFAULT : cache_bytes, &msg);
    if (store->db == NULL || msg != NULL) {
        free(store);
        return take_open_msg(err, msg, path, mode);
    }
    store->read = rocksdb_readoptions_create();
    store->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(store->write, 1);
    rc = lh_store_init(&store->base, &rocks_class, err);
    if (rc != LH_OK) {
        rocks_close(&store->base);
        return lh_err_wrap(err, rc, "opening the store at %s", path);
    }
    *out = &store->base;
    return LH_OK;
}

enum lh_code lh_store_rocksdb_checkpoint(struct lh_store *store, const char *path,
                                         struct lh_err *err)
{
    struct rocks_store *rocks = (struct rocks_store *)store;
    char *msg = NULL;

    lh_assert(store->class == &rocks_class);
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(rocks->db, &msg);
    if (msg == NULL) {
        rocksdb_checkpoint_create(checkpoint, path, 0, &msg); /* 0: what is in memory goes along */
    }
    if (checkpoint != NULL) {
        rocksdb_checkpoint_object_destroy(checkpoint);
    }
    return msg == NULL ? LH_OK : take_msg(err, msg, "copying the store");
}
