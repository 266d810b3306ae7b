#include "crypto/key.h"

#include "crypto/signer.h"
#include "crypto/text.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { S = 32 }; /* where s begins in r || s */

static const enum lh_alg ALGS[] = { LH_ALG_ED25519, LH_ALG_P256, LH_ALG_SM2, LH_ALG_X25519 };
static const enum lh_alg SIGNING[] = { LH_ALG_ED25519, LH_ALG_P256, LH_ALG_SM2 };

/* The orders of the two curves. */
static const char P256_N[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
static const char SM2_N[] = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";

static void unhex(uint8_t out[32], const char *hex)
{
    assert_int_equal(lh_hex_parse(out, 32, lh_bytes_of_text(hex), NULL), LH_OK);
}

/* out = a - b modulo 2^256. */
static void subtract(uint8_t out[32], const uint8_t a[32], const uint8_t b[32])
{
    int borrow = 0;

    for (int i = 31; i >= 0; i--) {
        int digit = a[i] - b[i] - borrow;

        borrow = digit < 0;
        out[i] = (uint8_t)digit;
    }
}

static struct lh_signer *make_signer(enum lh_alg alg, uint8_t first)
{
    uint8_t seed[32] = { first, 1, 2, 3 };
    struct lh_signer *signer = NULL;

    assert_int_equal(lh_signer_from_seed(&signer, alg, lh_bytes_of(seed, sizeof seed), NULL),
                     LH_OK);
    return signer;
}

/* A signer, its verifier and one good signature. */
struct signed_message {
    struct lh_signer *signer;
    struct lh_verifier *verifier;
    struct lh_bytes message;
    struct lh_sig sig;
};

static struct signed_message sign_one(enum lh_alg alg)
{
    struct signed_message made = { .message = lh_bytes_of_text("what was signed") };

    made.signer = make_signer(alg, 1);
    assert_int_equal(lh_verifier_new(&made.verifier, lh_signer_pubkey(made.signer), NULL), LH_OK);
    assert_int_equal(lh_sign(made.signer, &made.sig, made.message, NULL), LH_OK);
    assert_int_equal(lh_verify(made.verifier, &made.sig, made.message, NULL), LH_OK);
    return made;
}

static void end(struct signed_message *made)
{
    /* The control: what was good before the negatives still is. */
    assert_int_equal(lh_verify(made->verifier, &made->sig, made->message, NULL), LH_OK);
    lh_verifier_free(made->verifier);
    lh_signer_free(made->signer);
}

/* ---- Names and text ---- */

static void names_and_numbers_of_algorithms_are_inverse(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        enum lh_alg alg = LH_ALG_ED25519;

        assert_int_equal(lh_alg_parse(&alg, lh_bytes_of_text(lh_alg_name(ALGS[i])), NULL), LH_OK);
        assert_int_equal(alg, ALGS[i]);
        assert_int_equal(lh_alg_pubkey_size(ALGS[i]), i == 1 || i == 2 ? 33 : 32);
    }
    assert_null(lh_alg_name((enum lh_alg)5));
    assert_int_equal(lh_alg_pubkey_size((enum lh_alg)0), 0);
}

static void an_unknown_name_is_refused_with_the_list(void **state)
{
    enum lh_alg alg = LH_ALG_SM2;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(lh_alg_parse(&alg, lh_bytes_of_text("rsa"), &err), LH_ERR_INVALID);
    assert_int_equal(alg, LH_ALG_SM2);
    assert_non_null(strstr(err.text, "ed25519, p256, sm2 or x25519"));
}

static void each_suite_signs_with_its_own_algorithms_only(void **state)
{
    (void)state;
    assert_true(lh_alg_is_signing(LH_ALG_ED25519, LH_SUITE_W));
    assert_true(lh_alg_is_signing(LH_ALG_P256, LH_SUITE_W));
    assert_false(lh_alg_is_signing(LH_ALG_SM2, LH_SUITE_W));
    assert_false(lh_alg_is_signing(LH_ALG_X25519, LH_SUITE_W));
    assert_false(lh_alg_is_signing(LH_ALG_ED25519, LH_SUITE_G));
    assert_false(lh_alg_is_signing(LH_ALG_P256, LH_SUITE_G));
    assert_true(lh_alg_is_signing(LH_ALG_SM2, LH_SUITE_G));
    assert_false(lh_alg_is_signing(LH_ALG_X25519, LH_SUITE_G));
}

