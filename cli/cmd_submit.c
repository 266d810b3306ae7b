#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/files.h"
#include "cli/results.h"

#include <stdlib.h>
#include <time.h>

/* A minute: a long journal takes its time. Ten seconds of silence: the node has ended. */
enum { WAIT_TRIES = 600, SILENT_TRIES = 100 };

/* The number of the generation that an act begins behind another one; 0: it does no such thing. */
static uint32_t begun_by(const struct lh_act *act)
{
    lhpb_Body *body = malloc(sizeof *body);
    uint32_t number = 0;

    if (body != NULL && lh_body_decode(body, lh_buf_bytes(&act->body), NULL) == LH_OK &&
        body->type == lhpb_EntryType_GENERATION && body->detail.generation.number > 1) {
        number = body->detail.generation.number;
    }
    free(body);
    return number;
}

/* A node that begins a generation opens itself anew and seals its journal: only then is there
 * something to prove. */
static void wait_for_generation(struct lh_cli *cli, uint32_t number)
{
    int silent = 0; /* tries in a row that nobody answered */

    for (int tries = 0; tries < WAIT_TRIES && silent < SILENT_TRIES; tries++) {
        struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
        json_t *status = NULL;
        bool is_answered = lh_api_get_status(cli, &status, NULL) == LH_OK;
        bool is_there = is_answered && lh_api_number(status, "generation") == number &&
                        lh_api_number(status, "journal") == 0;

        silent = is_answered ? 0 : silent + 1;

        if (is_there) {
            lh_cli_note(cli, LH_MSG_GENERATION_BEGUN, lh_api_text(status, "origin"), NULL);
        }
        json_decref(status);
        if (is_there) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
}

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
    if (rc == LH_OK && reply.status < 300 && begun_by(&act) != 0) {
        wait_for_generation(cli, begun_by(&act));
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
