#include "cli/verify/trust.h"

#include "cli/verify/input.h"
#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>

enum { TRUST_FILE_MAX = 1024 * 1024 };

void lh_trust_init(struct lh_trust *trust)
{
    memset(trust, 0, sizeof *trust);
    trust->policy = (struct lh_policy)LH_POLICY_EMPTY;
}

void lh_trust_clear(struct lh_trust *trust)
{
    free(trust->logs);
    free(trust->recorders);
    for (size_t i = 0; i < trust->epoch_count; i++) {
        lh_buf_clear(&trust->epochs[i]);
    }
    free(trust->epochs);
    lh_genesis_free(trust->genesis);
    lh_policy_clear(&trust->policy);
    lh_trust_init(trust);
}

bool lh_trust_is_empty(const struct lh_trust *trust)
{
    return !trust->has_network && trust->log_count == 0 && !lh_trust_has_quorum(trust);
}

bool lh_trust_has_quorum(const struct lh_trust *trust)
{
    return trust->policy.quorum != LH_POLICY_NOBODY;
}

bool lh_trust_has_origin(const struct lh_trust *trust, const char *origin)
{
    for (size_t i = 0; i < trust->log_count; i++) {
        if (strcmp(trust->logs[i].name, origin) == 0) {
            return true;
        }
    }
    return false;
}

static enum lh_code pin(struct lh_trust *trust, const struct lh_hash *network_id,
                        struct lh_err *err)
{
    if (trust->has_network && !lh_hash_is_equal(&trust->network_id, network_id)) {
        return lh_err_set(err, LH_ERR_CONFLICT, "two different networks are to be trusted");
    }
    trust->has_network = true;
    trust->network_id = *network_id;
    return LH_OK;
}

enum lh_code lh_trust_add_network(struct lh_trust *trust, const char *hex, struct lh_err *err)
{
    struct lh_hash id;

    enum lh_code rc = lh_hex_parse(id.bytes, sizeof id.bytes, lh_bytes_of_text(hex), err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "a network id is 64 hex digits");
    }
    return pin(trust, &id, err);
}

enum lh_code lh_trust_add_log(struct lh_trust *trust, const struct lh_note_key *key,
                              struct lh_err *err)
{
    if (trust->log_count == trust->log_capacity) {
        size_t capacity = trust->log_capacity == 0 ? 8 : 2 * trust->log_capacity;
        struct lh_note_key *grown = realloc(trust->logs, capacity * sizeof *grown);
        if (grown == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "out of memory for keys");
        }
        trust->logs = grown;
        trust->log_capacity = capacity;
    }
    trust->logs[trust->log_count++] = *key;
    return LH_OK;
}

const struct lh_pubkey *lh_trust_find_recorder(const struct lh_trust *trust,
                                               const struct lh_hash *network_id,
                                               const char *department)
{
    for (size_t i = 0; i < trust->recorder_count; i++) {
        const struct lh_trust_recorder *recorder = &trust->recorders[i];

        if (strcmp(recorder->department, department) == 0 &&
            lh_hash_is_equal(&recorder->network_id, network_id)) {
            return &recorder->key;
        }
    }
    return NULL;
}

static enum lh_code add_recorders(struct lh_trust *trust, const struct lh_genesis *genesis,
                                  struct lh_err *err)
{
    const struct lh_hash *network_id = lh_genesis_network_id(genesis);
    size_t members = lh_genesis_count(genesis);
    struct lh_trust_recorder *grown =
        realloc(trust->recorders, (trust->recorder_count + members) * sizeof *grown);

    if (grown == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for keys");
    }
    trust->recorders = grown;
    for (size_t i = 0; i < members; i++) {
        const struct lh_enrolment *member = lh_genesis_member(genesis, i);

        if (lh_trust_find_recorder(trust, network_id, member->department) == NULL) {
            struct lh_trust_recorder *recorder = &trust->recorders[trust->recorder_count++];

            recorder->network_id = *network_id;
            memcpy(recorder->department, member->department, sizeof recorder->department);
            recorder->key = member->recorder;
        }
    }
    return LH_OK;
}

enum lh_code lh_trust_add_members(struct lh_trust *trust, const struct lh_genesis *genesis,
                                  struct lh_err *err)
{
    enum lh_code rc = add_recorders(trust, genesis, err);

    return rc == LH_OK && trust->genesis == NULL
               ? lh_genesis_new(&trust->genesis, lh_genesis_bytes(genesis), err)
               : rc;
}

/* A file without a quorum line asks for none: `liuhen` wrote such files. */
static enum lh_code add_policy(struct lh_trust *trust, struct lh_bytes text, struct lh_err *err)
{
    struct lh_policy policy = LH_POLICY_EMPTY;
    enum lh_code rc = lh_policy_parse(&policy, text, err);

