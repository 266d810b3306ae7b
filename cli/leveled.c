#include "cli/leveled.h"

#include "cli/files.h"
#include "net/standing.h"

enum { NODE_MS = 30 * 1000 }; /* how long a node waits unless it is told otherwise */

enum lh_code lh_leveled_init(struct lh_leveled *out, struct lh_cli *cli, struct lh_err *err)
{
    const char *text = lh_cli_value(cli, "wait");
    enum lh_code rc;

    *out = (struct lh_leveled){ .cli = cli, .is_asked = text != NULL, .lowest = LH_LEVEL_FINAL };
    if (text == NULL) {
        return LH_OK;
    }
    rc = lh_level_parse(&out->wanted, lh_bytes_of_text(text), err);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "--wait");
}

void lh_leveled_clear(struct lh_leveled *leveled)
{
    lh_epochs_free(leveled->epochs);
    leveled->epochs = NULL;
    lh_place_close(&leveled->place);
}

/* The node answers before we lose patience. */
void lh_leveled_add_query(const struct lh_leveled *leveled, struct lh_buf *target)
{
    int64_t timeout_ms =
        leveled->cli->timeout_ms > 0 ? leveled->cli->timeout_ms : LH_CLIENT_TIMEOUT_MS;

    if (!leveled->is_asked) {
        return;
    }
    lh_buf_add_format(target, "?wait=%s", lh_level_name(leveled->wanted));
    if (timeout_ms <= NODE_MS) {
        lh_buf_add_format(target, "&wait_ms=%lld", (long long)(timeout_ms * 3 / 4));
    }
}

static enum lh_code open_place(struct lh_leveled *leveled, const struct lh_receipt *receipt,
                               struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    if (leveled->place.genesis == NULL) {
        rc = lh_place_open(&leveled->place, leveled->cli, err);
    }
    if (rc == LH_OK &&
        !lh_hash_is_equal(lh_genesis_network_id(leveled->place.genesis), &receipt->network_id)) {
        rc = lh_err_set(err, LH_ERR_FORGED, "the receipt is of another network");
    }
    return rc;
}

static enum lh_code add_epoch(struct lh_epochs *epochs, const char *path, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_file_read(&bytes, path, LH_PROPOSAL_MAX, err);

    if (rc == LH_OK) {
        rc = lh_epochs_add(epochs, lh_buf_bytes(&bytes), err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", path);
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* The genesis file and what --epochs names. */
static enum lh_code open_epochs(struct lh_leveled *leveled, struct lh_err *err)
{
    enum lh_code rc = LH_OK;
    const char *path;
    size_t at = 0;

    if (leveled->epochs == NULL) {
        rc = lh_epochs_new(&leveled->epochs, leveled->place.genesis, err);
        while (rc == LH_OK && (path = lh_args_next(&leveled->cli->args, "epochs", &at)) != NULL) {
            rc = add_epoch(leveled->epochs, path, err);
        }
    }
    return rc;
}

static enum lh_code judge(struct lh_leveled *leveled, const struct lh_receipt *receipt,
                          enum lh_level *out, struct lh_err *err)
{
    struct lh_standing standing;
    struct lh_checkpoint head;
    struct lh_origin origin;
    struct lh_hash before;
    struct lh_hash epoch;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, lh_buf_bytes(&receipt->checkpoint), err);

    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, note.text, err);
    }
    if (rc == LH_OK) {
        rc = lh_origin_parse(&origin, lh_bytes_of_text(head.origin), err);
    }
    if (rc == LH_OK) {
        rc = lh_receipt_epochs(receipt, &epoch, &before, err);
    }
    if (rc == LH_OK) {
        rc = lh_standing_judge(&standing, leveled->place.suite, leveled->epochs, &epoch, &before,
                               origin.department, &note, err);
    }
    if (rc == LH_OK) {
        *out = standing.level;
    }
    return rc;
}

/* What the seal says is so all the same. */
static void leave_untold(struct lh_leveled *leveled, enum lh_level *out, const struct lh_err *why)
{
    if (!leveled->is_untold) {
        lh_cli_warn(leveled->cli, LH_MSG_LEVEL_UNTOLD, why->text, NULL);
    }
    leveled->is_untold = true;
    *out = LH_LEVEL_SEALED;
}

enum lh_code lh_leveled_take(struct lh_leveled *leveled, const struct lh_receipt *receipt,
                             enum lh_level *out, struct lh_err *err)
{
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc = open_place(leveled, receipt, err);

    if (rc == LH_OK) {
        rc = open_epochs(leveled, err);
    }
    if (rc == LH_OK) {
        rc = judge(leveled, receipt, out, &why);
        if (rc == LH_ERR_UNKNOWN) {
            leave_untold(leveled, out, &why);
            rc = LH_OK;
        } else if (rc != LH_OK) {
            lh_err_set(err, rc, "%s", why.text);
        }
    }
    if (rc == LH_OK && *out < leveled->lowest) {
        leveled->lowest = *out;
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "its level");
}

void lh_leveled_take_journaled(struct lh_leveled *leveled)
{
    leveled->lowest = LH_LEVEL_RECORDED;
}

int lh_leveled_exit(const struct lh_leveled *leveled, int code)
{
    if (code != LH_EXIT_OK || leveled->lowest >= leveled->wanted) {
        return code;
    }
    if (leveled->is_untold) {
        return LH_EXIT_PARTIAL; /* it was said */
    }
    lh_cli_warn(leveled->cli, LH_MSG_LEVEL_BELOW, lh_level_name(leveled->lowest),
                lh_level_name(leveled->wanted), NULL);
    return LH_EXIT_PARTIAL;
}
