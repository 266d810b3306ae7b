#ifndef LH_CLI_REJECTS_H
#define LH_CLI_REJECTS_H

/*
 * What of a file could not be taken in, beside the file: FILE.rejects.ndjson, one object a line
 * with "line", "pointer" (into the event), "reason" and, from the node, "code". No value is
 * repeated.
 */

#include "crypto/base/buf.h"

enum { LH_REJECTS_SHOWN = 10 };

struct lh_rejects {
    const char
        *path; /* of the file; "-": standard input, whose rejects go to stdin.rejects.ndjson */
    size_t count;
    struct lh_buf lines;
    struct lh_buf first; /* LH_REJECTS_SHOWN of them for people: "FILE:LINE: POINTER: reason" */
};

void lh_rejects_init(struct lh_rejects *rejects, LH_KEEPS const char *path);
void lh_rejects_clear(struct lh_rejects *rejects);
/** `code` may be "". */
void lh_rejects_add(struct lh_rejects *rejects, uint64_t line, const char *pointer,
                    const char *code, const char *reason);
/** The same from an error of ours: "/item: words", "staff: words", or words alone. */
void lh_rejects_add_err(struct lh_rejects *rejects, uint64_t line, const struct lh_err *why);
/**
 * Put the file in the place of one of an earlier run; when nothing was rejected, take that one
 * away. `out_path` (may be NULL) gets its name. LH_ERR_IO.
 */
enum lh_code lh_rejects_save(const struct lh_rejects *rejects, struct lh_buf *out_path,
                             struct lh_err *err) LH_MUST_CHECK;

#endif
