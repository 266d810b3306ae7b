#include "tests/support/replica_mem.h"

#include "crypto/base/assert.h"
#include "net/message.h"

#include <stdlib.h>
#include <string.h>

enum { LEDGERS_MAX = 256 };

struct kept_block {
    uint64_t first;
    uint64_t end;
    struct lh_buf checkpoint;
};

struct shelf {
    char origin[LH_ORIGIN_MAX + 1];
    struct lh_chain chain; /* height 0: only notes are kept */
    struct lh_buf parts;   /* the leaves, each behind its length */
    struct lh_buf starts;  /* of each in `parts`, u64 */
    struct lh_buf nodes[LH_TREE_PEAKS_MAX];
    struct kept_block *blocks;
    size_t block_count;
    struct lh_buf notes[LH_REPLICA_NOTE_COUNT];
};

struct lh_replica_mem {
    struct lh_suite *suite;
    struct shelf *shelves[LEDGERS_MAX];
    size_t count;
    size_t calls_left; /* before one fails; SIZE_MAX: none does */
    size_t write_count;
};

static void *checked(void *memory)
{
    lh_assert(memory != NULL);
    return memory;
}

struct lh_replica_mem *lh_replica_mem_new(enum lh_suite_id suite)
{
    struct lh_replica_mem *mem = checked(calloc(1, sizeof *mem));
    enum lh_code rc = lh_suite_new(&mem->suite, suite, NULL);

    lh_assert(rc == LH_OK);
    mem->calls_left = SIZE_MAX;
    return mem;
}

static void free_shelf(struct shelf *shelf)
{
    for (size_t i = 0; i < LH_TREE_PEAKS_MAX; i++) {
        lh_buf_clear(&shelf->nodes[i]);
    }
    for (size_t i = 0; i < shelf->block_count; i++) {
        lh_buf_clear(&shelf->blocks[i].checkpoint);
    }
    for (size_t i = 0; i < LH_REPLICA_NOTE_COUNT; i++) {
        lh_buf_clear(&shelf->notes[i]);
    }
    lh_buf_clear(&shelf->parts);
    lh_buf_clear(&shelf->starts);
    free(shelf->blocks);
    free(shelf);
}

void lh_replica_mem_free(struct lh_replica_mem *mem)
{
    for (size_t i = 0; i < mem->count; i++) {
        free_shelf(mem->shelves[i]);
    }
    lh_suite_free(mem->suite);
    free(mem);
}

void lh_replica_mem_fail_at(struct lh_replica_mem *mem, size_t n)
{
    mem->calls_left = n == 0 ? SIZE_MAX : n - 1;
}

size_t lh_replica_mem_write_count(const struct lh_replica_mem *mem)
{
    return mem->write_count;
}

static enum lh_code call(struct lh_replica_mem *mem, struct lh_err *err)
{
    if (mem->calls_left == 0) {
        return lh_err_set(err, LH_ERR_IO, "the store was told to fail");
    }
    mem->calls_left -= mem->calls_left != SIZE_MAX;
    return LH_OK;
}

static struct shelf *find(const struct lh_replica_mem *mem, const char *origin)
{
    for (size_t i = 0; i < mem->count; i++) {
        if (strcmp(mem->shelves[i]->origin, origin) == 0) {
            return mem->shelves[i];
        }
    }
    return NULL;
}

static struct shelf *shelf_of(struct lh_replica_mem *mem, const char *origin)
{
    struct shelf *shelf = find(mem, origin);

    if (shelf == NULL) {
        lh_assert(mem->count < LEDGERS_MAX);
        shelf = checked(calloc(1, sizeof *shelf));
        memcpy(shelf->origin, origin, strlen(origin) + 1);
        mem->shelves[mem->count++] = shelf;
    }
    return shelf;
}

/* ---- blocks ---- */

static void take_node(void *arg, unsigned level, uint64_t index, const struct lh_hash *hash)
{
    struct shelf *shelf = arg;

    lh_assert(shelf->nodes[level].len == index * LH_HASH_SIZE);
    lh_buf_add(&shelf->nodes[level], lh_hash_bytes(hash));
}

void lh_replica_mem_put(struct lh_replica_mem *mem, const struct lh_block *block,
                        const struct lh_chain *next)
{
    struct shelf *shelf = shelf_of(mem, next->origin);
    struct lh_tree_sink sink = { .node = take_node, .arg = shelf };
    struct lh_tree tree = shelf->chain.tree;
    struct kept_block *kept;

    lh_assert(next->height == shelf->chain.height + 1);
    lh_assert(next->tree.size == tree.size + block->entry_count + 1);
    shelf->blocks =
        checked(realloc(shelf->blocks, (shelf->block_count + 1) * sizeof shelf->blocks[0]));
    kept = &shelf->blocks[shelf->block_count++];
    *kept = (struct kept_block){ .first = tree.size, .end = next->tree.size };
    lh_buf_add(&kept->checkpoint, block->checkpoint);
    for (size_t i = 0; i <= block->entry_count; i++) {
        struct lh_hash leaf = lh_hash_leaf(mem->suite, block->leaves[i]);

        lh_buf_add_u64(&shelf->starts, shelf->parts.len);
        lh_part_add(&shelf->parts, block->leaves[i]);
        lh_tree_append(&tree, mem->suite, &leaf, &sink);
    }
    shelf->chain = *next;
    shelf->chain.seal_verifier = NULL;
    mem->write_count++;
}

