#include "ledger/genesis.h"

#include "crypto/base/assert.h"
#include "ledger/body_check_internal.h"
#include "ledger/canon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(lhpb_Enrolment_size <= LH_ENROLMENT_MAX, "an enrolment of every kind fits");
_Static_assert(lhpb_Genesis_size <= LH_GENESIS_MAX, "a genesis of all members fits");
_Static_assert(sizeof((lhpb_Genesis){ 0 }.members) / sizeof((lhpb_Genesis){ 0 }.members[0]) ==
                   LH_FOUNDERS_MAX,
               "the bound is that of trust.options");

struct lh_genesis {
    char network[LH_CODE_MAX + 1];
    enum lh_suite_id suite;
    int64_t created_unix_ms;
    struct lh_hash network_id;
    struct lh_buf bytes;
    size_t count;
    struct lh_enrolment members[LH_FOUNDERS_MAX];
};

/* ---- enrolments ------------------------------------------------------------------------------ */

/*
 * Before anything is decoded, for nobody knows what else a newer file holds.
 * spec trust.md 1: "A genesis file and an enrolment of a newer schema are recognised as a body is,
 * by their first bytes alone (entries.md section 1), and nothing else of them is judged."
 */
static enum lh_code decode_known(const pb_msgdesc_t *desc, void *wire, struct lh_bytes bytes,
                                 struct lh_err *err)
{
    if (lh_schema_is_newer(bytes)) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "schema: newer than %d", LH_SCHEMA);
    }
    return lh_canon_decode(desc, wire, bytes, err);
}

static enum lh_code check_schema(uint32_t schema, struct lh_err *err)
{
    return schema == LH_SCHEMA ? LH_OK : lh_err_set(err, LH_ERR_INVALID, "schema: missing");
}

const struct lh_pubkey *lh_enrolment_key(const struct lh_enrolment *enrolment, size_t index)
{
    const struct lh_pubkey *const own[] = { &enrolment->recorder, &enrolment->witness,
                                            &enrolment->mirror, &enrolment->governance };
    size_t officers = enrolment->officer_count;

    if (index < officers) {
        return &enrolment->officers[index].key;
    }
    return index - officers < sizeof own / sizeof own[0] ? own[index - officers] : NULL;
}

static size_t list_keys(const struct lh_enrolment *enrolment,
                        const struct lh_pubkey *keys[LH_ENROLMENT_KEYS_MAX])
{
    const struct lh_pubkey *key;
    size_t count = 0;

    for (; (key = lh_enrolment_key(enrolment, count)) != NULL; count++) {
        keys[count] = key;
    }
    return count;
}

bool lh_enrolment_shares_key(const struct lh_enrolment *a, const struct lh_enrolment *b)
{
    const struct lh_pubkey *left[LH_ENROLMENT_KEYS_MAX];
    const struct lh_pubkey *right[LH_ENROLMENT_KEYS_MAX];
    size_t left_count = list_keys(a, left);
    size_t right_count = list_keys(b, right);

    for (size_t i = 0; i < left_count; i++) {
        for (size_t j = 0; j < right_count; j++) {
            if (lh_pubkey_is_equal(left[i], right[j])) {
                return true;
            }
        }
    }
    return false;
}

/* spec trust.md 2: "All keys of an enrolment are different." */
static bool keys_differ(const struct lh_enrolment *enrolment)
{
    const struct lh_pubkey *keys[LH_ENROLMENT_KEYS_MAX];
    size_t count = list_keys(enrolment, keys);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (lh_pubkey_is_equal(keys[i], keys[j])) {
                return false;
            }
        }
    }
    return true;
}

/* spec trust.md 2: "Witness and mirror keys are Ed25519 in suite W, because their signatures are
 * cosignatures of the transparency log standard; in suite G every key is SM2." */
static bool is_note_alg(enum lh_alg alg, enum lh_suite_id suite)
{
    return alg == (suite == LH_SUITE_W ? LH_ALG_ED25519 : LH_ALG_SM2);
}

