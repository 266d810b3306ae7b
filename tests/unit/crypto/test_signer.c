#include "crypto/signer.h"

#include "crypto/text.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const enum lh_alg ALGS[] = { LH_ALG_ED25519, LH_ALG_P256, LH_ALG_SM2, LH_ALG_X25519 };

struct folder {
    char path[64];
    char file[96];
};

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);

    assert_non_null(folder);
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/lh-signer-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    (void)snprintf(folder->file, sizeof folder->file, "%s/key", folder->path);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;

    (void)unlink(folder->file);
    (void)rmdir(folder->path);
    free(folder);
    return 0;
}

static void write_private(const char *path, struct lh_bytes content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.data, content.len), content.len);
    assert_int_equal(close(fd), 0);
}

static struct lh_signer *generate(enum lh_alg alg)
{
    struct lh_signer *signer = NULL;

    assert_int_equal(lh_signer_generate(&signer, alg, NULL), LH_OK);
    return signer;
}

static void assert_signs_for(struct lh_signer *signer, const struct lh_pubkey *key)
{
    struct lh_bytes message = lh_bytes_of_text("message");
    struct lh_verifier *verifier = NULL;
    struct lh_sig sig;

    assert_int_equal(lh_verifier_new(&verifier, key, NULL), LH_OK);
    assert_int_equal(lh_sign(signer, &sig, message, NULL), LH_OK);
    assert_int_equal(lh_verify(verifier, &sig, message, NULL), LH_OK);
    lh_verifier_free(verifier);
}

static void generated_keys_differ_and_sign(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct lh_signer *a = generate(ALGS[i]);
        struct lh_signer *b = generate(ALGS[i]);

        assert_int_equal(lh_signer_pubkey(a)->alg, ALGS[i]);
        assert_false(lh_pubkey_is_equal(lh_signer_pubkey(a), lh_signer_pubkey(b)));
        if (ALGS[i] != LH_ALG_X25519) {
            assert_signs_for(a, lh_signer_pubkey(a));
        }
        lh_signer_free(a);
        lh_signer_free(b);
    }
    lh_signer_free(NULL);
}

static void a_saved_key_opens_as_the_same_key(void **state)
{
    struct folder *folder = *state;

    for (size_t i = 0; i < 4; i++) {
        struct lh_signer *signer = generate(ALGS[i]);
        struct lh_signer *back = NULL;
        struct stat info;

        assert_int_equal(lh_signer_save(signer, folder->file, NULL), LH_OK);
        assert_int_equal(stat(folder->file, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
        assert_int_equal(lh_signer_open(&back, folder->file, NULL), LH_OK);
        assert_true(lh_pubkey_is_equal(lh_signer_pubkey(signer), lh_signer_pubkey(back)));
        if (ALGS[i] != LH_ALG_X25519) {
            assert_signs_for(back, lh_signer_pubkey(signer));
        }
        lh_signer_free(back);
        lh_signer_free(signer);
        assert_int_equal(unlink(folder->file), 0);
    }
}

static void a_key_is_never_saved_over(void **state)
{
    struct folder *folder = *state;
    struct lh_signer *first = generate(LH_ALG_ED25519);
    struct lh_signer *second = generate(LH_ALG_ED25519);
    struct lh_signer *back = NULL;

    assert_int_equal(lh_signer_save(first, folder->file, NULL), LH_OK);
    assert_int_equal(lh_signer_save(second, folder->file, NULL), LH_ERR_CONFLICT);
    assert_int_equal(lh_signer_open(&back, folder->file, NULL), LH_OK);
    assert_true(lh_pubkey_is_equal(lh_signer_pubkey(first), lh_signer_pubkey(back)));
    lh_signer_free(back);
    lh_signer_free(second);
    lh_signer_free(first);
}

static void a_key_file_that_others_may_read_is_refused(void **state)
{
    struct folder *folder = *state;
    struct lh_signer *signer = generate(LH_ALG_P256);
    struct lh_signer *back = NULL;

    assert_int_equal(lh_signer_save(signer, folder->file, NULL), LH_OK);
    assert_int_equal(chmod(folder->file, 0640), 0);
    assert_int_equal(lh_signer_open(&back, folder->file, NULL), LH_ERR_DENIED);
    assert_int_equal(chmod(folder->file, 0400), 0);
    assert_int_equal(lh_signer_open(&back, folder->file, NULL), LH_OK);
    lh_signer_free(back);
    lh_signer_free(signer);
}

static void a_missing_key_file_is_not_found(void **state)
{
    struct folder *folder = *state;
    struct lh_signer *back = NULL;
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(lh_signer_open(&back, folder->file, &err), LH_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, folder->file));
    assert_null(back);
}

/* What OpenSSL itself writes for a key, in one of three forms. */
enum form { PKCS8, ENCRYPTED, TRADITIONAL };

static void write_pem(const char *path, EVP_PKEY *pkey, enum form form)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    long len;

    assert_non_null(bio);
    if (form == TRADITIONAL) {
        assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL),
                         1);
    } else {
        const EVP_CIPHER *cipher = form == ENCRYPTED ? EVP_aes_256_cbc() : NULL;
        char word[] = "word";

        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher,
                                                       form == ENCRYPTED ? word : NULL,
                                                       form == ENCRYPTED ? 4 : 0, NULL, NULL),
                         1);
    }
    len = BIO_get_mem_data(bio, &pem);
    write_private(path, lh_bytes_of(pem, (size_t)len));
    BIO_free(bio);
}

