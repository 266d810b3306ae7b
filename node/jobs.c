#include "node/jobs.h"

#include "crypto/base/assert.h"
#include "node/subjects.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    struct lh_job *first;
    struct lh_job *last;
    size_t count;
};

static void queue_add(struct queue *queue, struct lh_job *job)
{
    job->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = job;
    } else {
        queue->first = job;
    }
    queue->last = job;
    queue->count++;
}

static struct lh_job *queue_take(struct queue *queue)
{
    struct lh_job *job = queue->first;

    if (job != NULL) {
        queue->first = job->next;
        queue->last = queue->first != NULL ? queue->last : NULL;
        queue->count--;
    }
    return job;
}

/* ---- mailbox --------------------------------------------------------------------------------- */

struct lh_mailbox {
    pthread_mutex_t lock;
    struct queue queue;
    int fd;
    struct event *event;
};

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    struct lh_mailbox *mailbox = arg;
    struct lh_job *job;
    uint64_t count;

    (void)what;
    (void)!read(fd, &count, sizeof count);
    (void)pthread_mutex_lock(&mailbox->lock);
    job = mailbox->queue.first;
    mailbox->queue = (struct queue){ .first = NULL };
    (void)pthread_mutex_unlock(&mailbox->lock);
    while (job != NULL) {
        struct lh_job *next = job->next;

        job->done(job);
        job = next;
    }
}

enum lh_code lh_mailbox_new(struct lh_mailbox **out, struct event_base *base, struct lh_err *err)
{
    struct lh_mailbox *mailbox = calloc(1, sizeof *mailbox);

    if (mailbox == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "mailbox");
    }
    mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&mailbox->lock, NULL);
    if (mailbox->fd >= 0) {
        mailbox->event = event_new(base, mailbox->fd, EV_READ | EV_PERSIST, on_mail, mailbox);
    }
    if (mailbox->event == NULL || event_add(mailbox->event, NULL) != 0) {
        lh_mailbox_free(mailbox);
        return lh_err_set(err, LH_ERR_IO, "mailbox: %s", strerror(errno));
    }
    *out = mailbox;
    return LH_OK;
}

