#include "net/promise.h"

#include "crypto/base/assert.h"
#include "ledger/canon.h"
#include "net/message.h"

#include "network.pb.h"

#include <string.h>

enum { HEAD_MAX = 4096 }; /* a head with its seal */

/* ---- one ---- */

/* spec network.md 9: ""liuhen/promise/v1" || 0x00 || network id || the bytes of the `Pledge`" */
static enum lh_code add_message(struct lh_buf *out, const struct lh_hash *network_id,
                                struct lh_bytes pledge, struct lh_err *err)
{
    static const char tag[] = "liuhen/promise/v1";

    lh_buf_add(out, lh_bytes_of(tag, sizeof tag));
    lh_buf_add(out, lh_hash_bytes(network_id));
    lh_buf_add(out, pledge);
    return lh_buf_check(out, err);
}

static enum lh_code encode_pledge(struct lh_buf *out, const struct lh_promise *promise,
                                  struct lh_err *err)
{
    lhpb_Pledge wire = { .head_size = promise->head.size };

    memcpy(wire.department, promise->department, strlen(promise->department) + 1);
    memcpy(wire.origin, promise->origin, strlen(promise->origin) + 1);
    memcpy(wire.prepare, promise->prepare.bytes, sizeof wire.prepare);
    if (promise->head.size > 0) {
        memcpy(wire.head_origin, promise->head.origin, strlen(promise->head.origin) + 1);
        wire.has_head_root = true;
        memcpy(wire.head_root, promise->head.root.bytes, sizeof wire.head_root);
    }
    return lh_canon_encode(out, lhpb_Pledge_fields, &wire, err);
}

enum lh_code lh_promise_encode(struct lh_buf *out, const struct lh_promise *promise,
                               struct lh_bytes note, const struct lh_hash *network_id,
                               struct lh_signer *witness, struct lh_err *err)
{
    struct lh_buf pledge = LH_BUF_EMPTY;
    struct lh_buf message = LH_BUF_EMPTY;
    struct lh_sig sig;
    enum lh_code rc = encode_pledge(&pledge, promise, err);

    if (rc == LH_OK) {
        rc = add_message(&message, network_id, lh_buf_bytes(&pledge), err);
    }
    if (rc == LH_OK) {
        rc = lh_sign(witness, &sig, lh_buf_bytes(&message), err);
    }
    if (rc == LH_OK) {
        lh_part_add(out, lh_buf_bytes(&pledge));
        lh_part_add(out, lh_bytes_of(sig.bytes, sizeof sig.bytes));
        lh_part_add(out, note);
        rc = lh_buf_check(out, err);
    }
    lh_buf_clear(&message);
    lh_buf_clear(&pledge);
    return rc;
}

/* A head of a generation before the one that is to begin, or none at all. */
static enum lh_code check_head(const lhpb_Pledge *wire, const struct lh_origin *next,
                               struct lh_err *err)
{
    bool has_head = wire->head_size > 0;
    struct lh_origin origin;
    enum lh_code rc;

    if (has_head != wire->has_head_root || has_head != (wire->head_origin[0] != '\0') ||
        wire->head_size > LH_TREE_SIZE_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "half a head");
    }
    if (!has_head) {
        return LH_OK;
    }
    rc = lh_origin_parse(&origin, lh_bytes_of_text(wire->head_origin), err);
    if (rc == LH_OK && (strcmp(origin.network, next->network) != 0 ||
                        strcmp(origin.department, next->department) != 0 ||
                        origin.generation >= next->generation)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "its head is of no generation before");
    }
    return rc;
}

static enum lh_code check_pledge(const lhpb_Pledge *wire, struct lh_err *err)
{
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(wire->origin), err);

    if (rc == LH_OK && strcmp(origin.department, wire->department) == 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a promise to itself");
    }
    return rc == LH_OK ? check_head(wire, &origin, err) : rc;
}

static enum lh_code decode_pledge(struct lh_promise *out, struct lh_bytes bytes, struct lh_err *err)
{
    lhpb_Pledge wire = lhpb_Pledge_init_zero;
    enum lh_code rc = lh_canon_decode(lhpb_Pledge_fields, &wire, bytes, err);

