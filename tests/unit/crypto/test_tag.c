#include "crypto/tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t NONCE[LH_TAG_SIZE] = { 6, 6, 6 };
static const uint8_t OPENING[LH_OPENING_SIZE] = { 7, 7, 7 };

static int open_suite(void **state)
{
    struct lh_suite *suite = NULL;

    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    *state = suite;
    return 0;
}

static int close_suite(void **state)
{
    lh_suite_free(*state);
    return 0;
}

static struct lh_secret root_key(uint8_t fill)
{
    struct lh_secret root = { .len = 32 };

    memset(root.bytes, fill, 32);
    return root;
}

/* The token of one person from the root key down. */
static struct lh_secret token_of(struct lh_suite *suite, uint8_t root_fill, const char *department,
                                 uint32_t yyyymm, uint8_t id_type, const char *id)
{
    struct lh_secret root = root_key(root_fill);
    struct lh_secret month = LH_SECRET_EMPTY;
    struct lh_secret token = LH_SECRET_EMPTY;

    lh_tag_month_key(suite, &month, &root, lh_bytes_of_text(department), yyyymm);
    lh_tag_token(suite, &token, &month, id_type, lh_bytes_of_text(id));
    assert_int_equal(month.len, 32);
    assert_int_equal(token.len, 32);
    return token;
}

static void a_tag_matches_the_token_that_made_it(void **state)
{
    struct lh_secret token = token_of(*state, 5, "dept-a", 202611, 1, "330702199001011234");
    struct lh_tag tag;

    lh_tag_make(*state, &tag, &token, NONCE);
    assert_memory_equal(tag.nonce, NONCE, LH_TAG_SIZE);
    assert_true(lh_tag_matches(*state, &tag, &token));
}

static void a_tag_matches_no_other_token(void **state)
{
    struct lh_secret token = token_of(*state, 5, "dept-a", 202611, 1, "330702199001011234");
    struct lh_secret others[] = {
        token_of(*state, 6, "dept-a", 202611, 1, "330702199001011234"),
        token_of(*state, 5, "dept-b", 202611, 1, "330702199001011234"),
        token_of(*state, 5, "dept-a", 202612, 1, "330702199001011234"),
        token_of(*state, 5, "dept-a", 202611, 2, "330702199001011234"),
        token_of(*state, 5, "dept-a", 202611, 1, "330702199001011235"),
        token_of(*state, 5, "dept-a", 202611, 1, ""),
    };
    struct lh_tag tag;

    lh_tag_make(*state, &tag, &token, NONCE);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(lh_tag_matches(*state, &tag, &others[i]));
    }
    assert_true(lh_tag_matches(*state, &tag, &token));
}

static void no_flipped_bit_of_a_tag_matches(void **state)
{
    struct lh_secret token = token_of(*state, 5, "dept-a", 202611, 1, "id");
    struct lh_tag tag;

    lh_tag_make(*state, &tag, &token, NONCE);
    for (size_t bit = 0; bit < (size_t)LH_TAG_SIZE * 8; bit++) {
        tag.value[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(lh_tag_matches(*state, &tag, &token));
        tag.value[bit / 8] ^= (uint8_t)(1 << bit % 8);
        tag.nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(lh_tag_matches(*state, &tag, &token));
        tag.nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(lh_tag_matches(*state, &tag, &token));
}

static void tags_of_one_person_under_two_nonces_have_nothing_in_common(void **state)
{
    static const uint8_t other_nonce[LH_TAG_SIZE] = { 6, 6, 7 };
    struct lh_secret token = token_of(*state, 5, "dept-a", 202611, 1, "id");
    struct lh_tag a;
    struct lh_tag b;

    lh_tag_make(*state, &a, &token, NONCE);
    lh_tag_make(*state, &b, &token, other_nonce);
    assert_memory_not_equal(a.value, b.value, LH_TAG_SIZE);
    assert_true(lh_tag_matches(*state, &b, &token));
}

static void a_tag_may_be_made_in_the_place_of_its_own_nonce(void **state)
{
    struct lh_secret token = token_of(*state, 5, "dept-a", 202611, 1, "id");
    struct lh_tag wanted;
    struct lh_tag tag = { .nonce = { 6, 6, 6 } };

    lh_tag_make(*state, &wanted, &token, NONCE);
    lh_tag_make(*state, &tag, &token, tag.nonce);
    assert_memory_equal(&tag, &wanted, sizeof tag);
}

static void a_month_key_may_replace_its_own_root(void **state)
{
    struct lh_secret root = root_key(5);
    struct lh_secret in_place = root_key(5);
    struct lh_secret month = LH_SECRET_EMPTY;

    lh_tag_month_key(*state, &month, &root, lh_bytes_of_text("dept-a"), 202611);
    lh_tag_month_key(*state, &in_place, &in_place, lh_bytes_of_text("dept-a"), 202611);
    assert_true(lh_secret_is_equal(lh_secret_bytes(&month), lh_secret_bytes(&in_place)));
}

static void a_commitment_binds_type_id_and_opening(void **state)
{
    static const uint8_t other_opening[LH_OPENING_SIZE] = { 7, 7, 8 };
    struct lh_bytes id = lh_bytes_of_text("330702199001011234");
    struct lh_hash made = lh_commit_subject(*state, 1, id, OPENING);
    struct lh_hash again = lh_commit_subject(*state, 1, id, OPENING);
    struct lh_hash others[] = {
        lh_commit_subject(*state, 2, id, OPENING),
        lh_commit_subject(*state, 1, lh_bytes_of_text("330702199001011235"), OPENING),
        lh_commit_subject(*state, 1, LH_BYTES_EMPTY, OPENING),
        lh_commit_subject(*state, 1, id, other_opening),
    };

    assert_true(lh_hash_is_equal(&made, &again));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(lh_hash_is_equal(&made, &others[i]));
    }
}

static void bytes_cannot_move_between_id_and_opening(void **state)
{
    uint8_t opening_a[LH_OPENING_SIZE] = { 'x', 1 };
    uint8_t opening_b[LH_OPENING_SIZE] = { 1 };
    struct lh_hash a = lh_commit_subject(*state, 1, lh_bytes_of_text("id"), opening_a);
    struct lh_hash b = lh_commit_subject(*state, 1, lh_bytes_of_text("idx"), opening_b);

    assert_false(lh_hash_is_equal(&a, &b));
}

#define WITH_SUITE(claim) cmocka_unit_test_setup_teardown(claim, open_suite, close_suite)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SUITE(a_tag_matches_the_token_that_made_it),
        WITH_SUITE(a_tag_matches_no_other_token),
        WITH_SUITE(no_flipped_bit_of_a_tag_matches),
        WITH_SUITE(tags_of_one_person_under_two_nonces_have_nothing_in_common),
        WITH_SUITE(a_tag_may_be_made_in_the_place_of_its_own_nonce),
        WITH_SUITE(a_month_key_may_replace_its_own_root),
        WITH_SUITE(a_commitment_binds_type_id_and_opening),
        WITH_SUITE(bytes_cannot_move_between_id_and_opening),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
