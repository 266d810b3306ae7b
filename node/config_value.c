#include "node/config_value.h"

#include "crypto/text.h"
#include "ledger/personal.h"

#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    { "GiB", (uint64_t)1 << 30 },
    { "MiB", (uint64_t)1 << 20 },
    { "KiB", (uint64_t)1 << 10 },
    { "B", 1 },
    { "", 1 },
};

/* A bare number has no unit to be guessed, so only 0 may stand alone. */
static const struct unit time_units[] = {
    { "h", 3600000 },
    { "min", 60000 },
    { "s", 1000 },
    { "ms", 1 },
};

struct lh_bytes lh_text_trim(struct lh_bytes text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = lh_bytes_of(text.data + 1, text.len - 1);
    }
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t' ||
                            text.data[text.len - 1] == '\r')) {
        text.len--;
    }
    return text;
}

bool lh_text_next_word(struct lh_bytes *rest, char separator, struct lh_bytes *out_word)
{
    const uint8_t *at;

    while (rest->len > 0 && rest->data[0] == (uint8_t)separator) {
        *rest = lh_bytes_of(rest->data + 1, rest->len - 1);
    }
    if (rest->len == 0) {
        return false;
    }
    at = memchr(rest->data, separator, rest->len);
    out_word->data = rest->data;
    out_word->len = at != NULL ? (size_t)(at - rest->data) : rest->len;
    *rest = lh_bytes_of(rest->data + out_word->len, rest->len - out_word->len);
    return true;
}

static size_t count_digits(struct lh_bytes text)
{
    size_t len = 0;

    while (len < text.len && text.data[len] >= '0' && text.data[len] <= '9') {
        len++;
    }
    return len;
}

static enum lh_code parse_with_unit(uint64_t *out, struct lh_bytes text, const struct unit *units,
                                    size_t unit_count, const char *example, struct lh_err *err)
{
    size_t digits = count_digits(text);
    struct lh_bytes name = { .data = text.data + digits, .len = text.len - digits };
    uint64_t number;

    if (digits == 0 || lh_decimal_parse(&number, lh_bytes_of(text.data, digits), NULL) != LH_OK) {
        return lh_err_set(err, LH_ERR_INVALID, "wants a number with a unit such as %s", example);
    }
    if (number == 0 && name.len == 0) {
        *out = 0;
        return LH_OK;
    }
    for (size_t i = 0; i < unit_count; i++) {
        if (!lh_bytes_is_equal(name, lh_bytes_of_text(units[i].name))) {
            continue;
        }
        if (number > INT64_MAX / units[i].factor) {
            return lh_err_set(err, LH_ERR_INVALID, "is too large");
        }
        *out = number * units[i].factor;
        return LH_OK;
    }
    return lh_err_set(err, LH_ERR_INVALID, "wants a number with a unit such as %s", example);
}

enum lh_code lh_size_parse(uint64_t *out, struct lh_bytes text, struct lh_err *err)
{
    return parse_with_unit(out, text, size_units, sizeof size_units / sizeof size_units[0], "64MiB",
                           err);
}

enum lh_code lh_duration_parse(uint64_t *out_ms, struct lh_bytes text, struct lh_err *err)
{
    return parse_with_unit(out_ms, text, time_units, sizeof time_units / sizeof time_units[0],
                           "30s", err);
}

static void format_with_unit(struct lh_buf *out, uint64_t value, const struct unit *units,
                             size_t unit_count)
{
    for (size_t i = 0; i < unit_count; i++) {
        if (value != 0 && value % units[i].factor == 0) {
            lh_buf_add_format(out, "%llu%s", (unsigned long long)(value / units[i].factor),
                              units[i].name);
            return;
        }
    }
    lh_buf_add_u8(out, '0');
}

void lh_size_format(struct lh_buf *out, uint64_t size)
{
    format_with_unit(out, size, size_units, sizeof size_units / sizeof size_units[0]);
}

void lh_duration_format(struct lh_buf *out, uint64_t ms)
{
    format_with_unit(out, ms, time_units, sizeof time_units / sizeof time_units[0]);
}

enum lh_code lh_mode_parse(uint64_t *out, struct lh_bytes text, struct lh_err *err)
{
    uint64_t mode = 0;

    if (text.len == 0 || text.len > 4) {
        return lh_err_set(err, LH_ERR_INVALID, "wants an octal mode such as 0660");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '7') {
            return lh_err_set(err, LH_ERR_INVALID, "wants an octal mode such as 0660");
        }
        mode = mode << 3 | (uint64_t)(text.data[i] - '0');
    }
    *out = mode;
    return LH_OK;
}

void lh_config_show(char out[LH_CONFIG_SHOWN_SIZE], struct lh_bytes word)
{
    size_t len = word.len < 64 ? word.len : 64;

    if (lh_text_has_personal_number(word)) {
        word = lh_bytes_of_text("...");
        len = word.len;
    }
    if (len > 0) {
        memcpy(out, word.data, len);
    }
    out[len] = '\0';
}
