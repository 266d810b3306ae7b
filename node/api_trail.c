/*
 * GET /v1/trail: who looked at what, filtered, in pages, with proofs if asked; with ledger= in the
 * ledgers of others that are held here (node/trail_copies.h). POST /v1/search: the same of one
 * person, whose tokens are the body.
 *
 *   pool: read, decide -> committer: the ACCESS -> loop -> pool: rows -> loop: the answer
 *
 * One's own trail, and later pages, go from the decision to the rows.
 */

#include "ledger/targets.h"
#include "ledger/tokens.h"
#include "ledger/trail.h"
#include "net/json_more.h"
#include "node/access.h"
#include "node/trail_copies.h"
#include "node/trail_query.h"
#include "node/trail_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A trail being read. What it leaves on record comes before its rows. */
struct trail {
    struct lh_job job; /* first: a job is a trail */
    struct lh_api_call *call;
    struct lh_trail_request request;
    const char *ledger; /* whose; NULL: the generation of our own that the call asks about */
    struct lh_access access;
    struct lh_tokens tokens; /* count 0: nobody is searched */
    struct lh_hash token_digest;
    bool is_search; /* the body holds tokens */
    bool is_answered;
};

static bool is_taken_elsewhere(const struct trail *trail, const char *name)
{
    return strcmp(name, "warrant") == 0 || strcmp(name, "access") == 0 ||
           strcmp(name, "for") == 0 || strcmp(name, "ledger") == 0 ||
           (trail->ledger != NULL && strcmp(name, "after") == 0);
}

/* spec privacy.md 8: "A person is found in the own ledger alone" */
static bool check_ledger(struct trail *trail)
{
    struct lh_api_call *call = trail->call;

    if (trail->ledger == NULL) {
        return true;
    }
    if (trail->is_search) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED,
                       "a person is found in the own ledger alone: no ledger with tokens");
    } else if (lh_http_query(call->http, "generation") != NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED,
                       "ledger has every generation: it does not go with generation");
    }
    return call->problem.code == LH_PROBLEM_NONE && lh_trail_copies_is_held(call, trail->ledger);
}

static bool read_request(struct trail *trail, struct lh_trail_request *out)
{
    struct lh_api_call *call = trail->call;
    const char *name;
    const char *value;

    lh_trail_query_init(&out->query);
    trail->ledger = lh_http_query(call->http, "ledger");
    if (!check_ledger(trail)) {
        return false;
    }
    for (size_t n = 0; lh_http_query_at(call->http, n, &name, &value); n++) {
        if (strcmp(name, "generation") == 0) {
            if (!lh_api_generation(call, value)) {
                return false;
            }
        } else if (!is_taken_elsewhere(trail, name) &&
                   !lh_trail_request_take(out, name, value, &call->problem)) {
            return false;
        }
    }
    if (out->query.newest_first && lh_http_query(call->http, "after") == NULL) {
        out->query.after = UINT64_MAX;
    }
    return true;
}

/* ---- rows --------------------------------------------------------------------------------------
 */

static enum lh_code add_proof(struct lh_json *json, struct lh_ledger *ledger,
                              struct lh_suite *suite, uint64_t index, uint64_t size,
                              struct lh_err *err)
{
    struct lh_tree_source nodes = lh_ledger_nodes(ledger);
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_proof proof;
    enum lh_code rc = lh_ledger_leaf(ledger, index, &leaf, err);

    if (rc == LH_OK) {
        rc = lh_tree_prove_inclusion(suite, &proof, &nodes, index, size, err);
    }
    if (rc == LH_OK) {
        lh_trail_row_add_proof(json, lh_buf_bytes(&leaf), &proof);
    }
    lh_buf_clear(&leaf);
    return rc;
}

/* A page as the ledger was at `size`; rows of later blocks wait for the next page. */
struct page {
    uint64_t size;
    struct lh_buf checkpoint;
    struct lh_row *rows;
    size_t count;
    size_t withheld; /* of a search */
    uint64_t next;
    bool has_more;
};

static void cut_later_rows(struct page *page, bool newest_first)
{
    size_t kept = 0;

    for (size_t i = 0; i < page->count; i++) {
        if (page->rows[i].index < page->size) {
            page->rows[kept++] = page->rows[i];
        } else if (!newest_first && !page->has_more) {
            page->has_more = true;
            page->next = page->rows[i].index;
        } else if (!newest_first && page->rows[i].index < page->next) {
            page->next = page->rows[i].index;
        }
    }
    page->count = kept;
}

