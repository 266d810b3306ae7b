/* The epochs of a network, from its files alone. */
#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/expected.h"
#include "cli/lineage.h"
#include "cli/poll.h"
#include "cli/proposed.h"
#include "cli/render.h"
#include "crypto/aloud.h"
#include "crypto/text.h"
#include "net/quorum.h"

const struct lh_option lh_network_epochs_options[] = {
    LH_EXPECTED_OPTION,
    { "votes", 0, "FILE.lhar", { "an archive whose votes are counted", "统计其中表决的归档" } },
    { .name = NULL },
};

/* The epochs, and who voted for each as far as it was asked. */
struct epochs {
    const struct lh_cli *cli;
    struct lh_lineage lineage;
    struct lh_poll *poll; /* NULL: nobody asked */
    struct lh_poll_result results[LH_ARGS_MAX];
};

static const struct lh_column columns[] = {
    { { "EPOCH", "纪元" }, true, false },           { { "ROUND", "轮次" }, true, false },
    { { "MEMBERS", "成员" }, true, false },         { { "VOTES", "赞成" }, true, false },
    { { "READ ALOUD", "口头核对" }, false, false }, { { "CHANGES", "变更" }, false, true },
};

enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };

/* ---- JSON ---- */

static enum lh_code pack_epoch(json_t **out, const struct epochs *epochs, size_t index,
                               struct lh_err *err)
{
    const struct lh_lineage *lineage = &epochs->lineage;
    const struct lh_members *members = lh_epochs_at(lineage->epochs, index);
    json_t *changes = NULL;
    char hex[2 * LH_HASH_SIZE + 1];
    char aloud[LH_ALOUD_SIZE];
    size_t count = lh_members_count(members);
    enum lh_code rc = LH_OK;

    if (index > 0) {
        rc = lh_proposed_pack_changes(&changes, lh_epochs_at(lineage->epochs, index - 1),
                                      lh_epochs_proposal(lineage->epochs, index), err);
    } else {
        changes = json_array();
    }
    if (rc != LH_OK) {
        return rc;
    }
    lh_hex_format(hex, lh_hash_bytes(lh_members_epoch(members)));
    lh_aloud_format(aloud, lh_members_epoch(members));
    *out = json_pack("{s:I,s:s,s:s,s:s,s:I,s:I,s:I,s:o}", "number",
                     (json_int_t)lh_members_number(members), "file", lineage->paths[index], "epoch",
                     hex, "read_aloud", aloud, "round", (json_int_t)lh_members_round(members),
                     "members", (json_int_t)count, "Q", (json_int_t)lh_quorum_approvals(count),
                     "changes", changes);
    if (*out != NULL && index > 0 && epochs->poll != NULL) {
        (void)json_object_set_new(*out, "votes",
                                  json_integer((json_int_t)epochs->results[index].votes));
        (void)json_object_set_new(*out, "certified",
                                  json_boolean(epochs->results[index].is_certified));
    }
    return *out != NULL ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static enum lh_code print_json(const struct epochs *epochs, struct lh_err *err)
{
    const struct lh_lineage *lineage = &epochs->lineage;
    json_t *list = json_array();
    json_t *answer = NULL;
    char hex[2 * LH_HASH_SIZE + 1];
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < lh_epochs_count(lineage->epochs); i++) {
        json_t *epoch = NULL;

        rc = pack_epoch(&epoch, epochs, i, err);
        (void)json_array_append_new(list, epoch);
    }
    if (rc == LH_OK) {
        lh_hex_format(hex, lh_hash_bytes(lh_genesis_network_id(lineage->genesis)));
        answer = json_pack("{s:s,s:s,s:s,s:O}", "schema", "liuhen.epochs/1", "network",
                           lh_genesis_network(lineage->genesis), "network_id", hex, "epochs", list);
        rc = answer != NULL ? lh_api_print(epochs->cli, answer, err)
                            : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    json_decref(answer);
    json_decref(list);
    return rc;
}

/* ---- for people ---- */

/* "2/3": nothing is needed for epoch 0, and nothing said when nobody asked. */
static void format_votes(char *out, size_t room, const struct epochs *epochs, size_t index)
{
    size_t needed;

    out[0] = '\0';
    if (index > 0) {
        needed =
            lh_quorum_approvals(lh_members_count(lh_epochs_at(epochs->lineage.epochs, index - 1)));
        if (epochs->poll != NULL) {
            (void)snprintf(out, room, "%zu/%zu", epochs->results[index].votes, needed);
        } else {
            (void)snprintf(out, room, "?/%zu", needed);
        }
    }
}

static enum lh_code add_row(struct lh_view *view, const struct epochs *epochs, size_t index,
                            struct lh_err *err)
{
    const struct lh_lineage *lineage = &epochs->lineage;
    const struct lh_members *members = lh_epochs_at(lineage->epochs, index);
    size_t count = lh_members_count(members);
    struct lh_buf changes = LH_BUF_EMPTY;
    char texts[4][24];
    char aloud[LH_ALOUD_SIZE];
    enum lh_code rc = LH_OK;

