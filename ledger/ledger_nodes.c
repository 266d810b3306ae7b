/*
 * The tree's nodes in the store.
 *
 *  1. Only the levels 0, 8, 16, ... are kept, as runs: one per block and tile level, the hashes of
 *     the nodes that the block completed on that level.
 *  2. A node of another level is folded from the at most 128 nodes of the kept level below it.
 *  3. Runs of a tile level follow each other without gap or overlap, so the run that holds a node
 *     is the last one that starts at or before it.
 */
#include "ledger/ledger_internal.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TILE_LEVELS = 8, FOLD_MAX = 1 << (TILE_LEVELS - 1) };

static enum lh_code say_missing(unsigned level, uint64_t index, struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_CORRUPT, "the store lacks tree node %" PRIu64 " of level %u",
                      index, level);
}

/* Hashes of the kept level `8 * tile_level` from `first` on, gathered from consecutive runs. */
static enum lh_code gather(const struct lh_shelf *shelf, struct lh_hash *out, unsigned tile_level,
                           uint64_t first, size_t count, struct lh_err *err)
{
    struct lh_store_key prefix = lh_keys_node(shelf->number, tile_level, 0);
    struct lh_store_key start = lh_keys_node(shelf->number, tile_level, first);
    struct lh_store_iter *iter = NULL;
    size_t done = 0;
    enum lh_code rc = lh_store_iter_new(&iter, shelf->store, LH_TABLE_NODE, err);

    if (rc != LH_OK) {
        return rc;
    }
    prefix = lh_keys_without_position(&prefix);
    lh_store_iter_seek_back(iter, lh_store_key_bytes(&start));
    for (; done < count && lh_store_iter_is_valid(iter); lh_store_iter_next(iter)) {
        struct lh_bytes run = lh_store_iter_value(iter);
        uint64_t run_first;

        if (!lh_keys_position(&run_first, lh_store_iter_key(iter), &prefix) ||
            run.len % LH_HASH_SIZE != 0 || run_first > first + done ||
            first + done - run_first >= run.len / LH_HASH_SIZE) {
            break;
        }
        size_t skip = (size_t)(first + done - run_first);
        size_t take = run.len / LH_HASH_SIZE - skip;
        take = take < count - done ? take : count - done;
        memcpy(&out[done], run.data + skip * LH_HASH_SIZE, take * LH_HASH_SIZE);
        done += take;
    }
    rc = lh_store_iter_check(iter, err);
    if (rc == LH_OK && done < count) {
        rc = say_missing(TILE_LEVELS * tile_level, first + done, err);
    }
    lh_store_iter_free(iter);
    return rc;
}

enum lh_code lh_shelf_node(const struct lh_shelf *shelf, struct lh_suite *suite,
                           struct lh_hash *out, unsigned level, uint64_t index, struct lh_err *err)
{
    struct lh_hash hashes[FOLD_MAX];
    size_t count = (size_t)1 << (level % TILE_LEVELS);
    enum lh_code rc =
        gather(shelf, hashes, level / TILE_LEVELS, index << (level % TILE_LEVELS), count, err);

    if (rc != LH_OK) {
        return rc;
    }
    for (; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++) {
            hashes[i] = lh_hash_node(suite, &hashes[2 * i], &hashes[2 * i + 1]);
        }
    }
    *out = hashes[0];
    return LH_OK;
}

/* ---- tiles read lately ---- */

/*
 * A tile: up to 256 consecutive nodes of a kept level, and what they fold to on the seven levels
 * above. Proofs of neighbours ask for the same tiles, and one proof asks a tile eight times. Nodes
 * never change, so a tile is never wrong; the last one of a level only grows.
 */
enum { TILE_WIDTH = 256, TILE_NODES = 2 * TILE_WIDTH, CACHED_TILES = 32 };

struct tile {
    unsigned level;
    uint64_t index;
    size_t count; /* nodes of the lowest level; 0: unused */
    struct lh_hash nodes[TILE_NODES];
};

struct lh_tile_cache {
    struct tile tiles[CACHED_TILES];
};

enum lh_code lh_tile_cache_new(struct lh_tile_cache **out, struct lh_err *err)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "no memory for tree nodes");
}

void lh_tile_cache_free(struct lh_tile_cache *cache)
{
    free(cache);
}

/* The nodes `level` levels above the tile's lowest one; there are TILE_WIDTH >> level of them. */
static struct lh_hash *tile_row(struct tile *tile, unsigned level)
{
    return &tile->nodes[TILE_NODES - (TILE_NODES >> level)];
}

static enum lh_code load_tile(struct tile *tile, const struct lh_shelf *shelf,
                              struct lh_suite *suite, unsigned level, uint64_t index, size_t count,
                              struct lh_err *err)
{
    enum lh_code rc;

    tile->count = 0;
    rc = gather(shelf, tile_row(tile, 0), level, index * TILE_WIDTH, count, err);
    if (rc != LH_OK) {
        return rc;
    }
    for (unsigned above = 1; above < TILE_LEVELS; above++) {
        const struct lh_hash *below = tile_row(tile, above - 1);

        for (size_t i = 0; i < count >> above; i++) {
            tile_row(tile, above)[i] = lh_hash_node(suite, &below[2 * i], &below[2 * i + 1]);
        }
    }
    tile->level = level;
    tile->index = index;
    tile->count = count;
    return LH_OK;
}

