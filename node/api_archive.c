/*
 * GET /v1/archive: the generations of the ledger, oldest first, as an .lhar stream, block by block
 * up to the head of the moment it began; then those of other departments that are held here, where
 * they are asked for. A pool thread makes a piece while nothing else of it is
 * under way; the next one is made when the client has taken the last. With private parts it leaves
 * an ACCESS before its first byte, and where one is gone it goes on to the ERASE that took it.
 */

#include "ledger/archive.h"
#include "ledger/cosigned.h"
#include "node/access.h"
#include "node/copied.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 256 * 1024 };

struct archive {
    struct lh_job job;
    struct lh_node *node;
    struct lh_http_request *http;
    struct lh_ledger *ledger; /* the generation of the moment */
    uint64_t next_height;
    uint64_t last_height;             /* of the newest generation, */
    uint64_t last_size;               /* and its size there */
    struct lh_cosigned_newest newest; /* of the generation of the moment */
    bool has_own;                     /* our own ledger is asked for, and not at its end yet */
    struct lh_copied copied;
    size_t copied_at;
    uint64_t copied_height; /* of the block that is next; 0: the ledger is not begun */
    uint64_t frame_count;
    bool with_private;
    bool has_gone; /* a private part, whose ERASE may be behind `last_height` */
    bool has_begun;
    bool is_done;   /* the end frame is in `piece` */
    bool is_closed; /* the client left */
    bool is_working;
    bool has_failed;
    struct lh_errand errand; /* runs when what the committer had begun is released */
    struct lh_buf piece;
    struct lh_access access; /* with private parts: before the first piece */
};

static void add_frame(struct archive *archive, enum lh_archive_kind kind, struct lh_bytes content)
{
    lh_archive_add(&archive->piece, kind, content);
    archive->frame_count++;
}

/* Whoever replays the archive looks for the ERASE that covers it. */
static enum lh_code note_gone(struct archive *archive, uint64_t index, struct lh_buf *scratch,
                              struct lh_err *err)
{
    lhpb_Leaf leaf;
    enum lh_code rc;

    lh_buf_reset(scratch);
    rc = lh_ledger_leaf(archive->ledger, index, scratch, err);
    if (rc == LH_OK) {
        rc = lh_leaf_decode(&leaf, lh_buf_bytes(scratch), err);
    }
    archive->has_gone |= rc == LH_OK && leaf.kind.entry.intake.has_index_digest;
    return rc;
}

static enum lh_code add_private(struct archive *archive, uint64_t index, struct lh_buf *scratch,
                                struct lh_err *err)
{
    struct lh_buf content = LH_BUF_EMPTY;
    enum lh_code rc = lh_ledger_private(archive->ledger, index, scratch, err);

    if (rc == LH_ERR_NOT_FOUND) {
        return note_gone(archive, index, scratch, err);
    }
    if (rc == LH_OK) {
        lh_buf_add_u64(&content, index);
        lh_buf_add(&content, lh_buf_bytes(scratch));
        add_frame(archive, LH_ARCHIVE_PRIVATE, lh_buf_bytes(&content));
    }
    lh_buf_clear(&content);
    return rc;
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
        rc = lh_cosigned_show(archive->node->store, lh_ledger_origin(ledger), &archive->newest,
                              block.first + block.entry_count + 1, &block.checkpoint, err);
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

/* The head that the generation of the moment is read up to. */
static void end_of(const struct archive *archive, struct lh_ledger_head *out)
{
    lh_ledger_head(archive->ledger, out);
    if (archive->ledger == archive->node->ledger) {
        out->height = archive->last_height;
        out->size = archive->last_size;
    }
}

static uint64_t end_height(const struct archive *archive)
{
    struct lh_ledger_head head;

    end_of(archive, &head);
    return head.height;
}

static enum lh_code add_ledger(struct archive *archive, struct lh_err *err)
{
    const char *origin = lh_ledger_origin(archive->ledger);
    struct lh_ledger_head head;

