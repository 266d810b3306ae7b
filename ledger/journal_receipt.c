#include "ledger/journal_receipt.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "ledger/body_check_internal.h"
#include "ledger/canon.h"

#include "trust.pb.h"

#include <string.h>

#define TAG "liuhen/journal/v1"

enum { MESSAGE_SIZE = sizeof TAG + 2 * LH_HASH_SIZE };

_Static_assert(lhpb_JournalStatement_size <= sizeof((lhpb_JournalReceipt){ 0 }.statement.bytes),
               "every statement fits");

/* ---- statements ------------------------------------------------------------------------------ */

static enum lh_code check_statement(const struct lh_journal_statement *statement,
                                    struct lh_err *err)
{
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(statement->origin), err);

    if (rc != LH_OK) {
        return rc;
    }
    if (lh_bytes_is_zero(lh_hash_bytes(&statement->network_id)) ||
        lh_bytes_is_zero(lh_hash_bytes(&statement->body_hash))) {
        return lh_err_set(err, LH_ERR_INVALID, "no network id or no body");
    }
    /* spec ledger.md 12: "The sequence counts from 1, and exactly the first statement has no
     * `prev`." */
    if (statement->sequence == 0 || statement->sequence > INT64_MAX ||
        statement->has_prev != (statement->sequence > 1)) {
        return lh_err_set(err, LH_ERR_INVALID, "its place in the journal cannot be");
    }
    if (statement->size > LH_TREE_SIZE_MAX ||
        !lh_body_time_is_valid((uint64_t)statement->recorded_unix_ms)) {
        return lh_err_set(err, LH_ERR_INVALID, "a size or time that cannot be");
    }
    return LH_OK;
}

static enum lh_code encode_statement(struct lh_buf *out,
                                     const struct lh_journal_statement *statement,
                                     struct lh_err *err)
{
    lhpb_JournalStatement wire = lhpb_JournalStatement_init_default;
    enum lh_code rc = check_statement(statement, err);

    if (rc != LH_OK) {
        return rc;
    }
    memcpy(wire.network_id, statement->network_id.bytes, sizeof wire.network_id);
    memcpy(wire.origin, statement->origin, strlen(statement->origin) + 1);
    wire.size = statement->size;
    wire.sequence = statement->sequence;
    memcpy(wire.body_hash, statement->body_hash.bytes, sizeof wire.body_hash);
    wire.recorded_at_ms = (uint64_t)statement->recorded_unix_ms;
    wire.has_prev = statement->has_prev;
    if (statement->has_prev) {
        memcpy(wire.prev, statement->prev.bytes, sizeof wire.prev);
    }
    return lh_canon_encode(out, lhpb_JournalStatement_fields, &wire, err);
}

static enum lh_code decode_statement(struct lh_journal_statement *out, struct lh_bytes bytes,
                                     struct lh_err *err)
{
    lhpb_JournalStatement wire;
    enum lh_code rc = lh_canon_decode(lhpb_JournalStatement_fields, &wire, bytes, err);

    if (rc != LH_OK) {
        return rc;
    }
    *out = (struct lh_journal_statement){ .size = wire.size,
                                          .sequence = wire.sequence,
                                          .recorded_unix_ms = wire.recorded_at_ms <= INT64_MAX
                                                                  ? (int64_t)wire.recorded_at_ms
                                                                  : 0,
                                          .has_prev = wire.has_prev };
    memcpy(out->network_id.bytes, wire.network_id, sizeof out->network_id.bytes);
    memcpy(out->origin, wire.origin, strlen(wire.origin) + 1);
    memcpy(out->body_hash.bytes, wire.body_hash, sizeof out->body_hash.bytes);
    if (wire.has_prev) {
        memcpy(out->prev.bytes, wire.prev, sizeof out->prev.bytes);
    }
    return check_statement(out, err);
}

