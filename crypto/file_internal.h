#ifndef LH_CRYPTO_FILE_INTERNAL_H
#define LH_CRYPTO_FILE_INTERNAL_H

/* Files that hold secrets: ours alone to read, written once, on disk before we say so. */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

/**
 * Read a whole file of at most `max` bytes that belongs to us and that nobody else may touch.
 * LH_ERR_NOT_FOUND; LH_ERR_DENIED for a foreign owner or a mode wider than 0600; LH_ERR_INVALID if
 * it is no regular file or longer than `max`; LH_ERR_IO. The caller wipes `out` in every case.
 */
enum lh_code lh_private_file_read(uint8_t *out, size_t max, size_t *out_len, const char *path,
                                  struct lh_err *err) LH_MUST_CHECK;
/**
 * Write a new file of mode 0600; it and its name are synced. LH_ERR_CONFLICT if something of that
 * name exists; LH_ERR_IO, and then no file is left behind. Whoever ends us in between finds the
 * whole file under `path` or none; PATH.XXXXXX may be left.
 */
enum lh_code lh_private_file_write(const char *path, struct lh_bytes content,
                                   struct lh_err *err) LH_MUST_CHECK;

#endif