static void public_keys_survive_their_text_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct lh_signer *signer = make_signer(ALGS[i], 7);
        const struct lh_pubkey *key = lh_signer_pubkey(signer);
        struct lh_pubkey back = { .alg = 0 };
        struct lh_buf text = LH_BUF_EMPTY;

        lh_pubkey_format(&text, key);
        assert_int_equal(lh_pubkey_parse(&back, lh_buf_bytes(&text), NULL), LH_OK);
        assert_true(lh_pubkey_is_equal(key, &back));
        lh_buf_add_u8(&text, '\n');
        assert_int_equal(lh_pubkey_parse(&back, lh_buf_bytes(&text), NULL), LH_OK);
        lh_buf_add_u8(&text, '\n');
        assert_int_equal(lh_pubkey_parse(&back, lh_buf_bytes(&text), NULL), LH_ERR_INVALID);
        lh_buf_clear(&text);
        lh_signer_free(signer);
    }
}

static void text_that_is_not_a_public_key_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "ed25519",
        "ed25519:",
        ":iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
        "rsa:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
        "p256:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
        "ed25519: iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
        "ed25519:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w",
        "ED25519:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
    };
    const char *good = "ed25519:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=";
    struct lh_pubkey key = { .alg = 0 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (lh_pubkey_parse(&key, lh_bytes_of_text(rows[i]), NULL) != LH_ERR_INVALID) {
            fail_msg("\"%s\" was accepted", rows[i]);
        }
        assert_int_equal(key.alg, 0);
    }
    assert_int_equal(lh_pubkey_parse(&key, lh_bytes_of_text(good), NULL), LH_OK);
}

static void key_ids_differ_by_key_and_by_algorithm(void **state)
{
    struct lh_suite *suite = NULL;
    struct lh_signer *a = make_signer(LH_ALG_P256, 1);
    struct lh_signer *b = make_signer(LH_ALG_P256, 2);
    struct lh_pubkey renamed = *lh_signer_pubkey(a);
    struct lh_key_id id_a;
    struct lh_key_id id_b;
    struct lh_key_id id_renamed;

    (void)state;
    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    renamed.alg = LH_ALG_SM2;
    id_a = lh_key_id_of(suite, lh_signer_pubkey(a));
    id_b = lh_key_id_of(suite, lh_signer_pubkey(b));
    id_renamed = lh_key_id_of(suite, &renamed);
    assert_false(lh_key_id_is_equal(&id_a, &id_b));
    assert_false(lh_key_id_is_equal(&id_a, &id_renamed));
    assert_true(lh_key_id_is_equal(&id_a, &id_a));
    assert_int_equal(lh_key_id_compare(&id_a, &id_b) < 0, lh_key_id_compare(&id_b, &id_a) > 0);
    lh_signer_free(a);
    lh_signer_free(b);
    lh_suite_free(suite);
}

/* ---- Keys from outside ---- */

static enum lh_code take_key(enum lh_alg alg, const uint8_t *bytes, size_t len)
{
    struct lh_pubkey key = { .alg = 0 };
    enum lh_code rc = lh_pubkey_from_bytes(&key, alg, lh_bytes_of(bytes, len), NULL);

    assert_int_equal(key.alg, rc == LH_OK ? (int)alg : 0);
    return rc;
}

static void a_key_of_another_length_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct lh_signer *signer = make_signer(ALGS[i], 3);
        uint8_t bytes[LH_PUBKEY_MAX + 1] = { 0 };
        struct lh_bytes key = lh_pubkey_bytes(lh_signer_pubkey(signer));

        memcpy(bytes, key.data, key.len);
        for (size_t len = 0; len <= sizeof bytes; len++) {
            assert_int_equal(take_key(ALGS[i], bytes, len),
                             len == key.len ? LH_OK : LH_ERR_INVALID);
        }
        lh_signer_free(signer);
    }
    assert_int_equal(take_key((enum lh_alg)5, (const uint8_t *)"", 0), LH_ERR_INVALID);
}

