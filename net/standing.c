#include "net/standing.h"

#include "crypto/text.h"
#include "net/panel.h"

static enum lh_code find_epoch(const struct lh_members **out, struct lh_hash *out_missing,
                               const struct lh_epochs *epochs, const struct lh_hash *hash,
                               struct lh_err *err)
{
    char hex[2 * LH_HASH_SIZE + 1];

    *out = lh_epochs_find(epochs, hash);
    if (*out != NULL) {
        return LH_OK;
    }
    *out_missing = *hash;
    lh_hex_format(hex, lh_hash_bytes(hash));
    return lh_err_set(err, LH_ERR_UNKNOWN, "the epoch %s is not known", hex);
}

/* spec network.md 8: "one line of who is in both counts in both, one under keys that the epoch
 * ended by the epoch before alone" */
static enum lh_code count_both(struct lh_tally_report *out, struct lh_suite *suite,
                               const struct lh_members *members, const struct lh_members *before,
                               const char *department, const struct lh_note *note,
                               struct lh_err *err)
{
    struct lh_buf lines = LH_BUF_EMPTY;
    struct lh_panel_sum sum;
    struct lh_panel panel;
    enum lh_code rc = lh_panel_init(&panel, suite, members, before, department, err);

    if (rc == LH_OK) {
        rc = lh_panel_read(&panel, note, &sum, &lines, err);
    }
    if (rc == LH_OK) {
        out->sum = sum.before;
        out->level = lh_tally_level(&panel.before, &sum.before);
    }
    lh_buf_clear(&lines);
    return rc;
}

enum lh_code lh_standing_judge(struct lh_standing *out, struct lh_suite *suite,
                               const struct lh_epochs *epochs, const struct lh_hash *epoch,
                               const struct lh_hash *epoch_before, const char *department,
                               const struct lh_note *note, struct lh_err *err)
{
    struct lh_standing standing = { .is_transition = !lh_hash_is_equal(epoch, epoch_before) };
    const struct lh_members *members;
    const struct lh_members *before = NULL;
    enum lh_code rc = find_epoch(&members, &out->missing, epochs, epoch, err);

    if (rc == LH_OK && standing.is_transition) {
        rc = find_epoch(&before, &out->missing, epochs, epoch_before, err);
    }
    if (rc == LH_OK) {
        rc = lh_tally_judge(&standing.tally, suite, members, department, note, err);
    }
    if (rc == LH_OK && standing.is_transition) {
        rc = lh_tally_judge(&standing.before, suite, before, department, note, err);
    }
    if (rc == LH_OK && standing.is_transition) {
        rc = count_both(&standing.before, suite, members, before, department, note, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    /* spec network.md 8: "A transition head has the level that it has by its own epoch, if it is
     * witnessed by the epoch before as well, else it is sealed. An epoch in which a ledger has no
     * witnesses asks for none." */
    bool is_short = standing.is_transition && standing.before.quorum.cosigner_count > 0 &&
                    standing.before.level < LH_LEVEL_WITNESSED;

    standing.level = is_short ? LH_LEVEL_SEALED : standing.tally.level;
    *out = standing;
    return LH_OK;
}
