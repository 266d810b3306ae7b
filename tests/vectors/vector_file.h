#ifndef LH_TESTS_VECTOR_FILE_H
#define LH_TESTS_VECTOR_FILE_H

/*
 * Vector files: lines of fields with one space between; a line that begins with '#' is a remark.
 * Whatever goes wrong fails the test.
 */

#include "crypto/base/buf.h"

struct vector_file {
    struct lh_buf text;
    struct lh_bytes rest;
};

/** Read tests/vectors/`name` whole. */
void vector_file_open(struct vector_file *file, const char *name);
void vector_file_close(struct vector_file *file);
/** The next line's fields; the last of `count` takes the rest of its line. False at the end. */
bool vector_file_next(struct vector_file *file, struct lh_bytes *fields, size_t count);
/** `field` is this text. */
bool vector_field_is(struct lh_bytes field, const char *text);
/** Bytes of a hex field, "-" for none, into `out`, which is emptied first. Returns a view. */
struct lh_bytes vector_unhex(struct lh_buf *out, struct lh_bytes field);

#endif
