#include "tests/sim/memo.h"

#include "crypto/base/assert.h"
#include "crypto/signer.h"

#include <stdlib.h>
#include <string.h>

enum lh_code __real_lh_sign(struct lh_signer *signer, struct lh_sig *out, struct lh_bytes message,
                            struct lh_err *err);
enum lh_code __real_lh_verify(const struct lh_verifier *verifier, const struct lh_sig *sig,
                              struct lh_bytes message, struct lh_err *err);
enum lh_code __wrap_lh_sign(struct lh_signer *signer, struct lh_sig *out, struct lh_bytes message,
                            struct lh_err *err);
enum lh_code __wrap_lh_verify(const struct lh_verifier *verifier, const struct lh_sig *sig,
                              struct lh_bytes message, struct lh_err *err);

enum { SLOTS = 1 << 16 }; /* a new answer takes the place of the one that was in its slot */

struct answer {
    struct lh_hash question; /* zeros: none */
    struct lh_sig sig;
};

/* What linked-in code asks comes without an argument of ours: so this is global. */
static struct {
    struct lh_suite *suite;
    struct answer *answers;
} memo;

void sim_memo_use(struct lh_suite *suite)
{
    if (memo.answers == NULL) {
        memo.answers = calloc(SLOTS, sizeof memo.answers[0]);
        lh_assert(memo.answers != NULL);
    }
    memo.suite = suite;
}

/* What signature has this key made of the message? Or: is this one good? */
static struct lh_hash question_of(const struct lh_pubkey *key, const struct lh_sig *sig,
                                  struct lh_bytes message)
{
    const struct lh_bytes parts[] = {
        lh_pubkey_bytes(key), /* of one length for each algorithm, and there is one here */
        lh_bytes_of_text(sig == NULL ? "sign" : "good"),
        sig == NULL ? LH_BYTES_EMPTY : lh_bytes_of(sig->bytes, sizeof sig->bytes),
        message,
    };

    return lh_hash_parts(memo.suite, parts, sizeof parts / sizeof parts[0]);
}

static struct answer *slot_of(const struct lh_hash *question)
{
    uint32_t place;

    memcpy(&place, question->bytes, sizeof place);
    return &memo.answers[place % SLOTS];
}

static bool is_known(const struct lh_hash *question)
{
    return lh_hash_is_equal(&slot_of(question)->question, question);
}

enum lh_code __wrap_lh_sign(struct lh_signer *signer, struct lh_sig *out, struct lh_bytes message,
                            struct lh_err *err)
{
    const struct lh_pubkey *key = lh_signer_pubkey(signer);

    if (memo.suite == NULL) {
        return __real_lh_sign(signer, out, message, err);
    }
    lh_assert(key->alg == LH_ALG_ED25519);
    struct lh_hash question = question_of(key, NULL, message);
    if (is_known(&question)) {
        *out = slot_of(&question)->sig;
        return LH_OK;
    }
    enum lh_code rc = __real_lh_sign(signer, out, message, err);
    if (rc == LH_OK) {
        *slot_of(&question) = (struct answer){ .question = question, .sig = *out };
    }
    return rc;
}

enum lh_code __wrap_lh_verify(const struct lh_verifier *verifier, const struct lh_sig *sig,
                              struct lh_bytes message, struct lh_err *err)
{
    const struct lh_pubkey *key = lh_verifier_pubkey(verifier);

    if (memo.suite == NULL) {
        return __real_lh_verify(verifier, sig, message, err);
    }
    lh_assert(key->alg == LH_ALG_ED25519);
    struct lh_hash question = question_of(key, sig, message);
    if (is_known(&question)) {
        return LH_OK;
    }
    enum lh_code rc = __real_lh_verify(verifier, sig, message, err);
    if (rc == LH_OK) {
        *slot_of(&question) = (struct answer){ .question = question };
    }
    return rc;
}
