/* The details of everyday work: sharing, verification, promises, demands, one-thing cases. */
#include "ledger/body_check_internal.h"

#include "ledger/origin.h"

#include <string.h>

/* ---- sharing --------------------------------------------------------------------------------- */

void lh_check_query(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Query *query = &body->detail.query;

    lh_want_true(want, query->requested_mask != 0, "detail.requested_mask", "missing");
    lh_want_number(want, "detail.requested_mask", query->requested_mask);
    lh_want_time_after_or_none(want, "detail.due", query->due_ms, body->event_time_ms);
}

/* spec entries.md 3: "The token names the exchange of the body, and the department in its origin
 * is the counterparty." */
static void want_token(struct lh_want *want, const lhpb_Body *body, bool has,
                       const lhpb_Token *token)
{
    struct lh_origin origin;

    lh_want_true(want, has, "detail.token", "missing");
    lh_want_origin(want, "detail.token.origin", token->origin);
    lh_want_bytes(want, "detail.token.body_hash", token->body_hash, sizeof token->body_hash);
    lh_want_bytes(want, "detail.token.key_id", token->key_id, sizeof token->key_id);
    lh_want_bytes(want, "detail.token.signature", token->signature, sizeof token->signature);
    if (want->rc != LH_OK ||
        lh_origin_parse(&origin, lh_bytes_of_text(token->origin), NULL) != LH_OK) {
        return;
    }
    lh_want_true(want, strcmp(origin.department, body->counterparty) == 0, "detail.token.origin",
                 "not of the counterparty");
    lh_want_true(want,
                 memcmp(token->exchange_id, body->exchange_id, sizeof token->exchange_id) == 0,
                 "detail.token.exchange", "not the exchange of the body");
}

void lh_check_serve(struct lh_want *want, const lhpb_Body *body)
{
    want_token(want, body, body->detail.serve.has_token, &body->detail.serve.token);
}

static void want_verdict(struct lh_want *want, lhpb_Verdict verdict)
{
    lh_want_range(want, "detail.verdict", verdict, lhpb_Verdict_MATCH, _lhpb_Verdict_MAX);
}

void lh_check_use(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Use *use = &body->detail.use;

    want_verdict(want, use->verdict);
    lh_want_code_or_none(want, "detail.used_for", use->used_for);
}

void lh_check_batch(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Batch *batch = &body->detail.batch;

    lh_want_true(want, body->channel == lhpb_Channel_MACHINE, "channel", "must be MACHINE");
    lh_want_name(want, "detail.job", batch->job);
    lh_want_true(want, batch->rows != 0, "detail.rows", "missing");
    lh_want_number(want, "detail.rows", batch->rows);
    lh_want_bytes(want, "detail.set_digest", batch->set_digest, sizeof batch->set_digest);
    lh_want_bytes(want, "detail.calls_root", batch->calls_root, sizeof batch->calls_root);
    lh_want_time(want, "detail.window_start", batch->window_start_ms);
    lh_want_time(want, "detail.window_end", batch->window_end_ms);
    lh_want_true(want, batch->window_start_ms <= batch->window_end_ms, "detail.window_end",
                 "before the start");
}

/* ---- verification ---------------------------------------------------------------------------- */

void lh_check_vreq(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Vreq *vreq = &body->detail.vreq;

    lh_want_code(want, "detail.question", vreq->question);
    lh_want_time_after_or_none(want, "detail.due", vreq->due_ms, body->event_time_ms);
    lh_want_range(want, "detail.off_platform_reason", vreq->off_platform_reason, 0, 4);
}

void lh_check_vack(struct lh_want *want, const lhpb_Body *body)
{
    want_token(want, body, body->detail.vack.has_token, &body->detail.vack.token);
}

void lh_check_vrsp(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Vrsp *vrsp = &body->detail.vrsp;

    want_token(want, body, vrsp->has_token, &vrsp->token);
    want_verdict(want, vrsp->verdict);
    lh_want_code_or_none(want, "detail.ground", vrsp->ground);
    lh_want_true(want, (vrsp->verdict == lhpb_Verdict_REFUSED) == (vrsp->ground[0] != '\0'),
                 "detail.ground", "stands with REFUSED and only then");
    /* Whether the two are two people cannot be seen; that they are one pseudonym can. */
    lh_want_true(want,
                 !vrsp->has_approver || !body->has_staff ||
                     memcmp(vrsp->approver, body->staff, sizeof vrsp->approver) != 0,
                 "detail.approver", "is the staff member who answered");
}

void lh_check_oob(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Oob *oob = &body->detail.oob;

    lh_want_true(want,
                 body->channel != lhpb_Channel_PLATFORM && body->channel != lhpb_Channel_MACHINE,
                 "channel", "an exchange off the platform has another one");
    lh_want_time(want, "detail.happened", oob->happened_ms);
    lh_want_true(want, oob->happened_ms <= body->event_time_ms, "detail.happened",
                 "after it was written down");
    lh_want_bytes(want, "detail.message_digest", oob->message_digest, sizeof oob->message_digest);
    lh_want_bytes(want, "detail.transcriber", oob->transcriber, sizeof oob->transcriber);
    want_verdict(want, oob->verdict);
}

