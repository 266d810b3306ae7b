#include "crypto/evp_internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { RAW_SIZE = 32, COMPRESSED_SIZE = 33, UNCOMPRESSED_SIZE = 65 };

/* GM/T 0009: "1234567812345678" unless both sides agreed otherwise. OpenSSL 3.0 would take "". */
static const char SM2_ID[] = "1234567812345678";

static void append_reason(struct lh_err *err, unsigned long number)
{
    size_t used = strlen(err->text);
    char words[160];

    ERR_error_string_n(number, words, sizeof words);
    (void)snprintf(err->text + used, sizeof err->text - used, " [%s]", words);
}

enum lh_code lh_evp_err(struct lh_err *err, enum lh_code code, const char *format, ...)
{
    struct lh_err made = LH_ERR_NONE;
    va_list args;
    unsigned long number;

    va_start(args, format);
    (void)vsnprintf(made.text, sizeof made.text, format, args);
    va_end(args);
    while ((number = ERR_get_error()) != 0) {
        if (ERR_GET_REASON(number) == ERR_R_MALLOC_FAILURE) {
            code = LH_ERR_NOMEM; /* so nobody is blamed for our want of memory */
        }
        append_reason(&made, number);
    }
    return lh_err_set(err, code, "%s", made.text);
}

/* Reasons of SM2 and EC from 100 on are about what was given; those below, about the library. */
enum lh_code lh_evp_sm2_fault(void)
{
    enum { OWN_REASONS = 100, OWN_REASONS_END = 256 };
    unsigned long number = ERR_peek_error();
    int reason = ERR_GET_REASON(number);
    bool is_own = ERR_GET_LIB(number) == ERR_LIB_SM2 || ERR_GET_LIB(number) == ERR_LIB_EC;

    return is_own && reason >= OWN_REASONS && reason < OWN_REASONS_END ? LH_ERR_FORGED
                                                                       : LH_ERR_NOMEM;
}

/* These two say that a signature cannot be one: its point is at infinity; for SM2, r + s = 0. */
static bool is_no_signature(unsigned long number)
{
    enum { SM2_BAD_SIGNATURE = 101 }; /* no installed header names it */

    return (ERR_GET_LIB(number) == ERR_LIB_EC &&
            ERR_GET_REASON(number) == EC_R_POINT_AT_INFINITY) ||
           (ERR_GET_LIB(number) == ERR_LIB_SM2 && ERR_GET_REASON(number) == SM2_BAD_SIGNATURE);
}

/* A signature that is only wrong leaves no error behind. */
enum lh_code lh_evp_verdict(int answer)
{
    unsigned long number = ERR_peek_error();

    if (answer == 1) {
        return LH_OK;
    }
    return (answer == 0 && number == 0) || is_no_signature(number) ? LH_ERR_FORGED : LH_ERR_NOMEM;
}

const char *lh_evp_key_type(enum lh_alg alg)
{
    switch (alg) {
    case LH_ALG_ED25519:
        return "ED25519";
    case LH_ALG_P256:
        return "EC";
    case LH_ALG_SM2:
        return "SM2";
    case LH_ALG_X25519:
        return "X25519";
    }
    return NULL;
}

const char *lh_evp_group(enum lh_alg alg)
{
    switch (alg) {
    case LH_ALG_P256:
        return "prime256v1";
    case LH_ALG_SM2:
        return "SM2";
    case LH_ALG_ED25519:
    case LH_ALG_X25519:
        return NULL;
    }
    return NULL;
}

const char *lh_evp_digest(enum lh_alg alg)
{
    switch (alg) {
    case LH_ALG_P256:
        return LH_EVP_SHA256;
    case LH_ALG_SM2:
        return LH_EVP_SM3;
    case LH_ALG_ED25519:
    case LH_ALG_X25519:
        return NULL;
    }
    return NULL;
}

/* ---- Curve25519 points: what OpenSSL takes without looking ---- */

/* Little-endian field element: below p = 2^255 - 19, sign bit already cleared. */
static bool is_below_p25519(const uint8_t y[RAW_SIZE])
{
    if (y[31] != 0x7f) {
        return true; /* the sign bit is clear, so it is less */
    }
    for (size_t i = 30; i > 0; i--) {
        if (y[i] != 0xff) {
            return true;
        }
    }
    return y[0] < 0xed;
}

