/*
 * Opening a ledger: what the store (S) says is judged against what the guard (G) remembers.
 *
 *   S == G                                  continuous
 *   S one block past G and extending it     that block was never released: verify it, advance G,
 *                                           continuous
 *   S further past G, S behind G, another root at G, no readable guard, a RESTORED marker,
 *   another machine                         suspect
 *   no block and a guard never written      new
 *   the last block does not rehash          LH_ERR_CORRUPT: the node must not start
 *
 * The first block of a later generation was signed by officers who had been shown marker and guard:
 * both are kept with it, and while they are still the same they say nothing new.
 *
 * Cost: one block, and the entries that concern the roster.  Spec: specs/ledger.md 8.4.
 */
#include "ledger/ledger_internal.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the store says: its last block, and the head before it. */
struct found {
    struct lh_chain before; /* head before the last block */
    struct lh_chain last;   /* head after it; both empty when there is none */
    uint64_t first;         /* of the last block */
};

/* ---- reading the store's head ---- */

enum lh_code lh_ledger_decode_entry(struct lh_bytes bytes, uint64_t index, lhpb_Leaf *out_leaf,
                                    lhpb_Body *out_body, struct lh_err *err)
{
    enum lh_code rc = lh_leaf_decode(out_leaf, bytes, err);

    if (rc == LH_OK && out_leaf->which_kind != lhpb_Leaf_entry_tag) {
        rc = lh_err_set(err, LH_ERR_INVALID, "it is no entry");
    }
    if (rc == LH_OK) {
        rc = lh_body_decode(
            out_body, lh_bytes_of(out_leaf->kind.entry.body.bytes, out_leaf->kind.entry.body.size),
            err);
    }
    if (rc == LH_ERR_INVALID) {
        rc = LH_ERR_CORRUPT;
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "leaf %" PRIu64, index);
}

enum lh_code lh_shelf_entry(const struct lh_shelf *shelf, uint64_t index, struct lh_buf *scratch,
                            lhpb_Body *out_body, struct lh_err *err)
{
    lhpb_Leaf leaf;
    enum lh_code rc = lh_shelf_leaf(shelf, index, scratch, err);

    if (rc != LH_OK) {
        return rc;
    }
    return lh_ledger_decode_entry(lh_buf_bytes(scratch), index, &leaf, out_body, err);
}

enum lh_code lh_shelf_chain_of(const struct lh_hash *network_id, const char *origin,
                               const lhpb_Body *body, struct lh_chain *out, struct lh_err *err)
{
    const lhpb_Generation *generation = &body->detail.generation;
    struct lh_hash prev = *network_id;
    struct lh_pubkey seal;
    enum lh_code rc;

    if (body->which_detail != lhpb_Body_generation_tag) {
        return lh_err_set(err, LH_ERR_INVALID, "a ledger starts with GENERATION");
    }
    rc = lh_pubkey_from_wire(&seal, &generation->seal_key, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "seal key of %s", origin);
    }
    if (generation->has_prev_header) {
        memcpy(prev.bytes, generation->prev_header, sizeof prev.bytes);
    }
    return lh_chain_init(out, network_id, origin, &seal, &prev, err);
}

enum lh_code lh_ledger_chain_of(const struct lh_ledger *ledger, const lhpb_Body *body,
                                struct lh_chain *out, struct lh_err *err)
{
    enum lh_code rc = lh_shelf_chain_of(lh_genesis_network_id(ledger->options.genesis),
                                        ledger->origin, body, out, err);

    if (rc == LH_OK) {
        out->epochs = ledger->epochs;
    }
    /* spec ledger.md 4: "The epoch before the first header is that of the last header of the
     * generation it continues, where that is here" */
    if (rc == LH_OK && ledger->prev != NULL && ledger->prev->chain.height > 0) {
        out->epoch_hash = ledger->prev->chain.epoch_hash;
    }
    return rc;
}

