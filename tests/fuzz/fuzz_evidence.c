/* Evidence from anyone: parsed or refused in words; proven only if its heads are sealed. */
#include "net/evidence.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_evidence_report report;
    struct lh_evidence evidence;
    struct lh_bytes text = lh_bytes_of(data, size);

    if (lh_evidence_parse(&evidence, &store, text, &err) != LH_OK) {
        lh_assert(err.text[0] != '\0');
    } else if (lh_evidence_verify(&report, &evidence, &err) == LH_OK) {
        if (report.rule != NULL) {
            lh_assert(report.index < report.first.size);
        } else {
            lh_assert(report.first.size <= report.second.size);
        }
        lh_assert(lh_evidence_format(&again, &evidence, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
    } else {
        lh_assert(err.text[0] != '\0');
    }
    lh_buf_clear(&again);
    lh_buf_clear(&store);
    return 0;
}
