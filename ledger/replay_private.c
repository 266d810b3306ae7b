/*
 * Private parts: each that is there against its entry, and, where the archive says that it keeps
 * them, each that is not.
 *
 *  1. A part belongs to the block before it, so what is awaited is known when the next block
 * begins.
 *  2. The ERASE that covers an absent part comes later than its entry, in the same ledger or in a
 *     later generation of it: what is absent is remembered until the archive is over. An archive or
 *     a ledger that was not read whole is not judged: the ERASE may stand in what is missing.
 */
#include "ledger/replay_internal.h"

#include "ledger/private.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is there ----------------------------------------------------------------------------
 */

/* The entry a private part belongs to, from the block just closed; false: it is not there. */
static bool find_entry(const struct lh_replay *replay, uint64_t index, lhpb_Leaf *leaf,
                       lhpb_Body *body, enum lh_code *out_why)
{
    *out_why = LH_ERR_FORGED;
    if (index < replay->block_first || index - replay->block_first + 1 >= replay->leaf_count) {
        return false;
    }
    if (lh_leaf_decode(leaf, replay->leaves[index - replay->block_first], NULL) != LH_OK ||
        leaf->which_kind != lhpb_Leaf_entry_tag) {
        return false;
    }
    const lhpb_Entry *entry = &leaf->kind.entry;
    *out_why = lh_body_decode(body, lh_bytes_of(entry->body.bytes, entry->body.size), NULL);
    return *out_why == LH_OK;
}

static void note_here(struct lh_replay *replay, uint64_t index, bool is_unreadable)
{
    uint64_t at = index - replay->block_first;

    if (!is_unreadable && index >= replay->block_first && at < LH_BLOCK_ENTRIES_MAX) {
        replay->stage.is_here[at] = true;
    }
}

/* spec ledger.md 11: "A private part names an entry of the block just closed and fits both of
 * its digests." */
enum lh_code lh_replay_private(struct lh_replay *replay, struct lh_bytes content,
                               struct lh_err *err)
{
    struct lh_reader fields = lh_reader_of(content);
    uint64_t index = lh_read_u64(&fields);
    struct lh_err local = LH_ERR_NONE;
    enum lh_code rc = LH_ERR_FORGED;
    lhpb_Leaf leaf;
    lhpb_Body body;

    replay->private_count++;
    note_here(replay, index, fields.failed);
    if (fields.failed || !find_entry(replay, index, &leaf, &body, &rc)) {
        enum lh_code code = rc == LH_ERR_UNKNOWN ? LH_ERR_UNKNOWN : LH_ERR_FORGED;
        bool is_leaf = !fields.failed && index < LH_TREE_SIZE_MAX;
        lh_replay_find(replay, code, "P01", is_leaf ? index : LH_REPLAY_NO_INDEX,
                       "a private part of no entry that could be read in its block");
        return LH_OK;
    }
    rc = lh_private_verify(replay->suite, fields.rest, &leaf.kind.entry, &body, NULL, NULL, &local);
    if (rc == LH_ERR_FORGED || rc == LH_ERR_INVALID) {
        lh_replay_find(replay, LH_ERR_FORGED, "P01", index, local.text);
        return LH_OK;
    }
    return rc == LH_OK ? LH_OK : lh_err_set(err, rc, "%s", local.text);
}

/* ---- what is not ------------------------------------------------------------------------------
 */

static bool keeps_private(struct lh_replay *replay)
{
    const struct lh_replay_ledger *ledger = lh_replay_current(replay);
    return ledger->keeps_private && !ledger->is_stopped;
}

enum lh_code lh_replay_await(struct lh_replay *replay, uint64_t index, const lhpb_Entry *entry,
                             struct lh_err *err)
{
    struct lh_replay_stage *stage = &replay->stage;

    /* The intake part is of the leaf, which is frozen: this holds for bodies of newer schemas too.
     */
    if (!keeps_private(replay) || !entry->intake.has_index_digest) {
        return LH_OK;
    }
    struct lh_hash hash =
        lh_body_hash(replay->suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    lh_buf_add_u64(&stage->awaited, index);
    lh_buf_add(&stage->awaited, lh_hash_bytes(&hash));
    return lh_buf_check(&stage->awaited, err);
}

enum lh_code lh_replay_erase(struct lh_replay *replay, const lhpb_Erase *erase, struct lh_err *err)
{
    struct lh_replay_erased erased = { .ledger = replay->ledger_count - 1 };

    for (pb_size_t i = 0; i < erase->targets_count; i++) {
        memcpy(erased.hash.bytes, erase->targets[i], LH_HASH_SIZE);
        lh_buf_add(&replay->erased, lh_bytes_of(&erased, sizeof erased));
    }
    return lh_buf_check(&replay->erased, err);
}

enum lh_code lh_replay_settle(struct lh_replay *replay, struct lh_err *err)
{
    struct lh_replay_stage *stage = &replay->stage;
    struct lh_reader in = lh_reader_of(lh_buf_bytes(&stage->awaited));

