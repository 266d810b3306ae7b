#include "node/api.h"

#include "crypto/aloud.h"
#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "net/json_more.h"
#include "node/api_internal.h"
#include "node/cosigner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_UNSAFE_RESTORE = 6 }; /* of GENERATION */

/* ---- calls ------------------------------------------------------------------------------------
 */

enum { PEER_TEXT_SIZE = LH_TLS_PIN_TEXT_SIZE + 8 };

/* For the log: "uid=1000" or "pin=sha256//...". */
static const char *peer_text(char out[PEER_TEXT_SIZE], const struct lh_http_peer *peer)
{
    char pin[LH_TLS_PIN_TEXT_SIZE];

    if (peer->is_pinned) {
        lh_tls_pin_format(pin, &peer->pin);
        (void)snprintf(out, PEER_TEXT_SIZE, "pin=%s", pin);
    } else {
        (void)snprintf(out, PEER_TEXT_SIZE, "uid=%d", (int)peer->uid);
    }
    return out;
}

void lh_api_call_finish(struct lh_api_call *call)
{
    struct lh_node *node = call->node;
    char peer[PEER_TEXT_SIZE];

    lh_counter_add(&node->metrics.requests, 1);
    if (call->problem.code == LH_PROBLEM_NONE && lh_buf_check(&call->body, NULL) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
    }
    lh_http_add_header(call->http, "Cache-Control",
                       call->problem.code == LH_PROBLEM_NONE ? call->cache : "no-store");
    if (call->problem.code == LH_PROBLEM_NONE && call->level != NULL) {
        lh_http_add_header(call->http, "Liuhen-Level", call->level);
    }
    if (call->problem.code != LH_PROBLEM_NONE) {
        lh_counter_add(&node->metrics.requests_refused, 1);
        lh_log_write(node->log,
                     call->problem.code == LH_PROBLEM_INTERNAL ? LH_LOG_ERROR : LH_LOG_DEBUG,
                     "request.refused", "id=%s %s code=%s detail=\"%s\"",
                     lh_http_request_id(call->http), peer_text(peer, lh_http_peer(call->http)),
                     lh_problem_name(call->problem.code), call->problem.detail);
        lh_http_reply_problem(call->http, &call->problem);
    } else {
        lh_http_reply(call->http, call->status, call->content_type, &call->body);
    }
    lh_buf_clear(&call->body);
    lh_config_unref(call->config);
    free(call);
}

void lh_api_call_fail(struct lh_api_call *call, enum lh_code rc, const char *what,
                      const struct lh_err *err)
{
    if (rc == LH_ERR_NOT_FOUND) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND, "%s is not here", what);
    } else if (rc == LH_ERR_INVALID) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "%s: %s", what, err->text);
    } else {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "%s: %s", what, err->text);
    }
}

static void answer_run(struct lh_job *job, struct lh_worker *worker)
{
    struct lh_api_call *call = (struct lh_api_call *)job;

    call->answer(call, worker);
    lh_mailbox_post(call->node->mailbox, job);
}

static void answer_again(void *arg, bool is_over)
{
    struct lh_api_call *call = arg;

    call->wait.is_over = is_over;
    lh_buf_reset(&call->body);
    lh_jobs_add(call->node->jobs, &call->job);
}

static void answer_done(struct lh_job *job)
{
    struct lh_api_call *call = (struct lh_api_call *)job;

    if (!lh_api_wait_more(call)) {
        lh_api_call_finish(call);
    }
}

/* ---- helpers ----------------------------------------------------------------------------------
 */

/* What a client sent is never repeated: somebody may have put a personal number into it. */
static void refuse_parameter(struct lh_api_call *call, const char *const *names)
{
    struct lh_buf known = LH_BUF_EMPTY;

    for (size_t i = 0; names[i] != NULL; i++) {
        lh_buf_add_format(&known, "%s%s", i > 0 ? ", " : ": there are ", names[i]);
    }
    lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "unknown parameter%s",
                   lh_buf_text(&known));
    lh_buf_clear(&known);
}

bool lh_api_check_query(struct lh_api_call *call, const char *const *names)
{
    const char *name;
    const char *value;

    for (size_t n = 0; lh_http_query_at(call->http, n, &name, &value); n++) {
        size_t i = 0;

        while (names[i] != NULL && strcmp(names[i], name) != 0) {
            i++;
        }
        if (names[i] == NULL) {
            refuse_parameter(call, names);
            return false;
        }
    }
    return true;
}

