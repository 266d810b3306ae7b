/*
 * Appending to a ledger, in the write order of ledger.h.
 *
 *  1. The root of a new block is computed twice, from the caller's leaves and from the bytes that
 *     go to disk, and the block is judged as a stranger would before it is written.
 *  2. Nothing is visible before the guard has it: the released head changes last.
 *  3. After a failed commit or guard write nothing is appended any more: what is on disk is not
 *     known, and only recovery may say.
 */
#include "ledger/ledger_internal.h"

#include "crypto/base/assert.h"
#include "ledger/journal.h"
#include "ledger/keys.h"
#include "ledger/targets.h"
#include "ledger/trail.h"
#include "ledger/vault.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the caller may ask for ---- */

static enum lh_code check_may_append(const struct lh_ledger *ledger,
                                     const struct lh_ledger_item *items, size_t item_count,
                                     struct lh_err *err)
{
    if (ledger->is_poisoned) {
        return lh_err_set(err, LH_ERR_IO, "ledger %s is out of use: a write failed before",
                          ledger->origin);
    }
    if (ledger->options.seal == NULL || ledger->options.guard == NULL) {
        return lh_err_set(err, LH_ERR_DENIED, "ledger %s is open for reading only", ledger->origin);
    }
    if (item_count < 1 || item_count > LH_BLOCK_ENTRIES_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a block takes 1 to 4096 entries");
    }
    switch (lh_ledger_state(ledger)) {
    case LH_LEDGER_CONTINUOUS:
        return LH_OK;
    case LH_LEDGER_NEW:
        if (item_count == 1 && items[0].body->type == lhpb_EntryType_GENERATION) {
            return LH_OK;
        }
        return lh_err_set(err, LH_ERR_INVALID, "a new ledger takes GENERATION, alone, first");
    case LH_LEDGER_SUSPECT:
        return lh_err_set(err, LH_ERR_DENIED, "ledger %s is suspect: it does not seal",
                          ledger->origin);
    }
    lh_assert(false);
    return LH_ERR_INVALID;
}

/* What a change of keys takes: two changes of one block may share none. */
enum { CHANGE_NAMES_MAX = 2, CHANGE_NAME_SIZE = LH_KEY_ID_SIZE };

struct change {
    size_t count;
    uint8_t names[CHANGE_NAMES_MAX][CHANGE_NAME_SIZE];
};

static void add_key(struct change *change, struct lh_suite *suite, const lhpb_PublicKey *wire)
{
    struct lh_pubkey key;

    if (lh_pubkey_from_wire(&key, wire, NULL) == LH_OK) {
        struct lh_key_id id = lh_key_id_of(suite, &key);
        memcpy(change->names[change->count++], id.bytes, CHANGE_NAME_SIZE);
    }
}

static void name_change(struct change *change, struct lh_suite *suite, const lhpb_Body *body)
{
    change->count = 0;
    if (body->which_detail == lhpb_Body_staff_enrol_tag) {
        add_key(change, suite, &body->detail.staff_enrol.key);
    } else if (body->which_detail == lhpb_Body_session_open_tag) {
        add_key(change, suite, &body->detail.session_open.key);
        memcpy(change->names[change->count++], body->detail.session_open.session_id,
               CHANGE_NAME_SIZE);
    } else if (body->which_detail == lhpb_Body_session_end_tag) {
        memcpy(change->names[change->count++], body->detail.session_end.session_id,
               CHANGE_NAME_SIZE);
    } else if (body->which_detail == lhpb_Body_key_epoch_tag) {
        add_key(change, suite, &body->detail.key_epoch.key);
    }
}

