#include "node/intake.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "ledger/act.h"
#include "ledger/canon.h"
#include "ledger/event.h"
#include "ledger/personal.h"
#include "ledger/subject_json.h"
#include "node/subjects.h"

#include "trust.pb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUTURE_MS_MAX = 2 * 60 * 1000, LATE_MS = 10 * 60 * 1000 };

struct lh_sealed *lh_sealed_ref(struct lh_sealed *sealed)
{
    (void)atomic_fetch_add(&sealed->refs, 1);
    return sealed;
}

void lh_sealed_unref(struct lh_sealed *sealed)
{
    if (sealed != NULL && atomic_fetch_sub(&sealed->refs, 1) == 1) {
        lh_buf_clear(&sealed->checkpoint);
        lh_receipt_clear(&sealed->shown);
        free(sealed);
    }
}

void lh_intake_clear(struct lh_intake *intake)
{
    lh_buf_clear(&intake->leaf);
    lh_buf_clear(&intake->receipt);
    lh_buf_clear(&intake->private_part);
    if (intake->vault_row.data != NULL) {
        lh_wipe(intake->vault_row.data, intake->vault_row.len);
    }
    lh_buf_clear(&intake->vault_row);
    lh_sealed_unref(intake->sealed);
    intake->sealed = NULL;
}

void lh_intake_reject(struct lh_intake *intake, enum lh_problem_code code, const char *format, ...)
{
    char detail[LH_PROBLEM_DETAIL_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    lh_problem_set(&intake->problem, code, "%s", detail);
    intake->status = LH_INTAKE_REJECTED;
}

static void reject_field(struct lh_intake *intake, const struct lh_err *err)
{
    bool is_missing =
        strstr(err->text, ": required") != NULL || strstr(err->text, ": missing") != NULL;

    lh_problem_from_field(&intake->problem,
                          is_missing ? LH_PROBLEM_SCHEMA_REQUIRED : LH_PROBLEM_SCHEMA_INVALID, err);
    intake->status = LH_INTAKE_REJECTED;
}

/* Out of memory, a library that fails: not the client's doing. */
static bool is_our_fault(enum lh_code rc)
{
    return rc == LH_ERR_NOMEM || rc == LH_ERR_IO;
}

static void reject_body(struct lh_intake *intake, enum lh_code rc, const struct lh_err *err)
{
    if (is_our_fault(rc)) {
        lh_intake_reject(intake, LH_PROBLEM_INTERNAL, "%s", err->text);
    } else {
        reject_field(intake, err);
    }
}

/* ---- rights and privacy ---------------------------------------------------------------------- */

static bool check_personal_numbers(struct lh_intake *intake)
{
    const char *field = lh_body_find_personal_number(&intake->body);

    if (field == NULL) {
        return true;
    }
    lh_intake_reject(intake, LH_PROBLEM_RAW_IDENTIFIER, "a resident ID number was found");
    (void)snprintf(intake->problem.pointer, sizeof intake->problem.pointer, "/%s", field);
    return false;
}

static bool check_rights(struct lh_intake *intake, const struct lh_grant *client)
{
    if (!lh_grant_may_source(client, intake->body.source)) {
        lh_intake_reject(intake, LH_PROBLEM_AUTH_SOURCE, "its source");
    } else if (!lh_grant_may_type(client, intake->body.type)) {
        lh_intake_reject(intake, LH_PROBLEM_AUTH_TYPE, "type %s",
                         lh_entry_type_name(intake->body.type));
    } else {
        return true;
    }
    return false;
}

static bool check_level(struct lh_intake *intake, const struct lh_grant *client)
{
    if (intake->level <= client->level_max) {
        return true;
    }
    lh_intake_reject(intake, LH_PROBLEM_AUTH_LEVEL, "level %u, allowed are levels up to %u",
                     intake->level, client->level_max);
    return false;
}

static bool check_department(struct lh_intake *intake, const struct lh_intake_rules *rules)
{
    if (strcmp(intake->body.department, rules->department) == 0) {
        return true;
    }
    lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID, "this is the ledger of %s",
                     rules->department);
    (void)snprintf(intake->problem.pointer, sizeof intake->problem.pointer, "/department");
    return false;
}

