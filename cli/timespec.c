#include "cli/timespec.h"

#include "crypto/base/time.h"

#include <string.h>

#define SECOND_MS ((int64_t)1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define ZONE_MS (8 * HOUR_MS)

/* From `since` up to, not including, `until`. */
struct span {
    int64_t since;
    int64_t until;
};

static int64_t day_start(int year, int month, int day)
{
    return lh_time_days_of_date(year, month, day) * DAY_MS - ZONE_MS;
}

struct date {
    int year;
    int month;
    int day;
};

static struct date date_of(int64_t unix_ms)
{
    uint32_t date = lh_time_date_utc8(unix_ms);

    return (struct date){ .year = (int)(date / 10000),
                          .month = (int)(date / 100 % 100),
                          .day = (int)(date % 100) };
}

static int64_t today_start(int64_t now)
{
    struct date today = date_of(now);

    return day_start(today.year, today.month, today.day);
}

static struct span month_span(struct date date)
{
    bool is_december = date.month == 12;

    return (struct span){ .since = day_start(date.year, date.month, 1),
                          .until = day_start(is_december ? date.year + 1 : date.year,
                                             is_december ? 1 : date.month + 1, 1) };
}

/* ---- words ---- */

enum period { PERIOD_NOW, PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_YEAR };

struct word {
    const char *en;
    const char *zh;
    enum period period;
    int offset; /* in periods */
};

static const struct word words[] = {
    { "now", "现在", PERIOD_NOW, 0 },           { "today", "今天", PERIOD_DAY, 0 },
    { "yesterday", "昨天", PERIOD_DAY, -1 },    { "day-before-yesterday", "前天", PERIOD_DAY, -2 },
    { "tomorrow", "明天", PERIOD_DAY, 1 },      { "this-week", "本周", PERIOD_WEEK, 0 },
    { "last-week", "上周", PERIOD_WEEK, -1 },   { "this-month", "本月", PERIOD_MONTH, 0 },
    { "last-month", "上月", PERIOD_MONTH, -1 }, { "this-year", "今年", PERIOD_YEAR, 0 },
    { "last-year", "去年", PERIOD_YEAR, -1 },
};

static struct span span_of_word(const struct word *word, int64_t now)
{
    int64_t today = today_start(now);
    struct date date = date_of(now);
    struct span span = { .since = now, .until = now };

    switch (word->period) {
    case PERIOD_NOW:
        break;
    case PERIOD_DAY:
        span.since = today + word->offset * DAY_MS;
        span.until = span.since + DAY_MS;
        break;
    case PERIOD_WEEK: { /* begins on Monday; 1970-01-01 was a Thursday */
        int64_t weekday = ((today + ZONE_MS) / DAY_MS + 3) % 7;

        span.since = today - weekday * DAY_MS + word->offset * 7 * DAY_MS;
        span.until = span.since + 7 * DAY_MS;
        break;
    }
    case PERIOD_MONTH:
        if (word->offset < 0) {
            date = date_of(day_start(date.year, date.month, 1) - DAY_MS);
        }
        span = month_span(date);
        break;
    case PERIOD_YEAR:
        date.year += word->offset;
        span.since = day_start(date.year, 1, 1);
        span.until = day_start(date.year + 1, 1, 1);
        break;
    }
    return span;
}

static bool parse_word(struct span *out, const char *text, int64_t now)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i].en) == 0 || strcmp(text, words[i].zh) == 0) {
            *out = span_of_word(&words[i], now);
            return true;
        }
    }
    return false;
}

/* ---- numbers ---- */

/* `min` to `max` digits; false without moving otherwise. */
static bool take_number(const char **at, size_t min, size_t max, int64_t *out)
{
    const char *start = *at;
    int64_t value = 0;
    size_t count = 0;

    while (count < max && start[count] >= '0' && start[count] <= '9') {
        value = value * 10 + (start[count] - '0');
        count++;
    }
    if (count < min) {
        return false;
    }
    *at += count;
    *out = value;
    return true;
}

