/*
 * Each row breaks one rule of a body that was good; `word` is the field that the error names. The
 * matrix of header fields is not repeated here: it is read from specs/entries.md.
 */
#include "../../support/bodies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lhpb_Body body;
static struct lh_err err;

static const char *words_for_body(void)
{
    err = (struct lh_err)LH_ERR_NONE;
    enum lh_code rc = lh_body_check(&body, &err);
    assert_true(rc == LH_OK || rc == LH_ERR_INVALID);
    return err.text;
}

/* The error begins with the field, and goes on with ':'. */
static bool names_field(const char *words, const char *field)
{
    return strncmp(words, field, strlen(field)) == 0 && words[strlen(field)] == ':';
}

#define DAY_MS ((uint64_t)24 * 3600 * 1000)
#define ZERO(field) memset(field, 0, sizeof(field))
#define PUT(field, text) (void)snprintf(field, sizeof(field), "%s", text)
#define NOW LH_FIXTURE_TIME_MS

/* X(name, type, field in the error, what breaks it) */
#define BREAKING(X)                                                                                \
    X(schema, QUERY, "schema", body.schema = 0)                                                    \
    X(type, QUERY, "type", body.type = (lhpb_EntryType)99)                                         \
    X(type_gap, QUERY, "type", body.type = (lhpb_EntryType)4)                                      \
    X(detail, QUERY, "detail", body.which_detail = lhpb_Body_use_tag)                              \
    X(no_detail, QUERY, "detail", body.which_detail = 0)                                           \
    X(source, QUERY, "source", PUT(body.source, ""))                                               \
    X(source_space, QUERY, "source", PUT(body.source, "a b"))                                      \
    X(source_wide, QUERY, "source", PUT(body.source, "窗口"))                                      \
    X(id, QUERY, "id", PUT(body.id, ""))                                                           \
    X(event_time, QUERY, "event_time", body.event_time_ms = 0)                                     \
    X(event_time_far, QUERY, "event_time", body.event_time_ms = UINT64_C(253402300800000))         \
    X(department, QUERY, "department", PUT(body.department, ""))                                   \
    X(department_upper, QUERY, "department", PUT(body.department, "GAJ"))                          \
    X(staff, QUERY, "staff", body.has_staff = false)                                               \
    X(session_alone, SERVE, "staff", body.has_session = true; memset(body.session, 1, 16))         \
    X(system, QUERY, "system", PUT(body.system, "a b"))                                            \
    X(channel, QUERY, "channel", body.channel = (lhpb_Channel)9)                                   \
    X(auth, QUERY, "auth_methods", body.auth_methods = 64; body.assurance = 1)                     \
    X(auth_alone, QUERY, "assurance", body.auth_methods = 1)                                       \
    X(assurance_alone, QUERY, "assurance", body.assurance = 1)                                     \
    X(assurance, QUERY, "assurance", body.auth_methods = 1; body.assurance = 4)                    \
    X(item, QUERY, "item", PUT(body.item, "低收入"))                                               \
    X(item_alone, CASE, "catalogue_version", PUT(body.item, "low-income"))                         \
    X(version_alone, CASE, "catalogue_version", body.catalogue_version = 1)                        \
    X(step_alone, QUERY, "step", body.step = 1)                                                    \
    X(counterparty, QUERY, "counterparty", PUT(body.counterparty, "-mzj"))                         \
    X(purpose, QUERY, "purpose", PUT(body.purpose, "a/b"))                                         \
    X(legal_basis, QUERY, "legal_basis", PUT(body.legal_basis, "第18条"))                          \
    X(outcome, USE, "outcome", body.outcome = (lhpb_Outcome)9)                                     \
    X(intent_outcome, QUERY, "outcome", body.outcome = lhpb_Outcome_DONE)                          \
    X(intent_response, VREQ, "response_digest", body.has_response_digest = true;                   \
      memset(body.response_digest, 1, 32))                                                         \
    X(hit_without_mask, USE, "result_mask", body.result_mask = 0)                                  \
    X(hit_without_count, USE, "result_count", body.result_count = 0)                               \
    X(none_with_mask, USE, "result_mask", body.outcome = lhpb_Outcome_NONE)                        \
    X(none_with_count, USE, "result_count", body.outcome = lhpb_Outcome_NONE;                      \
      body.result_mask = 0)                                                                        \
    X(huge_count, USE, "result_count", body.result_count = UINT64_C(1) << 63)                      \
    X(flags, QUERY, "flags", body.flags = 128)                                                     \
    X(ref_zero, QUERY, "refs", body.refs_count = 1)                                                \
    X(ref_twice, QUERY, "refs", body.refs_count = 2; memset(body.refs, 1, 64))                     \
    X(query_mask, QUERY, "detail.requested_mask", body.detail.query.requested_mask = 0;            \
      body.detail.query.due_ms = NOW + 1)                                                          \
    X(query_huge, QUERY, "detail.requested_mask",                                                  \
      body.detail.query.requested_mask = UINT64_C(1) << 63)                                        \
    X(query_due, QUERY, "detail.due", body.detail.query.due_ms = NOW)                              \
    X(serve_token, SERVE, "detail.token.origin", PUT(body.detail.serve.token.origin, "mzj"))       \
    X(serve_other, SERVE, "detail.token.origin",                                                   \
      PUT(body.detail.serve.token.origin, "jinhua/wjw/1"))                                         \
    X(serve_exchange, SERVE, "detail.token.exchange", body.detail.serve.token.exchange_id[0] ^= 1) \
    X(serve_hash, SERVE, "detail.token.body_hash", ZERO(body.detail.serve.token.body_hash))        \
    X(serve_key, SERVE, "detail.token.key_id", ZERO(body.detail.serve.token.key_id))               \
    X(serve_sig, SERVE, "detail.token.signature", ZERO(body.detail.serve.token.signature))         \
    X(use_verdict, USE, "detail.verdict", body.detail.use.verdict = 0;                             \
      PUT(body.detail.use.used_for, "x"))                                                          \
    X(use_verdict_far, USE, "detail.verdict", body.detail.use.verdict = (lhpb_Verdict)8)           \
    X(use_for, USE, "detail.used_for", PUT(body.detail.use.used_for, "a b"))                       \
    X(batch_channel, BATCH, "channel", body.channel = lhpb_Channel_PLATFORM)                       \
    X(batch_job, BATCH, "detail.job", PUT(body.detail.batch.job, ""))                              \
    X(batch_rows, BATCH, "detail.rows", body.detail.batch.rows = 0)                                \
    X(batch_set, BATCH, "detail.set_digest", ZERO(body.detail.batch.set_digest))                   \
    X(batch_root, BATCH, "detail.calls_root", ZERO(body.detail.batch.calls_root))                  \
    X(batch_start, BATCH, "detail.window_start", body.detail.batch.window_start_ms = 0)            \
    X(batch_end, BATCH, "detail.window_end", body.detail.batch.window_end_ms = 0)                  \
    X(batch_turned, BATCH, "detail.window_end",                                                    \
      body.detail.batch.window_end_ms = body.detail.batch.window_start_ms - 1)                     \
    X(vreq_question, VREQ, "detail.question", PUT(body.detail.vreq.question, "a b"))               \
    X(vreq_due, VREQ, "detail.due", body.detail.vreq.due_ms = NOW - 1)                             \
    X(vreq_reason, VREQ, "detail.off_platform_reason", body.detail.vreq.off_platform_reason = 5)   \
    X(vack_token, VACK, "detail.token.origin", PUT(body.counterparty, "wjw"))                      \
    X(vrsp_token, VRSP, "detail.token", body.detail.vrsp.has_token = false)                        \
    X(vrsp_verdict, VRSP, "detail.verdict", body.detail.vrsp.verdict = (lhpb_Verdict)8)            \
    X(vrsp_no_ground, VRSP, "detail.ground", PUT(body.detail.vrsp.ground, ""))                     \
    X(vrsp_ground, VRSP, "detail.ground", body.detail.vrsp.verdict = lhpb_Verdict_MATCH)           \
    X(vrsp_approver, VRSP, "detail.approver", body.detail.vrsp.has_approver = true;                \
      memcpy(body.detail.vrsp.approver, body.staff, 8))                                            \
    X(oob_channel, OOB, "channel", body.channel = lhpb_Channel_PLATFORM)                           \
    X(oob_happened, OOB, "detail.happened", body.detail.oob.happened_ms = NOW + 1)                 \
    X(oob_never, OOB, "detail.happened", body.detail.oob.happened_ms = 0)                          \
    X(oob_digest, OOB, "detail.message_digest", ZERO(body.detail.oob.message_digest))              \
    X(oob_transcriber, OOB, "detail.transcriber", ZERO(body.detail.oob.transcriber))               \
    X(oob_verdict, OOB, "detail.verdict", body.detail.oob.verdict = 0)                             \
    X(notice_text, NOTICE, "detail.text_digest", ZERO(body.detail.notice.text_digest))             \
    X(notice_risk, NOTICE, "detail.risk_class", body.detail.notice.risk_class = 4)                 \
    X(notice_eligible, NOTICE, "detail.eligible", body.detail.notice.eligible = 0)                 \
    X(promise_id, PROMISE, "detail.promise_id", ZERO(body.detail.promise.promise_id))              \
    X(promise_form, PROMISE, "detail.form_digest", ZERO(body.detail.promise.form_digest))          \
    X(promise_mode, PROMISE, "detail.check_mode", body.detail.promise.check_mode = 4)              \
    X(promise_exempt, PROMISE, "detail.check_due", body.detail.promise.check_mode = 3)             \
    X(promise_no_due, PROMISE, "detail.check_due", body.detail.promise.check_due = 0)              \
    X(promise_date, PROMISE, "detail.check_due", body.detail.promise.check_due = 20270229)         \
    X(promise_public, PROMISE, "detail.public", body.detail.promise.public = 3)                    \
    X(check_id, CHECK, "detail.promise_id", ZERO(body.detail.check.promise_id))                    \
    X(check_method, CHECK, "detail.method", body.detail.check.method = 5)                          \
    X(check_result, CHECK, "detail.result", body.detail.check.result = 0)                          \
    X(credit_decision, CREDIT, "detail.decision_digest", ZERO(body.detail.credit.decision_digest)) \
    X(credit_category, CREDIT, "detail.category", PUT(body.detail.credit.category, ""))            \
    X(credit_effective, CREDIT, "detail.effective", body.detail.credit.effective_ms = 0)           \
    X(credit_expiry, CREDIT, "detail.expiry", body.detail.credit.expiry_ms = NOW)                  \
    X(credit_long, CREDIT, "detail.expiry", body.detail.credit.expiry_ms += 1)                     \
    X(credit_end, CREDIT_END, "detail.reason", body.detail.credit_end.reason = 4)                  \
    X(demand_code, DEMAND, "detail.code", PUT(body.detail.demand.code, ""))                        \
    X(demand_counter, DEMAND, "detail.counter", PUT(body.detail.demand.counter, ""))               \
    X(demand_by, DEMAND, "detail.reported_by", body.detail.demand.reported_by = 4)                 \
    X(remedy_demand, REMEDY, "detail.demand", ZERO(body.detail.remedy.demand))                     \
    X(remedy_action, REMEDY, "detail.action", PUT(body.detail.remedy.action, ""))                  \
    X(case_theme, CASE, "detail.theme", PUT(body.detail.case_open.theme, "新生儿"))                \
    X(case_kind, CASE, "detail.kind", body.detail.case_open.kind = 4)                              \
    X(case_proactive, CASE, "detail.kind", body.detail.case_open.kind = 2)                         \
    X(case_flag, CASE, "detail.kind", body.flags = LH_BODY_PROACTIVE)                              \
    X(case_nobody, CASE, "detail.participants", body.detail.case_open.participants_count = 0)      \
    X(case_twice, CASE, "detail.participants", PUT(body.detail.case_open.participants[1], "gaj"))  \
    X(case_order, CASE, "detail.participants", PUT(body.detail.case_open.participants[1], "a"))    \
    X(case_code, CASE, "detail.participants", PUT(body.detail.case_open.participants[1], "W"))     \
    X(case_due, CASE, "detail.due", body.detail.case_open.due_ms = NOW)                            \
    X(step_name, STEP, "detail.name", PUT(body.detail.step_done.name, ""))                         \
    X(step_state, STEP, "detail.state", body.detail.step_done.state = 4)                           \
    X(step_to, STEP, "detail.handed_to", PUT(body.detail.step_done.handed_to, "W"))                \
    X(step_due, STEP, "detail.due", body.detail.step_done.due_ms = UINT64_MAX)                     \
    X(close_result, CLOSE, "detail.result", body.detail.close.result = 4)                          \
    X(catalog_code, CATALOG, "detail.code", PUT(body.detail.catalog.code, "a b"))                  \
    X(catalog_version, CATALOG, "detail.version", body.detail.catalog.version = 0)                 \
    X(catalog_title, CATALOG, "detail.title", PUT(body.detail.catalog.title, ""))                  \
    X(catalog_owner, CATALOG, "detail.owner", PUT(body.detail.catalog.owner, ""))                  \
    X(catalog_mode, CATALOG, "detail.mode", body.detail.catalog.mode = 0)                          \
    X(catalog_mirror, CATALOG, "detail.mirror", body.detail.catalog.mirror = 0)                    \
    X(catalog_consumer, CATALOG, "detail.consumers", body.detail.catalog.consumers_count = 1)      \
    X(catalog_purposes, CATALOG, "detail.purposes", body.detail.catalog.purposes_count = 2;        \
      PUT(body.detail.catalog.purposes[0], "b"); PUT(body.detail.catalog.purposes[1], "a"))        \
    X(catalog_basis, CATALOG, "detail.basis", PUT(body.detail.catalog.basis, ""))                  \
    X(catalog_fields, CATALOG, "detail.fields_allowed",                                            \
      body.detail.catalog.fields_allowed = UINT64_MAX)                                             \
    X(catalog_level, CATALOG, "detail.min_level", body.detail.catalog.min_level = 0)               \
    X(catalog_assurance, CATALOG, "detail.min_assurance", body.detail.catalog.min_assurance = 4)   \
    X(catalog_sensitivity, CATALOG, "detail.sensitivity", body.detail.catalog.sensitivity = 0)     \
    X(catalog_from, CATALOG, "detail.effective_from", body.detail.catalog.effective_from_ms = 0)   \
    X(catalog_until, CATALOG, "detail.effective_until",                                            \
      body.detail.catalog.effective_until_ms = NOW)                                                \
    X(abolish_version, ABOLISH, "detail.list_version", body.detail.abolish.list_version = 0)       \
    X(abolish_ground, ABOLISH, "detail.ground", body.detail.abolish.ground = 7)                    \
    X(abolish_mode, ABOLISH, "detail.replacement", body.detail.abolish.replacement = 5)            \
    X(abolish_title, ABOLISH, "detail.title", PUT(body.detail.abolish.title, ""))                  \
    X(abolish_from, ABOLISH, "detail.effective_from", body.detail.abolish.effective_from_ms = 0)   \
    X(calendar_version, CALENDAR, "detail.version", body.detail.calendar.version = 0)              \
    X(calendar_from, CALENDAR, "detail.from_date", body.detail.calendar.from_date = 20260230)      \
    X(calendar_until, CALENDAR, "detail.until_date", body.detail.calendar.until_date = 20251231)   \
    X(calendar_close, CALENDAR, "detail.close_minute", body.detail.calendar.close_minute = 1441)   \
    X(calendar_open, CALENDAR, "detail.open_minute", body.detail.calendar.open_minute = 1020)      \
    X(calendar_outside, CALENDAR, "detail.holidays", body.detail.calendar.holidays_count = 1;      \
      body.detail.calendar.holidays[0] = 20270101)                                                 \
    X(calendar_no_date, CALENDAR, "detail.workdays", body.detail.calendar.workdays_count = 1;      \
      body.detail.calendar.workdays[0] = 20260431)                                                 \
    X(calendar_order, CALENDAR, "detail.holidays", body.detail.calendar.holidays_count = 2;        \
      body.detail.calendar.holidays[0] = 20260502; body.detail.calendar.holidays[1] = 20260501)    \
    X(calendar_both, CALENDAR, "detail.workdays", body.detail.calendar.holidays_count = 1;         \
      body.detail.calendar.holidays[0] = 20260501; body.detail.calendar.workdays_count = 1;        \
      body.detail.calendar.workdays[0] = 20260501)                                                 \
    X(staff_pseudonym, STAFF, "detail.pseudonym", ZERO(body.detail.staff_enrol.pseudonym))         \
    X(staff_no_key, STAFF, "detail.key", body.detail.staff_enrol.has_key = false)                  \
    X(staff_box_key, STAFF, "detail.key",                                                          \
      lh_fixture_key(&body.detail.staff_enrol.key, LH_ALG_X25519, 1))                              \
    X(staff_bad_key, STAFF, "detail.key", body.detail.staff_enrol.key.value.bytes[0] = 4)          \
    X(staff_no_roles, STAFF, "detail.roles", body.detail.staff_enrol.roles = 0)                    \
    X(staff_roles, STAFF, "detail.roles", body.detail.staff_enrol.roles = 32)                      \
    X(staff_employment, STAFF, "detail.employment", body.detail.staff_enrol.employment = 4)        \
    X(staff_post, STAFF, "detail.post", PUT(body.detail.staff_enrol.post, "民警"))                 \
    X(staff_from, STAFF, "detail.valid_from", body.detail.staff_enrol.valid_from_ms = 0)           \
    X(staff_until, STAFF, "detail.valid_until", body.detail.staff_enrol.valid_until_ms = NOW)      \
    X(role_bits, ROLE, "detail.roles", body.detail.role.roles = 32)                                \
    X(role_effective, ROLE, "detail.effective", body.detail.role.effective_ms = 0)                 \
    X(leave_kind, LEAVE, "detail.kind", body.detail.leave.kind = 4)                                \
    X(leave_effective, LEAVE, "detail.effective", body.detail.leave.effective_ms = 0)              \
    X(session_id, SESSION, "detail.session_id", ZERO(body.detail.session_open.session_id))         \
    X(session_key, SESSION, "detail.key", body.detail.session_open.has_key = false)                \
    X(session_long, SESSION, "detail.expires", body.detail.session_open.expires_ms += 1)           \
    X(session_short, SESSION, "detail.expires", body.detail.session_open.expires_ms = NOW)         \
    X(session_face, SESSION, "detail.face_verdict", body.detail.session_open.face_verdict = 3)     \
    X(session_judge, SESSION, "detail.face_provider", body.detail.session_open.face_verdict = 1)   \
    X(session_auth, SESSION, "auth_methods", body.auth_methods |= LH_AUTH_FACE)                    \
    X(session_end, SESSION_END, "detail.reason", body.detail.session_end.reason = 0)               \
    X(session_end_other, SESSION_END, "session", body.has_session = true;                          \
      memset(body.session, 1, 16))                                                                 \
    X(session_end_count, SESSION_END, "detail.queries",                                            \
      body.detail.session_end.queries = UINT64_MAX)                                                \
    X(warrant_authority, WARRANT, "detail.authority", PUT(body.detail.warrant.authority, ""))      \
    X(warrant_document, WARRANT, "detail.document", PUT(body.detail.warrant.document, ""))         \
    X(warrant_until, WARRANT, "detail.until", body.detail.warrant.until_ms = 1)                    \
    X(warrant_expires, WARRANT, "detail.expires", body.detail.warrant.expires_ms = NOW)            \
    X(open_count, OPEN, "detail.opened_count", body.detail.open.opened_count = 0)                  \
    X(open_warrant, OPEN, "detail.warrant_id", ZERO(body.detail.open.warrant_id))                  \
    X(access_reader, ACCESS, "detail.reader", body.detail.access.reader = 6)                       \
    X(access_auditor, ACCESS, "detail.warrant_id", body.detail.access.reader = 3)                  \
    X(access_digest, ACCESS, "detail.query_digest", ZERO(body.detail.access.query_digest))         \
    X(answer_class, ANSWER, "detail.deferred_class", body.detail.answer.deferred_class = 4)        \
    X(answer_reason, ANSWER, "detail.reason", body.detail.answer.reason = 0)                       \
    X(finding_rule, FINDING, "detail.rule", PUT(body.detail.finding.rule, ""))                     \
    X(finding_version, FINDING, "detail.rule_version", body.detail.finding.rule_version = 0)       \
    X(finding_class, FINDING, "detail.class", body.detail.finding.class = 4)                       \
    X(dispose_decision, DISPOSE, "detail.decision", body.detail.dispose.decision = 5)              \
    X(dispose_reason, DISPOSE, "detail.reason", PUT(body.detail.dispose.reason, ""))               \
    X(restrict_none, RESTRICT, "detail.targets", body.detail.restriction.targets_count = 0)        \
    X(restrict_outcome, RESTRICT, "outcome", body.outcome = lhpb_Outcome_DONE)                     \
    X(erase_order, ERASE, "detail.targets", memset(body.detail.erase.targets[1], 1, 32))           \
    X(erase_twice, ERASE, "detail.targets", memset(body.detail.erase.targets[1], 0xb4, 32))        \
    X(erase_zero, ERASE, "detail.targets", memset(body.detail.erase.targets[0], 0, 32))            \
    X(erase_ground, ERASE, "detail.ground", PUT(body.detail.erase.ground, ""))                     \
    X(correct_nature, CORRECT, "detail.nature", body.detail.correct.nature = 6)                    \
    X(object_nature, OBJECT, "detail.nature", body.detail.object.nature = 4)                       \
    X(object_target, OBJECT, "detail.target", ZERO(body.detail.object.target))                     \
    X(generation_zero, GENERATION, "detail.number", body.detail.generation.number = 0)             \
    X(generation_first, GENERATION, "detail.number", body.detail.generation.number = 2)            \
    X(generation_reason, GENERATION, "detail.reason", body.detail.generation.reason = 7)           \
    X(generation_key, GENERATION, "detail.seal_key", body.detail.generation.has_seal_key = false)  \
    X(generation_prev, GENERATION, "detail.prev_origin",                                           \
      PUT(body.detail.generation.prev_origin, "jinhua/gaj/1"))                                     \
    X(generation_root, GENERATION, "detail.prev_root", body.detail.generation.prev_size = 4)       \
    X(generation_lost, GENERATION, "detail.lost_until", body.detail.generation.lost_from = 1)      \
    X(generation_first_lost, GENERATION, "detail.lost_until",                                      \
      body.detail.generation.lost_from = 1;                                                        \
      body.detail.generation.lost_until = 2)                                                       \
    X(epoch_purpose, KEYEPOCH, "detail.purpose", body.detail.key_epoch.purpose = 12)               \
    X(epoch_no_key, KEYEPOCH, "detail.key", body.detail.key_epoch.has_key = false)                 \
    X(epoch_kcv, KEYEPOCH, "detail.kcv", body.detail.key_epoch.has_kcv = true;                     \
      memset(body.detail.key_epoch.kcv, 1, 32))                                                    \
    X(epoch_symmetric, KEYEPOCH, "detail.kcv", body.detail.key_epoch.purpose = LH_PURPOSE_INDEX)   \
    X(epoch_shown, KEYEPOCH, "detail.key", body.detail.key_epoch.purpose = LH_PURPOSE_INDEX;       \
      body.detail.key_epoch.has_kcv = true; memset(body.detail.key_epoch.kcv, 1, 32))              \
    X(epoch_box, KEYEPOCH, "detail.key", body.detail.key_epoch.purpose = LH_PURPOSE_AUDIT_BOX)     \
    X(epoch_until, KEYEPOCH, "detail.valid_until", body.detail.key_epoch.valid_until_ms = NOW)     \
    X(destroy_purpose, KEYDESTROY, "detail.purpose", body.detail.key_destroy.purpose = 0)          \
    X(destroy_id, KEYDESTROY, "detail.key_id", ZERO(body.detail.key_destroy.key_id))               \
    X(comp_since, KEYCOMP, "detail.since", body.detail.key_comp.since_ms = 0)                      \
    X(approval_parent, APPROVAL, "detail.parent", ZERO(body.detail.approval.parent))               \
    X(heartbeat_clock, HEARTBEAT, "detail.clock", body.detail.heartbeat.clock = 4)                 \
    X(equiv_origin, EQUIV, "detail.origin", PUT(body.detail.equiv.origin, "jinhua/mzj"))           \
    X(equiv_kind, EQUIV, "detail.kind", body.detail.equiv.kind = 4)

