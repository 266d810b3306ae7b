#include "net/message.h"

#include "crypto/base/assert.h"
#include "ledger/canon.h"

#include "network.pb.h"

#include <string.h>

/* ---- parts ---- */

void lh_part_add(struct lh_buf *out, struct lh_bytes part)
{
    lh_assert(part.len <= UINT16_MAX);
    lh_buf_add_u16(out, (uint16_t)part.len);
    lh_buf_add(out, part);
}

bool lh_part_next(struct lh_bytes *rest, struct lh_bytes *out)
{
    struct lh_reader in = lh_reader_of(*rest);
    struct lh_bytes part = lh_read_view(&in, lh_read_u16(&in));

    if (in.failed) {
        return false;
    }
    *rest = in.rest;
    *out = part;
    return true;
}

bool lh_parts_are_whole(struct lh_bytes bytes, uint64_t *out_count)
{
    struct lh_bytes part;
    uint64_t count = 0;

    while (lh_part_next(&bytes, &part)) {
        count++;
    }
    if (out_count != NULL) {
        *out_count = count;
    }
    return bytes.len == 0;
}

/* ---- origins ---- */

static enum lh_code check_origin(const char *origin, struct lh_err *err)
{
    struct lh_origin parsed;

    return lh_origin_parse(&parsed, lh_bytes_of_text(origin), err);
}

static void put_origin(char out[LH_ORIGIN_MAX + 1], const char *origin)
{
    size_t len = strlen(origin);

    lh_assert(len <= LH_ORIGIN_MAX);
    memcpy(out, origin, len + 1);
}

/* Clears what a decoder leaves behind the end of a text. */
static void take_origin(char out[LH_ORIGIN_MAX + 1], const char *origin)
{
    memset(out, 0, LH_ORIGIN_MAX + 1);
    put_origin(out, origin);
}

/* ---- GET ---- */

enum lh_code lh_get_encode(struct lh_buf *out, const struct lh_get *get, struct lh_err *err)
{
    lhpb_Get wire = { .from = get->from, .until = get->until };

    put_origin(wire.origin, get->origin);
    return lh_canon_encode(out, lhpb_Get_fields, &wire, err);
}

enum lh_code lh_get_decode(struct lh_get *out, struct lh_bytes payload, struct lh_err *err)
{
    lhpb_Get wire;
    enum lh_code rc = lh_canon_decode(lhpb_Get_fields, &wire, payload, err);

    if (rc == LH_OK) {
        rc = check_origin(wire.origin, err);
    }
    if (rc == LH_OK && (wire.until <= wire.from || wire.until > LH_TREE_SIZE_MAX)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "GET of leaves that are none");
    }
    if (rc != LH_OK) {
        return rc;
    }
    *out = (struct lh_get){ .from = wire.from, .until = wire.until };
    take_origin(out->origin, wire.origin);
    return LH_OK;
}

/* ---- LEAVES ---- */

enum lh_code lh_leaves_begin(struct lh_buf *out, const char *origin, uint64_t first,
                             struct lh_err *err)
{
    lhpb_Leaves wire = { .first = first };
    struct lh_buf head = LH_BUF_EMPTY;
    enum lh_code rc;

    put_origin(wire.origin, origin);
    rc = lh_canon_encode(&head, lhpb_Leaves_fields, &wire, err);
    if (rc == LH_OK) {
        lh_part_add(out, lh_buf_bytes(&head));
        rc = lh_buf_check(out, err);
    }
    lh_buf_clear(&head);
    return rc;
}

enum lh_code lh_leaves_decode(struct lh_leaves *out, struct lh_bytes payload, struct lh_err *err)
{
    struct lh_leaves leaves = { .parts = payload };
    struct lh_bytes head;
    lhpb_Leaves wire;
    enum lh_code rc;

    if (!lh_part_next(&leaves.parts, &head)) {
        return lh_err_set(err, LH_ERR_INVALID, "LEAVES without their head");
    }
    rc = lh_canon_decode(lhpb_Leaves_fields, &wire, head, err);
    if (rc == LH_OK) {
        rc = check_origin(wire.origin, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (!lh_parts_are_whole(leaves.parts, &leaves.count) || leaves.count == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "LEAVES that are not whole");
    }
    if (wire.first > LH_TREE_SIZE_MAX - leaves.count) {
        return lh_err_set(err, LH_ERR_INVALID, "LEAVES beyond every ledger");
    }
    leaves.first = wire.first;
    take_origin(leaves.origin, wire.origin);
    *out = leaves;
    return LH_OK;
}

/* ---- MISSING ---- */

enum lh_code lh_missing_encode(struct lh_buf *out, const struct lh_missing *missing,
                               struct lh_err *err)
{
    lhpb_Missing wire = { .size = missing->size, .reason = (uint32_t)missing->reason };

    put_origin(wire.origin, missing->origin);
    return lh_canon_encode(out, lhpb_Missing_fields, &wire, err);
}

enum lh_code lh_missing_decode(struct lh_missing *out, struct lh_bytes payload, struct lh_err *err)
{
    lhpb_Missing wire;
    enum lh_code rc = lh_canon_decode(lhpb_Missing_fields, &wire, payload, err);

    if (rc == LH_OK) {
        rc = check_origin(wire.origin, err);
    }
    if (rc == LH_OK && (wire.reason < LH_MISSING_END || wire.reason > LH_MISSING_LATER)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "MISSING for an unknown reason");
    }
    if (rc != LH_OK) {
        return rc;
    }
    *out = (struct lh_missing){ .size = wire.size, .reason = (enum lh_missing_reason)wire.reason };
    take_origin(out->origin, wire.origin);
    return LH_OK;
}

