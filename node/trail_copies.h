#ifndef LH_NODE_TRAIL_COPIES_H
#define LH_NODE_TRAIL_COPIES_H

/*
 * GET /v1/trail?ledger=: the trail of what is held of one department's ledger, or of all that are
 * held, merged, with what each of them is worth: up to which size, of when, and whether its
 * department is known to have more.  Spec: specs/ledger.md 9.3, specs/api.yaml.
 */

#include "node/access.h"
#include "node/trail_query.h"

struct lh_trail_copies_question {
    const char *ledger; /* "all" or a department */
    const char *after;  /* cursor, or NULL */
    const struct lh_trail_request *request;
    const struct lh_access *access;
};

/** Does this reading go beyond our own ledger? */
bool lh_trail_copies_is_of_others(const struct lh_api_call *call, const char *ledger);
/** Is there anything of it? Else a problem. Any thread. */
bool lh_trail_copies_is_held(struct lh_api_call *call, const char *ledger);
/** Write the answer, or a problem. In the pool. */
void lh_trail_copies_answer(struct lh_api_call *call, struct lh_worker *worker,
                            const struct lh_trail_copies_question *question);

#endif
