#ifndef LH_BASE_TIME_H
#define LH_BASE_TIME_H

/*
 * Wall time is int64_t milliseconds since 1970 UTC, in names ending _unix_ms. Civil dates
 * (office hours, due dates) are judged in fixed UTC+8, whatever the machine's zone. Clocks are
 * handed in, so that a test can replay a whole network from one seed.
 */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

struct lh_clock {
    int64_t (*wall_unix_ms)(void *arg);
    int64_t (*mono_ms)(void *arg);
    void *arg;
};

/** The machine's clocks. */
struct lh_clock lh_clock_system(void);

enum { LH_TIME_TEXT_SIZE = 32 };

/** "2026-11-24T02:58:28.123Z". */
void lh_time_format_utc(char out[LH_TIME_TEXT_SIZE], int64_t unix_ms);
/** "2026-11-24 10:58:28.123" in fixed UTC+8, for people. */
void lh_time_format_local(char out[LH_TIME_TEXT_SIZE], int64_t unix_ms);
/**
 * Parse RFC 3339 strictly: date, 'T', time, optional fraction of 1-9 digits (cut to ms), 'Z' or
 * +hh:mm / -hh:mm. Returns LH_ERR_INVALID otherwise, also for dates that do not exist and for
 * times before 1970 or after 9999.
 */
enum lh_code lh_time_parse(int64_t *out_unix_ms, struct lh_bytes text,
                           struct lh_err *err) LH_MUST_CHECK;

/** Days since 1970-01-01 of a civil date; the date must exist. */
int64_t lh_time_days_of_date(int year, int month, int day);
/** yyyymmdd in fixed UTC+8, of a time before the year 10000. What UTC+8 already counts to the year
 * 10000 is of the last day of 9999: no date has nine digits. */
uint32_t lh_time_date_utc8(int64_t unix_ms);
/** yyyymmdd names a date that exists. */
bool lh_time_is_date(uint32_t yyyymmdd);

#endif