/* ---- DECLINE ---- */

const char *lh_decline_name(enum lh_decline_reason reason)
{
    switch (reason) {
    case LH_DECLINE_LAST:
        return "last";
    case LH_DECLINE_NOT_HELD:
        return "not_held";
    case LH_DECLINE_LATER:
        return "later";
    case LH_DECLINE_NEVER:
        return "never";
    case LH_DECLINE_TAKEN:
        return "taken";
    case LH_DECLINE_UNSAFE:
        break;
    }
    return "unsafe";
}

enum lh_code lh_decline_encode(struct lh_buf *out, const struct lh_decline *decline,
                               struct lh_err *err)
{
    lhpb_Decline wire = { .size = decline->size, .reason = (uint32_t)decline->reason };

    put_origin(wire.origin, decline->origin);
    return lh_canon_encode(out, lhpb_Decline_fields, &wire, err);
}

enum lh_code lh_decline_decode(struct lh_decline *out, struct lh_bytes payload, struct lh_err *err)
{
    lhpb_Decline wire;
    enum lh_code rc = lh_canon_decode(lhpb_Decline_fields, &wire, payload, err);

    if (rc == LH_OK) {
        rc = check_origin(wire.origin, err);
    }
    if (rc == LH_OK && (wire.reason < LH_DECLINE_LAST || wire.reason > LH_DECLINE_UNSAFE)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "DECLINE for an unknown reason");
    }
    if (rc != LH_OK) {
        return rc;
    }
    *out = (struct lh_decline){ .size = wire.size, .reason = (enum lh_decline_reason)wire.reason };
    take_origin(out->origin, wire.origin);
    return LH_OK;
}

/* ---- PROVE and PROOF ---- */

static enum lh_code check_growth(const char *origin, uint64_t old, uint64_t size,
                                 struct lh_err *err)
{
    if (old == 0 || old >= size || size > LH_TREE_SIZE_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a proof between sizes that have none");
    }
    return check_origin(origin, err);
}

enum lh_code lh_prove_encode(struct lh_buf *out, const struct lh_prove *prove, struct lh_err *err)
{
    lhpb_Prove wire = { .old = prove->old, .size = prove->size };

    put_origin(wire.origin, prove->origin);
    return lh_canon_encode(out, lhpb_Prove_fields, &wire, err);
}

enum lh_code lh_prove_decode(struct lh_prove *out, struct lh_bytes payload, struct lh_err *err)
{
    lhpb_Prove wire;
    enum lh_code rc = lh_canon_decode(lhpb_Prove_fields, &wire, payload, err);

    if (rc == LH_OK) {
        rc = check_growth(wire.origin, wire.old, wire.size, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    *out = (struct lh_prove){ .old = wire.old, .size = wire.size };
    take_origin(out->origin, wire.origin);
    return LH_OK;
}

enum lh_code lh_proven_growth_encode(struct lh_buf *out, const struct lh_proven_growth *growth,
                                     struct lh_err *err)
{
    lhpb_Proof wire = { .old = growth->of.old, .size = growth->of.size };

    lh_assert(growth->proof.count <= LH_PROOF_MAX);
    put_origin(wire.origin, growth->of.origin);
    memcpy(wire.root, growth->root.bytes, sizeof wire.root);
    wire.path_count = (pb_size_t)growth->proof.count;
    for (size_t i = 0; i < growth->proof.count; i++) {
        memcpy(wire.path[i], growth->proof.path[i].bytes, sizeof wire.path[i]);
    }
    return lh_canon_encode(out, lhpb_Proof_fields, &wire, err);
}

enum lh_code lh_proven_growth_decode(struct lh_proven_growth *out, struct lh_bytes payload,
                                     struct lh_err *err)
{
    lhpb_Proof wire;
    enum lh_code rc = lh_canon_decode(lhpb_Proof_fields, &wire, payload, err);

    if (rc == LH_OK) {
        rc = check_growth(wire.origin, wire.old, wire.size, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    *out = (struct lh_proven_growth){ .of = { .old = wire.old, .size = wire.size } };
    take_origin(out->of.origin, wire.origin);
    memcpy(out->root.bytes, wire.root, sizeof out->root.bytes);
    out->proof.count = wire.path_count;
    for (size_t i = 0; i < out->proof.count; i++) {
        memcpy(out->proof.path[i].bytes, wire.path[i], sizeof out->proof.path[i].bytes);
    }
    return LH_OK;
}

/* ---- WANT ---- */

enum lh_code lh_want_encode(struct lh_buf *out, const struct lh_want *want, struct lh_err *err)
{
    lhpb_Want wire = { .has_proposal = want->has_proposal };

    memcpy(wire.parent, want->parent.bytes, sizeof wire.parent);
    if (want->has_proposal) {
        memcpy(wire.proposal, want->proposal.bytes, sizeof wire.proposal);
    }
    return lh_canon_encode(out, lhpb_Want_fields, &wire, err);
}

enum lh_code lh_want_decode(struct lh_want *out, struct lh_bytes payload, struct lh_err *err)
{
    lhpb_Want wire;
    enum lh_code rc = lh_canon_decode(lhpb_Want_fields, &wire, payload, err);

    if (rc != LH_OK) {
        return rc;
    }
    *out = (struct lh_want){ .has_proposal = wire.has_proposal };
    memcpy(out->parent.bytes, wire.parent, sizeof out->parent.bytes);
    if (wire.has_proposal) {
        memcpy(out->proposal.bytes, wire.proposal, sizeof out->proposal.bytes);
    }
    return LH_OK;
}
