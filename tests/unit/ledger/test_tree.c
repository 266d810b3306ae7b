/*
 * Everything is held against the recursive definitions of RFC 6962 2.1, written down below. The
 * published vectors are in test_tree_vectors.c.
 */
#include "ledger/tree.h"

#include "tests/support/forest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SMALL = 140 };

static void assert_hash_equal(const struct lh_hash *a, const struct lh_hash *b)
{
    assert_memory_equal(a->bytes, b->bytes, LH_HASH_SIZE);
}

/* --- The definitions of RFC 6962, as recursive as they stand there. --- */

static uint64_t reference_split(uint64_t count)
{
    uint64_t k = 1;

    while (k * 2 < count) {
        k *= 2;
    }
    return k;
}

static struct lh_hash reference_root(struct lh_suite *suite, const struct lh_hash *leaves,
                                     uint64_t count)
{
    if (count == 0) {
        return lh_hash(suite, LH_BYTES_EMPTY);
    }
    if (count == 1) {
        return leaves[0];
    }
    uint64_t k = reference_split(count);
    struct lh_hash left = reference_root(suite, leaves, k);
    struct lh_hash right = reference_root(suite, leaves + k, count - k);

    return lh_hash_node(suite, &left, &right);
}

static void reference_path(struct lh_suite *suite, struct lh_proof *out,
                           const struct lh_hash *leaves, uint64_t index, uint64_t count)
{
    if (count == 1) {
        return;
    }
    uint64_t k = reference_split(count);

    if (index < k) {
        reference_path(suite, out, leaves, index, k);
        out->path[out->count++] = reference_root(suite, leaves + k, count - k);
    } else {
        reference_path(suite, out, leaves + k, index - k, count - k);
        out->path[out->count++] = reference_root(suite, leaves, k);
    }
}

static void reference_subproof(struct lh_suite *suite, struct lh_proof *out,
                               const struct lh_hash *leaves, uint64_t old, uint64_t count,
                               bool is_whole_old)
{
    if (old == count) {
        if (!is_whole_old) {
            out->path[out->count++] = reference_root(suite, leaves, count);
        }
        return;
    }
    uint64_t k = reference_split(count);

    if (old <= k) {
        reference_subproof(suite, out, leaves, old, k, is_whole_old);
        out->path[out->count++] = reference_root(suite, leaves + k, count - k);
    } else {
        reference_subproof(suite, out, leaves + k, old - k, count - k, false);
        out->path[out->count++] = reference_root(suite, leaves, k);
    }
}

static void assert_proof_equal(const struct lh_proof *a, const struct lh_proof *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_hash_equal(&a->path[i], &b->path[i]);
    }
}

/* --- Ways to spoil a proof. Each is false when it would change nothing. --- */

static bool drop_first(struct lh_proof *proof)
{
    if (proof->count == 0) {
        return false;
    }
    proof->count--;
    memmove(proof->path, proof->path + 1, proof->count * sizeof proof->path[0]);
    return true;
}

static bool drop_last(struct lh_proof *proof)
{
    if (proof->count == 0) {
        return false;
    }
    proof->count--;
    return true;
}

static bool append_one(struct lh_proof *proof)
{
    if (proof->count == LH_PROOF_MAX) {
        return false;
    }
    memset(proof->path[proof->count++].bytes, 0x5a, LH_HASH_SIZE);
    return true;
}

static bool prepend_one(struct lh_proof *proof)
{
    if (proof->count == LH_PROOF_MAX) {
        return false;
    }
    memmove(proof->path + 1, proof->path, proof->count * sizeof proof->path[0]);
    proof->count++;
    return true; /* the first two are now the same */
}

static bool shift_round(struct lh_proof *proof)
{
    if (proof->count < 2) {
        return false;
    }
    struct lh_hash first = proof->path[0];

    memmove(proof->path, proof->path + 1, (proof->count - 1) * sizeof proof->path[0]);
    proof->path[proof->count - 1] = first;
    return true;
}

static bool claim_too_many(struct lh_proof *proof)
{
    proof->count = LH_PROOF_MAX + 1;
    return true;
}

static bool (*const spoilers[])(struct lh_proof *) = { drop_first,  drop_last,   append_one,
                                                       prepend_one, shift_round, claim_too_many };

/* --- Against the definitions, for every size up to SMALL. --- */

