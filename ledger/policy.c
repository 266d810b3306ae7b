#include "ledger/policy.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>

void lh_policy_clear(struct lh_policy *policy)
{
    lh_buf_clear(&policy->text);
    free(policy->logs);
    free(policy->parties);
    *policy = (struct lh_policy)LH_POLICY_EMPTY;
}

/* ---- words ---- */

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* The next word of a line, cut off its front; empty at the end. */
static struct lh_bytes next_word(struct lh_bytes *rest)
{
    size_t start = 0;
    size_t end;

    while (start < rest->len && is_blank(rest->data[start])) {
        start++;
    }
    for (end = start; end < rest->len && !is_blank(rest->data[end]);) {
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

/* spec ledger.md 5.1: "No byte is below 0x20 but tabs and newlines, and none is 0x7f." */
static enum lh_code check_bytes(struct lh_bytes line, struct lh_err *err)
{
    for (size_t i = 0; i < line.len; i++) {
        if ((line.data[i] < 0x20 && line.data[i] != '\t') || line.data[i] == 0x7f) {
            return lh_err_set(err, LH_ERR_INVALID, "a control character");
        }
    }
    return LH_OK;
}

static enum lh_code check_end(struct lh_bytes line, struct lh_err *err)
{
    return next_word(&line).len == 0 ? LH_OK
                                     : lh_err_set(err, LH_ERR_INVALID, "too many words in a line");
}

/* ---- logs and witnesses ---- */

static enum lh_code parse_key(struct lh_note_key *out, struct lh_bytes vkey, enum lh_note_kind kind,
                              struct lh_err *err)
{
    enum lh_code rc = lh_note_key_parse(out, vkey, err);

    if (rc == LH_OK && out->kind != kind) {
        rc = lh_err_set(err, LH_ERR_INVALID, "this is no %s's key",
                        kind == LH_NOTE_LOG ? "log" : "witness");
    }
    return rc;
}

static enum lh_code add_log(struct lh_policy *policy, struct lh_bytes line, struct lh_err *err)
{
    struct lh_policy_log log;
    enum lh_code rc = parse_key(&log.key, next_word(&line), LH_NOTE_LOG, err);

    if (rc != LH_OK) {
        return rc;
    }
    for (size_t i = 0; i < policy->log_count; i++) {
        if (lh_pubkey_is_equal(&policy->logs[i].key.key, &log.key.key)) {
            return lh_err_set(err, LH_ERR_INVALID, "this key has a line already");
        }
    }
    if (policy->log_count == LH_POLICY_LOGS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d logs", LH_POLICY_LOGS_MAX);
    }
    log.url = next_word(&line);
    policy->logs[policy->log_count++] = log;
    return check_end(line, err);
}

static struct lh_policy_party *find_party(const struct lh_policy *policy, struct lh_bytes name)
{
    for (size_t i = 0; i < policy->party_count; i++) {
        if (lh_bytes_is_equal(policy->parties[i].name, name)) {
            return &policy->parties[i];
        }
    }
    return NULL;
}

static enum lh_code check_name(const struct lh_policy *policy, struct lh_bytes name,
                               struct lh_err *err)
{
    if (name.len == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "wants a name");
    }
    if (is_word(name, "none") || find_party(policy, name) != NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "this name is taken");
    }
    if (policy->party_count == LH_POLICY_PARTIES_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d witnesses and groups",
                          LH_POLICY_PARTIES_MAX);
    }
    return LH_OK;
}

static enum lh_code add_witness(struct lh_policy *policy, struct lh_bytes line, struct lh_err *err)
{
    struct lh_policy_party party = { .name = next_word(&line),
                                     .is_witness = true,
                                     .group = LH_POLICY_NOBODY };
    enum lh_code rc = check_name(policy, party.name, err);

