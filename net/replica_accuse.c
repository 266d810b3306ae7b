/*
 * Evidence of a block that its department sealed and that breaks a rule. Its leaves are not kept
 * and so are not in the store: what is shown of them, and of the tree they would make, comes from
 * the block.
 */
#include "net/replica_internal.h"

#include "crypto/base/assert.h"
#include "ledger/generation.h"
#include "net/frame.h"
#include "net/message.h"

#include <stdlib.h>
#include <string.h>

struct accusing {
    const struct lh_replica *replica;
    const struct lh_block *block;
    const struct lh_chain *chain; /* the head that the block should follow, */
    struct lh_chain begun;        /* of a ledger of which nothing is held */
    struct lh_replica_node *nodes;
    size_t node_count;
    struct lh_checkpoint head;
    struct lh_buf generation; /* the first leaf, in its part */
    struct lh_buf below;      /* a leaf that is held, likewise */
    struct lh_buf note;
    struct lh_evidence evidence;
};

static void take_node(void *arg, unsigned level, uint64_t index, const struct lh_hash *hash)
{
    struct accusing *accusing = arg;

    accusing->nodes[accusing->node_count++] =
        (struct lh_replica_node){ .level = level, .index = index, .hash = *hash };
}

/* A node of the tree that ends with the block. */
static enum lh_code read_node(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                              struct lh_err *err)
{
    const struct accusing *accusing = arg;
    const struct lh_replica_store *store = &accusing->replica->options.store;

    for (size_t i = 0; i < accusing->node_count; i++) {
        if (accusing->nodes[i].level == level && accusing->nodes[i].index == index) {
            *out = accusing->nodes[i].hash;
            return LH_OK;
        }
    }
    return store->node(store->arg, accusing->chain->origin, out, level, index, err);
}

/* A leaf that is held; it borrows from `store`. */
static enum lh_code read_held(const struct accusing *accusing, uint64_t index, struct lh_buf *store,
                              struct lh_bytes *out, struct lh_err *err)
{
    struct lh_bytes rest;
    enum lh_code rc;

    lh_buf_reset(store);
    rc = lh_replica_leaves(accusing->replica, accusing->chain->origin, index, LH_FRAME_PAYLOAD_MAX,
                           store, err);
    rest = lh_buf_bytes(store);
    if (rc == LH_OK && !lh_part_next(&rest, out)) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "%s without a leaf that is held",
                        accusing->chain->origin);
    }
    return rc;
}

static enum lh_code show(struct accusing *accusing, struct lh_shown_leaf *out, uint64_t index,
                         struct lh_err *err)
{
    struct lh_tree_source source = { .node = read_node, .arg = accusing };
    uint64_t held = accusing->chain->tree.size;
    enum lh_code rc = LH_OK;

    out->index = index;
    if (index < held) {
        rc = read_held(accusing, index, &accusing->below, &out->bytes, err);
    } else {
        out->bytes = accusing->block->leaves[index - held];
    }
    return rc == LH_OK ? lh_tree_prove_inclusion(accusing->replica->options.suite, &out->proof,
                                                 &source, index, accusing->head.size, err)
                       : rc;
}

/* ---- what may show it ---- */

/* Leaves that may show it; of one leaf alone `below` is the same. */
struct pair {
    uint64_t below;
    uint64_t at;
};
enum { PAIRS_MAX = 5 };

/* Where the header says its block begins; 0 where the last leaf is none. */
static enum lh_code read_first(uint64_t *out, struct lh_bytes last, struct lh_err *err)
{
    lhpb_Leaf *leaf = malloc(sizeof *leaf);

    if (leaf == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a header");
    }
    *out = 0;
    if (lh_leaf_decode(leaf, last, NULL) == LH_OK && leaf->which_kind == lhpb_Leaf_header_tag) {
        *out = leaf->kind.header.first;
    }
    free(leaf);
    return LH_OK;
}

/* The odd leaf, the header, and the header behind each leaf that what it says is compared with. */
static size_t list_pairs(struct pair out[PAIRS_MAX], const struct accusing *accusing, uint64_t odd,
                         uint64_t first)
{
    uint64_t last = accusing->head.size - 1;
    uint64_t held = accusing->chain->tree.size;
    size_t count = 0;

    out[count++] = (struct pair){ .below = odd, .at = odd };
    out[count++] = (struct pair){ .below = last, .at = last };
    if (odd < last) {
        out[count++] = (struct pair){ .below = odd, .at = last };
    }
    if (first <= last && last > 0) {
        out[count++] = (struct pair){ .below = first > 0 ? first - 1 : 0, .at = last };
    }
    if (held > 0) {
        out[count++] = (struct pair){ .below = held - 1, .at = last };
    }
    return count;
}

static enum lh_code try_pair(struct accusing *accusing, const struct pair *pair, struct lh_err *err)
{
    struct lh_evidence *evidence = &accusing->evidence;
    enum lh_code rc = show(accusing, &evidence->leaves[0], pair->below, err);

