#include "ledger/officers.h"

#include <string.h>

static const struct lh_officer *find(const struct lh_enrolment *enrolment, struct lh_suite *suite,
                                     const uint8_t key_id[LH_KEY_ID_SIZE])
{
    for (size_t i = 0; i < enrolment->officer_count; i++) {
        struct lh_key_id its = lh_key_id_of(suite, &enrolment->officers[i].key);

        if (memcmp(its.bytes, key_id, LH_KEY_ID_SIZE) == 0) {
            return &enrolment->officers[i];
        }
    }
    return NULL;
}

enum lh_code lh_officers_verify(const struct lh_enrolment *enrolment, struct lh_suite *suite,
                                const uint8_t key_id[LH_KEY_ID_SIZE], const struct lh_sig *sig,
                                struct lh_bytes message, struct lh_err *err)
{
    const struct lh_officer *officer = find(enrolment, suite, key_id);
    struct lh_verifier *verifier = NULL;
    enum lh_code rc;

    if (officer == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "a key of no officer of %s",
                          enrolment->department);
    }
    rc = lh_verifier_new(&verifier, &officer->key, err);
    if (rc == LH_OK) {
        rc = lh_verify(verifier, sig, message, err);
    }
    lh_verifier_free(verifier);
    return rc;
}
