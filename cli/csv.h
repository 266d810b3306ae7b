#ifndef LH_CLI_CSV_H
#define LH_CLI_CSV_H

/*
 * Comma-separated values (RFC 4180) from a file, plain, gzip or zstd, one record at a time.
 *
 *  1. The first record names the columns: no name is empty or stands twice.
 *  2. A line ends with LF or CRLF. A quoted field may hold commas, line ends and quotes (doubled);
 *     a field that does not begin with a quote holds none.
 *  3. Text is UTF-8 without NUL; a byte order mark in front is skipped, and so are empty lines.
 *  4. What breaks these rules ends the reading. A record with too many or too few fields does not:
 *     the caller sees its count.
 */

#include "crypto/base/buf.h"

enum {
    LH_CSV_COLUMNS_MAX = 256,
    LH_CSV_RECORD_MAX = 1024 * 1024, /* bytes */
};

struct lh_csv;

/* Borrowed until the next one is read. */
struct lh_csv_record {
    uint64_t line; /* where it begins, from 1 */
    size_t count;
    const struct lh_bytes *fields;
};

/**
 * Open `path` ("-": standard input) and read the names of the columns.
 * LH_ERR_NOT_FOUND, LH_ERR_IO; LH_ERR_INVALID begins with "PATH:LINE: ".
 */
enum lh_code lh_csv_open(struct lh_csv **out, const char *path, struct lh_err *err) LH_MUST_CHECK;
void lh_csv_close(struct lh_csv *csv);
/** The columns' names; valid until close. */
const struct lh_csv_record *lh_csv_header(const struct lh_csv *csv);
/**
 * The next record; `*out_has` is false at the end of the file. LH_ERR_INVALID begins with
 * "PATH:LINE: " and never repeats a value; LH_ERR_IO.
 */
enum lh_code lh_csv_next(struct lh_csv *csv, struct lh_csv_record *out, bool *out_has,
                         struct lh_err *err) LH_MUST_CHECK;

#endif
