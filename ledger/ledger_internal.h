#ifndef LH_LEDGER_LEDGER_INTERNAL_H
#define LH_LEDGER_LEDGER_INTERNAL_H

/*
 * What the files of lh_ledger share: ledger.c opens, ledger_append.c writes, ledger_adopt.c writes
 * what was sealed before, ledger_recover.c judges store against guard, ledger_nodes.c keeps the
 * tree's nodes, ledger_epochs.c knows in which epoch it is, ledger_read.c answers readers,
 * ledger_verify.c checks everything again.
 *
 * Functions that take a `struct lh_shelf` read what the store has, released or not; only the public
 * functions of ledger_read.c cap readers at the released head.
 */

#include "ledger/ledger.h"

#include <pthread.h>
#include <stdatomic.h>

/* One ledger's place in a store. */
struct lh_shelf {
    struct lh_store *store;
    uint32_t number;
};

/*
 * What the officers of a GENERATION were shown, kept with it: the RESTORED marker and the newest
 * slot of the guard. An opening that finds the same again knows that they were answered.
 */
struct lh_answer {
    struct lh_hash marker;
    struct lh_hash guard;
};

struct lh_ledger {
    struct lh_ledger_options options; /* department and machine_id point into us */
    char department[LH_CODE_MAX + 1];
    char origin[LH_ORIGIN_MAX + 1];
    char *machine_id; /* NULL: not checked */
    struct lh_shelf shelf;
    bool is_shelved;         /* the store knows our number */
    struct lh_ledger *prev;  /* the generation before, or NULL */
    struct lh_ledger *next;  /* whose `prev` we are, or NULL */
    unsigned reason;         /* Generation.reason; 0: none yet */
    struct lh_answer answer; /* what was found at opening */
    bool is_marker_answered;
    bool lacks_private;  /* private parts may be missing without an ERASE */
    bool has_guard_head; /* `guard_head` was read */
    struct lh_guard_head guard_head;
    _Atomic(enum lh_ledger_state) state; /* append leaves NEW; read from any thread */
    bool is_poisoned;                    /* a commit or the guard failed: the writer's end */
    uint64_t witness_tick;

    struct lh_epochs *epochs;    /* the writer adds */
    struct lh_chain chain;       /* the writer's head */
    struct lh_store_batch batch; /* the writer's, kept for its storage */

    atomic_bool has_seal; /* `seal` is set, for good */
    struct lh_note_key seal;
    struct lh_verifier *seal_verifier; /* of that key; the chains of this ledger borrow it */

    struct lh_roster *roster;
    pthread_rwlock_t roster_lock; /* append writes; our own readers read */
    pthread_mutex_t head_lock;
    struct lh_ledger_head head; /* released */
    pthread_mutex_t node_lock;  /* of `suite` and `tiles`, once the ledger is open */
    struct lh_suite *suite;
    struct lh_tile_cache *tiles;
};

/* ---- nodes: ledger_nodes.c ---- */

/** The node (level, index), folded from the runs that hold it. LH_ERR_CORRUPT: not all there. */
enum lh_code lh_shelf_node(const struct lh_shelf *shelf, struct lh_suite *suite,
                           struct lh_hash *out, unsigned level, uint64_t index,
                           struct lh_err *err) LH_MUST_CHECK;

/* Tiles of nodes read lately; one thread at a time. */
struct lh_tile_cache;

enum lh_code lh_tile_cache_new(struct lh_tile_cache **out, struct lh_err *err) LH_MUST_CHECK;
void lh_tile_cache_free(struct lh_tile_cache *cache);
/** As lh_shelf_node, for a node that is complete in the tree of `size`. */
enum lh_code lh_tile_cache_node(struct lh_tile_cache *cache, const struct lh_shelf *shelf,
                                struct lh_suite *suite, uint64_t size, struct lh_hash *out,
                                unsigned level, uint64_t index, struct lh_err *err) LH_MUST_CHECK;

/* A tree source over a shelf, for one thread. */
struct lh_shelf_nodes {
    const struct lh_shelf *shelf;
    struct lh_suite *suite;
};
struct lh_tree_source lh_shelf_source(struct lh_shelf_nodes *nodes);

/* The nodes that a block completes. On each level they stand side by side. */
struct lh_fresh {
    struct lh_tree old; /* the tree before the block */
    size_t leaf_count;
    struct lh_hash *hashes;
    size_t starts[LH_TREE_PEAKS_MAX + 1]; /* of each level in `hashes` */
};

