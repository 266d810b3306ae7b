#include "crypto/tag.h"

#include "crypto/base/assert.h"

#include <string.h>

static void take_hash(struct lh_secret *out, const struct lh_hash *hash)
{
    lh_secret_clear(out);
    memcpy(out->bytes, hash->bytes, LH_HASH_SIZE);
    out->len = LH_HASH_SIZE;
}

void lh_tag_month_key(struct lh_suite *suite, struct lh_secret *out, const struct lh_secret *root,
                      struct lh_bytes department, uint32_t yyyymm)
{
    static const char domain[] = "liuhen/index/v1";
    uint8_t month[4] = { 0 };
    struct lh_bytes parts[] = {
        lh_bytes_of(domain, sizeof domain),
        department,
        lh_bytes_of("", 1),
        lh_bytes_of(month, sizeof month),
    };
    struct lh_hash key;

    lh_put_u32(month, yyyymm);
    key = lh_hmac_parts(suite, lh_secret_bytes(root), parts, 4);
    take_hash(out, &key);
    lh_wipe(&key, sizeof key);
}

/* u8 id type || u16 len */
static void put_id_head(uint8_t out[3], uint8_t id_type, struct lh_bytes id)
{
    lh_assert(id.len <= UINT16_MAX);
    out[0] = id_type;
    lh_put_u16(out + 1, (uint16_t)id.len);
}

void lh_tag_token(struct lh_suite *suite, struct lh_secret *out, const struct lh_secret *month_key,
                  uint8_t id_type, struct lh_bytes id)
{
    static const char domain[] = "liuhen/token/v1";
    uint8_t head[3] = { 0 };
    struct lh_bytes parts[] = {
        lh_bytes_of(domain, sizeof domain),
        lh_bytes_of(head, sizeof head),
        id,
    };
    struct lh_hash token;

    put_id_head(head, id_type, id);
    token = lh_hmac_parts(suite, lh_secret_bytes(month_key), parts, 3);
    take_hash(out, &token);
    lh_wipe(&token, sizeof token);
}

void lh_tag_make(struct lh_suite *suite, struct lh_tag *out, const struct lh_secret *token,
                 const uint8_t nonce[LH_TAG_SIZE])
{
    struct lh_bytes parts[] = { lh_bytes_of(nonce, LH_TAG_SIZE) };
    struct lh_hash whole = lh_hmac_parts(suite, lh_secret_bytes(token), parts, 1);
    struct lh_tag tag;

    memcpy(tag.nonce, nonce, LH_TAG_SIZE);
    memcpy(tag.value, whole.bytes, LH_TAG_SIZE);
    *out = tag;
}

bool lh_tag_matches(struct lh_suite *suite, const struct lh_tag *tag, const struct lh_secret *token)
{
    struct lh_tag wanted;

    lh_tag_make(suite, &wanted, token, tag->nonce);
    return lh_secret_is_equal(lh_bytes_of(tag->value, LH_TAG_SIZE),
                              lh_bytes_of(wanted.value, LH_TAG_SIZE));
}

struct lh_hash lh_commit_subject(struct lh_suite *suite, uint8_t id_type, struct lh_bytes id,
                                 const uint8_t opening[LH_OPENING_SIZE])
{
    static const char domain[] = "liuhen/subject/v1";
    uint8_t head[3] = { 0 };
    struct lh_bytes parts[] = {
        lh_bytes_of(domain, sizeof domain),
        lh_bytes_of(head, sizeof head),
        id,
        lh_bytes_of(opening, LH_OPENING_SIZE),
    };

    put_id_head(head, id_type, id);
    return lh_hash_parts(suite, parts, 4);
}
