#include "node/trail_copies.h"

#include "net/json_more.h"
#include "node/copied.h"
#include "node/trail_merge.h"
#include "node/trail_row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is read, as of one moment. */
struct scope {
    struct lh_copied copied;
    size_t count;
    struct lh_merge_part *parts;
    size_t row_count;
    struct lh_merged_row *rows;
    struct lh_buf next;
};

static bool is_all(const char *ledger)
{
    return strcmp(ledger, "all") == 0;
}

static bool has_own(const struct lh_api_call *call, const char *ledger)
{
    return is_all(ledger) || strcmp(ledger, call->node->rules.department) == 0;
}

bool lh_trail_copies_is_of_others(const struct lh_api_call *call, const char *ledger)
{
    return strcmp(ledger, call->node->rules.department) != 0;
}

bool lh_trail_copies_is_held(struct lh_api_call *call, const char *ledger)
{
    struct lh_copied copied = LH_COPIED_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    if (has_own(call, ledger)) {
        return true;
    }
    if (lh_copied_list(&copied, call->node->peers, ledger, &err) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "%s", err.text);
    } else if (copied.count == 0) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND,
                       "no ledger of that department is held");
    }
    lh_copied_clear(&copied);
    return call->problem.code == LH_PROBLEM_NONE;
}

/* ---- what is read ---- */

static void take_own(struct scope *scope, struct lh_ledger *newest)
{
    struct lh_ledger *ledger = newest;
    struct lh_ledger *before = NULL;

    /* oldest first */
    do {
        struct lh_ledger_head head;

        ledger = newest;
        while (lh_ledger_prev(ledger) != before) {
            ledger = lh_ledger_prev(ledger);
        }
        before = ledger;
        lh_ledger_head(ledger, &head);
        if (head.height > 0) {
            struct lh_merge_part *part = &scope->parts[scope->count++];

            *part = (struct lh_merge_part){ .generation = lh_ledger_generation(ledger),
                                            .own = ledger,
                                            .size = head.size };
        }
    } while (ledger != newest);
}

static size_t own_count(struct lh_ledger *newest)
{
    size_t count = 0;

    for (struct lh_ledger *ledger = newest; ledger != NULL; ledger = lh_ledger_prev(ledger)) {
        count++;
    }
    return count;
}

static int compare_parts(const void *a, const void *b)
{
    const struct lh_merge_part *left = a;
    const struct lh_merge_part *right = b;
    int order = strcmp(left->department, right->department);

    return order != 0
               ? order
               : (left->generation > right->generation) - (left->generation < right->generation);
}

static enum lh_code set_names(struct scope *scope, const char *own, struct lh_err *err)
{
    for (size_t i = 0; i < scope->count; i++) {
        struct lh_merge_part *part = &scope->parts[i];
        struct lh_origin origin;

        if (part->own != NULL) {
            memcpy(part->department, own, strlen(own) + 1);
            continue;
        }
        enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(part->view->origin), err);
        if (rc != LH_OK) {
            return rc;
        }
        memcpy(part->department, origin.department, sizeof part->department);
        part->generation = origin.generation;
    }
    return LH_OK;
}