/* ---- promises -------------------------------------------------------------------------------- */

void lh_check_notice(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Notice *notice = &body->detail.notice;

    lh_want_bytes(want, "detail.text_digest", notice->text_digest, sizeof notice->text_digest);
    lh_want_range(want, "detail.risk_class", notice->risk_class, 1, 3);
    lh_want_range(want, "detail.eligible", notice->eligible, 1, 2);
}

static void want_promise_id(struct lh_want *want, const uint8_t promise_id[16])
{
    lh_want_bytes(want, "detail.promise_id", promise_id, 16);
}

void lh_check_promise(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Promise *promise = &body->detail.promise;
    enum { EXEMPT = 3 };

    want_promise_id(want, promise->promise_id);
    lh_want_bytes(want, "detail.form_digest", promise->form_digest, sizeof promise->form_digest);
    lh_want_range(want, "detail.check_mode", promise->check_mode, 1, EXEMPT);
    /* spec entries.md 3: "A promise has no due date exactly when it is exempt from checking." */
    if (promise->check_mode == EXEMPT) {
        lh_want_true(want, promise->check_due == 0, "detail.check_due", "must be absent: exempt");
    } else {
        lh_want_date(want, "detail.check_due", promise->check_due);
    }
    lh_want_range(want, "detail.public", promise->public, 1, 2);
}

void lh_check_check(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Check *check = &body->detail.check;

    want_promise_id(want, check->promise_id);
    lh_want_range(want, "detail.method", check->method, 1, 4);
    lh_want_range(want, "detail.result", check->result, 1, 3);
}

void lh_check_credit(struct lh_want *want, const lhpb_Body *body)
{
    /* Five years have at most two leap days in them. */
    const uint64_t five_years_ms = (uint64_t)(5 * 365 + 2) * 24 * 3600 * 1000;
    const lhpb_Credit *credit = &body->detail.credit;

    want_promise_id(want, credit->promise_id);
    lh_want_bytes(want, "detail.decision_digest", credit->decision_digest,
                  sizeof credit->decision_digest);
    lh_want_code(want, "detail.category", credit->category);
    lh_want_time(want, "detail.effective", credit->effective_ms);
    lh_want_time(want, "detail.expiry", credit->expiry_ms);
    lh_want_true(want, credit->expiry_ms > credit->effective_ms, "detail.expiry",
                 "not after the effective time");
    /* spec entries.md 3: "A credit record ends at most five years (1,827 days) after it took
     * effect." */
    lh_want_true(want, credit->expiry_ms <= credit->effective_ms + five_years_ms, "detail.expiry",
                 "more than five years later");
}

void lh_check_credit_end(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_CreditEnd *end = &body->detail.credit_end;

    want_promise_id(want, end->promise_id);
    lh_want_range(want, "detail.reason", end->reason, 1, 3);
}

/* ---- demands --------------------------------------------------------------------------------- */

void lh_check_demand(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Demand *demand = &body->detail.demand;

    lh_want_code(want, "detail.code", demand->code);
    lh_want_text(want, "detail.counter", demand->counter);
    lh_want_range(want, "detail.reported_by", demand->reported_by, 1, 3);
}

void lh_check_remedy(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Remedy *remedy = &body->detail.remedy;

    lh_want_bytes(want, "detail.demand", remedy->demand, sizeof remedy->demand);
    lh_want_code(want, "detail.action", remedy->action);
}

/* ---- one-thing cases ------------------------------------------------------------------------- */

void lh_check_case(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Case *opened = &body->detail.case_open;
    enum { PROACTIVE = 2 };

    lh_want_code(want, "detail.theme", opened->theme);
    lh_want_range(want, "detail.kind", opened->kind, 1, 3);
    lh_want_true(want, (opened->kind == PROACTIVE) == ((body->flags & LH_BODY_PROACTIVE) != 0),
                 "detail.kind", "proactive stands with the flag proactive");
    lh_want_true(want, opened->participants_count > 0, "detail.participants", "none");
    lh_want_texts(want, "detail.participants", opened->participants[0],
                  sizeof opened->participants[0], opened->participants_count, true);
    lh_want_time_after_or_none(want, "detail.due", opened->due_ms, body->event_time_ms);
}

void lh_check_step(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Step *step = &body->detail.step_done;

    lh_want_text(want, "detail.name", step->name);
    lh_want_range(want, "detail.state", step->state, 1, 3);
    lh_want_department_or_none(want, "detail.handed_to", step->handed_to);
    lh_want_time_or_none(want, "detail.due", step->due_ms);
}

void lh_check_close(struct lh_want *want, const lhpb_Body *body)
{
    lh_want_range(want, "detail.result", body->detail.close.result, 1, 3);
}