static bool is_shared(const struct change *a, const struct change *b)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            if (memcmp(a->names[i], b->names[j], CHANGE_NAME_SIZE) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Every change of the roster can be applied, one after the other: after the commit none may fail.
 */
static enum lh_code check_roster(const struct lh_ledger *ledger, struct lh_suite *suite,
                                 const struct lh_ledger_item *items, size_t item_count,
                                 struct lh_err *err)
{
    struct change *changes = NULL;
    size_t count = 0;
    enum lh_code rc = LH_OK;

    for (size_t i = 0; i < item_count; i++) {
        if (!lh_roster_is_concerned(items[i].body->type)) {
            continue;
        }
        if (changes == NULL) {
            changes = calloc(item_count, sizeof *changes);
        }
        if (changes == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "no memory for a block");
        }
        rc = lh_roster_check_apply(ledger->roster, suite, items[i].body, err);
        if (rc != LH_OK) {
            rc = lh_err_wrap(err, rc == LH_ERR_NOMEM ? rc : LH_ERR_INVALID,
                             "entry %zu of the block", i);
            goto out;
        }
        name_change(&changes[count], suite, items[i].body);
        for (size_t j = 0; j < count; j++) {
            if (is_shared(&changes[j], &changes[count])) {
                rc = lh_err_set(err, LH_ERR_INVALID,
                                "entry %zu of the block takes what an earlier one takes", i);
                goto out;
            }
        }
        count++;
    }
out:
    free(changes);
    return rc;
}

static int compare_events(const void *a, const void *b)
{
    const lhpb_Body *left = *(const lhpb_Body *const *)a;
    const lhpb_Body *right = *(const lhpb_Body *const *)b;
    int order = strcmp(left->source, right->source);

    return order != 0 ? order : strcmp(left->id, right->id);
}

/* Repeating (source, id) within a block is the caller's mistake; across blocks the store refuses
 * it. */
static enum lh_code assert_events_differ(const struct lh_ledger_item *items, size_t item_count,
                                         struct lh_err *err)
{
    const lhpb_Body **bodies = calloc(item_count, sizeof(const lhpb_Body *));

    if (bodies == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory for a block");
    }
    for (size_t i = 0; i < item_count; i++) {
        bodies[i] = items[i].body;
    }
    qsort(bodies, item_count, sizeof(const lhpb_Body *), compare_events);
    for (size_t i = 1; i < item_count; i++) {
        lh_assert(compare_events(&bodies[i - 1], &bodies[i]) != 0);
    }
    free(bodies);
    return LH_OK;
}

/* ---- a block on its way ---- */

struct appending {
    struct lh_ledger *ledger;
    struct lh_suite *suite;
    struct lh_ledger_item *items;
    size_t item_count;
    struct lh_chain before;
    struct lh_chain after;
    struct lh_checkpoint head; /* of `after` */
    struct lh_buf header;
    struct lh_bytes *leaves; /* item_count + 1: first the caller's, then views of the batch */
    struct lh_fresh fresh;
    struct lh_buf checkpoint;
};

enum lh_code lh_ledger_check_continues(const struct lh_ledger *ledger, struct lh_suite *suite,
                                       const lhpb_Generation *generation, struct lh_err *err)
{
    struct lh_ledger_facts facts;

    if (generation->number != ledger->options.generation) {
        return lh_err_set(err, LH_ERR_INVALID, "GENERATION has another number than %s",
                          ledger->origin);
    }
    if (ledger->prev == NULL) {
        return generation->prev_size == 0
                   ? LH_OK
                   : lh_err_set(err, LH_ERR_INVALID, "the store has no generation to continue");
    }
    lh_ledger_facts(ledger->prev, suite, &facts);
    facts.next = generation->number;
    return lh_ledger_check_facts(&facts, generation, err);
}

static enum lh_code init_appending(struct appending *work, struct lh_err *err)
{
    struct lh_ledger *ledger = work->ledger;

