#include "node/node_internal.h"

#include "node/api.h"
#include "node/cosigner.h"
#include "node/file.h"
#include "node/findings.h"
#include "node/subjects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = LH_CONFIG_PATH_MAX + 64 };

int64_t lh_node_wall_ms(const struct lh_node *node)
{
    return node->clock.wall_unix_ms(node->clock.arg);
}

int64_t lh_node_mono_ms(const struct lh_node *node)
{
    return node->clock.mono_ms(node->clock.arg);
}

void lh_node_gauges(struct lh_node *node, struct lh_gauges *out)
{
    struct lh_ledger_head head;

    lh_ledger_head(node->ledger, &head);
    *out = (struct lh_gauges){
        .version = LH_VERSION,
        .origin = lh_ledger_origin(node->ledger),
        .state = lh_ledger_state_name(lh_sealer_state(node->sealer)),
        .size = head.size,
        .height = head.height,
        .head_time_unix_ms = head.time_unix_ms,
        .queue_depth = lh_sealer_depth(node->sealer),
        .journal_depth = lh_journal_count(node->journal),
        .jobs_depth = lh_jobs_depth(node->jobs),
        .connections = lh_http_connection_count(node->http),
        .tls_guests = node->door != NULL ? lh_tls_door_guest_count(node->door) : 0,
        .tls_ends_unix_ms = lh_node_tls_ends_unix_ms(node),
        .uptime_ms = (uint64_t)(lh_node_mono_ms(node) - node->start_mono_ms),
        .is_clock_stepped = lh_sealer_is_clock_stepped(node->sealer),
    };
    lh_disk_space(node->config->data, &out->disk_free, &out->disk_total);
}

/* ---- threads and the edge ---------------------------------------------------------------------
 */

/* Before the sealer, which tells them of its blocks. */
static enum lh_code start_peers(struct lh_node *node, struct lh_err *err)
{
    struct lh_peers_options options = { .config = node->config,
                                        .log = node->log,
                                        .ledger = node->ledger,
                                        .genesis = node->genesis,
                                        .suite = node->rules.suite,
                                        .department = node->rules.department,
                                        .clock = node->clock,
                                        .prepare = lh_buf_bytes(&node->prepare) };

    return lh_peers_start(&node->peers, &options, err);
}

static enum lh_code open_levels(struct lh_node *node, struct lh_err *err)
{
    const struct lh_levels_options options = { .store = node->store,
                                               .ledger = node->ledger,
                                               .log = node->log,
                                               .peers = node->peers,
                                               .genesis = node->genesis,
                                               .suite = node->suite,
                                               .department = node->rules.department };

    return lh_levels_new(&node->levels, &options, err);
}

static void on_sealed(void *arg)
{
    const struct lh_node *node = arg;

    lh_peers_on_sealed(node->peers);
}

static enum lh_code check_promises(void *arg, const lhpb_Generation *generation, struct lh_err *err)
{
    const struct lh_node *node = arg;

    if (node->is_unfit) {
        return lh_err_set(
            err, LH_ERR_INVALID,
            "this store has another history than the peers hold (restore.unfit in the "
            "log): put it away and start the node anew");
    }
    return lh_peers_check_generation(node->peers, generation, err);
}

static bool is_unpromised(void *arg)
{
    const struct lh_node *node = arg;

    return lh_peers_is_unpromised(node->peers);
}

static bool is_waiting(void *arg)
{
    return lh_node_is_waiting(arg);
}

static enum lh_code start_threads(struct lh_node *node, struct lh_err *err)
{
    char path[PATH_SIZE];
    struct lh_subjects_options subjects = {
        .suite = node->rules.suite,
        .department = node->rules.department,
        .index_key = &node->index_key,
        .random = lh_random_system(),
    };
    struct lh_jobs_options jobs = {
        .thread_count = (size_t)node->config->thread_count,
        .suite = node->rules.suite,
        .recorder_path = path,
        .subjects = &subjects,
    };
    struct lh_sealer_options sealer = {
        .ledger = node->ledger,
        .journal = node->journal,
        .next = &node->ledger_options,
        .data = node->config->data,
        .recorder_path = path,
        .rules = &node->rules,
        .metrics = &node->metrics,
        .log = node->log,
        .clock = node->clock,
        .queue_count_max = (size_t)node->config->queue_count_max,
        .on_conflict = lh_findings_on_conflict,
        .on_sealed = on_sealed,
        .check_promises = check_promises,
        .is_unpromised = is_unpromised,
        .is_waiting = is_waiting,
        .arg = node,
    };
    enum lh_code rc = lh_mailbox_new(&node->mailbox, node->base, err);

    node->epoch_count = lh_epochs_count(lh_ledger_epochs(node->ledger));
    (void)snprintf(path, sizeof path, "%s/keys/recorder.pem", node->config->data);
    if (rc == LH_OK) {
        rc = lh_jobs_new(&node->jobs, &jobs, err);
    }
    if (rc == LH_OK) {
        lh_node_begin_wait(node);
        rc = lh_sealer_new(&node->sealer, &sealer, err);
    }
    return rc;
}

