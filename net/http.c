#include "net/http_internal.h"

#include "crypto/base/assert.h"
#include "crypto/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 512, TICK_MS_MIN = 20, TICK_MS_MAX = 1000 };

int64_t lh_http_now_ms(const struct lh_http *http)
{
    return http->options.clock.mono_ms(http->options.clock.arg);
}

static void on_adopt(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    lh_http_conn_adopt(arg);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct lh_http *http = arg;

    (void)fd;
    (void)what;
    lh_http_conn_sweep(http);
    if (http->gate.listener != NULL) {
        (void)evconnlistener_enable(http->gate.listener); /* after a shortage of descriptors */
    }
    if (http->inside.listener != NULL) {
        (void)evconnlistener_enable(http->inside.listener);
    }
}

/* No descriptor left: stop accepting until the next tick instead of spinning. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)arg;
    (void)evconnlistener_disable(listener);
}

static const char *raw_query(struct evhttp_request *ev)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(ev);

    return uri != NULL ? evhttp_uri_get_query(uri) : NULL;
}

static bool parse_query(struct lh_http_request *request)
{
    const char *query = raw_query(request->ev);

    request->has_query = true;
    if (query == NULL || query[0] == '\0') {
        return true;
    }
    return strstr(query, "%00") == NULL && evhttp_parse_query_str(query, &request->query) == 0;
}

/* What is wrong with the request's head; what came in behind it begins the next one. */
static const char *take_head(struct lh_http_conn *conn, struct evhttp_request *ev)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    const char *of_bytes = conn->head.fault;
    const char *of_fields = lh_http_head_check(ev);

    conn->head = (struct lh_http_head){ .fault = NULL };
    lh_http_head_scan_tail(&conn->head, input, evbuffer_get_length(input));
    return of_bytes != NULL ? of_bytes : of_fields;
}

static void on_evhttp_request(struct evhttp_request *ev, void *arg)
{
    struct lh_http *http = arg;
    struct lh_http_conn *conn = lh_http_conn_of(http, evhttp_request_get_connection(ev));
    struct lh_http_request *request = calloc(1, sizeof *request);
    struct lh_problem problem;
    const char *words;

    if (conn == NULL || request == NULL) {
        free(request);
        evhttp_send_error(ev, HTTP_SERVUNAVAIL, NULL);
        return;
    }
    request->ev = ev;
    request->http = http;
    request->conn = conn;
    request->peer = conn->peer;
    (void)snprintf(request->id, sizeof request->id, "%08x-%llu", http->id_prefix,
                   (unsigned long long)++http->request_serial);
    conn->request = request;
    TAILQ_INIT(&request->query);
    http->request_count++;
    lh_http_conn_set_phase(conn, CONN_HANDLING);
    words = take_head(conn, ev);
    if (words == NULL && !parse_query(request)) {
        words = "the query string cannot be read";
    }
    if (words != NULL) {
        lh_problem_set(&problem, LH_PROBLEM_MALFORMED, "%s", words);
        lh_http_add_header(request, "Connection", "close");
        lh_http_reply_problem(request, &problem);
        return;
    }
    http->options.handle(request, http->options.arg);
}

static enum lh_code make_events(struct lh_http *http, struct lh_err *err)
{
    int64_t tick_ms = http->options.request_timeout_ms / 8;

    tick_ms = tick_ms < TICK_MS_MIN ? TICK_MS_MIN : tick_ms > TICK_MS_MAX ? TICK_MS_MAX : tick_ms;
    struct timeval tick = { .tv_sec = tick_ms / 1000, .tv_usec = tick_ms % 1000 * 1000 };
    http->adopt_event = event_new(http->options.base, -1, 0, on_adopt, http);
    http->tick_event = event_new(http->options.base, -1, EV_PERSIST, on_tick, http);
    if (http->adopt_event == NULL || http->tick_event == NULL ||
        event_add(http->tick_event, &tick) != 0) {
        return lh_err_set(err, LH_ERR_NOMEM, "events of the http server");
    }
    return LH_OK;
}

