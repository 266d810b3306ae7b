/*
 * What a roster says about an entry: by ledger order (lh_roster_judge, for ever the same) and at
 * the moment it is taken in (lh_roster_check_intake, with the clock of the node).
 */
#include "ledger/roster_internal.h"

#include "crypto/base/assert.h"

#include <string.h>

/* ---- by ledger order ------------------------------------------------------------------------- */

static bool is_staff_of(const lhpb_Body *body, const struct lh_roster_key *key)
{
    return body->has_staff && memcmp(body->staff, key->staff, sizeof key->staff) == 0;
}

static bool is_approver_of(const lhpb_Body *body, const struct lh_roster_key *key)
{
    return body->type == lhpb_EntryType_VRSP && body->detail.vrsp.has_approver &&
           memcmp(body->detail.vrsp.approver, key->staff, sizeof key->staff) == 0;
}

/* What the signers of an entry are, as far as their keys are known. */
struct signing {
    size_t known;
    enum lh_signer_kind kind; /* of every known one */
    size_t own;               /* signatures of the staff member of the body */
    size_t approvals;         /* and of the approver of a VRSP */
    bool lacks_session;       /* no earlier leaf opened the session that the body names */
};

/* A staff key may sign within a session of the same person, or outside any. */
static bool session_fits(const struct lh_roster *roster, const lhpb_Body *body,
                         const struct lh_roster_key *key, struct signing *signing)
{
    if (key->kind == LH_SIGNER_SESSION) {
        return body->has_session && memcmp(body->session, key->session, sizeof key->session) == 0;
    }
    if (!body->has_session) {
        return true;
    }
    const struct lh_roster_row *row =
        lh_roster_row_find(roster, &roster->by_session, body->session);
    signing->lacks_session = row == NULL;
    return row == NULL || memcmp(row->key.staff, key->staff, sizeof key->staff) == 0;
}

static enum lh_code check_person(const struct lh_roster *roster, const lhpb_Body *body,
                                 const struct lh_roster_key *key, struct signing *signing,
                                 struct lh_err *err)
{
    if (is_staff_of(body, key)) {
        signing->own++;
        return session_fits(roster, body, key, signing)
                   ? LH_OK
                   : lh_err_set(err, LH_ERR_DENIED, "session: not the session of the signer");
    }
    /* spec entries.md 4: "Beside the staff member of the body only the approver of a VRSP may
     * sign." */
    if (is_approver_of(body, key)) {
        signing->approvals++;
        return LH_OK;
    }
    return lh_err_set(err, LH_ERR_DENIED, "staff: not the pseudonym of the signer");
}

static bool is_person(enum lh_signer_kind kind)
{
    return kind == LH_SIGNER_STAFF || kind == LH_SIGNER_SESSION;
}

/* What a known signer may not do, whoever else signs. */
static enum lh_code check_signer(const struct lh_roster *roster, const lhpb_Body *body,
                                 const struct lh_authority *authority,
                                 const struct lh_roster_key *key, struct signing *signing,
                                 struct lh_err *err)
{
    /* spec trust.md 5.3: "a key that the epoch ended signs none of these" */
    if (key->is_ended) {
        return lh_err_set(err, LH_ERR_DENIED, "an epoch ended the key of a signature");
    }
    if (((unsigned)key->kind & authority->kinds) == 0) {
        return lh_err_set(err, LH_ERR_DENIED, "a %s key may not sign a %s",
                          lh_signer_kind_name(key->kind), lh_entry_type_name(body->type));
    }
    if (signing->known > 0 && key->kind != signing->kind) {
        return lh_err_set(err, LH_ERR_DENIED, "signers of two kinds");
    }
    /* spec entries.md 5: "Only the recorder signs what is imported." */
    if ((body->flags & LH_BODY_IMPORTED) != 0 && key->kind != LH_SIGNER_RECORDER) {
        return lh_err_set(err, LH_ERR_DENIED, "flags: only the recorder signs what is imported");
    }
    signing->kind = key->kind;
    signing->known++;
    return is_person(key->kind) ? check_person(roster, body, key, signing, err) : LH_OK;
}

/* spec entries.md 4: "Officers are two or more, recorders one or more; of staff and session keys
 * there is one of the staff member of the body, and in a VRSP at most one more, of its approver."
 */
static enum lh_code check_number(const lhpb_Body *body, const struct lh_authority *authority,
                                 const struct signing *signing, struct lh_err *err)
{
    if (signing->known < authority->count_min) {
        return lh_err_set(err, LH_ERR_DENIED, "a %s needs %u different signers",
                          lh_entry_type_name(body->type), authority->count_min);
    }
    if (is_person(signing->kind) && signing->own != 1) {
        return lh_err_set(err, LH_ERR_DENIED, "the staff member of the body must sign, once");
    }
    return signing->approvals <= 1
               ? LH_OK
               : lh_err_set(err, LH_ERR_DENIED, "the approver signs once at most");
}

