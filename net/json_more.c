#include "net/json_more.h"

#include "crypto/base/time.h"
#include "crypto/text.h"

static void begin_value(struct lh_json *json, const char *name)
{
    if (!json->is_first) {
        lh_buf_add_u8(json->out, ',');
    }
    json->is_first = false;
    if (name != NULL) {
        lh_buf_add_u8(json->out, '"');
        lh_buf_add_text(json->out, name);
        lh_buf_add_text(json->out, "\":");
    }
}

void lh_json_add_string(struct lh_json *json, const char *name, const char *text)
{
    lh_json_add_text(json, name, lh_bytes_of_text(text));
}

void lh_json_add_hex(struct lh_json *json, const char *name, struct lh_bytes bytes)
{
    begin_value(json, name);
    lh_buf_add_u8(json->out, '"');
    lh_hex_add(json->out, bytes);
    lh_buf_add_u8(json->out, '"');
}

void lh_json_add_base64(struct lh_json *json, const char *name, struct lh_bytes bytes)
{
    begin_value(json, name);
    lh_buf_add_u8(json->out, '"');
    lh_base64_add(json->out, bytes);
    lh_buf_add_u8(json->out, '"');
}

void lh_json_add_time(struct lh_json *json, const char *name, int64_t unix_ms)
{
    char text[LH_TIME_TEXT_SIZE];

    lh_time_format_utc(text, unix_ms);
    lh_json_add_string(json, name, text);
}

void lh_json_add_own_text(struct lh_json *json, const char *name, struct lh_bytes text)
{
    size_t start = 0; /* of the run that needs no escape */

    begin_value(json, name);
    lh_buf_add_u8(json->out, '"');
    for (size_t at = 0; at < text.len; at++) {
        uint8_t byte = text.data[at];

        if (byte >= 0x20 && byte != '"' && byte != '\\') {
            continue;
        }
        lh_buf_add(json->out, lh_bytes_of(text.data + start, at - start));
        if (byte == '\n') {
            lh_buf_add_text(json->out, "\\n");
        } else {
            lh_buf_add_format(json->out, "\\u%04x", byte);
        }
        start = at + 1;
    }
    if (start < text.len) {
        lh_buf_add(json->out, lh_bytes_of(text.data + start, text.len - start));
    }
    lh_buf_add_u8(json->out, '"');
}

void lh_json_add_raw(struct lh_json *json, const char *name, struct lh_bytes value)
{
    begin_value(json, name);
    lh_buf_add(json->out, value);
}
