/* Officer acts on their way. A good one is the only encoding of what it says. */
#include "ledger/act.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes bytes = lh_bytes_of(data, size);
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_act act;

    if (lh_act_decode(&act, bytes, NULL) == LH_OK) {
        lh_assert(lh_act_encode(&again, &act, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), bytes));
        lh_act_clear(&act);
    }
    lh_buf_clear(&again);
    return 0;
}
