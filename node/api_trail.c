/*
 * GET /v1/trail: who looked at what, filtered, in pages, with proofs if asked. POST /v1/search: the
 * same of one person, whose tokens are the body.
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
#include "node/trail_query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A trail being read. What it leaves on record comes before its rows. */
struct trail {
    struct lh_job job; /* first: a job is a trail */
    struct lh_api_call *call;
    struct lh_trail_request request;
    struct lh_access access;
    struct lh_tokens tokens; /* count 0: nobody is searched */
    struct lh_hash token_digest;
    bool is_search; /* the body holds tokens */
    bool is_answered;
};

static bool read_request(struct lh_api_call *call, struct lh_trail_request *out)
{
    const char *name;
    const char *value;

    lh_trail_query_init(&out->query);
    for (size_t n = 0; lh_http_query_at(call->http, n, &name, &value); n++) {
        if (strcmp(name, "generation") == 0) {
            if (!lh_api_generation(call, value)) {
                return false;
            }
        } else if (strcmp(name, "warrant") != 0 && strcmp(name, "access") != 0 &&
                   strcmp(name, "for") != 0 &&
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

static const char *outcome_name(lhpb_Outcome outcome)
{
    static const char *const names[] = {
        [lhpb_Outcome_OUTCOME_UNSPECIFIED] = NULL,
        [lhpb_Outcome_HIT] = "HIT",
        [lhpb_Outcome_NONE] = "NONE",
        [lhpb_Outcome_DENIED] = "DENIED",
        [lhpb_Outcome_ERROR] = "ERROR",
        [lhpb_Outcome_ACCEPTED] = "ACCEPTED",
        [lhpb_Outcome_DONE] = "DONE",
        [lhpb_Outcome_REJECTED] = "REJECTED",
        [lhpb_Outcome_CANCELLED] = "CANCELLED",
    };

    return (size_t)outcome < sizeof names / sizeof names[0] ? names[outcome] : NULL;
}

static void add_flags(struct lh_json *json, uint64_t flags)
{
    static const char *const names[] = { "late",     "after_the_fact", "imported", "proactive",
                                         "override", "self",           "offline" };

    if (flags == 0) {
        return;
    }
    lh_json_begin_array(json, "flags");
    for (size_t bit = 0; bit < sizeof names / sizeof names[0]; bit++) {
        if ((flags >> bit & 1) != 0) {
            lh_json_add_string(json, NULL, names[bit]);
        }
    }
    lh_json_end_array(json);
}

static void add_code(struct lh_json *json, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        lh_json_add_string(json, name, text);
    }
}

/* spec privacy.md 8: "Its rows say when, of which type, about which item, for which purpose, on
 * what legal basis, to whom and with which outcome, and never who, where or in which case." */
static void add_columns(struct lh_json *json, const struct lh_ledger *ledger,
                        const struct lh_row *row, bool with_staff)
{
    char name[LH_ORIGIN_MAX + 1];

    lh_api_entry_text(ledger, row->index, name);
    lh_json_add_string(json, "entry", name);
    lh_json_add_u64(json, "index", row->index);
    add_code(json, "type", lh_entry_type_name(row->type));
    lh_json_add_time(json, "event_time", row->event_time_unix_ms);
    lh_json_add_time(json, "recorded_at", row->recorded_unix_ms);
    if (with_staff && row->has_staff) {
        lh_json_add_hex(json, "staff", lh_bytes_of(row->staff, sizeof row->staff));
    }
    add_code(json, "unit", with_staff ? row->unit : NULL);
    add_code(json, "system", with_staff ? row->system : NULL);
    add_code(json, "item", row->item);
    if (with_staff && row->has_case) {
        lh_json_add_hex(json, "case", lh_bytes_of(row->case_id, sizeof row->case_id));
    }
    if (with_staff && row->has_exchange) {
        lh_json_add_hex(json, "exchange", lh_bytes_of(row->exchange_id, sizeof row->exchange_id));
    }
    add_code(json, "counterparty", row->counterparty);
    add_code(json, "purpose", row->purpose);
    add_code(json, "legal_basis", row->legal_basis);
    add_code(json, "outcome", outcome_name(row->outcome));
    if (row->result_count != 0) {
        lh_json_add_u64(json, "result_count", row->result_count);
    }
    add_flags(json, row->flags);
    lh_json_add_u64(json, "level", row->level);
}

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
        lh_json_add_base64(json, "leaf", lh_buf_bytes(&leaf));
        lh_json_begin_array(json, "proof");
        for (size_t i = 0; i < proof.count; i++) {
            lh_json_add_base64(json, NULL, lh_hash_bytes(&proof.path[i]));
        }
        lh_json_end_array(json);
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
        lh_json_begin_object(&json, NULL);
        add_columns(&json, call->ledger, &page->rows[i],
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
    if (!read_request(call, &trail->request) || !read_tokens(trail, worker->suite) ||
        !lh_access_find_warrant(&trail->access, &warrant, &is_named) ||
        !lh_reading_decide(&trail->access.reading, call->client, &trail->request.query, digest,
                           is_named ? &warrant.detail.warrant : NULL, lh_node_wall_ms(call->node),
                           &call->problem)) {
        return false;
    }
    if (trail->request.with_proofs && !lh_reading_shows_staff(&trail->access.reading)) {
        lh_problem_set(&call->problem, LH_PROBLEM_AUTH_ROLE,
                       "a leaf names staff: to a citizen an entry is proven by its receipt");
        return false;
    }
    lh_reading_add_query(&text, &trail->request.query, digest, lh_ledger_generation(call->ledger));
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