static enum lh_code open_scope(struct scope *scope, const struct lh_api_call *call,
                               const char *ledger, size_t limit, struct lh_err *err)
{
    struct lh_node *node = call->node;
    bool is_own_alone = !lh_trail_copies_is_of_others(call, ledger);
    enum lh_code rc = LH_OK;

    if (!is_own_alone) {
        rc = lh_copied_list(&scope->copied, node->peers, is_all(ledger) ? NULL : ledger, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    scope->parts = calloc(scope->copied.count + own_count(node->ledger) + 1, sizeof *scope->parts);
    scope->rows = calloc(limit, sizeof *scope->rows);
    if (scope->parts == NULL || scope->rows == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    if (has_own(call, ledger)) {
        take_own(scope, node->ledger);
    }
    for (size_t i = 0; i < scope->copied.count; i++) {
        const struct lh_copy_view *view = &scope->copied.views[i];

        scope->parts[scope->count++] = (struct lh_merge_part){ .view = view, .size = view->size };
    }
    rc = set_names(scope, node->rules.department, err);
    if (rc == LH_OK && scope->count > 1) {
        qsort(scope->parts, scope->count, sizeof *scope->parts, compare_parts);
    }
    return rc;
}

static void close_scope(struct scope *scope)
{
    lh_copied_clear(&scope->copied);
    lh_buf_clear(&scope->next);
    free(scope->parts);
    free(scope->rows);
}

/* ---- what each of them is worth ---- */

static enum lh_code leaf_of(const struct lh_merge_part *part, uint64_t index, struct lh_buf *out,
                            struct lh_err *err)
{
    lh_buf_reset(out);
    return part->own != NULL ? lh_ledger_leaf(part->own, index, out, err)
                             : lh_copy_view_leaf(part->view, index, out, err);
}

/* The signed head, and when its block was sealed. */
static enum lh_code add_head(struct lh_json *json, const struct lh_merge_part *part,
                             struct lh_err *err)
{
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_buf bytes = LH_BUF_EMPTY;
    lhpb_Leaf leaf;
    enum lh_code rc = part->own != NULL
                          ? lh_ledger_block_of(part->own, part->size - 1, &block, err)
                          : lh_copy_view_block_of(part->view, part->size - 1, &block, err);

    if (rc == LH_OK) {
        rc = leaf_of(part, part->size - 1, &bytes, err);
    }
    if (rc == LH_OK) {
        rc = lh_leaf_decode(&leaf, lh_buf_bytes(&bytes), err);
    }
    if (rc == LH_OK) {
        lh_json_add_u64(json, "size", part->size);
        lh_json_add_own_text(json, "checkpoint", lh_buf_bytes(&block.checkpoint));
        lh_json_add_time(json, "time", (int64_t)leaf.kind.header.time_ms);
    }
    lh_buf_clear(&bytes);
    lh_buf_clear(&block.checkpoint);
    return rc;
}

static bool is_convicted(struct lh_peers *peers, const char *origin)
{
    struct lh_peers_conviction conviction;

    for (size_t i = 0; lh_peers_conviction_at(peers, i, &conviction); i++) {
        if (strcmp(conviction.origin, origin) == 0) {
            return true;
        }
    }
    return false;
}

/* spec ledger.md 9.3: "Of a department that is not connected it is not known whether there is more:
 * its copy counts as behind." */
static void add_sight(struct lh_json *json, const struct lh_peers_sight *sight)
{
    bool is_behind = !sight->is_up || sight->behind > 0;

    lh_json_add_string(json, "state", is_behind ? "behind" : "current");
    lh_json_add_bool(json, "up", sight->is_up);
    lh_json_add_u64(json, "behind", sight->behind);
    if (sight->seen_unix_ms > 0) {
        lh_json_add_time(json, "seen", sight->seen_unix_ms);
    }
}

static struct lh_peers_sight sight_of(struct lh_peers *peers, const char *department)
{
    struct lh_peers_sight sight;

    for (size_t i = 0; lh_peers_sight_at(peers, i, &sight); i++) {
        if (strcmp(sight.department, department) == 0) {
            return sight;
        }
    }
    return (struct lh_peers_sight){ .is_up = false };
}

static enum lh_code add_part(struct lh_json *json, const struct scope *scope, size_t at,
                             struct lh_peers *peers, struct lh_err *err)
{
    const struct lh_merge_part *part = &scope->parts[at];
    const char *origin = part->own != NULL ? lh_ledger_origin(part->own) : part->view->origin;
    bool is_newest =
        at + 1 == scope->count || strcmp(scope->parts[at + 1].department, part->department) != 0;
    enum lh_code rc;

    lh_json_begin_object(json, NULL);
    lh_json_add_string(json, "department", part->department);
    lh_json_add_string(json, "origin", origin);
    rc = add_head(json, part, err);
    if (!is_newest) {
        lh_json_add_string(json, "state", "closed");
    } else if (part->own != NULL) {
        lh_json_add_string(json, "state", "own");
    } else {
        struct lh_peers_sight sight = sight_of(peers, part->department);

        add_sight(json, &sight);
    }
    lh_json_add_bool(json, "tainted", is_convicted(peers, origin));
    lh_json_end_object(json);
    return rc;
}

static bool is_in_scope(const struct scope *scope, const char *department)
{
    for (size_t i = 0; i < scope->count; i++) {
        if (strcmp(scope->parts[i].department, department) == 0) {
            return true;
        }
    }
    return false;
}

/* Members of which nothing is here: whoever looks for an entry should know. */
static void add_missing(struct lh_json *json, const struct scope *scope, struct lh_peers *peers)
{
    struct lh_peers_sight sight;

    for (size_t i = 0; lh_peers_sight_at(peers, i, &sight); i++) {
        if (!is_in_scope(scope, sight.department)) {
            lh_json_begin_object(json, NULL);
            lh_json_add_string(json, "department", sight.department);
            lh_json_add_string(json, "state", "missing");
            lh_json_add_bool(json, "up", sight.is_up);
            lh_json_end_object(json);
        }
    }
}

/* ---- rows ---- */

static enum lh_code add_proof(struct lh_json *json, const struct lh_merge_part *part,
                              struct lh_suite *suite, uint64_t index, struct lh_err *err)
{
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_proof proof;
    enum lh_code rc = leaf_of(part, index, &leaf, err);

    if (rc == LH_OK && part->own != NULL) {
        struct lh_tree_source nodes = lh_ledger_nodes(part->own);

        rc = lh_tree_prove_inclusion(suite, &proof, &nodes, index, part->size, err);
    } else if (rc == LH_OK) {
        rc = lh_copy_view_prove(part->view, suite, &proof, index, err);
    }
    if (rc == LH_OK) {
        lh_trail_row_add_proof(json, lh_buf_bytes(&leaf), &proof);
    }
    lh_buf_clear(&leaf);
    return rc;
}

static enum lh_code add_row(struct lh_json *json, const struct scope *scope,
                            const struct lh_merged_row *merged, bool with_proof,
                            struct lh_suite *suite, struct lh_err *err)
{
    const struct lh_merge_part *part = &scope->parts[merged->part];
    struct lh_entry_name name = { .generation = part->generation, .index = merged->row.index };
    char text[LH_ORIGIN_MAX + 1];
    enum lh_code rc = LH_OK;

    memcpy(name.department, part->department, sizeof name.department);
    lh_entry_name_format(text, &name);
    lh_json_begin_object(json, NULL);
    lh_json_add_string(json, "department", part->department);
    lh_trail_row_add(json, text, &merged->row, true);
    if (with_proof) {
        rc = add_proof(json, part, suite, merged->row.index, err);
    }
    lh_json_end_object(json);
    return rc;
}

static enum lh_code write_answer(struct lh_api_call *call, struct lh_worker *worker,
                                 const struct lh_trail_copies_question *question,
                                 const struct scope *scope, struct lh_err *err)
{
    const struct lh_access *access = question->access;
    struct lh_json json = lh_json_of(&call->body);
    enum lh_code rc = LH_OK;

    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.trails/1");
    lh_json_begin_array(&json, "ledgers");
    for (size_t i = 0; rc == LH_OK && i < scope->count; i++) {
        rc = add_part(&json, scope, i, call->node->peers, err);
    }
    if (is_all(question->ledger)) {
        add_missing(&json, scope, call->node->peers);
    }
    lh_json_end_array(&json);
    if (access->name[0] != '\0') {
        lh_json_add_string(&json, "access", access->name);
    } else {
        lh_json_add_null(&json, "access");
    }
    lh_json_begin_array(&json, "items");
    for (size_t i = 0; rc == LH_OK && i < scope->row_count; i++) {
        if (lh_reading_shows(&access->reading, call->client, &scope->rows[i].row)) {
            rc = add_row(&json, scope, &scope->rows[i], question->request->with_proofs,
                         worker->suite, err);
        }
    }
    lh_json_end_array(&json);
    if (scope->next.len > 0) {
        lh_json_add_text(&json, "next", lh_buf_bytes(&scope->next));
    } else {
        lh_json_add_null(&json, "next");
    }
    lh_json_add_bool(&json, "complete", false);
    lh_json_end_object(&json);
    return rc;
}

void lh_trail_copies_answer(struct lh_api_call *call, struct lh_worker *worker,
                            const struct lh_trail_copies_question *question)
{
    const struct lh_trail_query *query = &question->request->query;
    struct scope scope = { .copied = LH_COPIED_EMPTY, .next = LH_BUF_EMPTY };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = open_scope(&scope, call, question->ledger, query->limit, &err);

    if (rc == LH_OK) {
        struct lh_merge merge = { .parts = scope.parts,
                                  .part_count = scope.count,
                                  .query = query,
                                  .after = question->after };

        rc = lh_merge_run(&merge, scope.rows, &scope.row_count, &scope.next, &err);
    }
    if (rc == LH_ERR_INVALID || rc == LH_ERR_LIMIT) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "%s", err.text);
    } else {
        if (rc == LH_OK) {
            rc = write_answer(call, worker, question, &scope, &err);
        }
        if (rc != LH_OK) {
            lh_api_call_fail(call, rc, "the trail", &err);
        }
    }
    close_scope(&scope);
}
