#include "crypto/ecsig_internal.h"

#include "crypto/base/assert.h"

#include <string.h>

enum { NUMBER_SIZE = LH_DER_NUMBER_SIZE };

struct order {
    uint8_t n[NUMBER_SIZE];
    uint8_t half[NUMBER_SIZE]; /* floor(n / 2) */
};

static const struct order P256 = {
    .n = { 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
           0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
           0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 },
    .half = { 0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff,
              0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b,
              0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8 },
};

static const struct order SM2 = {
    .n = { 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
           0xff, 0xff, 0xff, 0xff, 0xff, 0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6,
           0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23 },
    .half = { 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
              0xff, 0xff, 0xff, 0xff, 0xff, 0xb9, 0x01, 0xef, 0xb5, 0x90, 0xe3,
              0x02, 0x95, 0xa9, 0xdd, 0xfa, 0x04, 0x9c, 0xea, 0xa0, 0x91 },
};

/* out = a - b, for a >= b. */
static void subtract(uint8_t out[NUMBER_SIZE], const uint8_t a[NUMBER_SIZE],
                     const uint8_t b[NUMBER_SIZE])
{
    int borrow = 0;

    for (size_t i = NUMBER_SIZE; i-- > 0;) {
        int digit = a[i] - b[i] - borrow;

        borrow = digit < 0;
        out[i] = (uint8_t)digit;
    }
    lh_assert(borrow == 0);
}

static bool is_in_range(const uint8_t number[NUMBER_SIZE], const struct order *order)
{
    return !lh_bytes_is_zero(lh_bytes_of(number, NUMBER_SIZE)) &&
           memcmp(number, order->n, NUMBER_SIZE) < 0;
}

static bool sums_to_order(const uint8_t r[NUMBER_SIZE], const uint8_t s[NUMBER_SIZE],
                          const struct order *order)
{
    uint8_t rest[NUMBER_SIZE];

    subtract(rest, order->n, r);
    return memcmp(rest, s, NUMBER_SIZE) == 0;
}

bool lh_ecsig_is_acceptable(enum lh_alg alg, const struct lh_sig *sig)
{
    const struct order *order = alg == LH_ALG_P256 ? &P256 : &SM2;
    const uint8_t *r = sig->bytes;
    const uint8_t *s = sig->bytes + NUMBER_SIZE;

    if (!is_in_range(r, order) || !is_in_range(s, order)) {
        return false;
    }
    if (alg == LH_ALG_P256) {
        return memcmp(s, order->half, NUMBER_SIZE) <= 0;
    }
    return !sums_to_order(r, s, order);
}

void lh_ecsig_lower_s(struct lh_sig *sig)
{
    uint8_t *s = sig->bytes + NUMBER_SIZE;

    if (memcmp(s, P256.half, NUMBER_SIZE) > 0) {
        subtract(s, P256.n, s);
    }
}

/* No leading zeros, except one before a byte with its top bit set. */
size_t lh_der_put_integer(uint8_t *out, const uint8_t number[NUMBER_SIZE])
{
    size_t skip = 0;
    size_t pad;
    size_t len;

    while (skip < NUMBER_SIZE - 1 && number[skip] == 0) {
        skip++;
    }
    pad = (number[skip] & 0x80) != 0;
    len = NUMBER_SIZE - skip;
    out[0] = LH_DER_INTEGER;
    out[1] = (uint8_t)(pad + len);
    out[2] = 0;
    memcpy(out + 2 + pad, number + skip, len);
    return 2 + pad + len;
}

size_t lh_ecsig_to_der(uint8_t out[LH_ECSIG_DER_MAX], const struct lh_sig *sig)
{
    size_t len = 2;

    len += lh_der_put_integer(out + len, sig->bytes);
    len += lh_der_put_integer(out + len, sig->bytes + NUMBER_SIZE);
    lh_assert(len <= LH_ECSIG_DER_MAX);
    out[0] = LH_DER_SEQUENCE;
    out[1] = (uint8_t)(len - 2);
    return len;
}

void lh_der_read_integer(struct lh_reader *reader, uint8_t out[NUMBER_SIZE])
{
    uint8_t type = lh_read_u8(reader);
    size_t len = lh_read_u8(reader);
    struct lh_bytes number = lh_read_view(reader, len);

    if (number.len == NUMBER_SIZE + 1 && number.data[0] == 0) {
        number = lh_bytes_of(number.data + 1, NUMBER_SIZE);
    }
    if (type != LH_DER_INTEGER || number.len == 0 || number.len > NUMBER_SIZE) {
        reader->failed = true;
        return;
    }
    memset(out, 0, NUMBER_SIZE);
    memcpy(out + NUMBER_SIZE - number.len, number.data, number.len);
}

bool lh_ecsig_from_der(struct lh_sig *out, struct lh_bytes der)
{
    struct lh_reader reader = lh_reader_of(der);
    struct lh_sig sig = { .bytes = { 0 } };
    uint8_t again[LH_ECSIG_DER_MAX];
    size_t again_len;

    (void)lh_read_u16(&reader); /* SEQUENCE and its length, checked by the comparison below */
    lh_der_read_integer(&reader, sig.bytes);
    lh_der_read_integer(&reader, sig.bytes + NUMBER_SIZE);
    if (!lh_reader_is_done(&reader)) {
        return false;
    }
    again_len = lh_ecsig_to_der(again, &sig);
    if (!lh_bytes_is_equal(der, lh_bytes_of(again, again_len))) {
        return false;
    }
    *out = sig;
    return true;
}
