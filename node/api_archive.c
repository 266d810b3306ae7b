/*
 * GET /v1/archive: the generations of the ledger, oldest first, as an .lhar stream, block by block
 * up to the head of the moment it began. A pool thread makes a piece while nothing else of it is
 * under way; the next one is made when the client has taken the last.
 */

#include "node/api_internal.h"

#include "ledger/archive.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 256 * 1024 };

struct archive {
    struct lh_job job;
    struct lh_node *node;
    struct lh_http_request *http;
    struct lh_ledger *ledger; /* the generation of the moment */
    uint64_t next_height;
    uint64_t last_height; /* of the newest generation */
    uint64_t frame_count;
    bool with_private;
    bool has_begun;
    bool is_done;   /* the end frame is in `piece` */
    bool is_closed; /* the client left */
    bool is_working;
    bool has_failed;
    struct lh_buf piece;
};

static void add_frame(struct archive *archive, enum lh_archive_kind kind, struct lh_bytes content)
{
    lh_archive_add(&archive->piece, kind, content);
    archive->frame_count++;
}

/* Where there is none, whoever replays the archive looks for the ERASE that covers it. */
static enum lh_code add_private(struct archive *archive, uint64_t index, struct lh_buf *scratch,
                                struct lh_err *err)
{
    struct lh_buf content = LH_BUF_EMPTY;
    enum lh_code rc = lh_ledger_private(archive->ledger, index, scratch, err);

    if (rc == LH_OK) {
        lh_buf_add_u64(&content, index);
        lh_buf_add(&content, lh_buf_bytes(scratch));
        add_frame(archive, LH_ARCHIVE_PRIVATE, lh_buf_bytes(&content));
    }
    lh_buf_clear(&content);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

static enum lh_code add_block(struct archive *archive, uint64_t height, struct lh_err *err)
{
    struct lh_ledger *ledger = archive->ledger;
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_buf scratch = LH_BUF_EMPTY;
    enum lh_code rc = lh_ledger_block_at(ledger, height, &block, err);

