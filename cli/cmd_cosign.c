#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/files.h"
#include "cli/render.h"

const struct lh_option lh_cosign_options[] = {
    { "key", 'k', "FILE.pem", { "the officer's private key", "负责人私钥" } },
    { .name = NULL },
};

static enum lh_code show(struct lh_cli *cli, const struct lh_act *act, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_act_describe(&text, cli, act, err);
    if (rc == LH_OK) {
        (void)fputs(lh_buf_text(&text), cli->out);
    }
    lh_buf_clear(&text);
    return rc;
}

static enum lh_code sign_file(struct lh_cli *cli, const char *path, const char *key_path,
                              struct lh_err *err)
{
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_signer *signer = NULL;
    struct lh_suite *suite = NULL;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_act_load(&act, path, err);
    if (rc == LH_OK) {
        rc = show(cli, &act, err);
    }
    if (rc == LH_OK) {
        rc = lh_signer_open(&signer, key_path, err);
    }
    if (rc == LH_OK) {
        rc = lh_suite_new(&suite, act.suite, err);
    }
    if (rc == LH_OK) {
        rc = lh_act_sign(&act, suite, signer, err);
    }
    if (rc == LH_OK) {
        rc = lh_act_encode(&bytes, &act, err);
    }
    if (rc == LH_OK) {
        rc = lh_file_replace(path, lh_buf_bytes(&bytes), 0644, err);
    }
    if (rc == LH_OK) {
        struct lh_buf count = LH_BUF_EMPTY;

        lh_buf_add_format(&count, "%zu", act.signature_count);
        lh_cli_note(cli, LH_MSG_ACT_SIGNED, path, lh_buf_text(&count), NULL);
        lh_buf_clear(&count);
    }
    lh_buf_clear(&bytes);
    lh_suite_free(suite);
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
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
