#ifndef LH_NODE_FILE_H
#define LH_NODE_FILE_H

/* Small files that people put there or take away: read whole, and only if they are files; written
 * and removed so that it is so on disk. */

#include "crypto/base/buf.h"

/**
 * Add the content of a file of at most `len_max` bytes. LH_ERR_NOT_FOUND; LH_ERR_INVALID: a pipe, a
 * device, a directory; LH_ERR_LIMIT; LH_ERR_IO. Every error names the file.
 */
enum lh_code lh_small_file_read(struct lh_buf *out, const char *path, size_t len_max,
                                struct lh_err *err) LH_MUST_CHECK;
/**
 * Put the content at `folder`/`name` in the place of whatever is there, synced, in one step: a
 * reader sees all of it or none. LH_ERR_IO names the file.
 */
enum lh_code lh_small_file_put(const char *folder, const char *name, struct lh_bytes content,
                               struct lh_err *err) LH_MUST_CHECK;
/** Bytes that may still be written to the file system of `path`, and how many it has; both 0 where
 * that cannot be had. */
void lh_disk_space(const char *path, uint64_t *out_free, uint64_t *out_total);
/** Remove `folder`/`name`, synced. LH_ERR_IO names the file; that it is not there is one, too. */
enum lh_code lh_small_file_remove(const char *folder, const char *name,
                                  struct lh_err *err) LH_MUST_CHECK;

#endif
