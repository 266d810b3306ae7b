/*
 * The walk through an archive. Invariants:
 *
 *  1. Frames come in an order that the format allows (ledger/archive.c sees to it).
 *  2. A ledger whose chain breaks is stopped: the frames that follow are counted and not judged.
 *  3. Nothing that a frame says sizes an allocation: a block is bounded in leaves and bytes, the
 *     number of ledgers is bounded.
 */
#include "ledger/replay.h"

#include "ledger/chain_internal.h"
#include "ledger/replay_internal.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum lh_code lh_replay_new(struct lh_replay **out, const struct lh_replay_options *options,
                           struct lh_err *err)
{
    struct lh_replay *replay = calloc(1, sizeof *replay);

    if (replay == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for a replay");
    }
    replay->options = *options;
    if (options->pool != NULL) {
        replay->pool = *options->pool;
        replay->options.pool = &replay->pool;
    }
    replay->block = (struct lh_buf)LH_BUF_EMPTY;
    lh_replay_findings_init(&replay->findings);
    *out = replay;
    return LH_OK;
}

/* No check may outlive the verifiers of the roster it borrows from. */
static enum lh_code drain(struct lh_replay *replay, struct lh_err *err)
{
    const struct lh_replay_pool *pool = replay->options.pool;

    enum lh_code rc = lh_replay_last_seal(replay, err);
    if (rc == LH_OK) {
        rc = lh_replay_flush(replay, err);
    }
    if (pool == NULL) {
        return rc;
    }
    enum lh_code drained = pool->drain(pool->arg, &replay->findings, err);
    return rc != LH_OK ? rc : drained;
}

/* The root of a ledger's head is worth its hashes once, when the ledger is over. */
static void set_root(struct lh_replay *replay)
{
    if (replay->stage.has_chain) {
        lh_replay_current(replay)->root = lh_tree_root(&replay->stage.chain.tree, replay->suite);
    }
}

/* The roster stays for a generation that goes on; the one before it is over. */
static void clear_stage(struct lh_replay *replay)
{
    lh_roster_free(replay->before.roster);
    replay->before = (struct lh_replay_before){
        .roster = replay->stage.roster,
        .ledger = replay->ledger_count > 0 ? replay->ledger_count - 1 : 0,
        .epoch = replay->stage.chain.epoch_hash,
        .may_lack_keys = replay->stage.may_lack_keys,
    };
    lh_verifier_free(replay->stage.seal);
    lh_buf_clear(&replay->stage.awaited);
    lh_buf_clear(&replay->stage.absent);
    memset(&replay->stage, 0, sizeof replay->stage);
}

void lh_replay_free(struct lh_replay *replay)
{
    if (replay == NULL) {
        return;
    }
    replay->batch_count = 0;
    replay->stage.has_last_seal = false;
    (void)drain(replay, NULL);
    clear_stage(replay);
    lh_roster_free(replay->before.roster);
    lh_epochs_free(replay->epochs);
    lh_genesis_free(replay->genesis);
    lh_suite_free(replay->suite);
    lh_buf_clear(&replay->block);
    lh_buf_clear(&replay->absent);
    lh_buf_clear(&replay->erased);
    free(replay->ledgers);
    free(replay);
}

struct lh_replay_ledger *lh_replay_current(struct lh_replay *replay)
{
    lh_assert(replay->ledger_count > 0);
    return &replay->ledgers[replay->ledger_count - 1];
}

struct lh_replay_place lh_replay_place_of(const struct lh_replay *replay, uint64_t index)
{
    struct lh_replay_place place = { .ledger = LH_REPLAY_NO_LEDGER, .index = index };

    if (replay->ledger_count > 0) {
        const struct lh_replay_ledger *ledger = &replay->ledgers[replay->ledger_count - 1];
        place.ledger = replay->ledger_count - 1;
        place.good_size = ledger->size;
        place.good_height = ledger->height;
    }
    return place;
}

