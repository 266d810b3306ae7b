/*
 * Leaves. The strict reader accepts what decoding and re-encoding accepts, and what it accepts is
 * the only encoding of it.
 */
#include "ledger/entry.h"

#include "crypto/base/assert.h"
#include "ledger/canon.h"
#include "tests/support/canon_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lhpb_Leaf leaf;
    static uint8_t room[LH_LEAF_MAX];
    struct lh_bytes bytes = lh_bytes_of(data, size);
    struct lh_buf again = LH_BUF_EMPTY;

    if (size > LH_LEAF_MAX) {
        return 0;
    }
    bool is_canonical = lh_canon_decode(lhpb_Leaf_fields, &leaf, bytes, NULL) == LH_OK;
    lh_assert(is_canonical == lh_oracle_accepts(lhpb_Leaf_fields, &leaf, bytes, room));
    if (lh_leaf_decode(&leaf, bytes, NULL) == LH_OK) {
        lh_assert(is_canonical);
        lh_assert(lh_leaf_encode(&again, &leaf, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), bytes));
    }
    lh_buf_clear(&again);
    return 0;
}