static enum lh_code check_algs(const struct lh_enrolment *enrolment, enum lh_suite_id suite,
                               struct lh_err *err)
{
    const struct lh_pubkey *keys[LH_ENROLMENT_KEYS_MAX];
    size_t count = list_keys(enrolment, keys);

    for (size_t i = 0; i < count; i++) {
        if (!lh_alg_is_signing(keys[i]->alg, suite)) {
            return lh_err_set(err, LH_ERR_INVALID, "a key of %s does not sign in suite %s",
                              lh_alg_name(keys[i]->alg), lh_suite_name(suite));
        }
    }
    if (!is_note_alg(enrolment->witness.alg, suite) || !is_note_alg(enrolment->mirror.alg, suite)) {
        return lh_err_set(err, LH_ERR_INVALID, "witness and mirror keys must be %s",
                          suite == LH_SUITE_W ? "ed25519" : "sm2");
    }
    return LH_OK;
}

static void want_officers(struct lh_want *want, const lhpb_Enrolment *wire)
{
    lh_want_range(want, "officers", wire->officers_count, LH_OFFICERS_MIN, LH_OFFICERS_MAX);
    for (size_t i = 0; i < wire->officers_count; i++) {
        lh_want_text(want, "officers.label", wire->officers[i].label);
        lh_want_signing_key(want, "officers.key", wire->officers[i].has_key,
                            &wire->officers[i].key);
    }
}

static enum lh_code check_enrolment(const lhpb_Enrolment *wire, struct lh_err *err)
{
    struct lh_want want = { .err = err, .rc = check_schema(wire->schema, err) };

    lh_want_department(&want, "department", wire->department);
    lh_want_text(&want, "name", wire->name);
    lh_want_department_or_none(&want, "group", wire->group);
    want_officers(&want, wire);
    lh_want_signing_key(&want, "recorder", wire->has_recorder, &wire->recorder);
    lh_want_signing_key(&want, "witness", wire->has_witness, &wire->witness);
    lh_want_signing_key(&want, "mirror", wire->has_mirror, &wire->mirror);
    lh_want_signing_key(&want, "governance", wire->has_governance, &wire->governance);
    return want.rc;
}

/* The key was checked with the message: only its form changes. */
static void take_key(struct lh_pubkey *out, const lhpb_PublicKey *wire)
{
    enum lh_code rc = lh_pubkey_from_wire(out, wire, NULL);
    lh_assert(rc == LH_OK);
}

static void copy_text(char *out, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);

    memcpy(out, text, len);
    out[len] = '\0';
}

static void from_wire(struct lh_enrolment *out, const lhpb_Enrolment *wire)
{
    *out = (struct lh_enrolment){ .officer_count = wire->officers_count };
    copy_text(out->department, sizeof out->department, wire->department);
    copy_text(out->name, sizeof out->name, wire->name);
    copy_text(out->group, sizeof out->group, wire->group);
    for (size_t i = 0; i < wire->officers_count; i++) {
        copy_text(out->officers[i].label, sizeof out->officers[i].label, wire->officers[i].label);
        take_key(&out->officers[i].key, &wire->officers[i].key);
    }
    take_key(&out->recorder, &wire->recorder);
    take_key(&out->witness, &wire->witness);
    take_key(&out->mirror, &wire->mirror);
    take_key(&out->governance, &wire->governance);
}

/* The rules that need the keys taken: algorithms of the suite, no key twice. */
static enum lh_code check_keys(const struct lh_enrolment *enrolment, enum lh_suite_id suite,
                               struct lh_err *err)
{
    enum lh_code rc = check_algs(enrolment, suite, err);

    if (rc == LH_OK && !keys_differ(enrolment)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "one key stands twice");
    }
    return rc;
}

