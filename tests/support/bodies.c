#include "bodies.h"

#include "crypto/base/assert.h"
#include "crypto/signer.h"

#include <stdio.h>
#include <string.h>

static const lhpb_EntryType types[] = {
    lhpb_EntryType_CATALOG,    lhpb_EntryType_ABOLISH,     lhpb_EntryType_CALENDAR,
    lhpb_EntryType_STAFF,      lhpb_EntryType_ROLE,        lhpb_EntryType_LEAVE,
    lhpb_EntryType_SESSION,    lhpb_EntryType_SESSION_END, lhpb_EntryType_QUERY,
    lhpb_EntryType_SERVE,      lhpb_EntryType_USE,         lhpb_EntryType_BATCH,
    lhpb_EntryType_VREQ,       lhpb_EntryType_VACK,        lhpb_EntryType_VRSP,
    lhpb_EntryType_OOB,        lhpb_EntryType_NOTICE,      lhpb_EntryType_PROMISE,
    lhpb_EntryType_CHECK,      lhpb_EntryType_CREDIT,      lhpb_EntryType_CREDIT_END,
    lhpb_EntryType_DEMAND,     lhpb_EntryType_REMEDY,      lhpb_EntryType_CASE,
    lhpb_EntryType_STEP,       lhpb_EntryType_CLOSE,       lhpb_EntryType_WARRANT,
    lhpb_EntryType_OPEN,       lhpb_EntryType_ACCESS,      lhpb_EntryType_ANSWER,
    lhpb_EntryType_FINDING,    lhpb_EntryType_DISPOSE,     lhpb_EntryType_RESTRICT,
    lhpb_EntryType_ERASE,      lhpb_EntryType_CORRECT,     lhpb_EntryType_OBJECT,
    lhpb_EntryType_GENERATION, lhpb_EntryType_KEYEPOCH,    lhpb_EntryType_KEYDESTROY,
    lhpb_EntryType_KEYCOMP,    lhpb_EntryType_APPROVAL,    lhpb_EntryType_HEARTBEAT,
    lhpb_EntryType_EQUIV,
};

enum { DAY_MS = 24 * 3600 * 1000 };

size_t lh_fixture_type_count(void)
{
    return sizeof types / sizeof types[0];
}

lhpb_EntryType lh_fixture_type_at(size_t index)
{
    lh_assert(index < lh_fixture_type_count());
    return types[index];
}

void lh_fixture_seed(uint8_t out[32], uint8_t number)
{
    memset(out, 0, 32);
    out[31] = number;
}

void lh_fixture_key(lhpb_PublicKey *out, enum lh_alg alg, uint8_t number)
{
    struct lh_signer *signer = NULL;
    uint8_t seed[32];

    lh_fixture_seed(seed, number);
    enum lh_code rc = lh_signer_from_seed(&signer, alg, lh_bytes_of(seed, sizeof seed), NULL);
    lh_assert(rc == LH_OK);
    lh_pubkey_to_wire(out, lh_signer_pubkey(signer));
    lh_signer_free(signer);
}

/* ---- the header ------------------------------------------------------------------------------ */

static void fill(uint8_t *out, size_t len, uint8_t value)
{
    memset(out, value, len);
}

static void text(char *out, size_t size, const char *value)
{
    int len = snprintf(out, size, "%s", value);
    lh_assert(len >= 0 && (size_t)len < size);
}
#define TEXT(field, value) text(field, sizeof(field), value)
#define FILL(field, value) fill(field, sizeof(field), value)

static void set_staff(lhpb_Body *body)
{
    body->has_staff = true;
    FILL(body->staff, 0x11);
}

static void set_auth(lhpb_Body *body)
{
    body->auth_methods = LH_AUTH_PASSWORD | LH_AUTH_TOKEN;
    body->assurance = 2;
}

static void set_item(lhpb_Body *body)
{
    TEXT(body->item, "low-income");
    body->catalogue_version = 3;
}

static void set_case(lhpb_Body *body)
{
    body->has_case_id = true;
    FILL(body->case_id, 0xcc);
}

static void set_step(lhpb_Body *body)
{
    set_case(body);
    body->step = 2;
}

static void set_exchange(lhpb_Body *body)
{
    body->has_exchange_id = true;
    FILL(body->exchange_id, 0xee);
}

static void set_counterparty(lhpb_Body *body)
{
    TEXT(body->counterparty, "mzj");
}

