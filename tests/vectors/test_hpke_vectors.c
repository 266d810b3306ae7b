/*
 * HPKE base mode with kem 0x0020, kdf 0x0001, aead 0x0002: the vector of that suite in
 * cfrg/draft-irtf-cfrg-hpke test-vectors.json (which accompanies RFC 9180). The two accumulated
 * values, over a thousand encryptions and a thousand exports of it, are those of Go's
 * src/crypto/hpke/testdata/rfc9180.json.
 */
#include "crypto/box.h"

#include "crypto/text.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 1000, INPUT_MAX = 2 * ROUNDS * 256, DIGEST_SIZE = 16 };

static const char SK_EM[] = "179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11";
static const char ENC[] = "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256";
static const char SK_RM[] = "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d";
static const char PK_RM[] = "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c";
static const char KEY[] = "f50b0609186798729ed0564b36ef2ef8044f1f9d05636874d1f46c819c7a669f";
static const char BASE_NONCE[] = "151d9929e2449747889bc923";
static const char EXPORTER[] = "86017151bbff6a1940e8abae2ac9e0e7032e33df1eaaecc02ca6259b130d62df";
static const char INFO[] = "Ode on a Grecian Urn";
static const char PLAIN[] = "Beauty is truth, truth beauty";
static const char ENCRYPTIONS[] = "1702e73e1e71705faa8241022af1deea";
static const char EXPORTS[] = "5cb678bf1c52afbd9afb58b8f7c1ced3";

static void assert_hex(const uint8_t *bytes, size_t len, const char *wanted)
{
    char hex[2 * 64 + 1];

    assert_true(len <= 64);
    lh_hex_format(hex, lh_bytes_of(bytes, len));
    assert_string_equal(hex, wanted);
}

struct both {
    struct lh_hpke sender;
    struct lh_hpke recipient;
};

static int set_up(void **state)
{
    static struct both both;
    struct lh_signer *signer = NULL;
    uint8_t seed[32];

    assert_int_equal(lh_hex_parse(seed, 32, lh_bytes_of_text(SK_RM), NULL), LH_OK);
    assert_int_equal(lh_signer_from_seed(&signer, LH_ALG_X25519, lh_bytes_of(seed, 32), NULL),
                     LH_OK);
    assert_hex(lh_signer_pubkey(signer)->bytes, 32, PK_RM);
    assert_int_equal(lh_hex_parse(seed, 32, lh_bytes_of_text(SK_EM), NULL), LH_OK);
    assert_int_equal(lh_hpke_setup_sender(&both.sender, lh_signer_pubkey(signer),
                                          lh_bytes_of_text(INFO), lh_bytes_of(seed, 32), NULL),
                     LH_OK);
    assert_int_equal(lh_hpke_setup_recipient(&both.recipient, signer, both.sender.enc,
                                             lh_bytes_of_text(INFO), NULL),
                     LH_OK);
    lh_signer_free(signer);
    *state = &both;
    return 0;
}

static void the_key_schedule_is_that_of_the_rfc_on_both_sides(void **state)
{
    const struct both *both = *state;
    const struct lh_hpke *sides[] = { &both->sender, &both->recipient };

    for (size_t i = 0; i < 2; i++) {
        assert_hex(sides[i]->enc, 32, ENC);
        assert_hex(sides[i]->key, 32, KEY);
        assert_hex(sides[i]->base_nonce, 12, BASE_NONCE);
        assert_hex(sides[i]->exporter_secret, 32, EXPORTER);
    }
}

static void the_first_encryptions_are_those_of_the_rfc(void **state)
{
    static const char *const sealed_hex[] = {
        "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7"
        "a",
        "2c43aff25343fdbff864506f0818b9d87df84ea01b1a2144d23b4d40c26bf655fdf197fe40297a8aebeed5cc2"
        "d",
    };
    static const char *const aads[] = { "Count-0", "Count-1" };
    const struct both *both = *state;

    for (uint64_t i = 0; i < 2; i++) {
        struct lh_bytes aad = lh_bytes_of_text(aads[i]);
        struct lh_buf sealed = LH_BUF_EMPTY;
        struct lh_buf opened = LH_BUF_EMPTY;

        assert_int_equal(
            lh_hpke_seal(&both->sender, &sealed, i, aad, lh_bytes_of_text(PLAIN), NULL), LH_OK);
        assert_hex(sealed.data, sealed.len, sealed_hex[i]);
        assert_int_equal(
            lh_hpke_open(&both->recipient, &opened, i, aad, lh_buf_bytes(&sealed), NULL), LH_OK);
        assert_string_equal(lh_buf_text(&opened), PLAIN);
        lh_buf_clear(&opened);
        lh_buf_clear(&sealed);
    }
}

