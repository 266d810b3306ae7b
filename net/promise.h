#ifndef LH_NET_PROMISE_H
#define LH_NET_PROMISE_H

/*
 * What stands in PROMISE: a member will not cosign an older generation of a department any more,
 * and says which of its heads it holds. And many of them, as whoever asked keeps and shows them.
 *
 *   PROMISE  = part pledge || part signature || part note       each behind its length as u16
 *   promises = (part pledge || part signature)*                 ascending by department
 *
 *   1. What was signed is the bytes that travelled; they are kept.
 *   2. What is decoded is well-formed, not true: lh_promise_verify says who made it, and whoever
 *      knows the seal of the ledger says whether the note bears it.
 *
 * Pure.  Spec: specs/network.md 9.
 */

#include "ledger/checkpoint.h"
#include "ledger/genesis.h"

struct lh_promise {
    char department[LH_CODE_MAX + 1]; /* who promises */
    char origin[LH_ORIGIN_MAX + 1];   /* of the generation that is to begin */
    struct lh_hash prepare;           /* hash of the body that asked */
    struct lh_checkpoint head;        /* newest one before it that is held; size 0: none */
};

/** Its bytes; borrowed from what they were decoded from. */
struct lh_promise_bytes {
    struct lh_bytes pledge;
    struct lh_bytes signature;
    struct lh_bytes note; /* the signed checkpoint of the head; empty: none */
};

/** Append the payload of a PROMISE, signed here. LH_ERR_NOMEM, LH_ERR_IO: it cannot be signed. */
enum lh_code lh_promise_encode(struct lh_buf *out, const struct lh_promise *promise,
                               struct lh_bytes note, const struct lh_hash *network_id,
                               struct lh_signer *witness, struct lh_err *err) LH_MUST_CHECK;
/**
 * LH_ERR_INVALID: not whole, not canonical, or the head is none of an older generation of that
 * ledger, or the note is of another head.
 */
enum lh_code lh_promise_decode(struct lh_promise *out, struct lh_promise_bytes *out_bytes,
                               struct lh_bytes payload, struct lh_err *err) LH_MUST_CHECK;
/** Did that member make it? LH_ERR_FORGED: no; LH_ERR_NOT_FOUND: it is no member. */
enum lh_code lh_promise_verify(const struct lh_promise *promise,
                               const struct lh_promise_bytes *bytes,
                               const struct lh_genesis *genesis, struct lh_err *err) LH_MUST_CHECK;

/** Append one to promises, which its department follows. Notes are not kept. */
void lh_promises_add(struct lh_buf *promises, const struct lh_promise_bytes *bytes);
/** Cut the first one off. LH_ERR_NOT_FOUND: no more; LH_ERR_INVALID. */
enum lh_code lh_promises_next(struct lh_bytes *rest, struct lh_promise *out,
                              struct lh_promise_bytes *out_bytes, struct lh_err *err) LH_MUST_CHECK;
/** What a GENERATION names them by. */
struct lh_hash lh_promises_digest(struct lh_suite *suite, struct lh_bytes promises);

#endif
