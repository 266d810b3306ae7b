/* Cosignatures that others gave our heads: taken in, and shown with what they cosign. */

#include "node/api_internal.h"

#include "ledger/cosigned.h"
#include "net/json_more.h"

#include <stdlib.h>
#include <string.h>

/* ---- shown ------------------------------------------------------------------------------------
 */

enum lh_code lh_api_add_cosignatures(struct lh_api_call *call, uint64_t size,
                                     struct lh_buf *checkpoint, struct lh_err *err)
{
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_cosigned_get(call->node->store, lh_ledger_origin(call->ledger), size, &note, err);

    if (rc == LH_OK) {
        lh_buf_clear(checkpoint);
        *checkpoint = note;
        return LH_OK;
    }
    lh_buf_clear(&note);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* ---- POST /v1/cosignatures ---------------------------------------------------------------------
 *
 *   pool: is it our head, do the lines verify? -> committer: add them to what is there, store
 */

struct taking {
    struct lh_errand errand; /* first: an errand is one of these */
    struct lh_api_call *call;
    uint64_t size;
    struct lh_buf note; /* the checkpoint that we sealed, with the lines */
};

static void end_taking(struct taking *taking)
{
    struct lh_api_call *call = taking->call;

    lh_buf_clear(&taking->note);
    free(taking);
    lh_mailbox_post(call->node->mailbox, &call->job);
}

static void write_answer(struct lh_api_call *call, uint64_t size, size_t new_count)
{
    struct lh_json json = lh_json_of(&call->body);

    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.cosignatures/1");
    lh_json_add_string(&json, "origin", lh_ledger_origin(call->ledger));
    lh_json_add_u64(&json, "size", size);
    lh_json_add_u64(&json, "added", new_count);
    lh_json_end_object(&json);
}

/* Two requests about one head: the second adds to what the first has stored. */
static enum lh_code store_lines(struct lh_errand *errand, struct lh_err *err)
{
    struct taking *taking = (struct taking *)errand;
    struct lh_node *node = taking->call->node;
    const char *origin = lh_ledger_origin(taking->call->ledger);
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_buf held = LH_BUF_EMPTY;
    struct lh_buf merged = LH_BUF_EMPTY;
    size_t new_count = 0;
    enum lh_code rc = lh_cosigned_get(node->store, origin, taking->size, &held, err);

    if (rc == LH_ERR_NOT_FOUND) {
        rc = lh_ledger_sealed(taking->call->ledger, taking->size, &held, err);
    }
    if (rc == LH_OK) {
        rc = lh_cosigned_merge(&merged, &node->witnesses, lh_buf_bytes(&held),
                               lh_buf_bytes(&taking->note), &new_count, err);
    }
    if (rc == LH_OK) {
        lh_cosigned_put(&batch, origin, taking->size, lh_buf_bytes(&merged));
        rc = lh_store_commit(node->store, &batch, err);
    }
    lh_store_batch_clear(&batch);
    lh_buf_clear(&merged);
    lh_buf_clear(&held);
    if (rc == LH_ERR_IO || rc == LH_ERR_CORRUPT) {
        return rc; /* the process ends */
    }
    if (rc == LH_OK) {
        write_answer(taking->call, taking->size, new_count);
    } else {
        lh_api_call_fail(taking->call, rc, "the cosignatures", err);
    }
    end_taking(taking);
    return LH_OK;
}

/* The ledger of ours whose head it is; the call asks about it from here on. */
static enum lh_code find_sealed(struct taking *taking, struct lh_buf *out, struct lh_err *err)
{
    struct lh_api_call *call = taking->call;
    struct lh_ledger *ledger = call->node->ledger;
    struct lh_checkpoint head;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, lh_buf_bytes(&taking->note), err);

    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, note.text, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    while (ledger != NULL && strcmp(lh_ledger_origin(ledger), head.origin) != 0) {
        ledger = lh_ledger_prev(ledger);
    }
    if (ledger == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no ledger of ours");
    }
    call->ledger = ledger;
    taking->size = head.size;
    return lh_ledger_sealed(ledger, head.size, out, err);
}

static void judge(struct lh_job *job, struct lh_worker *worker)
{
    struct lh_api_call *call = (struct lh_api_call *)job;
    struct taking *taking = calloc(1, sizeof *taking);
    struct lh_buf sealed = LH_BUF_EMPTY;
    struct lh_buf merged = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    (void)worker;
    if (taking == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        lh_mailbox_post(call->node->mailbox, job);
        return;
    }
    *taking =
        (struct taking){ .errand = { .run = store_lines }, .call = call, .note = LH_BUF_EMPTY };
    lh_buf_add(&taking->note, lh_http_body(call->http));
    rc = lh_buf_check(&taking->note, &err);
    if (rc == LH_OK) {
        rc = find_sealed(taking, &sealed, &err);
    }
    if (rc == LH_OK) {
        rc = lh_cosigned_merge(&merged, &call->node->witnesses, lh_buf_bytes(&sealed),
                               lh_buf_bytes(&taking->note), NULL, &err);
    }
    lh_buf_clear(&merged);
    lh_buf_clear(&sealed);
    if (rc == LH_OK) {
        lh_sealer_send(call->node->sealer, &taking->errand);
        return;
    }
    if (rc == LH_ERR_FORGED) {
        lh_problem_set(&call->problem, LH_PROBLEM_SIGNATURE_BAD, "%s", err.text);
    } else {
        lh_api_call_fail(call, rc, "a head of ours that a witness of witness.policy cosigned",
                         &err);
    }
    end_taking(taking);
}

void lh_api_post_cosignatures(struct lh_api_call *call)
{
    static const char *const names[] = { NULL };

    if (lh_http_body(call->http).len > LH_NOTE_MAX) {
        lh_problem_set(&call->problem, LH_PROBLEM_TOO_LARGE, "at most %d bytes", LH_NOTE_MAX);
    } else if (lh_api_check_query(call, names)) {
        call->job.run = judge;
        lh_jobs_add(call->node->jobs, &call->job);
        return;
    }
    lh_api_call_finish(call);
}
