#ifndef LH_NET_FRAME_H
#define LH_NET_FRAME_H

/*
 * What two nodes say to each other, cut into frames: a header of 12 bytes, then the payload.
 *
 *   u32 payload length || u16 type || u16 flags || u32 request          big-endian
 *
 *   1. A header is judged when it is whole, before a byte of its payload is waited for: no peer
 *      makes us hold more than the limit of the type it names.
 *   2. A type that we do not know is skipped, unless its flag says that it must be understood.
 *   3. Bits of the flags without a meaning are 0.
 *
 * Pure.  Spec: specs/network.md 4.
 */

#include "crypto/base/buf.h"
#include "crypto/base/err.h"

enum { LH_FRAME_HEADER_SIZE = 12, LH_FRAME_PAYLOAD_MAX = 256 * 1024 };

enum lh_frame_type {
    LH_FRAME_HELLO = 1,
    LH_FRAME_BYE = 2,
    LH_FRAME_PING = 3,
    LH_FRAME_PONG = 4,
    LH_FRAME_CREDIT = 5,
    LH_FRAME_HAVE = 6,
    LH_FRAME_GET = 7,
    LH_FRAME_LEAVES = 8,
    LH_FRAME_SEAL = 9,
    LH_FRAME_MISSING = 10,
    LH_FRAME_NOMINATE = 11,
    LH_FRAME_COSIGNATURE = 12,
    LH_FRAME_EVIDENCE = 13,
    LH_FRAME_PROVE = 14,
    LH_FRAME_PROOF = 15,
    LH_FRAME_DECLINE = 16,
    LH_FRAME_PREPARE = 17,
    LH_FRAME_PROMISE = 18,
    LH_FRAME_PROPOSAL = 19,
    LH_FRAME_WANT = 20,
};

enum { LH_FRAME_CRITICAL = 1 };

struct lh_frame {
    uint16_t type; /* enum lh_frame_type, or one that we do not know */
    uint16_t flags;
    uint32_t request; /* which question this answers; 0 for none */
    struct lh_bytes payload;
};

/** The most bytes of payload that a type may have; 0 for an unknown one. */
size_t lh_frame_limit(uint16_t type);
/** "HELLO"; "?" for an unknown one. */
const char *lh_frame_name(uint16_t type);

/** A header is whole at the start of `rest`, and names `type`; the rest of it may be bad. */
bool lh_frame_has_header(struct lh_bytes rest, uint16_t *out_type);
/**
 * Cut the first frame off `rest`; its payload borrows from there. LH_AGAIN: it is not whole yet,
 * and `rest` is as it was; LH_ERR_LIMIT: longer than its type may be; LH_ERR_INVALID: flags without
 * a meaning; LH_ERR_UNKNOWN: a type that must be understood and is not. A frame of an unknown type
 * that may be skipped is given out like any other, and LH_FRAME_PAYLOAD_MAX bounds it.
 */
enum lh_code lh_frame_next(struct lh_frame *out, struct lh_bytes *rest,
                           struct lh_err *err) LH_MUST_CHECK;
/** Append a frame. Asserts that the type is known and the payload within its limit. */
void lh_frame_add(struct lh_buf *out, const struct lh_frame *frame);

#endif