/* X(name, type, what is still good) */
#define BENDING(X)                                                                                 \
    X(machine_without_staff, QUERY, body.has_staff = false; body.channel = lhpb_Channel_MACHINE)   \
    X(after_the_fact, QUERY, body.flags = LH_BODY_AFTER_THE_FACT; body.outcome = lhpb_Outcome_HIT; \
      body.result_mask = 1; body.result_count = 1)                                                 \
    X(refs_in_any_order, QUERY, body.refs_count = 2; memset(body.refs[0], 2, 32);                  \
      memset(body.refs[1], 1, 32))                                                                 \
    X(due_later, QUERY, body.detail.query.due_ms = NOW + 1)                                        \
    X(last_time, SERVE, body.event_time_ms = UINT64_C(253402300799999))                            \
    X(own_department, USE, PUT(body.counterparty, "gaj"))                                          \
    X(matched, VRSP, body.detail.vrsp.verdict = lhpb_Verdict_MATCH;                                \
      PUT(body.detail.vrsp.ground, ""))                                                            \
    X(exempt, PROMISE, body.detail.promise.check_mode = 3; body.detail.promise.check_due = 0)      \
    X(leap_day, PROMISE, body.detail.promise.check_due = 20280229)                                 \
    X(proactive, CASE, body.detail.case_open.kind = 2; body.flags = LH_BODY_PROACTIVE)             \
    X(no_roles_left, ROLE, body.detail.role.roles = 0)                                             \
    X(face, SESSION, body.auth_methods |= LH_AUTH_FACE; body.detail.session_open.face_verdict = 1; \
      PUT(body.detail.session_open.face_provider, "zlb"))                                          \
    X(auditor, ACCESS, body.detail.access.reader = 3; body.detail.access.has_warrant_id = true;    \
      memset(body.detail.access.warrant_id, 1, 16))                                                \
    X(sm2_staff, STAFF, lh_fixture_key(&body.detail.staff_enrol.key, LH_ALG_SM2, 1))               \
    X(index_key, KEYEPOCH, body.detail.key_epoch.purpose = LH_PURPOSE_INDEX;                       \
      body.detail.key_epoch.has_key = false; body.detail.key_epoch.has_kcv = true;                 \
      memset(body.detail.key_epoch.kcv, 1, 32))                                                    \
    X(box_key, KEYEPOCH, body.detail.key_epoch.purpose = LH_PURPOSE_AUDIT_BOX;                     \
      lh_fixture_key(&body.detail.key_epoch.key, LH_ALG_X25519, 1))                                \
    X(last_minute, CALENDAR, body.detail.calendar.close_minute = 1440)                             \
    X(restored, GENERATION, continue_from(2, 2, "jinhua/gaj/1"))                                   \
    X(restored_from_nothing, GENERATION, continue_from(6, 2, "jinhua/gaj/1");                      \
      body.detail.generation.prev_size = 0; body.detail.generation.has_prev_root = false;          \
      body.detail.generation.has_prev_header = false)                                              \
    X(joined, GENERATION, continue_from(5, 1, "gaj-alone/gaj/3"))                                  \
    X(joined_renamed, GENERATION, continue_from(5, 2, "lishui/police/3"))

