#include "cli/cmds.h"

#include "cli/download.h"
#include "cli/files.h"
#include "cli/place.h"
#include "cli/proven.h"
#include "cli/verifier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct lh_option lh_verify_options[] = {
    { "all", 0, NULL, { "the node's whole ledger, entry by entry", "逐条重放节点的整个账本" } },
    { "ledger",
      0,
      "DEPT",
      { "what the node holds of that department's ledger", "节点所持该部门的账本" } },
    { "all-ledgers",
      0,
      NULL,
      { "its own and all that it holds of others", "本部门的账本及节点所持的其他全部账本" } },
    { "epochs",
      0,
      "FILE",
      { "a proposal that was certified; repeatable, in their order",
        "已获通过的纪元提案; 可重复, 按次序" } },
    { .name = NULL },
};

/* A file of our own in the place for temporary ones. */
static enum lh_code make_temporary(struct lh_buf *out, struct lh_err *err)
{
    const char *dir = getenv("TMPDIR");
    enum lh_code rc;
    int fd;

    lh_buf_add_format(out, "%s/liuhen-XXXXXX.lhar", dir != NULL && dir[0] == '/' ? dir : "/tmp");
    rc = lh_buf_check(out, err);
    if (rc != LH_OK) {
        return rc;
    }
    fd = mkstemps((char *)out->data, 5);
    if (fd < 0) {
        return lh_err_set(err, LH_ERR_IO, "making %s: %s", lh_buf_text(out), strerror(errno));
    }
    (void)close(fd);
    return LH_OK;
}

/* A ledger that was convicted may hold every rule all the same, along the branch that is here. */
static void warn_of_taint(struct lh_cli *cli)
{
    json_t *status = NULL;
    const json_t *row;
    size_t i;

    if (lh_api_get_status(cli, &status, NULL) == LH_OK) {
        json_array_foreach(json_object_get(status, "replicas"), i, row)
        {
            if (json_is_true(json_object_get(row, "tainted"))) {
                lh_cli_warn(cli, LH_MSG_STATUS_TAINTED, lh_api_text(row, "origin"), NULL);
            }
        }
    }
    json_decref(status);
}

/* The genesis file under whose officers seals are found that are not trusted yet: those of the
 * generations before the one that was seen at first use, and those of others. It is that of the
 * network that is trusted, or, of others, that of --data beside the policy that names our seals.
 * Empty: there is none, or a file that somebody named decides alone. */
static enum lh_code find_genesis(struct lh_buf *out, const struct lh_proven *proven, bool of_others,
                                 struct lh_err *err)
{
    const struct lh_trust *trust = &proven->pin.trust;
    struct lh_place place = { .genesis = NULL };
    enum lh_code rc = LH_ERR_NOT_FOUND;

    if (trust->has_network) {
        rc = lh_pin_find_genesis(out, proven->cli, &trust->network_id, err);
    } else if (of_others && lh_place_open(&place, proven->cli, NULL) == LH_OK) {
        rc = lh_pin_find_genesis(out, proven->cli, lh_genesis_network_id(place.genesis), err);
    }
    lh_place_close(&place);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* `ledger`: a department's code, or "all"; NULL: the node's own. */
static int verify_ledgers(struct lh_cli *cli, const char *ledger)
{
    struct lh_proven proven;
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf genesis = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    uint64_t len = 0;
    enum lh_code rc;
    int code = LH_EXIT_FAILED;

    lh_proven_init(&proven, cli, false);
    /* The newest checkpoint settles whose ledger it is and whether it extends what was seen. */
    rc = lh_proven_head(&proven, &err);
    if (rc == LH_OK) {
        rc = find_genesis(&genesis, &proven, ledger != NULL, &err);
    }
    if (rc == LH_OK) {
        rc = make_temporary(&path, &err);
    }
    if (rc == LH_OK) {
        const char *paths[1] = { lh_buf_text(&path) };
        const char *const trusts[2] = { lh_buf_text(&proven.pin.path),
                                        genesis.len > 0 ? lh_buf_text(&genesis) : NULL };

        rc = lh_download_archive(cli, paths[0], ledger, proven.checkpoint.size, &len, &err);
        if (rc == LH_OK) {
            rc = lh_verifier_run(cli, paths, 1, trusts, &code, &err);
        }
        (void)unlink(paths[0]);
    }
    if (rc != LH_OK) {
        code = lh_proven_fail(&proven, rc, &err);
    } else if (ledger != NULL) {
        warn_of_taint(cli);
    }
    lh_buf_clear(&genesis);
    lh_buf_clear(&path);
    lh_proven_clear(&proven);
    return code;
}

int lh_cmd_verify(struct lh_cli *cli)
{
    const char *ledger = lh_cli_has(cli, "all-ledgers") ? "all" : lh_cli_value(cli, "ledger");
    size_t ways = (size_t)lh_cli_has(cli, "all") + (size_t)lh_cli_has(cli, "all-ledgers") +
                  (size_t)lh_cli_has(cli, "ledger");

    if (ways + (cli->args.operand_count > 0 ? 1 : 0) != 1) {
        return lh_cli_usage(cli, LH_MSG_VERIFY_WHAT, "", "");
    }
    return ways > 0 ? verify_ledgers(cli, ledger) : lh_cmd_receipt_verify(cli);
}
