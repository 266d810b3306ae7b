#ifndef LH_CRYPTO_TEXT_H
#define LH_CRYPTO_TEXT_H

/*
 * Text encodings, strict on input and canonical on output: lower-case hex, standard base64 with
 * padding and zero pad bits, decimals without sign or leading zeros.
 */

#include "crypto/base/buf.h"

void lh_hex_add(struct lh_buf *out, struct lh_bytes bytes);
/** 2 * len digits and a NUL into `out`. */
void lh_hex_format(char *out, struct lh_bytes bytes);
/** Exactly `len` bytes from 2 * len hex digits (either case). */
enum lh_code lh_hex_parse(void *out, size_t len, struct lh_bytes text,
                          struct lh_err *err) LH_MUST_CHECK;
void lh_base64_add(struct lh_buf *out, struct lh_bytes bytes);
/** How many bytes the text stands for, checking all of it; LH_ERR_INVALID. No allocation. */
enum lh_code lh_base64_measure(size_t *out_len, struct lh_bytes text,
                               struct lh_err *err) LH_MUST_CHECK;
/** Append the decoded bytes. Empty text is empty bytes. LH_ERR_INVALID, LH_ERR_NOMEM. */
enum lh_code lh_base64_decode(struct lh_buf *out, struct lh_bytes text,
                              struct lh_err *err) LH_MUST_CHECK;
/** Exactly `len` decoded bytes. */
enum lh_code lh_base64_parse(void *out, size_t len, struct lh_bytes text,
                             struct lh_err *err) LH_MUST_CHECK;
/** Decimal below 2^63. */
enum lh_code lh_decimal_parse(uint64_t *out, struct lh_bytes text,
                              struct lh_err *err) LH_MUST_CHECK;
/** Cut the next line (without its newline) off `rest`; false when `rest` has no newline left. */
bool lh_text_next_line(struct lh_bytes *rest, struct lh_bytes *out_line);

#endif
