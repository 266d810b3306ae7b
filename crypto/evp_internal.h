#ifndef LH_CRYPTO_EVP_INTERNAL_H
#define LH_CRYPTO_EVP_INTERNAL_H

/* What the files of crypto/ share about OpenSSL. No other folder includes this. */

#include "crypto/key.h"
#include "crypto/signer.h"

#include <openssl/evp.h>

#define LH_EVP_SHA256 "SHA256"
#define LH_EVP_SM3 "SM3"

/**
 * Record `code` with our phrase, then whatever OpenSSL left in its error queue, and empty the
 * queue: what stays there would be taken for a TLS failure later. Returns `code`, or LH_ERR_NOMEM
 * if the queue says that OpenSSL ran out of memory.
 */
enum lh_code lh_evp_err(struct lh_err *err, enum lh_code code, const char *format, ...)
    LH_PRINTF(3, 4);

/**
 * What OpenSSL's answer to a signature means: LH_OK, LH_ERR_FORGED, or LH_ERR_NOMEM where it could
 * not come to one. The error queue must have been empty before.
 */
enum lh_code lh_evp_verdict(int answer);

/**
 * Why SM2 decryption failed: LH_ERR_FORGED if OpenSSL looked at the ciphertext and it is none for
 * this key, else LH_ERR_NOMEM. The error queue must have been empty before.
 */
enum lh_code lh_evp_sm2_fault(void);

/** What OpenSSL calls the algorithm, and its curve (NULL for Ed25519 and X25519). */
const char *lh_evp_key_type(enum lh_alg alg);
const char *lh_evp_group(enum lh_alg alg);
/** Digest of the message: NULL for Ed25519, which brings its own, and for X25519. */
const char *lh_evp_digest(enum lh_alg alg);

/**
 * Check a public key as lh_pubkey_from_bytes promises, but for lh_evp_pubkey_check_point, and make
 * OpenSSL's form of it.
 */
enum lh_code lh_evp_pubkey_open(EVP_PKEY **out, const struct lh_pubkey *key,
                                struct lh_err *err) LH_MUST_CHECK;
/**
 * That an Ed25519 key is a point, which OpenSSL looks at only when it verifies, and then verifies
 * nothing; of the others it was looked at when they were opened. As dear as half a verification.
 */
enum lh_code lh_evp_pubkey_check_point(const struct lh_pubkey *key,
                                       struct lh_err *err) LH_MUST_CHECK;
/** Read the public half of OpenSSL's key. LH_ERR_INVALID if it is not one of our algorithms. */
enum lh_code lh_evp_pubkey_read(struct lh_pubkey *out, const EVP_PKEY *pkey,
                                struct lh_err *err) LH_MUST_CHECK;

/** One-shot signing and verifying contexts for SM2: the id is always given. */
bool lh_evp_sm2_sign_init(EVP_MD_CTX *ctx, EVP_PKEY *pkey);
bool lh_evp_sm2_verify_init(EVP_MD_CTX *ctx, EVP_PKEY *pkey);

/** OpenSSL's key inside a signer, borrowed. */
EVP_PKEY *lh_signer_pkey(const struct lh_signer *signer);

#endif
