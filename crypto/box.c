#include "crypto/box.h"

#include "crypto/base/assert.h"
#include "crypto/ecsig_internal.h"
#include "crypto/evp_internal.h"
#include "crypto/hpke_internal.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUMBER_SIZE = 4,
    SECRET_SIZE = 32,
    X25519_SIZE = 32,
    SM2_BOX_MAX = 160,
    HEAD_MAX = 2 + SM2_BOX_MAX,
    SM4_KEY_SIZE = 16,
    SM4_IV_SIZE = 16,
    MAC_KEY_SIZE = 32,
    MAC_SIZE = LH_HASH_SIZE,
};

_Static_assert(HEAD_MAX + NUMBER_SIZE + MAC_SIZE <= LH_BOX_OVERHEAD_MAX, "boxes of suite G fit");
_Static_assert(X25519_SIZE + NUMBER_SIZE + LH_GCM_TAG_SIZE <= LH_BOX_OVERHEAD_MAX,
               "boxes of suite W fit");

static const char DOMAIN[] = "liuhen/box/v1";
enum { DOMAIN_SIZE = sizeof DOMAIN - 1 };

/* What both sides have once the encapsulation is done. */
struct box_key {
    enum lh_suite_id id;
    struct lh_suite *suite;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *ctx;
    uint8_t secret[SECRET_SIZE]; /* W: the exporter secret; G: what SM2 encrypted */
};

struct lh_box_sender {
    struct box_key key;
    uint64_t next_number;
    uint8_t head[HEAD_MAX]; /* the encapsulation as each box repeats it */
    size_t head_len;
};

static enum lh_code box_key_init(struct box_key *key, enum lh_suite_id id, struct lh_err *err)
{
    const char *cipher = id == LH_SUITE_W ? LH_EVP_GCM : "SM4-CTR";
    enum lh_code rc;

    key->id = id;
    rc = lh_suite_new(&key->suite, id, err);
    if (rc != LH_OK) {
        return rc;
    }
    key->cipher = EVP_CIPHER_fetch(NULL, cipher, NULL);
    key->ctx = EVP_CIPHER_CTX_new();
    if (key->cipher == NULL || key->ctx == NULL) {
        return lh_evp_err(err, LH_ERR_NOMEM, "loading %s from OpenSSL", cipher);
    }
    return LH_OK;
}

static void box_key_clear(struct box_key *key)
{
    EVP_CIPHER_CTX_free(key->ctx);
    EVP_CIPHER_free(key->cipher);
    lh_suite_free(key->suite);
    lh_wipe(key, sizeof *key);
}

static size_t tag_size(enum lh_suite_id id)
{
    return id == LH_SUITE_W ? (size_t)LH_GCM_TAG_SIZE : (size_t)MAC_SIZE;
}

/* ---- Suite W: the body of one box ---- */

/* Key and nonce are exported for the number, so that no pair of them is used twice. */
static void derive_w(struct box_key *key, uint8_t out[LH_GCM_KEY_SIZE + LH_GCM_NONCE_SIZE],
                     uint32_t number)
{
    uint8_t context[DOMAIN_SIZE + NUMBER_SIZE];

    memcpy(context, DOMAIN, DOMAIN_SIZE);
    lh_put_u32(context + DOMAIN_SIZE, number);
    lh_hpke_export_with(key->suite, lh_bytes_of(key->secret, SECRET_SIZE), out,
                        LH_GCM_KEY_SIZE + LH_GCM_NONCE_SIZE, lh_bytes_of(context, sizeof context));
}

static bool seal_w(struct box_key *key, uint8_t *out, uint32_t number, struct lh_bytes aad,
                   struct lh_bytes plain)
{
    uint8_t material[LH_GCM_KEY_SIZE + LH_GCM_NONCE_SIZE];
    bool done;

    derive_w(key, material, number);
    done =
        lh_gcm_seal(key->ctx, key->cipher, material, material + LH_GCM_KEY_SIZE, aad, plain, out);
    lh_wipe(material, sizeof material);
    return done;
}