static void set_why(lhpb_Body *body)
{
    TEXT(body->purpose, "medical-aid");
    TEXT(body->legal_basis, "law:social-aid:18");
}

static void set_legal_basis(lhpb_Body *body)
{
    TEXT(body->legal_basis, "law:social-aid:18");
}

static void set_system(lhpb_Body *body)
{
    TEXT(body->system, "sys-share");
}

static void set_hit(lhpb_Body *body)
{
    body->outcome = lhpb_Outcome_HIT;
    body->result_mask = 5;
    body->result_count = 1;
}

static void set_refs(lhpb_Body *body)
{
    body->refs_count = 2;
    FILL(body->refs[0], 0xa2);
    FILL(body->refs[1], 0xa1);
}

/* ---- details of everyday work ---------------------------------------------------------------- */

static void set_token(bool *has, lhpb_Token *token)
{
    *has = true;
    TEXT(token->origin, "jinhua/mzj/1");
    FILL(token->exchange_id, 0xee);
    FILL(token->body_hash, 0xb0);
    FILL(token->key_id, 0x1d);
    FILL(token->signature, 0x51);
}

static void everyday(lhpb_Body *body)
{
    body->channel = lhpb_Channel_COUNTER;
    set_staff(body);
    set_item(body);
}

static void make_query(lhpb_Body *body)
{
    everyday(body);
    set_exchange(body);
    set_why(body);
    body->detail.query.requested_mask = 7;
}

static void make_serve(lhpb_Body *body)
{
    body->channel = lhpb_Channel_MACHINE;
    set_item(body);
    set_exchange(body);
    set_counterparty(body);
    set_hit(body);
    set_token(&body->detail.serve.has_token, &body->detail.serve.token);
}

static void make_use(lhpb_Body *body)
{
    everyday(body);
    set_exchange(body);
    set_hit(body);
    body->detail.use.verdict = lhpb_Verdict_MATCH;
}

static void make_batch(lhpb_Body *body)
{
    body->channel = lhpb_Channel_MACHINE;
    set_item(body);
    set_why(body);
    set_system(body);
    set_refs(body);
    TEXT(body->detail.batch.job, "cohort/2026-11");
    body->detail.batch.rows = 1200;
    FILL(body->detail.batch.set_digest, 0x5e);
    FILL(body->detail.batch.calls_root, 0xca);
    body->detail.batch.window_start_ms = LH_FIXTURE_TIME_MS - DAY_MS;
    body->detail.batch.window_end_ms = LH_FIXTURE_TIME_MS;
}

static void make_vreq(lhpb_Body *body)
{
    everyday(body);
    set_exchange(body);
    set_counterparty(body);
    set_why(body);
    TEXT(body->detail.vreq.question, "lives-at");
}

static void make_vack(lhpb_Body *body)
{
    everyday(body);
    set_exchange(body);
    set_counterparty(body);
    set_token(&body->detail.vack.has_token, &body->detail.vack.token);
}

static void make_vrsp(lhpb_Body *body)
{
    everyday(body);
    set_exchange(body);
    set_counterparty(body);
    body->outcome = lhpb_Outcome_DENIED;
    set_token(&body->detail.vrsp.has_token, &body->detail.vrsp.token);
    body->detail.vrsp.verdict = lhpb_Verdict_REFUSED;
    TEXT(body->detail.vrsp.ground, "trade-secret");
}

static void make_oob(lhpb_Body *body)
{
    everyday(body);
    body->channel = lhpb_Channel_DINGTALK;
    set_exchange(body);
    set_counterparty(body);
    body->detail.oob.happened_ms = LH_FIXTURE_TIME_MS - 1000;
    FILL(body->detail.oob.message_digest, 0x3d);
    FILL(body->detail.oob.transcriber, 0x11);
    body->detail.oob.verdict = lhpb_Verdict_NO_RECORD;
}

static void make_notice(lhpb_Body *body)
{
    everyday(body);
    FILL(body->detail.notice.text_digest, 0x7d);
    body->detail.notice.risk_class = 1;
    body->detail.notice.eligible = 1;
}

static void make_promise(lhpb_Body *body)
{
    body->channel = lhpb_Channel_ONLINE;
    set_item(body);
    FILL(body->detail.promise.promise_id, 0x99);
    FILL(body->detail.promise.form_digest, 0xfd);
    body->detail.promise.check_mode = 2;
    body->detail.promise.check_due = 20270228;
    body->detail.promise.public = 2;
}

