/* Proposals of epochs. A good one is the only encoding of what it says. */
#include "ledger/proposal.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lhpb_Proposal proposal;
    struct lh_bytes bytes = lh_bytes_of(data, size);
    struct lh_buf again = LH_BUF_EMPTY;

    if (lh_proposal_decode(&proposal, bytes, NULL) == LH_OK) {
        lh_assert(lh_proposal_encode(&again, &proposal, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), bytes));
        for (size_t i = 0; i < proposal.changes_count; i++) {
            if (proposal.changes[i].which_kind == lhpb_Change_rotate_tag) {
                enum lh_code rc =
                    lh_rotate_verify(&proposal.changes[i].kind.rotate, &proposal, NULL);

                lh_assert(rc == LH_OK || rc == LH_ERR_FORGED);
            }
        }
    }
    lh_buf_clear(&again);
    return 0;
}
