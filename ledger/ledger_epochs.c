/*
 * The epochs that a department's own ledger knows, and the one that its next header names.
 *
 *  1. A certified proposal is on disk before any header names it, and is never changed.
 *  2. The header that names another epoch than the one before it has a row in the dimension of
 *     keys: opening applies it in its place among the entries that change keys.
 *  3. A ledger does not go on past an epoch in which its department is no member.
 *
 * Spec: specs/trust.md 5.3, specs/ledger.md 4 and 8.
 */
#include "ledger/ledger_internal.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"

#include <string.h>

/* ---- on disk ---- */

enum lh_code lh_ledger_load_epochs(struct lh_ledger *ledger, struct lh_err *err)
{
    struct lh_buf row = LH_BUF_EMPTY;
    enum lh_code rc = lh_epochs_new(&ledger->epochs, ledger->options.genesis, err);

    while (rc == LH_OK) {
        uint32_t number = (uint32_t)lh_epochs_count(ledger->epochs);
        struct lh_store_key key = lh_keys_meta_epoch(number);

        rc = lh_store_get(ledger->shelf.store, LH_TABLE_META, lh_store_key_bytes(&key), &row, err);
        if (rc != LH_OK) {
            break;
        }
        rc = lh_epochs_add(ledger->epochs, lh_buf_bytes(&row), err);
        if (rc != LH_OK && rc != LH_ERR_NOMEM) {
            rc = lh_err_wrap(err, LH_ERR_CORRUPT, "epoch %u", (unsigned)number);
        } else if (rc == LH_OK && lh_epochs_count(ledger->epochs) == number) {
            rc = lh_err_set(err, LH_ERR_CORRUPT, "epoch %u is there twice", (unsigned)number);
        }
    }
    lh_buf_clear(&row);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

static enum lh_code store_epoch(struct lh_ledger *ledger, uint32_t number, struct lh_bytes proposal,
                                struct lh_err *err)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_store_key key = lh_keys_meta_epoch(number);
    enum lh_code rc;

    lh_store_batch_put(&batch, LH_TABLE_META, lh_store_key_bytes(&key), proposal);
    rc = lh_buf_check(&batch.ops, err);
    if (rc == LH_OK) {
        rc = lh_store_commit(ledger->shelf.store, &batch, err);
        if (rc != LH_OK) {
            ledger->is_poisoned = true; /* what is on disk is not known */
            rc = lh_err_wrap(err, LH_ERR_IO, "ledger %s: an epoch was not stored", ledger->origin);
        }
    }
    lh_store_batch_clear(&batch);
    return rc;
}

enum lh_code lh_ledger_add_epoch(struct lh_ledger *ledger, struct lh_bytes proposal,
                                 struct lh_err *err)
{
    const struct lh_members *newest = lh_epochs_newest(ledger->epochs);
    struct lh_hash hash = lh_proposal_hash(ledger->suite, proposal);
    struct lh_members *outcome = NULL;
    enum lh_code rc;

    if (ledger->is_poisoned) {
        return lh_err_set(err, LH_ERR_IO, "ledger %s is out of use: a write failed before",
                          ledger->origin);
    }
    if (lh_epochs_find(ledger->epochs, &hash) != NULL) {
        return LH_OK;
    }
    if (lh_epochs_count(ledger->epochs) == LH_EPOCHS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d epochs", LH_EPOCHS_MAX);
    }
    rc = lh_members_apply(&outcome, newest, proposal, err);
    lh_members_free(outcome);
    if (rc == LH_OK) {
        rc = store_epoch(ledger, lh_members_number(newest) + 1, proposal, err);
    }
    if (rc == LH_OK) {
        rc = lh_epochs_add(ledger->epochs, proposal, err);
    }
    if (rc == LH_OK && ledger->state == LH_LEDGER_NEW && ledger->prev == NULL) {
        rc = lh_ledger_begin(ledger, LH_BYTES_EMPTY, err);
    }
    return rc;
}

const struct lh_epochs *lh_ledger_epochs(const struct lh_ledger *ledger)
{
    return ledger->epochs;
}

/* ---- where a ledger is ---- */

static bool is_member(const struct lh_ledger *ledger, size_t number)
{
    return lh_members_find(lh_epochs_at(ledger->epochs, number), ledger->department) != NULL;
}

bool lh_ledger_is_member(const struct lh_ledger *ledger)
{
    size_t number = 0;

    while (number < lh_epochs_count(ledger->epochs) && !is_member(ledger, number)) {
        number++;
    }
    return number < lh_epochs_count(ledger->epochs);
}

struct lh_ledger_head lh_ledger_head_of(const struct lh_ledger *ledger,
                                        const struct lh_chain *chain, struct lh_suite *suite)
{
    const struct lh_members *members = lh_epochs_find(ledger->epochs, &chain->epoch_hash);

    return (struct lh_ledger_head){
        .size = chain->tree.size,
        .height = chain->height,
        .root = lh_tree_root(&chain->tree, suite),
        .time_unix_ms = (int64_t)chain->time_unix_ms,
        .epoch = members != NULL ? lh_members_number(members) : 0,
        .epoch_hash = chain->epoch_hash,
    };
}

/* spec trust.md 5.3: "A node does so with the first block that it closes after it has counted Q
 * votes." */
