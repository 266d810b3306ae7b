#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/files.h"
#include "cli/proven.h"
#include "ledger/policy.h"
#include "net/submission.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 * witness submit: the node's newest head goes to the outside witnesses of a policy, and what they
 * say of it back to the node. The node itself talks to nobody outside.
 */

enum { ROUNDS = 3, WAIT_MAX_S = 10 };

const struct lh_option lh_witness_submit_options[] = {
    { "policy",
      0,
      "FILE",
      { "whom to ask (witness.policy of the node's configuration)",
        "询问哪些见证者 (默认取节点配置的 witness.policy)" } },
    { .name = NULL },
};

/* What became of each witness, and of all together. */
struct round {
    struct lh_cli *cli;
    struct lh_policy policy;
    struct lh_proven proven;
    struct lh_client_reply head; /* the signed checkpoint */
    struct lh_buf lines;         /* of who cosigned it now */
    struct lh_buf cosigned;      /* both together */
    size_t asked_count;
    size_t cosigned_count;
    bool is_doubted; /* one has seen another history */
    json_t *answers;
};

static enum lh_code read_policy(struct round *round, struct lh_err *err)
{
    const char *named = lh_cli_value(round->cli, "policy");
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;

    if (named != NULL) {
        lh_buf_add_text(&path, named);
    } else if (lh_cli_setting(round->cli, &path, "witness.policy", NULL) != LH_OK) {
        rc = lh_err_set(err, LH_ERR_INVALID, "no policy is named: use --policy, or witness.policy");
    }
    if (rc == LH_OK) {
        rc = lh_file_read(&text, lh_buf_text(&path), LH_POLICY_MAX, err);
    }
    if (rc == LH_OK) {
        rc = lh_policy_parse(&round->policy, lh_buf_bytes(&text), err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", lh_buf_text(&path));
    }
    lh_buf_clear(&text);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code get_proof(struct round *round, const struct lh_submission *submission,
                              struct lh_proof *out, struct lh_err *err)
{
    struct lh_buf target = LH_BUF_EMPTY;
    json_t *answer = NULL;
    enum lh_code rc = LH_OK;

    *out = (struct lh_proof){ .count = 0 };
    if (submission->old > 0) {
        lh_buf_add_format(&target, "/v1/consistency?from=%" PRIu64 "&to=%" PRIu64, submission->old,
                          submission->size);
        rc = lh_api_get_json(round->cli, &answer, lh_buf_text(&target), err);
        rc = rc == LH_OK ? lh_api_proof(answer, "proof", out, err) : rc;
    }
    json_decref(answer);
    lh_buf_clear(&target);
    return rc;
}

/* One request and its answer. */
static enum lh_code ask_once(struct round *round, struct lh_submission *submission,
                             struct lh_client *client, struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_buf body = LH_BUF_EMPTY;
    struct lh_proof proof;
    enum lh_code rc = get_proof(round, submission, &proof, err);

    if (rc == LH_OK) {
        lh_submission_request(submission, &body, &proof);
        rc = lh_client_post(client, &reply, "/add-checkpoint", "text/plain", lh_buf_bytes(&body),
                            err);
    }
    if (rc == LH_OK) {
        struct lh_submission_reply answer = { .status = reply.status,
                                              .type = reply.type,
                                              .retry_after_s = reply.retry_after_s,
                                              .body = lh_buf_bytes(&reply.body) };

        lh_submission_take(submission, &answer, err);
    }
    lh_buf_clear(&body);
    lh_client_reply_clear(&reply);
    return rc;
}

/* Ask until it says something, or says `later` too often or for too long. Where it cannot be asked
 * the state stays ASK. */
static void ask(struct round *round, struct lh_submission *submission, struct lh_client *client,
                struct lh_err *err)
{
    for (unsigned i = 1;; i++) {
        while (submission->state == LH_SUBMISSION_ASK) {
            if (ask_once(round, submission, client, err) != LH_OK) {
                return;
            }
        }
        if (submission->state != LH_SUBMISSION_LATER || i == ROUNDS ||
            submission->wait_s > WAIT_MAX_S) {
            return;
        }
        struct timespec pause = { .tv_sec = (time_t)(submission->wait_s * i) };

        (void)nanosleep(&pause, NULL);
        submission->state = LH_SUBMISSION_ASK;
    }
}

static void tell(struct round *round, const struct lh_policy_party *party,
                 const struct lh_submission *submission, const char *words)
{
    static const char *const names[] = {
        [LH_SUBMISSION_ASK] = "unreachable",   [LH_SUBMISSION_COSIGNED] = "cosigned",
        [LH_SUBMISSION_LATER] = "later",       [LH_SUBMISSION_REFUSED] = "refused",
        [LH_SUBMISSION_UNPROVEN] = "unproven", [LH_SUBMISSION_AHEAD] = "ahead",
    };
    struct lh_buf name = LH_BUF_EMPTY;
    bool is_good = submission->state == LH_SUBMISSION_COSIGNED;

    lh_buf_add(&name, party->name);
    (void)json_array_append_new(
        round->answers, json_pack("{s:s, s:s, s:s*}", "witness", lh_buf_text(&name), "result",
                                  names[submission->state], "detail", is_good ? NULL : words));
    if (!round->cli->json) {
        lh_cli_print(round->cli, is_good ? LH_MSG_WITNESS_COSIGNED : LH_MSG_WITNESS_NOT,
                     lh_cli_sign(round->cli, is_good ? LH_OK : LH_ERR_DENIED), lh_buf_text(&name),
                     names[submission->state], words, NULL);
    }
    lh_buf_clear(&name);
}

static enum lh_code submit_to(struct round *round, const struct lh_policy_party *party,
                              struct lh_err *err)
{
    struct lh_submission submission;
    struct lh_client *client = NULL;
    struct lh_buf url = LH_BUF_EMPTY;
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc =
        lh_submission_init(&submission, &party->key, lh_buf_bytes(&round->head.body), err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_buf_add(&url, party->url);
    struct lh_client_options options = { .node = lh_buf_text(&url),
                                         .timeout_ms = round->cli->timeout_ms,
                                         .is_base_url =
                                             strncmp(lh_buf_text(&url), "unix:", 5) != 0 };
    round->asked_count++;
    if (lh_client_new(&client, &options, &why) == LH_OK) {
        ask(round, &submission, client, &why);
    }
    tell(round, party, &submission, why.text);
    if (submission.state == LH_SUBMISSION_COSIGNED) {
        round->cosigned_count++;
        lh_buf_add(&round->lines, lh_buf_bytes(&submission.line));
    }
    round->is_doubted = round->is_doubted || submission.state == LH_SUBMISSION_UNPROVEN ||
                        submission.state == LH_SUBMISSION_AHEAD;
    lh_client_free(client);
    lh_submission_clear(&submission);
    lh_buf_clear(&url);
    return LH_OK; /* one witness keeps nobody from asking the next */
}

/* The node's newest head: sealed, and an extension of what was seen before. */
static enum lh_code get_head(struct round *round, struct lh_err *err)
{
    enum lh_code rc = lh_api_get(round->cli, &round->head, "/v1/checkpoint", err);

    if (rc == LH_OK) {
        rc = lh_proven_checkpoint(&round->proven, lh_buf_bytes(&round->head.body), err);
    }
    return rc;
}

/* Of several lines of one witness the first counts: the new ones go in front. */
static enum lh_code compose(struct round *round, struct lh_err *err)
{
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, lh_buf_bytes(&round->head.body), err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_buf_add(&round->cosigned, note.text);
    lh_buf_add_u8(&round->cosigned, '\n');
    lh_buf_add(&round->cosigned, lh_buf_bytes(&round->lines));
    for (size_t i = 0; i < note.line_count; i++) {
        lh_note_line_format(&round->cosigned, &note.lines[i]);
    }
    return lh_buf_check(&round->cosigned, err);
}

static enum lh_code hand_back(struct round *round, struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_client *client;
    enum lh_code rc = lh_cli_client(round->cli, &client, err);

    if (rc == LH_OK) {
        rc = lh_client_post(client, &reply, "/v1/cosignatures", "text/plain",
                            lh_buf_bytes(&round->cosigned), err);
    }
    if (rc == LH_OK && reply.status != 200) {
        rc = lh_api_problem(&reply, err);
    }
    lh_client_reply_clear(&reply);
    return rc;
}

/* Of a policy without a quorum every witness is wanted. */
static bool is_enough(const struct round *round)
{
    struct lh_note note;

    if (round->policy.quorum == LH_POLICY_NOBODY) {
        return round->cosigned_count == round->asked_count;
    }
    return lh_note_parse(&note, lh_buf_bytes(&round->cosigned), NULL) == LH_OK &&
           lh_policy_judge(&round->policy, &note, NULL, NULL) == LH_OK;
}

static enum lh_code print_all(const struct round *round, struct lh_err *err)
{
    json_t *answer;
    enum lh_code rc;

    if (!round->cli->json) {
        return LH_OK;
    }
    answer = json_pack("{s:s, s:s, s:I, s:b, s:O}", "schema", "liuhen.witnessed/1", "origin",
                       round->proven.checkpoint.origin, "size",
                       (json_int_t)round->proven.checkpoint.size, "enough", is_enough(round),
                       "witnesses", round->answers);
    rc = answer != NULL ? lh_api_print(round->cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

static enum lh_code run(struct round *round, struct lh_err *err)
{
    enum lh_code rc = read_policy(round, err);

    rc = rc == LH_OK ? get_head(round, err) : rc;
    for (size_t i = 0; rc == LH_OK && i < round->policy.party_count; i++) {
        const struct lh_policy_party *party = &round->policy.parties[i];

        if (party->is_witness && party->url.len > 0) {
            rc = submit_to(round, party, err);
        }
    }
    if (rc == LH_OK && round->asked_count == 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "no witness of the policy has a URL");
    }
    if (rc == LH_OK) {
        rc = compose(round, err);
    }
    if (rc == LH_OK && round->cosigned_count > 0) {
        rc = hand_back(round, err);
    }
    return rc == LH_OK ? print_all(round, err) : rc;
}

int lh_cmd_witness_submit(struct lh_cli *cli)
{
    struct round round = { .cli = cli,
                           .policy = LH_POLICY_EMPTY,
                           .head = LH_CLIENT_REPLY_EMPTY,
                           .lines = LH_BUF_EMPTY,
                           .cosigned = LH_BUF_EMPTY,
                           .answers = json_array() };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code;

    lh_proven_init(&round.proven, cli, false);
    rc = run(&round, &err);
    if (rc != LH_OK) {
        code = lh_proven_fail(&round.proven, rc, &err);
    } else if (round.is_doubted) {
        code = LH_EXIT_FORK;
    } else {
        code = is_enough(&round) ? LH_EXIT_OK : LH_EXIT_PARTIAL;
    }
    json_decref(round.answers);
    lh_buf_clear(&round.lines);
    lh_buf_clear(&round.cosigned);
    lh_client_reply_clear(&round.head);
    lh_policy_clear(&round.policy);
    lh_proven_clear(&round.proven);
    return code;
}