    while (!lh_reader_is_done(&in)) {
        uint64_t index = lh_read_u64(&in);
        struct lh_bytes hash = lh_read_view(&in, LH_HASH_SIZE);

        lh_assert(!in.failed);
        lh_assert(index - replay->block_first < LH_BLOCK_ENTRIES_MAX);
        if (!stage->is_here[index - replay->block_first]) {
            lh_buf_add_u64(&stage->absent, index);
            lh_buf_add(&stage->absent, hash);
        }
    }
    lh_buf_reset(&stage->awaited);
    memset(stage->is_here, 0, sizeof stage->is_here);
    return lh_buf_check(&stage->absent, err);
}

enum lh_code lh_replay_note_absent(struct lh_replay *replay, struct lh_err *err)
{
    struct lh_replay_ledger *ledger = lh_replay_current(replay);
    struct lh_replay_stage *stage = &replay->stage;
    struct lh_replay_absent absent = { .ledger = replay->ledger_count - 1 };

    ledger->may_hide_erase = stage->may_lack_keys || ledger->is_stopped;
    if (!keeps_private(replay)) {
        return LH_OK;
    }
    enum lh_code rc = lh_replay_settle(replay, err);
    if (rc != LH_OK) {
        return rc;
    }
    struct lh_reader in = lh_reader_of(lh_buf_bytes(&stage->absent));
    while (!lh_reader_is_done(&in)) {
        absent.index = lh_read_u64(&in);
        memcpy(absent.hash.bytes, lh_read_view(&in, LH_HASH_SIZE).data, LH_HASH_SIZE);
        lh_buf_add(&replay->absent, lh_bytes_of(&absent, sizeof absent));
    }
    return lh_buf_check(&replay->absent, err);
}

/* ---- what covers it ---------------------------------------------------------------------------
 */

static int compare_erased(const void *a, const void *b)
{
    const struct lh_replay_erased *one = a;
    const struct lh_replay_erased *other = b;

    return memcmp(one->hash.bytes, other->hash.bytes, LH_HASH_SIZE);
}

/* Is ledger `later` of the archive ledger `at`, or a later generation of it? */
static bool is_same_or_later(const struct lh_replay *replay, size_t at, size_t later)
{
    struct lh_origin one;
    struct lh_origin other;

    return lh_origin_parse(&one, lh_bytes_of_text(replay->ledgers[at].origin), NULL) == LH_OK &&
           lh_origin_parse(&other, lh_bytes_of_text(replay->ledgers[later].origin), NULL) ==
               LH_OK &&
           strcmp(one.network, other.network) == 0 &&
           strcmp(one.department, other.department) == 0 && other.generation >= one.generation;
}

static bool is_erased(const struct lh_replay *replay, const struct lh_replay_absent *absent)
{
    const struct lh_replay_erased *erased = (const void *)replay->erased.data;
    size_t count = replay->erased.len / sizeof *erased;
    size_t first = 0;

    for (size_t end = count; first < end;) { /* the first of that hash */
        size_t middle = first + (end - first) / 2;

        if (memcmp(erased[middle].hash.bytes, absent->hash.bytes, LH_HASH_SIZE) < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    for (size_t i = first; i < count && lh_hash_is_equal(&erased[i].hash, &absent->hash); i++) {
        if (is_same_or_later(replay, absent->ledger, erased[i].ledger)) {
            return true;
        }
    }
    return false;
}

/* spec ledger.md 11: "after an entry of a newer schema, which may be the ERASE, P02 is cannot tell,
 * and so it is where a later generation could not be read whole" */
static bool may_be_erased(const struct lh_replay *replay, size_t ledger)
{
    for (size_t i = 0; i < replay->ledger_count; i++) {
        if (replay->ledgers[i].may_hide_erase && is_same_or_later(replay, ledger, i)) {
            return true;
        }
    }
    return false;
}

/* spec ledger.md 11: "Where an archive says that it keeps the private parts of a ledger, each entry
 * with an index digest has one, or an ERASE of the same ledger or of a later generation covers it."
 */
void lh_replay_judge_absent(struct lh_replay *replay)
{
    const struct lh_replay_absent *absent = (const void *)replay->absent.data;
    size_t count = replay->absent.len / sizeof *absent;

    if (replay->erased.len > 0) {
        qsort(replay->erased.data, replay->erased.len / sizeof(struct lh_replay_erased),
              sizeof(struct lh_replay_erased), compare_erased);
    }
    for (size_t i = 0; i < count; i++) {
        const struct lh_replay_place place = { .ledger = absent[i].ledger,
                                               .index = absent[i].index };

        if (!is_erased(replay, &absent[i])) {
            lh_replay_findings_add(&replay->findings,
                                   may_be_erased(replay, place.ledger) ? LH_ERR_UNKNOWN
                                                                       : LH_ERR_FORGED,
                                   lh_replay_rule_find("P02"), &place,
                                   "the private part is missing and no ERASE covers it");
        }
    }
}
