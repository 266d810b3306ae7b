#include "ledger/receipt.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "ledger/canon.h"
#include "ledger/proof_text.h"

#include "trust.pb.h"

#include <inttypes.h>
#include <string.h>

_Static_assert(sizeof((lhpb_ReceiptExtra){ 0 }.leaf.bytes) == LH_ENTRY_LEAF_MAX,
               "the leaf of every entry fits");
_Static_assert(sizeof((lhpb_ReceiptExtra){ 0 }.signers) ==
                   LH_SIGNATURES_MAX * sizeof(lhpb_PublicKey),
               "every signer fits");
_Static_assert(sizeof((lhpb_ReceiptExtra){ 0 }.header.bytes) == LH_LEAF_MAX, "every header fits");
_Static_assert(sizeof((lhpb_ReceiptExtra){ 0 }.before.bytes) == LH_LEAF_MAX, "every header fits");

/* What a block header says of its place. */
struct closing {
    struct lh_hash epoch;
    struct lh_hash prev;
    uint64_t height;
    uint64_t first;
    bool wants_before;
};

/* A receipt's parts, read but not verified. */
struct contents {
    lhpb_Leaf leaf; /* holds an entry */
    struct lh_checkpoint checkpoint;
    struct closing header;
    struct closing before; /* if the header wants one */
};

void lh_receipt_clear(struct lh_receipt *receipt)
{
    lh_buf_clear(&receipt->leaf);
    lh_buf_clear(&receipt->checkpoint);
    lh_buf_clear(&receipt->header);
    lh_buf_clear(&receipt->before);
    *receipt = (struct lh_receipt)LH_RECEIPT_EMPTY;
}

/* ---- reading the parts ----------------------------------------------------------------------- */

static enum lh_code check_suite(enum lh_suite_id suite, struct lh_err *err)
{
    if (suite != LH_SUITE_W && suite != LH_SUITE_G) {
        return lh_err_set(err, LH_ERR_INVALID, "unknown suite %u", (unsigned)suite);
    }
    return LH_OK;
}

static enum lh_code read_leaf(lhpb_Leaf *out, struct lh_bytes bytes, struct lh_err *err)
{
    enum lh_code rc;

    if (bytes.len > LH_ENTRY_LEAF_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a leaf of %zu bytes: at most %d", bytes.len,
                          LH_ENTRY_LEAF_MAX);
    }
    rc = lh_leaf_decode(out, bytes, err);
    if (rc != LH_OK) {
        return rc;
    }
    /* spec ledger.md 7: "A receipt is for an entry, never for a header." */
    if (out->which_kind != lhpb_Leaf_entry_tag) {
        return lh_err_set(err, LH_ERR_INVALID, "its leaf is not an entry");
    }
    return LH_OK;
}

static enum lh_code check_signers(const struct lh_receipt *receipt, const lhpb_Entry *entry,
                                  struct lh_err *err)
{
    /* spec ledger.md 7: "`signers` holds one key for each signature of the entry, in the same
     * order, or none at all." */
    if (receipt->signer_count != 0 && receipt->signer_count != entry->signatures_count) {
        return lh_err_set(err, LH_ERR_INVALID, "%zu keys for %u signatures", receipt->signer_count,
                          (unsigned)entry->signatures_count);
    }
    for (size_t i = 0; i < receipt->signer_count; i++) {
        if (!lh_alg_is_signing(receipt->signers[i].alg, receipt->suite)) {
            return lh_err_set(err, LH_ERR_INVALID, "key %zu cannot sign in suite %s", i,
                              lh_suite_name(receipt->suite));
        }
    }
    return LH_OK;
}

static bool has_line_of(const struct lh_note *note, const char *name)
{
    for (size_t i = 0; i < note->line_count; i++) {
        if (lh_bytes_is_equal(note->lines[i].name, lh_bytes_of_text(name))) {
            return true;
        }
    }
    return false;
}

