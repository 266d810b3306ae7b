/* ECDSA on P-256 with SHA-256 from C2SP/wycheproof; the file says what became of high s. */
#include "crypto/key.h"

#include "crypto/text.h"
#include "tests/vectors/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct lh_verifier *open_key(struct lh_bytes hex)
{
    struct lh_verifier *verifier = NULL;
    struct lh_pubkey key;
    uint8_t raw[33];

    assert_int_equal(lh_hex_parse(raw, sizeof raw, hex, NULL), LH_OK);
    assert_int_equal(lh_pubkey_from_bytes(&key, LH_ALG_P256, lh_bytes_of(raw, sizeof raw), NULL),
                     LH_OK);
    assert_int_equal(lh_verifier_new(&verifier, &key, NULL), LH_OK);
    return verifier;
}

static void wycheproof_signatures_are_judged_as_published_and_high_s_is_refused(void **state)
{
    struct vector_file file;
    struct lh_bytes fields[4];
    struct lh_buf message = LH_BUF_EMPTY;
    struct lh_verifier *verifier = NULL;
    size_t valid_count = 0;
    size_t high_count = 0;
    size_t invalid_count = 0;

    (void)state;
    vector_file_open(&file, "wycheproof_p256.txt");
    while (vector_file_next(&file, fields, 4)) {
        bool valid = vector_field_is(fields[0], "valid");
        bool high = vector_field_is(fields[0], "high_s");
        struct lh_sig sig;

        if (vector_field_is(fields[0], "key")) {
            lh_verifier_free(verifier);
            verifier = open_key(fields[1]);
            continue;
        }
        assert_int_equal(lh_hex_parse(sig.bytes, LH_SIG_SIZE, fields[1], NULL), LH_OK);
        if (lh_verify(verifier, &sig, vector_unhex(&message, fields[2]), NULL) !=
            (valid ? LH_OK : LH_ERR_FORGED)) {
            fail_msg("wrong answer for %.*s", (int)fields[3].len, (const char *)fields[3].data);
        }
        valid_count += valid;
        high_count += high;
        invalid_count += !valid && !high;
    }
    lh_verifier_free(verifier);
    vector_file_close(&file);
    assert_int_equal(valid_count, 173);
    assert_int_equal(high_count, 70);
    assert_int_equal(invalid_count, 68);
    lh_buf_clear(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wycheproof_signatures_are_judged_as_published_and_high_s_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