static enum lh_code open_w(struct box_key *key, uint8_t *out, uint32_t number, struct lh_bytes aad,
                           struct lh_bytes body)
{
    uint8_t material[LH_GCM_KEY_SIZE + LH_GCM_NONCE_SIZE];
    enum lh_code rc;

    derive_w(key, material, number);
    rc = lh_gcm_open(key->ctx, key->cipher, material, material + LH_GCM_KEY_SIZE, aad, body, out);
    lh_wipe(material, sizeof material);
    return rc;
}

/* ---- Suite G: the body of one box ---- */

struct material_g {
    uint8_t key[SM4_KEY_SIZE];
    uint8_t iv[SM4_IV_SIZE];
    uint8_t mac_key[MAC_KEY_SIZE];
};

static void derive_g(struct box_key *key, struct material_g *out, uint32_t number)
{
    uint8_t number_bytes[NUMBER_SIZE] = { 0 };
    uint8_t counter = 0;
    struct lh_bytes parts[] = {
        lh_bytes_of(DOMAIN, DOMAIN_SIZE),
        lh_bytes_of(number_bytes, sizeof number_bytes),
        lh_bytes_of(&counter, 1),
    };
    struct lh_hash blocks[2]; /* a third block would not be used */

    lh_put_u32(number_bytes, number);
    for (size_t i = 0; i < 2; i++) {
        counter++;
        blocks[i] = lh_hmac_parts(key->suite, lh_bytes_of(key->secret, SECRET_SIZE), parts, 3);
    }
    memcpy(out->key, blocks[0].bytes, SM4_KEY_SIZE);
    memcpy(out->iv, blocks[0].bytes + SM4_KEY_SIZE, SM4_IV_SIZE);
    memcpy(out->mac_key, blocks[1].bytes, MAC_KEY_SIZE);
    lh_wipe(blocks, sizeof blocks);
}

static struct lh_hash mac_g(struct box_key *key, const struct material_g *material,
                            struct lh_bytes aad, struct lh_bytes ciphertext)
{
    uint8_t aad_len[8] = { 0 };
    struct lh_bytes parts[] = { lh_bytes_of(aad_len, sizeof aad_len), aad, ciphertext };

    lh_put_u64(aad_len, aad.len);
    return lh_hmac_parts(key->suite, lh_bytes_of(material->mac_key, MAC_KEY_SIZE), parts, 3);
}

/* Counter mode: the same call both ways. */
static bool crypt_g(struct box_key *key, const struct material_g *material, uint8_t *out,
                    struct lh_bytes in)
{
    int len = 0;

    return EVP_EncryptInit_ex2(key->ctx, key->cipher, material->key, material->iv, NULL) == 1 &&
           (in.len == 0 || EVP_EncryptUpdate(key->ctx, out, &len, in.data, (int)in.len) == 1);
}

static bool seal_g(struct box_key *key, uint8_t *out, uint32_t number, struct lh_bytes aad,
                   struct lh_bytes plain)
{
    struct material_g material;
    struct lh_hash mac;
    bool done;

    derive_g(key, &material, number);
    done = crypt_g(key, &material, out, plain);
    if (done) {
        mac = mac_g(key, &material, aad, lh_bytes_of(out, plain.len));
        memcpy(out + plain.len, mac.bytes, MAC_SIZE);
    }
    lh_wipe(&material, sizeof material);
    return done;
}

static enum lh_code open_g(struct box_key *key, uint8_t *out, uint32_t number, struct lh_bytes aad,
                           struct lh_bytes body)
{
    struct lh_bytes text = lh_bytes_of(body.data, body.len - MAC_SIZE);
    struct material_g material;
    struct lh_hash mac;
    enum lh_code rc = LH_ERR_FORGED;

