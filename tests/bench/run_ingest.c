/*
 * A real node under load from this process: same machine, Unix socket, every reply a receipt.
 *
 * The floor of a rate is what the two cores could do if each entry cost only what it must:
 *   client's signature + HTTP alone + node's check (or the recorder's signature) + box
 *     + raw synced batch + hashes of body, leaf and one node,
 * or the raw synced batches one after the other, whichever is slower.
 */
#include "ledger/store.h"
#include "tests/bench/drafts.h"
#include "tests/bench/load.h"
#include "tests/bench/rig.h"
#include "tests/bench/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STAFF = 32,
    WARM_MS = 700,
    ENTRY_BYTES = 350,
    DRAFTS_A_MS = 10, /* entries a millisecond that a node may reach */
    DRAFTS_MORE = 1000,
};

#define TYPE_SUBMISSION "application/vnd.liuhen.submission"
#define TYPE_NDJSON "application/x-ndjson"
#define TYPE_JSON "application/json"

struct loading {
    struct rig *rig;
    struct ingest_load *load;
    uint64_t *serial; /* of the node's events, over all loads */
    uint64_t height;  /* when counting began */
    int64_t node_cpu_ns;
    struct drafts drafts;
};

/* ---- what is sent ---------------------------------------------------------------------------- */

static void add_submission(struct loading *loading, struct lh_buf *out)
{
    const struct people *people = loading->rig->people;
    size_t start = out->len;

    lh_buf_add_u32(out, 0);
    if (!drafts_sign_next(&loading->drafts, people, out)) {
        /* The node is faster than foreseen: go on with more. */
        drafts_clear(&loading->drafts);
        drafts_write(&loading->drafts, people, loading->load->has_private, *loading->serial,
                     DRAFTS_MORE, lh_clock_system().wall_unix_ms(NULL));
        (void)drafts_sign_next(&loading->drafts, people, out);
    }
    lh_put_u32(out->data + start, (uint32_t)(out->len - start - 4));
}

static void make(void *arg, struct lh_buf *out, size_t entries)
{
    struct loading *loading = arg;

    for (size_t i = 0; i < entries; i++) {
        uint64_t serial = (*loading->serial)++;
        if (loading->load->alg == 0) {
            people_query_json(out, (size_t)(serial % STAFF), serial,
                              lh_clock_system().wall_unix_ms(NULL));
        } else {
            add_submission(loading, out);
        }
    }
}

static const char *type_of(const struct ingest_load *load)
{
    if (load->alg != 0) {
        return TYPE_SUBMISSION;
    }
    return load->entries == 1 ? TYPE_JSON : TYPE_NDJSON;
}

/* ---- one load -------------------------------------------------------------------------------- */

static void on_start(void *arg)
{
    struct loading *loading = arg;

    loading->height = rig_status(loading->rig, "height");
    loading->node_cpu_ns = bench_pid_cpu_ns(loading->rig->pid);
}

static void run_load(struct ingest_load *load, struct rig *rig, uint64_t *serial, int64_t run_ms)
{
    struct loading loading = { .rig = rig, .load = load, .serial = serial };
    struct load_result result;

    if (load->alg != 0) {
        drafts_write(&loading.drafts, rig->people, load->has_private, *serial,
                     (size_t)(run_ms + WARM_MS) * DRAFTS_A_MS / (load->clients == 1 ? 5 : 1),
                     lh_clock_system().wall_unix_ms(NULL));
    }
    load_run(&result, &(struct load){ .socket_path = rig->socket,
                                      .target = "/v1/events",
                                      .content_type = type_of(load),
                                      .clients = load->clients,
                                      .entries = load->entries,
                                      .rate = load->open_rate / (double)load->entries,
                                      .warm_ns = (int64_t)WARM_MS * 1000000,
                                      .run_ns = run_ms * 1000000,
                                      .make = make,
                                      .on_start = on_start,
                                      .arg = &loading });
    if (result.refused > 0 || result.requests == 0) {
        bench_die("%s: %llu requests were refused, the first with\n%s", load->name,
                  (unsigned long long)result.refused, result.refusal);
    }
    double entries = (double)result.requests * (double)load->entries;
    load->rate = entries * 1e9 / (double)result.wall_ns;
    load->p50_ns = (double)bench_samples_at(&result.latency, 0.5);
    load->p99_ns = (double)bench_samples_at(&result.latency, 0.99);
    load->max_ns = (double)bench_samples_at(&result.latency, 1);
    load->client_cpu_ns = (double)result.cpu_ns / entries;
    load->node_cpu_ns = (double)(bench_pid_cpu_ns(rig->pid) - loading.node_cpu_ns) / entries;
    load->block = entries / (double)(rig_status(rig, "height") - loading.height);
    (void)fprintf(stderr,
                  "  %-44s %7.0f entries/s  p50 %6.2f  p99 %6.2f  max %6.1f ms  node %5.1f client "
                  "%5.1f us/entry  %5.1f entries a block\n",
                  load->name, load->rate, load->p50_ns / 1e6, load->p99_ns / 1e6,
                  load->max_ns / 1e6, load->node_cpu_ns / 1e3, load->client_cpu_ns / 1e3,
                  load->block);
    drafts_clear(&loading.drafts);
    bench_samples_clear(&result.latency);
}