static void only_unencrypted_pkcs8_of_our_algorithms_opens(void **state)
{
    static const struct {
        const char *name;
        const char *type;
        const char *param;
        enum form form;
        enum lh_code code;
    } rows[] = {
        { "P-256 as PKCS#8", "EC", "P-256", PKCS8, LH_OK },
        { "SM2 as PKCS#8", "SM2", NULL, PKCS8, LH_OK },
        { "Ed25519 as PKCS#8", "ED25519", NULL, PKCS8, LH_OK },
        { "P-256 encrypted", "EC", "P-256", ENCRYPTED, LH_ERR_INVALID },
        { "P-256 in the older form", "EC", "P-256", TRADITIONAL, LH_ERR_INVALID },
        { "P-384", "EC", "P-384", PKCS8, LH_ERR_INVALID },
        { "secp256k1", "EC", "secp256k1", PKCS8, LH_ERR_INVALID },
        { "Ed448", "ED448", NULL, PKCS8, LH_ERR_INVALID },
    };
    struct folder *folder = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        EVP_PKEY *pkey = rows[i].param == NULL
                             ? EVP_PKEY_Q_keygen(NULL, NULL, rows[i].type)
                             : EVP_PKEY_Q_keygen(NULL, NULL, rows[i].type, rows[i].param);
        struct lh_signer *back = NULL;
        struct lh_err err = LH_ERR_NONE;

        assert_non_null(pkey);
        write_pem(folder->file, pkey, rows[i].form);
        if (lh_signer_open(&back, folder->file, &err) != rows[i].code) {
            fail_msg("%s: unexpected answer: %s", rows[i].name, err.text);
        }
        assert_int_equal(back != NULL, rows[i].code == LH_OK);
        lh_signer_free(back);
        EVP_PKEY_free(pkey);
    }
}

static void a_damaged_key_file_is_refused(void **state)
{
    struct folder *folder = *state;
    struct lh_signer *back = NULL;
    struct lh_buf zeros = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    write_private(folder->file, LH_BYTES_EMPTY);
    assert_int_equal(lh_signer_open(&back, folder->file, NULL), LH_ERR_INVALID);
    write_private(folder->file, lh_bytes_of_text("-----BEGIN PRIVATE KEY-----\nAAAA\n"
                                                 "-----END PRIVATE KEY-----\n"));
    assert_int_equal(lh_signer_open(&back, folder->file, &err), LH_ERR_INVALID);
    assert_non_null(strstr(err.text, "PKCS#8"));
    for (int i = 0; i < 5000; i++) {
        lh_buf_add_u8(&zeros, 0);
    }
    write_private(folder->file, lh_buf_bytes(&zeros));
    assert_int_equal(lh_signer_open(&back, folder->file, NULL), LH_ERR_INVALID);
    assert_null(back);
    lh_buf_clear(&zeros);
}