    work->before = ledger->chain;
    lh_store_batch_reset(&ledger->batch);
    work->leaves = calloc(work->item_count + 1, sizeof *work->leaves);
    if (work->leaves == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory for a block");
    }
    if (ledger->state == LH_LEDGER_NEW) {
        enum lh_code rc = lh_ledger_check_continues(ledger, work->suite,
                                                    &work->items[0].body->detail.generation, err);
        if (rc != LH_OK) {
            return rc;
        }
        rc = lh_ledger_chain_of(ledger, work->items[0].body, &work->before, err);
        if (rc != LH_OK) {
            return rc;
        }
        if (!lh_pubkey_is_equal(lh_signer_pubkey(ledger->options.seal), &work->before.seal.key)) {
            return lh_err_set(err, LH_ERR_INVALID, "GENERATION names another seal key than ours");
        }
        rc = lh_ledger_lend_verifier(ledger, &work->before, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    return lh_fresh_init(&work->fresh, &work->before.tree, work->item_count + 1, err);
}

static void clear_appending(struct appending *work)
{
    free(work->leaves);
    lh_buf_clear(&work->header);
    lh_buf_clear(&work->checkpoint);
    lh_fresh_clear(&work->fresh);
}

/* spec ledger.md 8.2: "The block is built." */
static enum lh_code build_header(struct appending *work, int64_t time_unix_ms, struct lh_err *err)
{
    int64_t above = (int64_t)work->before.time_unix_ms + 1;

    for (size_t i = 0; i < work->item_count; i++) {
        work->leaves[i] = work->items[i].leaf;
        work->items[i].index = work->before.tree.size + i;
    }
    enum lh_code rc =
        lh_chain_build(&work->before, work->suite, &work->header, &work->after,
                       lh_ledger_next_epoch(work->ledger, &work->before), work->leaves,
                       work->item_count, time_unix_ms > above ? time_unix_ms : above, NULL, 0, err);
    if (rc == LH_OK) {
        lh_chain_checkpoint(&work->after, work->suite, &work->head);
    }
    return rc;
}

/* spec ledger.md 8.2: "Its root is computed from the right edge, and again from the bytes of the
 * batch that will be committed; the two are equal." */
static enum lh_code serialise_leaves(struct appending *work, struct lh_err *err)
{
    struct lh_store_batch *batch = &work->ledger->batch;
    uint64_t first = work->before.tree.size;
    struct lh_tree_sink sink = lh_fresh_sink(&work->fresh);
    struct lh_tree tree = work->before.tree;
    struct lh_store_op op;
    size_t count = 0;

    work->leaves[work->item_count] = lh_buf_bytes(&work->header);
    for (size_t i = 0; i <= work->item_count; i++) {
        struct lh_store_key key = lh_keys_leaf(work->ledger->shelf.number, first + i);
        lh_store_batch_put(batch, LH_TABLE_LEAF, lh_store_key_bytes(&key), work->leaves[i]);
    }
    enum lh_code rc = lh_buf_check(&batch->ops, err);
    if (rc != LH_OK) {
        return rc;
    }
    for (size_t at = 0; lh_store_batch_next(batch, &at, &op); count++) {
        struct lh_store_key key = lh_keys_leaf(work->ledger->shelf.number, first + count);
        struct lh_hash hash = lh_hash_leaf(work->suite, op.value);

        lh_assert(lh_bytes_is_equal(op.key, lh_store_key_bytes(&key)));
        lh_tree_append(&tree, work->suite, &hash, &sink);
        work->leaves[count] = op.value;
    }
    lh_assert(count == work->item_count + 1);
    struct lh_hash written = lh_tree_root(&tree, work->suite);
    lh_assert(tree.size == work->head.size);
    lh_assert(lh_hash_is_equal(&written, &work->head.root));
    return LH_OK;
}

/* spec ledger.md 8.2: "The checkpoint is signed, and the whole block is judged by section 4 from
 * the bytes of the batch, as a stranger would." */
static enum lh_code seal_block(struct appending *work, struct lh_err *err)
{
    struct lh_chain_verdict verdict;
    struct lh_chain judged;
    enum lh_code rc = lh_checkpoint_sign(&work->checkpoint, &work->head, &work->before.seal,
                                         work->ledger->options.seal, err);
    if (rc != LH_OK) {
        return rc;
    }
    struct lh_block block = { .leaves = work->leaves,
                              .entry_count = work->item_count,
                              .checkpoint = lh_buf_bytes(&work->checkpoint) };
    rc = lh_chain_judge(&work->before, work->suite, &block, LH_SEAL_VERIFY, SIZE_MAX, NULL, &judged,
                        &verdict, err);
    if (rc == LH_ERR_FORGED) {
        /* A caller's leaf that is none, or a broken machine: either way nothing was written. */
        return lh_err_wrap(err, LH_ERR_INVALID, "our own block does not hold");
    }
    return rc;
}

static enum lh_code prove_entries(struct appending *work, struct lh_proof *out_proofs,
                                  struct lh_err *err)
{
    struct lh_tree_source source = lh_fresh_source(&work->fresh);
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && out_proofs != NULL && i < work->item_count; i++) {
        rc = lh_tree_prove_inclusion(work->suite, &out_proofs[i], &source, work->items[i].index,
                                     work->after.tree.size, err);
    }
    return rc;
}

void lh_shelf_put_block(struct lh_store_batch *batch, uint32_t number, uint64_t height,
                        uint64_t first, size_t entry_count, struct lh_bytes checkpoint)
{
    struct lh_store_key by_height = lh_keys_block(number, height);
    struct lh_store_key by_first = lh_keys_block_first(number, first);
    struct lh_buf row = LH_BUF_EMPTY;
    uint8_t wire[8];

    lh_buf_add_u64(&row, first);
    lh_buf_add_u32(&row, (uint32_t)entry_count);
    lh_buf_add(&row, checkpoint);
    batch->ops.failed = batch->ops.failed || row.failed;
    lh_store_batch_put(batch, LH_TABLE_BLOCK, lh_store_key_bytes(&by_height), lh_buf_bytes(&row));
    lh_put_u64(wire, height);
    lh_store_batch_put(batch, LH_TABLE_BLOCK, lh_store_key_bytes(&by_first),
                       lh_bytes_of(wire, sizeof wire));
    lh_buf_clear(&row);
}

void lh_shelf_put_event(struct lh_store_batch *batch, uint32_t number, const lhpb_Body *body,
                        uint64_t index, const struct lh_hash *digest)
{
    struct lh_store_key key =
        lh_keys_event(lh_bytes_of_text(body->source), lh_bytes_of_text(body->id));
    uint8_t row[4 + 8 + LH_HASH_SIZE];

    lh_put_u32(row, number);
    lh_put_u64(row + 4, index);
    memcpy(row + 12, digest->bytes, LH_HASH_SIZE);
    lh_store_batch_put(batch, LH_TABLE_EVENT, lh_store_key_bytes(&key),
                       lh_bytes_of(row, sizeof row));
}

void lh_shelf_put_number(struct lh_store_batch *batch, uint32_t number, const char *origin)
{
    struct lh_store_key own = lh_keys_meta_ledger(origin);
    struct lh_store_key count = lh_keys_meta("ledgers");
    uint8_t wire[4];

    lh_put_u32(wire, number);
    lh_store_batch_put(batch, LH_TABLE_META, lh_store_key_bytes(&own),
                       lh_bytes_of(wire, sizeof wire));
    lh_store_batch_put(batch, LH_TABLE_META, lh_store_key_bytes(&count),
                       lh_bytes_of(wire, sizeof wire));
}

/* The first block brings the ledger's number, where it was written and what it answered. */
static void put_meta(struct appending *work)
{
    struct lh_ledger *ledger = work->ledger;
    struct lh_store_key machine = lh_keys_meta("machine_id");

    lh_shelf_put_number(&ledger->batch, ledger->shelf.number, ledger->origin);
    if (ledger->machine_id != NULL) {
        lh_store_batch_put(&ledger->batch, LH_TABLE_META, lh_store_key_bytes(&machine),
                           lh_bytes_of_text(ledger->machine_id));
    }
    if (ledger->options.is_next) {
        struct lh_store_key answer = lh_keys_meta_answer(ledger->origin);

        lh_store_batch_put(&ledger->batch, LH_TABLE_META, lh_store_key_bytes(&answer),
                           lh_bytes_of(&ledger->answer, sizeof ledger->answer));
    }
}

/* What an ERASE reaches in the store, and in this block. */
static enum lh_code erase(struct appending *work, const lhpb_Erase *erase, struct lh_err *err)
{
    struct lh_store_batch *batch = &work->ledger->batch;
    uint32_t number = work->ledger->shelf.number;
    enum lh_code rc = lh_targets_erase(batch, work->ledger, erase, err);