    if (rc == LH_OK && policy.quorum != LH_POLICY_NOBODY && lh_trust_has_quorum(trust)) {
        rc = lh_err_set(err, LH_ERR_CONFLICT, "two policies ask for a quorum of witnesses");
    }
    for (size_t i = 0; rc == LH_OK && i < policy.log_count; i++) {
        rc = lh_trust_add_log(trust, &policy.logs[i].key, err);
    }
    if (rc == LH_OK && policy.quorum != LH_POLICY_NOBODY) {
        lh_policy_clear(&trust->policy);
        trust->policy = policy;
    } else {
        lh_policy_clear(&policy);
    }
    return rc;
}

/* A genesis begins with the number of its schema as protobuf writes it, which no text does. */
static bool is_genesis(struct lh_bytes content)
{
    return content.len > 0 && content.data[0] == 0x08;
}

static enum lh_code add_genesis(struct lh_trust *trust, struct lh_bytes content, struct lh_err *err)
{
    struct lh_genesis *genesis;

    enum lh_code rc = lh_genesis_new(&genesis, content, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = pin(trust, lh_genesis_network_id(genesis), err);
    if (rc == LH_OK) {
        rc = lh_trust_add_members(trust, genesis, err);
    }
    lh_genesis_free(genesis);
    return rc;
}

static enum lh_code read_whole(struct lh_buf *out, const char *path, struct lh_err *err)
{
    struct lh_input *input;
    enum lh_code rc = lh_input_open(&input, path, err);

    if (rc == LH_OK) {
        rc = lh_input_read_all(input, out, TRUST_FILE_MAX, err);
        lh_input_close(input);
    }
    return rc;
}

static enum lh_code check_proposal(struct lh_bytes content, struct lh_err *err)
{
    lhpb_Proposal *proposal = malloc(sizeof *proposal);
    enum lh_code rc = proposal == NULL ? lh_err_set(err, LH_ERR_NOMEM, "out of memory")
                                       : lh_proposal_decode(proposal, content, err);

    free(proposal);
    return rc;
}

/* Makes room for one more. */
static enum lh_code keep_epoch(struct lh_trust *trust, struct lh_bytes content, struct lh_err *err)
{
    struct lh_buf *grown;

    if (trust->epoch_count + 1 == LH_EPOCHS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d epochs", LH_EPOCHS_MAX);
    }
    grown = realloc(trust->epochs, (trust->epoch_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for epochs");
    }
    trust->epochs = grown;
    grown[trust->epoch_count] = (struct lh_buf)LH_BUF_EMPTY;
    lh_buf_add(&grown[trust->epoch_count], content);
    return lh_buf_check(&grown[trust->epoch_count++], err);
}

enum lh_code lh_trust_add_epoch(struct lh_trust *trust, const char *path, struct lh_err *err)
{
    struct lh_buf content = LH_BUF_EMPTY;
    enum lh_code rc = read_whole(&content, path, err);

    if (rc == LH_OK) {
        rc = check_proposal(lh_buf_bytes(&content), err);
    }
    if (rc == LH_OK) {
        rc = keep_epoch(trust, lh_buf_bytes(&content), err);
    }
    lh_buf_clear(&content);
    return rc;
}

enum lh_code lh_trust_open_epochs(const struct lh_trust *trust, struct lh_epochs **out,
                                  struct lh_err *err)
{
    struct lh_epochs *epochs = NULL;
    enum lh_code rc;

    if (trust->genesis == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "there is no genesis file");
    }
    rc = lh_epochs_new(&epochs, trust->genesis, err);
    for (size_t i = 0; rc == LH_OK && i < trust->epoch_count; i++) {
        rc = lh_epochs_add(epochs, lh_buf_bytes(&trust->epochs[i]), err);
    }
    if (rc != LH_OK) {
        lh_epochs_free(epochs);
        return rc == LH_ERR_NOMEM ? rc
                                  : lh_err_set(err, LH_ERR_CONFLICT,
                                               "the epochs that were given do not follow the "
                                               "genesis file");
    }
    *out = epochs;
    return LH_OK;
}

enum lh_code lh_trust_add_file(struct lh_trust *trust, const char *path, struct lh_err *err)
{
    struct lh_buf content = LH_BUF_EMPTY;
    enum lh_code rc = read_whole(&content, path, err);

    if (rc == LH_OK) {
        rc = is_genesis(lh_buf_bytes(&content)) ? add_genesis(trust, lh_buf_bytes(&content), err)
                                                : add_policy(trust, lh_buf_bytes(&content), err);
    }
    lh_buf_clear(&content);
    return rc;
}
