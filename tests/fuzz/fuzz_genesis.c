/* Genesis files and the enrolments in them. A good one is the only encoding of what it says. */
#include "ledger/genesis.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_enrolment(struct lh_bytes bytes, enum lh_suite_id suite)
{
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_enrolment enrolment;

    if (lh_enrolment_decode(&enrolment, bytes, suite, NULL) == LH_OK) {
        lh_assert(lh_enrolment_encode(&again, &enrolment, suite, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), bytes));
    }
    lh_buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes bytes = lh_bytes_of(data, size);
    struct lh_genesis *genesis = NULL;

    check_enrolment(bytes, LH_SUITE_W);
    check_enrolment(bytes, LH_SUITE_G);
    if (lh_genesis_new(&genesis, bytes, NULL) == LH_OK) {
        lh_assert(lh_genesis_count(genesis) >= 1);
        lh_assert(lh_bytes_is_equal(lh_genesis_bytes(genesis), bytes));
        for (size_t i = 0; i < lh_genesis_count(genesis); i++) {
            const struct lh_enrolment *member = lh_genesis_member(genesis, i);
            lh_assert(lh_genesis_find(genesis, lh_bytes_of_text(member->department)) == member);
        }
        lh_genesis_free(genesis);
    }
    return 0;
}
