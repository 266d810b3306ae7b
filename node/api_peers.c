/* GET /v1/peers: the other departments, one by one. On the loop. */

#include "node/api_internal.h"

#include "net/json_more.h"

void lh_api_get_peers(struct lh_api_call *call)
{
    static const char *const names[] = { NULL };
    struct lh_json json = lh_json_of(&call->body);

    if (lh_api_check_query(call, names)) {
        lh_json_begin_object(&json, NULL);
        lh_json_add_string(&json, "schema", "liuhen.peers/1");
        if (!lh_peers_add_view(call->node->peers, &json)) {
            lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND,
                           "this node has no peers: see peers.listen and peer in liuhend.conf(5)");
        }
        lh_json_end_object(&json);
    }
    lh_api_call_finish(call);
}
