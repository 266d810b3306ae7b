/*
 * What a client of the node's socket sends, through the whole HTTP edge. Whatever it is, the
 * answer is HTTP or none, every request is answered once, and nothing is left of the connection.
 */
#include "net/http.h"

#include "crypto/base/assert.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16 * 1024, ROUNDS_MAX = 1000 };

static struct {
    struct event_base *base;
    struct lh_http *http;
    char path[64];
    int64_t now_ms;
} world;

static int64_t now(void *arg)
{
    (void)arg;
    return world.now_ms;
}

/* The answer depends on what every reader of a request gives. */
static void handle(struct lh_http_request *request, void *arg)
{
    struct lh_problem problem = LH_PROBLEM_EMPTY;
    struct lh_buf body = LH_BUF_EMPTY;
    const char *name;
    const char *value;

    (void)arg;
    lh_assert(lh_http_path(request)[0] == '/');
    lh_assert(lh_http_method(request) <= LH_HTTP_OTHER);
    lh_assert(lh_http_peer(request)->uid == getuid());
    for (size_t n = 0; lh_http_query_at(request, n, &name, &value); n++) {
        lh_assert(lh_http_query(request, name) != NULL);
        lh_buf_add_text(&body, value);
    }
    value = lh_http_header(request, "Content-Type");
    lh_buf_add_text(&body, value != NULL ? value : "");
    lh_buf_add(&body, lh_http_body(request));
    if (lh_buf_bytes(&body).len % 2 == 0) {
        lh_http_add_header(request, "X-Id", lh_http_request_id(request));
        lh_http_reply(request, 200, "text/plain", &body);
    } else {
        lh_problem_set(&problem, LH_PROBLEM_MALFORMED, "odd");
        lh_http_reply_problem(request, &problem);
    }
    lh_buf_clear(&body);
}

static void tear_down(void)
{
    lh_http_free(world.http);
    event_base_free(world.base);
    rmdir(world.path);
}

static void set_up(void)
{
    struct lh_http_options options = { .handle = handle,
                                       .clock = { .wall_unix_ms = now, .mono_ms = now },
                                       .header_len_max = 4096,
                                       .body_len_max = 4096,
                                       .buffered_len_max = 6000,
                                       .connection_count_max = 4,
                                       .request_timeout_ms = 1000,
                                       .idle_timeout_ms = 1000,
                                       .write_timeout_ms = 1000 };
    char path[sizeof world.path + 2];

    memcpy(world.path, "/tmp/lh-fuzz-XXXXXX", sizeof "/tmp/lh-fuzz-XXXXXX");
    lh_assert(mkdtemp(world.path) != NULL);
    lh_assert(signal(SIGPIPE, SIG_IGN) != SIG_ERR); /* as the node does */
    world.now_ms = 1000000;
    world.base = event_base_new();
    options.base = world.base;
    lh_assert(lh_http_new(&world.http, &options, NULL) == LH_OK);
    (void)snprintf(path, sizeof path, "%s/s", world.path);
    lh_assert(lh_http_listen_unix(world.http, path, 0600, NULL) == LH_OK);
    lh_assert(atexit(tear_down) == 0);
}

static int connect_to(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/s", world.path);
    lh_assert(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

/* One turn of the loop; takes what came. True when the node closed the connection. */
static bool turn(int fd, size_t *answered)
{
    static const char start[] = "HTTP/1.";
    char piece[4096];
    ssize_t got;

    lh_assert(event_base_loop(world.base, EVLOOP_NONBLOCK) >= 0);
    got = recv(fd, piece, sizeof piece, 0);
    if (got > 0 && *answered == 0) {
        lh_assert((size_t)got >= sizeof start - 1 && memcmp(piece, start, sizeof start - 1) == 0);
    }
    *answered += got > 0 ? (size_t)got : 0;
    return got == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t answered = 0;
    size_t sent = 0;
    int quiet = 0;

    if (world.base == NULL) {
        set_up();
    }
    if (size > INPUT_MAX) {
        return 0;
    }
    int fd = connect_to();
    for (int i = 0; i < ROUNDS_MAX && quiet < 6; i++) {
        size_t before = answered;
        ssize_t put = sent < size ? send(fd, data + sent, size - sent, MSG_NOSIGNAL) : 0;

        sent += put > 0 ? (size_t)put : 0;
        if (turn(fd, &answered)) {
            break;
        }
        quiet = put > 0 || answered > before ? 0 : quiet + 1;
    }
    close(fd);
    for (int i = 0; i < ROUNDS_MAX && lh_http_connection_count(world.http) > 0; i++) {
        lh_assert(event_base_loop(world.base, EVLOOP_NONBLOCK) >= 0);
    }
    lh_assert(lh_http_connection_count(world.http) == 0);
    lh_assert(lh_http_request_count(world.http) == 0);
    return 0;
}
