#include "ledger/private.h"

#include "ledger/canon.h"

#include <string.h>

/*
 *  1. The client part is padded to a multiple of 128 bytes, the box's content too, so that lengths
 * say little about how many subjects there are or how long a reason is.
 *  2. Both halves are bound by salted digests: the client's inside the signed body, the node's in
 * the sealed intake part.
 *  3. What opens is checked: a box proves nothing by decrypting, its ids must fit the commitments.
 */

static struct lh_hash salted_digest(struct lh_suite *suite, uint8_t prefix, const uint8_t salt[32],
                                    struct lh_bytes part)
{
    const struct lh_bytes parts[] = { lh_bytes_of(&prefix, 1), lh_bytes_of(salt, 32), part };

    return lh_hash_parts(suite, parts, 3);
}

struct lh_hash lh_private_subject_digest(struct lh_suite *suite, const uint8_t salt[32],
                                         struct lh_bytes client_part)
{
    return salted_digest(suite, 0x10, salt, client_part);
}

struct lh_hash lh_private_index_digest(struct lh_suite *suite, const uint8_t salt[32],
                                       struct lh_bytes node_part)
{
    return salted_digest(suite, 0x11, salt, node_part);
}

/* Zeros that bring an encoding of `len` bytes, with their own tag and length, to a multiple of 128:
 * the fewest that do. 1-127 zeros cost two bytes more, 128-255 three. */
static size_t padding_for(size_t len)
{
    if (len % LH_CLIENT_PART_STEP == 0) {
        return 0;
    }
    size_t zeros = LH_CLIENT_PART_STEP - (len + 2) % LH_CLIENT_PART_STEP;
    return zeros < LH_CLIENT_PART_STEP ? zeros : 2 * LH_CLIENT_PART_STEP - 1;
}

/* Measure, set the padding, encode. */
static enum lh_code encode_padded(struct lh_buf *out, const pb_msgdesc_t *desc, void *message,
                                  pb_size_t *padding_len, struct lh_err *err)
{
    size_t len;
    enum lh_code rc;

    *padding_len = 0;
    rc = lh_canon_measure(desc, message, &len, err);
    if (rc != LH_OK) {
        return rc;
    }
    *padding_len = (pb_size_t)padding_for(len);
    return lh_canon_encode(out, desc, message, err);
}

static enum lh_code check_subject(const lhpb_SubjectId *subject, struct lh_err *err)
{
    char canonical[LH_SUBJECT_ID_MAX + 1];
    enum lh_code rc =
        lh_subject_canonical(canonical, subject->id_type, lh_bytes_of_text(subject->id), err);

    if (rc != LH_OK) {
        return rc;
    }
    if (strcmp(canonical, subject->id) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "subject id is not in canonical form");
    }
    if (subject->role < 1 || subject->role > 3) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "subject role: want 1 principal, 2 relative or 3 incidental");
    }
    if (lh_bytes_is_zero(lh_bytes_of(subject->opening, sizeof subject->opening))) {
        return lh_err_set(err, LH_ERR_INVALID, "subject opening is all zero: want 32 random bytes");
    }
    return LH_OK;
}

static enum lh_code check_post(const lhpb_SubjectPost *post, struct lh_err *err)
{
    if (post->subjects_count < 1 || post->subjects_count > LH_SUBJECTS_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "subjects: want 1 to %d", LH_SUBJECTS_MAX);
    }
    if (lh_bytes_is_zero(lh_bytes_of(post->salt, sizeof post->salt))) {
        return lh_err_set(err, LH_ERR_INVALID, "subjects: salt is all zero: want 32 random bytes");
    }
    if (!lh_bytes_is_clean_text(lh_bytes_of_text(post->case_number)) ||
        !lh_bytes_is_clean_text(lh_bytes_of_text(post->reason))) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "case number or reason is not UTF-8 or holds control characters");
    }
    for (pb_size_t i = 0; i < post->subjects_count; i++) {
        enum lh_code rc = check_subject(&post->subjects[i], err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "subjects/%u", (unsigned)i);
        }
    }
    return LH_OK;
}

static struct lh_hash commitment_of(struct lh_suite *suite, const lhpb_SubjectId *subject)
{
    return lh_commit_subject(suite, (uint8_t)subject->id_type, lh_bytes_of_text(subject->id),
                             subject->opening);
}

enum lh_code lh_private_client_part(struct lh_suite *suite, struct lh_buf *out,
                                    struct lh_hash *out_digest, const lhpb_SubjectPost *post,
                                    struct lh_err *err)
{
    lhpb_ClientPart part = lhpb_ClientPart_init_zero;
    size_t start = out->len;
    enum lh_code rc = check_post(post, err);

