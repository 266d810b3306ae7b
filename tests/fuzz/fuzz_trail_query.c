/* Query strings of GET /v1/trail. What is taken keeps to the bounds that the trail counts on, and
 * what is taken for a cursor of several ledgers is one. */
#include "node/trail_merge.h"
#include "node/trail_query.h"

#include "crypto/base/assert.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <sys/queue.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { QUERY_MAX = 8192 };

static void check(const struct lh_trail_query *query)
{
    lh_assert(query->limit >= 1 && query->limit <= LH_TRAIL_PAGE_MAX);
    lh_assert(query->staff_count <= LH_TRAIL_VALUES_MAX);
    lh_assert(query->case_count <= LH_TRAIL_VALUES_MAX);
    lh_assert(query->exchange_count <= LH_TRAIL_VALUES_MAX);
    lh_assert(query->item_count <= LH_TRAIL_VALUES_MAX);
    lh_assert(query->counterparty_count <= LH_TRAIL_VALUES_MAX);
    lh_assert(query->purpose_count <= LH_TRAIL_VALUES_MAX);
    lh_assert(query->type_count <= LH_TRAIL_VALUES_MAX);
    for (size_t i = 0; i < query->item_count; i++) {
        lh_assert(query->items[i][0] != '\0');
    }
}

/* Nothing is held, so a cursor is read and no row is looked for. */
static void check_cursor(const char *text)
{
    struct lh_buf next = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_merged_row rows[1];
    struct lh_trail_query query;
    struct lh_merge merge = { .query = &query, .after = text };
    size_t count = 1;
    enum lh_code rc;

    lh_trail_query_init(&query);
    query.limit = 1;
    rc = lh_merge_run(&merge, rows, &count, &next, &err);
    lh_assert(rc == LH_OK ? count == 0 && next.len == 0 : rc == LH_ERR_INVALID && err.text[0] != 0);
    lh_buf_clear(&next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[QUERY_MAX];
    static struct lh_trail_request request;
    struct lh_problem problem = LH_PROBLEM_EMPTY;
    struct evkeyvalq pairs;
    struct evkeyval *pair;

    if (size >= sizeof text) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    TAILQ_INIT(&pairs);
    if (evhttp_parse_query_str(text, &pairs) == 0) {
        lh_trail_query_init(&request.query);
        TAILQ_FOREACH(pair, &pairs, next)
        {
            if (strcmp(pair->key, "after") == 0) {
                check_cursor(pair->value);
            }
            if (!lh_trail_request_take(&request, pair->key, pair->value, &problem)) {
                lh_assert(problem.code == LH_PROBLEM_MALFORMED && problem.detail[0] != '\0');
                break;
            }
        }
        check(&request.query);
    }
    evhttp_clear_headers(&pairs);
    return 0;
}
