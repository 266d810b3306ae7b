/*
 * HPKE base mode, RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The names of
 * the small functions are those of the RFC.
 */

#include "crypto/hpke_internal.h"

#include "crypto/base/assert.h"
#include "crypto/evp_internal.h"

#include <limits.h>
#include <string.h>

enum { X25519_SIZE = 32 };

static const uint8_t KEM_SUITE_ID[] = { 'K', 'E', 'M', 0x00, 0x20 };
static const uint8_t HPKE_SUITE_ID[] = { 'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x02 };

#define BYTES_OF_ARRAY(array) lh_bytes_of((array), sizeof(array))

static struct lh_hash labeled_extract(struct lh_suite *suite, struct lh_bytes suite_id,
                                      struct lh_bytes salt, const char *label, struct lh_bytes ikm)
{
    struct lh_bytes parts[] = {
        lh_bytes_of_text("HPKE-v1"),
        suite_id,
        lh_bytes_of_text(label),
        ikm,
    };

    return lh_hmac_parts(suite, salt, parts, 4);
}

static void labeled_expand(struct lh_suite *suite, struct lh_bytes suite_id, uint8_t *out,
                           size_t len, struct lh_bytes prk, const char *label, struct lh_bytes info)
{
    uint8_t len_bytes[2] = { 0 };
    uint8_t counter = 0;
    struct lh_hash block;
    struct lh_bytes parts[] = {
        LH_BYTES_EMPTY, /* the block before, except at first */
        lh_bytes_of(len_bytes, sizeof len_bytes),
        lh_bytes_of_text("HPKE-v1"),
        suite_id,
        lh_bytes_of_text(label),
        info,
        lh_bytes_of(&counter, 1),
    };

    lh_assert(len <= (size_t)255 * LH_HASH_SIZE);
    lh_put_u16(len_bytes, (uint16_t)len);
    for (size_t done = 0; done < len; done += LH_HASH_SIZE) {
        size_t left = len - done;

        counter++;
        block = lh_hmac_parts(suite, prk, parts, 7);
        memcpy(out + done, block.bytes, left < LH_HASH_SIZE ? left : LH_HASH_SIZE);
        parts[0] = lh_hash_bytes(&block);
    }
    lh_wipe(&block, sizeof block);
}

static void extract_and_expand(struct lh_suite *suite, uint8_t out[LH_HASH_SIZE],
                               struct lh_bytes dh, struct lh_bytes kem_context)
{
    struct lh_bytes suite_id = BYTES_OF_ARRAY(KEM_SUITE_ID);
    struct lh_hash prk = labeled_extract(suite, suite_id, LH_BYTES_EMPTY, "eae_prk", dh);

    labeled_expand(suite, suite_id, out, LH_HASH_SIZE, lh_hash_bytes(&prk), "shared_secret",
                   kem_context);
    lh_wipe(&prk, sizeof prk);
}

/* Base mode: mode byte 0, empty psk and psk_id. */
static void key_schedule(struct lh_suite *suite, struct lh_hpke *out, struct lh_bytes shared,
                         struct lh_bytes info)
{
    struct lh_bytes id = BYTES_OF_ARRAY(HPKE_SUITE_ID);
    struct lh_hash psk_id_hash =
        labeled_extract(suite, id, LH_BYTES_EMPTY, "psk_id_hash", LH_BYTES_EMPTY);
    struct lh_hash info_hash = labeled_extract(suite, id, LH_BYTES_EMPTY, "info_hash", info);
    struct lh_hash secret = labeled_extract(suite, id, shared, "secret", LH_BYTES_EMPTY);
    struct lh_bytes prk = lh_hash_bytes(&secret);
    uint8_t context[1 + 2 * LH_HASH_SIZE] = { 0x00 };
    struct lh_bytes ctx = lh_bytes_of(context, sizeof context);

    memcpy(context + 1, psk_id_hash.bytes, LH_HASH_SIZE);
    memcpy(context + 1 + LH_HASH_SIZE, info_hash.bytes, LH_HASH_SIZE);
    labeled_expand(suite, id, out->key, sizeof out->key, prk, "key", ctx);
    labeled_expand(suite, id, out->base_nonce, sizeof out->base_nonce, prk, "base_nonce", ctx);
    labeled_expand(suite, id, out->exporter_secret, sizeof out->exporter_secret, prk, "exp", ctx);
    lh_wipe(&secret, sizeof secret);
}

/* OpenSSL fails if the result is all zero, as RFC 9180 7.1.4 asks. LH_ERR_INVALID then. */
static enum lh_code derive(uint8_t out[X25519_SIZE], EVP_PKEY *mine, EVP_PKEY *theirs)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
    size_t len = X25519_SIZE;
    enum lh_code rc = LH_ERR_NOMEM;

    if (ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
        EVP_PKEY_derive_set_peer(ctx, theirs) == 1) {
        rc = EVP_PKEY_derive(ctx, out, &len) == 1 && len == X25519_SIZE ? LH_OK : LH_ERR_INVALID;
    }
    EVP_PKEY_CTX_free(ctx);
    return rc;
}

