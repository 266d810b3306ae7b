#include "crypto/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void rfc3339_times_parse_to_milliseconds(void **state)
{
    static const struct {
        const char *text;
        int64_t unix_ms;
    } rows[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2000-02-29T12:00:00.5Z", 951825600500 },
        { "2026-11-24T02:58:28.123Z", 1795489108123 },
        { "2026-11-24T02:58:28.123999999Z", 1795489108123 },
        { "2026-11-24T10:58:28.123+08:00", 1795489108123 },
        { "2026-11-23T22:58:28.123-04:00", 1795489108123 },
        { "1969-12-31T23:59:59-00:01", 59000 },
        { "9999-12-31T23:59:59.999Z", 253402300799999 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t unix_ms = -1;

        assert_int_equal(lh_time_parse(&unix_ms, lh_bytes_of_text(rows[i].text), NULL), LH_OK);
        assert_true(unix_ms == rows[i].unix_ms);
    }
}

static void what_is_not_an_existing_rfc3339_time_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "2026-11-24",
        "2026-11-24 02:58:28Z",
        "2026-11-24t02:58:28Z",
        "2026-11-24T02:58:28z",
        "2026-11-24T02:58:28",
        "2026-11-24T02:58:28.Z",
        "2026-11-24T02:58:28.1234567890Z",
        "2026-11-24T02:58:28Z ",
        " 2026-11-24T02:58:28Z",
        "2026-11-24T02:58:28+0800",
        "2026-11-24T02:58:28+24:00",
        "2026-11-24T02:58:28+08:60",
        "2026-11-24T24:00:00Z",
        "2026-11-24T02:60:00Z",
        "2026-11-24T02:58:60Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00Z",
        "+026-01-01T00:00:00Z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t unix_ms = -1;
        struct lh_err err = LH_ERR_NONE;

        if (lh_time_parse(&unix_ms, lh_bytes_of_text(rows[i]), &err) != LH_ERR_INVALID) {
            fail_msg("\"%s\" was accepted", rows[i]);
        }
        assert_true(unix_ms == -1);
        assert_string_not_equal(err.text, "");
    }
}

static void formatting_is_utc_with_z_and_local_in_utc8(void **state)
{
    char text[LH_TIME_TEXT_SIZE];

    (void)state;
    lh_time_format_utc(text, 1795489108123);
    assert_string_equal(text, "2026-11-24T02:58:28.123Z");
    lh_time_format_local(text, 1795489108123);
    assert_string_equal(text, "2026-11-24 10:58:28.123");
    lh_time_format_utc(text, -1);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

static void format_then_parse_is_the_same_time(void **state)
{
    char text[LH_TIME_TEXT_SIZE];
    int64_t back = 0;

    (void)state;
    for (int64_t ms = 0; ms < 253402300800000; ms += 86400000LL * 97 + 12345677) {
        lh_time_format_utc(text, ms);
        assert_int_equal(lh_time_parse(&back, lh_bytes_of_text(text), NULL), LH_OK);
        assert_true(back == ms);
    }
}

static void days_count_the_gregorian_calendar_as_the_c_library_does(void **state)
{
    (void)state;
    for (int64_t day = 0; day < 400 * 366; day += 13) {
        time_t seconds = (time_t)(day * 86400);
        struct tm tm;

        assert_non_null(gmtime_r(&seconds, &tm));
        assert_true(lh_time_days_of_date(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) == day);
    }
}

static void the_date_changes_at_midnight_in_utc8(void **state)
{
    int64_t midnight = 0;

    (void)state;
    assert_int_equal(lh_time_parse(&midnight, lh_bytes_of_text("2026-03-01T00:00:00+08:00"), NULL),
                     LH_OK);
    assert_int_equal(lh_time_date_utc8(midnight), 20260301);
    assert_int_equal(lh_time_date_utc8(midnight - 1), 20260228);
    assert_int_equal(lh_time_date_utc8(0), 19700101);
}

static void the_last_hours_of_9999_are_of_its_last_day(void **state)
{
    int64_t midnight = 0;
    int64_t last = 0;

    (void)state;
    assert_int_equal(lh_time_parse(&midnight, lh_bytes_of_text("9999-12-31T16:00:00Z"), NULL),
                     LH_OK);
    assert_int_equal(lh_time_parse(&last, lh_bytes_of_text("9999-12-31T23:59:59.999Z"), NULL),
                     LH_OK);
    assert_int_equal(lh_time_date_utc8(midnight - 1), 99991231);
    assert_int_equal(lh_time_date_utc8(midnight), 99991231);
    assert_int_equal(lh_time_date_utc8(last), 99991231);
    assert_int_equal(lh_time_date_utc8(midnight - 86400001), 99991230);
}

static void only_dates_that_exist_are_dates(void **state)
{
    static const uint32_t exist[] = { 20240229, 20000229, 20261231, 99991231, 10101 };
    static const uint32_t not_exist[] = { 20230229, 19000229, 20260431,  20261301,  20260001,
                                          20260100, 0,        100000101, UINT32_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof exist / sizeof exist[0]; i++) {
        assert_true(lh_time_is_date(exist[i]));
    }
    for (size_t i = 0; i < sizeof not_exist / sizeof not_exist[0]; i++) {
        assert_false(lh_time_is_date(not_exist[i]));
    }
}

static void the_system_clock_tells_wall_time_and_never_goes_back(void **state)
{
    struct lh_clock clock = lh_clock_system();
    int64_t before = clock.mono_ms(clock.arg);
    int64_t wall = clock.wall_unix_ms(clock.arg);

    (void)state;
    assert_true(wall / 1000 - (int64_t)time(NULL) <= 1);
    assert_true((int64_t)time(NULL) - wall / 1000 <= 1);
    assert_true(clock.mono_ms(clock.arg) >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc3339_times_parse_to_milliseconds),
        cmocka_unit_test(what_is_not_an_existing_rfc3339_time_is_refused),
        cmocka_unit_test(formatting_is_utc_with_z_and_local_in_utc8),
        cmocka_unit_test(format_then_parse_is_the_same_time),
        cmocka_unit_test(days_count_the_gregorian_calendar_as_the_c_library_does),
        cmocka_unit_test(the_date_changes_at_midnight_in_utc8),
        cmocka_unit_test(the_last_hours_of_9999_are_of_its_last_day),
        cmocka_unit_test(only_dates_that_exist_are_dates),
        cmocka_unit_test(the_system_clock_tells_wall_time_and_never_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
