#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/files.h"
#include "cli/render.h"

const struct lh_option lh_cosign_options[] = {
    { "key", 'k', "FILE.pem", { "the officer's private key", "负责人私钥" } },
    { "epochs",
      0,
      "FILE",
      { "a proposal that was certified; repeatable, in their order",
        "已获通过的纪元提案; 可重复, 按次序" } },
    { .name = NULL },
};

static enum lh_code show(struct lh_cli *cli, const struct lh_act_office *office,
                         const struct lh_act *act, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_act_describe(&text, cli, office, act, err);
    if (rc == LH_OK) {
        (void)fputs(lh_buf_text(&text), cli->out);
    }
    lh_buf_clear(&text);
    return rc;
}

/* Nobody signs below a false signature, and nobody signs who is no officer. */
static enum lh_code check(const struct lh_act_office *office, const struct lh_act *act,
                          const struct lh_signer *signer, const char *key_path, struct lh_err *err)
{
    struct lh_key_id id;
    enum lh_code rc;

    if (office->department == NULL) {
        return LH_OK;
    }
    rc = lh_act_office_verify(office, act, err);
    if (rc != LH_OK) {
        return rc;
    }
    id = lh_key_id_of(office->place.suite, lh_signer_pubkey(signer));
    if (lh_act_office_find(office, &id) == NULL) {
        return lh_err_set(err, LH_ERR_DENIED, "%s is the key of no officer of %s", key_path,
                          office->department->department);
    }
    return LH_OK;
}

static enum lh_code sign(struct lh_act *act, struct lh_signer *signer, const char *path,
                         struct lh_err *err)
{
    struct lh_suite *suite = NULL;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_suite_new(&suite, act->suite, err);
    if (rc == LH_OK) {
        rc = lh_act_sign(act, suite, signer, err);
    }
    if (rc == LH_OK) {
        rc = lh_act_encode(&bytes, act, err);
    }
    if (rc == LH_OK) {
        rc = lh_file_replace(path, lh_buf_bytes(&bytes), 0644, err);
    }
    lh_buf_clear(&bytes);
    lh_suite_free(suite);
    return rc;
}

static void tell(const struct lh_cli *cli, const struct lh_act *act, const char *path)
{
    struct lh_buf count = LH_BUF_EMPTY;

    lh_buf_add_format(&count, "%zu", act->signature_count);
    lh_cli_note(cli, act->signature_count > 2 ? LH_MSG_ACT_SIGNED_MORE : LH_MSG_ACT_SIGNED, path,
                lh_buf_text(&count), NULL);
    lh_buf_clear(&count);
}

static enum lh_code sign_file(struct lh_cli *cli, const char *path, const char *key_path,
                              struct lh_err *err)
{
    struct lh_act_office office = { .department = NULL };
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_signer *signer = NULL;
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc;

    rc = lh_act_load(&act, path, err);
    if (rc == LH_OK) {
        rc = lh_signer_open(&signer, key_path, err);
    }
    if (rc == LH_OK) {
        rc = lh_act_office_open(&office, cli, &act, &why, err);
    }
    if (rc == LH_OK) {
        rc = check(&office, &act, signer, key_path, err);
        rc = rc == LH_ERR_FORGED ? lh_err_wrap(err, rc, "%s", path) : rc;
    }
    if (rc == LH_OK && office.department == NULL) {
        lh_cli_warn(cli, LH_MSG_ACT_UNCHECKED, path, why.text, NULL);
    }
    if (rc == LH_OK) {
        rc = show(cli, &office, &act, err);
    }
    if (rc == LH_OK) {
        rc = sign(&act, signer, path, err);
    }
    if (rc == LH_OK) {
        tell(cli, &act, path);
    }
    lh_act_office_close(&office);
    lh_signer_free(signer);
    lh_act_clear(&act);
    return rc;
}

int lh_cmd_cosign(struct lh_cli *cli)
{
    const char *key = lh_cli_value(cli, "key");
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = LH_OK;

    if (key == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING, "--key FILE.pem", "");
    }
    for (size_t i = 0; rc == LH_OK && i < cli->args.operand_count; i++) {
        rc = sign_file(cli, cli->args.operands[i], key, &err);
    }
    if (rc == LH_ERR_FORGED) {
        lh_cli_warn(cli, LH_MSG_VERIFY_FAILED, lh_cli_sign(cli, rc), err.text, NULL);
        return LH_EXIT_FORGED;
    }
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
