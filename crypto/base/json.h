#ifndef LH_BASE_JSON_H
#define LH_BASE_JSON_H

/*
 * JSON, written once from front to back into a buffer, for programs that link no JSON library.
 * Names are our own ASCII constants. Text from outside is made safe for any reader and terminal:
 * what is not UTF-8 becomes U+FFFD, and control, bidi and zero-width characters are escaped.
 */

#include "crypto/base/buf.h"

struct lh_json {
    struct lh_buf *out;
    bool is_first; /* nothing stands yet in the innermost object or array */
};

/** Write into `out`, which outlives the writer. Failures stay in the buffer (lh_buf_check). */
struct lh_json lh_json_of(LH_KEEPS struct lh_buf *out);
/* `name` is NULL inside arrays and for the outermost value. */
void lh_json_begin_object(struct lh_json *json, const char *name);
void lh_json_end_object(struct lh_json *json);
void lh_json_begin_array(struct lh_json *json, const char *name);
void lh_json_end_array(struct lh_json *json);
void lh_json_add_text(struct lh_json *json, const char *name, struct lh_bytes text);
/** A number below 2^53; a larger one as a string of digits, so that no reader rounds it. */
void lh_json_add_u64(struct lh_json *json, const char *name, uint64_t value);
void lh_json_add_bool(struct lh_json *json, const char *name, bool value);
void lh_json_add_null(struct lh_json *json, const char *name);

/** Append `text` with the same escapes and no quotes, for lines on a terminal. */
void lh_text_add_safe(struct lh_buf *out, struct lh_bytes text);

#endif
