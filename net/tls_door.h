#ifndef LH_NET_TLS_DOOR_H
#define LH_NET_TLS_DOOR_H

/*
 * A TCP port that speaks TLS and hands what is inside to the HTTP server, one inner connection for
 * each of a known client.
 *
 *   accept -> GUEST --handshake--> MEMBER --http ended--> LEAVING --sent--> LINGER -> closed
 *   GUEST --anything wrong--> LEAVING (with an alert);  client gone: any -> closed
 *
 *  1. A guest has `handshake_timeout_ms` from its first moment, and LH_TLS_GUEST_LEN_MAX bytes. At
 *     most `guest_count_max` are here at once: one more, and the oldest has to go.
 *  2. The HTTP server hears of a client only when its handshake is done. Requests, replies and idle
 *     times are its business (net/http.h).
 *  3. In each `write_timeout_ms` LH_TLS_DOOR_STEP bytes of a reply must be taken, or all there is.
 *  4. What waits is bounded by a record each way and LH_TLS_DOOR_STEP bytes of ciphertext: a side
 *     that does not read stops the other one.
 *
 * This is not bufferevent_openssl: in libevent 2.1.12 that stalls at read watermarks (libevent
 * issues 690, 854), which our caps are made of, and takes a close without close_notify for an
 * error of the protocol (1288). Here evhttp sees a plain socket, as always.
 */

#include "crypto/base/time.h"
#include "net/http.h"
#include "net/tls.h"

enum { LH_TLS_DOOR_STEP = 64 * 1024 };

struct lh_tls_door;

struct lh_tls_door_options {
    struct event_base *base; /* LH_KEEPS */
    struct lh_http *http;    /* LH_KEEPS */
    struct lh_clock clock;
    size_t guest_count_max;
    int64_t handshake_timeout_ms;
    int64_t write_timeout_ms;
    /* Somebody did not get in; `address` as "10.0.0.7:4711". */
    void (*on_refused)(void *arg, const char *address, const struct lh_err *why);
    void *arg;
};

/** Listen at `address` (net/address.h). Takes `tls`. LH_ERR_INVALID, LH_ERR_IO (in use, not ours),
 * LH_ERR_NOMEM. */
enum lh_code lh_tls_door_open(struct lh_tls_door **out, const struct lh_tls_door_options *options,
                              LH_TAKES struct lh_tls *tls, const char *address,
                              struct lh_err *err) LH_MUST_CHECK;
/** Connections are cut. Before the HTTP server is freed. */
void lh_tls_door_close(struct lh_tls_door *door);
/** Serve another certificate to whoever comes from now on. */
void lh_tls_door_renew(struct lh_tls_door *door, LH_TAKES struct lh_tls *tls);
const struct lh_tls *lh_tls_door_tls(const struct lh_tls_door *door);
/** Where it listens, with the port that it got. */
const char *lh_tls_door_address(const struct lh_tls_door *door);
/** Take no new connections; guests go. */
void lh_tls_door_stop_accepting(struct lh_tls_door *door);
size_t lh_tls_door_guest_count(const struct lh_tls_door *door);
/** Members, and those that leave and have not got all yet. */
size_t lh_tls_door_busy_count(const struct lh_tls_door *door);

#endif