    for (size_t i = 0; rc == LH_OK && i < work->item_count; i++) {
        const struct lh_ledger_item *item = &work->items[i];
        struct lh_store_key key = lh_keys_leaf(number, item->index);
        struct lh_hash hash;

        if (item->private_part.len == 0) {
            continue;
        }
        hash =
            lh_body_hash(work->suite, lh_bytes_of(item->entry->body.bytes, item->entry->body.size));
        if (!lh_targets_names(erase, &hash)) {
            continue;
        }
        lh_store_batch_delete(batch, LH_TABLE_PRIVATE, lh_store_key_bytes(&key));
        if (item->vault_row.len > 0) {
            rc = lh_vault_drop(batch, number, item->index, item->vault_row, err);
        }
    }
    return rc;
}

/* The rows of the trail of all entries, the events, private parts and vault rows. */
static enum lh_code put_entry_rows(struct appending *work, struct lh_err *err)
{
    struct lh_store_batch *batch = &work->ledger->batch;
    uint32_t number = work->ledger->shelf.number;
    struct lh_row *rows = calloc(work->item_count, sizeof *rows);
    enum lh_code rc = LH_OK;

    if (rows == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory for a block");
    }
    for (size_t i = 0; rc == LH_OK && i < work->item_count; i++) {
        const struct lh_ledger_item *item = &work->items[i];
        struct lh_store_key key = lh_keys_leaf(number, item->index);

        lh_row_of(&rows[i], item->index, item->entry, item->body, item->level);
        lh_shelf_put_event(batch, number, item->body, item->index, &item->content_digest);
        lh_targets_index(batch, work->suite, number, item->index, item->entry, item->body);
        if (item->private_part.len > 0) {
            lh_store_batch_put(batch, LH_TABLE_PRIVATE, lh_store_key_bytes(&key),
                               item->private_part);
        }
        if (item->vault_row.len > 0) {
            rc = lh_vault_put(batch, number, item->index, item->vault_row, err);
        }
        if (item->journal_sequence != 0) {
            lh_journal_drop(batch, item->journal_sequence, item->body);
        }
    }
    for (size_t i = 0; rc == LH_OK && i < work->item_count; i++) {
        if (work->items[i].body->type == lhpb_EntryType_ERASE) {
            rc = erase(work, &work->items[i].body->detail.erase, err);
        }
    }
    if (rc == LH_OK) {
        lh_trail_index(batch, number, rows, work->item_count);
    }
    free(rows);
    return rc;
}

/* Everything but the leaves, which stand in the batch already. */
static enum lh_code serialise_rest(struct appending *work, struct lh_err *err)
{
    struct lh_ledger *ledger = work->ledger;
    enum lh_code rc;

