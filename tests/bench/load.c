#include "tests/bench/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { READ_ROOM = 256 * 1024, EVENTS_MAX = 64, STALL_MS = 20 * 1000 };

struct client {
    int fd;
    bool is_waiting; /* for a reply */
    bool is_counted;
    int64_t due_ns; /* when the request should have been sent */
    struct lh_buf out;
    size_t sent;
    struct lh_buf in;
};

struct loading {
    const struct load *load;
    struct load_result *result;
    int epoll;
    struct client *clients;
    size_t idle_count;
    size_t idle[LOAD_CLIENTS_MAX];
    struct lh_buf body;
    int64_t begin_ns; /* of the warm-up */
    int64_t count_ns; /* of counting */
    int64_t end_ns;
    int64_t cpu_ns;      /* at the beginning of counting */
    int64_t next_due_ns; /* open loop */
    uint64_t sent_counted;
    bool is_counting;
};

/* ---- connections ----------------------------------------------------------------------------- */

static void open_client(struct loading *loading, size_t number)
{
    struct client *client = &loading->clients[number];
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = number };
    const char *path = loading->load->socket_path;

    if (strlen(path) >= sizeof address.sun_path) {
        bench_die("socket path too long: %s", path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 ||
        connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        bench_die("connecting to %s: %s", path, strerror(errno));
    }
    if (epoll_ctl(loading->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0) {
        bench_die("epoll: %s", strerror(errno));
    }
    loading->idle[loading->idle_count++] = number;
}

static void watch(struct loading *loading, size_t number, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.u64 = number };

    if (epoll_ctl(loading->epoll, EPOLL_CTL_MOD, loading->clients[number].fd, &event) != 0) {
        bench_die("epoll: %s", strerror(errno));
    }
}

/* ---- one request ----------------------------------------------------------------------------- */

static void push(struct loading *loading, size_t number)
{
    struct client *client = &loading->clients[number];
    size_t left = client->out.len - client->sent;
    ssize_t n =
        send(client->fd, client->out.data + client->sent, left, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0 && errno != EAGAIN) {
        bench_die("sending: %s", strerror(errno));
    }
    client->sent += n < 0 ? 0 : (size_t)n;
    if (client->sent < client->out.len) {
        watch(loading, number, EPOLLIN | EPOLLOUT);
    }
}

static void start_request(struct loading *loading, size_t number, int64_t due_ns)
{
    const struct load *load = loading->load;
    struct client *client = &loading->clients[number];
    int64_t cpu = bench_thread_cpu_ns();

    client->due_ns = due_ns;
    client->is_waiting = true;
    client->is_counted = loading->is_counting;
    lh_buf_reset(&loading->body);
    load->make(load->arg, &loading->body, load->entries);
    lh_buf_reset(&client->out);
    lh_buf_add_format(&client->out,
                      "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"
                      "Content-Length: %zu\r\n\r\n",
                      load->target, load->content_type, loading->body.len);
    lh_buf_add(&client->out, lh_buf_bytes(&loading->body));
    client->sent = 0;
    if (client->is_counted) {
        loading->result->make_ns += bench_thread_cpu_ns() - cpu;
        loading->sent_counted++;
    }
    push(loading, number);
}

/* ---- one reply ------------------------------------------------------------------------------- */

/* Length of a whole reply at the front of `in`; 0: not there yet. */
static size_t reply_len(const struct lh_buf *in)
{
    const char *text = lh_buf_text(in);
    const char *end = strstr(text, "\r\n\r\n");
    const char *length;

    if (end == NULL) {
        return 0;
    }
    length = strcasestr(text, "\r\ncontent-length:");
    if (length == NULL || length > end) {
        bench_die("a reply without length: %.200s", text);
    }
    size_t whole = (size_t)(end - text) + 4 + strtoull(length + 17, NULL, 10);
    return in->len < whole ? 0 : whole;
}

static void take_reply(struct loading *loading, size_t number, size_t len)
{
    struct client *client = &loading->clients[number];
    struct load_result *result = loading->result;
    bool is_created = strncmp(lh_buf_text(&client->in), "HTTP/1.1 201", 12) == 0;

    if (len != client->in.len) {
        bench_die("more than one reply to one request");
    }
    if (!is_created && result->refusal[0] == '\0') {
        (void)snprintf(result->refusal, sizeof result->refusal, "%.500s", lh_buf_text(&client->in));
    }
    if (client->is_counted) {
        bench_samples_add(&result->latency, bench_now_ns() - client->due_ns);
        result->requests += is_created ? 1 : 0;
        result->refused += is_created ? 0 : 1;
        result->reply_bytes += len;
    }
    lh_buf_reset(&client->in);
    client->is_waiting = false;
    loading->idle[loading->idle_count++] = number;
}

