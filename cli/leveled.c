#include "cli/leveled.h"

#include "net/tally.h"

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

static enum lh_code judge(struct lh_leveled *leveled, const struct lh_receipt *receipt,
                          enum lh_level *out, struct lh_err *err)
{
    struct lh_tally_report report;
    struct lh_checkpoint head;
    struct lh_origin origin;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, lh_buf_bytes(&receipt->checkpoint), err);

    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, note.text, err);
    }
    if (rc == LH_OK) {
        rc = lh_origin_parse(&origin, lh_bytes_of_text(head.origin), err);
    }
    if (rc == LH_OK) {
        rc = lh_tally_judge_founders(&report, leveled->place.suite, leveled->place.genesis,
                                     origin.department, &note, err);
    }
    if (rc == LH_OK) {
        *out = report.level;
    }
    return rc;
}

enum lh_code lh_leveled_take(struct lh_leveled *leveled, const struct lh_receipt *receipt,
                             enum lh_level *out, struct lh_err *err)
{
    enum lh_code rc = open_place(leveled, receipt, err);

    if (rc == LH_OK) {
        rc = judge(leveled, receipt, out, err);
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
    lh_cli_warn(leveled->cli, LH_MSG_LEVEL_BELOW, lh_level_name(leveled->lowest),
                lh_level_name(leveled->wanted), NULL);
    return LH_EXIT_PARTIAL;
}
