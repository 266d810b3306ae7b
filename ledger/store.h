#ifndef LH_LEDGER_STORE_H
#define LH_LEDGER_STORE_H

/*
 * What we need of a store: ordered tables of bytes, atomic synced batches, iterators.
 * store_rocksdb.c is one answer, tests/support/store_mem.c another; both pass the same suite.
 *
 *  1. A batch is applied whole or not at all; when commit returns LH_OK it is on disk (WAL synced).
 *  2. Insert-only tables never change a value: putting another value under an existing key, and any
 *     delete, is LH_ERR_CONFLICT and nothing of the batch is tried; putting the same value again is
 *     fine. To keep that cheap, only keys at or below what the table holds already are looked up
 *     (new keys of leaves, nodes and blocks are always beyond the last one), and those of INDEX not
 *     at all: they end in the index of a leaf that the same batch inserts. The keys of one batch
 *     are different (its maker's duty).
 *  3. A commit that was tried and failed leaves the store unusable (LH_ERR_IO from then on, reads
 *     too): what is on disk is not known, the process must end.
 *  4. Reads may come from any thread; batches from one.
 *
 * Keys are built in ledger/keys.h only, big-endian, so byte order is number order.
 * Spec: specs/ledger.md 8.
 */

#include "crypto/base/buf.h"

enum lh_table {
    LH_TABLE_META = 0, /* settings of this store */
    LH_TABLE_LEAF,     /* insert-only */
    LH_TABLE_BLOCK,    /* insert-only */
    LH_TABLE_NODE,     /* insert-only */
    LH_TABLE_INDEX,    /* insert-only: covering rows of the trail */
    LH_TABLE_EVENT,    /* insert-only: (source, id) -> entry and content digest */
    LH_TABLE_PRIVATE,  /* private parts; may be erased */
    LH_TABLE_VAULT,    /* never leaves the department */
    LH_TABLE_JOURNAL,  /* what was taken in while sealing was barred */
    LH_TABLE_COUNT
};

/** "leaf", "block", ...: also the column family's name. */
const char *lh_table_name(enum lh_table table);
bool lh_table_is_insert_only(enum lh_table table);

struct lh_store;
struct lh_store_iter;

/* Changes gathered for one commit; our own serialisation, so that it can be read back and checked
 * before it is written. */
struct lh_store_batch {
    struct lh_buf ops; /* op u8 (1 put, 2 delete) || table u8 || u32 key len || key || u32 value len
                          || value */
    size_t count;
};

#define LH_STORE_BATCH_EMPTY                                                                       \
    {                                                                                              \
        .ops = LH_BUF_EMPTY, .count = 0                                                            \
    }

struct lh_store_op {
    bool is_delete;
    enum lh_table table;
    struct lh_bytes key;
    struct lh_bytes value;
};

void lh_store_batch_clear(struct lh_store_batch *batch);
void lh_store_batch_reset(struct lh_store_batch *batch);
void lh_store_batch_put(struct lh_store_batch *batch, enum lh_table table, struct lh_bytes key,
                        struct lh_bytes value);
void lh_store_batch_delete(struct lh_store_batch *batch, enum lh_table table, struct lh_bytes key);
/** Walk a batch: start with *at = 0; false at the end. Views borrow from the batch. */
bool lh_store_batch_next(const struct lh_store_batch *batch, size_t *at, struct lh_store_op *out);

/** Value under a key into `out` (replaced). LH_ERR_NOT_FOUND, LH_ERR_IO, LH_ERR_CORRUPT. */
enum lh_code lh_store_get(struct lh_store *store, enum lh_table table, struct lh_bytes key,
                          struct lh_buf *out, struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_store_commit(struct lh_store *store, const struct lh_store_batch *batch,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_store_close(struct lh_store *store);

/* An iterator sees the store as it was when the iterator was made; free it before the store. */
enum lh_code lh_store_iter_new(struct lh_store_iter **out, struct lh_store *store,
                               enum lh_table table, struct lh_err *err) LH_MUST_CHECK;
void lh_store_iter_free(struct lh_store_iter *iter);
/** To the first key >= `key` / the last key <= `key`. */
void lh_store_iter_seek(struct lh_store_iter *iter, struct lh_bytes key);
void lh_store_iter_seek_back(struct lh_store_iter *iter, struct lh_bytes key);
void lh_store_iter_next(struct lh_store_iter *iter);
void lh_store_iter_prev(struct lh_store_iter *iter);
bool lh_store_iter_is_valid(const struct lh_store_iter *iter);
struct lh_bytes lh_store_iter_key(const struct lh_store_iter *iter);
struct lh_bytes lh_store_iter_value(const struct lh_store_iter *iter);
/** After the walk: LH_OK, or why it stopped early. */
enum lh_code lh_store_iter_check(const struct lh_store_iter *iter,
                                 struct lh_err *err) LH_MUST_CHECK;

/* ---- how an implementation presents itself (see store_internal.h) ---- */

/* ---- RocksDB ---- */
enum lh_store_mode {
    LH_STORE_CREATE,        /* must not exist */
    LH_STORE_WRITE,         /* strict: any damage of the log is refused */
    LH_STORE_WRITE_SALVAGE, /* keep what is whole up to the first damage (point in time) */
    LH_STORE_READ,          /* frozen view for tools, while a node may be running */
};

struct lh_store_rocksdb_options {
    size_t cache_bytes; /* block cache; 0: 64 MiB */
};

/**
 * LH_ERR_NOT_FOUND: no store there; LH_ERR_CONFLICT: another process has it, or it exists already
 * (CREATE); LH_ERR_CORRUPT: strict opening refused, which a process killed while writing may leave
 * behind: open again with WRITE_SALVAGE and let the ledger judge against the guard; LH_ERR_IO: also
 * when the disk has less room than an opening may need, with how much to free.
 */
enum lh_code lh_store_open_rocksdb(struct lh_store **out, const char *path, enum lh_store_mode mode,
                                   const struct lh_store_rocksdb_options *options,
                                   struct lh_err *err) LH_MUST_CHECK;
/** A consistent copy (hard links) of an open store into a new directory `path`. */
enum lh_code lh_store_rocksdb_checkpoint(struct lh_store *store, const char *path,
                                         struct lh_err *err) LH_MUST_CHECK;

#endif