    lh_shelf_put_block(&ledger->batch, ledger->shelf.number, work->after.height,
                       work->before.tree.size, work->item_count, lh_buf_bytes(&work->checkpoint));
    lh_fresh_put(&work->fresh, &ledger->batch, ledger->shelf.number);
    if (!ledger->is_shelved) {
        put_meta(work);
    }
    lh_shelf_put_epoch(&ledger->batch, ledger->shelf.number, &work->before, &work->after);
    rc = put_entry_rows(work, err);
    return rc == LH_OK ? lh_buf_check(&ledger->batch.ops, err) : rc;
}

/* spec ledger.md 8.2: "After a failed commit or guard write nothing more is written: what is on
 * disk is not known, the process ends, and the next opening decides." */
static enum lh_code poison(struct lh_ledger *ledger, const char *doing, struct lh_err *err)
{
    ledger->is_poisoned = true;
    return lh_err_wrap(err, LH_ERR_IO, "ledger %s: %s", ledger->origin, doing);
}

static enum lh_code apply_roster(struct appending *work, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    pthread_rwlock_wrlock(&work->ledger->roster_lock);
    for (size_t i = 0; rc == LH_OK && i < work->item_count; i++) {
        if (lh_roster_is_concerned(work->items[i].body->type)) {
            rc = lh_roster_apply(work->ledger->roster, work->suite, work->items[i].body,
                                 work->items[i].index, err);
        }
    }
    if (rc == LH_OK) {
        rc = lh_ledger_enter(work->ledger, work->ledger->roster, work->suite,
                             &work->before.epoch_hash, &work->after.epoch_hash, work->head.size - 1,
                             err);
    }
    pthread_rwlock_unlock(&work->ledger->roster_lock);
    return rc;
}

enum lh_code lh_ledger_apply_journaled(struct lh_ledger *ledger, struct lh_suite *suite,
                                       const lhpb_Body *body, struct lh_err *err)
{
    enum lh_code rc;

    lh_assert(ledger->state == LH_LEDGER_SUSPECT);
    pthread_rwlock_wrlock(&ledger->roster_lock);
    rc = lh_roster_apply(ledger->roster, suite, body, 0, err);
    pthread_rwlock_unlock(&ledger->roster_lock);
    return rc;
}

/* spec ledger.md 8.2: "Only now the block is released: readers see it, receipts go out, and keys
 * that it enrols may sign." */
static void release(struct appending *work)
{
    struct lh_ledger *ledger = work->ledger;

    ledger->chain = work->after;
    ledger->is_shelved = true;
    if (ledger->state == LH_LEDGER_NEW) {
        ledger->seal = work->after.seal;
        atomic_store(&ledger->has_seal, true);
        ledger->reason = work->items[0].body->detail.generation.reason;
        ledger->state = LH_LEDGER_CONTINUOUS;
    }
    pthread_mutex_lock(&ledger->head_lock);
    ledger->head = lh_ledger_head_of(ledger, &work->after, work->suite);
    pthread_mutex_unlock(&ledger->head_lock);
}

/* spec ledger.md 8.2: "A block is written in this order, and each step begins only when the one
 * before has succeeded:" */
static enum lh_code write_block(struct appending *work, struct lh_err *err)
{
    struct lh_ledger *ledger = work->ledger;
    struct lh_guard_head released = { .size = work->head.size,
                                      .root = work->head.root,
                                      .witness_tick = ledger->witness_tick };

