/*
 * liuhen-bench: how fast, beside what the machine can do in the same run.
 *
 * The program runs as two processes: a parent that owns the temporary directory and the time limit,
 * and a child that measures. However the child ends, nothing of it is left behind.
 */
#include "tests/bench/runs.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    QUICK_ENTRIES = 100000,
    FULL_ENTRIES = 10000000,
    QUICK_RUN_MS = 4000,
    FULL_RUN_MS = 20000,
    PROFILE_RUN_MS = 60000,
    PROFILE_LOAD = 2,        /* P-256, 64 clients, one entry a request */
    QUICK_SECONDS = 15 * 60, /* after that something hangs */
    FULL_SECONDS = 3 * 3600,
};

struct options {
    struct bench bench;
    const char *run;
    bool is_json;
    const char *markdown; /* file to write */
    unsigned limit_s;
};

/* ---- the runs -------------------------------------------------------------------------------- */

static void run_floors(struct bench *bench)
{
    struct floors floors = { .sync_ns = 0 };

    floors_measure(&floors, bench->dir);
    floors_report(&bench->report, &floors, &(struct floors){ .sync_ns = 0 });
}

static void run_ingest(struct bench *bench)
{
    static struct ingest ingest;
    struct floors before = { .sync_ns = 0 };
    struct floors after = { .sync_ns = 0 };

    floors_measure(&before, bench->dir);
    ingest_run(&ingest, bench);
    floors_measure(&after, bench->dir);
    struct floors best = floors_best(&before, &after);
    ingest_report(bench, &ingest, &best);
    floors_report(&bench->report, &before, &after);
}

static void run_replay(struct bench *bench)
{
    struct replay replay;
    struct floors before = { .sync_ns = 0 };
    struct floors after = { .sync_ns = 0 };

    floors_measure_crypto(&before);
    replay_run(&replay, bench);
    floors_measure_crypto(&after);
    struct floors best = floors_best(&before, &after);
    replay_report(bench, &replay, &best);
}

static void run_profile(struct bench *bench)
{
    bench->is_profiling = true;
    bench->run_ms = PROFILE_RUN_MS;
    run_ingest(bench);
}

static const struct {
    const char *name;
    void (*run)(struct bench *bench);
    bool is_of_all;
    const char *help;
} runs[] = {
    { "floors", run_floors, false, "what the machine can do" },
    { "ingest", run_ingest, true, "a node under load" },
    { "replay", run_replay, true, "judging an archive" },
    { "trail", trail_run, true, "a thousand rows of one staff member" },
    { "reading", reading_run, true, "a trail that leaves an ACCESS first" },
    { "receipt", receipt_run, true, "size and checking of a receipt" },
    { "space", space_run, true, "bytes on disk" },
    { "profile", run_profile, false, "one long load of a node, for other tools to watch" },
    { "judge", replay_profile, false, "hashes and chain only, again and again, likewise" },
    { "empty", empty_store_run, false, "memory of a process with an empty store" },
};
enum { RUNS = sizeof runs / sizeof runs[0] };

static void usage(FILE *out)
{
    (void)fprintf(out, "usage: liuhen-bench RUN [OPTION...]\n\n"
                       "  --quick            10^5 entries (default)\n"
                       "  --full             10^7 entries, longer loads: an hour\n"
                       "  --entries N        so many entries instead\n"
                       "  --json             results as one JSON object\n"
                       "  --markdown FILE    write the table there too\n"
                       "  --dir DIR          where temporary files go (TMPDIR, else /var/tmp)\n"
                       "  --load N           which load to profile, from 0 (2)\n"
                       "  --programs DIR     where liuhend lies (default: beside this program)\n\n"
                       "runs:\n  all        ingest, replay, trail, reading, receipt and space\n");
    for (size_t i = 0; i < RUNS; i++) {
        (void)fprintf(out, "  %-10s %s\n", runs[i].name, runs[i].help);
    }
}

static void measure(struct options *options)
{
    bool is_all = strcmp(options->run, "all") == 0;
    struct bench *bench = &options->bench;

    for (size_t i = 0; i < RUNS; i++) {
        if (strcmp(options->run, runs[i].name) == 0 || (is_all && runs[i].is_of_all)) {
            int64_t start = bench_now_ns();
            runs[i].run(bench);
            if (!runs[i].is_of_all) {
                continue;
            }
            (void)fprintf(stderr, "%s took %.0f s\n", runs[i].name,
                          (double)(bench_now_ns() - start) / 1e9);
        }
    }
}

static void write_results(const struct options *options)
{
    const struct bench_report *report = &options->bench.report;
    struct lh_buf out = LH_BUF_EMPTY;

    if (options->is_json) {
        bench_report_json(&out, report);
    } else {
        bench_report_text(&out, report);
    }
    (void)fputs(lh_buf_text(&out), stdout);
    lh_buf_reset(&out);
    if (options->markdown != NULL) {
        FILE *file = fopen(options->markdown, "we");
        bench_report_markdown(&out, report);
        if (file == NULL || fputs(lh_buf_text(&out), file) < 0 || fclose(file) != 0) {
            bench_die("%s: %s", options->markdown, strerror(errno));
        }
    }
    lh_buf_clear(&out);
}

