/*
 * load_node SOCKET DIR [--clients N] [--seconds S] [--batch N] [--prefix P] [--ack FILE]
 *
 * Closed-loop clients on one thread: each sends a request of N ready, P-256-signed events, waits
 * for the reply, sends the next. Prints entries a second and latencies. The events are signed
 * beforehand, so that the figures are the node's. With --ack every receipt is appended to FILE
 * (u32 length || text) as soon as its reply is here; a node that dies ends the load quietly.
 */

#include "crypto/base/time.h"
#include "tests/support/node_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 1024, REPLY_MAX = 8 * 1024 * 1024, LATENCIES_MAX = 4000000 };

struct options {
    const char *socket;
    const char *dir;
    const char *prefix;
    const char *ack;
    size_t clients;
    size_t batch;
    double seconds;
    size_t request_max;
};

struct client {
    int fd;
    size_t sent; /* of the request under way */
    struct lh_bytes request;
    int64_t start_us;
    struct lh_buf reply;
};

struct load {
    struct options options;
    struct lh_buf bytes; /* all requests, one after the other */
    size_t *ends;
    size_t request_count;
    size_t next_request;
    struct client clients[CLIENTS_MAX];
    int epoll;
    int ack_fd;
    uint32_t *latencies_us;
    size_t latency_count;
    size_t recorded;
    size_t refused;
    bool is_over;
};

static int64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void make_requests(struct load *load)
{
    struct lh_clock clock = lh_clock_system();
    struct lh_node_dir dir;
    struct lh_buf one = LH_BUF_EMPTY;
    struct lh_buf body = LH_BUF_EMPTY;
    struct lh_signer *staff;
    char id[64];
    size_t serial = 0;

    lh_node_dir_open(&dir, load->options.dir);
    staff = lh_node_dir_staff(&dir, 1);
    load->ends = calloc(load->options.request_max, sizeof *load->ends);
    for (size_t r = 0; r < load->options.request_max; r++) {
        lh_buf_reset(&body);
        for (size_t i = 0; i < load->options.batch; i++) {
            (void)snprintf(id, sizeof id, "%s-%zu", load->options.prefix, serial++);
            lh_buf_reset(&one);
            lh_node_dir_submission(&dir, &one, staff, 1, "desk", id, clock.wall_unix_ms(clock.arg));
            lh_buf_add_u32(&body, (uint32_t)one.len);
            lh_buf_add(&body, lh_buf_bytes(&one));
        }
        lh_buf_add_format(&load->bytes,
                          "POST /v1/events HTTP/1.1\r\nHost: node\r\n"
                          "Content-Type: application/vnd.liuhen.submission\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          body.len);
        lh_buf_add(&load->bytes, lh_buf_bytes(&body));
        load->ends[r] = load->bytes.len;
    }
    lh_signer_free(staff);
    lh_node_dir_close(&dir);
    lh_buf_clear(&one);
    lh_buf_clear(&body);
}

static void connect_client(struct load *load, size_t n)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = n };
    struct client *client = &load->clients[n];

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", load->options.socket);
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        fcntl(client->fd, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0) {
        (void)fprintf(stderr, "load_node: connect: %s\n", strerror(errno));
        exit(1);
    }
}

static void send_more(struct load *load, struct client *client, size_t n)
{
    while (client->sent < client->request.len) {
        ssize_t sent = send(client->fd, client->request.data + client->sent,
                            client->request.len - client->sent, MSG_NOSIGNAL);

        if (sent < 0) {
            struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.u64 = n };

            load->is_over = load->is_over || errno != EAGAIN;
            (void)epoll_ctl(load->epoll, EPOLL_CTL_MOD, client->fd, &event);
            return;
        }
        client->sent += (size_t)sent;
    }
}

static void start_request(struct load *load, size_t n)
{
    struct client *client = &load->clients[n];
    size_t r = load->next_request++;
    size_t start;

    if (r >= load->options.request_max) {
        load->is_over = true;
        return;
    }
    start = r > 0 ? load->ends[r - 1] : 0;
    client->request = lh_bytes_of(load->bytes.data + start, load->ends[r] - start);
    client->sent = 0;
    client->start_us = now_us();
    lh_buf_reset(&client->reply);
    send_more(load, client, n);
}

static void write_receipts(struct load *load, struct lh_bytes body)
{
    json_t *root = json_loadb((const char *)body.data, body.len, 0, NULL);
    struct lh_buf out = LH_BUF_EMPTY;
    json_t *result;
    size_t i;

    json_array_foreach(json_object_get(root, "results"), i, result)
    {
        const char *receipt = json_string_value(json_object_get(result, "receipt"));

        if (receipt != NULL) {
            lh_buf_add_u32(&out, (uint32_t)strlen(receipt));
            lh_buf_add_text(&out, receipt);
        }
    }
    (void)!write(load->ack_fd, out.data, out.len);
    lh_buf_clear(&out);
    json_decref(root);
}

/* Length of a whole reply, 0 while it is not whole. */
static size_t reply_len(const struct lh_buf *reply, size_t *out_body)
{
    const char *text = lh_buf_text(reply);
    const char *end = strstr(text, "\r\n\r\n");
    const char *len = end != NULL ? strcasestr(text, "content-length:") : NULL;

    if (len == NULL || len > end) {
        return 0;
    }
    *out_body = (size_t)(end + 4 - text);
    size_t total = *out_body + (size_t)strtoul(len + 15, NULL, 10);
    return reply->len >= total ? total : 0;
}