/* A key of the other suite would open no box here, and nobody would notice until it is needed. */
static bool check_box_key(struct lh_intake *intake, const struct lh_intake_rules *rules)
{
    enum lh_alg wanted = rules->suite == LH_SUITE_W ? LH_ALG_X25519 : LH_ALG_SM2;
    const lhpb_KeyEpoch *epoch = &intake->body.detail.key_epoch;

    if (intake->body.type != lhpb_EntryType_KEYEPOCH || epoch->purpose != LH_PURPOSE_AUDIT_BOX ||
        epoch->key.alg == wanted) {
        return true;
    }
    lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID, "in suite %s a box is for a key of %s",
                     lh_suite_name(rules->suite), lh_alg_name(wanted));
    (void)snprintf(intake->problem.pointer, sizeof intake->problem.pointer, "/detail/key");
    return false;
}

/* ---- judging --------------------------------------------------------------------------------- */

static bool copy_signers(struct lh_intake *intake, const struct lh_roster *roster)
{
    for (size_t i = 0; i < intake->entry.signatures_count; i++) {
        struct lh_key_id id;
        const struct lh_roster_key *key;
        char hex[2 * LH_KEY_ID_SIZE + 1];

        memcpy(id.bytes, intake->entry.signatures[i].key_id, sizeof id.bytes);
        key = lh_roster_find(roster, &id);
        if (key == NULL) {
            lh_hex_format(hex, lh_bytes_of(id.bytes, sizeof id.bytes));
            lh_intake_reject(intake, LH_PROBLEM_KEY_UNKNOWN,
                             "no entry of this ledger enrols key %s", hex);
            return false;
        }
        intake->signers[i] = key->key;
    }
    intake->signer_count = intake->entry.signatures_count;
    return true;
}

static void reject_judged(struct lh_intake *intake, enum lh_code rc, const struct lh_err *err)
{
    enum lh_problem_code code = rc == LH_ERR_FORGED    ? LH_PROBLEM_SIGNATURE_BAD
                                : rc == LH_ERR_DENIED  ? LH_PROBLEM_AUTHORITY_DENIED
                                : rc == LH_ERR_UNKNOWN ? LH_PROBLEM_SCHEMA_INVALID
                                : is_our_fault(rc)     ? LH_PROBLEM_INTERNAL
                                                       : LH_PROBLEM_AUTHORITY_DENIED;

    lh_intake_reject(intake, code, "%s", err->text);
}

bool lh_intake_judge(struct lh_intake *intake, const struct lh_intake_rules *rules,
                     struct lh_suite *suite, bool with_signatures)
{
    struct lh_err err = LH_ERR_NONE;
    const struct lh_roster *roster = lh_keyring_read(rules->keyring);
    bool is_good;

    intake->roster_version = lh_keyring_version(rules->keyring);
    is_good = copy_signers(intake, roster);
    if (is_good) {
        enum lh_code rc = lh_roster_judge(roster, suite, &intake->entry, &intake->body,
                                          with_signatures, &intake->level, &err);

        if (rc != LH_OK) {
            reject_judged(intake, rc, &err);
            is_good = false;
        }
    }
    lh_keyring_end_read(rules->keyring);
    return is_good;
}

/* ---- ready bodies: the client encoded and signed ----------------------------------------------
 */

/* Subjects are posted if and only if the body binds some. */
static bool check_post(struct lh_intake *intake, const lhpb_SubjectPost *post)
{
    if (intake->body.has_subject_digest == (post != NULL)) {
        return true;
    }
    lh_intake_reject(intake, post == NULL ? LH_PROBLEM_SCHEMA_REQUIRED : LH_PROBLEM_SCHEMA_INVALID,
                     "%s",
                     post == NULL ? "the body binds subjects that were not posted"
                                  : "the body binds no subjects");
    (void)snprintf(intake->problem.pointer, sizeof intake->problem.pointer, "/subjects");
    return false;
}