static bool take_char(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

struct unit {
    const char *name;
    int64_t ms;
};

static const struct unit units[] = {
    { "s", SECOND_MS },   { "sec", SECOND_MS }, { "秒", SECOND_MS },   { "m", MINUTE_MS },
    { "min", MINUTE_MS }, { "分", MINUTE_MS },  { "分钟", MINUTE_MS }, { "h", HOUR_MS },
    { "小时", HOUR_MS },  { "时", HOUR_MS },    { "d", DAY_MS },       { "天", DAY_MS },
    { "日", DAY_MS },     { "w", 7 * DAY_MS },  { "周", 7 * DAY_MS },
};

/* "-2h", "+30min", "2小时前", "3天后". */
static bool parse_distance(struct span *out, const char *text, int64_t now)
{
    int64_t sign = text[0] == '-' ? -1 : 1;
    bool is_signed = text[0] == '-' || text[0] == '+';
    const char *at = is_signed ? text + 1 : text;
    int64_t count;

    if (!take_number(&at, 1, 7, &count)) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t len = strlen(units[i].name);
        const char *rest = at + len;

        if (strncmp(at, units[i].name, len) != 0) {
            continue;
        }
        if (!is_signed && strcmp(rest, "前") == 0) {
            sign = -1;
        } else if (is_signed ? rest[0] != '\0' : strcmp(rest, "后") != 0) {
            continue;
        }
        out->since = now + sign * count * units[i].ms;
        out->until = out->since;
        return true;
    }
    return false;
}

static bool parse_epoch(struct span *out, const char *text)
{
    int64_t seconds;
    int64_t ms = 0;

    if (!take_char(&text, '@') || !take_number(&text, 1, 11, &seconds)) {
        return false;
    }
    if (take_char(&text, '.') && !take_number(&text, 3, 3, &ms)) {
        return false;
    }
    out->since = seconds * SECOND_MS + ms;
    out->until = out->since;
    return *text == '\0';
}

/* "09:00", "09:00:30", "09:00:30.250" to the end of the text. */
static bool parse_clock(int64_t *out_ms, const char *at)
{
    int64_t hour;
    int64_t minute;
    int64_t second = 0;
    int64_t ms = 0;

    if (!take_number(&at, 1, 2, &hour) || !take_char(&at, ':') ||
        !take_number(&at, 2, 2, &minute)) {
        return false;
    }
    if (take_char(&at, ':') && !take_number(&at, 2, 2, &second)) {
        return false;
    }
    if (take_char(&at, '.') && !take_number(&at, 3, 3, &ms)) {
        return false;
    }
    *out_ms = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + ms;
    return *at == '\0' && hour < 24 && minute < 60 && second < 60;
}

static bool parse_date(struct span *out, const char *text)
{
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t clock;

    if (!take_number(&text, 4, 4, &year) || !take_char(&text, '-') ||
        !take_number(&text, 1, 2, &month) || !take_char(&text, '-') ||
        !take_number(&text, 1, 2, &day)) {
        return false;
    }
    if (year < 1970 || !lh_time_is_date((uint32_t)(year * 10000 + month * 100 + day))) {
        return false;
    }
    out->since = day_start((int)year, (int)month, (int)day);
    if (*text == '\0') {
        out->until = out->since + DAY_MS;
        return true;
    }
    if ((!take_char(&text, ' ') && !take_char(&text, 'T')) || !parse_clock(&clock, text)) {
        return false;
    }
    out->since += clock;
    out->until = out->since;
    return true;
}

static bool parse_today(struct span *out, const char *text, int64_t now)
{
    int64_t clock;

    if (!parse_clock(&clock, text)) {
        return false;
    }
    out->since = today_start(now) + clock;
    out->until = out->since;
    return true;
}

static bool parse_rfc3339(struct span *out, const char *text)
{
    if (lh_time_parse(&out->since, lh_bytes_of_text(text), NULL) != LH_OK) {
        return false;
    }
    out->until = out->since;
    return true;
}

enum lh_code lh_timespec_parse(int64_t *out_unix_ms, const char *text, int64_t now_unix_ms,
                               enum lh_timespec_edge edge, struct lh_err *err)
{
    struct span span;

    if (!parse_word(&span, text, now_unix_ms) && !parse_epoch(&span, text) &&
        !parse_date(&span, text) && !parse_rfc3339(&span, text) &&
        !parse_today(&span, text, now_unix_ms) && !parse_distance(&span, text, now_unix_ms)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "\"%s\" is no time: write 2026-11-24, \"2026-11-24 09:00\", yesterday, "
                          "-2h, @1764000000, 今天, 上月 or 3天前",
                          text);
    }
    *out_unix_ms = edge == LH_TIMESPEC_SINCE ? span.since : span.until;
    return LH_OK;
}
