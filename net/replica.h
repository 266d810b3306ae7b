#ifndef LH_NET_REPLICA_H
#define LH_NET_REPLICA_H

/*
 * The ledgers of a network as one node holds them: its own and those of the others, each from its
 * first leaf to a head.
 *
 *   1. Nothing is kept that was not judged: every rule of appending, seal included, and the first
 *      leaf under the officers of the epoch that the first header names.
 *   2. A head is what the store has: it moves when the store has said so, not before.
 *   3. A ledger that was convicted stays convicted, and goes on being held
 *      along the branch that was here first.
 *   4. What the store cannot keep of one ledger changes nothing of it and of no other.
 *
 * No socket, clock or store of its own.  Spec: specs/network.md 7.
 */

#include "ledger/chain.h"
#include "ledger/epochs.h"
#include "ledger/genesis.h"
#include "net/evidence.h"

/** What is kept of a ledger beside its leaves, one value of each kind. */
enum lh_replica_note {
    LH_REPLICA_EVIDENCE,   /* text of net/evidence.h */
    LH_REPLICA_COSIGNED,   /* the signed checkpoint of the head that we cosigned last */
    LH_REPLICA_WITNESSED,  /* the newest checkpoint that k witnesses cosigned, with their lines */
    LH_REPLICA_FINAL,      /* own ledger: the newest that two mirrors cosigned as well */
    LH_REPLICA_FLOOR,      /* under "network/department": what net/pledge promised about it */
    LH_REPLICA_PROMISES,   /* own ledger: those that let this generation begin (net/promise.h) */
    LH_REPLICA_GOVERNANCE, /* the votes that were found in it (net/votes); under keys that are no
                              origin: epochs and proposals (net/governance) */
};
enum { LH_REPLICA_NOTE_COUNT = 7 };

/** A node of the tree that a block completes. */
struct lh_replica_node {
    unsigned level;
    uint64_t index;
    struct lh_hash hash;
};

/**
 * Where replicas are kept. A call that changes something has it on disk, whole, when it returns
 * LH_OK; after any other answer nothing of it is there. Any code of enum lh_code may come back.
 */
struct lh_replica_store {
    void *arg;
    /* The ledger at this place, counted from 0: its chain after the last block (the verifier of the
     * seal is not looked at) and that block's signed checkpoint. LH_ERR_NOT_FOUND: no more. */
    enum lh_code (*load)(void *arg, size_t place, struct lh_chain *out, struct lh_buf *checkpoint,
                         struct lh_err *err);
    /* Keep a block. `next` is the head after it, origin and all; `nodes` are those it completes,
     * leaves included. Never called for a ledger that we write. */
    enum lh_code (*append)(void *arg, const struct lh_block *block, const struct lh_chain *next,
                           const struct lh_replica_node *nodes, size_t node_count,
                           struct lh_err *err);
    /* Append leaves from `index` on, each behind its length as u16 (lh_part_add): as many as have
     * room in `room` bytes, none beyond the end of their block. LH_ERR_NOT_FOUND: no such leaf. */
    enum lh_code (*leaves)(void *arg, const char *origin, uint64_t index, size_t room,
                           struct lh_buf *out, struct lh_err *err);
    /* Append the signed checkpoint of the block that holds leaf `index`, and say its size. */
    enum lh_code (*seal)(void *arg, const char *origin, uint64_t index, struct lh_buf *out,
                         uint64_t *out_size, struct lh_err *err);
    /* A complete node. */
    enum lh_code (*node)(void *arg, const char *origin, struct lh_hash *out, unsigned level,
                         uint64_t index, struct lh_err *err);
    /* Keep a note in place of the one before; read it into `out` (replaced), LH_ERR_NOT_FOUND. */
    enum lh_code (*put_note)(void *arg, const char *origin, enum lh_replica_note kind,
                             struct lh_bytes note, struct lh_err *err);
    enum lh_code (*get_note)(void *arg, const char *origin, enum lh_replica_note kind,
                             struct lh_buf *out, struct lh_err *err);
};

