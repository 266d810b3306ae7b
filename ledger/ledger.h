#ifndef LH_LEDGER_LEDGER_H
#define LH_LEDGER_LEDGER_H

/*
 * One department's own ledger on a store and a guard: opening with the recovery table, appending a
 * block in the write order, reading entries and proofs.
 *
 *  Write order (DESIGN 5): (1) build the block, root from the frontier and again from the
 * serialised batch; (2) sign in memory; (3) one synced batch of everything; (4) guard; (5) only now
 * does the new head become visible to readers and does append return. Any error of a sync ends the
 * process: append returns LH_ERR_IO and the ledger refuses all further work.
 *
 *  Threads: append and close from one thread; head and the read functions from any (they see the
 *  released head only). The roster is changed by append alone: readers of it hold the caller's
 * lock. Spec: specs/ledger.md 8.
 */

#include "crypto/signer.h"
#include "ledger/chain.h"
#include "ledger/epochs.h"
#include "ledger/guard.h"
#include "ledger/receipt.h"
#include "ledger/roster.h"
#include "ledger/row.h"
#include "ledger/store.h"

enum lh_ledger_state {
    LH_LEDGER_NEW,        /* initialised, no GENERATION yet: takes nothing else */
    LH_LEDGER_CONTINUOUS, /* store and guard agree */
    LH_LEDGER_SUSPECT,    /* may have been rolled back: journal only, no seal */
};

/** "new", "continuous", "suspect". */
const char *lh_ledger_state_name(enum lh_ledger_state state);

struct lh_ledger;

struct lh_ledger_options {
    struct lh_store *store;           /* LH_KEEPS; closed by the caller after the ledger */
    struct lh_guard *guard;           /* LH_KEEPS; NULL: read-only, readers see the store's head */
    const struct lh_genesis *genesis; /* LH_KEEPS */
    const char *department;
    uint32_t generation;
    bool is_next;           /* begin this generation behind the newest one of the store: state NEW,
                               whatever marker, machine and guard say */
    struct lh_signer *seal; /* LH_KEEPS; NULL: read-only */
    struct lh_bytes marker; /* what stands in RESTORED beside the store; empty: there is none */
    const char *machine_id; /* this machine; NULL: not checked */
};

/**
 * Judge store against guard and load the head and the roster. Returns LH_OK with a state, or
 * LH_ERR_CORRUPT when the last block does not rehash (the node must not start).
 * `out_why` (>= LH_ERR_TEXT_MAX bytes, may be NULL) gets the reason of the state in words.
 */
enum lh_code lh_ledger_open(struct lh_ledger **out, const struct lh_ledger_options *options,
                            char *out_why, struct lh_err *err) LH_MUST_CHECK;
void lh_ledger_close(struct lh_ledger *ledger);
enum lh_ledger_state lh_ledger_state(const struct lh_ledger *ledger);

/** The newest generation of a department that a store holds; 0: none. */
enum lh_code lh_ledger_newest(uint32_t *out, struct lh_store *store,
                              const struct lh_genesis *genesis, const char *department,
                              struct lh_err *err) LH_MUST_CHECK;
uint32_t lh_ledger_generation(const struct lh_ledger *ledger);
/** Generation.reason of its first leaf; 0 in state NEW. */
unsigned lh_ledger_reason(const struct lh_ledger *ledger);
/**
 * The generation that this one continues, closed and for reading only; NULL: the store has none.
 * Borrowed: it is opened and closed with this one.
 */
struct lh_ledger *lh_ledger_prev(const struct lh_ledger *ledger);
/** This generation or one before it, by its number or by its number in the store; NULL: none. */
struct lh_ledger *lh_ledger_find(struct lh_ledger *ledger, uint32_t generation);
struct lh_ledger *lh_ledger_find_shelf(struct lh_ledger *ledger, uint32_t number);
/** The GENERATION of this ledger answered the RESTORED marker that was given: it has done. */
bool lh_ledger_is_marker_answered(const struct lh_ledger *ledger);

/* What a GENERATION that ends state SUSPECT has to say, from what store and guard remember. */
struct lh_ledger_facts {
    uint32_t next; /* lowest number of the generation to begin */
    /* what is continued: the store's last block, released or not; size 0: nothing is there */
    char prev_origin[LH_ORIGIN_MAX + 1];
    uint64_t prev_size;
    struct lh_hash prev_root;
    struct lh_hash prev_header;
    bool has_guard; /* `guard` could be read and was written before */
    struct lh_guard_head guard;
    uint64_t lost_from; /* what the guard remembers beyond the store; both 0: nothing known */
    uint64_t lost_until;
};
/** In state SUSPECT from any thread, else from the one that appends; `suite` is the caller's own.
 */