/* From C2SP/CCTV ed25519/README.md: the eight points and their six other encodings. */
static const char *const SMALL_ORDER[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void ed25519_keys_of_small_order_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SMALL_ORDER / sizeof SMALL_ORDER[0]; i++) {
        uint8_t bytes[32];

        unhex(bytes, SMALL_ORDER[i]);
        assert_int_equal(take_key(LH_ALG_ED25519, bytes, 32), LH_ERR_INVALID);
    }
}

static void ed25519_keys_with_y_not_below_p_are_refused(void **state)
{
    uint8_t bytes[32];
    struct lh_pubkey key;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    memset(bytes, 0xff, sizeof bytes);
    for (int low = 0xed; low <= 0xff; low++) {
        bytes[0] = (uint8_t)low;
        for (int sign = 0; sign < 2; sign++) {
            bytes[31] = sign ? 0xff : 0x7f;
            assert_int_equal(
                lh_pubkey_from_bytes(&key, LH_ALG_ED25519, lh_bytes_of(bytes, 32), &err),
                LH_ERR_INVALID);
            assert_non_null(strstr(err.text, "not below p"));
        }
    }
}

static void ed25519_keys_must_be_points_of_the_curve(void **state)
{
    /* Which small y have an x, computed apart with Python's integers. */
    static const uint8_t with_x[] = { 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 19, 21, 23, 24, 25 };
    static const uint8_t without_x[] = { 2, 7, 8, 11, 12, 13, 17, 20, 22, 31, 34, 36, 38 };

    (void)state;
    for (size_t i = 0; i < sizeof with_x; i++) {
        uint8_t bytes[32] = { with_x[i] };

        assert_int_equal(take_key(LH_ALG_ED25519, bytes, 32), LH_OK);
        bytes[31] = 0x80;
        assert_int_equal(take_key(LH_ALG_ED25519, bytes, 32), LH_OK);
    }
    for (size_t i = 0; i < sizeof without_x; i++) {
        uint8_t bytes[32] = { without_x[i] };

        assert_int_equal(take_key(LH_ALG_ED25519, bytes, 32), LH_ERR_INVALID);
        bytes[31] = 0x80;
        assert_int_equal(take_key(LH_ALG_ED25519, bytes, 32), LH_ERR_INVALID);
    }
}

static void compressed_points_must_be_on_the_curve(void **state)
{
    /* Which small x have a y, computed apart with Python's integers. */
    static const uint8_t p256_off[] = { 1, 2, 3, 4, 7, 10, 11, 14, 15, 16, 18, 19, 20 };
    static const uint8_t p256_on[] = { 0, 5, 6, 8, 9, 12, 13, 17 };
    static const uint8_t sm2_off[] = { 2, 3, 4, 5, 6, 8, 9, 10, 13, 17, 18, 19, 20 };
    static const uint8_t sm2_on[] = { 0, 1, 7, 11, 12, 14, 15, 16 };
    static const struct {
        enum lh_alg alg;
        enum lh_code code;
        const uint8_t *x;
        size_t count;
    } rows[] = {
        { LH_ALG_P256, LH_ERR_INVALID, p256_off, sizeof p256_off },
        { LH_ALG_P256, LH_OK, p256_on, sizeof p256_on },
        { LH_ALG_SM2, LH_ERR_INVALID, sm2_off, sizeof sm2_off },
        { LH_ALG_SM2, LH_OK, sm2_on, sizeof sm2_on },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t j = 0; j < rows[i].count; j++) {
            uint8_t bytes[33] = { 0x02 };

            bytes[32] = rows[i].x[j];
            assert_int_equal(take_key(rows[i].alg, bytes, 33), rows[i].code);
            bytes[0] = 0x03;
            assert_int_equal(take_key(rows[i].alg, bytes, 33), rows[i].code);
        }
    }
}

