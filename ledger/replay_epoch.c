/*
 * In which epoch a ledger is, and how far that is known.
 *
 *  1. What the judge gave counts as certified. What an archive carries beyond that serves to judge
 *     keys by, and every header that names it first is `cannot tell`.
 *  2. Behind an epoch that nobody here knows keys may be missing.
 *
 * Spec: specs/ledger.md 10, 11; specs/trust.md 5.3.
 */
#include "ledger/replay_internal.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <string.h>

static void find_unplaced(struct lh_replay *replay, enum lh_code code, const char *rule,
                          const char *text)
{
    const struct lh_replay_place place = { .ledger = LH_REPLAY_NO_LEDGER,
                                           .index = LH_REPLAY_NO_INDEX };

    lh_replay_findings_add(&replay->findings, code, lh_replay_rule_find(rule), &place, text);
}

/* The next epoch; one that is there already is none. */
static enum lh_code add_next(struct lh_replay *replay, struct lh_bytes proposal, struct lh_err *err)
{
    size_t count = lh_epochs_count(replay->epochs);
    enum lh_code rc = lh_epochs_add(replay->epochs, proposal, err);

    return rc == LH_OK && lh_epochs_count(replay->epochs) == count
               ? lh_err_set(err, LH_ERR_CONFLICT, "an epoch that was there before")
               : rc;
}

/* spec ledger.md 11: "T04 is cannot tell where what was given does not follow the genesis file of
 * the archive" */
enum lh_code lh_replay_begin_epochs(struct lh_replay *replay, struct lh_err *err)
{
    struct lh_err local = LH_ERR_NONE;
    enum lh_code rc = lh_epochs_new(&replay->epochs, replay->genesis, err);

    for (size_t i = 0; rc == LH_OK && i < replay->options.epoch_count; i++) {
        rc = add_next(replay, replay->options.epochs[i], &local);
        if (rc == LH_ERR_NOMEM) {
            return lh_err_set(err, rc, "%s", local.text);
        }
        if (rc != LH_OK) {
            find_unplaced(replay, LH_ERR_UNKNOWN, "T04",
                          "the epochs that were given do not follow this genesis file");
            break;
        }
    }
    if (replay->epochs == NULL) {
        return rc;
    }
    replay->given_count = lh_epochs_count(replay->epochs);
    replay->carried_count = 1; /* the genesis frame */
    return LH_OK;
}

/* The judge gave an epoch of this number. */
static void hold_against_given(struct lh_replay *replay, size_t number, struct lh_bytes proposal)
{
    if (!lh_bytes_is_equal(lh_epochs_proposal(replay->epochs, number), proposal)) {
        find_unplaced(replay, LH_ERR_FORGED, "T04",
                      "the archive carries another epoch than the one that was given");
        replay->is_epochs_over = true;
    }
}

/* spec ledger.md 11: "An epoch frame holds a proposal that makes the next epoch of the one before
 * it." */
enum lh_code lh_replay_take_epoch(struct lh_replay *replay, struct lh_bytes proposal,
                                  struct lh_err *err)
{
    struct lh_err local = LH_ERR_NONE;
    size_t number = replay->carried_count;
    enum lh_code rc;

    if (replay->is_epochs_over) {
        return LH_OK;
    }
    replay->carried_count++;
    if (number < replay->given_count) {
        hold_against_given(replay, number, proposal);
        return LH_OK;
    }
    rc = add_next(replay, proposal, &local);
    if (rc == LH_OK) {
        return LH_OK;
    }
    if (rc == LH_ERR_NOMEM) {
        return lh_err_set(err, rc, "%s", local.text);
    }
    replay->is_epochs_over = true;
    find_unplaced(replay,
                  rc == LH_ERR_UNKNOWN || rc == LH_ERR_LIMIT ? LH_ERR_UNKNOWN : LH_ERR_FORGED,
                  "A06", local.text);
    return LH_OK;
}

bool lh_replay_is_member(const struct lh_replay *replay, const char *department)
{
    return lh_epochs_first_with(replay->epochs, department) != NULL;
}

/* The epoch that the header of the gathered block names; NULL: it is not known, or no header is
 * there. */
static const struct lh_members *named_epoch(struct lh_replay *replay)
{
    struct lh_bytes last = replay->leaves[replay->leaf_count - 1];
    struct lh_hash named;
    lhpb_Leaf leaf;

    if (lh_leaf_decode(&leaf, last, NULL) != LH_OK || leaf.which_kind != lhpb_Leaf_header_tag) {
        return NULL;
    }
    memcpy(named.bytes, leaf.kind.header.epoch_hash, sizeof named.bytes);
    return lh_epochs_find(replay->epochs, &named);
}

/* spec ledger.md 11: "A ledger that begins anew begins with the keys of the epoch that its first
 * header names" */
enum lh_code lh_replay_begin_roster(struct lh_replay *replay, struct lh_err *err)
{
    const char *department = replay->stage.origin.department;
    const struct lh_members *members = named_epoch(replay);
    enum lh_code rc;

    if (members == NULL || lh_members_find(members, department) == NULL) {
        members = lh_epochs_first_with(replay->epochs, department);
    }
    lh_assert(members != NULL); /* else the ledger breaks A04 */
    rc = lh_roster_new_in(&replay->stage.roster, members, department, err);
    if (rc == LH_OK && !replay->options.with_signatures) {
        lh_roster_forgo_verifiers(replay->stage.roster);
    }
    return rc;
}

/* spec ledger.md 11: "T04 is cannot tell, too, where a header names first an epoch that the
 * archive carries and the judge did not give." */
static void judge_given(struct lh_replay *replay, const struct lh_members *named, uint64_t index)
{
    char text[LH_REPLAY_TEXT_MAX];

    if (lh_members_number(named) >= replay->given_count) {
        (void)snprintf(text, sizeof text,
                       "epoch %u is carried here; that it was certified is not shown",
                       (unsigned)lh_members_number(named));
        lh_replay_find(replay, LH_ERR_UNKNOWN, "T04", index, text);
    }
}

enum lh_code lh_replay_enter(struct lh_replay *replay, const struct lh_chain *next, uint64_t index,
                             bool is_unknown, struct lh_err *err)
{
    const struct lh_chain *chain = &replay->stage.chain;
    const struct lh_members *from;
    const struct lh_members *to;

    if (is_unknown) {
        lh_replay_find(replay, LH_ERR_UNKNOWN, "B06", index, "the epoch is not known here");
        replay->stage.may_lack_keys = true;
        return LH_OK;
    }
    if (lh_hash_is_equal(&chain->epoch_hash, &next->epoch_hash)) {
        return LH_OK;
    }
    from = lh_epochs_find(replay->epochs, &chain->epoch_hash);
    to = lh_epochs_find(replay->epochs, &next->epoch_hash);
    lh_assert(from != NULL);
    lh_assert(to != NULL);
    judge_given(replay, to, index);
    return lh_roster_enter(replay->stage.roster, replay->suite, from, to, index, err);
}
