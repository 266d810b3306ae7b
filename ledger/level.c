#include "ledger/level.h"

static const char *const NAMES[] = {
    [LH_LEVEL_RECORDED] = "recorded",
    [LH_LEVEL_SEALED] = "sealed",
    [LH_LEVEL_WITNESSED] = "witnessed",
    [LH_LEVEL_FINAL] = "final",
};

const char *lh_level_name(enum lh_level level)
{
    return NAMES[level];
}

enum lh_code lh_level_parse(enum lh_level *out, struct lh_bytes text, struct lh_err *err)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (lh_bytes_is_equal(text, lh_bytes_of_text(NAMES[i]))) {
            *out = (enum lh_level)i;
            return LH_OK;
        }
    }
    return lh_err_set(err, LH_ERR_INVALID, "a level is recorded, sealed, witnessed or final");
}
