/*
 * The inclusion and consistency files of the transparency-dev project, which lie beside the
 * checkout, and our own vectors, cross-checked with golang.org/x/mod/sumdb: leaves "record 0",
 * "record 1", ..., and a big tree whose leaf i is i as 8 bytes, big-endian.
 */
#include "ledger/tree.h"

#include "crypto/text.h"
#include "tests/support/forest.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BIG = 70000 };

static struct lh_hash hash_of_base64(const char *text)
{
    struct lh_hash hash;

    assert_int_equal(lh_base64_parse(hash.bytes, sizeof hash.bytes, lh_bytes_of_text(text), NULL),
                     LH_OK);
    return hash;
}

static struct lh_hash hash_of_hex(const char *text)
{
    struct lh_hash hash;

    assert_int_equal(lh_hex_parse(hash.bytes, sizeof hash.bytes, lh_bytes_of_text(text), NULL),
                     LH_OK);
    return hash;
}

static void assert_hash_equal(const struct lh_hash *a, const struct lh_hash *b)
{
    assert_memory_equal(a->bytes, b->bytes, LH_HASH_SIZE);
}

/* --- Published vectors. --- */

static FILE *open_vectors(const char *name)
{
    const char *ci = getenv("CI");
    char path[1024];
    FILE *file;

    snprintf(path, sizeof path, "%s/../shared/vectors/%s", LH_SOURCE_DIR, name);
    file = fopen(path, "r");
    if (file == NULL && ci != NULL && strcmp(ci, "true") == 0) {
        fail_msg("%s is missing", path);
    }
    if (file == NULL) {
        print_message("SKIP: %s is missing\n", path);
        skip();
    }
    return file;
}

/* Some hashes in the files have another length. Theirs stands in for them: of one kind, equal ones
 * stay equal and different ones different. */
static struct lh_hash take_hash(struct lh_suite *suite, const char *kind, const json_t *value)
{
    struct lh_bytes text = lh_bytes_of_text(json_string_value(value));
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_hash hash;

    assert_int_equal(lh_base64_decode(&bytes, text, NULL), LH_OK);
    hash = lh_hash_tagged(suite, kind, lh_buf_bytes(&bytes));
    if (bytes.len == LH_HASH_SIZE) {
        memcpy(hash.bytes, bytes.data, LH_HASH_SIZE);
    }
    lh_buf_clear(&bytes);
    return hash;
}

static struct lh_proof take_proof(struct lh_suite *suite, const json_t *list)
{
    struct lh_proof proof = { .count = json_array_size(list) }; /* null counts as empty */

    assert_true(proof.count <= LH_PROOF_MAX);
    for (size_t i = 0; i < proof.count; i++) {
        proof.path[i] = take_hash(suite, "path", json_array_get(list, i));
    }
    return proof;
}

/* Numbers are read as reals, because some are 2^64 - 1; all others in the files are below 2^53. */
static uint64_t take_u64(const json_t *value)
{
    double number = json_real_value(value);

    assert_true(json_is_real(value));
    return number < 9e15 ? (uint64_t)number : UINT64_MAX;
}

static enum lh_code verify_inclusion(struct lh_suite *suite, const json_t *line)
{
    struct lh_hash leaf = take_hash(suite, "leaf", json_object_get(line, "leafHash"));
    struct lh_hash root = take_hash(suite, "root", json_object_get(line, "root"));
    struct lh_proof proof = take_proof(suite, json_object_get(line, "proof"));

    return lh_tree_verify_inclusion(suite, &leaf, take_u64(json_object_get(line, "leafIdx")),
                                    take_u64(json_object_get(line, "treeSize")), &proof, &root,
                                    NULL);
}

static enum lh_code verify_consistency(struct lh_suite *suite, const json_t *line)
{
    struct lh_hash old_root = take_hash(suite, "root", json_object_get(line, "root1"));
    struct lh_hash root = take_hash(suite, "root", json_object_get(line, "root2"));
    struct lh_proof proof = take_proof(suite, json_object_get(line, "proof"));

    return lh_tree_verify_consistency(suite, take_u64(json_object_get(line, "size1")), &old_root,
                                      take_u64(json_object_get(line, "size2")), &root, &proof,
                                      NULL);
}

/*
 * From no leaves to some: the files' verifier does not take the question, and leaves the answer to
 * the protocol around it (consistent, with an empty proof); ours gives that answer itself.
 */
static const char *const from_empty[] = {
    "additional/size1-is-zero-and-does-not-equal-size2",
    "additional/size1-is-zero-and-size2-is-not-zero",
};

static bool wants_error(const json_t *line)
{
    const char *name = json_string_value(json_object_get(line, "name"));

    for (size_t i = 0; i < sizeof from_empty / sizeof from_empty[0]; i++) {
        if (strcmp(name, from_empty[i]) == 0) {
            return false;
        }
    }
    return json_is_true(json_object_get(line, "wantErr"));
}

