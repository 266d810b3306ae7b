#ifndef LH_CRYPTO_TAG_H
#define LH_CRYPTO_TAG_H

/*
 * Randomised search tags and commitments: what replicates links no two entries of one person and
 * lets nobody guess one.
 *   K(month)  = HMAC(K_index, "liuhen/index/v1" NUL || department || NUL || u32 yyyymm)
 *   T(person) = HMAC(K(month), "liuhen/token/v1" NUL || u8 id type || u16 len || canonical id)
 *   tag       = first 16 bytes of HMAC(T(person), nonce16)
 *   commitment = H("liuhen/subject/v1" NUL || u8 id type || u16 len || canonical id || opening32)
 * Ids are canonicalised before they come here (node/subject ids).  Spec: specs/privacy.md 3.
 */

#include "crypto/secret.h"
#include "crypto/suite.h"

enum { LH_TAG_SIZE = 16, LH_OPENING_SIZE = 32 };

struct lh_tag {
    uint8_t nonce[LH_TAG_SIZE];
    uint8_t value[LH_TAG_SIZE];
};

/** Index key of one department and civil month (UTC+8, yyyymm). */
void lh_tag_month_key(struct lh_suite *suite, struct lh_secret *out, const struct lh_secret *root,
                      struct lh_bytes department, uint32_t yyyymm);
/** Token of one person under a month key: finds that person's entries, opens nothing. */
void lh_tag_token(struct lh_suite *suite, struct lh_secret *out, const struct lh_secret *month_key,
                  uint8_t id_type, struct lh_bytes id);
/** The tag for `nonce`; fills out->nonce too. */
void lh_tag_make(struct lh_suite *suite, struct lh_tag *out, const struct lh_secret *token,
                 const uint8_t nonce[LH_TAG_SIZE]);
/** Constant-time comparison of a tag with a token. */
bool lh_tag_matches(struct lh_suite *suite, const struct lh_tag *tag,
                    const struct lh_secret *token);
/** Commitment to one subject. `id` at most 65535 bytes. */
struct lh_hash lh_commit_subject(struct lh_suite *suite, uint8_t id_type, struct lh_bytes id,
                                 const uint8_t opening[LH_OPENING_SIZE]);

#endif
