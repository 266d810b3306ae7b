#include "crypto/key.h"

#include "crypto/ecsig_internal.h"
#include "crypto/evp_internal.h"
#include "crypto/text.h"

#include <openssl/err.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names and numbers ---- */

static const enum lh_alg ALL_ALGS[] = { LH_ALG_ED25519, LH_ALG_P256, LH_ALG_SM2, LH_ALG_X25519 };
enum { ALG_COUNT = sizeof ALL_ALGS / sizeof ALL_ALGS[0] };

size_t lh_alg_pubkey_size(enum lh_alg alg)
{
    switch (alg) {
    case LH_ALG_ED25519:
    case LH_ALG_X25519:
        return 32;
    case LH_ALG_P256:
    case LH_ALG_SM2:
        return 33;
    }
    return 0;
}

const char *lh_alg_name(enum lh_alg alg)
{
    switch (alg) {
    case LH_ALG_ED25519:
        return "ed25519";
    case LH_ALG_P256:
        return "p256";
    case LH_ALG_SM2:
        return "sm2";
    case LH_ALG_X25519:
        return "x25519";
    }
    return NULL;
}

enum lh_code lh_alg_parse(enum lh_alg *out, struct lh_bytes name, struct lh_err *err)
{
    for (size_t i = 0; i < ALG_COUNT; i++) {
        if (lh_bytes_is_equal(name, lh_bytes_of_text(lh_alg_name(ALL_ALGS[i])))) {
            *out = ALL_ALGS[i];
            return LH_OK;
        }
    }
    return lh_err_set(err, LH_ERR_INVALID,
                      "unknown key algorithm: want ed25519, p256, sm2 or x25519");
}

bool lh_alg_is_signing(enum lh_alg alg, enum lh_suite_id suite)
{
    switch (alg) {
    case LH_ALG_ED25519:
    case LH_ALG_P256:
        return suite == LH_SUITE_W;
    case LH_ALG_SM2:
        return suite == LH_SUITE_G;
    case LH_ALG_X25519:
        return false;
    }
    return false;
}

/* ---- Public keys ---- */

struct lh_bytes lh_pubkey_bytes(const struct lh_pubkey *key)
{
    return lh_bytes_of(key->bytes, lh_alg_pubkey_size(key->alg));
}

bool lh_pubkey_is_equal(const struct lh_pubkey *a, const struct lh_pubkey *b)
{
    return a->alg == b->alg && lh_bytes_is_equal(lh_pubkey_bytes(a), lh_pubkey_bytes(b));
}

enum lh_code lh_pubkey_from_bytes(struct lh_pubkey *out, enum lh_alg alg, struct lh_bytes bytes,
                                  struct lh_err *err)
{
    struct lh_pubkey key = { .alg = alg };
    size_t wanted = lh_alg_pubkey_size(alg);
    EVP_PKEY *pkey = NULL;
    enum lh_code rc;

    if (wanted == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "unknown key algorithm %d", (int)alg);
    }
    if (bytes.len != wanted) {
        return lh_err_set(err, LH_ERR_INVALID, "%s key of %zu bytes: want %zu", lh_alg_name(alg),
                          bytes.len, wanted);
    }
    memcpy(key.bytes, bytes.data, bytes.len);
    rc = lh_evp_pubkey_open(&pkey, &key, err);
    if (rc == LH_OK) {
        rc = lh_evp_pubkey_check_point(&key, err);
    }
    if (rc == LH_OK) {
        *out = key;
    }
    EVP_PKEY_free(pkey);
    return rc;
}

void lh_pubkey_format(struct lh_buf *out, const struct lh_pubkey *key)
{
    lh_buf_add_text(out, lh_alg_name(key->alg));
    lh_buf_add_u8(out, ':');
    lh_base64_add(out, lh_pubkey_bytes(key));
}

enum lh_code lh_pubkey_parse(struct lh_pubkey *out, struct lh_bytes text, struct lh_err *err)
{
    const uint8_t *colon = text.len == 0 ? NULL : memchr(text.data, ':', text.len);
    uint8_t raw[LH_PUBKEY_MAX];
    enum lh_alg alg = LH_ALG_ED25519;
    size_t name_len;
    enum lh_code rc;

    if (colon == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "not a public key: want algorithm:base64");
    }
    name_len = (size_t)(colon - text.data);
    rc = lh_alg_parse(&alg, lh_bytes_of(text.data, name_len), err);
    if (rc != LH_OK) {
        return rc;
    }
    text = lh_bytes_of(colon + 1, text.len - name_len - 1);
    if (text.len > 0 && text.data[text.len - 1] == '\n') {
        text.len--;
    }
    rc = lh_base64_parse(raw, lh_alg_pubkey_size(alg), text, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "%s public key", lh_alg_name(alg));
    }
    return lh_pubkey_from_bytes(out, alg, lh_bytes_of(raw, lh_alg_pubkey_size(alg)), err);
}

