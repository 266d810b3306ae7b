/* What is to follow an epoch: proposing it, and a department's vote for it. No node is asked. */
#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/changes.h"
#include "cli/expected.h"
#include "cli/files.h"
#include "cli/lineage.h"
#include "cli/proposed.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct lh_option lh_network_propose_options[] = {
    LH_CHANGES_OPTIONS,
    { "round", 0, "N", { "of the vote: 0, or the one that is open now", "表决轮次, 默认 0" } },
    { "output", 'o', "FILE.lhp", { "where the proposal goes", "提案文件" } },
    { .name = NULL },
};

const struct lh_option lh_network_approve_options[] = {
    { "dept", 0, "CODE", { "the department that votes", "表决的部门代码" } },
    LH_EXPECTED_OPTION,
    { "output", 'o', "FILE.lh", { "where the act goes", "文件" } },
    { .name = NULL },
};

/* ---- propose ---- */

static enum lh_code read_round(uint32_t *out, const struct lh_cli *cli, struct lh_err *err)
{
    const char *text = lh_cli_value(cli, "round");
    uint64_t round = 0;

    if (text != NULL &&
        (lh_decimal_parse(&round, lh_bytes_of_text(text), NULL) != LH_OK || round > UINT32_MAX)) {
        return lh_err_set(err, LH_ERR_INVALID, "--round: want a number");
    }
    *out = (uint32_t)round;
    return LH_OK;
}

static enum lh_code draft(lhpb_Proposal *out, const struct lh_cli *cli,
                          const struct lh_members *from, struct lh_err *err)
{
    enum lh_code rc = read_round(&out->round, cli, err);

    out->schema = LH_SCHEMA;
    out->number = lh_members_number(from) + 1;
    memcpy(out->network_id, lh_members_network_id(from)->bytes, sizeof out->network_id);
    memcpy(out->parent, lh_members_epoch(from)->bytes, sizeof out->parent);
    if (rc == LH_OK) {
        rc = lh_changes_read(out, cli, from, err);
    }
    if (rc == LH_OK && out->changes_count == 0) {
        rc = lh_err_set(err, LH_ERR_INVALID,
                        "nothing is proposed: give a change, for example --admit FILE.lhe");
    }
    return rc;
}

/* Only what fits the members is written: nobody is asked to vote on what changes nothing. */
static enum lh_code write_proposal(const struct lh_cli *cli, const struct lh_members *from,
                                   const lhpb_Proposal *proposal, struct lh_err *err)
{
    const char *path = lh_cli_value(cli, "output");
    struct lh_members *next = NULL;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_proposal_encode(&bytes, proposal, err);

    if (rc == LH_OK) {
        rc = lh_members_apply(&next, from, lh_buf_bytes(&bytes), err);
    }
    if (rc == LH_OK) {
        rc = lh_file_write_new(path, lh_buf_bytes(&bytes), 0644, err);
    }
    if (rc == LH_OK) {
        rc = lh_proposed_print(cli, from, lh_buf_bytes(&bytes), path, err);
    }
    lh_members_free(next);
    lh_buf_clear(&bytes);
    return rc;
}

int lh_cmd_network_propose(struct lh_cli *cli)
{
    struct lh_lineage lineage = { .genesis = NULL };
    struct lh_err err = LH_ERR_NONE;
    lhpb_Proposal *proposal;
    enum lh_code rc;

    if (lh_cli_value(cli, "output") == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING, "--output FILE.lhp", "");
    }
    proposal = calloc(1, sizeof *proposal);
    if (proposal == NULL) {
        return lh_cli_fail(cli, lh_err_set(&err, LH_ERR_NOMEM, "out of memory"), &err);
    }
    rc = lh_lineage_open(&lineage, cli->args.operands, cli->args.operand_count, &err);
    if (rc == LH_OK) {
        rc = draft(proposal, cli, lh_lineage_last(&lineage), &err);
    }
    if (rc == LH_OK) {
        rc = write_proposal(cli, lh_lineage_last(&lineage), proposal, &err);
    }
    if (rc == LH_OK) {
        lh_cli_note(cli, LH_MSG_PROPOSAL_NEXT, lh_cli_value(cli, "output"), NULL);
    }
    lh_lineage_close(&lineage);
    free(proposal);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}

