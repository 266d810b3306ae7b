#include "crypto/signer.h"

#include "crypto/base/assert.h"
#include "crypto/ecsig_internal.h"
#include "crypto/evp_internal.h"
#include "crypto/file_internal.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_SIZE = 32, PEM_MAX = 4096 };

struct lh_signer {
    struct lh_pubkey pubkey;
    EVP_PKEY *pkey;
    EVP_MD *md;         /* P-256 */
    EVP_MD_CTX *md_ctx; /* P-256: digest of the message; else the whole operation */
    EVP_PKEY_CTX *ctx;  /* P-256 */
};

EVP_PKEY *lh_signer_pkey(const struct lh_signer *signer)
{
    return signer->pkey;
}

static bool prepare_to_sign(struct lh_signer *signer)
{
    signer->md_ctx = EVP_MD_CTX_new();
    if (signer->md_ctx == NULL) {
        return false;
    }
    if (signer->pubkey.alg != LH_ALG_P256) {
        return true; /* begun anew for each message */
    }
    signer->md = EVP_MD_fetch(NULL, lh_evp_digest(LH_ALG_P256), NULL);
    signer->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, signer->pkey, NULL);
    return signer->md != NULL && signer->ctx != NULL && EVP_PKEY_sign_init(signer->ctx) == 1;
}

/* Make a signer around a private key, whose public half is read from it. */
static enum lh_code signer_around(struct lh_signer **out, EVP_PKEY *LH_TAKES pkey,
                                  struct lh_err *err)
{
    struct lh_signer *signer = calloc(1, sizeof *signer);
    enum lh_code rc;

    if (signer == NULL) {
        EVP_PKEY_free(pkey);
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    signer->pkey = pkey;
    rc = lh_evp_pubkey_read(&signer->pubkey, pkey, err);
    if (rc != LH_OK) {
        goto out;
    }
    if (!prepare_to_sign(signer)) {
        rc = lh_evp_err(err, LH_ERR_NOMEM, "preparing a %s key", lh_alg_name(signer->pubkey.alg));
        goto out;
    }
    *out = signer;
    signer = NULL;
out:
    lh_signer_free(signer);
    return rc;
}

enum lh_code lh_signer_generate(struct lh_signer **out, enum lh_alg alg, struct lh_err *err)
{
    const char *type = lh_evp_key_type(alg);
    EVP_PKEY *pkey;

    if (type == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "unknown key algorithm %d", (int)alg);
    }
    pkey = alg == LH_ALG_P256 ? EVP_PKEY_Q_keygen(NULL, NULL, type, lh_evp_group(alg))
                              : EVP_PKEY_Q_keygen(NULL, NULL, type);
    if (pkey == NULL) {
        return lh_evp_err(err, LH_ERR_IO, "generating a %s key", lh_alg_name(alg));
    }
    return signer_around(out, pkey, err);
}

/* ---- Keys from a scalar ---- */

/* The scalar is in 1..n-1; for SM2 also not n-1, for which 1 + d has no inverse. */
static bool is_scalar_ok(enum lh_alg alg, const BIGNUM *d, const BIGNUM *n)
{
    BIGNUM *limit = BN_dup(n);
    bool ok = limit != NULL && (alg != LH_ALG_SM2 || BN_sub_word(limit, 1) == 1) &&
              !BN_is_zero(d) && BN_cmp(d, limit) < 0;

    BN_free(limit);
    return ok;
}

static size_t point_of_scalar(uint8_t *out, size_t size, const EC_GROUP *group, const BIGNUM *d)
{
    EC_POINT *point = EC_POINT_new(group);
    size_t len = 0;

    if (point != NULL && EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1) {
        len = EC_POINT_point2oct(group, point, POINT_CONVERSION_COMPRESSED, out, size, NULL);
    }
    EC_POINT_free(point);
    return len;
}

static EVP_PKEY *pkey_of_params(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static EVP_PKEY *pkey_of_pair(enum lh_alg alg, const BIGNUM *d, struct lh_bytes point)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey;

    if (builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, lh_evp_group(alg),
                                        0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) ==
            1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1) {
        params = OSSL_PARAM_BLD_to_param(builder);
    }
    pkey = pkey_of_params(lh_evp_key_type(alg), params);
    OSSL_PARAM_free(params); /* wipes what came from the secret number */
    OSSL_PARAM_BLD_free(builder);
    return pkey;
}

