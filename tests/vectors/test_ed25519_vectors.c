/*
 * RFC 8032 section 7.1 (TEST 1 to 3 and SHA(abc); TEST 1024 is among those of Wycheproof),
 * C2SP/CCTV and C2SP/wycheproof, whose files say more.
 */
#include "crypto/signer.h"

#include "crypto/text.h"
#include "tests/vectors/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void rfc8032_keys_and_signatures_are_reproduced(void **state)
{
    static const struct {
        const char *seed;
        const char *key;
        const char *message;
        const char *sig;
    } rows[] = {
        { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
          "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "-",
          "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39"
          "701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
        { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
          "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f36"
          "13d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
        { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
          "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f7"
          "60984dc6594a7c15e9716ed28dc027beceea1ec40a" },
        { "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
          "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c"
          "23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
          "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7"
          "c66431e0303dca179c138ac17ad9bef1177331a704" },
    };
    struct lh_buf seed = LH_BUF_EMPTY;
    struct lh_buf message = LH_BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_signer *signer = NULL;
        struct lh_sig sig;
        char hex[2 * LH_SIG_SIZE + 1];

        assert_int_equal(lh_signer_from_seed(&signer, LH_ALG_ED25519,
                                             vector_unhex(&seed, lh_bytes_of_text(rows[i].seed)),
                                             NULL),
                         LH_OK);
        lh_hex_format(hex, lh_pubkey_bytes(lh_signer_pubkey(signer)));
        assert_string_equal(hex, rows[i].key);
        assert_int_equal(
            lh_sign(signer, &sig, vector_unhex(&message, lh_bytes_of_text(rows[i].message)), NULL),
            LH_OK);
        lh_hex_format(hex, lh_bytes_of(sig.bytes, LH_SIG_SIZE));
        assert_string_equal(hex, rows[i].sig);
        lh_signer_free(signer);
    }
    lh_buf_clear(&seed);
    lh_buf_clear(&message);
}

/* The verifier of a "key" line, or NULL where the key itself is refused. */
static struct lh_verifier *open_key(struct lh_bytes hex)
{
    struct lh_verifier *verifier = NULL;
    struct lh_pubkey key;
    uint8_t raw[32];

    assert_int_equal(lh_hex_parse(raw, sizeof raw, hex, NULL), LH_OK);
    if (lh_pubkey_from_bytes(&key, LH_ALG_ED25519, lh_bytes_of(raw, sizeof raw), NULL) != LH_OK) {
        return NULL;
    }
    assert_int_equal(lh_verifier_new(&verifier, &key, NULL), LH_OK);
    return verifier;
}

static bool verifies(const struct lh_verifier *verifier, struct lh_bytes sig_hex,
                     struct lh_bytes message)
{
    struct lh_sig sig;
    enum lh_code rc;

    assert_int_equal(lh_hex_parse(sig.bytes, LH_SIG_SIZE, sig_hex, NULL), LH_OK);
    if (verifier == NULL) {
        return false;
    }
    rc = lh_verify(verifier, &sig, message, NULL);
    assert_true(rc == LH_OK || rc == LH_ERR_FORGED);
    return rc == LH_OK;
}

static void cctv_edge_cases_are_judged_as_rfc8032_without_cofactor_and_weak_keys_are_refused(
    void **state)
{
    struct vector_file file;
    struct lh_bytes fields[3];
    struct lh_verifier *verifier = NULL;
    bool strong = false;
    size_t count = 0;
    size_t accepted = 0;

    (void)state;
    vector_file_open(&file, "cctv_ed25519.txt");
    while (vector_file_next(&file, fields, 3)) {
        if (vector_field_is(fields[0], "key")) {
            lh_verifier_free(verifier);
            strong = vector_field_is(fields[1], "strong");
            verifier = open_key(fields[2]);
            assert_int_equal(verifier != NULL, strong);
        } else {
            bool valid = vector_field_is(fields[0], "valid");

            assert_int_equal(verifies(verifier, fields[1], fields[2]), valid && strong);
            accepted += valid && strong;
            count++;
        }
    }
    lh_verifier_free(verifier);
    vector_file_close(&file);
    assert_int_equal(count, 914);
    assert_int_equal(accepted, 86);
}

static void wycheproof_signatures_are_judged_as_published(void **state)
{
    struct vector_file file;
    struct lh_bytes fields[4];
    struct lh_buf message = LH_BUF_EMPTY;
    struct lh_verifier *verifier = NULL;
    size_t count = 0;
    size_t valid_count = 0;

    (void)state;
    vector_file_open(&file, "wycheproof_ed25519.txt");
    while (vector_file_next(&file, fields, 4)) {
        if (vector_field_is(fields[0], "key")) {
            lh_verifier_free(verifier);
            verifier = open_key(fields[1]);
            assert_non_null(verifier);
        } else {
            bool valid = vector_field_is(fields[0], "valid");

            if (verifies(verifier, fields[1], vector_unhex(&message, fields[2])) != valid) {
                fail_msg("wrong answer for %.*s", (int)fields[3].len, (const char *)fields[3].data);
            }
            valid_count += valid;
            count++;
        }
    }
    lh_verifier_free(verifier);
    vector_file_close(&file);
    assert_int_equal(count, 139);
    assert_int_equal(valid_count, 88);
    lh_buf_clear(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc8032_keys_and_signatures_are_reproduced),
        cmocka_unit_test(
            cctv_edge_cases_are_judged_as_rfc8032_without_cofactor_and_weak_keys_are_refused),
        cmocka_unit_test(wycheproof_signatures_are_judged_as_published),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