void lh_mailbox_free(struct lh_mailbox *mailbox)
{
    if (mailbox == NULL) {
        return;
    }
    if (mailbox->event != NULL) {
        event_free(mailbox->event);
    }
    if (mailbox->fd >= 0) {
        (void)close(mailbox->fd);
    }
    (void)pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

void lh_mailbox_post(struct lh_mailbox *mailbox, struct lh_job *job)
{
    static const uint64_t one = 1;
    bool was_empty;

    (void)pthread_mutex_lock(&mailbox->lock);
    was_empty = mailbox->queue.first == NULL;
    queue_add(&mailbox->queue, job);
    (void)pthread_mutex_unlock(&mailbox->lock);
    if (was_empty) { /* otherwise the loop has been woken and has not looked yet */
        ssize_t written = write(mailbox->fd, &one, sizeof one);
        lh_assert(written == (ssize_t)sizeof one); /* unheard, no request would be answered again */
    }
}

/* ---- pool ------------------------------------------------------------------------------------ */

struct lh_jobs {
    pthread_mutex_t lock;
    pthread_cond_t is_wanted;
    struct queue queue;
    bool is_stopping;
    size_t thread_count; /* started */
    pthread_t *threads;
    struct lh_worker *workers;
};

struct thread_start {
    struct lh_jobs *jobs;
    struct lh_worker *worker;
};

static void *run_worker(void *arg)
{
    struct thread_start start = *(struct thread_start *)arg;
    struct lh_jobs *jobs = start.jobs;

    free(arg);
    (void)pthread_mutex_lock(&jobs->lock);
    for (;;) {
        struct lh_job *job = queue_take(&jobs->queue);

        if (job != NULL) {
            (void)pthread_mutex_unlock(&jobs->lock);
            job->run(job, start.worker);
            (void)pthread_mutex_lock(&jobs->lock);
        } else if (jobs->is_stopping) {
            break;
        } else {
            (void)pthread_cond_wait(&jobs->is_wanted, &jobs->lock);
        }
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

static enum lh_code start_thread(struct lh_jobs *jobs, const struct lh_jobs_options *options,
                                 struct lh_err *err)
{
    struct lh_worker *worker = &jobs->workers[jobs->thread_count];
    struct thread_start *start;
    enum lh_code rc = lh_suite_new(&worker->suite, options->suite, err);
    int error;

    if (rc == LH_OK && options->recorder_path != NULL) {
        rc = lh_signer_open(&worker->recorder, options->recorder_path, err);
    }
    if (rc == LH_OK && options->subjects != NULL) {
        rc = lh_subjects_new(&worker->subjects, options->subjects, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    lh_assert(jobs->threads != NULL);
    start = malloc(sizeof *start);
    if (start == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "thread");
    }
    *start = (struct thread_start){ .jobs = jobs, .worker = worker };
    error = pthread_create(&jobs->threads[jobs->thread_count], NULL, run_worker, start);
    if (error != 0) {
        free(start);
        return lh_err_set(err, LH_ERR_LIMIT, "thread: %s", strerror(error));
    }
    jobs->thread_count++;
    return LH_OK;
}

enum lh_code lh_jobs_new(struct lh_jobs **out, const struct lh_jobs_options *options,
                         struct lh_err *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = options->thread_count;
    struct lh_jobs *jobs = calloc(1, sizeof *jobs);
    enum lh_code rc = LH_OK;

    if (jobs == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "jobs");
    }
    (void)pthread_mutex_init(&jobs->lock, NULL);
    (void)pthread_cond_init(&jobs->is_wanted, NULL);
    wanted = wanted != 0 ? wanted : cores > 0 ? (size_t)cores : 1;
    jobs->threads = calloc(wanted, sizeof *jobs->threads);
    jobs->workers = calloc(wanted + 1, sizeof *jobs->workers); /* the last one stays empty */
    if (jobs->threads == NULL || jobs->workers == NULL) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "jobs");
    }
    while (rc == LH_OK && jobs->thread_count < wanted) {
        rc = start_thread(jobs, options, err);
    }
    if (rc != LH_OK) {
        lh_jobs_free(jobs);
        return rc;
    }
    *out = jobs;
    return LH_OK;
}

void lh_jobs_free(struct lh_jobs *jobs)
{
    if (jobs == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&jobs->lock);
    jobs->is_stopping = true;
    (void)pthread_cond_broadcast(&jobs->is_wanted);
    (void)pthread_mutex_unlock(&jobs->lock);
    for (size_t i = 0; i < jobs->thread_count; i++) {
        (void)pthread_join(jobs->threads[i], NULL);
    }
    for (size_t i = 0; jobs->workers != NULL && i <= jobs->thread_count; i++) {
        lh_suite_free(jobs->workers[i].suite); /* the one behind the last may be half made */
        lh_signer_free(jobs->workers[i].recorder);
        lh_subjects_free(jobs->workers[i].subjects);
    }
    free(jobs->workers);
    free(jobs->threads);
    (void)pthread_cond_destroy(&jobs->is_wanted);
    (void)pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

void lh_jobs_add(struct lh_jobs *jobs, struct lh_job *job)
{
    (void)pthread_mutex_lock(&jobs->lock);
    queue_add(&jobs->queue, job);
    (void)pthread_cond_signal(&jobs->is_wanted);
    (void)pthread_mutex_unlock(&jobs->lock);
}

size_t lh_jobs_thread_count(const struct lh_jobs *jobs)
{
    return jobs->thread_count;
}

size_t lh_jobs_depth(struct lh_jobs *jobs)
{
    size_t count;

    (void)pthread_mutex_lock(&jobs->lock);
    count = jobs->queue.count;
    (void)pthread_mutex_unlock(&jobs->lock);
    return count;
}