/* entry.body and entry.signatures are filled; the rest follows from them. `post` may be NULL. */
static void prepare_ready(struct lh_intake *intake, const struct lh_intake_rules *rules,
                          const struct lh_grant *client, struct lh_worker *worker,
                          const lhpb_SubjectPost *post)
{
    struct lh_bytes body = lh_bytes_of(intake->entry.body.bytes, intake->entry.body.size);
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_body_decode(&intake->body, body, &err);

    if (rc != LH_OK) {
        reject_body(intake, rc, &err);
        return;
    }
    intake->has_body = true;
    intake->body_hash = lh_body_hash(worker->suite, body);
    intake->content_digest = intake->body_hash;
    if (!check_box_key(intake, rules) || !check_department(intake, rules) ||
        !check_personal_numbers(intake) || !check_rights(intake, client) ||
        !check_post(intake, post) ||
        (post != NULL && !lh_intake_add_subjects(intake, rules, worker, post)) ||
        !lh_intake_judge(intake, rules, worker->suite, true) || !check_level(intake, client)) {
        return;
    }
    intake->status = LH_INTAKE_PREPARED;
}

static void prepare_submission(struct lh_intake *intake, const struct lh_intake_rules *rules,
                               const struct lh_grant *client, struct lh_worker *worker,
                               struct lh_bytes bytes)
{
    lhpb_Submission submission;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_canon_decode(&lhpb_Submission_msg, &submission, bytes, &err);

    if (rc != LH_OK) {
        lh_intake_reject(intake, is_our_fault(rc) ? LH_PROBLEM_INTERNAL : LH_PROBLEM_SCHEMA_INVALID,
                         "submission: %s", err.text);
        return;
    }
    if (submission.body.size == 0 || submission.signatures_count == 0) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_REQUIRED,
                         "a submission has a body and at least one signature");
        return;
    }
    memcpy(intake->entry.body.bytes, submission.body.bytes, submission.body.size);
    intake->entry.body.size = submission.body.size;
    memcpy(intake->entry.signatures, submission.signatures, sizeof submission.signatures);
    intake->entry.signatures_count = submission.signatures_count;
    prepare_ready(intake, rules, client, worker,
                  submission.has_subjects ? &submission.subjects : NULL);
    lh_wipe(&submission.subjects, sizeof submission.subjects);
}

static void prepare_act(struct lh_intake *intake, const struct lh_intake_rules *rules,
                        const struct lh_grant *client, struct lh_worker *worker,
                        struct lh_bytes bytes)
{
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_act_decode(&act, bytes, &err);

    if (rc != LH_OK) {
        lh_intake_reject(intake, is_our_fault(rc) ? LH_PROBLEM_INTERNAL : LH_PROBLEM_SCHEMA_INVALID,
                         "act: %s", err.text);
        goto out;
    }
    if (act.suite != rules->suite || !lh_hash_is_equal(&act.network_id, &rules->network_id)) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID, "the act was made for another network");
        goto out;
    }
    if (act.signature_count == 0 || act.body.len > sizeof intake->entry.body.bytes) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_REQUIRED, "nobody has signed the act yet");
        goto out;
    }
    memcpy(intake->entry.body.bytes, act.body.data, act.body.len);
    intake->entry.body.size = (pb_size_t)act.body.len;
    for (size_t i = 0; i < act.signature_count; i++) {
        memcpy(intake->entry.signatures[i].key_id, act.signatures[i].key_id.bytes, LH_KEY_ID_SIZE);
        memcpy(intake->entry.signatures[i].value, act.signatures[i].sig.bytes, LH_SIG_SIZE);
    }
    intake->entry.signatures_count = (pb_size_t)act.signature_count;
    prepare_ready(intake, rules, client, worker, NULL);
out:
    lh_act_clear(&act);
}

/* ---- events that the recorder attests ---------------------------------------------------------
 */

