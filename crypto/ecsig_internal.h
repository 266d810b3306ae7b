#ifndef LH_CRYPTO_ECSIG_INTERNAL_H
#define LH_CRYPTO_ECSIG_INTERNAL_H

/*
 * P-256 and SM2 signatures: raw r || s, big-endian, 32 bytes each. DER exists only between this
 * file and OpenSSL, on the stack.
 */

#include "crypto/key.h"

enum {
    LH_ECSIG_DER_MAX = 72,
    LH_DER_NUMBER_SIZE = 32,
    LH_DER_INTEGER_MAX = 2 + 1 + LH_DER_NUMBER_SIZE,
    LH_DER_INTEGER = 0x02,
    LH_DER_OCTETS = 0x04,
    LH_DER_SEQUENCE = 0x30,
};

/** P-256 or SM2: 0 < r < n and 0 < s < n; for P-256 also s <= n/2, for SM2 also r + s != n. */
bool lh_ecsig_is_acceptable(enum lh_alg alg, const struct lh_sig *sig);
/** Replace s by n - s if it is above n/2. Both verify, one is the form we allow. P-256 only. */
void lh_ecsig_lower_s(struct lh_sig *sig);
/** SEQUENCE { INTEGER r, INTEGER s }, minimal. Returns its length. */
size_t lh_ecsig_to_der(uint8_t out[LH_ECSIG_DER_MAX], const struct lh_sig *sig);
/** The inverse; false unless it is exactly the encoding that to_der makes. */
bool lh_ecsig_from_der(struct lh_sig *out, struct lh_bytes der);

/** INTEGER of a positive number in minimal form. Returns its length. */
size_t lh_der_put_integer(uint8_t *out, const uint8_t number[LH_DER_NUMBER_SIZE]);
/**
 * Read an INTEGER into 32 bytes, right-aligned; a longer one fails the reader. Not strict: the
 * caller encodes again what it read, and compares.
 */
void lh_der_read_integer(struct lh_reader *reader, uint8_t out[LH_DER_NUMBER_SIZE]);

#endif
