/*
 * Reading a ledger, from any thread. The lh_shelf functions read what the store has; the public
 * ones stop at the released head.
 */
#include "ledger/ledger_internal.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum lh_code lh_ledger_chain(struct lh_ledger *ledger, struct lh_suite *suite, struct lh_chain *out,
                             struct lh_err *err)
{
    struct lh_ledger_head head;
    struct lh_chain start;
    enum lh_code rc;

    lh_ledger_head(ledger, &head);
    if (head.height == 0) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "%s has no block yet", ledger->origin);
    }
    rc = lh_ledger_load_start(ledger, &start, err);
    if (rc == LH_OK) {
        rc = lh_shelf_load_head(&ledger->shelf, suite, &start, head.height, out, err);
    }
    return rc;
}

/* ---- what the store has ---- */

enum lh_code lh_shelf_leaf(const struct lh_shelf *shelf, uint64_t index, struct lh_buf *out,
                           struct lh_err *err)
{
    struct lh_store_key key = lh_keys_leaf(shelf->number, index);
    enum lh_code rc = lh_store_get(shelf->store, LH_TABLE_LEAF, lh_store_key_bytes(&key), out, err);

    if (rc == LH_ERR_NOT_FOUND) {
        return lh_err_set(err, LH_ERR_CORRUPT, "the store lacks leaf %" PRIu64, index);
    }
    return rc;
}

static enum lh_code take_block(struct lh_ledger_block *out, uint64_t height, struct lh_bytes row,
                               struct lh_err *err)
{
    struct lh_reader in = lh_reader_of(row);
    struct lh_ledger_block block = { .height = height, .checkpoint = LH_BUF_EMPTY };

    block.first = lh_read_u64(&in);
    block.entry_count = lh_read_u32(&in);
    if (in.failed || block.entry_count == 0 || block.entry_count > LH_BLOCK_ENTRIES_MAX ||
        block.first >= LH_TREE_SIZE_MAX) {
        return lh_err_set(err, LH_ERR_CORRUPT, "the row of block %" PRIu64 " is damaged", height);
    }
    lh_buf_add(&block.checkpoint, in.rest);
    enum lh_code rc = lh_buf_check(&block.checkpoint, err);
    if (rc != LH_OK) {
        lh_buf_clear(&block.checkpoint);
        return rc;
    }
    *out = block;
    return LH_OK;
}

enum lh_code lh_shelf_block_at(const struct lh_shelf *shelf, uint64_t height,
                               struct lh_ledger_block *out, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_block(shelf->number, height);
    struct lh_buf row = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_store_get(shelf->store, LH_TABLE_BLOCK, lh_store_key_bytes(&key), &row, err);

    if (rc == LH_OK) {
        rc = take_block(out, height, lh_buf_bytes(&row), err);
    } else if (rc == LH_ERR_NOT_FOUND) {
        rc = lh_err_set(err, rc, "there is no block %" PRIu64, height);
    }
    lh_buf_clear(&row);
    return rc;
}

/*
 * The last key at or before `key` in its space of the BLOCK table: its position and its value.
 * LH_ERR_NOT_FOUND when the space has none.
 */
static enum lh_code last_block_key(const struct lh_shelf *shelf, const struct lh_store_key *key,
                                   uint64_t *out_position, uint64_t *out_value, struct lh_err *err)
{
    struct lh_store_key space = lh_keys_without_position(key);
    struct lh_store_iter *iter = NULL;
    enum lh_code rc = lh_store_iter_new(&iter, shelf->store, LH_TABLE_BLOCK, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek_back(iter, lh_store_key_bytes(key));
    rc = lh_store_iter_check(iter, err);
    if (rc != LH_OK) {
        goto out;
    }
    if (!lh_store_iter_is_valid(iter) ||
        !lh_keys_position(out_position, lh_store_iter_key(iter), &space)) {
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "the ledger has no block here");
        goto out;
    }
    struct lh_reader value = lh_reader_of(lh_store_iter_value(iter));
    *out_value = lh_read_u64(&value);
    if (value.failed) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "a row of the block table is damaged");
    }
out:
    lh_store_iter_free(iter);
    return rc;
}

enum lh_code lh_shelf_height(const struct lh_shelf *shelf, uint64_t *out, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_block(shelf->number, UINT64_MAX);
    uint64_t height = 0;
    uint64_t first;
    enum lh_code rc = last_block_key(shelf, &key, &height, &first, err);

    if (rc != LH_OK && rc != LH_ERR_NOT_FOUND) {
        return rc;
    }
    *out = rc == LH_OK ? height : 0;
    return LH_OK;
}

