#ifndef LH_NET_HTTP_INTERNAL_H
#define LH_NET_HTTP_INTERNAL_H

/*
 * What http.c (server, requests), http_conn.c (connections, deadlines), http_head.c (what is no
 * HTTP), http_inside.c (connections from within) and http_reply.c share.
 *
 *   adopt -> IDLE --byte--> READING --whole--> HANDLING --reply--> WRITING --written--> IDLE
 *   deadlines: IDLE idle, READING request, HANDLING none, WRITING write. Past one: 408 or a cut.
 *
 * evhttp owns evhttp_connection and bufferevent. Our conn lives from the accept until evhttp's
 * close callback. A connection is freed by us only in IDLE and READING, when evhttp's request is
 * not in our hands; otherwise its socket is shut down and evhttp frees it in its own time.
 */

#include "net/http.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <sys/queue.h>
#include <sys/un.h>

enum conn_phase { CONN_IDLE, CONN_READING, CONN_HANDLING, CONN_WRITING };

/* The bytes of a request's head so far, from its first one to the empty line (http_head.c). */
struct lh_http_head {
    const char *fault; /* what is wrong with them; NULL: nothing yet */
    size_t line_count;
    size_t line_len;
    bool is_in_name;
    bool has_cr;
    bool is_whole; /* what follows is a body */
};

struct lh_http_conn {
    struct lh_http_conn *next, *prev; /* in http->conns, or `next` alone in http->fresh */
    struct lh_http *http;
    struct bufferevent *bev;
    size_t fd;
    struct evhttp_connection *evcon; /* NULL until adopted */
    struct lh_http_request *request; /* in HANDLING, and in WRITING while it streams */
    struct lh_http_peer peer;
    struct lh_http_head head; /* of the request that is being read, or of the next one */
    enum conn_phase phase;
    int64_t deadline_ms; /* 0: none */
    size_t buffered_len; /* our share of http->buffered_len */
    bool is_answered;    /* an error was written around evhttp; the rest is a cut */
    bool is_doomed;      /* to be freed at the next sweep */
};

/* A listener and what evhttp calls it; both NULL when there is none. */
struct lh_http_gate {
    struct evconnlistener *listener;
    struct evhttp_bound_socket *bound;
};

/* A connection of lh_http_connect that was not taken up yet. */
struct lh_http_expected {
    struct lh_http_expected *next;
    struct sockaddr_un name; /* of its near end: 128 random bits that nobody else knows */
    struct lh_http_peer peer;
};

struct lh_http {
    struct lh_http_options options;
    struct evhttp *evhttp;
    struct lh_http_gate gate;   /* the Unix socket */
    struct lh_http_gate inside; /* of lh_http_connect, opened when first needed */
    struct sockaddr_un inside_name;
    struct lh_http_expected *expected;
    struct event *adopt_event; /* runs before the loop looks at sockets again */
    struct event *tick_event;
    struct lh_http_conn *fresh; /* accepted, not yet adopted */
    struct lh_http_conn *conns;
    size_t conn_count;
    struct lh_http_conn **by_fd; /* evhttp tells us a connection, its descriptor finds ours */
    size_t by_fd_count;
    size_t request_count;
    size_t buffered_len;
    uint64_t request_serial;
    uint32_t id_prefix;
    bool is_stopping;
    char socket_path[108];
};

struct lh_http_request {
    struct evhttp_request *ev;
    struct lh_http *http;
    struct lh_http_conn *conn; /* NULL: the client left */
    struct lh_http_peer peer;
    struct evkeyvalq query;
    bool has_query;
    lh_http_stream_ready *on_ready; /* not NULL: streaming */
    void *on_ready_arg;
    char id[LH_REQUEST_ID_SIZE];
};

int64_t lh_http_now_ms(const struct lh_http *http);
/** evhttp asks for the bufferevent of a connection that was just accepted. */
struct bufferevent *lh_http_conn_accept(struct event_base *base, void *arg);
/** Give the fresh connections what evhttp had not made yet when they were accepted. */
void lh_http_conn_adopt(struct lh_http *http);
/** Let a listening socket's connections in; on failure `fd` is closed. */
enum lh_code lh_http_gate_open(struct lh_http *http, struct lh_http_gate *gate, LH_TAKES int fd,
                               struct lh_err *err) LH_MUST_CHECK;
/**
 * Who is at the other end of an accepted socket. False: it came by the inner door without having
 * been announced.
 */
bool lh_http_peer_find(struct lh_http *http, struct lh_http_peer *out, int fd);
void lh_http_inside_close(struct lh_http *http);
void lh_http_head_scan(struct lh_http_head *head, struct lh_bytes bytes);
/** The last `len` bytes of a buffer. */
void lh_http_head_scan_tail(struct lh_http_head *head, struct evbuffer *buffer, size_t len);
/** What is wrong with a request that evhttp has read, NULL: nothing. */
const char *lh_http_head_check(struct evhttp_request *ev);
/** The connection that evhttp's object belongs to. */
struct lh_http_conn *lh_http_conn_of(struct lh_http *http, struct evhttp_connection *evcon);
void lh_http_conn_set_phase(struct lh_http_conn *conn, enum conn_phase phase);
/** Cut connections past their deadline. */
void lh_http_conn_sweep(struct lh_http *http);
/** End those that wait for a request. */
void lh_http_conn_end_idle(struct lh_http *http);
void lh_http_request_free(struct lh_http_request *request);

#endif