/* ---- approve ---- */

/* One id for each department and round, so that the node takes no second vote of it. */
static enum lh_code draft_vote(lhpb_Body *out, const struct lh_place *place,
                               const struct lh_members *from, const struct lh_members *next,
                               int64_t now_unix_ms, struct lh_err *err)
{
    lhpb_Approval *approval = &out->detail.approval;
    struct lh_buf id = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_act_draft(out, place, lhpb_EntryType_APPROVAL, now_unix_ms);
    lh_buf_add_text(&id, "approval/");
    lh_hex_add(&id, lh_bytes_of(lh_members_epoch(from)->bytes, LH_KEY_ID_SIZE));
    lh_buf_add_format(&id, "/%" PRIu32, lh_members_round(next));
    rc = lh_buf_check(&id, err);
    if (rc == LH_OK) {
        rc = lh_act_set_text(out->id, sizeof out->id, "id", lh_buf_text(&id), err);
    }
    out->which_detail = lhpb_Body_approval_tag;
    memcpy(approval->proposal, lh_members_epoch(next)->bytes, sizeof approval->proposal);
    memcpy(approval->parent, lh_members_epoch(from)->bytes, sizeof approval->parent);
    approval->round = lh_members_round(next);
    lh_buf_clear(&id);
    return rc;
}

static enum lh_code write_vote(const struct lh_cli *cli, const struct lh_lineage *lineage,
                               const struct lh_members *from, struct lh_err *err)
{
    const char *department = lh_cli_value(cli, "dept");
    const struct lh_members *next = lh_lineage_last(lineage);
    struct lh_place place = { .genesis = lineage->genesis };
    lhpb_Body *body;
    enum lh_code rc;

    if (lh_members_find(from, department) == NULL) {
        return lh_err_set(err, LH_ERR_DENIED, "%s is no member of the epoch that votes",
                          department);
    }
    body = malloc(sizeof *body);
    if (body == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_act_set_text(place.department, sizeof place.department, "--dept", department, err);
    if (rc == LH_OK) {
        rc = draft_vote(body, &place, from, next, cli->clock.wall_unix_ms(cli->clock.arg), err);
    }
    if (rc == LH_OK) {
        rc = lh_act_save(&place, body, lh_cli_value(cli, "output"), err);
    }
    free(body);
    return rc;
}

static enum lh_code approve(const struct lh_cli *cli, struct lh_lineage *lineage,
                            struct lh_err *err)
{
    const struct lh_members *from;
    const char *path;
    size_t last;
    size_t expected = 0;
    enum lh_code rc = lh_expected_count(&expected, cli, err);

    if (rc == LH_OK) {
        rc = lh_lineage_open(lineage, cli->args.operands, cli->args.operand_count, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    last = lh_epochs_count(lineage->epochs) - 1;
    from = lh_epochs_at(lineage->epochs, last - 1);
    path = lh_lineage_last_path(lineage);
    rc = lh_expected_check(cli, path, lh_members_epoch(lh_lineage_last(lineage)), err);
    if (rc == LH_OK) {
        rc = write_vote(cli, lineage, from, err);
    }
    return rc == LH_OK
               ? lh_proposed_print(cli, from, lh_epochs_proposal(lineage->epochs, last), path, err)
               : rc;
}

int lh_cmd_network_approve(struct lh_cli *cli)
{
    static const char *const needed[] = { "dept", "output" };
    struct lh_lineage lineage = { .genesis = NULL };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (lh_cli_value(cli, needed[i]) == NULL) {
            return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, needed[i], "");
        }
    }
    rc = approve(cli, &lineage, &err);
    if (rc == LH_OK) {
        lh_act_tell(cli, lh_cli_value(cli, "output"));
    }
    lh_lineage_close(&lineage);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
