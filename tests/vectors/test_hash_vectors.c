/*
 * SHA-256: FIPS 180-4 examples (NIST). SM3: GB/T 32905-2016 appendix A. HMAC-SHA-256: RFC 4231
 * section 4. HMAC with SHA-256 and SM3: C2SP/wycheproof.
 */
#include "crypto/suite.h"

#include "crypto/text.h"
#include "tests/vectors/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct lh_suite *open_suite(enum lh_suite_id id)
{
    struct lh_suite *suite = NULL;

    assert_int_equal(lh_suite_new(&suite, id, NULL), LH_OK);
    return suite;
}

static void assert_hash_is(const struct lh_hash *hash, const char *hex)
{
    char text[2 * LH_HASH_SIZE + 1];

    lh_hex_format(text, lh_hash_bytes(hash));
    assert_string_equal(text, hex);
}

static void published_hashes_are_reproduced(void **state)
{
    static const struct {
        enum lh_suite_id suite;
        const char *text;
        const char *hash;
    } rows[] = {
        { LH_SUITE_W, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { LH_SUITE_W, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { LH_SUITE_W, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { LH_SUITE_W,
          "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
          "lmnopqrsmnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
        { LH_SUITE_G, "abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" },
        { LH_SUITE_G, "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
          "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_suite *suite = open_suite(rows[i].suite);
        struct lh_hash hash = lh_hash(suite, lh_bytes_of_text(rows[i].text));

        assert_hash_is(&hash, rows[i].hash);
        lh_suite_free(suite);
    }
}

static void a_million_letters_hash_as_published(void **state)
{
    struct lh_suite *suite = open_suite(LH_SUITE_W);
    uint8_t *letters = malloc(1000000);
    struct lh_hash hash;

    (void)state;
    assert_non_null(letters);
    memset(letters, 'a', 1000000);
    hash = lh_hash(suite, lh_bytes_of(letters, 1000000));
    assert_hash_is(&hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(letters);
    lh_suite_free(suite);
}

/* `count` bytes of one value, for the rows of RFC 4231 that are described so. */
static struct lh_bytes fill(struct lh_buf *out, uint8_t value, size_t count)
{
    lh_buf_reset(out);
    for (size_t i = 0; i < count; i++) {
        lh_buf_add_u8(out, value);
    }
    return lh_buf_bytes(out);
}

static void rfc4231_macs_are_reproduced(void **state)
{
    struct lh_suite *suite = open_suite(LH_SUITE_W);
    struct lh_buf key = LH_BUF_EMPTY;
    struct lh_buf data = LH_BUF_EMPTY;
    struct lh_bytes part;
    struct lh_hash mac;

    (void)state;
    part = lh_bytes_of_text("Hi There");
    mac = lh_hmac_parts(suite, fill(&key, 0x0b, 20), &part, 1);
    assert_hash_is(&mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");

    part = lh_bytes_of_text("what do ya want for nothing?");
    mac = lh_hmac_parts(suite, lh_bytes_of_text("Jefe"), &part, 1);
    assert_hash_is(&mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

    part = fill(&data, 0xdd, 50);
    mac = lh_hmac_parts(suite, fill(&key, 0xaa, 20), &part, 1);
    assert_hash_is(&mac, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");

    lh_buf_reset(&key);
    for (uint8_t i = 1; i <= 25; i++) {
        lh_buf_add_u8(&key, i);
    }
    part = fill(&data, 0xcd, 50);
    mac = lh_hmac_parts(suite, lh_buf_bytes(&key), &part, 1);
    assert_hash_is(&mac, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");

    part = lh_bytes_of_text("Test Using Larger Than Block-Size Key - Hash Key First");
    mac = lh_hmac_parts(suite, fill(&key, 0xaa, 131), &part, 1);
    assert_hash_is(&mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");

    part = lh_bytes_of_text(
        "This is a test using a larger than block-size key and a larger than block-size data. "
        "The key needs to be hashed before being used by the HMAC algorithm.");
    mac = lh_hmac_parts(suite, fill(&key, 0xaa, 131), &part, 1);
    assert_hash_is(&mac, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");

    lh_buf_clear(&key);
    lh_buf_clear(&data);
    lh_suite_free(suite);
}

static void check_wycheproof(const char *name, enum lh_suite_id id)
{
    struct lh_suite *suite = open_suite(id);
    struct lh_buf key = LH_BUF_EMPTY;
    struct lh_buf message = LH_BUF_EMPTY;
    struct lh_buf tag = LH_BUF_EMPTY;
    struct lh_bytes fields[5];
    struct vector_file file;
    size_t valid_count = 0;
    size_t count = 0;

    vector_file_open(&file, name);
    while (vector_file_next(&file, fields, 5)) {
        struct lh_bytes key_bytes = vector_unhex(&key, fields[1]);
        struct lh_bytes part = vector_unhex(&message, fields[2]);
        struct lh_hash mac = lh_hmac_parts(suite, key_bytes, &part, 1);
        bool same = lh_bytes_is_equal(lh_hash_bytes(&mac), vector_unhex(&tag, fields[3]));

        assert_int_equal(same, vector_field_is(fields[0], "valid"));
        valid_count += same;
        count++;
    }
    vector_file_close(&file);
    assert_int_equal(count, 87);
    assert_int_equal(valid_count, 33);
    lh_buf_clear(&tag);
    lh_buf_clear(&message);
    lh_buf_clear(&key);
    lh_suite_free(suite);
}

static void wycheproof_macs_of_sha256_are_reproduced(void **state)
{
    (void)state;
    check_wycheproof("wycheproof_hmac_sha256.txt", LH_SUITE_W);
}

static void wycheproof_macs_of_sm3_are_reproduced(void **state)
{
    (void)state;
    check_wycheproof("wycheproof_hmac_sm3.txt", LH_SUITE_G);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_hashes_are_reproduced),
        cmocka_unit_test(a_million_letters_hash_as_published),
        cmocka_unit_test(rfc4231_macs_are_reproduced),
        cmocka_unit_test(wycheproof_macs_of_sha256_are_reproduced),
        cmocka_unit_test(wycheproof_macs_of_sm3_are_reproduced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