bool lh_api_query_u64(struct lh_api_call *call, const char *name, uint64_t *out)
{
    const char *text = lh_http_query(call->http, name);

    if (text == NULL) {
        return true;
    }
    if (lh_decimal_parse(out, lh_bytes_of_text(text), NULL) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "%s wants a whole number", name);
        return false;
    }
    return true;
}

void lh_api_entry_text(const struct lh_ledger *ledger, uint64_t index, char out[LH_ORIGIN_MAX + 1])
{
    struct lh_entry_name name = { .index = index };
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(lh_ledger_origin(ledger)), NULL);

    lh_assert(rc == LH_OK);
    memcpy(name.department, origin.department, sizeof name.department);
    name.generation = origin.generation;
    lh_entry_name_format(out, &name);
}

bool lh_api_generation(struct lh_api_call *call, const char *text)
{
    uint64_t generation = 0;
    struct lh_ledger *ledger = call->node->ledger;

    if (text == NULL) {
        return true;
    }
    if (lh_decimal_parse(&generation, lh_bytes_of_text(text), NULL) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "generation wants a whole number");
        return false;
    }
    ledger = generation <= UINT32_MAX ? lh_ledger_find(ledger, (uint32_t)generation) : NULL;
    if (ledger == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND, "no such generation; the newest is %u",
                       (unsigned)lh_ledger_generation(call->node->ledger));
        return false;
    }
    call->ledger = ledger;
    return true;
}

bool lh_api_entry_name(struct lh_api_call *call, const char *text, uint64_t *out_index)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_entry_name name;
    struct lh_ledger *ledger;
    struct lh_ledger_head head = { .size = 0 };

    if (lh_entry_name_parse(&name, lh_bytes_of_text(text), &err) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "entry name: %s", err.text);
        return false;
    }
    ledger = lh_ledger_find(call->node->ledger, name.generation);
    if (ledger != NULL) {
        lh_ledger_head(ledger, &head);
    }
    if (strcmp(name.department, call->node->rules.department) != 0 || name.index >= head.size) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND, "no such entry; the ledger has %llu",
                       (unsigned long long)head.size);
        return false;
    }
    call->ledger = ledger;
    *out_index = name.index;
    return true;
}

bool lh_api_head(struct lh_api_call *call, uint64_t *out_size, struct lh_buf *out_checkpoint)
{
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_head head;
    enum lh_code rc;

    lh_ledger_head(call->ledger, &head);
    if (head.height == 0) {
        lh_problem_set(&call->problem, LH_PROBLEM_STATE_NEW, "there is no block yet");
        return false;
    }
    rc = lh_ledger_block_at(call->ledger, head.height, &block, &err);
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "the newest block", &err);
        return false;
    }
    rc = lh_api_add_cosignatures(call, head.size, &block.checkpoint, &err);
    if (rc != LH_OK) {
        lh_buf_clear(&block.checkpoint);
        lh_api_call_fail(call, rc, "the newest block", &err);
        return false;
    }
    *out_size = head.size;
    lh_buf_clear(out_checkpoint);
    *out_checkpoint = block.checkpoint;
    return true;
}

/* ---- answered by the loop itself --------------------------------------------------------------
 */

static void get_health(struct lh_api_call *call)
{
    call->content_type = "text/plain; charset=utf-8";
    lh_buf_add_text(&call->body, "ok\n");
    lh_api_call_finish(call);
}

static void get_ready(struct lh_api_call *call)
{
    struct lh_node *node = call->node;
    enum lh_ledger_state state = lh_sealer_state(node->sealer);

    if (node->is_stopping) {
        lh_problem_set(&call->problem, LH_PROBLEM_STOPPING, "%s", "");
    } else if (state == LH_LEDGER_NEW) {
        lh_problem_set(&call->problem, LH_PROBLEM_STATE_NEW, "%s", "");
    } else if (state == LH_LEDGER_SUSPECT) {
        lh_problem_set(&call->problem, LH_PROBLEM_STATE_SUSPECT, "%s", node->why);
    } else if (lh_sealer_is_clock_stepped(node->sealer)) {
        lh_problem_set(&call->problem, LH_PROBLEM_CLOCK_STEPPED, "%s", "");
    }
    call->content_type = "text/plain; charset=utf-8";
    lh_buf_add_text(&call->body, "ready\n");
    lh_api_call_finish(call);
}