static void every_small_tree_loads_from_its_complete_nodes(void **state)
{
    struct forest *forest = *state;

    for (uint64_t size = 0; size <= SMALL; size++) {
        struct lh_tree_source source = forest_source(forest, size);
        struct lh_tree loaded;
        struct lh_tree grown;

        lh_tree_init(&grown);
        for (uint64_t i = 0; i < size; i++) {
            lh_tree_append(&grown, forest->suite, &forest->nodes[0][i], NULL);
        }
        assert_int_equal(lh_tree_load(&loaded, &source, size, NULL), LH_OK);
        assert_int_equal(loaded.size, grown.size);
        for (uint64_t i = 0, bits = size; bits != 0; i++, bits &= bits - 1) {
            assert_hash_equal(&loaded.peaks[i], &grown.peaks[i]);
        }

        struct lh_hash root = lh_tree_root(&loaded, forest->suite);
        struct lh_hash want = reference_root(forest->suite, forest->nodes[0], size);
        assert_hash_equal(&root, &want);
    }
}

static void every_small_inclusion_proof_is_the_defined_one_and_verifies(void **state)
{
    struct forest *forest = *state;

    for (uint64_t size = 1; size <= SMALL; size++) {
        struct lh_hash root = reference_root(forest->suite, forest->nodes[0], size);

        for (uint64_t index = 0; index < size; index++) {
            struct lh_tree_source source = forest_source(forest, size);
            struct lh_proof want = { .count = 0 };
            struct lh_proof proof;

            reference_path(forest->suite, &want, forest->nodes[0], index, size);
            assert_int_equal(
                lh_tree_prove_inclusion(forest->suite, &proof, &source, index, size, NULL), LH_OK);
            assert_proof_equal(&proof, &want);
            assert_true(forest->read_count <= 16);
            assert_int_equal(lh_tree_verify_inclusion(forest->suite, &forest->nodes[0][index],
                                                      index, size, &proof, &root, NULL),
                             LH_OK);
        }
    }
}

static void every_small_consistency_proof_is_the_defined_one_and_verifies(void **state)
{
    struct forest *forest = *state;

    for (uint64_t size = 0; size <= SMALL; size++) {
        struct lh_hash root = reference_root(forest->suite, forest->nodes[0], size);

        for (uint64_t old = 0; old <= size; old++) {
            struct lh_tree_source source = forest_source(forest, size);
            struct lh_hash old_root = reference_root(forest->suite, forest->nodes[0], old);
            struct lh_proof want = { .count = 0 };
            struct lh_proof proof;

            if (old > 0) {
                reference_subproof(forest->suite, &want, forest->nodes[0], old, size, true);
            }
            assert_int_equal(
                lh_tree_prove_consistency(forest->suite, &proof, &source, old, size, NULL), LH_OK);
            assert_proof_equal(&proof, &want);
            assert_true(forest->read_count <= 16);
            assert_int_equal(lh_tree_verify_consistency(forest->suite, old, &old_root, size, &root,
                                                        &proof, NULL),
                             LH_OK);
        }
    }
}

static void no_spoiled_inclusion_proof_verifies(void **state)
{
    struct forest *forest = *state;

    for (uint64_t size = 1; size <= SMALL; size++) {
        struct lh_tree_source source = forest_source(forest, size);
        struct lh_hash root = reference_root(forest->suite, forest->nodes[0], size);

        for (uint64_t index = 0; index < size; index++) {
            struct lh_proof proof;

            assert_int_equal(
                lh_tree_prove_inclusion(forest->suite, &proof, &source, index, size, NULL), LH_OK);
            for (size_t i = 0; i < sizeof spoilers / sizeof spoilers[0]; i++) {
                struct lh_proof spoiled = proof;

                if (spoilers[i](&spoiled)) {
                    assert_int_equal(lh_tree_verify_inclusion(forest->suite,
                                                              &forest->nodes[0][index], index, size,
                                                              &spoiled, &root, NULL),
                                     LH_ERR_FORGED);
                }
            }
        }
    }
}

static void no_inclusion_proof_verifies_at_another_index(void **state)
{
    struct forest *forest = *state;

    for (uint64_t size = 1; size <= 40; size++) {
        struct lh_tree_source source = forest_source(forest, size);
        struct lh_hash root = reference_root(forest->suite, forest->nodes[0], size);

        for (uint64_t index = 0; index < size; index++) {
            struct lh_proof proof;

            assert_int_equal(
                lh_tree_prove_inclusion(forest->suite, &proof, &source, index, size, NULL), LH_OK);
            for (uint64_t other = 0; other <= 2 * size; other++) {
                enum lh_code want = other == index ? LH_OK : LH_ERR_FORGED;

                assert_int_equal(lh_tree_verify_inclusion(forest->suite, &forest->nodes[0][index],
                                                          other, size, &proof, &root, NULL),
                                 want);
            }
        }
    }
}

