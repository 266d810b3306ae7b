#ifndef LH_NODE_CONFIG_OPTION_H
#define LH_NODE_CONFIG_OPTION_H

/* The table of options that stands behind node/config: one row for each key of the file. */

#include "crypto/base/buf.h"

enum lh_option_kind {
    LH_OPTION_PATH,
    LH_OPTION_CODE,
    LH_OPTION_ADDRESS,
    LH_OPTION_SIZE,
    LH_OPTION_DURATION,
    LH_OPTION_NUMBER,
    LH_OPTION_MODE,
    LH_OPTION_CHOICE,
    LH_OPTION_CLIENT,
    LH_OPTION_PEER,
};

struct lh_option {
    const char *key;
    size_t offset;       /* of the field in struct lh_config */
    const char *initial; /* default in the file's syntax; NULL: derived from `data` */
    uint64_t min, max;   /* of numbers, sizes (bytes), durations (ms) */
    const char *choices; /* of LH_OPTION_CHOICE, separated by '|'; the value is the position */
    enum lh_option_kind kind;
    bool is_reloadable; /* SIGHUP takes it; otherwise a restart does */
    const char *help;
};

size_t lh_option_count(void);
/** `index`: below the count, in the order of the manual. */
const struct lh_option *lh_option_at(size_t index);
/** NULL: there is none; `out_nearest` is then the key that was probably meant, or NULL. */
const struct lh_option *lh_option_find(struct lh_bytes key, const char **out_nearest);
/** Every line of that key adds to those before it. */
bool lh_option_is_repeatable(const struct lh_option *option);
/** A path without a default of its own: what follows the data directory's. */
const char *lh_option_derived_end(const struct lh_option *option);
/** A value as the file has it. */
void lh_option_format_number(struct lh_buf *out, const struct lh_option *option, uint64_t value);

#endif
