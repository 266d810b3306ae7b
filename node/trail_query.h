#ifndef LH_NODE_TRAIL_QUERY_H
#define LH_NODE_TRAIL_QUERY_H

/* The query of GET /v1/trail, one parameter at a time. Pure.  Spec: specs/api.yaml /v1/trail. */

#include "ledger/trail.h"
#include "net/problem.h"

struct lh_trail_request {
    struct lh_trail_query query;
    bool with_proofs;
};

/** Take one parameter, decoded. False with a problem: unknown, too many, or not what it wants. */
bool lh_trail_request_take(struct lh_trail_request *out, const char *name, const char *value,
                           struct lh_problem *problem) LH_MUST_CHECK;

#endif