#define LH_FRESH_EMPTY                                                                             \
    {                                                                                              \
        .hashes = NULL                                                                             \
    }

/** Make room for what `leaf_count` leaves on top of `old` complete. */
enum lh_code lh_fresh_init(struct lh_fresh *fresh, const struct lh_tree *old, size_t leaf_count,
                           struct lh_err *err) LH_MUST_CHECK;
void lh_fresh_clear(struct lh_fresh *fresh);
/** Takes the nodes of an append over `old`. */
struct lh_tree_sink lh_fresh_sink(struct lh_fresh *fresh);
/** Answers for the new nodes and the old peaks: all that a proof of a new leaf asks for. */
struct lh_tree_source lh_fresh_source(struct lh_fresh *fresh);
/** Put the runs: one per tile level that gained a node. */
void lh_fresh_put(const struct lh_fresh *fresh, struct lh_store_batch *batch, uint32_t number);

/* ---- blocks: ledger_read.c ---- */

/** LH_ERR_NOT_FOUND: no such height. */
enum lh_code lh_shelf_block_at(const struct lh_shelf *shelf, uint64_t height,
                               struct lh_ledger_block *out, struct lh_err *err) LH_MUST_CHECK;
/** The block that holds the leaf; LH_ERR_NOT_FOUND beyond the last one. */
enum lh_code lh_shelf_block_of(const struct lh_shelf *shelf, uint64_t index,
                               struct lh_ledger_block *out, struct lh_err *err) LH_MUST_CHECK;
/** Height of the last block; 0: none. */
enum lh_code lh_shelf_height(const struct lh_shelf *shelf, uint64_t *out,
                             struct lh_err *err) LH_MUST_CHECK;
/** LH_ERR_CORRUPT when a leaf that must be there is not. */
enum lh_code lh_shelf_leaf(const struct lh_shelf *shelf, uint64_t index, struct lh_buf *out,
                           struct lh_err *err) LH_MUST_CHECK;

/* A block with all its bytes. */
struct lh_shelf_block {
    struct lh_ledger_block info;
    struct lh_buf bytes;     /* the leaves one after the other */
    struct lh_bytes *leaves; /* views into bytes; entry_count + 1 */
};

#define LH_SHELF_BLOCK_EMPTY                                                                       \
    {                                                                                              \
        .info = { .checkpoint = LH_BUF_EMPTY }, .bytes = LH_BUF_EMPTY, .leaves = NULL              \
    }

enum lh_code lh_shelf_block_load(const struct lh_shelf *shelf, uint64_t height,
                                 struct lh_shelf_block *out, struct lh_err *err) LH_MUST_CHECK;
void lh_shelf_block_clear(struct lh_shelf_block *block);

struct lh_copy_view;

/** Where the ledger of a view stands: copies.c. */
struct lh_shelf lh_copy_view_shelf(const struct lh_copy_view *view);

/* ---- what a block puts into the store: ledger_append.c; adopt and verify do the same ---- */

/** A first leaf continues what the store has of the generation before. LH_ERR_INVALID. */
enum lh_code lh_ledger_check_continues(const struct lh_ledger *ledger, struct lh_suite *suite,
                                       const lhpb_Generation *generation,
                                       struct lh_err *err) LH_MUST_CHECK;
void lh_shelf_put_number(struct lh_store_batch *batch, uint32_t number, const char *origin);

void lh_shelf_put_block(struct lh_store_batch *batch, uint32_t number, uint64_t height,
                        uint64_t first, size_t entry_count, struct lh_bytes checkpoint);
void lh_shelf_put_event(struct lh_store_batch *batch, uint32_t number, const lhpb_Body *body,
                        uint64_t index, const struct lh_hash *digest);

/* ---- epochs: ledger_epochs.c ---- */

/* Sessions whose verifiers a running ledger keeps: more than a department opens in a session's 8
 * hours. */
enum { LH_LEDGER_SESSIONS_AT_HAND = 4096 };

/** Those that are on disk, behind the genesis file. LH_ERR_CORRUPT: they do not follow each other.
 */