enum lh_code lh_ledger_lend_verifier(struct lh_ledger *ledger, struct lh_chain *chain,
                                     struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    if (ledger->seal_verifier == NULL) {
        rc = lh_verifier_new(&ledger->seal_verifier, &chain->seal.key, err);
    }
    if (rc == LH_OK &&
        lh_pubkey_is_equal(lh_verifier_pubkey(ledger->seal_verifier), &chain->seal.key)) {
        chain->seal_verifier = ledger->seal_verifier;
    }
    return rc;
}

enum lh_code lh_ledger_load_generation(const struct lh_ledger *ledger, lhpb_Body *out,
                                       struct lh_err *err)
{
    struct lh_buf scratch = LH_BUF_EMPTY;
    enum lh_code rc = lh_shelf_entry(&ledger->shelf, 0, &scratch, out, err);

    if (rc == LH_OK && out->which_detail != lhpb_Body_generation_tag) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "a ledger starts with GENERATION");
    }
    lh_buf_clear(&scratch);
    return rc;
}

enum lh_code lh_ledger_load_start(const struct lh_ledger *ledger, struct lh_chain *out,
                                  struct lh_err *err)
{
    lhpb_Body body;
    enum lh_code rc = lh_ledger_load_generation(ledger, &body, err);

    if (rc == LH_OK) {
        rc = lh_ledger_chain_of(ledger, &body, out, err);
        rc = rc == LH_ERR_INVALID ? LH_ERR_CORRUPT : rc;
    }
    return rc;
}

enum lh_code lh_shelf_load_head(const struct lh_shelf *shelf, struct lh_suite *suite,
                                const struct lh_chain *start, uint64_t height, struct lh_chain *out,
                                struct lh_err *err)
{
    struct lh_shelf_nodes nodes = { .shelf = shelf, .suite = suite };
    struct lh_tree_source source = lh_shelf_source(&nodes);
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_buf bytes = LH_BUF_EMPTY;
    lhpb_Leaf leaf;
    enum lh_code rc;

    *out = *start;
    if (height == 0) {
        return LH_OK;
    }
    rc = lh_shelf_block_at(shelf, height, &block, err);
    if (rc != LH_OK) {
        goto out;
    }
    uint64_t header_index = block.first + block.entry_count;
    rc = lh_shelf_leaf(shelf, header_index, &bytes, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_leaf_decode(&leaf, lh_buf_bytes(&bytes), err);
    if (rc == LH_OK &&
        (leaf.which_kind != lhpb_Leaf_header_tag || leaf.kind.header.height != height)) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "leaf %" PRIu64 " is not the header of block %" PRIu64,
                        header_index, height);
    }
    if (rc != LH_OK) {
        goto out;
    }
    out->height = height;
    out->prev = lh_hash_leaf(suite, lh_buf_bytes(&bytes));
    out->time_unix_ms = leaf.kind.header.time_ms;
    memcpy(out->epoch_hash.bytes, leaf.kind.header.epoch_hash, sizeof out->epoch_hash.bytes);
    rc = lh_tree_load(&out->tree, &source, header_index + 1, err);
out:
    lh_buf_clear(&bytes);
    lh_buf_clear(&block.checkpoint);
    if (rc == LH_ERR_INVALID || rc == LH_ERR_NOT_FOUND) {
        rc = LH_ERR_CORRUPT;
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "head of block %" PRIu64, height);
}

/* spec ledger.md 8.4: "The last block does not hold the rules of section 4, or its tree is not that
 * of the stored nodes." */
static enum lh_code judge_last_block(const struct lh_ledger *ledger, uint64_t height,
                                     struct found *found, struct lh_err *err)
{
    struct lh_shelf_nodes nodes = { .shelf = &ledger->shelf, .suite = ledger->suite };
    struct lh_tree_source source = lh_shelf_source(&nodes);
    struct lh_shelf_block stored = LH_SHELF_BLOCK_EMPTY;
    struct lh_chain_verdict verdict;
    struct lh_tree tree = { .size = 0 };
    enum lh_code rc = lh_shelf_block_load(&ledger->shelf, height, &stored, err);