/* What both sides do once each has one private and one public key. */
static enum lh_code setup(struct lh_hpke *out, const struct lh_signer *mine,
                          const struct lh_pubkey *theirs, const uint8_t enc[X25519_SIZE],
                          const uint8_t recipient[X25519_SIZE], struct lh_bytes info,
                          struct lh_err *err)
{
    struct lh_suite *suite = NULL;
    EVP_PKEY *peer = NULL;
    uint8_t dh[X25519_SIZE] = { 0 };
    uint8_t kem_context[2 * X25519_SIZE];
    uint8_t shared[LH_HASH_SIZE] = { 0 };
    enum lh_code rc;

    rc = lh_suite_new(&suite, LH_SUITE_W, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_evp_pubkey_open(&peer, theirs, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = derive(dh, lh_signer_pkey(mine), peer);
    if (rc != LH_OK) {
        rc = lh_evp_err(err, rc, "x25519 gives no shared secret with this key");
        goto out;
    }
    memcpy(kem_context, enc, X25519_SIZE);
    memcpy(kem_context + X25519_SIZE, recipient, X25519_SIZE);
    extract_and_expand(suite, shared, BYTES_OF_ARRAY(dh), BYTES_OF_ARRAY(kem_context));
    key_schedule(suite, out, BYTES_OF_ARRAY(shared), info);
    memcpy(out->enc, enc, X25519_SIZE);
out:
    lh_wipe(shared, sizeof shared);
    lh_wipe(dh, sizeof dh);
    EVP_PKEY_free(peer);
    lh_suite_free(suite);
    return rc;
}

static enum lh_code check_is_x25519(const struct lh_pubkey *key, struct lh_err *err)
{
    if (key->alg != LH_ALG_X25519) {
        const char *name = lh_alg_name(key->alg);
        return lh_err_set(err, LH_ERR_INVALID, "HPKE needs an x25519 key, not %s",
                          name == NULL ? "an unknown one" : name);
    }
    return LH_OK;
}

enum lh_code lh_hpke_setup_sender(struct lh_hpke *out, const struct lh_pubkey *recipient,
                                  struct lh_bytes info, struct lh_bytes ephemeral_seed,
                                  struct lh_err *err)
{
    struct lh_signer *ephemeral = NULL;
    enum lh_code rc;

    rc = check_is_x25519(recipient, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (ephemeral_seed.len == 0) {
        rc = lh_signer_generate(&ephemeral, LH_ALG_X25519, err);
    } else {
        rc = lh_signer_from_seed(&ephemeral, LH_ALG_X25519, ephemeral_seed, err);
    }
    if (rc == LH_OK) {
        rc = setup(out, ephemeral, recipient, lh_signer_pubkey(ephemeral)->bytes, recipient->bytes,
                   info, err);
    }
    lh_signer_free(ephemeral);
    return rc;
}

enum lh_code lh_hpke_setup_recipient(struct lh_hpke *out, struct lh_signer *recipient,
                                     const uint8_t enc[32], struct lh_bytes info,
                                     struct lh_err *err)
{
    const struct lh_pubkey *own = lh_signer_pubkey(recipient);
    struct lh_pubkey ephemeral = { .alg = LH_ALG_X25519 };
    enum lh_code rc;

    rc = check_is_x25519(own, err);
    if (rc != LH_OK) {
        return rc;
    }
    memcpy(ephemeral.bytes, enc, X25519_SIZE);
    return setup(out, recipient, &ephemeral, enc, own->bytes, info, err);
}

void lh_hpke_export_with(struct lh_suite *suite, struct lh_bytes exporter_secret, uint8_t *out,
                         size_t len, struct lh_bytes context)
{
    labeled_expand(suite, BYTES_OF_ARRAY(HPKE_SUITE_ID), out, len, exporter_secret, "sec", context);
}

enum lh_code lh_hpke_export(const struct lh_hpke *hpke, uint8_t *out, size_t len,
                            struct lh_bytes context, struct lh_err *err)
{
    struct lh_suite *suite = NULL;
    enum lh_code rc;

    if (len > (size_t)255 * LH_HASH_SIZE) {
        return lh_err_set(err, LH_ERR_LIMIT, "an export of %zu bytes: at most %d", len,
                          255 * LH_HASH_SIZE);
    }
    rc = lh_suite_new(&suite, LH_SUITE_W, err);
    if (rc != LH_OK) {
        return rc;
    }
    lh_hpke_export_with(suite, BYTES_OF_ARRAY(hpke->exporter_secret), out, len, context);
    lh_suite_free(suite);
    return LH_OK;
}

/* ---- AES-256-GCM ---- */

enum lh_code lh_gcm_check_sizes(struct lh_bytes aad, struct lh_bytes text, struct lh_err *err)
{
    if (aad.len > INT_MAX || text.len > INT_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d bytes in one box", INT_MAX);
    }
    return LH_OK;
}

bool lh_gcm_seal(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const uint8_t *key,
                 const uint8_t *nonce, struct lh_bytes aad, struct lh_bytes plain, uint8_t *out)
{
    int len = 0;

    return EVP_EncryptInit_ex2(ctx, cipher, key, nonce, NULL) == 1 &&
           (aad.len == 0 || EVP_EncryptUpdate(ctx, NULL, &len, aad.data, (int)aad.len) == 1) &&
           (plain.len == 0 || EVP_EncryptUpdate(ctx, out, &len, plain.data, (int)plain.len) == 1) &&
           EVP_EncryptFinal_ex(ctx, out + plain.len, &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, LH_GCM_TAG_SIZE, out + plain.len) == 1;
}

enum lh_code lh_gcm_open(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const uint8_t *key,
                         const uint8_t *nonce, struct lh_bytes aad, struct lh_bytes sealed,
                         uint8_t *out)
{
    size_t text_len = sealed.len - LH_GCM_TAG_SIZE;
    uint8_t tag[LH_GCM_TAG_SIZE];
    uint8_t none[1];
    int len = 0;
    enum lh_code rc = LH_ERR_NOMEM;

    lh_assert(sealed.len >= LH_GCM_TAG_SIZE);
    memcpy(tag, sealed.data + text_len, sizeof tag);
    if (EVP_DecryptInit_ex2(ctx, cipher, key, nonce, NULL) == 1 &&
        (aad.len == 0 || EVP_DecryptUpdate(ctx, NULL, &len, aad.data, (int)aad.len) == 1) &&
        (text_len == 0 || EVP_DecryptUpdate(ctx, out, &len, sealed.data, (int)text_len) == 1) &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1) {
        rc = EVP_DecryptFinal_ex(ctx, none, &len) == 1 ? LH_OK : LH_ERR_FORGED;
    }
    if (rc != LH_OK) {
        lh_wipe(out, text_len);
    }
    return rc;
}

/* RFC 9180 5.2: base_nonce XOR I2OSP(seq, Nn). */
static void compute_nonce(uint8_t out[LH_GCM_NONCE_SIZE], const struct lh_hpke *hpke,
                          uint64_t sequence)
{
    uint8_t number[8];

    lh_put_u64(number, sequence);
    memcpy(out, hpke->base_nonce, LH_GCM_NONCE_SIZE);
    for (size_t i = 0; i < sizeof number; i++) {
        out[LH_GCM_NONCE_SIZE - sizeof number + i] ^= number[i];
    }
}

static enum lh_code gcm_new(EVP_CIPHER_CTX **out_ctx, EVP_CIPHER **out_cipher, struct lh_err *err)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, LH_EVP_GCM, NULL);

    if (ctx == NULL || cipher == NULL) {
        EVP_CIPHER_CTX_free(ctx);
        EVP_CIPHER_free(cipher);
        return lh_evp_err(err, LH_ERR_NOMEM, "loading %s from OpenSSL", LH_EVP_GCM);
    }
    *out_ctx = ctx;
    *out_cipher = cipher;
    return LH_OK;
}

enum lh_code lh_hpke_seal(const struct lh_hpke *hpke, struct lh_buf *out, uint64_t sequence,
                          struct lh_bytes aad, struct lh_bytes plain, struct lh_err *err)
{
    EVP_CIPHER_CTX *ctx = NULL;
    EVP_CIPHER *cipher = NULL;
    uint8_t nonce[LH_GCM_NONCE_SIZE];
    uint8_t *room;
    enum lh_code rc;

