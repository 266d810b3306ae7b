#include "crypto/base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t MS_PER_DAY = 86400000;
static const int64_t UTC8_MS = (int64_t)8 * 3600 * 1000;
static const int64_t YEAR_10000_MS = 253402300800000;

static int64_t read_clock(clockid_t id)
{
    struct timespec now = { 0 };

    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall(void *arg)
{
    (void)arg;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_mono(void *arg)
{
    (void)arg;
    return read_clock(CLOCK_MONOTONIC);
}

struct lh_clock lh_clock_system(void)
{
    return (struct lh_clock){ .wall_unix_ms = system_wall, .mono_ms = system_mono, .arg = NULL };
}

/* Civil calendar by counting from 0000-03-01, where leap days come last (H. Hinnant). */
int64_t lh_time_days_of_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static void date_of_days(int64_t days, int *out_year, int *out_month, int *out_day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;

    *out_day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *out_month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *out_year = (int)(year_of_era + era * 400 + (*out_month <= 2));
}

static void format_with(char out[LH_TIME_TEXT_SIZE], int64_t ms, char between, const char *zone)
{
    int year;
    int month;
    int day;
    int64_t days = ms / MS_PER_DAY;
    int64_t rest = ms % MS_PER_DAY;

    if (rest < 0) {
        rest += MS_PER_DAY;
        days--;
    }
    date_of_days(days, &year, &month, &day);
    (void)snprintf(out, LH_TIME_TEXT_SIZE, "%04d-%02d-%02d%c%02d:%02d:%02d.%03d%s", year % 10000,
                   month, day, between, (int)(rest / 3600000), (int)(rest / 60000 % 60),
                   (int)(rest / 1000 % 60), (int)(rest % 1000), zone);
}

void lh_time_format_utc(char out[LH_TIME_TEXT_SIZE], int64_t unix_ms)
{
    format_with(out, unix_ms, 'T', "Z");
}

void lh_time_format_local(char out[LH_TIME_TEXT_SIZE], int64_t unix_ms)
{
    format_with(out, unix_ms + UTC8_MS, ' ', "");
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_date(int year, int month, int day)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    if (year < 1 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    return day <= days[month - 1] + (month == 2 && is_leap(year));
}

/* Exactly `count` digits; fails the reader otherwise. */
static int read_digits(struct lh_reader *reader, size_t count)
{
    int value = 0;

    for (size_t i = 0; i < count; i++) {
        uint8_t c = lh_read_u8(reader);
        if (c < '0' || c > '9') {
            reader->failed = true;
            return 0;
        }
        value = value * 10 + (c - '0');
    }
    return value;
}

static void expect_char(struct lh_reader *reader, char c)
{
    if (lh_read_u8(reader) != (uint8_t)c) {
        reader->failed = true;
    }
}

/* ".123456": milliseconds, further digits cut. */
static int read_fraction_ms(struct lh_reader *reader)
{
    int ms = 0;
    int scale = 100;
    size_t digits = 0;

    if (reader->rest.len == 0 || reader->rest.data[0] != '.') {
        return 0;
    }
    (void)lh_read_u8(reader);
    while (reader->rest.len > 0 && reader->rest.data[0] >= '0' && reader->rest.data[0] <= '9') {
        ms += (lh_read_u8(reader) - '0') * scale;
        scale /= 10;
        digits++;
    }
    if (digits == 0 || digits > 9) {
        reader->failed = true;
    }
    return ms;
}

static int read_zone_minutes(struct lh_reader *reader)
{
    uint8_t sign = lh_read_u8(reader);
    int hours;
    int minutes;

    if (sign == 'Z') {
        return 0;
    }
    hours = read_digits(reader, 2);
    expect_char(reader, ':');
    minutes = read_digits(reader, 2);
    if ((sign != '+' && sign != '-') || hours > 23 || minutes > 59) {
        reader->failed = true;
    }
    return (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
}

enum lh_code lh_time_parse(int64_t *out_unix_ms, struct lh_bytes text, struct lh_err *err)
{
    struct lh_reader reader = lh_reader_of(text);
    int year = read_digits(&reader, 4);
    int month = (expect_char(&reader, '-'), read_digits(&reader, 2));
    int day = (expect_char(&reader, '-'), read_digits(&reader, 2));
    int hour = (expect_char(&reader, 'T'), read_digits(&reader, 2));
    int minute = (expect_char(&reader, ':'), read_digits(&reader, 2));
    int second = (expect_char(&reader, ':'), read_digits(&reader, 2));
    int fraction_ms = read_fraction_ms(&reader);
    int zone_minutes = read_zone_minutes(&reader);
    int64_t ms;

    if (!lh_reader_is_done(&reader) || !is_date(year, month, day) || hour > 23 || minute > 59 ||
        second > 59) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "not a time: want RFC 3339 such as 2026-11-24T09:00:00.000Z");
    }
    ms = lh_time_days_of_date(year, month, day) * MS_PER_DAY;
    ms += ((int64_t)hour * 60 + minute - zone_minutes) * 60000;
    ms += (int64_t)second * 1000 + fraction_ms;
    if (ms < 0 || ms >= YEAR_10000_MS) {
        return lh_err_set(err, LH_ERR_INVALID, "time is before 1970 or after 9999");
    }
    *out_unix_ms = ms;
    return LH_OK;
}

uint32_t lh_time_date_utc8(int64_t unix_ms)
{
    int year;
    int month;
    int day;
    int64_t local = unix_ms + UTC8_MS;

    if (local >= YEAR_10000_MS) {
        local = YEAR_10000_MS - 1; /* the last 8 hours of 9999 */
    }
    date_of_days((local - (local < 0 ? MS_PER_DAY - 1 : 0)) / MS_PER_DAY, &year, &month, &day);
    return (uint32_t)(year * 10000 + month * 100 + day);
}

bool lh_time_is_date(uint32_t yyyymmdd)
{
    if (yyyymmdd > 99991231) {
        return false;
    }
    return is_date((int)(yyyymmdd / 10000), (int)(yyyymmdd / 100 % 100), (int)(yyyymmdd % 100));
}
