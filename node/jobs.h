#ifndef LH_NODE_JOBS_H
#define LH_NODE_JOBS_H

/*
 * Work that the loop thread must not do, and the way back.
 *
 *  - A pool of threads runs jobs in the order in which they came. Each thread has a worker of its
 *    own: a suite, the recorder's signer, the maker of private parts; each belongs to one thread.
 *  - A mailbox takes finished jobs from any thread and calls their `done` on the loop's thread.
 *
 * A job carries values and lives inside a larger struct; whoever made it frees it.
 */

#include "crypto/signer.h"
#include "crypto/suite.h"

struct event_base;
struct lh_jobs;
struct lh_subjects;
struct lh_subjects_options;
struct lh_mailbox;

struct lh_worker {
    struct lh_suite *suite;
    struct lh_signer *recorder;   /* NULL: the pool was made without one */
    struct lh_subjects *subjects; /* likewise */
};

struct lh_job {
    struct lh_job *next;
    void (*run)(struct lh_job *job, struct lh_worker *worker); /* in the pool */
    void (*done)(struct lh_job *job);                          /* on the loop's thread */
};

enum lh_code lh_mailbox_new(struct lh_mailbox **out, struct event_base *base,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_mailbox_free(struct lh_mailbox *mailbox);
/** From any thread: job->done will run on the loop's thread, in the order of posting. */
void lh_mailbox_post(struct lh_mailbox *mailbox, struct lh_job *job);

struct lh_jobs_options {
    size_t thread_count; /* 0: one for each core */
    enum lh_suite_id suite;
    const char *recorder_path;                  /* PEM; NULL: none */
    const struct lh_subjects_options *subjects; /* NULL: none */
};

enum lh_code lh_jobs_new(struct lh_jobs **out, const struct lh_jobs_options *options,
                         struct lh_err *err) LH_MUST_CHECK;
/** Runs what is queued, then ends the threads. */
void lh_jobs_free(struct lh_jobs *jobs);
/** From any thread. The caller bounds how much it adds. */
void lh_jobs_add(struct lh_jobs *jobs, struct lh_job *job);
size_t lh_jobs_thread_count(const struct lh_jobs *jobs);
/** Jobs waiting for a thread. */
size_t lh_jobs_depth(struct lh_jobs *jobs);

#endif
