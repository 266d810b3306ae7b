#include "cli/glance.h"

#include "cli/screen.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a node says that has everything to say, of a long-lived ledger in a city with long codes. */
static const char status_text[] =
    "{\"version\":\"0.1.0\",\"department\":\"jinhua-wucheng-mzj\",\"state\":\"suspect\",\"why\":"
    "\"guard 前面 is ahead of the store by many leaves, and this goes on and on and on and on\","
    "\"origin\":\"jinhua-wucheng-district/jinhua-wucheng-mzj/12\",\"size\":9007199254740000,"
    "\"height\":9007199254740000,\"head_time\":\"2026-11-24T02:58:28.123Z\",\"uptime_ms\":UPTIME,"
    "\"recorded\":RECORDED,\"rejected\":7,\"queue\":123456,\"journal\":123456,\"clock_stepped\":"
    "true,"
    "\"disk\":{\"free\":1,\"total\":1099511627776},\"peers\":[],"
    "\"witnessing\":{\"witnesses\":9,\"needed\":6,\"cosignatures\":5,\"nominated\":"
    "9007199254740000,"
    "\"witnessed\":9007199254739000,\"final\":9007199254738000}}";

static const char peers_text[] =
    "{\"peers\":["
    "{\"department\":\"jinhua-wucheng-gaj\",\"up\":false,\"lag\":123456789,\"held\":987654321,"
    "\"behind\":12345678,\"tainted\":true,\"head\":{\"time\":\"2026-11-24T02:58:28Z\"},"
    "\"witness\":{\"declined\":{\"code\":\"never\",\"size\":0}},\"ward\":{\"declined\":"
    "{\"code\":\"not_held\",\"size\":77}},\"parted\":{\"code\":\"unreachable\"}},"
    "{\"department\":\"rsj\",\"up\":true,\"lag\":0,\"held\":1,\"behind\":0,\"tainted\":false}]}";

static int64_t at(void *arg)
{
    (void)arg;
    return 1764000000000;
}

static struct lh_glance glance_of(const char *uptime, const char *recorded, int64_t mono_ms)
{
    struct lh_glance glance = { .at_mono_ms = mono_ms, .at_unix_ms = 1764000000000 };
    struct lh_buf text = LH_BUF_EMPTY;
    const char *rest = status_text;
    const char *mark;

    while ((mark = strpbrk(rest, "UR")) != NULL) {
        bool is_uptime = strncmp(mark, "UPTIME", 6) == 0;
        bool is_recorded = strncmp(mark, "RECORDED", 8) == 0;

        lh_buf_add(&text, lh_bytes_of(rest, (size_t)(mark - rest)));
        lh_buf_add_text(&text, is_uptime ? uptime : is_recorded ? recorded : "");
        rest = mark + (is_uptime ? 6 : is_recorded ? 8 : 1);
    }
    lh_buf_add_text(&text, rest);
    glance.status = json_loads(lh_buf_text(&text), 0, NULL);
    glance.peers = json_loads(peers_text, 0, NULL);
    assert_non_null(glance.status);
    assert_non_null(glance.peers);
    lh_buf_clear(&text);
    return glance;
}

static void rates_are_of_the_time_between_two_looks(void **state)
{
    struct lh_glance none = LH_GLANCE_EMPTY;
    struct lh_glance before = glance_of("10000", "100", 5000);
    struct lh_glance now = glance_of("12000", "500", 7000);
    struct lh_glance restarted = glance_of("1000", "30", 8000);
    struct lh_rates rates = lh_glance_rates(&now, &before);

    (void)state;
    assert_int_equal(rates.over_ms, 2000);
    assert_true(rates.recorded_per_s > 199.9 && rates.recorded_per_s < 200.1);
    assert_true(rates.rejected_per_s == 0);
    rates = lh_glance_rates(&before, &none); /* since the start of the node */
    assert_int_equal(rates.over_ms, 10000);
    assert_true(rates.recorded_per_s > 9.9 && rates.recorded_per_s < 10.1);
    rates = lh_glance_rates(&restarted, &now); /* another process of it: so, too */
    assert_int_equal(rates.over_ms, 1000);
    assert_true(rates.recorded_per_s > 29.9 && rates.recorded_per_s < 30.1);
    lh_glance_clear(&before);
    lh_glance_clear(&now);
    lh_glance_clear(&restarted);
}

static void assert_fits(const struct lh_cli *cli, size_t columns)
{
    struct lh_glance before = LH_GLANCE_EMPTY;
    struct lh_glance now = glance_of("123456789012", "12345678901", 7000);
    struct lh_buf lines = LH_BUF_EMPTY;
    size_t count = 0;

    assert_int_equal(lh_glance_add_lines(&lines, cli, &now, &before, columns, NULL), LH_OK);
    for (char *line = strtok((char *)lines.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        print_message("%s\n", line);
        assert_in_range(lh_screen_width(lh_bytes_of_text(line)), 0, columns);
        assert_null(strchr(line, '\x1b'));
        count++;
    }
    assert_int_equal(count, 13); /* 5, of them 4 warnings, then peers: their number and a table */
    lh_buf_clear(&lines);
    lh_glance_clear(&now);
}

static void every_line_fits_the_screen_in_both_languages(void **state)
{
    struct lh_cli cli = { .clock = { .wall_unix_ms = at, .mono_ms = at }, .is_table = true };

    (void)state;
    for (int lang = LH_LANG_EN; lang <= LH_LANG_ZH; lang++) {
        cli.lang = (enum lh_lang)lang;
        assert_fits(&cli, 80);
        assert_fits(&cli, 132);
    }
}

static void colours_are_there_only_where_they_are_wanted(void **state)
{
    struct lh_cli cli = { .clock = { .wall_unix_ms = at, .mono_ms = at }, .has_color = true };
    struct lh_glance before = LH_GLANCE_EMPTY;
    struct lh_glance now = glance_of("1000", "10", 7000);
    struct lh_buf lines = LH_BUF_EMPTY;

    (void)state; /* every_line_fits_... looks at the other half */
    assert_int_equal(lh_glance_add_lines(&lines, &cli, &now, &before, 80, NULL), LH_OK);
    assert_non_null(strstr(lh_buf_text(&lines), "\x1b[31m!        suspect"));
    lh_buf_clear(&lines);
    lh_glance_clear(&now);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(rates_are_of_the_time_between_two_looks),
        cmocka_unit_test(every_line_fits_the_screen_in_both_languages),
        cmocka_unit_test(colours_are_there_only_where_they_are_wanted),
    };

    (void)setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(claims, NULL, NULL);
}