    derive_g(key, &material, number);
    mac = mac_g(key, &material, aad, text);
    if (lh_secret_is_equal(lh_hash_bytes(&mac), lh_bytes_of(body.data + text.len, MAC_SIZE))) {
        rc = crypt_g(key, &material, out, text) ? LH_OK : LH_ERR_NOMEM;
    }
    lh_wipe(&material, sizeof material);
    return rc;
}

/* ---- Encapsulation ---- */

static enum lh_code encapsulate_w(struct lh_box_sender *sender, const struct lh_pubkey *recipient,
                                  const struct lh_random *random, struct lh_err *err)
{
    uint8_t seed[X25519_SIZE];
    struct lh_hpke hpke;
    enum lh_code rc;

    rc = lh_random_fill(random, seed, sizeof seed, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc =
        lh_hpke_setup_sender(&hpke, recipient, LH_BYTES_EMPTY, lh_bytes_of(seed, sizeof seed), err);
    if (rc == LH_OK) {
        memcpy(sender->key.secret, hpke.exporter_secret, SECRET_SIZE);
        memcpy(sender->head, hpke.enc, X25519_SIZE);
        sender->head_len = X25519_SIZE;
        lh_wipe(&hpke, sizeof hpke);
    }
    lh_wipe(seed, sizeof seed);
    return rc;
}

static void read_octets(struct lh_reader *reader, uint8_t out[LH_DER_NUMBER_SIZE])
{
    if (lh_read_u8(reader) != LH_DER_OCTETS || lh_read_u8(reader) != LH_DER_NUMBER_SIZE) {
        reader->failed = true;
    }
    lh_read_into(reader, out, LH_DER_NUMBER_SIZE);
}

static size_t put_octets(uint8_t *out, const uint8_t octets[LH_DER_NUMBER_SIZE])
{
    out[0] = LH_DER_OCTETS;
    out[1] = LH_DER_NUMBER_SIZE;
    memcpy(out + 2, octets, LH_DER_NUMBER_SIZE);
    return 2 + LH_DER_NUMBER_SIZE;
}

/*
 * SEQUENCE { INTEGER x, INTEGER y, OCTET STRING hash[32], OCTET STRING text[32] }, encoded the
 * one way DER has. OpenSSL reads other encodings and ignores what follows; then one box would
 * have many forms.
 */
static bool is_canonical_sm2(struct lh_bytes der)
{
    struct lh_reader reader = lh_reader_of(der);
    uint8_t x[LH_DER_NUMBER_SIZE] = { 0 };
    uint8_t y[LH_DER_NUMBER_SIZE] = { 0 };
    uint8_t hash[LH_DER_NUMBER_SIZE];
    uint8_t text[LH_DER_NUMBER_SIZE];
    uint8_t again[3 + 2 * LH_DER_INTEGER_MAX + 2 * (2 + LH_DER_NUMBER_SIZE)];
    size_t head = der.len > 1 && der.data[1] == 0x81 ? 3 : 2;
    size_t len = head;

    (void)lh_read_view(&reader, head);
    lh_der_read_integer(&reader, x);
    lh_der_read_integer(&reader, y);
    read_octets(&reader, hash);
    read_octets(&reader, text);
    if (!lh_reader_is_done(&reader)) {
        return false;
    }
    len += lh_der_put_integer(again + len, x);
    len += lh_der_put_integer(again + len, y);
    len += put_octets(again + len, hash);
    len += put_octets(again + len, text);
    again[0] = LH_DER_SEQUENCE;
    again[1] = 0x81;
    again[head - 1] = (uint8_t)(len - head);
    return (head == 3) == (len - head > 0x7f) && lh_bytes_is_equal(der, lh_bytes_of(again, len));
}

static bool sm2_encrypt(uint8_t *out, size_t *len, const uint8_t secret[SECRET_SIZE],
                        EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool done = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
                EVP_PKEY_encrypt(ctx, out, len, secret, SECRET_SIZE) == 1;

    EVP_PKEY_CTX_free(ctx);
    return done;
}

static bool sm2_decrypt(uint8_t secret[SECRET_SIZE], struct lh_bytes der, EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    uint8_t plain[SM2_BOX_MAX];
    size_t len = sizeof plain;
    bool done = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
                EVP_PKEY_decrypt(ctx, plain, &len, der.data, der.len) == 1 && len == SECRET_SIZE;

    if (done) {
        memcpy(secret, plain, SECRET_SIZE);
    }
    lh_wipe(plain, sizeof plain);
    EVP_PKEY_CTX_free(ctx);
    return done;
}

static enum lh_code encapsulate_g(struct lh_box_sender *sender, const struct lh_pubkey *recipient,
                                  const struct lh_random *random, struct lh_err *err)
{
    EVP_PKEY *pkey = NULL;
    size_t len = SM2_BOX_MAX;
    enum lh_code rc;

    rc = lh_evp_pubkey_open(&pkey, recipient, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_random_fill(random, sender->key.secret, SECRET_SIZE, err);
    if (rc == LH_OK && !sm2_encrypt(sender->head + 2, &len, sender->key.secret, pkey)) {
        rc = lh_evp_err(err, LH_ERR_IO, "encrypting a box secret with sm2");
    }
    if (rc == LH_OK) {
        lh_assert(len <= SM2_BOX_MAX);
        lh_assert(is_canonical_sm2(lh_bytes_of(sender->head + 2, len)));
        lh_put_u16(sender->head, (uint16_t)len);
        sender->head_len = 2 + len;
    }
    EVP_PKEY_free(pkey);
    return rc;
}

static enum lh_code check_recipient(enum lh_suite_id suite, const struct lh_pubkey *recipient,
                                    struct lh_err *err)
{
    enum lh_alg wanted = suite == LH_SUITE_G ? LH_ALG_SM2 : LH_ALG_X25519;

    if (recipient->alg != wanted) {
        return lh_err_set(err, LH_ERR_INVALID, "a box of suite %s is for a key of type %s",
                          lh_suite_name(suite), lh_alg_name(wanted));
    }
    return LH_OK;
}

enum lh_code lh_box_sender_new(struct lh_box_sender **out, enum lh_suite_id suite,
                               const struct lh_pubkey *recipient, const struct lh_random *random,
                               struct lh_err *err)
{
    struct lh_box_sender *sender;
    enum lh_code rc;

    rc = check_recipient(suite, recipient, err);
    if (rc != LH_OK) {
        return rc;
    }
    sender = calloc(1, sizeof *sender);
    if (sender == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = box_key_init(&sender->key, suite, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = suite == LH_SUITE_W ? encapsulate_w(sender, recipient, random, err)
                             : encapsulate_g(sender, recipient, random, err);
    if (rc != LH_OK) {
        goto out;
    }
    *out = sender;
    sender = NULL;
out:
    lh_box_sender_free(sender);
    return rc;
}

void lh_box_sender_free(struct lh_box_sender *sender)
{
    if (sender == NULL) {
        return;
    }
    box_key_clear(&sender->key);
    free(sender);
}

/* ---- Sealing and opening ---- */

enum lh_code lh_box_seal(struct lh_box_sender *sender, struct lh_buf *out, struct lh_bytes aad,
                         struct lh_bytes plain, struct lh_err *err)
{
    struct box_key *key = &sender->key;
    size_t total;
    uint8_t *room;
    uint32_t number;
    bool sealed;
    enum lh_code rc;

    rc = lh_gcm_check_sizes(aad, plain, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (sender->next_number > UINT32_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "this sender's 2^32 boxes are used up: make another");
    }
    total = sender->head_len + NUMBER_SIZE + plain.len + tag_size(key->id);
    room = lh_buf_reserve(out, total);
    if (room == NULL) {
        return lh_buf_check(out, err);
    }
    number = (uint32_t)sender->next_number;
    sender->next_number++; /* used up, even if sealing fails half-way */
    memcpy(room, sender->head, sender->head_len);
    room += sender->head_len;
    lh_put_u32(room, number);
    room += NUMBER_SIZE;
    sealed = key->id == LH_SUITE_W ? seal_w(key, room, number, aad, plain)
                                   : seal_g(key, room, number, aad, plain);
    if (!sealed) {
        return lh_evp_err(err, LH_ERR_IO, "sealing a box");
    }
    out->len += total;
    out->data[out->len] = 0;
    return LH_OK;
}

/* Recover the shared secret from the head of a box, which is cut off `rest`. */
static enum lh_code decapsulate_w(struct box_key *key, struct lh_signer *recipient,
                                  struct lh_reader *rest, struct lh_err *err)
{
    struct lh_bytes enc = lh_read_view(rest, X25519_SIZE);
    struct lh_hpke hpke;
    enum lh_code rc;

    if (rest->failed) {
        return lh_err_set(err, LH_ERR_INVALID, "shorter than its encapsulation");
    }
    rc = lh_hpke_setup_recipient(&hpke, recipient, enc.data, LH_BYTES_EMPTY, err);
    if (rc == LH_OK) {
        memcpy(key->secret, hpke.exporter_secret, SECRET_SIZE);
        lh_wipe(&hpke, sizeof hpke);
    }
    return rc;
}

static enum lh_code decapsulate_g(struct box_key *key, struct lh_signer *recipient,
                                  struct lh_reader *rest, struct lh_err *err)
{
    struct lh_bytes der = lh_read_view(rest, lh_read_u16(rest));

    if (rest->failed || der.len > SM2_BOX_MAX || !is_canonical_sm2(der)) {
        return lh_err_set(err, LH_ERR_INVALID, "its sm2 ciphertext is not canonical DER");
    }
    ERR_clear_error();
    if (!sm2_decrypt(key->secret, der, lh_signer_pkey(recipient))) {
        return lh_evp_err(err, lh_evp_sm2_fault(), "its secret was not encrypted for this key");
    }
    return LH_OK;
}

static enum lh_code open_with(struct box_key *key, struct lh_buf *out, struct lh_signer *recipient,
                              struct lh_bytes aad, struct lh_bytes box, struct lh_err *err)
{
    struct lh_reader rest = lh_reader_of(box);
    size_t overhead = tag_size(key->id);
    uint32_t number;
    uint8_t *room;
    enum lh_code rc;

    rc = key->id == LH_SUITE_W ? decapsulate_w(key, recipient, &rest, err)
                               : decapsulate_g(key, recipient, &rest, err);
    if (rc != LH_OK) {
        return rc;
    }
    number = lh_read_u32(&rest);
    if (rest.failed || rest.rest.len < overhead) {
        return lh_err_set(err, LH_ERR_INVALID, "cut short");
    }
    room = lh_buf_reserve(out, rest.rest.len - overhead);
    if (room == NULL) {
        return lh_buf_check(out, err);
    }
    rc = key->id == LH_SUITE_W ? open_w(key, room, number, aad, rest.rest)
                               : open_g(key, room, number, aad, rest.rest);
    if (rc != LH_OK) {
        return lh_evp_err(err, rc, "not sealed for this key and associated data");
    }
    out->len += rest.rest.len - overhead;
    out->data[out->len] = 0;
    return LH_OK;
}

enum lh_code lh_box_open(struct lh_buf *out, enum lh_suite_id suite, struct lh_signer *recipient,
                         struct lh_bytes aad, struct lh_bytes box, struct lh_err *err)
{
    struct box_key key = { .id = suite };
    enum lh_code rc;

    rc = check_recipient(suite, lh_signer_pubkey(recipient), err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_gcm_check_sizes(aad, box, err);
    if (rc == LH_OK) {
        rc = box_key_init(&key, suite, err);
    }
    if (rc == LH_OK) {
        rc = open_with(&key, out, recipient, aad, box, err);
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "opening a box");
    }
    box_key_clear(&key);
    return rc;
}
