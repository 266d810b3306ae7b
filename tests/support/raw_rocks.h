#ifndef LH_TESTS_RAW_ROCKS_H
#define LH_TESTS_RAW_ROCKS_H

/*
 * A closed RocksDB store, written past all rules of store.h: what somebody does who has the disk
 * and RocksDB's own tools. Failures abort.
 */

#include "crypto/base/bytes.h"

/** Put a value into a column family of the store at `path`. */
void raw_rocks_put(const char *path, const char *family, struct lh_bytes key,
                   struct lh_bytes value);

#endif
