#ifndef LH_BENCH_MEASURE_H
#define LH_BENCH_MEASURE_H

/*
 * Clocks, percentiles and rates of a benchmark. What goes wrong in a benchmark ends it: a figure
 * from a run that half failed is worse than none.
 */

#include "crypto/base/buf.h"

#include <stdnoreturn.h>
#include <sys/types.h>

/** Say why and exit with status 1; the parent of all runs removes what they wrote (main.c). */
noreturn void bench_die(const char *format, ...) LH_PRINTF(1, 2);
/** Die with the words of `err` unless `rc` is LH_OK. */
void bench_must(enum lh_code rc, const struct lh_err *err, const char *doing);
/** calloc that does not fail. */
void *bench_alloc(size_t count, size_t size);

enum { BENCH_PATH_MAX = 256 };
/** Make directory `name` below `parent`; its path into `out`. */
void bench_dir_make(char out[BENCH_PATH_MAX], const char *parent, const char *name);
/** With everything in it. */
void bench_dir_remove(const char *path);
/** `path`/`name` into `out`; dies if it is too long. */
void bench_path(char out[BENCH_PATH_MAX], const char *path, const char *name);
/** Bytes that the files of a directory and of those below it hold, logs of the library not. */
uint64_t bench_dir_size(const char *path);

int64_t bench_now_ns(void);
/** CPU time of the calling thread / of this process. */
int64_t bench_thread_cpu_ns(void);
int64_t bench_process_cpu_ns(void);
/** CPU time, resident memory and peak resident memory of another process, from /proc. */
int64_t bench_pid_cpu_ns(pid_t pid);
uint64_t bench_pid_rss(pid_t pid);
uint64_t bench_pid_rss_peak(pid_t pid);

/* Durations, to be sorted for percentiles. */
struct bench_samples {
    int64_t *ns;
    size_t count;
    size_t capacity;
};
void bench_samples_add(struct bench_samples *samples, int64_t ns);
void bench_samples_clear(struct bench_samples *samples);
/** Sorts. `share` from 0 to 1: 0.5 is the median, 1 the greatest. 0 when there are none. */
int64_t bench_samples_at(struct bench_samples *samples, double share);

/**
 * Call `once` again and again for about `ms` of this thread's CPU time, and return how often it ran
 * per second of it: the middle one of five slices, so that one disturbance does not count.
 */
double bench_rate(void (*once)(void *arg), void *arg, int64_t ms);

#endif
