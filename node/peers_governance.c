/* Proposals and epochs: what is driven, told and asked of net/governance. */

#include "node/peers_internal.h"

#include "crypto/text.h"
#include "node/metrics.h"

static void on_proposed(void *arg, const struct lh_hash *proposal)
{
    struct lh_peers *peers = arg;
    char hex[2 * LH_HASH_SIZE + 1];

    lh_hex_format(hex, lh_hash_bytes(proposal));
    lh_log_write(peers->options.log, LH_LOG_INFO, "epoch.proposed", "proposal=%s", hex);
}

/* Where the newest epoch names other keys than the node has, it witnesses nothing until it has
 * them. */
void lh_peers_warn_of_keys(const struct lh_peers *peers)
{
    const struct lh_members *members = lh_epochs_newest(lh_governance_epochs(peers->governance));
    const struct lh_member *us = lh_members_find(members, peers->department);

    if (us != NULL &&
        (!lh_pubkey_is_equal(&us->enrolment.witness, lh_signer_pubkey(peers->witness)) ||
         !lh_pubkey_is_equal(&us->enrolment.mirror, lh_signer_pubkey(peers->mirror)))) {
        lh_log_write(peers->options.log, LH_LOG_ERROR, "witness.key_ended",
                     "epoch=%u reason=\"the epoch names other witness or mirror keys of %s, which "
                     "this node does not have: it cosigns nothing until they are in the place of "
                     "its own and it is started anew\"",
                     (unsigned)lh_members_number(members), peers->department);
    }
}

static void on_certified(void *arg, const struct lh_members *members)
{
    struct lh_peers *peers = arg;
    char hex[2 * LH_HASH_SIZE + 1];

    lh_hex_format(hex, lh_hash_bytes(lh_members_epoch(members)));
    lh_log_write(peers->options.log, LH_LOG_INFO, "epoch.certified",
                 "number=%u epoch=%s members=%zu", (unsigned)lh_members_number(members), hex,
                 lh_members_count(members));
    lh_peers_warn_of_keys(peers);
}

static void on_trouble(void *arg, const struct lh_err *why)
{
    struct lh_peers *peers = arg;

    lh_log_write(peers->options.log, LH_LOG_WARN, "governance.trouble", "reason=\"%s\"", why->text);
}

/* What our own ledger goes by was counted once, or was given to us by our own people: `liuhen init
 * --epochs`. */
static enum lh_code adopt_own(struct lh_peers *peers, struct lh_err *err)
{
    const struct lh_epochs *epochs = lh_ledger_epochs(peers->options.ledger);
    enum lh_code rc = LH_OK;

    for (size_t i = 1; rc == LH_OK && i < lh_epochs_count(epochs); i++) {
        rc = lh_governance_adopt(peers->governance, lh_epochs_proposal(epochs, i), err);
    }
    return rc;
}

enum lh_code lh_peers_open_governance(struct lh_peers *peers, struct lh_err *err)
{
    const struct lh_governance_listener listener = { .arg = peers,
                                                     .on_proposed = on_proposed,
                                                     .on_certified = on_certified,
                                                     .on_trouble = on_trouble };

    enum lh_code rc = lh_governance_new(&peers->governance, peers->replica, &listener, err);

    if (rc == LH_OK) {
        rc = adopt_own(peers, err);
    }
    if (rc == LH_OK) {
        rc = lh_peers_grow(peers, err);
    }
    if (rc == LH_OK) {
        peers->epoch_count = lh_epochs_count(lh_governance_epochs(peers->governance));
    }
    return rc;
}

const struct lh_epochs *lh_peers_epochs(const struct lh_peers *peers)
{
    return peers != NULL ? lh_governance_epochs(peers->governance) : NULL;
}

void lh_peers_format_epochs(const struct lh_peers *peers, struct lh_buf *out)
{
    const struct lh_epochs *epochs = lh_governance_epochs(peers->governance);

    lh_metrics_add_head(out, "liuhen_epoch_certified", "gauge",
                        "Number of the newest epoch that was certified; 0: the genesis file.");
    lh_buf_add_format(out, "liuhen_epoch_certified %zu\n", lh_epochs_count(epochs) - 1);
    lh_metrics_add_head(out, "liuhen_proposals", "gauge",
                        "Proposals kept about what follows that epoch.");
    lh_buf_add_format(out, "liuhen_proposals %zu\n", lh_governance_count(peers->governance));
}

/* ---- errands ---- */

void lh_peers_ask(struct lh_peers *peers, struct lh_peers_errand *errand)
{
    struct lh_peers_errand **end;

    errand->next = NULL;
    (void)pthread_mutex_lock(&peers->shown_lock);
    for (end = &peers->errands; *end != NULL; end = &(*end)->next) {
    }
    *end = errand;
    (void)pthread_mutex_unlock(&peers->shown_lock);
    lh_peers_on_sealed(peers); /* wakes the thread */
}

void lh_peers_run_errands(struct lh_peers *peers, struct lh_governance *governance)
{
    struct lh_peers_errand *errand;

    (void)pthread_mutex_lock(&peers->shown_lock);
    errand = peers->errands;
    peers->errands = NULL;
    (void)pthread_mutex_unlock(&peers->shown_lock);
    while (errand != NULL) {
        struct lh_peers_errand *next = errand->next; /* it may be gone once it has run */

        errand->run(errand, governance);
        errand = next;
    }
}
