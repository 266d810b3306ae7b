#include "ledger/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CODE_32 "abcdefghijklmnopqrstuvwxyz-01234"
#define COUNT_OF(rows) (sizeof(rows) / sizeof(rows)[0])

struct text_row {
    const char *name;
    const char *text;
};

static void good_codes_are_taken(void **state)
{
    const char *const codes[] = { "gaj", "a", "0", "a-b", "3rd-office", "a--b", CODE_32 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_true(lh_code_is_valid(lh_bytes_of_text(codes[i])));
    }
}

static const struct text_row bad_codes[] = {
    { "nothing", "" },
    { "33 characters", CODE_32 "5" },
    { "a hyphen in front", "-gaj" },
    { "a hyphen at the end", "gaj-" },
    { "only a hyphen", "-" },
    { "an upper case letter", "Gaj" },
    { "a dot", "g.aj" },
    { "an underscore", "g_aj" },
    { "a space", "g aj" },
    { "a slash", "g/aj" },
    { "a plus", "g+aj" },
    { "a newline", "gaj\n" },
    { "a Chinese character", "\xe5\x85\xac" },
    { "a full-width letter", "\xef\xbd\x87" },
    { "the character below a", "g`aj" },
    { "the character above z", "g{aj" },
    { "the character above 9", "g:aj" },
};

static void bad_codes_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_codes); i++) {
        if (lh_code_is_valid(lh_bytes_of_text(bad_codes[i].text))) {
            fail_msg("%s: taken", bad_codes[i].name);
        }
    }
    assert_false(lh_code_is_valid(lh_bytes_of("gaj", 4))); /* with its NUL */
}

static void an_origin_is_its_three_parts_in_both_directions(void **state)
{
    const struct {
        const char *text;
        struct lh_origin origin;
    } rows[] = {
        { "jinhua/gaj/1", { "jinhua", "gaj", 1 } },
        { "a/0/4294967295", { "a", "0", UINT32_MAX } },
        { CODE_32 "/" CODE_32 "/4294967295", { CODE_32, CODE_32, UINT32_MAX } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[LH_ORIGIN_MAX + 1];
        struct lh_origin origin;

        lh_origin_format(text, &rows[i].origin);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(lh_origin_parse(&origin, lh_bytes_of_text(text), NULL), LH_OK);
        assert_string_equal(origin.network, rows[i].origin.network);
        assert_string_equal(origin.department, rows[i].origin.department);
        assert_int_equal(origin.generation, rows[i].origin.generation);
    }
}

static const struct text_row bad_origins[] = {
    { "nothing", "" },
    { "one part", "jinhua" },
    { "two parts", "jinhua/gaj" },
    { "no generation", "jinhua/gaj/" },
    { "four parts", "jinhua/gaj/1/2" },
    { "a slash in front", "/jinhua/gaj/1" },
    { "a slash at the end", "jinhua/gaj/1/" },
    { "an empty network", "/gaj/1" },
    { "an empty department", "jinhua//1" },
    { "a network in upper case", "Jinhua/gaj/1" },
    { "a department in upper case", "jinhua/GAJ/1" },
    { "a network of 33", CODE_32 "5/gaj/1" },
    { "a department of 33", "jinhua/" CODE_32 "5/1" },
    { "generation 0", "jinhua/gaj/0" },
    { "generation 2^32", "jinhua/gaj/4294967296" },
    { "generation 2^64 + 1", "jinhua/gaj/18446744073709551617" },
    { "a zero in front", "jinhua/gaj/01" },
    { "a plus", "jinhua/gaj/+1" },
    { "a minus", "jinhua/gaj/-1" },
    { "a hexadecimal generation", "jinhua/gaj/0x1" },
    { "a space in front", " jinhua/gaj/1" },
    { "a space before the generation", "jinhua/gaj/ 1" },
    { "a space at the end", "jinhua/gaj/1 " },
    { "a newline at the end", "jinhua/gaj/1\n" },
    { "a letter at the end", "jinhua/gaj/1a" },
    { "a domain", "jinhua.gov/gaj/1" },
};

static void bad_origins_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_origins); i++) {
        struct lh_err err = LH_ERR_NONE;
        struct lh_origin origin = { .generation = 77 };

        if (lh_origin_parse(&origin, lh_bytes_of_text(bad_origins[i].text), &err) !=
            LH_ERR_INVALID) {
            fail_msg("%s: taken", bad_origins[i].name);
        }
        assert_int_equal(origin.generation, 77);
        assert_true(err.text[0] != '\0');
    }
    assert_int_equal(lh_origin_parse(&(struct lh_origin){ .generation = 1 },
                                     lh_bytes_of("jinhua/gaj/1", 13), NULL),
                     LH_ERR_INVALID); /* with its NUL */
}

static void an_entry_name_is_its_three_parts_in_both_directions(void **state)
{
    const struct {
        const char *text;
        struct lh_entry_name name;
    } rows[] = {
        { "gaj/1/18234", { "gaj", 1, 18234 } },
        { "gaj/1/0", { "gaj", 1, 0 } },
        { CODE_32 "/4294967295/9223372036854775807", { CODE_32, UINT32_MAX, INT64_MAX } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[LH_ORIGIN_MAX + 1];
        struct lh_entry_name name;

        lh_entry_name_format(text, &rows[i].name);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(lh_entry_name_parse(&name, lh_bytes_of_text(text), NULL), LH_OK);
        assert_string_equal(name.department, rows[i].name.department);
        assert_int_equal(name.generation, rows[i].name.generation);
        assert_int_equal(name.index, rows[i].name.index);
    }
}

static const struct text_row bad_entry_names[] = {
    { "nothing", "" },
    { "one part", "gaj" },
    { "two parts", "gaj/1" },
    { "no index", "gaj/1/" },
    { "four parts", "jinhua/gaj/1/2" },
    { "an empty department", "/1/2" },
    { "an empty generation", "gaj//2" },
    { "generation 0", "gaj/0/2" },
    { "generation 2^32", "gaj/4294967296/2" },
    { "a zero before the generation", "gaj/01/2" },
    { "a zero before the index", "gaj/1/02" },
    { "a plus", "gaj/1/+2" },
    { "a minus", "gaj/1/-2" },
    { "an index of 2^63", "gaj/1/9223372036854775808" },
    { "a space at the end", "gaj/1/2 " },
    { "a slash at the end", "gaj/1/2/" },
    { "a department in upper case", "Gaj/1/2" },
};

static void bad_entry_names_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_entry_names); i++) {
        struct lh_err err = LH_ERR_NONE;
        struct lh_entry_name name = { .index = 77 };

        if (lh_entry_name_parse(&name, lh_bytes_of_text(bad_entry_names[i].text), &err) !=
            LH_ERR_INVALID) {
            fail_msg("%s: taken", bad_entry_names[i].name);
        }
        assert_int_equal(name.index, 77);
        assert_true(err.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_codes_are_taken),
        cmocka_unit_test(bad_codes_are_refused),
        cmocka_unit_test(an_origin_is_its_three_parts_in_both_directions),
        cmocka_unit_test(bad_origins_are_refused),
        cmocka_unit_test(an_entry_name_is_its_three_parts_in_both_directions),
        cmocka_unit_test(bad_entry_names_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
