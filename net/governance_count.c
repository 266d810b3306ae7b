/* Votes are counted, and what they certify is kept: each proposal that was certified as epoch N in
 * a note of its own, "epoch/N", and in "epoch/N/heads" the witnessed checkpoints of all ledgers at
 * that moment, each behind its length as u16: whoever comes later finds no others under which its
 * votes lie, for heads of later epochs cannot be judged without this one. */
#include "net/governance_internal.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TROUBLE_AGAIN_MS = 10 * 1000, KEY_SIZE = 40 };

/* ---- what was certified ---- */

static void epoch_key(char out[KEY_SIZE], size_t number)
{
    (void)snprintf(out, KEY_SIZE, "epoch/%zu", number);
}

enum lh_code lh_governance_recall(struct lh_governance *governance, struct lh_err *err)
{
    char key[KEY_SIZE];
    enum lh_code rc = LH_OK;

    while (rc == LH_OK) {
        epoch_key(key, lh_epochs_count(governance->epochs));
        rc = lh_replica_get_note(governance->replica, key, LH_REPLICA_GOVERNANCE, &governance->note,
                                 err);
        if (rc == LH_OK) {
            rc = lh_epochs_add(governance->epochs, lh_buf_bytes(&governance->note), err);
            if (rc != LH_OK && rc != LH_ERR_NOMEM) {
                return lh_err_wrap(err, LH_ERR_CORRUPT, "%s", key);
            }
        }
    }
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* ---- counting ---- */

static enum lh_code grow_cast(struct lh_governance *governance, struct lh_err *err)
{
    size_t count = lh_replica_count(governance->replica);
    size_t *cast;

    if (count == governance->cast_count) {
        return LH_OK;
    }
    cast = realloc(governance->cast, count * sizeof cast[0]);
    if (cast == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the votes");
    }
    memset(cast + governance->cast_count, 0, (count - governance->cast_count) * sizeof cast[0]);
    governance->cast = cast;
    governance->cast_count = count;
    return LH_OK;
}

/* Of its department, the oldest ledger that has votes which were not handed in. */
static bool is_first(const struct lh_governance *governance, size_t place)
{
    const struct lh_replica_ledger *ledger = lh_replica_at(governance->replica, place);

    for (size_t i = 0; i < governance->cast_count; i++) {
        const struct lh_replica_ledger *other = lh_replica_at(governance->replica, i);

        if (strcmp(other->department, ledger->department) == 0 &&
            other->generation < ledger->generation &&
            governance->cast[i] < lh_votes_count(governance->votes, i)) {
            return false;
        }
    }
    return true;
}

/* The vote at `number` of a ledger, if it is about what is open. */
static enum lh_code cast_vote(struct lh_governance *governance, size_t place, size_t number,
                              struct lh_err *err)
{
    const struct lh_approval_claim *claim = &lh_votes_at(governance->votes, place, number)->claim;
    struct lh_buf leaf = LH_BUF_EMPTY;
    enum lh_code rc;

    if (!lh_hash_is_equal(&claim->parent, lh_members_epoch(lh_governance_newest(governance))) ||
        claim->round != lh_election_round(governance->election)) {
        return LH_OK;
    }
    rc = lh_votes_leaf(governance->votes, place, number, &leaf, err);
    if (rc == LH_OK) {
        rc = lh_election_vote(governance->election, lh_buf_bytes(&leaf), err);
        /* what is no vote, or not the first, counts for nothing */
        rc = rc == LH_ERR_NOMEM ? rc : LH_OK;
    }
    lh_buf_clear(&leaf);
    return rc;
}

/* Hand in every vote that was not; a round that opened begins with the first again. */
static enum lh_code cast_all(struct lh_governance *governance, struct lh_err *err)
{
    uint32_t round = lh_election_round(governance->election);
    enum lh_code rc = grow_cast(governance, err);
    bool is_moving = true;

    while (rc == LH_OK && is_moving) {
        is_moving = false;
        for (size_t i = 0; rc == LH_OK && i < governance->cast_count; i++) {
            while (rc == LH_OK && governance->cast[i] < lh_votes_count(governance->votes, i) &&
                   is_first(governance, i)) {
                rc = cast_vote(governance, i, governance->cast[i], err);
                governance->cast[i] += rc == LH_OK;
                is_moving = true;
            }
        }
        if (rc == LH_OK && lh_election_round(governance->election) != round) {
            round = lh_election_round(governance->election);
            memset(governance->cast, 0, governance->cast_count * sizeof governance->cast[0]);
            is_moving = governance->cast_count > 0;
        }
    }
    return rc;
}

static void heads_key(char out[KEY_SIZE], size_t number)
{
    (void)snprintf(out, KEY_SIZE, "epoch/%zu/heads", number);
}

enum lh_code lh_governance_heads(struct lh_governance *governance, size_t number,
                                 struct lh_buf *out, struct lh_err *err)
{
    char key[KEY_SIZE];

