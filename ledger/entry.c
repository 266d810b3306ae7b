#include "ledger/entry.h"

#include "ledger/body_check_internal.h"
#include "ledger/canon.h"
#include "ledger/origin.h"

#include <string.h>

enum { REASON_RESTORE = 2 }; /* Generation.reason */

_Static_assert(lhpb_Body_size <= LH_BODY_MAX, "a body of every kind fits");
_Static_assert(lhpb_Entry_size + 4 <= LH_ENTRY_LEAF_MAX, "an entry's leaf fits");
_Static_assert(lhpb_Leaf_size <= LH_LEAF_MAX, "every leaf fits");

/* ---- leaves ---------------------------------------------------------------------------------- */

static enum lh_code check_signatures(const lhpb_Entry *entry, struct lh_err *err)
{
    if (entry->signatures_count == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "signatures: none");
    }
    /* spec ledger.md 2: "Signatures stand in strictly ascending order of their key ids." */
    for (size_t i = 1; i < entry->signatures_count; i++) {
        if (memcmp(entry->signatures[i - 1].key_id, entry->signatures[i].key_id, LH_KEY_ID_SIZE) >=
            0) {
            return lh_err_set(err, LH_ERR_INVALID, "signatures: not ascending by key id");
        }
    }
    return LH_OK;
}

static enum lh_code check_intake(const lhpb_Entry *entry, struct lh_err *err)
{
    if (!entry->has_intake || !lh_body_time_is_valid(entry->intake.recorded_at_ms)) {
        return lh_err_set(err, LH_ERR_INVALID, "intake.recorded_at: missing or out of range");
    }
    if ((entry->intake.flags & ~LH_INTAKE_FLAGS_KNOWN) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "intake.flags: unknown bits");
    }
    return LH_OK;
}

static enum lh_code check_entry(const lhpb_Entry *entry, struct lh_err *err)
{
    if (entry->body.size == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "body: empty");
    }
    enum lh_code rc = check_signatures(entry, err);
    return rc == LH_OK ? check_intake(entry, err) : rc;
}

static enum lh_code check_origin(const char *text, struct lh_err *err)
{
    struct lh_origin origin;
    return lh_origin_parse(&origin, lh_bytes_of_text(text), err);
}

static enum lh_code check_heads(const lhpb_BlockHeader *header, struct lh_err *err)
{
    for (size_t i = 0; i < header->heads_count; i++) {
        enum lh_code rc = check_origin(header->heads[i].origin, err);

        if (rc != LH_OK) {
            lh_err_wrap(err, rc, "heads[%zu].origin", i);
            return rc;
        }
    }
    return LH_OK;
}

/* Well-formed alone; how a header fits its chain is judged by the rules of ledger/chain.h. */
static enum lh_code check_header(const lhpb_BlockHeader *header, struct lh_err *err)
{
    enum lh_code rc = check_origin(header->origin, err);

    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "origin");
        return rc;
    }
    return check_heads(header, err);
}

static enum lh_code check_leaf(const lhpb_Leaf *leaf, struct lh_err *err)
{
    switch (leaf->which_kind) {
    case lhpb_Leaf_entry_tag:
        return check_entry(&leaf->kind.entry, err);
    case lhpb_Leaf_header_tag:
        return check_header(&leaf->kind.header, err);
    default:
        return lh_err_set(err, LH_ERR_INVALID, "neither an entry nor a header");
    }
}

enum lh_code lh_leaf_decode(lhpb_Leaf *out, struct lh_bytes bytes, struct lh_err *err)
{
    enum lh_code rc = lh_canon_decode(lhpb_Leaf_fields, out, bytes, err);

    if (rc == LH_OK) {
        rc = check_leaf(out, err);
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "leaf");
    }
    return rc;
}

enum lh_code lh_leaf_encode(struct lh_buf *out, const lhpb_Leaf *leaf, struct lh_err *err)
{
    size_t start = out->len;
    enum lh_code rc = lh_canon_encode(out, lhpb_Leaf_fields, leaf, err); /* checks it first */

    if (rc == LH_OK) {
        rc = check_leaf(leaf, err);
    }
    if (rc != LH_OK) {
        lh_buf_truncate(out, start);
        lh_err_wrap(err, rc, "leaf");
    }
    return rc;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* The shortest varint that stands at `*bytes`; false when there is none. */
static bool read_varint(struct lh_bytes bytes, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.len && i < 5; i++) {
        value |= (uint64_t)(bytes.data[i] & 0x7f) << (7 * i);
        if ((bytes.data[i] & 0x80) == 0) {
            *out = value;
            return i == 0 || bytes.data[i] != 0;
        }
    }
    return false;
}