static void flip_bit(void *bytes, size_t bit)
{
    uint8_t *byte = (uint8_t *)bytes + bit / 8;

    *byte = (uint8_t)(*byte ^ 1U << bit % 8);
}

static void no_flipped_bit_of_an_inclusion_proof_goes_unseen(void **state)
{
    const uint64_t sizes[] = { 1, 2, 3, 5, 7, 8, 11, 13 };
    struct forest *forest = *state;

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint64_t size = sizes[s];
        struct lh_tree_source source = forest_source(forest, size);
        struct lh_hash root = reference_root(forest->suite, forest->nodes[0], size);

        for (uint64_t index = 0; index < size; index++) {
            struct lh_hash leaf = forest->nodes[0][index];
            struct lh_proof proof;

            assert_int_equal(
                lh_tree_prove_inclusion(forest->suite, &proof, &source, index, size, NULL), LH_OK);
            for (size_t bit = 0; bit < 8 * LH_HASH_SIZE * (proof.count + 2); bit++) {
                size_t hash = bit / (8 * LH_HASH_SIZE);
                struct lh_hash *victim = hash == 0   ? &leaf
                                         : hash == 1 ? &root
                                                     : &proof.path[hash - 2];

                flip_bit(victim->bytes, bit % (8 * LH_HASH_SIZE));
                assert_int_equal(lh_tree_verify_inclusion(forest->suite, &leaf, index, size, &proof,
                                                          &root, NULL),
                                 LH_ERR_FORGED);
                flip_bit(victim->bytes, bit % (8 * LH_HASH_SIZE));
            }
            assert_int_equal(
                lh_tree_verify_inclusion(forest->suite, &leaf, index, size, &proof, &root, NULL),
                LH_OK);
        }
    }
}

static void no_spoiled_consistency_proof_verifies(void **state)
{
    struct forest *forest = *state;

    for (uint64_t size = 0; size <= SMALL; size++) {
        struct lh_tree_source source = forest_source(forest, size);
        struct lh_hash root = reference_root(forest->suite, forest->nodes[0], size);

        for (uint64_t old = 0; old <= size; old++) {
            struct lh_hash old_root = reference_root(forest->suite, forest->nodes[0], old);
            struct lh_proof proof;

            assert_int_equal(
                lh_tree_prove_consistency(forest->suite, &proof, &source, old, size, NULL), LH_OK);
            for (size_t i = 0; i < sizeof spoilers / sizeof spoilers[0]; i++) {
                struct lh_proof spoiled = proof;

                if (spoilers[i](&spoiled)) {
                    assert_int_equal(lh_tree_verify_consistency(forest->suite, old, &old_root, size,
                                                                &root, &spoiled, NULL),
                                     LH_ERR_FORGED);
                }
            }
        }
    }
}

static void no_consistency_proof_verifies_for_another_old_size(void **state)
{
    struct forest *forest = *state;

    for (uint64_t size = 1; size <= 40; size++) {
        struct lh_tree_source source = forest_source(forest, size);
        struct lh_hash root = reference_root(forest->suite, forest->nodes[0], size);

        for (uint64_t old = 1; old < size; old++) {
            struct lh_hash old_root = reference_root(forest->suite, forest->nodes[0], old);
            struct lh_proof proof;

            assert_int_equal(
                lh_tree_prove_consistency(forest->suite, &proof, &source, old, size, NULL), LH_OK);
            for (uint64_t other = 0; other <= size + 1; other++) {
                enum lh_code want = other == old ? LH_OK : LH_ERR_FORGED;

                assert_int_equal(lh_tree_verify_consistency(forest->suite, other, &old_root, size,
                                                            &root, &proof, NULL),
                                 want);
            }
        }
    }
}

static void no_flipped_bit_of_a_consistency_proof_goes_unseen(void **state)
{
    const uint64_t sizes[] = { 1, 2, 3, 5, 7, 8, 11, 13 };
    struct forest *forest = *state;

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint64_t size = sizes[s];
        struct lh_tree_source source = forest_source(forest, size);
        struct lh_hash root = reference_root(forest->suite, forest->nodes[0], size);

        for (uint64_t old = 1; old <= size; old++) {
            struct lh_hash old_root = reference_root(forest->suite, forest->nodes[0], old);
            struct lh_proof proof;

            assert_int_equal(
                lh_tree_prove_consistency(forest->suite, &proof, &source, old, size, NULL), LH_OK);
            for (size_t bit = 0; bit < 8 * LH_HASH_SIZE * (proof.count + 2); bit++) {
                size_t hash = bit / (8 * LH_HASH_SIZE);
                struct lh_hash *victim = hash == 0   ? &old_root
                                         : hash == 1 ? &root
                                                     : &proof.path[hash - 2];

                flip_bit(victim->bytes, bit % (8 * LH_HASH_SIZE));
                assert_int_equal(lh_tree_verify_consistency(forest->suite, old, &old_root, size,
                                                            &root, &proof, NULL),
                                 LH_ERR_FORGED);
                flip_bit(victim->bytes, bit % (8 * LH_HASH_SIZE));
            }
            assert_int_equal(lh_tree_verify_consistency(forest->suite, old, &old_root, size, &root,
                                                        &proof, NULL),
                             LH_OK);
        }
    }
}

