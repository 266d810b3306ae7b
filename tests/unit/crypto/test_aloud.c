#include "crypto/aloud.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_first_sixteen_bytes_are_eight_numbers_of_five_digits(void **state)
{
    struct lh_hash hash = { { 0x00, 0x00, 0x00, 0x01, 0x01, 0x00, 0xff, 0xff, 0x12, 0x67, 0xd7,
                              0xaa, 0x80, 0x00, 0x27, 0x10, 0xee, 0xee } };
    char text[LH_ALOUD_SIZE];

    (void)state;
    lh_aloud_format(text, &hash);
    assert_string_equal(text, "00000.00001.00256.65535.04711.55210.32768.10000");
    assert_true(lh_aloud_is_valid(text));
}

static void hashes_that_differ_in_any_of_these_bits_read_differently(void **state)
{
    struct lh_hash hash = { { 0x5a, 0xa5, 0x00, 0xff } };
    char first[LH_ALOUD_SIZE];
    char second[LH_ALOUD_SIZE];

    (void)state;
    lh_aloud_format(first, &hash);
    for (size_t bit = 0; bit < 128; bit++) {
        hash.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        lh_aloud_format(second, &hash);
        hash.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_string_not_equal(first, second);
        assert_true(lh_aloud_is_valid(second));
    }
    lh_aloud_format(second, &hash);
    assert_string_equal(first, second);
}

static void what_is_in_another_form_is_not_taken(void **state)
{
    static const char *const rows[] = {
        "",
        "00000.00001.00256.65535.04711.55210.32768",
        "00000.00001.00256.65535.04711.55210.32768.1000",
        "00000.00001.00256.65535.04711.55210.32768.10000.",
        "00000.00001.00256.65536.04711.55210.32768.10000",
        "00000 00001.00256.65535.04711.55210.32768.10000",
        "00000.0000a.00256.65535.04711.55210.32768.10000",
        "000000.0001.00256.65535.04711.55210.32768.10000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i]);
        assert_false(lh_aloud_is_valid(rows[i]));
    }
    assert_true(lh_aloud_is_valid("00000.00001.00256.65535.04711.55210.32768.10000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_sixteen_bytes_are_eight_numbers_of_five_digits),
        cmocka_unit_test(hashes_that_differ_in_any_of_these_bits_read_differently),
        cmocka_unit_test(what_is_in_another_form_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
