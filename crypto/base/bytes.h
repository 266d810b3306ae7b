#ifndef LH_BASE_BYTES_H
#define LH_BASE_BYTES_H

/*
 * Borrowed bytes, a reader over them that stays failed after its first failure, and sums that
 * notice overflow. Every multi-byte integer in our own formats is big-endian.
 */

#include "crypto/base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view of `len` bytes owned by somebody else; `data` may be NULL when `len` is 0. */
struct lh_bytes {
    const uint8_t *data;
    size_t len;
};

#define LH_BYTES_EMPTY ((struct lh_bytes){ .data = NULL, .len = 0 })

/** View of any storage. */
struct lh_bytes lh_bytes_of(const void *data, size_t len);
/** View of a string without its terminator; NULL gives an empty view. */
struct lh_bytes lh_bytes_of_text(const char *text);
/** Same length and content. Not constant-time: for secrets use lh_secret_is_equal. */
bool lh_bytes_is_equal(struct lh_bytes a, struct lh_bytes b);
/** Byte order, shorter first among equals: <0, 0, >0. */
int lh_bytes_compare(struct lh_bytes a, struct lh_bytes b);
/** All `len` bytes zero (true for an empty view). */
bool lh_bytes_is_zero(struct lh_bytes bytes);
/** Well-formed UTF-8, whatever it says: line ends and other controls are fine. */
bool lh_bytes_is_utf8(struct lh_bytes bytes);
/** Well-formed UTF-8 without control characters (U+0000-001F, U+007F-009F), surrogates, bidi
 * controls, noncharacters, or what is not seen or breaks lines. Spec: specs/ledger.md 2. */
bool lh_bytes_is_clean_text(struct lh_bytes bytes);

struct lh_reader {
    struct lh_bytes rest;
    bool failed;
};

struct lh_reader lh_reader_of(struct lh_bytes bytes);
uint8_t lh_read_u8(struct lh_reader *reader);
uint16_t lh_read_u16(struct lh_reader *reader);
uint32_t lh_read_u32(struct lh_reader *reader);
uint64_t lh_read_u64(struct lh_reader *reader);
/** Copy `len` bytes out; zeros on failure. */
void lh_read_into(struct lh_reader *reader, void *out, size_t len);
/** Borrow the next `len` bytes; an empty view on failure. */
struct lh_bytes lh_read_view(struct lh_reader *reader, size_t len);
/** Nothing failed and nothing is left. */
bool lh_reader_is_done(const struct lh_reader *reader);

void lh_put_u16(uint8_t out[2], uint16_t value);
void lh_put_u32(uint8_t out[4], uint32_t value);
void lh_put_u64(uint8_t out[8], uint64_t value);

/** a + b into *out; false when it does not fit. */
bool lh_add_size(size_t *out, size_t a, size_t b) LH_MUST_CHECK;
bool lh_mul_size(size_t *out, size_t a, size_t b) LH_MUST_CHECK;
bool lh_add_u64(uint64_t *out, uint64_t a, uint64_t b) LH_MUST_CHECK;

#endif