static void compressed_points_have_one_encoding(void **state)
{
    static const uint8_t heads[] = { 0x00, 0x01, 0x04, 0x05, 0x06, 0x07, 0x82, 0xff };
    uint8_t bytes[33] = { 0x02 };

    (void)state;
    bytes[32] = 12; /* on both curves */
    for (size_t i = 0; i < sizeof heads; i++) {
        bytes[0] = heads[i];
        assert_int_equal(take_key(LH_ALG_P256, bytes, 33), LH_ERR_INVALID);
        assert_int_equal(take_key(LH_ALG_SM2, bytes, 33), LH_ERR_INVALID);
    }
    bytes[0] = 0x02;
    assert_int_equal(take_key(LH_ALG_P256, bytes, 33), LH_OK);
    assert_int_equal(take_key(LH_ALG_SM2, bytes, 33), LH_OK);
    /* x + p stands for the same point and is no second spelling of it. */
    unhex(bytes + 1, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    bytes[32] = 0xff;
    assert_int_equal(take_key(LH_ALG_P256, bytes, 33), LH_ERR_INVALID); /* p itself: x = 0 */
    unhex(bytes + 1, "ffffffff00000001000000000000000000000001000000000000000000000004");
    assert_int_equal(take_key(LH_ALG_P256, bytes, 33), LH_ERR_INVALID); /* p + 5 */
    unhex(bytes + 1, "fffffffeffffffffffffffffffffffffffffffff00000001000000000000000b");
    assert_int_equal(take_key(LH_ALG_SM2, bytes, 33), LH_ERR_INVALID); /* p + 12 */
    memset(bytes + 1, 0xff, 32);
    assert_int_equal(take_key(LH_ALG_P256, bytes, 33), LH_ERR_INVALID);
    assert_int_equal(take_key(LH_ALG_SM2, bytes, 33), LH_ERR_INVALID);
}

static void x25519_keys_that_hide_nothing_are_refused(void **state)
{
    /* RFC 7748 section 6.1 and D. Bernstein's list: 0, 1, order 8 twice, p - 1, p, p + 1. */
    static const char *const rows[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0900000000000000000000000000000000000000000000000000000000000080",
    };
    uint8_t bytes[32] = { 9 };

    (void)state;
    assert_int_equal(take_key(LH_ALG_X25519, bytes, 32), LH_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unhex(bytes, rows[i]);
        assert_int_equal(take_key(LH_ALG_X25519, bytes, 32), LH_ERR_INVALID);
    }
}

static void a_verifier_checks_its_key_again(void **state)
{
    struct lh_pubkey small = { .alg = LH_ALG_ED25519, .bytes = { 1 } };
    struct lh_pubkey off = { .alg = LH_ALG_P256, .bytes = { 2, [32] = 1 } };
    struct lh_pubkey box = { .alg = LH_ALG_X25519, .bytes = { 9 } };
    struct lh_pubkey unknown = { .alg = (enum lh_alg)9, .bytes = { 9 } };
    struct lh_verifier *verifier = NULL;

    (void)state;
    assert_int_equal(lh_verifier_new(&verifier, &small, NULL), LH_ERR_INVALID);
    assert_int_equal(lh_verifier_new(&verifier, &off, NULL), LH_ERR_INVALID);
    assert_int_equal(lh_verifier_new(&verifier, &box, NULL), LH_ERR_INVALID);
    assert_int_equal(lh_verifier_new(&verifier, &unknown, NULL), LH_ERR_INVALID);
    assert_null(verifier);
    lh_verifier_free(NULL);
}

/* Its making does not say so: that would cost as much as half a verification each time. */
static void an_ed25519_key_that_is_no_point_verifies_nothing(void **state)
{
    static const uint8_t ys[] = { 2, 7, 8, 11, 12 };
    struct signed_message made = sign_one(LH_ALG_ED25519);

    (void)state;
    for (size_t i = 0; i < sizeof ys; i++) {
        struct lh_pubkey off = { .alg = LH_ALG_ED25519, .bytes = { ys[i] } };
        struct lh_verifier *verifier = NULL;

        assert_int_equal(lh_verifier_new(&verifier, &off, NULL), LH_OK);
        assert_int_equal(lh_verify(verifier, &made.sig, made.message, NULL), LH_ERR_FORGED);
        lh_verifier_free(verifier);
    }
    end(&made);
}

/* ---- Signatures ---- */

static void a_signature_verifies_for_its_message_and_key_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct signed_message made = sign_one(SIGNING[i]);
        struct lh_signer *stranger = make_signer(SIGNING[i], 2);
        struct lh_verifier *other = NULL;
        struct lh_err err = LH_ERR_NONE;

        assert_int_equal(lh_verifier_new(&other, lh_signer_pubkey(stranger), NULL), LH_OK);
        assert_int_equal(lh_verify(other, &made.sig, made.message, &err), LH_ERR_FORGED);
        assert_string_not_equal(err.text, "");
        assert_int_equal(
            lh_verify(made.verifier, &made.sig, lh_bytes_of_text("what was signeD"), NULL),
            LH_ERR_FORGED);
        assert_int_equal(lh_verify(made.verifier, &made.sig, LH_BYTES_EMPTY, NULL), LH_ERR_FORGED);
        assert_true(
            lh_pubkey_is_equal(lh_verifier_pubkey(made.verifier), lh_signer_pubkey(made.signer)));
        lh_verifier_free(other);
        lh_signer_free(stranger);
        end(&made);
    }
}

