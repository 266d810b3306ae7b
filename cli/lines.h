#ifndef LH_CLI_LINES_H
#define LH_CLI_LINES_H

/*
 * The lines of a file, plain, gzip or zstd, one at a time. A line ends with LF or CRLF, the last
 * one with the file too; a byte order mark in front is skipped, and so are lines of nothing but
 * spaces and tabs.
 */

#include "crypto/base/buf.h"

enum { LH_LINE_MAX = 1024 * 1024 /* bytes */ };

struct lh_lines;

/** Open `path` ("-": standard input). As lh_unpack_open. */
enum lh_code lh_lines_open(struct lh_lines **out, const char *path,
                           struct lh_err *err) LH_MUST_CHECK;
void lh_lines_close(struct lh_lines *lines);
/**
 * The next line without its end, borrowed until the one after it, and its number from 1; `*out_has`
 * is false behind the last. LH_ERR_INVALID ("PATH:LINE: ") beyond LH_LINE_MAX; LH_ERR_IO.
 */
enum lh_code lh_lines_next(struct lh_lines *lines, struct lh_bytes *out, uint64_t *out_number,
                           bool *out_has, struct lh_err *err) LH_MUST_CHECK;

#endif