static enum lh_code read_checkpoint(struct lh_checkpoint *out, struct lh_bytes bytes,
                                    struct lh_err *err)
{
    struct lh_origin origin;
    struct lh_note note;
    enum lh_code rc;

    rc = lh_note_parse(&note, bytes, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_checkpoint_parse(out, note.text, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_origin_parse(&origin, lh_bytes_of_text(out->origin), err);
    if (rc != LH_OK) {
        return rc;
    }
    /* spec ledger.md 7: "One line of the checkpoint bears the origin as its name." */
    if (!has_line_of(&note, out->origin)) {
        return lh_err_set(err, LH_ERR_INVALID, "a checkpoint of %s without its seal", out->origin);
    }
    return LH_OK;
}

bool lh_receipt_wants_before(const lhpb_BlockHeader *header)
{
    return header->height > 1 &&
           memcmp(header->epoch_hash, header->network_id, sizeof header->network_id) != 0;
}

/* The header leaf that ends a tree of `size` leaves of this ledger. */
static enum lh_code read_closing(struct closing *out, struct lh_bytes bytes, uint64_t size,
                                 const struct lh_receipt *receipt, const char *origin,
                                 struct lh_err *err)
{
    lhpb_Leaf leaf;
    const lhpb_BlockHeader *header = &leaf.kind.header;
    enum lh_code rc;

    if (bytes.len > LH_LEAF_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "%zu bytes: no leaf is so long", bytes.len);
    }
    rc = lh_leaf_decode(&leaf, bytes, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (leaf.which_kind != lhpb_Leaf_header_tag) {
        return lh_err_set(err, LH_ERR_INVALID, "it is an entry");
    }
    /* spec ledger.md 7: "Each names the network id of the receipt, the origin of the checkpoint,
     * and, as first + count + 1, the size of the tree that ends with it." */
    if (memcmp(header->network_id, receipt->network_id.bytes, LH_HASH_SIZE) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "it is of another network");
    }
    if (strcmp(header->origin, origin) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "it is of the ledger %s", header->origin);
    }
    if (header->first >= size || header->count != size - header->first - 1) {
        return lh_err_set(err, LH_ERR_INVALID, "it ends no tree of %" PRIu64 " leaves", size);
    }
    memcpy(out->epoch.bytes, header->epoch_hash, LH_HASH_SIZE);
    memcpy(out->prev.bytes, header->prev, LH_HASH_SIZE);
    out->height = header->height;
    out->first = header->first;
    out->wants_before = lh_receipt_wants_before(header);
    return LH_OK;
}

static enum lh_code read_before(struct contents *out, const struct lh_receipt *receipt,
                                struct lh_err *err)
{
    /* spec ledger.md 7: "`before` is there if `header` names another epoch than the network id and
     * is not of height 1, and only then." */
    if (!out->header.wants_before) {
        return receipt->before.len == 0
                   ? LH_OK
                   : lh_err_set(err, LH_ERR_INVALID, "there is one that nothing asks for");
    }
    enum lh_code rc = read_closing(&out->before, lh_buf_bytes(&receipt->before), out->header.first,
                                   receipt, out->checkpoint.origin, err);

    if (rc == LH_OK && out->before.height != out->header.height - 1) {
        rc = lh_err_set(err, LH_ERR_INVALID, "it is of height %" PRIu64, out->before.height);
    }
    return rc;
}

static enum lh_code read_headers(struct contents *out, const struct lh_receipt *receipt,
                                 struct lh_err *err)
{
    enum lh_code rc = read_closing(&out->header, lh_buf_bytes(&receipt->header),
                                   out->checkpoint.size, receipt, out->checkpoint.origin, err);

    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "the header below its head");
    }
    rc = read_before(out, receipt, err);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "the header before that");
}

static enum lh_code read_contents(struct contents *out, const struct lh_receipt *receipt,
                                  struct lh_err *err)
{
    enum lh_code rc;

