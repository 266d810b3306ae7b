#ifndef LH_TESTS_DRAFT_H
#define LH_TESTS_DRAFT_H

/*
 * Blocks written for tests of the chain rules, good ones and ones with exactly one thing wrong:
 * everything else is consistent, down to a seal made over the broken thing.
 */

#include "ledger/chain.h"
#include "ledger/epochs.h"
#include "tests/support/seeded.h"

enum { DRAFT_LEAVES_MAX = LH_BLOCK_ENTRIES_MAX + 2 };

#define DRAFT_ORIGIN "jinhua/gaj/1"

struct world {
    struct lh_suite *suite;
    struct lh_signer *seal;
    struct lh_signer *stranger;
    struct lh_seeded seeded;
    struct lh_epochs *epochs; /* 0 founders, 1 another group, 2 one more member, 3 without ours */
    struct lh_chain chain;
};

/* A block that owns its bytes. */
struct draft {
    struct lh_buf bytes;
    size_t ends[DRAFT_LEAVES_MAX];
    size_t leaf_count;
    struct lh_buf checkpoint;
    struct lh_bytes leaves[DRAFT_LEAVES_MAX];
    struct lh_block block;
};

struct plan {
    const char *name;
    const char *rule; /* NULL: nothing is broken */
    size_t entry_count;
    bool has_odd_entry;
    bool has_header_inside;
    bool has_no_header;
    void (*header)(const struct world *world, lhpb_BlockHeader *header);
    void (*checkpoint)(const struct world *world, struct lh_checkpoint *checkpoint);
    const char *extra_line; /* in the checkpoint's text */
    bool is_signed_by_stranger;
};

void draft_init(struct draft *draft);
void draft_clear(struct draft *draft);
/** What was added to the bytes since the last one is a leaf. */
void draft_close_leaf(struct draft *draft);
/** Borrowed until bytes are added. */
struct lh_bytes draft_leaf(const struct draft *draft, size_t i);
/** The draft as a block: its last leaf is the header. */
const struct lh_block *draft_block(struct draft *draft);
/** An entry leaf with a random body of so many bytes; its signature is random too. */
void draft_add_entry(struct world *world, struct draft *draft, size_t body_len);
/** A block after world->chain, consistent but for what `plan` says. */
void draft_write(struct world *world, const struct plan *plan, struct draft *draft);
/** A ledger of one good block, in epoch 1. */
void world_init(struct world *world, enum lh_suite_id suite);
void world_clear(struct world *world);

#endif
