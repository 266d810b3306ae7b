#include "ledger/tree.h"

#include "crypto/base/assert.h"

#include <inttypes.h>
#include <string.h>

static size_t count_bits(uint64_t value)
{
    size_t count = 0;

    for (; value != 0; value &= value - 1) {
        count++;
    }
    return count;
}

/* Level of the largest complete subtree that fits into `count` > 0 leaves. */
static unsigned top_level(uint64_t count)
{
    unsigned level = 0;

    while (count >> level > 1) {
        level++;
    }
    return level;
}

/* The largest power of two strictly below `count` > 1. */
static uint64_t split_at(uint64_t count)
{
    return (uint64_t)1 << top_level(count - 1);
}

void lh_tree_init(struct lh_tree *tree)
{
    *tree = (struct lh_tree){ .size = 0 };
}

static void tell(const struct lh_tree_sink *sink, unsigned level, uint64_t index,
                 const struct lh_hash *hash)
{
    if (sink != NULL) {
        sink->node(sink->arg, level, index, hash);
    }
}

void lh_tree_append(struct lh_tree *tree, struct lh_suite *suite, const struct lh_hash *leaf_hash,
                    const struct lh_tree_sink *sink)
{
    size_t peak_count = count_bits(tree->size);
    struct lh_hash hash = *leaf_hash;
    unsigned level = 0;

    lh_assert(tree->size < LH_TREE_SIZE_MAX);
    tell(sink, level, tree->size, &hash);
    while ((tree->size >> level & 1) != 0) {
        hash = lh_hash_node(suite, &tree->peaks[--peak_count], &hash);
        level++;
        tell(sink, level, tree->size >> level, &hash);
    }
    tree->peaks[peak_count] = hash;
    tree->size++;
}

struct lh_hash lh_tree_root(const struct lh_tree *tree, struct lh_suite *suite)
{
    size_t i = count_bits(tree->size);
    struct lh_hash root;

    if (i == 0) {
        /* spec ledger.md 3: "The root of the tree without leaves is H of no bytes." */
        return lh_hash(suite, LH_BYTES_EMPTY);
    }
    root = tree->peaks[--i];
    while (i > 0) {
        root = lh_hash_node(suite, &tree->peaks[--i], &root);
    }
    return root;
}

static enum lh_code check_size(uint64_t size, struct lh_err *err)
{
    /* spec ledger.md 3: "A tree has at most 2^62 leaves." */
    if (size > LH_TREE_SIZE_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a tree of %" PRIu64 " leaves: at most 2^62", size);
    }
    return LH_OK;
}

static enum lh_code read_node(struct lh_hash *out, const struct lh_tree_source *source,
                              unsigned level, uint64_t index, struct lh_err *err)
{
    enum lh_code rc = source->node(source->arg, out, level, index, err);

    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "tree node %" PRIu64 " of level %u", index, level);
    }
    return LH_OK;
}

/*
 * The right edge of the tree over leaves [begin, begin + count), read as complete nodes. `begin` is
 * a multiple of the largest power of two in `count`, so each piece is a node of the whole tree.
 */
static enum lh_code read_edge(struct lh_tree *out, const struct lh_tree_source *source,
                              uint64_t begin, uint64_t count, struct lh_err *err)
{
    size_t peak_count = 0;

    out->size = count;
    while (count > 0) {
        unsigned level = top_level(count);
        enum lh_code rc = read_node(&out->peaks[peak_count], source, level, begin >> level, err);

        if (rc != LH_OK) {
            return rc;
        }
        peak_count++;
        begin += (uint64_t)1 << level;
        count -= (uint64_t)1 << level;
    }
    return LH_OK;
}

enum lh_code lh_tree_load(struct lh_tree *out, const struct lh_tree_source *source, uint64_t size,
                          struct lh_err *err)
{
    struct lh_tree edge = { .size = 0 };
    enum lh_code rc = check_size(size, err);

    if (rc != LH_OK) {
        return rc;
    }
    rc = read_edge(&edge, source, 0, size, err);
    if (rc != LH_OK) {
        return rc;
    }
    *out = edge;
    return LH_OK;
}

