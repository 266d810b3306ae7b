/*
 * Receipts and other people's .tlog-proof files. What is parsed is the only text for its values,
 * and judging it ends in one of the three answers.
 */
#include "ledger/receipt.h"

#include "crypto/base/assert.h"
#include "ledger/proof_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_proof_text(struct lh_bytes text)
{
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_proof_text proof;

    if (lh_proof_text_parse(&proof, text, NULL) == LH_OK) {
        lh_assert(lh_proof_text_format(&again, &proof, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
    }
    lh_buf_clear(&again);
}

/* With the seal key of the receipts in the corpus, so that some of what it mutates gets far. */
static void judge(const struct lh_receipt *receipt)
{
    const char vkey[] = "jinhua/gaj/1+3ddb55d7+AUy1q/atefv1q7zK/MJp2FzSZR7UuIW1hp8kGu3wpbop";
    struct lh_receipt_report report;
    struct lh_hash before;
    struct lh_hash epoch;
    struct lh_hash other = receipt->network_id;
    struct lh_suite *suite = NULL;
    struct lh_note_key seal;
    enum lh_code rc;

    lh_assert(lh_note_key_parse(&seal, lh_bytes_of_text(vkey), NULL) == LH_OK);
    lh_assert(lh_suite_new(&suite, LH_SUITE_W, NULL) == LH_OK);
    rc = lh_receipt_verify(receipt, suite, &seal, 1, &receipt->network_id, &report, NULL);
    lh_assert(rc == LH_OK || rc == LH_ERR_UNKNOWN || rc == LH_ERR_FORGED);
    lh_assert(lh_receipt_epochs(receipt, &epoch, &before, NULL) == LH_OK);
    lh_assert(lh_hash_is_equal(&epoch, &report.epoch));
    lh_assert(lh_hash_is_equal(&before, &report.epoch_before));
    lh_assert(receipt->before.len > 0 || lh_hash_is_equal(&epoch, &before));
    rc = lh_receipt_verify(receipt, suite, &seal, 1, NULL, &report, NULL);
    lh_assert(rc == LH_ERR_UNKNOWN || rc == LH_ERR_FORGED);
    other.bytes[0] ^= 1;
    rc = lh_receipt_verify(receipt, suite, &seal, 1, &other, &report, NULL);
    lh_assert(rc == LH_ERR_FORGED);
    lh_suite_free(suite);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes text = lh_bytes_of(data, size);
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_buf again = LH_BUF_EMPTY;

    check_proof_text(text);
    if (lh_receipt_parse(&receipt, text, NULL) == LH_OK) {
        lh_assert(lh_receipt_format(&again, &receipt, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
        judge(&receipt);
    }
    lh_buf_clear(&again);
    lh_receipt_clear(&receipt);
    return 0;
}