/*
 * Every signer known, all of one allowed kind, as many as it takes; the kind goes to *out_kind.
 * What is certain comes before what a roster that knew more might answer otherwise.
 */
static enum lh_code check_signers(const struct lh_roster *roster, const lhpb_Entry *entry,
                                  const lhpb_Body *body, enum lh_signer_kind *out_kind,
                                  struct lh_err *err)
{
    const struct lh_authority *authority = lh_authority_find(body->type);
    struct signing signing = { .kind = LH_SIGNER_RECORDER };

    if (authority == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "type: unknown number %u", (unsigned)body->type);
    }
    for (size_t i = 0; i < entry->signatures_count; i++) {
        const struct lh_roster_row *row =
            lh_roster_row_find(roster, &roster->by_id, entry->signatures[i].key_id);
        if (row == NULL) {
            continue;
        }
        enum lh_code rc = check_signer(roster, body, authority, &row->key, &signing, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    *out_kind = signing.kind;
    if (signing.known < entry->signatures_count) {
        return lh_err_set(err, LH_ERR_FORGED, "the key of a signature is not enrolled");
    }
    enum lh_code rc = check_number(body, authority, &signing, err);
    if (rc == LH_OK && signing.lacks_session) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "session: no earlier leaf opened it");
    }
    return rc;
}

static enum lh_code verify_signatures(const struct lh_roster *roster, struct lh_suite *suite,
                                      const lhpb_Entry *entry, struct lh_err *err)
{
    struct lh_hash hash = lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_sig sig;

    lh_entry_message(message, &roster->network_id, &hash);
    for (size_t i = 0; i < entry->signatures_count; i++) {
        const struct lh_roster_row *row =
            lh_roster_row_find(roster, &roster->by_id, entry->signatures[i].key_id);

        memcpy(sig.bytes, entry->signatures[i].value, LH_SIG_SIZE);
        enum lh_code rc =
            lh_roster_key_verify(&row->key, &sig, lh_bytes_of(message, sizeof message), err);
        if (rc != LH_OK) {
            lh_err_wrap(err, rc, "signature %zu", i);
            return rc;
        }
    }
    return LH_OK;
}

static enum lh_code judge(const struct lh_roster *roster, struct lh_suite *suite,
                          const lhpb_Entry *entry, const lhpb_Body *body, bool with_signatures,
                          enum lh_signer_kind *out_kind, struct lh_err *err)
{
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "body of a newer schema");
    }
    rc = lh_entry_check_body(entry, body, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (entry->signatures_count == 0) {
        return lh_err_set(err, LH_ERR_DENIED, "no signature");
    }
    /* spec entries.md 4: "The department of the body is the department of the ledger." */
    if (strcmp(body->department, roster->department) != 0) {
        return lh_err_set(err, LH_ERR_DENIED, "department: not the one of this ledger");
    }
    rc = check_signers(roster, entry, body, out_kind, err);
    if (rc != LH_OK) {
        return rc;
    }
    return with_signatures ? verify_signatures(roster, suite, entry, err) : LH_OK;
}

enum lh_code lh_roster_judge(const struct lh_roster *roster, struct lh_suite *suite,
                             const lhpb_Entry *entry, const lhpb_Body *body, bool with_signatures,
                             unsigned *out_level, struct lh_err *err)
{
    enum lh_signer_kind kind = LH_SIGNER_RECORDER;
    enum lh_code rc = judge(roster, suite, entry, body, with_signatures, &kind, err);

    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "entry");
        return rc;
    }
    if (out_level != NULL) {
        *out_level = lh_signer_kind_level(kind);
    }
    return LH_OK;
}

/* ---- at intake ------------------------------------------------------------------------------- */

static bool is_officer_act(const lhpb_Body *body)
{
    const struct lh_authority *authority = lh_authority_find(body->type);
    return authority != NULL && authority->kinds == LH_SIGNER_OFFICER;
}

/* spec entries.md 5: "An event is at most 2 minutes ahead of the clock of the node; one older than
 * 10 minutes carries the flag late and is at most 72 hours old (30 days for OOB)." */
static enum lh_code check_window(const lhpb_Body *body, int64_t now, struct lh_err *err)
{
    int64_t age = now - (int64_t)body->event_time_ms;
    bool is_act = is_officer_act(body);
    int64_t age_max = is_act || body->type == lhpb_EntryType_OOB ? LH_INTAKE_LATE_MAX_SLOW_MS
                                                                 : LH_INTAKE_LATE_MAX_MS;

