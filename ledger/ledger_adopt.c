/*
 * Taking in blocks that were sealed before, as an archive holds them: how a store is made again
 * when there is nothing else left.
 *
 *  1. A block is judged as a stranger would, and each of its entries by the roster so far,
 *     signatures included, before any of it is written.
 *  2. It leaves the rows that appending it left, by the functions that append uses, but for what no
 *     archive holds: vault rows, and the content digests of what the recorder attested.
 *  3. No guard is touched: what it remembers is still to be held against the store.
 */
#include "ledger/ledger_internal.h"

#include "crypto/base/assert.h"
#include "crypto/note.h"
#include "ledger/keys.h"
#include "ledger/private.h"
#include "ledger/targets.h"
#include "ledger/trail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LEVEL_ATTESTED = 1 };

struct adopting {
    struct lh_ledger *ledger;
    struct lh_suite *suite;
    const struct lh_ledger_sealed *sealed;
    struct lh_chain before;
    struct lh_chain after;
    struct lh_fresh fresh;
    struct lh_row *rows;
    struct lh_store_key *events; /* of the entries, to find one that comes twice */
};

/* Who gave these bytes made them: it is no fault of ours, and none of a caller. */
static enum lh_code blame(enum lh_code rc, uint64_t index, struct lh_err *err)
{
    if (rc == LH_ERR_INVALID || rc == LH_ERR_DENIED || rc == LH_ERR_NOT_FOUND ||
        rc == LH_ERR_CORRUPT || rc == LH_ERR_CONFLICT) {
        rc = LH_ERR_FORGED;
    }
    return lh_err_wrap(err, rc, "leaf %" PRIu64, index);
}

static enum lh_code check_may_adopt(const struct lh_ledger *ledger, const struct lh_block *block,
                                    struct lh_err *err)
{
    if (ledger->options.guard != NULL || ledger->options.seal != NULL) {
        return lh_err_set(err, LH_ERR_DENIED, "ledger %s seals blocks of its own", ledger->origin);
    }
    if (block->entry_count < 1 || block->entry_count > LH_BLOCK_ENTRIES_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a block takes 1 to 4096 entries");
    }
    return ledger->is_poisoned
               ? lh_err_set(err, LH_ERR_IO, "ledger %s is out of use: a write failed before",
                            ledger->origin)
               : LH_OK;
}

/* The chain of a ledger begins with what its first leaf says. */
static enum lh_code begin_chain(struct adopting *work, struct lh_err *err)
{
    struct lh_ledger *ledger = work->ledger;
    lhpb_Leaf leaf;
    lhpb_Body body;