/* ---- the plan -------------------------------------------------------------------------------- */

/* Does this node take private parts? */
static bool takes_private(struct rig *rig, uint64_t *serial)
{
    struct ingest_load load = { .alg = rig->people->staff_alg, .has_private = true };
    struct loading loading = { .rig = rig, .load = &load, .serial = serial };
    struct lh_buf body = LH_BUF_EMPTY;
    char answer[512];

    drafts_write(&loading.drafts, rig->people, true, *serial, 1,
                 lh_clock_system().wall_unix_ms(NULL));
    make(&loading, &body, 1);
    long status = rig_post(rig, "/v1/events", TYPE_SUBMISSION, lh_buf_bytes(&body), answer);
    drafts_clear(&loading.drafts);
    lh_buf_clear(&body);
    if (status != 201) {
        (void)fprintf(stderr, "  this node takes no private parts yet: %s\n", answer);
    }
    return status == 201;
}

static const struct plan {
    enum lh_suite_id suite;
    enum lh_alg staff_alg;
    bool is_recorder;
    size_t clients;
    size_t entries;
    double open_share; /* of the rate of the load before; 0: closed */
} plans[] = {
    { LH_SUITE_W, LH_ALG_P256, false, 1, 1, 0 },    { LH_SUITE_W, LH_ALG_P256, false, 16, 1, 0 },
    { LH_SUITE_W, LH_ALG_P256, false, 64, 1, 0 },   { LH_SUITE_W, LH_ALG_P256, false, 64, 1, 0.7 },
    { LH_SUITE_W, LH_ALG_P256, false, 64, 100, 0 }, { LH_SUITE_W, LH_ALG_P256, true, 64, 1, 0 },
    { LH_SUITE_W, LH_ALG_P256, true, 64, 100, 0 },  { LH_SUITE_W, LH_ALG_ED25519, false, 64, 1, 0 },
    { LH_SUITE_G, LH_ALG_SM2, false, 64, 1, 0 },
};
enum { PLANS = sizeof plans / sizeof plans[0] };
_Static_assert((int)PLANS <= (int)INGEST_LOADS_MAX, "room for every load");

static void init_load(struct ingest_load *load, const struct plan *plan, bool has_private)
{
    *load = (struct ingest_load){ .alg = plan->is_recorder ? 0 : plan->staff_alg,
                                  .suite = plan->suite,
                                  .has_private = has_private && !plan->is_recorder,
                                  .clients = plan->clients,
                                  .entries = plan->entries };
    (void)snprintf(load->name, sizeof load->name, "%s, %zu client%s, %zu a request%s%s",
                   plan->is_recorder ? "recorder (JSON)" : lh_alg_name(plan->staff_alg),
                   plan->clients, plan->clients == 1 ? "" : "s", plan->entries,
                   load->has_private ? ", private" : "",
                   plan->open_share > 0 ? ", open loop at 70%" : "");
}

