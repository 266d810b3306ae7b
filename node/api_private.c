/*
 * POST /v1/private/{dept}/{gen}/{index}: the private part of one entry, for an auditor under a
 * warrant that covers the entry; of one that names tokens, these are the body. Boxes stay shut
 * here: they open where the auditors' key is.
 *
 *   pool: read, decide -> committer: the ACCESS -> loop -> pool: the part -> loop: the answer
 */

#include "crypto/text.h"
#include "ledger/private.h"
#include "ledger/targets.h"
#include "ledger/tokens.h"
#include "net/json_more.h"
#include "node/access.h"

#include <stdlib.h>
#include <string.h>

struct disclosure {
    struct lh_job job; /* first: a job is a disclosure */
    struct lh_api_call *call;
    struct lh_access access;
    uint64_t index;
    lhpb_Leaf leaf;
    lhpb_Body body;
    struct lh_hash body_hash;
    struct lh_buf part;
    struct lh_tokens tokens; /* count 0: there are none */
    bool is_answered;
};

/* Restricted or erased: a problem. */
static bool check_state(struct disclosure *disclosure, struct lh_err *err)
{
    struct lh_api_call *call = disclosure->call;
    enum lh_target_state state = LH_TARGET_OPEN;
    enum lh_code rc = lh_targets_find(call->node->ledger, &disclosure->body_hash, &state, err);

    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "the entry", err);
    } else if (state == LH_TARGET_RESTRICTED) {
        lh_problem_set(&call->problem, LH_PROBLEM_RESTRICTED, "a RESTRICT names this entry");
    } else if (state == LH_TARGET_ERASED) {
        lh_problem_set(&call->problem, LH_PROBLEM_ERASED, "an ERASE names this entry");
    }
    return rc == LH_OK && state == LH_TARGET_OPEN;
}

/* The entry and its private part, which the call is about. */
static bool load(struct disclosure *disclosure, struct lh_suite *suite)
{
    struct lh_api_call *call = disclosure->call;
    const lhpb_Entry *entry = &disclosure->leaf.kind.entry;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (!lh_api_entry_name(call, call->rest, &disclosure->index)) {
        return false;
    }
    rc = lh_ledger_leaf(call->ledger, disclosure->index, &bytes, &err);
    if (rc == LH_OK) {
        rc = lh_leaf_decode(&disclosure->leaf, lh_buf_bytes(&bytes), &err);
    }
    lh_buf_clear(&bytes);
    if (rc == LH_OK && disclosure->leaf.which_kind != lhpb_Leaf_entry_tag) {
        rc = LH_ERR_NOT_FOUND;
    }
    if (rc == LH_OK) {
        struct lh_bytes body = lh_bytes_of(entry->body.bytes, entry->body.size);

        disclosure->body_hash = lh_body_hash(suite, body);
        rc = lh_body_decode(&disclosure->body, body, &err);
    }
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "an entry with a private part", &err);
        return false;
    }
    if (!check_state(disclosure, &err)) {
        return false;
    }
    rc = lh_ledger_private(call->ledger, disclosure->index, &disclosure->part, &err);
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "a private part of this entry", &err);
    }
    return rc == LH_OK;
}

static bool read_tokens(struct disclosure *disclosure)
{
    struct lh_api_call *call = disclosure->call;
    struct lh_bytes body = lh_http_body(call->http);
    struct lh_err err = LH_ERR_NONE;

    if (body.len > 0 && lh_tokens_parse(&disclosure->tokens, body, &err) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "tokens: %s", err.text);
        return false;
    }
    return true;
}

/* Is the entry about the person of the tokens? */
static bool is_about(const struct disclosure *disclosure, struct lh_suite *suite)
{
    const struct lh_tokens *tokens = &disclosure->tokens;
    struct lh_secret token = { .len = LH_TOKEN_SIZE };
    lhpb_NodePart part;
    bool is_found = false;

    if (lh_private_verify(suite, lh_buf_bytes(&disclosure->part), &disclosure->leaf.kind.entry,
                          &disclosure->body, NULL, &part, NULL) != LH_OK) {
        return false;
    }
    for (size_t i = 0; i < tokens->count && !is_found; i++) {
        memcpy(token.bytes, tokens->values[i], LH_TOKEN_SIZE);
        is_found = part.month == lh_tokens_month(tokens->first_month, i) &&
                   lh_private_matches(suite, &part, &token);
    }
    lh_secret_clear(&token);
    return is_found;
}

