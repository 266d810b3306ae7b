/* The beginning and the end of lh_peers. */

#include "node/peers_internal.h"

#include "crypto/secret.h"
#include "ledger/generation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    WRITE_TIMEOUT_MS = 30000,
    AGAIN_MIN_MS = 1000,
    AGAIN_MAX_MS = 300000,
    GUESTS_MAX = 32,
    CACHE_SIZE = 16 << 20,
    NOTES_CACHE_SIZE = 1 << 20,
    RESTORED_NOTE = LH_COPIES_NOTE_MAX - 1, /* of no ledger */
};

static uint32_t draw(void *arg)
{
    struct lh_random random = lh_random_system();
    uint32_t number;

    (void)arg;
    /* a wait without chance is a wait all the same */
    return lh_random_fill(&random, &number, sizeof number, NULL) == LH_OK ? number : 0;
}

static void *run(void *arg)
{
    struct lh_peers *peers = arg;

    lh_peers_follow_own(peers);
    (void)event_base_dispatch(peers->base);
    return NULL;
}

static bool is_anybody(void *arg, const struct lh_tls_pin *pin)
{
    (void)arg;
    (void)pin; /* who it is is said by its HELLO */
    return true;
}

/* Copies can be had again: what does not open is put away. */
static enum lh_code open_copies(struct lh_peers *peers, struct lh_err *err)
{
    struct lh_store_rocksdb_options options = { .cache_bytes = CACHE_SIZE };
    const struct lh_hash *network_id = lh_genesis_network_id(peers->options.genesis);
    struct lh_store *store = NULL;
    char path[LH_PEERS_PATH_SIZE];
    char bad[LH_PEERS_PATH_SIZE + 8];
    enum lh_code rc;

    (void)snprintf(path, sizeof path, "%s/replicas", peers->options.config->data);
    (void)snprintf(bad, sizeof bad, "%s.bad", path);
    rc = lh_store_open_rocksdb(&store, path, LH_STORE_WRITE_SALVAGE, &options, err);
    if (rc == LH_OK) {
        rc = lh_copies_open(&peers->parts.copies, store, peers->suite, network_id, err);
    }
    if (rc == LH_ERR_CORRUPT) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "replica.put_away", "path=%s reason=\"%s\"",
                     bad, err->text);
        rc = rename(path, bad) == 0 ? LH_ERR_NOT_FOUND : LH_ERR_IO;
    }
    if (rc == LH_ERR_NOT_FOUND) {
        rc = lh_store_open_rocksdb(&store, path, LH_STORE_CREATE, &options, err);
        if (rc == LH_OK) {
            rc = lh_copies_open(&peers->parts.copies, store, peers->suite, network_id, err);
        }
    }
    return rc;
}

static bool has_gone_on_alone(const struct lh_peers *peers)
{
    const struct lh_ledger *ledger = peers->options.ledger;

    while (ledger != NULL && lh_ledger_reason(ledger) != LH_GENERATION_UNSAFE_RESTORE) {
        ledger = lh_ledger_prev(ledger);
    }
    return ledger != NULL;
}

/* A ledger without the promises that were made beside it was restored from somewhere; one that may
 * have been set back, or went on from there, may have been set back together with them. */
static bool may_have_forgotten(const struct lh_peers *peers, bool is_new)
{
    struct lh_ledger_head head;

    lh_ledger_head(peers->options.ledger, &head);
    return (is_new && head.height > 0) || peers->options.prepare.len > 0 ||
           lh_ledger_state(peers->options.ledger) == LH_LEDGER_SUSPECT || has_gone_on_alone(peers);
}

/* spec network.md 8: "It is taken for restored from then on, whenever it starts." */
static enum lh_code mark_restored(const struct lh_peers *peers, struct lh_err *err)
{
    return lh_copies_put_note(peers->parts.notes, "", RESTORED_NOTE, lh_bytes_of_text("restored"),
                              err);
}

static bool is_restored(const struct lh_peers *peers)
{
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc = lh_copies_get_note(peers->parts.notes, "", RESTORED_NOTE, &note, NULL);

    lh_buf_clear(&note);
    return rc != LH_ERR_NOT_FOUND;
}

/* What we promised is nowhere else: this one is not put away. */
static enum lh_code open_notes(struct lh_peers *peers, struct lh_err *err)
{
    struct lh_store_rocksdb_options options = { .cache_bytes = NOTES_CACHE_SIZE };
    struct lh_store *store = NULL;
    char path[LH_PEERS_PATH_SIZE];
    bool is_new;
    enum lh_code rc;

