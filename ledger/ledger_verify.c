/*
 * Checking a whole ledger again from its stored bytes.
 *
 *  1. Every block is judged as a stranger would, in order, from the empty chain on; every entry's
 *     authority and signatures are judged with a roster that is rebuilt on the way.
 *  2. What a block must have left in the store is made again by the functions that append uses and
 *     compared row by row. Of an event row only its place is compared: its digest may be keyed.
 *  3. A private part must fit both digests of its entry. What is absent is remembered until the
 *     last block was read, because the ERASE that covers it comes later.
 *  4. At the end the rows are counted, so that none stands there that no entry explains.
 *  5. One generation at a time: the roster starts with what the one before ended with.
 */
#include "ledger/ledger_internal.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"
#include "ledger/private.h"
#include "ledger/targets.h"
#include "ledger/trail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_PLACE_SIZE = 4 + 8, TILE_LEVELS = 8 };

struct verifying {
    struct lh_ledger *ledger;
    struct lh_suite *suite;
    struct lh_ledger_head head;
    struct lh_roster *roster;
    struct lh_chain chain;
    struct lh_store_batch expected; /* rows of one block, but for its leaves */
    struct lh_row *rows;            /* of one block */
    struct lh_buf found;
    struct lh_buf absent; /* private parts that are not there: u64 index || H(body) */
    struct lh_buf erased; /* H(body) of what ERASE entries cover */
    uint64_t counts[LH_TABLE_COUNT];
    uint64_t index; /* the leaf that is looked at */
};

/* What others call forged or invalid is our own data here. */
static enum lh_code own_fault(enum lh_code rc)
{
    return rc == LH_ERR_FORGED || rc == LH_ERR_INVALID || rc == LH_ERR_DENIED ||
                   rc == LH_ERR_CONFLICT || rc == LH_ERR_NOT_FOUND
               ? LH_ERR_CORRUPT
               : rc;
}

/* ---- private parts ---- */

enum { ABSENT_SIZE = 8 + LH_HASH_SIZE };

static void note_absent(struct verifying *work, const lhpb_Entry *entry)
{
    struct lh_hash hash =
        lh_body_hash(work->suite, lh_bytes_of(entry->body.bytes, entry->body.size));

    lh_buf_add_u64(&work->absent, work->index);
    lh_buf_add(&work->absent, lh_hash_bytes(&hash));
}

