#include "cli/cmds.h"

#include "cli/completion.h"
#include "cli/render.h"

#include <string.h>

int lh_cmd_version(struct lh_cli *cli)
{
    if (cli->json) {
        (void)fprintf(cli->out, "{\"schema\":\"liuhen.version/1\",\"version\":\"%s\"}\n",
                      LH_VERSION);
    } else {
        (void)fprintf(cli->out, "liuhen %s\n", LH_VERSION);
    }
    return LH_EXIT_OK;
}

/* Of "receipt": the verbs that begin with it. */
static bool add_group(struct lh_buf *out, const struct lh_cli *cli, const char *word)
{
    size_t len = strlen(word);
    bool has_any = false;

    for (const struct lh_verb *verb = cli->verbs; verb->name != NULL; verb++) {
        if (strncmp(verb->name, word, len) == 0 && verb->name[len] == ' ') {
            lh_buf_add_format(out, "  %-18s %s\n", verb->name,
                              lh_words_in(&verb->title, cli->lang));
            has_any = true;
        }
    }
    return has_any;
}

static int refuse_verb(const struct lh_cli *cli)
{
    const char *word = cli->args.operands[0];
    const char *nearest = lh_verb_nearest(cli->verbs, word);

    return lh_cli_usage(cli, nearest != NULL ? LH_MSG_VERB_NEAREST : LH_MSG_VERB_UNKNOWN, word,
                        nearest != NULL ? nearest : "");
}

int lh_cmd_help(struct lh_cli *cli)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    const struct lh_verb *verb = NULL;
    size_t used = 0;
    enum lh_code rc;

    if (cli->args.operand_count == 0) {
        lh_verbs_help(&text, cli->verbs, cli->common, cli->lang);
    } else if ((verb = lh_verb_find(cli->verbs, cli->args.operands, cli->args.operand_count,
                                    &used)) != NULL) {
        lh_verb_help(&text, verb, cli->common, cli->lang);
    } else if (!add_group(&text, cli, cli->args.operands[0])) {
        return refuse_verb(cli);
    }
    rc = lh_buf_check(&text, &err);
    if (rc == LH_OK) {
        rc = lh_render_page(cli, lh_buf_bytes(&text), &err);
    }
    lh_buf_clear(&text);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}

int lh_cmd_completion(struct lh_cli *cli)
{
    const struct lh_completion of = { .verbs = cli->verbs,
                                      .common = cli->common,
                                      .lang = cli->lang };
    const char *shell = cli->args.operands[0];
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (!lh_completion_add(&text, shell, &of)) {
        return lh_cli_usage(cli, LH_MSG_COMPLETION_WHAT, shell, "");
    }
    rc = lh_buf_check(&text, &err);
    if (rc == LH_OK) {
        (void)fputs(lh_buf_text(&text), cli->out);
    }
    lh_buf_clear(&text);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