    (void)snprintf(path, sizeof path, "%s/promises", peers->options.config->data);
    rc = lh_store_open_rocksdb(&store, path, LH_STORE_WRITE_SALVAGE, &options, err);
    is_new = rc == LH_ERR_NOT_FOUND;
    if (is_new) {
        rc = lh_store_open_rocksdb(&store, path, LH_STORE_CREATE, &options, err);
    }
    if (rc == LH_OK) {
        rc = lh_copies_open(&peers->parts.notes, store, peers->suite,
                            lh_genesis_network_id(peers->options.genesis), err);
    }
    return rc == LH_OK && may_have_forgotten(peers, is_new) ? mark_restored(peers, err) : rc;
}

static enum lh_code open_witnessing(struct lh_peers *peers, struct lh_err *err)
{
    const struct lh_pledge_options options = { .gossip = peers->gossip,
                                               .replica = peers->replica,
                                               .witness = peers->witness,
                                               .mirror = peers->mirror,
                                               .is_restored = is_restored(peers) };
    enum lh_code rc = lh_pledge_new(&peers->pledge, &options, err);

    if (rc == LH_OK) {
        rc = lh_nomination_new(&peers->nomination, peers->replica, err);
    }
    lh_peers_warn_of_keys(peers);
    return rc == LH_OK ? lh_peers_find_wards(peers, err) : rc;
}

void lh_peers_write_evidence(struct lh_peers *peers, const char *origin, struct lh_bytes evidence)
{
    struct lh_err err = LH_ERR_NONE;

    if (lh_evidence_file_write(peers->options.config->data, origin, evidence, &err) != LH_OK) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "evidence.unwritten", "reason=\"%s\"",
                     err.text);
    }
}

void lh_peers_add_conviction(struct lh_peers *peers, const struct lh_replica_ledger *ledger,
                             struct lh_bytes evidence)
{
    struct lh_peers_conviction conviction = { .evidence =
                                                  lh_hash_parts(peers->suite, &evidence, 1) };
    struct lh_peers_conviction *grown = NULL;
    struct lh_evidence parsed;
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (strcmp(ledger->department, peers->department) == 0) {
        return; /* a department does not accuse itself */
    }
    rc = lh_evidence_parse(&parsed, &store, evidence, &err);
    if (rc == LH_OK) {
        conviction.kind = (uint32_t)parsed.kind + 1;
        memcpy(conviction.origin, ledger->origin, sizeof conviction.origin);
        (void)pthread_mutex_lock(&peers->shown_lock);
        grown = realloc(peers->convictions, (peers->conviction_count + 1) * sizeof *grown);
        if (grown != NULL) {
            grown[peers->conviction_count++] = conviction;
            peers->convictions = grown;
        }
        (void)pthread_mutex_unlock(&peers->shown_lock);
    }
    if (grown == NULL) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "evidence.untold", "origin=%s reason=\"%s\"",
                     ledger->origin, rc != LH_OK ? err.text : "no memory");
    }
    lh_buf_clear(&store);
}

bool lh_peers_conviction_at(struct lh_peers *peers, size_t index, struct lh_peers_conviction *out)
{
    bool is_there;

    if (peers == NULL) {
        return false;
    }
    (void)pthread_mutex_lock(&peers->shown_lock);
    is_there = index < peers->conviction_count;
    if (is_there) {
        *out = peers->convictions[index];
    }
    (void)pthread_mutex_unlock(&peers->shown_lock);
    return is_there;
}

/* A node may have ended after it kept evidence and before the file was written. */
static void rewrite_evidence(struct lh_peers *peers)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    for (size_t i = 0; i < lh_replica_count(peers->replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(peers->replica, i);
        char path[LH_EVIDENCE_PATH_SIZE];

        if (!ledger->is_tainted) {
            continue;
        }
        if (lh_replica_get_note(peers->replica, ledger->origin, LH_REPLICA_EVIDENCE, &text, &err) !=
            LH_OK) {
            lh_log_write(peers->options.log, LH_LOG_WARN, "evidence.unread",
                         "origin=%s reason=\"%s\"", ledger->origin, err.text);
            continue;
        }
        lh_peers_add_conviction(peers, ledger, lh_buf_bytes(&text));
        lh_evidence_file_path(path, peers->options.config->data, ledger->origin);
        if (access(path, F_OK) != 0) {
            lh_peers_write_evidence(peers, ledger->origin, lh_buf_bytes(&text));
        }
    }
    lh_buf_clear(&text);
}

static enum lh_code open_machine(struct lh_peers *peers, struct lh_err *err)
{
    struct lh_gossip_listener listener = { .arg = peers };
    struct lh_replica_options options = { .suite = peers->suite,
                                          .genesis = peers->options.genesis,
                                          .department = peers->department,
                                          .is_restoring = peers->options.prepare.len > 0 };
    enum lh_code rc = open_copies(peers, err);

