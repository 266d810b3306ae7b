#include "ledger/roster_internal.h"

#include "crypto/base/assert.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- indexes --------------------------------------------------------------------------------- */

enum { SMALLEST_INDEX = 64, SMALLEST_ROWS = 16, ROWS_MAX = 1 << 30 };

static const uint8_t *key_of(const struct lh_roster *roster, const struct lh_roster_index *index,
                             uint32_t row)
{
    return (const uint8_t *)&roster->rows[row] + index->key_offset;
}

/* Key ids, pseudonyms and session ids are hashes or random: their own first bytes will do. */
static size_t hash_of(const uint8_t *key)
{
    uint64_t head;

    memcpy(&head, key, sizeof head);
    return (size_t)((head * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

/* The slot that holds the key, or the free one where it belongs. The index is never full. */
static uint32_t *find_slot(const struct lh_roster *roster, const struct lh_roster_index *index,
                           const void *key)
{
    size_t at = hash_of(key) & (index->capacity - 1);

    while (index->slots[at] != LH_ROSTER_NONE &&
           memcmp(key_of(roster, index, index->slots[at]), key, index->key_len) != 0) {
        at = (at + 1) & (index->capacity - 1);
    }
    return &index->slots[at];
}

struct lh_roster_row *lh_roster_row_find(const struct lh_roster *roster,
                                         const struct lh_roster_index *index, const void *key)
{
    uint32_t row = *find_slot(roster, index, key);
    return row != LH_ROSTER_NONE ? &roster->rows[row] : NULL;
}

static bool resize_index(const struct lh_roster *roster, struct lh_roster_index *index,
                         size_t capacity)
{
    struct lh_roster_index grown = *index;

    grown.slots = malloc(capacity * sizeof grown.slots[0]);
    if (grown.slots == NULL) {
        return false;
    }
    grown.capacity = capacity;
    for (size_t i = 0; i < capacity; i++) {
        grown.slots[i] = LH_ROSTER_NONE;
    }
    for (size_t i = 0; i < index->capacity; i++) {
        if (index->slots[i] != LH_ROSTER_NONE) {
            *find_slot(roster, &grown, key_of(roster, index, index->slots[i])) = index->slots[i];
        }
    }
    free(index->slots);
    *index = grown;
    return true;
}

/* Room for one more key. */
static bool reserve_index(const struct lh_roster *roster, struct lh_roster_index *index)
{
    if (index->capacity != 0 && index->used + 1 <= index->capacity / 2) {
        return true;
    }
    return resize_index(roster, index, index->capacity != 0 ? index->capacity * 2 : SMALLEST_INDEX);
}

static void put_index(const struct lh_roster *roster, struct lh_roster_index *index, uint32_t row)
{
    uint32_t *slot = find_slot(roster, index, key_of(roster, index, row));

    index->used += *slot == LH_ROSTER_NONE ? 1 : 0;
    *slot = row;
}

static bool reserve_rows(struct lh_roster *roster)
{
    size_t capacity = roster->capacity != 0 ? roster->capacity * 2 : SMALLEST_ROWS;

    if (roster->count < roster->capacity) {
        return true;
    }
    if (capacity > ROWS_MAX) {
        return false;
    }
    struct lh_roster_row *grown = realloc(roster->rows, capacity * sizeof grown[0]);
    if (grown == NULL) {
        return false;
    }
    roster->rows = grown;
    roster->capacity = capacity;
    return true;
}

/* ---- adding a key ---------------------------------------------------------------------------- */

struct lh_roster_row lh_roster_row_make(struct lh_suite *suite, const struct lh_pubkey *key,
                                        enum lh_signer_kind kind, uint64_t index)
{
    return (struct lh_roster_row){
        .key = { .id = lh_key_id_of(suite, key),
                 .key = *key,
                 .kind = kind,
                 .enrolled_at = index,
                 .valid_until_unix_ms = INT64_MAX,
                 .revoked_from_unix_ms = INT64_MAX },
        .older = LH_ROSTER_NONE,
        .parent = LH_ROSTER_NONE,
    };
}

static enum lh_code out_of_memory(struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_NOMEM, "roster: out of memory");
}

static void drop_verifier(struct lh_roster *roster, struct lh_roster_row *row)
{
    if (roster->session_max != 0 && row->verifier != NULL) {
        lh_verifier_free(row->verifier);
        row->verifier = NULL;
        row->key.verifier = NULL;
        roster->session_count--;
    }
}

/* Sessions last hours, their keys are known for ever: the oldest verifier at hand makes room. */
static void drop_oldest_verifiers(struct lh_roster *roster)
{
    while (roster->session_max != 0 && roster->session_count > roster->session_max) {
        struct lh_roster_row *row = &roster->rows[roster->session_first++];

        if (row->key.kind == LH_SIGNER_SESSION) {
            drop_verifier(roster, row);
        }
    }
}

enum lh_code lh_roster_row_add(struct lh_roster *roster, struct lh_roster_row *row,
                               struct lh_err *err)
{
    if (!reserve_rows(roster) || !reserve_index(roster, &roster->by_id) ||
        !reserve_index(roster, &roster->by_staff) || !reserve_index(roster, &roster->by_session)) {
        return out_of_memory(err);
    }
    enum lh_code rc =
        roster->has_no_verifiers ? LH_OK : lh_verifier_new(&row->verifier, &row->key.key, err);
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "roster");
        return rc;
    }
    lh_assert(roster->rows != NULL);
    row->key.verifier = row->verifier;
    uint32_t at = (uint32_t)roster->count++;
    roster->rows[at] = *row;
    put_index(roster, &roster->by_id, at);
    if (row->key.kind == LH_SIGNER_STAFF) {
        put_index(roster, &roster->by_staff, at);
    } else if (row->key.kind == LH_SIGNER_SESSION) {
        put_index(roster, &roster->by_session, at);
        roster->session_count++;
        drop_oldest_verifiers(roster);
    }
    return LH_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static enum lh_code add_founding_keys(struct lh_roster *roster, struct lh_suite *suite,
                                      const struct lh_enrolment *enrolment, struct lh_err *err)
{
    struct lh_roster_row row;
    enum lh_code rc;

    for (size_t i = 0; i < enrolment->officer_count; i++) {
        row = lh_roster_row_make(suite, &enrolment->officers[i].key, LH_SIGNER_OFFICER, 0);
        rc = lh_roster_row_add(roster, &row, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    row = lh_roster_row_make(suite, &enrolment->recorder, LH_SIGNER_RECORDER, 0);
    return lh_roster_row_add(roster, &row, err);
}

static bool init_indexes(struct lh_roster *roster)
{
    roster->by_id.key_offset = offsetof(struct lh_roster_row, key.id);
    roster->by_id.key_len = LH_KEY_ID_SIZE;
    roster->by_staff.key_offset = offsetof(struct lh_roster_row, key.staff);
    roster->by_staff.key_len = sizeof roster->rows[0].key.staff;
    roster->by_session.key_offset = offsetof(struct lh_roster_row, key.session);
    roster->by_session.key_len = sizeof roster->rows[0].key.session;
    return reserve_index(roster, &roster->by_id) && reserve_index(roster, &roster->by_staff) &&
           reserve_index(roster, &roster->by_session);
}

static enum lh_code start(struct lh_roster **out, const struct lh_hash *network_id,
                          enum lh_suite_id suite_id, const struct lh_enrolment *enrolment,
                          struct lh_err *err)
{
    struct lh_roster *roster = NULL;
    struct lh_suite *suite = NULL;
    enum lh_code rc;

    roster = calloc(1, sizeof *roster);
    if (roster == NULL || !init_indexes(roster)) {
        rc = out_of_memory(err);
        goto out;
    }
    roster->network_id = *network_id;
    roster->suite = suite_id;
    memcpy(roster->department, enrolment->department, sizeof roster->department);
    rc = lh_suite_new(&suite, roster->suite, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = add_founding_keys(roster, suite, enrolment, err);
    if (rc != LH_OK) {
        goto out;
    }
    *out = roster;
    roster = NULL;
out:
    lh_suite_free(suite);
    lh_roster_free(roster);
    return rc;
}

enum lh_code lh_roster_new(struct lh_roster **out, const struct lh_genesis *genesis,
                           struct lh_bytes department, struct lh_err *err)
{
    const struct lh_enrolment *enrolment = lh_genesis_find(genesis, department);

    return enrolment != NULL
               ? start(out, lh_genesis_network_id(genesis), lh_genesis_suite(genesis), enrolment,
                       err)
               : lh_err_set(err, LH_ERR_NOT_FOUND, "roster: no such member in the genesis");
}

enum lh_code lh_roster_new_in(struct lh_roster **out, const struct lh_members *members,
                              const char *department, struct lh_err *err)
{
    const struct lh_member *member = lh_members_find(members, department);

    return member != NULL
               ? start(out, lh_members_network_id(members), lh_members_suite(members),
                       &member->enrolment, err)
               : lh_err_set(err, LH_ERR_NOT_FOUND, "roster: no such member in the epoch");
}

/* Make room for one more; LH_ERR_NOMEM. */
static enum lh_code add_box(struct lh_roster *roster, const struct lh_roster_box *box,
                            struct lh_err *err)
{
    struct lh_roster_box *grown =
        realloc(roster->boxes, (roster->box_count + 1) * sizeof roster->boxes[0]);

    if (grown == NULL) {
        return out_of_memory(err);
    }
    roster->boxes = grown;
    roster->boxes[roster->box_count++] = *box;
    return LH_OK;
}

/* spec entries.md 5: "A generation goes on with the people and keys of the one before, as they
 * stood at the size that its GENERATION names." */
enum lh_code lh_roster_copy(struct lh_roster **out, const struct lh_roster *from,
                            struct lh_err *err)
{
    struct lh_roster *roster = calloc(1, sizeof *roster);
    enum lh_code rc = LH_OK;

    if (roster == NULL || !init_indexes(roster)) {
        lh_roster_free(roster);
        return out_of_memory(err);
    }
    roster->network_id = from->network_id;
    roster->suite = from->suite;
    roster->session_max = from->session_max;
    memcpy(roster->department, from->department, sizeof roster->department);
    for (size_t i = 0; rc == LH_OK && i < from->count; i++) {
        struct lh_roster_row row = from->rows[i];

        row.key.enrolled_at = 0;
        rc = lh_roster_row_add(roster, &row,
                               err); /* in the same order, so row numbers stay what they were */
        if (rc == LH_OK && from->rows[i].verifier == NULL) {
            drop_verifier(roster, &roster->rows[i]);
        }
    }
    for (size_t i = 0; rc == LH_OK && i < from->box_count; i++) {
        rc = add_box(roster, &from->boxes[i], err);
    }
    if (rc != LH_OK) {
        lh_roster_free(roster);
        return rc;
    }
    *out = roster;
    return LH_OK;
}

void lh_roster_free(struct lh_roster *roster)
{
    if (roster == NULL) {
        return;
    }
    for (size_t i = 0; i < roster->count; i++) {
        lh_verifier_free(roster->rows[i].verifier);
    }
    free(roster->by_id.slots);
    free(roster->by_staff.slots);
    free(roster->by_session.slots);
    free(roster->rows);
    free(roster->boxes);
    free(roster);
}

void lh_roster_keep_sessions(struct lh_roster *roster, size_t count)
{
    lh_assert(count > 0);
    lh_assert(roster->session_count == 0);
    roster->session_max = count;
}

void lh_roster_forgo_verifiers(struct lh_roster *roster)
{
    roster->has_no_verifiers = true;
}

/* ---- reading --------------------------------------------------------------------------------- */

const struct lh_roster_key *lh_roster_find(const struct lh_roster *roster,
                                           const struct lh_key_id *id)
{
    const struct lh_roster_row *row = lh_roster_row_find(roster, &roster->by_id, id->bytes);
    return row != NULL ? &row->key : NULL;
}

const struct lh_roster_key *lh_roster_find_staff(const struct lh_roster *roster,
                                                 const uint8_t staff[8])
{
    const struct lh_roster_row *row = lh_roster_row_find(roster, &roster->by_staff, staff);
    return row != NULL ? &row->key : NULL;
}

enum lh_code lh_roster_key_verify(const struct lh_roster_key *key, const struct lh_sig *sig,
                                  struct lh_bytes message, struct lh_err *err)
{
    struct lh_verifier *verifier = NULL;
    enum lh_code rc;

    if (key->verifier != NULL) {
        return lh_verify(key->verifier, sig, message, err);
    }
    rc = lh_verifier_new(&verifier, &key->key, err);
    if (rc == LH_OK) {
        rc = lh_verify(verifier, sig, message, err);
    }
    lh_verifier_free(verifier);
    return rc;
}

/* spec privacy.md 5: "The key is the newest that a KEYEPOCH of purpose audit box has named, from
 * its `valid_from` on and up to its `valid_until`, unless a KEYCOMP ended it." */
const struct lh_pubkey *lh_roster_audit_box(const struct lh_roster *roster, int64_t now_unix_ms)
{
    enum lh_alg wanted = roster->suite == LH_SUITE_W ? LH_ALG_X25519 : LH_ALG_SM2;

    for (size_t i = roster->box_count; i > 0; i--) {
        const struct lh_roster_box *box = &roster->boxes[i - 1];

        if (box->key.alg == wanted && box->valid_from_unix_ms <= now_unix_ms &&
            now_unix_ms < box->valid_until_unix_ms && now_unix_ms < box->revoked_from_unix_ms) {
            return &box->key;
        }
    }
    return NULL;
}

size_t lh_roster_count(const struct lh_roster *roster)
{
    return roster->count;
}

const struct lh_roster_key *lh_roster_at(const struct lh_roster *roster, size_t index)
{
    lh_assert(index < roster->count);
    return &roster->rows[index].key;
}

/* ---- what an entry would change -------------------------------------------------------------- */

bool lh_roster_is_concerned(lhpb_EntryType type)
{
    return type == lhpb_EntryType_STAFF || type == lhpb_EntryType_ROLE ||
           type == lhpb_EntryType_LEAVE || type == lhpb_EntryType_SESSION ||
           type == lhpb_EntryType_SESSION_END || type == lhpb_EntryType_KEYCOMP ||
           type == lhpb_EntryType_KEYEPOCH;
}

/* A KEYEPOCH for one of the keys that sign entries. */
static bool is_signing_epoch(const lhpb_Body *body)
{
    return body->detail.key_epoch.purpose == LH_PURPOSE_OFFICER ||
           body->detail.key_epoch.purpose == LH_PURPOSE_RECORDER;
}

/*
 * The key of a body whose check has found its point on the curve. The row's verifier is made of it,
 * and could not be of another; in between nobody finds the point again.
 */
static enum lh_code take_checked_key(struct lh_pubkey *out, const lhpb_PublicKey *wire,
                                     struct lh_err *err)
{
    struct lh_pubkey key = { .alg = (enum lh_alg)wire->alg };

    if (wire->alg < LH_ALG_ED25519 || wire->alg > LH_ALG_X25519 ||
        wire->value.size != lh_alg_pubkey_size(key.alg)) {
        return lh_err_set(err, LH_ERR_INVALID, "not a key of a known kind");
    }
    memcpy(key.bytes, wire->value.bytes, wire->value.size);
    *out = key;
    return LH_OK;
}

/* spec entries.md 5: "Key ids are unique: an enrolment that repeats one is refused." */
static enum lh_code check_new_key(const struct lh_roster *roster, struct lh_suite *suite,
                                  const lhpb_PublicKey *wire, struct lh_err *err)
{
    struct lh_pubkey key;
    enum lh_code rc = take_checked_key(&key, wire, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (!lh_alg_is_signing(key.alg, roster->suite)) {
        return lh_err_set(err, LH_ERR_INVALID, "a key of %s does not sign in suite %s",
                          lh_alg_name(key.alg), lh_suite_name(roster->suite));
    }
    struct lh_key_id id = lh_key_id_of(suite, &key);
    if (lh_roster_find(roster, &id) != NULL) {
        return lh_err_set(err, LH_ERR_CONFLICT, "this key is enrolled already");
    }
    return LH_OK;
}

static enum lh_code check_staff(const struct lh_roster *roster, const uint8_t staff[8],
                                struct lh_err *err)
{
    return lh_roster_find_staff(roster, staff) != NULL
               ? LH_OK
               : lh_err_set(err, LH_ERR_NOT_FOUND, "no such pseudonym is enrolled");
}

static enum lh_code check_session(const struct lh_roster *roster, struct lh_suite *suite,
                                  const lhpb_Body *body, struct lh_err *err)
{
    const lhpb_Session *session = &body->detail.session_open;
    enum lh_code rc = check_staff(roster, body->staff, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (lh_roster_row_find(roster, &roster->by_session, session->session_id) != NULL) {
        return lh_err_set(err, LH_ERR_CONFLICT, "this session id is taken");
    }
    return check_new_key(roster, suite, &session->key, err);
}

/* spec entries.md 5: "A session is open from its SESSION until its SESSION_END, by ledger order;
 * what has ended is not ended again." */
static enum lh_code check_session_end(const struct lh_roster *roster, const lhpb_Body *body,
                                      struct lh_err *err)
{
    const struct lh_roster_row *row =
        lh_roster_row_find(roster, &roster->by_session, body->detail.session_end.session_id);

    if (row == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no such session was opened");
    }
    if (row->is_over) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "the session has ended already");
    }
    if (memcmp(row->key.staff, body->staff, sizeof row->key.staff) != 0) {
        return lh_err_set(err, LH_ERR_DENIED, "the session is another's");
    }
    return LH_OK;
}

enum lh_code lh_roster_check_apply(const struct lh_roster *roster, struct lh_suite *suite,
                                   const lhpb_Body *body, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    if (body->type == lhpb_EntryType_STAFF) {
        rc = check_new_key(roster, suite, &body->detail.staff_enrol.key, err);
    } else if (body->type == lhpb_EntryType_ROLE) {
        rc = check_staff(roster, body->detail.role.pseudonym, err);
    } else if (body->type == lhpb_EntryType_LEAVE) {
        rc = check_staff(roster, body->detail.leave.pseudonym, err);
    } else if (body->type == lhpb_EntryType_SESSION) {
        rc = check_session(roster, suite, body, err);
    } else if (body->type == lhpb_EntryType_SESSION_END) {
        rc = check_session_end(roster, body, err);
    } else if (body->type == lhpb_EntryType_KEYEPOCH && is_signing_epoch(body)) {
        rc = check_new_key(roster, suite, &body->detail.key_epoch.key, err);
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "%s", lh_entry_type_name(body->type));
    }
    return rc;
}

/* ---- changing -------------------------------------------------------------------------------- */

static int64_t time_or_open(uint64_t unix_ms)
{
    return unix_ms != 0 ? (int64_t)unix_ms : INT64_MAX;
}

static struct lh_roster_row new_row(struct lh_suite *suite, const lhpb_PublicKey *wire,
                                    enum lh_signer_kind kind, uint64_t index)
{
    struct lh_pubkey key;
    enum lh_code rc = take_checked_key(&key, wire, NULL);

    lh_assert(rc == LH_OK); /* lh_roster_check_apply has taken it once */
    return lh_roster_row_make(suite, &key, kind, index);
}

static uint32_t number_of(const struct lh_roster *roster, const struct lh_roster_row *row)
{
    return (uint32_t)(row - roster->rows);
}

/* spec entries.md 5: "A second STAFF of a pseudonym is a rotation: the older key ends at that
 * leaf."
 */
static enum lh_code apply_staff(struct lh_roster *roster, struct lh_suite *suite,
                                const lhpb_Staff *staff, uint64_t index, struct lh_err *err)
{
    struct lh_roster_row row = new_row(suite, &staff->key, LH_SIGNER_STAFF, index);
    const struct lh_roster_row *older =
        lh_roster_row_find(roster, &roster->by_staff, staff->pseudonym);

    memcpy(row.key.staff, staff->pseudonym, sizeof row.key.staff);
    row.key.roles = staff->roles;
    row.key.valid_from_unix_ms = (int64_t)staff->valid_from_ms;
    row.key.valid_until_unix_ms = time_or_open(staff->valid_until_ms);
    row.older = older != NULL ? number_of(roster, older) : LH_ROSTER_NONE;
    enum lh_code rc = lh_roster_row_add(roster, &row, err);
    if (rc == LH_OK && row.older != LH_ROSTER_NONE) {
        roster->rows[row.older].key.is_replaced = true;
    }
    return rc;
}

static void apply_role(struct lh_roster *roster, const lhpb_Role *role)
{
    lh_roster_row_find(roster, &roster->by_staff, role->pseudonym)->key.roles = role->roles;
}

static void revoke(struct lh_roster_row *row, uint64_t from_ms)
{
    if ((int64_t)from_ms < row->key.revoked_from_unix_ms) {
        row->key.revoked_from_unix_ms = (int64_t)from_ms;
    }
}

/* All keys of the pseudonym, so that sessions opened under an older one end too. */
static void apply_leave(struct lh_roster *roster, const lhpb_Leave *leave)
{
    struct lh_roster_row *row = lh_roster_row_find(roster, &roster->by_staff, leave->pseudonym);

    revoke(row, leave->effective_ms);
    while (row->older != LH_ROSTER_NONE) {
        row = &roster->rows[row->older];
        revoke(row, leave->effective_ms);
    }
}

static enum lh_code apply_session(struct lh_roster *roster, struct lh_suite *suite,
                                  const lhpb_Body *body, uint64_t index, struct lh_err *err)
{
    const lhpb_Session *session = &body->detail.session_open;
    struct lh_roster_row row = new_row(suite, &session->key, LH_SIGNER_SESSION, index);
    const struct lh_roster_row *parent = lh_roster_row_find(roster, &roster->by_staff, body->staff);

    memcpy(row.key.staff, body->staff, sizeof row.key.staff);
    memcpy(row.key.session, session->session_id, sizeof row.key.session);
    row.key.roles = parent->key.roles;
    row.key.valid_from_unix_ms = (int64_t)body->event_time_ms;
    row.key.valid_until_unix_ms = (int64_t)session->expires_ms;
    row.parent = number_of(roster, parent);
    return lh_roster_row_add(roster, &row, err);
}

/* What happened before the logout may still be sent in after it. */
static void apply_session_end(struct lh_roster *roster, const lhpb_Body *body)
{
    struct lh_roster_row *row =
        lh_roster_row_find(roster, &roster->by_session, body->detail.session_end.session_id);

    row->is_over = true;
    if ((int64_t)body->event_time_ms < row->key.valid_until_unix_ms) {
        row->key.valid_until_unix_ms = (int64_t)body->event_time_ms;
    }
    drop_verifier(roster, row);
}

static void apply_key_comp(struct lh_roster *roster, const lhpb_KeyComp *comp)
{
    struct lh_roster_row *row = lh_roster_row_find(roster, &roster->by_id, comp->key_id);

    if (row != NULL) { /* a seal or witness key is no key of the roster */
        revoke(row, comp->since_ms);
    }
    for (size_t i = 0; i < roster->box_count; i++) {
        struct lh_roster_box *box = &roster->boxes[i];

        if (memcmp(box->id.bytes, comp->key_id, sizeof box->id.bytes) == 0 &&
            (int64_t)comp->since_ms < box->revoked_from_unix_ms) {
            box->revoked_from_unix_ms = (int64_t)comp->since_ms;
        }
    }
}

static enum lh_code apply_box(struct lh_roster *roster, struct lh_suite *suite,
                              const lhpb_KeyEpoch *epoch, struct lh_err *err)
{
    struct lh_roster_box box = { .valid_from_unix_ms = (int64_t)epoch->valid_from_ms,
                                 .valid_until_unix_ms = time_or_open(epoch->valid_until_ms),
                                 .revoked_from_unix_ms = INT64_MAX };
    enum lh_code rc = take_checked_key(&box.key, &epoch->key, err);

    if (rc != LH_OK) {
        return rc;
    }
    box.id = lh_key_id_of(suite, &box.key);
    return add_box(roster, &box, err);
}

static enum lh_code apply_key_epoch(struct lh_roster *roster, struct lh_suite *suite,
                                    const lhpb_Body *body, uint64_t index, struct lh_err *err)
{
    const lhpb_KeyEpoch *epoch = &body->detail.key_epoch;

    if (epoch->purpose == LH_PURPOSE_AUDIT_BOX) {
        return apply_box(roster, suite, epoch, err);
    }
    if (!is_signing_epoch(body)) {
        return LH_OK;
    }
    struct lh_roster_row row = new_row(
        suite, &epoch->key,
        epoch->purpose == LH_PURPOSE_OFFICER ? LH_SIGNER_OFFICER : LH_SIGNER_RECORDER, index);
    row.key.valid_from_unix_ms = (int64_t)epoch->valid_from_ms;
    row.key.valid_until_unix_ms = time_or_open(epoch->valid_until_ms);
    return lh_roster_row_add(roster, &row, err);
}

enum lh_code lh_roster_apply(struct lh_roster *roster, struct lh_suite *suite,
                             const lhpb_Body *body, uint64_t index, struct lh_err *err)
{
    enum lh_code rc = lh_roster_check_apply(roster, suite, body, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (body->type == lhpb_EntryType_STAFF) {
        rc = apply_staff(roster, suite, &body->detail.staff_enrol, index, err);
    } else if (body->type == lhpb_EntryType_ROLE) {
        apply_role(roster, &body->detail.role);
    } else if (body->type == lhpb_EntryType_LEAVE) {
        apply_leave(roster, &body->detail.leave);
    } else if (body->type == lhpb_EntryType_SESSION) {
        rc = apply_session(roster, suite, body, index, err);
    } else if (body->type == lhpb_EntryType_SESSION_END) {
        apply_session_end(roster, body);
    } else if (body->type == lhpb_EntryType_KEYCOMP) {
        apply_key_comp(roster, &body->detail.key_comp);
    } else if (body->type == lhpb_EntryType_KEYEPOCH) {
        rc = apply_key_epoch(roster, suite, body, index, err);
    }
    return rc;
}
