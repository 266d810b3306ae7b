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

static const char map[] = "name = fuzz\npseudonyms = plain\n[row]\ntype = STEP\nsource = fuzz\n"
                          "id = {id}\ntime = {when}\nstaff = {by.who}\nchannel = COUNTER\n"
                          "case = {case}\nstep = {@step}\ndetail.name = {what}\n"
                          "number detail.state = {state|1}\n";

/* `mapping` may be NULL. Without one the run fails exactly when the file cannot be read. */
static void import(const char *path, uint64_t count, bool is_whole, struct lh_mapping *mapping,
                   const struct lh_mapping_scope *scope)
{
    struct lh_cli cli = { .lang = LH_LANG_EN };
    struct lh_importing importing;

    enum lh_code rc = lh_importing_init(&importing, &cli, mapping, scope, NULL);
    lh_assert(rc == LH_OK);
    rc = lh_importing_read_ndjson(&importing, path, NULL);
    lh_assert(mapping != NULL || (rc == LH_OK) == is_whole);
    if (rc == LH_OK) {
        lh_assert(importing.row_count == count);
        lh_assert(importing.good_count + lh_importing_rejected(&importing) == count);
    }
    lh_importing_clear(&importing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(0, lh_bytes_of(data, size));
    struct lh_mapping_scope scope = { .department = "gaj" };
    struct lh_mapping *mapping = NULL;
    uint64_t count = 0;
    bool is_whole = count_lines(path, &count);

    import(path, count, is_whole, NULL, &scope);
    lh_assert(lh_suite_new(&scope.suite, LH_SUITE_W, NULL) == LH_OK);
    lh_assert(lh_mapping_open(&mapping, fuzz_file(1, lh_bytes_of_text(map)), NULL) == LH_OK);
    import(path, count, is_whole, mapping, &scope);
    lh_mapping_close(mapping);
    lh_suite_free(scope.suite);
    return 0;
}
