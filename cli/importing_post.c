/* In their order, in batches, over to the node. */
#include "cli/importing_internal.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_LEN = 4 * 1024 * 1024, TRIES_MAX = 5, WAIT_MAX_S = 10 };

static int compare(const void *left, const void *right)
{
    const struct lh_import_event *a = left;
    const struct lh_import_event *b = right;

    if (a->time_unix_ms != b->time_unix_ms) {
        return a->time_unix_ms < b->time_unix_ms ? -1 : 1;
    }
    if (a->is_case != b->is_case) {
        return a->is_case ? -1 : 1;
    }
    if (a->file != b->file) {
        return a->file < b->file ? -1 : 1;
    }
    return a->line < b->line ? -1 : a->line > b->line ? 1 : 0;
}

static enum lh_code order(struct lh_importing *importing, struct lh_err *err)
{
    size_t case_count = json_object_size(importing->cases);
    size_t good = 0;
    uint32_t *steps = calloc(case_count + 1, sizeof *steps);

    if (steps == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    if (importing->event_count == 0) {
        free(steps);
        return LH_OK;
    }
    qsort(importing->events, importing->event_count, sizeof importing->events[0], compare);
    for (size_t i = 0; i < importing->event_count; i++) {
        struct lh_import_event *event = &importing->events[i];

        if (event->step != 0) {
            lh_assert(event->case_at < case_count);
            event->step = ++steps[event->case_at];
        }
        if (event->len != 0) { /* the rejected ones have done their part */
            importing->events[good++] = *event;
        }
    }
    lh_assert(good == importing->good_count);
    importing->event_count = good;
    free(steps);
    return LH_OK;
}

/* The step goes in behind the opening brace. */
static void add_line(struct lh_buf *out, const struct lh_importing *importing,
                     const struct lh_import_event *event)
{
    struct lh_bytes text = lh_bytes_of(importing->texts.data + event->offset, event->len);

    lh_buf_add_u8(out, '{');
    if (event->step != 0) {
        lh_buf_add_format(out, "\"step\":%u,", (unsigned)event->step);
    }
    lh_buf_add(out, lh_bytes_of(text.data + 1, text.len - 1));
    lh_buf_add_u8(out, '\n');
}

/* A busy node says when to come back; the same bytes again are the same events. */
static enum lh_code post(struct lh_importing *importing, struct lh_client_reply *reply,
                         struct lh_bytes lines, struct lh_err *err)
{
    struct lh_client *client;
    enum lh_code rc;

    rc = lh_cli_client(importing->cli, &client, err);
    for (int tries = 1; rc == LH_OK; tries++) {
        rc = lh_client_post(client, reply,
                            importing->results != NULL ? "/v1/events" : "/v1/events?receipt=none",
                            "application/x-ndjson", lines, err);
        if (rc != LH_OK || (reply->status != 429 && reply->status != 503) || tries == TRIES_MAX) {
            return rc;
        }
        (void)sleep(reply->retry_after_s == 0           ? 1
                    : reply->retry_after_s < WAIT_MAX_S ? reply->retry_after_s
                                                        : WAIT_MAX_S);
    }
    return rc;
}

static void take_result(struct lh_importing *importing, const struct lh_import_event *event,
                        const json_t *result)
{
    const char *status = lh_api_text(result, "status");
    const json_t *problem = json_object_get(result, "problem");

    bool is_journaled = strcmp(status, "journaled") == 0;
    bool is_duplicate = strcmp(status, "duplicate") == 0 ||
                        (is_journaled && json_is_true(json_object_get(result, "duplicate")));

    if (is_duplicate) {
        importing->duplicate++;
    } else if (is_journaled || strcmp(status, "recorded") == 0) {
        importing->recorded++;
        importing->journaled += is_journaled ? 1 : 0;
    } else {
        lh_rejects_add(&importing->files[event->file], event->line, lh_api_text(problem, "pointer"),
                       lh_api_text(problem, "code"), lh_api_text(problem, "detail"));
    }
}

/* Rule 3. What was handed in is the line that was sent. */
static enum lh_code prove_result(struct lh_importing *importing, size_t at, json_t *result,
                                 struct lh_err *err)
{
    struct lh_handed handed = { .body = LH_BUF_EMPTY };
    struct lh_buf line = LH_BUF_EMPTY;

    if (importing->results == NULL) {
        return LH_OK;
    }
    add_line(&line, importing, &importing->events[at]);
    enum lh_code rc = lh_buf_check(&line, err);
    if (rc == LH_OK) {
        rc = lh_api_parse(&handed.event, lh_buf_bytes(&line), err);
    }
    if (rc == LH_OK) {
        rc = lh_results_take(importing->results, result, &handed, at + 1, err);
    }
    json_decref(handed.event);
    lh_handed_clear(&handed);
    lh_buf_clear(&line);
    return rc;
}

static enum lh_code take_results(struct lh_importing *importing, size_t first, size_t count,
                                 const struct lh_client_reply *reply, struct lh_err *err)
{
    json_t *list = NULL;
    enum lh_code rc;

    rc = lh_results_parse(&list, reply, count, err);
    if (rc == LH_ERR_FORGED && importing->results != NULL) {
        importing->results->is_doubted = true;
    }
    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        rc = prove_result(importing, first + i, json_array_get(list, i), err);
        if (rc == LH_OK) {
            take_result(importing, &importing->events[first + i], json_array_get(list, i));
        }
    }
    json_decref(list);
    return rc;
}

/* One request. A node that takes fewer at once (413) gets half of them from then on. */
static enum lh_code post_batch(struct lh_importing *importing, size_t first, size_t *batch_max,
                               size_t *out_count, struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_buf lines = LH_BUF_EMPTY;
    size_t count = 0;
    enum lh_code rc;

    while (count < *batch_max && first + count < importing->event_count && lines.len < BATCH_LEN) {
        add_line(&lines, importing, &importing->events[first + count]);
        count++;
    }
    *out_count = 0;
    rc = lh_buf_check(&lines, err);
    if (rc == LH_OK) {
        rc = post(importing, &reply, lh_buf_bytes(&lines), err);
    }
    if (rc == LH_OK && reply.status == 413 && count > 1) {
        *batch_max = count / 2;
    } else if (rc == LH_OK) {
        rc = take_results(importing, first, count, &reply, err);
        *out_count = count;
    }
    lh_buf_clear(&lines);
    lh_client_reply_clear(&reply);
    return rc;
}

enum lh_code lh_importing_post(struct lh_importing *importing, struct lh_progress *progress,
                               struct lh_err *err)
{
    size_t batch_max =
        importing->results != NULL ? LH_IMPORT_RECEIPTS_BATCH_MAX : LH_IMPORT_BATCH_MAX;
    enum lh_code rc = order(importing, err);

    for (size_t done = 0; rc == LH_OK && done < importing->event_count;) {
        size_t count = 0;

        if (importing->is_stopped != NULL && importing->is_stopped(importing->stop_arg)) {
            return lh_err_set(err, LH_AGAIN, "stopped");
        }
        rc = post_batch(importing, done, &batch_max, &count, err);
        done += count;
        lh_progress_step(progress, done, importing->event_count);
    }
    return rc;
}
