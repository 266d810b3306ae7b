#ifndef LH_CRYPTO_SIGNER_H
#define LH_CRYPTO_SIGNER_H

/*
 * A private key that signs, wherever it lives. Today: a PKCS#8 PEM file of mode 0600, or a key
 * made in memory; later PKCS#11 behind the same struct. A signer belongs to one thread at a time.
 */

#include "crypto/key.h"
#include "crypto/secret.h"

struct lh_signer;

/** Make a fresh key in memory. X25519 is allowed (for boxes) but cannot sign. */
enum lh_code lh_signer_generate(struct lh_signer **out, enum lh_alg alg,
                                struct lh_err *err) LH_MUST_CHECK;
/** Ed25519 or X25519 from a 32-byte seed, P-256 or SM2 from a 32-byte scalar in 1..n-1
 * (SM2: 1..n-2; tests, vectors). */
enum lh_code lh_signer_from_seed(struct lh_signer **out, enum lh_alg alg, struct lh_bytes seed,
                                 struct lh_err *err) LH_MUST_CHECK;
/**
 * Load unencrypted PKCS#8 PEM. LH_ERR_DENIED if the file is not ours or others may touch it;
 * LH_ERR_NOT_FOUND; LH_ERR_INVALID, also if its public half belongs to another private one.
 */
enum lh_code lh_signer_open(struct lh_signer **out, const char *path,
                            struct lh_err *err) LH_MUST_CHECK;
/** Write PKCS#8 PEM to a new file of mode 0600, synced; LH_ERR_CONFLICT if it exists. */
enum lh_code lh_signer_save(const struct lh_signer *signer, const char *path,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_signer_free(struct lh_signer *signer);
const struct lh_pubkey *lh_signer_pubkey(const struct lh_signer *signer);
/** Sign; P-256 gives low s. LH_ERR_INVALID for a key that cannot sign, LH_ERR_IO if the library
 * fails. */
enum lh_code lh_sign(struct lh_signer *signer, struct lh_sig *out, struct lh_bytes message,
                     struct lh_err *err) LH_MUST_CHECK;

#endif