void lh_ledger_facts(const struct lh_ledger *ledger, struct lh_suite *suite,
                     struct lh_ledger_facts *out);
/** LH_ERR_INVALID: a GENERATION for the ledger `facts` are of says otherwise, in words. */
enum lh_code lh_ledger_check_facts(const struct lh_ledger_facts *facts,
                                   const lhpb_Generation *generation,
                                   struct lh_err *err) LH_MUST_CHECK;
const char *lh_ledger_origin(const struct lh_ledger *ledger);
/** NULL in state NEW: GENERATION names it. */
const struct lh_note_key *lh_ledger_seal(const struct lh_ledger *ledger);
struct lh_roster *lh_ledger_roster(struct lh_ledger *ledger);

/* The released head, as readers see it. */
struct lh_ledger_head {
    uint64_t size;
    uint64_t height;
    struct lh_hash root;
    int64_t time_unix_ms;
    uint32_t epoch; /* that its header names */
    struct lh_hash epoch_hash;
};
void lh_ledger_head(struct lh_ledger *ledger, struct lh_ledger_head *out);

/**
 * Take in the next epoch: a proposal that was certified, which the caller knows. It is on disk when
 * this returns, and the next block names it, in which officers and recorder change. From the thread
 * that appends; on a read-only ledger not at all.
 *
 * Returns LH_OK, also when it is known; LH_ERR_IO: end the process; else as lh_epochs_add.
 * Spec: specs/trust.md 5.3.
 */
enum lh_code lh_ledger_add_epoch(struct lh_ledger *ledger, struct lh_bytes proposal,
                                 struct lh_err *err) LH_MUST_CHECK;
/** Those that are known, whether a header has named them or not. Any thread, until it is closed. */
const struct lh_epochs *lh_ledger_epochs(const struct lh_ledger *ledger);

/* One entry to append; everything is borrowed until append returns. */
struct lh_ledger_item {
    struct lh_bytes leaf;          /* canonical Leaf bytes holding an Entry */
    const lhpb_Entry *entry;       /* decoded from leaf */
    const lhpb_Body *body;         /* decoded from entry->body */
    unsigned level;                /* as lh_roster_judge found it */
    struct lh_hash content_digest; /* for the dedup row */
    struct lh_bytes private_part;  /* empty: none */
    struct lh_bytes vault_row;     /* empty: none */
    uint64_t journal_sequence;     /* its rows of the journal go with the block; 0: none */
    uint64_t index;                /* out: where it went */
};

/* Where an event stands. */
struct lh_ledger_event {
    struct lh_ledger *ledger; /* borrowed: this generation or one before it */
    uint64_t index;
    struct lh_hash digest; /* of its content */
    bool has_digest;       /* false: the content is not known */
};

/**
 * Is (source, id) recorded already, in whatever generation? LH_OK with its place,
 * LH_ERR_NOT_FOUND, or LH_AGAIN: in a block that is not released.
 */
enum lh_code lh_ledger_find_event(struct lh_ledger *ledger, struct lh_bytes source,
                                  struct lh_bytes id, struct lh_ledger_event *out,
                                  struct lh_err *err) LH_MUST_CHECK;
/**
 * In state SUSPECT: let what the journal holds change the roster, so that later entries are judged
 * by it. In memory only. As lh_roster_apply.
 */
enum lh_code lh_ledger_apply_journaled(struct lh_ledger *ledger, struct lh_suite *suite,
                                       const lhpb_Body *body, struct lh_err *err) LH_MUST_CHECK;

/**
 * Seal one block of 1..4096 items in the write order. The items' authority and uniqueness were
 * checked by the caller; repeated (source, id) is an assertion. In state NEW the only item must
 * be GENERATION, and what it says of the generation before must be so. Two entries of a block must
 * not enrol the same key or session, and an entry that changes a key must find it enrolled by an
 * earlier block: LH_ERR_INVALID. `time_unix_ms` is raised to the previous block's + 1 when needed.
 * Roster changes are applied. `out_proofs` (may be NULL): item_count inclusion proofs in the new
 * tree. LH_ERR_IO: end the process. LH_ERR_INVALID: the caller's block is not good; nothing
 * changed.
 */
enum lh_code lh_ledger_append(struct lh_ledger *ledger, struct lh_suite *suite,
                              struct lh_ledger_item *items, size_t item_count, int64_t time_unix_ms,
                              struct lh_proof *out_proofs, struct lh_buf *out_checkpoint,
                              struct lh_err *err) LH_MUST_CHECK;

