#include "net/http_internal.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool link_conn(struct lh_http *http, struct lh_http_conn *conn)
{
    size_t fd = (size_t)bufferevent_getfd(conn->bev);

    if (fd >= http->by_fd_count) {
        size_t count = fd + 64;
        struct lh_http_conn **grown = realloc(http->by_fd, count * sizeof(struct lh_http_conn *));

        if (grown == NULL) {
            return false;
        }
        for (size_t i = http->by_fd_count; i < count; i++) {
            grown[i] = NULL;
        }
        http->by_fd = grown;
        http->by_fd_count = count;
    }
    http->by_fd[fd] = conn;
    conn->fd = fd;
    conn->prev = NULL;
    conn->next = http->conns;
    if (http->conns != NULL) {
        http->conns->prev = conn;
    }
    http->conns = conn;
    http->conn_count++;
    return true;
}

static void unlink_conn(struct lh_http *http, struct lh_http_conn *conn)
{
    if (conn->prev != NULL) {
        conn->prev->next = conn->next;
    } else {
        http->conns = conn->next;
    }
    if (conn->next != NULL) {
        conn->next->prev = conn->prev;
    }
    http->conn_count--;
    http->by_fd[conn->fd] = NULL;
}

void lh_http_conn_set_phase(struct lh_http_conn *conn, enum conn_phase phase)
{
    const struct lh_http_options *options = &conn->http->options;
    int64_t now_ms = lh_http_now_ms(conn->http);

    conn->phase = phase;
    switch (phase) {
    case CONN_IDLE:
        conn->deadline_ms = now_ms + options->idle_timeout_ms;
        break;
    case CONN_READING:
        conn->deadline_ms = now_ms + options->request_timeout_ms;
        break;
    case CONN_HANDLING:
        conn->deadline_ms = 0;
        break;
    case CONN_WRITING:
        conn->deadline_ms = now_ms + options->write_timeout_ms;
        break;
    }
}

