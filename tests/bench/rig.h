#ifndef LH_BENCH_RIG_H
#define LH_BENCH_RIG_H

/*
 * A real node: a data directory as `liuhen init` makes it, with the people's keys, and liuhend as a
 * child process on its Unix socket. The child dies with us.
 */

#include "tests/bench/measure.h"
#include "tests/bench/people.h"

struct lh_client;

struct rig {
    struct people *people;
    pid_t pid;
    char data[BENCH_PATH_MAX];
    char store[BENCH_PATH_MAX];
    char socket[BENCH_PATH_MAX];
};

/** Make the data directory `name` in `dir`, start the node, record GENERATION and enrol the staff.
 */
void rig_start(struct rig *out, struct people *people, const char *programs, const char *dir,
               const char *name);
/** TERM, wait; dies unless it ends with 0. */
void rig_stop(struct rig *rig);
/** A client of it, which the caller frees. */
struct lh_client *rig_connect(const struct rig *rig);
/** A number of /v1/status, by its name. */
uint64_t rig_status(const struct rig *rig, const char *name);
/** Post; returns the HTTP status and puts the beginning of the answer into `answer`. */
long rig_post(const struct rig *rig, const char *target, const char *type, struct lh_bytes body,
              char answer[512]);

#endif