enum lh_code lh_shelf_block_of(const struct lh_shelf *shelf, uint64_t index,
                               struct lh_ledger_block *out, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_block_first(shelf->number, index);
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    uint64_t first;
    uint64_t height;
    enum lh_code rc = last_block_key(shelf, &key, &first, &height, err);

    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_shelf_block_at(shelf, height, &block, err);
    if (rc == LH_ERR_NOT_FOUND || (rc == LH_OK && block.first != first)) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "the rows of block %" PRIu64 " disagree", height);
    }
    if (rc == LH_OK && index - first > block.entry_count) {
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "no block holds leaf %" PRIu64, index);
    }
    if (rc != LH_OK) {
        lh_buf_clear(&block.checkpoint);
        return rc;
    }
    *out = block;
    return LH_OK;
}

/* The block's leaves into its buffer, and views of them once it stands still. */
static enum lh_code load_leaves(const struct lh_shelf *shelf, struct lh_shelf_block *block,
                                struct lh_err *err)
{
    uint64_t first = block->info.first;
    size_t count = (size_t)block->info.entry_count + 1;
    struct lh_store_key start = lh_keys_leaf(shelf->number, first);
    struct lh_store_key prefix = lh_keys_without_position(&start);
    struct lh_store_iter *iter = NULL;
    size_t done = 0;
    enum lh_code rc = lh_store_iter_new(&iter, shelf->store, LH_TABLE_LEAF, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek(iter, lh_store_key_bytes(&start));
    for (; done < count && lh_store_iter_is_valid(iter); done++) {
        struct lh_bytes leaf = lh_store_iter_value(iter);
        uint64_t index;

        if (!lh_keys_position(&index, lh_store_iter_key(iter), &prefix) || index != first + done) {
            break;
        }
        lh_buf_add(&block->bytes, leaf);
        block->leaves[done].len = leaf.len;
        lh_store_iter_next(iter);
    }
    rc = lh_store_iter_check(iter, err);
    lh_store_iter_free(iter);
    if (rc != LH_OK) {
        return rc;
    }
    if (done < count) {
        return lh_err_set(err, LH_ERR_CORRUPT, "the store lacks leaf %" PRIu64, first + done);
    }
    rc = lh_buf_check(&block->bytes, err);
    for (size_t i = 0, at = 0; rc == LH_OK && i < count; i++) {
        block->leaves[i].data = block->bytes.data + at;
        at += block->leaves[i].len;
    }
    return rc;
}

enum lh_code lh_shelf_block_load(const struct lh_shelf *shelf, uint64_t height,
                                 struct lh_shelf_block *out, struct lh_err *err)
{
    struct lh_shelf_block block = LH_SHELF_BLOCK_EMPTY;
    enum lh_code rc = lh_shelf_block_at(shelf, height, &block.info, err);

    if (rc == LH_ERR_NOT_FOUND) {
        return lh_err_wrap(err, LH_ERR_CORRUPT, "the store");
    }
    if (rc != LH_OK) {
        return rc;
    }
    block.leaves = calloc((size_t)block.info.entry_count + 1, sizeof *block.leaves);
    rc = block.leaves == NULL ? lh_err_set(err, LH_ERR_NOMEM, "no memory for a block")
                              : load_leaves(shelf, &block, err);
    if (rc != LH_OK) {
        lh_shelf_block_clear(&block);
        return lh_err_wrap(err, rc, "block %" PRIu64, height);
    }
    *out = block;
    return LH_OK;
}

void lh_shelf_block_clear(struct lh_shelf_block *block)
{
    lh_buf_clear(&block->info.checkpoint);
    lh_buf_clear(&block->bytes);
    free(block->leaves);
    block->leaves = NULL;
}

/* ---- what readers may see ---- */

void lh_ledger_head(struct lh_ledger *ledger, struct lh_ledger_head *out)
{
    pthread_mutex_lock(&ledger->head_lock);
    *out = ledger->head;
    pthread_mutex_unlock(&ledger->head_lock);
}

static enum lh_code check_released(struct lh_ledger *ledger, uint64_t index, struct lh_err *err)
{
    struct lh_ledger_head head;

    lh_ledger_head(ledger, &head);
    if (index >= head.size) {
        return lh_err_set(err, LH_ERR_NOT_FOUND,
                          "no leaf %" PRIu64 ": the ledger has %" PRIu64 " leaves", index,
                          head.size);
    }
    return LH_OK;
}

enum lh_code lh_ledger_leaf(struct lh_ledger *ledger, uint64_t index, struct lh_buf *out,
                            struct lh_err *err)
{
    enum lh_code rc = check_released(ledger, index, err);

