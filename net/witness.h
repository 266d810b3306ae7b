#ifndef LH_NET_WITNESS_H
#define LH_NET_WITNESS_H

/*
 * What a witness knows of one ledger, and whether it may cosign a head (C2SP tlog-witness).
 *
 *   AT REST --ask, all holds--> STORING --stored--> AT REST, one head further
 *                               STORING --dropped-> AT REST, as before
 *
 *   1. It cosigns only what extends the last head it cosigned, or is that head again.
 *   2. That a head is cosigned is durable before the cosignature leaves: the caller stores `next`,
 *      synced, says lh_witness_stored, and only then answers.
 *   3. Comparing and storing are one step: while one head is being stored, every other is refused.
 *   4. A head of our own network is cosigned only while the replica holds every leaf below it.
 *
 * No socket, clock or store: the caller does what the answer says.  Spec: specs/network.md 2.
 */

#include "ledger/checkpoint.h"
#include "ledger/tree.h"

enum { LH_WITNESS_BODY_MAX = 128 * 1024 };

/** What add-checkpoint asks; views borrow from the body. */
struct lh_witness_request {
    uint64_t old;
    struct lh_proof proof;
    struct lh_bytes note;
};

enum lh_witness_verdict {
    LH_WITNESS_STORE,     /* 200, once it is stored */
    LH_WITNESS_MALFORMED, /* 400 */
    LH_WITNESS_FORGED,    /* 403: no seal that holds */
    LH_WITNESS_UNKNOWN,   /* 404: the origin; the caller's word, never lh_witness_ask's */
    LH_WITNESS_NOT_LAST,  /* 409: `size` is what was cosigned last */
    LH_WITNESS_UNPROVEN,  /* 422 */
    LH_WITNESS_FORK,      /* 422: two roots of one size under one seal; both notes are evidence */
    LH_WITNESS_BUSY,      /* 503: another head is being stored */
    LH_WITNESS_NOT_HELD,  /* 503: the replica is not there yet */
};

/** The HTTP status of a verdict. */
unsigned lh_witness_status(enum lh_witness_verdict verdict);

/** One ledger. Plain: its fields are what is stored of it. */
struct lh_witness_log {
    struct lh_note_key seal;   /* its name is the origin */
    struct lh_checkpoint head; /* last cosigned; size 0: none */
    struct lh_checkpoint next; /* while storing */
    bool is_storing;
    bool is_member; /* of our network: rule 4 */
};

/** A ledger of which nothing was cosigned. Asserts that the name is at most LH_ORIGIN_MAX bytes. */
void lh_witness_log_init(struct lh_witness_log *log, struct lh_suite *suite,
                         const struct lh_note_key *seal, bool is_member);

/** Append the body of add-checkpoint. */
void lh_witness_request_format(struct lh_buf *out, const struct lh_witness_request *request);
/** Parse it; of the note only that it is there. LH_ERR_INVALID: answer 400. No allocation. */
enum lh_code lh_witness_request_parse(struct lh_witness_request *out, struct lh_bytes body,
                                      struct lh_err *err) LH_MUST_CHECK;
/** The first line of the note, to find the ledger by; empty if there is none. */
struct lh_bytes lh_witness_request_origin(const struct lh_witness_request *request);

/**
 * Judge a request about `log`. `held`: the root of our replica's first leaves, as many as the
 * request's head has, or NULL while it has fewer; looked at only for members. The size asked for is
 * what lh_witness_request_size says. On LH_WITNESS_STORE the log is storing `next`.
 * Cost: one signature and a hash per line of the proof.
 */
enum lh_witness_verdict lh_witness_ask(struct lh_witness_log *log, struct lh_suite *suite,
                                       const struct lh_witness_request *request,
                                       const struct lh_hash *held, struct lh_err *err);
/** The size of the head that is asked about, unverified; LH_ERR_INVALID: no checkpoint. */
enum lh_code lh_witness_request_size(uint64_t *out, const struct lh_witness_request *request,
                                     struct lh_err *err) LH_MUST_CHECK;

/** `next` is durable: it is the head now. Asserts that it was being stored. */
void lh_witness_stored(struct lh_witness_log *log);
/** `next` was not stored. */
void lh_witness_dropped(struct lh_witness_log *log);

#endif