/*
 * spec entries.md 1: "A body of a newer schema is recognised by its first bytes alone: 0x08 and
 * the shortest varint of a number above 1 that fits 32 bits."
 */
bool lh_schema_is_newer(struct lh_bytes message)
{
    uint64_t schema;

    return message.len > 1 && message.data[0] == 0x08 &&
           read_varint(lh_bytes_of(message.data + 1, message.len - 1), &schema) &&
           schema > LH_SCHEMA && schema <= UINT32_MAX;
}

enum lh_code lh_body_decode(lhpb_Body *out, struct lh_bytes bytes, struct lh_err *err)
{
    if (bytes.len > LH_BODY_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "body: longer than %d bytes", LH_BODY_MAX);
    }
    if (lh_schema_is_newer(bytes)) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "body: of a newer schema than %d", LH_SCHEMA);
    }
    enum lh_code rc = lh_canon_decode(lhpb_Body_fields, out, bytes, err);

    if (rc == LH_OK) {
        rc = lh_body_check_values(out, err);
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "body");
    }
    return rc;
}

enum lh_code lh_body_check(const lhpb_Body *body, struct lh_err *err)
{
    enum lh_code rc = lh_canon_check(lhpb_Body_fields, body, err);
    return rc == LH_OK ? lh_body_check_values(body, err) : rc;
}

enum lh_code lh_body_encode(struct lh_buf *out, const lhpb_Body *body, struct lh_err *err)
{
    size_t start = out->len;
    enum lh_code rc = lh_canon_encode(out, lhpb_Body_fields, body, err); /* checks it first */

    if (rc == LH_OK) {
        rc = lh_body_check_values(body, err);
    }
    if (rc != LH_OK) {
        lh_buf_truncate(out, start);
        lh_err_wrap(err, rc, "body");
    }
    return rc;
}

enum lh_code lh_entry_check_body(const lhpb_Entry *entry, const lhpb_Body *body, struct lh_err *err)
{
    /* spec entries.md 1: "The index digest stands in the intake part exactly when the body has a
     * subject digest." */
    if (entry->intake.has_index_digest != body->has_subject_digest) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "intake.index_digest: must stand iff the body has "
                          "a subject_digest");
    }
    /* spec entries.md 3: "In a ledger reason 2 stands with its `promises_digest` only" */
    if (body->type == lhpb_EntryType_GENERATION &&
        body->detail.generation.reason == REASON_RESTORE &&
        !body->detail.generation.has_promises_digest) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "detail.promises_digest: a GENERATION of reason 2 without it asks for "
                          "promises and begins nothing");
    }
    return LH_OK;
}

struct lh_hash lh_body_hash(struct lh_suite *suite, struct lh_bytes body)
{
    return lh_hash(suite, body);
}

void lh_entry_message(uint8_t out[LH_ENTRY_MESSAGE_SIZE], const struct lh_hash *network_id,
                      const struct lh_hash *body_hash)
{
    static const char tag[16] = "liuhen/entry/v1";

    memcpy(out, tag, sizeof tag);
    memcpy(out + sizeof tag, network_id->bytes, LH_HASH_SIZE);
    memcpy(out + sizeof tag + LH_HASH_SIZE, body_hash->bytes, LH_HASH_SIZE);
}

/* ---- public keys ----------------------------------------------------------------------------- */

enum lh_code lh_pubkey_from_wire(struct lh_pubkey *out, const lhpb_PublicKey *wire,
                                 struct lh_err *err)
{
    if (wire->alg < LH_ALG_ED25519 || wire->alg > LH_ALG_X25519) {
        return lh_err_set(err, LH_ERR_INVALID, "unknown key algorithm %u", (unsigned)wire->alg);
    }
    return lh_pubkey_from_bytes(out, (enum lh_alg)wire->alg,
                                lh_bytes_of(wire->value.bytes, wire->value.size), err);
}

void lh_pubkey_to_wire(lhpb_PublicKey *out, const struct lh_pubkey *key)
{
    struct lh_bytes bytes = lh_pubkey_bytes(key);

    *out = (lhpb_PublicKey)lhpb_PublicKey_init_zero;
    out->alg = (uint32_t)key->alg;
    out->value.size = (pb_size_t)bytes.len;
    memcpy(out->value.bytes, bytes.data, bytes.len);
}