static enum lh_code sign_as_recorder(struct lh_intake *intake, const struct lh_intake_rules *rules,
                                     struct lh_worker *worker, struct lh_err *err)
{
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_sig signature;
    struct lh_key_id id = lh_key_id_of(worker->suite, lh_signer_pubkey(worker->recorder));
    enum lh_code rc;

    lh_entry_message(message, &rules->network_id, &intake->body_hash);
    rc = lh_sign(worker->recorder, &signature, lh_bytes_of(message, sizeof message), err);
    if (rc != LH_OK) {
        return rc;
    }
    memcpy(intake->entry.signatures[0].key_id, id.bytes, sizeof id.bytes);
    memcpy(intake->entry.signatures[0].value, signature.bytes, sizeof signature.bytes);
    intake->entry.signatures_count = 1;
    return LH_OK;
}

/* Encode the body into the entry, hash it, sign it. */
static enum lh_code seal_body(struct lh_intake *intake, const struct lh_intake_rules *rules,
                              struct lh_worker *worker, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_body_encode(&bytes, &intake->body, err);

    if (rc == LH_OK && bytes.len > LH_BODY_MAX) {
        rc = lh_err_set(err, LH_ERR_INVALID, "the body is longer than %d bytes", LH_BODY_MAX);
    }
    if (rc == LH_OK) {
        memcpy(intake->entry.body.bytes, bytes.data, bytes.len);
        intake->entry.body.size = (pb_size_t)bytes.len;
        intake->body_hash = lh_body_hash(worker->suite, lh_buf_bytes(&bytes));
        rc = sign_as_recorder(intake, rules, worker, err);
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* The identity of the content comes before the salted digest of the subjects is put in. */
static enum lh_code digest_and_bind(struct lh_intake *intake, const struct lh_intake_rules *rules,
                                    struct lh_worker *worker, const lhpb_SubjectPost *post,
                                    struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_body_encode(&bytes, &intake->body, err);

    if (rc == LH_OK) {
        intake->content_digest = lh_intake_content_digest(worker->suite, &rules->idempotency,
                                                          lh_buf_bytes(&bytes), post);
    }
    lh_buf_clear(&bytes);
    if (rc == LH_OK && post != NULL) {
        rc = lh_intake_bind_subjects(intake, worker->suite, post, err);
    }
    return rc;
}

/* intake->body is filled and checked. `post` may be NULL. */
static void attest(struct lh_intake *intake, const struct lh_intake_rules *rules,
                   struct lh_worker *worker, const lhpb_SubjectPost *post)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = digest_and_bind(intake, rules, worker, post, &err);

    if (rc == LH_OK) {
        rc = seal_body(intake, rules, worker, &err);
    }
    if (rc != LH_OK) {
        reject_body(intake, rc, &err);
        return;
    }
    /* Our own signature of a moment ago is not checked again; that we may sign this type is. */
    if ((post != NULL && !lh_intake_add_subjects(intake, rules, worker, post)) ||
        !lh_intake_judge(intake, rules, worker->suite, false)) {
        return;
    }
    intake->status = LH_INTAKE_PREPARED;
}

void lh_intake_prepare_own(struct lh_intake *intake, const struct lh_intake_rules *rules,
                           struct lh_worker *worker, const lhpb_Body *body)
{
    intake->body = *body;
    intake->has_body = true;
    attest(intake, rules, worker, NULL);
}

/* Members without which nothing else is worth looking at. */
static bool check_members(struct lh_intake *intake, const json_t *event)
{
    static const char *const names[] = { "source", "id", "type", "event_time" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (json_object_get(event, names[i]) == NULL) {
            lh_intake_reject(intake, LH_PROBLEM_SCHEMA_REQUIRED, "every event has one");
            (void)snprintf(intake->problem.pointer, sizeof intake->problem.pointer, "/%s",
                           names[i]);
            return false;
        }
    }
    return true;
}

/* A detail that was left out is found by its encoding first, which knows no names. */
static enum lh_code check_body(const lhpb_Body *body, const json_t *event, struct lh_err *err)
{
    enum lh_code rc = lh_body_check(body, err);

    if (rc == LH_ERR_INVALID && strncmp(err->text, "field ", 6) == 0 &&
        json_object_get(event, "detail") == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "detail: required for %s",
                          lh_entry_type_name(body->type));
    }
    return rc;
}