static void take_reply(struct load *load, size_t n, size_t body_at)
{
    struct client *client = &load->clients[n];
    const char *text = lh_buf_text(&client->reply);

    if (strncmp(text, "HTTP/1.1 201", 12) == 0) {
        load->recorded += load->options.batch;
        if (load->ack_fd >= 0) {
            write_receipts(load,
                           lh_bytes_of(client->reply.data + body_at, client->reply.len - body_at));
        }
    } else {
        load->refused++;
        if (load->refused == 1) {
            (void)fprintf(stderr, "load_node: %.400s\n", text);
        }
    }
    if (load->latency_count < LATENCIES_MAX) {
        load->latencies_us[load->latency_count++] = (uint32_t)(now_us() - client->start_us);
    }
}

static void on_readable(struct load *load, size_t n)
{
    struct client *client = &load->clients[n];
    uint8_t *room = lh_buf_reserve(&client->reply, 65536);
    ssize_t got = room != NULL ? recv(client->fd, room, 65536, 0) : -1;
    size_t body_at = 0;

    if (got <= 0) {
        load->is_over = load->is_over || got == 0 || errno != EAGAIN;
        return;
    }
    client->reply.len += (size_t)got;
    client->reply.data[client->reply.len] = '\0';
    if (reply_len(&client->reply, &body_at) != 0) {
        take_reply(load, n, body_at);
        start_request(load, n);
    }
}

static void run(struct load *load)
{
    struct epoll_event events[256];
    int64_t end_us = now_us() + (int64_t)(load->options.seconds * 1e6);

    for (size_t n = 0; n < load->options.clients; n++) {
        start_request(load, n);
    }
    while (!load->is_over && now_us() < end_us) {
        int count = epoll_wait(load->epoll, events, 256, 100);

        for (int i = 0; i < count && !load->is_over; i++) {
            size_t n = (size_t)events[i].data.u64;

            if ((events[i].events & EPOLLOUT) != 0) {
                struct epoll_event event = { .events = EPOLLIN, .data.u64 = n };

                (void)epoll_ctl(load->epoll, EPOLL_CTL_MOD, load->clients[n].fd, &event);
                send_more(load, &load->clients[n], n);
            }
            if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
                on_readable(load, n);
            }
        }
    }
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static double at_ms(const struct load *load, double part)
{
    size_t at = (size_t)((double)load->latency_count * part);

    at = at >= load->latency_count ? load->latency_count - 1 : at;
    return (double)load->latencies_us[at] / 1000;
}

static void parse(struct options *out, int argc, char **argv)
{
    *out = (struct options){
        .prefix = "load", .clients = 64, .batch = 1, .seconds = 5, .request_max = 100000
    };
    for (int i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--clients") == 0) {
            out->clients = (size_t)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            out->seconds = strtod(argv[i + 1], NULL);
        } else if (strcmp(argv[i], "--batch") == 0) {
            out->batch = (size_t)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--requests") == 0) {
            out->request_max = (size_t)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--prefix") == 0) {
            out->prefix = argv[i + 1];
        } else if (strcmp(argv[i], "--ack") == 0) {
            out->ack = argv[i + 1];
        }
    }
    if (argc < 3 || out->clients == 0 || out->clients > CLIENTS_MAX || out->batch == 0) {
        (void)fprintf(stderr, "usage: load_node SOCKET DIR [--clients N] [--seconds S] [--batch N] "
                              "[--requests N] [--prefix P] [--ack FILE]\n");
        exit(2);
    }
    out->socket = argv[1];
    out->dir = argv[2];
}

static void clear(struct load *load)
{
    for (size_t n = 0; n < load->options.clients; n++) {
        (void)close(load->clients[n].fd);
        lh_buf_clear(&load->clients[n].reply);
    }
    if (load->ack_fd >= 0) {
        (void)close(load->ack_fd);
    }
    (void)close(load->epoll);
    lh_buf_clear(&load->bytes);
    free(load->ends);
    free(load->latencies_us);
    free(load);
}

int main(int argc, char **argv)
{
    struct load *load = calloc(1, sizeof *load);
    int64_t start_us;
    double seconds;

    (void)signal(SIGPIPE, SIG_IGN);
    if (load == NULL) {
        return 1;
    }
    parse(&load->options, argc, argv);
    load->ack_fd = load->options.ack != NULL
                       ? open(load->options.ack, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
                       : -1;
    load->latencies_us = malloc(LATENCIES_MAX * sizeof *load->latencies_us);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    make_requests(load);
    for (size_t n = 0; n < load->options.clients; n++) {
        connect_client(load, n);
    }
    (void)printf("go\n");
    (void)fflush(stdout);
    start_us = now_us();
    run(load);
    seconds = (double)(now_us() - start_us) / 1e6;
    qsort(load->latencies_us, load->latency_count, sizeof *load->latencies_us, compare_u32);
    if (load->latency_count > 0) {
        (void)printf("clients=%zu batch=%zu recorded=%zu refused=%zu seconds=%.2f "
                     "entries_per_s=%.0f p50_ms=%.2f p99_ms=%.2f max_ms=%.2f\n",
                     load->options.clients, load->options.batch, load->recorded, load->refused,
                     seconds, (double)load->recorded / seconds, at_ms(load, 0.5), at_ms(load, 0.99),
                     at_ms(load, 1));
    }
    clear(load);
    return 0;
}