    rc = lh_gcm_check_sizes(aad, plain, err);
    if (rc != LH_OK) {
        return rc;
    }
    room = lh_buf_reserve(out, plain.len + LH_GCM_TAG_SIZE);
    if (room == NULL) {
        return lh_buf_check(out, err);
    }
    rc = gcm_new(&ctx, &cipher, err);
    if (rc != LH_OK) {
        return rc;
    }
    compute_nonce(nonce, hpke, sequence);
    if (lh_gcm_seal(ctx, cipher, hpke->key, nonce, aad, plain, room)) {
        out->len += plain.len + LH_GCM_TAG_SIZE;
        out->data[out->len] = 0;
    } else {
        rc = lh_evp_err(err, LH_ERR_IO, "sealing with %s", LH_EVP_GCM);
    }
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return rc;
}

enum lh_code lh_hpke_open(const struct lh_hpke *hpke, struct lh_buf *out, uint64_t sequence,
                          struct lh_bytes aad, struct lh_bytes sealed, struct lh_err *err)
{
    EVP_CIPHER_CTX *ctx = NULL;
    EVP_CIPHER *cipher = NULL;
    uint8_t nonce[LH_GCM_NONCE_SIZE];
    uint8_t *room;
    enum lh_code rc;

    rc = lh_gcm_check_sizes(aad, sealed, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (sealed.len < LH_GCM_TAG_SIZE) {
        return lh_err_set(err, LH_ERR_INVALID, "%zu sealed bytes: shorter than the tag",
                          sealed.len);
    }
    room = lh_buf_reserve(out, sealed.len - LH_GCM_TAG_SIZE);
    if (room == NULL) {
        return lh_buf_check(out, err);
    }
    rc = gcm_new(&ctx, &cipher, err);
    if (rc != LH_OK) {
        return rc;
    }
    compute_nonce(nonce, hpke, sequence);
    rc = lh_gcm_open(ctx, cipher, hpke->key, nonce, aad, sealed, room);
    if (rc == LH_OK) {
        out->len += sealed.len - LH_GCM_TAG_SIZE;
        out->data[out->len] = 0;
    } else {
        rc = lh_evp_err(err, rc, "not sealed for this key, number and associated data");
    }
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return rc;
}
