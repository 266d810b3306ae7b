#include "cli/program.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void find(char out[PATH_MAX], const char *name)
{
    size_t size = strlen(name) + 1;
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - size - 1);
    char *slash;

    if (len > 0) {
        out[len] = '\0';
        slash = strrchr(out, '/');
        if (slash != NULL) {
            memcpy(slash + 1, name, size);
            if (access(out, X_OK) == 0) {
                return;
            }
        }
    }
    memcpy(out, name, size);
}

static void start(const char *program, char **args, bool is_aside)
{
    if (!is_aside || dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
        (void)execvp(program, args);
    }
    _exit(LH_PROGRAM_MISSING);
}

enum lh_code lh_program_run(const char *const *args, bool is_aside, int *out_code,
                            struct lh_err *err)
{
    char program[PATH_MAX];
    int status = 0;
    pid_t child;

    find(program, args[0]);
    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        start(program, (char **)(uintptr_t)args, is_aside);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return lh_err_set(err, LH_ERR_IO, "starting %s: %s", program, strerror(errno));
    }
    if (!WIFEXITED(status)) {
        return lh_err_set(err, LH_ERR_IO, "%s could not be run to its end", program);
    }
    *out_code = WEXITSTATUS(status);
    return LH_OK;
}
