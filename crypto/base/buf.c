#include "crypto/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST_CAPACITY = 64, FORMAT_ROOM = 48 };

void lh_buf_clear(struct lh_buf *buf)
{
    free(buf->data);
    *buf = (struct lh_buf)LH_BUF_EMPTY;
}

void lh_buf_reset(struct lh_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data != NULL) {
        buf->data[0] = 0;
    }
}

void lh_buf_truncate(struct lh_buf *buf, size_t len)
{
    if (buf->len > len) {
        buf->len = len;
        buf->data[len] = 0;
    }
}

uint8_t *lh_buf_reserve(struct lh_buf *buf, size_t more)
{
    size_t needed;
    size_t capacity = buf->capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : buf->capacity;
    uint8_t *grown;

    if (buf->failed || !lh_add_size(&needed, buf->len, more) || !lh_add_size(&needed, needed, 1)) {
        buf->failed = true;
        return NULL;
    }
    if (needed <= buf->capacity) {
        return buf->data + buf->len;
    }
    while (capacity < needed) {
        if (!lh_mul_size(&capacity, capacity, 2)) {
            buf->failed = true;
            return NULL;
        }
    }
    grown = realloc(buf->data, capacity);
    if (grown == NULL) {
        buf->failed = true;
        return NULL;
    }
    buf->data = grown;
    buf->capacity = capacity;
    return buf->data + buf->len;
}

void lh_buf_add(struct lh_buf *buf, struct lh_bytes bytes)
{
    uint8_t *room = lh_buf_reserve(buf, bytes.len);

    if (room == NULL) {
        return;
    }
    if (bytes.len > 0) {
        memcpy(room, bytes.data, bytes.len);
    }
    buf->len += bytes.len;
    buf->data[buf->len] = 0;
}

void lh_buf_add_u8(struct lh_buf *buf, uint8_t value)
{
    lh_buf_add(buf, lh_bytes_of(&value, 1));
}

void lh_buf_add_u16(struct lh_buf *buf, uint16_t value)
{
    uint8_t out[2];

    lh_put_u16(out, value);
    lh_buf_add(buf, lh_bytes_of(out, sizeof out));
}

void lh_buf_add_u32(struct lh_buf *buf, uint32_t value)
{
    uint8_t out[4];

    lh_put_u32(out, value);
    lh_buf_add(buf, lh_bytes_of(out, sizeof out));
}

void lh_buf_add_u64(struct lh_buf *buf, uint64_t value)
{
    uint8_t out[8];

    lh_put_u64(out, value);
    lh_buf_add(buf, lh_bytes_of(out, sizeof out));
}

void lh_buf_add_text(struct lh_buf *buf, const char *text)
{
    lh_buf_add(buf, lh_bytes_of_text(text));
}

void lh_buf_add_format(struct lh_buf *buf, const char *format, ...)
{
    va_list args;
    uint8_t *room = lh_buf_reserve(buf, FORMAT_ROOM); /* enough for most, printed once then */
    int len;

    if (room == NULL) {
        return;
    }
    va_start(args, format);
    len = vsnprintf((char *)room, FORMAT_ROOM + 1, format, args);
    va_end(args);
    if (len > FORMAT_ROOM) {
        room = lh_buf_reserve(buf, (size_t)len);
        if (room == NULL) {
            buf->data[buf->len] = 0;
            return;
        }
        va_start(args, format);
        len = vsnprintf((char *)room, (size_t)len + 1, format, args);
        va_end(args);
    }
    if (len < 0) {
        buf->failed = true;
        buf->data[buf->len] = 0;
        return;
    }
    buf->len += (size_t)len;
}

struct lh_bytes lh_buf_bytes(const struct lh_buf *buf)
{
    return lh_bytes_of(buf->data, buf->len);
}

const char *lh_buf_text(const struct lh_buf *buf)
{
    return buf->data == NULL ? "" : (const char *)buf->data;
}

enum lh_code lh_buf_check(const struct lh_buf *buf, struct lh_err *err)
{
    return buf->failed ? lh_err_set(err, LH_ERR_NOMEM, "out of memory") : LH_OK;
}
