#include "crypto/suite.h"

#include "crypto/base/assert.h"
#include "crypto/evp_internal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fetched once, because fetching costs more than hashing a tree node. */
struct lh_suite {
    enum lh_suite_id id;
    EVP_MD *md;
    EVP_MD_CTX *md_ctx;
    EVP_MAC *mac;
    EVP_MAC_CTX *mac_ctx;
};

const char *lh_suite_name(enum lh_suite_id id)
{
    switch (id) {
    case LH_SUITE_W:
        return "W";
    case LH_SUITE_G:
        return "G";
    }
    return "?";
}

static const char *digest_name(enum lh_suite_id id)
{
    switch (id) {
    case LH_SUITE_W:
        return LH_EVP_SHA256;
    case LH_SUITE_G:
        return LH_EVP_SM3;
    }
    return NULL;
}

/* The digest name goes into the MAC context once; each message then only brings its key. */
static bool set_mac_digest(EVP_MAC_CTX *ctx, EVP_MD *md)
{
    char name[16] = "";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };

    (void)snprintf(name, sizeof name, "%s", EVP_MD_get0_name(md));
    return EVP_MAC_CTX_set_params(ctx, params) == 1;
}

enum lh_code lh_suite_new(struct lh_suite **out, enum lh_suite_id id, struct lh_err *err)
{
    const char *digest = digest_name(id);
    struct lh_suite *suite;

    if (digest == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "unknown suite %d: want 1 (W) or 2 (G)", (int)id);
    }
    suite = calloc(1, sizeof *suite);
    if (suite == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    suite->id = id;
    suite->md = EVP_MD_fetch(NULL, digest, NULL);
    suite->md_ctx = EVP_MD_CTX_new();
    suite->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    suite->mac_ctx = EVP_MAC_CTX_new(suite->mac);
    if (suite->md == NULL || suite->md_ctx == NULL || suite->mac_ctx == NULL ||
        !set_mac_digest(suite->mac_ctx, suite->md)) {
        lh_suite_free(suite);
        return lh_evp_err(err, LH_ERR_NOMEM, "loading %s and HMAC from OpenSSL", digest);
    }
    *out = suite;
    return LH_OK;
}

void lh_suite_free(struct lh_suite *suite)
{
    if (suite == NULL) {
        return;
    }
    EVP_MAC_CTX_free(suite->mac_ctx);
    EVP_MAC_free(suite->mac);
    EVP_MD_CTX_free(suite->md_ctx);
    EVP_MD_free(suite->md);
    free(suite);
}

enum lh_suite_id lh_suite_id(const struct lh_suite *suite)
{
    return suite->id;
}

static void hash_begin(struct lh_suite *suite)
{
    lh_assert(EVP_DigestInit_ex2(suite->md_ctx, suite->md, NULL) == 1);
}

static void hash_add(struct lh_suite *suite, struct lh_bytes bytes)
{
    lh_assert(EVP_DigestUpdate(suite->md_ctx, bytes.data, bytes.len) == 1);
}

static struct lh_hash hash_end(struct lh_suite *suite)
{
    struct lh_hash hash;

    lh_assert(EVP_DigestFinal_ex(suite->md_ctx, hash.bytes, NULL) == 1);
    return hash;
}

struct lh_hash lh_hash(struct lh_suite *suite, struct lh_bytes bytes)
{
    hash_begin(suite);
    hash_add(suite, bytes);
    return hash_end(suite);
}

struct lh_hash lh_hash_parts(struct lh_suite *suite, const struct lh_bytes *parts, size_t count)
{
    hash_begin(suite);
    for (size_t i = 0; i < count; i++) {
        hash_add(suite, parts[i]);
    }
    return hash_end(suite);
}

struct lh_hash lh_hmac_parts(struct lh_suite *suite, struct lh_bytes key,
                             const struct lh_bytes *parts, size_t count)
{
    /* To EVP_MAC_init a NULL key means "the key of last time", so an empty key is not NULL. */
    const uint8_t *key_data = key.len == 0 ? (const uint8_t *)"" : key.data;
    struct lh_hash hash;
    size_t len = 0;

    lh_assert(EVP_MAC_init(suite->mac_ctx, key_data, key.len, NULL) == 1);
    for (size_t i = 0; i < count; i++) {
        lh_assert(EVP_MAC_update(suite->mac_ctx, parts[i].data, parts[i].len) == 1);
    }
    lh_assert(EVP_MAC_final(suite->mac_ctx, hash.bytes, &len, sizeof hash.bytes) == 1);
    lh_assert(len == sizeof hash.bytes);
    return hash;
}

struct lh_hash lh_hash_tagged(struct lh_suite *suite, const char *tag, struct lh_bytes bytes)
{
    hash_begin(suite);
    hash_add(suite, lh_bytes_of(tag, strlen(tag) + 1));
    hash_add(suite, bytes);
    return hash_end(suite);
}

struct lh_hash lh_hash_leaf(struct lh_suite *suite, struct lh_bytes leaf)
{
    static const uint8_t prefix = 0x00;

    hash_begin(suite);
    hash_add(suite, lh_bytes_of(&prefix, 1));
    hash_add(suite, leaf);
    return hash_end(suite);
}

struct lh_hash lh_hash_node(struct lh_suite *suite, const struct lh_hash *left,
                            const struct lh_hash *right)
{
    uint8_t node[1 + 2 * LH_HASH_SIZE];

    /* One update of 65 bytes is cheaper than three small ones. */
    node[0] = 0x01;
    memcpy(node + 1, left->bytes, LH_HASH_SIZE);
    memcpy(node + 1 + LH_HASH_SIZE, right->bytes, LH_HASH_SIZE);
    return lh_hash(suite, lh_bytes_of(node, sizeof node));
}

bool lh_hash_is_equal(const struct lh_hash *a, const struct lh_hash *b)
{
    return memcmp(a->bytes, b->bytes, LH_HASH_SIZE) == 0;
}

struct lh_bytes lh_hash_bytes(const struct lh_hash *hash)
{
    return lh_bytes_of(hash->bytes, LH_HASH_SIZE);
}