    if (rc != LH_OK) {
        return rc;
    }
    part.subjects_count = post->subjects_count;
    for (pb_size_t i = 0; i < post->subjects_count; i++) {
        struct lh_hash commitment = commitment_of(suite, &post->subjects[i]);
        part.subjects[i].role = post->subjects[i].role;
        part.subjects[i].id_type = post->subjects[i].id_type;
        memcpy(part.subjects[i].commitment, commitment.bytes, LH_HASH_SIZE);
    }
    memcpy(part.case_number, post->case_number, sizeof part.case_number);
    memcpy(part.reason, post->reason, sizeof part.reason);
    rc = encode_padded(out, lhpb_ClientPart_fields, &part, &part.padding.size, err);
    if (rc == LH_OK) {
        *out_digest = lh_private_subject_digest(suite, post->salt,
                                                lh_bytes_of(out->data + start, out->len - start));
    }
    return rc;
}

static enum lh_code make_tags(struct lh_suite *suite, lhpb_NodePart *node,
                              const lhpb_SubjectPost *post, const struct lh_secret *month_key,
                              const struct lh_random *random, struct lh_err *err)
{
    node->tags_count = post->subjects_count;
    for (pb_size_t i = 0; i < post->subjects_count; i++) {
        struct lh_secret token = LH_SECRET_EMPTY;
        struct lh_tag tag;
        uint8_t nonce[LH_TAG_SIZE];
        enum lh_code rc = lh_random_fill(random, nonce, sizeof nonce, err);

        if (rc != LH_OK) {
            return rc;
        }
        lh_tag_token(suite, &token, month_key, (uint8_t)post->subjects[i].id_type,
                     lh_bytes_of_text(post->subjects[i].id));
        lh_tag_make(suite, &tag, &token, nonce);
        lh_secret_clear(&token);
        memcpy(node->tags[i].nonce, tag.nonce, LH_TAG_SIZE);
        memcpy(node->tags[i].tag, tag.value, LH_TAG_SIZE);
    }
    return LH_OK;
}

static enum lh_code make_box(lhpb_NodePart *node, const lhpb_SubjectPost *post,
                             const struct lh_hash *body_hash, struct lh_box_sender *sender,
                             struct lh_err *err)
{
    lhpb_BoxContent content = lhpb_BoxContent_init_zero;
    struct lh_buf plain = LH_BUF_EMPTY;
    struct lh_buf box = LH_BUF_EMPTY;
    enum lh_code rc;

    content.subjects_count = post->subjects_count;
    memcpy(content.subjects, post->subjects, sizeof content.subjects);
    rc = encode_padded(&plain, lhpb_BoxContent_fields, &content, &content.padding.size, err);
    if (rc == LH_OK) {
        rc = lh_box_seal(sender, &box, lh_hash_bytes(body_hash), lh_buf_bytes(&plain), err);
    }
    if (rc == LH_OK && box.len > sizeof node->box.bytes) {
        rc = lh_err_set(err, LH_ERR_LIMIT, "the auditors' box is larger than %zu bytes",
                        sizeof node->box.bytes);
    }
    if (rc == LH_OK) {
        memcpy(node->box.bytes, box.data, box.len);
        node->box.size = (pb_size_t)box.len;
    }
    lh_wipe(&content, sizeof content);
    if (plain.data != NULL) {
        lh_wipe(plain.data, plain.len);
    }
    lh_buf_clear(&plain);
    lh_buf_clear(&box);
    return rc;
}

enum lh_code lh_private_build_onto(struct lh_suite *suite, struct lh_buf *out,
                                   struct lh_hash *out_index_digest, struct lh_bytes client_part,
                                   const lhpb_SubjectPost *post, const struct lh_hash *body_hash,
                                   const struct lh_secret *month_key, uint32_t yyyymm,
                                   struct lh_box_sender *sender, const struct lh_random *random,
                                   struct lh_err *err)
{
    lhpb_NodePart node = lhpb_NodePart_init_zero;
    lhpb_PrivatePart part = lhpb_PrivatePart_init_zero;
    struct lh_buf node_bytes = LH_BUF_EMPTY;
    size_t start = out->len;
    enum lh_code rc;

