/* What our node has counted of proposals and epochs, and a proposal handed to it or fetched. */
#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/files.h"
#include "crypto/text.h"
#include "ledger/proposal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROPOSAL_MEDIA "application/vnd.liuhen.proposal"

enum { NUMBER_SIZE = 24 };

const struct lh_option lh_network_fetch_options[] = {
    { "output", 'o', "FILE.lhp", { "where the proposal goes", "提案文件" } },
    { .name = NULL },
};

/* ---- submit ---- */

/* The node's answer is about these bytes, or not believed. */
static enum lh_code check_hash(const json_t *state, const char *hash, struct lh_bytes proposal,
                               struct lh_err *err)
{
    bool is_g = strcmp(lh_api_text(state, "suite"), lh_suite_name(LH_SUITE_G)) == 0;
    struct lh_suite *suite = NULL;
    struct lh_hash own;
    char hex[2 * LH_HASH_SIZE + 1];
    enum lh_code rc = lh_suite_new(&suite, is_g ? LH_SUITE_G : LH_SUITE_W, err);

    if (rc != LH_OK) {
        return rc;
    }
    own = lh_proposal_hash(suite, proposal);
    lh_suite_free(suite);
    lh_hex_format(hex, lh_hash_bytes(&own));
    return strcmp(hex, hash) == 0 ? LH_OK
                                  : lh_err_set(err, LH_ERR_FORGED, "the node means another one");
}

static enum lh_code submit(struct lh_cli *cli, const char *path, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    json_t *state = NULL;
    json_t *kept = NULL;
    enum lh_code rc = lh_file_read(&bytes, path, LH_PROPOSAL_MAX, err);

    if (rc == LH_OK) {
        rc = lh_api_get_json(cli, &state, "/v1/network", err);
    }
    if (rc == LH_OK) {
        rc = lh_api_post_json(cli, &kept, "/v1/proposals", PROPOSAL_MEDIA, lh_buf_bytes(&bytes),
                              err);
    }
    if (rc == LH_OK) {
        rc = check_hash(state, lh_api_text(kept, "hash"), lh_buf_bytes(&bytes), err);
    }
    if (rc == LH_OK && cli->json) {
        rc = lh_api_print(cli, kept, err);
    } else if (rc == LH_OK) {
        lh_cli_print(cli, LH_MSG_PROPOSAL_KEPT, lh_api_text(kept, "hash"),
                     lh_api_text(kept, "read_aloud"), NULL);
    }
    json_decref(kept);
    json_decref(state);
    lh_buf_clear(&bytes);
    return rc;
}

int lh_cmd_network_submit(struct lh_cli *cli)
{
    const char *path = cli->args.operands[0];
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = submit(cli, path, &err);

    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, lh_err_wrap(&err, rc, "%s", path), &err);
}

/* ---- fetch ---- */

static enum lh_code fetch(struct lh_cli *cli, const char *hash, const char *path,
                          struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    json_t *state = NULL;
    char target[sizeof "/v1/proposals/" + 2 * LH_HASH_SIZE];
    struct lh_hash parsed;
    enum lh_code rc = lh_hex_parse(parsed.bytes, sizeof parsed.bytes, lh_bytes_of_text(hash), err);

    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "want a hash as network status shows it");
    }
    (void)snprintf(target, sizeof target, "/v1/proposals/%s", hash);
    rc = lh_api_get_json(cli, &state, "/v1/network", err);
    if (rc == LH_OK) {
        rc = lh_api_get(cli, &reply, target, err);
    }
    if (rc == LH_OK) {
        rc = check_hash(state, hash, lh_buf_bytes(&reply.body), err);
    }
    if (rc == LH_OK) {
        rc = lh_file_write_new(path, lh_buf_bytes(&reply.body), 0644, err);
    }
    if (rc == LH_OK) {
        lh_cli_note(cli, LH_MSG_PROPOSAL_FETCHED, path, NULL);
    }
    json_decref(state);
    lh_client_reply_clear(&reply);
    return rc;
}

