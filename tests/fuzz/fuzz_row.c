/* Rows of the trail, as a damaged store may give them: a good one is the only bytes of its row. And
 * rows cut from the leaves of copies: every entry has one, whatever its body, and no other leaf. */
#include "ledger/row.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes bytes = lh_bytes_of(data, size);
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_row row;
    enum lh_code rc = lh_row_decode(&row, bytes, NULL);

    lh_assert(rc == LH_OK || rc == LH_ERR_CORRUPT);
    if (rc == LH_OK) {
        lh_row_encode(&again, &row);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), bytes));
    }
    rc = lh_row_cut(&row, 7, bytes, NULL);
    lh_assert(rc == LH_OK || rc == LH_ERR_CORRUPT);
    lh_buf_clear(&again);
    return 0;
}
