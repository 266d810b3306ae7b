#include "node/applying.h"
#include "node/node_internal.h"

#include "node/equivs.h"
#include "node/notify.h"

#include "body.pb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- heartbeat --------------------------------------------------------------------------------
 */

struct heartbeat {
    struct lh_job job;
    struct lh_node *node;
    lhpb_Body body;
    struct lh_intake intake;
};

static void heartbeat_done(struct lh_job *job)
{
    struct heartbeat *beat = (struct heartbeat *)job;

    beat->node->is_heart_beating = false;
    if (beat->intake.status == LH_INTAKE_REJECTED) {
        lh_log_write(beat->node->log, LH_LOG_WARN, "heartbeat.refused", "code=%s reason=\"%s\"",
                     lh_problem_name(beat->intake.problem.code), beat->intake.problem.detail);
    }
    lh_intake_clear(&beat->intake);
    free(beat);
}

static void on_heartbeat_settled(struct lh_intake *intake)
{
    struct heartbeat *beat = intake->owner;

    lh_mailbox_post(beat->node->mailbox, &beat->job);
}

static void heartbeat_run(struct lh_job *job, struct lh_worker *worker)
{
    struct heartbeat *beat = (struct heartbeat *)job;
    struct lh_intake *intake = &beat->intake;

    lh_intake_prepare_own(intake, &beat->node->rules, worker, &beat->body);
    if (intake->status == LH_INTAKE_REJECTED ||
        !lh_sealer_submit(beat->node->sealer, intake, intake, 1)) {
        lh_mailbox_post(beat->node->mailbox, job);
    }
}

static void fill_heartbeat(struct lh_node *node, lhpb_Body *body)
{
    int64_t now_unix_ms = lh_node_wall_ms(node);

    body->schema = LH_SCHEMA;
    body->type = lhpb_EntryType_HEARTBEAT;
    (void)snprintf(body->source, sizeof body->source, "liuhend");
    (void)snprintf(body->id, sizeof body->id, "heartbeat-%lld", (long long)now_unix_ms);
    (void)snprintf(body->department, sizeof body->department, "%s", node->rules.department);
    body->event_time_ms = (uint64_t)now_unix_ms;
    body->which_detail = lhpb_Body_heartbeat_tag;
    body->detail.heartbeat = (lhpb_Heartbeat){
        .clock = 1,
        .uptime_ms = (uint64_t)(lh_node_mono_ms(node) - node->start_mono_ms),
    };
}

void lh_node_beat(struct lh_node *node)
{
    uint64_t idle_ms = node->config->heartbeat_idle_ms;
    struct heartbeat *beat;

    if (idle_ms == 0 || node->is_heart_beating || node->is_stopping ||
        lh_sealer_state(node->sealer) != LH_LEDGER_CONTINUOUS ||
        lh_sealer_is_clock_stepped(node->sealer) || lh_node_is_waiting(node) ||
        lh_node_mono_ms(node) - lh_sealer_last_block_mono_ms(node->sealer) < (int64_t)idle_ms) {
        return;
    }
    beat = calloc(1, sizeof *beat);
    if (beat == NULL) {
        return;
    }
    beat->node = node;
    beat->job.run = heartbeat_run;
    beat->job.done = heartbeat_done;
    beat->intake.on_settled = on_heartbeat_settled;
    beat->intake.owner = beat;
    fill_heartbeat(node, &beat->body);
    node->is_heart_beating = true;
    lh_jobs_add(node->jobs, &beat->job);
}

/* ---- stopping ---------------------------------------------------------------------------------
 */

static void end_loop_when_drained(struct lh_node *node)
{
    bool is_late = lh_node_mono_ms(node) >= node->stop_deadline_mono_ms;

    size_t busy = lh_http_busy_count(node->http) +
                  (node->door != NULL ? lh_tls_door_busy_count(node->door) : 0);

    if (busy == 0 && !node->is_heart_beating && !node->is_equiv_under_way &&
        atomic_load(&node->finding_count) == 0 && node->archive_count == 0) {
        (void)event_base_loopbreak(node->base);
    } else if (is_late) {
        lh_log_write(node->log, LH_LOG_WARN, "stop.late", "requests=%zu", busy);
        _exit(LH_EXIT_START);
    }
}

static void stop(struct lh_node *node)
{
    node->is_stopping = true;
    node->stop_deadline_mono_ms = lh_node_mono_ms(node) + (int64_t)node->config->stop_timeout_ms;
    if (node->door != NULL) {
        lh_tls_door_stop_accepting(node->door);
    }
    lh_http_stop_accepting(node->http);
    end_loop_when_drained(node);
}

/* Whoever is asked to stop while it reopens stops, and does not open again. */
static void begin_stop(struct lh_node *node, int signal_number)
{
    if (node->is_reopening) {
        node->is_reopening = false;
        lh_notify("STOPPING=1\nSTATUS=stopping");
        return;
    }
    if (node->is_stopping) {
        lh_log_write(node->log, LH_LOG_WARN, "stop.at_once", "signal=%d", signal_number);
        _exit(128 + signal_number);
    }
    lh_log_write(node->log, LH_LOG_INFO, "stop.begin", "signal=%d", signal_number);
    lh_notify("STOPPING=1\nSTATUS=stopping");
    stop(node);
}

/* ---- reload -----------------------------------------------------------------------------------
 */

static void apply_log_config(struct lh_log *log, const struct lh_config *config)
{
    atomic_store(&log->level, (int)config->log_level);
    atomic_store(&log->format, (int)config->log_format);
}