static struct lh_hash node_at(const struct shelf *shelf, unsigned level, uint64_t index)
{
    struct lh_hash hash;

    lh_assert((index + 1) * LH_HASH_SIZE <= shelf->nodes[level].len);
    memcpy(hash.bytes, shelf->nodes[level].data + index * LH_HASH_SIZE, LH_HASH_SIZE);
    return hash;
}

static enum lh_code append(void *arg, const struct lh_block *block, const struct lh_chain *next,
                           const struct lh_replica_node *nodes, size_t node_count,
                           struct lh_err *err)
{
    struct lh_replica_mem *mem = arg;
    enum lh_code rc = call(mem, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_replica_mem_put(mem, block, next);
    for (size_t i = 0; i < node_count; i++) {
        struct lh_hash hash = node_at(find(mem, next->origin), nodes[i].level, nodes[i].index);

        lh_assert(lh_hash_is_equal(&hash, &nodes[i].hash));
    }
    return LH_OK;
}

static enum lh_code load(void *arg, size_t place, struct lh_chain *out, struct lh_buf *checkpoint,
                         struct lh_err *err)
{
    struct lh_replica_mem *mem = arg;
    enum lh_code rc = call(mem, err);

    for (size_t i = 0; rc == LH_OK && i < mem->count; i++) {
        const struct shelf *shelf = mem->shelves[i];

        if (shelf->block_count > 0 && place-- == 0) {
            *out = shelf->chain;
            lh_buf_add(checkpoint, lh_buf_bytes(&shelf->blocks[shelf->block_count - 1].checkpoint));
            return lh_buf_check(checkpoint, err);
        }
    }
    return rc == LH_OK ? LH_ERR_NOT_FOUND : rc;
}

static const struct kept_block *block_of(const struct shelf *shelf, uint64_t index)
{
    size_t place = 0;

    lh_assert(shelf != NULL);
    while (shelf->blocks[place].end <= index) {
        place++;
        lh_assert(place < shelf->block_count);
    }
    return &shelf->blocks[place];
}

static uint64_t start_of(const struct shelf *shelf, uint64_t index)
{
    struct lh_reader in = lh_reader_of(lh_bytes_of(shelf->starts.data + 8 * index, 8));

    return 8 * index == shelf->starts.len ? shelf->parts.len : lh_read_u64(&in);
}

static enum lh_code leaves(void *arg, const char *origin, uint64_t index, size_t room,
                           struct lh_buf *out, struct lh_err *err)
{
    struct lh_replica_mem *mem = arg;
    const struct shelf *shelf = find(mem, origin);
    const struct kept_block *block = block_of(shelf, index);
    uint64_t start = start_of(shelf, index);
    uint64_t end = start;
    enum lh_code rc = call(mem, err);

    if (rc != LH_OK) {
        return rc;
    }
    for (; index < block->end; index++) {
        uint64_t next =
            index + 1 < shelf->chain.tree.size ? start_of(shelf, index + 1) : shelf->parts.len;
        if (next - start > room) {
            break;
        }
        end = next;
    }
    lh_assert(end > start);
    lh_buf_add(out, lh_bytes_of(shelf->parts.data + start, end - start));
    return lh_buf_check(out, err);
}

static enum lh_code seal(void *arg, const char *origin, uint64_t index, struct lh_buf *out,
                         uint64_t *out_size, struct lh_err *err)
{
    struct lh_replica_mem *mem = arg;
    enum lh_code rc = call(mem, err);

    if (rc != LH_OK) {
        return rc;
    }
    const struct kept_block *block = block_of(find(mem, origin), index);

    lh_buf_add(out, lh_buf_bytes(&block->checkpoint));
    *out_size = block->end;
    return lh_buf_check(out, err);
}

static enum lh_code node(void *arg, const char *origin, struct lh_hash *out, unsigned level,
                         uint64_t index, struct lh_err *err)
{
    struct lh_replica_mem *mem = arg;
    enum lh_code rc = call(mem, err);

    if (rc == LH_OK) {
        *out = node_at(find(mem, origin), level, index);
    }
    return rc;
}

/* ---- notes ---- */

static enum lh_code put_note(void *arg, const char *origin, enum lh_replica_note kind,
                             struct lh_bytes note, struct lh_err *err)
{
    struct lh_replica_mem *mem = arg;
    enum lh_code rc = call(mem, err);

    if (rc == LH_OK) {
        struct lh_buf *kept = &shelf_of(mem, origin)->notes[kind];

        lh_buf_reset(kept);
        lh_buf_add(kept, note);
        mem->write_count++;
        rc = lh_buf_check(kept, err);
    }
    return rc;
}

static enum lh_code get_note(void *arg, const char *origin, enum lh_replica_note kind,
                             struct lh_buf *out, struct lh_err *err)
{
    struct lh_replica_mem *mem = arg;
    const struct shelf *shelf = find(mem, origin);
    enum lh_code rc = call(mem, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (shelf == NULL || shelf->notes[kind].len == 0) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no such note");
    }
    lh_buf_reset(out);
    lh_buf_add(out, lh_buf_bytes(&shelf->notes[kind]));
    return lh_buf_check(out, err);
}

struct lh_replica_store lh_replica_mem_store(struct lh_replica_mem *mem)
{
    return (struct lh_replica_store){ .arg = mem,
                                      .load = load,
                                      .append = append,
                                      .leaves = leaves,
                                      .seal = seal,
                                      .node = node,
                                      .put_note = put_note,
                                      .get_note = get_note };
}