/* ---- genesis ----------------------------------------------------------------------------------
 */

/* spec ledger.md 11: "The network id is the one that the judge pinned." */
static void judge_network(struct lh_replay *replay)
{
    const struct lh_hash *pinned = replay->options.network_id;

    if (pinned != NULL && !lh_hash_is_equal(pinned, lh_genesis_network_id(replay->genesis))) {
        lh_replay_find(replay, LH_ERR_FORGED, "T01", LH_REPLAY_NO_INDEX,
                       "the archive is of another network than the pinned one");
    }
}

static enum lh_code feed_genesis(struct lh_replay *replay, struct lh_bytes bytes,
                                 struct lh_err *err)
{
    struct lh_err local = LH_ERR_NONE;

    enum lh_code rc = lh_genesis_new(&replay->genesis, bytes, &local);
    if (rc == LH_ERR_NOMEM) {
        return lh_err_set(err, rc, "%s", local.text);
    }
    if (rc != LH_OK) {
        /* spec ledger.md 11: "The genesis frame holds a genesis file." */
        enum lh_code code = rc == LH_ERR_UNKNOWN ? rc : LH_ERR_FORGED;
        lh_replay_find(replay, code, "A03", LH_REPLAY_NO_INDEX, local.text);
        return LH_OK;
    }
    judge_network(replay);
    rc = lh_suite_new(&replay->suite, lh_genesis_suite(replay->genesis), err);
    return rc == LH_OK ? lh_replay_begin_epochs(replay, err) : rc;
}

/* ---- ledger -----------------------------------------------------------------------------------
 */

static enum lh_code add_ledger(struct lh_replay *replay, struct lh_bytes origin, struct lh_err *err)
{
    if (replay->ledger_count == replay->ledger_capacity) {
        size_t capacity = replay->ledger_capacity == 0 ? 8 : 2 * replay->ledger_capacity;
        struct lh_replay_ledger *grown = realloc(replay->ledgers, capacity * sizeof *grown);
        if (grown == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "out of memory for the list of ledgers");
        }
        replay->ledgers = grown;
        replay->ledger_capacity = capacity;
    }
    struct lh_replay_ledger *ledger = &replay->ledgers[replay->ledger_count++];
    *ledger = (struct lh_replay_ledger){ .is_stopped = true };
    if (origin.len <= LH_ORIGIN_MAX && lh_bytes_is_clean_text(origin)) {
        memcpy(ledger->origin, origin.data, origin.len);
    }
    return LH_OK;
}

/* The ledger before is over: no check may still hold one of its keys. */
static enum lh_code close_stage(struct lh_replay *replay, struct lh_err *err)
{
    enum lh_code rc = drain(replay, err);

    if (rc == LH_OK && replay->ledger_count > 0) {
        rc = lh_replay_note_absent(replay, err);
    }
    set_root(replay);
    lh_replay_end_mark(replay);
    clear_stage(replay);
    replay->leaf_count = 0;
    replay->is_block_too_long = false;
    lh_buf_reset(&replay->block);
    return rc;
}

/* What is wrong with a ledger frame; NULL when nothing is. A department that is no member in the
 * epochs known may be one in another: `*out_code`. */
static const char *ledger_fault(struct lh_replay *replay, struct lh_bytes origin,
                                enum lh_code *out_code)
{
    struct lh_origin *parsed = &replay->stage.origin;

    *out_code = LH_ERR_FORGED;
    if (lh_origin_parse(parsed, origin, NULL) != LH_OK) {
        return "a ledger frame holds no origin";
    }
    if (strcmp(parsed->network, lh_genesis_network(replay->genesis)) != 0) {
        return "the ledger is of another network";
    }
    if (!lh_replay_is_member(replay, parsed->department)) {
        *out_code = LH_ERR_UNKNOWN;
        return "the ledger's department is no member in any epoch that is known";
    }
    for (size_t i = 0; i + 1 < replay->ledger_count; i++) {
        if (lh_bytes_is_equal(lh_bytes_of_text(replay->ledgers[i].origin), origin)) {
            return "the ledger comes twice";
        }
    }
    return NULL;
}

