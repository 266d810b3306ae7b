#include "tests/support/draft.h"

#include "tests/support/founders.h"
#include "tests/support/proposing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void draft_init(struct draft *draft)
{
    memset(draft, 0, sizeof *draft);
}

void draft_clear(struct draft *draft)
{
    lh_buf_clear(&draft->bytes);
    lh_buf_clear(&draft->checkpoint);
}

void draft_close_leaf(struct draft *draft)
{
    assert_true(draft->leaf_count < DRAFT_LEAVES_MAX);
    draft->ends[draft->leaf_count++] = draft->bytes.len;
}

struct lh_bytes draft_leaf(const struct draft *draft, size_t i)
{
    size_t start = i == 0 ? 0 : draft->ends[i - 1];

    return lh_bytes_of(draft->bytes.data + start, draft->ends[i] - start);
}

const struct lh_block *draft_block(struct draft *draft)
{
    for (size_t i = 0; i < draft->leaf_count; i++) {
        draft->leaves[i] = draft_leaf(draft, i);
    }
    draft->block = (struct lh_block){ .leaves = draft->leaves,
                                      .entry_count = draft->leaf_count - 1,
                                      .checkpoint = lh_buf_bytes(&draft->checkpoint) };
    return &draft->block;
}

/* ---- writing blocks ---------------------------------------------------------------------------
 */

void draft_add_entry(struct world *world, struct draft *draft, size_t body_len)
{
    lhpb_Leaf leaf = { .which_kind = lhpb_Leaf_entry_tag };
    lhpb_Entry *entry = &leaf.kind.entry;

    entry->body.size = (pb_size_t)body_len;
    lh_seeded_fill(&world->seeded, entry->body.bytes, body_len);
    entry->signatures_count = 1;
    lh_seeded_fill(&world->seeded, entry->signatures[0].key_id, 16);
    lh_seeded_fill(&world->seeded, entry->signatures[0].value, 64);
    entry->has_intake = true;
    entry->intake.recorded_at_ms = 1790000000000 + lh_seeded_below(&world->seeded, 1000000);
    assert_int_equal(lh_leaf_encode(&draft->bytes, &leaf, NULL), LH_OK);
    draft_close_leaf(draft);
}

/* The same entry with a field number that Leaf does not have: decodes, is not canonical. */
static void add_odd_entry(struct world *world, struct draft *draft)
{
    draft_add_entry(world, draft, 20);
    lh_buf_add(&draft->bytes, lh_bytes_of("\x78\x01", 2));
    draft->ends[draft->leaf_count - 1] = draft->bytes.len;
}

/* The header of a block over the leaves already in `draft`, honest but for what `plan` says. */
static void make_header(const struct world *world, const struct plan *plan,
                        const struct lh_tree *tree, lhpb_Leaf *leaf)
{
    lhpb_BlockHeader *header = &leaf->kind.header;
    struct lh_hash pre_root = lh_tree_root(tree, world->suite);

    memset(leaf, 0, sizeof *leaf);
    leaf->which_kind = lhpb_Leaf_header_tag;
    memcpy(header->network_id, world->chain.network_id.bytes, 32);
    strcpy(header->origin, DRAFT_ORIGIN);
    memcpy(header->epoch_hash, world->chain.epoch_hash.bytes, 32);
    header->height = world->chain.height + 1;
    memcpy(header->prev, world->chain.prev.bytes, 32);
    header->first = world->chain.tree.size;
    header->count = (uint32_t)(tree->size - world->chain.tree.size);
    memcpy(header->pre_root, pre_root.bytes, 32);
    header->time_ms = world->chain.time_unix_ms + 5;
    header->heads_count = 2;
    for (size_t i = 0; i < 2; i++) {
        strcpy(header->heads[i].origin, i == 0 ? "jinhua/mzj/1" : "jinhua/rsj/2");
        header->heads[i].size = 100 + i;
        memset(header->heads[i].root, (int)(i + 1), 32);
    }
    if (plan->header != NULL) {
        plan->header(world, header);
    }
}

static void add_header(const struct world *world, const struct plan *plan,
                       const struct lh_tree *tree, struct draft *draft)
{
    lhpb_Leaf leaf;

    make_header(world, plan, tree, &leaf);
    assert_int_equal(lh_leaf_encode(&draft->bytes, &leaf, NULL), LH_OK);
    draft_close_leaf(draft);
}

static void append_leaf(const struct world *world, struct lh_tree *tree, const struct draft *draft)
{
    struct lh_hash hash = lh_hash_leaf(world->suite, draft_leaf(draft, draft->leaf_count - 1));

    lh_tree_append(tree, world->suite, &hash, NULL);
}