    if (rc != LH_OK) {
        return rc;
    }
    struct lh_block block = { .leaves = stored.leaves,
                              .entry_count = stored.info.entry_count,
                              .checkpoint = lh_buf_bytes(&stored.info.checkpoint) };
    found->first = stored.info.first;
    rc = lh_chain_judge(&found->before, ledger->suite, &block, LH_SEAL_VERIFY, SIZE_MAX, NULL,
                        &found->last, &verdict, err);
    if (rc == LH_ERR_FORGED || rc == LH_ERR_INVALID) {
        rc = lh_err_wrap(err, LH_ERR_CORRUPT, "the last block does not hold");
    }
    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_tree_load(&tree, &source, found->last.tree.size, err);
    struct lh_hash from_nodes = lh_tree_root(&tree, ledger->suite);
    struct lh_hash from_leaves = lh_tree_root(&found->last.tree, ledger->suite);
    if (rc == LH_OK && !lh_hash_is_equal(&from_nodes, &from_leaves)) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "the stored tree nodes are not those of the leaves");
    }
out:
    lh_shelf_block_clear(&stored);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "block %" PRIu64, height);
}

static enum lh_code load_found(const struct lh_ledger *ledger, struct found *found,
                               struct lh_err *err)
{
    struct lh_chain start;
    uint64_t height = 0;
    enum lh_code rc = LH_OK;

    memset(found, 0, sizeof *found);
    if (ledger->is_shelved) {
        rc = lh_shelf_height(&ledger->shelf, &height, err);
    }
    if (rc != LH_OK || height == 0) {
        return rc;
    }
    rc = lh_ledger_load_start(ledger, &start, err);
    if (rc == LH_OK) {
        rc = lh_shelf_load_head(&ledger->shelf, ledger->suite, &start, height - 1, &found->before,
                                err);
    }
    if (rc == LH_OK) {
        rc = judge_last_block(ledger, height, found, err);
    }
    return rc;
}

/* ---- judging it against the guard ---- */

static void set_head(struct lh_ledger *ledger, const struct lh_chain *chain)
{
    ledger->head = lh_ledger_head_of(ledger, chain, ledger->suite);
}

/* The head of size `size` with this root, if the store has a block that ends there. */
static enum lh_code find_head(const struct lh_ledger *ledger, uint64_t size,
                              const struct lh_hash *root, struct lh_chain *out, struct lh_err *err)
{
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_chain start;
    struct lh_hash found;
    enum lh_code rc;

    if (size == 0) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "nothing was released");
    }
    rc = lh_shelf_block_of(&ledger->shelf, size - 1, &block, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_ledger_load_start(ledger, &start, err);
    if (rc == LH_OK) {
        rc = lh_shelf_load_head(&ledger->shelf, ledger->suite, &start, block.height, out, err);
    }
    lh_buf_clear(&block.checkpoint);
    if (rc != LH_OK) {
        return rc;
    }
    found = lh_tree_root(&out->tree, ledger->suite);
    if (out->tree.size != size || !lh_hash_is_equal(&found, root)) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no such head");
    }
    return LH_OK;
}

static enum lh_code suspect(struct lh_ledger *ledger, char *why, const char *reason)
{
    ledger->state = LH_LEDGER_SUSPECT;
    (void)snprintf(why, LH_ERR_TEXT_MAX, "%s", reason);
    return LH_OK;
}

/* What stands in the guard, as one hash: its newest slot, or that there is none. */
static struct lh_hash hash_guard(const struct lh_ledger *ledger, enum lh_code found,
                                 const struct lh_guard_head *head)
{
    uint8_t size[8];
    const struct lh_bytes parts[] = {
        lh_bytes_of_text(found == LH_OK              ? "slot"
                         : found == LH_ERR_NOT_FOUND ? "never written"
                                                     : "unreadable"),
        lh_bytes_of(head->origin, strlen(head->origin) + 1),
        lh_bytes_of(size, sizeof size),
        lh_hash_bytes(&head->root),
    };

    lh_put_u64(size, head->size);
    return lh_hash_parts(ledger->suite, parts, sizeof parts / sizeof parts[0]);
}

/* spec ledger.md 8.4: "A guard that was never written remembers the ledger without leaves." */
static enum lh_code read_guard(struct lh_ledger *ledger, struct lh_guard_head *out,
                               struct lh_err *err)
{
    struct lh_guard_head head = { .size = 0 };
    enum lh_code rc = lh_guard_read(ledger->options.guard, &head, err);

