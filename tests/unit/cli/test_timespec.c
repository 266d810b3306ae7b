#include "cli/timespec.h"
#include "crypto/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Tuesday 2026-11-24 10:30:00.000 UTC+8 */
static int64_t now(void)
{
    int64_t time = 0;

    assert_int_equal(lh_time_parse(&time, lh_bytes_of_text("2026-11-24T10:30:00.000+08:00"), NULL),
                     LH_OK);
    return time;
}

struct row {
    const char *text;
    const char *since; /* RFC 3339 */
    const char *until;
};

static const struct row rows[] = {
    { "2026-11-03", "2026-11-03T00:00:00+08:00", "2026-11-04T00:00:00+08:00" },
    { "2026-11-03 09:14", "2026-11-03T09:14:00+08:00", "2026-11-03T09:14:00+08:00" },
    { "2026-11-03 09:14:40", "2026-11-03T09:14:40+08:00", "2026-11-03T09:14:40+08:00" },
    { "2026-11-03T09:14:40.871", "2026-11-03T09:14:40.871+08:00", "2026-11-03T09:14:40.871+08:00" },
    { "2026-11-03T01:12:03.114Z", "2026-11-03T01:12:03.114Z", "2026-11-03T01:12:03.114Z" },
    { "2026-11-03T01:12:03+01:00", "2026-11-03T00:12:03Z", "2026-11-03T00:12:03Z" },
    { "@1764000000", "2025-11-24T16:00:00Z", "2025-11-24T16:00:00Z" },
    { "@1764000000.250", "2025-11-24T16:00:00.250Z", "2025-11-24T16:00:00.250Z" },
    { "09:00", "2026-11-24T09:00:00+08:00", "2026-11-24T09:00:00+08:00" },
    { "now", "2026-11-24T10:30:00+08:00", "2026-11-24T10:30:00+08:00" },
    { "today", "2026-11-24T00:00:00+08:00", "2026-11-25T00:00:00+08:00" },
    { "今天", "2026-11-24T00:00:00+08:00", "2026-11-25T00:00:00+08:00" },
    { "昨天", "2026-11-23T00:00:00+08:00", "2026-11-24T00:00:00+08:00" },
    { "yesterday", "2026-11-23T00:00:00+08:00", "2026-11-24T00:00:00+08:00" },
    { "前天", "2026-11-22T00:00:00+08:00", "2026-11-23T00:00:00+08:00" },
    { "本周", "2026-11-23T00:00:00+08:00", "2026-11-30T00:00:00+08:00" },
    { "last-week", "2026-11-16T00:00:00+08:00", "2026-11-23T00:00:00+08:00" },
    { "本月", "2026-11-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00" },
    { "上月", "2026-10-01T00:00:00+08:00", "2026-11-01T00:00:00+08:00" },
    { "去年", "2025-01-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00" },
    { "-2h", "2026-11-24T08:30:00+08:00", "2026-11-24T08:30:00+08:00" },
    { "+30min", "2026-11-24T11:00:00+08:00", "2026-11-24T11:00:00+08:00" },
    { "2小时前", "2026-11-24T08:30:00+08:00", "2026-11-24T08:30:00+08:00" },
    { "3天前", "2026-11-21T10:30:00+08:00", "2026-11-21T10:30:00+08:00" },
    { "30分钟前", "2026-11-24T10:00:00+08:00", "2026-11-24T10:00:00+08:00" },
};

static int64_t parsed(const char *text)
{
    int64_t time = -1;

    assert_int_equal(lh_time_parse(&time, lh_bytes_of_text(text), NULL), LH_OK);
    return time;
}

static void a_time_means_the_same_in_every_way_of_writing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t time = -1;

        print_message("%s\n", rows[i].text);
        assert_int_equal(lh_timespec_parse(&time, rows[i].text, now(), LH_TIMESPEC_SINCE, NULL),
                         LH_OK);
        assert_int_equal(time, parsed(rows[i].since));
        assert_int_equal(lh_timespec_parse(&time, rows[i].text, now(), LH_TIMESPEC_UNTIL, NULL),
                         LH_OK);
        assert_int_equal(time, parsed(rows[i].until));
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "2026-13-01",
        "2026-02-30",
        "2026-11-03 25:00",
        "2026/11/03",
        "11/03/2026",
        "2h",
        "-2",
        "-2y",
        "@",
        "@12.5",
        "tomorow",
        "09:00:61",
        "9",
        "2026-11-03 09:14 ",
        "3天",
        "-3天前",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct lh_err err = LH_ERR_NONE;
        int64_t time = 42;

        print_message("\"%s\"\n", texts[i]);
        assert_int_equal(lh_timespec_parse(&time, texts[i], now(), LH_TIMESPEC_SINCE, &err),
                         LH_ERR_INVALID);
        assert_int_equal(time, 42);
        assert_true(err.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(a_time_means_the_same_in_every_way_of_writing),
        cmocka_unit_test(what_is_no_time_is_refused),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