    node.month = yyyymm;
    rc = make_tags(suite, &node, post, month_key, random, err);
    if (rc != LH_OK) {
        goto out;
    }
    if (sender != NULL) {
        rc = make_box(&node, post, body_hash, sender, err);
        if (rc != LH_OK) {
            goto out;
        }
    }
    rc = lh_canon_encode(&node_bytes, lhpb_NodePart_fields, &node, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_random_fill(random, part.node_salt, sizeof part.node_salt, err);
    if (rc != LH_OK) {
        goto out;
    }
    memcpy(part.salt, post->salt, sizeof part.salt);
    if (client_part.len > sizeof part.client.bytes || node_bytes.len > sizeof part.node.bytes) {
        rc = lh_err_set(err, LH_ERR_LIMIT, "private part is too large");
        goto out;
    }
    memcpy(part.client.bytes, client_part.data, client_part.len);
    part.client.size = (pb_size_t)client_part.len;
    memcpy(part.node.bytes, node_bytes.data, node_bytes.len);
    part.node.size = (pb_size_t)node_bytes.len;
    rc = lh_canon_encode(out, lhpb_PrivatePart_fields, &part, err);
    if (rc != LH_OK) {
        goto out;
    }
    if (out->len - start > LH_PRIVATE_MAX) {
        rc = lh_err_set(err, LH_ERR_LIMIT,
                        "private part of %zu bytes: at most %d; shorten the reason or name fewer "
                        "subjects",
                        out->len - start, LH_PRIVATE_MAX);
        lh_buf_truncate(out, start);
        goto out;
    }
    *out_index_digest = lh_private_index_digest(suite, part.node_salt, lh_buf_bytes(&node_bytes));
out:
    lh_buf_clear(&node_bytes);
    return rc;
}

enum lh_code lh_private_build(struct lh_suite *suite, struct lh_buf *out,
                              struct lh_hash *out_index_digest, const lhpb_SubjectPost *post,
                              const struct lh_hash *body_hash, const struct lh_secret *month_key,
                              uint32_t yyyymm, struct lh_box_sender *sender,
                              const struct lh_random *random, struct lh_err *err)
{
    struct lh_buf client_part = LH_BUF_EMPTY;
    struct lh_hash subject_digest;
    enum lh_code rc = lh_private_client_part(suite, &client_part, &subject_digest, post, err);

    if (rc == LH_OK) {
        rc = lh_private_build_onto(suite, out, out_index_digest, lh_buf_bytes(&client_part), post,
                                   body_hash, month_key, yyyymm, sender, random, err);
    }
    lh_buf_clear(&client_part);
    return rc;
}

static bool is_digest(bool is_present, const uint8_t *stored, const struct lh_hash *computed)
{
    return is_present && memcmp(stored, computed->bytes, LH_HASH_SIZE) == 0;
}

enum lh_code lh_private_verify(struct lh_suite *suite, struct lh_bytes private_part,
                               const lhpb_Entry *entry, const lhpb_Body *body,
                               lhpb_ClientPart *out_client, lhpb_NodePart *out_node,
                               struct lh_err *err)
{
    lhpb_PrivatePart part;
    lhpb_ClientPart client;
    lhpb_NodePart node;
    struct lh_hash digest;
    enum lh_code rc;

    if (private_part.len > LH_PRIVATE_MAX) {
        return lh_err_set(err, LH_ERR_FORGED, "private part is longer than %d bytes",
                          LH_PRIVATE_MAX);
    }
    rc = lh_canon_decode(lhpb_PrivatePart_fields, &part, private_part, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, LH_ERR_FORGED, "private part");
    }
    digest = lh_private_subject_digest(suite, part.salt,
                                       lh_bytes_of(part.client.bytes, part.client.size));
    if (!is_digest(body->has_subject_digest, body->subject_digest, &digest)) {
        return lh_err_set(err, LH_ERR_FORGED,
                          "private part: the client part does not fit body.subject_digest");
    }
    digest = lh_private_index_digest(suite, part.node_salt,
                                     lh_bytes_of(part.node.bytes, part.node.size));
    if (!is_digest(entry->intake.has_index_digest, entry->intake.index_digest, &digest)) {
        return lh_err_set(err, LH_ERR_FORGED,
                          "private part: the node part does not fit intake.index_digest");
    }
    rc = lh_canon_decode(lhpb_ClientPart_fields, &client,
                         lh_bytes_of(part.client.bytes, part.client.size), err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, LH_ERR_FORGED, "private part: client part");
    }
    rc = lh_canon_decode(lhpb_NodePart_fields, &node, lh_bytes_of(part.node.bytes, part.node.size),
                         err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, LH_ERR_FORGED, "private part: node part");
    }
    if (client.subjects_count < 1 || client.subjects_count != node.tags_count) {
        return lh_err_set(err, LH_ERR_FORGED, "private part: subjects and tags do not pair up");
    }
    if (part.client.size % LH_CLIENT_PART_STEP != 0 ||
        !lh_bytes_is_zero(lh_bytes_of(client.padding.bytes, client.padding.size))) {
        return lh_err_set(err, LH_ERR_FORGED, "private part: the client part is not padded");
    }
    if (out_client != NULL) {
        *out_client = client;
    }
    if (out_node != NULL) {
        *out_node = node;
    }
    return LH_OK;
}

