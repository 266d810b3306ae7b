#ifndef LH_CRYPTO_SUITE_H
#define LH_CRYPTO_SUITE_H

/*
 * A suite is the set of algorithms a network fixes in its genesis file: no negotiation, no
 * downgrade.  W: SHA-256, Ed25519 seals, P-256 or Ed25519 staff keys, X25519 boxes.  G (国密):
 * SM3, SM2 for all keys, SM2 + SM4-CTR + HMAC-SM3 boxes.
 *
 * `struct lh_suite` holds the fetched algorithms and scratch contexts. It is NOT shared between
 * threads: every thread makes its own. Hashing with it cannot fail: a failure inside the
 * library ends the process (our own code or the machine is broken).  Spec: specs/ledger.md 1.
 */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

enum lh_suite_id {
    LH_SUITE_W = 1,
    LH_SUITE_G = 2,
};

enum { LH_HASH_SIZE = 32 };

struct lh_hash {
    uint8_t bytes[LH_HASH_SIZE];
};

struct lh_suite;

/** Make a suite of our own. LH_ERR_INVALID for an unknown id; LH_ERR_NOMEM. */
enum lh_code lh_suite_new(struct lh_suite **out, enum lh_suite_id id,
                          struct lh_err *err) LH_MUST_CHECK;
void lh_suite_free(struct lh_suite *suite);
enum lh_suite_id lh_suite_id(const struct lh_suite *suite);
/** "W" or "G". */
const char *lh_suite_name(enum lh_suite_id id);

/** H(bytes): SHA-256 or SM3. */
struct lh_hash lh_hash(struct lh_suite *suite, struct lh_bytes bytes);
/** H(parts[0] || parts[1] || ...), count >= 0. */
struct lh_hash lh_hash_parts(struct lh_suite *suite, const struct lh_bytes *parts, size_t count);
/** HMAC over the parts. `key` of any length. */
struct lh_hash lh_hmac_parts(struct lh_suite *suite, struct lh_bytes key,
                             const struct lh_bytes *parts, size_t count);
/** H(tag || NUL || bytes): a hash for one purpose. Tags are listed in specs/ledger.md section 1. */
struct lh_hash lh_hash_tagged(struct lh_suite *suite, const char *tag, struct lh_bytes bytes);

/** Tree hashes of RFC 6962: H(0x00 || leaf), H(0x01 || left || right). */
struct lh_hash lh_hash_leaf(struct lh_suite *suite, struct lh_bytes leaf);
struct lh_hash lh_hash_node(struct lh_suite *suite, const struct lh_hash *left,
                            const struct lh_hash *right);

bool lh_hash_is_equal(const struct lh_hash *a, const struct lh_hash *b);
struct lh_bytes lh_hash_bytes(const struct lh_hash *hash);

#endif
