#include "ledger/body_check_internal.h"

#include "crypto/base/time.h"
#include "ledger/origin.h"

#include <string.h>

static void fail(struct lh_want *want, const char *field, const char *wish)
{
    if (want->rc == LH_OK) {
        want->rc = lh_err_set(want->err, LH_ERR_INVALID, "%s: %s", field, wish);
    }
}

/* ---- numbers, times, bytes ------------------------------------------------------------------- */

bool lh_body_time_is_valid(uint64_t unix_ms)
{
    return unix_ms > 0 && unix_ms <= 253402300799999U;
}

void lh_want_true(struct lh_want *want, bool condition, const char *field, const char *wish)
{
    if (!condition) {
        fail(want, field, wish);
    }
}

void lh_want_range(struct lh_want *want, const char *field, uint64_t value, uint64_t least,
                   uint64_t most)
{
    if (want->rc == LH_OK && (value < least || value > most)) {
        want->rc = lh_err_set(want->err, LH_ERR_INVALID, "%s: want %llu..%llu", field,
                              (unsigned long long)least, (unsigned long long)most);
    }
}

void lh_want_number(struct lh_want *want, const char *field, uint64_t value)
{
    lh_want_true(want, value <= INT64_MAX, field, "not below 2^63");
}

void lh_want_bits(struct lh_want *want, const char *field, uint64_t value, uint64_t known)
{
    lh_want_true(want, (value & ~known) == 0, field, "unknown bits");
}

void lh_want_time(struct lh_want *want, const char *field, uint64_t unix_ms)
{
    lh_want_true(want, lh_body_time_is_valid(unix_ms), field, "missing or not a time before 10000");
}

void lh_want_time_or_none(struct lh_want *want, const char *field, uint64_t unix_ms)
{
    if (unix_ms != 0) {
        lh_want_time(want, field, unix_ms);
    }
}

void lh_want_time_after_or_none(struct lh_want *want, const char *field, uint64_t unix_ms,
                                uint64_t after)
{
    lh_want_time_or_none(want, field, unix_ms);
    lh_want_true(want, unix_ms == 0 || unix_ms > after, field, "not after what it follows");
}

void lh_want_date(struct lh_want *want, const char *field, uint32_t yyyymmdd)
{
    lh_want_true(want, lh_time_is_date(yyyymmdd), field, "not a date that exists");
}

void lh_want_bytes(struct lh_want *want, const char *field, const uint8_t *bytes, size_t len)
{
    lh_want_true(want, !lh_bytes_is_zero(lh_bytes_of(bytes, len)), field, "missing (all zero)");
}

/* ---- texts ----------------------------------------------------------------------------------- */

static bool is_code_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == ':' || c == '-';
}

void lh_want_code(struct lh_want *want, const char *field, const char *text)
{
    const char *at = text;

    while (is_code_char((unsigned char)*at)) {
        at++;
    }
    lh_want_true(want, at > text && *at == '\0', field, "not a code of [A-Za-z0-9._:-]");
}

void lh_want_code_or_none(struct lh_want *want, const char *field, const char *text)
{
    if (text[0] != '\0') {
        lh_want_code(want, field, text);
    }
}

void lh_want_name(struct lh_want *want, const char *field, const char *text)
{
    const char *at = text;

    while (*at > ' ' && *at <= '~') {
        at++;
    }
    lh_want_true(want, at > text && *at == '\0', field, "not printable ASCII without space");
}

void lh_want_text(struct lh_want *want, const char *field, const char *text)
{
    lh_want_true(want, text[0] != '\0', field, "missing");
}

void lh_want_department(struct lh_want *want, const char *field, const char *text)
{
    lh_want_true(want, lh_code_is_valid(lh_bytes_of_text(text)), field,
                 "not a department (1-32 of [a-z0-9-])");
}

void lh_want_department_or_none(struct lh_want *want, const char *field, const char *text)
{
    if (text[0] != '\0') {
        lh_want_department(want, field, text);
    }
}

void lh_want_origin(struct lh_want *want, const char *field, const char *text)
{
    struct lh_origin origin;

    if (want->rc == LH_OK) {
        want->rc = lh_origin_parse(&origin, lh_bytes_of_text(text), want->err);
        if (want->rc != LH_OK) {
            want->rc = LH_ERR_INVALID;
            lh_err_wrap(want->err, want->rc, "%s", field);
        }
    }
}

/* ---- lists ----------------------------------------------------------------------------------- */

void lh_want_texts(struct lh_want *want, const char *field, const char *texts, size_t size,
                   size_t count, bool is_department)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = texts + i * size;

        if (is_department) {
            lh_want_department(want, field, text);
        } else {
            lh_want_code(want, field, text);
        }
        lh_want_true(want, i == 0 || strcmp(text - size, text) < 0, field, "not ascending");
    }
}

void lh_want_hashes(struct lh_want *want, const char *field, const uint8_t (*hashes)[LH_HASH_SIZE],
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lh_want_bytes(want, field, hashes[i], LH_HASH_SIZE);
        lh_want_true(want, i == 0 || memcmp(hashes[i - 1], hashes[i], LH_HASH_SIZE) < 0, field,
                     "not ascending");
    }
}

void lh_want_dates(struct lh_want *want, const char *field, const uint32_t *dates, size_t count,
                   uint32_t from, uint32_t until)
{
    for (size_t i = 0; i < count; i++) {
        lh_want_date(want, field, dates[i]);
        lh_want_range(want, field, dates[i], from, until);
        lh_want_true(want, i == 0 || dates[i - 1] < dates[i], field, "not ascending");
    }
}

/* ---- public keys ----------------------------------------------------------------------------- */

static void want_key(struct lh_want *want, const char *field, bool has, const lhpb_PublicKey *wire)
{
    struct lh_pubkey key;

    lh_want_true(want, has, field, "missing");
    if (want->rc == LH_OK) {
        want->rc = lh_pubkey_from_wire(&key, wire, want->err);
        if (want->rc != LH_OK) {
            lh_err_wrap(want->err, want->rc, "%s", field);
        }
    }
}

void lh_want_signing_key(struct lh_want *want, const char *field, bool has,
                         const lhpb_PublicKey *key)
{
    want_key(want, field, has, key);
    lh_want_true(want, key->alg != LH_ALG_X25519, field, "this key cannot sign");
}

void lh_want_box_key(struct lh_want *want, const char *field, bool has, const lhpb_PublicKey *key)
{
    want_key(want, field, has, key);
    lh_want_true(want, key->alg == LH_ALG_X25519 || key->alg == LH_ALG_SM2, field,
                 "not a key for boxes (x25519, sm2)");
}