/* A generation that follows another one, whose head is known, and that has lost five entries. */
static void continue_from(uint32_t reason, uint32_t number, const char *origin)
{
    lhpb_Generation *generation = &body.detail.generation;

    generation->reason = reason;
    generation->number = number;
    PUT(generation->prev_origin, origin);
    generation->prev_size = 10;
    generation->has_prev_root = true;
    memset(generation->prev_root, 1, 32);
    generation->has_prev_header = true;
    memset(generation->prev_header, 2, 32);
    generation->has_promises_digest = true;
    memset(generation->promises_digest, 3, 32);
    generation->lost_from = 10;
    generation->lost_until = 14;
}

#define DEFINE_BREAK(name, type, field, ...)                                                       \
    static void break_##name(void)                                                                 \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
#define DEFINE_BEND(name, type, ...) DEFINE_BREAK(bend_##name, type, "", __VA_ARGS__)
BREAKING(DEFINE_BREAK)
BENDING(DEFINE_BEND)

#define BREAK_ROW(name, type, field, ...) { #name, lhpb_EntryType_##type, field, break_##name },
#define BEND_ROW(name, type, ...) { #name, lhpb_EntryType_##type, "", break_bend_##name },

static const struct {
    const char *name;
    lhpb_EntryType type;
    const char *field; /* "": none, it is good */
    void (*change)(void);
} rows[] = { BREAKING(BREAK_ROW) BENDING(BEND_ROW) };

