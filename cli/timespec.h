#ifndef LH_CLI_TIMESPEC_H
#define LH_CLI_TIMESPEC_H

/*
 * Points in time as people write them. What names no zone is in UTC+8.
 *
 *   2026-11-24                a day           2026-11-24 09:00[:30[.250]]   a moment
 *   2026-11-24T01:00:00Z      RFC 3339        @1764000000                   seconds since 1970
 *   09:00[:30]                today           now 现在
 *   today 今天, yesterday 昨天, day-before-yesterday 前天, tomorrow 明天
 *   this-week 本周, last-week 上周, this-month 本月, last-month 上月, this-year 今年, last-year
 * 去年 -2h, +30min, -1d, 2小时前, 3天前: from now; units s min h d w, 秒 分钟 小时 天 周
 *
 * A word or a day stands for its first moment as a beginning, and for the moment after its last as
 * an end.
 */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

enum lh_timespec_edge {
    LH_TIMESPEC_SINCE, /* inclusive */
    LH_TIMESPEC_UNTIL, /* exclusive */
};

/** LH_ERR_INVALID names the text and examples. */
enum lh_code lh_timespec_parse(int64_t *out_unix_ms, const char *text, int64_t now_unix_ms,
                               enum lh_timespec_edge edge, struct lh_err *err) LH_MUST_CHECK;

#endif
