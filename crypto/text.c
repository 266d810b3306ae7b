#include "crypto/text.h"

#include <string.h>

/* 64 digits; no room for a terminator, because it is not a string. */
static const char BASE64_DIGITS[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789+/";

void lh_hex_format(char *out, struct lh_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 0x0f];
    }
    out[2 * bytes.len] = 0;
}

void lh_hex_add(struct lh_buf *out, struct lh_bytes bytes)
{
    size_t len;
    uint8_t *room;

    if (!lh_mul_size(&len, bytes.len, 2)) {
        out->failed = true;
        return;
    }
    room = lh_buf_reserve(out, len);
    if (room == NULL) {
        return;
    }
    lh_hex_format((char *)room, bytes);
    out->len += len;
}

/* Value of a hex digit; -1 for anything else. */
static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

enum lh_code lh_hex_parse(void *out, size_t len, struct lh_bytes text, struct lh_err *err)
{
    uint8_t *bytes = out;

    if (text.len % 2 != 0 || text.len / 2 != len) {
        return lh_err_set(err, LH_ERR_INVALID, "%zu hex digits where %zu bytes need %zu", text.len,
                          len, 2 * len);
    }
    for (size_t i = 0; i < text.len; i++) {
        if (hex_value(text.data[i]) < 0) {
            return lh_err_set(err, LH_ERR_INVALID, "not a hex digit at position %zu", i);
        }
    }
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(text.data[2 * i]);
        bytes[i] = (uint8_t)(16 * high + hex_value(text.data[2 * i + 1]));
    }
    return LH_OK;
}

void lh_base64_add(struct lh_buf *out, struct lh_bytes bytes)
{
    size_t groups = bytes.len / 3 + (bytes.len % 3 != 0);
    size_t len;
    uint8_t *room;

    if (!lh_mul_size(&len, groups, 4)) {
        out->failed = true;
        return;
    }
    room = lh_buf_reserve(out, len);
    if (room == NULL) {
        return;
    }
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t bits = (uint32_t)bytes.data[i] << 16;

        bits |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        bits |= left > 2 ? bytes.data[i + 2] : 0;
        *room++ = (uint8_t)BASE64_DIGITS[bits >> 18];
        *room++ = (uint8_t)BASE64_DIGITS[bits >> 12 & 0x3f];
        *room++ = left > 1 ? (uint8_t)BASE64_DIGITS[bits >> 6 & 0x3f] : '=';
        *room++ = left > 2 ? (uint8_t)BASE64_DIGITS[bits & 0x3f] : '=';
    }
    out->len += len;
    *room = 0;
}

/* One more than the value of each base64 digit; 0 for anything else, padding included. */
static const uint8_t BASE64_PLACES[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static int base64_value(uint8_t c)
{
    return BASE64_PLACES[c] - 1;
}

/*
 * Decode one group of four characters: 1 to 3 bytes. 0 if it is not the one way to write these
 * bytes: a foreign character, padding in the wrong place, pad bits that are not zero.
 */
static size_t decode_group(uint8_t out[3], const uint8_t in[4])
{
    size_t len = in[3] != '=' ? 3 : in[2] != '=' ? 2 : 1;
    int a = base64_value(in[0]);
    int b = base64_value(in[1]);
    int c = len > 1 ? base64_value(in[2]) : 0;
    int d = len > 2 ? base64_value(in[3]) : 0;

    if (a < 0 || b < 0 || c < 0 || d < 0) {
        return 0;
    }
    if ((len == 1 && (b & 0x0f) != 0) || (len == 2 && (c & 0x03) != 0)) {
        return 0;
    }
    out[0] = (uint8_t)(a << 2 | b >> 4);
    out[1] = (uint8_t)(b << 4 | c >> 2);
    out[2] = (uint8_t)(c << 6 | d);
    return len;
}

enum lh_code lh_base64_measure(size_t *out_len, struct lh_bytes text, struct lh_err *err)
{
    uint8_t group[3];
    size_t total = 0;

    if (text.len % 4 != 0) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "base64 of %zu characters: want whole groups of 4, padded with '='",
                          text.len);
    }
    for (size_t at = 0; at < text.len; at += 4) {
        size_t len = decode_group(group, text.data + at);

        if (len == 0 || (len < 3 && at + 4 != text.len)) {
            return lh_err_set(err, LH_ERR_INVALID, "not canonical base64 near position %zu", at);
        }
        total += len;
    }
    *out_len = total;
    return LH_OK;
}

/* Decode text that has been measured. */
static void decode_measured(uint8_t *out, size_t len, struct lh_bytes text)
{
    uint8_t group[3];

    for (size_t done = 0; done < len; done += 3) {
        size_t count = decode_group(group, text.data + done / 3 * 4);
        memcpy(out + done, group, count);
    }
}

enum lh_code lh_base64_decode(struct lh_buf *out, struct lh_bytes text, struct lh_err *err)
{
    size_t len;
    uint8_t *room;
    enum lh_code rc;

    rc = lh_base64_measure(&len, text, err);
    if (rc != LH_OK) {
        return rc;
    }
    room = lh_buf_reserve(out, len);
    if (room == NULL) {
        return lh_buf_check(out, err);
    }
    decode_measured(room, len, text);
    out->len += len;
    out->data[out->len] = 0;
    return LH_OK;
}

enum lh_code lh_base64_parse(void *out, size_t len, struct lh_bytes text, struct lh_err *err)
{
    size_t found = 0;
    enum lh_code rc;

    rc = lh_base64_measure(&found, text, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (found != len) {
        return lh_err_set(err, LH_ERR_INVALID, "base64 of %zu bytes where %zu are wanted", found,
                          len);
    }
    decode_measured(out, len, text);
    return LH_OK;
}

enum lh_code lh_decimal_parse(uint64_t *out, struct lh_bytes text, struct lh_err *err)
{
    uint64_t value = 0;

    if (text.len == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "no number where a decimal is wanted");
    }
    if (text.len > 1 && text.data[0] == '0') {
        return lh_err_set(err, LH_ERR_INVALID, "a decimal has no leading zero");
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (c < '0' || c > '9') {
            return lh_err_set(err, LH_ERR_INVALID, "not a decimal digit at position %zu", i);
        }
        if (value > ((uint64_t)INT64_MAX - (uint64_t)(c - '0')) / 10) {
            return lh_err_set(err, LH_ERR_INVALID, "a decimal is below 2^63");
        }
        value = value * 10 + (uint64_t)(c - '0');
    }
    *out = value;
    return LH_OK;
}

bool lh_text_next_line(struct lh_bytes *rest, struct lh_bytes *out_line)
{
    const uint8_t *newline = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
    size_t len;

    if (newline == NULL) {
        return false;
    }
    len = (size_t)(newline - rest->data);
    *out_line = lh_bytes_of(rest->data, len);
    rest->data += len + 1;
    rest->len -= len + 1;
    return true;
}
