#ifndef LH_NODE_API_H
#define LH_NODE_API_H

/* The HTTP API of a node: one table of routes.  Spec: specs/api.yaml. */

#include "net/http.h"

/** Answer a request, now or later. `arg` is the node. */
void lh_api_handle(struct lh_http_request *request, void *arg);

#endif