static bool is_one_of(const uint8_t value[RAW_SIZE], const uint8_t (*list)[RAW_SIZE], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(value, list[i], RAW_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

/* y of the eight points of order 1, 2, 4 and 8; each stands for both signs of x. */
static const uint8_t SMALL_ORDER_Y[][RAW_SIZE] = {
    { 0x00 },
    { 0x01 },
    { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
    { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
      0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
      0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
    { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
      0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
      0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

/* u of the points of order 1, 2, 4 and 8 on the curve and on its twist (RFC 7748 section 6). */
static const uint8_t SMALL_ORDER_U[][RAW_SIZE] = {
    { 0x00 },
    { 0x01 },
    { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
    { 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
      0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
      0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
    { 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
      0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
      0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
};

/*
 * x^2 = (y^2 - 1) / (d y^2 + 1) has a root if (y^2 - 1)(d y^2 + 1) is a square. The divisor is
 * never 0, because -1/d is no square. Returns 1, 0, or -1 if memory ran out.
 */
static int y25519_has_x(const uint8_t y_bytes[RAW_SIZE])
{
    static const char p_hex[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
    static const char d_hex[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = NULL;
    BIGNUM *d = NULL;
    BIGNUM *y = BN_lebin2bn(y_bytes, RAW_SIZE, NULL);
    BIGNUM *u = BN_new();
    int symbol = -2;

    if (ctx != NULL && y != NULL && u != NULL && BN_hex2bn(&p, p_hex) > 0 &&
        BN_hex2bn(&d, d_hex) > 0 && BN_mod_sqr(y, y, p, ctx) == 1 && /* y is y^2 from here */
        BN_copy(u, y) != NULL && BN_sub_word(u, 1) == 1 && BN_mod_mul(y, y, d, p, ctx) == 1 &&
        BN_add_word(y, 1) == 1 && BN_mod_mul(u, u, y, p, ctx) == 1) {
        symbol = BN_kronecker(u, p, ctx);
    }
    BN_free(u);
    BN_free(y);
    BN_free(d);
    BN_free(p);
    BN_CTX_free(ctx);
    return symbol == -2 ? -1 : symbol != -1;
}

/* y, without the sign of x. */
static void y_of(uint8_t out[RAW_SIZE], const uint8_t bytes[RAW_SIZE])
{
    memcpy(out, bytes, RAW_SIZE);
    out[31] &= 0x7f;
}

static enum lh_code check_ed25519(const uint8_t bytes[RAW_SIZE], struct lh_err *err)
{
    uint8_t y[RAW_SIZE];

    y_of(y, bytes);
    if (!is_below_p25519(y)) {
        return lh_err_set(err, LH_ERR_INVALID, "ed25519 key is not canonical: y is not below p");
    }
    if (is_one_of(y, SMALL_ORDER_Y, sizeof SMALL_ORDER_Y / sizeof SMALL_ORDER_Y[0])) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "ed25519 key has small order: it would verify what nobody signed");
    }
    return LH_OK;
}

enum lh_code lh_evp_pubkey_check_point(const struct lh_pubkey *key, struct lh_err *err)
{
    uint8_t y[RAW_SIZE];
    int on_curve;

    if (key->alg != LH_ALG_ED25519) {
        return LH_OK;
    }
    y_of(y, key->bytes);
    on_curve = y25519_has_x(y);
    if (on_curve < 0) {
        return lh_evp_err(err, LH_ERR_NOMEM, "checking an ed25519 key");
    }
    if (on_curve == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "ed25519 key is not a point on the curve");
    }
    return LH_OK;
}

static enum lh_code check_x25519(const uint8_t bytes[RAW_SIZE], struct lh_err *err)
{
    if ((bytes[31] & 0x80) != 0 || !is_below_p25519(bytes)) {
        return lh_err_set(err, LH_ERR_INVALID, "x25519 key is not canonical: u is not below p");
    }
    if (is_one_of(bytes, SMALL_ORDER_U, sizeof SMALL_ORDER_U / sizeof SMALL_ORDER_U[0])) {
        return lh_err_set(err, LH_ERR_INVALID, "x25519 key has small order: it hides nothing");
    }
    return LH_OK;
}

/* ---- Public keys ---- */

static enum lh_code open_raw(EVP_PKEY **out, const struct lh_pubkey *key, struct lh_err *err)
{
    enum lh_code rc =
        key->alg == LH_ALG_ED25519 ? check_ed25519(key->bytes, err) : check_x25519(key->bytes, err);

    if (rc != LH_OK) {
        return rc;
    }
    *out =
        EVP_PKEY_new_raw_public_key_ex(NULL, lh_evp_key_type(key->alg), NULL, key->bytes, RAW_SIZE);
    if (*out == NULL) {
        return lh_evp_err(err, LH_ERR_NOMEM, "making an %s key", lh_alg_name(key->alg));
    }
    return LH_OK;
}

/* Does the error queue say that the point was looked at, and is none? */
static bool is_point_refused(void)
{
    unsigned long number = ERR_peek_error();

    return ERR_GET_LIB(number) == ERR_LIB_EC &&
           (ERR_GET_REASON(number) == EC_R_INVALID_COMPRESSED_POINT ||
            ERR_GET_REASON(number) == EC_R_INVALID_ENCODING ||
            ERR_GET_REASON(number) == EC_R_POINT_IS_NOT_ON_CURVE);
}

/* OpenSSL decompresses the point, which fails for x >= p and for an x that has no y. */
static enum lh_code open_point(EVP_PKEY **out, const struct lh_pubkey *key, struct lh_err *err)
{
    char group[16] = "";
    uint8_t point[COMPRESSED_SIZE];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx;
    EVP_PKEY *pkey = NULL;
    int made;

    if (key->bytes[0] != 0x02 && key->bytes[0] != 0x03) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "%s key is not a compressed point: want first byte 02 or 03",
                          lh_alg_name(key->alg));
    }
    (void)snprintf(group, sizeof group, "%s", lh_evp_group(key->alg));
    memcpy(point, key->bytes, sizeof point);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, lh_evp_key_type(key->alg), NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return lh_evp_err(err, LH_ERR_NOMEM, "making a %s key", lh_alg_name(key->alg));
    }
    ERR_clear_error();
    made = EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);
    if (made != 1) {
        EVP_PKEY_free(pkey);
        if (!is_point_refused()) {
            return lh_evp_err(err, LH_ERR_NOMEM, "making a %s key", lh_alg_name(key->alg));
        }
        return lh_evp_err(err, LH_ERR_INVALID, "%s key is not a point on the curve",
                          lh_alg_name(key->alg));
    }
    *out = pkey;
    return LH_OK;
}

enum lh_code lh_evp_pubkey_open(EVP_PKEY **out, const struct lh_pubkey *key, struct lh_err *err)
{
    switch (key->alg) {
    case LH_ALG_ED25519:
    case LH_ALG_X25519:
        return open_raw(out, key, err);
    case LH_ALG_P256:
    case LH_ALG_SM2:
        return open_point(out, key, err);
    }
    return lh_err_set(err, LH_ERR_INVALID, "unknown key algorithm %d", (int)key->alg);
}

static bool is_on_group(const EVP_PKEY *pkey, const char *name)
{
    char group[32] = "";

    return EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1 &&
           strcmp(group, name) == 0;
}

static enum lh_code find_alg(enum lh_alg *out, const EVP_PKEY *pkey, struct lh_err *err)
{
    static const enum lh_alg algs[] = { LH_ALG_ED25519, LH_ALG_P256, LH_ALG_SM2, LH_ALG_X25519 };
    const char *type = EVP_PKEY_get0_type_name(pkey);

    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        const char *group = lh_evp_group(algs[i]);

        /* EVP_PKEY_is_a would say no when it has no memory. */
        if (type != NULL && strcmp(type, lh_evp_key_type(algs[i])) == 0 &&
            (group == NULL || is_on_group(pkey, group))) {
            *out = algs[i];
            return LH_OK;
        }
    }
    return lh_evp_err(err, LH_ERR_INVALID, "a key of type %s: want ed25519, p256, sm2 or x25519",
                      type == NULL ? "?" : type);
}

enum lh_code lh_evp_pubkey_read(struct lh_pubkey *out, const EVP_PKEY *pkey, struct lh_err *err)
{
    struct lh_pubkey key = { .alg = 0 };
    uint8_t raw[UNCOMPRESSED_SIZE];
    size_t len = 0;
    size_t wanted;
    enum lh_code rc;

    rc = find_alg(&key.alg, pkey, err);
    if (rc != LH_OK) {
        return rc;
    }
    wanted = lh_alg_pubkey_size(key.alg);
    if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, raw, sizeof raw, &len) !=
        1) {
        return lh_evp_err(err, LH_ERR_INVALID, "a key without its public half");
    }
    if (wanted == COMPRESSED_SIZE && len == UNCOMPRESSED_SIZE && raw[0] == 0x04) {
        raw[0] = raw[UNCOMPRESSED_SIZE - 1] & 1 ? 0x03 : 0x02;
        len = COMPRESSED_SIZE;
    }
    if (len != wanted) {
        return lh_err_set(err, LH_ERR_INVALID, "a public key of %zu bytes where %s has %zu", len,
                          lh_alg_name(key.alg), wanted);
    }
    memcpy(key.bytes, raw, len);
    *out = key;
    return LH_OK;
}

/* ---- SM2 ---- */

typedef int init_call(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const char *mdname,
                      OSSL_LIB_CTX *libctx, const char *props, EVP_PKEY *pkey,
                      const OSSL_PARAM params[]);

/* The id is set behind the start: OpenSSL 3.0.19 refuses it among the parameters of the start. */
static bool sm2_init(init_call *init, EVP_MD_CTX *ctx, EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *pkey_ctx = NULL; /* of ctx */

    return EVP_MD_CTX_reset(ctx) == 1 &&
           init(ctx, &pkey_ctx, LH_EVP_SM3, NULL, NULL, pkey, NULL) == 1 &&
           EVP_PKEY_CTX_set1_id(pkey_ctx, SM2_ID, (int)sizeof SM2_ID - 1) == 1;
}

bool lh_evp_sm2_sign_init(EVP_MD_CTX *ctx, EVP_PKEY *pkey)
{
    return sm2_init(EVP_DigestSignInit_ex, ctx, pkey);
}

bool lh_evp_sm2_verify_init(EVP_MD_CTX *ctx, EVP_PKEY *pkey)
{
    return sm2_init(EVP_DigestVerifyInit_ex, ctx, pkey);
}
