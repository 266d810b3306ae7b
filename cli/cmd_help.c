#include "cli/cmds.h"

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

int lh_cmd_help(struct lh_cli *cli)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    const struct lh_verb *verb = NULL;
    size_t used = 0;
    enum lh_code rc;

    if (cli->args.operand_count > 0) {
        verb = lh_verb_find(cli->verbs, cli->args.operands, cli->args.operand_count, &used);
        if (verb == NULL) {
            const char *nearest = lh_verb_nearest(cli->verbs, cli->args.operands[0]);

            return lh_cli_usage(cli, nearest != NULL ? LH_MSG_VERB_NEAREST : LH_MSG_VERB_UNKNOWN,
                                cli->args.operands[0], nearest != NULL ? nearest : "");
        }
        lh_verb_help(&text, verb, cli->common, cli->lang);
    } else {
        lh_verbs_help(&text, cli->verbs, cli->common, cli->lang);
    }
    rc = lh_buf_check(&text, &err);
    if (rc == LH_OK) {
        rc = lh_render_page(cli, lh_buf_bytes(&text), &err);
    }
    lh_buf_clear(&text);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}

/* ---- completion ---- */

static void add_names(struct lh_buf *out, const struct lh_option *options)
{
    for (const struct lh_option *at = options; at != NULL && at->name != NULL; at++) {
        lh_buf_add_format(out, " --%s", at->name);
    }
}

/* "receipt get" is completed as "receipt", then "get". */
static void add_first_words(struct lh_buf *out, const struct lh_verb *verbs)
{
    size_t last_len = 0;
    const char *last = "";

    for (const struct lh_verb *verb = verbs; verb->name != NULL; verb++) {
        size_t len = strcspn(verb->name, " ");

        if (len != last_len || strncmp(last, verb->name, len) != 0) {
            lh_buf_add_format(out, " %.*s", (int)len, verb->name);
        }
        last = verb->name;
        last_len = len;
    }
}

static void add_bash(struct lh_buf *out, const struct lh_cli *cli)
{
    lh_buf_add_text(out, "# bash completion for liuhen: source it, or put it into\n"
                         "# /usr/share/bash-completion/completions/liuhen\n"
                         "_liuhen() {\n"
                         "    local word=${COMP_WORDS[COMP_CWORD]} list=\n"
                         "    case \"$COMP_CWORD ${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n"
                         "    \"1 \"*) list=\"");
    add_first_words(out, cli->verbs);
    lh_buf_add_text(out, "\" ;;\n");
    for (const struct lh_verb *verb = cli->verbs; verb->name != NULL; verb++) {
        const char *space = strchr(verb->name, ' ');

        if (space != NULL) {
            lh_buf_add_format(out, "    \"2 %.*s \"*) list=\"$(compgen -W '%s' -- \"$word\") $list",
                              (int)(space - verb->name), verb->name, space + 1);
            lh_buf_add_text(out, "\" ;;&\n");
        }
        lh_buf_add_format(out, "    *\" %s\"|*\" %s \"*) list=\"$list", verb->name, verb->name);
        add_names(out, verb->options);
        add_names(out, cli->common);
        lh_buf_add_text(out, "\" ;;&\n");
    }
    lh_buf_add_text(out, "    esac\n"
                         "    mapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$word\")\n"
                         "    [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default\n"
                         "}\n"
                         "complete -F _liuhen liuhen\n");
}

int lh_cmd_completion(struct lh_cli *cli)
{
    struct lh_buf text = LH_BUF_EMPTY;

    if (strcmp(cli->args.operands[0], "bash") != 0) {
        return lh_cli_usage(cli, LH_MSG_COMPLETION_WHAT, cli->args.operands[0], "");
    }
    add_bash(&text, cli);
    (void)fputs(lh_buf_text(&text), cli->out);
    lh_buf_clear(&text);
    return LH_EXIT_OK;
}
