/* Journal receipts from anybody. What is parsed is the only text for its values. */
#include "ledger/journal_receipt.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void verify(const struct lh_journal_receipt *receipt)
{
    struct lh_suite *suite = NULL;
    enum lh_code rc = lh_suite_new(&suite, receipt->suite, NULL);

    lh_assert(rc == LH_OK);
    rc = lh_journal_receipt_verify(receipt, suite, NULL);
    lh_assert(rc == LH_OK || rc == LH_ERR_FORGED || rc == LH_ERR_INVALID);
    lh_suite_free(suite);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes text = lh_bytes_of(data, size);
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_journal_receipt receipt;

    if (lh_journal_receipt_parse(&receipt, text, &err) == LH_OK) {
        lh_assert(lh_journal_receipt_format(&again, &receipt, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
        verify(&receipt);
    } else {
        lh_assert(err.text[0] != '\0');
    }
    lh_buf_clear(&again);
    return 0;
}