    return rc == LH_OK ? lh_shelf_leaf(&ledger->shelf, index, out, err) : rc;
}

enum lh_code lh_ledger_block_of(struct lh_ledger *ledger, uint64_t index,
                                struct lh_ledger_block *out, struct lh_err *err)
{
    enum lh_code rc = check_released(ledger, index, err);

    return rc == LH_OK ? lh_shelf_block_of(&ledger->shelf, index, out, err) : rc;
}

enum lh_code lh_ledger_block_at(struct lh_ledger *ledger, uint64_t height,
                                struct lh_ledger_block *out, struct lh_err *err)
{
    struct lh_ledger_head head;

    lh_ledger_head(ledger, &head);
    if (height == 0 || height > head.height) {
        return lh_err_set(err, LH_ERR_NOT_FOUND,
                          "no block %" PRIu64 ": the ledger has %" PRIu64 " blocks", height,
                          head.height);
    }
    return lh_shelf_block_at(&ledger->shelf, height, out, err);
}

enum lh_code lh_ledger_sealed(struct lh_ledger *ledger, uint64_t size, struct lh_buf *out,
                              struct lh_err *err)
{
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_ledger_head head;
    bool is_end = false;
    enum lh_code rc = LH_OK;

    lh_ledger_head(ledger, &head);
    if (size > 0 && size <= head.size) {
        rc = lh_ledger_block_of(ledger, size - 1, &block, err);
        is_end = rc == LH_OK && block.first + block.entry_count + 1 == size;
    }
    if (rc == LH_OK && !is_end) {
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "no block ends a tree of %" PRIu64 " leaves", size);
    }
    if (rc == LH_OK) {
        lh_buf_add(out, lh_buf_bytes(&block.checkpoint));
        rc = lh_buf_check(out, err);
    }
    lh_buf_clear(&block.checkpoint);
    return rc;
}

static enum lh_code read_released_node(void *arg, struct lh_hash *out, unsigned level,
                                       uint64_t index, struct lh_err *err)
{
    struct lh_ledger *ledger = arg;
    struct lh_ledger_head head;
    enum lh_code rc;

    lh_ledger_head(ledger, &head);
    if (level >= LH_TREE_PEAKS_MAX || index >= head.size >> level) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "node %" PRIu64 " of level %u is not complete yet",
                          index, level);
    }
    pthread_mutex_lock(&ledger->node_lock);
    rc = lh_tile_cache_node(ledger->tiles, &ledger->shelf, ledger->suite, head.size, out, level,
                            index, err);
    pthread_mutex_unlock(&ledger->node_lock);
    return rc;
}

struct lh_tree_source lh_ledger_nodes(struct lh_ledger *ledger)
{
    return (struct lh_tree_source){ .node = read_released_node, .arg = ledger };
}

enum lh_code lh_ledger_find_event(struct lh_ledger *ledger, struct lh_bytes source,
                                  struct lh_bytes id, struct lh_ledger_event *out,
                                  struct lh_err *err)
{
    struct lh_store_key key = lh_keys_event(source, id);
    struct lh_ledger_event found = { .ledger = NULL };
    struct lh_buf row = LH_BUF_EMPTY;
    struct lh_ledger_head head;
    enum lh_code rc =
        lh_store_get(ledger->shelf.store, LH_TABLE_EVENT, lh_store_key_bytes(&key), &row, err);

    if (rc != LH_OK) {
        goto out;
    }
    struct lh_reader in = lh_reader_of(lh_buf_bytes(&row));
    uint32_t number = lh_read_u32(&in);
    found.index = lh_read_u64(&in);
    lh_read_into(&in, found.digest.bytes, sizeof found.digest.bytes);
    found.has_digest = !lh_bytes_is_zero(lh_hash_bytes(&found.digest));
    found.ledger = lh_ledger_find_shelf(ledger, number);
    if (!lh_reader_is_done(&in) || found.ledger == NULL) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "an event row is damaged");
        goto out;
    }
    lh_ledger_head(found.ledger, &head);
    if (found.index >= head.size) {
        rc = lh_err_set(err, LH_AGAIN, "the event is not released yet");
        goto out;
    }
    *out = found;
out:
    lh_buf_clear(&row);
    return rc;
}

enum lh_code lh_ledger_private(struct lh_ledger *ledger, uint64_t index, struct lh_buf *out,
                               struct lh_err *err)
{
    struct lh_store_key key = lh_keys_leaf(ledger->shelf.number, index);
    enum lh_code rc = check_released(ledger, index, err);

    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_store_get(ledger->shelf.store, LH_TABLE_PRIVATE, lh_store_key_bytes(&key), out, err);
    if (rc == LH_ERR_NOT_FOUND) {
        return lh_err_set(err, rc, "entry %" PRIu64 " has no private part", index);
    }
    return rc;
}

