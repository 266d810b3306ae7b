/* A node that asks its peers before it goes on from a restore: what it does when it opens. */

#include "node/node_internal.h"

#include "ledger/prepare.h"
#include "node/file.h"
#include "node/restoring.h"

#include <stdio.h>
#include <string.h>

/* What the peers gave of our ledgers. Where it does not fit, people have to look. */
enum lh_code lh_node_take_back(struct lh_node *node, struct lh_err *err)
{
    struct lh_store *copies = NULL;
    struct lh_err why = LH_ERR_NONE;
    uint64_t blocks = 0;
    enum lh_code rc;

    if (node->prepare.len == 0) {
        return LH_OK;
    }
    rc = lh_restoring_copies(&copies, node->config->data, &why);
    if (rc == LH_OK) {
        rc = lh_restoring_adopt(node->store, copies, node->genesis, node->rules.department, &blocks,
                                &why);
    }
    if (rc == LH_ERR_NOMEM || rc == LH_ERR_IO) {
        return lh_err_set(err, rc, "%s", why.text);
    }
    node->is_unfit = rc != LH_OK && rc != LH_ERR_NOT_FOUND;
    if (node->is_unfit) {
        lh_log_write(node->log, LH_LOG_ERROR, "restore.unfit", "reason=\"%s\"", why.text);
    }
    if (blocks > 0) {
        lh_log_write(node->log, LH_LOG_WARN, "restore.taken", "blocks=%llu",
                     (unsigned long long)blocks);
    }
    return LH_OK;
}

/* The generation that officers asked for has begun: they ask no more. */
enum lh_code lh_node_end_restoring(struct lh_node *node, struct lh_err *err)
{
    struct lh_prepare prepare;
    enum lh_code rc;

    if (node->prepare.len == 0) {
        return LH_OK;
    }
    rc = lh_prepare_read(&prepare, node->suite, node->genesis, lh_buf_bytes(&node->prepare), err);
    if (rc == LH_OK && strcmp(prepare.department, node->rules.department) != 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "it is of %s", prepare.department);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "prepare.lh: take it away, or make it anew");
    }
    if (lh_ledger_generation(node->ledger) >= prepare.generation) {
        lh_buf_clear(&node->prepare);
        rc = lh_restoring_end(node->config->data, err);
    }
    return rc;
}

/* ---- what the peers know better ---- */

/*
 * spec network.md 9: "A node stops sealing, as if a marker stood beside its store (ledger.md 8.4),
 * when a head under the seal of its newest generation is shown that it does not have"
 */
bool lh_node_is_doubted(struct lh_node *node)
{
    const char *why = lh_peers_doubt(node->peers);
    struct lh_buf marker = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (why == NULL || node->is_doubted || lh_sealer_state(node->sealer) != LH_LEDGER_CONTINUOUS) {
        return false;
    }
    node->is_doubted = true; /* and not tried again where it cannot be written */
    lh_buf_add_format(&marker, "%s%s\n", LH_NODE_MARKER_DOUBT, why);
    rc = lh_buf_check(&marker, &err);
    if (rc == LH_OK) {
        rc = lh_small_file_put(node->config->data, "RESTORED", lh_buf_bytes(&marker), &err);
    }
    lh_log_write(node->log, LH_LOG_ERROR, rc == LH_OK ? "ledger.doubted" : "ledger.unmarked",
                 "origin=%s reason=\"%s\" action=\"%s\"", lh_ledger_origin(node->ledger), why,
                 rc == LH_OK ? "nothing more is sealed: entries go to the journal" : err.text);
    lh_buf_clear(&marker);
    return rc == LH_OK;
}

/* ---- waiting for them at the start ---- */

/* spec network.md 9: "It seals nothing either where it was shown that it was set back" */
bool lh_node_is_waiting(const struct lh_node *node)
{
    return lh_peers_doubt(node->peers) != NULL ||
           (!lh_peers_has_heard(node->peers) && lh_node_mono_ms(node) < node->wait_until_mono_ms);
}

/*
 * spec network.md 9: "A node that starts with a continuous ledger seals nothing before it has heard
 * N - 1 - F others to the end of their vectors (8), at most for `start.wait_peers`"
 */
void lh_node_begin_wait(struct lh_node *node)
{
    int64_t now_ms = lh_node_mono_ms(node);

    node->wait_until_mono_ms = now_ms;
    if (lh_ledger_state(node->ledger) == LH_LEDGER_CONTINUOUS) {
        node->wait_until_mono_ms += (int64_t)node->config->wait_peers_ms;
    }
    node->is_waiting = lh_node_is_waiting(node);
    if (node->is_waiting) {
        lh_log_write(node->log, LH_LOG_INFO, "peers.awaited", "ms=%llu",
                     (unsigned long long)node->config->wait_peers_ms);
    }
}

void lh_node_end_wait(struct lh_node *node)
{
    if (node->is_waiting && !lh_node_is_waiting(node)) {
        node->is_waiting = false;
        lh_log_write(node->log, LH_LOG_INFO, "peers.wait_ended", "heard=%s journal=%llu",
                     lh_peers_has_heard(node->peers) ? "enough" : "too_few",
                     (unsigned long long)lh_journal_count(node->journal));
        lh_sealer_look(node->sealer);
    }
}

void lh_node_say_doubt(struct lh_node *node)
{
    size_t len = strlen(LH_NODE_MARKER_DOUBT);

    if (lh_ledger_state(node->ledger) == LH_LEDGER_SUSPECT && node->marker.len > len &&
        memcmp(node->marker.data, LH_NODE_MARKER_DOUBT, len) == 0) {
        (void)snprintf(node->why, sizeof node->why, "%.*s", (int)(node->marker.len - len - 1),
                       lh_buf_text(&node->marker) + len);
    }
}
