/*
 * POST /v1/events and /v1/acts: the way of a request through the threads.
 *
 *   loop --> split (pool) --> prepare in chunks (pool) --> committer --> reply --> loop
 *
 * The events of a request reach the committer together and in their order, or none of them does.
 * How many are on their way at once is bounded before room is made for them.
 * A reply is formatted by the loop when it is small, otherwise, or when receipts must be read from
 * the store, in the pool. One that waits for a level is put aside and formatted anew whenever a
 * level was reached; it holds nothing then that recording needs.
 */

#include "node/api_internal.h"

#include "crypto/base/assert.h"
#include "net/json_more.h"
#include "node/events_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 32,
    SMALL_REPLY = 16,
    RESULT_ROOM = 768, /* of a reply, for a result beside the receipt's bytes */
};

struct post;

struct chunk {
    struct lh_job job;
    struct post *post;
    size_t first;
    size_t count;
};

struct post {
    struct lh_job job;
    struct lh_api_call *call;
    struct lh_node *node;
    enum lh_events_media media;
    bool with_receipts;
    int64_t start_mono_ms;

    struct lh_events_input input;
    size_t admitted_count;    /* counted in node->event_count */
    struct lh_intake *events; /* input.count */
    struct chunk *chunks;
    _Atomic size_t chunks_left;
    size_t unsettled; /* the committer's, once submitted */
    bool needs_store; /* a receipt must be read */
    bool is_settled;  /* every event is */
    bool is_measured; /* its time stands in the metrics */
};

/* ---- reply ------------------------------------------------------------------------------------
 */

static const char *status_name(enum lh_intake_status status)
{
    switch (status) {
    case LH_INTAKE_RECORDED:
        return "recorded";
    case LH_INTAKE_JOURNALED:
        return "journaled";
    case LH_INTAKE_DUPLICATE:
        return "duplicate";
    case LH_INTAKE_REJECTED:
    case LH_INTAKE_PREPARED:
        break;
    }
    return "rejected";
}

/* The receipt of an event of the block just sealed: everything is at hand. */
static enum lh_code format_fresh_receipt(const struct post *post, const struct lh_intake *event,
                                         struct lh_buf *out, struct lh_err *err)
{
    struct lh_receipt receipt = { /* borrows, so it is not cleared */
                                  .network_id = post->node->rules.network_id,
                                  .suite = post->node->rules.suite,
                                  .leaf = event->leaf,
                                  .signer_count = event->signer_count,
                                  .index = event->index,
                                  .proof = event->sealed->proofs[event->proof_at],
                                  .checkpoint = event->sealed->checkpoint,
                                  .header = event->sealed->shown.header,
                                  .header_proof = event->sealed->shown.header_proof,
                                  .before = event->sealed->shown.before
    };

    memcpy(receipt.signers, event->signers, sizeof receipt.signers);
    return lh_receipt_format(out, &receipt, err);
}

/* Of all that was recorded, the lowest level that a receipt shows. */
static void lower_level(struct post *post, enum lh_level level)
{
    struct lh_api_wait *wait = &post->call->wait;

    wait->reached = level < wait->reached ? level : wait->reached;
}

/* spec network.md 8: "A level that was reached is on disk before it is told, and never falls." */
static bool wants_more_than_a_seal(const struct post *post)
{
    return post->call->wait.wanted > LH_LEVEL_SEALED;
}

static enum lh_code read_receipt(struct post *post, const struct lh_intake *event,
                                 struct lh_suite *suite, struct lh_receipt *out, struct lh_err *err)
{
    enum lh_level level = LH_LEVEL_SEALED;
    enum lh_code rc = wants_more_than_a_seal(post)
                          ? lh_levels_receipt(post->node->store, event->ledger, suite, event->index,
                                              out, &level, err)
                          : lh_ledger_receipt(event->ledger, suite, event->index, 0, out, err);

    lower_level(post, level);
    return rc;
}

/* The leaf of an entry of before, and its receipt, the same text as the first time unless more is
 * waited for. */
static enum lh_code read_stored(struct post *post, struct lh_intake *event, struct lh_suite *suite,
                                struct lh_buf *out, struct lh_err *err)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    enum lh_code rc;

    if (!post->with_receipts && !wants_more_than_a_seal(post)) {
        return lh_ledger_leaf(event->ledger, event->index, &event->leaf, err);
    }
    rc = read_receipt(post, event, suite, &receipt, err);
    if (rc == LH_OK && post->with_receipts) {
        rc = lh_receipt_format(out, &receipt, err);
    }
    if (rc == LH_OK) { /* leaf and block of the entry recorded first */
        lh_buf_clear(&event->leaf);
        event->leaf = receipt.leaf;
        receipt.leaf = (struct lh_buf)LH_BUF_EMPTY;
    }
    lh_receipt_clear(&receipt);
    return rc;
}

