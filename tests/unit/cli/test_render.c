#include "cli/render.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *name;
    const char *text;
    size_t len; /* 0: to its NUL */
    const char *shown;
};

static const struct row rows[] = {
    { "plain", "abc 婺城区", 0, "abc 婺城区" },
    { "escape", "ops\x1b[31mred", 0, "ops\\u{1b}[31mred" },
    { "newline and tab", "a\nb\tc", 0, "a\\u{a}b\\u{9}c" },
    { "right to left",
      "a\xe2\x80\xae"
      "b",
      0, "a\\u{202e}b" },
    { "isolate", "\xe2\x81\xa6", 0, "\\u{2066}" },
    { "zero width", "\xe2\x80\x8b", 0, "\\u{200b}" },
    { "C1", "\xc2\x9b", 0, "\\u{9b}" },
    { "not UTF-8", "\xff\xc3", 0, "\\xff\\xc3" },
    { "overlong", "\xc0\xaf", 0, "\\xc0\\xaf" },
    { "NUL", "a\0b", 3, "a\\u{0}b" },
};

static void text_that_plays_tricks_is_shown_by_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_buf out = LH_BUF_EMPTY;
        size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].text);

        print_message("%s\n", rows[i].name);
        lh_render_add_safe(&out, lh_bytes_of(rows[i].text, len));
        assert_string_equal(lh_buf_text(&out), rows[i].shown);
        lh_buf_clear(&out);
    }
}

static void csv_cells_are_quoted_and_never_computed(void **state)
{
    static const char *const cells[][2] = {
        { "abc", "abc" },           { "a,b", "\"a,b\"" }, { "a\"b", "\"a\"\"b\"" },
        { "=1+1", "\"'=1+1\"" },    { "@x", "\"'@x\"" },  { "-5", "\"'-5\"" },
        { "a\r\nb", "\"a\r\nb\"" }, { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        struct lh_buf out = LH_BUF_EMPTY;

        lh_render_add_csv(&out, cells[i][0]);
        assert_string_equal(lh_buf_text(&out), cells[i][1]);
        lh_buf_clear(&out);
    }
}

static const struct lh_column columns[] = {
    { { "NAME", "名称" }, false, false },
    { { "COUNT", "数量" }, true, false },
};

/* What a view prints, in a table or plain. The caller frees it. */
static char *printed(bool is_table)
{
    struct lh_cli cli = { .lang = LH_LANG_ZH, .is_table = is_table, .no_pager = true };
    struct lh_view *view = NULL;
    char *text = NULL;
    size_t len = 0;

    cli.out = open_memstream(&text, &len);
    assert_non_null(cli.out);
    assert_int_equal(lh_view_new(&view, columns, 2, NULL), LH_OK);
    assert_int_equal(lh_view_add_row(view, NULL), LH_OK);
    assert_int_equal(lh_view_set(view, 0, "户籍", NULL), LH_OK);
    assert_int_equal(lh_view_set(view, 1, "1", NULL), LH_OK);
    assert_int_equal(lh_view_add_row(view, NULL), LH_OK);
    assert_int_equal(lh_view_set(view, 0, "a", NULL), LH_OK);
    assert_int_equal(lh_view_set(view, 1, "10", NULL), LH_OK);
    assert_int_equal(lh_view_print(view, &cli, NULL), LH_OK);
    lh_view_free(view);
    (void)fclose(cli.out);
    return text;
}

static void chinese_counts_two_columns_in_a_table(void **state)
{
    char *text;

    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    text = printed(true);
    assert_string_equal(text, "名称 数量\n户籍    1\na      10\n");
    free(text);
}

static void a_pipe_gets_one_record_a_line_without_a_header(void **state)
{
    char *text = printed(false);

    (void)state;
    assert_string_equal(text, "户籍\t1\na\t10\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(text_that_plays_tricks_is_shown_by_number),
        cmocka_unit_test(csv_cells_are_quoted_and_never_computed),
        cmocka_unit_test(chinese_counts_two_columns_in_a_table),
        cmocka_unit_test(a_pipe_gets_one_record_a_line_without_a_header),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
