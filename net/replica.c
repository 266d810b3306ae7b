#include "net/replica.h"

#include "net/replica_internal.h"

#include "crypto/base/assert.h"
#include "ledger/generation.h"

#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

struct lh_replica_kept *lh_replica_ledger_of(const struct lh_replica *replica, const char *origin)
{
    for (size_t i = 0; i < replica->count; i++) {
        if (strcmp(replica->ledgers[i]->seen.origin, origin) == 0) {
            return replica->ledgers[i];
        }
    }
    return NULL;
}

void lh_replica_ledger_free(struct lh_replica_kept *ledger)
{
    if (ledger != NULL) {
        lh_buf_clear(&ledger->seen.checkpoint);
        lh_verifier_free(ledger->verifier);
        free(ledger);
    }
}

/* A ledger of which nothing is known but its name; it is not in the list yet. */
enum lh_code lh_replica_ledger_make(struct lh_replica *replica, struct lh_replica_kept **out,
                                    const char *origin, struct lh_err *err)
{
    struct lh_replica_kept *ledger = NULL;
    struct lh_origin parsed;
    enum lh_code rc = lh_origin_parse(&parsed, lh_bytes_of_text(origin), err);

    if (rc != LH_OK) {
        return rc;
    }
    if (replica->count == replica->capacity) {
        size_t capacity = replica->capacity == 0 ? 16 : 2 * replica->capacity;
        struct lh_replica_kept **ledgers =
            realloc(replica->ledgers, capacity * sizeof(struct lh_replica_kept *));

        if (ledgers == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "the list of ledgers");
        }
        replica->ledgers = ledgers;
        replica->capacity = capacity;
    }
    ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a ledger");
    }
    lh_origin_format(ledger->seen.origin, &parsed);
    memcpy(ledger->seen.department, parsed.department, sizeof ledger->seen.department);
    ledger->seen.generation = parsed.generation;
    ledger->seen.is_own = lh_replica_is_written(replica, origin);
    lh_tree_init(&ledger->seen.chain.tree);
    ledger->seen.root = lh_tree_root(&ledger->seen.chain.tree, replica->options.suite);
    *out = ledger;
    return LH_OK;
}

void lh_replica_ledger_add(struct lh_replica *replica, LH_TAKES struct lh_replica_kept *ledger)
{
    lh_assert(replica->count < replica->capacity);
    replica->ledgers[replica->count++] = ledger;
}

/* What was noted of it before we were started, or before it began. */
static enum lh_code recall_notes(struct lh_replica *replica, struct lh_replica_kept *ledger,
                                 struct lh_err *err)
{
    const char *origin = ledger->seen.origin;
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc = lh_replica_get_note(replica, origin, LH_REPLICA_EVIDENCE, &note, err);

    ledger->seen.is_tainted = rc == LH_OK;
    if (rc == LH_OK || rc == LH_ERR_NOT_FOUND) {
        rc = lh_replica_get_note(replica, origin, LH_REPLICA_WITNESSED, &note, err);
    }
    if (rc == LH_OK) {
        rc = lh_replica_read_size(&ledger->seen.witnessed_size, lh_buf_bytes(&note), err);
    }
    lh_buf_clear(&note);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* ---- life ---- */

/* Take over a chain, with a verifier of its seal. */
static enum lh_code begin(const struct lh_replica *replica, struct lh_replica_kept *ledger,
                          const struct lh_chain *chain, struct lh_err *err)
{
    enum lh_code rc = lh_verifier_new(&ledger->verifier, &chain->seal.key, err);

    if (rc == LH_OK) {
        ledger->seen.chain = *chain;
        ledger->seen.chain.epochs = replica->epochs;
        ledger->seen.chain.seal_verifier = ledger->verifier;
        ledger->seen.is_begun = true;
    }
    return rc;
}

static enum lh_code load_one(struct lh_replica *replica, size_t place, struct lh_err *err)
{
    const struct lh_replica_store *store = &replica->options.store;
    struct lh_buf checkpoint = LH_BUF_EMPTY;
    struct lh_replica_kept *ledger = NULL;
    struct lh_chain chain;
    enum lh_code rc = store->load(store->arg, place, &chain, &checkpoint, err);