static void make_check(lhpb_Body *body)
{
    everyday(body);
    FILL(body->detail.check.promise_id, 0x99);
    body->detail.check.method = 2;
    body->detail.check.result = 1;
}

static void make_credit(lhpb_Body *body)
{
    body->channel = lhpb_Channel_COUNTER;
    set_staff(body);
    set_legal_basis(body);
    FILL(body->detail.credit.promise_id, 0x99);
    FILL(body->detail.credit.decision_digest, 0xdd);
    TEXT(body->detail.credit.category, "false-promise");
    body->detail.credit.effective_ms = LH_FIXTURE_TIME_MS;
    body->detail.credit.expiry_ms = LH_FIXTURE_TIME_MS + (uint64_t)1827 * DAY_MS;
}

static void make_credit_end(lhpb_Body *body)
{
    body->channel = lhpb_Channel_COUNTER;
    set_staff(body);
    FILL(body->detail.credit_end.promise_id, 0x99);
    body->detail.credit_end.reason = 2;
}

static void make_demand(lhpb_Body *body)
{
    body->channel = lhpb_Channel_PHONE;
    TEXT(body->detail.demand.code, "kinship-proof");
    TEXT(body->detail.demand.counter, "房产窗口");
    body->detail.demand.reported_by = 1;
}

static void make_remedy(lhpb_Body *body)
{
    body->channel = lhpb_Channel_COUNTER;
    set_staff(body);
    FILL(body->detail.remedy.demand, 0xb1);
    TEXT(body->detail.remedy.action, "withdrawn");
}

static void make_case(lhpb_Body *body)
{
    body->channel = lhpb_Channel_ONLINE;
    set_case(body);
    TEXT(body->detail.case_open.theme, "newborn");
    body->detail.case_open.kind = 1;
    body->detail.case_open.participants_count = 2;
    TEXT(body->detail.case_open.participants[0], "gaj");
    TEXT(body->detail.case_open.participants[1], "wjw");
}

static void make_step(lhpb_Body *body)
{
    body->channel = lhpb_Channel_COUNTER;
    set_staff(body);
    set_step(body);
    TEXT(body->detail.step_done.name, "落户");
    body->detail.step_done.state = 2;
}

static void make_close(lhpb_Body *body)
{
    body->channel = lhpb_Channel_COUNTER;
    set_staff(body);
    set_case(body);
    body->detail.close.result = 1;
}

/* ---- officer acts, audit, life of data, keys ------------------------------------------------- */

static void make_catalog(lhpb_Body *body)
{
    lhpb_Catalog *item = &body->detail.catalog;

    TEXT(item->code, "low-income");
    item->version = 3;
    TEXT(item->title, "低收入证明");
    TEXT(item->owner, "mzj");
    item->mode = lhpb_Mode_SHARED;
    item->mirror = lhpb_Mirror_MIRROR_PROVIDER;
    TEXT(item->basis, "law:social-aid:18");
    item->fields_allowed = 7;
    item->min_level = 1;
    item->sensitivity = 3;
    item->effective_from_ms = LH_FIXTURE_TIME_MS;
}

static void make_abolish(lhpb_Body *body)
{
    lhpb_Abolish *item = &body->detail.abolish;

    TEXT(item->code, "kinship-proof");
    item->list_version = 1;
    item->ground = 2;
    item->replacement = lhpb_Mode_PROMISED;
    TEXT(item->title, "亲属关系证明");
    item->effective_from_ms = LH_FIXTURE_TIME_MS;
}

static void make_calendar(lhpb_Body *body)
{
    lhpb_Calendar *calendar = &body->detail.calendar;

    calendar->version = 1;
    calendar->from_date = 20260101;
    calendar->until_date = 20261231;
    calendar->open_minute = 510;
    calendar->close_minute = 1020;
}

static void make_staff(lhpb_Body *body)
{
    lhpb_Staff *staff = &body->detail.staff_enrol;

    FILL(staff->pseudonym, 0x11);
    staff->has_key = true;
    lh_fixture_key(&staff->key, LH_ALG_P256, 1);
    staff->roles = LH_ROLE_COUNTER;
    staff->employment = 1;
    staff->valid_from_ms = LH_FIXTURE_TIME_MS;
}