static void no_flipped_bit_of_a_signature_goes_unseen(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct signed_message made = sign_one(SIGNING[i]);

        for (size_t bit = 0; bit < (size_t)LH_SIG_SIZE * 8; bit++) {
            struct lh_sig flipped = made.sig;

            flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(lh_verify(made.verifier, &flipped, made.message, NULL), LH_ERR_FORGED);
        }
        end(&made);
    }
}

static void an_empty_message_can_be_signed(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct signed_message made = sign_one(SIGNING[i]);
        struct lh_sig sig;

        assert_int_equal(lh_sign(made.signer, &sig, LH_BYTES_EMPTY, NULL), LH_OK);
        assert_int_equal(lh_verify(made.verifier, &sig, LH_BYTES_EMPTY, NULL), LH_OK);
        assert_int_equal(lh_verify(made.verifier, &sig, made.message, NULL), LH_ERR_FORGED);
        end(&made);
    }
}

static void r_and_s_out_of_range_are_refused(void **state)
{
    static const struct {
        enum lh_alg alg;
        const char *n;
    } curves[] = { { LH_ALG_P256, P256_N }, { LH_ALG_SM2, SM2_N } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct signed_message made = sign_one(curves[i].alg);
        uint8_t wrong[3][32] = { { 0 } };

        unhex(wrong[1], curves[i].n);
        memset(wrong[2], 0xff, 32);
        for (size_t half = 0; half < 2; half++) {
            for (size_t j = 0; j < 3; j++) {
                struct lh_sig sig = made.sig;

                memcpy(sig.bytes + half * S, wrong[j], 32);
                assert_int_equal(lh_verify(made.verifier, &sig, made.message, NULL), LH_ERR_FORGED);
            }
        }
        end(&made);
    }
}

static void r_and_s_swapped_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct signed_message made = sign_one(SIGNING[i]);
        struct lh_sig swapped;

        memcpy(swapped.bytes, made.sig.bytes + S, 32);
        memcpy(swapped.bytes + S, made.sig.bytes, 32);
        assert_int_equal(lh_verify(made.verifier, &swapped, made.message, NULL), LH_ERR_FORGED);
        end(&made);
    }
}

static void sm2_refuses_r_plus_s_equal_to_n(void **state)
{
    struct signed_message made = sign_one(LH_ALG_SM2);
    struct lh_sig sig = made.sig;
    uint8_t n[32];

    (void)state;
    unhex(n, SM2_N);
    subtract(sig.bytes + S, n, sig.bytes);
    assert_int_equal(lh_verify(made.verifier, &sig, made.message, NULL), LH_ERR_FORGED);
    end(&made);
}

static void p256_refuses_the_other_s_of_a_good_signature(void **state)
{
    struct signed_message made = sign_one(LH_ALG_P256);
    struct lh_sig high = made.sig;
    uint8_t n[32];

    (void)state;
    unhex(n, P256_N);
    subtract(high.bytes + S, n, made.sig.bytes + S);
    assert_int_equal(lh_verify(made.verifier, &high, made.message, NULL), LH_ERR_FORGED);
    subtract(high.bytes + S, n, high.bytes + S);
    assert_int_equal(lh_verify(made.verifier, &high, made.message, NULL), LH_OK);
    end(&made);
}