    if (rc == LH_OK) {
        rc = parse_key(&party.key, next_word(&line), LH_NOTE_COSIGNATURE, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    for (size_t i = 0; i < policy->party_count; i++) {
        if (policy->parties[i].is_witness &&
            lh_pubkey_is_equal(&policy->parties[i].key.key, &party.key.key)) {
            return lh_err_set(err, LH_ERR_INVALID, "this key has a line already");
        }
    }
    party.url = next_word(&line);
    policy->parties[policy->party_count++] = party;
    return check_end(line, err);
}

/* ---- groups and the quorum ---- */

static enum lh_code read_threshold(size_t *out, struct lh_bytes word, size_t member_count,
                                   struct lh_err *err)
{
    uint64_t number = is_word(word, "any") ? 1 : member_count;

    if (!is_word(word, "any") && !is_word(word, "all") &&
        lh_decimal_parse(&number, word, NULL) != LH_OK) {
        return lh_err_set(err, LH_ERR_INVALID, "a group wants all, any or a number");
    }
    if (number < 1 || number > member_count) {
        return lh_err_set(err, LH_ERR_INVALID, "a group of %zu cannot want that many",
                          member_count);
    }
    *out = (size_t)number;
    return LH_OK;
}

static enum lh_code add_group(struct lh_policy *policy, struct lh_bytes line, struct lh_err *err)
{
    struct lh_policy_party group = { .name = next_word(&line), .group = LH_POLICY_NOBODY };
    struct lh_bytes wanted = next_word(&line);
    struct lh_bytes word;
    enum lh_code rc = check_name(policy, group.name, err);

    if (rc != LH_OK) {
        return rc;
    }
    for (word = next_word(&line); word.len > 0; word = next_word(&line)) {
        struct lh_policy_party *member = find_party(policy, word);

        if (member == NULL) {
            return lh_err_set(err, LH_ERR_INVALID, "a member that no line above names");
        }
        if (member->group != LH_POLICY_NOBODY) {
            return lh_err_set(err, LH_ERR_INVALID, "a member that is one already");
        }
        member->group = policy->party_count;
        group.member_count++;
    }
    rc = read_threshold(&group.threshold, wanted, group.member_count, err);
    if (rc == LH_OK) {
        policy->parties[policy->party_count++] = group;
    }
    return rc;
}

static enum lh_code set_quorum(struct lh_policy *policy, struct lh_bytes line, struct lh_err *err)
{
    struct lh_bytes name = next_word(&line);
    const struct lh_policy_party *party = find_party(policy, name);

    if (policy->has_quorum) {
        return lh_err_set(err, LH_ERR_INVALID, "a second quorum");
    }
    if (party == NULL && !is_word(name, "none")) {
        return lh_err_set(err, LH_ERR_INVALID, "a quorum that no line above names");
    }
    policy->has_quorum = true;
    policy->quorum = party != NULL ? (size_t)(party - policy->parties) : LH_POLICY_NOBODY;
    return check_end(line, err);
}

/* ---- the file ---- */

static enum lh_code take_line(struct lh_policy *policy, struct lh_bytes line, struct lh_err *err)
{
    enum lh_code rc = check_bytes(line, err);
    struct lh_bytes verb = next_word(&line);

    if (rc != LH_OK || verb.len == 0 || verb.data[0] == '#') {
        return rc;
    }
    if (is_word(verb, "log")) {
        return add_log(policy, line, err);
    }
    if (is_word(verb, "witness")) {
        return add_witness(policy, line, err);
    }
    if (is_word(verb, "group")) {
        return add_group(policy, line, err);
    }
    if (is_word(verb, "quorum")) {
        return set_quorum(policy, line, err);
    }
    return lh_err_set(err, LH_ERR_INVALID, "neither log, witness, group nor quorum");
}

/* Room for as many as there are lines, at most; one for an empty file, so that NULL is a failure.
 */
static enum lh_code make_room(struct lh_policy *policy, struct lh_bytes text, struct lh_err *err)
{
    struct lh_bytes line;
    size_t count = 1;

    while (lh_text_next_line(&text, &line)) {
        count++;
    }
    policy->logs =
        calloc(count < LH_POLICY_LOGS_MAX ? count : LH_POLICY_LOGS_MAX, sizeof *policy->logs);
    policy->parties = calloc(count < LH_POLICY_PARTIES_MAX ? count : LH_POLICY_PARTIES_MAX,
                             sizeof *policy->parties);
    return policy->logs != NULL && policy->parties != NULL
               ? LH_OK
               : lh_err_set(err, LH_ERR_NOMEM, "out of memory for a policy");
}

enum lh_code lh_policy_parse(struct lh_policy *out, struct lh_bytes text, struct lh_err *err)
{
    struct lh_policy policy = LH_POLICY_EMPTY;
    struct lh_bytes rest;
    struct lh_bytes line;
    enum lh_code rc;

    if (text.len > LH_POLICY_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "a policy has at most %d bytes", LH_POLICY_MAX);
    }
    lh_buf_add(&policy.text, text);
    rc = lh_buf_check(&policy.text, err);
    rest = lh_buf_bytes(&policy.text);
    if (rc == LH_OK) {
        rc = make_room(&policy, rest, err);
    }
    for (size_t number = 1; rc == LH_OK && lh_text_next_line(&rest, &line); number++) {
        rc = take_line(&policy, line, err);
        if (rc != LH_OK) {
            lh_err_wrap(err, rc, "line %zu", number);
        }
    }
    if (rc == LH_OK && rest.len > 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "the last line has no newline");
    }
    if (rc != LH_OK) {
        lh_policy_clear(&policy);
        return rc;
    }
    *out = policy;
    return LH_OK;
}

/* ---- judging ---- */

enum lh_code lh_policy_judge(const struct lh_policy *policy, const struct lh_note *note,
                             size_t *out_count, struct lh_err *err)
{
    size_t votes[LH_POLICY_PARTIES_MAX] = { 0 };
    size_t count = 0;
    bool is_met = policy->quorum == LH_POLICY_NOBODY;

    /* Members stand before their group, so one pass counts them all. */
    for (size_t i = 0; i < policy->party_count; i++) {
        const struct lh_policy_party *party = &policy->parties[i];
        bool has_witnessed = !party->is_witness && votes[i] >= party->threshold;

        if (party->is_witness) {
            enum lh_code rc = lh_note_verify(note, &party->key, NULL, err);

            if (rc != LH_OK && rc != LH_ERR_NOT_FOUND) {
                return rc;
            }
            has_witnessed = rc == LH_OK;
            count += has_witnessed ? 1 : 0;
        }
        if (has_witnessed && party->group != LH_POLICY_NOBODY) {
            lh_assert(party->group > i);
            votes[party->group]++;
        }
        is_met = is_met || (has_witnessed && policy->quorum == i);
    }
    if (out_count != NULL) {
        *out_count = count;
    }
    return is_met ? LH_OK
                  : lh_err_set(err, LH_ERR_UNKNOWN, "%zu witnesses cosigned: no quorum", count);
}
