#ifndef LH_LEDGER_TOKENS_H
#define LH_LEDGER_TOKENS_H

/*
 * What finds one person's entries in one department: a token for each of consecutive months.
 * Whoever has the index key makes them from an id; whoever searches has only them. A WARRANT names
 * them by their digest. As text, the file that is handed over:
 *
 *   liuhen/tokens/v1
 *   <yyyymm> <64 hex digits>      one line for each month, without gap
 *
 * Pure.  Spec: specs/privacy.md 3.1.
 */

#include "crypto/base/buf.h"
#include "crypto/tag.h"

#define LH_TOKENS_MEDIA "application/vnd.liuhen.tokens"

enum {
    LH_TOKENS_MAX = 240, /* months: 20 years */
    LH_TOKEN_SIZE = 32,
    LH_TOKENS_TEXT_MAX = 17 + LH_TOKENS_MAX * (6 + 1 + 2 * LH_TOKEN_SIZE + 1),
};

struct lh_tokens {
    size_t count;
    uint32_t first_month; /* yyyymm in UTC+8 */
    uint8_t values[LH_TOKENS_MAX][LH_TOKEN_SIZE];
};

/** Months later in the calendar: 202612 and 1 is 202701. */
uint32_t lh_tokens_month(uint32_t yyyymm, size_t later);
/**
 * Those of the months from that of `from_unix_ms` to that of the last moment before
 * `until_unix_ms`. `id` is canonical. LH_ERR_INVALID: the interval is empty; LH_ERR_LIMIT: it has
 * more than LH_TOKENS_MAX months.
 */
enum lh_code lh_tokens_make(struct lh_suite *suite, struct lh_tokens *out,
                            const struct lh_secret *index_key, struct lh_bytes department,
                            uint8_t id_type, struct lh_bytes id, int64_t from_unix_ms,
                            int64_t until_unix_ms, struct lh_err *err) LH_MUST_CHECK;
/** What a WARRANT names them by. */
struct lh_hash lh_tokens_digest(struct lh_suite *suite, const struct lh_tokens *tokens);
void lh_tokens_format(struct lh_buf *out, const struct lh_tokens *tokens);
/** LH_ERR_INVALID names the line and repeats nothing of it. */
enum lh_code lh_tokens_parse(struct lh_tokens *out, struct lh_bytes text,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_tokens_clear(struct lh_tokens *tokens);

#endif