static void make_role(lhpb_Body *body)
{
    FILL(body->detail.role.pseudonym, 0x11);
    body->detail.role.roles = LH_ROLE_COUNTER | LH_ROLE_APPROVER;
    body->detail.role.effective_ms = LH_FIXTURE_TIME_MS;
}

static void make_leave(lhpb_Body *body)
{
    FILL(body->detail.leave.pseudonym, 0x11);
    body->detail.leave.kind = 2;
    body->detail.leave.effective_ms = LH_FIXTURE_TIME_MS;
}

static void make_session(lhpb_Body *body)
{
    lhpb_Session *session = &body->detail.session_open;

    body->channel = lhpb_Channel_COUNTER;
    set_staff(body);
    set_auth(body);
    FILL(session->session_id, 0x55);
    session->has_key = true;
    lh_fixture_key(&session->key, LH_ALG_P256, 2);
    session->expires_ms = LH_FIXTURE_TIME_MS + DAY_MS / 3;
}

static void make_session_end(lhpb_Body *body)
{
    set_staff(body);
    FILL(body->detail.session_end.session_id, 0x55);
    body->detail.session_end.reason = 1;
}

static void make_warrant(lhpb_Body *body)
{
    lhpb_Warrant *warrant = &body->detail.warrant;

    set_legal_basis(body);
    FILL(warrant->warrant_id, 0x77);
    TEXT(warrant->authority, "市纪委监委");
    TEXT(warrant->document, "金监〔2026〕12号");
    warrant->from_ms = LH_FIXTURE_TIME_MS - DAY_MS;
    warrant->until_ms = LH_FIXTURE_TIME_MS;
    warrant->expires_ms = LH_FIXTURE_TIME_MS + DAY_MS;
}

static void make_open(lhpb_Body *body)
{
    set_staff(body);
    FILL(body->detail.open.warrant_id, 0x77);
    FILL(body->detail.open.opened_digest, 0x0d);
    body->detail.open.opened_count = 4;
}

static void make_access(lhpb_Body *body)
{
    body->detail.access.reader = 2;
    FILL(body->detail.access.query_digest, 0x9d);
}

static void make_answer(lhpb_Body *body)
{
    body->channel = lhpb_Channel_ONLINE;
    set_staff(body);
    FILL(body->detail.answer.request, 0xb2);
    body->detail.answer.reason = 1;
}

static void make_finding(lhpb_Body *body)
{
    TEXT(body->detail.finding.rule, "R07");
    body->detail.finding.rule_version = 1;
    body->detail.finding.class = 1;
    FILL(body->detail.finding.evidence_digest, 0xed);
}

static void make_dispose(lhpb_Body *body)
{
    set_staff(body);
    FILL(body->detail.dispose.finding, 0xb3);
    body->detail.dispose.decision = 2;
    TEXT(body->detail.dispose.reason, "late-binding");
}

static void make_restrict(lhpb_Body *body)
{
    set_staff(body);
    set_legal_basis(body);
    body->detail.restriction.targets_count = 1;
    FILL(body->detail.restriction.targets[0], 0xb4);
    TEXT(body->detail.restriction.ground, "pipl:47");
}

static void make_erase(lhpb_Body *body)
{
    set_legal_basis(body);
    body->detail.erase.targets_count = 2;
    FILL(body->detail.erase.targets[0], 0xb4);
    FILL(body->detail.erase.targets[1], 0xb5);
    TEXT(body->detail.erase.ground, "pipl:47");
}

static void make_correct(lhpb_Body *body)
{
    body->channel = lhpb_Channel_COUNTER;
    set_staff(body);
    FILL(body->detail.correct.target, 0xb6);
    body->detail.correct.nature = 2;
}

static void make_object(lhpb_Body *body)
{
    body->channel = lhpb_Channel_ONLINE;
    FILL(body->detail.object.target, 0xb6);
    body->detail.object.nature = 1;
}

static void make_generation(lhpb_Body *body)
{
    lhpb_Generation *generation = &body->detail.generation;

    generation->number = 1;
    generation->reason = 1;
    generation->has_seal_key = true;
    lh_fixture_key(&generation->seal_key, LH_ALG_ED25519, 3);
}

static void make_key_epoch(lhpb_Body *body)
{
    body->detail.key_epoch.purpose = LH_PURPOSE_RECORDER;
    body->detail.key_epoch.has_key = true;
    lh_fixture_key(&body->detail.key_epoch.key, LH_ALG_ED25519, 4);
    body->detail.key_epoch.valid_from_ms = LH_FIXTURE_TIME_MS;
}

