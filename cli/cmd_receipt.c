#include "cli/cmds.h"

#include "cli/exhibit.h"
#include "cli/files.h"
#include "cli/pin.h"
#include "cli/verifier.h"
#include "ledger/journal_receipt.h"

const struct lh_option lh_receipt_get_options[] = {
    { "output", 'o', "FILE", { "where it goes (stdout)", "输出文件 (默认标准输出)" } },
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

int lh_cmd_receipt_get(struct lh_cli *cli)
{
    const char *output = lh_cli_value(cli, "output");
    struct lh_exhibit exhibit = LH_EXHIBIT_EMPTY;
    struct lh_leveled leveled;
    struct lh_proven proven;
    struct lh_err err = LH_ERR_NONE;
    enum lh_level level;
    enum lh_code rc;
    int code = LH_EXIT_OK;

    lh_proven_init(&proven, cli, false);
    rc = lh_leveled_init(&leveled, cli, &err);
    if (rc == LH_OK) {
        rc = lh_exhibit_fetch(&exhibit, &proven, cli->args.operands[0], &leveled, &err);
    }
    if (rc == LH_OK && leveled.is_asked) {
        rc = lh_leveled_take(&leveled, &exhibit.receipt, &level, &err);
    }
    if (rc == LH_OK) {
        rc =
            lh_file_replace(output != NULL ? output : "-", lh_buf_bytes(&exhibit.text), 0644, &err);
    }
    if (rc != LH_OK) {
        code = lh_proven_fail(&proven, rc, &err);
    } else if (output != NULL) {
        lh_cli_note(cli, LH_MSG_RECEIPT_SAVED, output, NULL);
    }
    code = lh_leveled_exit(&leveled, code);
    lh_leveled_clear(&leveled);
    lh_exhibit_clear(&exhibit);
    lh_proven_clear(&proven);
    return code;
}

/* What a receipt says its network is; false: the file is none. */
static bool read_network(struct lh_hash *out, const char *path)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_journal_receipt journaled;
    struct lh_buf text = LH_BUF_EMPTY;
    bool is_read = lh_file_read(&text, path, LH_RECEIPT_MAX, NULL) == LH_OK;
    bool is_receipt = is_read && lh_receipt_parse(&receipt, lh_buf_bytes(&text), NULL) == LH_OK;
    bool is_journal = is_read && !is_receipt &&
                      lh_journal_receipt_parse(&journaled, lh_buf_bytes(&text), NULL) == LH_OK;

    if (is_receipt) {
        *out = receipt.network_id;
    } else if (is_journal) {
        *out = journaled.statement.network_id;
    }
    lh_receipt_clear(&receipt);
    lh_buf_clear(&text);
    return is_receipt || is_journal;
}

/* What decides for a file: the policy with the seals, and the genesis file with the witnesses and
 * the recorder. Empty: there is none. */
static enum lh_code find_trust(struct lh_buf *policy, struct lh_buf *genesis,
                               const struct lh_cli *cli, const char *path, struct lh_err *err)
{
    struct lh_hash network_id;
    bool is_receipt = read_network(&network_id, path);
    enum lh_code rc = lh_pin_find_file(policy, cli, is_receipt ? &network_id : NULL, err);

    if ((rc == LH_OK || rc == LH_ERR_NOT_FOUND) && is_receipt) {
        enum lh_code found = lh_pin_find_genesis(genesis, cli, &network_id, err);

        rc = found == LH_ERR_NOT_FOUND ? rc : found;
    }
    return rc;
}

const struct lh_option lh_receipt_verify_options[] = {
    { "epochs",
      0,
      "FILE",
      { "a proposal that was certified; repeatable, in their order",
        "已获通过的纪元提案; 可重复, 按次序" } },
    { .name = NULL },
};

int lh_cmd_receipt_verify(struct lh_cli *cli)
{
    struct lh_buf policy = LH_BUF_EMPTY;
    struct lh_buf genesis = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code = LH_EXIT_FAILED;

    rc = find_trust(&policy, &genesis, cli, cli->args.operands[0], &err);
    if (rc == LH_ERR_NOT_FOUND) {
        lh_cli_note(cli, LH_MSG_TRUST_NOTHING, NULL);
        rc = LH_OK;
    }
    if (rc == LH_OK) {
        const char *const trusts[2] = { policy.len > 0 ? lh_buf_text(&policy) : NULL,
                                        genesis.len > 0 ? lh_buf_text(&genesis) : NULL };

        rc = lh_verifier_run(cli, cli->args.operands, cli->args.operand_count, trusts, &code, &err);
    }
    lh_buf_clear(&genesis);
    lh_buf_clear(&policy);
    return rc == LH_OK ? code : lh_cli_fail(cli, rc, &err);
}
