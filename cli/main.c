/* liuhen: the client of a node, for people and scripts. */
#include "cli/cmds.h"
#include "cli/verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum lh_lang environment_lang(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0') {
            return lh_lang_of_locale(value);
        }
    }
    return LH_LANG_EN;
}

/* --lang is looked for before anything is judged: the words about a wrong line are in it too. */
static enum lh_lang choose_lang(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--lang=", 7) == 0) {
            return lh_lang_of_locale(argv[i] + 7);
        }
        if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc) {
            return lh_lang_of_locale(argv[i + 1]);
        }
    }
    return environment_lang();
}

static int help_of_verb(struct lh_cli *cli)
{
    struct lh_buf text = LH_BUF_EMPTY;

    lh_verb_help(&text, cli->args.verb, cli->common, cli->lang);
    (void)fputs(lh_buf_text(&text), cli->out);
    lh_buf_clear(&text);
    return LH_EXIT_OK;
}

/* Nothing asked for: the list of verbs, as an answer to --help and as a hint otherwise. */
static int help_of_all(struct lh_cli *cli)
{
    int code = lh_cmd_help(cli);

    return lh_cli_has(cli, "help") || code != LH_EXIT_OK ? code : LH_EXIT_USAGE;
}

static int run(struct lh_cli *cli)
{
    if (lh_cli_has(cli, "version")) {
        return lh_cmd_version(cli);
    }
    if (cli->args.verb == NULL) {
        return help_of_all(cli);
    }
    return lh_cli_has(cli, "help") ? help_of_verb(cli) : cli->args.verb->run(cli);
}

/* What could not be written must not look like success. */
static int finish(struct lh_cli *cli, int code)
{
    if ((fflush(cli->out) != 0 || ferror(cli->out) != 0) && code == LH_EXIT_OK) {
        (void)fprintf(cli->err, "liuhen: %s\n", strerror(errno));
        return LH_EXIT_IO;
    }
    return code;
}

int main(int argc, char **argv)
{
    struct lh_cli cli = { .lang = choose_lang(argc, argv),
                          .out = stdout,
                          .err = stderr,
                          .clock = lh_clock_system(),
                          .verbs = lh_verbs,
                          .common = lh_cli_common_options };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code;

    rc = lh_args_parse(&cli.args, argc, argv, lh_verbs, lh_cli_common_options, cli.lang, &err);
    if (rc == LH_OK) {
        rc = lh_cli_init(&cli, &err);
    }
    if (rc != LH_OK) {
        code = lh_cli_fail(&cli, rc, &err);
        if (cli.args.verb != NULL) {
            lh_cli_note(&cli, LH_MSG_SEE_HELP, cli.args.verb->name, NULL);
        }
    } else {
        code = run(&cli);
    }
    code = finish(&cli, code);
    lh_cli_clear(&cli);
    return code;
}