static void check_vectors(const char *name, size_t good_count,
                          enum lh_code (*verify)(struct lh_suite *, const json_t *))
{
    FILE *file = open_vectors(name);
    struct lh_suite *suite = NULL;
    size_t count = 0;
    char text[8192];

    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    for (; fgets(text, sizeof text, file) != NULL; count++) {
        json_error_t error;
        json_t *line = json_loads(text, JSON_DECODE_INT_AS_REAL, &error);

        if (line == NULL) {
            fail_msg("%s line %zu: %s", name, count + 1, error.text);
        }
        enum lh_code want = wants_error(line) ? LH_ERR_FORGED : LH_OK;
        if (verify(suite, line) != want) {
            fail_msg("%s: %s", name, json_string_value(json_object_get(line, "name")));
        }
        good_count -= want == LH_OK ? 1 : 0;
        json_decref(line);
    }
    assert_int_equal(count, 98);
    assert_int_equal(good_count, 0);
    lh_suite_free(suite);
    fclose(file);
}

static void published_inclusion_vectors_hold(void **state)
{
    (void)state;
    check_vectors("rfc6962-inclusion.jsonl", 6, verify_inclusion);
}

static void published_consistency_vectors_hold(void **state)
{
    (void)state;
    check_vectors("rfc6962-consistency.jsonl", 8, verify_consistency);
}

/* --- Our own vectors. --- */

static const char *const record_leaves[] = {
    "OzZ9bbe8UXJtkYsY6aeeD85T+Gf744Zx9gnmu1nUYDU=", "C95YopPB8P1U0R1+SQDd8cpPIUzIgBhFqsbf2WE637w=",
    "eQtCVVwoF8KPO6ujvYzB2nR8wC1umQQeZPjGJ0bPBTs=", "zgHiTyZCGwocqrHsogbzT7tOTci5RDQ4qWNCPZqvb50=",
    "4/xhsimX2iSB/tWu1E/YKdvUyNH5pt75w0DiEhlhg+k=",
};

/* By size; that of size 1 is the leaf. */
static const char *const record_roots[] = {
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "OzZ9bbe8UXJtkYsY6aeeD85T+Gf744Zx9gnmu1nUYDU=",
    "XDShEgWHfs8sTyjiVJXQgwGzPb+4YkGfeUb6b9+BJO8=", "EROfCuN4nLInq4w+V9ZuiSXjrblsJNVzEYMhUNaskFs=",
    "VQcmZi2PEzD1dmUTPcWs3MBK3Q2V32plYgXiT33KphE=", "q1uiQNXF9m1XxD/D6UjYe+ylGdTaiwKLbFgv2nu/mbQ=",
};

static void leaves_and_roots_of_the_records_are_the_published_ones(void **state)
{
    struct forest forest;

    (void)state;
    forest_init(&forest, LH_SUITE_W, 5);
    for (size_t size = 0; size <= 5; size++) {
        struct lh_hash want = hash_of_base64(record_roots[size]);

        forest_grow_records(&forest, size);
        struct lh_hash root = lh_tree_root(&forest.tree, forest.suite);
        assert_hash_equal(&root, &want);
    }
    for (size_t i = 0; i < 5; i++) {
        struct lh_hash want = hash_of_base64(record_leaves[i]);

        assert_hash_equal(&forest.nodes[0][i], &want);
    }
    forest_clear(&forest);
}

static void check_path(const struct lh_proof *proof, const char *const *want, size_t count)
{
    assert_int_equal(proof->count, count);
    for (size_t i = 0; i < count; i++) {
        struct lh_hash hash = hash_of_base64(want[i]);

        assert_hash_equal(&proof->path[i], &hash);
    }
}

static void proofs_of_the_records_are_the_published_ones(void **state)
{
    const char *const node_2_3 = "fNb8f/+W8JUKu1c4lUvOGtS+UxL6mTRql7onluoHXFQ=";
    const char *const leaf_1 = record_leaves[1];
    const char *const leaf_2 = record_leaves[2];
    const char *const leaf_3 = record_leaves[3];
    const char *const leaf_4 = record_leaves[4];
    const char *const root_2 = record_roots[2];
    const struct {
        uint64_t old;
        size_t count;
        const char *path[4];
    } rows[] = {
        { .old = 1, .count = 3, .path = { leaf_1, node_2_3, leaf_4 } },
        { .old = 2, .count = 2, .path = { node_2_3, leaf_4 } },
        { .old = 3, .count = 4, .path = { leaf_2, leaf_3, root_2, leaf_4 } },
        { .old = 4, .count = 1, .path = { leaf_4 } },
    };
    struct forest forest;
    struct lh_proof proof;

    (void)state;
    forest_init(&forest, LH_SUITE_W, 5);
    forest_grow_records(&forest, 5);
    struct lh_tree_source source = forest_source(&forest, 5);

    assert_int_equal(lh_tree_prove_inclusion(forest.suite, &proof, &source, 2, 5, NULL), LH_OK);
    check_path(&proof, (const char *const[]){ leaf_3, root_2, leaf_4 }, 3);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(
            lh_tree_prove_consistency(forest.suite, &proof, &source, rows[i].old, 5, NULL), LH_OK);
        check_path(&proof, rows[i].path, rows[i].count);
    }
    forest_clear(&forest);
}