static enum lh_code feed_ledger(struct lh_replay *replay, struct lh_bytes origin,
                                struct lh_err *err)
{
    enum lh_code rc = close_stage(replay, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (replay->ledger_count == LH_REPLAY_LEDGERS_MAX) {
        /* spec ledger.md 11: "An archive holds at most 4,096 ledgers." */
        lh_replay_find(replay, LH_ERR_UNKNOWN, "A05", LH_REPLAY_NO_INDEX,
                       "more than 4096 ledgers; the rest is not judged");
        replay->is_beyond = true;
        return LH_OK;
    }
    rc = add_ledger(replay, origin, err);
    if (rc != LH_OK || replay->genesis == NULL) {
        return rc;
    }
    /* spec ledger.md 11: "A ledger frame names a ledger of this network and of one of its
     * members, each at most once." */
    enum lh_code code;
    const char *fault = ledger_fault(replay, origin, &code);
    if (fault != NULL) {
        lh_replay_find(replay, code, "A04", LH_REPLAY_NO_INDEX, fault);
        return LH_OK;
    }
    lh_replay_current(replay)->is_stopped = false;
    lh_replay_find_mark(replay);
    return LH_OK;
}

/* An older archive has no such frame: what is absent from it says nothing. */
static void feed_kept(struct lh_replay *replay)
{
    lh_replay_current(replay)->keeps_private = true;
}

/* ---- blocks -----------------------------------------------------------------------------------
 */

static void stop_ledger(struct lh_replay *replay)
{
    lh_replay_current(replay)->is_stopped = true;
}

static enum lh_code feed_leaf(struct lh_replay *replay, struct lh_bytes leaf, struct lh_err *err)
{
    struct lh_replay_ledger *ledger = lh_replay_current(replay);

    ledger->leaf_count++;
    if (ledger->is_stopped) {
        return LH_OK;
    }
    if (replay->is_block_closed) {
        enum lh_code rc = lh_replay_settle(replay, err);
        if (rc != LH_OK) {
            return rc;
        }
        replay->is_block_closed = false;
        replay->is_block_too_long = false;
        replay->leaf_count = 0;
        lh_buf_reset(&replay->block);
    }
    if (replay->leaf_count > LH_BLOCK_ENTRIES_MAX) {
        replay->is_block_too_long = true; /* and no more of it is kept */
        return LH_OK;
    }
    if (leaf.len > LH_LEAF_MAX) {
        leaf.len = LH_LEAF_MAX + 1; /* longer than any leaf, however it goes on */
    }
    lh_buf_add(&replay->block, leaf);
    replay->ends[replay->leaf_count++] = replay->block.len;
    return lh_buf_check(&replay->block, err);
}

static void set_leaves(struct lh_replay *replay)
{
    size_t start = 0;

    for (size_t i = 0; i < replay->leaf_count; i++) {
        replay->leaves[i] = lh_bytes_of(replay->block.data + start, replay->ends[i] - start);
        start = replay->ends[i];
    }
}

static void take_head(struct lh_replay *replay, const struct lh_chain *next, size_t entry_count)
{
    struct lh_replay_ledger *ledger = lh_replay_current(replay);

    replay->stage.chain = *next;
    ledger->entry_count += entry_count;
    ledger->height = next->height;
    ledger->size = next->tree.size;
    ledger->header = next->prev;
    ledger->epoch_before = next->height == 1 ? next->epoch_hash : ledger->epoch;
    ledger->epoch = next->epoch_hash;
    ledger->time_unix_ms = (int64_t)next->time_unix_ms;
}

/* A gathered block and its checkpoint: judge it as the successor of the head. */
static enum lh_code judge_block(struct lh_replay *replay, struct lh_bytes checkpoint,
                                struct lh_err *err)
{
    const struct lh_block block = { .leaves = replay->leaves,
                                    .entry_count = replay->leaf_count - 1,
                                    .checkpoint = checkpoint };
    struct lh_note note;
    bool is_epoch_unknown = false;
    const struct lh_chain_listener listener = { .entry = lh_replay_on_entry,
                                                .arg = replay,
                                                .note = &note,
                                                .is_epoch_unknown = &is_epoch_unknown };
    struct lh_err local = LH_ERR_NONE;
    struct lh_chain_verdict verdict;
    struct lh_chain next;