const struct lh_hash *lh_ledger_next_epoch(const struct lh_ledger *ledger,
                                           const struct lh_chain *before)
{
    const struct lh_members *next = lh_epochs_find(ledger->epochs, &before->epoch_hash);

    lh_assert(next != NULL);
    for (size_t i = lh_members_number(next); i < lh_epochs_count(ledger->epochs); i++) {
        if (is_member(ledger, i)) {
            next = lh_epochs_at(ledger->epochs, i);
        } else if (before->height > 0) {
            break;
        }
    }
    return lh_members_epoch(next);
}

/* The leaf of the first header, empty where it is not there: verification finds that. */
static enum lh_code load_first_header(const struct lh_ledger *ledger, struct lh_buf *out,
                                      struct lh_err *err)
{
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    enum lh_code rc = LH_ERR_NOT_FOUND;

    if (ledger->is_shelved) {
        rc = lh_shelf_block_at(&ledger->shelf, 1, &block, err);
    }
    if (rc == LH_OK) {
        rc = lh_shelf_leaf(&ledger->shelf, block.entry_count, out, err);
    }
    lh_buf_clear(&block.checkpoint);
    return rc == LH_ERR_NOT_FOUND || rc == LH_ERR_CORRUPT ? LH_OK : rc;
}

/* The epoch that a header names; NULL: it is none, or the epoch is not known. */
static const struct lh_members *named_by(const struct lh_ledger *ledger, struct lh_bytes header)
{
    struct lh_hash named;
    lhpb_Leaf leaf;

    if (lh_leaf_decode(&leaf, header, NULL) != LH_OK || leaf.which_kind != lhpb_Leaf_header_tag) {
        return NULL;
    }
    memcpy(named.bytes, leaf.kind.header.epoch_hash, sizeof named.bytes);
    return lh_epochs_find(ledger->epochs, &named);
}

/* Where no header says it: of a ledger that is to begin the newest epoch with the department. */
static const struct lh_members *any_epoch(const struct lh_ledger *ledger)
{
    size_t at = ledger->is_shelved ? 0 : lh_epochs_count(ledger->epochs) - 1;

    while (!is_member(ledger, at)) { /* name_ledger found one */
        at = ledger->is_shelved ? at + 1 : at - 1;
    }
    return lh_epochs_at(ledger->epochs, at);
}

/* spec ledger.md 11: "A ledger that begins anew begins with the keys of the epoch that its first
 * header names" */
static enum lh_code make_roster(const struct lh_ledger *ledger, struct lh_roster **out,
                                struct lh_bytes header, struct lh_err *err)
{
    const struct lh_members *members = named_by(ledger, header);
    enum lh_code rc;

    if (members == NULL || lh_members_find(members, ledger->department) == NULL) {
        members = any_epoch(ledger);
    }
    rc = lh_roster_new_in(out, members, ledger->department, err);
    if (rc == LH_OK) {
        lh_roster_keep_sessions(*out, LH_LEDGER_SESSIONS_AT_HAND);
    }
    return rc;
}

enum lh_code lh_ledger_start_roster(const struct lh_ledger *ledger, struct lh_roster **out,
                                    struct lh_err *err)
{
    struct lh_buf header = LH_BUF_EMPTY;
    enum lh_code rc = load_first_header(ledger, &header, err);

    if (rc == LH_OK) {
        rc = make_roster(ledger, out, lh_buf_bytes(&header), err);
    }
    lh_buf_clear(&header);
    return rc;
}

enum lh_code lh_ledger_begin(struct lh_ledger *ledger, struct lh_bytes header, struct lh_err *err)
{
    struct lh_roster *roster = NULL;
    enum lh_code rc = make_roster(ledger, &roster, header, err);

    if (rc == LH_OK) {
        pthread_rwlock_wrlock(&ledger->roster_lock);
        lh_roster_free(ledger->roster);
        ledger->roster = roster;
        pthread_rwlock_unlock(&ledger->roster_lock);
    }
    return rc;
}

void lh_shelf_put_epoch(struct lh_store_batch *batch, uint32_t number,
                        const struct lh_chain *before, const struct lh_chain *after)
{
    struct lh_store_key prefix = lh_keys_index_prefix(number, LH_DIMENSION_KEYS, LH_BYTES_EMPTY);
    struct lh_store_key key = lh_keys_index(&prefix, after->tree.size - 1);

    if (!lh_hash_is_equal(&before->epoch_hash, &after->epoch_hash)) {
        lh_store_batch_put(batch, LH_TABLE_INDEX, lh_store_key_bytes(&key), LH_BYTES_EMPTY);
    }
}

enum lh_code lh_ledger_enter(const struct lh_ledger *ledger, struct lh_roster *roster,
                             struct lh_suite *suite, const struct lh_hash *from,
                             const struct lh_hash *to, uint64_t index, struct lh_err *err)
{
    const struct lh_members *before = lh_epochs_find(ledger->epochs, from);
    const struct lh_members *after = lh_epochs_find(ledger->epochs, to);

    if (lh_hash_is_equal(from, to)) {
        return LH_OK;
    }
    if (before == NULL || after == NULL || lh_members_find(after, ledger->department) == NULL) {
        return lh_err_set(err, LH_ERR_CORRUPT, "a header names an epoch that is not here");
    }
    return lh_roster_enter(roster, suite, before, after, index, err);
}
