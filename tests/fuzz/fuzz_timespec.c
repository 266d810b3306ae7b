/* Times as people write them: a beginning is never behind its end, whenever "now" is. */
#include "cli/timespec.h"

#include "crypto/base/assert.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t nows[] = { 0, 1795489108123, 951782400000, 1798732799999 };
    char text[65];

    if (size >= sizeof text || (size > 0 && memchr(data, 0, size) != NULL)) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    for (size_t i = 0; i < sizeof nows / sizeof nows[0]; i++) {
        struct lh_err err = LH_ERR_NONE;
        int64_t since;
        int64_t until;
        enum lh_code rc = lh_timespec_parse(&since, text, nows[i], LH_TIMESPEC_SINCE, &err);

        lh_assert(rc == LH_OK || rc == LH_ERR_INVALID);
        lh_assert((rc == LH_OK) == (err.text[0] == '\0'));
        lh_assert(lh_timespec_parse(&until, text, nows[i], LH_TIMESPEC_UNTIL, NULL) == rc);
        lh_assert(rc != LH_OK || since <= until);
    }
    return 0;
}
