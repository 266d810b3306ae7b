#include "node/replica_store.h"

#include "net/message.h"

#include <string.h>

/* ---- our own generations, oldest first, then the copies ---- */

static size_t own_count(const struct lh_replica_store_parts *parts)
{
    struct lh_ledger_head head;
    size_t count = 0;

    for (struct lh_ledger *at = parts->own; at != NULL; at = lh_ledger_prev(at)) {
        lh_ledger_head(at, &head);
        count += head.height > 0;
    }
    return count;
}

static struct lh_ledger *own_at(const struct lh_replica_store_parts *parts, size_t place)
{
    struct lh_ledger_head head;
    size_t behind = own_count(parts) - 1 - place;

    for (struct lh_ledger *at = parts->own; at != NULL; at = lh_ledger_prev(at)) {
        lh_ledger_head(at, &head);
        if (head.height > 0 && behind-- == 0) {
            return at;
        }
    }
    return NULL;
}

static struct lh_ledger *own_of(const struct lh_replica_store_parts *parts, const char *origin)
{
    for (struct lh_ledger *at = parts->own; at != NULL; at = lh_ledger_prev(at)) {
        if (strcmp(lh_ledger_origin(at), origin) == 0) {
            return at;
        }
    }
    return NULL;
}

static enum lh_code load_own(const struct lh_replica_store_parts *parts, struct lh_ledger *ledger,
                             struct lh_chain *out, struct lh_buf *checkpoint, struct lh_err *err)
{
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    enum lh_code rc = lh_ledger_chain(ledger, parts->suite, out, err);

    if (rc == LH_OK) {
        rc = lh_ledger_block_at(ledger, out->height, &block, err);
    }
    if (rc == LH_OK) {
        lh_buf_add(checkpoint, lh_buf_bytes(&block.checkpoint));
        rc = lh_buf_check(checkpoint, err);
    }
    lh_buf_clear(&block.checkpoint);
    return rc;
}

/* Copies of our own ledgers are left of a restore: the ledger itself stands for them. */
static const struct lh_chain *copy_at(const struct lh_replica_store_parts *parts, size_t place)
{
    struct lh_origin own;
    struct lh_origin origin;
    bool is_writing =
        parts->own != NULL &&
        lh_origin_parse(&own, lh_bytes_of_text(lh_ledger_origin(parts->own)), NULL) == LH_OK;

    for (size_t i = 0; i < lh_copies_count(parts->copies); i++) {
        const struct lh_chain *copy = lh_copies_at(parts->copies, i);
        bool is_ours = is_writing &&
                       lh_origin_parse(&origin, lh_bytes_of_text(copy->origin), NULL) == LH_OK &&
                       strcmp(origin.department, own.department) == 0;

        if (!is_ours && place-- == 0) {
            return copy;
        }
    }
    return NULL;
}

static enum lh_code load(void *arg, size_t place, struct lh_chain *out, struct lh_buf *checkpoint,
                         struct lh_err *err)
{
    struct lh_replica_store_parts *parts = arg;
    const struct lh_chain *copy;
    size_t own = own_count(parts);
    uint64_t size = 0;

    if (place < own) {
        return load_own(parts, own_at(parts, place), out, checkpoint, err);
    }
    copy = copy_at(parts, place - own);
    if (copy == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no more ledgers");
    }
    *out = *copy;
    return lh_copies_seal(parts->copies, out->origin, out->tree.size - 1, checkpoint, &size, err);
}

/* ---- blocks ---- */

static enum lh_code append(void *arg, const struct lh_block *block, const struct lh_chain *next,
                           const struct lh_replica_node *nodes, size_t node_count,
                           struct lh_err *err)
{
    struct lh_replica_store_parts *parts = arg;

    (void)nodes; /* the copies make their runs from the leaves */
    (void)node_count;
    return lh_copies_append(parts->copies, block, next, err);
}

static enum lh_code seal(void *arg, const char *origin, uint64_t index, struct lh_buf *out,
                         uint64_t *out_size, struct lh_err *err)
{
    struct lh_replica_store_parts *parts = arg;
    struct lh_ledger *own = own_of(parts, origin);
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    enum lh_code rc;

    if (own == NULL) {
        return lh_copies_seal(parts->copies, origin, index, out, out_size, err);
    }
    rc = lh_ledger_block_of(own, index, &block, err);
    if (rc == LH_OK) {
        lh_buf_add(out, lh_buf_bytes(&block.checkpoint));
        *out_size = block.first + block.entry_count + 1;
        rc = lh_buf_check(out, err);
    }
    lh_buf_clear(&block.checkpoint);
    return rc;
}

static enum lh_code read_leaf(const struct lh_replica_store_parts *parts, struct lh_ledger *own,
                              const char *origin, uint64_t index, struct lh_buf *out,
                              struct lh_err *err)
{
    return own != NULL ? lh_ledger_leaf(own, index, out, err)
                       : lh_copies_leaf(parts->copies, origin, index, out, err);
}

static enum lh_code leaves(void *arg, const char *origin, uint64_t index, size_t room,
                           struct lh_buf *out, struct lh_err *err)
{
    struct lh_replica_store_parts *parts = arg;
    struct lh_ledger *own = own_of(parts, origin);
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_buf note = LH_BUF_EMPTY;
    uint64_t end = 0;
    size_t used = 0;
    enum lh_code rc = seal(parts, origin, index, &note, &end, err);

    for (uint64_t at = index; rc == LH_OK && at < end; at++) {
        lh_buf_reset(&leaf);
        rc = read_leaf(parts, own, origin, at, &leaf, err);
        if (rc != LH_OK || used + 2 + leaf.len > room) {
            break;
        }
        used += 2 + leaf.len;
        lh_part_add(out, lh_buf_bytes(&leaf));
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(out, err);
    }
    lh_buf_clear(&note);
    lh_buf_clear(&leaf);
    return rc;
}

static enum lh_code node(void *arg, const char *origin, struct lh_hash *out, unsigned level,
                         uint64_t index, struct lh_err *err)
{
    struct lh_replica_store_parts *parts = arg;
    struct lh_ledger *own = own_of(parts, origin);

    if (own != NULL) {
        struct lh_tree_source source = lh_ledger_nodes(own);

        return source.node(source.arg, out, level, index, err);
    }
    return lh_copies_node(parts->copies, origin, out, level, index, err);
}

/* ---- notes ---- */

static enum lh_code put_note(void *arg, const char *origin, enum lh_replica_note kind,
                             struct lh_bytes note, struct lh_err *err)
{
    struct lh_replica_store_parts *parts = arg;

    return lh_copies_put_note(parts->notes, origin, (unsigned)kind, note, err);
}

static enum lh_code get_note(void *arg, const char *origin, enum lh_replica_note kind,
                             struct lh_buf *out, struct lh_err *err)
{
    struct lh_replica_store_parts *parts = arg;

    return lh_copies_get_note(parts->notes, origin, (unsigned)kind, out, err);
}

struct lh_replica_store lh_replica_store_of(struct lh_replica_store_parts *parts)
{
    return (struct lh_replica_store){
        .arg = parts,
        .load = load,
        .append = append,
        .leaves = leaves,
        .seal = seal,
        .node = node,
        .put_note = put_note,
        .get_note = get_note,
    };
}
