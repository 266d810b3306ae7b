/*
 *   META     "journal"              -> u64 last sequence || hash[32] of its statement
 *   JOURNAL  'n' || u64 sequence    -> u8 level || content digest[32] || four times u32 length and
 *                                      bytes: leaf, private part, vault row, receipt
 *   JOURNAL  'e' || source NUL id   -> u64 sequence || content digest[32]
 */
#include "ledger/journal.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct lh_journal {
    struct lh_store *store;
    _Atomic uint64_t count;
    uint64_t last; /* sequence of the last statement; 0: there was none */
    struct lh_hash last_hash;
    struct lh_store_batch batch; /* the writer's, kept for its storage */
};

/* ---- opening --------------------------------------------------------------------------------- */

static enum lh_code load_last(struct lh_journal *journal, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_meta("journal");
    struct lh_buf row = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_store_get(journal->store, LH_TABLE_META, lh_store_key_bytes(&key), &row, err);

    if (rc == LH_OK) {
        struct lh_reader in = lh_reader_of(lh_buf_bytes(&row));

        journal->last = lh_read_u64(&in);
        lh_read_into(&in, journal->last_hash.bytes, sizeof journal->last_hash.bytes);
        if (!lh_reader_is_done(&in)) {
            rc = lh_err_set(err, LH_ERR_CORRUPT, "the journal's row in the meta table is damaged");
        }
    }
    lh_buf_clear(&row);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

enum lh_code lh_journal_next(struct lh_journal *journal, uint64_t from, uint64_t *out,
                             struct lh_err *err)
{
    struct lh_store_key start = lh_keys_journal(from);
    struct lh_store_key prefix = lh_keys_without_position(&start);
    struct lh_store_iter *iter = NULL;
    bool is_there;
    enum lh_code rc = lh_store_iter_new(&iter, journal->store, LH_TABLE_JOURNAL, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek(iter, lh_store_key_bytes(&start));
    is_there =
        lh_store_iter_is_valid(iter) && lh_keys_position(out, lh_store_iter_key(iter), &prefix);
    rc = lh_store_iter_check(iter, err);
    lh_store_iter_free(iter);
    return rc != LH_OK || is_there ? rc : LH_ERR_NOT_FOUND;
}

static enum lh_code count_rows(struct lh_journal *journal, struct lh_err *err)
{
    struct lh_store_key start = lh_keys_journal(0);
    struct lh_store_key prefix = lh_keys_without_position(&start);
    struct lh_store_iter *iter = NULL;
    uint64_t count = 0;
    uint64_t sequence = 0;
    enum lh_code rc = lh_store_iter_new(&iter, journal->store, LH_TABLE_JOURNAL, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek(iter, lh_store_key_bytes(&start));
    while (lh_store_iter_is_valid(iter) &&
           lh_keys_position(&sequence, lh_store_iter_key(iter), &prefix)) {
        count++;
        lh_store_iter_next(iter);
    }
    rc = lh_store_iter_check(iter, err);
    lh_store_iter_free(iter);
    if (rc == LH_OK && sequence > journal->last) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "the journal has more rows than it knows of");
    }
    atomic_store(&journal->count, count);
    return rc;
}

enum lh_code lh_journal_open(struct lh_journal **out, struct lh_store *store, struct lh_err *err)
{
    struct lh_journal *journal = calloc(1, sizeof *journal);
    enum lh_code rc;

    if (journal == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory for the journal");
    }
    journal->store = store;
    journal->batch = (struct lh_store_batch)LH_STORE_BATCH_EMPTY;
    rc = load_last(journal, err);
    if (rc == LH_OK) {
        rc = count_rows(journal, err);
    }
    if (rc != LH_OK) {
        lh_journal_close(journal);
        return rc;
    }
    *out = journal;
    return LH_OK;
}

void lh_journal_close(struct lh_journal *journal)
{
    if (journal == NULL) {
        return;
    }
    if (journal->batch.ops.data != NULL) { /* subjects stand in it */
        lh_wipe(journal->batch.ops.data, journal->batch.ops.len);
    }
    lh_store_batch_clear(&journal->batch);
    free(journal);
}

uint64_t lh_journal_count(const struct lh_journal *journal)
{
    return atomic_load(&journal->count);
}

/* ---- adding ---------------------------------------------------------------------------------- */

static void add_part(struct lh_buf *out, struct lh_bytes part)
{
    lh_buf_add_u32(out, (uint32_t)part.len);
    lh_buf_add(out, part);
}

static void put_rows(struct lh_journal *journal, const struct lh_journal_item *item,
                     struct lh_bytes receipt)
{
    struct lh_store_key by_number = lh_keys_journal(item->sequence);
    struct lh_store_key by_event = lh_keys_journal_event(lh_bytes_of_text(item->body->source),
                                                         lh_bytes_of_text(item->body->id));
    struct lh_buf row = LH_BUF_EMPTY;
    uint8_t place[8 + LH_HASH_SIZE];

    lh_buf_add_u8(&row, (uint8_t)item->level);
    lh_buf_add(&row, lh_hash_bytes(&item->content_digest));
    add_part(&row, item->leaf);
    add_part(&row, item->private_part);
    add_part(&row, item->vault_row);
    add_part(&row, receipt);
    journal->batch.ops.failed = journal->batch.ops.failed || row.failed;
    lh_store_batch_put(&journal->batch, LH_TABLE_JOURNAL, lh_store_key_bytes(&by_number),
                       lh_buf_bytes(&row));
    if (row.data != NULL) {
        lh_wipe(row.data, row.len);
    }
    lh_buf_clear(&row);
    lh_put_u64(place, item->sequence);
    memcpy(place + 8, item->content_digest.bytes, LH_HASH_SIZE);
    lh_store_batch_put(&journal->batch, LH_TABLE_JOURNAL, lh_store_key_bytes(&by_event),
                       lh_bytes_of(place, sizeof place));
}

/* The statement behind the one that `last` and `last_hash` name, which it becomes. */
static enum lh_code state_item(struct lh_suite *suite, const struct lh_journal_place *place,
                               struct lh_journal_item *item, uint64_t *last,
                               struct lh_hash *last_hash, struct lh_err *err)
{
    struct lh_journal_statement statement = {
        .network_id = place->network_id,
        .size = place->size,
        .sequence = *last + 1,
        .body_hash = item->body_hash,
        .recorded_unix_ms = item->recorded_unix_ms,
        .has_prev = *last > 0,
        .prev = *last_hash,
    };
    struct lh_journal_receipt receipt;
    enum lh_code rc;

    lh_assert(strlen(place->origin) < sizeof statement.origin);
    memcpy(statement.origin, place->origin, strlen(place->origin) + 1);
    rc = lh_journal_receipt_sign(&receipt, suite, &statement, place->recorder, err);
    if (rc == LH_OK) {
        rc = lh_journal_statement_hash(last_hash, suite, &statement, err);
    }
    if (rc == LH_OK) {
        item->sequence = ++*last;
        rc = lh_journal_receipt_format(item->receipt, &receipt, err);
    }
    return rc;
}

static void put_last(struct lh_journal *journal, uint64_t last, const struct lh_hash *last_hash)
{
    struct lh_store_key key = lh_keys_meta("journal");
    uint8_t row[8 + LH_HASH_SIZE];

    lh_put_u64(row, last);
    memcpy(row + 8, last_hash->bytes, LH_HASH_SIZE);
    lh_store_batch_put(&journal->batch, LH_TABLE_META, lh_store_key_bytes(&key),
                       lh_bytes_of(row, sizeof row));
}

enum lh_code lh_journal_add(struct lh_journal *journal, struct lh_suite *suite,
                            const struct lh_journal_place *place, struct lh_journal_item *items,
                            size_t item_count, struct lh_err *err)
{
    uint64_t last = journal->last;
    struct lh_hash last_hash = journal->last_hash;
    enum lh_code rc = LH_OK;

    lh_store_batch_reset(&journal->batch);
    for (size_t i = 0; rc == LH_OK && i < item_count; i++) {
        size_t before = items[i].receipt->len;

        rc = state_item(suite, place, &items[i], &last, &last_hash, err);
        if (rc == LH_OK) {
            put_rows(journal, &items[i],
                     lh_bytes_of(items[i].receipt->data + before, items[i].receipt->len - before));
        }
    }
    if (rc == LH_OK) {
        put_last(journal, last, &last_hash);
        rc = lh_buf_check(&journal->batch.ops, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    /* spec ledger.md 12: "An entry is in the journal, synced, before its receipt leaves." */
    if (lh_store_commit(journal->store, &journal->batch, err) != LH_OK) {
        return lh_err_wrap(err, LH_ERR_IO, "the journal");
    }
    journal->last = last;
    journal->last_hash = last_hash;
    (void)atomic_fetch_add(&journal->count, item_count);
    return LH_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

enum lh_code lh_journal_find(struct lh_journal *journal, struct lh_bytes source, struct lh_bytes id,
                             uint64_t *out_sequence, struct lh_hash *out_digest, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_journal_event(source, id);
    struct lh_buf row = LH_BUF_EMPTY;
    struct lh_hash digest;
    enum lh_code rc;

    if (lh_journal_count(journal) == 0) {
        return LH_ERR_NOT_FOUND;
    }
    rc = lh_store_get(journal->store, LH_TABLE_JOURNAL, lh_store_key_bytes(&key), &row, err);
    if (rc == LH_OK) {
        struct lh_reader in = lh_reader_of(lh_buf_bytes(&row));
        uint64_t sequence = lh_read_u64(&in);

        lh_read_into(&in, digest.bytes, sizeof digest.bytes);
        if (lh_reader_is_done(&in)) {
            *out_sequence = sequence;
            *out_digest = digest;
        } else {
            rc = lh_err_set(err, LH_ERR_CORRUPT, "an event row of the journal is damaged");
        }
    }
    lh_buf_clear(&row);
    return rc;
}

void lh_journal_row_clear(struct lh_journal_row *row)
{
    struct lh_buf *parts[] = { &row->leaf, &row->private_part, &row->vault_row, &row->receipt };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i]->data != NULL) {
            lh_wipe(parts[i]->data, parts[i]->len);
        }
        lh_buf_clear(parts[i]);
    }
}

static void read_part(struct lh_buf *out, struct lh_reader *in)
{
    uint32_t len = lh_read_u32(in);

    lh_buf_reset(out);
    lh_buf_add(out, lh_read_view(in, len));
}

enum lh_code lh_journal_read(struct lh_journal *journal, uint64_t sequence,
                             struct lh_journal_row *out, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_journal(sequence);
    struct lh_buf row = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_store_get(journal->store, LH_TABLE_JOURNAL, lh_store_key_bytes(&key), &row, err);

    if (rc != LH_OK) {
        lh_buf_clear(&row);
        return rc;
    }
    struct lh_reader in = lh_reader_of(lh_buf_bytes(&row));
    out->sequence = sequence;
    out->level = lh_read_u8(&in);
    lh_read_into(&in, out->content_digest.bytes, sizeof out->content_digest.bytes);
    read_part(&out->leaf, &in);
    read_part(&out->private_part, &in);
    read_part(&out->vault_row, &in);
    read_part(&out->receipt, &in);
    if (!lh_reader_is_done(&in)) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "row %" PRIu64 " of the journal is damaged", sequence);
    } else if (out->leaf.failed || out->private_part.failed || out->vault_row.failed ||
               out->receipt.failed) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "no memory for a row of the journal");
    }
    lh_wipe(row.data, row.len);
    lh_buf_clear(&row);
    return rc;
}

/* ---- dropping -------------------------------------------------------------------------------- */

void lh_journal_drop(struct lh_store_batch *batch, uint64_t sequence, const lhpb_Body *body)
{
    struct lh_store_key by_number = lh_keys_journal(sequence);
    struct lh_store_key by_event =
        lh_keys_journal_event(lh_bytes_of_text(body->source), lh_bytes_of_text(body->id));

    lh_store_batch_delete(batch, LH_TABLE_JOURNAL, lh_store_key_bytes(&by_number));
    lh_store_batch_delete(batch, LH_TABLE_JOURNAL, lh_store_key_bytes(&by_event));
}

void lh_journal_note_dropped(struct lh_journal *journal, size_t count)
{
    uint64_t before = atomic_fetch_sub(&journal->count, count);

    lh_assert(before >= count);
}