/** One ledger; its place among the others never changes. */
struct lh_replica_ledger {
    char origin[LH_ORIGIN_MAX + 1];
    char department[LH_CODE_MAX + 1];
    uint32_t generation;
    bool is_own;              /* of our department, and we write it */
    bool is_begun;            /* its first leaf is known: `chain` has a seal */
    uint64_t witnessed_size;  /* of the note LH_REPLICA_WITNESSED; 0: none */
    bool is_tainted;          /* evidence against it is kept */
    struct lh_chain chain;    /* the head; chain.tree.size leaves are held */
    struct lh_hash root;      /* of the head */
    struct lh_buf checkpoint; /* signed, of the head; empty: no block yet */
};

struct lh_replica_options {
    LH_KEEPS struct lh_suite *suite;
    LH_KEEPS const struct lh_genesis *genesis;
    const char *department; /* our own; copied */
    /* Our own ledgers were lost: they are filled from others as all others are, and not written. */
    bool is_restoring;
    struct lh_replica_store store;
};

struct lh_replica;

/** Loads what the store has. LH_ERR_NOMEM, and what the store says. */
enum lh_code lh_replica_new(struct lh_replica **out, const struct lh_replica_options *options,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_replica_free(struct lh_replica *replica);

struct lh_suite *lh_replica_suite(const struct lh_replica *replica);
const struct lh_genesis *lh_replica_genesis(const struct lh_replica *replica);
const char *lh_replica_department(const struct lh_replica *replica);
size_t lh_replica_count(const struct lh_replica *replica);
/** Borrowed until the next call that changes a ledger. */
const struct lh_replica_ledger *lh_replica_at(const struct lh_replica *replica, size_t place);
/** NULL: nothing is known of it. */
const struct lh_replica_ledger *lh_replica_find(const struct lh_replica *replica,
                                                const char *origin);
/** The newest generation of our own ledger; NULL before its first block. */
const struct lh_replica_ledger *lh_replica_own(const struct lh_replica *replica);
/** A ledger of ours that we write: nobody else fills it. */
bool lh_replica_is_written(const struct lh_replica *replica, const char *origin);
/** A ledger that a member of this network may have, by any epoch that is known. */
bool lh_replica_is_possible(const struct lh_replica *replica, const char *origin);

/** By which epochs a head is judged. */
struct lh_replica_epoch {
    uint64_t first;                   /* the leaf that its block begins with */
    const struct lh_members *members; /* of the epoch that its header names */
    const struct lh_members *before;  /* a transition head: of the epoch before; else NULL */
};
/**
 * The epochs of a head that is held; borrowed as long as the epochs live. LH_AGAIN: its header, or
 * the one before, names an epoch that is not known here; LH_ERR_NOT_FOUND: it is not held, or no
 * block ends there; what the store says. Cost: two leaves read.  Spec: specs/trust.md 5.3.
 */
enum lh_code lh_replica_epoch_of(const struct lh_replica *replica, struct lh_replica_epoch *out,
                                 const char *origin, uint64_t size,
                                 struct lh_err *err) LH_MUST_CHECK;
/**
 * The smallest transition head above size `above`, a head or 0, of a ledger; 0: there is none.
 * Errors as of lh_replica_epoch_of. Cost: two leaves read while the epoch is the same, else one for
 * each block above.
 */
enum lh_code lh_replica_transition(const struct lh_replica *replica, uint64_t *out,
                                   const char *origin, uint64_t above,
                                   struct lh_err *err) LH_MUST_CHECK;
/**
 * The smallest transition head of a ledger above its newest witnessed checkpoint and above size
 * `passed`; 0: there is none. What was looked at once is not read again. Errors as of
 * lh_replica_transition.
 */
enum lh_code lh_replica_pending(struct lh_replica *replica, uint64_t *out, const char *origin,
                                uint64_t passed, struct lh_err *err) LH_MUST_CHECK;
/** From now on headers may name these epochs; before, and with NULL, that of the genesis file
 * alone. */
void lh_replica_set_epochs(struct lh_replica *replica, LH_KEEPS const struct lh_epochs *epochs);
/** Those epochs. The places of departments in the tables of net/ are theirs. */
const struct lh_epochs *lh_replica_epochs(const struct lh_replica *replica);
/**
 * Judge a block as the next one of a ledger of another department and keep it. LH_ERR_FORGED: who
 * sent it is to blame, it bears no seal of that ledger; LH_ERR_CONFLICT: the seal is that of the
 * ledger, but it does not seal what follows our head; LH_ERR_UNKNOWN: it does, and what it seals is
 * no block, which is its department's doing (lh_replica_accuse), or it is the first and of a newer
 * schema; LH_AGAIN: its header names an epoch that is not known here yet; LH_ERR_DENIED: of our own
 * department; LH_ERR_INVALID: of no ledger that there may be; what the store says.
 */
enum lh_code lh_replica_append(struct lh_replica *replica, const char *origin,
                               const struct lh_block *block, struct lh_err *err) LH_MUST_CHECK;
/**
 * Our own ledger has this block from now on: it is on disk and released. It is judged like any
 * other; LH_ERR_FORGED: it does not follow.
 */
enum lh_code lh_replica_seal(struct lh_replica *replica, const char *origin,
                             const struct lh_block *block, struct lh_err *err) LH_MUST_CHECK;

/** Is `note` a head of the ledger `origin`, under its seal? As lh_checkpoint_verify;
 * LH_ERR_NOT_FOUND: the seal is not known yet. Cost: one signature. */
enum lh_code lh_replica_verify(const struct lh_replica *replica, struct lh_checkpoint *out,
                               const char *origin, struct lh_bytes note,
                               struct lh_err *err) LH_MUST_CHECK;
/** Root of the first `size` leaves; LH_ERR_NOT_FOUND beyond the head; what the store says. */
enum lh_code lh_replica_root(const struct lh_replica *replica, const char *origin, uint64_t size,
                             struct lh_hash *out, struct lh_err *err) LH_MUST_CHECK;
/** How the tree of `size`, at most the head's, follows from its first `old` leaves. */
enum lh_code lh_replica_prove(const struct lh_replica *replica, const char *origin, uint64_t old,
                              uint64_t size, struct lh_proof *out,
                              struct lh_err *err) LH_MUST_CHECK;

/** Reading for others: as in struct lh_replica_store. */
enum lh_code lh_replica_leaves(const struct lh_replica *replica, const char *origin, uint64_t index,
                               size_t room, struct lh_buf *out, struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_replica_block_seal(const struct lh_replica *replica, const char *origin,
                                   uint64_t index, struct lh_buf *out, uint64_t *out_size,
                                   struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_replica_put_note(struct lh_replica *replica, const char *origin,
                                 enum lh_replica_note kind, struct lh_bytes note,
                                 struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_replica_get_note(const struct lh_replica *replica, const char *origin,
                                 enum lh_replica_note kind, struct lh_buf *out,
                                 struct lh_err *err) LH_MUST_CHECK;

/**
 * Append evidence that a block breaks a rule, which was refused with LH_ERR_UNKNOWN as the next one
 * of this ledger. LH_ERR_NOT_FOUND: no rule that a few leaves show; LH_ERR_LIMIT: they are too long
 * for evidence; LH_ERR_FORGED, LH_ERR_INVALID: it is no such block; LH_ERR_NOMEM; what the store
 * says. Cost: the block's hashes, and at most five proofs.
 */
enum lh_code lh_replica_accuse(const struct lh_replica *replica, const char *origin,
                               const struct lh_block *block, struct lh_buf *out,
                               struct lh_err *err) LH_MUST_CHECK;
/**
 * Verify evidence against a ledger of this network, keep it and taint the ledger. `out_place` says
 * which. LH_AGAIN: evidence against that ledger is kept already, this one was not looked at;
 * LH_ERR_FORGED, LH_ERR_INVALID, LH_ERR_UNKNOWN, LH_ERR_LIMIT: it proves nothing; what the store
 * says. Cost: six signatures.
 */
enum lh_code lh_replica_convict(struct lh_replica *replica, struct lh_bytes text, size_t *out_place,
                                struct lh_err *err) LH_MUST_CHECK;

#endif