static void get_metrics(struct lh_api_call *call)
{
    struct lh_gauges gauges;

    lh_node_gauges(call->node, &gauges);
    call->content_type = "text/plain; version=0.0.4; charset=utf-8";
    lh_metrics_format(&call->body, &call->node->metrics, &gauges);
    lh_peers_add_metrics(call->node->peers, &call->body);
    lh_api_call_finish(call);
}

static uint64_t counter(_Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static void add_tls(struct lh_json *json, const struct lh_node *node)
{
    char pin[LH_TLS_PIN_TEXT_SIZE];

    if (node->door == NULL) {
        return;
    }
    lh_tls_pin_format(pin, lh_tls_pin(lh_tls_door_tls(node->door)));
    lh_json_begin_object(json, "tls");
    lh_json_add_string(json, "address", lh_tls_door_address(node->door));
    lh_json_add_string(json, "pin", pin);
    lh_json_add_time(json, "certificate_until", lh_node_tls_ends_unix_ms(node));
    lh_json_end_object(json);
}

static void add_witness(struct lh_json *json, const struct lh_node *node)
{
    struct lh_buf vkey = LH_BUF_EMPTY;

    if (node->cosigner == NULL) {
        return;
    }
    lh_note_key_format(&vkey, lh_cosigner_key(node->cosigner));
    lh_json_begin_object(json, "witness");
    lh_json_add_text(json, "vkey", lh_buf_bytes(&vkey));
    lh_json_add_u64(json, "logs", lh_cosigner_log_count(node->cosigner));
    lh_json_end_object(json);
    lh_buf_clear(&vkey);
}

static void add_epoch(struct lh_json *json, const struct lh_ledger_head *head)
{
    char aloud[LH_ALOUD_SIZE];

    lh_aloud_format(aloud, &head->epoch_hash);
    lh_json_begin_object(json, "epoch");
    lh_json_add_u64(json, "number", head->epoch);
    lh_json_add_hex(json, "hash", lh_hash_bytes(&head->epoch_hash));
    lh_json_add_string(json, "read_aloud", aloud);
    lh_json_end_object(json);
}

/* No parameters here; a problem is sent when there are. */
static bool check_no_query(struct lh_api_call *call)
{
    static const char *const names[] = { NULL };

    if (lh_api_check_query(call, names)) {
        return true;
    }
    lh_api_call_finish(call);
    return false;
}

/* What the act that ends state SUSPECT has to say. */
static void add_recovery(struct lh_json *json, const struct lh_node *node)
{
    struct lh_ledger_facts facts;

    lh_ledger_facts(node->ledger, node->suite, &facts);
    lh_json_begin_object(json, "recovery");
    lh_json_add_u64(json, "next_generation", facts.next);
    lh_json_add_string(json, "prev_origin", facts.prev_origin);
    lh_json_add_u64(json, "prev_size", facts.prev_size);
    if (facts.prev_size > 0) {
        lh_json_add_hex(json, "prev_root", lh_hash_bytes(&facts.prev_root));
        lh_json_add_hex(json, "prev_header", lh_hash_bytes(&facts.prev_header));
    }
    if (facts.has_guard) {
        lh_json_begin_object(json, "guard");
        lh_json_add_string(json, "origin", facts.guard.origin);
        lh_json_add_u64(json, "size", facts.guard.size);
        lh_json_add_hex(json, "root", lh_hash_bytes(&facts.guard.root));
        lh_json_end_object(json);
    }
    lh_json_add_u64(json, "lost_from", facts.lost_from);
    lh_json_add_u64(json, "lost_until", facts.lost_until);
    lh_json_end_object(json);
}

static void get_status(struct lh_api_call *call)
{
    struct lh_node *node = call->node;
    struct lh_json json = lh_json_of(&call->body);
    struct lh_ledger_head head;
    struct lh_gauges gauges;

    if (!check_no_query(call)) {
        return;
    }
    lh_node_gauges(node, &gauges);
    lh_ledger_head(node->ledger, &head);
    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.status/1");
    lh_json_add_string(&json, "version", LH_VERSION);
    lh_json_add_string(&json, "network", lh_genesis_network(node->genesis));
    lh_json_add_string(&json, "department", node->rules.department);
    lh_json_add_string(&json, "origin", gauges.origin);
    lh_json_add_hex(&json, "network_id", lh_hash_bytes(&node->rules.network_id));
    lh_json_add_string(&json, "suite", lh_suite_name(node->rules.suite));
    lh_json_add_string(&json, "state", gauges.state);
    lh_json_add_string(&json, "why", node->why);
    lh_json_add_u64(&json, "size", head.size);
    lh_json_add_u64(&json, "height", head.height);
    if (head.height > 0) {
        lh_json_add_hex(&json, "root", lh_hash_bytes(&head.root));
        lh_json_add_time(&json, "head_time", head.time_unix_ms);
        add_epoch(&json, &head);
    }
    lh_json_add_u64(&json, "generation", lh_ledger_generation(node->ledger));
    if (lh_ledger_reason(node->ledger) == REASON_UNSAFE_RESTORE) {
        lh_json_add_string(&json, "label", "UNSAFE_RESTORE");
    }
    lh_json_add_u64(&json, "journal", gauges.journal_depth);
    if (lh_ledger_state(node->ledger) == LH_LEDGER_SUSPECT) {
        add_recovery(&json, node);
    }
    lh_json_add_bool(&json, "waiting", lh_node_is_waiting(node));
    lh_json_add_bool(&json, "clock_stepped", gauges.is_clock_stepped);
    lh_json_add_bool(&json, "stopping", node->is_stopping);
    lh_json_add_u64(&json, "uptime_ms", gauges.uptime_ms);
    lh_json_add_u64(&json, "recorded", counter(&node->metrics.recorded));
    lh_json_add_u64(&json, "journaled", counter(&node->metrics.journaled));
    lh_json_add_u64(&json, "duplicates", counter(&node->metrics.duplicates));
    lh_json_add_u64(&json, "rejected", counter(&node->metrics.rejected));
    lh_json_add_u64(&json, "queue", gauges.queue_depth);
    lh_json_add_u64(&json, "connections", gauges.connections);
    lh_json_add_u64(&json, "clients", node->config->client_count);
    lh_json_begin_object(&json, "disk");
    lh_json_add_u64(&json, "free", gauges.disk_free);
    lh_json_add_u64(&json, "total", gauges.disk_total);
    lh_json_end_object(&json);
    add_tls(&json, node);
    lh_peers_add_json(node->peers, &json);
    add_witness(&json, node);
    lh_json_end_object(&json);
    lh_api_call_finish(call);
}

static void get_genesis(struct lh_api_call *call)
{
    if (!check_no_query(call)) {
        return;
    }
    call->content_type = "application/octet-stream";
    lh_buf_add(&call->body, lh_genesis_bytes(call->node->genesis));
    lh_api_call_finish(call);
}

/* ---- routes -----------------------------------------------------------------------------------
 */

struct route {
    const char *path; /* ending in '/': everything below */
    bool is_post;
    bool is_open;                             /* asks for no known client */
    void (*handle)(struct lh_api_call *call); /* on the loop */
    void (*answer)(struct lh_api_call *call, struct lh_worker *worker); /* in the pool */
};

static const struct route routes[] = {
    { "/v1/events", true, false, lh_api_post_events, NULL },
    { "/v1/acts", true, false, lh_api_post_acts, NULL },
    { "/v1/entries/", false, false, NULL, lh_api_entry },
    { "/v1/trail", false, false, lh_api_get_trail, NULL },
    { "/v1/private/", true, false, lh_api_post_private, NULL },
    { "/v1/search", true, false, lh_api_post_search, NULL },
    { "/v1/receipts", false, false, NULL, lh_api_receipt },
    { "/v1/receipts/", false, false, NULL, lh_api_receipt },
    { "/v1/checkpoint", false, false, NULL, lh_api_checkpoint },
    { "/v1/consistency", false, false, NULL, lh_api_consistency },
    { "/v1/staff", false, false, NULL, lh_api_staff },
    { "/v1/genesis", false, false, get_genesis, NULL },
    { "/v1/archive", false, false, lh_api_get_archive, NULL },
    { "/v1/peers", false, false, lh_api_get_peers, NULL },
    { "/v1/status", false, false, get_status, NULL },
    { "/v1/network", false, false, lh_api_get_network, NULL },
    { "/v1/proposals", true, false, lh_api_post_proposals, NULL },
    { "/v1/proposals/", false, false, lh_api_get_proposal, NULL },
    { "/v1/cosignatures", true, false, lh_api_post_cosignatures, NULL },
    { "/add-checkpoint", true, false, lh_api_add_checkpoint, NULL },
    { "/healthz", false, true, get_health, NULL },
    { "/readyz", false, true, get_ready, NULL },
    { "/metrics", false, true, get_metrics, NULL },
};

static const struct route tile_route = { "/", false, false, NULL, lh_api_tile };
static const struct route witness_route = { "/", false, false, NULL, lh_api_cosigned };

static bool route_matches(const struct route *route, const char *path)
{
    size_t len = strlen(route->path);

    return route->path[len - 1] == '/' ? strncmp(path, route->path, len) == 0
                                       : strcmp(path, route->path) == 0;
}

/* A path below the origin of any of our generations; NULL: of none. */
static struct lh_ledger *find_log(const struct lh_node *node, const char *path)
{
    struct lh_ledger *ledger = node->ledger;

    for (; ledger != NULL; ledger = lh_ledger_prev(ledger)) {
        const char *origin = lh_ledger_origin(ledger);
        size_t len = strlen(origin);

        if (strncmp(path + 1, origin, len) == 0 && path[1 + len] == '/') {
            return ledger;
        }
    }
    return NULL;
}

static const struct route *find_route(const struct lh_node *node, const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (route_matches(&routes[i], path)) {
            return &routes[i];
        }
    }
    if (node->cosigner != NULL && lh_api_is_witness_path(path)) {
        return &witness_route;
    }
    return find_log(node, path) != NULL ? &tile_route : NULL;
}