enum lh_code lh_http_new(struct lh_http **out, const struct lh_http_options *options,
                         struct lh_err *err)
{
    struct lh_random random = lh_random_system();
    struct lh_http *http = calloc(1, sizeof *http);
    enum lh_code rc;

    if (http == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "http server");
    }
    http->options = *options;
    rc = lh_random_fill(&random, &http->id_prefix, sizeof http->id_prefix, err);
    if (rc != LH_OK) {
        goto out;
    }
    http->evhttp = evhttp_new(options->base);
    if (http->evhttp == NULL) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "evhttp");
        goto out;
    }
    rc = make_events(http, err);
    if (rc != LH_OK) {
        goto out;
    }
    evhttp_set_bevcb(http->evhttp, lh_http_conn_accept, http);
    evhttp_set_gencb(http->evhttp, on_evhttp_request, http);
    evhttp_set_max_headers_size(http->evhttp, (ev_ssize_t)options->header_len_max);
    evhttp_set_max_body_size(http->evhttp, (ev_ssize_t)options->body_len_max);
    evhttp_set_default_content_type(http->evhttp, NULL);
    (void)evhttp_set_flags(http->evhttp, EVHTTP_SERVER_LINGERING_CLOSE);
    evhttp_set_allowed_methods(http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
                                                 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
                                                 EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
    *out = http;
    http = NULL;
out:
    lh_http_free(http);
    return rc;
}

void lh_http_free(struct lh_http *http)
{
    if (http == NULL) {
        return;
    }
    lh_assert(http->request_count == 0);
    if (http->adopt_event != NULL) {
        lh_http_conn_adopt(http);
    }
    if (http->evhttp != NULL) {
        evhttp_free(http->evhttp); /* and with it listener and connections */
    }
    if (http->adopt_event != NULL) {
        event_free(http->adopt_event);
    }
    if (http->tick_event != NULL) {
        event_free(http->tick_event);
    }
    if (http->socket_path[0] != '\0') {
        (void)unlink(http->socket_path);
    }
    lh_http_inside_close(http);
    free(http->by_fd);
    free(http);
}

/* A socket file that nobody listens on is a leftover; anything else stays as it is. */
static enum lh_code clear_leftover(const struct sockaddr_un *address, struct lh_err *err)
{
    struct stat info;
    int fd;
    int error;

    if (lstat(address->sun_path, &info) != 0) {
        return errno == ENOENT
                   ? LH_OK
                   : lh_err_set(err, LH_ERR_IO, "%s: %s", address->sun_path, strerror(errno));
    }
    if (!S_ISSOCK(info.st_mode)) {
        return lh_err_set(err, LH_ERR_CONFLICT, "%s exists and is not a socket", address->sun_path);
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return lh_err_set(err, LH_ERR_IO, "socket: %s", strerror(errno));
    }
    error = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    (void)close(fd);
    if (error == 0) {
        return lh_err_set(err, LH_ERR_CONFLICT, "another process listens on %s", address->sun_path);
    }
    if (error != ECONNREFUSED || unlink(address->sun_path) != 0) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", address->sun_path,
                          strerror(error != ECONNREFUSED ? error : errno));
    }
    return LH_OK;
}

enum lh_code lh_http_gate_open(struct lh_http *http, struct lh_http_gate *gate, int fd,
                               struct lh_err *err)
{
    struct evconnlistener *listener =
        evconnlistener_new(http->options.base, NULL, NULL,
                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED, 0, fd);

    if (listener == NULL) {
        (void)close(fd);
        return lh_err_set(err, LH_ERR_NOMEM, "listener");
    }
    evconnlistener_set_error_cb(listener, on_accept_error);
    gate->bound = evhttp_bind_listener(http->evhttp, listener);
    if (gate->bound == NULL) {
        evconnlistener_free(listener);
        return lh_err_set(err, LH_ERR_NOMEM, "listener");
    }
    gate->listener = listener; /* evhttp frees it */
    return evconnlistener_enable(listener) == 0 ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "listener");
}

