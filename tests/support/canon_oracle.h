#ifndef LH_TEST_CANON_ORACLE_H
#define LH_TEST_CANON_ORACLE_H

/*
 * The canonical rule as it is written in specs/ledger.md 2, by the library's own decoder and
 * encoder: decode, re-encode, byte-equal, then lh_canon_check. Slow, and what the strict reader of
 * ledger/canon_read.c is held against.
 */

#include "crypto/base/bytes.h"

#include <pb.h>

/** `out` is the generated struct of `desc`; `room` is at least bytes.len long. */
bool lh_oracle_accepts(const pb_msgdesc_t *desc, void *out, struct lh_bytes bytes, uint8_t *room);

#endif