/* A block that was sealed before, as an archive holds it; all borrowed. */
struct lh_ledger_sealed {
    struct lh_block block;
    const struct lh_bytes *private_parts; /* one for each entry; empty: it is not there */
    bool lacks_private; /* of the first block: the archive does not say that it keeps all of them */
};
/**
 * Take in the next block of a ledger that was opened on a store for writing without guard or seal
 * (of a later generation: with is_next). It is judged whole, signatures and private parts too, and
 * written like an appended one; no guard is touched. What only its node knew is not there: vault
 * rows, and the content of events that the recorder attested. LH_ERR_FORGED names the leaf; after
 * any failure the ledger is of no more use and the store is to be thrown away.
 */
enum lh_code lh_ledger_adopt(struct lh_ledger *ledger, struct lh_suite *suite,
                             const struct lh_ledger_sealed *sealed,
                             struct lh_err *err) LH_MUST_CHECK;
/** Private parts may be missing without an ERASE: it was adopted from an archive without them. */
bool lh_ledger_lacks_private(const struct lh_ledger *ledger);

/** The chain after the released head. `suite` is the calling thread's. LH_ERR_NOT_FOUND: no block
 * yet; LH_ERR_CORRUPT. */
enum lh_code lh_ledger_chain(struct lh_ledger *ledger, struct lh_suite *suite, struct lh_chain *out,
                             struct lh_err *err) LH_MUST_CHECK;

/** Leaf bytes of index < head size. */
enum lh_code lh_ledger_leaf(struct lh_ledger *ledger, uint64_t index, struct lh_buf *out,
                            struct lh_err *err) LH_MUST_CHECK;

struct lh_ledger_block {
    uint64_t height;
    uint64_t first;
    uint32_t entry_count;
    struct lh_buf checkpoint; /* signed note of the tree of size first + entry_count + 1 */
};
/** The block that holds leaf `index` / the block at `height` (1-based). Caller clears checkpoint.
 */
enum lh_code lh_ledger_block_of(struct lh_ledger *ledger, uint64_t index,
                                struct lh_ledger_block *out, struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_ledger_block_at(struct lh_ledger *ledger, uint64_t height,
                                struct lh_ledger_block *out, struct lh_err *err) LH_MUST_CHECK;
/** Append the checkpoint that was sealed of a tree of `size` leaves; LH_ERR_NOT_FOUND: no block
 * ends there. Any thread. */
enum lh_code lh_ledger_sealed(struct lh_ledger *ledger, uint64_t size, struct lh_buf *out,
                              struct lh_err *err) LH_MUST_CHECK;
/** Complete nodes of this ledger's tree, for proofs and tiles; any thread. */
struct lh_tree_source lh_ledger_nodes(struct lh_ledger *ledger);
/** Receipt of entry `index` under the checkpoint of its own block (at_size 0) or of the block whose
 * tree has `at_size`. */
enum lh_code lh_ledger_receipt(struct lh_ledger *ledger, struct lh_suite *suite, uint64_t index,
                               uint64_t at_size, struct lh_receipt *out,
                               struct lh_err *err) LH_MUST_CHECK;
/**
 * Append what a receipt under the head of this size shows of headers, its fields `header`,
 * `header_proof` and `before`: the size must end a block. LH_ERR_CORRUPT, LH_ERR_NOT_FOUND. Any
 * thread.
 */
enum lh_code lh_ledger_show_headers(struct lh_ledger *ledger, struct lh_suite *suite, uint64_t size,
                                    struct lh_receipt *receipt, struct lh_err *err) LH_MUST_CHECK;
/** Private part of an entry; LH_ERR_NOT_FOUND: there is none (any more). */
enum lh_code lh_ledger_private(struct lh_ledger *ledger, uint64_t index, struct lh_buf *out,
                               struct lh_err *err) LH_MUST_CHECK;
/**
 * Re-check everything from the stored bytes: every leaf, chain rule, seal, signature, node, index
 * row, dedup row, private part (an absent one needs an ERASE, unless the ledger lacks them).
 * `progress` (may be NULL) is called with leaves done. LH_ERR_CORRUPT names the first bad position;
 * `out_index` is the leaf.
 */
enum lh_code lh_ledger_verify(struct lh_ledger *ledger, struct lh_suite *suite, uint64_t *out_index,
                              void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
                              struct lh_err *err) LH_MUST_CHECK;

#endif
