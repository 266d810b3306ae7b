#include "cli/cmds.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* demo: a city on this machine, by the script that is installed beside the catalogue. */

#define PYTHON "/usr/bin/python3"
#define SCRIPT "../share/liuhen/demo/demo.py"

enum { ARGS_MAX = 16 };

const struct lh_option lh_demo_options[] = {
    { "dir", 0, "DIR", { "with an ACT: where the city lives", "配合步骤: 演示城市所在目录" } },
    { "clean", 0, NULL, { "with down: remove its folder too", "配合 down: 同时删除其目录" } },
    { "keep", 0, NULL, { "without an ACT: leave its folder", "不带步骤时: 保留其目录" } },
    { .name = NULL },
};

/* The folder of this program, a slash at its end. */
static enum lh_code find_programs(char out[PATH_MAX], struct lh_err *err)
{
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - sizeof SCRIPT);
    char *slash;

    out[len > 0 ? len : 0] = '\0';
    slash = strrchr(out, '/');
    if (slash == NULL) {
        return lh_err_set(err, LH_ERR_IO, "where this program lies is not known");
    }
    slash[1] = '\0';
    return LH_OK;
}

/* It takes the place of this program, so that ^C is its own. */
static enum lh_code start(struct lh_cli *cli, const char *script, const char *programs,
                          struct lh_err *err)
{
    static const char *const flags[] = { "clean", "keep" };
    static const char *const words[] = { "--clean", "--keep" };
    const char *args[ARGS_MAX] = { PYTHON, "-E", "-B", script, programs };
    const char *dir = lh_cli_value(cli, "dir");
    char *copies[ARGS_MAX];
    size_t count = 5;

    if (cli->args.operand_count > 0) {
        args[count++] = cli->args.operands[0];
    }
    if (dir != NULL) {
        args[count++] = "--dir";
        args[count++] = dir;
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (lh_cli_has(cli, flags[i])) {
            args[count++] = words[i];
        }
    }
    args[count] = NULL;
    memcpy(copies, args, sizeof copies);
    (void)fflush(NULL);
    (void)execv(PYTHON, copies);
    return lh_err_set(err, LH_ERR_IO, "the demonstration wants %s, which could not be started",
                      PYTHON);
}

int lh_cmd_demo(struct lh_cli *cli)
{
    char programs[PATH_MAX];
    char script[PATH_MAX];
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = find_programs(programs, &err);

    if (rc == LH_OK &&
        snprintf(script, sizeof script, "%s%s", programs, SCRIPT) >= (int)sizeof script) {
        rc = lh_err_set(&err, LH_ERR_LIMIT, "the name of the demonstration's place is too long");
    }
    if (rc == LH_OK && access(script, R_OK) != 0) {
        rc = lh_err_set(&err, LH_ERR_NOT_FOUND,
                        "%s is not there: the demonstration comes with an installed package; in a "
                        "source tree it is `./run demo`",
                        script);
    }
    if (rc == LH_OK) {
        rc = start(cli, script, programs, &err);
    }
    return lh_cli_fail(cli, rc, &err);
}