    end_of(archive, &head);
    add_frame(archive, LH_ARCHIVE_LEDGER, lh_bytes_of_text(origin));
    if (archive->with_private && !lh_ledger_lacks_private(archive->ledger)) {
        add_frame(archive, LH_ARCHIVE_KEPT, LH_BYTES_EMPTY);
    }
    return lh_cosigned_newest(archive->node->store, origin, head.size, &archive->newest, err);
}

/* spec ledger.md 10: "The epochs that headers name may be carried" */
static void add_epochs(struct archive *archive)
{
    const struct lh_epochs *epochs = lh_ledger_epochs(archive->node->ledger);

    for (size_t number = 1; number < lh_epochs_count(epochs); number++) {
        add_frame(archive, LH_ARCHIVE_EPOCH, lh_epochs_proposal(epochs, number));
    }
}

static enum lh_code begin(struct archive *archive, struct lh_err *err)
{
    lh_archive_begin(&archive->piece);
    add_frame(archive, LH_ARCHIVE_GENESIS, lh_genesis_bytes(archive->node->genesis));
    add_epochs(archive);
    archive->has_begun = true;
    return archive->has_own ? add_ledger(archive, err) : LH_OK;
}

/* The generation that continues the one of the moment. */
static enum lh_code go_on(struct archive *archive, struct lh_err *err)
{
    struct lh_ledger *next = archive->node->ledger;

    while (lh_ledger_prev(next) != archive->ledger) {
        next = lh_ledger_prev(next);
    }
    archive->ledger = next;
    archive->next_height = 1;
    return add_ledger(archive, err);
}

static void end(struct archive *archive)
{
    uint8_t count[8];

    lh_put_u64(count, archive->frame_count);
    lh_archive_add(&archive->piece, LH_ARCHIVE_END, lh_bytes_of(count, sizeof count));
    archive->is_done = true;
}

/* ---- ledgers of others ---- */

static enum lh_code add_copied_block(struct archive *archive, const struct lh_copy_view *view,
                                     struct lh_err *err)
{
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_buf leaf = LH_BUF_EMPTY;
    enum lh_code rc = lh_copy_view_block_at(view, archive->copied_height, &block, err);

    for (uint64_t i = 0; rc == LH_OK && i <= block.entry_count; i++) {
        lh_buf_reset(&leaf);
        rc = lh_copy_view_leaf(view, block.first + i, &leaf, err);
        if (rc == LH_OK) {
            add_frame(archive, LH_ARCHIVE_LEAF, lh_buf_bytes(&leaf));
        }
    }
    if (rc == LH_OK) {
        add_frame(archive, LH_ARCHIVE_CHECKPOINT, lh_buf_bytes(&block.checkpoint));
    }
    lh_buf_clear(&block.checkpoint);
    lh_buf_clear(&leaf);
    return rc;
}

/* A ledger's frame, a block, or the step to the next ledger. */
static enum lh_code add_copied(struct archive *archive, struct lh_err *err)
{
    const struct lh_copy_view *view = &archive->copied.views[archive->copied_at];
    enum lh_code rc = LH_OK;

    if (archive->copied_height == 0) {
        add_frame(archive, LH_ARCHIVE_LEDGER, lh_bytes_of_text(view->origin));
        archive->copied_height = 1;
    } else if (archive->copied_height <= view->height) {
        rc = add_copied_block(archive, view, err);
        archive->copied_height++;
    } else {
        archive->copied_at++;
        archive->copied_height = 0;
    }
    return rc;
}

static enum lh_code add_own(struct archive *archive, struct lh_err *err)
{
    if (archive->next_height <= end_height(archive)) {
        return add_block(archive, archive->next_height++, err);
    }
    if (archive->ledger != archive->node->ledger) {
        return go_on(archive, err);
    }
    archive->has_own = false;
    return LH_OK;
}

/* ---- behind the head of the moment ---- */

static bool is_to_be_written_on(const struct archive *archive)
{
    return archive->has_own && archive->has_gone && archive->ledger == archive->node->ledger &&
           archive->next_height > archive->last_height;
}

static enum lh_code on_released(struct lh_errand *errand, struct lh_err *err)
{
    struct archive *archive = (struct archive *)((char *)errand - offsetof(struct archive, errand));
    struct lh_ledger_head head;

