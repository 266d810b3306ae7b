#include "ledger/copies.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"
#include "ledger/ledger_internal.h"
#include "ledger/trail_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TRAIL_VERSION = 1 }; /* of the rows of the index; other ones are made again */

/* A ledger, its number in the store and its head. */
struct copy {
    uint32_t number;
    struct lh_chain chain;
};

struct lh_copies {
    struct lh_store *store;
    struct lh_suite *suite;
    struct lh_hash network_id;
    pthread_mutex_t lock; /* of what views are made of: `count` and the heads */
    size_t count;
    struct copy *items; /* LH_COPIES_MAX */
};

static struct lh_shelf shelf_of(const struct lh_copies *copies, const struct copy *copy)
{
    return (struct lh_shelf){ .store = copies->store, .number = copy->number };
}

static const struct copy *find(const struct lh_copies *copies, const char *origin)
{
    for (size_t i = 0; i < copies->count; i++) {
        if (strcmp(copies->items[i].chain.origin, origin) == 0) {
            return &copies->items[i];
        }
    }
    return NULL;
}

/* ---- the index of the trail ---- */

/* spec ledger.md 9.3: "The rows of a copy are made with each block and stand in its batch." */
static enum lh_code put_rows(struct lh_store_batch *batch, uint32_t number, uint64_t first,
                             const struct lh_bytes *leaves, size_t count, struct lh_err *err)
{
    struct lh_row *rows = count > 0 ? calloc(count, sizeof *rows) : NULL;
    enum lh_code rc = LH_OK;

    if (count == 0) {
        return LH_OK;
    }
    if (rows == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "rows of a trail");
    }
    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        rc = lh_row_cut(&rows[i], first + i, leaves[i], err);
    }
    if (rc == LH_OK) {
        lh_trail_index_bare(batch, number, rows, count);
    }
    free(rows);
    return rc;
}

static void put_version(struct lh_store_batch *batch)
{
    struct lh_store_key key = lh_keys_meta("trail");
    uint8_t version = TRAIL_VERSION;

    lh_store_batch_put(batch, LH_TABLE_META, lh_store_key_bytes(&key), lh_bytes_of(&version, 1));
}

/* The rows of every block of a ledger, a batch for each. */
static enum lh_code index_copy(struct lh_copies *copies, const struct copy *copy,
                               struct lh_err *err)
{
    struct lh_shelf shelf = shelf_of(copies, copy);
    enum lh_code rc = LH_OK;

    for (uint64_t height = 1; rc == LH_OK && height <= copy->chain.height; height++) {
        struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
        struct lh_shelf_block block = LH_SHELF_BLOCK_EMPTY;

        rc = lh_shelf_block_load(&shelf, height, &block, err);
        if (rc == LH_OK) {
            rc = put_rows(&batch, copy->number, block.info.first, block.leaves,
                          block.info.entry_count, err);
        }
        if (rc == LH_OK) {
            rc = lh_buf_check(&batch.ops, err);
        }
        if (rc == LH_OK) {
            rc = lh_store_commit(copies->store, &batch, err);
        }
        lh_shelf_block_clear(&block);
        lh_store_batch_clear(&batch);
    }
    return rc;
}

static bool is_indexed(struct lh_bytes version)
{
    return version.len == 1 && version.data[0] == TRAIL_VERSION;
}

/* Of a store that has ledgers and no such rows, or others. What was made before a crash is made
 * again: that they are all there is written last. */
static enum lh_code index_all(struct lh_copies *copies, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_meta("trail");
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_buf found = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_store_get(copies->store, LH_TABLE_META, lh_store_key_bytes(&key), &found, err);

    if ((rc == LH_OK && is_indexed(lh_buf_bytes(&found))) ||
        (rc == LH_ERR_NOT_FOUND && copies->count == 0)) {
        rc = LH_OK;
        goto out;
    }
    rc = rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
    for (size_t i = 0; rc == LH_OK && i < copies->count; i++) {
        rc = index_copy(copies, &copies->items[i], err);
    }
    if (rc == LH_OK) {
        put_version(&batch);
        rc = lh_buf_check(&batch.ops, err);
    }
    if (rc == LH_OK) {
        rc = lh_store_commit(copies->store, &batch, err);
    }
out:
    lh_store_batch_clear(&batch);
    lh_buf_clear(&found);
    return rc;
}

