#ifndef LH_CLI_HANDED_H
#define LH_CLI_HANDED_H

/* What was handed in for one entry, kept to be held against the entry that the node shows for it.
 */

#include "cli/proven.h"

struct lh_handed {
    struct lh_buf body; /* signed here: these bytes are the entry's body */
    json_t *event;      /* borrowed; NULL unless the node makes the body of it */
};

void lh_handed_clear(struct lh_handed *handed);
/**
 * Whether `item` is the entry of it. The digest of what stays private is the node's to make; all
 * else must be the same. LH_ERR_FORGED: another entry; LH_ERR_UNKNOWN: of a newer schema.
 */
enum lh_code lh_handed_check(const struct lh_handed *handed, const struct lh_item *item,
                             struct lh_err *err) LH_MUST_CHECK;

#endif