int lh_cmd_network_fetch(struct lh_cli *cli)
{
    const char *path = lh_cli_value(cli, "output");
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (path == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING, "--output FILE.lhp", "");
    }
    rc = fetch(cli, cli->args.operands[0], path, &err);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}

/* ---- status ---- */

static void format_number(char out[NUMBER_SIZE], uint64_t number)
{
    (void)snprintf(out, NUMBER_SIZE, "%" PRIu64, number);
}

/* "gaj, mzj": who voted for a proposal in the open round; NULL: who did not vote. */
static enum lh_code list_voters(struct lh_buf *out, const json_t *state, const char *proposal,
                                struct lh_err *err)
{
    const json_t *vote;
    size_t i;

    lh_buf_reset(out);
    json_array_foreach(json_object_get(state, "votes"), i, vote)
    {
        if (strcmp(lh_api_text(vote, "proposal"), proposal != NULL ? proposal : "") == 0) {
            lh_buf_add_text(out, out->len > 0 ? ", " : "");
            lh_buf_add_text(out, lh_api_text(vote, "department"));
        }
    }
    return lh_buf_check(out, err);
}

static enum lh_code print_proposal(const struct lh_cli *cli, const json_t *state,
                                   const json_t *proposal, struct lh_err *err)
{
    struct lh_buf voters = LH_BUF_EMPTY;
    char round[NUMBER_SIZE];
    char votes[NUMBER_SIZE];
    char needed[NUMBER_SIZE];
    enum lh_code rc = list_voters(&voters, state, lh_api_text(proposal, "hash"), err);

    format_number(round, lh_api_number(proposal, "round"));
    format_number(votes, lh_api_number(proposal, "votes"));
    format_number(needed, lh_api_number(state, "needed"));
    if (rc == LH_OK) {
        lh_cli_print(cli, LH_MSG_PROPOSAL_STATE, lh_api_text(proposal, "hash"), round, votes,
                     needed, lh_buf_text(&voters), lh_api_text(proposal, "read_aloud"), NULL);
    }
    lh_buf_clear(&voters);
    return rc;
}

static enum lh_code print_state(const struct lh_cli *cli, const json_t *state, struct lh_err *err)
{
    const json_t *epochs = json_object_get(state, "epochs");
    const json_t *newest = json_array_get(epochs, json_array_size(epochs) - 1);
    struct lh_buf silent = LH_BUF_EMPTY;
    const json_t *proposal;
    char number[NUMBER_SIZE];
    char members[NUMBER_SIZE];
    char round[NUMBER_SIZE];
    size_t i;
    enum lh_code rc = list_voters(&silent, state, NULL, err);

    format_number(number, lh_api_number(newest, "number"));
    format_number(members, lh_api_number(newest, "members"));
    format_number(round, lh_api_number(state, "round"));
    if (rc == LH_OK) {
        lh_cli_print(cli, LH_MSG_EPOCH_STATE, number, members, lh_api_text(newest, "hash"),
                     lh_api_text(newest, "read_aloud"), round, lh_buf_text(&silent), NULL);
    }
    json_array_foreach(json_object_get(state, "proposals"), i, proposal)
    {
        rc = rc == LH_OK ? print_proposal(cli, state, proposal, err) : rc;
    }
    if (rc == LH_OK && lh_api_text(state, "wanted")[0] != '\0') {
        lh_cli_warn(cli, LH_MSG_PROPOSAL_WANTED, lh_api_text(state, "wanted"), NULL);
    }
    lh_buf_clear(&silent);
    return rc;
}

int lh_cmd_network_status(struct lh_cli *cli)
{
    struct lh_err err = LH_ERR_NONE;
    json_t *state = NULL;
    enum lh_code rc = lh_api_get_json(cli, &state, "/v1/network", &err);

    if (rc == LH_OK && json_array_size(json_object_get(state, "epochs")) == 0) {
        rc = lh_err_set(&err, LH_ERR_CORRUPT, "what the node says is no state of a network");
    }
    if (rc == LH_OK) {
        rc = cli->json ? lh_api_print(cli, state, &err) : print_state(cli, state, &err);
    }
    json_decref(state);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
