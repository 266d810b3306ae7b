#ifndef LH_CRYPTO_HPKE_INTERNAL_H
#define LH_CRYPTO_HPKE_INTERNAL_H

/* The parts of HPKE that boxes use with contexts of their own. */

#include "crypto/box.h"

#include <openssl/evp.h>

enum { LH_GCM_KEY_SIZE = 32, LH_GCM_NONCE_SIZE = 12, LH_GCM_TAG_SIZE = 16 };

#define LH_EVP_GCM "AES-256-GCM"

/** RFC 9180 5.3, Context.Export: `len` <= 255 * 32 bytes. */
void lh_hpke_export_with(struct lh_suite *suite, struct lh_bytes exporter_secret, uint8_t *out,
                         size_t len, struct lh_bytes context);
/** Into `out` of plain.len + LH_GCM_TAG_SIZE bytes. */
bool lh_gcm_seal(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const uint8_t *key,
                 const uint8_t *nonce, struct lh_bytes aad, struct lh_bytes plain, uint8_t *out);
/** Into `out` of sealed.len - LH_GCM_TAG_SIZE bytes, which are wiped if the tag is wrong. */
enum lh_code lh_gcm_open(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const uint8_t *key,
                         const uint8_t *nonce, struct lh_bytes aad, struct lh_bytes sealed,
                         uint8_t *out);
/** LH_ERR_LIMIT for lengths that OpenSSL's int cannot hold. */
enum lh_code lh_gcm_check_sizes(struct lh_bytes aad, struct lh_bytes text,
                                struct lh_err *err) LH_MUST_CHECK;

#endif
