/*
 * What evhttp lets pass of a request's head and HTTP/1.1 does not (RFC 9112 sections 2.2, 3.2, 5, 6
 * and 11.2): whatever two parsers may read in two ways is how a request hides in another one.
 *
 *  1. Bytes are looked at as they arrive, for evhttp joins folded lines and cuts at zero bytes.
 *  2. Fields and target are looked at when evhttp has read the request.
 *  3. A request that fails is answered 400 and its connection is closed: where the next one would
 *     begin is not certain any more.
 */
#include "net/http_internal.h"

#include <string.h>

/* ---- the bytes ---- */

static bool is_token_char(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') ||
           (byte != '\0' && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static void fault(struct lh_http_head *head, const char *words)
{
    if (head->fault == NULL) {
        head->fault = words;
    }
}

static void begin_line(struct lh_http_head *head, uint8_t byte)
{
    if (head->line_count > 0 && (byte == ' ' || byte == '\t')) {
        fault(head, "a header line is folded");
    }
    head->is_in_name = head->line_count > 0;
}

/* A line's byte, its end excepted. A CR is held back: it may belong to the end. */
static void take_byte(struct lh_http_head *head, uint8_t byte)
{
    if (head->has_cr) {
        head->has_cr = false;
        fault(head, "a control character stands in the request's head");
    }
    if (byte == '\r') {
        head->has_cr = true;
        return;
    }
    if (head->line_len++ == 0) {
        begin_line(head, byte);
    }
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
        fault(head, "a control character stands in the request's head");
    }
    if (head->is_in_name && byte == ':') {
        head->is_in_name = false;
    } else if (head->is_in_name && !is_token_char(byte)) {
        fault(head, "a header's name holds what names may not");
    }
}

void lh_http_head_scan(struct lh_http_head *head, struct lh_bytes bytes)
{
    for (size_t i = 0; i < bytes.len && !head->is_whole; i++) {
        if (bytes.data[i] != '\n') {
            take_byte(head, bytes.data[i]);
            continue;
        }
        head->is_whole = head->line_len == 0;
        head->line_count++;
        head->line_len = 0;
        head->has_cr = false;
    }
}

void lh_http_head_scan_tail(struct lh_http_head *head, struct evbuffer *buffer, size_t len)
{
    struct evbuffer_ptr at;
    struct evbuffer_iovec piece;
    size_t whole = evbuffer_get_length(buffer);

    if (head->is_whole || len == 0 ||
        evbuffer_ptr_set(buffer, &at, whole - len, EVBUFFER_PTR_SET) != 0) {
        return;
    }
    while (len > 0 && !head->is_whole &&
           evbuffer_peek(buffer, (ev_ssize_t)len, &at, &piece, 1) > 0) {
        size_t taken = piece.iov_len < len ? piece.iov_len : len;

        lh_http_head_scan(head, lh_bytes_of(piece.iov_base, taken));
        len -= taken;
        if (len == 0 || evbuffer_ptr_set(buffer, &at, taken, EVBUFFER_PTR_ADD) != 0) {
            return;
        }
    }
}

/* ---- the fields ---- */

static size_t count_fields(const struct evkeyvalq *headers, const char *name)
{
    const struct evkeyval *field;
    size_t count = 0;

    TAILQ_FOREACH(field, headers, next)
    {
        count += evutil_ascii_strcasecmp(field->key, name) == 0 ? 1 : 0;
    }
    return count;
}

static bool may_have_body(struct evhttp_request *ev)
{
    enum evhttp_cmd_type type = evhttp_request_get_command(ev);

    return type == EVHTTP_REQ_POST || type == EVHTTP_REQ_PUT || type == EVHTTP_REQ_PATCH;
}

static const char *check_length(struct evhttp_request *ev, const struct evkeyvalq *headers)
{
    const char *length = evhttp_find_header(headers, "Content-Length");
    const char *coding = evhttp_find_header(headers, "Transfer-Encoding");

    if (length != NULL && coding != NULL) {
        return "Content-Length and Transfer-Encoding exclude each other";
    }
    if (count_fields(headers, "Content-Length") > 1) {
        return "Content-Length is given twice";
    }
    if (length != NULL && (length[0] == '\0' || strspn(length, "0123456789") != strlen(length))) {
        return "Content-Length is no number";
    }
    if (coding != NULL && (count_fields(headers, "Transfer-Encoding") > 1 || ev->minor == 0 ||
                           evutil_ascii_strcasecmp(coding, "chunked") != 0)) {
        return "the only Transfer-Encoding is chunked, once, and of HTTP/1.1";
    }
    if (!may_have_body(ev) && (coding != NULL || (length != NULL && strcmp(length, "0") != 0))) {
        return "a request of this method has no body here";
    }
    return NULL;
}

static const char *check_host(struct evhttp_request *ev, const struct evkeyvalq *headers)
{
    size_t count = count_fields(headers, "Host");

    if (count > 1) {
        return "Host is given twice";
    }
    return count == 0 && ev->minor > 0 ? "HTTP/1.1 wants a Host" : NULL;
}

/*
 * "/path", "http://host/path", or "*" with OPTIONS; a proxy's request is served as ours. The flag
 * is evhttp's for being a proxy, and would make it look at another header than Connection.
 */
static const char *check_target(struct evhttp_request *ev)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(ev);
    const char *scheme = uri != NULL ? evhttp_uri_get_scheme(uri) : NULL;
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    bool is_absolute = scheme != NULL && evhttp_uri_get_host(uri) != NULL &&
                       (evutil_ascii_strcasecmp(scheme, "http") == 0 ||
                        evutil_ascii_strcasecmp(scheme, "https") == 0);
    bool is_all = path != NULL && strcmp(path, "*") == 0 && scheme == NULL &&
                  evhttp_request_get_command(ev) == EVHTTP_REQ_OPTIONS;

    ev->flags &= ~EVHTTP_PROXY_REQUEST;
    if (uri != NULL && evhttp_uri_get_fragment(uri) != NULL) {
        return "a fragment is not part of a request";
    }
    return is_absolute || is_all || (scheme == NULL && path != NULL && path[0] == '/')
               ? NULL
               : "the target is no path";
}

/*
 * libevent takes "HTTP/0.9" and answers with the version it was asked in. We speak HTTP/1 only
 * (RFC 9112 section 2.3), to anyone.
 */
static bool is_http_1(struct evhttp_request *ev)
{
    if (ev->major == 1) {
        return true;
    }
    ev->major = 1;
    ev->minor = 1;
    return false;
}

const char *lh_http_head_check(struct evhttp_request *ev)
{
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(ev);
    const char *words;

    if (!is_http_1(ev)) {
        return "the HTTP version is not 1.0 or 1.1";
    }
    words = check_length(ev, headers);
    if (words == NULL) {
        words = check_host(ev, headers);
    }
    return words != NULL ? words : check_target(ev);
}