    (void)err;
    lh_ledger_head(archive->node->ledger, &head);
    archive->last_height = head.height;
    archive->last_size = head.size;
    lh_jobs_add(archive->node->jobs, &archive->job);
    return LH_OK;
}

/* The part goes in the batch of that block, before it is released. */
/* spec ledger.md 10: "Whoever writes it writes on, where a private part is absent, up to the block
 * with the ERASE." */
static void write_on(struct archive *archive)
{
    archive->has_gone = false;
    archive->errand.run = on_released;
    lh_sealer_send(archive->node->sealer, &archive->errand);
}

/* ---- the stream ---- */

static void archive_run(struct lh_job *job, struct lh_worker *worker)
{
    struct archive *archive = (struct archive *)job;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = LH_OK;

    (void)worker;
    if (!archive->has_begun) {
        rc = begin(archive, &err);
    }
    while (rc == LH_OK && archive->piece.len < PIECE && !archive->is_done) {
        if (is_to_be_written_on(archive)) {
            write_on(archive);
            return;
        }
        if (archive->has_own) {
            rc = add_own(archive, &err);
        } else if (archive->copied_at < archive->copied.count) {
            rc = add_copied(archive, &err);
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

static void archive_free(struct archive *archive)
{
    archive->node->archive_count--;
    lh_buf_clear(&archive->piece);
    lh_copied_clear(&archive->copied);
    lh_access_clear(&archive->access);
    free(archive);
}

static void finish(struct archive *archive)
{
    lh_http_stream_end(archive->http, archive->is_done && !archive->has_failed);
    archive_free(archive);
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

/* The head of this moment is where it ends. */
static void start(struct archive *archive, LH_TAKES struct lh_api_call *call)
{
    struct lh_ledger_head head;

    lh_ledger_head(archive->node->ledger, &head);
    archive->last_height = head.height;
    archive->last_size = head.size;
    archive->job.run = archive_run;
    archive->job.done = archive_done;
    lh_counter_add(&archive->node->metrics.requests, 1);
    lh_config_unref(call->config);
    free(call);
    lh_http_add_header(archive->http, "Cache-Control", "no-store");
    lh_http_stream_begin(archive->http, 200, "application/octet-stream", on_ready, archive);
    work(archive);
}

/* ---- what an archive with private parts leaves on record --------------------------------------
 */

/* When the first entry that the archive may hold was recorded. */
static enum lh_code first_recorded(const struct archive *archive, int64_t *out_unix_ms,
                                   struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_ledger_head head;
    lhpb_Leaf leaf;
    enum lh_code rc = LH_ERR_NOT_FOUND;

    lh_ledger_head(archive->ledger, &head);
    if (head.size > 0) {
        rc = lh_ledger_leaf(archive->ledger, 0, &bytes, err);
    }
    if (rc == LH_OK) {
        rc = lh_leaf_decode(&leaf, lh_buf_bytes(&bytes), err);
    }
    if (rc == LH_OK) {
        *out_unix_ms = (int64_t)leaf.kind.entry.intake.recorded_at_ms;
    }
    lh_buf_clear(&bytes);
    return rc;
}

static bool decide(struct archive *archive)
{
    struct lh_api_call *call = archive->access.call;
    struct lh_err err = LH_ERR_NONE;
    int64_t first_unix_ms = 0;
    bool is_named = false;
    lhpb_Body warrant;
    enum lh_code rc;

    if (!lh_access_find_warrant(&archive->access, &warrant, &is_named)) {
        return false;
    }
    rc = first_recorded(archive, &first_unix_ms, &err);
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "the first entry", &err);
        return false;
    }
    return lh_reading_decide_archive(&archive->access.reading, call->client,
                                     is_named ? &warrant.detail.warrant : NULL, first_unix_ms,
                                     lh_node_wall_ms(call->node), &call->problem);
}

static void ask_run(struct lh_job *job, struct lh_worker *worker)
{
    struct archive *archive = (struct archive *)job;
    struct lh_buf text = LH_BUF_EMPTY;
    bool is_handed_in = false;

    archive->access.stage = LH_ACCESS_REFUSED;
    if (decide(archive)) {
        lh_reading_add_archive(&text, archive->next_height);
        archive->access.stage = LH_ACCESS_ASKED;
        is_handed_in = lh_access_begin(&archive->access, worker, lh_buf_bytes(&text));
    }
    lh_buf_clear(&text);
    if (!is_handed_in) {
        lh_mailbox_post(archive->node->mailbox, job);
    }
}

static void ask_done(struct lh_job *job)
{
    struct archive *archive = (struct archive *)job;
    struct lh_api_call *call = archive->access.call;

    lh_access_settle(&archive->access);
    if (archive->access.stage == LH_ACCESS_ALLOWED) {
        start(archive, call);
        return;
    }
    archive_free(archive);
    lh_api_call_finish(call);
}

/* ---- the beginning, on the loop ---------------------------------------------------------------
 */

static bool read_parameters(struct lh_api_call *call, uint64_t *out_from, uint64_t *out_private)
{
    static const char *const names[] = { "from_height", "private", "warrant", "access",
                                         "for",         "ledger",  NULL };

    if (!lh_api_check_query(call, names) || !lh_api_query_u64(call, "from_height", out_from) ||
        !lh_api_query_u64(call, "private", out_private)) {
        return false;
    }
    if (*out_private > 1) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "private is 0 or 1");
    } else if (call->node->archive_count >= LH_ARCHIVES_MAX) {
        lh_problem_set(&call->problem, LH_PROBLEM_QUEUE_FULL, "%d archives are under way",
                       LH_ARCHIVES_MAX);
    } else if (call->node->is_stopping) {
        lh_problem_set(&call->problem, LH_PROBLEM_STOPPING, "%s", "");
    }
    return call->problem.code == LH_PROBLEM_NONE;
}

/* Whose ledgers: our own, those of one department, or all. What is private is our own. */
static bool choose_ledgers(struct archive *archive, struct lh_api_call *call)
{
    const char *ledger = lh_http_query(call->http, "ledger");
    bool is_all = ledger != NULL && strcmp(ledger, "all") == 0;
    struct lh_err err = LH_ERR_NONE;

    archive->has_own =
        ledger == NULL || is_all || strcmp(ledger, call->node->rules.department) == 0;
    if (ledger != NULL && (archive->with_private || archive->next_height > 1)) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED,
                       "ledger goes neither with private nor with from_height");
    } else if ((!archive->has_own || is_all) &&
               lh_copied_list(&archive->copied, call->node->peers, is_all ? NULL : ledger, &err) !=
                   LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "%s", err.text);
    } else if (!archive->has_own && archive->copied.count == 0) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND,
                       "no ledger of that department is held");
    }
    return call->problem.code == LH_PROBLEM_NONE;
}

void lh_api_get_archive(struct lh_api_call *call)
{
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
    archive->ledger = call->node->ledger;
    while (from <= 1 && lh_ledger_prev(archive->ledger) != NULL) {
        archive->ledger = lh_ledger_prev(archive->ledger); /* from the first generation on */
    }
    archive->node = call->node;
    archive->http = call->http;
    archive->next_height = from > 0 ? from : 1;
    archive->with_private = with_private == 1;
    archive->piece = (struct lh_buf)LH_BUF_EMPTY;
    archive->node->archive_count++;
    if (!choose_ledgers(archive, call)) {
        archive_free(archive);
        lh_api_call_finish(call);
        return;
    }
    if (!archive->with_private) {
        start(archive, call);
        return;
    }
    archive->job.run = ask_run;
    archive->job.done = ask_done;
    archive->access.job = &archive->job;
    archive->access.call = call;
    lh_jobs_add(call->node->jobs, &archive->job);
}
