/*
 * A node whose store changes files every few blocks instead of every few ten thousand entries: new
 * logs, table files, manifests, compactions and removed logs then happen inside a short test.
 * Linked with --wrap, as no_sync.c.
 */

#include <rocksdb/c.h>

#include <stddef.h>
#include <stdint.h>

enum { TABLE_BYTES = 64 * 1024, TABLES_BYTES = 512 * 1024, LOG_BYTES = 256 * 1024 };

void __real_rocksdb_options_set_write_buffer_size(rocksdb_options_t *options, size_t size);
void __wrap_rocksdb_options_set_write_buffer_size(rocksdb_options_t *options, size_t size);
void __wrap_rocksdb_options_set_write_buffer_size(rocksdb_options_t *options, size_t size)
{
    __real_rocksdb_options_set_write_buffer_size(options, size < TABLE_BYTES ? size : TABLE_BYTES);
}

void __real_rocksdb_options_set_db_write_buffer_size(rocksdb_options_t *options, size_t size);
void __wrap_rocksdb_options_set_db_write_buffer_size(rocksdb_options_t *options, size_t size);
void __wrap_rocksdb_options_set_db_write_buffer_size(rocksdb_options_t *options, size_t size)
{
    __real_rocksdb_options_set_db_write_buffer_size(options,
                                                    size < TABLES_BYTES ? size : TABLES_BYTES);
}

void __real_rocksdb_options_set_max_total_wal_size(rocksdb_options_t *options, uint64_t size);
void __wrap_rocksdb_options_set_max_total_wal_size(rocksdb_options_t *options, uint64_t size);
void __wrap_rocksdb_options_set_max_total_wal_size(rocksdb_options_t *options, uint64_t size)
{
    __real_rocksdb_options_set_max_total_wal_size(options, size < LOG_BYTES ? size : LOG_BYTES);
}