    if (rc != LH_OK && rc != LH_ERR_NOT_FOUND && rc != LH_ERR_CORRUPT) {
        return rc;
    }
    if (rc != LH_OK) {
        head = (struct lh_guard_head){ .size = 0 };
    }
    ledger->has_guard_head = rc == LH_OK;
    ledger->guard_head = head;
    ledger->answer.guard = hash_guard(ledger, rc, &head);
    if (rc == LH_ERR_NOT_FOUND) {
        struct lh_tree empty;

        lh_tree_init(&empty);
        head.root = lh_tree_root(&empty, ledger->suite);
        memcpy(head.origin, ledger->origin, sizeof head.origin);
        rc = LH_OK;
    }
    *out = head;
    return rc;
}

/* What the officers of this generation were shown; zeros: nothing. */
static enum lh_code load_answer(const struct lh_ledger *ledger, struct lh_answer *out,
                                struct lh_err *err)
{
    struct lh_store_key key = lh_keys_meta_answer(ledger->origin);
    struct lh_buf row = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_store_get(ledger->shelf.store, LH_TABLE_META, lh_store_key_bytes(&key), &row, err);

    memset(out, 0, sizeof *out);
    if (rc == LH_OK && row.len != sizeof *out) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "the row of what was answered is damaged");
    } else if (rc == LH_OK) {
        memcpy(out, row.data, sizeof *out);
    }
    lh_buf_clear(&row);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

static enum lh_code advance_guard(struct lh_ledger *ledger, const struct lh_guard_head *seen,
                                  char *why, struct lh_err *err)
{
    struct lh_guard_head next = *seen;

    memcpy(next.origin, ledger->origin, sizeof next.origin);
    next.size = ledger->head.size;
    next.root = ledger->head.root;
    enum lh_code rc = lh_guard_write(ledger->options.guard, &next, err);
    if (rc != LH_OK) {
        return rc;
    }
    ledger->state = LH_LEDGER_CONTINUOUS;
    (void)snprintf(why, LH_ERR_TEXT_MAX,
                   "block %" PRIu64 " was sealed but not released before the stop: verified, "
                   "released",
                   ledger->head.height);
    return LH_OK;
}

/* spec ledger.md 8.4: "S is one block past G: that block starts at G's size, on G's root." */
static enum lh_code judge_further(struct lh_ledger *ledger, const struct found *found,
                                  const struct lh_guard_head *seen, char *why, struct lh_err *err)
{
    struct lh_hash root_before = lh_tree_root(&found->before.tree, ledger->suite);
    struct lh_chain released;
    enum lh_code rc;

    if (found->first == seen->size && lh_hash_is_equal(&root_before, &seen->root)) {
        return advance_guard(ledger, seen, why, err);
    }
    rc = find_head(ledger, seen->size, &seen->root, &released, err);
    if (rc != LH_OK && rc != LH_ERR_NOT_FOUND) {
        return rc;
    }
    if (rc == LH_OK) {
        set_head(ledger, &released);
        return suspect(ledger, why, "the store is more than one block past the guard");
    }
    if (seen->size == 0) {
        return suspect(ledger, why, "the guard was never written, but the store has a history");
    }
    return suspect(ledger, why, "the store has another history than the guard remembers");
}

/* spec ledger.md 8.4: "S is the first block of a later generation, and G is still what its officers
 * were shown." */
static bool is_just_founded(const struct lh_ledger *ledger, const struct found *found,
                            const struct lh_answer *answered)
{
    return ledger->options.generation > 1 && found->last.height == 1 &&
           lh_hash_is_equal(&answered->guard, &ledger->answer.guard);
}

