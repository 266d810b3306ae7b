#include "crypto/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void nested_values_are_separated_by_commas(void **state)
{
    struct lh_buf out = LH_BUF_EMPTY;
    struct lh_json json = lh_json_of(&out);

    (void)state;
    lh_json_begin_object(&json, NULL);
    lh_json_add_u64(&json, "a", 1);
    lh_json_begin_array(&json, "b");
    lh_json_add_text(&json, NULL, lh_bytes_of_text("x"));
    lh_json_begin_object(&json, NULL);
    lh_json_end_object(&json);
    lh_json_add_null(&json, NULL);
    lh_json_end_array(&json);
    lh_json_add_bool(&json, "c", true);
    lh_json_add_bool(&json, "d", false);
    lh_json_end_object(&json);
    assert_string_equal(lh_buf_text(&out),
                        "{\"a\":1,\"b\":[\"x\",{},null],\"c\":true,\"d\":false}");
    lh_buf_clear(&out);
}

static void numbers_beyond_2_53_are_strings(void **state)
{
    struct lh_buf out = LH_BUF_EMPTY;
    struct lh_json json = lh_json_of(&out);

    (void)state;
    lh_json_begin_array(&json, NULL);
    lh_json_add_u64(&json, NULL, 9007199254740991);
    lh_json_add_u64(&json, NULL, 9007199254740992);
    lh_json_add_u64(&json, NULL, UINT64_MAX);
    lh_json_end_array(&json);
    assert_string_equal(lh_buf_text(&out),
                        "[9007199254740991,\"9007199254740992\",\"18446744073709551615\"]");
    lh_buf_clear(&out);
}

static void text_is_made_safe(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        { "", "\"\"" },
        { "王小明", "\"王小明\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "line\nfeed\x1b[31m", "\"line\\u000afeed\\u001b[31m\"" },
        { "\xe2\x80\xae"
          "evil",
          "\"\\u202eevil\"" },
        { "\xe2\x80\x8b\x7f", "\"\\u200b\\u007f\"" },
        { "\xd8\x9c\xd8\x9d", "\"\\u061c\xd8\x9d\"" },
        { "\xff\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "cut \xe7\x8e", "\"cut \xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_buf out = LH_BUF_EMPTY;
        struct lh_json json = lh_json_of(&out);
        lh_json_add_text(&json, NULL, lh_bytes_of_text(rows[i].text));
        assert_string_equal(lh_buf_text(&out), rows[i].want);
        lh_buf_clear(&out);
    }
}

static void a_line_for_a_terminal_has_no_quotes(void **state)
{
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    lh_text_add_safe(&out, lh_bytes_of_text("say \"no\"\r\n"));
    assert_string_equal(lh_buf_text(&out), "say \"no\"\\u000d\\u000a");
    lh_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_values_are_separated_by_commas),
        cmocka_unit_test(numbers_beyond_2_53_are_strings),
        cmocka_unit_test(text_is_made_safe),
        cmocka_unit_test(a_line_for_a_terminal_has_no_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
