#ifndef LH_NODE_COPIED_H
#define LH_NODE_COPIED_H

/*
 * Ledgers of other departments as they are held here at one moment, for requests: by department,
 * of each its generations oldest first. Read from any thread, until lh_peers_stop.
 */

#include "ledger/copies.h"
#include "node/peers.h"

struct lh_copied {
    size_t count;
    struct lh_copy_view *views;
};

#define LH_COPIED_EMPTY                                                                            \
    {                                                                                              \
        .count = 0, .views = NULL                                                                  \
    }

/**
 * Those of `department` (NULL: of all others); none is fine, and so is `peers` NULL. The caller
 * clears `out`. LH_ERR_NOMEM.
 */
enum lh_code lh_copied_list(struct lh_copied *out, struct lh_peers *peers, const char *department,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_copied_clear(struct lh_copied *copied);
/** NULL: that generation is not held. */
const struct lh_copy_view *lh_copied_find(const struct lh_copied *copied, const char *department,
                                          uint32_t generation);

#endif