enum lh_code lh_tile_cache_node(struct lh_tile_cache *cache, const struct lh_shelf *shelf,
                                struct lh_suite *suite, uint64_t size, struct lh_hash *out,
                                unsigned level, uint64_t index, struct lh_err *err)
{
    unsigned tile_level = level / TILE_LEVELS;
    unsigned above = level % TILE_LEVELS;
    uint64_t tile_index = index >> (TILE_LEVELS - above);
    size_t at = (size_t)(index - (tile_index << (TILE_LEVELS - above)));
    struct tile *tile = &cache->tiles[(tile_index + 7 * tile_level) % CACHED_TILES];

    if (tile->level != tile_level || tile->index != tile_index || at >= tile->count >> above) {
        uint64_t there = (size >> (TILE_LEVELS * tile_level)) - tile_index * TILE_WIDTH;
        enum lh_code rc = load_tile(tile, shelf, suite, tile_level, tile_index,
                                    there < TILE_WIDTH ? (size_t)there : TILE_WIDTH, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    lh_assert(at < tile->count >> above);
    *out = tile_row(tile, above)[at];
    return LH_OK;
}

static enum lh_code read_shelf_node(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                                    struct lh_err *err)
{
    const struct lh_shelf_nodes *nodes = arg;

    return lh_shelf_node(nodes->shelf, nodes->suite, out, level, index, err);
}

struct lh_tree_source lh_shelf_source(struct lh_shelf_nodes *nodes)
{
    return (struct lh_tree_source){ .node = read_shelf_node, .arg = nodes };
}

/* ---- the nodes of a new block ---- */

enum lh_code lh_fresh_init(struct lh_fresh *fresh, const struct lh_tree *old, size_t leaf_count,
                           struct lh_err *err)
{
    size_t total = 0;

    fresh->old = *old;
    fresh->leaf_count = leaf_count;
    for (unsigned level = 0; level < LH_TREE_PEAKS_MAX; level++) {
        fresh->starts[level] = total;
        total += (size_t)(((old->size + leaf_count) >> level) - (old->size >> level));
    }
    fresh->starts[LH_TREE_PEAKS_MAX] = total;
    fresh->hashes = calloc(total, sizeof *fresh->hashes);
    if (fresh->hashes == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory for %zu tree nodes", total);
    }
    return LH_OK;
}

void lh_fresh_clear(struct lh_fresh *fresh)
{
    free(fresh->hashes);
    fresh->hashes = NULL;
}

/* Where a node that the block completes has its place. */
static struct lh_hash *fresh_slot(const struct lh_fresh *fresh, unsigned level, uint64_t index)
{
    lh_assert(level < LH_TREE_PEAKS_MAX);
    lh_assert(index >= fresh->old.size >> level);
    size_t at = fresh->starts[level] + (size_t)(index - (fresh->old.size >> level));
    lh_assert(at < fresh->starts[level + 1]);
    return &fresh->hashes[at];
}

static void take_fresh(void *arg, unsigned level, uint64_t index, const struct lh_hash *hash)
{
    *fresh_slot(arg, level, index) = *hash;
}

struct lh_tree_sink lh_fresh_sink(struct lh_fresh *fresh)
{
    return (struct lh_tree_sink){ .node = take_fresh, .arg = fresh };
}

/* The old tree's peak at `level`; larger subtrees come first. */
static const struct lh_hash *old_peak(const struct lh_tree *old, unsigned level)
{
    size_t before = 0;

    lh_assert((old->size >> level & 1) != 0);
    for (uint64_t above = old->size >> level >> 1; above != 0; above &= above - 1) {
        before++;
    }
    return &old->peaks[before];
}

/* A proof of a new leaf never asks inside the old tree: a node of old leaves only that stands
 * beside the way of a new leaf is an old peak. */
static enum lh_code read_fresh(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                               struct lh_err *err)
{
    const struct lh_fresh *fresh = arg;

    (void)err;
    if (index >= fresh->old.size >> level) {
        *out = *fresh_slot(fresh, level, index);
        return LH_OK;
    }
    lh_assert(index + 1 == fresh->old.size >> level);
    *out = *old_peak(&fresh->old, level);
    return LH_OK;
}

struct lh_tree_source lh_fresh_source(struct lh_fresh *fresh)
{
    return (struct lh_tree_source){ .node = read_fresh, .arg = fresh };
}

void lh_fresh_put(const struct lh_fresh *fresh, struct lh_store_batch *batch, uint32_t number)
{
    for (unsigned level = 0; level < LH_TREE_PEAKS_MAX; level += TILE_LEVELS) {
        size_t start = fresh->starts[level];
        size_t count = fresh->starts[level + 1] - start;
        struct lh_store_key key =
            lh_keys_node(number, level / TILE_LEVELS, fresh->old.size >> level);

        if (count > 0) {
            lh_store_batch_put(batch, LH_TABLE_NODE, lh_store_key_bytes(&key),
                               lh_bytes_of(&fresh->hashes[start], count * LH_HASH_SIZE));
        }
    }
}
