#include "crypto/base/json.h"

enum { REPLACEMENT = 0xfffd };

#define EXACT_MAX (((uint64_t)1 << 53) - 1)

/* ---- text -------------------------------------------------------------------------------------
 */

/* Length that a lead byte announces, 0 for none, and the bits it carries. */
static size_t lead_of(uint8_t byte, uint32_t *out_bits)
{
    if (byte < 0x80) {
        *out_bits = byte;
        return 1;
    }
    if (byte >= 0xc2 && byte < 0xe0) {
        *out_bits = byte & 0x1fU;
        return 2;
    }
    if (byte >= 0xe0 && byte < 0xf0) {
        *out_bits = byte & 0x0fU;
        return 3;
    }
    if (byte >= 0xf0 && byte < 0xf5) {
        *out_bits = byte & 0x07U;
        return 4;
    }
    return 0;
}

/* The character at the front and its length; a byte that begins none is U+FFFD of length 1. */
static size_t decode(struct lh_bytes text, uint32_t *out)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t value = 0;
    size_t len = lead_of(text.data[0], &value);

    *out = REPLACEMENT;
    if (len == 0 || len > text.len) {
        return 1;
    }
    for (size_t i = 1; i < len; i++) {
        if ((text.data[i] & 0xc0) != 0x80) {
            return 1;
        }
        value = value << 6 | (text.data[i] & 0x3fU);
    }
    if (value < smallest[len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        return 1;
    }
    *out = value;
    return len;
}

/* Characters that do something to a terminal or hide in a line. */
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static void add_safe(struct lh_buf *out, struct lh_bytes text, bool is_quoted)
{
    while (text.len > 0) {
        uint32_t c;
        size_t len = decode(text, &c);
        if (is_quoted && (c == '"' || c == '\\')) {
            lh_buf_add_u8(out, '\\');
            lh_buf_add_u8(out, (uint8_t)c);
        } else if (c == REPLACEMENT) {
            lh_buf_add_text(out, "\xef\xbf\xbd");
        } else if (is_unsafe(c)) {
            lh_buf_add_format(out, "\\u%04x", (unsigned)c);
        } else {
            lh_buf_add(out, lh_bytes_of(text.data, len));
        }
        text = lh_bytes_of(text.data + len, text.len - len);
    }
}

void lh_text_add_safe(struct lh_buf *out, struct lh_bytes text)
{
    add_safe(out, text, false);
}

/* ---- values -----------------------------------------------------------------------------------
 */

struct lh_json lh_json_of(LH_KEEPS struct lh_buf *out)
{
    return (struct lh_json){ .out = out, .is_first = true };
}

static void begin_value(struct lh_json *json, const char *name)
{
    if (!json->is_first) {
        lh_buf_add_u8(json->out, ',');
    }
    json->is_first = false;
    if (name != NULL) {
        lh_buf_add_format(json->out, "\"%s\":", name);
    }
}

static void open_value(struct lh_json *json, const char *name, uint8_t bracket)
{
    begin_value(json, name);
    lh_buf_add_u8(json->out, bracket);
    json->is_first = true;
}

static void close_value(struct lh_json *json, uint8_t bracket)
{
    lh_buf_add_u8(json->out, bracket);
    json->is_first = false;
}

void lh_json_begin_object(struct lh_json *json, const char *name)
{
    open_value(json, name, '{');
}

void lh_json_end_object(struct lh_json *json)
{
    close_value(json, '}');
}

void lh_json_begin_array(struct lh_json *json, const char *name)
{
    open_value(json, name, '[');
}

void lh_json_end_array(struct lh_json *json)
{
    close_value(json, ']');
}

void lh_json_add_text(struct lh_json *json, const char *name, struct lh_bytes text)
{
    begin_value(json, name);
    lh_buf_add_u8(json->out, '"');
    add_safe(json->out, text, true);
    lh_buf_add_u8(json->out, '"');
}

void lh_json_add_u64(struct lh_json *json, const char *name, uint64_t value)
{
    begin_value(json, name);
    lh_buf_add_format(json->out, value > EXACT_MAX ? "\"%llu\"" : "%llu",
                      (unsigned long long)value);
}

void lh_json_add_bool(struct lh_json *json, const char *name, bool value)
{
    begin_value(json, name);
    lh_buf_add_text(json->out, value ? "true" : "false");
}

void lh_json_add_null(struct lh_json *json, const char *name)
{
    begin_value(json, name);
    lh_buf_add_text(json->out, "null");
}
