#include "node/metrics.h"

#include "crypto/base/assert.h"

#include <string.h>

static const double second_bounds[] = { 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                        0.1,    0.25,  0.5,    1,     2.5,  5 };
static const double entry_bounds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096 };

static void histogram_init(struct lh_histogram *histogram, const double *bounds, size_t count)
{
    lh_assert(count <= LH_HISTOGRAM_BUCKETS_MAX);
    histogram->bounds = bounds;
    histogram->bound_count = count;
    for (size_t i = 0; i <= LH_HISTOGRAM_BUCKETS_MAX; i++) {
        atomic_init(&histogram->buckets[i], 0);
    }
    atomic_init(&histogram->sum_micro, 0);
}

void lh_metrics_init(struct lh_metrics *metrics)
{
    _Atomic uint64_t *const counters[] = { &metrics->recorded,   &metrics->journaled,
                                           &metrics->duplicates, &metrics->rejected,
                                           &metrics->conflicts,  &metrics->blocks,
                                           &metrics->requests,   &metrics->requests_refused,
                                           &metrics->tls_refused };

    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        atomic_init(counters[i], 0);
    }
    histogram_init(&metrics->append_seconds, second_bounds,
                   sizeof second_bounds / sizeof second_bounds[0]);
    histogram_init(&metrics->request_seconds, second_bounds,
                   sizeof second_bounds / sizeof second_bounds[0]);
    histogram_init(&metrics->block_entries, entry_bounds,
                   sizeof entry_bounds / sizeof entry_bounds[0]);
}