static enum lh_code verify_private(struct verifying *work, const lhpb_Entry *entry,
                                   const lhpb_Body *body, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_leaf(work->ledger->shelf.number, work->index);
    enum lh_code rc = lh_store_get(work->ledger->shelf.store, LH_TABLE_PRIVATE,
                                   lh_store_key_bytes(&key), &work->found, err);

    if (rc == LH_ERR_NOT_FOUND) {
        if (body->has_subject_digest) {
            note_absent(work, entry);
        }
        return lh_buf_check(&work->absent, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    work->counts[LH_TABLE_PRIVATE]++;
    return lh_private_verify(work->suite, lh_buf_bytes(&work->found), entry, body, NULL, NULL, err);
}

static enum lh_code note_erased(struct verifying *work, const lhpb_Body *body, struct lh_err *err)
{
    if (body->which_detail != lhpb_Body_erase_tag) {
        return LH_OK;
    }
    for (pb_size_t i = 0; i < body->detail.erase.targets_count; i++) {
        lh_buf_add(&work->erased, lh_bytes_of(body->detail.erase.targets[i], LH_HASH_SIZE));
    }
    return lh_buf_check(&work->erased, err);
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, LH_HASH_SIZE);
}

/* spec privacy.md 6: "A private part that is absent is legal only where an ERASE entry covers it."
 */
static enum lh_code verify_absent(struct verifying *work, struct lh_err *err)
{
    struct lh_reader in = lh_reader_of(lh_buf_bytes(&work->absent));
    size_t count = work->erased.len / LH_HASH_SIZE;

    if (count > 0) {
        qsort(work->erased.data, count, LH_HASH_SIZE, compare_hashes);
    }
    while (!lh_reader_is_done(&in) && !work->ledger->lacks_private) {
        uint64_t index = lh_read_u64(&in);
        struct lh_bytes hash = lh_read_view(&in, LH_HASH_SIZE);

        bool is_erased = count > 0 && bsearch(hash.data, work->erased.data, count, LH_HASH_SIZE,
                                              compare_hashes) != NULL;
        enum lh_code rc = LH_OK;

        lh_assert(!in.failed);
        if (!is_erased) {
            rc = lh_targets_is_erased_later(&is_erased, work->ledger, hash.data, err);
        }
        if (rc != LH_OK) {
            return rc;
        }
        if (!is_erased) {
            work->index = index;
            return lh_err_set(err, LH_ERR_CORRUPT,
                              "the private part is missing and no ERASE covers it");
        }
    }
    return LH_OK;
}

/* ---- one block ---- */

static enum lh_code verify_entry(struct verifying *work, struct lh_bytes bytes, struct lh_row *row,
                                 struct lh_err *err)
{
    static const struct lh_hash no_digest;
    lhpb_Leaf leaf;
    lhpb_Body body;
    unsigned level = 0;
    enum lh_code rc = lh_ledger_decode_entry(bytes, work->index, &leaf, &body, err);

    if (rc != LH_OK) {
        return rc;
    }
    const lhpb_Entry *entry = &leaf.kind.entry;
    rc = lh_roster_judge(work->roster, work->suite, entry, &body, true, &level, err);
    if (rc == LH_OK && lh_roster_is_concerned(body.type)) {
        rc = lh_roster_apply(work->roster, work->suite, &body, work->index, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    lh_row_of(row, work->index, entry, &body, level);
    lh_shelf_put_event(&work->expected, work->ledger->shelf.number, &body, work->index, &no_digest);
    lh_targets_index(&work->expected, work->suite, work->ledger->shelf.number, work->index, entry,
                     &body);
    rc = note_erased(work, &body, err);
    return rc == LH_OK ? verify_private(work, entry, &body, err) : rc;
}

static bool is_as_expected(const struct lh_store_op *op, struct lh_bytes found)
{
    if (op->table == LH_TABLE_EVENT) {
        return found.len == op->value.len &&
               memcmp(found.data, op->value.data, EVENT_PLACE_SIZE) == 0;
    }
    return lh_bytes_is_equal(found, op->value);
}

/* The leaf that a row belongs to; `header` for rows of the block as a whole. */
static uint64_t leaf_of_row(const struct lh_store_op *op, uint64_t header)
{
    struct lh_reader in;

    if (op->table == LH_TABLE_EVENT) {
        in = lh_reader_of(lh_bytes_of(op->value.data + 4, 8));
    } else if (op->table == LH_TABLE_INDEX) {
        in = lh_reader_of(lh_bytes_of(op->key.data + op->key.len - 8, 8));
    } else {
        return header;
    }
    return lh_read_u64(&in);
}

static enum lh_code compare_rows(struct verifying *work, uint64_t header, struct lh_err *err)
{
    struct lh_store_op op;
    enum lh_code rc = lh_buf_check(&work->expected.ops, err);

    for (size_t at = 0; rc == LH_OK && lh_store_batch_next(&work->expected, &at, &op);) {
        rc = lh_store_get(work->ledger->shelf.store, op.table, op.key, &work->found, err);
        if (rc == LH_ERR_NOT_FOUND) {
            rc = lh_err_set(err, LH_ERR_CORRUPT, "a row of table %s is missing",
                            lh_table_name(op.table));
        } else if (rc == LH_OK && !is_as_expected(&op, lh_buf_bytes(&work->found))) {
            rc = lh_err_set(err, LH_ERR_CORRUPT, "a row of table %s is not what the leaves say",
                            lh_table_name(op.table));
        }
        work->index = leaf_of_row(&op, header);
        work->counts[op.table]++;
    }
    return rc;
}

static enum lh_code verify_rows(struct verifying *work, const struct lh_shelf_block *stored,
                                const struct lh_fresh *fresh, const struct lh_chain *next,
                                struct lh_err *err)
{
    uint32_t number = work->ledger->shelf.number;
    uint64_t first = stored->info.first;
    size_t count = stored->info.entry_count;
    enum lh_code rc = LH_OK;

    lh_store_batch_reset(&work->expected);
    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        work->index = first + i;
        rc = verify_entry(work, stored->leaves[i], &work->rows[i], err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    lh_shelf_put_block(&work->expected, number, stored->info.height, first, count,
                       lh_buf_bytes(&stored->info.checkpoint));
    lh_fresh_put(fresh, &work->expected, number);
    lh_trail_index(&work->expected, number, work->rows, count);
    lh_shelf_put_epoch(&work->expected, number, &work->chain, next);
    work->index = first + count;
    rc = lh_ledger_enter(work->ledger, work->roster, work->suite, &work->chain.epoch_hash,
                         &next->epoch_hash, work->index, err);
    if (rc != LH_OK) {
        return rc;
    }
    work->counts[LH_TABLE_LEAF] += count + 1;
    return compare_rows(work, first + count, err);
}

/*
 * A root says that some leaf of the block is not what it was; the stored hashes say which. `other`
 * when all of them are those of the leaves.
 */
static uint64_t find_changed_leaf(struct verifying *work, const struct lh_shelf_block *stored,
                                  uint64_t other)
{
    struct lh_store_key key = lh_keys_node(work->ledger->shelf.number, 0, stored->info.first);
    size_t count = (size_t)stored->info.entry_count + 1;
    enum lh_code rc = lh_store_get(work->ledger->shelf.store, LH_TABLE_NODE,
                                   lh_store_key_bytes(&key), &work->found, NULL);

    if (rc != LH_OK || work->found.len != count * LH_HASH_SIZE) {
        return other;
    }
    for (size_t i = 0; i < count; i++) {
        struct lh_hash hash = lh_hash_leaf(work->suite, stored->leaves[i]);

        if (memcmp(hash.bytes, work->found.data + i * LH_HASH_SIZE, LH_HASH_SIZE) != 0) {
            return stored->info.first + i;
        }
    }
    return other;
}

/* The first leaf from `first` on that the store lacks; `first` when the next block's worth is
 * there. */
static uint64_t find_missing_leaf(struct verifying *work, uint64_t first)
{
    for (uint64_t i = 0; i <= LH_BLOCK_ENTRIES_MAX && first + i < work->head.size; i++) {
        if (lh_shelf_leaf(&work->ledger->shelf, first + i, &work->found, NULL) == LH_ERR_CORRUPT) {
            return first + i;
        }
    }
    return first;
}

static enum lh_code verify_block(struct verifying *work, uint64_t height, struct lh_err *err)
{
    struct lh_shelf_block stored = LH_SHELF_BLOCK_EMPTY;
    struct lh_fresh fresh = LH_FRESH_EMPTY;
    struct lh_tree_sink sink = lh_fresh_sink(&fresh);
    struct lh_chain_verdict verdict = { .rule = NULL };
    struct lh_chain next;
    enum lh_code rc = lh_shelf_block_load(&work->ledger->shelf, height, &stored, err);

    if (rc != LH_OK) {
        work->index = find_missing_leaf(work, work->chain.tree.size);
        return rc;
    }
    rc = lh_fresh_init(&fresh, &work->chain.tree, (size_t)stored.info.entry_count + 1, err);
    if (rc != LH_OK) {
        goto out;
    }
    struct lh_block block = { .leaves = stored.leaves,
                              .entry_count = stored.info.entry_count,
                              .checkpoint = lh_buf_bytes(&stored.info.checkpoint) };
    rc = lh_chain_judge(&work->chain, work->suite, &block, LH_SEAL_VERIFY, SIZE_MAX, &sink, &next,
                        &verdict, err);
    if (rc != LH_OK) {
        work->index = verdict.rule == NULL ? work->chain.tree.size
                                           : find_changed_leaf(work, &stored, verdict.index);
        goto out;
    }
    rc = verify_rows(work, &stored, &fresh, &next, err);
    work->chain = next;
out:
    lh_fresh_clear(&fresh);
    lh_shelf_block_clear(&stored);
    return rc;
}

/* ---- the sweep ---- */

/* Does this key belong to the released part of the ledger? */
static bool is_released_row(const struct verifying *work, enum lh_table table, struct lh_bytes key,
                            struct lh_bytes value)
{
    struct lh_bytes place = table == LH_TABLE_EVENT ? value : key;
    struct lh_reader front = lh_reader_of(place);
    uint32_t number = lh_read_u32(&front);
    uint8_t kind = lh_read_u8(&front);
    struct lh_reader back;
    uint64_t position;

    if (table == LH_TABLE_EVENT) {
        back = lh_reader_of(lh_bytes_of(value.data + 4, value.len < EVENT_PLACE_SIZE ? 0 : 8));
    } else {
        back = lh_reader_of(key.len < 8 ? LH_BYTES_EMPTY : lh_bytes_of(key.data + key.len - 8, 8));
    }
    position = lh_read_u64(&back);
    if (front.failed || back.failed) {
        return true; /* no key of ours: it makes the count wrong */
    }
    if (number != work->ledger->shelf.number) {
        return false;
    }
    if (table == LH_TABLE_NODE) {
        return kind >= TILE_LEVELS || position < work->head.size >> (TILE_LEVELS * kind);
    }
    if (table == LH_TABLE_BLOCK && kind == 'h') {
        return position <= work->head.height;
    }
    return position < work->head.size;
}

static enum lh_code count_rows(struct verifying *work, enum lh_table table, struct lh_err *err)
{
    static const uint8_t lowest[] = { 0 };
    struct lh_store_iter *iter = NULL;
    uint64_t count = 0;
    enum lh_code rc = lh_store_iter_new(&iter, work->ledger->shelf.store, table, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek(iter, lh_bytes_of(lowest, sizeof lowest));
    for (; lh_store_iter_is_valid(iter); lh_store_iter_next(iter)) {
        count += is_released_row(work, table, lh_store_iter_key(iter), lh_store_iter_value(iter));
    }
    rc = lh_store_iter_check(iter, err);
    lh_store_iter_free(iter);
    if (rc == LH_OK && count != work->counts[table]) {
        rc = lh_err_set(err, LH_ERR_CORRUPT,
                        "table %s holds %" PRIu64 " rows, the leaves explain %" PRIu64,
                        lh_table_name(table), count, work->counts[table]);
    }
    return rc;
}

static enum lh_code sweep(struct verifying *work, struct lh_err *err)
{
    struct lh_hash root = lh_tree_root(&work->chain.tree, work->suite);
    enum lh_code rc = LH_OK;

    work->index = work->head.size;
    if (work->chain.tree.size != work->head.size || !lh_hash_is_equal(&root, &work->head.root)) {
        return lh_err_set(err, LH_ERR_CORRUPT, "the leaves do not lead to the released head");
    }
    for (size_t i = 0; rc == LH_OK && i < LH_TABLE_COUNT; i++) {
        if (lh_table_is_insert_only((enum lh_table)i) || i == LH_TABLE_PRIVATE) {
            rc = count_rows(work, (enum lh_table)i, err);
        }
    }
    return rc == LH_OK ? verify_absent(work, err) : rc;
}

static enum lh_code init_verifying(struct verifying *work, struct lh_err *err)
{
    lh_ledger_head(work->ledger, &work->head);
    work->rows = calloc(LH_BLOCK_ENTRIES_MAX, sizeof *work->rows);
    if (work->rows == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory to verify a ledger");
    }
    enum lh_code rc = work->ledger->prev != NULL
                          ? lh_roster_copy(&work->roster, work->ledger->prev->roster, err)
                          : lh_ledger_start_roster(work->ledger, &work->roster, err);
    if (rc != LH_OK || work->head.size == 0) {
        return rc;
    }
    rc = lh_ledger_load_start(work->ledger, &work->chain, err);
    return rc == LH_OK ? lh_ledger_lend_verifier(work->ledger, &work->chain, err) : rc;
}

enum lh_code lh_ledger_verify(struct lh_ledger *ledger, struct lh_suite *suite, uint64_t *out_index,
                              void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
                              struct lh_err *err)
{
    struct verifying work = {
        .ledger = ledger,
        .suite = suite,
        .expected = LH_STORE_BATCH_EMPTY,
        .found = LH_BUF_EMPTY,
        .absent = LH_BUF_EMPTY,
        .erased = LH_BUF_EMPTY,
    };
    enum lh_code rc = init_verifying(&work, err);

    if (rc != LH_OK || work.head.size == 0) {
        goto out;
    }
    for (uint64_t height = 1; rc == LH_OK && height <= work.head.height; height++) {
        work.index = work.chain.tree.size;
        rc = verify_block(&work, height, err);
        if (rc == LH_OK && progress != NULL) {
            progress(arg, work.chain.tree.size, work.head.size);
        }
    }
    if (rc == LH_OK) {
        rc = sweep(&work, err);
    }
out:
    rc = own_fault(rc);
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "ledger %s, leaf %" PRIu64, ledger->origin, work.index);
        if (out_index != NULL) {
            *out_index = work.index;
        }
    }
    lh_roster_free(work.roster);
    lh_store_batch_clear(&work.expected);
    lh_buf_clear(&work.found);
    lh_buf_clear(&work.absent);
    lh_buf_clear(&work.erased);
    free(work.rows);
    return rc;
}