static enum lh_code open_http(struct lh_node *node, struct lh_err *err)
{
    const struct lh_config *config = node->config;
    struct lh_http_options options = {
        .base = node->base,
        .handle = lh_api_handle,
        .arg = node,
        .clock = node->clock,
        .header_len_max = (size_t)config->header_len_max,
        .body_len_max = (size_t)config->body_len_max,
        .buffered_len_max = (size_t)config->buffered_len_max,
        .connection_count_max = (size_t)config->connection_count_max,
        .request_timeout_ms = (int64_t)config->request_timeout_ms,
        .idle_timeout_ms = (int64_t)config->idle_timeout_ms,
        .write_timeout_ms = (int64_t)config->write_timeout_ms,
    };
    enum lh_code rc = lh_http_new(&node->http, &options, err);

    if (rc == LH_OK) {
        rc = lh_http_listen_unix(node->http, config->api_socket, (mode_t)config->api_socket_mode,
                                 err);
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "api.socket");
}

/* Reading and writing are switched on and off within one turn of the loop: tell the kernel once. */
static struct event_base *make_loop(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL) {
        (void)event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
        base = event_base_new_with_config(config);
        event_config_free(config);
    }
    return base;
}

enum lh_code lh_node_open(struct lh_node **out, struct lh_config *config, struct lh_log *log,
                          const char *config_path, const char *data_override, struct lh_err *err)
{
    struct lh_node *node = calloc(1, sizeof *node);
    enum lh_code rc;

    if (node == NULL) {
        lh_config_unref(config);
        return lh_err_set(err, LH_ERR_NOMEM, "node");
    }
    node->config = config;
    node->log = log;
    node->clock = lh_clock_system();
    node->rules.clock = node->clock;
    node->rules.random = lh_random_system();
    node->start_mono_ms = lh_node_mono_ms(node);
    lh_metrics_init(&node->metrics);
    node->marker = (struct lh_buf)LH_BUF_EMPTY;
    node->prepare = (struct lh_buf)LH_BUF_EMPTY;
    node->witnesses = (struct lh_policy)LH_POLICY_EMPTY;
    (void)snprintf(node->config_path, sizeof node->config_path, "%s", config_path);
    node->has_data_override = data_override != NULL;
    (void)snprintf(node->data_override, sizeof node->data_override, "%s",
                   data_override != NULL ? data_override : "");

    node->base = make_loop();
    rc = node->base != NULL ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "event loop");
    if (rc == LH_OK) {
        rc = lh_node_place_open(node, err);
    }
    if (rc == LH_OK) {
        rc = lh_node_witness_open(node, err);
    }
    if (rc == LH_OK) {
        rc = start_peers(node, err);
    }
    if (rc == LH_OK) {
        rc = open_levels(node, err);
    }
    if (rc == LH_OK) {
        rc = start_threads(node, err);
    }
    if (rc == LH_OK) {
        rc = open_http(node, err);
    }
    if (rc == LH_OK) {
        rc = lh_node_tls_open(node, err);
    }
    if (rc != LH_OK) {
        lh_node_close(node);
        return rc;
    }
    *out = node;
    return LH_OK;
}

static void free_events(struct lh_node *node)
{
    for (size_t i = 0; i < LH_SIGNAL_COUNT; i++) {
        if (node->signals[i] != NULL) {
            event_free(node->signals[i]);
        }
    }
    if (node->second_event != NULL) {
        event_free(node->second_event);
    }
    if (node->watchdog_event != NULL) {
        event_free(node->watchdog_event);
    }
}

void lh_node_close(struct lh_node *node)
{
    if (node == NULL) {
        return;
    }
    lh_jobs_free(node->jobs);
    lh_sealer_free(node->sealer);
    lh_levels_free(node->levels);
    lh_peers_stop(node->peers);
    lh_tls_door_close(node->door);
    lh_http_free(node->http);
    lh_mailbox_free(node->mailbox);
    free_events(node);
    if (node->base != NULL) {
        (void)event_base_loop(node->base, EVLOOP_NONBLOCK); /* finish what was freed */
        event_base_free(node->base);
    }
    lh_cosigner_free(node->cosigner);
    lh_policy_clear(&node->witnesses);
    lh_keyring_free(node->rules.keyring);
    lh_journal_close(node->journal);
    lh_ledger_close(node->ledger);
    lh_guard_close(node->guard);
    lh_store_close(node->store);
    lh_signer_free(node->seal);
    lh_genesis_free(node->genesis);
    lh_buf_clear(&node->marker);
    lh_buf_clear(&node->prepare);
    lh_secret_clear(&node->rules.idempotency);
    lh_secret_clear(&node->index_key);
    lh_suite_free(node->suite);
    lh_config_unref(node->config);
    free(node);
}

bool lh_node_is_reopening(const struct lh_node *node)
{
    return node->is_reopening;
}

enum lh_code lh_node_reopen(struct lh_node **node, struct lh_err *err)
{
    struct lh_node *old = *node;
    struct lh_config *config = lh_config_ref(old->config);
    struct lh_log *log = old->log;
    bool has_override = old->has_data_override;
    char config_path[LH_CONFIG_PATH_MAX];
    char data[LH_CONFIG_PATH_MAX];

    memcpy(config_path, old->config_path, sizeof config_path);
    memcpy(data, old->data_override, sizeof data);
    *node = NULL;
    lh_node_close(old);
    return lh_node_open(node, config, log, config_path, has_override ? data : NULL, err);
}