/* The loads of one node: all plans from `first` that have its suite and staff keys. */
static size_t run_node(struct ingest *out, const struct bench *bench, size_t first)
{
    const struct plan *head = &plans[first];
    size_t next = first;
    struct people people;
    struct rig rig;
    uint64_t serial = 0;
    char name[16];

    (void)snprintf(name, sizeof name, "node-%zu", first);
    people_init(&people, head->suite, head->staff_alg, STAFF);
    rig_start(&rig, &people, bench->programs, bench->dir, name);
    if (first == 0) {
        out->rss_rest = (double)bench_pid_rss(rig.pid);
    }
    bool has_private = takes_private(&rig, &serial);
    for (; next < PLANS && plans[next].suite == head->suite &&
           plans[next].staff_alg == head->staff_alg;
         next++) {
        struct ingest_load *load = &out->loads[out->load_count];
        if (bench->is_profiling && next != bench->profile_load) {
            continue;
        }
        init_load(load, &plans[next], has_private);
        if (plans[next].open_share > 0 && out->load_count > 0) {
            load->open_rate = out->loads[out->load_count - 1].rate * plans[next].open_share;
        }
        run_load(load, &rig, &serial, bench->run_ms);
        out->load_count++;
    }
    if (first == 0) {
        out->rss_load = (double)bench_pid_rss_peak(rig.pid);
    }
    rig_stop(&rig);
    people_clear(&people);
    return next;
}

/* Resident memory of a process that has an empty store open and does nothing else: ourselves,
 * started anew. */
