/* Claims about the tokens of a person: which months, which digest, which text. */

#include "ledger/tokens.h"

#include "ledger/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID "E12345678"

static struct lh_suite *suite;
static struct lh_secret index_key;

/* 2026-11-30T16:00:00Z is the first moment of December in UTC+8. */
#define DECEMBER ((int64_t)1796054400000)
#define DAY ((int64_t)24 * 3600 * 1000)

static struct lh_tokens made(const char *id, int64_t from, int64_t until)
{
    struct lh_tokens tokens;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_tokens_make(suite, &tokens, &index_key, lh_bytes_of_text("gaj"),
                                     LH_SUBJECT_PASSPORT, lh_bytes_of_text(id), from, until, &err);

    if (rc != LH_OK) {
        fail_msg("%s", err.text);
    }
    return tokens;
}

static void there_is_one_for_each_month_that_is_touched(void **state)
{
    struct lh_tokens tokens = made(ID, DECEMBER - 1, DECEMBER + 1);
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(tokens.count, 2);
    assert_int_equal(tokens.first_month, 202611);
    assert_int_equal(made(ID, DECEMBER - 1, DECEMBER).count, 1);
    assert_int_equal(made(ID, DECEMBER, DECEMBER + 1).first_month, 202612);
    assert_int_equal(made(ID, DECEMBER, DECEMBER + 31 * DAY + 1).count, 2);
    assert_int_equal(lh_tokens_month(202612, 1), 202701);
    assert_int_equal(lh_tokens_month(202611, 14), 202801);
    assert_int_equal(made(ID, DECEMBER, DECEMBER + 7000 * DAY).count, 230);
    assert_int_equal(lh_tokens_make(suite, &tokens, &index_key, lh_bytes_of_text("gaj"), 3,
                                    lh_bytes_of_text(ID), DECEMBER, DECEMBER + 7400 * DAY, &err),
                     LH_ERR_LIMIT);
    assert_int_equal(lh_tokens_make(suite, &tokens, &index_key, lh_bytes_of_text("gaj"), 3,
                                    lh_bytes_of_text(ID), DECEMBER, DECEMBER, &err),
                     LH_ERR_INVALID);
}

static void each_finds_the_tags_of_its_month_and_person(void **state)
{
    struct lh_tokens tokens = made(ID, DECEMBER - 1, DECEMBER + 1);
    struct lh_tokens other = made("E12345679", DECEMBER - 1, DECEMBER + 1);
    struct lh_secret month_key = LH_SECRET_EMPTY;
    struct lh_secret token = LH_SECRET_EMPTY;
    const uint8_t nonce[LH_TAG_SIZE] = { 7 };
    struct lh_tag tag;

    (void)state;
    lh_tag_month_key(suite, &month_key, &index_key, lh_bytes_of_text("gaj"), 202612);
    lh_tag_token(suite, &token, &month_key, LH_SUBJECT_PASSPORT, lh_bytes_of_text(ID));
    lh_tag_make(suite, &tag, &token, nonce);
    token.len = LH_TOKEN_SIZE;
    memcpy(token.bytes, tokens.values[1], LH_TOKEN_SIZE);
    assert_true(lh_tag_matches(suite, &tag, &token));
    memcpy(token.bytes, tokens.values[0], LH_TOKEN_SIZE);
    assert_false(lh_tag_matches(suite, &tag, &token));
    memcpy(token.bytes, other.values[1], LH_TOKEN_SIZE);
    assert_false(lh_tag_matches(suite, &tag, &token));
}

static void the_text_reads_back_and_every_other_one_is_refused(void **state)
{
    struct lh_tokens tokens = made(ID, DECEMBER - 1, DECEMBER + 1);
    struct lh_tokens again;
    struct lh_buf text = LH_BUF_EMPTY;
    size_t refused = 0;

    (void)state;
    lh_tokens_format(&text, &tokens);
    assert_true(text.len <= LH_TOKENS_TEXT_MAX);
    assert_int_equal(lh_tokens_parse(&again, lh_buf_bytes(&text), NULL), LH_OK);
    assert_int_equal(again.count, 2);
    assert_int_equal(again.first_month, 202611);
    assert_memory_equal(again.values, tokens.values, 2 * LH_TOKEN_SIZE);
    for (size_t cut = 0; cut < text.len; cut++) { /* but for the end of the first line of a month */
        if (lh_tokens_parse(&again, lh_bytes_of(text.data, cut), NULL) == LH_OK) {
            assert_int_equal(again.count, 1);
        } else {
            refused++;
        }
    }
    assert_int_equal(refused, text.len - 1);
    for (size_t at = 0; at < text.len; at++) { /* a control character stands nowhere in it */
        uint8_t kept = text.data[at];

        text.data[at] = 1;
        assert_int_not_equal(lh_tokens_parse(&again, lh_buf_bytes(&text), NULL), LH_OK);
        text.data[at] = kept;
    }
    memcpy(text.data + 17 + 72, "202701", 6);
    assert_int_equal(lh_tokens_parse(&again, lh_buf_bytes(&text), NULL), LH_ERR_INVALID);
    memcpy(text.data + 17 + 72, "202613", 6);
    assert_int_equal(lh_tokens_parse(&again, lh_buf_bytes(&text), NULL), LH_ERR_INVALID);
    lh_buf_clear(&text);
}

static void the_digest_is_of_months_and_tokens(void **state)
{
    struct lh_tokens tokens = made(ID, DECEMBER - 1, DECEMBER + 1);
    struct lh_hash digest = lh_tokens_digest(suite, &tokens);
    struct lh_hash other;

    (void)state;
    other = lh_tokens_digest(suite, &tokens);
    assert_true(lh_hash_is_equal(&digest, &other));
    tokens.first_month = 202610;
    other = lh_tokens_digest(suite, &tokens);
    assert_false(lh_hash_is_equal(&digest, &other));
    tokens.first_month = 202611;
    tokens.count = 1;
    other = lh_tokens_digest(suite, &tokens);
    assert_false(lh_hash_is_equal(&digest, &other));
    tokens.count = 2;
    tokens.values[1][31] ^= 1;
    other = lh_tokens_digest(suite, &tokens);
    assert_false(lh_hash_is_equal(&digest, &other));
}

static int set_up(void **state)
{
    (void)state;
    index_key.len = 32;
    memset(index_key.bytes, 0x4b, index_key.len);
    return lh_suite_new(&suite, LH_SUITE_W, NULL) == LH_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    lh_suite_free(suite);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_one_for_each_month_that_is_touched),
        cmocka_unit_test(each_finds_the_tags_of_its_month_and_person),
        cmocka_unit_test(the_text_reads_back_and_every_other_one_is_refused),
        cmocka_unit_test(the_digest_is_of_months_and_tokens),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