static uint64_t recorded_at(const struct lh_intake *event)
{
    lhpb_Leaf leaf;

    if (event->status != LH_INTAKE_DUPLICATE) {
        return event->entry.intake.recorded_at_ms;
    }
    return lh_leaf_decode(&leaf, lh_buf_bytes(&event->leaf), NULL) == LH_OK
               ? leaf.kind.entry.intake.recorded_at_ms
               : 0;
}

static uint64_t block_of(const struct lh_intake *event)
{
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };

    if (event->status == LH_INTAKE_RECORDED) {
        return event->sealed->height;
    }
    if (lh_ledger_block_of(event->ledger, event->index, &block, NULL) == LH_OK) {
        lh_buf_clear(&block.checkpoint);
        return block.height;
    }
    return 0;
}

static void add_success(struct post *post, struct lh_json *json, struct lh_intake *event,
                        struct lh_suite *suite)
{
    struct lh_buf receipt = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    char name[LH_ORIGIN_MAX + 1];
    enum lh_code rc =
        event->status == LH_INTAKE_RECORDED && !wants_more_than_a_seal(post)
            ? (post->with_receipts ? format_fresh_receipt(post, event, &receipt, &err) : LH_OK)
            : read_stored(post, event, suite, &receipt, &err);

    if (rc != LH_OK) {
        lh_problem_set(&post->call->problem, LH_PROBLEM_INTERNAL, "receipt: %s", err.text);
    }
    struct lh_hash leaf_hash = lh_hash_leaf(suite, lh_buf_bytes(&event->leaf));
    (void)lh_buf_reserve(json->out, receipt.len + RESULT_ROOM);
    lh_api_entry_text(event->ledger, event->index, name);
    lh_json_add_string(json, "status", status_name(event->status));
    if (event->status == LH_INTAKE_DUPLICATE) {
        lh_json_add_bool(json, "duplicate", true);
    }
    lh_json_add_string(json, "entry", name);
    lh_json_add_hex(json, "leaf_hash", lh_hash_bytes(&leaf_hash));
    lh_json_add_hex(json, "body_hash", lh_hash_bytes(&event->body_hash));
    lh_json_add_time(json, "recorded_at", (int64_t)recorded_at(event));
    lh_json_add_u64(json, "block", block_of(event));
    if (post->with_receipts) {
        lh_json_add_own_text(json, "receipt", lh_buf_bytes(&receipt));
    }
    lh_buf_clear(&receipt);
}

/* ---- what the journal holds ----
 */

/* A duplicate of an entry that waited there, and that a block may have taken meanwhile. */
static enum lh_code read_journaled(struct post *post, struct lh_intake *event, struct lh_err *err)
{
    struct lh_journal_row row = LH_JOURNAL_ROW_EMPTY;
    struct lh_ledger_event found;
    enum lh_code rc = lh_journal_read(post->node->journal, event->journal_sequence, &row, err);

    if (rc == LH_OK) {
        lh_buf_clear(&event->leaf);
        event->leaf = row.leaf;
        row.leaf = (struct lh_buf)LH_BUF_EMPTY;
        event->receipt = row.receipt;
        row.receipt = (struct lh_buf)LH_BUF_EMPTY;
    } else if (rc == LH_ERR_NOT_FOUND) {
        rc = lh_ledger_find_event(post->node->ledger, lh_bytes_of_text(event->body.source),
                                  lh_bytes_of_text(event->body.id), &found, err);
        if (rc == LH_OK) {
            event->journal_sequence = 0;
            event->ledger = found.ledger;
            event->index = found.index;
        }
    }
    lh_journal_row_clear(&row);
    return rc;
}

static void add_journaled(struct post *post, struct lh_json *json, struct lh_intake *event)
{
    lower_level(post, LH_LEVEL_RECORDED);
    lh_json_add_string(json, "status", "journaled");
    if (event->status == LH_INTAKE_DUPLICATE) {
        lh_json_add_bool(json, "duplicate", true);
    }
    lh_json_add_u64(json, "sequence", event->journal_sequence);
    lh_json_add_hex(json, "body_hash", lh_hash_bytes(&event->body_hash));
    lh_json_add_time(json, "recorded_at", (int64_t)recorded_at(event));
    if (post->with_receipts) {
        lh_json_add_own_text(json, "receipt", lh_buf_bytes(&event->receipt));
    }
}