    for (uint64_t i = 0; rc == LH_OK && i <= block.entry_count; i++) {
        rc = lh_ledger_leaf(ledger, block.first + i, &scratch, err);
        if (rc == LH_OK) {
            add_frame(archive, LH_ARCHIVE_LEAF, lh_buf_bytes(&scratch));
        }
    }
    if (rc == LH_OK) {
        add_frame(archive, LH_ARCHIVE_CHECKPOINT, lh_buf_bytes(&block.checkpoint));
    }
    for (uint64_t i = 0; rc == LH_OK && archive->with_private && i < block.entry_count; i++) {
        rc = add_private(archive, block.first + i, &scratch, err);
    }
    lh_buf_clear(&block.checkpoint);
    lh_buf_clear(&scratch);
    return rc;
}

static void add_ledger(struct archive *archive)
{
    add_frame(archive, LH_ARCHIVE_LEDGER, lh_bytes_of_text(lh_ledger_origin(archive->ledger)));
    if (archive->with_private) {
        add_frame(archive, LH_ARCHIVE_KEPT, LH_BYTES_EMPTY);
    }
}

static void begin(struct archive *archive)
{
    lh_archive_begin(&archive->piece);
    add_frame(archive, LH_ARCHIVE_GENESIS, lh_genesis_bytes(archive->node->genesis));
    add_ledger(archive);
    archive->has_begun = true;
}

/* The height that the generation of the moment is read up to. */
static uint64_t end_height(const struct archive *archive)
{
    struct lh_ledger_head head;

    if (archive->ledger == archive->node->ledger) {
        return archive->last_height;
    }
    lh_ledger_head(archive->ledger, &head);
    return head.height;
}

/* The generation that continues the one of the moment. */
static void go_on(struct archive *archive)
{
    struct lh_ledger *next = archive->node->ledger;

    while (lh_ledger_prev(next) != archive->ledger) {
        next = lh_ledger_prev(next);
    }
    archive->ledger = next;
    archive->next_height = 1;
    add_ledger(archive);
}

static void end(struct archive *archive)
{
    uint8_t count[8];

    lh_put_u64(count, archive->frame_count);
    lh_archive_add(&archive->piece, LH_ARCHIVE_END, lh_bytes_of(count, sizeof count));
    archive->is_done = true;
}

static void archive_run(struct lh_job *job, struct lh_worker *worker)
{
    struct archive *archive = (struct archive *)job;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = LH_OK;

    (void)worker;
    if (!archive->has_begun) {
        begin(archive);
    }
    while (rc == LH_OK && archive->piece.len < PIECE && !archive->is_done) {
        if (archive->next_height <= end_height(archive)) {
            rc = add_block(archive, archive->next_height++, &err);
        } else if (archive->ledger != archive->node->ledger) {
            go_on(archive);
        } else {
            end(archive);
        }
    }
    if (rc != LH_OK || archive->piece.failed) {
        lh_log_write(archive->node->log, LH_LOG_ERROR, "archive.failed", "reason=\"%s\"", err.text);
        archive->has_failed = true;
    }
    lh_mailbox_post(archive->node->mailbox, job);
}

static void finish(struct archive *archive)
{
    lh_http_stream_end(archive->http, archive->is_done && !archive->has_failed);
    archive->node->archive_count--;
    lh_buf_clear(&archive->piece);
    free(archive);
}

static void work(struct archive *archive)
{
    archive->is_working = true;
    lh_jobs_add(archive->node->jobs, &archive->job);
}

static void archive_done(struct lh_job *job)
{
    struct archive *archive = (struct archive *)job;

    archive->is_working = false;
    if (archive->is_closed || archive->has_failed) {
        finish(archive);
        return;
    }
    lh_http_stream_add(archive->http, &archive->piece);
}

static void on_ready(struct lh_http_request *request, bool is_open, void *arg)
{
    struct archive *archive = arg;

    (void)request;
    archive->is_closed = archive->is_closed || !is_open;
    if (archive->is_working) {
        return; /* its end will look */
    }
    if (archive->is_closed || archive->is_done) {
        finish(archive);
    } else {
        work(archive);
    }
}

static bool read_parameters(struct lh_api_call *call, uint64_t *out_from, uint64_t *out_private)
{
    static const char *const names[] = { "from_height", "private", NULL };

    if (!lh_api_check_query(call, names) || !lh_api_query_u64(call, "from_height", out_from) ||
        !lh_api_query_u64(call, "private", out_private)) {
        return false;
    }
    if (*out_private > 1) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "private is 0 or 1");
    } else if (*out_private == 1 &&
               (call->client->roles & (LH_ROLE_OPERATOR | LH_ROLE_AUDITOR)) == 0) {
        lh_problem_set(&call->problem, LH_PROBLEM_AUTH_TYPE,
                       "private parts are for operators and auditors");
    } else if (call->node->archive_count >= LH_ARCHIVES_MAX) {
        lh_problem_set(&call->problem, LH_PROBLEM_QUEUE_FULL, "%d archives are under way",
                       LH_ARCHIVES_MAX);
    } else if (call->node->is_stopping) {
        lh_problem_set(&call->problem, LH_PROBLEM_STOPPING, "%s", "");
    }
    return call->problem.code == LH_PROBLEM_NONE;
}

void lh_api_get_archive(struct lh_api_call *call)
{
    struct lh_ledger_head head;
    struct archive *archive;
    uint64_t from = 1;
    uint64_t with_private = 0;

    if (!read_parameters(call, &from, &with_private) ||
        lh_http_method(call->http) == LH_HTTP_HEAD) {
        lh_api_call_finish(call);
        return;
    }
    archive = calloc(1, sizeof *archive);
    if (archive == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        lh_api_call_finish(call);
        return;
    }
    lh_ledger_head(call->node->ledger, &head);
    archive->ledger = call->node->ledger;
    while (from <= 1 && lh_ledger_prev(archive->ledger) != NULL) {
        archive->ledger = lh_ledger_prev(archive->ledger); /* from the first generation on */
    }
    archive->job.run = archive_run;
    archive->job.done = archive_done;
    archive->node = call->node;
    archive->http = call->http;
    archive->next_height = from > 0 ? from : 1;
    archive->last_height = head.height;
    archive->with_private = with_private == 1;
    archive->piece = (struct lh_buf)LH_BUF_EMPTY;
    archive->node->archive_count++;
    lh_counter_add(&call->node->metrics.requests, 1);
    lh_config_unref(call->config);
    free(call);
    lh_http_add_header(archive->http, "Cache-Control", "no-store");
    lh_http_stream_begin(archive->http, 200, "application/octet-stream", on_ready, archive);
    work(archive);
}
