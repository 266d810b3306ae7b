#ifndef LH_LEDGER_TREE_H
#define LH_LEDGER_TREE_H

/*
 * The Merkle tree of RFC 6962 (hashing) with the verifiers of RFC 9162, over a suite's hash.
 * Pure: it reads nodes through a source and reports new ones to a sink.
 *
 * A node at (level, index) covers leaves [index << level, (index + 1) << level). It is complete
 * in a tree of `size` iff (index + 1) << level <= size; complete nodes never change, so only
 * complete nodes are ever asked for or reported.  Sizes are at most 2^62.  Spec: specs/ledger.md 3.
 */

#include "crypto/suite.h"

enum { LH_TREE_PEAKS_MAX = 63, LH_PROOF_MAX = 63 };
#define LH_TREE_SIZE_MAX ((uint64_t)1 << 62)

/* The right edge: one root for each set bit of size, largest subtree first. */
struct lh_tree {
    uint64_t size;
    struct lh_hash peaks[LH_TREE_PEAKS_MAX];
};

struct lh_proof {
    size_t count;
    struct lh_hash path[LH_PROOF_MAX]; /* lowest level first */
};

/* Where complete nodes come from. May return LH_ERR_NOT_FOUND, LH_ERR_IO, LH_ERR_CORRUPT. */
struct lh_tree_source {
    enum lh_code (*node)(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                         struct lh_err *err);
    void *arg;
};

/* Told of every node that an append completes, leaves (level 0) included. */
struct lh_tree_sink {
    void (*node)(void *arg, unsigned level, uint64_t index, const struct lh_hash *hash);
    void *arg;
};

/** The empty tree. */
void lh_tree_init(struct lh_tree *tree);
/** Append one leaf hash. `sink` may be NULL. O(1) amortised. Asserts size < LH_TREE_SIZE_MAX. */
void lh_tree_append(struct lh_tree *tree, struct lh_suite *suite, const struct lh_hash *leaf_hash,
                    const struct lh_tree_sink *sink);
/** Root; of the empty tree H(""). O(log n). */
struct lh_hash lh_tree_root(const struct lh_tree *tree, struct lh_suite *suite);
/** Right edge of the tree of `size`, read from a source. LH_ERR_INVALID above 2^62 leaves. */
enum lh_code lh_tree_load(struct lh_tree *out, const struct lh_tree_source *source, uint64_t size,
                          struct lh_err *err) LH_MUST_CHECK;
/** Inclusion proof of `index` < `size` (else LH_ERR_INVALID). Reads O(log n) nodes. */
enum lh_code lh_tree_prove_inclusion(struct lh_suite *suite, struct lh_proof *out,
                                     const struct lh_tree_source *source, uint64_t index,
                                     uint64_t size, struct lh_err *err) LH_MUST_CHECK;
/** Consistency proof 0 <= old <= size (empty for old == 0 and old == size). O(log n) nodes. */
enum lh_code lh_tree_prove_consistency(struct lh_suite *suite, struct lh_proof *out,
                                       const struct lh_tree_source *source, uint64_t old,
                                       uint64_t size, struct lh_err *err) LH_MUST_CHECK;
/** LH_OK, or LH_ERR_FORGED when path, index and size do not lead to `root`. */
enum lh_code lh_tree_verify_inclusion(struct lh_suite *suite, const struct lh_hash *leaf_hash,
                                      uint64_t index, uint64_t size, const struct lh_proof *proof,
                                      const struct lh_hash *root, struct lh_err *err) LH_MUST_CHECK;
/**
 * LH_OK, or LH_ERR_FORGED. old == 0 is consistent with everything and wants an empty proof; its
 * root is looked at only if size is 0 too.
 */
enum lh_code lh_tree_verify_consistency(struct lh_suite *suite, uint64_t old,
                                        const struct lh_hash *old_root, uint64_t size,
                                        const struct lh_hash *root, const struct lh_proof *proof,
                                        struct lh_err *err) LH_MUST_CHECK;

#endif
