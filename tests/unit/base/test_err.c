#include "crypto/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void set_records_code_and_words_and_returns_the_code(void **state)
{
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(lh_err_set(&err, LH_ERR_LIMIT, "%d of %s", 3, "them"), LH_ERR_LIMIT);
    assert_int_equal(err.code, LH_ERR_LIMIT);
    assert_string_equal(err.text, "3 of them");
}

static void a_caller_who_wants_no_words_passes_null(void **state)
{
    (void)state;
    assert_int_equal(lh_err_set(NULL, LH_ERR_IO, "words"), LH_ERR_IO);
    assert_int_equal(lh_err_wrap(NULL, LH_ERR_IO, "words"), LH_ERR_IO);
}

static void wrap_puts_its_phrase_in_front(void **state)
{
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    (void)lh_err_set(&err, LH_ERR_IO, "disk full");
    assert_int_equal(lh_err_wrap(&err, LH_ERR_IO, "writing %s", "a"), LH_ERR_IO);
    (void)lh_err_wrap(&err, LH_ERR_IO, "saving");
    assert_string_equal(err.text, "saving: writing a: disk full");
}

static void text_that_is_too_long_is_cut_and_terminated(void **state)
{
    struct lh_err err = LH_ERR_NONE;
    char longer[2 * LH_ERR_TEXT_MAX];

    (void)state;
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = 0;
    (void)lh_err_set(&err, LH_ERR_IO, "%s", longer);
    assert_int_equal(strlen(err.text), LH_ERR_TEXT_MAX - 1);
    (void)lh_err_wrap(&err, LH_ERR_IO, "phrase");
    assert_int_equal(strlen(err.text), LH_ERR_TEXT_MAX - 1);
    assert_memory_equal(err.text, "phrase: xxx", 11);
    (void)lh_err_wrap(&err, LH_ERR_IO, "%s", longer);
    assert_int_equal(strlen(err.text), LH_ERR_TEXT_MAX - 1);
}

static void every_code_has_its_own_name(void **state)
{
    (void)state;
    for (int a = LH_OK; a <= LH_ERR_UNKNOWN; a++) {
        assert_string_not_equal(lh_code_name((enum lh_code)a), "?");
        for (int b = LH_OK; b < a; b++) {
            assert_string_not_equal(lh_code_name((enum lh_code)a), lh_code_name((enum lh_code)b));
        }
    }
    assert_string_equal(lh_code_name((enum lh_code)99), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_records_code_and_words_and_returns_the_code),
        cmocka_unit_test(a_caller_who_wants_no_words_passes_null),
        cmocka_unit_test(wrap_puts_its_phrase_in_front),
        cmocka_unit_test(text_that_is_too_long_is_cut_and_terminated),
        cmocka_unit_test(every_code_has_its_own_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
