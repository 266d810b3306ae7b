/* Promises shown by anyone: parsed or refused in words; good only if a generation names them. */
#include "net/consent.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_consent_report report;
    struct lh_consent consent;
    struct lh_bytes text = lh_bytes_of(data, size);

    if (lh_consent_parse(&consent, &store, text, &err) != LH_OK) {
        lh_assert(err.text[0] != '\0');
    } else {
        lh_assert(lh_consent_format(&again, &consent, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
        if (lh_consent_verify(&report, &consent, &err) == LH_OK) {
            lh_assert(report.promise_count >= report.needed);
        } else {
            lh_assert(err.text[0] != '\0');
        }
    }
    lh_buf_clear(&again);
    lh_buf_clear(&store);
    return 0;
}