/* Answer around evhttp, straight into the socket, which is empty while no reply is under way. */
static void answer_raw(struct lh_http_conn *conn, enum lh_problem_code code)
{
    struct lh_problem problem;
    struct lh_buf body = LH_BUF_EMPTY;
    struct lh_buf reply = LH_BUF_EMPTY;

    if (conn->is_answered) {
        return;
    }
    conn->is_answered = true;
    lh_problem_set(&problem, code, "%s", "");
    struct lh_json json = lh_json_of(&body);
    lh_problem_add(&json, NULL, &problem, NULL);
    lh_buf_add_format(&reply,
                      "HTTP/1.1 %u %s\r\nContent-Type: application/problem+json\r\n"
                      "Content-Length: %zu\r\nConnection: close\r\n",
                      lh_problem_status(code), lh_http_reason(lh_problem_status(code)), body.len);
    if (lh_problem_retry_after_s(code) != 0) {
        lh_buf_add_format(&reply, "Retry-After: %u\r\n", lh_problem_retry_after_s(code));
    }
    lh_buf_add_text(&reply, "\r\n");
    lh_buf_add(&reply, lh_buf_bytes(&body));
    if (lh_buf_check(&reply, NULL) == LH_OK) {
        (void)!send(bufferevent_getfd(conn->bev), reply.data, reply.len,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    lh_buf_clear(&body);
    lh_buf_clear(&reply);
}

/* To be freed from the loop, not from inside the callback that found out. */
static void doom(struct lh_http_conn *conn)
{
    conn->is_doomed = true;
    event_active(conn->http->adopt_event, 0, 0);
}

static void count_buffered(struct lh_http_conn *conn, size_t len)
{
    conn->http->buffered_len = conn->http->buffered_len - conn->buffered_len + len;
    conn->buffered_len = len;
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct lh_http_conn *conn = arg;

    if (info->n_added == 0) {
        return; /* what leaves this buffer is in the request now, and counted until its answer */
    }
    if (conn->phase == CONN_IDLE) {
        lh_http_conn_set_phase(conn, CONN_READING);
    }
    lh_http_head_scan_tail(&conn->head, input, info->n_added);
    count_buffered(conn, conn->buffered_len + info->n_added);
    if (conn->http->buffered_len > conn->http->options.buffered_len_max &&
        conn->phase == CONN_READING) {
        answer_raw(conn, LH_PROBLEM_QUEUE_FULL);
        doom(conn);
    }
}

static enum lh_problem_code problem_of_status(const char *status)
{
    return memcmp(status, "413", 3) == 0   ? LH_PROBLEM_TOO_LARGE
           : memcmp(status, "503", 3) == 0 ? LH_PROBLEM_QUEUE_FULL
           : memcmp(status, "501", 3) == 0 ? LH_PROBLEM_METHOD
                                           : LH_PROBLEM_MALFORMED;
}

/*
 * evhttp refuses broken and oversized requests with an HTML page before we see them. Such a page
 * is the only thing written before a request was handed over (but for "100 Continue"), so it is
 * recognised by the phase; we answer first and close the door on the page.
 */
static void on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
    struct lh_http_conn *conn = arg;
    char start[40]; /* "HTTP/1.1 413", or with a version that the client made up */
    ev_ssize_t len = 0;
    const char *space = NULL;

    if (info->n_added == 0 || conn->phase == CONN_HANDLING || conn->phase == CONN_WRITING ||
        conn->is_answered) {
        return;
    }
    len = evbuffer_copyout(output, start, sizeof start);
    space = len > 0 ? memchr(start, ' ', (size_t)len) : NULL;
    if (space == NULL || start + len - space < 4 || space[1] < '4') {
        return;
    }
    answer_raw(conn, problem_of_status(space + 1));
    (void)shutdown(bufferevent_getfd(conn->bev), SHUT_RDWR);
}

static void on_conn_close(struct evhttp_connection *evcon, void *arg)
{
    struct lh_http_conn *conn = arg;
    struct lh_http_request *request = conn->request;

    (void)evcon;
    evbuffer_remove_cb(bufferevent_get_input(conn->bev), on_input, conn);
    evbuffer_remove_cb(bufferevent_get_output(conn->bev), on_output, conn);
    count_buffered(conn, 0);
    unlink_conn(conn->http, conn);
    free(conn);
    if (request != NULL) {
        request->conn = NULL;
        if (request->on_ready != NULL) {
            request->on_ready(request, false, request->on_ready_arg);
        }
    }
}

struct bufferevent *lh_http_conn_accept(struct event_base *base, void *arg)
{
    struct lh_http *http = arg;
    struct lh_http_conn *conn = calloc(1, sizeof *conn);

    if (conn == NULL) {
        return NULL;
    }
    conn->bev = bufferevent_socket_new(base, -1, 0);
    if (conn->bev == NULL) {
        free(conn);
        return NULL;
    }
    /* A whole body must fit; what a client sends ahead of its reply is bounded by the same. */
    bufferevent_setwatermark(conn->bev, EV_READ, 0,
                             http->options.body_len_max + http->options.header_len_max + 65536);
    conn->http = http;
    conn->next = http->fresh;
    http->fresh = conn;
    event_active(http->adopt_event, 0, 0);
    return conn->bev;
}

static void adopt(struct lh_http *http, struct lh_http_conn *conn)
{
    void *evcon = NULL;
    bufferevent_event_cb on_event = NULL;
    bool is_announced;

    /* evhttp's own callbacks name its connection, which did not exist when we were asked. */
    bufferevent_getcb(conn->bev, NULL, NULL, &on_event, &evcon);
    lh_assert(on_event != NULL);
    lh_assert(evcon != NULL);
    conn->evcon = evcon;
    if (!link_conn(http, conn)) {
        evhttp_connection_free(conn->evcon);
        free(conn);
        return;
    }
    evhttp_connection_set_closecb(conn->evcon, on_conn_close, conn);
    is_announced = lh_http_peer_find(http, &conn->peer, bufferevent_getfd(conn->bev));
    lh_http_conn_set_phase(conn, CONN_IDLE);
    (void)evbuffer_add_cb(bufferevent_get_input(conn->bev), on_input, conn);
    (void)evbuffer_add_cb(bufferevent_get_output(conn->bev), on_output, conn);
    if (http->conn_count > http->options.connection_count_max) {
        answer_raw(conn, LH_PROBLEM_QUEUE_FULL);
        evhttp_connection_free(conn->evcon);
    } else if (!is_announced || http->is_stopping) {
        evhttp_connection_free(conn->evcon);
    }
}

/* Only in IDLE and READING: the request is evhttp's then. */
static void free_conn(struct lh_http_conn *conn)
{
    lh_assert(conn->request == NULL);
    evhttp_connection_free(conn->evcon); /* calls on_conn_close */
}

void lh_http_conn_adopt(struct lh_http *http)
{
    struct lh_http_conn *next;

    while (http->fresh != NULL) {
        struct lh_http_conn *conn = http->fresh;

        http->fresh = conn->next;
        adopt(http, conn);
    }
    for (struct lh_http_conn *conn = http->conns; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->is_doomed && (conn->phase == CONN_IDLE || conn->phase == CONN_READING)) {
            free_conn(conn);
        }
    }
}

struct lh_http_conn *lh_http_conn_of(struct lh_http *http, struct evhttp_connection *evcon)
{
    evutil_socket_t fd = bufferevent_getfd(evhttp_connection_get_bufferevent(evcon));

    return fd >= 0 && (size_t)fd < http->by_fd_count ? http->by_fd[fd] : NULL;
}

void lh_http_conn_sweep(struct lh_http *http)
{
    int64_t now_ms = lh_http_now_ms(http);
    struct lh_http_conn *next;

    for (struct lh_http_conn *conn = http->conns; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->deadline_ms == 0 || now_ms < conn->deadline_ms) {
            continue;
        }
        switch (conn->phase) {
        case CONN_IDLE:
            free_conn(conn);
            break;
        case CONN_READING:
            answer_raw(conn, LH_PROBLEM_TIMEOUT);
            free_conn(conn);
            break;
        case CONN_HANDLING:
            break;
        case CONN_WRITING:
            conn->deadline_ms = 0;
            (void)shutdown(bufferevent_getfd(conn->bev), SHUT_RDWR);
            break;
        }
    }
}

void lh_http_conn_end_idle(struct lh_http *http)
{
    struct lh_http_conn *next;

    for (struct lh_http_conn *conn = http->conns; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->phase == CONN_IDLE) {
            free_conn(conn);
        }
    }
}
