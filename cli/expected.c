#include "cli/expected.h"

#include "crypto/aloud.h"

#include <string.h>

enum lh_code lh_expected_count(size_t *out, const struct lh_cli *cli, struct lh_err *err)
{
    const char *text;
    size_t count = 0;
    size_t at = 0;

    for (; (text = lh_args_next(&cli->args, "expect", &at)) != NULL; count++) {
        if (!lh_aloud_is_valid(text)) {
            return lh_err_set(err, LH_ERR_INVALID,
                              "--expect \"%s\": eight numbers of five digits with dots between",
                              text);
        }
    }
    *out = count;
    return LH_OK;
}

enum lh_code lh_expected_check(const struct lh_cli *cli, const char *what,
                               const struct lh_hash *hash, struct lh_err *err)
{
    char aloud[LH_ALOUD_SIZE];
    const char *text;
    size_t at = 0;

    if (!lh_args_has(&cli->args, "expect")) {
        return LH_OK;
    }
    lh_aloud_format(aloud, hash);
    while ((text = lh_args_next(&cli->args, "expect", &at)) != NULL) {
        if (strcmp(text, aloud) == 0) {
            return LH_OK;
        }
    }
    return lh_err_set(err, LH_ERR_FORGED, "%s reads %s, which is not what was expected", what,
                      aloud);
}