static void exports_are_those_of_the_rfc(void **state)
{
    static const struct {
        struct lh_bytes context;
        const char *value;
    } rows[] = {
        { { NULL, 0 }, "ded6cffafaea6b812cbf3e241e88332adbc077aca81512914213810ee291770a" },
        { { (const uint8_t *)"", 1 },
          "04d3cb6cc116b28ffd22ad5bc276c60d31fec71ceb87ae24db811c64b7507339" },
        { { (const uint8_t *)"TestContext", 11 },
          "7c5ded445732c14fe09727d29b4251c0fd38455fe8440571e687f0886aac94d2" },
    };
    const struct both *both = *state;

    for (size_t i = 0; i < 3; i++) {
        uint8_t out[32];

        assert_int_equal(lh_hpke_export(&both->sender, out, 32, rows[i].context, NULL), LH_OK);
        assert_hex(out, 32, rows[i].value);
    }
}

static void shake128(uint8_t *out, size_t len, struct lh_bytes in)
{
    EVP_MD *md = EVP_MD_fetch(NULL, "SHAKE128", NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestInit_ex2(ctx, md, NULL), 1);
    assert_int_equal(EVP_DigestUpdate(ctx, in.data, in.len), 1);
    assert_int_equal(EVP_DigestFinalXOF(ctx, out, len), 1);
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(md);
}

/* One byte of the stream says how many of the following to take. */
static struct lh_bytes draw(struct lh_reader *stream)
{
    size_t len = lh_read_u8(stream);

    return lh_read_view(stream, len);
}

static void a_thousand_encryptions_add_up_to_the_published_value(void **state)
{
    static uint8_t input[INPUT_MAX];
    const struct both *both = *state;
    struct lh_reader stream;
    struct lh_buf all = LH_BUF_EMPTY;
    struct lh_buf opened = LH_BUF_EMPTY;
    uint8_t digest[DIGEST_SIZE];

    shake128(input, sizeof input, LH_BYTES_EMPTY);
    stream = lh_reader_of(lh_bytes_of(input, sizeof input));
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct lh_bytes aad = draw(&stream);
        struct lh_bytes plain = draw(&stream);
        size_t before = all.len;

        assert_int_equal(lh_hpke_seal(&both->sender, &all, i, aad, plain, NULL), LH_OK);
        lh_buf_reset(&opened);
        assert_int_equal(lh_hpke_open(&both->recipient, &opened, i, aad,
                                      lh_bytes_of(all.data + before, all.len - before), NULL),
                         LH_OK);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&opened), plain));
    }
    assert_false(stream.failed);
    shake128(digest, sizeof digest, lh_buf_bytes(&all));
    assert_hex(digest, sizeof digest, ENCRYPTIONS);
    lh_buf_clear(&opened);
    lh_buf_clear(&all);
}

static void a_thousand_exports_add_up_to_the_published_value(void **state)
{
    static uint8_t input[INPUT_MAX];
    const struct both *both = *state;
    struct lh_reader stream;
    struct lh_buf all = LH_BUF_EMPTY;
    uint8_t digest[DIGEST_SIZE];

    shake128(input, sizeof input, LH_BYTES_EMPTY);
    stream = lh_reader_of(lh_bytes_of(input, sizeof input));
    for (size_t len = 0; len < ROUNDS; len++) {
        uint8_t out[ROUNDS];

        assert_int_equal(lh_hpke_export(&both->recipient, out, len, draw(&stream), NULL), LH_OK);
        lh_buf_add(&all, lh_bytes_of(out, len));
    }
    assert_false(stream.failed);
    shake128(digest, sizeof digest, lh_buf_bytes(&all));
    assert_hex(digest, sizeof digest, EXPORTS);
    lh_buf_clear(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_schedule_is_that_of_the_rfc_on_both_sides),
        cmocka_unit_test(the_first_encryptions_are_those_of_the_rfc),
        cmocka_unit_test(exports_are_those_of_the_rfc),
        cmocka_unit_test(a_thousand_encryptions_add_up_to_the_published_value),
        cmocka_unit_test(a_thousand_exports_add_up_to_the_published_value),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