/* ---- loading ---- */

/* Number and head of the ledger that stands behind "ledger/" in the META table. */
static enum lh_code load_copy(struct lh_copies *copies, const char *origin, uint32_t number,
                              struct lh_err *err)
{
    struct copy *copy = &copies->items[copies->count];
    struct lh_buf scratch = LH_BUF_EMPTY;
    struct lh_chain start;
    struct lh_shelf shelf;
    uint64_t height = 0;
    lhpb_Body body;
    enum lh_code rc;

    copy->number = number;
    shelf = shelf_of(copies, copy);
    rc = lh_shelf_height(&shelf, &height, err);
    if (rc == LH_OK) {
        rc = lh_shelf_entry(&shelf, 0, &scratch, &body, err);
    }
    if (rc == LH_OK) {
        rc = lh_shelf_chain_of(&copies->network_id, origin, &body, &start, err);
    }
    if (rc == LH_OK) {
        rc = lh_shelf_load_head(&shelf, copies->suite, &start, height, &copy->chain, err);
    }
    copies->count += rc == LH_OK;
    lh_buf_clear(&scratch);
    return rc == LH_ERR_INVALID || rc == LH_ERR_NOT_FOUND ? LH_ERR_CORRUPT : rc;
}

/* The row under "ledger/<origin>": its number. False: it is none. */
static bool read_row(struct lh_bytes key, struct lh_bytes value, char origin[LH_ORIGIN_MAX + 1],
                     uint32_t *out_number)
{
    static const char start[] = "ledger/";
    const size_t len = sizeof start - 1;
    struct lh_reader in = lh_reader_of(value);

    *out_number = lh_read_u32(&in);
    if (in.failed || in.rest.len != 0 || key.len <= len || key.len - len > LH_ORIGIN_MAX ||
        memcmp(key.data, start, len) != 0) {
        return false;
    }
    memcpy(origin, key.data + len, key.len - len);
    origin[key.len - len] = '\0';
    return true;
}

static enum lh_code load_all(struct lh_copies *copies, struct lh_err *err)
{
    struct lh_store_iter *iter = NULL;
    struct lh_store_key start = lh_keys_meta("ledger/");
    char origin[LH_ORIGIN_MAX + 1];
    uint32_t number;
    enum lh_code rc = lh_store_iter_new(&iter, copies->store, LH_TABLE_META, err);

    if (rc != LH_OK) {
        return rc;
    }
    for (lh_store_iter_seek(iter, lh_store_key_bytes(&start));
         rc == LH_OK && lh_store_iter_is_valid(iter) &&
         read_row(lh_store_iter_key(iter), lh_store_iter_value(iter), origin, &number);
         lh_store_iter_next(iter)) {
        rc = copies->count < LH_COPIES_MAX
                 ? load_copy(copies, origin, number, err)
                 : lh_err_set(err, LH_ERR_CORRUPT, "more than %d ledgers", LH_COPIES_MAX);
    }
    if (rc == LH_OK) {
        rc = lh_store_iter_check(iter, err);
    }
    lh_store_iter_free(iter);
    return rc;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = ((const struct copy *)a)->number;
    uint32_t right = ((const struct copy *)b)->number;

    return (left > right) - (left < right);
}

