#include "tests/sim/queue.h"

#include "crypto/base/assert.h"

#include <stdlib.h>

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
    struct sim_event held = *a;

    *a = *b;
    *b = held;
}

void sim_queue_clear(struct sim_queue *queue)
{
    free(queue->heap);
    *queue = (struct sim_queue){ .count = 0 };
}

void sim_queue_add(struct sim_queue *queue, struct sim_event event)
{
    if (queue->count == queue->capacity) {
        queue->capacity = queue->capacity == 0 ? 256 : 2 * queue->capacity;
        queue->heap = realloc(queue->heap, queue->capacity * sizeof queue->heap[0]);
        lh_assert(queue->heap != NULL);
    }
    event.order = queue->added++;
    size_t at = queue->count++;
    queue->heap[at] = event;
    while (at > 0 && is_before(&queue->heap[at], &queue->heap[(at - 1) / 2])) {
        swap(&queue->heap[at], &queue->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

bool sim_queue_next(struct sim_queue *queue, struct sim_event *out)
{
    if (queue->count == 0) {
        return false;
    }
    *out = queue->heap[0];
    queue->heap[0] = queue->heap[--queue->count];
    for (size_t at = 0, child = 1; child < queue->count; child = 2 * at + 1) {
        if (child + 1 < queue->count && is_before(&queue->heap[child + 1], &queue->heap[child])) {
            child++;
        }
        if (!is_before(&queue->heap[child], &queue->heap[at])) {
            break;
        }
        swap(&queue->heap[child], &queue->heap[at]);
        at = child;
    }
    return true;
}
