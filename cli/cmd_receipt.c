#include "cli/cmds.h"

#include "cli/evidence.h"
#include "cli/files.h"
#include "cli/pin.h"
#include "cli/verifier.h"

const struct lh_option lh_receipt_get_options[] = {
    { "output", 'o', "FILE", { "where it goes (stdout)", "输出文件 (默认标准输出)" } },
    { .name = NULL },
};

int lh_cmd_receipt_get(struct lh_cli *cli)
{
    const char *output = lh_cli_value(cli, "output");
    struct lh_evidence evidence = LH_EVIDENCE_EMPTY;
    struct lh_proven proven;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code = LH_EXIT_OK;

    lh_proven_init(&proven, cli, false);
    rc = lh_evidence_fetch(&evidence, &proven, cli->args.operands[0], &err);
    if (rc == LH_OK) {
        rc = lh_file_replace(output != NULL ? output : "-", lh_buf_bytes(&evidence.text), 0644,
                             &err);
    }
    if (rc != LH_OK) {
        code = lh_proven_fail(&proven, rc, &err);
    } else if (output != NULL) {
        lh_cli_note(cli, LH_MSG_RECEIPT_SAVED, output, NULL);
    }
    lh_evidence_clear(&evidence);
    lh_proven_clear(&proven);
    return code;
}

/* The pin of the network that a receipt names; nothing when the file is no receipt. */
static enum lh_code find_trust(struct lh_buf *out, const struct lh_cli *cli, const char *path,
                               struct lh_err *err)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    bool is_receipt;
    enum lh_code rc;

    is_receipt = lh_file_read(&text, path, LH_RECEIPT_MAX, NULL) == LH_OK &&
                 lh_receipt_parse(&receipt, lh_buf_bytes(&text), NULL) == LH_OK;
    rc = lh_pin_find_file(out, cli, is_receipt ? &receipt.network_id : NULL, err);
    lh_receipt_clear(&receipt);
    lh_buf_clear(&text);
    return rc;
}

int lh_cmd_receipt_verify(struct lh_cli *cli)
{
    struct lh_buf trust = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code = LH_EXIT_FAILED;

    rc = find_trust(&trust, cli, cli->args.operands[0], &err);
    if (rc == LH_ERR_NOT_FOUND) {
        lh_cli_note(cli, LH_MSG_TRUST_NOTHING, NULL);
        rc = LH_OK;
    }
    if (rc == LH_OK) {
        rc = lh_verifier_run(cli, cli->args.operands, cli->args.operand_count,
                             trust.len > 0 ? lh_buf_text(&trust) : NULL, &code, &err);
    }
    lh_buf_clear(&trust);
    return rc == LH_OK ? code : lh_cli_fail(cli, rc, &err);
}
