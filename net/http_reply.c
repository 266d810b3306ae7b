#include "net/http_internal.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

void lh_http_request_free(struct lh_http_request *request)
{
    if (request->has_query) {
        evhttp_clear_headers(&request->query);
    }
    if (request->conn != NULL) {
        request->conn->request = NULL;
    }
    request->http->request_count--;
    free(request);
}

static void on_written(struct evhttp_request *ev, void *arg)
{
    struct lh_http_conn *conn = arg;
    size_t left = evbuffer_get_length(bufferevent_get_input(conn->bev));

    (void)ev;
    /* A next request may have come in already; its time starts now. */
    lh_http_conn_set_phase(conn, left > 0 ? CONN_READING : CONN_IDLE);
    conn->http->buffered_len = conn->http->buffered_len - conn->buffered_len + left;
    conn->buffered_len = left;
    if (conn->http->is_stopping && left == 0) {
        conn->is_doomed = true; /* evhttp is still inside this connection */
        event_active(conn->http->adopt_event, 0, 0);
    }
}

void lh_http_add_header(struct lh_http_request *request, const char *name, const char *value)
{
    (void)evhttp_add_header(evhttp_request_get_output_headers(request->ev), name, value);
}

static void start_reply(struct lh_http_request *request, const char *content_type)
{
    if (content_type != NULL) {
        lh_http_add_header(request, "Content-Type", content_type);
    }
    lh_http_add_header(request, "X-Request-Id", request->id);
    if (request->http->is_stopping) {
        lh_http_add_header(request, "Connection", "close");
    }
    if (request->conn != NULL) {
        evhttp_request_set_on_complete_cb(request->ev, on_written, request->conn);
        lh_http_conn_set_phase(request->conn, CONN_WRITING);
    }
}

static void free_reference(const void *data, size_t len, void *arg)
{
    (void)data;
    (void)len;
    free(arg);
}

/* Hand the storage over instead of copying it. */
static bool move_buf(struct evbuffer *to, struct lh_buf *from)
{
    if (from->failed ||
        (from->len > 0 &&
         evbuffer_add_reference(to, from->data, from->len, free_reference, from->data) != 0)) {
        return false;
    }
    if (from->len == 0) {
        lh_buf_clear(from);
    }
    *from = (struct lh_buf)LH_BUF_EMPTY;
    return true;
}

void lh_http_reply(struct lh_http_request *request, unsigned status, const char *content_type,
                   struct lh_buf *body)
{
    struct evhttp_request *ev = request->ev;
    struct evbuffer *out = evbuffer_new();

    lh_assert(request->on_ready == NULL);
    if (out == NULL || (body != NULL && !move_buf(out, body))) {
        status = HTTP_INTERNAL;
        content_type = NULL;
    }
    start_reply(request, content_type);
    if (out != NULL && lh_http_method(request) == LH_HTTP_HEAD) { /* evhttp would send the body */
        char len[24];

        (void)snprintf(len, sizeof len, "%zu", evbuffer_get_length(out));
        lh_http_add_header(request, "Content-Length", len);
        (void)evbuffer_drain(out, evbuffer_get_length(out));
    }
    lh_http_request_free(request);
    evhttp_send_reply(ev, (int)status, lh_http_reason(status), out);
    if (out != NULL) {
        evbuffer_free(out);
    }
    if (body != NULL) {
        lh_buf_clear(body);
    }
}

void lh_http_reply_problem(struct lh_http_request *request, const struct lh_problem *problem)
{
    struct lh_buf body = LH_BUF_EMPTY;
    struct lh_json json = lh_json_of(&body);
    unsigned retry_after_s = lh_problem_retry_after_s(problem->code);

    lh_problem_add(&json, NULL, problem, request->id);
    if (retry_after_s != 0) {
        char text[16];

        (void)snprintf(text, sizeof text, "%u", retry_after_s);
        lh_http_add_header(request, "Retry-After", text);
    }
    lh_http_reply(request, lh_problem_status(problem->code), "application/problem+json", &body);
}

void lh_http_stream_begin(struct lh_http_request *request, unsigned status,
                          const char *content_type, lh_http_stream_ready *on_ready, void *arg)
{
    start_reply(request, content_type);
    request->on_ready = on_ready;
    request->on_ready_arg = arg;
    evhttp_send_reply_start(request->ev, (int)status, lh_http_reason(status));
}

static void on_piece_written(struct evhttp_connection *evcon, void *arg)
{
    struct lh_http_request *request = arg;

    (void)evcon;
    if (request->conn != NULL) {
        lh_http_conn_set_phase(request->conn, CONN_WRITING); /* the next piece has its own time */
    }
    request->on_ready(request, true, request->on_ready_arg);
}

void lh_http_stream_add(struct lh_http_request *request, struct lh_buf *piece)
{
    struct evbuffer *out = evbuffer_new();

    lh_assert(request->on_ready != NULL);
    lh_assert(piece->len > 0);
    if (out != NULL && move_buf(out, piece)) {
        evhttp_send_reply_chunk_with_cb(request->ev, out, on_piece_written, request);
    } else if (request->conn != NULL) {
        (void)shutdown(bufferevent_getfd(request->conn->bev), SHUT_RDWR);
    }
    if (out != NULL) {
        evbuffer_free(out);
    }
    lh_buf_clear(piece);
}

void lh_http_stream_end(struct lh_http_request *request, bool is_whole)
{
    struct evhttp_request *ev = request->ev;

    if (!is_whole && request->conn != NULL) {
        (void)shutdown(bufferevent_getfd(request->conn->bev), SHUT_RDWR);
    }
    lh_http_request_free(request);
    evhttp_send_reply_end(ev);
}