enum lh_code lh_journal_statement_hash(struct lh_hash *out, struct lh_suite *suite,
                                       const struct lh_journal_statement *statement,
                                       struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = encode_statement(&bytes, statement, err);

    if (rc == LH_OK) {
        *out = lh_hash_tagged(suite, TAG, lh_buf_bytes(&bytes));
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* ---- signing and verifying ------------------------------------------------------------------- */

/* spec ledger.md 12: "What is signed is `"liuhen/journal/v1" || 0x00 || network id || hash of the
 * statement`." */
static enum lh_code make_message(uint8_t out[MESSAGE_SIZE], struct lh_suite *suite,
                                 const struct lh_journal_statement *statement, struct lh_err *err)
{
    struct lh_hash hash;
    enum lh_code rc = lh_journal_statement_hash(&hash, suite, statement, err);

    if (rc == LH_OK) {
        memcpy(out, TAG, sizeof TAG);
        memcpy(out + sizeof TAG, statement->network_id.bytes, LH_HASH_SIZE);
        memcpy(out + sizeof TAG + LH_HASH_SIZE, hash.bytes, LH_HASH_SIZE);
    }
    return rc;
}

enum lh_code lh_journal_receipt_sign(struct lh_journal_receipt *out, struct lh_suite *suite,
                                     const struct lh_journal_statement *statement,
                                     struct lh_signer *recorder, struct lh_err *err)
{
    struct lh_journal_receipt receipt = { .suite = lh_suite_id(suite),
                                          .statement = *statement,
                                          .key = *lh_signer_pubkey(recorder) };
    uint8_t message[MESSAGE_SIZE];
    enum lh_code rc = make_message(message, suite, statement, err);

    if (rc == LH_OK) {
        rc = lh_sign(recorder, &receipt.sig, lh_bytes_of(message, sizeof message), err);
    }
    if (rc == LH_OK) {
        *out = receipt;
    }
    return rc;
}

enum lh_code lh_journal_receipt_verify(const struct lh_journal_receipt *receipt,
                                       struct lh_suite *suite, struct lh_err *err)
{
    struct lh_verifier *verifier = NULL;
    uint8_t message[MESSAGE_SIZE];
    enum lh_code rc = make_message(message, suite, &receipt->statement, err);

    if (rc == LH_OK) {
        rc = lh_verifier_new(&verifier, &receipt->key, err);
    }
    if (rc == LH_OK) {
        rc = lh_verify(verifier, &receipt->sig, lh_bytes_of(message, sizeof message), err);
    }
    lh_verifier_free(verifier);
    return rc;
}

/* ---- as text --------------------------------------------------------------------------------- */

static enum lh_code check_receipt(const struct lh_journal_receipt *receipt, struct lh_err *err)
{
    if (receipt->suite != LH_SUITE_W && receipt->suite != LH_SUITE_G) {
        return lh_err_set(err, LH_ERR_INVALID, "unknown suite %u", (unsigned)receipt->suite);
    }
    if (!lh_alg_is_signing(receipt->key.alg, receipt->suite)) {
        return lh_err_set(err, LH_ERR_INVALID, "its key cannot sign in suite %s",
                          lh_suite_name(receipt->suite));
    }
    return LH_OK;
}

static enum lh_code encode_receipt(struct lh_buf *out, const struct lh_journal_receipt *receipt,
                                   struct lh_err *err)
{
    lhpb_JournalReceipt wire = lhpb_JournalReceipt_init_default;
    struct lh_buf statement = LH_BUF_EMPTY;
    enum lh_code rc = check_receipt(receipt, err);

    if (rc == LH_OK) {
        rc = encode_statement(&statement, &receipt->statement, err);
    }
    if (rc == LH_OK) {
        lh_assert(statement.len <= sizeof wire.statement.bytes);
        memcpy(wire.statement.bytes, statement.data, statement.len);
        wire.statement.size = (pb_size_t)statement.len;
        wire.suite = (uint32_t)receipt->suite;
        wire.has_key = true;
        lh_pubkey_to_wire(&wire.key, &receipt->key);
        memcpy(wire.signature, receipt->sig.bytes, sizeof wire.signature);
        rc = lh_canon_encode(out, lhpb_JournalReceipt_fields, &wire, err);
    }
    lh_buf_clear(&statement);
    return rc;
}

enum lh_code lh_journal_receipt_format(struct lh_buf *out, const struct lh_journal_receipt *receipt,
                                       struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = encode_receipt(&bytes, receipt, err);

    if (rc == LH_OK) {
        lh_buf_add_text(out, LH_JOURNAL_RECEIPT_MAGIC);
        lh_base64_add(out, lh_buf_bytes(&bytes));
        lh_buf_add_text(out, "\n");
        rc = lh_buf_check(out, err);
    }
    lh_buf_clear(&bytes);
    return rc;
}

static enum lh_code decode_receipt(struct lh_journal_receipt *out, struct lh_bytes bytes,
                                   struct lh_err *err)
{
    struct lh_journal_receipt receipt;
    lhpb_JournalReceipt wire;
    enum lh_code rc = lh_canon_decode(lhpb_JournalReceipt_fields, &wire, bytes, err);

    if (rc == LH_OK && !wire.has_key) {
        rc = lh_err_set(err, LH_ERR_INVALID, "it names no key");
    }
    if (rc == LH_OK) {
        rc = lh_pubkey_from_wire(&receipt.key, &wire.key, err);
    }
    if (rc == LH_OK) {
        rc = decode_statement(&receipt.statement,
                              lh_bytes_of(wire.statement.bytes, wire.statement.size), err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    receipt.suite = (enum lh_suite_id)wire.suite;
    memcpy(receipt.sig.bytes, wire.signature, sizeof receipt.sig.bytes);
    rc = check_receipt(&receipt, err);
    if (rc == LH_OK) {
        *out = receipt;
    }
    return rc;
}

enum lh_code lh_journal_receipt_parse(struct lh_journal_receipt *out, struct lh_bytes text,
                                      struct lh_err *err)
{
    static const char magic[] = LH_JOURNAL_RECEIPT_MAGIC;
    enum { MAGIC_LEN = sizeof magic - 1 };
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    if (text.len < MAGIC_LEN || memcmp(text.data, magic, MAGIC_LEN) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "not a journal receipt");
    }
    if (text.len > LH_JOURNAL_RECEIPT_MAX || text.data[text.len - 1] != '\n' ||
        text.len == MAGIC_LEN) {
        return lh_err_set(err, LH_ERR_INVALID, "a journal receipt is two lines");
    }
    rc =
        lh_base64_decode(&bytes, lh_bytes_of(text.data + MAGIC_LEN, text.len - MAGIC_LEN - 1), err);
    if (rc == LH_OK) {
        rc = decode_receipt(out, lh_buf_bytes(&bytes), err);
    }
    lh_buf_clear(&bytes);
    return rc;
}