static bool method_fits(const struct route *route, enum lh_http_method method)
{
    return route->is_post ? method == LH_HTTP_POST
                          : method == LH_HTTP_GET || method == LH_HTTP_HEAD;
}

static void refuse(struct lh_api_call *call, enum lh_problem_code code, const char *detail)
{
    lh_problem_set(&call->problem, code, "%s", detail);
    lh_api_call_finish(call);
}

static const struct lh_grant *find_client(const struct lh_node *node,
                                          const struct lh_http_peer *peer)
{
    return peer->is_pinned ? lh_config_pinned(node->config, &peer->pin)
                           : lh_config_client(node->config, peer->uid, node->owner);
}

static struct lh_api_call *call_new(struct lh_node *node, struct lh_http_request *request)
{
    struct lh_api_call *call = calloc(1, sizeof *call);

    if (call == NULL) {
        return NULL;
    }
    call->job.run = answer_run;
    call->job.done = answer_done;
    call->node = node;
    call->ledger = node->ledger;
    call->http = request;
    call->config = lh_config_ref(node->config);
    call->client = find_client(node, lh_http_peer(request));
    call->status = 200;
    call->content_type = LH_JSON_TYPE;
    call->cache = "no-store";
    call->body = (struct lh_buf)LH_BUF_EMPTY;
    call->wait.waiting.resume = answer_again;
    call->wait.waiting.arg = call;
    call->wait.waiting.weight = 1;
    return call;
}