static void prepare_event(struct lh_intake *intake, const struct lh_intake_rules *rules,
                          const struct lh_grant *client, struct lh_worker *worker,
                          const json_t *event)
{
    static const char *const ours[] = { "subjects", "case_number", "reason", NULL };
    lhpb_SubjectPost post = lhpb_SubjectPost_init_zero;
    bool has_post = false;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (!check_members(intake, event)) {
        return;
    }
    rc = lh_event_to_body(&intake->body, event, ours, &err);
    if (rc == LH_OK && intake->body.has_subject_digest) {
        rc = lh_err_set(&err, LH_ERR_INVALID, "/subject_digest: the node makes it from subjects");
    }
    if (rc == LH_OK) {
        rc = lh_subjects_from_json(&post, &has_post, event, &rules->random, &err);
    }
    if (rc != LH_OK) {
        reject_body(intake, rc, &err);
        return;
    }
    intake->body.schema = intake->body.schema == 0 ? LH_SCHEMA : intake->body.schema;
    if (intake->body.department[0] == '\0') {
        (void)snprintf(intake->body.department, sizeof intake->body.department, "%s",
                       rules->department);
    }
    rc = check_body(&intake->body, event, &err);
    if (rc != LH_OK) {
        reject_body(intake, rc, &err);
        return;
    }
    intake->has_body = true;
    if (check_department(intake, rules) && check_personal_numbers(intake) &&
        check_rights(intake, client)) {
        attest(intake, rules, worker, has_post ? &post : NULL);
    }
    lh_wipe(&post, sizeof post);
}

static void prepare_ready_json(struct lh_intake *intake, const struct lh_intake_rules *rules,
                               const struct lh_grant *client, struct lh_worker *worker,
                               const json_t *ready)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    const char *text = json_string_value(ready);

    if (text == NULL || lh_base64_decode(&bytes, lh_bytes_of_text(text), &err) != LH_OK) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID, "wants the base64 of a submission");
        (void)snprintf(intake->problem.pointer, sizeof intake->problem.pointer, "/ready");
    } else {
        prepare_submission(intake, rules, client, worker, lh_buf_bytes(&bytes));
    }
    lh_buf_clear(&bytes);
}

/* Our event inside a CloudEvent: identity and time are the envelope's. */
static void prepare_cloudevent(struct lh_intake *intake, const struct lh_intake_rules *rules,
                               const struct lh_grant *client, struct lh_worker *worker,
                               const json_t *envelope)
{
    static const struct {
        const char *outer;
        const char *inner;
    } members[] = { { "id", "id" }, { "source", "source" }, { "time", "event_time" } };
    const char *version = json_string_value(json_object_get(envelope, "specversion"));
    json_t *data = json_object_get(envelope, "data");
    json_t *event;

    if (version == NULL || strcmp(version, "1.0") != 0 || !json_is_object(data)) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID,
                         "wants a CloudEvent of specversion 1.0 with an object as data");
        return;
    }
    event = json_copy(data);
    for (size_t i = 0; event != NULL && i < sizeof members / sizeof members[0]; i++) {
        json_t *value = json_object_get(envelope, members[i].outer);

        if (value != NULL && (json_object_get(event, members[i].inner) != NULL ||
                              json_object_set(event, members[i].inner, value) != 0)) {
            lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID,
                             "stands in the CloudEvent, not in its data");
            (void)snprintf(intake->problem.pointer, sizeof intake->problem.pointer, "/data/%s",
                           members[i].inner);
            json_decref(event);
            return;
        }
    }
    if (event == NULL) {
        lh_intake_reject(intake, LH_PROBLEM_INTERNAL, "out of memory");
        return;
    }
    prepare_event(intake, rules, client, worker, event);
    json_decref(event);
}

