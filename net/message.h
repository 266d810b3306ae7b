#ifndef LH_NET_MESSAGE_H
#define LH_NET_MESSAGE_H

/*
 * The payloads of replication: what stands in HAVE, GET, LEAVES, MISSING, PROVE, PROOF, DECLINE and
 * WANT. A SEAL is a signed checkpoint, EVIDENCE the text of net/evidence.h, NOMINATE the body of
 * add-checkpoint (net/witness.h) and PROPOSAL a proposal (ledger/proposal.h), as they are; PREPARE
 * and PROMISE are of net/promise.h.
 *
 *   1. Decoding takes only what encoding writes of values that may be, and allocates nothing.
 *   2. Every origin is one of ours: network, department, generation.
 *   3. What is decoded is well-formed, not true: who gets it judges it.
 *
 * Pure.  Spec: specs/network.md 7, 8, 10.
 */

#include "ledger/origin.h"
#include "ledger/tree.h"

/** At most so many bytes has a row of HAVE. */
enum { LH_HAVE_ROW_MAX = 8192 };

/** GET: what follows the leaves that I hold. */
struct lh_get {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t from;  /* leaves held */
    uint64_t until; /* above `from` */
};

/** LEAVES: a run of leaves of one block. */
struct lh_leaves {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t first;        /* index of the first one */
    uint64_t count;        /* at least 1; found by decoding */
    struct lh_bytes parts; /* borrowed: the leaves, each behind its length: lh_part_next */
};

enum lh_missing_reason {
    LH_MISSING_END = 1,   /* no leaf from `size` on is held */
    LH_MISSING_LATER = 2, /* not now */
};

/** MISSING: a question is not answered, or not to its end. */
struct lh_missing {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size;
    enum lh_missing_reason reason;
};

enum lh_decline_reason {
    LH_DECLINE_LAST = 1,     /* another head was cosigned last: of `size`, 0 for none */
    LH_DECLINE_NOT_HELD = 2, /* the replica has `size` leaves */
    LH_DECLINE_LATER = 3,    /* not now */
    LH_DECLINE_NEVER = 4,    /* the ledger contradicted itself */
    LH_DECLINE_TAKEN = 5,    /* generation `size` was begun or promised: ask for a higher one */
    LH_DECLINE_UNSAFE = 6,   /* the ledger goes on from a restore, and nobody was asked */
};

/** "last", "not_held", "later", "never", "taken", "unsafe". */
const char *lh_decline_name(enum lh_decline_reason reason);

/** DECLINE: a nominated head is not cosigned, or nothing is promised. */
struct lh_decline {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size;
    enum lh_decline_reason reason;
};

/** PROVE: show how your head of `size` follows from its first `old` leaves. */
struct lh_prove {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t old;  /* at least 1 */
    uint64_t size; /* above `old` */
};

/** PROOF */
struct lh_proven_growth {
    struct lh_prove of;
    struct lh_hash root; /* of the first `old` leaves */
    struct lh_proof proof;
};

/** WANT: a proposal that follows an epoch. */
struct lh_want {
    struct lh_hash parent; /* of the epoch */
    bool has_proposal;
    struct lh_hash proposal; /* this one; else the one that was certified */
};

/** Append bytes behind their length as u16. Asserts that they are at most 65,535. */
void lh_part_add(struct lh_buf *out, struct lh_bytes part);
/** Cut the first part off `rest`; false: nothing whole is left. */
bool lh_part_next(struct lh_bytes *rest, struct lh_bytes *out);
/** `bytes` are parts from end to end; `out_count` (may be NULL) says how many. */
bool lh_parts_are_whole(struct lh_bytes bytes, uint64_t *out_count);

/** Encoding appends, whatever the values say: LH_ERR_NOMEM. Decoding: LH_ERR_INVALID. */
enum lh_code lh_get_encode(struct lh_buf *out, const struct lh_get *get,
                           struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_get_decode(struct lh_get *out, struct lh_bytes payload,
                           struct lh_err *err) LH_MUST_CHECK;
/** Everything in front of the leaves: `parts` and `count` are not looked at. */
enum lh_code lh_leaves_begin(struct lh_buf *out, const char *origin, uint64_t first,
                             struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_leaves_decode(struct lh_leaves *out, struct lh_bytes payload,
                              struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_missing_encode(struct lh_buf *out, const struct lh_missing *missing,
                               struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_missing_decode(struct lh_missing *out, struct lh_bytes payload,
                               struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_decline_encode(struct lh_buf *out, const struct lh_decline *decline,
                               struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_decline_decode(struct lh_decline *out, struct lh_bytes payload,
                               struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_prove_encode(struct lh_buf *out, const struct lh_prove *prove,
                             struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_prove_decode(struct lh_prove *out, struct lh_bytes payload,
                             struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_proven_growth_encode(struct lh_buf *out, const struct lh_proven_growth *growth,
                                     struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_proven_growth_decode(struct lh_proven_growth *out, struct lh_bytes payload,
                                     struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_want_encode(struct lh_buf *out, const struct lh_want *want,
                            struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_want_decode(struct lh_want *out, struct lh_bytes payload,
                            struct lh_err *err) LH_MUST_CHECK;

#endif
