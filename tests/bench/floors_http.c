/*
 * HTTP alone: the same clients against a child process that reads whole requests and answers each
 * with a reply of the size of a receipt. No evhttp in it: what a loop costs at least.
 */
#include "tests/bench/floors.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CLIENTS = 64,
    REQUEST_BYTES = 500,
    REPLY_BYTES = 2600,
    ROOM = 64 * 1024,
    EVENTS_MAX = 64,
    WARM_MS = 100,
    RUN_MS = 800,
};

/* ---- the server ------------------------------------------------------------------------------ */

struct server {
    int listener;
    int epoll;
    size_t filled[CLIENTS * 2 + 64]; /* by descriptor */
    char *rooms[CLIENTS * 2 + 64];
    char reply[REPLY_BYTES + 256];
    size_t reply_len;
};

static void watch(struct server *server, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        bench_die("epoll: %s", strerror(errno));
    }
}

static void on_listener(struct server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0 || (size_t)fd >= sizeof server->rooms / sizeof server->rooms[0]) {
        bench_die("accept: %s", strerror(errno));
    }
    server->filled[fd] = 0;
    if (server->rooms[fd] == NULL) {
        server->rooms[fd] = bench_alloc(ROOM + 1, 1);
    }
    watch(server, fd);
}

static bool is_whole(const char *room, size_t filled)
{
    const char *end = strstr(room, "\r\n\r\n");
    const char *length = strcasestr(room, "\r\ncontent-length:");

    if (end == NULL || length == NULL) {
        return false;
    }
    return filled >= (size_t)(end - room) + 4 + strtoull(length + 17, NULL, 10);
}

static void on_client(struct server *server, int fd)
{
    char *room = server->rooms[fd];
    ssize_t n = recv(fd, room + server->filled[fd], ROOM - server->filled[fd], 0);

    if (n <= 0) {
        (void)close(fd);
        return;
    }
    server->filled[fd] += (size_t)n;
    room[server->filled[fd]] = '\0';
    if (!is_whole(room, server->filled[fd])) {
        return;
    }
    server->filled[fd] = 0;
    if (send(fd, server->reply, server->reply_len, MSG_NOSIGNAL) != (ssize_t)server->reply_len) {
        bench_die("send: %s", strerror(errno));
    }
}

static void serve(int listener)
{
    struct server *server = bench_alloc(1, sizeof *server);
    struct epoll_event events[EVENTS_MAX];

    server->listener = listener;
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    int len = snprintf(server->reply, sizeof server->reply,
                       "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                       "Content-Length: %d\r\n\r\n%*s",
                       REPLY_BYTES, REPLY_BYTES, "");
    server->reply_len = (size_t)len;
    watch(server, listener);
    for (;;) {
        int n = epoll_wait(server->epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener) {
                on_listener(server);
            } else {
                on_client(server, events[i].data.fd);
            }
        }
    }
}

static pid_t start_server(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof address.sun_path) {
        bench_die("socket path too long: %s", path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 2 * CLIENTS) != 0) {
        bench_die("listening on %s: %s", path, strerror(errno));
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    (void)close(listener);
    return pid;
}

/* ---- the clients ----------------------------------------------------------------------------- */

struct counting {
    pid_t server;
    int64_t cpu_ns;
};

static void make(void *arg, struct lh_buf *out, size_t entries)
{
    static const uint8_t body[REQUEST_BYTES];

    (void)arg;
    (void)entries;
    lh_buf_add(out, lh_bytes_of(body, sizeof body));
}

static void on_start(void *arg)
{
    struct counting *counting = arg;

    counting->cpu_ns = bench_pid_cpu_ns(counting->server);
}

void floors_measure_http(struct floors *out, const char *dir)
{
    struct load_result result;
    struct counting counting;
    char path[BENCH_PATH_MAX];

    bench_path(path, dir, "http");
    counting.server = start_server(path);
    struct load load = { .socket_path = path,
                         .target = "/v1/events",
                         .content_type = "application/octet-stream",
                         .clients = CLIENTS,
                         .entries = 1,
                         .warm_ns = (int64_t)WARM_MS * 1000000,
                         .run_ns = (int64_t)RUN_MS * 1000000,
                         .make = make,
                         .on_start = on_start,
                         .arg = &counting };
    load_run(&result, &load);
    int64_t server_ns = bench_pid_cpu_ns(counting.server) - counting.cpu_ns;
    out->http_cpu_ns = (double)(server_ns + result.cpu_ns) / (double)result.requests;
    (void)kill(counting.server, SIGKILL);
    (void)waitpid(counting.server, NULL, 0);
    (void)unlink(path);
    bench_samples_clear(&result.latency);
}
