#include "cli/cmds.h"

#include "cli/events.h"
#include "cli/files.h"
#include "cli/recording.h"

#include <stdlib.h>

const struct lh_option lh_record_options[] = {
    { "stdin", 0, NULL, { "read events from standard input", "从标准输入读取" } },
    { "key", 'k', "FILE.pem", { "sign as the staff member with this key", "用工作人员私钥签名" } },
    { "dry-run", 'n', NULL, { "check only, hand nothing in", "只检查, 不提交" } },
    { "output", 'o', "DIR", { "save receipts there", "把回执存到目录" } },
    { "wait",
      0,
      "LEVEL",
      { "wait for this level: sealed, witnessed or final",
        "等待该级别: sealed, witnessed 或 final" } },
    { "epochs",
      0,
      "FILE",
      { "a proposal that was certified; repeatable, in their order",
        "已获通过的纪元提案; 可重复, 按次序" } },
    { .name = NULL },
};

/* --dry-run */
static enum lh_code check_all(struct lh_recording *recording, json_t *events, struct lh_err *err)
{
    struct lh_clock clock = recording->cli->clock;
    lhpb_Body *body = malloc(sizeof *body);
    enum lh_code rc = LH_OK;

    if (body == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < json_array_size(events); i++) {
        json_t *event = json_array_get(events, i);
        struct lh_err why = LH_ERR_NONE;

        /* The node fills its own department in; any will do for the check. */
        rc = recording->signer != NULL
                 ? lh_recording_fill(recording, event, err)
                 : lh_events_fill(event, "x", clock.wall_unix_ms(clock.arg), err);
        if (rc != LH_OK) {
            break;
        }
        if (lh_events_to_body(body, event, &why) != LH_OK ||
            lh_events_check_personal(body, &why) != LH_OK) {
            rc = lh_recording_reject(recording, i + 1, &why, err);
        } else {
            recording->results.done++;
            (void)fprintf(recording->cli->out,
                          recording->cli->json ? "{\"n\":%zu,\"status\":\"valid\"}\n"
                                               : "%zu\tvalid\t\n",
                          i + 1);
        }
        if (rc != LH_OK) {
            break;
        }
    }
    free(body);
    return rc;
}

int lh_cmd_record(struct lh_cli *cli)
{
    const char *path = cli->args.operand_count > 0 ? cli->args.operands[0] : NULL;
    const char *key = lh_cli_value(cli, "key");
    struct lh_leveled leveled;
    struct lh_recording recording;
    struct lh_err err = LH_ERR_NONE;
    json_t *events = NULL;
    enum lh_code rc = LH_OK;
    int code;

    if (path == NULL && !lh_cli_has(cli, "stdin")) {
        return lh_cli_usage(cli, LH_MSG_RECORD_WHAT, "", "");
    }
    lh_recording_init(&recording, cli);
    rc = lh_leveled_init(&leveled, cli, &err);
    recording.results.leveled = &leveled;
    recording.results.receipt_dir = lh_cli_value(cli, "output");
    if (rc == LH_OK && recording.results.receipt_dir != NULL) {
        rc = lh_dir_make(recording.results.receipt_dir, 0755, &err);
    }
    if (rc == LH_OK) {
        rc = lh_events_read(&events, path != NULL ? path : "-", &err);
    }
    if (rc == LH_OK && key != NULL) {
        rc = lh_recording_open_key(&recording, key, &err);
    }
    if (rc == LH_OK) {
        rc = lh_cli_has(cli, "dry-run") ? check_all(&recording, events, &err)
                                        : lh_recording_run(&recording, events, &err);
    }
    json_decref(events);
    code = rc == LH_OK ? lh_leveled_exit(&leveled, lh_results_exit(&recording.results))
                       : lh_results_fail(&recording.results, rc, &err);
    lh_leveled_clear(&leveled);
    lh_recording_clear(&recording);
    return code;
}
