#include "net/panel.h"

#include <string.h>

/* ---- seats ---- */

static bool has_same_keys(const struct lh_tally_witness *a, const struct lh_tally_witness *b)
{
    return lh_pubkey_is_equal(&a->witness_key.key, &b->witness_key.key) &&
           lh_pubkey_is_equal(&a->mirror_key.key, &b->mirror_key.key);
}

static struct lh_panel_seat *seat_of(struct lh_panel *panel, const struct lh_tally_witness *witness)
{
    for (unsigned i = 0; i < panel->count; i++) {
        if (strcmp(panel->seats[i].witness.department, witness->department) == 0) {
            return &panel->seats[i];
        }
    }
    panel->seats[panel->count] = (struct lh_panel_seat){ .witness = *witness };
    return &panel->seats[panel->count++];
}

static void seat_before(struct lh_panel *panel, const struct lh_tally_witness *witness)
{
    struct lh_panel_seat *seat = seat_of(panel, witness);

    seat->is_before = true;
    seat->has_old = !has_same_keys(&seat->witness, witness);
    seat->old = *witness;
}

static enum lh_code designate(struct lh_tally *out, struct lh_suite *suite,
                              const struct lh_members *members, const char *department,
                              struct lh_err *err)
{
    if (lh_members_find(members, department) == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "%s is no member in epoch %u", department,
                          (unsigned)lh_members_number(members));
    }
    return lh_tally_init(out, suite, members, department, err);
}

/* spec trust.md 5.3: "That head is witnessed only with k cosignatures of the ledger's witnesses by
 * the old epoch and k by the new one" */
enum lh_code lh_panel_init(struct lh_panel *out, struct lh_suite *suite,
                           const struct lh_members *members, const struct lh_members *before,
                           const char *department, struct lh_err *err)
{
    enum lh_code rc;

    *out = (struct lh_panel){ .is_transition = before != NULL };
    rc = designate(&out->now, suite, members, department, err);
    if (rc == LH_OK && before != NULL) {
        rc = designate(&out->before, suite, before, department, err);
    }
    for (unsigned i = 0; rc == LH_OK && i < out->now.count; i++) {
        seat_of(out, &out->now.witnesses[i])->is_now = true;
    }
    for (unsigned i = 0; rc == LH_OK && i < out->before.count; i++) {
        seat_before(out, &out->before.witnesses[i]);
    }
    return rc;
}

enum lh_code lh_panel_of_head(struct lh_panel *out, const struct lh_replica *replica,
                              const struct lh_replica_ledger *ledger, uint64_t size,
                              struct lh_err *err)
{
    struct lh_replica_epoch epoch;
    enum lh_code rc = lh_replica_epoch_of(replica, &epoch, ledger->origin, size, err);

    return rc == LH_OK ? lh_panel_init(out, lh_replica_suite(replica), epoch.members, epoch.before,
                                       ledger->department, err)
                       : rc;
}

/* Who was removed is shown what the last epoch with it said. */
static const struct lh_members *find_newest(const struct lh_epochs *epochs, const char *department)
{
    for (size_t i = lh_epochs_count(epochs); i > 0; i--) {
        if (lh_members_find(lh_epochs_at(epochs, i - 1), department) != NULL) {
            return lh_epochs_at(epochs, i - 1);
        }
    }
    return lh_epochs_newest(epochs);
}

enum lh_code lh_panel_of_newest(struct lh_panel *out, const struct lh_replica *replica,
                                const char *department, struct lh_err *err)
{
    const struct lh_members *members = find_newest(lh_replica_epochs(replica), department);

    return lh_panel_init(out, lh_replica_suite(replica), members, NULL, department, err);
}

/* ---- counting ---- */

enum lh_code lh_panel_take(const struct lh_panel_seat *seat, const struct lh_note *note,
                           struct lh_buf *out, struct lh_panel_line *out_line, struct lh_err *err)
{
    struct lh_panel_line line = { .is_old = false };
    enum lh_code rc = lh_tally_take(&seat->witness, note, out, &line.is_mirror, &line.time_s, err);

    if (rc == LH_ERR_NOT_FOUND && seat->has_old) {
        line.is_old = true;
        rc = lh_tally_take(&seat->old, note, out, &line.is_mirror, &line.time_s, err);
    }
    if (rc == LH_OK) {
        *out_line = line;
    }
    return rc;
}

/* spec network.md 8: "one line of who is in both counts in both, one under keys that the epoch
 * ended by the epoch before alone" */
void lh_panel_add(const struct lh_panel_seat *seat, const struct lh_panel_line *line,
                  struct lh_panel_sum *sum)
{
    bool is_now = seat->is_now && !line->is_old;

    sum->now.witness_count += is_now;
    sum->now.mirror_count += is_now && line->is_mirror;
    sum->before.witness_count += seat->is_before;
    sum->before.mirror_count += seat->is_before && line->is_mirror;
}

enum lh_code lh_panel_read(const struct lh_panel *panel, const struct lh_note *note,
                           struct lh_panel_sum *out, struct lh_buf *out_lines, struct lh_err *err)
{
    struct lh_panel_sum sum = { .now = { .witness_count = 0 } };
    enum lh_code rc = LH_OK;

    for (unsigned i = 0; rc == LH_OK && i < panel->count; i++) {
        struct lh_panel_line line;

        rc = lh_panel_take(&panel->seats[i], note, out_lines, &line, err);
        if (rc == LH_OK) {
            lh_panel_add(&panel->seats[i], &line, &sum);
        }
        rc = rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
    }
    if (rc == LH_OK) {
        *out = sum;
    }
    return rc;
}

/* An epoch in which the ledger has no witnesses asks for none. */
bool lh_panel_is_witnessed(const struct lh_panel *panel, const struct lh_panel_sum *sum)
{
    return lh_tally_is_witnessed(&panel->now, &sum->now) &&
           (!panel->is_transition || panel->before.quorum.cosigner_count == 0 ||
            lh_tally_is_witnessed(&panel->before, &sum->before));
}

bool lh_panel_is_final(const struct lh_panel *panel, const struct lh_panel_sum *sum)
{
    return lh_panel_is_witnessed(panel, sum) && lh_tally_is_final(&panel->now, &sum->now);
}
