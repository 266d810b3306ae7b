#ifndef LH_LEDGER_MANIFEST_H
#define LH_LEDGER_MANIFEST_H

/*
 * A MANIFEST of RocksDB that a power cut damaged: where to cut it.
 *
 * The file is a log of edits, each synced before anything relies on it. On a file system that lets
 * a file's length grow before its content, the last edit may be there with holes in it; RocksDB
 * then refuses the file, and takes one that ends before that edit. Whether the store is still whole
 * is not judged here: opening it judges it against the guard.
 */

#include "crypto/base/bytes.h"

/**
 * Where the first record stands that does not hold. False: all of them hold, or the first one does
 * not, and nothing would be left.
 */
bool lh_manifest_find_damage(size_t *out, struct lh_bytes content);

#endif