/* `seen`: what the guard remembers; NULL: it cannot be read. */
static enum lh_code judge_guard(struct lh_ledger *ledger, const struct found *found,
                                const struct lh_guard_head *seen, char *why, struct lh_err *err)
{
    if (seen == NULL) {
        return suspect(ledger, why, "the guard cannot be read");
    }
    if (strcmp(seen->origin, ledger->origin) != 0) {
        return suspect(ledger, why, "the guard remembers another ledger");
    }
    if (ledger->head.size < seen->size) {
        return suspect(ledger, why, "the store is behind the guard: it may be an old copy");
    }
    if (ledger->head.size > seen->size) {
        return judge_further(ledger, found, seen, why, err);
    }
    if (!lh_hash_is_equal(&ledger->head.root, &seen->root)) {
        return suspect(ledger, why, "the store has another history than the guard remembers");
    }
    ledger->state = ledger->head.size == 0 ? LH_LEDGER_NEW : LH_LEDGER_CONTINUOUS;
    (void)snprintf(why, LH_ERR_TEXT_MAX, "store and guard agree on %" PRIu64 " leaves", seen->size);
    return LH_OK;
}

/* Is this the machine that the store was written on? */
static enum lh_code is_foreign(const struct lh_ledger *ledger, bool *out, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_meta("machine_id");
    struct lh_buf stored = LH_BUF_EMPTY;
    enum lh_code rc = LH_ERR_NOT_FOUND;

    *out = false;
    if (ledger->machine_id != NULL) {
        rc = lh_store_get(ledger->shelf.store, LH_TABLE_META, lh_store_key_bytes(&key), &stored,
                          err);
    }
    if (rc == LH_OK) {
        *out = strcmp(lh_buf_text(&stored), ledger->machine_id) != 0;
    }
    lh_buf_clear(&stored);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

static enum lh_code judge(struct lh_ledger *ledger, const struct found *found, char *why,
                          struct lh_err *err)
{
    bool has_marker = ledger->options.marker.len > 0;
    struct lh_guard_head seen;
    struct lh_answer answered;
    bool is_moved = false;
    enum lh_code rc;

    if (ledger->options.guard == NULL) {
        ledger->state = ledger->head.size == 0 ? LH_LEDGER_NEW : LH_LEDGER_CONTINUOUS;
        (void)snprintf(why, LH_ERR_TEXT_MAX, "read-only: not judged against a guard");
        return LH_OK;
    }
    ledger->answer.marker = lh_hash(ledger->suite, ledger->options.marker);
    ledger->options.marker = LH_BYTES_EMPTY; /* it was borrowed */
    rc = load_answer(ledger, &answered, err);
    if (rc == LH_OK) {
        rc = is_foreign(ledger, &is_moved, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    ledger->is_marker_answered =
        has_marker && lh_hash_is_equal(&answered.marker, &ledger->answer.marker);
    rc = read_guard(ledger, &seen, err);
    if (rc != LH_OK && rc != LH_ERR_CORRUPT) {
        return rc;
    }
    ledger->witness_tick = seen.witness_tick;
    if (ledger->options.is_next) {
        ledger->state = LH_LEDGER_NEW;
        (void)snprintf(why, LH_ERR_TEXT_MAX, "a new generation begins");
        return LH_OK;
    }
    if (has_marker && !ledger->is_marker_answered) {
        return suspect(ledger, why, "the store is marked as restored from a copy");
    }
    if (is_moved) {
        return suspect(ledger, why, "the store was written on another machine");
    }
    if (is_just_founded(ledger, found, &answered)) {
        return advance_guard(ledger, &seen, why, err);
    }
    return judge_guard(ledger, found, rc == LH_OK ? &seen : NULL, why, err);
}

/* ---- the roster ---- */

/* A header has a row where it names another epoch than `*epoch`, which it becomes. */
static enum lh_code apply_stored(struct lh_ledger *ledger, uint64_t index, struct lh_hash *epoch,
                                 struct lh_buf *scratch, struct lh_err *err)
{
    lhpb_Body body;
    lhpb_Leaf leaf;
    enum lh_code rc = lh_shelf_leaf(&ledger->shelf, index, scratch, err);

    if (rc == LH_OK && lh_leaf_decode(&leaf, lh_buf_bytes(scratch), NULL) == LH_OK &&
        leaf.which_kind == lhpb_Leaf_header_tag) {
        struct lh_hash named;

        memcpy(named.bytes, leaf.kind.header.epoch_hash, sizeof named.bytes);
        rc = lh_ledger_enter(ledger, ledger->roster, ledger->suite, epoch, &named, index, err);
        *epoch = named;
        return rc;
    }
    if (rc == LH_OK) {
        rc = lh_ledger_decode_entry(lh_buf_bytes(scratch), index, &leaf, &body, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (!lh_roster_is_concerned(body.type)) {
        return lh_err_set(err, LH_ERR_CORRUPT, "leaf %" PRIu64 " changes no key", index);
    }
    rc = lh_roster_apply(ledger->roster, ledger->suite, &body, index, err);
    return rc == LH_ERR_CONFLICT ? LH_ERR_CORRUPT : rc;
}

/* The epoch before the first header. */
static enum lh_code load_first_epoch(const struct lh_ledger *ledger, struct lh_hash *out,
                                     struct lh_err *err)
{
    struct lh_chain start;
    enum lh_code rc = LH_OK;

    *out = *lh_genesis_network_id(ledger->options.genesis);
    if (ledger->chain.height > 0) {
        rc = lh_ledger_load_start(ledger, &start, err);
    }
    if (rc == LH_OK && ledger->chain.height > 0) {
        *out = start.epoch_hash;
    }
    return rc;
}

/* spec ledger.md 8.4: "Opening reads the first and the last block and what changes keys (dimension
 * 8), and no others." */
static enum lh_code load_roster(struct lh_ledger *ledger, struct lh_err *err)
{
    struct lh_store_key prefix =
        lh_keys_index_prefix(ledger->shelf.number, LH_DIMENSION_KEYS, LH_BYTES_EMPTY);
    struct lh_store_key start = lh_keys_index(&prefix, 0);
    struct lh_store_iter *iter = NULL;
    struct lh_buf scratch = LH_BUF_EMPTY;
    struct lh_hash epoch;
    uint64_t index;
    enum lh_code rc = load_first_epoch(ledger, &epoch, err);

    if (rc == LH_OK) {
        rc = lh_store_iter_new(&iter, ledger->shelf.store, LH_TABLE_INDEX, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek(iter, lh_store_key_bytes(&start));
    while (rc == LH_OK && lh_store_iter_is_valid(iter) &&
           lh_keys_position(&index, lh_store_iter_key(iter), &prefix) &&
           index < ledger->chain.tree.size) {
        rc = apply_stored(ledger, index, &epoch, &scratch, err);
        lh_store_iter_next(iter);
    }
    if (rc == LH_OK) {
        rc = lh_store_iter_check(iter, err);
    }
    lh_buf_clear(&scratch);
    lh_store_iter_free(iter);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "building the roster");
}

static enum lh_code check_seal(const struct lh_ledger *ledger, struct lh_err *err)
{
    const struct lh_signer *signer = ledger->options.seal;

    if (signer != NULL && !lh_pubkey_is_equal(lh_signer_pubkey(signer), &ledger->chain.seal.key)) {
        return lh_err_set(err, LH_ERR_INVALID, "the seal key given is not that of %s",
                          ledger->origin);
    }
    return LH_OK;
}

enum lh_code lh_ledger_recover(struct lh_ledger *ledger, char *out_why, struct lh_err *err)
{
    char unread[LH_ERR_TEXT_MAX];
    char *why = out_why == NULL ? unread : out_why;
    struct found *found = calloc(1, sizeof *found);
    enum lh_code rc;

    if (found == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory to open a ledger");
    }
    rc = load_found(ledger, found, err);
    if (rc != LH_OK) {
        goto out;
    }
    ledger->chain = found->last;
    set_head(ledger, &found->last);
    if (found->last.height > 0) {
        ledger->seal = found->last.seal;
        atomic_store(&ledger->has_seal, true);
        rc = lh_ledger_lend_verifier(ledger, &ledger->chain, err);
        if (rc == LH_OK) {
            rc = check_seal(ledger, err);
        }
    }
    if (rc == LH_OK) {
        rc = judge(ledger, found, why, err);
    }
    if (rc == LH_OK) {
        rc = load_roster(ledger, err);
    }
out:
    free(found);
    return rc;
}
