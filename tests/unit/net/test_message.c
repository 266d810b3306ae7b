#include "net/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ORIGIN "jinhua/gaj/1"

static void what_is_encoded_is_decoded(void **state)
{
    struct lh_get get = { .origin = ORIGIN, .from = 7, .until = 9 };
    struct lh_missing missing = { .origin = ORIGIN, .size = 8, .reason = LH_MISSING_LATER };
    struct lh_prove prove = { .origin = ORIGIN, .old = 1, .size = 2 };
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    assert_int_equal(lh_get_encode(&bytes, &get, NULL), LH_OK);
    memset(&get, 1, sizeof get);
    assert_int_equal(lh_get_decode(&get, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_string_equal(get.origin, ORIGIN);
    assert_int_equal(get.from, 7);
    assert_int_equal(get.until, 9);
    lh_buf_reset(&bytes);
    assert_int_equal(lh_missing_encode(&bytes, &missing, NULL), LH_OK);
    memset(&missing, 1, sizeof missing);
    assert_int_equal(lh_missing_decode(&missing, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_string_equal(missing.origin, ORIGIN);
    assert_int_equal(missing.size, 8);
    assert_int_equal(missing.reason, LH_MISSING_LATER);
    lh_buf_reset(&bytes);
    assert_int_equal(lh_prove_encode(&bytes, &prove, NULL), LH_OK);
    memset(&prove, 1, sizeof prove);
    assert_int_equal(lh_prove_decode(&prove, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_string_equal(prove.origin, ORIGIN);
    assert_int_equal(prove.old, 1);
    assert_int_equal(prove.size, 2);
    lh_buf_clear(&bytes);
}

static void a_want_names_an_epoch_and_perhaps_a_proposal(void **state)
{
    struct lh_want want = { .has_proposal = true };
    struct lh_want again;
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    memset(want.parent.bytes, 3, sizeof want.parent.bytes);
    memset(want.proposal.bytes, 4, sizeof want.proposal.bytes);
    for (int i = 0; i < 2; i++) {
        lh_buf_reset(&bytes);
        assert_int_equal(lh_want_encode(&bytes, &want, NULL), LH_OK);
        assert_int_equal(lh_want_decode(&again, lh_buf_bytes(&bytes), NULL), LH_OK);
        assert_true(lh_hash_is_equal(&again.parent, &want.parent));
        assert_int_equal(again.has_proposal, want.has_proposal);
        assert_true(lh_hash_is_equal(&again.proposal, &want.proposal));
        assert_int_equal(lh_want_decode(&again, lh_bytes_of(bytes.data, bytes.len - 1), NULL),
                         LH_ERR_INVALID);
        want.has_proposal = false;
        memset(want.proposal.bytes, 0, sizeof want.proposal.bytes);
    }
    assert_int_equal(lh_want_decode(&again, LH_BYTES_EMPTY, NULL), LH_ERR_INVALID);
    lh_buf_clear(&bytes);
}

/* The largest one fits its frame (4,096 bytes). */
static void a_proof_of_any_length_is_decoded(void **state)
{
    struct lh_proven_growth growth = { .of = { .origin = ORIGIN, .old = 3, .size = 9 } };
    struct lh_proven_growth again;
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    memset(&growth.root, 5, sizeof growth.root);
    for (size_t count = 0; count <= LH_PROOF_MAX; count++) {
        growth.proof.count = count;
        if (count > 0) {
            memset(&growth.proof.path[count - 1], (int)count, sizeof growth.proof.path[0]);
        }
        lh_buf_reset(&bytes);
        assert_int_equal(lh_proven_growth_encode(&bytes, &growth, NULL), LH_OK);
        assert_int_equal(lh_proven_growth_decode(&again, lh_buf_bytes(&bytes), NULL), LH_OK);
        assert_string_equal(again.of.origin, ORIGIN);
        assert_int_equal(again.of.old, 3);
        assert_int_equal(again.of.size, 9);
        assert_int_equal(again.proof.count, count);
        assert_memory_equal(again.proof.path, growth.proof.path,
                            count * sizeof growth.proof.path[0]);
    }
    assert_true(bytes.len <= 4096);
    lh_buf_clear(&bytes);
}

static void leaves_come_back_in_order(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_leaves leaves;
    struct lh_bytes part;

    (void)state;
    assert_int_equal(lh_leaves_begin(&bytes, ORIGIN, 40, NULL), LH_OK);
    lh_part_add(&bytes, lh_bytes_of_text("one"));
    lh_part_add(&bytes, lh_bytes_of_text("four"));
    assert_int_equal(lh_leaves_decode(&leaves, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_string_equal(leaves.origin, ORIGIN);
    assert_int_equal(leaves.first, 40);
    assert_int_equal(leaves.count, 2);
    assert_true(lh_part_next(&leaves.parts, &part));
    assert_true(lh_bytes_is_equal(part, lh_bytes_of_text("one")));
    assert_true(lh_part_next(&leaves.parts, &part));
    assert_true(lh_bytes_is_equal(part, lh_bytes_of_text("four")));
    assert_false(lh_part_next(&leaves.parts, &part));
    lh_buf_clear(&bytes);
}

/* Positive control: the whole payload is taken, every beginning of it is not. */
static void leaves_that_are_cut_are_refused(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_leaves leaves;

    (void)state;
    assert_int_equal(lh_leaves_begin(&bytes, ORIGIN, 40, NULL), LH_OK);
    assert_int_equal(lh_leaves_decode(&leaves, lh_buf_bytes(&bytes), NULL), LH_ERR_INVALID);
    lh_part_add(&bytes, lh_bytes_of_text("one"));
    for (size_t len = 0; len < bytes.len; len++) {
        assert_int_equal(lh_leaves_decode(&leaves, lh_bytes_of(bytes.data, len), NULL),
                         LH_ERR_INVALID);
    }
    assert_int_equal(lh_leaves_decode(&leaves, lh_buf_bytes(&bytes), NULL), LH_OK);
    lh_buf_clear(&bytes);
}

static void questions_about_nothing_are_refused(void **state)
{
    static const struct {
        const char *origin;
        uint64_t old;
        uint64_t size;
        bool is_get;
        bool is_prove;
    } rows[] = {
        { ORIGIN, 1, 2, true, true },
        { ORIGIN, 0, 2, true, false }, /* of nothing there is no proof */
        { ORIGIN, 1, LH_TREE_SIZE_MAX, true, true },
        { ORIGIN, 1, LH_TREE_SIZE_MAX + 1, false, false },
        { "jinhua/gaj", 1, 2, false, false },
        { "jinhua/gaj/0", 1, 2, false, false },
        { "jinhua/gaj/01", 1, 2, false, false },
        { "", 1, 2, false, false },
    };
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_get get = { .from = rows[i].old, .until = rows[i].size };
        struct lh_prove prove = { .old = rows[i].old, .size = rows[i].size };

        memcpy(get.origin, rows[i].origin, strlen(rows[i].origin) + 1);
        memcpy(prove.origin, rows[i].origin, strlen(rows[i].origin) + 1);
        lh_buf_reset(&bytes);
        assert_int_equal(lh_get_encode(&bytes, &get, NULL), LH_OK);
        assert_int_equal(lh_get_decode(&get, lh_buf_bytes(&bytes), NULL),
                         rows[i].is_get ? LH_OK : LH_ERR_INVALID);
        lh_buf_reset(&bytes);
        assert_int_equal(lh_prove_encode(&bytes, &prove, NULL), LH_OK);
        assert_int_equal(lh_prove_decode(&prove, lh_buf_bytes(&bytes), NULL),
                         rows[i].is_prove ? LH_OK : LH_ERR_INVALID);
    }
    lh_buf_clear(&bytes);
}

static void a_range_that_does_not_grow_is_refused(void **state)
{
    /* field 1 the origin, field 2 from, field 3 until */
    static const uint8_t start[] = "\x0a\x0cjinhua/gaj/1\x10\x05\x18";
    uint8_t bytes[sizeof start];
    struct lh_get get;

    (void)state;
    memcpy(bytes, start, sizeof bytes);
    for (uint8_t until = 1; until < 9; until++) {
        bytes[sizeof bytes - 1] = until;
        assert_int_equal(lh_get_decode(&get, lh_bytes_of(bytes, sizeof bytes), NULL),
                         until > 5 ? LH_OK : LH_ERR_INVALID);
    }
}

static void a_reason_that_is_none_is_refused(void **state)
{
    struct lh_missing missing = { .origin = ORIGIN };
    struct lh_decline decline = { .origin = ORIGIN };
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    for (unsigned reason = 0; reason < 8; reason++) {
        missing.reason = (enum lh_missing_reason)reason;
        lh_buf_reset(&bytes);
        assert_int_equal(lh_missing_encode(&bytes, &missing, NULL), LH_OK);
        assert_int_equal(lh_missing_decode(&missing, lh_buf_bytes(&bytes), NULL),
                         reason == 1 || reason == 2 ? LH_OK : LH_ERR_INVALID);
        decline.reason = (enum lh_decline_reason)reason;
        lh_buf_reset(&bytes);
        assert_int_equal(lh_decline_encode(&bytes, &decline, NULL), LH_OK);
        assert_int_equal(lh_decline_decode(&decline, lh_buf_bytes(&bytes), NULL),
                         reason >= 1 && reason <= 6 ? LH_OK : LH_ERR_INVALID);
    }
    lh_buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_decoded),
        cmocka_unit_test(a_want_names_an_epoch_and_perhaps_a_proposal),
        cmocka_unit_test(a_proof_of_any_length_is_decoded),
        cmocka_unit_test(leaves_come_back_in_order),
        cmocka_unit_test(leaves_that_are_cut_are_refused),
        cmocka_unit_test(questions_about_nothing_are_refused),
        cmocka_unit_test(a_range_that_does_not_grow_is_refused),
        cmocka_unit_test(a_reason_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