static void each_rule_refuses_what_breaks_it_and_names_the_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lh_fixture_body(&body, rows[i].type);
        rows[i].change();
        const char *words = words_for_body();
        bool is_right =
            rows[i].field[0] == '\0' ? words[0] == '\0' : names_field(words, rows[i].field);
        if (!is_right) {
            fail_msg("%s: wanted \"%s\", got \"%s\"", rows[i].name, rows[i].field, words);
        }
    }
}

static void a_generation_is_refused_when_it_does_not_fit_the_one_before(void **state)
{
    (void)state;
    lh_fixture_body(&body, lhpb_EntryType_GENERATION);
    continue_from(4, 2, "jinhua/mzj/1");
    assert_true(names_field(words_for_body(), "detail.prev_origin"));
    continue_from(4, 2, "jinhua/gaj/2");
    assert_true(names_field(words_for_body(), "detail.prev_origin"));
    continue_from(4, 2, "");
    assert_true(names_field(words_for_body(), "detail.prev_origin"));
    continue_from(4, 2, "jinhua/gaj/1");
    assert_string_equal(words_for_body(), "");
    body.detail.generation.has_prev_header = false;
    assert_true(names_field(words_for_body(), "detail.prev_header"));
    continue_from(4, 2, "jinhua/gaj/1");
    body.detail.generation.prev_size = 0;
    body.detail.generation.has_prev_root = false;
    body.detail.generation.has_prev_header = false;
    assert_true(names_field(words_for_body(), "detail.prev_size"));
    continue_from(4, 2, "jinhua/gaj/1");
    body.detail.generation.lost_until = 9;
    assert_true(names_field(words_for_body(), "detail.lost_until"));
}