static void make_key_destroy(lhpb_Body *body)
{
    FILL(body->detail.key_destroy.key_id, 0x1d);
    body->detail.key_destroy.purpose = LH_PURPOSE_INDEX;
}

static void make_key_comp(lhpb_Body *body)
{
    FILL(body->detail.key_comp.key_id, 0x1d);
    body->detail.key_comp.since_ms = LH_FIXTURE_TIME_MS - DAY_MS;
}

static void make_approval(lhpb_Body *body)
{
    FILL(body->detail.approval.proposal, 0x90);
    FILL(body->detail.approval.parent, 0x91);
}

static void make_heartbeat(lhpb_Body *body)
{
    body->detail.heartbeat.clock = 1;
}

static void make_equiv(lhpb_Body *body)
{
    TEXT(body->detail.equiv.origin, "jinhua/mzj/1");
    FILL(body->detail.equiv.evidence, 0xe1);
    body->detail.equiv.kind = 1;
}

static void (*const makers[])(lhpb_Body *body) = {
    [lhpb_EntryType_CATALOG] = make_catalog,
    [lhpb_EntryType_ABOLISH] = make_abolish,
    [lhpb_EntryType_CALENDAR] = make_calendar,
    [lhpb_EntryType_STAFF] = make_staff,
    [lhpb_EntryType_ROLE] = make_role,
    [lhpb_EntryType_LEAVE] = make_leave,
    [lhpb_EntryType_SESSION] = make_session,
    [lhpb_EntryType_SESSION_END] = make_session_end,
    [lhpb_EntryType_QUERY] = make_query,
    [lhpb_EntryType_SERVE] = make_serve,
    [lhpb_EntryType_USE] = make_use,
    [lhpb_EntryType_BATCH] = make_batch,
    [lhpb_EntryType_VREQ] = make_vreq,
    [lhpb_EntryType_VACK] = make_vack,
    [lhpb_EntryType_VRSP] = make_vrsp,
    [lhpb_EntryType_OOB] = make_oob,
    [lhpb_EntryType_NOTICE] = make_notice,
    [lhpb_EntryType_PROMISE] = make_promise,
    [lhpb_EntryType_CHECK] = make_check,
    [lhpb_EntryType_CREDIT] = make_credit,
    [lhpb_EntryType_CREDIT_END] = make_credit_end,
    [lhpb_EntryType_DEMAND] = make_demand,
    [lhpb_EntryType_REMEDY] = make_remedy,
    [lhpb_EntryType_CASE] = make_case,
    [lhpb_EntryType_STEP] = make_step,
    [lhpb_EntryType_CLOSE] = make_close,
    [lhpb_EntryType_WARRANT] = make_warrant,
    [lhpb_EntryType_OPEN] = make_open,
    [lhpb_EntryType_ACCESS] = make_access,
    [lhpb_EntryType_ANSWER] = make_answer,
    [lhpb_EntryType_FINDING] = make_finding,
    [lhpb_EntryType_DISPOSE] = make_dispose,
    [lhpb_EntryType_RESTRICT] = make_restrict,
    [lhpb_EntryType_ERASE] = make_erase,
    [lhpb_EntryType_CORRECT] = make_correct,
    [lhpb_EntryType_OBJECT] = make_object,
    [lhpb_EntryType_GENERATION] = make_generation,
    [lhpb_EntryType_KEYEPOCH] = make_key_epoch,
    [lhpb_EntryType_KEYDESTROY] = make_key_destroy,
    [lhpb_EntryType_KEYCOMP] = make_key_comp,
    [lhpb_EntryType_APPROVAL] = make_approval,
    [lhpb_EntryType_HEARTBEAT] = make_heartbeat,
    [lhpb_EntryType_EQUIV] = make_equiv,
};

void lh_fixture_body(lhpb_Body *out, lhpb_EntryType type)
{
    lh_assert((size_t)type < sizeof makers / sizeof makers[0]);
    lh_assert(makers[type] != NULL);
    memset(out, 0, sizeof *out);
    out->schema = LH_SCHEMA;
    out->type = type;
    TEXT(out->source, "urn:jinhua:gaj:window");
    TEXT(out->id, "2026-000123");
    out->event_time_ms = LH_FIXTURE_TIME_MS;
    TEXT(out->department, "gaj");
    out->which_detail = (pb_size_t)(100 + (unsigned)type);
    makers[type](out);
}