static void roots_of_the_big_tree_are_the_published_ones(void **state)
{
    const struct {
        uint64_t size;
        const char *root;
    } rows[] = {
        { 255, "bb3b9743e08118ea583ae77df04a1449a0601cde6f75146d79c2cab6366ce210" },
        { 256, "15e2dd4973ae44de8c8cf3048fd98d17adaaea6287f4e0606a55a643617408c0" },
        { 257, "d418c0873259bce7d0561ab004486112416c1c4490865415342bfe06e673146c" },
        { 65535, "e7321cd57abf36c522d89e6d26bd9098a37b6a8b06b318976269e701f6d4802d" },
        { 65536, "bc9bca909516d5bf148c2bf2dea0a0d9f717ce4987d2fe7504d6694363b41598" },
        { 65537, "a901bb447a4b4c361cdf559658f27f24a8a3ebbc49257c472efe950932d4853a" },
        { 70000, "0759167a0f98e35e802d46ff7c7d29d2c3f03a63a256deb6abbff357a91b63b1" },
    };
    struct forest *forest = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_tree_source source = forest_source(forest, rows[i].size);
        struct lh_hash want = hash_of_hex(rows[i].root);
        struct lh_tree tree;

        assert_int_equal(lh_tree_load(&tree, &source, rows[i].size, NULL), LH_OK);
        struct lh_hash root = lh_tree_root(&tree, forest->suite);
        assert_hash_equal(&root, &want);
    }
}

static void proofs_in_the_big_tree_have_the_published_lengths(void **state)
{
    const uint64_t leaf_rows[][2] = {
        { 0, 17 }, { 65536, 14 }, { 69887, 11 }, { 69888, 10 }, { 69999, 9 }
    };
    const uint64_t old_rows[][2] = { { 256, 9 },   { 257, 18 },   { 65535, 18 },
                                     { 65536, 1 }, { 65537, 15 }, { 69999, 10 } };
    struct forest *forest = *state;
    struct lh_tree_source source = forest_source(forest, BIG);
    struct lh_hash root = lh_tree_root(&forest->tree, forest->suite);
    struct lh_proof proof;

    for (size_t i = 0; i < sizeof leaf_rows / sizeof leaf_rows[0]; i++) {
        uint64_t index = leaf_rows[i][0];

        assert_int_equal(lh_tree_prove_inclusion(forest->suite, &proof, &source, index, BIG, NULL),
                         LH_OK);
        assert_int_equal(proof.count, leaf_rows[i][1]);
        assert_int_equal(lh_tree_verify_inclusion(forest->suite, &forest->nodes[0][index], index,
                                                  BIG, &proof, &root, NULL),
                         LH_OK);
    }
    for (size_t i = 0; i < sizeof old_rows / sizeof old_rows[0]; i++) {
        uint64_t old = old_rows[i][0];
        struct lh_tree tree;

        assert_int_equal(lh_tree_load(&tree, &source, old, NULL), LH_OK);
        struct lh_hash old_root = lh_tree_root(&tree, forest->suite);
        assert_int_equal(lh_tree_prove_consistency(forest->suite, &proof, &source, old, BIG, NULL),
                         LH_OK);
        assert_int_equal(proof.count, old_rows[i][1]);
        assert_int_equal(
            lh_tree_verify_consistency(forest->suite, old, &old_root, BIG, &root, &proof, NULL),
            LH_OK);
    }
}

static int plant_big(void **state)
{
    static struct forest forest;

    forest_init(&forest, LH_SUITE_W, BIG);
    forest_grow_numbers(&forest, BIG);
    *state = &forest;
    return 0;
}

static int fell(void **state)
{
    forest_clear(*state);
    return 0;
}

#define BIG_TEST(claim) cmocka_unit_test_setup_teardown(claim, plant_big, fell)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_inclusion_vectors_hold),
        cmocka_unit_test(published_consistency_vectors_hold),
        cmocka_unit_test(leaves_and_roots_of_the_records_are_the_published_ones),
        cmocka_unit_test(proofs_of_the_records_are_the_published_ones),
        BIG_TEST(roots_of_the_big_tree_are_the_published_ones),
        BIG_TEST(proofs_in_the_big_tree_have_the_published_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
