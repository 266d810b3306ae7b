#ifndef LH_CRYPTO_BOX_H
#define LH_CRYPTO_BOX_H

/*
 * Sealed boxes: anyone can close one for a recipient's public key, only the recipient opens it.
 * One encapsulation serves many boxes: each box is sealed under a key exported for its number,
 * and repeats the encapsulation so that it stays self-contained.
 *
 *   W: HPKE base mode (RFC 9180) with empty info: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 *      AES-256-GCM; the box key is Export("liuhen/box/v1" || u32 number, 44) = 32-byte key ||
 *      12-byte nonce.
 *      box = enc[32] || u32 number || ciphertext || tag[16].
 *   G: a random 32-byte secret under SM2 encryption (ASN.1 C1C3C2 in DER, at most 160 bytes);
 *      key material = HMAC-SM3(secret, "liuhen/box/v1" || u32 number || u8 counter) for counter
 *      1..3: 16-byte SM4 key, 16-byte IV, 32-byte MAC key, the rest unused.
 *      box = u16 len || sm2 ciphertext || u32 number || SM4-CTR ciphertext
 *            || HMAC-SM3(mac key, u64 aad len || aad || ciphertext).
 * AES-GCM is not key-committing: "it opens" proves nothing about content.  Spec: specs/privacy.md.
 */

#include "crypto/base/buf.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "crypto/signer.h"

enum { LH_BOX_OVERHEAD_MAX = 256 };

struct lh_box_sender;

/**
 * Encapsulate once for `recipient` (X25519 in suite W, SM2 in suite G; else LH_ERR_INVALID).
 * `random` gives 32 bytes; SM2 encryption takes its own from the system besides.
 */
enum lh_code lh_box_sender_new(struct lh_box_sender **out, enum lh_suite_id suite,
                               const struct lh_pubkey *recipient, const struct lh_random *random,
                               struct lh_err *err) LH_MUST_CHECK;
void lh_box_sender_free(struct lh_box_sender *sender);
/** Append the next box to `out`. Numbers count from 0; LH_ERR_LIMIT after 2^32 - 1. No public-key
 * operation: all boxes of a sender add the same number of bytes to what they hold. */
enum lh_code lh_box_seal(struct lh_box_sender *sender, struct lh_buf *out, struct lh_bytes aad,
                         struct lh_bytes plain, struct lh_err *err) LH_MUST_CHECK;
/** Open one. LH_ERR_FORGED if it was not made for this key and aad; LH_ERR_INVALID if malformed. */
enum lh_code lh_box_open(struct lh_buf *out, enum lh_suite_id suite, struct lh_signer *recipient,
                         struct lh_bytes aad, struct lh_bytes box,
                         struct lh_err *err) LH_MUST_CHECK;

/*
 * HPKE base mode as RFC 9180 has it, for its vectors and for others' tools. Suite W only. An
 * encapsulation is held to what lh_pubkey_from_bytes asks of a key. The caller wipes the struct.
 */
struct lh_hpke {
    uint8_t enc[32];
    uint8_t key[32];
    uint8_t base_nonce[12];
    uint8_t exporter_secret[32];
};

/** Set up the sender's side with a given 32-byte ephemeral key (vectors) or a fresh one (empty). */
enum lh_code lh_hpke_setup_sender(struct lh_hpke *out, const struct lh_pubkey *recipient,
                                  struct lh_bytes info, struct lh_bytes ephemeral_seed,
                                  struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_hpke_setup_recipient(struct lh_hpke *out, struct lh_signer *recipient,
                                     const uint8_t enc[32], struct lh_bytes info,
                                     struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_hpke_seal(const struct lh_hpke *hpke, struct lh_buf *out, uint64_t sequence,
                          struct lh_bytes aad, struct lh_bytes plain,
                          struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_hpke_open(const struct lh_hpke *hpke, struct lh_buf *out, uint64_t sequence,
                          struct lh_bytes aad, struct lh_bytes sealed,
                          struct lh_err *err) LH_MUST_CHECK;
/** Export `len` <= 255 * 32 bytes for `context`. */
enum lh_code lh_hpke_export(const struct lh_hpke *hpke, uint8_t *out, size_t len,
                            struct lh_bytes context, struct lh_err *err) LH_MUST_CHECK;

#endif