    if (rc == LH_OK) {
        rc = check_pledge(&wire, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    *out = (struct lh_promise){ .head = { .size = wire.head_size } };
    memcpy(out->department, wire.department, strlen(wire.department) + 1);
    memcpy(out->origin, wire.origin, strlen(wire.origin) + 1);
    memcpy(out->prepare.bytes, wire.prepare, sizeof out->prepare.bytes);
    if (wire.head_size > 0) {
        memcpy(out->head.origin, wire.head_origin, strlen(wire.head_origin) + 1);
        memcpy(out->head.root.bytes, wire.head_root, sizeof out->head.root.bytes);
    }
    return LH_OK;
}

static enum lh_code decode_signed(struct lh_promise *out, struct lh_promise_bytes *out_bytes,
                                  struct lh_bytes *rest, struct lh_err *err)
{
    if (!lh_part_next(rest, &out_bytes->pledge) || !lh_part_next(rest, &out_bytes->signature) ||
        out_bytes->signature.len != LH_SIG_SIZE) {
        return lh_err_set(err, LH_ERR_INVALID, "a promise that is not whole");
    }
    return decode_pledge(out, out_bytes->pledge, err);
}

/* The note is of the head that is pledged. Its seal is judged by who knows it. */
static enum lh_code check_note(const struct lh_promise *promise, struct lh_bytes bytes,
                               struct lh_err *err)
{
    struct lh_checkpoint head;
    struct lh_note note;
    enum lh_code rc;

    if ((promise->head.size > 0) != (bytes.len > 0) || bytes.len > HEAD_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a head stands with its checkpoint");
    }
    if (bytes.len == 0) {
        return LH_OK;
    }
    rc = lh_note_parse(&note, bytes, err);
    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, note.text, err);
    }
    if (rc == LH_OK &&
        (strcmp(head.origin, promise->head.origin) != 0 || head.size != promise->head.size ||
         !lh_hash_is_equal(&head.root, &promise->head.root))) {
        rc = lh_err_set(err, LH_ERR_INVALID, "the checkpoint of another head");
    }
    return rc;
}

enum lh_code lh_promise_decode(struct lh_promise *out, struct lh_promise_bytes *out_bytes,
                               struct lh_bytes payload, struct lh_err *err)
{
    struct lh_promise_bytes bytes;
    struct lh_bytes rest = payload;
    struct lh_promise promise;
    enum lh_code rc = decode_signed(&promise, &bytes, &rest, err);

    if (rc == LH_OK && (!lh_part_next(&rest, &bytes.note) || rest.len != 0)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a promise that is not whole");
    }
    if (rc == LH_OK) {
        rc = check_note(&promise, bytes.note, err);
    }
    if (rc == LH_OK) {
        *out = promise;
        *out_bytes = bytes;
    }
    return rc;
}

enum lh_code lh_promise_verify(const struct lh_promise *promise,
                               const struct lh_promise_bytes *bytes,
                               const struct lh_genesis *genesis, struct lh_err *err)
{
    const struct lh_enrolment *member =
        lh_genesis_find(genesis, lh_bytes_of_text(promise->department));
    struct lh_buf message = LH_BUF_EMPTY;
    struct lh_verifier *verifier = NULL;
    struct lh_sig sig;
    enum lh_code rc;

    if (member == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "\"%s\" is no member", promise->department);
    }
    lh_assert(bytes->signature.len == sizeof sig.bytes);
    memcpy(sig.bytes, bytes->signature.data, sizeof sig.bytes);
    rc = add_message(&message, lh_genesis_network_id(genesis), bytes->pledge, err);
    if (rc == LH_OK) {
        rc = lh_verifier_new(&verifier, &member->witness, err);
    }
    if (rc == LH_OK) {
        rc = lh_verify(verifier, &sig, lh_buf_bytes(&message), err);
    }
    lh_verifier_free(verifier);
    lh_buf_clear(&message);
    return rc;
}

/* ---- many ---- */

void lh_promises_add(struct lh_buf *promises, const struct lh_promise_bytes *bytes)
{
    lh_part_add(promises, bytes->pledge);
    lh_part_add(promises, bytes->signature);
}

enum lh_code lh_promises_next(struct lh_bytes *rest, struct lh_promise *out,
                              struct lh_promise_bytes *out_bytes, struct lh_err *err)
{
    struct lh_bytes after = *rest;
    enum lh_code rc;

    if (rest->len == 0) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no more promises");
    }
    out_bytes->note = LH_BYTES_EMPTY;
    rc = decode_signed(out, out_bytes, &after, err);
    if (rc == LH_OK) {
        *rest = after;
    }
    return rc;
}

/* spec network.md 9: "`promises_digest` is the tagged hash, under liuhen/promises/v1, of each
 * `Pledge` and each signature behind its length as `u16`." */
struct lh_hash lh_promises_digest(struct lh_suite *suite, struct lh_bytes promises)
{
    return lh_hash_tagged(suite, "liuhen/promises/v1", promises);
}