static void seal_draft(const struct world *world, const struct plan *plan,
                       const struct lh_tree *tree, struct draft *draft)
{
    struct lh_checkpoint checkpoint = { .size = tree->size,
                                        .root = lh_tree_root(tree, world->suite) };
    struct lh_signer *signer = plan->is_signed_by_stranger ? world->stranger : world->seal;
    struct lh_note_key key =
        world->chain.seal; /* a stranger signs under the seal's name and hash */

    key.key = *lh_signer_pubkey(signer);
    strcpy(checkpoint.origin, DRAFT_ORIGIN);
    if (plan->checkpoint != NULL) {
        plan->checkpoint(world, &checkpoint);
    }
    lh_checkpoint_format(&draft->checkpoint, &checkpoint);
    if (plan->extra_line != NULL) {
        lh_buf_add_text(&draft->checkpoint, plan->extra_line);
    }
    struct lh_buf text = LH_BUF_EMPTY;
    lh_buf_add(&text, lh_buf_bytes(&draft->checkpoint));
    lh_buf_add_text(&draft->checkpoint, "\n");
    assert_int_equal(
        lh_note_add_line(&draft->checkpoint, lh_buf_bytes(&text), &key, signer, 0, NULL), LH_OK);
    lh_buf_clear(&text);
}

void draft_write(struct world *world, const struct plan *plan, struct draft *draft)
{
    struct lh_tree tree = world->chain.tree;

    draft_init(draft);
    for (size_t i = 0; i < plan->entry_count; i++) {
        if (plan->has_odd_entry && i == 1) {
            add_odd_entry(world, draft);
        } else if (plan->has_header_inside && i == 1) {
            add_header(world, plan, &tree, draft);
        } else {
            draft_add_entry(world, draft, 1 + lh_seeded_below(&world->seeded, 40));
        }
        append_leaf(world, &tree, draft);
    }
    if (!plan->has_no_header) {
        add_header(world, plan, &tree, draft);
        append_leaf(world, &tree, draft);
    }
    seal_draft(world, plan, &tree, draft);
}

static struct lh_signer *signer_of(enum lh_suite_id suite, uint8_t fill)
{
    uint8_t seed[32];
    struct lh_signer *signer;

    memset(seed, fill, sizeof seed);
    assert_int_equal(lh_signer_from_seed(&signer, suite == LH_SUITE_W ? LH_ALG_ED25519 : LH_ALG_SM2,
                                         lh_bytes_of(seed, sizeof seed), NULL),
                     LH_OK);
    return signer;
}

static void add_epoch(struct lh_epochs *epochs, const lhpb_Proposal *proposal)
{
    struct lh_buf bytes = lh_proposing_bytes(proposal);

    assert_int_equal(lh_epochs_add(epochs, lh_buf_bytes(&bytes), NULL), LH_OK);
    lh_buf_clear(&bytes);
}

static struct lh_epochs *make_epochs(const struct lh_genesis *genesis, enum lh_suite_id suite)
{
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_enrolment enrolment;
    struct lh_epochs *epochs;

    assert_non_null(proposal);
    assert_int_equal(lh_epochs_new(&epochs, genesis, NULL), LH_OK);
    lh_proposing_begin(proposal, lh_epochs_newest(epochs));
    lh_proposing_regroup(proposal, "mzj", "east");
    add_epoch(epochs, proposal);
    lh_proposing_begin(proposal, lh_epochs_newest(epochs));
    lh_founder_enrolment(&enrolment, suite, "rsj", 30);
    lh_proposing_admit(proposal, suite, &enrolment);
    add_epoch(epochs, proposal);
    lh_proposing_begin(proposal, lh_epochs_newest(epochs));
    lh_proposing_remove(proposal, "gaj");
    add_epoch(epochs, proposal);
    free(proposal);
    return epochs;
}

static void name_epoch_1(const struct world *world, lhpb_BlockHeader *header)
{
    memcpy(header->epoch_hash, lh_members_epoch(lh_epochs_at(world->epochs, 1))->bytes, 32);
}

void world_init(struct world *world, enum lh_suite_id suite)
{
    static const struct plan first = { .name = "first", .entry_count = 1, .header = name_epoch_1 };
    struct lh_genesis *genesis = lh_founders_genesis(suite);
    struct lh_chain_verdict verdict;
    struct lh_hash network_id = *lh_genesis_network_id(genesis);
    struct lh_chain next;
    struct draft draft;

    memset(world, 0, sizeof *world);
    world->epochs = make_epochs(genesis, suite);
    lh_genesis_free(genesis);
    world->seeded.state = 20261124;
    assert_int_equal(lh_suite_new(&world->suite, suite, NULL), LH_OK);
    world->seal = signer_of(suite, 0x11);
    world->stranger = signer_of(suite, 0x22);
    assert_int_equal(lh_chain_init(&world->chain, &network_id, DRAFT_ORIGIN,
                                   lh_signer_pubkey(world->seal), &network_id, NULL),
                     LH_OK);
    world->chain.epochs = world->epochs;
    draft_write(world, &first, &draft);
    assert_int_equal(lh_chain_judge(&world->chain, world->suite, draft_block(&draft),
                                    LH_SEAL_VERIFY, SIZE_MAX, NULL, &next, &verdict, NULL),
                     LH_OK);
    world->chain = next;
    draft_clear(&draft);
}

void world_clear(struct world *world)
{
    lh_signer_free(world->seal);
    lh_signer_free(world->stranger);
    lh_epochs_free(world->epochs);
    lh_suite_free(world->suite);
}
