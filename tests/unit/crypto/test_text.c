#include "crypto/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct lh_bytes text(const char *string)
{
    return lh_bytes_of_text(string);
}

static void hex_is_written_in_lower_case_and_read_in_either(void **state)
{
    static const uint8_t bytes[] = { 0x00, 0x9f, 0xab };
    struct lh_buf out = LH_BUF_EMPTY;
    uint8_t back[3] = { 0 };

    (void)state;
    lh_hex_add(&out, lh_bytes_of(bytes, sizeof bytes));
    lh_hex_add(&out, LH_BYTES_EMPTY);
    assert_string_equal(lh_buf_text(&out), "009fab");
    assert_int_equal(lh_hex_parse(back, 3, text("009FaB"), NULL), LH_OK);
    assert_memory_equal(back, bytes, 3);
    assert_int_equal(lh_hex_parse(back, 0, LH_BYTES_EMPTY, NULL), LH_OK);
    lh_buf_clear(&out);
}

static void hex_of_another_length_or_with_another_character_is_refused(void **state)
{
    static const char *const rows[] = { "",       "009",    "009fa",  "009fab0", "009fab00",
                                        "009fag", "0x9fab", " 09fab", "009fa\n" };
    uint8_t back[3] = { 1, 2, 3 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(lh_hex_parse(back, 3, text(rows[i]), NULL), LH_ERR_INVALID);
    }
    assert_memory_equal(back, "\1\2\3", 3);
}

/* RFC 4648 section 10. */
static const struct {
    const char *plain;
    const char *base64;
} RFC4648[] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
    { "\xfb\xff\xfe", "+//+" },
};

static void base64_is_that_of_rfc4648(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof RFC4648 / sizeof RFC4648[0]; i++) {
        struct lh_buf out = LH_BUF_EMPTY;
        size_t len = 99;

        lh_base64_add(&out, text(RFC4648[i].plain));
        assert_string_equal(lh_buf_text(&out), RFC4648[i].base64);
        lh_buf_reset(&out);
        assert_int_equal(lh_base64_measure(&len, text(RFC4648[i].base64), NULL), LH_OK);
        assert_int_equal(len, strlen(RFC4648[i].plain));
        assert_int_equal(lh_base64_decode(&out, text(RFC4648[i].base64), NULL), LH_OK);
        assert_string_equal(lh_buf_text(&out), RFC4648[i].plain);
        lh_buf_clear(&out);
    }
}

static void base64_that_another_encoder_would_not_write_is_refused(void **state)
{
    static const struct {
        const char *name;
        const char *base64;
    } rows[] = {
        { "no padding", "Zg" },
        { "half the padding", "Zg=" },
        { "padding only", "====" },
        { "three pads", "Z===" },
        { "pad in the middle", "Zg==Zm9v" },
        { "pad before a digit", "Zm=v" },
        { "pad bits not zero, one byte", "Zh==" },
        { "pad bits not zero, two bytes", "Zm9=" },
        { "url alphabet", "-__-" },
        { "space", "Zm9 " },
        { "newline", "Zm9v\n" },
        { "newline inside", "Zm\n9v" },
        { "too much padding", "Zm9v====" },
        { "high byte", "Zm9\xc3" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_buf out = LH_BUF_EMPTY;

        if (lh_base64_decode(&out, text(rows[i].base64), NULL) != LH_ERR_INVALID) {
            fail_msg("%s was accepted", rows[i].name);
        }
        assert_int_equal(out.len, 0);
        lh_buf_clear(&out);
    }
}

static void base64_of_a_fixed_size_wants_that_size(void **state)
{
    uint8_t out[4] = { 9, 9, 9, 9 };

    (void)state;
    assert_int_equal(lh_base64_parse(out, 3, text("Zm9v"), NULL), LH_OK);
    assert_memory_equal(out, "foo\x09", 4);
    assert_int_equal(lh_base64_parse(out, 4, text("YmFy"), NULL), LH_ERR_INVALID);
    assert_int_equal(lh_base64_parse(out, 2, text("YmFy"), NULL), LH_ERR_INVALID);
    assert_memory_equal(out, "foo\x09", 4);
}

static void any_bytes_survive_base64_and_hex(void **state)
{
    unsigned seed = 20261124;
    uint8_t bytes[70];
    uint8_t back[70];

    (void)state;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct lh_buf out = LH_BUF_EMPTY;

        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)rand_r(&seed);
        }
        lh_base64_add(&out, lh_bytes_of(bytes, len));
        assert_int_equal(lh_base64_parse(back, len, lh_buf_bytes(&out), NULL), LH_OK);
        assert_memory_equal(back, bytes, len);
        lh_buf_reset(&out);
        lh_hex_add(&out, lh_bytes_of(bytes, len));
        assert_int_equal(lh_hex_parse(back, len, lh_buf_bytes(&out), NULL), LH_OK);
        assert_memory_equal(back, bytes, len);
        lh_buf_clear(&out);
    }
}

static void decimals_have_one_form_and_stay_below_2_to_the_63(void **state)
{
    static const char *const refused[] = {
        "",
        "+5",
        "-1",
        "05",
        "00",
        " 5",
        "5 ",
        "5\n",
        "0x5",
        "1e3",
        "1.0",
        "9223372036854775808",
        "9999999999999999999",
        "18446744073709551616",
        "99999999999999999999999",
        "\xef\xbc\x95",
    };
    uint64_t value = 77;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (lh_decimal_parse(&value, text(refused[i]), NULL) != LH_ERR_INVALID) {
            fail_msg("\"%s\" was accepted", refused[i]);
        }
    }
    assert_int_equal(value, 77);
    assert_int_equal(lh_decimal_parse(&value, text("0"), NULL), LH_OK);
    assert_int_equal(value, 0);
    assert_int_equal(lh_decimal_parse(&value, text("9223372036854775807"), NULL), LH_OK);
    assert_true(value == INT64_MAX);
}

static void lines_are_cut_at_newlines_and_the_rest_is_left(void **state)
{
    struct lh_bytes rest = text("one\n\nthree\nrest");
    struct lh_bytes line;

    (void)state;
    assert_true(lh_text_next_line(&rest, &line));
    assert_true(lh_bytes_is_equal(line, text("one")));
    assert_true(lh_text_next_line(&rest, &line));
    assert_int_equal(line.len, 0);
    assert_true(lh_text_next_line(&rest, &line));
    assert_true(lh_bytes_is_equal(line, text("three")));
    assert_false(lh_text_next_line(&rest, &line));
    assert_true(lh_bytes_is_equal(rest, text("rest")));
    rest = LH_BYTES_EMPTY;
    assert_false(lh_text_next_line(&rest, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_is_written_in_lower_case_and_read_in_either),
        cmocka_unit_test(hex_of_another_length_or_with_another_character_is_refused),
        cmocka_unit_test(base64_is_that_of_rfc4648),
        cmocka_unit_test(base64_that_another_encoder_would_not_write_is_refused),
        cmocka_unit_test(base64_of_a_fixed_size_wants_that_size),
        cmocka_unit_test(any_bytes_survive_base64_and_hex),
        cmocka_unit_test(decimals_have_one_form_and_stay_below_2_to_the_63),
        cmocka_unit_test(lines_are_cut_at_newlines_and_the_rest_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