static enum lh_code write_page(const struct trail *trail, struct lh_worker *worker,
                               const struct page *page, struct lh_err *err)
{
    struct lh_api_call *call = trail->call;
    struct lh_json json = lh_json_of(&call->body);
    enum lh_code rc = LH_OK;
    char next[24];

    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.trail/1");
    lh_json_add_string(&json, "origin", lh_ledger_origin(call->ledger));
    lh_json_add_u64(&json, "size", page->size);
    lh_json_add_own_text(&json, "checkpoint", lh_buf_bytes(&page->checkpoint));
    if (trail->access.name[0] != '\0') {
        lh_json_add_string(&json, "access", trail->access.name);
    } else {
        lh_json_add_null(&json, "access");
    }
    lh_json_begin_array(&json, "items");
    for (size_t i = 0; rc == LH_OK && i < page->count; i++) {
        char name[LH_ORIGIN_MAX + 1];

        lh_api_entry_text(call->ledger, page->rows[i].index, name);
        lh_json_begin_object(&json, NULL);
        lh_trail_row_add(&json, name, &page->rows[i],
                         lh_reading_shows_staff(&trail->access.reading));
        if (trail->request.with_proofs) {
            rc =
                add_proof(&json, call->ledger, worker->suite, page->rows[i].index, page->size, err);
        }
        lh_json_end_object(&json);
    }
    lh_json_end_array(&json);
    if (page->has_more) {
        (void)snprintf(next, sizeof next, "%" PRIu64, page->next);
        lh_json_add_string(&json, "next", next);
    } else {
        lh_json_add_null(&json, "next");
    }
    if (trail->is_search) {
        lh_json_add_u64(&json, "withheld", page->withheld);
    }
    /* That no row was left out is for a replica to claim that verified every leaf. */
    lh_json_add_bool(&json, "complete", false);
    lh_json_end_object(&json);
    return rc;
}

/* What a supervisor is not shown is left out; the cursor goes past it. */
static void cut_hidden_rows(const struct trail *trail, struct page *page)
{
    size_t kept = 0;

    for (size_t i = 0; i < page->count; i++) {
        if (lh_reading_shows(&trail->access.reading, trail->call->client, &page->rows[i])) {
            page->rows[kept++] = page->rows[i];
        }
    }
    page->count = kept;
}

/* spec privacy.md 6: "A search shows no row of an entry that a RESTRICT or an ERASE names, and says
 * how many of a page it withholds." */
static enum lh_code withhold_rows(const struct trail *trail, struct lh_worker *worker,
                                  struct page *page, struct lh_err *err)
{
    struct lh_api_call *call = trail->call;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;
    size_t kept = 0;

    for (size_t i = 0; rc == LH_OK && i < page->count; i++) {
        enum lh_target_state state = LH_TARGET_OPEN;
        lhpb_Leaf leaf;

        lh_buf_reset(&bytes);
        rc = lh_ledger_leaf(call->ledger, page->rows[i].index, &bytes, err);
        if (rc == LH_OK) {
            rc = lh_leaf_decode(&leaf, lh_buf_bytes(&bytes), err);
        }
        if (rc == LH_OK) {
            const lhpb_Entry *entry = &leaf.kind.entry;
            struct lh_hash hash =
                lh_body_hash(worker->suite, lh_bytes_of(entry->body.bytes, entry->body.size));

            rc = lh_targets_find(call->node->ledger, &hash, &state, err);
        }
        if (state == LH_TARGET_OPEN) {
            page->rows[kept++] = page->rows[i];
        }
    }
    page->withheld = page->count - kept;
    page->count = kept;
    lh_buf_clear(&bytes);
    return rc;
}

static void answer(struct trail *trail, struct lh_worker *worker)
{
    const struct lh_trail_query *query = &trail->request.query;
    struct page page = { .checkpoint = LH_BUF_EMPTY };
    struct lh_api_call *call = trail->call;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (trail->ledger != NULL) {
        struct lh_trail_copies_question question = { .ledger = trail->ledger,
                                                     .after = lh_http_query(call->http, "after"),
                                                     .request = &trail->request,
                                                     .access = &trail->access };

        lh_trail_copies_answer(call, worker, &question);
        return;
    }
    if (!lh_api_head(call, &page.size, &page.checkpoint)) {
        goto out;
    }
    page.rows = calloc(query->limit, sizeof *page.rows);
    if (page.rows == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        goto out;
    }
    rc = lh_trail_run(call->ledger, query, 0, page.rows, &page.count, &page.next, &page.has_more,
                      &err);
    if (rc == LH_OK) {
        cut_later_rows(&page, query->newest_first);
        cut_hidden_rows(trail, &page);
    }
    if (rc == LH_OK && trail->is_search) {
        rc = withhold_rows(trail, worker, &page, &err);
    }
    if (rc == LH_OK) {
        rc = write_page(trail, worker, &page, &err);
    }
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "the trail", &err);
    }
out:
    free(page.rows);
    lh_buf_clear(&page.checkpoint);
}

/* ---- the way of a trail -----------------------------------------------------------------------
 */

