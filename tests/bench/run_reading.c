/*
 * A page of somebody else's trail, from a real node: its ACCESS is on disk, store and guard both
 * synced, before the first row leaves. One reader who asks again when the answer is there, so that
 * every reading waits for a block of its own.
 */
#include "net/client.h"
#include "tests/bench/rig.h"
#include "tests/bench/runs.h"

#include <stdio.h>
#include <string.h>

enum { STAFF = 2, ROWS = 1000, PAGE = 50, WARM = 50 };

/* Everyday entries of both staff members in turn. */
static void fill(const struct rig *rig)
{
    struct lh_buf lines = LH_BUF_EMPTY;
    int64_t now = lh_clock_system().wall_unix_ms(NULL);
    char answer[512];

    for (uint64_t serial = 0; serial < ROWS; serial++) {
        people_query_json(&lines, (size_t)(serial % STAFF), serial, now);
    }
    long status = rig_post(rig, "/v1/events", "application/x-ndjson", lh_buf_bytes(&lines), answer);
    if (status != 201) {
        bench_die("filling the ledger: %ld %s", status, answer);
    }
    lh_buf_clear(&lines);
}

/* Read the first page of `target`; how long it took. */
static int64_t read_once(struct lh_client *client, const char *target)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    int64_t start = bench_now_ns();

    bench_must(lh_client_get(client, &reply, target, &err), &err, target);
    int64_t took = bench_now_ns() - start;
    if (reply.status != 200 ||
        strstr(lh_buf_text(&reply.body), "\"access\":\"" PEOPLE_DEPARTMENT) == NULL) {
        bench_die("a reading without an ACCESS: %ld %.200s", reply.status,
                  lh_buf_text(&reply.body));
    }
    lh_client_reply_clear(&reply);
    return took;
}

static void measure(struct bench_samples *out, const struct rig *rig, int64_t run_ms)
{
    struct lh_client *client = rig_connect(rig);
    uint64_t height = rig_status(rig, "height");
    char target[64];
    uint8_t name[8];
    size_t count = 0;

    people_pseudonym(name, 0);
    (void)snprintf(target, sizeof target, "/v1/trail?limit=%d&staff=", PAGE);
    for (size_t i = 0; i < sizeof name; i++) {
        size_t len = strlen(target);
        (void)snprintf(target + len, sizeof target - len, "%02x", name[i]);
    }
    for (int64_t end = bench_now_ns() + run_ms * 1000000; bench_now_ns() < end; count++) {
        int64_t took = read_once(client, target);
        if (count >= WARM) {
            bench_samples_add(out, took);
        }
    }
    lh_client_free(client);
    if (count <= WARM || rig_status(rig, "height") < height + count) {
        bench_die("%zu readings left fewer blocks than that", count);
    }
}

static void report(struct bench *bench, struct bench_samples *readings, double sync_ns)
{
    static const double shares[] = { 0.5, 0.99 };
    static const char *const names[] = { "p50", "p99" };

    for (size_t i = 0; i < 2; i++) {
        struct bench_row row = { .group = "reading",
                                 .value = (double)bench_samples_at(readings, shares[i]) / 1e6,
                                 .unit = "ms",
                                 .floor_name = "two fdatasyncs",
                                 .floor = 2 * sync_ns / 1e6 };

        (void)snprintf(row.name, sizeof row.name, "another's trail, %d rows, behind its ACCESS, %s",
                       PAGE, names[i]);
        (void)snprintf(row.note, sizeof row.note, "1 reader");
        bench_report_row(&bench->report, &row);
    }
}

void reading_run(struct bench *bench)
{
    struct bench_samples readings = { .ns = NULL };
    struct floors before = { .sync_ns = 0 };
    struct floors after = { .sync_ns = 0 };
    struct people people;
    struct rig rig;

    floors_measure_disk(&before, bench->dir);
    people_init(&people, LH_SUITE_W, LH_ALG_P256, STAFF);
    rig_start(&rig, &people, bench->programs, bench->dir, "reading");
    fill(&rig);
    measure(&readings, &rig, bench->run_ms);
    rig_stop(&rig);
    people_clear(&people);
    floors_measure_disk(&after, bench->dir);
    report(bench, &readings, before.sync_ns < after.sync_ns ? before.sync_ns : after.sync_ns);
    bench_samples_clear(&readings);
}
