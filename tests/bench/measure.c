#include "tests/bench/measure.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SLICES = 5, CALLS_A_LOOK = 8 };

/* ---- failing --------------------------------------------------------------------------------- */

void bench_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs("liuhen-bench: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputs("\n", stderr);
    va_end(args);
    exit(1);
}

void bench_must(enum lh_code rc, const struct lh_err *err, const char *doing)
{
    if (rc != LH_OK) {
        bench_die("%s: %s (%s)", doing, err->text, lh_code_name(rc));
    }
}

void *bench_alloc(size_t count, size_t size)
{
    void *items = calloc(count, size);

    if (items == NULL) {
        bench_die("out of memory for %zu x %zu bytes", count, size);
    }
    return items;
}

/* ---- directories ----------------------------------------------------------------------------- */

static int on_file(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    (void)remove(path);
    return 0;
}

void bench_dir_make(char out[BENCH_PATH_MAX], const char *parent, const char *name)
{
    bench_path(out, parent, name);
    if (mkdir(out, 0700) != 0) {
        bench_die("making %s: %s", out, strerror(errno));
    }
}

void bench_dir_remove(const char *path)
{
    (void)nftw(path, on_file, 16, FTW_DEPTH | FTW_PHYS);
}

void bench_path(char out[BENCH_PATH_MAX], const char *path, const char *name)
{
    int len = snprintf(out, BENCH_PATH_MAX, "%s/%s", path, name);

    if (len < 0 || len >= BENCH_PATH_MAX) {
        bench_die("path too long: %s/%s", path, name);
    }
}

uint64_t bench_dir_size(const char *path)
{
    DIR *dir = opendir(path);
    uint64_t total = 0;
    const struct dirent *item;

    if (dir == NULL) {
        bench_die("%s: %s", path, strerror(errno));
    }
    while ((item = readdir(dir)) != NULL) {
        char child[BENCH_PATH_MAX];
        struct stat info;

        if (item->d_name[0] == '.' || strncmp(item->d_name, "LOG", 3) == 0) {
            continue;
        }
        bench_path(child, path, item->d_name);
        if (lstat(child, &info) != 0) {
            continue; /* the library removed it meanwhile */
        }
        total += S_ISDIR(info.st_mode) ? bench_dir_size(child) : (uint64_t)info.st_size;
    }
    (void)closedir(dir);
    return total;
}

/* ---- clocks ---------------------------------------------------------------------------------- */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t bench_now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t bench_thread_cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

int64_t bench_process_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t bench_pid_cpu_ns(pid_t pid)
{
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0) {
        bench_die("process %d is gone", (int)pid);
    }
    return clock_ns(clock);
}

/* A line "Name:   1234 kB" of /proc/PID/status, in bytes. */
static uint64_t status_bytes(pid_t pid, const char *name)
{
    char path[64];
    char line[256];
    unsigned long long kib = 0;
    size_t len = strlen(name);

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        bench_die("process %d is gone", (int)pid);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, len) == 0) {
            kib = strtoull(line + len, NULL, 10);
        }
    }
    (void)fclose(file);
    return (uint64_t)kib * 1024;
}

uint64_t bench_pid_rss(pid_t pid)
{
    return status_bytes(pid, "VmRSS:");
}

uint64_t bench_pid_rss_peak(pid_t pid)
{
    return status_bytes(pid, "VmHWM:");
}

/* ---- samples and rates ----------------------------------------------------------------------- */

void bench_samples_add(struct bench_samples *samples, int64_t ns)
{
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity == 0 ? 1024 : 2 * samples->capacity;
        samples->ns = realloc(samples->ns, samples->capacity * sizeof samples->ns[0]);
        if (samples->ns == NULL) {
            bench_die("out of memory for samples");
        }
    }
    samples->ns[samples->count++] = ns;
}

void bench_samples_clear(struct bench_samples *samples)
{
    free(samples->ns);
    *samples = (struct bench_samples){ .ns = NULL };
}

static int compare_ns(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

int64_t bench_samples_at(struct bench_samples *samples, double share)
{
    if (samples->count == 0) {
        return 0;
    }
    qsort(samples->ns, samples->count, sizeof samples->ns[0], compare_ns);
    size_t at = (size_t)(share * (double)samples->count);
    return samples->ns[at < samples->count ? at : samples->count - 1];
}

static int compare_rates(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

double bench_rate(void (*once)(void *arg), void *arg, int64_t ms)
{
    double rates[SLICES];

    for (size_t i = 0; i < SLICES; i++) {
        int64_t start = bench_thread_cpu_ns();
        int64_t end = start;
        int64_t calls = 0;

        do {
            for (size_t j = 0; j < CALLS_A_LOOK; j++) {
                once(arg);
            }
            calls += CALLS_A_LOOK;
            end = bench_thread_cpu_ns();
        } while (end - start < ms * 1000000 / SLICES);
        rates[i] = (double)calls * 1e9 / (double)(end - start);
    }
    qsort(rates, SLICES, sizeof rates[0], compare_rates);
    return rates[SLICES / 2];
}
