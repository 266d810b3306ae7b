#include "cli/cmds.h"

#include "cli/evidence.h"
#include "cli/files.h"
#include "cli/pin.h"
#include "cli/verifier.h"
#include "ledger/journal_receipt.h"

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

/* What a receipt says its network is; false: the file is none. */
static bool read_network(struct lh_hash *out, bool *out_is_journal, const char *path)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_journal_receipt journaled;
    struct lh_buf text = LH_BUF_EMPTY;
    bool is_read = lh_file_read(&text, path, LH_RECEIPT_MAX, NULL) == LH_OK;
    bool is_receipt = is_read && lh_receipt_parse(&receipt, lh_buf_bytes(&text), NULL) == LH_OK;

    *out_is_journal = is_read && !is_receipt &&
                      lh_journal_receipt_parse(&journaled, lh_buf_bytes(&text), NULL) == LH_OK;
    if (is_receipt) {
        *out = receipt.network_id;
    } else if (*out_is_journal) {
        *out = journaled.statement.network_id;
    }
    lh_receipt_clear(&receipt);
    lh_buf_clear(&text);
    return is_receipt || *out_is_journal;
}

/* The recorder's key stands in the genesis file, which lies in the data directory. */
static enum lh_code find_genesis(struct lh_buf *out, const struct lh_cli *cli, struct lh_err *err)
{
    const char *data = lh_cli_data(cli);

    if (lh_cli_value(cli, "trust") != NULL || data == NULL) {
        return LH_ERR_NOT_FOUND;
    }
    lh_buf_add_format(out, "%s/genesis.lhg", data);
    if (!lh_file_exists(lh_buf_text(out))) {
        lh_buf_reset(out);
        return LH_ERR_NOT_FOUND;
    }
    return lh_buf_check(out, err);
}

/* The pin of the network that a receipt names; nothing when the file is no receipt. */
static enum lh_code find_trust(struct lh_buf *out, const struct lh_cli *cli, const char *path,
                               struct lh_err *err)
{
    struct lh_hash network_id;
    bool is_journal = false;
    bool is_receipt = read_network(&network_id, &is_journal, path);
    enum lh_code rc = is_journal ? find_genesis(out, cli, err) : LH_ERR_NOT_FOUND;

    return rc != LH_ERR_NOT_FOUND
               ? rc
               : lh_pin_find_file(out, cli, is_receipt ? &network_id : NULL, err);
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