static void to_wire(lhpb_Enrolment *out, const struct lh_enrolment *enrolment)
{
    memset(out, 0, sizeof *out);
    out->schema = LH_SCHEMA;
    copy_text(out->department, sizeof out->department, enrolment->department);
    copy_text(out->name, sizeof out->name, enrolment->name);
    copy_text(out->group, sizeof out->group, enrolment->group);
    out->officers_count = (pb_size_t)enrolment->officer_count;
    for (size_t i = 0; i < enrolment->officer_count; i++) {
        copy_text(out->officers[i].label, sizeof out->officers[i].label,
                  enrolment->officers[i].label);
        out->officers[i].has_key = true;
        lh_pubkey_to_wire(&out->officers[i].key, &enrolment->officers[i].key);
    }
    out->has_recorder = true;
    lh_pubkey_to_wire(&out->recorder, &enrolment->recorder);
    out->has_witness = true;
    lh_pubkey_to_wire(&out->witness, &enrolment->witness);
    out->has_mirror = true;
    lh_pubkey_to_wire(&out->mirror, &enrolment->mirror);
    out->has_governance = true;
    lh_pubkey_to_wire(&out->governance, &enrolment->governance);
}

enum lh_code lh_enrolment_encode(struct lh_buf *out, const struct lh_enrolment *enrolment,
                                 enum lh_suite_id suite, struct lh_err *err)
{
    lhpb_Enrolment wire;
    enum lh_code rc;

    if (enrolment->officer_count > LH_OFFICERS_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "enrolment: more than %d officers", LH_OFFICERS_MAX);
    }
    to_wire(&wire, enrolment);
    rc = check_enrolment(&wire, err);
    if (rc == LH_OK) {
        rc = check_keys(enrolment, suite, err);
    }
    if (rc == LH_OK) {
        rc = lh_canon_encode(out, lhpb_Enrolment_fields, &wire, err);
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "enrolment");
    }
    return rc;
}

enum lh_code lh_enrolment_decode(struct lh_enrolment *out, struct lh_bytes bytes,
                                 enum lh_suite_id suite, struct lh_err *err)
{
    struct lh_enrolment enrolment;
    lhpb_Enrolment wire;
    enum lh_code rc = decode_known(lhpb_Enrolment_fields, &wire, bytes, err);

    if (rc == LH_OK) {
        rc = check_enrolment(&wire, err);
    }
    if (rc == LH_OK) {
        from_wire(&enrolment, &wire);
        rc = check_keys(&enrolment, suite, err);
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "enrolment");
        return rc;
    }
    *out = enrolment;
    return LH_OK;
}

struct lh_hash lh_enrolment_fingerprint(struct lh_suite *suite, struct lh_bytes bytes)
{
    /* spec trust.md 2: "Its fingerprint is the tagged hash of its bytes, under
     * liuhen/enrolment/v1" */
    return lh_hash_tagged(suite, "liuhen/enrolment/v1", bytes);
}

/* ---- the genesis file ------------------------------------------------------------------------ */

static enum lh_code check_genesis(const lhpb_Genesis *wire, struct lh_err *err)
{
    struct lh_want want = { .err = err, .rc = check_schema(wire->schema, err) };

    lh_want_department(&want, "network", wire->network);
    lh_want_range(&want, "suite", wire->suite, LH_SUITE_W, LH_SUITE_G);
    lh_want_time(&want, "created", wire->created_ms);
    lh_want_range(&want, "members", wire->members_count, 1, LH_FOUNDERS_MAX);
    return want.rc;
}

/* spec trust.md 1: "Members stand in strictly ascending order of their departments, and no key
 * stands in two of them." */
static enum lh_code check_member(const struct lh_genesis *genesis, size_t index, struct lh_err *err)
{
    const struct lh_enrolment *member = &genesis->members[index];

    if (index > 0 && strcmp(genesis->members[index - 1].department, member->department) >= 0) {
        return lh_err_set(err, LH_ERR_INVALID, "members: not ascending at %s", member->department);
    }
    for (size_t i = 0; i < index; i++) {
        if (lh_enrolment_shares_key(&genesis->members[i], member)) {
            return lh_err_set(err, LH_ERR_INVALID, "members: %s and %s share a key",
                              genesis->members[i].department, member->department);
        }
    }
    return LH_OK;
}

