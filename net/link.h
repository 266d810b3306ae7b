#ifndef LH_NET_LINK_H
#define LH_NET_LINK_H

/*
 * One connection to another node: a socket, TLS in it, a session in that.
 *
 *   dial   -> CONNECTING -> GREETING --handshake--> TALKING --ended--> LEAVING --sent--> closed
 *   accept ---------------> GREETING                 any --the other is gone--> closed
 *
 *  1. From its first moment to the end of the handshake a link has `handshake_timeout_ms` and
 *     LH_TLS_GUEST_LEN_MAX bytes; for the HELLO behind it the session has its own time.
 *  2. A frame is dealt with when on_frame returns: then its credit goes back to the other side.
 *  3. Of what we say, LH_LINK_STEP bytes wait as ciphertext; the rest in the session, which bounds
 *     it. Who does not take what we said for `write_timeout_ms` is gone.
 *  4. on_closed is the last thing that is heard of a link, always from the loop and never from
 *     inside a call; then the link is freed.
 *
 * Spec: specs/network.md 4, 5.
 */

#include "crypto/base/time.h"
#include "net/address.h"
#include "net/session.h"
#include "net/tls.h"

struct event_base;
struct lh_link;

enum { LH_LINK_STEP = 64 * 1024 };

/** The protocol that the TLS identity of a link must be made for (struct lh_tls_options). */
#define LH_LINK_PROTOCOL "liuhen/1"

struct lh_link_options {
    LH_KEEPS struct event_base *base;
    struct lh_clock clock;
    LH_KEEPS const struct lh_tls *tls; /* as long as its handshake is not done */
    /* Who we are. Copied; `channel` and `is_dialled` are the link's to fill in, `expected` is whom
     * we dial. */
    struct lh_session_options session;
    int64_t handshake_timeout_ms;
    int64_t write_timeout_ms;
    /* The other side is who it says, and may be sent to. */
    void (*on_live)(void *arg, struct lh_link *link);
    void (*on_frame)(void *arg, struct lh_link *link, const struct lh_frame *frame);
    /* What the other side took made room: what lh_link_send refused may be tried again. */
    void (*on_room)(void *arg, struct lh_link *link);
    void (*on_closed)(void *arg, struct lh_link *link, const struct lh_err *why);
    void *arg;
};

/** Go to `address`. LH_ERR_IO, LH_ERR_NOMEM. */
enum lh_code lh_link_dial(struct lh_link **out, const struct lh_link_options *options,
                          const union lh_address *address, struct lh_err *err) LH_MUST_CHECK;
/** Take over a connected socket, which is closed on failure too. LH_ERR_NOMEM. */
enum lh_code lh_link_accept(struct lh_link **out, const struct lh_link_options *options, int fd,
                            struct lh_err *err) LH_MUST_CHECK;
/** Say why, send what waits, and go; on_closed follows. */
void lh_link_close(struct lh_link *link, enum lh_session_bye code, uint32_t retry_after_s);
/** Free it now: nothing is said and on_closed does not follow. Not from inside its callbacks. */
void lh_link_free(struct lh_link *link);

/** NULL before the handshake is done. */
const struct lh_session *lh_link_session(const struct lh_link *link);
/** As lh_session_send; LH_AGAIN before the link is live and after it has begun to leave, too. */
enum lh_code lh_link_send(struct lh_link *link, const struct lh_frame *frame,
                          struct lh_err *err) LH_MUST_CHECK;
/** Judge deadlines by the clock now, not when the loop's own timer comes; for a clock that is not
 * the machine's. What follows from it is told by the loop. */
void lh_link_look_at_time(struct lh_link *link);
/** Where the other side is, as "10.0.0.7:4711". */
const char *lh_link_address(const struct lh_link *link);

#endif
