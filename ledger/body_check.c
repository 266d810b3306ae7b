/*
 * What a body must say, beyond its canonical bytes.
 *
 *  1. Judged from the bytes of the body alone: no clock, setting or other entry enters.
 *  2. The header by the table in body_check_rule.c: every field that a type does not name is
 *     forbidden to it.
 *  3. Then rules that hold for every type, then the check of the one detail.
 */
#include "ledger/body_check_internal.h"

#include <string.h>

/* By bit of enum lh_header_field; the names of the JSON form. */
static const char *const field_names[LH_HEADER_FIELD_COUNT] = {
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

static uint32_t fields_of(const lhpb_Body *body)
{
    uint32_t fields = 0;

#define LH_IF_SET(condition, field) fields |= (condition) ? (uint32_t)(field) : 0U
    LH_IF_SET(body->unit[0] != '\0', LH_HEADER_UNIT);
    LH_IF_SET(body->has_staff, LH_HEADER_STAFF);
    LH_IF_SET(body->has_session, LH_HEADER_SESSION);
    LH_IF_SET(body->system[0] != '\0', LH_HEADER_SYSTEM);
    LH_IF_SET(body->channel != lhpb_Channel_CHANNEL_UNSPECIFIED, LH_HEADER_CHANNEL);
    LH_IF_SET(body->auth_methods != 0, LH_HEADER_AUTH_METHODS);
    LH_IF_SET(body->assurance != 0, LH_HEADER_ASSURANCE);
    LH_IF_SET(body->item[0] != '\0', LH_HEADER_ITEM);
    LH_IF_SET(body->catalogue_version != 0, LH_HEADER_CATALOGUE_VERSION);
    LH_IF_SET(body->has_case_id, LH_HEADER_CASE);
    LH_IF_SET(body->step != 0, LH_HEADER_STEP);
    LH_IF_SET(body->has_exchange_id, LH_HEADER_EXCHANGE);
    LH_IF_SET(body->counterparty[0] != '\0', LH_HEADER_COUNTERPARTY);
    LH_IF_SET(body->purpose[0] != '\0', LH_HEADER_PURPOSE);
    LH_IF_SET(body->legal_basis[0] != '\0', LH_HEADER_LEGAL_BASIS);
    LH_IF_SET(body->outcome != lhpb_Outcome_OUTCOME_UNSPECIFIED, LH_HEADER_OUTCOME);
    LH_IF_SET(body->result_mask != 0, LH_HEADER_RESULT_MASK);
    LH_IF_SET(body->result_count != 0, LH_HEADER_RESULT_COUNT);
    LH_IF_SET(body->has_request_digest, LH_HEADER_REQUEST_DIGEST);
    LH_IF_SET(body->has_response_digest, LH_HEADER_RESPONSE_DIGEST);
    LH_IF_SET(body->refs_count != 0, LH_HEADER_REFS);
    LH_IF_SET(body->flags != 0, LH_HEADER_FLAGS);
    LH_IF_SET(body->has_subject_digest, LH_HEADER_SUBJECT_DIGEST);
#undef LH_IF_SET
    return fields;
}

static const char *name_of_lowest(uint32_t fields)
{
    size_t bit = 0;

    while ((fields >> bit & 1U) == 0) {
        bit++;
    }
    return field_names[bit];
}

static void want_fields(struct lh_want *want, const lhpb_Body *body,
                        const struct lh_body_rule *rule, uint32_t fields)
{
    uint32_t missing = rule->required & ~fields;
    uint32_t extra = fields & ~(rule->required | rule->optional);
    const char *type = lh_entry_type_name(body->type);

    if (missing != 0) {
        want->rc = lh_err_set(want->err, LH_ERR_INVALID, "%s: required for %s",
                              name_of_lowest(missing), type);
    } else if (extra != 0) {
        want->rc = lh_err_set(want->err, LH_ERR_INVALID, "%s: not allowed for %s",
                              name_of_lowest(extra), type);
    }
}

/* Fields that only mean something together. */
static void want_company(struct lh_want *want, const lhpb_Body *body,
                         const struct lh_body_rule *rule)
{
    /* spec entries.md 2: "Whoever acts through any other channel than MACHINE is named by the
     * staff pseudonym." */
    lh_want_true(want,
                 !rule->is_by_person || body->has_staff || body->channel == lhpb_Channel_MACHINE,
                 "staff", "required unless the channel is MACHINE");
    lh_want_true(want, body->has_staff || !body->has_session, "staff", "required with session");
    lh_want_true(want, (body->auth_methods != 0) == (body->assurance != 0), "assurance",
                 "stands with auth_methods or not at all");
    lh_want_true(want, (body->item[0] != '\0') == (body->catalogue_version != 0),
                 "catalogue_version", "stands with item or not at all");
    lh_want_true(want, body->step == 0 || body->has_case_id, "step", "only within a case");
}

/* spec entries.md 2: "A result has a mask and a count of at least one exactly when the outcome is
 * HIT." */
static void want_result(struct lh_want *want, const lhpb_Body *body,
                        const struct lh_body_rule *rule)
{
    bool is_hit = body->outcome == lhpb_Outcome_HIT;

    if (((rule->required | rule->optional) & LH_HEADER_RESULT_COUNT) == 0) {
        return;
    }
    lh_want_true(want, (body->result_mask != 0) == is_hit, "result_mask",
                 "stands with outcome HIT and only then");
    lh_want_true(want, (body->result_count != 0) == is_hit, "result_count",
                 "stands with outcome HIT and only then");
}

/* In an order of the writer's choice: the first may matter more than the second. */
static void want_refs(struct lh_want *want, const lhpb_Body *body)
{
    for (size_t i = 0; i < body->refs_count; i++) {
        lh_want_bytes(want, "refs", body->refs[i], LH_HASH_SIZE);
        for (size_t j = 0; j < i; j++) {
            lh_want_true(want, memcmp(body->refs[i], body->refs[j], LH_HASH_SIZE) != 0, "refs",
                         "one entry named twice");
        }
    }
}

static void want_header_values(struct lh_want *want, const lhpb_Body *body)
{
    lh_want_name(want, "source", body->source);
    lh_want_name(want, "id", body->id);
    lh_want_time(want, "event_time", body->event_time_ms);
    lh_want_department(want, "department", body->department);
    lh_want_code_or_none(want, "system", body->system);
    lh_want_range(want, "channel", body->channel, 0, _lhpb_Channel_MAX);
    lh_want_bits(want, "auth_methods", body->auth_methods, LH_AUTH_KNOWN);
    lh_want_range(want, "assurance", body->assurance, 0, 3);
    lh_want_code_or_none(want, "item", body->item);
    lh_want_department_or_none(want, "counterparty", body->counterparty);
    lh_want_code_or_none(want, "purpose", body->purpose);
    lh_want_code_or_none(want, "legal_basis", body->legal_basis);
    lh_want_range(want, "outcome", body->outcome, 0, _lhpb_Outcome_MAX);
    lh_want_number(want, "result_mask", body->result_mask);
    lh_want_number(want, "result_count", body->result_count);
    lh_want_bits(want, "flags", body->flags, LH_BODY_FLAGS_KNOWN);
    want_refs(want, body);
}

/* spec entries.md 2: "A QUERY or VREQ is intent: it says nothing of the outcome, unless it carries
 * `after_the_fact`." */
static void want_intent(struct lh_want *want, const lhpb_Body *body, uint32_t fields)
{
    const uint32_t outcome = LH_HEADER_OUTCOME | LH_HEADER_RESULT_MASK | LH_HEADER_RESULT_COUNT |
                             LH_HEADER_RESPONSE_DIGEST;
    bool is_intent = body->type == lhpb_EntryType_QUERY || body->type == lhpb_EntryType_VREQ;

    if (is_intent && (body->flags & LH_BODY_AFTER_THE_FACT) == 0 && (fields & outcome) != 0) {
        want->rc = lh_err_set(want->err, LH_ERR_INVALID,
                              "%s: not allowed for an intent without after_the_fact",
                              name_of_lowest(fields & outcome));
    }
}

enum lh_code lh_body_check_values(const lhpb_Body *body, struct lh_err *err)
{
    const struct lh_body_rule *rule = lh_body_rule_find(body->type);
    struct lh_want want = { .err = err, .rc = LH_OK };

    if (body->schema != LH_SCHEMA) {
        return body->schema > LH_SCHEMA
                   ? lh_err_set(err, LH_ERR_UNKNOWN, "schema: newer than %d", LH_SCHEMA)
                   : lh_err_set(err, LH_ERR_INVALID, "schema: missing");
    }
    if (rule == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "type: unknown number %u", (unsigned)body->type);
    }
    /* spec entries.md 1: "The tag of the detail is 100 plus the number of the type." */
    if (body->which_detail != 100 + (unsigned)body->type) {
        return lh_err_set(err, LH_ERR_INVALID, "detail: missing or not that of a %s",
                          lh_entry_type_name(body->type));
    }
    uint32_t fields = fields_of(body);
    want_fields(&want, body, rule, fields);
    if (want.rc == LH_OK) {
        want_intent(&want, body, fields);
    }
    want_header_values(&want, body);
    want_company(&want, body, rule);
    want_result(&want, body, rule);
    if (want.rc == LH_OK) {
        rule->check(&want, body);
    }
    return want.rc;
}