    if (rc == LH_OK) {
        rc = lh_replica_ledger_make(replica, &ledger, chain.origin, err);
    }
    if (rc == LH_OK) {
        rc = begin(replica, ledger, &chain, err);
    }
    if (rc == LH_OK) {
        rc = recall_notes(replica, ledger, err);
    }
    if (rc == LH_OK) {
        ledger->seen.root = lh_tree_root(&chain.tree, replica->options.suite);
        ledger->seen.checkpoint = checkpoint;
        checkpoint = (struct lh_buf)LH_BUF_EMPTY;
        lh_replica_ledger_add(replica, ledger);
        ledger = NULL;
    }
    lh_replica_ledger_free(ledger);
    lh_buf_clear(&checkpoint);
    return rc;
}

enum lh_code lh_replica_new(struct lh_replica **out, const struct lh_replica_options *options,
                            struct lh_err *err)
{
    struct lh_replica *replica = calloc(1, sizeof *replica);
    enum lh_code rc = LH_OK;

    if (replica == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the replicas");
    }
    replica->options = *options;
    lh_assert(strlen(options->department) <= LH_CODE_MAX);
    memcpy(replica->department, options->department, strlen(options->department) + 1);
    replica->options.department = replica->department;
    rc = lh_epochs_new(&replica->founded, options->genesis, err);
    replica->epochs = replica->founded;
    for (size_t place = 0; rc == LH_OK; place++) {
        rc = load_one(replica, place, err);
    }
    if (rc != LH_ERR_NOT_FOUND) {
        lh_replica_free(replica);
        return rc;
    }
    *out = replica;
    return LH_OK;
}

void lh_replica_free(struct lh_replica *replica)
{
    if (replica != NULL) {
        for (size_t i = 0; i < replica->count; i++) {
            lh_replica_ledger_free(replica->ledgers[i]);
        }
        free(replica->ledgers);
        lh_epochs_free(replica->founded);
        free(replica);
    }
}

void lh_replica_set_epochs(struct lh_replica *replica, const struct lh_epochs *epochs)
{
    replica->epochs = epochs != NULL ? epochs : replica->founded;
    for (size_t i = 0; i < replica->count; i++) {
        replica->ledgers[i]->seen.chain.epochs = replica->epochs;
    }
}

const struct lh_epochs *lh_replica_epochs(const struct lh_replica *replica)
{
    return replica->epochs;
}

struct lh_suite *lh_replica_suite(const struct lh_replica *replica)
{
    return replica->options.suite;
}

const struct lh_genesis *lh_replica_genesis(const struct lh_replica *replica)
{
    return replica->options.genesis;
}

const char *lh_replica_department(const struct lh_replica *replica)
{
    return replica->department;
}

size_t lh_replica_count(const struct lh_replica *replica)
{
    return replica->count;
}

const struct lh_replica_ledger *lh_replica_at(const struct lh_replica *replica, size_t place)
{
    lh_assert(place < replica->count);
    return &replica->ledgers[place]->seen;
}

const struct lh_replica_ledger *lh_replica_find(const struct lh_replica *replica,
                                                const char *origin)
{
    const struct lh_replica_kept *ledger = lh_replica_ledger_of(replica, origin);

    return ledger != NULL ? &ledger->seen : NULL;
}

const struct lh_replica_ledger *lh_replica_own(const struct lh_replica *replica)
{
    const struct lh_replica_ledger *newest = NULL;

    for (size_t i = 0; i < replica->count; i++) {
        const struct lh_replica_ledger *ledger = &replica->ledgers[i]->seen;

        if (ledger->is_own && ledger->is_begun &&
            (newest == NULL || ledger->generation > newest->generation)) {
            newest = ledger;
        }
    }
    return newest;
}

/* spec network.md 9: "Of the department's own ledgers a node that asks takes blocks from others as
 * it takes those of any ledger (7), up to that head." */
bool lh_replica_is_written(const struct lh_replica *replica, const char *origin)
{
    struct lh_origin parsed;

    return !replica->options.is_restoring &&
           lh_origin_parse(&parsed, lh_bytes_of_text(origin), NULL) == LH_OK &&
           strcmp(parsed.department, replica->department) == 0;
}

bool lh_replica_is_possible(const struct lh_replica *replica, const char *origin)
{
    const struct lh_genesis *genesis = replica->options.genesis;
    struct lh_origin parsed;

    return lh_origin_parse(&parsed, lh_bytes_of_text(origin), NULL) == LH_OK &&
           strcmp(parsed.network, lh_genesis_network(genesis)) == 0 &&
           lh_epochs_place(replica->epochs, parsed.department) != SIZE_MAX;
}

/* ---- blocks ---- */

/* What a block completes, in the order in which it does. */
struct nodes {
    struct lh_replica_node *all;
    size_t count;
    size_t capacity;
};

static void take_node(void *arg, unsigned level, uint64_t index, const struct lh_hash *hash)
{
    struct nodes *nodes = arg;

    lh_assert(nodes->count < nodes->capacity);
    nodes->all[nodes->count++] =
        (struct lh_replica_node){ .level = level, .index = index, .hash = *hash };
}

/* A block judged, with what is to be kept of it. */
struct taken {
    struct lh_chain next;
    struct nodes nodes;
    struct lh_buf checkpoint; /* with the seal and no other line: the others were not verified */
};

static void clear_taken(struct taken *taken)
{
    free(taken->nodes.all);
    lh_buf_clear(&taken->checkpoint);
}

/*
 * Why a block does not follow our head. Its leaves are the sender's word, its seal is not: if the
 * seal is good, the sender may be passing on what the department did.
 */
static enum lh_code find_blame(const struct lh_replica *replica, const struct lh_chain *chain,
                               const struct lh_block *block, struct lh_err *err)
{
    struct lh_suite *suite = replica->options.suite;
    struct lh_tree tree = chain->tree;
    struct lh_err unsealed = LH_ERR_NONE;
    struct lh_checkpoint sealed;
    struct lh_hash root;
    enum lh_code rc;

    rc = lh_checkpoint_verify(&sealed, block->checkpoint, &chain->seal, &unsealed);
    if (rc == LH_ERR_FORGED || rc == LH_ERR_INVALID) {
        return LH_ERR_FORGED;
    }
    if (rc != LH_OK) {
        return lh_err_set(err, rc, "%s", unsealed.text);
    }
    for (size_t i = 0; i <= block->entry_count; i++) {
        struct lh_hash leaf = lh_hash_leaf(suite, block->leaves[i]);

        lh_tree_append(&tree, suite, &leaf, NULL);
    }
    root = lh_tree_root(&tree, suite);
    if (sealed.size == tree.size && lh_hash_is_equal(&sealed.root, &root)) {
        return lh_err_wrap(err, LH_ERR_UNKNOWN, "what its department sealed is no block");
    }
    return chain->tree.size > 0
               ? lh_err_wrap(err, LH_ERR_CONFLICT, "it is sealed but does not follow our head")
               : LH_ERR_FORGED; /* there is nothing that it should follow */
}

static enum lh_code judge(struct lh_replica *replica, const struct lh_chain *chain,
                          const struct lh_block *block, struct taken *out, struct lh_err *err)
{
    struct lh_tree_sink sink = { .node = take_node, .arg = &out->nodes };
    struct lh_chain_verdict verdict;
    enum lh_code rc;

    if (block->entry_count > LH_BLOCK_ENTRIES_MAX) {
        return lh_err_set(err, LH_ERR_FORGED, "more entries than a block may have");
    }
    out->nodes.capacity = 2 * (block->entry_count + 1) + LH_TREE_PEAKS_MAX;
    out->nodes.all = calloc(out->nodes.capacity, sizeof out->nodes.all[0]);
    if (out->nodes.all == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the nodes of a block");
    }
    rc = lh_chain_judge(chain, replica->options.suite, block, LH_SEAL_VERIFY, SIZE_MAX, &sink,
                        &out->next, &verdict, err);
    if (rc == LH_ERR_FORGED) {
        return find_blame(replica, chain, block, err);
    }
    /* spec ledger.md 4: "A judge who does not know the epoch that a header names cannot tell" */
    if (rc == LH_ERR_UNKNOWN) {
        return lh_err_wrap(err, LH_AGAIN, "not certified here yet");
    }
    return rc == LH_OK
               ? lh_checkpoint_keep_seal(&out->checkpoint, block->checkpoint, &chain->seal, err)
               : rc;
}

/*
 * Whose officers sign the first leaf of a ledger. LH_AGAIN: its header names an epoch that is not
 * known here yet.
 *
 * spec network.md 7: "the first leaf of a ledger is judged under the officers of the epoch that its
 * first header names"
 */
static enum lh_code find_first_epoch(const struct lh_replica *replica, const char *department,
                                     const struct lh_block *block, const struct lh_members **out,
                                     struct lh_err *err)
{
    struct lh_hash named;
    lhpb_Leaf leaf;