static double measure_empty_store(const struct bench *bench)
{
    int ends[2];
    char text[64] = "";

    if (pipe(ends) != 0) {
        bench_die("pipe");
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execl(bench->self, bench->self, "empty", "--dir", bench->dir, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    ssize_t len = read(ends[0], text, sizeof text - 1);
    (void)close(ends[0]);
    (void)waitpid(pid, NULL, 0);
    if (len <= 0) {
        bench_die("no answer of the process with an empty store");
    }
    return strtod(text, NULL);
}

void empty_store_run(struct bench *bench)
{
    char path[BENCH_PATH_MAX];
    struct lh_store *store = NULL;
    struct lh_err err = LH_ERR_NONE;

    bench_path(path, bench->dir, "empty");
    bench_must(lh_store_open_rocksdb(&store, path, LH_STORE_CREATE, NULL, &err), &err, "store");
    (void)printf("%llu\n", (unsigned long long)bench_pid_rss(getpid()));
    (void)fflush(stdout);
    lh_store_close(store);
}

void ingest_run(struct ingest *out, const struct bench *bench)
{
    size_t next = 0;

    if (bench->is_profiling && bench->profile_load >= PLANS) {
        bench_die("loads are numbered from 0 to %d", PLANS - 1);
    }
    *out = (struct ingest){ .load_count = 0 };
    out->rss_empty = measure_empty_store(bench);
    while (next < PLANS) {
        next = run_node(out, bench, next);
    }
}

/* ---- figures and floors ---------------------------------------------------------------------- */

/* CPU of all cores that one entry costs at least, in ns; see the top of this file. */
static double cpu_floor(const struct ingest_load *load, const struct floors *floors)
{
    enum lh_alg alg = load->alg != 0              ? load->alg
                      : load->suite == LH_SUITE_W ? LH_ALG_P256
                                                  : LH_ALG_SM2;
    struct floors_batch batch = floors_batch_of(floors, load->block);
    double signatures =
        1e9 / floors_sign(floors, alg) + (load->alg != 0 ? 1e9 / floors_verify(floors, alg) : 0);

    return signatures + floors->http_cpu_ns / (double)load->entries +
           (load->has_private ? 1e9 / floors->box[load->suite] : 0) + batch.cpu_ns / load->block +
           floors_leaf_ns(floors, load->suite, 2 * ENTRY_BYTES);
}

static double rate_floor(const struct ingest_load *load, const struct floors *floors, size_t cores)
{
    double by_cpu = (double)cores * 1e9 / cpu_floor(load, floors);
    double by_disk = load->block * 1e9 / floors_batch_of(floors, load->block).wall_ns;

    return by_cpu < by_disk ? by_cpu : by_disk;
}

static void report_rate(struct bench *bench, const struct ingest_load *load,
                        const struct floors *floors)
{
    bool is_main = load->alg == LH_ALG_P256 && load->clients == 64;
    struct bench_row row = { .group = "ingest",
                             .value = load->rate,
                             .unit = "entries/s",
                             .floor_name = "what each entry must cost, all cores",
                             .floor = rate_floor(load, floors, bench->cores) };

    (void)snprintf(row.name, sizeof row.name, "%s", load->name);
    (void)snprintf(row.note, sizeof row.note, "%.1f entries a block", load->block);
    if (is_main) {
        row.aim = BENCH_AIM_VALUE_LEAST;
        row.aim_at = load->entries == 1 ? 8000 : 12000;
    }
    bench_report_row(&bench->report, &row);
    if (is_main && load->entries == 1) {
        (void)snprintf(row.name, sizeof row.name, "the same, beside its floor");
        row.note[0] = '\0';
        row.aim = BENCH_AIM_RATIO_LEAST;
        row.aim_at = 0.7;
        bench_report_row(&bench->report, &row);
    }
}

/* CPU of node and client together: what other work on the machine changes least. */
static void report_cost(struct bench *bench, const struct ingest_load *load,
                        const struct floors *floors)
{
    struct bench_row row = { .group = "cost",
                             .value = (load->node_cpu_ns + load->client_cpu_ns) / 1e3,
                             .unit = "us/entry",
                             .floor_name = "what each entry must cost",
                             .floor = cpu_floor(load, floors) / 1e3,
                             .aim = load->alg == LH_ALG_P256 && load->clients == 64
                                        ? BENCH_AIM_RATIO_MOST
                                        : BENCH_AIM_NONE,
                             .aim_at = 1 / 0.7 };

    (void)snprintf(row.name, sizeof row.name, "%s", load->name);
    (void)snprintf(row.note, sizeof row.note,
                   "node %.0f, client %.0f; %.0f entries/s if never idle", load->node_cpu_ns / 1e3,
                   load->client_cpu_ns / 1e3, (double)bench->cores * 1e6 / row.value);
    bench_report_row(&bench->report, &row);
}

/* Every latency stands beside two syncs and a check: what one entry alone waits for at least. */
static void report_latency(struct bench *bench, const struct ingest_load *load,
                           const struct floors *floors)
{
    enum lh_alg alg = load->alg != 0 ? load->alg : LH_ALG_P256;
    double floor_ms = (2 * floors->sync_ns + 1e9 / floors_verify(floors, alg)) / 1e6;
    struct bench_row row = { .group = "latency",
                             .unit = "ms",
                             .floor_name = "two fdatasyncs and a verify",
                             .floor = floor_ms };

    (void)snprintf(row.name, sizeof row.name, "%.70s, p50", load->name);
    (void)snprintf(row.note, sizeof row.note, "max %.1f ms", load->max_ns / 1e6);
    row.value = load->p50_ns / 1e6;
    if (load->clients == 1) {
        row.aim = BENCH_AIM_RATIO_MOST;
        row.aim_at = 2;
    }
    bench_report_row(&bench->report, &row);
    (void)snprintf(row.name, sizeof row.name, "%.70s, p99", load->name);
    row.value = load->p99_ns / 1e6;
    row.aim = load->clients == 64 && load->entries == 1 && load->alg == LH_ALG_P256
                  ? BENCH_AIM_VALUE_MOST
                  : BENCH_AIM_NONE;
    row.aim_at = 25;
    bench_report_row(&bench->report, &row);
}

static void report_memory(struct bench *bench, const char *name, double bytes, double floor,
                          double aim_mib)
{
    struct bench_row row = { .group = "memory",
                             .value = bytes / 1048576,
                             .unit = "MiB",
                             .floor_name = "a process with an empty store",
                             .floor = floor / 1048576,
                             .aim = BENCH_AIM_VALUE_MOST,
                             .aim_at = aim_mib };

    (void)snprintf(row.name, sizeof row.name, "%s", name);
    (void)snprintf(row.note, sizeof row.note, "block cache of 64 MiB included");
    bench_report_row(&bench->report, &row);
}

void ingest_report(struct bench *bench, const struct ingest *ingest, const struct floors *floors)
{
    for (size_t i = 0; i < ingest->load_count; i++) {
        if (ingest->loads[i].open_rate == 0) {
            report_rate(bench, &ingest->loads[i], floors);
        }
    }
    for (size_t i = 0; i < ingest->load_count; i++) {
        if (ingest->loads[i].open_rate == 0) {
            report_cost(bench, &ingest->loads[i], floors);
        }
    }
    for (size_t i = 0; i < ingest->load_count; i++) {
        report_latency(bench, &ingest->loads[i], floors);
    }
    report_memory(bench, "node at rest", ingest->rss_rest, ingest->rss_empty, 64 + 64);
    report_memory(bench, "node under load, peak", ingest->rss_load, ingest->rss_empty, 256 + 64);
}
