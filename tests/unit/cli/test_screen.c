#include "cli/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    size_t width;
} widths[] = {
    { "", 0 },         { "abc", 3 },      { "婺城区", 6 },           { "状态 continuous", 15 },
    { "a·b", 3 },      { "ｆｕｌｌ", 8 }, { "e\xcc\x81", 1 },        { "한국", 4 },
    { "カタカナ", 8 }, { "✔ ok", 4 },     { "\xf0\xa0\x80\x80", 2 },
};

static void wide_characters_take_two_columns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        print_message("%s\n", widths[i].text);
        assert_int_equal(lh_screen_width(lh_bytes_of_text(widths[i].text)), widths[i].width);
    }
}

static const struct {
    const char *text;
    size_t columns;
    const char *shown;
} cuts[] = {
    { "abc", 3, "abc" },      { "abcd", 3, "ab…" },   { "婺城区", 6, "婺城区" },
    { "婺城区", 5, "婺城…" }, { "婺城区", 4, "婺…" }, { "a婺城区", 4, "a婺…" },
    { "婺城区", 1, "…" },     { "婺城区", 0, "" },    { "", 0, "" },
};

static void a_line_is_cut_visibly_and_never_inside_a_character(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct lh_buf out = LH_BUF_EMPTY;

        print_message("%s at %zu\n", cuts[i].text, cuts[i].columns);
        lh_screen_add_cut(&out, lh_bytes_of_text(cuts[i].text), cuts[i].columns);
        assert_string_equal(lh_buf_text(&out), cuts[i].shown);
        assert_in_range(lh_screen_width(lh_buf_bytes(&out)), 0, cuts[i].columns);
        lh_buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(wide_characters_take_two_columns),
        cmocka_unit_test(a_line_is_cut_visibly_and_never_inside_a_character),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