    rc = check_suite(receipt->suite, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (lh_bytes_is_zero(lh_hash_bytes(&receipt->network_id))) {
        return lh_err_set(err, LH_ERR_INVALID, "no network id");
    }
    rc = read_leaf(&out->leaf, lh_buf_bytes(&receipt->leaf), err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = check_signers(receipt, &out->leaf.kind.entry, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = read_checkpoint(&out->checkpoint, lh_buf_bytes(&receipt->checkpoint), err);
    if (rc != LH_OK) {
        return rc;
    }
    if (receipt->index >= out->checkpoint.size) {
        return lh_err_set(err, LH_ERR_INVALID, "index %" PRIu64 " in a tree of %" PRIu64,
                          receipt->index, out->checkpoint.size);
    }
    return read_headers(out, receipt, err);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Append the base64 of the canonical ReceiptExtra. */
static enum lh_code add_extra(struct lh_buf *out, const struct lh_receipt *receipt,
                              struct lh_err *err)
{
    lhpb_ReceiptExtra extra = lhpb_ReceiptExtra_init_default;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_assert(receipt->leaf.len <= sizeof extra.leaf.bytes);
    lh_assert(receipt->signer_count <= LH_SIGNATURES_MAX);
    lh_assert(receipt->header.len <= sizeof extra.header.bytes);
    lh_assert(receipt->header_proof.count <= LH_PROOF_MAX);
    lh_assert(receipt->before.len <= sizeof extra.before.bytes);
    memcpy(extra.network_id, receipt->network_id.bytes, LH_HASH_SIZE);
    extra.suite = (uint32_t)receipt->suite;
    extra.leaf.size = (pb_size_t)receipt->leaf.len;
    memcpy(extra.leaf.bytes, receipt->leaf.data, receipt->leaf.len);
    extra.signers_count = (pb_size_t)receipt->signer_count;
    for (size_t i = 0; i < receipt->signer_count; i++) {
        lh_pubkey_to_wire(&extra.signers[i], &receipt->signers[i]);
    }
    extra.header.size = (pb_size_t)receipt->header.len;
    memcpy(extra.header.bytes, receipt->header.data, receipt->header.len);
    extra.header_path_count = (pb_size_t)receipt->header_proof.count;
    for (size_t i = 0; i < receipt->header_proof.count; i++) {
        memcpy(extra.header_path[i], receipt->header_proof.path[i].bytes, LH_HASH_SIZE);
    }
    if (receipt->before.len > 0) {
        extra.before.size = (pb_size_t)receipt->before.len;
        memcpy(extra.before.bytes, receipt->before.data, receipt->before.len);
    }
    rc = lh_canon_encode(&bytes, lhpb_ReceiptExtra_fields, &extra, err);
    if (rc == LH_OK) {
        lh_base64_add(out, lh_buf_bytes(&bytes));
        rc = lh_buf_check(out, err);
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* More than the text of most receipts takes: hashes and keys in base64, the fixed words. */
static size_t text_room(const struct lh_receipt *receipt)
{
    return 2 * (receipt->leaf.len + receipt->header.len + receipt->before.len) +
           receipt->checkpoint.len +
           (receipt->proof.count + receipt->header_proof.count + receipt->signer_count) * 2 *
               LH_HASH_SIZE +
           256;
}

enum lh_code lh_receipt_format(struct lh_buf *out, const struct lh_receipt *receipt,
                               struct lh_err *err)
{
    struct lh_buf extra = LH_BUF_EMPTY;
    struct lh_proof_text proof;
    struct contents contents;
    size_t start = out->len;
    enum lh_code rc;

    rc = read_contents(&contents, receipt, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = add_extra(&extra, receipt, err);
    if (rc != LH_OK) {
        goto out;
    }
    proof = (struct lh_proof_text){
        .extra = lh_buf_bytes(&extra),
        .index = receipt->index,
        .proof = receipt->proof,
        .checkpoint = lh_buf_bytes(&receipt->checkpoint),
    };
    (void)lh_buf_reserve(out, text_room(receipt));
    rc = lh_proof_text_format(out, &proof, err);
    if (rc == LH_OK && out->len - start > LH_RECEIPT_MAX) {
        rc = lh_err_set(err, LH_ERR_LIMIT, "%zu bytes: at most %d", out->len - start,
                        LH_RECEIPT_MAX);
    }
out:
    lh_buf_clear(&extra);
    if (rc != LH_OK) {
        lh_buf_truncate(out, start);
        return lh_err_wrap(err, rc, "receipt");
    }
    return LH_OK;
}

static enum lh_code keep_bytes(struct lh_buf *out, const uint8_t *data, size_t len,
                               struct lh_err *err)
{
    lh_buf_add(out, lh_bytes_of(data, len));
    return lh_buf_check(out, err);
}

static enum lh_code take_extra(struct lh_receipt *out, struct lh_bytes base64, struct lh_err *err)
{
    lhpb_ReceiptExtra extra;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    /* Without an extra line this is an empty message, which has no network id. */
    rc = lh_base64_decode(&bytes, base64, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_canon_decode(lhpb_ReceiptExtra_fields, &extra, lh_buf_bytes(&bytes), err);
    if (rc != LH_OK) {
        goto out;
    }
    memcpy(out->network_id.bytes, extra.network_id, LH_HASH_SIZE);
    out->suite = (enum lh_suite_id)extra.suite;
    rc = check_suite(out->suite, err);
    if (rc != LH_OK) {
        goto out;
    }
    for (size_t i = 0; i < extra.signers_count; i++) {
        rc = lh_pubkey_from_wire(&out->signers[i], &extra.signers[i], err);
        if (rc != LH_OK) {
            goto out;
        }
    }
    out->signer_count = extra.signers_count;
    out->header_proof.count = extra.header_path_count;
    for (size_t i = 0; i < extra.header_path_count; i++) {
        memcpy(out->header_proof.path[i].bytes, extra.header_path[i], LH_HASH_SIZE);
    }
    rc = keep_bytes(&out->leaf, extra.leaf.bytes, extra.leaf.size, err);
    if (rc == LH_OK) {
        rc = keep_bytes(&out->header, extra.header.bytes, extra.header.size, err);
    }
    if (rc == LH_OK) {
        rc = keep_bytes(&out->before, extra.before.bytes, extra.before.size, err);
    }
out:
    lh_buf_clear(&bytes);
    return rc;
}

enum lh_code lh_receipt_parse(struct lh_receipt *out, struct lh_bytes text, struct lh_err *err)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_proof_text proof;
    struct contents contents;
    enum lh_code rc;

    if (text.len > LH_RECEIPT_MAX) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%zu bytes: at most %d", text.len, LH_RECEIPT_MAX);
        goto out;
    }
    rc = lh_proof_text_parse(&proof, text, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = take_extra(&receipt, proof.extra, err);
    if (rc != LH_OK) {
        goto out;
    }
    receipt.index = proof.index;
    receipt.proof = proof.proof;
    lh_buf_add(&receipt.checkpoint, proof.checkpoint);
    rc = lh_buf_check(&receipt.checkpoint, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = read_contents(&contents, &receipt, err);
    if (rc != LH_OK) {
        goto out;
    }
    *out = receipt;
out:
    if (rc != LH_OK) {
        lh_receipt_clear(&receipt);
        return lh_err_wrap(err, rc, "receipt");
    }
    return LH_OK;
}

/* ---- verifying ------------------------------------------------------------------------------- */

static enum lh_code verify_network(const struct lh_receipt *receipt, const struct lh_suite *suite,
                                   const struct lh_hash *network_id, struct lh_err *err)
{
    if (receipt->suite != lh_suite_id(suite)) {
        return lh_err_set(err, LH_ERR_FORGED, "the receipt is of suite %s, not %s",
                          lh_suite_name(receipt->suite), lh_suite_name(lh_suite_id(suite)));
    }
    if (network_id == NULL) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "no network id to compare with");
    }
    if (!lh_hash_is_equal(&receipt->network_id, network_id)) {
        return lh_err_set(err, LH_ERR_FORGED, "the receipt is of another network");
    }
    return LH_OK;
}

static enum lh_code verify_seal(const struct lh_receipt *receipt,
                                const struct lh_checkpoint *checkpoint,
                                const struct lh_note_key *seals, size_t seal_count,
                                struct lh_err *err)
{
    enum lh_code rc = LH_ERR_UNKNOWN;

    lh_err_set(err, rc, "no seal key given for %s", checkpoint->origin);
    for (size_t i = 0; i < seal_count && rc != LH_OK; i++) {
        struct lh_checkpoint verified;

        if (seals[i].kind != LH_NOTE_LOG || strcmp(seals[i].name, checkpoint->origin) != 0) {
            continue;
        }
        rc = lh_checkpoint_verify(&verified, lh_buf_bytes(&receipt->checkpoint), &seals[i], err);
        if (rc != LH_OK && rc != LH_ERR_FORGED) {
            return rc;
        }
    }
    return rc;
}

static enum lh_code verify_inclusion(const struct lh_receipt *receipt, struct lh_suite *suite,
                                     const struct lh_checkpoint *checkpoint, struct lh_err *err)
{
    /* spec ledger.md 7: "The leaf hash is computed from the leaf inside." */
    struct lh_hash leaf_hash = lh_hash_leaf(suite, lh_buf_bytes(&receipt->leaf));

    return lh_tree_verify_inclusion(suite, &leaf_hash, receipt->index, checkpoint->size,
                                    &receipt->proof, &checkpoint->root, err);
}

static enum lh_code verify_header(const struct lh_receipt *receipt, struct lh_suite *suite,
                                  const struct contents *contents, struct lh_err *err)
{
    struct lh_hash leaf_hash = lh_hash_leaf(suite, lh_buf_bytes(&receipt->header));
    struct lh_hash before_hash;
    enum lh_code rc = lh_tree_verify_inclusion(suite, &leaf_hash, contents->checkpoint.size - 1,
                                               contents->checkpoint.size, &receipt->header_proof,
                                               &contents->checkpoint.root, err);

    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "the header below its head");
    }
    if (!contents->header.wants_before) {
        return LH_OK;
    }
    /* spec ledger.md 7: "`before` needs no path: its leaf hash is the `prev` of `header`." */
    before_hash = lh_hash_leaf(suite, lh_buf_bytes(&receipt->before));
    return lh_hash_is_equal(&before_hash, &contents->header.prev)
               ? LH_OK
               : lh_err_set(err, LH_ERR_FORGED, "the header before that is another one");
}

static enum lh_code verify_signature(const lhpb_Signature *signature, struct lh_suite *suite,
                                     const struct lh_pubkey *key, struct lh_bytes message,
                                     struct lh_err *err)
{
    struct lh_key_id key_id = lh_key_id_of(suite, key);
    struct lh_verifier *verifier = NULL;
    struct lh_sig sig;
    enum lh_code rc;

    /* spec ledger.md 7: "A key counts only if its key id is the one in the entry." */
    if (memcmp(key_id.bytes, signature->key_id, LH_KEY_ID_SIZE) != 0) {
        return lh_err_set(err, LH_ERR_FORGED, "the key is not the one that the entry names");
    }
    rc = lh_verifier_new(&verifier, key, err);
    if (rc != LH_OK) {
        return rc;
    }
    memcpy(sig.bytes, signature->value, LH_SIG_SIZE);
    rc = lh_verify(verifier, &sig, message, err);
    lh_verifier_free(verifier);
    return rc;
}

/* Is what was signed a body, as far as this version can tell? */
static enum lh_code judge_body(const lhpb_Entry *entry, struct lh_err *err)
{
    lhpb_Body body;
    enum lh_code rc = lh_body_decode(&body, lh_bytes_of(entry->body.bytes, entry->body.size), err);

    if (rc == LH_OK) {
        rc = lh_entry_check_body(entry, &body, err);
    }
    /* spec ledger.md 7: "A signed body that breaks its format counts as forged, one of a newer
     * schema as unknown." */
    return rc == LH_ERR_INVALID ? lh_err_wrap(err, LH_ERR_FORGED, "signed, but not an entry") : rc;
}

static enum lh_code verify_signatures(const struct lh_receipt *receipt, struct lh_suite *suite,
                                      const lhpb_Entry *entry, struct lh_err *err)
{
    struct lh_hash body_hash =
        lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];

    if (receipt->signer_count == 0) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "the receipt does not hold the signers' keys");
    }
    lh_entry_message(message, &receipt->network_id, &body_hash);
    for (size_t i = 0; i < receipt->signer_count; i++) {
        enum lh_code rc = verify_signature(&entry->signatures[i], suite, &receipt->signers[i],
                                           lh_bytes_of(message, sizeof message), err);

        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "signature %zu of the entry", i);
        }
    }
    return judge_body(entry, err);
}

