/* Events to import, one JSON object a line: every line is kept or rejected, and numbers count up.
 */
#include "cli/importing.h"
#include "cli/lines.h"

#include "crypto/base/assert.h"
#include "tests/support/fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines of the file, or false when it cannot be read to its end. */
static bool count_lines(const char *path, uint64_t *out_count)
{
    struct lh_lines *lines = NULL;
    struct lh_bytes text;
    uint64_t last = 0;
    uint64_t number = 0;
    bool has = true;
    enum lh_code rc = lh_lines_open(&lines, path, NULL);

    *out_count = 0;
    while (rc == LH_OK && has) {
        rc = lh_lines_next(lines, &text, &number, &has, NULL);
        if (rc == LH_OK && has) {
            lh_assert(number > last);
            lh_assert(text.len > 0 && text.len <= LH_LINE_MAX);
            lh_assert(memchr(text.data, '\n', text.len) == NULL);
            last = number;
            *out_count += 1;
        }
    }
    lh_lines_close(lines);
    return rc == LH_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(0, lh_bytes_of(data, size));
    const struct lh_mapping_scope scope = { .department = "gaj" };
    struct lh_cli cli = { .lang = LH_LANG_EN };
    struct lh_importing importing;
    uint64_t count = 0;
    bool is_whole = count_lines(path, &count);

    enum lh_code rc = lh_importing_init(&importing, &cli, NULL, &scope, NULL);
    lh_assert(rc == LH_OK);
    rc = lh_importing_read_ndjson(&importing, path, NULL);
    lh_assert((rc == LH_OK) == is_whole);
    if (rc == LH_OK) {
        lh_assert(importing.row_count == count);
        lh_assert(importing.good_count + lh_importing_rejected(&importing) == count);
    }
    lh_importing_clear(&importing);
    return 0;
}