/* Put the root over leaves [begin, end) at the end of `proof`. */
static enum lh_code push_root(struct lh_suite *suite, struct lh_proof *proof,
                              const struct lh_tree_source *source, uint64_t begin, uint64_t end,
                              struct lh_err *err)
{
    struct lh_tree edge;
    enum lh_code rc = read_edge(&edge, source, begin, end - begin, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_assert(proof->count < LH_PROOF_MAX);
    proof->path[proof->count++] = lh_tree_root(&edge, suite);
    return LH_OK;
}

/* The walks below go from the root down; a proof lists the lowest level first. */
static void reverse(struct lh_proof *proof)
{
    for (size_t i = 0, j = proof->count; i + 1 < j; i++) {
        struct lh_hash low = proof->path[--j];

        proof->path[j] = proof->path[i];
        proof->path[i] = low;
    }
}

enum lh_code lh_tree_prove_inclusion(struct lh_suite *suite, struct lh_proof *out,
                                     const struct lh_tree_source *source, uint64_t index,
                                     uint64_t size, struct lh_err *err)
{
    struct lh_proof proof = { .count = 0 };
    uint64_t begin = 0;
    uint64_t end = size;
    enum lh_code rc = check_size(size, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (index >= size) {
        return lh_err_set(err, LH_ERR_INVALID, "no leaf %" PRIu64 " in a tree of %" PRIu64, index,
                          size);
    }
    while (end - begin > 1) {
        uint64_t middle = begin + split_at(end - begin);

        if (index < middle) {
            rc = push_root(suite, &proof, source, middle, end, err);
            end = middle;
        } else {
            rc = push_root(suite, &proof, source, begin, middle, err);
            begin = middle;
        }
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "proving leaf %" PRIu64 " of %" PRIu64, index, size);
        }
    }
    reverse(&proof);
    *out = proof;
    return LH_OK;
}

/* The proof of 0 < old < size, from the root down. */
static enum lh_code walk_consistency(struct lh_suite *suite, struct lh_proof *proof,
                                     const struct lh_tree_source *source, uint64_t old,
                                     uint64_t size, struct lh_err *err)
{
    uint64_t begin = 0;
    uint64_t end = size;
    enum lh_code rc = LH_OK;

    while (rc == LH_OK && old < end) {
        uint64_t middle = begin + split_at(end - begin);

        if (old <= middle) {
            rc = push_root(suite, proof, source, middle, end, err);
            end = middle;
        } else {
            rc = push_root(suite, proof, source, begin, middle, err);
            begin = middle;
        }
    }
    /* The subtree that ends with the old tree. When it is the whole old tree, the verifier has its
     * root already. */
    if (rc == LH_OK && begin > 0) {
        rc = push_root(suite, proof, source, begin, end, err);
    }
    return rc;
}

enum lh_code lh_tree_prove_consistency(struct lh_suite *suite, struct lh_proof *out,
                                       const struct lh_tree_source *source, uint64_t old,
                                       uint64_t size, struct lh_err *err)
{
    struct lh_proof proof = { .count = 0 };
    enum lh_code rc = check_size(size, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (old > size) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "a tree of %" PRIu64 " is not the start of one of %" PRIu64, old, size);
    }
    if (old > 0 && old < size) {
        rc = walk_consistency(suite, &proof, source, old, size, err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "proving that %" PRIu64 " leaves became %" PRIu64, old,
                               size);
        }
        reverse(&proof);
    }
    *out = proof;
    return LH_OK;
}

/*
 * Where the verifiers stand on their way up: `node` is the index of our node at the current level,
 * `last` that of the level's last node (which may be incomplete).
 */
struct climb {
    uint64_t node;
    uint64_t last;
};

/* Does the next hash of the path stand to the left of our node? */
static bool sibling_is_left(const struct climb *climb)
{
    return (climb->node & 1) != 0 || climb->node == climb->last;
}

static void climb_one(struct climb *climb)
{
    climb->node >>= 1;
    climb->last >>= 1;
}

/* A last node without a sibling of its own is, unhashed, the last node of the level above. */
static void climb_to_left_sibling(struct climb *climb)
{
    while (climb->node != 0 && (climb->node & 1) == 0) {
        climb_one(climb);
    }
}