/* What was found so far: the worst, and the words of the first that was so bad. */
struct finding {
    enum lh_code worst;
    struct lh_err err;
};

static int badness(enum lh_code code)
{
    return code == LH_OK ? 0 : code == LH_ERR_UNKNOWN ? 1 : code == LH_ERR_FORGED ? 2 : 3;
}

static enum lh_code add_finding(struct finding *finding, enum lh_code code,
                                const struct lh_err *err)
{
    if (badness(code) > badness(finding->worst)) {
        finding->worst = code;
        finding->err = *err;
    }
    return code;
}

static void take_epochs(const struct contents *contents, struct lh_hash *out_epoch,
                        struct lh_hash *out_before)
{
    *out_epoch = contents->header.epoch;
    *out_before = contents->header.wants_before ? contents->before.epoch : contents->header.epoch;
}

enum lh_code lh_receipt_epochs(const struct lh_receipt *receipt, struct lh_hash *out_epoch,
                               struct lh_hash *out_before, struct lh_err *err)
{
    struct contents contents;
    enum lh_code rc = read_contents(&contents, receipt, err);

    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "receipt");
    }
    take_epochs(&contents, out_epoch, out_before);
    return LH_OK;
}

enum lh_code lh_receipt_verify(const struct lh_receipt *receipt, struct lh_suite *suite,
                               const struct lh_note_key *seals, size_t seal_count,
                               const struct lh_hash *network_id,
                               struct lh_receipt_report *out_report, struct lh_err *err)
{
    struct finding finding = { .worst = LH_OK, .err = LH_ERR_NONE };
    struct lh_receipt_report report = { .seal = LH_OK };
    struct lh_err part = LH_ERR_NONE;
    struct contents contents;
    enum lh_code rc;

    rc = read_contents(&contents, receipt, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "receipt");
    }
    report.checkpoint = contents.checkpoint;

    rc = verify_network(receipt, suite, network_id, &part);
    report.network = add_finding(&finding, rc, &part);
    rc = verify_seal(receipt, &contents.checkpoint, seals, seal_count, &part);
    report.seal = add_finding(&finding, rc, &part);
    rc = verify_inclusion(receipt, suite, &contents.checkpoint, &part);
    report.inclusion = add_finding(&finding, rc, &part);
    rc = verify_header(receipt, suite, &contents, &part);
    report.header = add_finding(&finding, rc, &part);
    take_epochs(&contents, &report.epoch, &report.epoch_before);
    rc = verify_signatures(receipt, suite, &contents.leaf.kind.entry, &part);
    report.signature = add_finding(&finding, rc, &part);

    if (finding.worst != LH_OK) {
        lh_err_set(err, finding.worst, "receipt: %s", finding.err.text);
    }
    if (badness(finding.worst) <= badness(LH_ERR_FORGED)) {
        *out_report = report;
    }
    return finding.worst;
}