static bool decide(struct disclosure *disclosure, struct lh_suite *suite)
{
    struct lh_api_call *call = disclosure->call;
    bool has_tokens = disclosure->tokens.count > 0;
    struct lh_hash digest = lh_tokens_digest(suite, &disclosure->tokens);
    bool is_named = false;
    lhpb_Body warrant;

    if (!lh_access_find_warrant(&disclosure->access, &warrant, &is_named) ||
        !lh_reading_decide_entry(&disclosure->access.reading, call->client, &disclosure->body,
                                 has_tokens ? &digest : NULL,
                                 is_named ? &warrant.detail.warrant : NULL,
                                 lh_node_wall_ms(call->node), &call->problem)) {
        return false;
    }
    if (has_tokens && !is_about(disclosure, suite)) {
        lh_problem_set(&call->problem, LH_PROBLEM_AUTH_WARRANT,
                       "the entry is not about the person of these tokens");
        return false;
    }
    return true;
}

/* True: the committer has it. */
static bool begin(struct disclosure *disclosure, struct lh_worker *worker)
{
    static const char *const names[] = { "warrant", "access", "for", NULL };
    struct lh_api_call *call = disclosure->call;
    struct lh_buf text = LH_BUF_EMPTY;
    char name[LH_ORIGIN_MAX + 1];
    bool is_handed_in;

    disclosure->access.stage = LH_ACCESS_REFUSED;
    if (!lh_api_check_query(call, names) || !read_tokens(disclosure) ||
        !load(disclosure, worker->suite) || !decide(disclosure, worker->suite)) {
        return false;
    }
    lh_api_entry_text(call->ledger, disclosure->index, name);
    lh_reading_add_private(&text, name);
    disclosure->access.stage = LH_ACCESS_ASKED;
    is_handed_in = lh_access_begin(&disclosure->access, worker, lh_buf_bytes(&text));
    lh_buf_clear(&text);
    return is_handed_in;
}

/* Once more: it may have been restricted while the ACCESS was being written. */
static void answer(struct disclosure *disclosure)
{
    struct lh_api_call *call = disclosure->call;
    struct lh_json json = lh_json_of(&call->body);
    struct lh_err err = LH_ERR_NONE;
    char name[LH_ORIGIN_MAX + 1];

    if (!check_state(disclosure, &err)) {
        return;
    }
    lh_api_entry_text(call->ledger, disclosure->index, name);
    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.private/1");
    lh_json_add_string(&json, "entry", name);
    if (disclosure->access.name[0] != '\0') {
        lh_json_add_string(&json, "access", disclosure->access.name);
    } else {
        lh_json_add_null(&json, "access");
    }
    lh_json_add_base64(&json, "private", lh_buf_bytes(&disclosure->part));
    lh_json_end_object(&json);
}

static void disclosure_run(struct lh_job *job, struct lh_worker *worker)
{
    struct disclosure *disclosure = (struct disclosure *)job;

    if (disclosure->access.stage == LH_ACCESS_ASKED && begin(disclosure, worker)) {
        return;
    }
    if (disclosure->access.stage == LH_ACCESS_ALLOWED) {
        answer(disclosure);
        disclosure->is_answered = true;
    }
    lh_mailbox_post(disclosure->call->node->mailbox, job);
}

static void disclosure_done(struct lh_job *job)
{
    struct disclosure *disclosure = (struct disclosure *)job;

    lh_access_settle(&disclosure->access);
    if (disclosure->access.stage == LH_ACCESS_ALLOWED && !disclosure->is_answered) {
        lh_jobs_add(disclosure->call->node->jobs, job);
        return;
    }
    lh_api_call_finish(disclosure->call);
    lh_access_clear(&disclosure->access);
    lh_tokens_clear(&disclosure->tokens);
    lh_buf_clear(&disclosure->part);
    free(disclosure);
}

void lh_api_post_private(struct lh_api_call *call)
{
    struct disclosure *disclosure = calloc(1, sizeof *disclosure);

    if (disclosure == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        lh_api_call_finish(call);
        return;
    }
    disclosure->job.run = disclosure_run;
    disclosure->job.done = disclosure_done;
    disclosure->call = call;
    disclosure->part = (struct lh_buf)LH_BUF_EMPTY;
    disclosure->access.job = &disclosure->job;
    disclosure->access.call = call;
    lh_jobs_add(call->node->jobs, &disclosure->job);
}