enum lh_code lh_copies_open(struct lh_copies **out, struct lh_store *store, struct lh_suite *suite,
                            const struct lh_hash *network_id, struct lh_err *err)
{
    struct lh_copies *copies = calloc(1, sizeof *copies);
    enum lh_code rc;

    if (copies == NULL || pthread_mutex_init(&copies->lock, NULL) != 0) {
        free(copies);
        lh_store_close(store);
        return lh_err_set(err, LH_ERR_NOMEM, "copies of ledgers");
    }
    copies->store = store;
    copies->suite = suite;
    copies->network_id = *network_id;
    copies->items = calloc(LH_COPIES_MAX, sizeof *copies->items);
    rc = copies->items != NULL ? load_all(copies, err)
                               : lh_err_set(err, LH_ERR_NOMEM, "copies of ledgers");
    if (rc == LH_OK) {
        rc = index_all(copies, err);
    }
    if (rc != LH_OK) {
        lh_copies_close(copies);
        return rc;
    }
    /* numbers are given in the order of coming */
    qsort(copies->items, copies->count, sizeof *copies->items, compare_numbers);
    *out = copies;
    return LH_OK;
}

void lh_copies_close(struct lh_copies *copies)
{
    if (copies != NULL) {
        lh_store_close(copies->store);
        (void)pthread_mutex_destroy(&copies->lock);
        free(copies->items);
        free(copies);
    }
}

size_t lh_copies_count(const struct lh_copies *copies)
{
    return copies->count;
}

const struct lh_chain *lh_copies_at(const struct lh_copies *copies, size_t place)
{
    lh_assert(place < copies->count);
    return &copies->items[place].chain;
}

const struct lh_chain *lh_copies_find(const struct lh_copies *copies, const char *origin)
{
    const struct copy *copy = find(copies, origin);

    return copy != NULL ? &copy->chain : NULL;
}

/* ---- appending ---- */

/* The leaves and what they complete of the tree; the tree that comes out. */
static void put_leaves(struct lh_store_batch *batch, struct lh_suite *suite, uint32_t number,
                       const struct lh_block *block, struct lh_fresh *fresh, struct lh_tree *tree)
{
    struct lh_tree_sink sink = lh_fresh_sink(fresh);

    for (size_t i = 0; i <= block->entry_count; i++) {
        struct lh_store_key key = lh_keys_leaf(number, tree->size);
        struct lh_hash hash = lh_hash_leaf(suite, block->leaves[i]);

        lh_store_batch_put(batch, LH_TABLE_LEAF, lh_store_key_bytes(&key), block->leaves[i]);
        lh_tree_append(tree, suite, &hash, &sink);
    }
}

static void put_number(struct lh_store_batch *batch, const char *origin, uint32_t number)
{
    struct lh_store_key key = lh_keys_meta_ledger(origin);
    uint8_t wire[4];

    lh_put_u32(wire, number);
    lh_store_batch_put(batch, LH_TABLE_META, lh_store_key_bytes(&key),
                       lh_bytes_of(wire, sizeof wire));
}

/* The roots are compared: what is kept is what was judged. */
static enum lh_code write_block(struct lh_copies *copies, const struct copy *copy, bool is_new,
                                const struct lh_block *block, const struct lh_chain *next,
                                struct lh_err *err)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_fresh fresh = LH_FRESH_EMPTY;
    struct lh_tree tree = copy->chain.tree;
    enum lh_code rc = lh_fresh_init(&fresh, &copy->chain.tree, block->entry_count + 1, err);

    if (rc != LH_OK) {
        return rc;
    }
    put_leaves(&batch, copies->suite, copy->number, block, &fresh, &tree);
    struct lh_hash made = lh_tree_root(&tree, copies->suite);
    struct lh_hash judged = lh_tree_root(&next->tree, copies->suite);
    if (tree.size != next->tree.size || !lh_hash_is_equal(&made, &judged)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "the block does not follow the copy of %s",
                        next->origin);
    }
    if (rc == LH_OK) {
        lh_shelf_put_block(&batch, copy->number, next->height, copy->chain.tree.size,
                           block->entry_count, block->checkpoint);
        lh_fresh_put(&fresh, &batch, copy->number);
        if (is_new) {
            put_number(&batch, next->origin, copy->number);
        }
        if (copies->count == 0) {
            put_version(&batch);
        }
        rc = put_rows(&batch, copy->number, copy->chain.tree.size, block->leaves,
                      block->entry_count, err);
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&batch.ops, err);
    }
    if (rc == LH_OK) {
        rc = lh_store_commit(copies->store, &batch, err);
    }
    lh_fresh_clear(&fresh);
    lh_store_batch_clear(&batch);
    return rc;
}

