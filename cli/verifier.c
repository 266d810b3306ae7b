#include "cli/verifier.h"

#include "cli/program.h"
#include "crypto/base/assert.h"

/* What a command line can give: operands, and options with their values. */
enum { ARGS_MAX = 3 * LH_ARGS_MAX + 8 };

enum lh_code lh_verifier_run(const struct lh_cli *cli, const char *const *paths, size_t path_count,
                             const char *const trusts[2], int *out_code, struct lh_err *err)
{
    const char *args[ARGS_MAX] = { "liuhen-verify" };
    const char *epoch;
    size_t count = 1;
    int code = 0;
    enum lh_code rc;

    lh_assert(path_count <= LH_ARGS_MAX);
    if (cli->json) {
        args[count++] = "--json";
    }
    for (size_t i = 0; i < 2; i++) {
        if (trusts[i] != NULL) {
            args[count++] = "--trust";
            args[count++] = trusts[i];
        }
    }
    for (size_t at = 0; (epoch = lh_args_next(&cli->args, "epochs", &at)) != NULL;) {
        args[count++] = "--epochs";
        args[count++] = epoch;
    }
    args[count++] = "--";
    for (size_t i = 0; i < path_count; i++) {
        args[count++] = paths[i];
    }
    args[count] = NULL;
    rc = lh_program_run(args, false, &code, err);
    if (rc == LH_OK && code == LH_PROGRAM_MISSING) {
        return lh_err_set(err, LH_ERR_IO, "%s could not be run to its end", args[0]);
    }
    if (rc == LH_OK) {
        *out_code = code;
    }
    return rc;
}