/* Of a search: whom it is for. */
static bool read_tokens(struct trail *trail, struct lh_suite *suite)
{
    struct lh_api_call *call = trail->call;
    struct lh_err err = LH_ERR_NONE;

    if (!trail->is_search) {
        return true;
    }
    if (lh_tokens_parse(&trail->tokens, lh_http_body(call->http), &err) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "tokens: %s", err.text);
        return false;
    }
    trail->token_digest = lh_tokens_digest(suite, &trail->tokens);
    trail->request.query.token_count = trail->tokens.count;
    trail->request.query.tokens = (const uint8_t(*)[LH_TOKEN_SIZE])trail->tokens.values;
    return true;
}

static bool decide(struct trail *trail, const struct lh_hash *token_digest,
                   const lhpb_Warrant *warrant)
{
    struct lh_api_call *call = trail->call;
    const struct lh_trail_query *query = &trail->request.query;
    int64_t now_unix_ms = lh_node_wall_ms(call->node);

    if (trail->ledger != NULL && lh_trail_copies_is_of_others(call, trail->ledger)) {
        return lh_reading_decide_others(&trail->access.reading, call->client, query, warrant,
                                        now_unix_ms, &call->problem);
    }
    return lh_reading_decide(&trail->access.reading, call->client, query, token_digest, warrant,
                             now_unix_ms, &call->problem);
}

/* In the pool: what was asked is decided, and written down where it leaves an entry. True: the
 * committer has it. */
static bool begin(struct trail *trail, struct lh_worker *worker)
{
    struct lh_api_call *call = trail->call;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    bool is_named = false;
    const struct lh_hash *digest = trail->is_search ? &trail->token_digest : NULL;
    bool is_handed_in = false;
    lhpb_Body warrant;

    trail->access.stage = LH_ACCESS_REFUSED;
    if (!read_request(trail, &trail->request) || !read_tokens(trail, worker->suite) ||
        !lh_access_find_warrant(&trail->access, &warrant, &is_named) ||
        !decide(trail, digest, is_named ? &warrant.detail.warrant : NULL)) {
        return false;
    }
    if (trail->request.with_proofs && !lh_reading_shows_staff(&trail->access.reading)) {
        lh_problem_set(&call->problem, LH_PROBLEM_AUTH_ROLE,
                       "a leaf names staff: to a citizen an entry is proven by its receipt");
        return false;
    }
    lh_reading_add_scope(&text, trail->ledger, lh_ledger_generation(call->ledger));
    lh_reading_add_query(&text, &trail->request.query, digest);
    if (lh_buf_check(&text, &err) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "%s", err.text);
    } else {
        trail->access.stage = LH_ACCESS_ASKED;
        is_handed_in = lh_access_begin(&trail->access, worker, lh_buf_bytes(&text));
    }
    lh_buf_clear(&text);
    return is_handed_in;
}

static void trail_run(struct lh_job *job, struct lh_worker *worker)
{
    struct trail *trail = (struct trail *)job;

    if (trail->access.stage == LH_ACCESS_ASKED && begin(trail, worker)) {
        return;
    }
    if (trail->access.stage == LH_ACCESS_ALLOWED) {
        answer(trail, worker);
        trail->is_answered = true;
    }
    lh_mailbox_post(trail->call->node->mailbox, job);
}

static void trail_done(struct lh_job *job)
{
    struct trail *trail = (struct trail *)job;

    lh_access_settle(&trail->access);
    if (trail->access.stage == LH_ACCESS_ALLOWED && !trail->is_answered) {
        lh_jobs_add(trail->call->node->jobs, job);
        return;
    }
    lh_api_call_finish(trail->call);
    lh_access_clear(&trail->access);
    lh_tokens_clear(&trail->tokens);
    free(trail);
}

static void start(LH_TAKES struct lh_api_call *call, bool is_search)
{
    struct trail *trail = calloc(1, sizeof *trail);

    if (trail == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        lh_api_call_finish(call);
        return;
    }
    trail->job.run = trail_run;
    trail->job.done = trail_done;
    trail->call = call;
    trail->is_search = is_search;
    trail->access.job = &trail->job;
    trail->access.call = call;
    lh_jobs_add(call->node->jobs, &trail->job);
}

void lh_api_get_trail(struct lh_api_call *call)
{
    start(call, false);
}

void lh_api_post_search(struct lh_api_call *call)
{
    const char *type = lh_http_header(call->http, "Content-Type");

    if (type == NULL || strcmp(type, LH_TOKENS_MEDIA) != 0) {
        lh_problem_set(&call->problem, LH_PROBLEM_MEDIA_TYPE, "wants " LH_TOKENS_MEDIA);
        lh_api_call_finish(call);
        return;
    }
    start(call, true);
}
