/* Other people's .tlog-proof files. What is parsed is the only text for its values. */
#include "ledger/proof_text.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes text = lh_bytes_of(data, size);
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_proof_text proof;

    if (lh_proof_text_parse(&proof, text, &err) == LH_OK) {
        lh_assert(proof.checkpoint.len > 0 && proof.proof.count <= LH_PROOF_MAX);
        lh_assert(lh_proof_text_format(&again, &proof, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
    } else {
        lh_assert(err.text[0] != '\0');
    }
    lh_buf_clear(&again);
    return 0;
}