static enum lh_code pkey_of_scalar(EVP_PKEY **out, enum lh_alg alg, struct lh_bytes seed,
                                   struct lh_err *err)
{
    int curve = alg == LH_ALG_P256 ? NID_X9_62_prime256v1 : NID_sm2;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(curve);
    BIGNUM *d = BN_secure_new();
    uint8_t point[LH_PUBKEY_MAX];
    size_t point_len;
    enum lh_code rc = LH_OK;

    if (group == NULL || d == NULL || BN_bin2bn(seed.data, (int)seed.len, d) == NULL) {
        rc = lh_evp_err(err, LH_ERR_NOMEM, "making a %s key", lh_alg_name(alg));
        goto out;
    }
    BN_set_flags(d, BN_FLG_CONSTTIME);
    if (!is_scalar_ok(alg, d, EC_GROUP_get0_order(group))) {
        rc = lh_evp_err(err, LH_ERR_INVALID, "a %s private key is a number from 1 to n-%d",
                        lh_alg_name(alg), alg == LH_ALG_SM2 ? 2 : 1);
        goto out;
    }
    point_len = point_of_scalar(point, sizeof point, group, d);
    *out = point_len == 0 ? NULL : pkey_of_pair(alg, d, lh_bytes_of(point, point_len));
    if (*out == NULL) {
        rc = lh_evp_err(err, LH_ERR_NOMEM, "making a %s key", lh_alg_name(alg));
    }
out:
    BN_clear_free(d);
    EC_GROUP_free(group);
    return rc;
}

enum lh_code lh_signer_from_seed(struct lh_signer **out, enum lh_alg alg, struct lh_bytes seed,
                                 struct lh_err *err)
{
    EVP_PKEY *pkey = NULL;
    enum lh_code rc = LH_OK;

    if (seed.len != SEED_SIZE) {
        return lh_err_set(err, LH_ERR_INVALID, "a seed of %zu bytes: want %d", seed.len, SEED_SIZE);
    }
    switch (alg) {
    case LH_ALG_ED25519:
    case LH_ALG_X25519:
        pkey =
            EVP_PKEY_new_raw_private_key_ex(NULL, lh_evp_key_type(alg), NULL, seed.data, seed.len);
        if (pkey == NULL) {
            rc = lh_evp_err(err, LH_ERR_NOMEM, "making an %s key", lh_alg_name(alg));
        }
        break;
    case LH_ALG_P256:
    case LH_ALG_SM2:
        rc = pkey_of_scalar(&pkey, alg, seed, err);
        break;
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (pkey == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "unknown key algorithm %d", (int)alg);
    }
    return signer_around(out, pkey, err);
}

/* ---- Files ---- */

/*
 * PKCS#8 and nothing else: the older forms differ by algorithm, and an encrypted one would make
 * the library ask for a password on the terminal.
 */
static EVP_PKEY *pkey_of_pem(const uint8_t *pem, size_t len)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    PKCS8_PRIV_KEY_INFO *info = NULL;
    EVP_PKEY *pkey = NULL;

    if (bio != NULL) {
        info = PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio, NULL, NULL, NULL);
    }
    if (info != NULL) {
        pkey = EVP_PKCS82PKEY(info);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    BIO_free(bio);
    return pkey;
}

/* A file whose public half belongs to another private key would sign what nobody can verify. */
static bool halves_match(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool match = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    return match;
}

enum lh_code lh_signer_open(struct lh_signer **out, const char *path, struct lh_err *err)
{
    uint8_t pem[PEM_MAX];
    size_t len = 0;
    EVP_PKEY *pkey = NULL;
    enum lh_code rc;

    rc = lh_private_file_read(pem, sizeof pem, &len, path, err);
    if (rc != LH_OK) {
        goto out;
    }
    pkey = pkey_of_pem(pem, len);
    if (pkey == NULL) {
        rc = lh_evp_err(err, LH_ERR_INVALID,
                        "%s: not an unencrypted PKCS#8 key (BEGIN PRIVATE KEY)", path);
        goto out;
    }
    if (!halves_match(pkey)) {
        EVP_PKEY_free(pkey);
        rc = lh_evp_err(err, LH_ERR_INVALID, "%s: its public half is not that of its private half",
                        path);
        goto out;
    }
    rc = signer_around(out, pkey, err);
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "%s", path);
    }