static enum lh_code take_members(struct lh_genesis *genesis, const lhpb_Genesis *wire,
                                 struct lh_err *err)
{
    for (size_t i = 0; i < wire->members_count; i++) {
        struct lh_bytes bytes = lh_bytes_of(wire->members[i].bytes, wire->members[i].size);
        enum lh_code rc = lh_enrolment_decode(&genesis->members[i], bytes, genesis->suite, err);

        if (rc == LH_OK) {
            rc = check_member(genesis, i, err);
        }
        if (rc != LH_OK) {
            return rc;
        }
        genesis->count++;
    }
    return LH_OK;
}

static enum lh_code fill(struct lh_genesis *genesis, const lhpb_Genesis *wire,
                         struct lh_bytes bytes, struct lh_err *err)
{
    struct lh_suite *suite = NULL;
    enum lh_code rc;

    rc = check_genesis(wire, err);
    if (rc != LH_OK) {
        return rc;
    }
    copy_text(genesis->network, sizeof genesis->network, wire->network);
    genesis->suite = (enum lh_suite_id)wire->suite;
    genesis->created_unix_ms = (int64_t)wire->created_ms;
    rc = take_members(genesis, wire, err);
    if (rc != LH_OK) {
        return rc;
    }
    lh_buf_add(&genesis->bytes, bytes);
    rc = lh_buf_check(&genesis->bytes, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_suite_new(&suite, genesis->suite, err);
    if (rc != LH_OK) {
        return rc;
    }
    /* spec trust.md 1: "The network id is the tagged hash of the bytes of the genesis file, under
     * liuhen/genesis/v1." */
    genesis->network_id = lh_hash_tagged(suite, "liuhen/genesis/v1", bytes);
    lh_suite_free(suite);
    return LH_OK;
}

enum lh_code lh_genesis_new(struct lh_genesis **out, struct lh_bytes bytes, struct lh_err *err)
{
    lhpb_Genesis *wire = calloc(1, sizeof *wire);
    struct lh_genesis *genesis = calloc(1, sizeof *genesis);
    enum lh_code rc;

    if (wire == NULL || genesis == NULL) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "out of memory");
        goto out;
    }
    rc = decode_known(lhpb_Genesis_fields, wire, bytes, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = fill(genesis, wire, bytes, err);
    if (rc != LH_OK) {
        goto out;
    }
    *out = genesis;
    genesis = NULL;
out:
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "genesis");
    }
    lh_genesis_free(genesis);
    free(wire);
    return rc;
}

void lh_genesis_free(struct lh_genesis *genesis)
{
    if (genesis != NULL) {
        lh_buf_clear(&genesis->bytes);
        free(genesis);
    }
}

/* One enrolment with what it is sorted by. */
struct founder {
    struct lh_bytes bytes;
    char department[LH_CODE_MAX + 1];
};

static int compare_founders(const void *a, const void *b)
{
    const struct founder *left = a;
    const struct founder *right = b;
    return strcmp(left->department, right->department);
}

static enum lh_code sort_founders(struct founder *founders, const struct lh_bytes *enrolments,
                                  size_t count, enum lh_suite_id suite, struct lh_err *err)
{
    struct lh_enrolment enrolment;

    for (size_t i = 0; i < count; i++) {
        enum lh_code rc = lh_enrolment_decode(&enrolment, enrolments[i], suite, err);
        if (rc != LH_OK) {
            return rc;
        }
        founders[i].bytes = enrolments[i];
        copy_text(founders[i].department, sizeof founders[i].department, enrolment.department);
    }
    qsort(founders, count, sizeof founders[0], compare_founders);
    return LH_OK;
}

