/*
 * Private parts and what clients post for them. The low bit of the first byte is the suite; the
 * next one says whether the rest is a part (whose digests are put into its entry here, so that
 * mutated ones get past them) or the post of a client, from which a part is made that must open.
 */
#include "ledger/private.h"

#include "crypto/base/assert.h"
#include "ledger/canon.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MONTH = 202611 };

static const uint8_t seed[32] = { 7 };
static const struct lh_hash body_hash = { .bytes = { 3 } };

static enum lh_code fill(void *arg, void *out, size_t len, struct lh_err *err)
{
    (void)arg;
    (void)err;
    memset(out, 0x5a, len);
    return LH_OK;
}

static struct lh_signer *auditor_of(enum lh_suite_id id)
{
    struct lh_signer *signer = NULL;

    lh_assert(lh_signer_from_seed(&signer, id == LH_SUITE_W ? LH_ALG_X25519 : LH_ALG_SM2,
                                  lh_bytes_of(seed, sizeof seed), NULL) == LH_OK);
    return signer;
}

static void bind(struct lh_suite *suite, lhpb_Entry *entry, lhpb_Body *body, struct lh_bytes bytes)
{
    static lhpb_PrivatePart part;
    struct lh_hash digest;

    if (lh_canon_decode(lhpb_PrivatePart_fields, &part, bytes, NULL) != LH_OK) {
        return;
    }
    digest = lh_private_subject_digest(suite, part.salt,
                                       lh_bytes_of(part.client.bytes, part.client.size));
    body->has_subject_digest = true;
    memcpy(body->subject_digest, digest.bytes, LH_HASH_SIZE);
    digest = lh_private_index_digest(suite, part.node_salt,
                                     lh_bytes_of(part.node.bytes, part.node.size));
    entry->intake.has_index_digest = true;
    memcpy(entry->intake.index_digest, digest.bytes, LH_HASH_SIZE);
}

static void check_part(struct lh_suite *suite, enum lh_suite_id id, struct lh_bytes bytes)
{
    static lhpb_ClientPart client;
    static lhpb_NodePart node;
    static lhpb_BoxContent content;
    static lhpb_Entry entry;
    static lhpb_Body body;
    enum lh_code rc;

    memset(&entry, 0, sizeof entry);
    memset(&body, 0, sizeof body);
    lh_assert(lh_private_verify(suite, bytes, &entry, &body, NULL, NULL, NULL) != LH_OK);
    bind(suite, &entry, &body, bytes);
    if (lh_private_verify(suite, bytes, &entry, &body, &client, &node, NULL) == LH_OK) {
        struct lh_secret token = { .bytes = { 1 }, .len = 32 };
        struct lh_signer *auditor = auditor_of(id);

        (void)lh_private_matches(suite, &node, &token);
        rc = lh_private_open(suite, &content, &client, &node, &body_hash, auditor, NULL);
        lh_assert(rc == LH_OK || rc == LH_ERR_FORGED || rc == LH_ERR_NOT_FOUND);
        lh_signer_free(auditor);
        entry.intake.index_digest[0] ^= 1;
        lh_assert(lh_private_verify(suite, bytes, &entry, &body, NULL, NULL, NULL) ==
                  LH_ERR_FORGED);
        entry.intake.index_digest[0] ^= 1;
        body.subject_digest[0] ^= 1;
        lh_assert(lh_private_verify(suite, bytes, &entry, &body, NULL, NULL, NULL) ==
                  LH_ERR_FORGED);
    }
}

/* What a client posted is what its auditors read, and its person's token finds it. */
static void check_made(struct lh_suite *suite, const lhpb_SubjectPost *post, lhpb_Body *body,
                       const struct lh_secret *month_key, struct lh_box_sender *sender,
                       struct lh_signer *auditor)
{
    static const struct lh_random random = { .fill = fill };
    static lhpb_ClientPart client;
    static lhpb_NodePart node;
    static lhpb_BoxContent content;
    static lhpb_Entry entry;
    struct lh_secret token = LH_SECRET_EMPTY;
    struct lh_buf made = LH_BUF_EMPTY;
    struct lh_hash digest;
    enum lh_code rc = lh_private_build(suite, &made, &digest, post, &body_hash, month_key, MONTH,
                                       sender, &random, NULL);

    lh_assert(rc == LH_OK || rc == LH_ERR_LIMIT);
    if (rc == LH_OK) {
        memset(&entry, 0, sizeof entry);
        entry.intake.has_index_digest = true;
        memcpy(entry.intake.index_digest, digest.bytes, LH_HASH_SIZE);
        lh_assert(lh_private_verify(suite, lh_buf_bytes(&made), &entry, body, &client, &node,
                                    NULL) == LH_OK);
        lh_tag_token(suite, &token, month_key, (uint8_t)post->subjects[0].id_type,
                     lh_bytes_of_text(post->subjects[0].id));
        lh_assert(lh_private_matches(suite, &node, &token));
        lh_assert(lh_private_open(suite, &content, &client, &node, &body_hash, auditor, NULL) ==
                  LH_OK);
        lh_assert(content.subjects_count == post->subjects_count);
        lh_assert(strcmp(content.subjects[0].id, post->subjects[0].id) == 0);
    }
    lh_buf_clear(&made);
}

static void check_post(struct lh_suite *suite, enum lh_suite_id id, struct lh_bytes bytes)
{
    static const struct lh_random random = { .fill = fill };
    static lhpb_SubjectPost post;
    static lhpb_Body body;
    struct lh_secret root = { .bytes = { 7 }, .len = 32 };
    struct lh_secret month_key = LH_SECRET_EMPTY;
    struct lh_buf part = LH_BUF_EMPTY;
    struct lh_hash digest;

    if (lh_canon_decode(lhpb_SubjectPost_fields, &post, bytes, NULL) == LH_OK &&
        lh_private_client_part(suite, &part, &digest, &post, NULL) == LH_OK) {
        struct lh_signer *auditor = auditor_of(id);
        struct lh_box_sender *sender = NULL;

        lh_assert(part.len % LH_CLIENT_PART_STEP == 0);
        lh_assert(lh_box_sender_new(&sender, id, lh_signer_pubkey(auditor), &random, NULL) ==
                  LH_OK);
        memset(&body, 0, sizeof body);
        body.has_subject_digest = true;
        memcpy(body.subject_digest, digest.bytes, LH_HASH_SIZE);
        lh_tag_month_key(suite, &month_key, &root, lh_bytes_of_text("gaj"), MONTH);
        check_made(suite, &post, &body, &month_key, sender, auditor);
        lh_box_sender_free(sender);
        lh_signer_free(auditor);
    }
    lh_buf_clear(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_suite *suite = NULL;

    if (size == 0 || size > LH_PRIVATE_MAX + 2) {
        return 0;
    }
    enum lh_suite_id id = (data[0] & 1) == 0 ? LH_SUITE_W : LH_SUITE_G;
    lh_assert(lh_suite_new(&suite, id, NULL) == LH_OK);
    if ((data[0] & 2) == 0) {
        check_part(suite, id, lh_bytes_of(data + 1, size - 1));
    } else {
        check_post(suite, id, lh_bytes_of(data + 1, size - 1));
    }
    lh_suite_free(suite);
    return 0;
}