/* ---- options --------------------------------------------------------------------------------- */

static void find_programs(struct bench *bench)
{
    char self[BENCH_PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    if (len <= 0) {
        bench_die("where am I? %s", strerror(errno));
    }
    self[len] = '\0';
    memcpy(bench->self, self, sizeof bench->self);
    *strrchr(self, '/') = '\0';
    memcpy(bench->programs, self, sizeof bench->programs);
}

static void copy_path(char out[BENCH_PATH_MAX], const char *path)
{
    if (strlen(path) >= BENCH_PATH_MAX) {
        bench_die("path too long: %s", path);
    }
    memcpy(out, path, strlen(path) + 1);
}

static void set_size(struct options *options, bool is_full)
{
    options->bench.entries = is_full ? FULL_ENTRIES : QUICK_ENTRIES;
    options->bench.run_ms = is_full ? FULL_RUN_MS : QUICK_RUN_MS;
    options->limit_s = is_full ? FULL_SECONDS : QUICK_SECONDS;
}

static bool parse(struct options *out, int argc, char **argv)
{
    enum { QUICK = 1, FULL, ENTRIES, JSON, MARKDOWN, DIRECTORY, PROGRAMS, LOAD, HELP };
    static const struct option longs[] = {
        { "quick", no_argument, NULL, QUICK },
        { "full", no_argument, NULL, FULL },
        { "entries", required_argument, NULL, ENTRIES },
        { "json", no_argument, NULL, JSON },
        { "markdown", required_argument, NULL, MARKDOWN },
        { "dir", required_argument, NULL, DIRECTORY },
        { "programs", required_argument, NULL, PROGRAMS },
        { "load", required_argument, NULL, LOAD },
        { "help", no_argument, NULL, HELP },
        { NULL, 0, NULL, 0 },
    };
    const char *parent = getenv("TMPDIR");
    int option;

    set_size(out, false);
    out->bench.profile_load = PROFILE_LOAD;
    find_programs(&out->bench);
    copy_path(out->bench.dir, parent != NULL && parent[0] == '/' ? parent : "/var/tmp");
    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (option) {
        case QUICK:
            set_size(out, false);
            break;
        case FULL:
            set_size(out, true);
            break;
        case ENTRIES:
            out->bench.entries = strtoull(optarg, NULL, 10);
            break;
        case JSON:
            out->is_json = true;
            break;
        case MARKDOWN:
            out->markdown = optarg;
            break;
        case DIRECTORY:
            copy_path(out->bench.dir, optarg);
            break;
        case PROGRAMS:
            copy_path(out->bench.programs, optarg);
            break;
        case LOAD:
            out->bench.profile_load = strtoul(optarg, NULL, 10);
            break;
        case HELP:
            usage(stdout);
            exit(0);
        default:
            return false;
        }
    }
    if (optind + 1 != argc || out->bench.entries < QUICK_ENTRIES / 5) {
        return false;
    }
    out->run = argv[optind];
    bool is_known = strcmp(out->run, "all") == 0;
    for (size_t i = 0; i < RUNS; i++) {
        is_known = is_known || strcmp(out->run, runs[i].name) == 0;
    }
    return is_known;
}

/* ---- the two processes ----------------------------------------------------------------------- */

/* Wait for the child, for a signal to us or for the limit, whatever comes first. */
static int watch(pid_t child, const sigset_t *signals, unsigned limit_s)
{
    struct timespec limit = { .tv_sec = (time_t)limit_s };
    int status = 0;
    int which = sigtimedwait(signals, NULL, &limit);

    if (which != SIGCHLD) {
        (void)fprintf(stderr, "liuhen-bench: %s\n", which < 0 ? "out of time" : "interrupted");
        (void)kill(child, SIGKILL);
    }
    (void)waitpid(child, &status, 0);
    if (which == SIGCHLD && WIFSIGNALED(status)) {
        (void)fprintf(stderr, "liuhen-bench: ended by signal %d\n", WTERMSIG(status));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    struct options options = { .run = NULL };
    char dir[BENCH_PATH_MAX];
    sigset_t signals;

    if (!parse(&options, argc, argv)) {
        usage(stderr);
        return 2;
    }
    options.bench.cores = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    bench_path(dir, options.bench.dir, "liuhen-bench-XXXXXX");
    if (mkdtemp(dir) == NULL) {
        bench_die("making a directory in %s: %s", options.bench.dir, strerror(errno));
    }
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGCHLD);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)sigprocmask(SIG_UNBLOCK, &signals, NULL);
        memcpy(options.bench.dir, dir, sizeof dir);
        measure(&options);
        write_results(&options);
        bench_report_clear(&options.bench.report);
        return 0;
    }
    int status = child < 0 ? 1 : watch(child, &signals, options.limit_s);
    bench_dir_remove(dir);
    return status;
}
