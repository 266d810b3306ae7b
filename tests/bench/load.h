#ifndef LH_BENCH_LOAD_H
#define LH_BENCH_LOAD_H

/*
 * Clients of an HTTP API on a Unix socket: one thread, epoll, keep-alive connections, at most one
 * request on each. Closed loop: a client sends its next request when it has read the reply to the
 * last. Open loop: requests are due at a fixed rate and their latency counts from the moment they
 * were due, so that a server that stalls is not flattered by clients that wait.
 */

#include "tests/bench/measure.h"

enum { LOAD_CLIENTS_MAX = 256 };

struct load {
    const char *socket_path;
    const char *target;       /* "/v1/events" */
    const char *content_type; /* of requests */
    size_t clients;
    size_t entries;        /* in one request */
    double rate;           /* requests a second; 0: closed loop */
    int64_t warm_ns;       /* not counted */
    int64_t run_ns;        /* counted, after that */
    uint64_t requests_max; /* counted; 0: no bound */
    /* Append the body of one request; called when its turn has come. */
    void (*make)(void *arg, struct lh_buf *out, size_t entries);
    void *arg;
    /* Called once, when counting begins; may be NULL. */
    void (*on_start)(void *arg);
};

struct load_result {
    uint64_t requests; /* answered 201 */
    uint64_t refused;  /* answered anything else */
    int64_t wall_ns;
    int64_t cpu_ns;  /* of the loading thread */
    int64_t make_ns; /* CPU of that inside `make` */
    uint64_t reply_bytes;
    struct bench_samples latency;
    char refusal[512]; /* the beginning of the first refusal */
};

/** Run; dies if the server goes away. The caller clears latency. */
void load_run(struct load_result *out, const struct load *load);

#endif
