/* Tokens as text, as a search hands them in. What is taken writes itself the same. */
#include "ledger/tokens.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lh_tokens tokens;
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_tokens_parse(&tokens, lh_bytes_of(data, size), &err);

    lh_assert(rc == LH_OK || rc == LH_ERR_INVALID || rc == LH_ERR_LIMIT);
    if (rc == LH_OK) {
        lh_assert(tokens.count >= 1);
        lh_assert(tokens.count <= LH_TOKENS_MAX);
        lh_tokens_format(&again, &tokens);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), lh_bytes_of(data, size)));
    }
    lh_buf_clear(&again);
    return 0;
}