static void add_result(struct post *post, struct lh_json *json, struct lh_intake *event,
                       struct lh_suite *suite)
{
    struct lh_err err = LH_ERR_NONE;

    if (event->status == LH_INTAKE_DUPLICATE && event->journal_sequence != 0 &&
        read_journaled(post, event, &err) != LH_OK) {
        lh_problem_set(&post->call->problem, LH_PROBLEM_INTERNAL, "journal: %s", err.text);
    } else if (event->journal_sequence != 0) {
        add_journaled(post, json, event);
    } else {
        add_success(post, json, event, suite);
    }
}

static void format_reply(struct post *post, struct lh_suite *suite)
{
    struct lh_json json = lh_json_of(&post->call->body);
    size_t rejected = 0;

    lh_api_wait_look(post->call);
    post->call->wait.reached = wants_more_than_a_seal(post) ? LH_LEVEL_FINAL : LH_LEVEL_SEALED;
    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.events/1");
    lh_json_begin_array(&json, "results");
    for (size_t n = 0; n < post->input.count; n++) {
        struct lh_intake *event = &post->events[n];

        lh_json_begin_object(&json, NULL);
        lh_json_add_u64(&json, "n", n);
        if (event->status == LH_INTAKE_REJECTED) {
            rejected++;
            lh_json_add_string(&json, "status", status_name(event->status));
            lh_problem_add(&json, "problem", &event->problem, lh_http_request_id(post->call->http));
        } else {
            add_result(post, &json, event, suite);
        }
        lh_json_end_object(&json);
    }
    lh_json_end_array(&json);
    if (post->call->wait.is_asked && rejected < post->input.count) {
        lh_json_add_string(&json, "level", lh_level_name(post->call->wait.reached));
    }
    lh_json_end_object(&json);
}

/* 202 some are in the journal; 201 all new; 200 all recorded, some before; 207 some rejected; else
 * why the (first) was. */
static unsigned status_of(const struct post *post)
{
    size_t journaled = 0;
    size_t rejected = 0;
    size_t duplicates = 0;
    size_t unavailable = 0;

    for (size_t n = 0; n < post->input.count; n++) {
        const struct lh_intake *event = &post->events[n];

        rejected += event->status == LH_INTAKE_REJECTED ? 1 : 0;
        journaled += event->status != LH_INTAKE_REJECTED && event->journal_sequence != 0 ? 1 : 0;
        duplicates += event->status == LH_INTAKE_DUPLICATE ? 1 : 0;
        unavailable +=
            event->status == LH_INTAKE_REJECTED && lh_problem_status(event->problem.code) >= 500
                ? 1
                : 0;
    }
    if (rejected == 0) {
        return journaled > 0 ? 202 : duplicates > 0 ? 200 : 201;
    }
    if (rejected < post->input.count) {
        return 207;
    }
    if (post->input.count == 1 || unavailable == post->input.count) {
        return lh_problem_status(post->events[0].problem.code);
    }
    return 422;
}

/* ---- the end of a request, on the loop ---------------------------------------------------------
 */

/* How long recording took, without what is waited for afterwards. */
static void measure(struct post *post)
{
    struct lh_node *node = post->node;

    if (!post->is_measured) {
        post->is_measured = true;
        lh_histogram_add(&node->metrics.request_seconds,
                         (double)(lh_node_mono_ms(node) - post->start_mono_ms) / 1000);
    }
}

/* Room for others: what waits for a level is recorded already. */
static void release(struct post *post)
{
    (void)atomic_fetch_sub(&post->node->event_count, post->admitted_count);
    post->admitted_count = 0;
}

static void post_done(struct lh_job *job)
{
    struct post *post = (struct post *)job;
    struct lh_api_call *call = post->call;
    struct lh_node *node = post->node;

    measure(post);
    if (post->is_settled && wants_more_than_a_seal(post) && lh_api_wait_more(call)) {
        release(post);
        return;
    }
    if (call->problem.code == LH_PROBLEM_NONE) {
        if (call->body.len == 0) {
            format_reply(post, node->suite);
        }
        call->status = status_of(post);
        unsigned retry_after_s = post->events[0].status == LH_INTAKE_REJECTED && call->status == 503
                                     ? lh_problem_retry_after_s(post->events[0].problem.code)
                                     : 0;
        if (retry_after_s != 0) {
            char text[16];

            (void)snprintf(text, sizeof text, "%u", retry_after_s);
            lh_http_add_header(call->http, "Retry-After", text);
        }
    }
    for (size_t n = 0; post->events != NULL && n < post->input.count; n++) {
        lh_intake_clear(&post->events[n]);
    }
    release(post);
    free(post->events);
    free(post->chunks);
    lh_events_input_clear(&post->input);
    free(post);
    lh_api_call_finish(call);
}

