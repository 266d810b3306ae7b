/* The C2SP witness over HTTP: add-checkpoint, and what was cosigned last. */

#include "node/api_internal.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "node/cosigner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char HEX_DIGITS[] = "0123456789abcdef";

enum { HEX_HASH_LEN = 2 * LH_HASH_SIZE };

/* ---- POST /add-checkpoint ----------------------------------------------------------------------
 *
 *   loop: is there a witness? -> pool: judge, sign -> committer: store -> loop: answer
 */

struct adding {
    struct lh_errand errand; /* first: an errand is one of these */
    struct lh_api_call *call;
    struct lh_cosigning cosigning;
};

static enum lh_problem_code problem_of(enum lh_witness_verdict verdict)
{
    switch (verdict) {
    case LH_WITNESS_STORE:
    case LH_WITNESS_NOT_LAST:
        break; /* answers of their own */
    case LH_WITNESS_MALFORMED:
        return LH_PROBLEM_MALFORMED;
    case LH_WITNESS_FORGED:
        return LH_PROBLEM_WITNESS_FORGED;
    case LH_WITNESS_UNKNOWN:
        return LH_PROBLEM_NOT_FOUND;
    case LH_WITNESS_UNPROVEN:
        return LH_PROBLEM_WITNESS_UNPROVEN;
    case LH_WITNESS_FORK:
        return LH_PROBLEM_WITNESS_FORK;
    case LH_WITNESS_BUSY:
    case LH_WITNESS_NOT_HELD:
        return LH_PROBLEM_WITNESS_BUSY;
    }
    return LH_PROBLEM_INTERNAL;
}

static void answer(struct lh_api_call *call, const struct lh_cosigning *cosigning)
{
    enum lh_problem_code code = problem_of(cosigning->verdict);

    if (cosigning->verdict == LH_WITNESS_STORE) {
        call->content_type = "text/plain; charset=utf-8";
        lh_buf_add(&call->body, lh_cosigning_answer(cosigning));
        return;
    }
    if (cosigning->verdict == LH_WITNESS_NOT_LAST) {
        call->status = lh_witness_status(cosigning->verdict);
        call->content_type = "text/x.tlog.size";
        lh_buf_add_format(&call->body, "%" PRIu64 "\n", cosigning->size);
        return;
    }
    lh_assert(lh_problem_status(code) == lh_witness_status(cosigning->verdict));
    lh_problem_set(&call->problem, code, "%s", cosigning->err.text);
    if (cosigning->verdict == LH_WITNESS_FORK) {
        lh_log_write(call->node->log, LH_LOG_ERROR, "witness.fork", "origin=%s size=%" PRIu64,
                     cosigning->origin, cosigning->size);
    }
}

static void end_adding(struct adding *adding)
{
    struct lh_api_call *call = adding->call;

    answer(call, &adding->cosigning);
    lh_cosigning_clear(&adding->cosigning);
    free(adding);
    lh_mailbox_post(call->node->mailbox, &call->job);
}

static enum lh_code keep(struct lh_errand *errand, struct lh_err *err)
{
    struct adding *adding = (struct adding *)errand;
    enum lh_code rc = lh_cosigner_keep(adding->call->node->cosigner, &adding->cosigning, err);

    if (rc == LH_OK) {
        end_adding(adding);
    }
    return rc; /* else the process ends, and nobody hears of it */
}

static void judge(struct lh_job *job, struct lh_worker *worker)
{
    struct lh_api_call *call = (struct lh_api_call *)job;
    struct lh_node *node = call->node;
    struct adding *adding = calloc(1, sizeof *adding);

    (void)worker;
    if (adding == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        lh_mailbox_post(node->mailbox, job);
        return;
    }
    adding->errand.run = keep;
    adding->call = call;
    lh_cosigner_ask(node->cosigner, &adding->cosigning, lh_http_body(call->http),
                    (uint64_t)(lh_node_wall_ms(node) / 1000));
    if (adding->cosigning.wants_keep) {
        lh_sealer_send(node->sealer, &adding->errand);
    } else {
        end_adding(adding);
    }
}

/* spec network.md 2: "A node whose ledger is not continuous, whose clock is in doubt, or whose
 * ledger went on from a restore, cosigns nothing: it may have forgotten what it cosigned, and its
 * peers do not know that." */
static bool check_memory(struct lh_api_call *call)
{
    struct lh_node *node = call->node;

    if (lh_sealer_state(node->sealer) == LH_LEDGER_NEW) {
        lh_problem_set(&call->problem, LH_PROBLEM_STATE_NEW, "%s", "");
    } else if (lh_sealer_state(node->sealer) == LH_LEDGER_SUSPECT || node->is_forgetful) {
        lh_problem_set(&call->problem, LH_PROBLEM_STATE_SUSPECT,
                       "a witness that was restored may have forgotten what it cosigned");
    } else if (lh_sealer_is_clock_stepped(node->sealer)) {
        lh_problem_set(&call->problem, LH_PROBLEM_CLOCK_STEPPED, "%s", "");
    }
    return call->problem.code == LH_PROBLEM_NONE;
}

void lh_api_add_checkpoint(struct lh_api_call *call)
{
    static const char *const names[] = { NULL };

    if (call->node->cosigner == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND, "this node is no witness");
    } else if (lh_http_body(call->http).len > LH_WITNESS_BODY_MAX) {
        lh_problem_set(&call->problem, LH_PROBLEM_TOO_LARGE, "at most %d bytes",
                       LH_WITNESS_BODY_MAX);
    } else if (lh_api_check_query(call, names) && check_memory(call)) {
        call->job.run = judge;
        lh_jobs_add(call->node->jobs, &call->job);
        return;
    }
    lh_api_call_finish(call);
}

/* ---- GET /{SHA-256 of the origin}/checkpoint, .../fork -----------------------------------------
 */

bool lh_api_is_witness_path(const char *path)
{
    const char *end = path + 1 + HEX_HASH_LEN;

    return strspn(path + 1, HEX_DIGITS) == HEX_HASH_LEN &&
           (strcmp(end, "/checkpoint") == 0 || strcmp(end, "/fork") == 0);
}

void lh_api_cosigned(struct lh_api_call *call, struct lh_worker *worker)
{
    static const char *const names[] = { NULL };
    bool is_fork = strcmp(call->rest + HEX_HASH_LEN, "/fork") == 0;
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash hash;
    enum lh_code rc;

    (void)worker;
    if (!lh_api_check_query(call, names)) {
        return;
    }
    rc = lh_hex_parse(hash.bytes, sizeof hash.bytes, lh_bytes_of(call->rest, HEX_HASH_LEN), &err);
    lh_assert(rc == LH_OK); /* the route says so */
    rc = lh_cosigner_show(call->node->cosigner, &hash, is_fork, &call->body, &err);
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, is_fork ? "a fork" : "a cosigned checkpoint", &err);
    }
    call->content_type = "text/plain; charset=utf-8";
    call->cache = "no-cache";
}