    evidence->leaf_count = pair->below == pair->at ? 1 : 2;
    if (rc == LH_OK && evidence->leaf_count == 2) {
        rc = show(accusing, &evidence->leaves[1], pair->at, err);
    }
    return rc == LH_OK ? lh_breach_judge(&evidence->rule, accusing->replica->options.suite,
                                         accusing->replica->options.genesis, &accusing->head,
                                         evidence->leaves, evidence->leaf_count, err)
                       : rc;
}

static enum lh_code find_leaves(struct accusing *accusing, uint64_t odd, struct lh_err *err)
{
    struct pair pairs[PAIRS_MAX];
    enum lh_code rc = LH_ERR_FORGED;
    size_t count;
    uint64_t first = 0;

    if (read_first(&first, accusing->block->leaves[accusing->block->entry_count], err) != LH_OK) {
        return LH_ERR_NOMEM;
    }
    count = list_pairs(pairs, accusing, odd, first);
    for (size_t i = 0; i < count && rc == LH_ERR_FORGED; i++) {
        rc = try_pair(accusing, &pairs[i], err);
    }
    return rc == LH_ERR_FORGED ? lh_err_set(err, LH_ERR_NOT_FOUND, "nothing shows what it breaks")
                               : rc;
}

/* ---- the text ---- */

/* The ledger's first leaf, and the head that the block should follow. */
static enum lh_code find_chain(struct accusing *accusing, const char *origin, struct lh_err *err)
{
    const struct lh_replica *replica = accusing->replica;
    const struct lh_replica_ledger *ledger = lh_replica_find(replica, origin);

    if (ledger != NULL && ledger->chain.tree.size > 0) {
        accusing->chain = &ledger->chain;
        return read_held(accusing, 0, &accusing->generation, &accusing->evidence.generation, err);
    }
    accusing->chain = &accusing->begun;
    accusing->evidence.generation = accusing->block->leaves[0];
    return lh_generation_chain(&accusing->begun, replica->options.suite, replica->options.genesis,
                               origin, accusing->block->leaves[0], err);
}

/* The tree that ends with the block, and the leaf that breaks a rule. */
static enum lh_code judge_block(struct accusing *accusing, uint64_t *out_odd, struct lh_err *err)
{
    const struct lh_block *block = accusing->block;
    struct lh_tree_sink sink = { .node = take_node, .arg = accusing };
    struct lh_chain_verdict verdict;
    enum lh_code rc;

    accusing->nodes =
        calloc(2 * (block->entry_count + 1) + LH_TREE_PEAKS_MAX, sizeof accusing->nodes[0]);
    if (accusing->nodes == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the nodes of a block");
    }
    rc = lh_chain_judge(accusing->chain, accusing->replica->options.suite, block, LH_SEAL_SKIP,
                        SIZE_MAX, &sink, NULL, &verdict, err);
    if (rc == LH_OK || rc == LH_ERR_UNKNOWN) { /* of an epoch that is not known here */
        return lh_err_set(err, LH_ERR_NOT_FOUND, "it breaks no rule that we can tell");
    }
    *out_odd = verdict.index;
    return rc == LH_ERR_FORGED ? LH_OK : rc;
}

static enum lh_code write_evidence(struct accusing *accusing, const char *origin,
                                   struct lh_buf *out, struct lh_err *err)
{
    struct lh_evidence *evidence = &accusing->evidence;
    uint64_t odd = 0;
    enum lh_code rc = find_chain(accusing, origin, err);

    if (rc == LH_OK) {
        rc = judge_block(accusing, &odd, err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_verify(&accusing->head, accusing->block->checkpoint,
                                  &accusing->chain->seal, err);
    }
    if (rc == LH_OK) {
        rc = find_leaves(accusing, odd, err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_keep_seal(&accusing->note, accusing->block->checkpoint,
                                     &accusing->chain->seal, err);
    }
    if (rc == LH_OK) {
        evidence->kind = LH_EVIDENCE_BROKEN_RULE;
        evidence->genesis = lh_genesis_bytes(accusing->replica->options.genesis);
        evidence->first = lh_buf_bytes(&accusing->note);
        rc = lh_evidence_format(out, evidence, err);
    }
    return rc;
}

enum lh_code lh_replica_accuse(const struct lh_replica *replica, const char *origin,
                               const struct lh_block *block, struct lh_buf *out, struct lh_err *err)
{
    struct accusing *accusing = calloc(1, sizeof *accusing);
    enum lh_code rc;

    if (accusing == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "an accusation");
    }
    accusing->replica = replica;
    accusing->block = block;
    rc = write_evidence(accusing, origin, out, err);
    lh_buf_clear(&accusing->generation);
    lh_buf_clear(&accusing->below);
    lh_buf_clear(&accusing->note);
    free(accusing->nodes);
    free(accusing);
    return rc;
}
