/*
 * A node that does not sync, for the tests that must notice it: linked in front of the real
 * functions with --wrap, so that no product source knows about it. See tests/system/CMakeLists.txt.
 */

#include <rocksdb/c.h>

/* The guard's sync. */
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    (void)fd;
    return 0;
}

/* The write-ahead log's: the store asks for it, and does not get it. */
void __wrap_rocksdb_writeoptions_set_sync(rocksdb_writeoptions_t *options, unsigned char is_on);
void __wrap_rocksdb_writeoptions_set_sync(rocksdb_writeoptions_t *options, unsigned char is_on)
{
    (void)options;
    (void)is_on;
}