static void gate_close(struct lh_http *http, struct lh_http_gate *gate)
{
    if (gate->bound != NULL) {
        evhttp_del_accept_socket(http->evhttp, gate->bound);
    }
    *gate = (struct lh_http_gate){ .listener = NULL };
}

enum lh_code lh_http_listen_unix(struct lh_http *http, const char *path, mode_t mode,
                                 struct lh_err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = -1;
    enum lh_code rc;

    lh_assert(http->gate.listener == NULL);
    if (strlen(path) >= sizeof address.sun_path) {
        return lh_err_set(err, LH_ERR_LIMIT, "socket path is longer than %zu bytes: %s",
                          sizeof address.sun_path - 1, path);
    }
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    rc = clear_leftover(&address, err);
    if (rc != LH_OK) {
        return rc;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode is set before listen: nobody connects under a looser one. */
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, mode) != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
        rc = lh_err_set(err, LH_ERR_IO, "listening on %s: %s", path, strerror(errno));
        goto out;
    }
    (void)snprintf(http->socket_path, sizeof http->socket_path, "%s", path);
    rc = lh_http_gate_open(http, &http->gate, fd, err);
    fd = -1;
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "%s", path);
    }
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return rc;
}

void lh_http_stop_accepting(struct lh_http *http)
{
    http->is_stopping = true;
    gate_close(http, &http->gate);
    gate_close(http, &http->inside);
    if (http->socket_path[0] != '\0') {
        (void)unlink(http->socket_path);
        http->socket_path[0] = '\0';
    }
    lh_http_conn_adopt(http);
    lh_http_conn_end_idle(http);
}

size_t lh_http_connection_count(const struct lh_http *http)
{
    return http->conn_count;
}

size_t lh_http_request_count(const struct lh_http *http)
{
    return http->request_count;
}

size_t lh_http_busy_count(const struct lh_http *http)
{
    size_t count = 0;

    for (const struct lh_http_conn *conn = http->conns; conn != NULL; conn = conn->next) {
        count += conn->phase == CONN_HANDLING || conn->phase == CONN_WRITING ? 1 : 0;
    }
    return count > http->request_count ? count : http->request_count;
}

enum lh_http_method lh_http_method(const struct lh_http_request *request)
{
    enum evhttp_cmd_type type = evhttp_request_get_command(request->ev);

    return type == EVHTTP_REQ_GET    ? LH_HTTP_GET
           : type == EVHTTP_REQ_HEAD ? LH_HTTP_HEAD
           : type == EVHTTP_REQ_POST ? LH_HTTP_POST
                                     : LH_HTTP_OTHER;
}

const char *lh_http_path(const struct lh_http_request *request)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request->ev);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;

    return path != NULL && path[0] == '/' ? path : "/";
}

bool lh_http_query_at(const struct lh_http_request *request, size_t n, const char **out_name,
                      const char **out_value)
{
    const struct evkeyval *pair;

    TAILQ_FOREACH(pair, &request->query, next)
    {
        if (n-- == 0) {
            *out_name = pair->key;
            *out_value = pair->value;
            return true;
        }
    }
    return false;
}

const char *lh_http_query(const struct lh_http_request *request, const char *name)
{
    const struct evkeyval *pair;

    TAILQ_FOREACH(pair, &request->query, next)
    {
        if (strcmp(pair->key, name) == 0) {
            return pair->value;
        }
    }
    return NULL;
}

const char *lh_http_header(const struct lh_http_request *request, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request->ev), name);
}

struct lh_bytes lh_http_body(struct lh_http_request *request)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(request->ev);
    size_t len = evbuffer_get_length(body);

    return lh_bytes_of(len > 0 ? evbuffer_pullup(body, -1) : NULL, len);
}

const struct lh_http_peer *lh_http_peer(const struct lh_http_request *request)
{
    return &request->peer;
}

const char *lh_http_request_id(const struct lh_http_request *request)
{
    return request->id;
}