    enum lh_code rc = lh_chain_judge_heard(&replay->stage.chain, replay->suite, &block,
                                           LH_SEAL_SKIP, &listener, &next, &verdict, &local);
    if (replay->trouble.code != LH_OK) {
        return lh_err_set(err, replay->trouble.code, "%s", replay->trouble.text);
    }
    if (rc == LH_ERR_FORGED) {
        lh_replay_find(replay, LH_ERR_FORGED, verdict.rule->id, verdict.index, local.text);
        stop_ledger(replay);
        return LH_OK;
    }
    if (rc != LH_OK) {
        return lh_err_set(err, rc, "%s", local.text);
    }
    uint64_t header_index = next.tree.size - 1;
    rc = lh_replay_seal(replay, &note, header_index, err);
    if (rc == LH_OK) {
        rc = lh_replay_enter(replay, &next, header_index, is_epoch_unknown, err);
    }
    if (rc == LH_OK) {
        take_head(replay, &next, block.entry_count);
        lh_replay_judge_mark(replay);
    }
    return rc;
}

static enum lh_code feed_checkpoint(struct lh_replay *replay, struct lh_bytes checkpoint,
                                    struct lh_err *err)
{
    struct lh_replay_ledger *ledger = lh_replay_current(replay);

    if (ledger->is_stopped) {
        return LH_OK;
    }
    lh_assert(replay->leaf_count > 0);
    if (replay->is_block_too_long) {
        /* spec ledger.md 11: "A block of more than 4,096 entries is found by B03 alone, at the leaf
         * that is one too many, and nothing in it is judged." */
        lh_replay_find(replay, LH_ERR_FORGED, "B03", ledger->size + replay->leaf_count,
                       "more than 4096 entries in a block");
        stop_ledger(replay);
        return LH_OK;
    }
    set_leaves(replay);
    replay->block_first = ledger->size;
    replay->is_block_closed = true;
    if (!replay->stage.has_chain) {
        enum lh_code rc = lh_replay_begin_roster(replay, err);
        if (rc == LH_OK) {
            rc = lh_replay_open_chain(replay, replay->leaves[0], err);
        }
        if (rc != LH_OK) {
            return rc;
        }
        if (!replay->stage.has_chain) {
            stop_ledger(replay);
            return LH_OK;
        }
    }
    return judge_block(replay, checkpoint, err);
}

static enum lh_code feed_private(struct lh_replay *replay, struct lh_bytes content,
                                 struct lh_err *err)
{
    return lh_replay_current(replay)->is_stopped ? LH_OK : lh_replay_private(replay, content, err);
}

enum lh_code lh_replay_feed(struct lh_replay *replay, const struct lh_archive_frame *frame,
                            struct lh_err *err)
{
    if (replay->is_beyond) {
        return LH_OK;
    }
    switch (frame->kind) {
    case LH_ARCHIVE_GENESIS:
        return feed_genesis(replay, frame->content, err);
    case LH_ARCHIVE_EPOCH:
        return replay->genesis != NULL ? lh_replay_take_epoch(replay, frame->content, err) : LH_OK;
    case LH_ARCHIVE_LEDGER:
        return feed_ledger(replay, frame->content, err);
    case LH_ARCHIVE_LEAF:
        return feed_leaf(replay, frame->content, err);
    case LH_ARCHIVE_CHECKPOINT:
        return feed_checkpoint(replay, frame->content, err);
    case LH_ARCHIVE_PRIVATE:
        return feed_private(replay, frame->content, err);
    case LH_ARCHIVE_KEPT:
        feed_kept(replay);
        return LH_OK;
    case LH_ARCHIVE_END:
        break; /* the reader keeps it to itself */
    }
    return lh_err_set(err, LH_ERR_INVALID, "an end frame was handed out");
}

static bool continues(const struct lh_replay_ledger *ledger, const struct lh_replay_ledger *before)
{
    return ledger->prev_size > 0 && ledger->prev_size == before->size &&
           strcmp(ledger->prev_origin, before->origin) == 0;
}

/* spec ledger.md 11: "Where the generation before is in the same archive and ends at the size
 * that GENERATION names, its root and last header are the ones named." */
static void judge_succession(struct lh_replay *replay, size_t index)
{
    const struct lh_replay_place place = { .ledger = index, .index = 0 };
    const struct lh_replay_ledger *ledger = &replay->ledgers[index];

    for (size_t i = 0; i < replay->ledger_count; i++) {
        const struct lh_replay_ledger *before = &replay->ledgers[i];
        if (continues(ledger, before) &&
            (!lh_hash_is_equal(&ledger->prev_root, &before->root) ||
             !lh_hash_is_equal(&ledger->prev_header, &before->header))) {
            lh_replay_findings_add(&replay->findings, LH_ERR_FORGED, lh_replay_rule_find("E08"),
                                   &place, "the generation before ends with another head");
        }
    }
}

enum lh_code lh_replay_end(struct lh_replay *replay, enum lh_code why, const char *text,
                           struct lh_err *err)
{
    enum lh_code rc = drain(replay, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (why == LH_ERR_NOT_FOUND && replay->ledger_count > 0) {
        rc = lh_replay_note_absent(replay, err);
        if (rc != LH_OK) {
            return rc;
        }
        lh_replay_judge_absent(replay);
    }
    set_root(replay);
    for (size_t i = 0; i < replay->ledger_count; i++) {
        judge_succession(replay, i);
    }
    lh_replay_end_mark(replay);
    lh_replay_judge_past(replay);
    if (why == LH_ERR_INVALID) {
        /* spec ledger.md 11: "The frames are well formed and in an order that section 10
         * allows." */
        lh_replay_find(replay, LH_ERR_FORGED, "A01", LH_REPLAY_NO_INDEX, text);
    } else if (why == LH_ERR_UNKNOWN) {
        /* spec ledger.md 11: "An archive that stops before its end frame, or has a frame of an
         * unknown kind, cannot be judged beyond it." */
        lh_replay_find(replay, LH_ERR_UNKNOWN, "A02", LH_REPLAY_NO_INDEX, text);
    } else if (why != LH_ERR_NOT_FOUND) {
        return lh_err_set(err, why, "%s", text);
    }
    return LH_OK;
}

const struct lh_replay_findings *lh_replay_findings(const struct lh_replay *replay)
{
    return &replay->findings;
}

struct lh_suite *lh_replay_suite(const struct lh_replay *replay)
{
    return replay->suite;
}

const struct lh_genesis *lh_replay_genesis(const struct lh_replay *replay)
{
    return replay->genesis;
}

const struct lh_epochs *lh_replay_epochs(const struct lh_replay *replay)
{
    return replay->epochs;
}

size_t lh_replay_ledger_count(const struct lh_replay *replay)
{
    return replay->ledger_count;
}

const struct lh_replay_ledger *lh_replay_ledger_at(const struct lh_replay *replay, size_t index)
{
    lh_assert(index < replay->ledger_count);
    return &replay->ledgers[index];
}

uint64_t lh_replay_signature_count(const struct lh_replay *replay)
{
    return replay->signature_count;
}

uint64_t lh_replay_taken_count(const struct lh_replay *replay)
{
    return replay->taken_count;
}

uint64_t lh_replay_private_count(const struct lh_replay *replay)
{
    return replay->private_count;
}