    if (rc == LH_OK) {
        rc = open_notes(peers, err);
    }
    lh_peers_listen_to_gossip(&listener);
    peers->parts.own = options.is_restoring ? NULL : peers->options.ledger;
    peers->parts.suite = peers->suite;
    options.store = lh_replica_store_of(&peers->parts);
    if (rc == LH_OK) {
        rc = lh_replica_new(&peers->replica, &options, err);
    }
    if (rc == LH_OK) {
        rewrite_evidence(peers);
        lh_peers_write_promises(peers);
        rc = lh_peers_open_governance(peers, err);
    }
    if (rc == LH_OK) {
        rc = lh_gossip_new(&peers->gossip, peers->replica, &listener, err);
    }
    if (rc == LH_OK) {
        rc = open_witnessing(peers, err);
    }
    if (rc == LH_OK) {
        rc = lh_peers_open_recovery(peers, err);
    }
    peers->options.prepare = LH_BYTES_EMPTY; /* it was borrowed */
    return rc;
}

static enum lh_code open_identity(struct lh_peers *peers, struct lh_err *err)
{
    const struct lh_config *config = peers->options.config;
    const struct lh_tls_options tls = { .cert_path = config->tls_cert,
                                        .key_path = config->tls_key,
                                        .protocol = LH_LINK_PROTOCOL,
                                        .is_known = is_anybody };
    char path[LH_PEERS_PATH_SIZE];
    enum lh_code rc = lh_suite_new(&peers->suite, peers->options.suite, err);

    (void)snprintf(path, sizeof path, "%s/keys/witness.pem", config->data);
    if (rc == LH_OK) {
        rc = lh_signer_open(&peers->witness, path, err);
    }
    (void)snprintf(path, sizeof path, "%s/keys/mirror.pem", config->data);
    if (rc == LH_OK) {
        rc = lh_signer_open(&peers->mirror, path, err);
    }
    if (rc == LH_OK) {
        rc = lh_tls_new(&peers->tls, &tls, err);
        rc = rc == LH_ERR_NOT_FOUND
                 ? lh_err_wrap(err, rc, "peers want a certificate (liuhen keygen --tls)")
                 : rc;
    }
    return rc;
}

static enum lh_code open_mesh(struct lh_peers *peers, struct lh_err *err)
{
    const struct lh_config *config = peers->options.config;
    struct lh_random random = lh_random_system();
    struct lh_mesh_options options = {
        .base = peers->base,
        .clock = peers->options.clock,
        .tls = peers->tls,
        .session = { .suite = peers->suite,
                     .witness = peers->witness,
                     .network_id = *lh_genesis_network_id(peers->options.genesis),
                     .generation = lh_ledger_generation(peers->options.ledger),
                     .find = lh_peers_find_witness,
                     .arg = peers },
        .handshake_timeout_ms = (int64_t)config->handshake_timeout_ms,
        .write_timeout_ms = WRITE_TIMEOUT_MS,
        .again_min_ms = AGAIN_MIN_MS,
        .again_max_ms = AGAIN_MAX_MS,
        .guest_count_max = GUESTS_MAX,
        .random = draw,
        .arg = peers,
    };
    enum lh_code rc =
        lh_random_fill(&random, options.session.start, sizeof options.session.start, err);

    lh_peers_listen_to_mesh(&options);
    (void)snprintf(options.session.department, sizeof options.session.department, "%s",
                   peers->department);
    if (rc == LH_OK) {
        rc = lh_mesh_new(&peers->mesh, &options, err);
    }
    if (rc == LH_OK && config->peers_listen[0] != '\0') {
        rc = lh_mesh_listen(peers->mesh, config->peers_listen, err);
        if (rc == LH_OK) {
            lh_log_write(peers->options.log, LH_LOG_INFO, "peers.listening", "addr=%s",
                         lh_mesh_address(peers->mesh));
        } else {
            (void)lh_err_wrap(err, rc, "peers.listen");
        }
    }
    for (size_t i = 0; rc == LH_OK && i < config->peer_count; i++) {
        if (lh_peers_find_witness(peers, config->peers[i].department) == NULL) {
            lh_log_write(peers->options.log, LH_LOG_WARN, "peer.no_member",
                         "department=%s reason=\"it is not dialled before an epoch admits it\"",
                         config->peers[i].department);
        }
    }
    return rc == LH_OK ? lh_peers_dial(peers, err) : rc;
}

enum lh_code lh_peers_dial(struct lh_peers *peers, struct lh_err *err)
{
    const struct lh_config *config = peers->options.config;
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < config->peer_count; i++) {
        const struct lh_config_peer *peer = &config->peers[i];

        if (peers->is_dialled[i] || lh_peers_find_witness(peers, peer->department) == NULL) {
            continue;
        }
        rc = lh_mesh_add_peer(peers->mesh, peer->department, peer->address, err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "peer");
        }
        peers->is_dialled[i] = true;
    }
    return rc;
}