enum lh_code lh_copies_append(struct lh_copies *copies, const struct lh_block *block,
                              const struct lh_chain *next, struct lh_err *err)
{
    const struct copy *found = find(copies, next->origin);
    size_t place = found != NULL ? (size_t)(found - copies->items) : copies->count;
    struct copy *copy = &copies->items[place];
    enum lh_code rc;

    if (place == LH_COPIES_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "there are copies of %d ledgers", LH_COPIES_MAX);
    }
    if (found == NULL) {
        *copy = (struct copy){ .number = place > 0 ? copies->items[place - 1].number + 1 : 1 };
    }
    if (next->height != copy->chain.height + 1) {
        return lh_err_set(err, LH_ERR_INVALID, "the copy of %s is at block %" PRIu64, next->origin,
                          copy->chain.height);
    }
    rc = write_block(copies, copy, found == NULL, block, next, err);
    if (rc == LH_OK) {
        (void)pthread_mutex_lock(&copies->lock);
        copy->chain = *next;
        copy->chain.seal_verifier = NULL;
        copies->count += found == NULL;
        (void)pthread_mutex_unlock(&copies->lock);
    }
    return rc;
}

/* ---- reading ---- */

static const struct copy *find_leaf(const struct lh_copies *copies, const char *origin,
                                    uint64_t index, struct lh_err *err)
{
    const struct copy *copy = find(copies, origin);

    if (copy == NULL || index >= copy->chain.tree.size) {
        (void)lh_err_set(err, LH_ERR_NOT_FOUND, "no copy of leaf %" PRIu64 " of %s", index, origin);
        return NULL;
    }
    return copy;
}

enum lh_code lh_copies_leaf(const struct lh_copies *copies, const char *origin, uint64_t index,
                            struct lh_buf *out, struct lh_err *err)
{
    const struct copy *copy = find_leaf(copies, origin, index, err);

    if (copy == NULL) {
        return LH_ERR_NOT_FOUND;
    }
    struct lh_shelf shelf = shelf_of(copies, copy);
    return lh_shelf_leaf(&shelf, index, out, err);
}

enum lh_code lh_copies_seal(const struct lh_copies *copies, const char *origin, uint64_t index,
                            struct lh_buf *out, uint64_t *out_size, struct lh_err *err)
{
    const struct copy *copy = find_leaf(copies, origin, index, err);
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    enum lh_code rc;

    if (copy == NULL) {
        return LH_ERR_NOT_FOUND;
    }
    struct lh_shelf shelf = shelf_of(copies, copy);
    rc = lh_shelf_block_of(&shelf, index, &block, err);
    if (rc == LH_OK) {
        lh_buf_add(out, lh_buf_bytes(&block.checkpoint));
        *out_size = block.first + block.entry_count + 1;
        rc = lh_buf_check(out, err);
    }
    lh_buf_clear(&block.checkpoint);
    return rc;
}

enum lh_code lh_copies_node(const struct lh_copies *copies, const char *origin, struct lh_hash *out,
                            unsigned level, uint64_t index, struct lh_err *err)
{
    const struct copy *copy = find(copies, origin);

    if (copy == NULL || level >= LH_TREE_PEAKS_MAX || index >= copy->chain.tree.size >> level) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no copy of this node of %s", origin);
    }
    struct lh_shelf shelf = shelf_of(copies, copy);
    return lh_shelf_node(&shelf, copies->suite, out, level, index, err);
}