void lh_intake_prepare_json(struct lh_intake *intake, const struct lh_intake_rules *rules,
                            const struct lh_grant *client, struct lh_worker *worker,
                            enum lh_intake_form form, const json_t *json)
{
    const json_t *ready = json_object_get(json, "ready");

    if (!json_is_object(json)) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID, "an event is a JSON object");
    } else if (form == LH_FORM_CLOUDEVENT) {
        prepare_cloudevent(intake, rules, client, worker, json);
    } else if (ready != NULL && json_object_size(json) == 1) {
        prepare_ready_json(intake, rules, client, worker, ready);
    } else {
        prepare_event(intake, rules, client, worker, json);
    }
}

static void parse_and_prepare(struct lh_intake *intake, const struct lh_intake_rules *rules,
                              const struct lh_grant *client, struct lh_worker *worker,
                              enum lh_intake_form form, struct lh_bytes bytes)
{
    json_error_t error;
    json_t *json;

    if (bytes.len > LH_EVENT_JSON_MAX) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID, "an event has at most %d KiB",
                         LH_EVENT_JSON_MAX / 1024);
        return;
    }
    json = json_loadb((const char *)bytes.data, bytes.len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        /* The parser's words may quote the input; its place cannot. */
        lh_intake_reject(intake, LH_PROBLEM_MALFORMED, "not JSON at byte %d", error.position);
        return;
    }
    lh_intake_prepare_json(intake, rules, client, worker, form, json);
    json_decref(json);
}

void lh_intake_prepare(struct lh_intake *intake, const struct lh_intake_rules *rules,
                       const struct lh_grant *client, struct lh_worker *worker,
                       enum lh_intake_form form, struct lh_bytes bytes)
{
    switch (form) {
    case LH_FORM_JSON:
    case LH_FORM_CLOUDEVENT:
        parse_and_prepare(intake, rules, client, worker, form, bytes);
        break;
    case LH_FORM_SUBMISSION:
        prepare_submission(intake, rules, client, worker, bytes);
        break;
    case LH_FORM_ACT:
        prepare_act(intake, rules, client, worker, bytes);
        break;
    }
}

/* ---- at the moment of recording ---------------------------------------------------------------
 */

static bool is_revoked(const struct lh_intake *intake, const struct lh_roster *roster,
                       int64_t now_unix_ms)
{
    for (size_t i = 0; i < intake->entry.signatures_count; i++) {
        struct lh_key_id id;
        const struct lh_roster_key *key;

        memcpy(id.bytes, intake->entry.signatures[i].key_id, sizeof id.bytes);
        key = lh_roster_find(roster, &id);
        if (key != NULL && key->revoked_from_unix_ms <= now_unix_ms) {
            return true;
        }
    }
    return false;
}

bool lh_intake_check_now(struct lh_intake *intake, const struct lh_roster *roster,
                         int64_t now_unix_ms)
{
    struct lh_err err = LH_ERR_NONE;
    int64_t event_unix_ms = (int64_t)intake->body.event_time_ms;
    enum lh_code rc =
        lh_roster_check_intake(roster, &intake->entry, &intake->body, now_unix_ms, &err);
    enum lh_problem_code code;

    if (rc == LH_OK) {
        return true;
    }
    code = is_our_fault(rc)                              ? LH_PROBLEM_INTERNAL
           : event_unix_ms > now_unix_ms + FUTURE_MS_MAX ? LH_PROBLEM_EVENT_FUTURE
           : is_revoked(intake, roster, now_unix_ms)     ? LH_PROBLEM_KEY_REVOKED
           : now_unix_ms - event_unix_ms > LATE_MS && rc == LH_ERR_INVALID
               ? LH_PROBLEM_EVENT_LATE
               : LH_PROBLEM_AUTHORITY_DENIED;
    lh_intake_reject(intake, code, "%s", err.text);
    return false;
}