    enum lh_code rc = lh_ledger_decode_entry(work->sealed->block.leaves[0], 0, &leaf, &body, err);
    if (rc == LH_OK) {
        rc = lh_ledger_chain_of(ledger, &body, &work->before, err);
    }
    if (rc == LH_OK) {
        rc = lh_ledger_check_continues(ledger, work->suite, &body.detail.generation, err);
    }
    if (rc != LH_OK) {
        return blame(rc, 0, err);
    }
    ledger->reason = body.detail.generation.reason;
    if (ledger->prev == NULL) {
        rc = lh_ledger_begin(ledger, work->sealed->block.leaves[work->sealed->block.entry_count],
                             err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    return lh_ledger_lend_verifier(ledger, &work->before, err);
}

static enum lh_code put_private(struct adopting *work, uint64_t index, struct lh_bytes part,
                                const lhpb_Entry *entry, const lhpb_Body *body, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_leaf(work->ledger->shelf.number, index);

    if (part.len == 0) {
        return LH_OK;
    }
    enum lh_code rc = lh_private_verify(work->suite, part, entry, body, NULL, NULL, err);
    if (rc == LH_OK) {
        lh_store_batch_put(&work->ledger->batch, LH_TABLE_PRIVATE, lh_store_key_bytes(&key), part);
    }
    return rc;
}

/* spec ledger.md 8.1: "A content digest of zeros says that the content is not known: the digest was
 * keyed, or over what is not here." */
static struct lh_hash content_digest(struct adopting *work, const lhpb_Entry *entry, unsigned level)
{
    static const struct lh_hash unknown;

    return level == LEVEL_ATTESTED
               ? unknown
               : lh_body_hash(work->suite, lh_bytes_of(entry->body.bytes, entry->body.size));
}

static enum lh_code adopt_entry(struct adopting *work, size_t at, struct lh_err *err)
{
    struct lh_ledger *ledger = work->ledger;
    uint64_t index = work->before.tree.size + at;
    lhpb_Leaf leaf;
    lhpb_Body body;
    unsigned level = 0;

    enum lh_code rc =
        lh_ledger_decode_entry(work->sealed->block.leaves[at], index, &leaf, &body, err);
    if (rc != LH_OK) {
        return rc;
    }
    const lhpb_Entry *entry = &leaf.kind.entry;
    rc = lh_roster_judge(ledger->roster, work->suite, entry, &body, true, &level, err);
    if (rc == LH_OK && lh_roster_is_concerned(body.type)) {
        rc = lh_roster_apply(ledger->roster, work->suite, &body, index, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    struct lh_hash digest = content_digest(work, entry, level);
    lh_row_of(&work->rows[at], index, entry, &body, level);
    work->events[at] = lh_keys_event(lh_bytes_of_text(body.source), lh_bytes_of_text(body.id));
    lh_shelf_put_event(&ledger->batch, ledger->shelf.number, &body, index, &digest);
    lh_targets_index(&ledger->batch, work->suite, ledger->shelf.number, index, entry, &body);
    if (body.type == lhpb_EntryType_ERASE) {
        rc = lh_targets_erase(&ledger->batch, ledger, &body.detail.erase, err);
    }
    return rc != LH_OK
               ? rc
               : put_private(work, index, work->sealed->private_parts[at], entry, &body, err);
}

static void put_leaves(struct adopting *work)
{
    const struct lh_block *block = &work->sealed->block;
    struct lh_ledger *ledger = work->ledger;

    for (size_t i = 0; i <= block->entry_count; i++) {
        struct lh_store_key key = lh_keys_leaf(ledger->shelf.number, work->before.tree.size + i);
        lh_store_batch_put(&ledger->batch, LH_TABLE_LEAF, lh_store_key_bytes(&key),
                           block->leaves[i]);
    }
}

/* The first block brings the ledger's number, and that private parts may be missing. */
static void put_meta(struct adopting *work)
{
    struct lh_ledger *ledger = work->ledger;
    struct lh_store_key lacks = lh_keys_meta_lacks(ledger->origin);

    lh_shelf_put_number(&ledger->batch, ledger->shelf.number, ledger->origin);
    if (work->sealed->lacks_private) {
        lh_store_batch_put(&ledger->batch, LH_TABLE_META, lh_store_key_bytes(&lacks),
                           LH_BYTES_EMPTY);
    }
}

static int compare_keys(const void *a, const void *b)
{
    return lh_bytes_compare(lh_store_key_bytes(a), lh_store_key_bytes(b));
}

/* Within a block; across blocks the store refuses it. */
static enum lh_code check_events_differ(struct adopting *work, struct lh_err *err)
{
    size_t count = work->sealed->block.entry_count;

    qsort(work->events, count, sizeof work->events[0], compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (compare_keys(&work->events[i - 1], &work->events[i]) == 0) {
            return lh_err_set(err, LH_ERR_FORGED, "block %" PRIu64 " holds an event twice",
                              work->after.height);
        }
    }
    return LH_OK;
}

/* spec ledger.md 10: "Of a checkpoint in an archive a store keeps the line of the seal and no
 * other." */
static enum lh_code put_block(struct adopting *work, struct lh_err *err)
{
    const struct lh_block *block = &work->sealed->block;
    struct lh_buf sealed = LH_BUF_EMPTY;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, block->checkpoint, err);

    if (rc == LH_OK) {
        lh_buf_add(&sealed, note.text);
        lh_buf_add_u8(&sealed, '\n');
        lh_note_line_format(&sealed, lh_note_find(&note, &work->after.seal));
        rc = lh_buf_check(&sealed, err);
    }
    if (rc == LH_OK) {
        lh_shelf_put_block(&work->ledger->batch, work->ledger->shelf.number, work->after.height,
                           work->before.tree.size, block->entry_count, lh_buf_bytes(&sealed));
    }
    lh_buf_clear(&sealed);
    return rc;
}

static enum lh_code fill_batch(struct adopting *work, struct lh_err *err)
{
    const struct lh_block *block = &work->sealed->block;
    struct lh_ledger *ledger = work->ledger;
    uint32_t number = ledger->shelf.number;

    lh_store_batch_reset(&ledger->batch);
    put_leaves(work);
    for (size_t i = 0; i < block->entry_count; i++) {
        enum lh_code rc = adopt_entry(work, i, err);
        if (rc != LH_OK) {
            return blame(rc, work->before.tree.size + i, err);
        }
    }
    enum lh_code rc = check_events_differ(work, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = put_block(work, err);
    if (rc != LH_OK) {
        return rc;
    }
    lh_fresh_put(&work->fresh, &ledger->batch, number);
    lh_trail_index(&ledger->batch, number, work->rows, block->entry_count);
    lh_shelf_put_epoch(&ledger->batch, number, &work->before, &work->after);
    rc = lh_ledger_enter(ledger, ledger->roster, work->suite, &work->before.epoch_hash,
                         &work->after.epoch_hash, work->after.tree.size - 1, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (!ledger->is_shelved) {
        put_meta(work);
    }
    return lh_buf_check(&ledger->batch.ops, err);
}

static void follow(struct adopting *work)
{
    struct lh_ledger *ledger = work->ledger;

    ledger->chain = work->after;
    ledger->is_shelved = true;
    ledger->lacks_private = ledger->lacks_private || work->sealed->lacks_private;
    ledger->seal = work->after.seal;
    atomic_store(&ledger->has_seal, true);
    ledger->state = LH_LEDGER_CONTINUOUS;
    pthread_mutex_lock(&ledger->head_lock);
    ledger->head = lh_ledger_head_of(ledger, &work->after, work->suite);
    pthread_mutex_unlock(&ledger->head_lock);
}

static enum lh_code judge_block(struct adopting *work, struct lh_err *err)
{
    const struct lh_block *block = &work->sealed->block;
    struct lh_tree_sink sink = lh_fresh_sink(&work->fresh);
    struct lh_chain_verdict verdict;

    enum lh_code rc = lh_fresh_init(&work->fresh, &work->before.tree, block->entry_count + 1, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_chain_judge(&work->before, work->suite, block, LH_SEAL_VERIFY, SIZE_MAX, &sink,
                        &work->after, &verdict, err);
    return rc == LH_ERR_FORGED
               ? lh_err_wrap(err, rc, "leaf %" PRIu64 " breaks %s", verdict.index, verdict.rule->id)
               : rc;
}

/* After a failure the roster may be ahead of what is stored. */
static enum lh_code poison(struct lh_ledger *ledger, enum lh_code rc, struct lh_err *err)
{
    ledger->is_poisoned = true;
    return lh_err_wrap(err, rc, "ledger %s", ledger->origin);
}

enum lh_code lh_ledger_adopt(struct lh_ledger *ledger, struct lh_suite *suite,
                             const struct lh_ledger_sealed *sealed, struct lh_err *err)
{
    struct adopting work = { .ledger = ledger,
                             .suite = suite,
                             .sealed = sealed,
                             .before = ledger->chain,
                             .fresh = LH_FRESH_EMPTY };
    enum lh_code rc = check_may_adopt(ledger, &sealed->block, err);

    if (rc != LH_OK) {
        return rc;
    }
    work.rows = calloc(sealed->block.entry_count, sizeof *work.rows);
    work.events = calloc(sealed->block.entry_count, sizeof *work.events);
    if (work.rows == NULL || work.events == NULL) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "no memory for a block");
    }
    if (rc == LH_OK && ledger->state == LH_LEDGER_NEW) {
        rc = begin_chain(&work, err);
    }
    if (rc == LH_OK) {
        rc = judge_block(&work, err);
    }
    if (rc == LH_OK) {
        rc = fill_batch(&work, err);
    }
    if (rc == LH_OK) {
        rc = lh_store_commit(ledger->shelf.store, &ledger->batch, err);
        rc = rc == LH_ERR_CONFLICT ? LH_ERR_FORGED : rc; /* an event that is on record already */
    }
    if (rc == LH_OK) {
        follow(&work);
    } else {
        rc = poison(ledger, rc, err);
    }
    free(work.events);
    free(work.rows);
    lh_fresh_clear(&work.fresh);
    return rc;
}
