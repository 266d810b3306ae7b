#ifndef LH_CLI_QUERY_H
#define LH_CLI_QUERY_H

/*
 * The filters of a trail: read from options, written as a query, and applied again to what comes
 * back. Different filters combine with AND, several values of one with OR. A value behind '!' is
 * one that a row must not have; the node is not asked for that, it is seen to here, on rows that
 * are proven.
 */

#include "cli/cli.h"
#include "ledger/row.h"

enum { LH_QUERY_VALUES_MAX = 16 };

struct lh_query {
    const struct lh_args *args;
    int64_t since_unix_ms; /* inclusive; INT64_MIN: open */
    int64_t until_unix_ms; /* exclusive; INT64_MAX: open */
    bool by_recorded;      /* which time the limits mean */
};

/** Options of every verb that takes filters: put them into the verb's list. */
#define LH_QUERY_FILTERS                                                                           \
    { "staff", 's', "HEX", { "by this staff member", "工作人员代号" } },                           \
        { "case", 'c', "HEX", { "of this case", "办件号" } },                                      \
        { "item", 'i', "CODE", { "about this item", "数据项代码" } },                              \
        { "exchange", 'x', "HEX", { "of this exchange", "交换号" } },                              \
        { "counterparty", 0, "DEPT", { "with this department", "对方部门" } },                     \
        { "purpose", 0, "CODE", { "for this purpose", "目的代码" } },                              \
        { "type", 't', "TYPE", { "of this type: QUERY, USE, ...", "条目类型: QUERY, USE 等" } },   \
        { "since", 'S', "TIME", { "from then on", "起始时间 (含)" } },                             \
        { "for", 0, "CODE", { "why you read: stands in the ACCESS", "查阅目的, 记入查阅条目" } },  \
        { "warrant",                                                                               \
          0,                                                                                       \
          "ENTRY",                                                                                 \
          { "as an auditor, under this WARRANT", "审计人员所依据的审计授权条目" } },               \
    {                                                                                              \
        "until", 'U', "TIME",                                                                      \
        {                                                                                          \
            "before then", "截止时间 (不含)"                                                 \
        }                                                                                          \
    }
/** The same, and which time the limits mean. */
#define LH_QUERY_OPTIONS                                                                           \
    LH_QUERY_FILTERS,                                                                              \
    {                                                                                              \
        "clock", 0, "CLOCK",                                                                       \
        {                                                                                          \
            "event (default) or recorded time", "按 event (默认) 或 recorded 时间"           \
        }                                                                                          \
    }

/** Read the options; times are relative to now. LH_ERR_INVALID. */
enum lh_code lh_query_init(struct lh_query *query, const struct lh_cli *cli,
                           struct lh_err *err) LH_MUST_CHECK;
/** Append "staff=...&since=..." (nothing when there is no filter; otherwise a final '&'). */
void lh_query_add(struct lh_buf *out, const struct lh_query *query);
/** Is this row one that the node was asked for? */
bool lh_query_matches(const struct lh_query *query, const struct lh_row *row);
/** Does it have a value that was excluded with '!'? */
bool lh_query_excludes(const struct lh_query *query, const struct lh_row *row);
/** Is anything excluded at all? */
bool lh_query_has_exclusions(const struct lh_query *query);
/** Say on stderr which interval is meant, with its zone. */
void lh_query_tell(const struct lh_query *query, const struct lh_cli *cli);

#endif
