#ifndef LH_LEDGER_LEVEL_H
#define LH_LEDGER_LEVEL_H

/* How much stands behind an entry, lowest first. Spec: specs/network.md 8. */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

enum lh_level {
    LH_LEVEL_RECORDED,  /* in a journal: the recorder's word */
    LH_LEVEL_SEALED,    /* under a head that the department sealed */
    LH_LEVEL_WITNESSED, /* under one that k of its designated witnesses cosigned */
    LH_LEVEL_FINAL,     /* and two of these hold every leaf */
};

/** "recorded", "sealed", "witnessed" or "final". */
const char *lh_level_name(enum lh_level level);
/** LH_ERR_INVALID: none of these. */
enum lh_code lh_level_parse(enum lh_level *out, struct lh_bytes text,
                            struct lh_err *err) LH_MUST_CHECK;

#endif