enum lh_code lh_genesis_encode(struct lh_buf *out, const char *network, enum lh_suite_id suite,
                               int64_t created_unix_ms, const struct lh_bytes *enrolments,
                               size_t count, struct lh_err *err)
{
    struct founder founders[LH_FOUNDERS_MAX];
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_genesis *read_back = NULL;
    lhpb_Genesis *wire = NULL;
    enum lh_code rc;

    if (count < 1 || count > LH_FOUNDERS_MAX || strlen(network) > LH_CODE_MAX ||
        created_unix_ms < 0) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "genesis: 1 to %d members, a network code of 1 to %d characters",
                          LH_FOUNDERS_MAX, LH_CODE_MAX);
    }
    rc = sort_founders(founders, enrolments, count, suite, err);
    if (rc != LH_OK) {
        return rc;
    }
    wire = calloc(1, sizeof *wire);
    if (wire == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    wire->schema = LH_SCHEMA;
    copy_text(wire->network, sizeof wire->network, network);
    wire->suite = (uint32_t)suite;
    wire->created_ms = (uint64_t)created_unix_ms;
    wire->members_count = (pb_size_t)count;
    for (size_t i = 0; i < count; i++) {
        lh_assert(founders[i].bytes.len <= sizeof wire->members[i].bytes);
        wire->members[i].size = (pb_size_t)founders[i].bytes.len;
        memcpy(wire->members[i].bytes, founders[i].bytes.data, founders[i].bytes.len);
    }
    rc = lh_canon_encode(&bytes, lhpb_Genesis_fields, wire, err);
    if (rc != LH_OK) {
        goto out;
    }
    /* Every rule of a genesis is judged in one place, on the bytes. */
    rc = lh_genesis_new(&read_back, lh_buf_bytes(&bytes), err);
    if (rc != LH_OK) {
        goto out;
    }
    lh_buf_add(out, lh_buf_bytes(&bytes));
    rc = lh_buf_check(out, err);
out:
    lh_genesis_free(read_back);
    lh_buf_clear(&bytes);
    free(wire);
    return rc;
}

/* ---- reading --------------------------------------------------------------------------------- */

const char *lh_genesis_network(const struct lh_genesis *genesis)
{
    return genesis->network;
}

enum lh_suite_id lh_genesis_suite(const struct lh_genesis *genesis)
{
    return genesis->suite;
}

int64_t lh_genesis_created_unix_ms(const struct lh_genesis *genesis)
{
    return genesis->created_unix_ms;
}

const struct lh_hash *lh_genesis_network_id(const struct lh_genesis *genesis)
{
    return &genesis->network_id;
}

struct lh_bytes lh_genesis_bytes(const struct lh_genesis *genesis)
{
    return lh_buf_bytes(&genesis->bytes);
}

size_t lh_genesis_count(const struct lh_genesis *genesis)
{
    return genesis->count;
}

const struct lh_enrolment *lh_genesis_member(const struct lh_genesis *genesis, size_t index)
{
    lh_assert(index < genesis->count);
    return &genesis->members[index];
}

const struct lh_enrolment *lh_genesis_find(const struct lh_genesis *genesis,
                                           struct lh_bytes department)
{
    for (size_t i = 0; i < genesis->count; i++) {
        if (lh_bytes_is_equal(lh_bytes_of_text(genesis->members[i].department), department)) {
            return &genesis->members[i];
        }
    }
    return NULL;
}

static enum lh_code cosigner_key(struct lh_note_key *out, const struct lh_genesis *genesis,
                                 const struct lh_enrolment *member, const struct lh_pubkey *key,
                                 const char *duty, struct lh_err *err)
{
    char name[2 * LH_CODE_MAX + 16];

    (void)snprintf(name, sizeof name, "%s/%s/%s", lh_genesis_network(genesis), member->department,
                   duty);
    return lh_note_key_init(out, name, LH_NOTE_COSIGNATURE, key, err);
}

enum lh_code lh_genesis_witness_key(struct lh_note_key *out, const struct lh_genesis *genesis,
                                    const struct lh_enrolment *member, struct lh_err *err)
{
    return cosigner_key(out, genesis, member, &member->witness, "witness", err);
}

enum lh_code lh_genesis_mirror_key(struct lh_note_key *out, const struct lh_genesis *genesis,
                                   const struct lh_enrolment *member, struct lh_err *err)
{
    return cosigner_key(out, genesis, member, &member->mirror, "mirror", err);
}
