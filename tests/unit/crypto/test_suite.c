#include "crypto/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const enum lh_suite_id SUITES[] = { LH_SUITE_W, LH_SUITE_G };

static struct lh_suite *open_suite(enum lh_suite_id id)
{
    struct lh_suite *suite = NULL;

    assert_int_equal(lh_suite_new(&suite, id, NULL), LH_OK);
    return suite;
}

static void a_suite_knows_its_id_and_name(void **state)
{
    struct lh_suite *suite = open_suite(LH_SUITE_G);

    (void)state;
    assert_int_equal(lh_suite_id(suite), LH_SUITE_G);
    assert_string_equal(lh_suite_name(LH_SUITE_G), "G");
    assert_string_equal(lh_suite_name(LH_SUITE_W), "W");
    lh_suite_free(suite);
    lh_suite_free(NULL);
}

static void an_unknown_suite_is_refused(void **state)
{
    struct lh_suite *suite = NULL;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(lh_suite_new(&suite, (enum lh_suite_id)3, &err), LH_ERR_INVALID);
    assert_null(suite);
    assert_non_null(strstr(err.text, "want 1 (W) or 2 (G)"));
}

static void the_cut_between_parts_does_not_change_the_hash(void **state)
{
    static const char text[] = "one two three";

    (void)state;
    for (size_t s = 0; s < 2; s++) {
        struct lh_suite *suite = open_suite(SUITES[s]);
        struct lh_hash whole = lh_hash(suite, lh_bytes_of_text(text));
        struct lh_bytes key = lh_bytes_of_text("key");
        struct lh_bytes one = lh_bytes_of_text(text);
        struct lh_hash mac = lh_hmac_parts(suite, key, &one, 1);

        for (size_t cut = 0; cut < sizeof text; cut++) {
            struct lh_bytes parts[] = {
                lh_bytes_of(text, cut),
                LH_BYTES_EMPTY,
                lh_bytes_of(text + cut, sizeof text - 1 - cut),
            };
            struct lh_hash again = lh_hash_parts(suite, parts, 3);
            struct lh_hash mac_again = lh_hmac_parts(suite, key, parts, 3);

            assert_true(lh_hash_is_equal(&whole, &again));
            assert_true(lh_hash_is_equal(&mac, &mac_again));
        }
        lh_suite_free(suite);
    }
}

static void no_parts_hash_as_no_bytes(void **state)
{
    struct lh_suite *suite = open_suite(LH_SUITE_W);
    struct lh_hash a = lh_hash(suite, LH_BYTES_EMPTY);
    struct lh_hash b = lh_hash_parts(suite, NULL, 0);

    (void)state;
    assert_true(lh_hash_is_equal(&a, &b));
    lh_suite_free(suite);
}

static void an_empty_mac_key_is_not_the_key_of_last_time(void **state)
{
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        struct lh_suite *suite = open_suite(SUITES[s]);
        struct lh_bytes part = lh_bytes_of_text("message");
        struct lh_hash first = lh_hmac_parts(suite, LH_BYTES_EMPTY, &part, 1);
        struct lh_hash keyed = lh_hmac_parts(suite, lh_bytes_of_text("key"), &part, 1);
        struct lh_hash again = lh_hmac_parts(suite, LH_BYTES_EMPTY, &part, 1);

        assert_true(lh_hash_is_equal(&first, &again));
        assert_false(lh_hash_is_equal(&first, &keyed));
        lh_suite_free(suite);
    }
}

static void hashes_and_macs_may_alternate_on_one_suite(void **state)
{
    struct lh_suite *suite = open_suite(LH_SUITE_W);
    struct lh_bytes part = lh_bytes_of_text("message");
    struct lh_hash hash = lh_hash(suite, part);
    struct lh_hash mac = lh_hmac_parts(suite, part, &part, 1);

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct lh_hash hash_again = lh_hash(suite, part);
        struct lh_hash mac_again = lh_hmac_parts(suite, part, &part, 1);

        assert_true(lh_hash_is_equal(&hash, &hash_again));
        assert_true(lh_hash_is_equal(&mac, &mac_again));
    }
    lh_suite_free(suite);
}

static void leaves_nodes_and_tags_are_hashed_behind_their_prefixes(void **state)
{
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        struct lh_suite *suite = open_suite(SUITES[s]);
        struct lh_hash left = lh_hash(suite, lh_bytes_of_text("left"));
        struct lh_hash right = lh_hash(suite, lh_bytes_of_text("right"));
        struct lh_bytes node_parts[] = { lh_bytes_of("\x01", 1), lh_hash_bytes(&left),
                                         lh_hash_bytes(&right) };
        struct lh_hash node = lh_hash_node(suite, &left, &right);
        struct lh_hash node_again = lh_hash_parts(suite, node_parts, 3);
        struct lh_hash swapped = lh_hash_node(suite, &right, &left);
        struct lh_hash leaf = lh_hash_leaf(suite, lh_bytes_of_text("left"));
        struct lh_hash leaf_again = lh_hash(suite, lh_bytes_of("\0left", 5));
        struct lh_hash tagged = lh_hash_tagged(suite, "tag", lh_bytes_of_text("left"));
        struct lh_hash tagged_again = lh_hash(suite, lh_bytes_of("tag\0left", 8));

        assert_true(lh_hash_is_equal(&node, &node_again));
        assert_false(lh_hash_is_equal(&node, &swapped));
        assert_true(lh_hash_is_equal(&leaf, &leaf_again));
        assert_true(lh_hash_is_equal(&tagged, &tagged_again));
        lh_suite_free(suite);
    }
}

static void the_suites_hash_differently(void **state)
{
    struct lh_suite *w = open_suite(LH_SUITE_W);
    struct lh_suite *g = open_suite(LH_SUITE_G);
    struct lh_hash a = lh_hash(w, lh_bytes_of_text("abc"));
    struct lh_hash b = lh_hash(g, lh_bytes_of_text("abc"));

    (void)state;
    assert_false(lh_hash_is_equal(&a, &b));
    lh_suite_free(w);
    lh_suite_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_suite_knows_its_id_and_name),
        cmocka_unit_test(an_unknown_suite_is_refused),
        cmocka_unit_test(the_cut_between_parts_does_not_change_the_hash),
        cmocka_unit_test(no_parts_hash_as_no_bytes),
        cmocka_unit_test(an_empty_mac_key_is_not_the_key_of_last_time),
        cmocka_unit_test(hashes_and_macs_may_alternate_on_one_suite),
        cmocka_unit_test(leaves_nodes_and_tags_are_hashed_behind_their_prefixes),
        cmocka_unit_test(the_suites_hash_differently),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