static void format_run(struct lh_job *job, struct lh_worker *worker)
{
    struct post *post = (struct post *)job;

    format_reply(post, worker->suite);
    lh_mailbox_post(post->node->mailbox, job);
}

static void format_again(void *arg, bool is_over)
{
    struct post *post = arg;

    post->call->wait.is_over = is_over;
    lh_buf_reset(&post->call->body);
    lh_jobs_add(post->node->jobs, &post->job);
}

/* Every event is settled: let the right thread write the reply. */
static void reply(struct post *post)
{
    post->is_settled = true;
    post->call->wait.waiting.resume = format_again;
    post->call->wait.waiting.arg = post;
    post->call->wait.waiting.weight = post->input.count;
    if (post->input.count > SMALL_REPLY || post->needs_store || wants_more_than_a_seal(post)) {
        post->job.run = format_run;
        lh_jobs_add(post->node->jobs, &post->job);
    } else {
        lh_mailbox_post(post->node->mailbox, &post->job);
    }
}

/* ---- committer --------------------------------------------------------------------------------
 */

static void on_settled(struct lh_intake *event)
{
    struct post *post = event->owner;

    post->needs_store = post->needs_store || event->status == LH_INTAKE_DUPLICATE;
    if (--post->unsettled == 0) {
        reply(post);
    }
}

/* The last chunk is prepared: what was not refused goes to the committer, all or nothing. */
static void submit(struct post *post)
{
    struct lh_intake *first = NULL;
    struct lh_intake *last = NULL;
    size_t count = 0;

    for (size_t n = 0; n < post->input.count; n++) {
        struct lh_intake *event = &post->events[n];

        if (event->status == LH_INTAKE_REJECTED) {
            lh_counter_add(&post->node->metrics.rejected, 1);
            continue;
        }
        if (last != NULL) {
            last->next = event;
        } else {
            first = event;
        }
        last = event;
        count++;
    }
    if (count == 0) {
        reply(post);
        return;
    }
    post->unsettled = count;
    if (!lh_sealer_submit(post->node->sealer, first, last, count)) {
        lh_problem_set(&post->call->problem, LH_PROBLEM_QUEUE_FULL, "%zu events did not fit",
                       count);
        lh_mailbox_post(post->node->mailbox, &post->job);
    }
}

/* ---- preparing, in the pool -------------------------------------------------------------------
 */

static void prepare_some(struct post *post, struct lh_worker *worker, size_t first, size_t count)
{
    for (size_t n = first; n < first + count; n++) {
        struct lh_intake *event = &post->events[n];

        event->on_settled = on_settled;
        event->owner = post;
        if (post->input.array != NULL) {
            lh_intake_prepare_json(event, &post->node->rules, post->call->client, worker,
                                   post->input.form, json_array_get(post->input.array, n));
        } else {
            lh_intake_prepare(event, &post->node->rules, post->call->client, worker,
                              post->input.form, post->input.slices[n]);
        }
    }
    if (atomic_fetch_sub(&post->chunks_left, 1) == 1) {
        submit(post);
    }
}

static void chunk_run(struct lh_job *job, struct lh_worker *worker)
{
    struct chunk *chunk = (struct chunk *)job;

    prepare_some(chunk->post, worker, chunk->first, chunk->count);
}

/* A parsed array is one thread's: jansson counts references without locks. */
static size_t chunk_len(const struct post *post)
{
    return post->input.array != NULL ? post->input.count : CHUNK;
}

/* Room for the events of this request, or the client comes again later. */
static bool admit(struct post *post)
{
    size_t count = post->input.count;
    size_t before = atomic_fetch_add(&post->node->event_count, count);

    post->admitted_count = count;
    if (before + count <= (size_t)post->call->config->queue_count_max) {
        return true;
    }
    lh_problem_set(&post->call->problem, LH_PROBLEM_QUEUE_FULL,
                   "%zu events are on their way, %zu more do not fit", before, count);
    return false;
}

