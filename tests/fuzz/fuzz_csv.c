/* Tables to import, plain or gzip: every record is UTF-8 without NUL, and lines only count up. */
#include "cli/csv.h"

#include "crypto/base/assert.h"
#include "tests/support/fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(const struct lh_csv_record *record)
{
    lh_assert(record->count >= 1 && record->count <= LH_CSV_COLUMNS_MAX);
    for (size_t i = 0; i < record->count; i++) {
        struct lh_bytes field = record->fields[i];

        lh_assert(field.len == 0 || memchr(field.data, 0, field.len) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(0, lh_bytes_of(data, size));
    struct lh_err err = LH_ERR_NONE;
    struct lh_csv_record record;
    struct lh_csv *csv = NULL;
    uint64_t line = 0;
    bool has = true;

    enum lh_code rc = lh_csv_open(&csv, path, &err);
    if (rc == LH_OK) {
        check_record(lh_csv_header(csv));
        line = lh_csv_header(csv)->line;
    }
    while (rc == LH_OK && has) {
        rc = lh_csv_next(csv, &record, &has, &err);
        if (rc == LH_OK && has) {
            check_record(&record);
            lh_assert(record.line > line);
            line = record.line;
        }
    }
    lh_assert(rc == LH_OK || rc == LH_ERR_INVALID || rc == LH_ERR_IO); /* IO: damaged gzip */
    lh_assert(rc == LH_OK || strncmp(err.text, path, strlen(path)) == 0);
    lh_csv_close(csv);
    return 0;
}