out:
    lh_wipe(pem, sizeof pem);
    return rc;
}

enum lh_code lh_signer_save(const struct lh_signer *signer, const char *path, struct lh_err *err)
{
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    char *pem = NULL;
    long len;
    enum lh_code rc;

    if (bio == NULL ||
        PEM_write_bio_PKCS8PrivateKey(bio, signer->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
        rc = lh_evp_err(err, LH_ERR_NOMEM, "%s: writing the key as PEM", path);
        goto out;
    }
    len = BIO_get_mem_data(bio, &pem);
    lh_assert(len > 0);
    lh_assert(len <= PEM_MAX);
    rc = lh_private_file_write(path, lh_bytes_of(pem, (size_t)len), err);
out:
    BIO_free(bio);
    return rc;
}

void lh_signer_free(struct lh_signer *signer)
{
    if (signer == NULL) {
        return;
    }
    EVP_PKEY_CTX_free(signer->ctx);
    EVP_MD_CTX_free(signer->md_ctx);
    EVP_MD_free(signer->md);
    EVP_PKEY_free(signer->pkey);
    free(signer);
}

const struct lh_pubkey *lh_signer_pubkey(const struct lh_signer *signer)
{
    return &signer->pubkey;
}

/* ---- Signing ---- */

static bool sign_ed25519(struct lh_signer *signer, struct lh_sig *out, struct lh_bytes message)
{
    size_t len = LH_SIG_SIZE;

    return EVP_DigestSignInit_ex(signer->md_ctx, NULL, NULL, NULL, NULL, signer->pkey, NULL) == 1 &&
           EVP_DigestSign(signer->md_ctx, out->bytes, &len, message.data, message.len) == 1 &&
           len == LH_SIG_SIZE;
}

static bool sign_p256(struct lh_signer *signer, struct lh_sig *out, struct lh_bytes message)
{
    uint8_t der[LH_ECSIG_DER_MAX];
    size_t der_len = sizeof der;
    struct lh_hash digest;

    if (EVP_DigestInit_ex2(signer->md_ctx, signer->md, NULL) != 1 ||
        EVP_DigestUpdate(signer->md_ctx, message.data, message.len) != 1 ||
        EVP_DigestFinal_ex(signer->md_ctx, digest.bytes, NULL) != 1 ||
        EVP_PKEY_sign(signer->ctx, der, &der_len, digest.bytes, LH_HASH_SIZE) != 1) {
        return false;
    }
    if (!lh_ecsig_from_der(out, lh_bytes_of(der, der_len))) {
        return false;
    }
    lh_ecsig_lower_s(out);
    return true;
}

static bool sign_sm2(struct lh_signer *signer, struct lh_sig *out, struct lh_bytes message)
{
    uint8_t der[LH_ECSIG_DER_MAX];
    size_t der_len = sizeof der;

    return lh_evp_sm2_sign_init(signer->md_ctx, signer->pkey) &&
           EVP_DigestSign(signer->md_ctx, der, &der_len, message.data, message.len) == 1 &&
           lh_ecsig_from_der(out, lh_bytes_of(der, der_len));
}

enum lh_code lh_sign(struct lh_signer *signer, struct lh_sig *out, struct lh_bytes message,
                     struct lh_err *err)
{
    enum lh_alg alg = signer->pubkey.alg;
    struct lh_sig sig;
    bool signed_ok = false;

    switch (alg) {
    case LH_ALG_ED25519:
        signed_ok = sign_ed25519(signer, &sig, message);
        break;
    case LH_ALG_P256:
        signed_ok = sign_p256(signer, &sig, message);
        break;
    case LH_ALG_SM2:
        signed_ok = sign_sm2(signer, &sig, message);
        break;
    case LH_ALG_X25519:
        return lh_err_set(err, LH_ERR_INVALID, "an x25519 key signs nothing: it is for boxes");
    }
    if (!signed_ok) {
        return lh_evp_err(err, LH_ERR_IO, "signing with a %s key", lh_alg_name(alg));
    }
    /* What we hand out must be what others accept. */
    lh_assert(alg == LH_ALG_ED25519 || lh_ecsig_is_acceptable(alg, &sig));
    *out = sig;
    return LH_OK;
}