/* ---- receipts ---- */

static enum lh_code add_signers(struct lh_ledger *ledger, struct lh_receipt *receipt,
                                const lhpb_Entry *entry, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    pthread_rwlock_rdlock(&ledger->roster_lock);
    for (size_t i = 0; i < entry->signatures_count; i++) {
        struct lh_key_id id;
        memcpy(id.bytes, entry->signatures[i].key_id, sizeof id.bytes);
        const struct lh_roster_key *key = lh_roster_find(ledger->roster, &id);

        if (key == NULL) {
            rc = lh_err_set(err, LH_ERR_CORRUPT, "a signer of the entry is not in the roster");
            break;
        }
        receipt->signers[i] = key->key;
    }
    receipt->signer_count = entry->signatures_count;
    pthread_rwlock_unlock(&ledger->roster_lock);
    return rc;
}

/* The checkpoint under which the receipt stands, and the size of its tree. */
static enum lh_code choose_block(struct lh_ledger *ledger, uint64_t index, uint64_t at_size,
                                 struct lh_ledger_block *out, struct lh_err *err)
{
    enum lh_code rc = lh_ledger_block_of(ledger, at_size == 0 ? index : at_size - 1, out, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (at_size != 0 && (at_size != out->first + out->entry_count + 1 || index >= at_size)) {
        lh_buf_clear(&out->checkpoint);
        return lh_err_set(err, LH_ERR_INVALID,
                          "no block ends a tree of %" PRIu64 " leaves that holds leaf %" PRIu64,
                          at_size, index);
    }
    return LH_OK;
}

enum lh_code lh_ledger_show_headers(struct lh_ledger *ledger, struct lh_suite *suite, uint64_t size,
                                    struct lh_receipt *receipt, struct lh_err *err)
{
    struct lh_tree_source nodes = lh_ledger_nodes(ledger);
    lhpb_Leaf leaf;
    enum lh_code rc = lh_ledger_leaf(ledger, size - 1, &receipt->header, err);

    if (rc == LH_OK) {
        rc = lh_leaf_decode(&leaf, lh_buf_bytes(&receipt->header), err);
    }
    if (rc == LH_ERR_INVALID || (rc == LH_OK && leaf.which_kind != lhpb_Leaf_header_tag)) {
        return lh_err_set(err, LH_ERR_CORRUPT, "leaf %" PRIu64 " is no header", size - 1);
    }
    if (rc == LH_OK) {
        rc = lh_tree_prove_inclusion(suite, &receipt->header_proof, &nodes, size - 1, size, err);
    }
    if (rc == LH_OK && lh_receipt_wants_before(&leaf.kind.header)) {
        rc = lh_ledger_leaf(ledger, leaf.kind.header.first - 1, &receipt->before, err);
    }
    return rc;
}

enum lh_code lh_ledger_receipt(struct lh_ledger *ledger, struct lh_suite *suite, uint64_t index,
                               uint64_t at_size, struct lh_receipt *out, struct lh_err *err)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_tree_source nodes = lh_ledger_nodes(ledger);
    lhpb_Leaf leaf;
    enum lh_code rc = lh_ledger_leaf(ledger, index, &receipt.leaf, err);

    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_leaf_decode(&leaf, lh_buf_bytes(&receipt.leaf), err);
    if (rc != LH_OK) {
        rc = lh_err_wrap(err, LH_ERR_CORRUPT, "leaf %" PRIu64, index);
        goto out;
    }
    if (leaf.which_kind != lhpb_Leaf_entry_tag) {
        rc = lh_err_set(err, LH_ERR_INVALID, "leaf %" PRIu64 " closes a block: it is no entry",
                        index);
        goto out;
    }
    rc = choose_block(ledger, index, at_size, &block, err);
    if (rc != LH_OK) {
        goto out;
    }
    receipt.network_id = *lh_genesis_network_id(ledger->options.genesis);
    receipt.suite = lh_genesis_suite(ledger->options.genesis);
    receipt.index = index;
    rc = add_signers(ledger, &receipt, &leaf.kind.entry, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_tree_prove_inclusion(suite, &receipt.proof, &nodes, index,
                                 block.first + block.entry_count + 1, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_ledger_show_headers(ledger, suite, block.first + block.entry_count + 1, &receipt, err);
    if (rc != LH_OK) {
        goto out;
    }
    receipt.checkpoint = block.checkpoint;
    block.checkpoint = (struct lh_buf)LH_BUF_EMPTY;
    *out = receipt;
    receipt = (struct lh_receipt)LH_RECEIPT_EMPTY;
out:
    lh_buf_clear(&block.checkpoint);
    lh_receipt_clear(&receipt);
    return rc;
}