void lh_api_handle(struct lh_http_request *request, void *arg)
{
    struct lh_node *node = arg;
    const char *path = lh_http_path(request);
    const struct route *route = find_route(node, path);
    struct lh_api_call *call = call_new(node, request);

    if (call == NULL) {
        struct lh_problem problem;

        lh_problem_set(&problem, LH_PROBLEM_INTERNAL, "out of memory");
        lh_http_reply_problem(request, &problem);
    } else if (route == NULL) {
        refuse(call, LH_PROBLEM_NOT_FOUND, "no such path");
    } else if (!method_fits(route, lh_http_method(request))) {
        lh_http_add_header(request, "Allow", route->is_post ? "POST" : "GET, HEAD");
        refuse(call, LH_PROBLEM_METHOD, route->is_post ? "wants POST" : "wants GET");
    } else if (!route->is_open && call->client == NULL) {
        refuse(call, LH_PROBLEM_AUTH_UNKNOWN_CLIENT,
               lh_http_peer(request)->is_pinned ? "this certificate's key has no client line"
                                                : "this uid has no client line");
    } else if (route->handle != NULL) {
        call->rest = path + strlen(route->path);
        route->handle(call);
    } else {
        call->rest = path + strlen(route->path);
        call->ledger = route == &tile_route ? find_log(node, path) : node->ledger;
        call->answer = route->answer;
        lh_jobs_add(node->jobs, &call->job);
    }
}