static void ed25519_refuses_s_plus_the_group_order(void **state)
{
    /* L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                       0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
    struct signed_message made = sign_one(LH_ALG_ED25519);
    struct lh_sig sig = made.sig;
    int carry = 0;

    (void)state;
    for (size_t i = 0; i < 32; i++) {
        carry += sig.bytes[S + i] + order[i];
        sig.bytes[S + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(lh_verify(made.verifier, &sig, made.message, NULL), LH_ERR_FORGED);
    end(&made);
}

static void an_algorithm_does_not_take_the_signature_of_another(void **state)
{
    struct signed_message p256 = sign_one(LH_ALG_P256);
    struct signed_message sm2 = sign_one(LH_ALG_SM2);
    struct signed_message ed25519 = sign_one(LH_ALG_ED25519);

    (void)state;
    assert_int_equal(lh_verify(sm2.verifier, &p256.sig, p256.message, NULL), LH_ERR_FORGED);
    assert_int_equal(lh_verify(p256.verifier, &sm2.sig, sm2.message, NULL), LH_ERR_FORGED);
    assert_int_equal(lh_verify(ed25519.verifier, &p256.sig, p256.message, NULL), LH_ERR_FORGED);
    assert_int_equal(lh_verify(p256.verifier, &ed25519.sig, p256.message, NULL), LH_ERR_FORGED);
    end(&p256);
    end(&sm2);
    end(&ed25519);
}

/* ---- Threads ---- */

static void *verify_many(void *arg)
{
    const struct signed_message *made = arg;
    struct lh_sig wrong = made->sig;
    uintptr_t failures = 0;

    wrong.bytes[5] ^= 0x10;
    for (int i = 0; i < 200; i++) {
        failures += lh_verify(made->verifier, &made->sig, made->message, NULL) != LH_OK;
        failures += lh_verify(made->verifier, &wrong, made->message, NULL) != LH_ERR_FORGED;
    }
    return (void *)failures;
}

static void threads_may_share_a_verifier(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct signed_message made = sign_one(SIGNING[i]);
        pthread_t threads[6];

        for (size_t t = 0; t < 6; t++) {
            assert_int_equal(pthread_create(&threads[t], NULL, verify_many, &made), 0);
        }
        for (size_t t = 0; t < 6; t++) {
            void *failures = NULL;

            assert_int_equal(pthread_join(threads[t], &failures), 0);
            assert_null(failures);
        }
        end(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_numbers_of_algorithms_are_inverse),
        cmocka_unit_test(an_unknown_name_is_refused_with_the_list),
        cmocka_unit_test(each_suite_signs_with_its_own_algorithms_only),
        cmocka_unit_test(public_keys_survive_their_text_form),
        cmocka_unit_test(text_that_is_not_a_public_key_is_refused),
        cmocka_unit_test(key_ids_differ_by_key_and_by_algorithm),
        cmocka_unit_test(a_key_of_another_length_is_refused),
        cmocka_unit_test(ed25519_keys_of_small_order_are_refused),
        cmocka_unit_test(ed25519_keys_with_y_not_below_p_are_refused),
        cmocka_unit_test(ed25519_keys_must_be_points_of_the_curve),
        cmocka_unit_test(compressed_points_must_be_on_the_curve),
        cmocka_unit_test(compressed_points_have_one_encoding),
        cmocka_unit_test(x25519_keys_that_hide_nothing_are_refused),
        cmocka_unit_test(a_verifier_checks_its_key_again),
        cmocka_unit_test(an_ed25519_key_that_is_no_point_verifies_nothing),
        cmocka_unit_test(a_signature_verifies_for_its_message_and_key_only),
        cmocka_unit_test(no_flipped_bit_of_a_signature_goes_unseen),
        cmocka_unit_test(an_empty_message_can_be_signed),
        cmocka_unit_test(r_and_s_out_of_range_are_refused),
        cmocka_unit_test(r_and_s_swapped_are_refused),
        cmocka_unit_test(sm2_refuses_r_plus_s_equal_to_n),
        cmocka_unit_test(p256_refuses_the_other_s_of_a_good_signature),
        cmocka_unit_test(ed25519_refuses_s_plus_the_group_order),
        cmocka_unit_test(an_algorithm_does_not_take_the_signature_of_another),
        cmocka_unit_test(threads_may_share_a_verifier),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