enum lh_code lh_ledger_load_epochs(struct lh_ledger *ledger, struct lh_err *err) LH_MUST_CHECK;
/** The department is a member in some epoch that is known. */
bool lh_ledger_is_member(const struct lh_ledger *ledger);
/** The head that a chain of this ledger is at. */
struct lh_ledger_head lh_ledger_head_of(const struct lh_ledger *ledger,
                                        const struct lh_chain *chain, struct lh_suite *suite);
/** What the next header names. */
const struct lh_hash *lh_ledger_next_epoch(const struct lh_ledger *ledger,
                                           const struct lh_chain *before);
/** The roster of a ledger that continues none, before its first leaf. */
enum lh_code lh_ledger_start_roster(const struct lh_ledger *ledger, struct lh_roster **out,
                                    struct lh_err *err) LH_MUST_CHECK;
/** Nothing is written yet of a ledger that continues none: it begins with the keys of the epoch
 * that `header` (a leaf) names; empty: of the newest. */
enum lh_code lh_ledger_begin(struct lh_ledger *ledger, struct lh_bytes header,
                             struct lh_err *err) LH_MUST_CHECK;
/** The row of a header that names another epoch than the one before; none for others. */
void lh_shelf_put_epoch(struct lh_store_batch *batch, uint32_t number,
                        const struct lh_chain *before, const struct lh_chain *after);
/** The header at `index` went on from one epoch to another, or did not: the roster follows. */
enum lh_code lh_ledger_enter(const struct lh_ledger *ledger, struct lh_roster *roster,
                             struct lh_suite *suite, const struct lh_hash *from,
                             const struct lh_hash *to, uint64_t index,
                             struct lh_err *err) LH_MUST_CHECK;

/* ---- opening: ledger_recover.c ---- */

/**
 * Open the generation before, if there is one, and start with its roster: ledger_line.c. The head
 * of a shelved ledger's predecessor is the one its GENERATION names, or LH_ERR_CORRUPT.
 */
enum lh_code lh_ledger_open_line(struct lh_ledger *ledger, struct lh_err *err) LH_MUST_CHECK;
/** The GENERATION of a stored ledger. */
enum lh_code lh_ledger_load_generation(const struct lh_ledger *ledger, lhpb_Body *out,
                                       struct lh_err *err) LH_MUST_CHECK;

/** Give the chain of this ledger a verifier of its seal key that is kept. */
enum lh_code lh_ledger_lend_verifier(struct lh_ledger *ledger, struct lh_chain *chain,
                                     struct lh_err *err) LH_MUST_CHECK;
/** The body of a stored entry; `scratch` backs it. */
enum lh_code lh_shelf_entry(const struct lh_shelf *shelf, uint64_t index, struct lh_buf *scratch,
                            lhpb_Body *out_body, struct lh_err *err) LH_MUST_CHECK;
/** An empty chain under the seal key that the GENERATION in `body` names. */
enum lh_code lh_shelf_chain_of(const struct lh_hash *network_id, const char *origin,
                               const lhpb_Body *body, struct lh_chain *out,
                               struct lh_err *err) LH_MUST_CHECK;
/** The head after the block at `height` (0: `start`), from its header and the stored nodes. */
enum lh_code lh_shelf_load_head(const struct lh_shelf *shelf, struct lh_suite *suite,
                                const struct lh_chain *start, uint64_t height, struct lh_chain *out,
                                struct lh_err *err) LH_MUST_CHECK;
/** The same for this ledger's network and origin. */
enum lh_code lh_ledger_chain_of(const struct lh_ledger *ledger, const lhpb_Body *body,
                                struct lh_chain *out, struct lh_err *err) LH_MUST_CHECK;
/** Judge store against guard; sets state, chain, head, seal, witness tick and roster. */
enum lh_code lh_ledger_recover(struct lh_ledger *ledger, char *out_why,
                               struct lh_err *err) LH_MUST_CHECK;
/** Empty chain of a stored ledger, from its first leaf. */
enum lh_code lh_ledger_load_start(const struct lh_ledger *ledger, struct lh_chain *out,
                                  struct lh_err *err) LH_MUST_CHECK;
/** Decode a stored entry leaf; LH_ERR_CORRUPT if it is none. `out_leaf` backs the rest. */
enum lh_code lh_ledger_decode_entry(struct lh_bytes bytes, uint64_t index, lhpb_Leaf *out_leaf,
                                    lhpb_Body *out_body, struct lh_err *err) LH_MUST_CHECK;

#endif
