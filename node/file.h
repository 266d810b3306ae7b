#ifndef LH_NODE_FILE_H
#define LH_NODE_FILE_H

/* Small files that people put there: read whole, and only if they are files. */

#include "crypto/base/buf.h"

/**
 * Add the content of a file of at most `len_max` bytes. LH_ERR_NOT_FOUND; LH_ERR_INVALID: a pipe, a
 * device, a directory; LH_ERR_LIMIT; LH_ERR_IO. Every error names the file.
 */
enum lh_code lh_small_file_read(struct lh_buf *out, const char *path, size_t len_max,
                                struct lh_err *err) LH_MUST_CHECK;

#endif
