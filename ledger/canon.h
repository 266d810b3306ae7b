#ifndef LH_LEDGER_CANON_H
#define LH_LEDGER_CANON_H

/*
 * The canonical rule, for every bounded message: bytes are accepted only if encoding the decoded
 * message gives them back, so that one meaning has one encoding. On top of that, for every field
 * of every message inside:
 *
 *  1. text ends within its bound and is clean UTF-8 (lh_bytes_is_clean_text);
 *  2. an optional fixed-length field that is present is not all zero;
 *  3. a sub-message that is present has at least one byte;
 *  4. a list or byte string is not longer than its bound (rounded up to even, as the generated
 *     struct is: the one odd bound, of public keys, is checked with the key).
 *
 * The messages consist of unsigned numbers, enums, text, bytes and sub-messages: another kind of
 * field does not compile (canon_fields.c). A oneof is the last field of its message.
 *
 * What the values mean is checked by whoever owns the message.  Spec: specs/ledger.md 2.
 */

#include "crypto/base/buf.h"

#include <pb.h>

/**
 * Decode a whole message. `out` is the generated struct of `desc`; it is overwritten, on failure
 * with anything; behind the end of a text stands what stood there before. LH_ERR_INVALID: not
 * canonical, with the number of the field where there is one. Cost: one pass, no allocation.
 */
enum lh_code lh_canon_decode(const pb_msgdesc_t *desc, void *out, struct lh_bytes bytes,
                             struct lh_err *err) LH_MUST_CHECK;
/** Append the canonical bytes of a message that passes lh_canon_check. LH_ERR_NOMEM. */
enum lh_code lh_canon_encode(struct lh_buf *out, const pb_msgdesc_t *desc, const void *message,
                             struct lh_err *err) LH_MUST_CHECK;
/** The length that lh_canon_encode would write, by the same checks. */
enum lh_code lh_canon_measure(const pb_msgdesc_t *desc, const void *message, size_t *out_len,
                              struct lh_err *err) LH_MUST_CHECK;
/** Rules 1 to 4 alone, for a message that was filled in memory. */
enum lh_code lh_canon_check(const pb_msgdesc_t *desc, const void *message,
                            struct lh_err *err) LH_MUST_CHECK;

#endif