/* ---- reading from any thread ---- */

bool lh_copies_view(struct lh_copies *copies, size_t place, struct lh_copy_view *out)
{
    bool is_there;

    (void)pthread_mutex_lock(&copies->lock);
    is_there = place < copies->count;
    if (is_there) {
        const struct copy *copy = &copies->items[place];

        *out = (struct lh_copy_view){ .copies = copies,
                                      .number = copy->number,
                                      .size = copy->chain.tree.size,
                                      .height = copy->chain.height };
        memcpy(out->origin, copy->chain.origin, sizeof out->origin);
    }
    (void)pthread_mutex_unlock(&copies->lock);
    return is_there;
}

struct lh_shelf lh_copy_view_shelf(const struct lh_copy_view *view)
{
    return (struct lh_shelf){ .store = view->copies->store, .number = view->number };
}

enum lh_code lh_copy_view_leaf(const struct lh_copy_view *view, uint64_t index, struct lh_buf *out,
                               struct lh_err *err)
{
    struct lh_shelf shelf = lh_copy_view_shelf(view);

    return index < view->size
               ? lh_shelf_leaf(&shelf, index, out, err)
               : lh_err_set(err, LH_ERR_NOT_FOUND, "no copy of leaf %" PRIu64 " of %s", index,
                            view->origin);
}

enum lh_code lh_copy_view_block_at(const struct lh_copy_view *view, uint64_t height,
                                   struct lh_ledger_block *out, struct lh_err *err)
{
    struct lh_shelf shelf = lh_copy_view_shelf(view);

    return height <= view->height
               ? lh_shelf_block_at(&shelf, height, out, err)
               : lh_err_set(err, LH_ERR_NOT_FOUND, "no copy of block %" PRIu64 " of %s", height,
                            view->origin);
}

enum lh_code lh_copy_view_block_of(const struct lh_copy_view *view, uint64_t index,
                                   struct lh_ledger_block *out, struct lh_err *err)
{
    struct lh_shelf shelf = lh_copy_view_shelf(view);

    return index < view->size
               ? lh_shelf_block_of(&shelf, index, out, err)
               : lh_err_set(err, LH_ERR_NOT_FOUND, "no copy of leaf %" PRIu64 " of %s", index,
                            view->origin);
}

enum lh_code lh_copy_view_prove(const struct lh_copy_view *view, struct lh_suite *suite,
                                struct lh_proof *out, uint64_t index, struct lh_err *err)
{
    struct lh_shelf shelf = lh_copy_view_shelf(view);
    struct lh_shelf_nodes nodes = { .shelf = &shelf, .suite = suite };
    struct lh_tree_source source = lh_shelf_source(&nodes);

    return index < view->size
               ? lh_tree_prove_inclusion(suite, out, &source, index, view->size, err)
               : lh_err_set(err, LH_ERR_NOT_FOUND, "no copy of leaf %" PRIu64 " of %s", index,
                            view->origin);
}

/* ---- notes ---- */

enum lh_code lh_copies_put_note(struct lh_copies *copies, const char *origin, unsigned kind,
                                struct lh_bytes note, struct lh_err *err)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_store_key key = lh_keys_meta_note(kind, origin);
    enum lh_code rc;

    lh_assert(kind < LH_COPIES_NOTE_MAX);
    lh_store_batch_put(&batch, LH_TABLE_META, lh_store_key_bytes(&key), note);
    rc = lh_buf_check(&batch.ops, err);
    if (rc == LH_OK) {
        rc = lh_store_commit(copies->store, &batch, err);
    }
    lh_store_batch_clear(&batch);
    return rc;
}

enum lh_code lh_copies_get_note(const struct lh_copies *copies, const char *origin, unsigned kind,
                                struct lh_buf *out, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_meta_note(kind, origin);

    return lh_store_get(copies->store, LH_TABLE_META, lh_store_key_bytes(&key), out, err);
}
