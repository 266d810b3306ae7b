#ifndef LH_NODE_METRICS_H
#define LH_NODE_METRICS_H

/*
 * Counters and histograms that any thread adds to, and their text in the Prometheus format 0.0.4.
 * Gauges that somebody else knows (queue depth, ledger size) are handed in when the text is made.
 */

#include "crypto/base/buf.h"

#include <stdatomic.h>

enum { LH_HISTOGRAM_BUCKETS_MAX = 16 };

struct lh_histogram {
    const double *bounds; /* upper bounds, ascending; +Inf follows by itself */
    size_t bound_count;
    _Atomic uint64_t buckets[LH_HISTOGRAM_BUCKETS_MAX + 1];
    _Atomic uint64_t sum_micro; /* sum of the values times a million */
};

struct lh_metrics {
    _Atomic uint64_t recorded;
    _Atomic uint64_t journaled;
    _Atomic uint64_t duplicates;
    _Atomic uint64_t rejected;
    _Atomic uint64_t conflicts;
    _Atomic uint64_t blocks;
    _Atomic uint64_t requests;
    _Atomic uint64_t requests_refused;
    _Atomic uint64_t tls_refused;
    struct lh_histogram append_seconds; /* one block, all of the write order */
    struct lh_histogram block_entries;
    struct lh_histogram request_seconds; /* POST /v1/events, handed over to answered */
};

struct lh_gauges {
    const char *version;
    const char *origin;
    const char *state;
    uint64_t size;
    uint64_t height;
    int64_t head_time_unix_ms;
    uint64_t queue_depth;
    uint64_t journal_depth;
    uint64_t jobs_depth;
    uint64_t connections;
    uint64_t tls_guests;      /* handshakes under way */
    int64_t tls_ends_unix_ms; /* of the certificate; 0: no TLS */
    uint64_t uptime_ms;
    uint64_t disk_free;  /* bytes, of the file system of the data directory; */
    uint64_t disk_total; /* 0: unknown */
    bool is_clock_stepped;
};

void lh_metrics_init(struct lh_metrics *metrics);
void lh_histogram_add(struct lh_histogram *histogram, double value);
void lh_counter_add(_Atomic uint64_t *counter, uint64_t n);
/** Append the two lines that stand before a metric's values. */
void lh_metrics_add_head(struct lh_buf *out, const char *name, const char *type, const char *help);
/** Append the whole text. */
void lh_metrics_format(struct lh_buf *out, struct lh_metrics *metrics,
                       const struct lh_gauges *gauges);

#endif