/* Root that `proof` leads to. False when the path is longer or shorter than index and size say. */
static bool root_of_inclusion(struct lh_suite *suite, struct lh_hash *out,
                              const struct lh_hash *leaf_hash, uint64_t index, uint64_t size,
                              const struct lh_proof *proof)
{
    struct climb climb = { .node = index, .last = size - 1 };
    struct lh_hash root = *leaf_hash;

    if (index >= size || proof->count > LH_PROOF_MAX) {
        return false;
    }
    for (size_t i = 0; i < proof->count; i++) {
        if (climb.last == 0) {
            return false;
        }
        if (sibling_is_left(&climb)) {
            root = lh_hash_node(suite, &proof->path[i], &root);
            climb_to_left_sibling(&climb);
        } else {
            root = lh_hash_node(suite, &root, &proof->path[i]);
        }
        climb_one(&climb);
    }
    *out = root;
    return climb.last == 0;
}

enum lh_code lh_tree_verify_inclusion(struct lh_suite *suite, const struct lh_hash *leaf_hash,
                                      uint64_t index, uint64_t size, const struct lh_proof *proof,
                                      const struct lh_hash *root, struct lh_err *err)
{
    struct lh_hash found;

    /* spec ledger.md 3: "An inclusion proof holds only if it uses up exactly its hashes and ends at
     * the root." */
    if (!root_of_inclusion(suite, &found, leaf_hash, index, size, proof) ||
        !lh_hash_is_equal(&found, root)) {
        return lh_err_set(err, LH_ERR_FORGED,
                          "the path of leaf %" PRIu64
                          " does not lead to the root of the tree of %" PRIu64,
                          index, size);
    }
    return LH_OK;
}

/* Both roots that `proof` leads to, for 0 < old < size. False as above. */
static bool roots_of_consistency(struct lh_suite *suite, struct lh_hash *out_old,
                                 struct lh_hash *out_root, uint64_t old,
                                 const struct lh_hash *old_root, uint64_t size,
                                 const struct lh_proof *proof)
{
    struct climb climb = { .node = old - 1, .last = size - 1 };
    /* An old tree of a power of two is a node of the new one: its root begins the path, unsent. */
    bool is_node = (old & (old - 1)) == 0;
    size_t i = is_node ? 0 : 1;

    if (proof->count == 0 || proof->count > LH_PROOF_MAX) {
        return false;
    }
    while ((climb.node & 1) != 0) {
        climb_one(&climb);
    }
    *out_old = is_node ? *old_root : proof->path[0];
    *out_root = *out_old;
    for (; i < proof->count; i++) {
        if (climb.last == 0) {
            return false;
        }
        if (sibling_is_left(&climb)) {
            *out_old = lh_hash_node(suite, &proof->path[i], out_old);
            *out_root = lh_hash_node(suite, &proof->path[i], out_root);
            climb_to_left_sibling(&climb);
        } else {
            *out_root = lh_hash_node(suite, out_root, &proof->path[i]);
        }
        climb_one(&climb);
    }
    return climb.last == 0;
}

static bool is_consistent(struct lh_suite *suite, uint64_t old, const struct lh_hash *old_root,
                          uint64_t size, const struct lh_hash *root, const struct lh_proof *proof)
{
    struct lh_hash empty = lh_hash(suite, LH_BYTES_EMPTY);
    struct lh_hash found_old;
    struct lh_hash found;

    if (old > size || (size == 0 && !lh_hash_is_equal(root, &empty))) {
        return false;
    }
    if (old == size) {
        return proof->count == 0 && lh_hash_is_equal(old_root, root);
    }
    if (old == 0) {
        /* spec ledger.md 3: "Every tree extends the tree without leaves, and the proof of that is
         * empty." */
        return proof->count == 0;
    }
    return roots_of_consistency(suite, &found_old, &found, old, old_root, size, proof) &&
           lh_hash_is_equal(&found_old, old_root) && lh_hash_is_equal(&found, root);
}

enum lh_code lh_tree_verify_consistency(struct lh_suite *suite, uint64_t old,
                                        const struct lh_hash *old_root, uint64_t size,
                                        const struct lh_hash *root, const struct lh_proof *proof,
                                        struct lh_err *err)
{
    if (!is_consistent(suite, old, old_root, size, root, proof)) {
        return lh_err_set(err, LH_ERR_FORGED,
                          "the tree of %" PRIu64 " is not shown to extend the tree of %" PRIu64,
                          size, old);
    }
    return LH_OK;
}
