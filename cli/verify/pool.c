/*
 * Invariants, under `lock`:
 *
 *  1. slots[(head + i) % slot_count] for i < queued are batches that wait.
 *  2. `unfinished` counts batches that wait or are being checked; 0 means that every finding of
 * what was submitted lies in the workers' findings.
 *  3. A worker touches its findings only while `unfinished` counts its batch, and drain reads them
 *     only when it is 0.
 */
#include "cli/verify/pool.h"

#include "crypto/base/assert.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_MAX = 64, SLOTS_A_THREAD = 4 };

struct batch {
    size_t count;
    struct lh_replay_check checks[BATCH_MAX];
};

struct worker {
    pthread_t thread;
    struct lh_pool *pool;
    struct lh_replay_findings findings;
    struct batch batch; /* being checked */
};

struct lh_pool {
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    pthread_cond_t has_room;
    pthread_cond_t is_idle;
    struct batch *slots;
    size_t slot_count;
    size_t head;
    size_t queued;
    size_t unfinished;
    bool is_closing;
    size_t worker_count;
    struct worker *workers;
};

/* Wait for a batch; false when the pool closes. */
static bool take(struct worker *worker)
{
    struct lh_pool *pool = worker->pool;

    (void)pthread_mutex_lock(&pool->lock);
    while (pool->queued == 0 && !pool->is_closing) {
        (void)pthread_cond_wait(&pool->has_work, &pool->lock);
    }
    bool is_taken = !pool->is_closing;
    if (is_taken) {
        const struct batch *slot = &pool->slots[pool->head];
        worker->batch.count = slot->count;
        memcpy(worker->batch.checks, slot->checks, slot->count * sizeof slot->checks[0]);
        pool->head = (pool->head + 1) % pool->slot_count;
        pool->queued--;
        (void)pthread_cond_signal(&pool->has_room);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return is_taken;
}

static void finish(struct lh_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    if (--pool->unfinished == 0) {
        (void)pthread_cond_signal(&pool->is_idle);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

static void *run(void *arg)
{
    struct worker *worker = arg;

    while (take(worker)) {
        for (size_t i = 0; i < worker->batch.count; i++) {
            lh_replay_check_run(&worker->batch.checks[i], &worker->findings);
        }
        finish(worker->pool);
    }
    return NULL;
}

static void put(struct lh_pool *pool, const struct lh_replay_check *checks, size_t count)
{
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->queued == pool->slot_count) {
        (void)pthread_cond_wait(&pool->has_room, &pool->lock);
    }
    struct batch *slot = &pool->slots[(pool->head + pool->queued) % pool->slot_count];
    slot->count = count;
    memcpy(slot->checks, checks, count * sizeof checks[0]);
    pool->queued++;
    pool->unfinished++;
    (void)pthread_cond_signal(&pool->has_work);
    (void)pthread_mutex_unlock(&pool->lock);
}

static enum lh_code submit(void *arg, const struct lh_replay_check *checks, size_t count,
                           struct lh_err *err)
{
    struct lh_pool *pool = arg;

    (void)err;
    while (count > 0) {
        size_t part = count < BATCH_MAX ? count : BATCH_MAX;
        put(pool, checks, part);
        checks += part;
        count -= part;
    }
    return LH_OK;
}

static enum lh_code drain(void *arg, struct lh_replay_findings *into, struct lh_err *err)
{
    struct lh_pool *pool = arg;

    (void)err;
    (void)pthread_mutex_lock(&pool->lock);
    while (pool->unfinished > 0) {
        (void)pthread_cond_wait(&pool->is_idle, &pool->lock);
    }
    for (size_t i = 0; i < pool->worker_count; i++) {
        lh_replay_findings_merge(into, &pool->workers[i].findings);
        lh_replay_findings_init(&pool->workers[i].findings);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return LH_OK;
}

struct lh_replay_pool lh_pool_of_replay(struct lh_pool *pool)
{
    return (struct lh_replay_pool){ .submit = submit, .drain = drain, .arg = pool };
}

static enum lh_code start_workers(struct lh_pool *pool, size_t threads, struct lh_err *err)
{
    for (size_t i = 0; i < threads; i++) {
        struct worker *worker = &pool->workers[i];
        worker->pool = pool;
        lh_replay_findings_init(&worker->findings);
        if (pthread_create(&worker->thread, NULL, run, worker) != 0) {
            return lh_err_set(err, LH_ERR_LIMIT, "cannot start thread %zu of %zu", i + 1, threads);
        }
        pool->worker_count++;
    }
    return LH_OK;
}

enum lh_code lh_pool_new(struct lh_pool **out, size_t threads, struct lh_err *err)
{
    struct lh_pool *pool = calloc(1, sizeof *pool);

    lh_assert(threads >= 1);
    lh_assert(threads <= LH_POOL_THREADS_MAX);
    if (pool == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for threads");
    }
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->has_work, NULL);
    (void)pthread_cond_init(&pool->has_room, NULL);
    (void)pthread_cond_init(&pool->is_idle, NULL);
    pool->slot_count = threads * SLOTS_A_THREAD;
    pool->slots = calloc(pool->slot_count, sizeof pool->slots[0]);
    pool->workers = calloc(threads, sizeof pool->workers[0]);
    enum lh_code rc = pool->slots == NULL || pool->workers == NULL
                          ? lh_err_set(err, LH_ERR_NOMEM, "out of memory for threads")
                          : start_workers(pool, threads, err);
    if (rc != LH_OK) {
        lh_pool_free(pool);
        return rc;
    }
    *out = pool;
    return LH_OK;
}

void lh_pool_free(struct lh_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pool->lock);
    pool->is_closing = true;
    (void)pthread_cond_broadcast(&pool->has_work);
    (void)pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->worker_count; i++) {
        (void)pthread_join(pool->workers[i].thread, NULL);
    }
    (void)pthread_mutex_destroy(&pool->lock);
    (void)pthread_cond_destroy(&pool->has_work);
    (void)pthread_cond_destroy(&pool->has_room);
    (void)pthread_cond_destroy(&pool->is_idle);
    free(pool->slots);
    free(pool->workers);
    free(pool);
}
