#ifndef LH_NET_HTTP_H
#define LH_NET_HTTP_H

/*
 * The HTTP edge: evhttp, and around it what evhttp lacks. One event loop, one thread.
 *
 *  1. A request must be complete `request_timeout_ms` after its first byte, however its bytes
 *     trickle; a connection without a request ends after `idle_timeout_ms`; a reply must be taken
 *     within `write_timeout_ms` (a stream: each piece of it).
 *  2. Connections, header bytes, body bytes and the bytes of all bodies together are bounded.
 *  3. Every refusal is a problem document, also those that evhttp makes by itself.
 *  4. A request that was handed over stays valid until it is answered, even if its client left.
 *
 * A handler may answer at once or later, from the loop's thread.
 */

#include "crypto/base/time.h"
#include "net/problem.h"
#include "net/tls.h"

#include <sys/types.h>

struct event_base;
struct lh_http;
struct lh_http_request;

struct lh_http_options {
    struct event_base *base; /* LH_KEEPS */
    void (*handle)(struct lh_http_request *request, void *arg);
    void *arg;
    struct lh_clock clock;
    size_t header_len_max;
    size_t body_len_max;
    size_t buffered_len_max; /* bodies of all connections together */
    size_t connection_count_max;
    int64_t request_timeout_ms;
    int64_t idle_timeout_ms;
    int64_t write_timeout_ms;
};

enum lh_code lh_http_new(struct lh_http **out, const struct lh_http_options *options,
                         struct lh_err *err) LH_MUST_CHECK;
/** All requests must be answered before. Connections are cut; the socket file is removed. */
void lh_http_free(struct lh_http *http);
/**
 * Listen on a Unix socket; a file left over by a dead process is replaced. LH_ERR_CONFLICT if
 * somebody listens there; LH_ERR_IO. `mode` is the socket file's, for example 0660.
 */
enum lh_code lh_http_listen_unix(struct lh_http *http, const char *path, mode_t mode,
                                 struct lh_err *err) LH_MUST_CHECK;
struct lh_http_peer;
/**
 * A new connection to this server, non-blocking, as if `peer` had come in by a listener: what an
 * edge of another transport writes into it is served as HTTP, and replies can be read from it. The
 * caller closes it. LH_AGAIN: too many are waiting to be taken up, come back; LH_ERR_IO.
 */
enum lh_code lh_http_connect(struct lh_http *http, int *out_fd, const struct lh_http_peer *peer,
                             struct lh_err *err) LH_MUST_CHECK;
/** Take no new connections and end those that wait for a request. */
void lh_http_stop_accepting(struct lh_http *http);
size_t lh_http_connection_count(const struct lh_http *http);
/** Requests handed over and not answered yet. */
size_t lh_http_request_count(const struct lh_http *http);
/** Connections whose reply is not fully written yet, open requests included. */
size_t lh_http_busy_count(const struct lh_http *http);

enum lh_http_method { LH_HTTP_GET, LH_HTTP_HEAD, LH_HTTP_POST, LH_HTTP_OTHER };

struct lh_http_peer {
    bool is_pinned; /* known by the key of its certificate; else a process of this machine */
    struct lh_tls_pin pin;
    uid_t uid;
    gid_t gid;
    pid_t pid;
};

/* Everything borrowed from a request lives until it is answered. */
enum lh_http_method lh_http_method(const struct lh_http_request *request);
/** Path as it was sent, starting with '/', without query. */
const char *lh_http_path(const struct lh_http_request *request);
/** The n-th query parameter, decoded; false when there are no more. */
bool lh_http_query_at(const struct lh_http_request *request, size_t n, const char **out_name,
                      const char **out_value);
/** First value of a query parameter, NULL if absent. */
const char *lh_http_query(const struct lh_http_request *request, const char *name);
/** A header's value, NULL if absent. */
const char *lh_http_header(const struct lh_http_request *request, const char *name);
struct lh_bytes lh_http_body(struct lh_http_request *request);
const struct lh_http_peer *lh_http_peer(const struct lh_http_request *request);
/** For logs and problems: unique in this process. */
const char *lh_http_request_id(const struct lh_http_request *request);

/** Add a header to the coming reply. */
void lh_http_add_header(struct lh_http_request *request, const char *name, const char *value);
/** Answer; the request is gone afterwards. `body` (may be NULL) is emptied, not copied. */
void lh_http_reply(LH_TAKES struct lh_http_request *request, unsigned status,
                   const char *content_type, struct lh_buf *body);
void lh_http_reply_problem(LH_TAKES struct lh_http_request *request,
                           const struct lh_problem *problem);

/* What a stream tells its writer: `is_open` false means the client left, end it. */
typedef void lh_http_stream_ready(struct lh_http_request *request, bool is_open, void *arg);

/** Start a chunked reply. `on_ready` is called whenever what was added has been written. */
void lh_http_stream_begin(struct lh_http_request *request, unsigned status,
                          const char *content_type, lh_http_stream_ready *on_ready, void *arg);
/** Add a piece (emptied, not copied); empty pieces are refused by assertion. */
void lh_http_stream_add(struct lh_http_request *request, struct lh_buf *piece);
/** End a stream. `is_whole` false cuts the connection, so that nobody takes it for complete. */
void lh_http_stream_end(LH_TAKES struct lh_http_request *request, bool is_whole);

#endif