    heads_key(key, number);
    return lh_replica_get_note(governance->replica, key, LH_REPLICA_GOVERNANCE, out, err);
}

static enum lh_code keep_heads(struct lh_governance *governance, size_t number, struct lh_err *err)
{
    struct lh_buf heads = LH_BUF_EMPTY;
    char key[KEY_SIZE];
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < lh_replica_count(governance->replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(governance->replica, i);

        if (ledger->witnessed_size > 0) {
            rc = lh_replica_get_note(governance->replica, ledger->origin, LH_REPLICA_WITNESSED,
                                     &governance->note, err);
            lh_part_add(&heads, lh_buf_bytes(&governance->note));
        }
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&heads, err);
    }
    if (rc == LH_OK) {
        heads_key(key, number);
        rc = lh_replica_put_note(governance->replica, key, LH_REPLICA_GOVERNANCE,
                                 lh_buf_bytes(&heads), err);
    }
    lh_buf_clear(&heads);
    return rc;
}

static enum lh_code certify(struct lh_governance *governance, const struct lh_members *next,
                            struct lh_err *err)
{
    struct lh_governance_held *held = lh_governance_find_held(governance, lh_members_epoch(next));
    char key[KEY_SIZE];
    enum lh_code rc;

    lh_assert(held != NULL); /* the election has it of us */
    if (lh_epochs_count(governance->epochs) == LH_EPOCHS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d epochs", LH_EPOCHS_MAX);
    }
    rc = keep_heads(governance, lh_epochs_count(governance->epochs), err);
    if (rc == LH_OK) {
        epoch_key(key, lh_epochs_count(governance->epochs));
        rc = lh_replica_put_note(governance->replica, key, LH_REPLICA_GOVERNANCE,
                                 lh_buf_bytes(&held->bytes), err);
    }
    if (rc == LH_OK) {
        rc = lh_epochs_add(governance->epochs, lh_buf_bytes(&held->bytes), err);
    }
    if (rc == LH_OK && governance->listener.on_certified != NULL) {
        governance->listener.on_certified(governance->listener.arg,
                                          lh_governance_newest(governance));
    }
    return rc;
}

/* Without heads: they are known to who counted the votes. */
enum lh_code lh_governance_adopt(struct lh_governance *governance, struct lh_bytes proposal,
                                 struct lh_err *err)
{
    size_t count = lh_epochs_count(governance->epochs);
    char key[KEY_SIZE];
    enum lh_code rc = lh_epochs_add(governance->epochs, proposal, err);

    if (rc != LH_OK || lh_epochs_count(governance->epochs) == count) {
        return rc;
    }
    epoch_key(key, count);
    rc = lh_replica_put_note(governance->replica, key, LH_REPLICA_GOVERNANCE, proposal, err);
    return rc == LH_OK ? lh_governance_open(governance, err) : rc;
}

static enum lh_code count(struct lh_governance *governance, struct lh_err *err)
{
    const struct lh_members *next = NULL;
    enum lh_code rc = LH_OK;

    do {
        if (governance->opened != lh_epochs_count(governance->epochs)) {
            rc = lh_governance_open(governance, err);
        }
        rc = rc == LH_OK ? cast_all(governance, err) : rc;
        next = rc == LH_OK ? lh_election_next(governance->election) : NULL;
        if (next != NULL) {
            rc = certify(governance, next, err);
        }
    } while (rc == LH_OK && next != NULL);
    return rc;
}

void lh_governance_tick(struct lh_governance *governance, int64_t now_ms)
{
    struct lh_err err = LH_ERR_NONE;
    bool is_done = true;
    enum lh_code looked;
    enum lh_code counted;

    if (now_ms < governance->again_ms) {
        return; /* a store in trouble is not asked, and complained of, all the time */
    }
    looked = lh_votes_look(governance->votes, LH_GOVERNANCE_LEAVES, &is_done, &err);
    counted = count(governance, &err);
    governance->due_ms = is_done ? INT64_MAX : now_ms;
    if (looked != LH_OK || counted != LH_OK) {
        lh_governance_tell_trouble(governance, &err);
        governance->again_ms = now_ms + TROUBLE_AGAIN_MS;
        governance->due_ms = governance->again_ms;
    }
}

int64_t lh_governance_due_ms(const struct lh_governance *governance)
{
    int64_t due_ms = governance->due_ms;

    for (size_t i = 0; i < governance->peer_count; i++) {
        const struct lh_governance_peer *peer = &governance->peers[i];

        if (peer->is_here && peer->asked_ms < due_ms) {
            due_ms = peer->asked_ms;
        }
        if (peer->is_here && lh_election_wanted(governance->election) != NULL &&
            peer->wanted_ms < due_ms) {
            due_ms = peer->wanted_ms;
        }
    }
    return due_ms;
}