static bool split(struct post *post)
{
    size_t count_max = (size_t)post->call->config->event_count_max;

    if (!lh_events_split(&post->input, post->media, lh_http_body(post->call->http), count_max,
                         &post->call->problem)) {
        return false;
    }
    if (!admit(post)) {
        return false;
    }
    size_t len = chunk_len(post);
    post->events = calloc(post->input.count, sizeof *post->events);
    post->chunks = calloc((post->input.count + len - 1) / len, sizeof *post->chunks);
    if (post->events == NULL || post->chunks == NULL) {
        lh_problem_set(&post->call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        return false;
    }
    return true;
}

static void split_run(struct lh_job *job, struct lh_worker *worker)
{
    struct post *post = (struct post *)job;
    struct lh_jobs *jobs = post->node->jobs;
    size_t len;
    size_t chunk_count;
    size_t total;

    if (!split(post)) {
        lh_mailbox_post(post->node->mailbox, job);
        return;
    }
    len = chunk_len(post);
    total = post->input.count;
    chunk_count = (total + len - 1) / len;
    atomic_store(&post->chunks_left, chunk_count);
    for (size_t i = 1; i < chunk_count; i++) {
        struct chunk *chunk = &post->chunks[i];

        chunk->job.run = chunk_run;
        chunk->post = post;
        chunk->first = i * len;
        chunk->count = total - chunk->first < len ? total - chunk->first : len;
        lh_jobs_add(jobs, &chunk->job);
    }
    prepare_some(post, worker, 0, total < len ? total : len);
}

/* ---- the beginning, on the loop ---------------------------------------------------------------
 */

/* What the state of the node forbids before anything is looked at. */
static bool check_open(struct lh_api_call *call, enum lh_events_media media)
{
    struct lh_node *node = call->node;
    enum lh_ledger_state state = lh_sealer_state(node->sealer);

    if (node->is_stopping) {
        lh_problem_set(&call->problem, LH_PROBLEM_STOPPING, "%s", "");
    } else if (state == LH_LEDGER_NEW && media != LH_EVENTS_ACT) {
        lh_problem_set(&call->problem, LH_PROBLEM_STATE_NEW, "%s", "");
    }
    return call->problem.code == LH_PROBLEM_NONE;
}

static bool read_parameters(struct lh_api_call *call, bool *out_with_receipts)
{
    static const char *const names[] = { "receipt", "wait", "wait_ms", NULL };
    const char *receipt = lh_http_query(call->http, "receipt");

    if (!lh_api_check_query(call, names) || !lh_api_query_wait(call)) {
        return false;
    }
    if (receipt != NULL && strcmp(receipt, "full") != 0 && strcmp(receipt, "none") != 0) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "receipt is full or none");
        return false;
    }
    *out_with_receipts = receipt == NULL || strcmp(receipt, "full") == 0;
    return true;
}

static void start_post(struct lh_api_call *call, enum lh_events_media media)
{
    bool with_receipts = true;
    struct post *post = NULL;

    if (!check_open(call, media) || !read_parameters(call, &with_receipts)) {
        lh_api_call_finish(call);
        return;
    }
    post = calloc(1, sizeof *post);
    if (post == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        lh_api_call_finish(call);
        return;
    }
    post->job.run = split_run;
    post->job.done = post_done;
    post->call = call;
    post->node = call->node;
    post->media = media;
    post->with_receipts = with_receipts;
    post->start_mono_ms = lh_node_mono_ms(call->node);
    lh_jobs_add(call->node->jobs, &post->job);
}

void lh_api_post_events(struct lh_api_call *call)
{
    const char *type = lh_http_header(call->http, "Content-Type");
    enum lh_events_media media;

    if (!lh_events_media_parse(&media, type) || media == LH_EVENTS_ACT) {
        lh_problem_set(&call->problem, LH_PROBLEM_MEDIA_TYPE, "%s",
                       type == NULL ? "no Content-Type" : "not a type that carries events");
        lh_api_call_finish(call);
        return;
    }
    start_post(call, media);
}

void lh_api_post_acts(struct lh_api_call *call)
{
    const char *type = lh_http_header(call->http, "Content-Type");
    enum lh_events_media media;

    if (!lh_events_media_parse(&media, type) || media != LH_EVENTS_ACT) {
        lh_problem_set(&call->problem, LH_PROBLEM_MEDIA_TYPE, "wants application/vnd.liuhen.act");
        lh_api_call_finish(call);
        return;
    }
    start_post(call, media);
}
