#include "crypto/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct lh_bytes text(const char *string)
{
    return lh_bytes_of_text(string);
}

static void views_are_equal_by_length_and_content(void **state)
{
    (void)state;
    assert_true(lh_bytes_is_equal(text("abc"), lh_bytes_of("abcd", 3)));
    assert_true(lh_bytes_is_equal(LH_BYTES_EMPTY, text("")));
    assert_true(lh_bytes_is_equal(lh_bytes_of_text(NULL), LH_BYTES_EMPTY));
    assert_false(lh_bytes_is_equal(text("abc"), text("abd")));
    assert_false(lh_bytes_is_equal(text("abc"), text("ab")));
}

static void order_is_by_bytes_then_by_length(void **state)
{
    static const char *const ascending[] = { "", "\x01", "A", "Aa", "B", "\x7f", "\xff" };
    static const int count = sizeof ascending / sizeof ascending[0];

    (void)state;
    for (int a = 0; a < count; a++) {
        for (int b = 0; b < count; b++) {
            int order = lh_bytes_compare(text(ascending[a]), text(ascending[b]));

            assert_int_equal(order < 0, a < b);
            assert_int_equal(order > 0, a > b);
        }
    }
}

static void zero_means_every_byte(void **state)
{
    static const uint8_t zeros[40] = { 0 };
    uint8_t some[40] = { 0 };

    (void)state;
    assert_true(lh_bytes_is_zero(LH_BYTES_EMPTY));
    assert_true(lh_bytes_is_zero(lh_bytes_of(zeros, sizeof zeros)));
    for (size_t i = 0; i < sizeof some; i++) {
        some[i] = 0x80;
        assert_false(lh_bytes_is_zero(lh_bytes_of(some, sizeof some)));
        some[i] = 0;
    }
}

static void clean_text_is_utf8_that_shows_what_it_says(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        bool clean;
    } rows[] = {
        { "empty", "", true },
        { "ascii", "plain ~", true },
        { "chinese", "\xe9\x87\x91\xe5\x8d\x8e", true },
        { "last of two bytes", "\xdf\xbf", true },
        { "first after the controls", "\xc2\xa0", true },
        { "last before the surrogates", "\xed\x9f\xbf", true },
        { "first after the surrogates", "\xee\x80\x80", true },
        { "four bytes", "\xf0\x9f\x98\x80", true },
        { "last code point but two", "\xf4\x8f\xbf\xbd", true },
        { "newline", "a\nb", false },
        { "escape", "\x1b[2J", false },
        { "delete", "\x7f", false },
        { "C1 control", "\xc2\x9b", false },
        { "lone continuation", "\x80", false },
        { "overlong slash", "\xc0\xaf", false },
        { "overlong in three", "\xe0\x9f\xbf", false },
        { "overlong in four", "\xf0\x8f\xbf\xbf", false },
        { "surrogate", "\xed\xa0\x80", false },
        { "above U+10FFFF", "\xf4\x90\x80\x80", false },
        { "lead byte F5", "\xf5\x80\x80\x80", false },
        { "cut short", "\xe9\x87", false },
        { "continuation missing",
          "\xe9\x87"
          "a",
          false },
        { "right-to-left override", "\xe2\x80\xae", false },
        { "isolate", "\xe2\x81\xa6", false },
        { "Arabic letter mark", "\xd8\x9c", false },
        { "before the letter mark", "\xd8\x9b", true },
        { "behind the letter mark", "\xd8\x9d", true },
        { "zero width space", "\xe2\x80\x8b", false },
        { "line separator", "\xe2\x80\xa8", false },
        { "byte order mark", "\xef\xbb\xbf", false },
        { "noncharacter U+FFFE", "\xef\xbf\xbe", false },
        { "noncharacter U+FDD0", "\xef\xb7\x90", false },
        { "noncharacter U+10FFFF", "\xf4\x8f\xbf\xbf", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (lh_bytes_is_clean_text(text(rows[i].text)) != rows[i].clean) {
            fail_msg("%s should %sbe clean", rows[i].name, rows[i].clean ? "" : "not ");
        }
    }
    assert_false(lh_bytes_is_clean_text(lh_bytes_of("a\0b", 3)));
}