/* All or nothing: a file with one bad line changes nothing. */
static void reload(struct lh_node *node)
{
    struct lh_config *config = NULL;
    struct lh_buf restart = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    lh_notify("RELOADING=1\nMONOTONIC_USEC=%lld",
              (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    if (lh_config_load(&config, node->config_path,
                       node->has_data_override ? node->data_override : NULL, &err) != LH_OK) {
        lh_log_write(node->log, LH_LOG_ERROR, "config.refused",
                     "reason=\"%s\" action=\"the old one stays in force\"", err.text);
    } else {
        lh_config_restart_keys(&restart, node->config, config);
        if (restart.len > 0) {
            lh_log_write(node->log, LH_LOG_WARN, "config.needs_restart", "keys=\"%s\"",
                         lh_buf_text(&restart));
        }
        lh_config_unref(node->config);
        node->config = config;
        apply_log_config(node->log, config);
        lh_log_write(node->log, LH_LOG_INFO, "config.reloaded", "file=%s", node->config_path);
        lh_node_tls_renew(node);
    }
    lh_buf_clear(&restart);
    lh_notify("READY=1");
}

/* ---- events -----------------------------------------------------------------------------------
 */

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
    struct lh_node *node = arg;

    (void)what;
    switch (fd) {
    case SIGHUP:
        reload(node);
        break;
    case SIGUSR1:
        lh_sealer_confirm_clock(node->sealer);
        lh_log_write(node->log, LH_LOG_INFO, "clock.confirmed", "%s", "");
        break;
    default:
        begin_stop(node, (int)fd);
        break;
    }
}

/* Each once; what was certified before a stop is handed over after it. */
static void apply_epochs(struct lh_node *node)
{
    const struct lh_epochs *certified = lh_peers_epochs(node->peers);
    struct lh_err err = LH_ERR_NONE;

    while (certified != NULL && node->epoch_count < lh_epochs_count(certified)) {
        if (lh_applying_send(node->sealer, node->ledger, node->log,
                             lh_epochs_proposal(certified, node->epoch_count), &err) != LH_OK) {
            return; /* in a second again */
        }
        node->epoch_count++;
    }
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
    struct lh_node *node = arg;

    (void)fd;
    (void)what;
    lh_node_end_wait(node);
    lh_node_beat(node);
    lh_equivs_tick(node);
    lh_node_tls_warn(node);
    lh_levels_tick(node->levels, node->sealer, lh_node_mono_ms(node), node->is_stopping);
    if (!node->is_stopping) {
        apply_epochs(node);
    }
    if (!node->is_stopping &&
        (lh_sealer_is_superseded(node->sealer) ||
         (!node->is_unfit && lh_peers_is_restored(node->peers)) || lh_node_is_doubted(node))) {
        node->is_reopening = true;
        stop(node);
    }
    if (node->is_stopping) {
        end_loop_when_drained(node);
    }
}

/* A sign of life only while the ledger answers. */
static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
    struct lh_node *node = arg;
    struct lh_ledger_head head;

    (void)fd;
    (void)what;
    lh_ledger_head(node->ledger, &head);
    lh_notify("WATCHDOG=1\nSTATUS=%s, %llu entries and headers, block %llu",
              lh_ledger_state_name(lh_sealer_state(node->sealer)), (unsigned long long)head.size,
              (unsigned long long)head.height);
}

static enum lh_code add_events(struct lh_node *node, struct lh_err *err)
{
    static const int numbers[LH_SIGNAL_COUNT] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
    struct timeval tick = { .tv_sec = 0, .tv_usec = 100 * 1000 };
    int64_t watchdog_ms = lh_notify_watchdog_ms();
    bool is_good;

    node->second_event = event_new(node->base, -1, EV_PERSIST, on_second, node);
    is_good = node->second_event != NULL && event_add(node->second_event, &tick) == 0;
    for (size_t i = 0; i < LH_SIGNAL_COUNT; i++) {
        node->signals[i] = evsignal_new(node->base, numbers[i], on_signal, node);
        is_good = is_good && node->signals[i] != NULL && event_add(node->signals[i], NULL) == 0;
    }
    if (watchdog_ms > 0) {
        struct timeval every = { .tv_sec = watchdog_ms / 1000,
                                 .tv_usec = watchdog_ms % 1000 * 1000 };

        node->watchdog_event = event_new(node->base, -1, EV_PERSIST, on_watchdog, node);
        is_good =
            is_good && node->watchdog_event != NULL && event_add(node->watchdog_event, &every) == 0;
    }
    return is_good ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "events");
}

enum lh_code lh_node_run(struct lh_node *node, struct lh_err *err)
{
    enum lh_code rc = add_events(node, err);
    struct lh_gauges gauges;

    if (rc != LH_OK) {
        return rc;
    }
    apply_log_config(node->log, node->config);
    lh_node_gauges(node, &gauges);
    lh_log_write(node->log, LH_LOG_INFO, "node.ready",
                 "version=%s origin=%s state=%s size=%llu height=%llu socket=%s why=\"%s\"",
                 gauges.version, gauges.origin, gauges.state, (unsigned long long)gauges.size,
                 (unsigned long long)gauges.height, node->config->api_socket, node->why);
    lh_notify("READY=1\nSTATUS=%s, height %llu", gauges.state, (unsigned long long)gauges.height);
    if (event_base_dispatch(node->base) < 0) {
        return lh_err_set(err, LH_ERR_IO, "the event loop failed");
    }
    lh_node_gauges(node, &gauges);
    lh_log_write(node->log, LH_LOG_INFO, node->is_reopening ? "node.reopening" : "node.stopped",
                 "size=%llu height=%llu", (unsigned long long)gauges.size,
                 (unsigned long long)gauges.height);
    return LH_OK;
}