    memcpy(released.origin, ledger->origin, sizeof released.origin);
    if (lh_store_commit(ledger->shelf.store, &ledger->batch, err) != LH_OK) {
        return poison(ledger, "the commit failed", err);
    }
    if (lh_guard_write(ledger->options.guard, &released, err) != LH_OK) {
        return poison(ledger, "the guard was not written", err);
    }
    if (apply_roster(work, err) != LH_OK) {
        return poison(ledger, "the block is recorded, but the roster could not follow", err);
    }
    release(work);
    return LH_OK;
}

enum lh_code lh_ledger_append(struct lh_ledger *ledger, struct lh_suite *suite,
                              struct lh_ledger_item *items, size_t item_count, int64_t time_unix_ms,
                              struct lh_proof *out_proofs, struct lh_buf *out_checkpoint,
                              struct lh_err *err)
{
    struct appending work = { .ledger = ledger,
                              .suite = suite,
                              .items = items,
                              .item_count = item_count,
                              .header = LH_BUF_EMPTY,
                              .fresh = LH_FRESH_EMPTY,
                              .checkpoint = LH_BUF_EMPTY };
    enum lh_code rc = check_may_append(ledger, items, item_count, err);

    if (rc != LH_OK) {
        return rc;
    }
    rc = assert_events_differ(items, item_count, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = check_roster(ledger, suite, items, item_count, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = init_appending(&work, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = build_header(&work, time_unix_ms, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = serialise_leaves(&work, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = seal_block(&work, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = prove_entries(&work, out_proofs, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = serialise_rest(&work, err);
    if (rc != LH_OK) {
        goto out;
    }
    if (out_checkpoint != NULL && lh_buf_reserve(out_checkpoint, work.checkpoint.len) == NULL) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "no memory for the checkpoint");
        goto out;
    }
    rc = write_block(&work, err);
    if (rc == LH_OK && out_checkpoint != NULL) {
        lh_buf_add(out_checkpoint, lh_buf_bytes(&work.checkpoint));
    }
out:
    clear_appending(&work);
    return rc;
}
