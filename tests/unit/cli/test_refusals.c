#include "cli/refusals.h"
#include "net/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_problem_of_the_node_is_known_in_chinese(void **state)
{
    (void)state;
    for (int code = LH_PROBLEM_NONE + 1; code < (int)LH_PROBLEM_COUNT; code++) {
        const char *name = lh_problem_name((enum lh_problem_code)code);

        print_message("%s\n", name);
        assert_non_null(lh_refusal_find(lh_bytes_of_text(name)));
    }
    assert_null(lh_refusal_find(lh_bytes_of_text("event.other")));
}

static void the_meaning_stands_behind_the_code_and_nowhere_else(void **state)
{
    static const struct {
        const char *text;
        const char *zh;
    } rows[] = {
        { "event.late: older than 72 hours", "event.late (事件时间过早): older than 72 hours" },
        { "event 3: schema.required /staff: x", "event 3: schema.required (缺少字段) /staff: x" },
        { "cannot read internal.pem: gone", "cannot read internal.pem: gone" },
        { "no internal error", "no internal error" },
        { "/internal: x", "/internal: x" },
        { "internal", "internal" },
        { "", "" },
    };
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lh_buf_reset(&out);
        lh_refusal_add(&out, rows[i].text, LH_LANG_ZH);
        assert_string_equal(lh_buf_text(&out), rows[i].zh);
        lh_buf_reset(&out);
        lh_refusal_add(&out, rows[i].text, LH_LANG_EN);
        assert_string_equal(lh_buf_text(&out), rows[i].text);
    }
    lh_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(every_problem_of_the_node_is_known_in_chinese),
        cmocka_unit_test(the_meaning_stands_behind_the_code_and_nowhere_else),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
