#include "cli/cmds.h"

#include "cli/download.h"
#include "cli/files.h"
#include "cli/proven.h"
#include "cli/verifier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct lh_option lh_verify_options[] = {
    { "all", 0, NULL, { "the node's whole ledger, entry by entry", "逐条重放节点的整个账本" } },
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

static int verify_all(struct lh_cli *cli)
{
    struct lh_proven proven;
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    uint64_t len = 0;
    enum lh_code rc;
    int code = LH_EXIT_FAILED;

    lh_proven_init(&proven, cli, false);
    /* The newest checkpoint settles whose ledger it is and whether it extends what was seen. */
    rc = lh_proven_head(&proven, &err);
    if (rc == LH_OK) {
        rc = make_temporary(&path, &err);
    }
    if (rc == LH_OK) {
        const char *paths[1] = { lh_buf_text(&path) };

        rc = lh_download_archive(cli, paths[0], proven.checkpoint.size, &len, &err);
        if (rc == LH_OK) {
            rc = lh_verifier_run(cli, paths, 1, lh_buf_text(&proven.pin.path), &code, &err);
        }
        (void)unlink(paths[0]);
    }
    if (rc != LH_OK) {
        code = lh_proven_fail(&proven, rc, &err);
    }
    lh_buf_clear(&path);
    lh_proven_clear(&proven);
    return code;
}

int lh_cmd_verify(struct lh_cli *cli)
{
    bool is_all = lh_cli_has(cli, "all");

    if (is_all == (cli->args.operand_count > 0)) {
        return lh_cli_usage(cli, LH_MSG_VERIFY_WHAT, "", "");
    }
    return is_all ? verify_all(cli) : lh_cmd_receipt_verify(cli);
}
