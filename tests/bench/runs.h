#ifndef LH_BENCH_RUNS_H
#define LH_BENCH_RUNS_H

/*
 * What is measured. Each run adds its rows to the report; those that need the machine's floors get
 * the better of what was measured just before and just after (main.c).
 */

#include "tests/bench/floors.h"
#include "tests/bench/measure.h"
#include "tests/bench/report.h"

struct bench {
    char dir[BENCH_PATH_MAX];      /* for everything that is written */
    char programs[BENCH_PATH_MAX]; /* where liuhend lies */
    size_t cores;
    uint64_t entries;          /* about how many a run is made over */
    int64_t run_ms;            /* of one load of a node */
    bool is_profiling;         /* ingest: one long load only */
    size_t profile_load;       /* which, counted from 0 */
    char self[BENCH_PATH_MAX]; /* this program */
    struct bench_report report;
};

/* ---- ingest: a real node under load ---- */

enum { INGEST_LOADS_MAX = 12 };

struct ingest_load {
    char name[BENCH_NAME_MAX];
    enum lh_alg alg; /* who signs; the recorder: 0 */
    enum lh_suite_id suite;
    bool has_private;
    size_t clients;
    size_t entries;   /* in a request */
    double open_rate; /* entries a second; 0: closed loop */
    /* measured */
    double rate; /* entries a second */
    double p50_ns, p99_ns, max_ns;
    double client_cpu_ns, node_cpu_ns; /* an entry */
    double block;                      /* entries in a block */
};

struct ingest {
    size_t load_count;
    struct ingest_load loads[INGEST_LOADS_MAX];
    double rss_rest, rss_load, rss_empty; /* bytes */
};

void ingest_run(struct ingest *out, const struct bench *bench);
void ingest_report(struct bench *bench, const struct ingest *ingest, const struct floors *floors);

/* ---- replay of an archive ---- */

enum { REPLAY_PASSES = 6 };

struct replay_pass {
    char name[BENCH_NAME_MAX];
    enum lh_alg alg;
    bool with_signatures;
    size_t threads;
    double rate;                   /* entries a second */
    double cpu_ns;                 /* of all threads, an entry */
    double checks[LH_ALG_SM2 + 1]; /* signatures an entry, seals included, by algorithm */
};

struct replay {
    size_t pass_count;
    struct replay_pass passes[REPLAY_PASSES];
    double leaf_bytes;
};

void replay_run(struct replay *out, const struct bench *bench);
/** Hashes and chain only, again and again, for other tools to watch. */
void replay_profile(struct bench *bench);
void replay_report(struct bench *bench, const struct replay *replay, const struct floors *floors);

/* ---- with floors of their own ---- */

void trail_run(struct bench *bench);
void reading_run(struct bench *bench);
void receipt_run(struct bench *bench);
void space_run(struct bench *bench);

/** Print the resident memory of this process once it has an empty store open; no report. */
void empty_store_run(struct bench *bench);

#endif
