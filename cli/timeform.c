#include "cli/timeform.h"

#include "crypto/base/time.h"

#include <stdio.h>
#include <string.h>

/* The parts of a time as RFC 3339 has them; what was not said is 0. */
struct parts {
    unsigned year, month, day, hour, minute, second;
    char fraction[10]; /* digits */
    char zone[8];      /* "+02:00", "Z"; "" when none is named */
};

enum { DIGITS_MAX = 9 };

static bool is_digit(const struct lh_reader *reader)
{
    return reader->rest.len > 0 && reader->rest.data[0] >= '0' && reader->rest.data[0] <= '9';
}

static unsigned read_number(struct lh_reader *reader, size_t digits)
{
    unsigned value = 0;

    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(reader)) {
            reader->failed = true;
            return 0;
        }
        value = value * 10 + (lh_read_u8(reader) - (unsigned)'0');
    }
    return value;
}

static void read_fraction(struct lh_reader *reader, struct parts *parts)
{
    size_t count = 0;

    reader->failed = reader->failed || !is_digit(reader);
    while (is_digit(reader)) {
        char digit = (char)lh_read_u8(reader);

        if (count < DIGITS_MAX) {
            parts->fraction[count++] = digit;
        }
    }
    parts->fraction[count] = '\0';
}

static bool takes(struct lh_reader *reader, char wanted)
{
    if (reader->failed || reader->rest.len == 0 || reader->rest.data[0] != (uint8_t)wanted) {
        return false;
    }
    (void)lh_read_u8(reader);
    return true;
}

static void read_zone(struct lh_reader *reader, struct parts *parts)
{
    char sign = takes(reader, '+') ? '+' : takes(reader, '-') ? '-' : '\0';
    unsigned hours;
    unsigned minutes;

    if (sign == '\0') {
        reader->failed = reader->failed || !takes(reader, 'Z');
        memcpy(parts->zone, "Z", 2);
        return;
    }
    hours = read_number(reader, 2);
    (void)takes(reader, ':');
    minutes = read_number(reader, 2);
    (void)snprintf(parts->zone, sizeof parts->zone, "%c%02u:%02u", sign, hours % 100,
                   minutes % 100);
}

static void read_directive(struct lh_reader *reader, struct parts *parts, char directive)
{
    switch (directive) {
    case 'Y':
        parts->year = read_number(reader, 4);
        return;
    case 'm':
        parts->month = read_number(reader, 2);
        return;
    case 'd':
        parts->day = read_number(reader, 2);
        return;
    case 'H':
        parts->hour = read_number(reader, 2);
        return;
    case 'M':
        parts->minute = read_number(reader, 2);
        return;
    case 'S':
        parts->second = read_number(reader, 2);
        return;
    case 'f':
        read_fraction(reader, parts);
        return;
    case 'z':
        read_zone(reader, parts);
        return;
    default:
        reader->failed = reader->failed || !takes(reader, directive);
    }
}

static void read_pattern(struct lh_reader *reader, struct parts *parts, const char *pattern)
{
    for (const char *at = pattern; *at != '\0' && !reader->failed; at++) {
        if (*at == '%' && at[1] != '\0') {
            read_directive(reader, parts, *++at);
        } else if (!takes(reader, *at)) {
            reader->failed = true;
        }
    }
}

static void read_iso(struct lh_reader *reader, struct parts *parts)
{
    read_pattern(reader, parts, "%Y-%m-%d");
    if (lh_reader_is_done(reader)) {
        return;
    }
    if (!takes(reader, ' ') && !takes(reader, 'T')) {
        reader->failed = true;
    }
    read_pattern(reader, parts, "%H:%M");
    if (takes(reader, ':')) {
        read_pattern(reader, parts, "%S");
        if (takes(reader, '.')) {
            read_fraction(reader, parts);
        }
    }
    if (!reader->failed && reader->rest.len > 0) {
        read_zone(reader, parts);
    }
}

/* The range of every part is for lh_time_parse to judge. */
static enum lh_code time_of(int64_t *out_unix_ms, const struct parts *parts, const char *zone,
                            struct lh_err *err)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u%s%s%s", parts->year,
                       parts->month, parts->day, parts->hour, parts->minute, parts->second,
                       parts->fraction[0] != '\0' ? "." : "", parts->fraction,
                       parts->zone[0] != '\0' ? parts->zone : zone);

    if (lh_time_parse(out_unix_ms, lh_bytes_of(text, (size_t)len), NULL) != LH_OK) {
        return lh_err_set(err, LH_ERR_INVALID, "no such time between 1970 and 9999");
    }
    return LH_OK;
}

static enum lh_code parse_number(int64_t *out_unix_ms, int64_t unit_ms, struct lh_bytes text,
                                 struct lh_err *err)
{
    int64_t value = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i >= 15) {
            return lh_err_set(err, LH_ERR_INVALID, "not a number of %s since 1970",
                              unit_ms == 1 ? "milliseconds" : "seconds");
        }
        value = value * 10 + (text.data[i] - '0');
    }
    *out_unix_ms = value * unit_ms;
    return LH_OK;
}

enum lh_code lh_timeform_check(const char *form, struct lh_err *err)
{
    if (strcmp(form, "iso") == 0 || strcmp(form, "unix") == 0 || strcmp(form, "unix_ms") == 0) {
        return LH_OK;
    }
    for (const char *at = form; (at = strchr(at, '%')) != NULL; at += 2) {
        if (at[1] == '\0' || strchr("YmdHMSfz%", at[1]) == NULL) {
            return lh_err_set(err, LH_ERR_INVALID,
                              "only %%Y %%m %%d %%H %%M %%S %%f %%z are known");
        }
    }
    if (strstr(form, "%Y") == NULL || strstr(form, "%m") == NULL || strstr(form, "%d") == NULL) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "want iso, unix, unix_ms, or a pattern with %%Y, %%m and %%d");
    }
    return LH_OK;
}

enum lh_code lh_timeform_parse(int64_t *out_unix_ms, const char *form, const char *zone,
                               struct lh_bytes text, struct lh_err *err)
{
    struct lh_reader reader = lh_reader_of(text);
    struct parts parts = { .year = 0 };

    if (text.len == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "no time");
    }
    if (strcmp(form, "unix") == 0) {
        return parse_number(out_unix_ms, 1000, text, err);
    }
    if (strcmp(form, "unix_ms") == 0) {
        return parse_number(out_unix_ms, 1, text, err);
    }
    if (strcmp(form, "iso") == 0) {
        read_iso(&reader, &parts);
    } else {
        read_pattern(&reader, &parts, form);
    }
    if (!lh_reader_is_done(&reader)) {
        return lh_err_set(err, LH_ERR_INVALID, "not a time of the form %s", form);
    }
    return time_of(out_unix_ms, &parts, zone, err);
}