    *out = NULL;
    if (lh_leaf_decode(&leaf, block->leaves[block->entry_count], NULL) == LH_OK &&
        leaf.which_kind == lhpb_Leaf_header_tag) {
        memcpy(named.bytes, leaf.kind.header.epoch_hash, sizeof named.bytes);
        *out = lh_epochs_find(replica->epochs, &named);
        if (*out == NULL) {
            return lh_err_set(err, LH_AGAIN, "its epoch is not certified here yet");
        }
    }
    if (*out == NULL || lh_members_find(*out, department) == NULL) {
        *out = lh_epochs_first_with(replica->epochs, department); /* the block is no good one */
    }
    lh_assert(*out != NULL); /* else there is no such ledger */
    return LH_OK;
}

/* The ledger that a first block begins. Who sent a first leaf that is none is to blame. */
static enum lh_code begin_ledger(struct lh_replica *replica, struct lh_replica_kept *ledger,
                                 const struct lh_block *block, struct lh_err *err)
{
    const struct lh_members *members = NULL;
    struct lh_chain chain;
    enum lh_code rc = find_first_epoch(replica, ledger->seen.department, block, &members, err);

    if (rc == LH_OK) {
        rc = lh_generation_chain_in(&chain, replica->options.suite, members, ledger->seen.origin,
                                    block->leaves[0], err);
    }
    if (rc == LH_OK) {
        rc = begin(replica, ledger, &chain, err);
    }
    return rc == LH_ERR_INVALID || rc == LH_ERR_DENIED ? LH_ERR_FORGED : rc;
}

/* Its first block was not kept, so another may begin it. */
static void forget_beginning(struct lh_replica_kept *ledger)
{
    lh_verifier_free(ledger->verifier);
    ledger->verifier = NULL;
    ledger->seen.chain.seal_verifier = NULL;
    ledger->seen.is_begun = false;
}

static enum lh_code take_block(struct lh_replica *replica, struct lh_replica_kept *ledger,
                               const struct lh_block *block, struct lh_err *err)
{
    const struct lh_replica_store *store = &replica->options.store;
    struct taken taken = { .checkpoint = LH_BUF_EMPTY };
    struct lh_block kept = *block;
    enum lh_code rc = LH_OK;

    if (!ledger->seen.is_begun) {
        rc = begin_ledger(replica, ledger, block, err);
    }
    if (rc == LH_OK) {
        rc = judge(replica, &ledger->seen.chain, block, &taken, err);
    }
    if (rc == LH_OK && !ledger->seen.is_own) {
        kept.checkpoint = lh_buf_bytes(&taken.checkpoint);
        rc = store->append(store->arg, &kept, &taken.next, taken.nodes.all, taken.nodes.count, err);
    }
    if (rc == LH_OK) {
        struct lh_buf old = ledger->seen.checkpoint;

        ledger->seen.chain = taken.next;
        ledger->seen.root = lh_tree_root(&taken.next.tree, replica->options.suite);
        ledger->seen.checkpoint = taken.checkpoint;
        taken.checkpoint = old;
    } else if (ledger->seen.chain.tree.size == 0) {
        forget_beginning(ledger);
    }
    clear_taken(&taken);
    return rc;
}

static enum lh_code take_any_block(struct lh_replica *replica, const char *origin,
                                   const struct lh_block *block, struct lh_err *err)
{
    struct lh_replica_kept *ledger = lh_replica_ledger_of(replica, origin);
    struct lh_replica_kept *fresh = NULL;
    enum lh_code rc;

    if (ledger != NULL) {
        return take_block(replica, ledger, block, err);
    }
    rc = lh_replica_ledger_make(replica, &fresh, origin, err);
    if (rc == LH_OK) {
        rc = recall_notes(replica, fresh, err);
    }
    if (rc == LH_OK) {
        rc = take_block(replica, fresh, block, err);
    }
    if (rc != LH_OK) {
        lh_replica_ledger_free(fresh);
        return rc;
    }
    lh_replica_ledger_add(replica, fresh);
    return LH_OK;
}

enum lh_code lh_replica_append(struct lh_replica *replica, const char *origin,
                               const struct lh_block *block, struct lh_err *err)
{
    if (!lh_replica_is_possible(replica, origin)) {
        return lh_err_set(err, LH_ERR_INVALID, "no member of this network has such a ledger");
    }
    if (lh_replica_is_written(replica, origin)) {
        return lh_err_set(err, LH_ERR_DENIED, "our own ledger is written by ourselves");
    }
    return take_any_block(replica, origin, block, err);
}

enum lh_code lh_replica_seal(struct lh_replica *replica, const char *origin,
                             const struct lh_block *block, struct lh_err *err)
{
    enum lh_code rc;

    lh_assert(lh_replica_is_written(replica, origin));
    rc = take_any_block(replica, origin, block, err);
    return rc == LH_ERR_CONFLICT || rc == LH_ERR_UNKNOWN ? LH_ERR_FORGED : rc;
}
