#include "cli/verify/promise.h"

#include "cli/verify/input.h"

#include <stdlib.h>
#include <string.h>

void lh_promises_clear(struct lh_promises *promises)
{
    free(promises->items);
    *promises = (struct lh_promises){ .items = NULL };
}

/* ---- reading them first ---- */

static enum lh_code add(struct lh_promises *promises, const struct lh_journal_statement *statement,
                        struct lh_err *err)
{
    struct lh_promise promise = { .statement = *statement };

    if (lh_origin_parse(&promise.origin, lh_bytes_of_text(statement->origin), NULL) != LH_OK) {
        return LH_OK; /* no receipt: its own judging will say so */
    }
    if (promises->count == promises->capacity) {
        size_t capacity = promises->capacity == 0 ? 16 : 2 * promises->capacity;
        struct lh_promise *grown = realloc(promises->items, capacity * sizeof *grown);

        if (grown == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "out of memory for receipts");
        }
        promises->items = grown;
        promises->capacity = capacity;
    }
    promises->items[promises->count++] = promise;
    return LH_OK;
}

enum lh_code lh_promises_add_file(struct lh_promises *promises, const char *path,
                                  struct lh_err *err)
{
    struct lh_journal_receipt receipt;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_input *input = NULL;
    enum lh_code rc = LH_OK;

    if (strcmp(path, "-") == 0 || lh_input_open(&input, path, NULL) != LH_OK) {
        return LH_OK; /* standard input is read once, in its turn */
    }
    if (lh_input_detect(input) == LH_INPUT_JOURNAL &&
        lh_input_read_all(input, &text, LH_JOURNAL_RECEIPT_MAX, NULL) == LH_OK &&
        lh_journal_receipt_parse(&receipt, lh_buf_bytes(&text), NULL) == LH_OK) {
        rc = add(promises, &receipt.statement, err);
    }
    lh_input_close(input);
    lh_buf_clear(&text);
    return rc;
}

const struct lh_promise *lh_promises_find(const struct lh_promises *promises,
                                          const struct lh_journal_statement *statement)
{
    for (size_t i = 0; i < promises->count; i++) {
        const struct lh_journal_statement *known = &promises->items[i].statement;

        if (known->sequence == statement->sequence && known->size == statement->size &&
            strcmp(known->origin, statement->origin) == 0 &&
            lh_hash_is_equal(&known->network_id, &statement->network_id) &&
            lh_hash_is_equal(&known->body_hash, &statement->body_hash)) {
            return &promises->items[i];
        }
    }
    return NULL;
}

/* ---- an archive ---- */

void lh_promises_begin(struct lh_promises *promises)
{
    for (size_t i = 0; i < promises->count; i++) {
        promises->items[i].was_kept = promises->items[i].is_kept;
        promises->items[i].was_overdue = promises->items[i].is_overdue;
    }
}

static bool is_behind(const struct lh_promise_place *place, const struct lh_promise *promise)
{
    return place->generation == promise->origin.generation
               ? place->index >= promise->statement.size
               : place->generation > promise->origin.generation;
}

static void take_entry(struct lh_promise *promise, const struct lh_promise_place *place,
                       bool is_journaled, const struct lh_hash *body_hash)
{
    if (!is_behind(place, promise)) {
        return;
    }
    if (lh_hash_is_equal(body_hash, &promise->statement.body_hash)) {
        promise->is_kept = true;
        promise->kept_at = *place;
    } else if (!is_journaled && place->index > 0) { /* index 0 is GENERATION */
        promise->is_overdue = true;
    }
}

void lh_promises_take_leaf(struct lh_promises *promises, const struct lh_replay *replay,
                           struct lh_suite *suite, struct lh_bytes leaf_bytes)
{
    size_t ledgers = lh_replay_ledger_count(replay);
    const struct lh_hash *network_id;
    struct lh_promise_place place;
    struct lh_origin origin;
    struct lh_hash hash;
    lhpb_Leaf leaf;

    if (ledgers == 0 || lh_replay_genesis(replay) == NULL ||
        lh_leaf_decode(&leaf, leaf_bytes, NULL) != LH_OK ||
        leaf.which_kind != lhpb_Leaf_entry_tag) {
        return;
    }
    const struct lh_replay_ledger *ledger = lh_replay_ledger_at(replay, ledgers - 1);
    if (lh_origin_parse(&origin, lh_bytes_of_text(ledger->origin), NULL) != LH_OK) {
        return;
    }
    network_id = lh_genesis_network_id(lh_replay_genesis(replay));
    place = (struct lh_promise_place){ .generation = origin.generation,
                                       .index = ledger->leaf_count - 1 };
    hash = lh_body_hash(suite, lh_bytes_of(leaf.kind.entry.body.bytes, leaf.kind.entry.body.size));
    for (size_t i = 0; i < promises->count; i++) {
        struct lh_promise *promise = &promises->items[i];

        if (strcmp(promise->origin.department, origin.department) == 0 &&
            lh_hash_is_equal(&promise->statement.network_id, network_id)) {
            take_entry(promise, &place, (leaf.kind.entry.intake.flags & LH_INTAKE_JOURNAL) != 0,
                       &hash);
        }
    }
}

void lh_promises_end(struct lh_promises *promises, bool is_verified)
{
    promises->has_archive = promises->has_archive || is_verified;
    for (size_t i = 0; i < promises->count && !is_verified; i++) {
        promises->items[i].is_kept = promises->items[i].was_kept;
        promises->items[i].is_overdue = promises->items[i].was_overdue;
    }
}
