#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/files.h"
#include "cli/results.h"

static enum lh_code submit(struct lh_results *results, struct lh_cli *cli, const char *path,
                           size_t number, struct lh_err *err)
{
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_handed handed = { .body = LH_BUF_EMPTY };
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_client *client;
    enum lh_code rc;

    rc = lh_act_load(&act, path, err);
    if (rc == LH_OK) {
        rc = lh_act_encode(&bytes, &act, err);
    }
    if (rc == LH_OK) {
        rc = lh_cli_client(cli, &client, err);
    }
    if (rc == LH_OK) {
        rc = lh_client_post(client, &reply, "/v1/acts", "application/vnd.liuhen.act",
                            lh_buf_bytes(&bytes), err);
    }
    if (rc == LH_OK) {
        lh_buf_add(&handed.body, lh_buf_bytes(&act.body));
        rc = lh_buf_check(&handed.body, err);
    }
    if (rc == LH_OK) {
        rc = lh_results_print(results, &reply, &handed, 1, number, err);
    }
    if (rc != LH_OK) {
        (void)lh_err_wrap(err, rc, "%s", path);
    }
    lh_buf_clear(&bytes);
    lh_client_reply_clear(&reply);
    lh_handed_clear(&handed);
    lh_act_clear(&act);
    return rc;
}

int lh_cmd_submit(struct lh_cli *cli)
{
    struct lh_results results;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code;

    lh_results_init(&results, cli);
    rc = lh_results_open(&results, &err);
    for (size_t i = 0; rc == LH_OK && i < cli->args.operand_count; i++) {
        rc = submit(&results, cli, cli->args.operands[i], i + 1, &err);
    }
    code = rc == LH_OK ? lh_results_exit(&results) : lh_results_fail(&results, rc, &err);
    lh_results_clear(&results);
    return code;
}