struct lh_key_id lh_key_id_of(struct lh_suite *suite, const struct lh_pubkey *key)
{
    static const char tag[] = "liuhen/key/v1";
    uint8_t alg = (uint8_t)key->alg;
    struct lh_bytes parts[] = {
        lh_bytes_of(tag, sizeof tag),
        lh_bytes_of(&alg, 1),
        lh_pubkey_bytes(key),
    };
    struct lh_hash hash = lh_hash_parts(suite, parts, 3);
    struct lh_key_id id;

    memcpy(id.bytes, hash.bytes, sizeof id.bytes);
    return id;
}

int lh_key_id_compare(const struct lh_key_id *a, const struct lh_key_id *b)
{
    return memcmp(a->bytes, b->bytes, LH_KEY_ID_SIZE);
}

bool lh_key_id_is_equal(const struct lh_key_id *a, const struct lh_key_id *b)
{
    return lh_key_id_compare(a, b) == 0;
}

/* ---- Verifying ---- */

/* OpenSSL's scratch space for one verification at a time. */
struct scratch {
    EVP_MD_CTX *md;     /* P-256: digest of the message; else the whole operation */
    EVP_PKEY_CTX *pkey; /* P-256 */
};

enum { SPARE_MAX = 4 };

/*
 * Scratch space that nobody uses right now. A thread takes one out or makes its own, so that
 * any number of threads share a verifier without a lock.
 */
struct spares {
    _Atomic(struct scratch *) slots[SPARE_MAX];
};

struct lh_verifier {
    struct lh_pubkey key;
    EVP_PKEY *pkey;
    EVP_MD *md;
    struct spares *spares;
};

static void scratch_free(struct scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    EVP_PKEY_CTX_free(scratch->pkey);
    EVP_MD_CTX_free(scratch->md);
    free(scratch);
}

static bool scratch_init(struct scratch *scratch, const struct lh_verifier *verifier)
{
    scratch->md = EVP_MD_CTX_new();
    if (scratch->md == NULL) {
        return false;
    }
    if (verifier->key.alg != LH_ALG_P256) {
        return true; /* begun anew for each message */
    }
    scratch->pkey = EVP_PKEY_CTX_new_from_pkey(NULL, verifier->pkey, NULL);
    return scratch->pkey != NULL && EVP_PKEY_verify_init(scratch->pkey) == 1;
}

static struct scratch *scratch_new(const struct lh_verifier *verifier)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);

    if (scratch == NULL || !scratch_init(scratch, verifier)) {
        scratch_free(scratch);
        return NULL;
    }
    return scratch;
}

static struct scratch *scratch_take(const struct lh_verifier *verifier)
{
    for (size_t i = 0; i < SPARE_MAX; i++) {
        struct scratch *spare = atomic_exchange(&verifier->spares->slots[i], NULL);

        if (spare != NULL) {
            return spare;
        }
    }
    return scratch_new(verifier);
}

static void scratch_give_back(const struct lh_verifier *verifier, struct scratch *scratch)
{
    for (size_t i = 0; i < SPARE_MAX; i++) {
        struct scratch *empty = NULL;

        if (atomic_compare_exchange_strong(&verifier->spares->slots[i], &empty, scratch)) {
            return;
        }
    }
    scratch_free(scratch);
}

enum lh_code lh_verifier_new(struct lh_verifier **out, const struct lh_pubkey *key,
                             struct lh_err *err)
{
    const char *digest = lh_evp_digest(key->alg);
    struct lh_verifier *verifier;
    enum lh_code rc;