    if (age < -LH_INTAKE_AHEAD_MS) {
        return lh_err_set(err, LH_ERR_INVALID, "event_time: more than 2 minutes in the future");
    }
    if ((body->flags & LH_BODY_IMPORTED) != 0) {
        return LH_OK;
    }
    if (age > age_max) {
        return lh_err_set(err, LH_ERR_LIMIT, "event_time: more than %lld hours ago",
                          (long long)(age_max / 3600000));
    }
    /* spec entries.md 5: "Officer acts are prepared before they are submitted: they carry no flag
     * and are at most 30 days old." */
    if (age > LH_INTAKE_LATE_AFTER_MS && !is_act && (body->flags & LH_BODY_LATE) == 0) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "event_time: more than 10 minutes ago without the flag late");
    }
    return LH_OK;
}

static enum lh_code check_revocation(const struct lh_roster_key *key, int64_t at, int64_t now,
                                     struct lh_err *err)
{
    const char *kind = lh_signer_kind_name(key->kind);

    if (key->is_replaced && key->kind != LH_SIGNER_SESSION) {
        return lh_err_set(err, LH_ERR_DENIED, "the %s key was replaced by a later one", kind);
    }
    if (now >= key->revoked_from_unix_ms || at >= key->revoked_from_unix_ms) {
        return lh_err_set(err, LH_ERR_DENIED, "the %s key is revoked", kind);
    }
    return LH_OK;
}

static enum lh_code check_validity(const struct lh_roster_key *key, int64_t at, struct lh_err *err)
{
    if (at < key->valid_from_unix_ms || at >= key->valid_until_unix_ms) {
        return lh_err_set(err, LH_ERR_DENIED, "the %s key was not valid at that time",
                          lh_signer_kind_name(key->kind));
    }
    return LH_OK;
}

/* spec entries.md 5: "An event signed by a session key lies within the session and is recorded at
 * most 72 hours after the session ended." */
static enum lh_code check_session(const struct lh_roster *roster, const struct lh_roster_row *row,
                                  int64_t at, int64_t now, struct lh_err *err)
{
    const struct lh_roster_key *parent = &roster->rows[row->parent].key;

    if (now - row->key.valid_until_unix_ms > LH_INTAKE_SESSION_LATE_MAX_MS) {
        return lh_err_set(err, LH_ERR_LIMIT, "the session ended more than 72 hours ago");
    }
    if (now >= parent->revoked_from_unix_ms || at >= parent->revoked_from_unix_ms) {
        return lh_err_set(err, LH_ERR_DENIED, "the staff key that opened the session is revoked");
    }
    return LH_OK;
}

static enum lh_code check_key(const struct lh_roster *roster, const struct lh_roster_row *row,
                              const lhpb_Body *body, int64_t now, struct lh_err *err)
{
    bool is_imported = (body->flags & LH_BODY_IMPORTED) != 0;
    int64_t at = is_imported ? now : (int64_t)body->event_time_ms;
    enum lh_code rc = check_revocation(&row->key, at, now, err);

    if (rc == LH_OK) {
        rc = check_validity(&row->key, at, err);
    }
    if (rc == LH_OK && row->key.kind == LH_SIGNER_SESSION) {
        rc = check_session(roster, row, at, now, err);
    }
    return rc;
}

/* spec entries.md 5: "An OPEN names a staff member who has the role of an auditor" */
static enum lh_code check_opener(const struct lh_roster *roster, const lhpb_Body *body,
                                 struct lh_err *err)
{
    const struct lh_roster_row *row =
        body->type == lhpb_EntryType_OPEN
            ? lh_roster_row_find(roster, &roster->by_staff, body->staff)
            : NULL;

    return body->type != lhpb_EntryType_OPEN ||
                   (row != NULL && (row->key.roles & LH_ROLE_AUDITOR) != 0)
               ? LH_OK
               : lh_err_set(err, LH_ERR_DENIED, "who opens a box is an auditor by role");
}

enum lh_code lh_roster_check_intake(const struct lh_roster *roster, const lhpb_Entry *entry,
                                    const lhpb_Body *body, int64_t now_unix_ms, struct lh_err *err)
{
    enum lh_code rc = check_window(body, now_unix_ms, err);

    if (rc == LH_OK) {
        rc = check_opener(roster, body, err);
    }
    for (size_t i = 0; rc == LH_OK && i < entry->signatures_count; i++) {
        const struct lh_roster_row *row =
            lh_roster_row_find(roster, &roster->by_id, entry->signatures[i].key_id);

        rc = row != NULL ? check_key(roster, row, body, now_unix_ms, err)
                         : lh_err_set(err, LH_ERR_FORGED, "its key is not enrolled");
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "intake");
    }
    return rc;
}