static void a_tree_without_leaves_has_one_root(void **state)
{
    struct forest *forest = *state;
    struct lh_proof none = { .count = 0 };
    struct lh_hash empty = lh_hash(forest->suite, LH_BYTES_EMPTY);
    struct lh_hash other = forest->nodes[0][0];

    assert_int_equal(lh_tree_verify_consistency(forest->suite, 0, &empty, 0, &empty, &none, NULL),
                     LH_OK);
    assert_int_equal(lh_tree_verify_consistency(forest->suite, 0, &other, 0, &other, &none, NULL),
                     LH_ERR_FORGED);
}

/* --- Failures and limits. --- */

static void a_failing_source_fails_the_call_and_leaves_its_output(void **state)
{
    struct forest *forest = *state;
    struct lh_err err = LH_ERR_NONE;
    size_t fail_at = 0;
    enum lh_code rc;

    do { /* each read in turn, until there are no more */
        struct lh_tree_source source = forest_source(forest, SMALL - 1);
        struct lh_proof proof = { .count = 77 };

        forest->fail_at = fail_at++;
        rc = lh_tree_prove_consistency(forest->suite, &proof, &source, 77, SMALL - 1, &err);
        assert_true(rc == LH_OK || (rc == LH_ERR_IO && proof.count == 77));
        if (rc != LH_OK) {
            assert_non_null(strstr(err.text, "the disk is gone"));
            assert_non_null(strstr(err.text, "tree node"));
        }
    } while (rc != LH_OK);
    assert_true(fail_at > 4);

    struct lh_tree_source source = forest_source(forest, SMALL - 1);
    struct lh_tree tree = { .size = 77 };
    struct lh_proof proof = { .count = 77 };

    forest->fail_at = 0;
    assert_int_equal(lh_tree_load(&tree, &source, SMALL - 1, &err), LH_ERR_IO);
    assert_int_equal(tree.size, 77);
    forest->read_count = 0;
    assert_int_equal(lh_tree_prove_inclusion(forest->suite, &proof, &source, 7, SMALL - 1, &err),
                     LH_ERR_IO);
    assert_int_equal(proof.count, 77);
    forest->fail_at = SIZE_MAX;
}

