#ifndef LH_LEDGER_CHAIN_H
#define LH_LEDGER_CHAIN_H

/*
 * The rules of appending: what a block must be to follow a head. Whether a block is valid is a pure
 * function of bytes: no clock, quota or setting of the judge enters it. The rules are one const
 * table {id, title, check}; each has a test that breaks exactly it.  Spec: specs/ledger.md 4.
 *
 *   block = entry leaves first .. first + count - 1, then its header leaf at first + count,
 *           and a checkpoint over the tree of size first + count + 1.
 */

#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/genesis.h"
#include "ledger/tree.h"

struct lh_epochs;

enum { LH_BLOCK_ENTRIES_MAX = 4096, LH_BLOCK_HEADS_MAX = 64 };

/* A block as bytes, all borrowed. leaves[0 .. count-1] are entries, leaves[count] is the header. */
struct lh_block {
    const struct lh_bytes *leaves;
    size_t entry_count;
    struct lh_bytes checkpoint; /* signed note */
};

/* The head of one ledger generation: all that is needed to judge or build the next block. */
struct lh_chain {
    struct lh_hash network_id;
    struct lh_hash epoch_hash;      /* that the last header named; the network id when empty */
    const struct lh_epochs *epochs; /* borrowed: those that are known; NULL: none is */
    char origin[LH_ORIGIN_MAX + 1];
    struct lh_note_key seal; /* name = origin; key from GENERATION, the first leaf */
    const struct lh_verifier
        *seal_verifier;    /* borrowed, of that key; NULL: each judging makes one */
    uint64_t height;       /* 0: empty */
    struct lh_hash prev;   /* leaf hash of the last header; before height 1: network id or the last
                              header of the generation before */
    uint64_t time_unix_ms; /* of the last header; 0 when empty */
    struct lh_tree tree;
};

struct lh_chain_rule {
    const char *id;    /* "B01" ... */
    const char *title; /* for people */
    const char *title_zh;
};

/** The rules, in the order in which they are judged. */
size_t lh_chain_rule_count(void);
const struct lh_chain_rule *lh_chain_rule_at(size_t index);

/** What rule B13 has against the heads that a header of the ledger `origin` writes down; NULL:
 * nothing. */
const char *lh_chain_heads_fault(const lhpb_Head *heads, size_t count, const char *origin);

/**
 * An empty chain under the genesis epoch, whose hash is the network id. `prev`: network id, or the
 * last header's leaf hash of the generation before.
 */
enum lh_code lh_chain_init(struct lh_chain *chain, const struct lh_hash *network_id,
                           const char *origin, const struct lh_pubkey *seal_key,
                           const struct lh_hash *prev, struct lh_err *err) LH_MUST_CHECK;
/**
 * Write the header leaf of a block over `entries` (leaf bytes) that follows the head. `epoch`: the
 * one that it names; NULL: that of the head. time_unix_ms must be above the head's. `out_next` is
 * the head after it (may not alias chain).
 */
enum lh_code lh_chain_build(const struct lh_chain *chain, struct lh_suite *suite,
                            struct lh_buf *out_header, struct lh_chain *out_next,
                            const struct lh_hash *epoch, const struct lh_bytes *entries,
                            size_t entry_count, int64_t time_unix_ms, const lhpb_Head *heads,
                            size_t head_count, struct lh_err *err) LH_MUST_CHECK;
/** The checkpoint of a head (unsigned). */
void lh_chain_checkpoint(const struct lh_chain *chain, struct lh_suite *suite,
                         struct lh_checkpoint *out);

enum lh_seal_check { LH_SEAL_VERIFY, LH_SEAL_SKIP };

struct lh_chain_verdict {
    const struct lh_chain_rule *rule; /* the first broken rule; NULL when none */
    uint64_t index;                   /* leaf that breaks it */
};

/**
 * Judge `block` as the successor of `chain`. On LH_OK `out_next` is the new head (may be NULL, may
 * not alias chain). LH_ERR_FORGED with `out_verdict` filled when a rule is broken; LH_ERR_UNKNOWN:
 * none is, as far as can be told without the epoch that the header names.
 * LH_SEAL_SKIP leaves out the signature of the checkpoint (inside a queued run), no other rule.
 * `sink` (may be NULL) hears of every completed tree node. `skip_rule` leaves that rule out
 * (SIZE_MAX: none): for the test that shows each rule is needed.
 */
enum lh_code lh_chain_judge(const struct lh_chain *chain, struct lh_suite *suite,
                            const struct lh_block *block, enum lh_seal_check seal, size_t skip_rule,
                            const struct lh_tree_sink *sink, struct lh_chain *out_next,
                            struct lh_chain_verdict *out_verdict, struct lh_err *err) LH_MUST_CHECK;

#endif
