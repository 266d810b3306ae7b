#include "cli/verifier.h"

#include "cli/program.h"
#include "crypto/base/assert.h"

enum { ARGS_MAX = LH_ARGS_MAX + 8 };

enum lh_code lh_verifier_run(const struct lh_cli *cli, const char *const *paths, size_t path_count,
                             const char *trust, int *out_code, struct lh_err *err)
{
    const char *args[ARGS_MAX] = { "liuhen-verify" };
    size_t count = 1;
    int code = 0;
    enum lh_code rc;

    lh_assert(path_count <= LH_ARGS_MAX);
    if (cli->json) {
        args[count++] = "--json";
    }
    if (trust != NULL) {
        args[count++] = "--trust";
        args[count++] = trust;
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
