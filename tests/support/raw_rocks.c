#include "tests/support/raw_rocks.h"

#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(const char *error)
{
    if (error != NULL) {
        fprintf(stderr, "raw rocks: %s\n", error);
        abort();
    }
}

static const char *text_of(struct lh_bytes bytes)
{
    return (const char *)bytes.data;
}

void raw_rocks_put(const char *path, const char *family, struct lh_bytes key, struct lh_bytes value)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_writeoptions_t *write = rocksdb_writeoptions_create();
    char *error = NULL;
    size_t count = 0;
    size_t chosen = SIZE_MAX;
    char **names = rocksdb_list_column_families(options, path, &count, &error);

    check(error);
    const rocksdb_options_t **each = calloc(count, sizeof(const rocksdb_options_t *));
    rocksdb_column_family_handle_t **handles =
        calloc(count, sizeof(rocksdb_column_family_handle_t *));
    check(each == NULL || handles == NULL ? "no memory" : NULL);
    for (size_t i = 0; i < count; i++) {
        each[i] = options;
        chosen = strcmp(names[i], family) == 0 ? i : chosen;
    }
    check(chosen == SIZE_MAX ? "no such column family" : NULL);
    rocksdb_t *db =
        rocksdb_open_column_families(options, path, (int)count, (const char *const *)names,
                                     (const rocksdb_options_t *const *)each, handles, &error);
    check(error);
    rocksdb_writeoptions_set_sync(write, 1);
    rocksdb_put_cf(db, write, handles[chosen], text_of(key), key.len, text_of(value), value.len,
                   &error);
    check(error);
    for (size_t i = 0; i < count; i++) {
        rocksdb_column_family_handle_destroy(handles[i]);
    }
    rocksdb_close(db);
    rocksdb_list_column_families_destroy(names, count);
    free(handles);
    free(each);
    rocksdb_writeoptions_destroy(write);
    rocksdb_options_destroy(options);
}