static void what_is_not_in_the_tree_is_not_proven(void **state)
{
    struct forest *forest = *state;
    struct lh_tree_source source = forest_source(forest, 5);
    struct lh_proof proof = { .count = 77 };
    struct lh_tree tree = { .size = 77 };
    uint64_t too_big = LH_TREE_SIZE_MAX + 1;

    assert_int_equal(lh_tree_prove_inclusion(forest->suite, &proof, &source, 5, 5, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_tree_prove_inclusion(forest->suite, &proof, &source, 0, 0, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_tree_prove_inclusion(forest->suite, &proof, &source, 0, too_big, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_tree_prove_consistency(forest->suite, &proof, &source, 6, 5, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_tree_prove_consistency(forest->suite, &proof, &source, 5, too_big, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_tree_load(&tree, &source, too_big, NULL), LH_ERR_INVALID);
    assert_int_equal(forest->read_count, 0);
    assert_int_equal(proof.count, 77);
    assert_int_equal(tree.size, 77);
}

/* A tree of equal leaves: a node depends only on its level, so the largest tree fits in here. */
struct uniform {
    struct lh_hash levels[LH_TREE_PEAKS_MAX];
    uint64_t size;
};

static enum lh_code read_uniform(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                                 struct lh_err *err)
{
    struct uniform *uniform = arg;

    (void)err;
    assert_true(level < LH_TREE_PEAKS_MAX);
    assert_true(index < uniform->size >> level);
    *out = uniform->levels[level];
    return LH_OK;
}

static void check_uniform(struct lh_suite *suite, struct uniform *uniform, uint64_t old)
{
    struct lh_tree_source source = { .node = read_uniform, .arg = uniform };
    struct lh_tree old_tree;
    struct lh_tree tree;
    struct lh_proof proof;

    assert_int_equal(lh_tree_load(&old_tree, &source, old, NULL), LH_OK);
    assert_int_equal(lh_tree_load(&tree, &source, uniform->size, NULL), LH_OK);
    struct lh_hash old_root = lh_tree_root(&old_tree, suite);
    struct lh_hash root = lh_tree_root(&tree, suite);

    assert_int_equal(lh_tree_prove_consistency(suite, &proof, &source, old, uniform->size, NULL),
                     LH_OK);
    assert_int_equal(
        lh_tree_verify_consistency(suite, old, &old_root, uniform->size, &root, &proof, NULL),
        LH_OK);
    assert_int_equal(lh_tree_prove_inclusion(suite, &proof, &source, old - 1, uniform->size, NULL),
                     LH_OK);
    assert_int_equal(lh_tree_verify_inclusion(suite, &uniform->levels[0], old - 1, uniform->size,
                                              &proof, &root, NULL),
                     LH_OK);
}

static void the_largest_tree_can_be_reached_and_proven(void **state)
{
    struct forest *forest = *state;
    struct uniform uniform = { .size = LH_TREE_SIZE_MAX };
    struct lh_tree_source source = { .node = read_uniform, .arg = &uniform };
    struct lh_tree tree;
    struct lh_proof proof;

    uniform.levels[0] = lh_hash_leaf(forest->suite, LH_BYTES_EMPTY);
    for (size_t i = 1; i < LH_TREE_PEAKS_MAX; i++) {
        uniform.levels[i] =
            lh_hash_node(forest->suite, &uniform.levels[i - 1], &uniform.levels[i - 1]);
    }
    for (uint64_t size = LH_TREE_SIZE_MAX - 1; size <= LH_TREE_SIZE_MAX; size++) {
        uniform.size = size;
        check_uniform(forest->suite, &uniform, 1);
        check_uniform(forest->suite, &uniform, 0x2aaaaaaaaaaaaaaa);
        check_uniform(forest->suite, &uniform, LH_TREE_SIZE_MAX / 2);
        check_uniform(forest->suite, &uniform, LH_TREE_SIZE_MAX / 2 + 1);
        check_uniform(forest->suite, &uniform, LH_TREE_SIZE_MAX - 1);
    }
    assert_int_equal(lh_tree_prove_consistency(forest->suite, &proof, &source, LH_TREE_SIZE_MAX - 1,
                                               LH_TREE_SIZE_MAX, NULL),
                     LH_OK);
    assert_int_equal(proof.count, LH_PROOF_MAX); /* the longest there is */

    assert_int_equal(lh_tree_load(&tree, &source, LH_TREE_SIZE_MAX - 1, NULL), LH_OK);
    lh_tree_append(&tree, forest->suite, &uniform.levels[0], NULL);
    assert_true(tree.size == LH_TREE_SIZE_MAX);
    struct lh_hash root = lh_tree_root(&tree, forest->suite);
    assert_hash_equal(&root, &uniform.levels[62]);
}

static int plant_small(void **state)
{
    static struct forest forest;

    forest_init(&forest, LH_SUITE_W, SMALL);
    forest_grow_records(&forest, SMALL);
    *state = &forest;
    return 0;
}

static int fell(void **state)
{
    forest_clear(*state);
    return 0;
}

#define SMALL_TEST(claim) cmocka_unit_test_setup_teardown(claim, plant_small, fell)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SMALL_TEST(every_small_tree_loads_from_its_complete_nodes),
        SMALL_TEST(every_small_inclusion_proof_is_the_defined_one_and_verifies),
        SMALL_TEST(every_small_consistency_proof_is_the_defined_one_and_verifies),
        SMALL_TEST(no_spoiled_inclusion_proof_verifies),
        SMALL_TEST(no_inclusion_proof_verifies_at_another_index),
        SMALL_TEST(no_flipped_bit_of_an_inclusion_proof_goes_unseen),
        SMALL_TEST(no_spoiled_consistency_proof_verifies),
        SMALL_TEST(no_consistency_proof_verifies_for_another_old_size),
        SMALL_TEST(no_flipped_bit_of_a_consistency_proof_goes_unseen),
        SMALL_TEST(a_tree_without_leaves_has_one_root),
        SMALL_TEST(a_failing_source_fails_the_call_and_leaves_its_output),
        SMALL_TEST(what_is_not_in_the_tree_is_not_proven),
        SMALL_TEST(the_largest_tree_can_be_reached_and_proven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
