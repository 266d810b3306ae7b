#include "ledger/prepare.h"

#include "ledger/act.h"
#include "ledger/officers.h"

#include <stdlib.h>
#include <string.h>

enum { REASON_RESTORE = 2 };

static enum lh_code check_kind(const lhpb_Body *body, struct lh_err *err)
{
    const lhpb_Generation *generation = &body->detail.generation;

    if (body->type != lhpb_EntryType_GENERATION || generation->reason != REASON_RESTORE ||
        generation->has_promises_digest) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "not a GENERATION of reason 2 that asks for promises");
    }
    /* spec network.md 9: "It says nothing of what is continued or lost: that is not known yet." */
    return generation->prev_size == 0 && generation->lost_from == 0
               ? LH_OK
               : lh_err_set(err, LH_ERR_INVALID, "it says what is continued before it was asked");
}

static enum lh_code check_network(const struct lh_act *act, const struct lh_genesis *genesis,
                                  struct lh_err *err)
{
    bool is_ours = lh_hash_is_equal(&act->network_id, lh_genesis_network_id(genesis)) &&
                   act->suite == lh_genesis_suite(genesis);

    return is_ours ? LH_OK : lh_err_set(err, LH_ERR_FORGED, "an act of another network");
}

/* The signers of an act are different: their ids ascend. */
static enum lh_code check_officers(const struct lh_act *act, struct lh_suite *suite,
                                   const struct lh_enrolment *enrolment, const struct lh_hash *hash,
                                   struct lh_err *err)
{
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    enum lh_code rc = LH_OK;

    lh_entry_message(message, &act->network_id, hash);
    for (size_t i = 0; rc == LH_OK && i < act->signature_count; i++) {
        const struct lh_act_signature *signature = &act->signatures[i];

        rc = lh_officers_verify(enrolment, suite, signature->key_id.bytes, &signature->sig,
                                lh_bytes_of(message, sizeof message), err);
    }
    if (rc != LH_OK) {
        return rc == LH_ERR_NOT_FOUND ? LH_ERR_FORGED : rc;
    }
    return act->signature_count >= LH_OFFICERS_NEEDED
               ? LH_OK
               : lh_err_set(err, LH_ERR_DENIED, "%zu officers of %s have signed, it takes %d",
                            act->signature_count, enrolment->department, LH_OFFICERS_NEEDED);
}

static enum lh_code judge(struct lh_prepare *out, struct lh_suite *suite,
                          const struct lh_genesis *genesis, const struct lh_act *act,
                          const lhpb_Body *body, struct lh_err *err)
{
    const lhpb_Generation *generation = &body->detail.generation;
    const struct lh_enrolment *enrolment =
        lh_genesis_find(genesis, lh_bytes_of_text(body->department));
    struct lh_prepare prepare = { .generation = generation->number };
    struct lh_origin origin = { .generation = generation->number };
    enum lh_code rc;

    if (enrolment == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "\"%s\" is no member", body->department);
    }
    prepare.hash = lh_body_hash(suite, lh_buf_bytes(&act->body));
    rc = check_officers(act, suite, enrolment, &prepare.hash, err);
    if (rc == LH_OK) {
        rc = lh_pubkey_from_wire(&prepare.seal, &generation->seal_key, err);
    }
    if (rc == LH_OK) {
        memcpy(prepare.department, enrolment->department, sizeof prepare.department);
        memcpy(origin.department, enrolment->department, sizeof origin.department);
        memcpy(origin.network, lh_genesis_network(genesis),
               strlen(lh_genesis_network(genesis)) + 1);
        lh_origin_format(prepare.origin, &origin);
        *out = prepare;
    }
    return rc;
}

enum lh_code lh_prepare_read(struct lh_prepare *out, struct lh_suite *suite,
                             const struct lh_genesis *genesis, struct lh_bytes act_bytes,
                             struct lh_err *err)
{
    struct lh_act act = LH_ACT_EMPTY;
    lhpb_Body *body = malloc(sizeof *body);
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "an act");
    }
    rc = lh_act_decode(&act, act_bytes, err);
    if (rc == LH_OK) {
        rc = lh_body_decode(body, lh_buf_bytes(&act.body), err);
    }
    if (rc == LH_OK) {
        rc = check_kind(body, err);
    }
    if (rc == LH_OK) {
        rc = check_network(&act, genesis, err);
    }
    if (rc == LH_OK) {
        rc = judge(out, suite, genesis, &act, body, err);
    }
    lh_act_clear(&act);
    free(body);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "PREPARE");
}
