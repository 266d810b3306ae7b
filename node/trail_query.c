#include "node/trail_query.h"

#include "crypto/base/time.h"
#include "crypto/text.h"

#include <stdio.h>
#include <string.h>

static bool refuse_value(struct lh_problem *problem, const char *name, const char *wish)
{
    lh_problem_set(problem, LH_PROBLEM_MALFORMED, "%s wants %s", name, wish);
    return false;
}

static bool take_hex(struct lh_problem *problem, const char *name, const char *value, uint8_t *list,
                     size_t size, size_t *count)
{
    char wish[48];

    if (*count == LH_TRAIL_VALUES_MAX) {
        return refuse_value(problem, name, "at most 16 values");
    }
    if (lh_hex_parse(list + *count * size, size, lh_bytes_of_text(value), NULL) != LH_OK) {
        (void)snprintf(wish, sizeof wish, "%zu hex digits", 2 * size);
        return refuse_value(problem, name, wish);
    }
    (*count)++;
    return true;
}

static bool take_text(struct lh_problem *problem, const char *name, const char *value, char *list,
                      size_t size, size_t *count)
{
    char wish[48];

    if (*count == LH_TRAIL_VALUES_MAX) {
        return refuse_value(problem, name, "at most 16 values");
    }
    if (value[0] == '\0' || strlen(value) >= size) {
        (void)snprintf(wish, sizeof wish, "1 to %zu bytes", size - 1);
        return refuse_value(problem, name, wish);
    }
    (void)snprintf(list + *count * size, size, "%s", value);
    (*count)++;
    return true;
}

static bool take_type(struct lh_problem *problem, struct lh_trail_query *query, const char *value)
{
    if (query->type_count == LH_TRAIL_VALUES_MAX) {
        return refuse_value(problem, "type", "at most 16 values");
    }
    if (lh_entry_type_parse(&query->types[query->type_count], lh_bytes_of_text(value), NULL) !=
        LH_OK) {
        return refuse_value(problem, "type", "the name of an entry type");
    }
    query->type_count++;
    return true;
}

static bool take_time(struct lh_problem *problem, const char *name, const char *value, int64_t *out)
{
    if (lh_time_parse(out, lh_bytes_of_text(value), NULL) != LH_OK) {
        return refuse_value(problem, name, "a time as 2026-11-24T09:00:00Z");
    }
    return true;
}

static bool take_choice(struct lh_problem *problem, const char *name, const char *value,
                        const char *off, const char *on, bool *out)
{
    char wish[48];

    if (strcmp(value, off) == 0 || strcmp(value, on) == 0) {
        *out = strcmp(value, on) == 0;
        return true;
    }
    (void)snprintf(wish, sizeof wish, "%s or %s", off, on);
    return refuse_value(problem, name, wish);
}

static bool take_limit(struct lh_problem *problem, struct lh_trail_query *query, const char *value)
{
    uint64_t limit;

    if (lh_decimal_parse(&limit, lh_bytes_of_text(value), NULL) != LH_OK || limit < 1 ||
        limit > LH_TRAIL_PAGE_MAX) {
        return refuse_value(problem, "limit", "1 to 1000");
    }
    query->limit = (size_t)limit;
    return true;
}

static bool take_cursor(struct lh_problem *problem, struct lh_trail_query *query, const char *value)
{
    if (lh_decimal_parse(&query->after, lh_bytes_of_text(value), NULL) != LH_OK) {
        return refuse_value(problem, "after", "the `next` of the page before");
    }
    return true;
}

bool lh_trail_request_take(struct lh_trail_request *out, const char *name, const char *value,
                           struct lh_problem *problem)
{
    struct lh_trail_query *query = &out->query;

    if (strcmp(name, "staff") == 0) {
        return take_hex(problem, name, value, query->staff[0], sizeof query->staff[0],
                        &query->staff_count);
    }
    if (strcmp(name, "case") == 0) {
        return take_hex(problem, name, value, query->cases[0], sizeof query->cases[0],
                        &query->case_count);
    }
    if (strcmp(name, "exchange") == 0) {
        return take_hex(problem, name, value, query->exchanges[0], sizeof query->exchanges[0],
                        &query->exchange_count);
    }
    if (strcmp(name, "item") == 0) {
        return take_text(problem, name, value, query->items[0], sizeof query->items[0],
                         &query->item_count);
    }
    if (strcmp(name, "counterparty") == 0) {
        return take_text(problem, name, value, query->counterparties[0],
                         sizeof query->counterparties[0], &query->counterparty_count);
    }
    if (strcmp(name, "purpose") == 0) {
        return take_text(problem, name, value, query->purposes[0], sizeof query->purposes[0],
                         &query->purpose_count);
    }
    if (strcmp(name, "type") == 0) {
        return take_type(problem, query, value);
    }
    if (strcmp(name, "since") == 0) {
        return take_time(problem, name, value, &query->since_unix_ms);
    }
    if (strcmp(name, "until") == 0) {
        return take_time(problem, name, value, &query->until_unix_ms);
    }
    if (strcmp(name, "by") == 0) {
        return take_choice(problem, name, value, "event", "recorded", &query->by_recorded);
    }
    if (strcmp(name, "order") == 0) {
        return take_choice(problem, name, value, "asc", "desc", &query->newest_first);
    }
    if (strcmp(name, "proof") == 0) {
        return take_choice(problem, name, value, "0", "1", &out->with_proofs);
    }
    if (strcmp(name, "limit") == 0) {
        return take_limit(problem, query, value);
    }
    if (strcmp(name, "after") == 0) {
        return take_cursor(problem, query, value);
    }
    lh_problem_set(problem, LH_PROBLEM_MALFORMED,
                   "unknown parameter: there are staff, case, exchange, item, counterparty, "
                   "purpose, type, since, until, by, order, proof, limit, after, ledger");
    return false;
}