static void reader_reads_big_endian_numbers_and_views(void **state)
{
    static const uint8_t data[] = { 1, 1, 2, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 'a', 'b', 'c' };
    struct lh_reader reader = lh_reader_of(lh_bytes_of(data, sizeof data));
    uint8_t copy[2];

    (void)state;
    assert_int_equal(lh_read_u8(&reader), 1);
    assert_int_equal(lh_read_u16(&reader), 0x0102);
    assert_int_equal(lh_read_u32(&reader), 0x01020304);
    assert_true(lh_read_u64(&reader) == 0x0102030405060708);
    assert_false(lh_reader_is_done(&reader));
    lh_read_into(&reader, copy, sizeof copy);
    assert_memory_equal(copy, "ab", 2);
    assert_true(lh_bytes_is_equal(lh_read_view(&reader, 1), text("c")));
    assert_true(lh_reader_is_done(&reader));
    assert_int_equal(lh_read_view(&reader, 0).len, 0);
    assert_true(lh_reader_is_done(&reader));
}

static void a_failed_reader_stays_failed_and_gives_zeros(void **state)
{
    struct lh_reader reader = lh_reader_of(text("abc"));
    uint8_t copy[4];

    (void)state;
    memset(copy, 0xff, sizeof copy);
    lh_read_into(&reader, copy, sizeof copy);
    assert_true(reader.failed);
    assert_true(lh_bytes_is_zero(lh_bytes_of(copy, sizeof copy)));
    assert_int_equal(lh_read_u8(&reader), 0);
    assert_int_equal(lh_read_u64(&reader), 0);
    assert_int_equal(lh_read_view(&reader, 1).len, 0);
    assert_false(lh_reader_is_done(&reader));
}

static void put_and_read_are_inverse(void **state)
{
    uint8_t out[8];
    struct lh_reader reader;

    (void)state;
    lh_put_u64(out, UINT64_MAX - 1);
    reader = lh_reader_of(lh_bytes_of(out, 8));
    assert_true(lh_read_u64(&reader) == UINT64_MAX - 1);
    lh_put_u32(out, 0x80000001);
    reader = lh_reader_of(lh_bytes_of(out, 4));
    assert_true(lh_read_u32(&reader) == 0x80000001);
    lh_put_u16(out, 0xfffe);
    reader = lh_reader_of(lh_bytes_of(out, 2));
    assert_int_equal(lh_read_u16(&reader), 0xfffe);
}

static void sums_notice_overflow(void **state)
{
    size_t size = 0;
    uint64_t number = 0;

    (void)state;
    assert_true(lh_add_size(&size, SIZE_MAX - 1, 1));
    assert_true(size == SIZE_MAX);
    assert_false(lh_add_size(&size, SIZE_MAX, 1));
    assert_true(lh_mul_size(&size, SIZE_MAX / 2, 2));
    assert_false(lh_mul_size(&size, SIZE_MAX / 2 + 1, 2));
    assert_true(lh_add_u64(&number, UINT64_MAX - 1, 1));
    assert_false(lh_add_u64(&number, UINT64_MAX, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_are_equal_by_length_and_content),
        cmocka_unit_test(order_is_by_bytes_then_by_length),
        cmocka_unit_test(zero_means_every_byte),
        cmocka_unit_test(clean_text_is_utf8_that_shows_what_it_says),
        cmocka_unit_test(reader_reads_big_endian_numbers_and_views),
        cmocka_unit_test(a_failed_reader_stays_failed_and_gives_zeros),
        cmocka_unit_test(put_and_read_are_inverse),
        cmocka_unit_test(sums_notice_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
