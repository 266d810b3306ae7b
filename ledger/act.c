#include "ledger/act.h"

#include "ledger/canon.h"

#include "trust.pb.h"

#include <string.h>

_Static_assert(lhpb_Act_size <= 8192, "an act fits a file of two pages");

void lh_act_clear(struct lh_act *act)
{
    lh_buf_clear(&act->body);
    act->signature_count = 0;
}

static enum lh_code check_suite(uint32_t suite, struct lh_err *err)
{
    if (suite != LH_SUITE_W && suite != LH_SUITE_G) {
        return lh_err_set(err, LH_ERR_INVALID, "suite: unknown number %u", (unsigned)suite);
    }
    return LH_OK;
}

/* The body must be one that we understand: nobody should sign what they cannot read. */
static enum lh_code check_body(struct lh_bytes bytes, struct lh_err *err)
{
    lhpb_Body body;
    return lh_body_decode(&body, bytes, err);
}

static enum lh_code check_signatures(const lhpb_Act *wire, struct lh_err *err)
{
    for (size_t i = 1; i < wire->signatures_count; i++) {
        if (memcmp(wire->signatures[i - 1].key_id, wire->signatures[i].key_id, LH_KEY_ID_SIZE) >=
            0) {
            return lh_err_set(err, LH_ERR_INVALID, "signatures: not ascending by key id");
        }
    }
    return LH_OK;
}

static enum lh_code check_wire(const lhpb_Act *wire, struct lh_err *err)
{
    enum lh_code rc;

    if (wire->schema != LH_SCHEMA) {
        return wire->schema > LH_SCHEMA
                   ? lh_err_set(err, LH_ERR_UNKNOWN, "schema: newer than %d", LH_SCHEMA)
                   : lh_err_set(err, LH_ERR_INVALID, "schema: missing");
    }
    if (lh_bytes_is_zero(lh_bytes_of(wire->network_id, LH_HASH_SIZE))) {
        return lh_err_set(err, LH_ERR_INVALID, "network_id: missing");
    }
    rc = check_suite(wire->suite, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = check_signatures(wire, err);
    if (rc != LH_OK) {
        return rc;
    }
    return check_body(lh_bytes_of(wire->body.bytes, wire->body.size), err);
}

enum lh_code lh_act_encode(struct lh_buf *out, const struct lh_act *act, struct lh_err *err)
{
    lhpb_Act wire = { .schema = LH_SCHEMA };
    enum lh_code rc;

    if (act->body.len > LH_BODY_MAX || act->signature_count > LH_SIGNATURES_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "act: body or signatures past their bound");
    }
    memcpy(wire.network_id, act->network_id.bytes, LH_HASH_SIZE);
    wire.suite = (uint32_t)act->suite;
    wire.body.size = (pb_size_t)act->body.len;
    if (act->body.len > 0) {
        memcpy(wire.body.bytes, act->body.data, act->body.len);
    }
    wire.signatures_count = (pb_size_t)act->signature_count;
    for (size_t i = 0; i < act->signature_count; i++) {
        memcpy(wire.signatures[i].key_id, act->signatures[i].key_id.bytes, LH_KEY_ID_SIZE);
        memcpy(wire.signatures[i].value, act->signatures[i].sig.bytes, LH_SIG_SIZE);
    }
    rc = check_wire(&wire, err);
    if (rc == LH_OK) {
        rc = lh_canon_encode(out, lhpb_Act_fields, &wire, err);
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "act");
    }
    return rc;
}

enum lh_code lh_act_decode(struct lh_act *out, struct lh_bytes bytes, struct lh_err *err)
{
    struct lh_act act = LH_ACT_EMPTY;
    lhpb_Act wire;
    enum lh_code rc;

    rc = lh_canon_decode(lhpb_Act_fields, &wire, bytes, err);
    if (rc == LH_OK) {
        rc = check_wire(&wire, err);
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "act");
        return rc;
    }
    act.suite = (enum lh_suite_id)wire.suite;
    memcpy(act.network_id.bytes, wire.network_id, LH_HASH_SIZE);
    lh_buf_add(&act.body, lh_bytes_of(wire.body.bytes, wire.body.size));
    rc = lh_buf_check(&act.body, err);
    if (rc != LH_OK) {
        lh_act_clear(&act);
        return rc;
    }
    act.signature_count = wire.signatures_count;
    for (size_t i = 0; i < act.signature_count; i++) {
        memcpy(act.signatures[i].key_id.bytes, wire.signatures[i].key_id, LH_KEY_ID_SIZE);
        memcpy(act.signatures[i].sig.bytes, wire.signatures[i].value, LH_SIG_SIZE);
    }
    *out = act;
    return LH_OK;
}

/* Where a signature of this key belongs; LH_ERR_CONFLICT if it is there already. */
static enum lh_code find_place(const struct lh_act *act, const struct lh_key_id *id,
                               size_t *out_place, struct lh_err *err)
{
    size_t place = 0;

    while (place < act->signature_count &&
           lh_key_id_compare(&act->signatures[place].key_id, id) < 0) {
        place++;
    }
    if (place < act->signature_count && lh_key_id_is_equal(&act->signatures[place].key_id, id)) {
        return lh_err_set(err, LH_ERR_CONFLICT, "this key has signed the act already");
    }
    *out_place = place;
    return LH_OK;
}

enum lh_code lh_act_sign(struct lh_act *act, struct lh_suite *suite, struct lh_signer *signer,
                         struct lh_err *err)
{
    const struct lh_pubkey *key = lh_signer_pubkey(signer);
    struct lh_act_signature added;
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    size_t place = 0;
    enum lh_code rc;

    if (lh_suite_id(suite) != act->suite || !lh_alg_is_signing(key->alg, act->suite)) {
        return lh_err_set(err, LH_ERR_INVALID, "this key does not sign in the suite of the act");
    }
    if (act->signature_count >= LH_SIGNATURES_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "an act takes %d signatures", LH_SIGNATURES_MAX);
    }
    added.key_id = lh_key_id_of(suite, key);
    rc = find_place(act, &added.key_id, &place, err);
    if (rc != LH_OK) {
        return rc;
    }
    struct lh_hash hash = lh_body_hash(suite, lh_buf_bytes(&act->body));
    lh_entry_message(message, &act->network_id, &hash);
    rc = lh_sign(signer, &added.sig, lh_bytes_of(message, sizeof message), err);
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "signing the act");
        return rc;
    }
    memmove(&act->signatures[place + 1], &act->signatures[place],
            (act->signature_count - place) * sizeof act->signatures[0]);
    act->signatures[place] = added;
    act->signature_count++;
    return LH_OK;
}
