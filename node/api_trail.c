/* GET /v1/trail: who looked at what, filtered, in pages, with proofs if asked. In the pool. */

#include "node/api_internal.h"

#include "ledger/trail.h"
#include "net/json_more.h"
#include "node/trail_query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        } else if (!lh_trail_request_take(out, name, value, &call->problem)) {
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

static void add_columns(struct lh_json *json, const struct lh_ledger *ledger,
                        const struct lh_row *row)
{
    char name[LH_ORIGIN_MAX + 1];

    lh_api_entry_text(ledger, row->index, name);
    lh_json_add_string(json, "entry", name);
    lh_json_add_u64(json, "index", row->index);
    add_code(json, "type", lh_entry_type_name(row->type));
    lh_json_add_time(json, "event_time", row->event_time_unix_ms);
    lh_json_add_time(json, "recorded_at", row->recorded_unix_ms);
    if (row->has_staff) {
        lh_json_add_hex(json, "staff", lh_bytes_of(row->staff, sizeof row->staff));
    }
    add_code(json, "unit", row->unit);
    add_code(json, "system", row->system);
    add_code(json, "item", row->item);
    if (row->has_case) {
        lh_json_add_hex(json, "case", lh_bytes_of(row->case_id, sizeof row->case_id));
    }
    if (row->has_exchange) {
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

static enum lh_code write_page(struct lh_api_call *call, struct lh_worker *worker,
                               const struct page *page, bool with_proofs, struct lh_err *err)
{
    struct lh_json json = lh_json_of(&call->body);
    enum lh_code rc = LH_OK;
    char next[24];

    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.trail/1");
    lh_json_add_string(&json, "origin", lh_ledger_origin(call->ledger));
    lh_json_add_u64(&json, "size", page->size);
    lh_json_add_own_text(&json, "checkpoint", lh_buf_bytes(&page->checkpoint));
    lh_json_begin_array(&json, "items");
    for (size_t i = 0; rc == LH_OK && i < page->count; i++) {
        lh_json_begin_object(&json, NULL);
        add_columns(&json, call->ledger, &page->rows[i]);
        if (with_proofs) {
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
    /* That no row was left out is for a replica to claim that verified every leaf. */
    lh_json_add_bool(&json, "complete", false);
    lh_json_end_object(&json);
    return rc;
}

void lh_api_trail(struct lh_api_call *call, struct lh_worker *worker)
{
    struct page page = { .checkpoint = LH_BUF_EMPTY };
    struct lh_err err = LH_ERR_NONE;
    struct lh_trail_request request = { .with_proofs = false };
    enum lh_code rc;

    if (!read_request(call, &request) || !lh_api_head(call, &page.size, &page.checkpoint)) {
        goto out;
    }
    page.rows = calloc(request.query.limit, sizeof *page.rows);
    if (page.rows == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        goto out;
    }
    rc = lh_trail_run(call->ledger, &request.query, 0, page.rows, &page.count, &page.next,
                      &page.has_more, &err);
    if (rc == LH_OK) {
        cut_later_rows(&page, request.query.newest_first);
        rc = write_page(call, worker, &page, request.with_proofs, &err);
    }
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "the trail", &err);
    }
out:
    free(page.rows);
    lh_buf_clear(&page.checkpoint);
}