static void every_fixture_is_good_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < lh_fixture_type_count(); i++) {
        lh_fixture_body(&body, lh_fixture_type_at(i));
        assert_string_equal(words_for_body(), "");
        lh_fixture_body_full(&body, lh_fixture_type_at(i));
        assert_string_equal(words_for_body(), "");
    }
}

/* ---- the matrix of header fields, as the spec has it ----------------------------------------- */

static const char *const fields[] = {
    "unit",
    "staff",
    "session",
    "system",
    "channel",
    "auth_methods",
    "assurance",
    "item",
    "catalogue_version",
    "case",
    "step",
    "exchange",
    "counterparty",
    "purpose",
    "legal_basis",
    "outcome",
    "result_mask",
    "result_count",
    "request_digest",
    "response_digest",
    "refs",
    "flags",
    "subject_digest",
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

/* Puts a value that is good on its own, or takes it away. */
static void set_field(size_t field, bool on)
{
    switch (field) {
    case 0:
        PUT(body.unit, on ? "窗口" : "");
        return;
    case 1:
        body.has_staff = on;
        memset(body.staff, on ? 0x11 : 0, 8);
        return;
    case 2:
        body.has_session = on;
        memset(body.session, 0x55, 16);
        return;
    case 3:
        PUT(body.system, on ? "sys-share" : "");
        return;
    case 4:
        body.channel = on ? lhpb_Channel_COUNTER : 0;
        return;
    case 5:
        body.auth_methods = on ? 1 : 0;
        return;
    case 6:
        body.assurance = on ? 1 : 0;
        return;
    case 7:
        PUT(body.item, on ? "low-income" : "");
        return;
    case 8:
        body.catalogue_version = on ? 1 : 0;
        return;
    case 9:
        body.has_case_id = on;
        memset(body.case_id, 0xcc, 16);
        return;
    case 10:
        body.step = on ? 1 : 0;
        return;
    case 11:
        body.has_exchange_id = on;
        memset(body.exchange_id, 0xee, 16);
        return;
    case 12:
        PUT(body.counterparty, on ? "mzj" : "");
        return;
    case 13:
        PUT(body.purpose, on ? "medical-aid" : "");
        return;
    case 14:
        PUT(body.legal_basis, on ? "law" : "");
        return;
    case 15:
        body.outcome = on ? lhpb_Outcome_DONE : 0;
        return;
    case 16:
        body.result_mask = on ? 1 : 0;
        return;
    case 17:
        body.result_count = on ? 1 : 0;
        return;
    case 18:
        body.has_request_digest = on;
        memset(body.request_digest, 1, 32);
        return;
    case 19:
        body.has_response_digest = on;
        memset(body.response_digest, 1, 32);
        return;
    case 20:
        body.refs_count = on ? 1 : 0;
        memset(body.refs[0], 1, 32);
        return;
    case 21:
        body.flags = on ? LH_BODY_LATE : 0;
        return;
    case 22:
        body.has_subject_digest = on;
        memset(body.subject_digest, 1, 32);
        return;
    default:
        fail();
    }
}

/* The bits of a comma-separated list of fields and groups. */
static uint32_t parse_fields(const char *list, uint32_t everyday, uint32_t officers)
{
    char copy[512];
    char *rest = NULL;
    uint32_t bits = 0;

    (void)snprintf(copy, sizeof copy, "%s", list);
    for (char *word = strtok_r(copy, ", `", &rest); word != NULL;
         word = strtok_r(NULL, ", `", &rest)) {
        size_t i = 0;

        if (strcmp(word, "EVERYDAY") == 0) {
            bits |= everyday;
            continue;
        }
        if (strcmp(word, "OFFICERS") == 0) {
            bits |= officers;
            continue;
        }
        while (i < FIELD_COUNT && strcmp(word, fields[i]) != 0) {
            i++;
        }
        if (i == FIELD_COUNT) {
            fail_msg("specs/entries.md names an unknown header field: %s", word);
        }
        bits |= UINT32_C(1) << i;
    }
    return bits;
}

static void check_row(lhpb_EntryType type, uint32_t required, uint32_t optional)
{
    const char *name = lh_entry_type_name(type);

    for (size_t i = 0; i < FIELD_COUNT; i++) {
        bool is_required = (required >> i & 1U) != 0;
        bool is_optional = (optional >> i & 1U) != 0;

        lh_fixture_body(&body, type);
        set_field(i, !is_required);
        const char *words = words_for_body();
        bool is_missing = strstr(words, ": required for ") != NULL;
        bool is_forbidden = strstr(words, ": not allowed for ") != NULL;
        if (is_required && !(names_field(words, fields[i]) && is_missing)) {
            fail_msg("%s without %s: \"%s\"", name, fields[i], words);
        }
        if (!is_required && !is_optional && !(names_field(words, fields[i]) && is_forbidden)) {
            fail_msg("%s with %s: \"%s\"", name, fields[i], words);
        }
        if (is_optional && !is_required && strstr(words, ": not allowed for a") == NULL &&
            is_forbidden && strstr(words, "intent") == NULL) {
            fail_msg("%s with %s, which may stand: \"%s\"", name, fields[i], words);
        }
    }
}

/* "| QUERY | zh | required | optional | ... |" cut in place; NULL when it is no such row. */
static char *cell(char *line, size_t index)
{
    char *at = line;

    for (size_t i = 0; i <= index && at != NULL; i++) {
        at = strchr(at, '|');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at == NULL || strchr(at, '|') == NULL) {
        return NULL;
    }
    static char cells[8][512];
    size_t len = (size_t)(strchr(at, '|') - at);
    assert_true(len < sizeof cells[0]);
    memcpy(cells[index], at, len);
    cells[index][len] = '\0';
    return cells[index];
}

static void header_fields_are_what_the_spec_says(void **state)
{
    FILE *file = fopen(LH_SOURCE_DIR "/specs/entries.md", "r");
    char line[2048];
    uint32_t everyday = 0;
    uint32_t officers = 0;
    size_t found = 0;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        lhpb_EntryType type;

        if (strncmp(line, "- `EVERYDAY` = ", 15) == 0) {
            line[strcspn(line, "\n")] = '\0';
            everyday = parse_fields(line + 15, 0, 0);
        } else if (strncmp(line, "- `OFFICERS` = ", 15) == 0) {
            line[strcspn(line, "\n")] = '\0';
            officers = parse_fields(line + 15, 0, 0);
        }
        char *name = line[0] == '|' ? cell(line, 0) : NULL;
        if (name == NULL || cell(line, 3) == NULL) {
            continue;
        }
        name += strspn(name, " ");
        name[strcspn(name, " ")] = '\0';
        if (lh_entry_type_parse(&type, lh_bytes_of_text(name), NULL) != LH_OK) {
            continue;
        }
        assert_string_equal(lh_entry_type_name(type), name);
        assert_non_null(strstr(cell(line, 1), lh_entry_type_name_zh(type)));
        check_row(type, parse_fields(cell(line, 2), everyday, officers),
                  parse_fields(cell(line, 3), everyday, officers));
        found++;
    }
    (void)fclose(file);
    assert_int_equal(found, lh_fixture_type_count());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_refuses_what_breaks_it_and_names_the_field),
        cmocka_unit_test(a_generation_is_refused_when_it_does_not_fit_the_one_before),
        cmocka_unit_test(every_fixture_is_good_both_ways),
        cmocka_unit_test(header_fields_are_what_the_spec_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