static void pull(struct loading *loading, size_t number)
{
    struct client *client = &loading->clients[number];
    uint8_t *room = lh_buf_reserve(&client->in, READ_ROOM);

    if (room == NULL) {
        bench_die("out of memory for a reply");
    }
    ssize_t n = recv(client->fd, room, READ_ROOM, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        bench_die("the server closed a connection: %s", n == 0 ? "end" : strerror(errno));
    }
    client->in.len += n < 0 ? 0 : (size_t)n;
    client->in.data[client->in.len] = '\0';
    size_t len = reply_len(&client->in);
    if (len > 0) {
        take_reply(loading, number, len);
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void begin_counting(struct loading *loading, int64_t now)
{
    loading->is_counting = true;
    loading->count_ns = now;
    loading->cpu_ns = bench_thread_cpu_ns();
    loading->end_ns = now + loading->load->run_ns;
    if (loading->load->on_start != NULL) {
        loading->load->on_start(loading->load->arg);
    }
}

static bool may_send(const struct loading *loading, int64_t now)
{
    const struct load *load = loading->load;

    return !loading->is_counting ||
           (now < loading->end_ns &&
            (load->requests_max == 0 || loading->sent_counted < load->requests_max));
}

static void send_due(struct loading *loading, int64_t now)
{
    const struct load *load = loading->load;
    int64_t gap = load->rate > 0 ? (int64_t)(1e9 / load->rate) : 0;

    while (loading->idle_count > 0 && may_send(loading, now)) {
        int64_t due = now;
        if (gap > 0) {
            if (loading->next_due_ns > now) {
                return;
            }
            due = loading->next_due_ns;
            loading->next_due_ns += gap;
        }
        start_request(loading, loading->idle[--loading->idle_count], due);
        now = bench_now_ns();
    }
}

static void wait_events(struct loading *loading, int64_t now)
{
    struct epoll_event events[EVENTS_MAX];
    struct timespec patience = { .tv_sec = STALL_MS / 1000 };

    if (loading->load->rate > 0 && loading->idle_count > 0) {
        int64_t left = loading->next_due_ns > now ? loading->next_due_ns - now : 0;
        patience = (struct timespec){ .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
    }
    int n = epoll_pwait2(loading->epoll, events, EVENTS_MAX, &patience, NULL);
    if (n < 0 && errno != EINTR) {
        bench_die("epoll: %s", strerror(errno));
    }
    if (n == 0 && patience.tv_sec >= STALL_MS / 1000) {
        bench_die("no reply for %d s", STALL_MS / 1000);
    }
    for (int i = 0; i < n; i++) {
        size_t number = (size_t)events[i].data.u64;
        if ((events[i].events & EPOLLOUT) != 0) {
            watch(loading, number, EPOLLIN);
            push(loading, number);
        }
        if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
            pull(loading, number);
        }
    }
}

static void run(struct loading *loading)
{
    int64_t now = bench_now_ns();

    loading->begin_ns = now;
    loading->next_due_ns = now;
    for (;;) {
        now = bench_now_ns();
        if (!loading->is_counting && now - loading->begin_ns >= loading->load->warm_ns) {
            begin_counting(loading, now);
        }
        send_due(loading, now);
        if (!may_send(loading, now) && loading->idle_count == loading->load->clients) {
            break;
        }
        wait_events(loading, bench_now_ns());
    }
    loading->result->wall_ns = bench_now_ns() - loading->count_ns;
    loading->result->cpu_ns = bench_thread_cpu_ns() - loading->cpu_ns;
}

void load_run(struct load_result *out, const struct load *load)
{
    struct loading loading = { .load = load, .result = out };

    if (load->clients < 1 || load->clients > LOAD_CLIENTS_MAX) {
        bench_die("%zu clients", load->clients);
    }
    *out = (struct load_result){ .requests = 0 };
    loading.epoll = epoll_create1(EPOLL_CLOEXEC);
    loading.clients = bench_alloc(load->clients, sizeof *loading.clients);
    for (size_t i = 0; i < load->clients; i++) {
        open_client(&loading, i);
    }
    run(&loading);
    for (size_t i = 0; i < load->clients; i++) {
        (void)close(loading.clients[i].fd);
        lh_buf_clear(&loading.clients[i].out);
        lh_buf_clear(&loading.clients[i].in);
    }
    (void)close(loading.epoll);
    lh_buf_clear(&loading.body);
    free(loading.clients);
}
