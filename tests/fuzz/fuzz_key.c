/*
 * Public keys from outside, as text and as raw bytes, and signatures by them: a byte that names the
 * algorithm, a key, a signature, a message. What is read is written as it was; a signature that is
 * good is good for one message only.
 */
#include "crypto/key.h"

#include "crypto/base/assert.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct lh_bytes text)
{
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_pubkey key;
    enum lh_alg alg;

    if (lh_pubkey_parse(&key, text, NULL) == LH_OK) {
        lh_pubkey_format(&again, &key);
        if (text.data[text.len - 1] == '\n') {
            lh_buf_add_u8(&again, '\n');
        }
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
    }
    if (lh_alg_parse(&alg, text, NULL) == LH_OK) {
        lh_assert(lh_bytes_is_equal(lh_bytes_of_text(lh_alg_name(alg)), text));
    }
    lh_buf_clear(&again);
}

static void check_signature(const struct lh_pubkey *key, const struct lh_sig *sig,
                            struct lh_bytes message)
{
    static const uint8_t other[] = "another message";
    struct lh_verifier *verifier = NULL;

    if (lh_verifier_new(&verifier, key, NULL) != LH_OK) {
        lh_assert(key->alg == LH_ALG_X25519);
        return;
    }
    lh_assert(lh_pubkey_is_equal(lh_verifier_pubkey(verifier), key));
    enum lh_code rc = lh_verify(verifier, sig, message, NULL);
    lh_assert(rc == LH_OK || rc == LH_ERR_FORGED);
    if (rc == LH_OK && !lh_bytes_is_equal(message, lh_bytes_of(other, sizeof other))) {
        rc = lh_verify(verifier, sig, lh_bytes_of(other, sizeof other), NULL);
        lh_assert(rc == LH_ERR_FORGED);
    }
    lh_verifier_free(verifier);
}

static void check_bytes(enum lh_alg alg, struct lh_bytes bytes)
{
    size_t len = lh_alg_pubkey_size(alg);
    struct lh_reader in = lh_reader_of(bytes);
    struct lh_bytes raw = lh_read_view(&in, len);
    struct lh_suite *suite = NULL;
    struct lh_pubkey key;
    struct lh_sig sig;

    if (lh_pubkey_from_bytes(&key, alg, in.failed ? bytes : raw, NULL) != LH_OK) {
        return;
    }
    lh_assert(lh_bytes_is_equal(lh_pubkey_bytes(&key), raw));
    lh_assert(lh_suite_new(&suite, LH_SUITE_W, NULL) == LH_OK);
    struct lh_key_id id = lh_key_id_of(suite, &key);
    lh_assert(lh_key_id_is_equal(&id, &id) && lh_key_id_compare(&id, &id) == 0);
    lh_assert(!lh_alg_is_signing(alg, LH_SUITE_W) || !lh_alg_is_signing(alg, LH_SUITE_G));
    lh_suite_free(suite);
    lh_read_into(&in, sig.bytes, sizeof sig.bytes);
    if (!in.failed) {
        check_signature(&key, &sig, in.rest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_text(lh_bytes_of(data, size));
    if (size > 0) {
        check_bytes((enum lh_alg)(data[0] % 6), lh_bytes_of(data + 1, size - 1));
    }
    return 0;
}