    if (key->alg == LH_ALG_X25519) {
        return lh_err_set(err, LH_ERR_INVALID, "an x25519 key verifies nothing: it is for boxes");
    }
    verifier = calloc(1, sizeof *verifier);
    if (verifier == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    verifier->key = *key;
    rc = lh_evp_pubkey_open(&verifier->pkey, key, err);
    if (rc != LH_OK) {
        goto out;
    }
    verifier->spares = calloc(1, sizeof *verifier->spares);
    verifier->md = digest == NULL ? NULL : EVP_MD_fetch(NULL, digest, NULL);
    if (verifier->spares == NULL || (digest != NULL && verifier->md == NULL)) {
        rc = lh_evp_err(err, LH_ERR_NOMEM, "making a verifier for %s", lh_alg_name(key->alg));
        goto out;
    }
    *out = verifier;
    verifier = NULL;
out:
    lh_verifier_free(verifier);
    return rc;
}

void lh_verifier_free(struct lh_verifier *verifier)
{
    if (verifier == NULL) {
        return;
    }
    for (size_t i = 0; verifier->spares != NULL && i < SPARE_MAX; i++) {
        scratch_free(atomic_load(&verifier->spares->slots[i]));
    }
    free(verifier->spares);
    EVP_MD_free(verifier->md);
    EVP_PKEY_free(verifier->pkey);
    free(verifier);
}

const struct lh_pubkey *lh_verifier_pubkey(const struct lh_verifier *verifier)
{
    return &verifier->key;
}

/* LH_OK, LH_ERR_FORGED, or LH_ERR_NOMEM where OpenSSL could not do it. */
static enum lh_code verify_ed25519(struct scratch *scratch, const struct lh_verifier *verifier,
                                   const struct lh_sig *sig, struct lh_bytes message)
{
    if (EVP_DigestVerifyInit_ex(scratch->md, NULL, NULL, NULL, NULL, verifier->pkey, NULL) != 1) {
        return LH_ERR_NOMEM;
    }
    return lh_evp_verdict(
        EVP_DigestVerify(scratch->md, sig->bytes, LH_SIG_SIZE, message.data, message.len));
}

static enum lh_code verify_p256(struct scratch *scratch, const struct lh_verifier *verifier,
                                const struct lh_sig *sig, struct lh_bytes message)
{
    uint8_t der[LH_ECSIG_DER_MAX];
    size_t der_len = lh_ecsig_to_der(der, sig);
    struct lh_hash digest;

    if (EVP_DigestInit_ex2(scratch->md, verifier->md, NULL) != 1 ||
        EVP_DigestUpdate(scratch->md, message.data, message.len) != 1 ||
        EVP_DigestFinal_ex(scratch->md, digest.bytes, NULL) != 1) {
        return LH_ERR_NOMEM;
    }
    return lh_evp_verdict(EVP_PKEY_verify(scratch->pkey, der, der_len, digest.bytes, LH_HASH_SIZE));
}

static enum lh_code verify_sm2(struct scratch *scratch, const struct lh_verifier *verifier,
                               const struct lh_sig *sig, struct lh_bytes message)
{
    uint8_t der[LH_ECSIG_DER_MAX];
    size_t der_len = lh_ecsig_to_der(der, sig);

    if (!lh_evp_sm2_verify_init(scratch->md, verifier->pkey)) {
        return LH_ERR_NOMEM;
    }
    return lh_evp_verdict(EVP_DigestVerify(scratch->md, der, der_len, message.data, message.len));
}

static enum lh_code verify_with(struct scratch *scratch, const struct lh_verifier *verifier,
                                const struct lh_sig *sig, struct lh_bytes message)
{
    enum lh_alg alg = verifier->key.alg;

    if (alg == LH_ALG_ED25519) {
        return verify_ed25519(scratch, verifier, sig, message);
    }
    if (!lh_ecsig_is_acceptable(alg, sig)) {
        return LH_ERR_FORGED;
    }
    return alg == LH_ALG_P256 ? verify_p256(scratch, verifier, sig, message)
                              : verify_sm2(scratch, verifier, sig, message);
}

/*
 * Where OpenSSL 3.0 gets no memory for a context inside, it may call the signature wrong and leave
 * no error. So nobody is blamed before such a context could be made, and the answer is the same.
 */
static enum lh_code verify_again(struct scratch *scratch, const struct lh_verifier *verifier,
                                 const struct lh_sig *sig, struct lh_bytes message)
{
    EVP_MD_CTX *probe = EVP_MD_CTX_new();

    if (probe == NULL) {
        return LH_ERR_NOMEM;
    }
    EVP_MD_CTX_free(probe);
    ERR_clear_error();
    return verify_with(scratch, verifier, sig, message);
}

enum lh_code lh_verify(const struct lh_verifier *verifier, const struct lh_sig *sig,
                       struct lh_bytes message, struct lh_err *err)
{
    struct scratch *scratch = scratch_take(verifier);
    enum lh_code rc;

    if (scratch == NULL) {
        return lh_evp_err(err, LH_ERR_NOMEM, "preparing to verify a signature");
    }
    ERR_clear_error();
    rc = verify_with(scratch, verifier, sig, message);
    if (rc == LH_ERR_FORGED) {
        rc = verify_again(scratch, verifier, sig, message);
    }
    scratch_give_back(verifier, scratch);
    if (rc != LH_OK) {
        return lh_evp_err(err, rc, "the %s signature %s", lh_alg_name(verifier->key.alg),
                          rc == LH_ERR_FORGED ? "does not verify" : "could not be tried");
    }
    return LH_OK;
}