    (void)snprintf(texts[0], sizeof texts[0], "%u", (unsigned)lh_members_number(members));
    (void)snprintf(texts[1], sizeof texts[1], "%u", (unsigned)lh_members_round(members));
    (void)snprintf(texts[2], sizeof texts[2], "%zu", count);
    format_votes(texts[3], sizeof texts[3], epochs, index);
    lh_aloud_format(aloud, lh_members_epoch(members));
    if (index > 0) {
        rc = lh_proposed_list(&changes, epochs->cli, lh_epochs_at(lineage->epochs, index - 1),
                              lh_epochs_proposal(lineage->epochs, index), err);
    }
    if (rc == LH_OK) {
        rc = lh_view_add_row(view, err);
    }
    const char *const cells[COLUMN_COUNT] = { texts[0], texts[1], texts[2],
                                              texts[3], aloud,    lh_buf_text(&changes) };
    for (size_t i = 0; rc == LH_OK && i < COLUMN_COUNT; i++) {
        rc = lh_view_set(view, i, cells[i], err);
    }
    lh_buf_clear(&changes);
    return rc;
}

static enum lh_code print_table(const struct epochs *epochs, struct lh_err *err)
{
    struct lh_view *view = NULL;
    enum lh_code rc = lh_view_new(&view, columns, COLUMN_COUNT, err);

    for (size_t i = 0; rc == LH_OK && i < lh_epochs_count(epochs->lineage.epochs); i++) {
        rc = add_row(view, epochs, i, err);
    }
    if (rc == LH_OK) {
        rc = lh_view_print(view, epochs->cli, err);
    }
    lh_view_free(view);
    return rc;
}

/* ---- votes ---- */

static enum lh_code count_votes(struct epochs *epochs, struct lh_err *err)
{
    const struct lh_lineage *lineage = &epochs->lineage;
    const char *path;
    size_t at = 0;
    enum lh_code rc = lh_poll_new(&epochs->poll, lh_genesis_network_id(lineage->genesis), err);

    while (rc == LH_OK && (path = lh_args_next(&epochs->cli->args, "votes", &at)) != NULL) {
        rc = lh_poll_add(epochs->poll, path, err);
    }
    for (size_t i = 1; rc == LH_OK && i < lh_epochs_count(lineage->epochs); i++) {
        rc = lh_poll_count(&epochs->results[i], epochs->poll, lh_epochs_at(lineage->epochs, i - 1),
                           lh_epochs_proposal(lineage->epochs, i), err);
    }
    return rc;
}

/* LH_ERR_UNKNOWN: an epoch lacks votes, which other archives may hold. */
static enum lh_code check_votes(const struct epochs *epochs, struct lh_err *err)
{
    const struct lh_lineage *lineage = &epochs->lineage;

    for (size_t i = 1; epochs->poll != NULL && i < lh_epochs_count(lineage->epochs); i++) {
        if (!epochs->results[i].is_certified) {
            return lh_err_set(
                err, LH_ERR_UNKNOWN, "%s: %zu of %zu votes that certify it are in these archives",
                lineage->paths[i], epochs->results[i].votes,
                lh_quorum_approvals(lh_members_count(lh_epochs_at(lineage->epochs, i - 1))));
        }
    }
    return LH_OK;
}

static enum lh_code show(struct epochs *epochs, struct lh_err *err)
{
    const struct lh_cli *cli = epochs->cli;
    struct lh_lineage *lineage = &epochs->lineage;
    size_t expected = 0;
    enum lh_code rc = lh_expected_count(&expected, cli, err);

    if (rc == LH_OK) {
        rc = lh_lineage_open(lineage, cli->args.operands, cli->args.operand_count, err);
    }
    if (rc == LH_OK) {
        rc = lh_expected_check(cli, lh_lineage_last_path(lineage),
                               lh_members_epoch(lh_lineage_last(lineage)), err);
    }
    if (rc == LH_OK && lh_cli_has(cli, "votes")) {
        rc = count_votes(epochs, err);
    }
    if (rc == LH_OK) {
        rc = cli->json ? print_json(epochs, err) : print_table(epochs, err);
    }
    if (rc == LH_OK && lh_epochs_count(lineage->epochs) > 1) {
        (void)fflush(cli->out);
        lh_cli_note(cli, epochs->poll != NULL ? LH_MSG_EPOCHS_COUNTED : LH_MSG_EPOCHS_UNCOUNTED,
                    NULL);
    }
    return rc == LH_OK ? check_votes(epochs, err) : rc;
}

int lh_cmd_network_epochs(struct lh_cli *cli)
{
    struct epochs epochs = { .cli = cli };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = show(&epochs, &err);

    lh_poll_free(epochs.poll);
    lh_lineage_close(&epochs.lineage);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
