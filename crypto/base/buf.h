#ifndef LH_BASE_BUF_H
#define LH_BASE_BUF_H

/*
 * Bytes that we own and that grow. A buffer that could not grow stays failed: further additions
 * do nothing, and lh_buf_check reports it once at the end, so that a writer reads like the
 * format it writes.
 */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

struct lh_buf {
    uint8_t *data; /* NUL-terminated behind len, for text */
    size_t len;
    size_t capacity;
    bool failed;
};

#define LH_BUF_EMPTY                                                                               \
    {                                                                                              \
        .data = NULL, .len = 0, .capacity = 0, .failed = false                                     \
    }

/** Give the storage back; the buffer is empty and reusable. */
void lh_buf_clear(struct lh_buf *buf);
/** Forget the content, keep the storage (and clear a failure). */
void lh_buf_reset(struct lh_buf *buf);
/** Take back what stands behind the first `len` bytes, if there is more. */
void lh_buf_truncate(struct lh_buf *buf, size_t len);
/** Make room for `more` bytes behind len; NULL on failure. The caller adds to len what it used. */
uint8_t *lh_buf_reserve(struct lh_buf *buf, size_t more);
void lh_buf_add(struct lh_buf *buf, struct lh_bytes bytes);
void lh_buf_add_u8(struct lh_buf *buf, uint8_t value);
void lh_buf_add_u16(struct lh_buf *buf, uint16_t value);
void lh_buf_add_u32(struct lh_buf *buf, uint32_t value);
void lh_buf_add_u64(struct lh_buf *buf, uint64_t value);
void lh_buf_add_text(struct lh_buf *buf, const char *text);
void lh_buf_add_format(struct lh_buf *buf, const char *format, ...) LH_PRINTF(2, 3);
/** View of the content; valid until the buffer changes. */
struct lh_bytes lh_buf_bytes(const struct lh_buf *buf);
/** Content as a C string (never NULL). Valid until the buffer changes. */
const char *lh_buf_text(const struct lh_buf *buf);
/** LH_OK, or LH_ERR_NOMEM if any addition failed. */
enum lh_code lh_buf_check(const struct lh_buf *buf, struct lh_err *err) LH_MUST_CHECK;

#endif
