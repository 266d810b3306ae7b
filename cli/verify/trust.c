#include "cli/verify/trust.h"

#include "cli/verify/input.h"
#include "crypto/text.h"
#include "ledger/genesis.h"

#include <stdlib.h>
#include <string.h>

enum { TRUST_FILE_MAX = 1024 * 1024 };

void lh_trust_init(struct lh_trust *trust)
{
    memset(trust, 0, sizeof *trust);
}

void lh_trust_clear(struct lh_trust *trust)
{
    free(trust->logs);
    free(trust->recorders);
    lh_trust_init(trust);
}

bool lh_trust_is_empty(const struct lh_trust *trust)
{
    return !trust->has_network && trust->log_count == 0;
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

enum lh_code lh_trust_add_recorders(struct lh_trust *trust, const struct lh_genesis *genesis,
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

/* The next word of a line, cut off its front; empty at the end. */
static struct lh_bytes next_word(struct lh_bytes *rest)
{
    size_t start = 0;
    size_t end;

    while (start < rest->len && (rest->data[start] == ' ' || rest->data[start] == '\t')) {
        start++;
    }
    for (end = start; end < rest->len && rest->data[end] != ' ' && rest->data[end] != '\t';) {
        end++;
    }
    struct lh_bytes word = lh_bytes_of(rest->data + start, end - start);
    *rest = lh_bytes_of(rest->data + end, rest->len - end);
    return word;
}

static bool is_word(struct lh_bytes word, const char *text)
{
    return lh_bytes_is_equal(word, lh_bytes_of_text(text));
}

static enum lh_code add_log_line(struct lh_trust *trust, struct lh_bytes vkey, struct lh_err *err)
{
    struct lh_note_key key;

    enum lh_code rc = lh_note_key_parse(&key, vkey, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (key.kind != LH_NOTE_LOG) {
        return lh_err_set(err, LH_ERR_INVALID, "this is no log's key");
    }
    return lh_trust_add_log(trust, &key, err);
}

/*
 * One line of a tlog-policy. Witnesses and groups name keys that this version does not judge; that
 * is right only where no quorum of them is asked for, so a quorum is refused.
 */
static enum lh_code add_policy_line(struct lh_trust *trust, struct lh_bytes line,
                                    struct lh_err *err)
{
    struct lh_bytes verb = next_word(&line);

    if (verb.len == 0 || verb.data[0] == '#' || is_word(verb, "witness") ||
        is_word(verb, "group")) {
        return LH_OK;
    }
    if (is_word(verb, "log")) {
        return add_log_line(trust, next_word(&line), err);
    }
    if (is_word(verb, "quorum")) {
        return is_word(next_word(&line), "none")
                   ? LH_OK
                   : lh_err_set(err, LH_ERR_INVALID,
                                "a quorum of witnesses is not judged by this version");
    }
    return lh_err_set(err, LH_ERR_INVALID, "neither log, witness, group nor quorum");
}

static enum lh_code add_policy(struct lh_trust *trust, struct lh_bytes text, struct lh_err *err)
{
    struct lh_bytes line;

    for (size_t number = 1; lh_text_next_line(&text, &line); number++) {
        enum lh_code rc = add_policy_line(trust, line, err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "line %zu", number);
        }
    }
    return text.len == 0 ? LH_OK : lh_err_set(err, LH_ERR_INVALID, "the last line has no newline");
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
        rc = lh_trust_add_recorders(trust, genesis, err);
    }
    lh_genesis_free(genesis);
    return rc;
}

enum lh_code lh_trust_add_file(struct lh_trust *trust, const char *path, struct lh_err *err)
{
    struct lh_buf content = LH_BUF_EMPTY;
    struct lh_input *input;

    enum lh_code rc = lh_input_open(&input, path, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_input_read_all(input, &content, TRUST_FILE_MAX, err);
    lh_input_close(input);
    if (rc == LH_OK) {
        rc = is_genesis(lh_buf_bytes(&content)) ? add_genesis(trust, lh_buf_bytes(&content), err)
                                                : add_policy(trust, lh_buf_bytes(&content), err);
    }
    lh_buf_clear(&content);
    return rc;
}