/* PKCS#8 of P-256 from a scalar and an uncompressed point, written by hand. */
static void write_p256(const char *path, const uint8_t d[32], const uint8_t point[65])
{
    static const uint8_t head[] = { 0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
                                    0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
                                    0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20 };
    static const uint8_t middle[] = { 0xa1, 0x44, 0x03, 0x42, 0x00 };
    struct lh_buf der = LH_BUF_EMPTY;
    struct lh_buf pem = LH_BUF_EMPTY;

    lh_buf_add(&der, lh_bytes_of(head, sizeof head));
    lh_buf_add(&der, lh_bytes_of(d, 32));
    lh_buf_add(&der, lh_bytes_of(middle, sizeof middle));
    lh_buf_add(&der, lh_bytes_of(point, 65));
    lh_buf_add_text(&pem, "-----BEGIN PRIVATE KEY-----\n");
    for (size_t at = 0; at < der.len; at += 48) {
        size_t left = der.len - at;

        lh_base64_add(&pem, lh_bytes_of(der.data + at, left < 48 ? left : 48));
        lh_buf_add_u8(&pem, '\n');
    }
    lh_buf_add_text(&pem, "-----END PRIVATE KEY-----\n");
    write_private(path, lh_buf_bytes(&pem));
    lh_buf_clear(&pem);
    lh_buf_clear(&der);
}

static void a_file_whose_halves_do_not_match_is_refused(void **state)
{
    /* The base point of P-256, which is the public half of d = 1. */
    static const char x[] = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    static const char y[] = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    struct folder *folder = *state;
    uint8_t d[32] = { [31] = 1 };
    uint8_t point[65] = { 0x04 };
    struct lh_signer *back = NULL;
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(lh_hex_parse(point + 1, 32, lh_bytes_of_text(x), NULL), LH_OK);
    assert_int_equal(lh_hex_parse(point + 33, 32, lh_bytes_of_text(y), NULL), LH_OK);
    write_p256(folder->file, d, point);
    assert_int_equal(lh_signer_open(&back, folder->file, NULL), LH_OK);
    assert_int_equal(lh_signer_pubkey(back)->bytes[0], 0x03);
    lh_signer_free(back);
    back = NULL;
    d[31] = 2;
    write_p256(folder->file, d, point);
    assert_int_equal(lh_signer_open(&back, folder->file, &err), LH_ERR_INVALID);
    assert_non_null(strstr(err.text, "public half"));
    assert_null(back);
}

