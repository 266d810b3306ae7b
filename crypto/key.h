#ifndef LH_CRYPTO_KEY_H
#define LH_CRYPTO_KEY_H

/*
 * Public keys and signatures. Raw and of fixed size everywhere; DER exists only at the edge to
 * OpenSSL. The algorithm comes from the enrolled key, never from the signature.
 *
 *   alg      public key                 signature
 *   Ed25519  32 bytes                   64, RFC 8032
 *   P-256    33, compressed point       64, r || s over SHA-256(message), s <= n/2 only
 *   SM2      33, compressed point       64, r || s, SM3, id "1234567812345678" always explicit
 *   X25519   32, boxes only             -
 */

#include "crypto/base/buf.h"
#include "crypto/suite.h"

enum lh_alg {
    LH_ALG_ED25519 = 1,
    LH_ALG_P256 = 2,
    LH_ALG_SM2 = 3,
    LH_ALG_X25519 = 4,
};

enum { LH_PUBKEY_MAX = 33, LH_KEY_ID_SIZE = 16, LH_SIG_SIZE = 64 };

struct lh_pubkey {
    enum lh_alg alg;
    uint8_t bytes[LH_PUBKEY_MAX];
};

struct lh_key_id {
    uint8_t bytes[LH_KEY_ID_SIZE];
};

struct lh_sig {
    uint8_t bytes[LH_SIG_SIZE];
};

/** Bytes of a public key of this algorithm: 32 or 33; 0 for an unknown algorithm. */
size_t lh_alg_pubkey_size(enum lh_alg alg);
/** "ed25519", "p256", "sm2", "x25519"; NULL for an unknown number. */
const char *lh_alg_name(enum lh_alg alg);
/** The inverse; LH_ERR_INVALID lists the names. */
enum lh_code lh_alg_parse(enum lh_alg *out, struct lh_bytes name, struct lh_err *err) LH_MUST_CHECK;
/** May sign in this suite: W Ed25519 and P-256, G SM2 only. */
bool lh_alg_is_signing(enum lh_alg alg, enum lh_suite_id suite);

struct lh_bytes lh_pubkey_bytes(const struct lh_pubkey *key);
bool lh_pubkey_is_equal(const struct lh_pubkey *a, const struct lh_pubkey *b);
/**
 * Take a public key from outside: length fits the algorithm, the point is on the curve and
 * canonically encoded, Ed25519 keys are not of small order and y < p. LH_ERR_INVALID otherwise.
 */
enum lh_code lh_pubkey_from_bytes(struct lh_pubkey *out, enum lh_alg alg, struct lh_bytes bytes,
                                  struct lh_err *err) LH_MUST_CHECK;
/** "p256:<base64>" and back; the text form of `.pub` files (one line; a final newline is read). */
void lh_pubkey_format(struct lh_buf *out, const struct lh_pubkey *key);
enum lh_code lh_pubkey_parse(struct lh_pubkey *out, struct lh_bytes text,
                             struct lh_err *err) LH_MUST_CHECK;
/** First 16 bytes of H("liuhen/key/v1" NUL || alg byte || key bytes). */
struct lh_key_id lh_key_id_of(struct lh_suite *suite, const struct lh_pubkey *key);
bool lh_key_id_is_equal(const struct lh_key_id *a, const struct lh_key_id *b);
int lh_key_id_compare(const struct lh_key_id *a, const struct lh_key_id *b);

/* A public key ready to verify with. Immutable after new: threads may share it. */
struct lh_verifier;

/**
 * LH_ERR_INVALID: the algorithm signs nothing, or the key is none that lh_pubkey_from_bytes takes;
 * but an Ed25519 key that is no point is only found to verify nothing. LH_ERR_NOMEM.
 */
enum lh_code lh_verifier_new(struct lh_verifier **out, const struct lh_pubkey *key,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_verifier_free(struct lh_verifier *verifier);
const struct lh_pubkey *lh_verifier_pubkey(const struct lh_verifier *verifier);
/**
 * LH_OK only if `sig` is this key's signature over `message`. LH_ERR_FORGED otherwise, also for
 * r or s out of range and for high s on P-256; LH_ERR_NOMEM if it could not be tried. Ed25519 is
 * RFC 8032 without the cofactor. Cost: see the library's verify rate.
 */
enum lh_code lh_verify(const struct lh_verifier *verifier, const struct lh_sig *sig,
                       struct lh_bytes message, struct lh_err *err) LH_MUST_CHECK;

#endif
