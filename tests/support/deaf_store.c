/*
 * A node that does not hear when a write to its store fails, for the control of the fault tests.
 * Linked with --wrap, as no_sync.c.
 */

#include <rocksdb/c.h>

#include <stddef.h>

void __real_rocksdb_write(rocksdb_t *db, const rocksdb_writeoptions_t *options,
                          rocksdb_writebatch_t *batch, char **msg);
void __wrap_rocksdb_write(rocksdb_t *db, const rocksdb_writeoptions_t *options,
                          rocksdb_writebatch_t *batch, char **msg);
void __wrap_rocksdb_write(rocksdb_t *db, const rocksdb_writeoptions_t *options,
                          rocksdb_writebatch_t *batch, char **msg)
{
    __real_rocksdb_write(db, options, batch, msg);
    if (*msg != NULL) {
        rocksdb_free(*msg);
        *msg = NULL;
    }
}
