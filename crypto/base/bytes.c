#include "crypto/base/bytes.h"

#include <string.h>

struct lh_bytes lh_bytes_of(const void *data, size_t len)
{
    return (struct lh_bytes){ .data = data, .len = len };
}

struct lh_bytes lh_bytes_of_text(const char *text)
{
    return text == NULL ? LH_BYTES_EMPTY : lh_bytes_of(text, strlen(text));
}

bool lh_bytes_is_equal(struct lh_bytes a, struct lh_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int lh_bytes_compare(struct lh_bytes a, struct lh_bytes b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

bool lh_bytes_is_zero(struct lh_bytes bytes)
{
    uint8_t seen = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        seen |= bytes.data[i];
    }
    return seen == 0;
}

/* Length of the sequence that `lead` opens, and the payload bits it brings; 0 if it opens none. */
static size_t utf8_open(uint8_t lead, uint32_t *out_bits)
{
    if (lead < 0x80) {
        *out_bits = lead;
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        *out_bits = lead & 0x1fU;
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *out_bits = lead & 0x0fU;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *out_bits = lead & 0x07U;
        return 4;
    }
    return 0;
}

/* The character at *at, which moves behind it; false if no well-formed one stands there. */
static bool utf8_next(struct lh_bytes bytes, size_t *at, uint32_t *out_code)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t code = 0;
    size_t len = utf8_open(bytes.data[*at], &code);

    if (len == 0 || len > bytes.len - *at) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        uint8_t next = bytes.data[*at + i];
        if ((next & 0xc0U) != 0x80) {
            return false;
        }
        code = (code << 6) | (next & 0x3fU);
    }
    if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return false;
    }
    *at += len;
    *out_code = code;
    return true;
}

/* spec ledger.md 2: "no text holds U+0000 to U+001F, U+007F to U+009F, U+061C, U+200B to U+200F,
 * U+2028 to U+202E, U+2060 to U+206F, U+FDD0 to U+FDEF, U+FEFF, or a code point that ends in FFFE
 * or FFFF" */
static bool is_clean_codepoint(uint32_t code)
{
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) {
        return false;
    }
    if (code == 0x061c || (code >= 0x200b && code <= 0x200f) ||
        (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
        code == 0xfeff) {
        return false; /* invisible, line-breaking or direction-changing */
    }
    return (code & 0xfffe) != 0xfffe && !(code >= 0xfdd0 && code <= 0xfdef);
}

bool lh_bytes_is_utf8(struct lh_bytes bytes)
{
    uint32_t code;

    for (size_t at = 0; at < bytes.len;) {
        if (!utf8_next(bytes, &at, &code)) {
            return false;
        }
    }
    return true;
}

bool lh_bytes_is_clean_text(struct lh_bytes bytes)
{
    uint32_t code;

    for (size_t at = 0; at < bytes.len;) {
        if (bytes.data[at] >= 0x20 && bytes.data[at] < 0x7f) { /* most of it */
            at++;
        } else if (!utf8_next(bytes, &at, &code) || !is_clean_codepoint(code)) {
            return false;
        }
    }
    return true;
}

struct lh_reader lh_reader_of(struct lh_bytes bytes)
{
    return (struct lh_reader){ .rest = bytes, .failed = false };
}

struct lh_bytes lh_read_view(struct lh_reader *reader, size_t len)
{
    struct lh_bytes view = LH_BYTES_EMPTY;

    if (reader->failed || len > reader->rest.len) {
        reader->failed = true;
        return view;
    }
    view = lh_bytes_of(reader->rest.data, len);
    if (len > 0) {
        reader->rest.data += len;
        reader->rest.len -= len;
    }
    return view;
}

void lh_read_into(struct lh_reader *reader, void *out, size_t len)
{
    struct lh_bytes view = lh_read_view(reader, len);

    memset(out, 0, len);
    if (!reader->failed && len > 0) {
        memcpy(out, view.data, len);
    }
}

uint8_t lh_read_u8(struct lh_reader *reader)
{
    uint8_t in[1];

    lh_read_into(reader, in, sizeof in);
    return in[0];
}

uint16_t lh_read_u16(struct lh_reader *reader)
{
    uint8_t in[2];

    lh_read_into(reader, in, sizeof in);
    return (uint16_t)((in[0] << 8) | in[1]);
}

uint32_t lh_read_u32(struct lh_reader *reader)
{
    uint32_t high = lh_read_u16(reader);

    return (high << 16) | lh_read_u16(reader);
}

uint64_t lh_read_u64(struct lh_reader *reader)
{
    uint64_t high = lh_read_u32(reader);

    return (high << 32) | lh_read_u32(reader);
}

bool lh_reader_is_done(const struct lh_reader *reader)
{
    return !reader->failed && reader->rest.len == 0;
}

void lh_put_u16(uint8_t out[2], uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

void lh_put_u32(uint8_t out[4], uint32_t value)
{
    lh_put_u16(out, (uint16_t)(value >> 16));
    lh_put_u16(out + 2, (uint16_t)value);
}

void lh_put_u64(uint8_t out[8], uint64_t value)
{
    lh_put_u32(out, (uint32_t)(value >> 32));
    lh_put_u32(out + 4, (uint32_t)value);
}

bool lh_add_size(size_t *out, size_t a, size_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

bool lh_mul_size(size_t *out, size_t a, size_t b)
{
    return !__builtin_mul_overflow(a, b, out);
}

bool lh_add_u64(uint64_t *out, uint64_t a, uint64_t b)
{
    return !__builtin_add_overflow(a, b, out);
}