bool lh_private_matches(struct lh_suite *suite, const lhpb_NodePart *node,
                        const struct lh_secret *token)
{
    bool found = false;

    for (pb_size_t i = 0; i < node->tags_count; i++) {
        struct lh_tag tag;
        memcpy(tag.nonce, node->tags[i].nonce, LH_TAG_SIZE);
        memcpy(tag.value, node->tags[i].tag, LH_TAG_SIZE);
        found |= lh_tag_matches(suite, &tag, token);
    }
    return found;
}

/* spec privacy.md 5: "Every opened subject is checked against its commitment" */
static enum lh_code check_opened(struct lh_suite *suite, const lhpb_BoxContent *content,
                                 const lhpb_ClientPart *client, struct lh_err *err)
{
    if (content->subjects_count != client->subjects_count) {
        return lh_err_set(err, LH_ERR_FORGED, "the box holds another number of subjects");
    }
    for (pb_size_t i = 0; i < content->subjects_count; i++) {
        struct lh_hash commitment = commitment_of(suite, &content->subjects[i]);
        if (memcmp(commitment.bytes, client->subjects[i].commitment, LH_HASH_SIZE) != 0) {
            return lh_err_set(err, LH_ERR_FORGED,
                              "subject %u of the box does not open its commitment", (unsigned)i);
        }
    }
    return LH_OK;
}

/* A box that is malformed is as much the writer's doing as one that does not open. A key of another
 * suite is the caller's. */
static enum lh_code open_box(struct lh_suite *suite, struct lh_buf *out, const lhpb_NodePart *node,
                             const struct lh_hash *body_hash, struct lh_signer *auditor,
                             struct lh_err *err)
{
    bool is_g = lh_suite_id(suite) == LH_SUITE_G;

    if (lh_signer_pubkey(auditor)->alg != (is_g ? LH_ALG_SM2 : LH_ALG_X25519)) {
        return lh_err_set(err, LH_ERR_INVALID, "the auditors' key is none of suite %s",
                          lh_suite_name(lh_suite_id(suite)));
    }
    enum lh_code rc = lh_box_open(out, lh_suite_id(suite), auditor, lh_hash_bytes(body_hash),
                                  lh_bytes_of(node->box.bytes, node->box.size), err);
    return rc == LH_ERR_INVALID ? lh_err_wrap(err, LH_ERR_FORGED, "malformed box") : rc;
}

enum lh_code lh_private_open(struct lh_suite *suite, lhpb_BoxContent *out,
                             const lhpb_ClientPart *client, const lhpb_NodePart *node,
                             const struct lh_hash *body_hash, struct lh_signer *auditor,
                             struct lh_err *err)
{
    struct lh_buf plain = LH_BUF_EMPTY;
    lhpb_BoxContent content;
    enum lh_code rc;

    if (node->box.size == 0) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "this entry was recorded without a box");
    }
    rc = open_box(suite, &plain, node, body_hash, auditor, err);
    if (rc == LH_OK) {
        rc = lh_canon_decode(lhpb_BoxContent_fields, &content, lh_buf_bytes(&plain), err);
        if (rc != LH_OK) {
            rc = lh_err_wrap(err, LH_ERR_FORGED, "content of the box");
        }
    }
    if (rc == LH_OK) {
        rc = check_opened(suite, &content, client, err);
    }
    if (rc == LH_OK) {
        *out = content;
    }
    lh_wipe(&content, sizeof content);
    if (plain.data != NULL) {
        lh_wipe(plain.data, plain.len);
    }
    lh_buf_clear(&plain);
    return rc;
}

/* spec privacy.md 8: "`opened_digest` is H("liuhen/opened/v1" || 0x00 || H(body) of each entry that
 * was opened, ascending)" */
struct lh_hash lh_private_opened_digest(struct lh_suite *suite, const struct lh_hash *body_hashes,
                                        size_t count)
{
    static const char domain[] = "liuhen/opened/v1";
    const struct lh_bytes parts[] = {
        lh_bytes_of(domain, sizeof domain),
        lh_bytes_of(body_hashes, count * sizeof *body_hashes),
    };

    return lh_hash_parts(suite, parts, sizeof parts / sizeof parts[0]);
}