static void a_seed_is_32_bytes_and_a_scalar_of_its_curve(void **state)
{
    static const char p256_n[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    static const char p256_last[] =
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";
    static const char sm2_last[] =
        "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121";
    static const char sm2_minus_one[] =
        "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122";
    static const char zero[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const char one[] = "0000000000000000000000000000000000000000000000000000000000000001";
    static const struct {
        enum lh_alg alg;
        enum lh_code code;
        const char *seed;
    } rows[] = {
        { LH_ALG_P256, LH_ERR_INVALID, zero },   { LH_ALG_P256, LH_OK, one },
        { LH_ALG_P256, LH_OK, p256_last },       { LH_ALG_P256, LH_ERR_INVALID, p256_n },
        { LH_ALG_SM2, LH_ERR_INVALID, zero },    { LH_ALG_SM2, LH_OK, one },
        { LH_ALG_SM2, LH_OK, sm2_last },         { LH_ALG_SM2, LH_ERR_INVALID, sm2_minus_one },
        { LH_ALG_ED25519, LH_OK, zero },         { LH_ALG_X25519, LH_OK, one },
        { (enum lh_alg)7, LH_ERR_INVALID, one },
    };
    uint8_t seed[33];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_signer *signer = NULL;

        assert_int_equal(lh_hex_parse(seed, 32, lh_bytes_of_text(rows[i].seed), NULL), LH_OK);
        assert_int_equal(lh_signer_from_seed(&signer, rows[i].alg, lh_bytes_of(seed, 32), NULL),
                         rows[i].code);
        if (signer != NULL && rows[i].alg != LH_ALG_X25519) {
            assert_signs_for(signer, lh_signer_pubkey(signer));
        }
        lh_signer_free(signer);
        signer = NULL;
        assert_int_equal(lh_signer_from_seed(&signer, rows[i].alg, lh_bytes_of(seed, 31), NULL),
                         LH_ERR_INVALID);
        assert_int_equal(lh_signer_from_seed(&signer, rows[i].alg, lh_bytes_of(seed, 33), NULL),
                         LH_ERR_INVALID);
        assert_null(signer);
    }
}

static void a_box_key_signs_nothing(void **state)
{
    struct lh_signer *signer = generate(LH_ALG_X25519);
    struct lh_sig sig = { .bytes = { 1 } };
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(lh_sign(signer, &sig, LH_BYTES_EMPTY, &err), LH_ERR_INVALID);
    assert_non_null(strstr(err.text, "boxes"));
    assert_int_equal(sig.bytes[0], 1);
    lh_signer_free(signer);
}

static void p256_signatures_always_have_low_s(void **state)
{
    struct lh_signer *signer = generate(LH_ALG_P256);
    struct lh_sig sig;

    (void)state;
    for (uint8_t i = 0; i < 64; i++) {
        assert_int_equal(lh_sign(signer, &sig, lh_bytes_of(&i, 1), NULL), LH_OK);
        assert_true(sig.bytes[32] < 0x80); /* n/2 begins with 7f */
    }
    lh_signer_free(signer);
}

static void ed25519_signs_the_same_way_twice_and_the_curves_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct lh_signer *signer = generate(ALGS[i]);
        struct lh_sig a;
        struct lh_sig b;

        assert_int_equal(lh_sign(signer, &a, lh_bytes_of_text("m"), NULL), LH_OK);
        assert_int_equal(lh_sign(signer, &b, lh_bytes_of_text("m"), NULL), LH_OK);
        assert_int_equal(memcmp(&a, &b, sizeof a) == 0, ALGS[i] == LH_ALG_ED25519);
        lh_signer_free(signer);
    }
}

static void failures_leave_nothing_in_the_error_queue_of_openssl(void **state)
{
    struct folder *folder = *state;
    struct lh_signer *signer = generate(LH_ALG_P256);
    struct lh_signer *back = NULL;
    struct lh_verifier *verifier = NULL;
    struct lh_sig sig = { .bytes = { [31] = 1, [63] = 1 } };
    struct lh_pubkey off = { .alg = LH_ALG_P256, .bytes = { 2, [32] = 1 } };

    ERR_clear_error();
    write_private(folder->file, lh_bytes_of_text("nonsense"));
    assert_int_equal(lh_signer_open(&back, folder->file, NULL), LH_ERR_INVALID);
    assert_int_equal(lh_verifier_new(&verifier, &off, NULL), LH_ERR_INVALID);
    assert_int_equal(lh_verifier_new(&verifier, lh_signer_pubkey(signer), NULL), LH_OK);
    assert_int_equal(lh_verify(verifier, &sig, LH_BYTES_EMPTY, NULL), LH_ERR_FORGED);
    assert_true(ERR_peek_error() == 0);
    lh_verifier_free(verifier);
    lh_signer_free(signer);
}

#define IN_FOLDER(claim) cmocka_unit_test_setup_teardown(claim, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_keys_differ_and_sign),
        IN_FOLDER(a_saved_key_opens_as_the_same_key),
        IN_FOLDER(a_key_is_never_saved_over),
        IN_FOLDER(a_key_file_that_others_may_read_is_refused),
        IN_FOLDER(a_missing_key_file_is_not_found),
        IN_FOLDER(only_unencrypted_pkcs8_of_our_algorithms_opens),
        IN_FOLDER(a_damaged_key_file_is_refused),
        IN_FOLDER(a_file_whose_halves_do_not_match_is_refused),
        cmocka_unit_test(a_seed_is_32_bytes_and_a_scalar_of_its_curve),
        cmocka_unit_test(a_box_key_signs_nothing),
        cmocka_unit_test(p256_signatures_always_have_low_s),
        cmocka_unit_test(ed25519_signs_the_same_way_twice_and_the_curves_do_not),
        IN_FOLDER(failures_leave_nothing_in_the_error_queue_of_openssl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
