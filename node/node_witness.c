#include "node/node_internal.h"

#include "ledger/generation.h"
#include "ledger/origin.h"
#include "node/cosigner.h"
#include "node/file.h"

#include <stdio.h>
#include <string.h>

/*
 * Who this node is to the logs of others. Members of our own network are witnessed by the rules of
 * the network, which say more of a head and have a key of their own.
 */

static enum lh_code read_policy(struct lh_policy *out, const char *key, const char *path,
                                struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc = lh_small_file_read(&text, path, LH_POLICY_MAX, err);

    if (rc == LH_OK) {
        rc = lh_policy_parse(out, lh_buf_bytes(&text), err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", path);
    }
    lh_buf_clear(&text);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", key);
}

static enum lh_code read_key(struct lh_signer **out, const char *path, struct lh_err *err)
{
    enum lh_code rc = lh_signer_open(out, path, err);
    enum lh_alg alg = rc == LH_OK ? lh_signer_pubkey(*out)->alg : LH_ALG_ED25519;

    if (alg != LH_ALG_ED25519 && alg != LH_ALG_SM2) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%s: a witness signs with Ed25519 or SM2", path);
        lh_signer_free(*out);
        *out = NULL;
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "witness.key");
}

enum lh_code lh_node_witness_check(const struct lh_config *config, struct lh_err *err)
{
    struct lh_policy policy = LH_POLICY_EMPTY;
    struct lh_signer *signer = NULL;
    enum lh_code rc = LH_OK;

    if (config->witness_key[0] != '\0') {
        rc = read_key(&signer, config->witness_key, err);
        if (rc == LH_OK) {
            rc = read_policy(&policy, "witness.logs", config->witness_logs, err);
        }
    }
    lh_policy_clear(&policy);
    if (rc == LH_OK && config->witness_policy[0] != '\0') {
        rc = read_policy(&policy, "witness.policy", config->witness_policy, err);
    }
    lh_signer_free(signer);
    lh_policy_clear(&policy);
    return rc;
}

static enum lh_code check_strangers(const struct lh_node *node, const struct lh_signer *signer,
                                    const struct lh_policy *policy, struct lh_err *err)
{
    const struct lh_members *members =
        lh_epochs_last_with(lh_ledger_epochs(node->ledger), node->rules.department);
    const struct lh_member *own = lh_members_find(members, node->rules.department);
    struct lh_origin origin;

    if (lh_pubkey_is_equal(lh_signer_pubkey(signer), &own->enrolment.witness)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "witness.key: the enrolment's key says more of a head than a witness of "
                          "others can: make another with `liuhen keygen`");
    }
    for (size_t i = 0; i < policy->log_count; i++) {
        const char *name = policy->logs[i].key.name;

        if (lh_origin_parse(&origin, lh_bytes_of_text(name), NULL) == LH_OK &&
            strcmp(origin.network, lh_genesis_network(node->genesis)) == 0) {
            return lh_err_set(err, LH_ERR_INVALID,
                              "witness.logs: %s is of our own network: its members witness it",
                              name);
        }
    }
    return LH_OK;
}

/* What was cosigned of others' logs stands in the store alone: peers give back the ledger of a
 * restored one, and not that. */
static bool is_forgetful(const struct lh_node *node)
{
    const struct lh_ledger *ledger = node->ledger;

    while (ledger != NULL && lh_ledger_reason(ledger) != LH_GENERATION_RESTORE &&
           lh_ledger_reason(ledger) != LH_GENERATION_UNSAFE_RESTORE) {
        ledger = lh_ledger_prev(ledger);
    }
    return ledger != NULL;
}

static enum lh_code open_cosigner(struct lh_node *node, struct lh_err *err)
{
    struct lh_policy policy = LH_POLICY_EMPTY;
    char name[LH_ORIGIN_MAX + 1];
    struct lh_cosigner_options options = { .store = node->store, .name = name, .policy = &policy };
    enum lh_code rc;

    (void)snprintf(name, sizeof name, "%s/%s/witness", lh_genesis_network(node->genesis),
                   node->rules.department);
    rc = read_key(&options.signer, node->config->witness_key, err);
    if (rc == LH_OK) {
        rc = read_policy(&policy, "witness.logs", node->config->witness_logs, err);
    }
    if (rc == LH_OK) {
        rc = check_strangers(node, options.signer, &policy, err);
    }
    if (rc == LH_OK) {
        rc = lh_cosigner_new(&node->cosigner, &options, err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, rc, "witness");
    } else {
        lh_signer_free(options.signer);
    }
    lh_policy_clear(&policy);
    return rc;
}

enum lh_code lh_node_witness_open(struct lh_node *node, struct lh_err *err)
{
    const struct lh_config *config = node->config;
    enum lh_code rc = LH_OK;

    node->is_forgetful = is_forgetful(node);
    if (config->witness_policy[0] != '\0') {
        rc = read_policy(&node->witnesses, "witness.policy", config->witness_policy, err);
    }
    return rc == LH_OK && config->witness_key[0] != '\0' ? open_cosigner(node, err) : rc;
}