static enum lh_code open_loop(struct lh_peers *peers, struct lh_err *err)
{
    peers->base = event_base_new();
    peers->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (peers->base == NULL || peers->wake_fd < 0) {
        return lh_err_set(err, LH_ERR_NOMEM, "the peers' loop");
    }
    peers->wake_event =
        event_new(peers->base, peers->wake_fd, EV_READ | EV_PERSIST, lh_peers_on_wake, peers);
    peers->pump_event = evtimer_new(peers->base, lh_peers_on_pump, peers);
    peers->tick_event = evtimer_new(peers->base, lh_peers_on_tick, peers);
    if (peers->wake_event == NULL || peers->pump_event == NULL || peers->tick_event == NULL ||
        event_add(peers->wake_event, NULL) != 0) {
        return lh_err_set(err, LH_ERR_NOMEM, "the peers' loop");
    }
    return LH_OK;
}

static void free_events(struct lh_peers *peers)
{
    struct event *const events[] = { peers->wake_event, peers->pump_event, peers->tick_event };

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (events[i] != NULL) {
            event_free(events[i]);
        }
    }
    if (peers->base != NULL) {
        event_base_free(peers->base);
    }
    if (peers->wake_fd >= 0) {
        (void)close(peers->wake_fd);
    }
}

void lh_peers_stop(struct lh_peers *peers)
{
    if (peers == NULL) {
        return;
    }
    if (peers->is_running) {
        atomic_store(&peers->is_stopping, true);
        lh_peers_on_sealed(peers);
        (void)pthread_join(peers->thread, NULL);
    }
    lh_peers_run_errands(peers, NULL);
    lh_mesh_free(peers->mesh);
    lh_recovery_free(peers->recovery);
    lh_nomination_free(peers->nomination);
    lh_pledge_free(peers->pledge);
    lh_gossip_free(peers->gossip);
    lh_governance_free(peers->governance); /* the others go by its epochs */
    lh_replica_free(peers->replica);
    lh_copies_close(peers->parts.copies);
    lh_copies_close(peers->parts.notes);
    lh_tls_free(peers->tls);
    lh_signer_free(peers->witness);
    lh_signer_free(peers->mirror);
    lh_suite_free(peers->suite);
    free_events(peers);
    lh_buf_clear(&peers->shown_peers);
    lh_buf_clear(&peers->shown_details);
    lh_buf_clear(&peers->shown_replicas);
    lh_buf_clear(&peers->shown_witnessing);
    lh_buf_clear(&peers->shown_restore);
    lh_buf_clear(&peers->shown_metrics);
    free(peers->members);
    free(peers->convictions);
    lh_buf_clear(&peers->reached[LH_LEVEL_WITNESSED].note);
    lh_buf_clear(&peers->reached[LH_LEVEL_FINAL].note);
    (void)pthread_mutex_destroy(&peers->shown_lock);
    free(peers);
}

enum lh_code lh_peers_start(struct lh_peers **out, const struct lh_peers_options *options,
                            struct lh_err *err)
{
    struct lh_peers *peers;
    enum lh_code rc;

    *out = NULL;
    if (options->config->peers_listen[0] == '\0' && options->config->peer_count == 0) {
        return LH_OK;
    }
    peers = calloc(1, sizeof *peers);
    if (peers == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "peers");
    }
    peers->options = *options;
    peers->wake_fd = -1;
    peers->shown_ms = INT64_MIN / 2;
    peers->judge_ms = INT64_MAX;
    (void)snprintf(peers->department, sizeof peers->department, "%s", options->department);
    (void)pthread_mutex_init(&peers->shown_lock, NULL);
    rc = open_loop(peers, err);
    if (rc == LH_OK) {
        rc = open_identity(peers, err);
    }
    if (rc == LH_OK) {
        rc = open_machine(peers, err);
        if (rc != LH_OK && rc != LH_ERR_NOMEM) {
            /* what peers need may be broken: recording goes on without them */
            lh_log_write(options->log, LH_LOG_ERROR, "peers.off", "reason=\"%s\"", err->text);
            lh_peers_stop(peers);
            return LH_OK;
        }
    }
    if (rc == LH_OK) {
        rc = open_mesh(peers, err);
    }
    if (rc == LH_OK) {
        lh_peers_show(peers);
        peers->is_running = pthread_create(&peers->thread, NULL, run, peers) == 0;
        rc = peers->is_running ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "the peers' thread");
    }
    if (rc != LH_OK) {
        lh_peers_stop(peers);
        return rc;
    }
    *out = peers;
    return LH_OK;
}
