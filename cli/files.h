#ifndef LH_CLI_FILES_H
#define LH_CLI_FILES_H

/*
 * Files of the command line: read whole, or written so that a reader sees the old content or the
 * new, never half of it. "-" is standard input.
 */

#include "crypto/base/buf.h"

enum {
    LH_FILE_SMALL_MAX = 1024 * 1024,
    LH_FILE_EVENTS_MAX = 256 * 1024 * 1024,
};

/** Replace `out` by the content. LH_ERR_NOT_FOUND, LH_ERR_LIMIT (over `max`), LH_ERR_IO. */
enum lh_code lh_file_read(struct lh_buf *out, const char *path, size_t max,
                          struct lh_err *err) LH_MUST_CHECK;
/** Make a new file, synced. LH_ERR_CONFLICT if it exists, LH_ERR_IO. */
enum lh_code lh_file_write_new(const char *path, struct lh_bytes content, unsigned mode,
                               struct lh_err *err) LH_MUST_CHECK;
/** Put a file in the place of whatever is there, in one step, synced. */
enum lh_code lh_file_replace(const char *path, struct lh_bytes content, unsigned mode,
                             struct lh_err *err) LH_MUST_CHECK;
bool lh_file_exists(const char *path);
/**
 * Does `path` lead into the directory `dir`, or to it? Neither has to be there: what is there is
 * followed through symbolic links, and the rest is taken as it is written. LH_ERR_IO.
 */
enum lh_code lh_path_is_within(bool *out, const char *path, const char *dir,
                               struct lh_err *err) LH_MUST_CHECK;
/** Make a directory and its parents; an existing one is fine. New ones get `mode`. */
enum lh_code lh_dir_make(const char *path, unsigned mode, struct lh_err *err) LH_MUST_CHECK;

/* A file written bit by bit, in place only when it is whole. What is no file (a pipe, a device) and
 * "-" are written to as they are. */
struct lh_file_writer {
    int fd;
    struct lh_buf path;
    struct lh_buf temporary; /* empty: written to directly */
};
enum lh_code lh_file_writer_open(struct lh_file_writer *out, const char *path, unsigned mode,
                                 struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_file_writer_add(struct lh_file_writer *writer, struct lh_bytes bytes,
                                struct lh_err *err) LH_MUST_CHECK;
/** Sync and move into place. The writer is closed in every case. */
enum lh_code lh_file_writer_finish(struct lh_file_writer *writer, struct lh_err *err) LH_MUST_CHECK;
/** Give up: nothing of it stays. Fine after finish. */
void lh_file_writer_drop(struct lh_file_writer *writer);

#endif
