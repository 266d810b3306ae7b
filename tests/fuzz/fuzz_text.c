/* Hex, base64, decimals and times: what is read is written as it was, or as its canonical form. */
#include "crypto/text.h"

#include "crypto/base/assert.h"
#include "crypto/base/time.h"

#include <inttypes.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_hex(struct lh_bytes text)
{
    struct lh_buf again = LH_BUF_EMPTY;
    uint8_t bytes[64];
    size_t len = text.len / 2;

    if (len <= sizeof bytes && lh_hex_parse(bytes, len, text, NULL) == LH_OK) {
        lh_assert(text.len == 2 * len);
        lh_hex_add(&again, lh_bytes_of(bytes, len));
        for (size_t i = 0; i < text.len; i++) {
            uint8_t lower =
                text.data[i] >= 'A' && text.data[i] <= 'F' ? text.data[i] | 0x20U : text.data[i];
            lh_assert(again.data[i] == lower);
        }
    }
    lh_buf_clear(&again);
}

static void check_base64(struct lh_bytes text)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_buf again = LH_BUF_EMPTY;
    uint8_t exact[64];
    size_t len = 0;
    enum lh_code rc = lh_base64_measure(&len, text, NULL);

    lh_assert(lh_base64_decode(&bytes, text, NULL) == rc);
    if (rc == LH_OK) {
        lh_assert(bytes.len == len);
        lh_base64_add(&again, lh_buf_bytes(&bytes));
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
        if (len <= sizeof exact) {
            lh_assert(lh_base64_parse(exact, len, text, NULL) == LH_OK);
            lh_assert(lh_bytes_is_equal(lh_bytes_of(exact, len), lh_buf_bytes(&bytes)));
        }
    }
    lh_assert(lh_base64_parse(exact, 3, text, NULL) != LH_OK || len == 3);
    lh_buf_clear(&bytes);
    lh_buf_clear(&again);
}

static void check_decimal(struct lh_bytes text)
{
    struct lh_buf again = LH_BUF_EMPTY;
    uint64_t value;

    if (lh_decimal_parse(&value, text, NULL) == LH_OK) {
        lh_assert(value <= INT64_MAX);
        lh_buf_add_format(&again, "%" PRIu64, value);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
    }
    lh_buf_clear(&again);
}

static void check_time(struct lh_bytes text)
{
    char utc[LH_TIME_TEXT_SIZE];
    int64_t first;
    int64_t second;

    if (lh_time_parse(&first, text, NULL) == LH_OK) {
        lh_time_format_utc(utc, first);
        lh_assert(lh_time_parse(&second, lh_bytes_of_text(utc), NULL) == LH_OK);
        lh_assert(first == second);
        lh_assert(lh_time_is_date(lh_time_date_utc8(first)));
        lh_time_format_local(utc, first);
    }
}

static void check_lines(struct lh_bytes text)
{
    struct lh_bytes rest = text;
    struct lh_bytes line;
    size_t len = 0;

    while (lh_text_next_line(&rest, &line)) {
        len += line.len + 1;
    }
    lh_assert(len + rest.len == text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes text = lh_bytes_of(data, size);

    check_hex(text);
    check_base64(text);
    check_decimal(text);
    check_time(text);
    check_lines(text);
    return 0;
}
