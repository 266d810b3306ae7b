#include "ledger/tokens.h"

#include "crypto/base/time.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <string.h>

#define FIRST_LINE "liuhen/tokens/v1\n"
#define DIGEST_TAG "liuhen/tokens/v1"

enum { MONTH_LEN = 6, LINE_LEN = MONTH_LEN + 1 + 2 * LH_TOKEN_SIZE + 1 };

uint32_t lh_tokens_month(uint32_t yyyymm, size_t later)
{
    uint32_t months = yyyymm / 100 * 12 + yyyymm % 100 - 1 + (uint32_t)later;

    return months / 12 * 100 + months % 12 + 1;
}

void lh_tokens_clear(struct lh_tokens *tokens)
{
    lh_wipe(tokens, sizeof *tokens);
}

/* spec privacy.md 3.1: "Tokens of a person are handed over for consecutive months, from that of the
 * first moment to that of the last." */
enum lh_code lh_tokens_make(struct lh_suite *suite, struct lh_tokens *out,
                            const struct lh_secret *index_key, struct lh_bytes department,
                            uint8_t id_type, struct lh_bytes id, int64_t from_unix_ms,
                            int64_t until_unix_ms, struct lh_err *err)
{
    struct lh_secret month_key = LH_SECRET_EMPTY;
    struct lh_secret token = LH_SECRET_EMPTY;
    uint32_t last;

    if (from_unix_ms < 0 || from_unix_ms >= until_unix_ms) {
        return lh_err_set(err, LH_ERR_INVALID, "the interval is empty");
    }
    out->first_month = lh_time_date_utc8(from_unix_ms) / 100;
    last = lh_time_date_utc8(until_unix_ms - 1) / 100;
    for (out->count = 0; out->count < LH_TOKENS_MAX; out->count++) {
        uint32_t month = lh_tokens_month(out->first_month, out->count);

        if (month > last) {
            break;
        }
        lh_tag_month_key(suite, &month_key, index_key, department, month);
        lh_tag_token(suite, &token, &month_key, id_type, id);
        memcpy(out->values[out->count], token.bytes, LH_TOKEN_SIZE);
    }
    lh_secret_clear(&token);
    lh_secret_clear(&month_key);
    if (lh_tokens_month(out->first_month, out->count) <= last) {
        lh_tokens_clear(out);
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d months", LH_TOKENS_MAX);
    }
    return LH_OK;
}

/* spec privacy.md 3.1: "token_digest = H("liuhen/tokens/v1" || 0x00 || u32 first month || tokens)"
 */
struct lh_hash lh_tokens_digest(struct lh_suite *suite, const struct lh_tokens *tokens)
{
    static const char domain[] = DIGEST_TAG;
    uint8_t month[4];
    struct lh_bytes parts[] = {
        lh_bytes_of(domain, sizeof domain),
        lh_bytes_of(month, sizeof month),
        lh_bytes_of(tokens->values, tokens->count * LH_TOKEN_SIZE),
    };

    lh_put_u32(month, tokens->first_month);
    return lh_hash_parts(suite, parts, sizeof parts / sizeof parts[0]);
}

/* ---- as text ---- */

void lh_tokens_format(struct lh_buf *out, const struct lh_tokens *tokens)
{
    lh_buf_add_text(out, FIRST_LINE);
    for (size_t i = 0; i < tokens->count; i++) {
        lh_buf_add_format(out, "%06" PRIu32 " ", lh_tokens_month(tokens->first_month, i));
        lh_hex_add(out, lh_bytes_of(tokens->values[i], LH_TOKEN_SIZE));
        lh_buf_add_u8(out, '\n');
    }
}

static bool read_month(uint32_t *out, const uint8_t *text)
{
    *out = 0;
    for (size_t i = 0; i < MONTH_LEN; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *out = *out * 10 + (uint32_t)(text[i] - '0');
    }
    return *out >= 197001 && *out % 100 >= 1 && *out % 100 <= 12;
}

/* In lower case only: there is one text for the same tokens. */
static bool read_token(uint8_t out[LH_TOKEN_SIZE], const uint8_t *text)
{
    for (size_t i = 0; i < (size_t)2 * LH_TOKEN_SIZE; i++) {
        if (text[i] >= 'A' && text[i] <= 'F') {
            return false;
        }
    }
    return lh_hex_parse(out, LH_TOKEN_SIZE, lh_bytes_of(text, (size_t)2 * LH_TOKEN_SIZE), NULL) ==
           LH_OK;
}

/* One line of LINE_LEN bytes. */
static enum lh_code read_line(struct lh_tokens *out, const uint8_t *line, struct lh_err *err)
{
    size_t number = out->count + 2;
    uint32_t month;

    if (!read_month(&month, line) || line[MONTH_LEN] != ' ' || line[LINE_LEN - 1] != '\n' ||
        !read_token(out->values[out->count], line + MONTH_LEN + 1)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "line %zu: wants a month as 202611 and 64 hex digits", number);
    }
    if (out->count == 0) {
        out->first_month = month;
    } else if (month != lh_tokens_month(out->first_month, out->count)) {
        return lh_err_set(err, LH_ERR_INVALID, "line %zu: is not the month after", number);
    }
    out->count++;
    return LH_OK;
}

enum lh_code lh_tokens_parse(struct lh_tokens *out, struct lh_bytes text, struct lh_err *err)
{
    size_t head = sizeof FIRST_LINE - 1;
    enum lh_code rc = LH_OK;

    *out = (struct lh_tokens){ .count = 0 };
    if (text.len < head || memcmp(text.data, FIRST_LINE, head) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "line 1: these are no tokens");
    }
    if (text.len == head || (text.len - head) % LINE_LEN != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "no lines of a month as 202611 and 64 hex digits");
    }
    if ((text.len - head) / LINE_LEN > LH_TOKENS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d months", LH_TOKENS_MAX);
    }
    for (size_t at = head; rc == LH_OK && at < text.len; at += LINE_LEN) {
        rc = read_line(out, text.data + at, err);
    }
    if (rc != LH_OK) {
        lh_tokens_clear(out);
    }
    return rc;
}
