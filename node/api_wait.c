/* ?wait=LEVEL: an answer that leaves when a level is reached, or when its time is over. */

#include "node/api_internal.h"

/* ---- the question ---- */

static bool read_level(struct lh_api_call *call)
{
    const char *text = lh_http_query(call->http, "wait");
    struct lh_err err = LH_ERR_NONE;

    call->wait.wanted = LH_LEVEL_RECORDED;
    if (text == NULL) {
        return true;
    }
    if (lh_level_parse(&call->wait.wanted, lh_bytes_of_text(text), &err) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "wait: %s", err.text);
        return false;
    }
    if (!lh_levels_can_reach(call->node->levels, call->wait.wanted)) {
        lh_problem_set(&call->problem, LH_PROBLEM_LEVEL_UNREACHABLE,
                       "no head of a network of %zu is ever %s",
                       lh_genesis_count(call->node->genesis), lh_level_name(call->wait.wanted));
        return false;
    }
    return true;
}

bool lh_api_query_wait(struct lh_api_call *call)
{
    uint64_t most_ms = call->config->request_timeout_ms;
    uint64_t wait_ms = most_ms;

    if (call->wait.is_read) {
        return true; /* it looks again */
    }
    call->wait.is_read = true;
    if (!read_level(call) || !lh_api_query_u64(call, "wait_ms", &wait_ms)) {
        return false;
    }
    if (wait_ms > most_ms) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED,
                       "wait_ms: at most %llu, as timeout.request says",
                       (unsigned long long)most_ms);
        return false;
    }
    call->wait.is_asked = lh_http_query(call->http, "wait") != NULL;
    call->wait.waiting.deadline_mono_ms = lh_node_mono_ms(call->node) + (int64_t)wait_ms;
    return true;
}

/* ---- the wait ---- */

void lh_api_wait_look(struct lh_api_call *call)
{
    call->wait.waiting.seen_count = lh_levels_seen(call->node->levels);
}

bool lh_api_wait_more(struct lh_api_call *call)
{
    struct lh_api_wait *wait = &call->wait;

    return call->problem.code == LH_PROBLEM_NONE && !wait->is_over &&
           wait->reached < wait->wanted && wait->reached >= LH_LEVEL_SEALED &&
           lh_levels_can_rise(call->node->levels) &&
           lh_levels_wait(call->node->levels, &wait->waiting);
}
