#include "cli/place.h"

#include "cli/api.h"
#include "cli/files.h"

#include <string.h>

static enum lh_code read_genesis(struct lh_buf *out, struct lh_cli *cli, struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc = LH_ERR_NOT_FOUND;

    if (lh_cli_data(cli) != NULL) {
        lh_buf_add_format(&path, "%s/genesis.lhg", lh_cli_data(cli));
        rc = lh_file_read(out, lh_buf_text(&path), LH_GENESIS_MAX, err);
    }
    if (rc != LH_OK) {
        rc = lh_api_get(cli, &reply, "/v1/genesis", err);
        if (rc == LH_OK) {
            lh_buf_reset(out);
            lh_buf_add(out, lh_buf_bytes(&reply.body));
            rc = lh_buf_check(out, err);
        }
    }
    lh_client_reply_clear(&reply);
    lh_buf_clear(&path);
    return rc;
}

/* A network of one needs no asking; else the settings beside --data say it, or the node. */
static enum lh_code read_department(struct lh_buf *out, struct lh_cli *cli,
                                    const struct lh_genesis *genesis, struct lh_err *err)
{
    json_t *status = NULL;
    enum lh_code rc;

    lh_buf_reset(out);
    if (lh_genesis_count(genesis) == 1) {
        lh_buf_add_text(out, lh_genesis_member(genesis, 0)->department);
        return lh_buf_check(out, err);
    }
    if (lh_cli_setting(cli, out, "department", NULL) == LH_OK) {
        return LH_OK;
    }
    rc = lh_api_get_status(cli, &status, err);
    if (rc == LH_OK) {
        lh_buf_reset(out);
        lh_buf_add_text(out, lh_api_text(status, "department"));
        rc = lh_buf_check(out, err);
    }
    json_decref(status);
    return rc;
}

enum lh_code lh_place_open(struct lh_place *out, struct lh_cli *cli, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_buf department = LH_BUF_EMPTY;
    enum lh_code rc;

    *out = (struct lh_place){ .genesis = NULL };
    rc = read_genesis(&bytes, cli, err);
    if (rc == LH_OK) {
        rc = lh_genesis_new(&out->genesis, lh_buf_bytes(&bytes), err);
    }
    if (rc == LH_OK) {
        rc = lh_suite_new(&out->suite, lh_genesis_suite(out->genesis), err);
    }
    if (rc == LH_OK) {
        rc = read_department(&department, cli, out->genesis, err);
    }
    if (rc != LH_OK) {
        goto out;
    }
    if (department.len > LH_CODE_MAX) {
        rc = lh_err_set(err, LH_ERR_INVALID, "department \"%s\" is no code",
                        lh_buf_text(&department));
        goto out;
    }
    /* whether it is a member says the node, which knows the epochs */
    memcpy(out->department, lh_buf_text(&department), department.len + 1);
out:
    lh_buf_clear(&department);
    lh_buf_clear(&bytes);
    return rc;
}

void lh_place_close(struct lh_place *place)
{
    lh_suite_free(place->suite);
    lh_genesis_free(place->genesis);
    *place = (struct lh_place){ .genesis = NULL };
}