void lh_counter_add(_Atomic uint64_t *counter, uint64_t n)
{
    (void)atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t read_counter(_Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void lh_histogram_add(struct lh_histogram *histogram, double value)
{
    size_t i = 0;

    while (i < histogram->bound_count && value > histogram->bounds[i]) {
        i++;
    }
    lh_counter_add(&histogram->buckets[i], 1);
    lh_counter_add(&histogram->sum_micro, value > 0 ? (uint64_t)(value * 1e6) : 0);
}

void lh_metrics_add_head(struct lh_buf *out, const char *name, const char *type, const char *help)
{
    lh_buf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_value(struct lh_buf *out, const char *name, const char *type, const char *help,
                      uint64_t value)
{
    lh_metrics_add_head(out, name, type, help);
    lh_buf_add_format(out, "%s %llu\n", name, (unsigned long long)value);
}

static void add_histogram(struct lh_buf *out, const char *name, const char *help,
                          struct lh_histogram *histogram)
{
    uint64_t count = 0;

    lh_metrics_add_head(out, name, "histogram", help);
    for (size_t i = 0; i < histogram->bound_count; i++) {
        count += read_counter(&histogram->buckets[i]);
        lh_buf_add_format(out, "%s_bucket{le=\"%g\"} %llu\n", name, histogram->bounds[i],
                          (unsigned long long)count);
    }
    count += read_counter(&histogram->buckets[histogram->bound_count]);
    lh_buf_add_format(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.6f\n%s_count %llu\n", name,
                      (unsigned long long)count, name,
                      (double)read_counter(&histogram->sum_micro) / 1e6, name,
                      (unsigned long long)count);
}

static void add_states(struct lh_buf *out, const char *state)
{
    static const char *const states[] = { "new", "continuous", "suspect" };

    lh_metrics_add_head(out, "liuhen_state", "gauge", "1 for the state the ledger is in.");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        lh_buf_add_format(out, "liuhen_state{state=\"%s\"} %d\n", states[i],
                          strcmp(states[i], state) == 0 ? 1 : 0);
    }
}

void lh_metrics_format(struct lh_buf *out, struct lh_metrics *metrics,
                       const struct lh_gauges *gauges)
{
    lh_metrics_add_head(out, "liuhen_build_info", "gauge", "What runs, and whose ledger it keeps.");
    lh_buf_add_format(out, "liuhen_build_info{version=\"%s\",origin=\"%s\"} 1\n", gauges->version,
                      gauges->origin);
    add_states(out, gauges->state);
    lh_metrics_add_head(out, "liuhen_events_total", "counter", "Events by what became of them.");
    lh_buf_add_format(out,
                      "liuhen_events_total{status=\"recorded\"} %llu\n"
                      "liuhen_events_total{status=\"journaled\"} %llu\n"
                      "liuhen_events_total{status=\"duplicate\"} %llu\n"
                      "liuhen_events_total{status=\"rejected\"} %llu\n",
                      (unsigned long long)read_counter(&metrics->recorded),
                      (unsigned long long)read_counter(&metrics->journaled),
                      (unsigned long long)read_counter(&metrics->duplicates),
                      (unsigned long long)read_counter(&metrics->rejected));
    add_value(out, "liuhen_event_conflicts_total", "counter",
              "Events refused because their identity was recorded with other content.",
              read_counter(&metrics->conflicts));
    add_value(out, "liuhen_blocks_total", "counter", "Blocks sealed since the start.",
              read_counter(&metrics->blocks));
    add_value(out, "liuhen_http_requests_total", "counter", "HTTP requests answered.",
              read_counter(&metrics->requests));
    add_value(out, "liuhen_http_requests_refused_total", "counter",
              "HTTP requests answered with a problem.", read_counter(&metrics->requests_refused));
    add_histogram(out, "liuhen_append_seconds", "Sealing one block, synced commit and guard.",
                  &metrics->append_seconds);
    add_histogram(out, "liuhen_block_entries", "Entries in a sealed block.",
                  &metrics->block_entries);
    add_histogram(out, "liuhen_record_seconds", "POST /v1/events from request to reply.",
                  &metrics->request_seconds);
    add_value(out, "liuhen_queue_depth", "gauge", "Entries waiting to be sealed.",
              gauges->queue_depth);
    add_value(out, "liuhen_journal_depth", "gauge", "Entries on disk that no block has sealed yet.",
              gauges->journal_depth);
    add_value(out, "liuhen_jobs_depth", "gauge", "Jobs waiting for a thread.", gauges->jobs_depth);
    add_value(out, "liuhen_connections", "gauge", "Open connections.", gauges->connections);
    add_value(out, "liuhen_tls_handshakes", "gauge", "TLS connections that are not let in yet.",
              gauges->tls_guests);
    add_value(out, "liuhen_tls_refused_total", "counter", "TLS connections that were not let in.",
              read_counter(&metrics->tls_refused));
    if (gauges->tls_ends_unix_ms != 0) {
        lh_metrics_add_head(out, "liuhen_tls_certificate_end_time_seconds", "gauge",
                            "When the certificate of the TCP port ends.");
        lh_buf_add_format(out, "liuhen_tls_certificate_end_time_seconds %lld\n",
                          (long long)(gauges->tls_ends_unix_ms / 1000));
    }
    add_value(out, "liuhen_ledger_size", "gauge", "Leaves in the released tree.", gauges->size);
    add_value(out, "liuhen_ledger_height", "gauge", "Blocks in the ledger.", gauges->height);
    lh_metrics_add_head(out, "liuhen_head_time_seconds", "gauge", "Time of the newest block.");
    lh_buf_add_format(out, "liuhen_head_time_seconds %.3f\n",
                      (double)gauges->head_time_unix_ms / 1000);
    add_value(out, "liuhen_clock_stepped", "gauge", "1 while sealing waits for an operator.",
              gauges->is_clock_stepped ? 1 : 0);
    if (gauges->disk_total != 0) {
        add_value(out, "liuhen_disk_free_bytes", "gauge", "Free space where the data directory is.",
                  gauges->disk_free);
        add_value(out, "liuhen_disk_size_bytes", "gauge",
                  "Size of the file system where the data directory is.", gauges->disk_total);
    }
    lh_metrics_add_head(out, "liuhen_uptime_seconds", "gauge", "Time since the start.");
    lh_buf_add_format(out, "liuhen_uptime_seconds %.3f\n", (double)gauges->uptime_ms / 1000);
}
