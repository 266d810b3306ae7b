#ifndef LH_NET_SESSION_H
#define LH_NET_SESSION_H

/*
 * One connection to another node, without the connection: bytes and time in, frames and bytes out.
 *
 *   HELLO --the other's HELLO is good--> LIVE
 *   any   --bad frame, BYE, deadline, close--> CLOSED, with a BYE in the output if it was our doing
 *
 *   1. Before LIVE only HELLO and BYE are taken, and nothing else is sent.
 *   2. What is kept of the input is at most one frame that is not whole.
 *   3. A peer sends at most what its credit allows; so do we. Credit comes back as the caller says
 *      that it has dealt with frames, so a caller that falls behind slows the peer down, and
 *      neither side queues.
 *   4. A violation closes at once. Nothing is scored.
 *
 * No socket, clock or randomness.  Spec: specs/network.md 5.
 */

#include "crypto/signer.h"
#include "crypto/suite.h"
#include "ledger/origin.h"
#include "net/frame.h"

enum lh_session_state {
    LH_SESSION_HELLO,
    LH_SESSION_LIVE,
    LH_SESSION_CLOSED,
};

/* What credit a frame costs. */
enum lh_session_class {
    LH_CLASS_FREE,
    LH_CLASS_CONTROL,
    LH_CLASS_LIVE,
    LH_CLASS_BULK,
};
enum { LH_CLASS_COUNT = 4 };

/** Codes of BYE. */
enum lh_session_bye {
    LH_BYE_NONE = 0,
    LH_BYE_PROTOCOL = 1,
    LH_BYE_VERSION = 2,
    LH_BYE_NETWORK = 3,
    LH_BYE_MEMBER = 4,
    LH_BYE_FORGED = 5,
    LH_BYE_OURSELVES = 6,
    LH_BYE_SLOW = 7,
    LH_BYE_PEACE = 8,
};

enum { LH_SESSION_START_SIZE = 16 };

struct lh_session_options {
    LH_KEEPS struct lh_suite *suite;
    LH_KEEPS struct lh_signer *witness; /* the key that says who we are */
    struct lh_hash network_id;
    char department[LH_CODE_MAX + 1];
    uint32_t generation;
    uint8_t start[LH_SESSION_START_SIZE]; /* random, one for the life of the process */
    struct lh_hash channel;               /* from the TLS exporter */
    bool is_dialled;                      /* the other side opened the connection */
    char expected[LH_CODE_MAX + 1];       /* whom we dialled; empty: whoever comes */
    /* The witness key of a member; NULL: no member. */
    const struct lh_pubkey *(*find)(void *arg, const char *department);
    void *arg;
};

/** Who is on the other side, once LIVE. */
struct lh_session_peer {
    char department[LH_CODE_MAX + 1];
    uint32_t generation;
    uint8_t start[LH_SESSION_START_SIZE];
};

struct lh_session;

/** A session whose HELLO stands in its output. LH_ERR_NOMEM; LH_ERR_IO: signing failed. */
enum lh_code lh_session_new(struct lh_session **out, const struct lh_session_options *options,
                            int64_t now_ms, struct lh_err *err) LH_MUST_CHECK;
void lh_session_free(struct lh_session *session);

enum lh_session_state lh_session_state(const struct lh_session *session);
const struct lh_session_peer *lh_session_peer(const struct lh_session *session);
/** Why it closed: our code, or the other's. */
enum lh_session_bye lh_session_bye(const struct lh_session *session);
/** Seconds that the other side asked us to stay away; 0: it did not say. */
uint32_t lh_session_retry_after_s(const struct lh_session *session);

/**
 * Take in bytes that came; they are copied. Then lh_session_next gives out the frames. LH_ERR_LIMIT
 * when more is put in than taken out; LH_ERR_NOMEM.
 */
enum lh_code lh_session_put(struct lh_session *session, struct lh_bytes bytes,
                            struct lh_err *err) LH_MUST_CHECK;
/**
 * The next frame for the caller, never one that the session deals with itself; its payload is valid
 * until the next call. LH_AGAIN: no more for now. Anything else closed the session, a BYE included:
 * LH_ERR_NOT_FOUND (the other side said BYE), LH_ERR_INVALID, LH_ERR_LIMIT, LH_ERR_FORGED,
 * LH_ERR_DENIED, LH_ERR_CONFLICT (it is ourselves), LH_ERR_UNKNOWN, LH_ERR_NOMEM.
 */
enum lh_code lh_session_next(struct lh_session *session, struct lh_frame *out, int64_t now_ms,
                             struct lh_err *err) LH_MUST_CHECK;
/** The caller has dealt with a frame of lh_session_next: the other side may send as much again. */
void lh_session_done(struct lh_session *session, const struct lh_frame *frame);

/** What a frame costs. */
enum lh_session_class lh_session_class_of(uint16_t type, uint32_t request);
/** Bytes, header included, that may be sent of a class now; 0 before LIVE. */
size_t lh_session_credit(const struct lh_session *session, enum lh_session_class of);
/** Send. LH_AGAIN: no credit for it now, nothing was queued; LH_ERR_NOMEM. */
enum lh_code lh_session_send(struct lh_session *session, const struct lh_frame *frame,
                             struct lh_err *err) LH_MUST_CHECK;

/** What is to be written to the connection; valid until the next call. */
struct lh_bytes lh_session_output(const struct lh_session *session);
/** So much of it was written. */
void lh_session_written(struct lh_session *session, size_t len);

/** Time has passed: PING, or LH_ERR_IO when the other side is silent or late, which closes. */
enum lh_code lh_session_tick(struct lh_session *session, int64_t now_ms,
                             struct lh_err *err) LH_MUST_CHECK;
/** When the next tick is due. */
int64_t lh_session_due_ms(const struct lh_session *session);
/** Close from our side. */
void lh_session_close(struct lh_session *session, enum lh_session_bye code, uint32_t retry_after_s);

#endif
