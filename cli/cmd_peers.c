#include "cli/cmds.h"

#include "cli/peering.h"
#include "cli/render.h"

/*
 * The other departments as our node sees them: who is here, how much of our ledger each said that
 * it has, how much of theirs is held here, and who cosigned whom when. All of it is the node's
 * word.
 */

static enum lh_code print(const struct lh_cli *cli, const json_t *answer, struct lh_err *err)
{
    struct lh_view *view = NULL;
    enum lh_code rc = lh_peering_view(&view, cli, answer, true, err);

    if (rc == LH_OK) {
        rc = lh_view_print(view, cli, err);
    }
    lh_view_free(view);
    return rc;
}

static void warn_of_taint(const struct lh_cli *cli, const json_t *answer)
{
    const json_t *peer;
    size_t i;

    json_array_foreach(json_object_get(answer, "peers"), i, peer)
    {
        if (json_is_true(json_object_get(peer, "tainted"))) {
            lh_cli_warn(cli, LH_MSG_STATUS_TAINTED, lh_api_text(peer, "department"), NULL);
        }
    }
}

int lh_cmd_peers(struct lh_cli *cli)
{
    struct lh_err err = LH_ERR_NONE;
    json_t *answer = NULL;
    enum lh_code rc = lh_peering_get(cli, &answer, &err);

    if (rc == LH_OK && cli->json) {
        rc = lh_api_print(cli, answer, &err);
    } else if (rc == LH_OK) {
        rc = print(cli, answer, &err);
        (void)fflush(cli->out);
        warn_of_taint(cli, answer);
    }
    json_decref(answer);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
