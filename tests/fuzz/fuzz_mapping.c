/*
 * Maps, and tables under them: the text of a map, a NUL, the text of a table. Every record becomes
 * an event or a refusal that begins with a pointer; the same record becomes the same event.
 */
#include "cli/mapping.h"

#include "crypto/base/assert.h"
#include "tests/support/fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum lh_code map_fn(const struct lh_mapping *mapping, struct lh_mapped *out,
                            const struct lh_mapping_scope *scope,
                            const struct lh_csv_record *record, struct lh_err *err);

static void check_record(const struct lh_mapping *mapping, const struct lh_mapping_scope *scope,
                         const struct lh_csv_record *record, map_fn *map)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_mapped first;
    struct lh_mapped second;
    enum lh_code rc = map(mapping, &first, scope, record, &err);

    lh_assert(rc == LH_OK || rc == LH_ERR_INVALID);
    if (rc != LH_OK) {
        lh_assert(err.text[0] == '/' || err.text[0] == ':');
        return;
    }
    lh_assert(map(mapping, &second, scope, record, &err) == LH_OK);
    lh_assert(json_equal(first.event, second.event));
    json_decref(first.event);
    json_decref(second.event);
}

static void check_table(struct lh_mapping *mapping, const struct lh_mapping_scope *scope,
                        struct lh_csv *csv)
{
    struct lh_csv_record record;
    bool has = true;

    if (lh_mapping_bind(mapping, lh_csv_header(csv), NULL) != LH_OK) {
        return;
    }
    while (lh_csv_next(csv, &record, &has, NULL) == LH_OK && has) {
        if (record.count != lh_csv_header(csv)->count) {
            continue;
        }
        check_record(mapping, scope, &record, lh_mapping_row);
        if (lh_mapping_has_cases(mapping)) {
            check_record(mapping, scope, &record, lh_mapping_case);
        }
    }
}

/* The columns that a map names: each once, and none without a name. */
static void check_own(struct lh_mapping *mapping)
{
    struct lh_csv_record own;

    if (lh_mapping_bind_own(mapping, &own, NULL) != LH_OK) {
        return;
    }
    for (size_t i = 0; i < own.count; i++) {
        lh_assert(own.fields[i].len > 0);
        for (size_t j = 0; j < i; j++) {
            lh_assert(!lh_bytes_is_equal(own.fields[i], own.fields[j]));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
    size_t map_len = nul != NULL ? (size_t)(nul - data) : size;
    size_t taken = nul != NULL ? map_len + 1 : size;
    struct lh_mapping_scope scope = { .department = "gaj" };
    struct lh_secret salt = { .bytes = { 1 }, .len = LH_MAPPING_SALT_SIZE };
    struct lh_mapping *mapping = NULL;
    struct lh_csv *csv = NULL;

    if (lh_mapping_open(&mapping, fuzz_file(0, lh_bytes_of(data, map_len)), NULL) != LH_OK) {
        return 0;
    }
    lh_assert(lh_suite_new(&scope.suite, LH_SUITE_W, NULL) == LH_OK);
    scope.salt = lh_mapping_is_salted(mapping) ? &salt : NULL;
    (void)lh_mapping_has_steps(mapping);
    check_own(mapping);
    if (lh_csv_open(&csv, fuzz_file(1, lh_bytes_of(data + taken, size - taken)), NULL) == LH_OK) {
        check_table(mapping, &scope, csv);
        lh_csv_close(csv);
    }
    lh_suite_free(scope.suite);
    lh_mapping_close(mapping);
    return 0;
}
