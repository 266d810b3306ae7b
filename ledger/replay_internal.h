#ifndef LH_LEDGER_REPLAY_INTERNAL_H
#define LH_LEDGER_REPLAY_INTERNAL_H

/* What the parts of replay share: replay.c walks the archive, replay_entry.c judges entries,
 * replay_private.c what belongs to them, replay_past.c what was verified before, replay_epoch.c in
 * which epoch it is. */

#include "ledger/replay.h"

enum { LH_REPLAY_BATCH = 64 };

/* The ledger being replayed. */
struct lh_replay_stage {
    struct lh_origin origin;
    struct lh_roster *roster;
    struct lh_chain chain;
    bool has_chain;
    struct lh_verifier *seal; /* of the chain's seal key */
    bool has_last_seal;       /* without signatures: the seal of the last block, not checked yet */
    struct lh_replay_check last_seal;
    bool may_lack_keys; /* an entry of a newer schema came by, or the generation before did not */
    const struct lh_replay_mark *mark; /* not reached yet; NULL: no, or it was */
    struct lh_buf awaited; /* private parts of the block just judged: u64 index || H(body) */
    bool is_here[LH_BLOCK_ENTRIES_MAX]; /* by place in the block: its private part came */
    struct lh_buf absent;               /* those that did not come: u64 index || H(body) */
};

/* What the ledger before ended with: the generation that continues it starts there. */
struct lh_replay_before {
    struct lh_roster *roster; /* NULL: none, or it went on */
    size_t ledger;            /* its place in the archive */
    struct lh_hash epoch;     /* that its last header named */
    bool may_lack_keys;
};

/* A private part that is absent, and what an ERASE covers. */
struct lh_replay_absent {
    uint64_t index;
    size_t ledger;
    struct lh_hash hash;
};
struct lh_replay_erased {
    struct lh_hash hash;
    size_t ledger; /* where the ERASE stands */
};

struct lh_replay {
    struct lh_replay_options options;
    struct lh_replay_pool pool; /* what options.pool points to, where there is one */
    struct lh_suite *suite;     /* NULL before the genesis */
    struct lh_genesis *genesis;
    struct lh_epochs *epochs;
    size_t given_count;   /* of these the judge gave, the genesis among them */
    size_t carried_count; /* epoch frames that came, and fit */
    bool is_epochs_over;  /* one of them did not fit */
    struct lh_replay_findings findings;
    uint64_t signature_count;
    uint64_t taken_count;
    uint64_t private_count;

    struct lh_replay_ledger *ledgers;
    size_t ledger_count;
    size_t ledger_capacity;
    bool is_beyond; /* there are more ledgers than are judged: A05 was said */
    struct lh_replay_stage stage;
    struct lh_replay_before before;
    struct lh_buf absent; /* of ledgers that are over: struct lh_replay_absent */
    struct lh_buf erased; /* what ERASE entries cover: struct lh_replay_erased */

    /* the block being gathered */
    struct lh_buf block;
    size_t leaf_count;
    size_t ends[LH_BLOCK_ENTRIES_MAX + 1]; /* leaf i ends here in `block` */
    struct lh_bytes leaves[LH_BLOCK_ENTRIES_MAX + 1];
    uint64_t block_first; /* index of its first leaf; kept until the next block begins */
    bool is_block_closed;
    bool is_block_too_long; /* more leaves came than a block may have */

    size_t batch_count;
    struct lh_replay_check batch[LH_REPLAY_BATCH];
    struct lh_err trouble; /* our own, met inside a listener; code LH_OK while there is none */
};

/** The ledger being replayed; it exists once a ledger frame came. */
struct lh_replay_ledger *lh_replay_current(struct lh_replay *replay);
/** The place of a leaf of the current ledger. */
struct lh_replay_place lh_replay_place_of(const struct lh_replay *replay, uint64_t index);
/** Add a finding about the current ledger by the id of its rule. */
void lh_replay_find(struct lh_replay *replay, enum lh_code code, const char *rule_id,
                    uint64_t index, const char *text);

/**
 * Take the first leaf of a ledger: GENERATION, which names the seal key. Sets up the chain, or adds
 * the findings that say why not and leaves has_chain false.
 */
enum lh_code lh_replay_open_chain(struct lh_replay *replay, struct lh_bytes leaf,
                                  struct lh_err *err) LH_MUST_CHECK;
/** Judge one entry in ledger order and take in what it changes; a chain listener. */
void lh_replay_on_entry(void *arg, uint64_t index, const lhpb_Entry *entry);
/* Epochs: */
/** The genesis is known: take those that the judge gave. */
enum lh_code lh_replay_begin_epochs(struct lh_replay *replay, struct lh_err *err) LH_MUST_CHECK;
/** An epoch frame. */
enum lh_code lh_replay_take_epoch(struct lh_replay *replay, struct lh_bytes proposal,
                                  struct lh_err *err) LH_MUST_CHECK;
/** In some epoch that is known the department is a member. */
bool lh_replay_is_member(const struct lh_replay *replay, const char *department);
/** A ledger begins anew: the keys of the epoch that the header of the gathered block names. */
enum lh_code lh_replay_begin_roster(struct lh_replay *replay, struct lh_err *err) LH_MUST_CHECK;
/** A block was good; its header, leaf `index`, may go on to another epoch, the one of `next`. */
enum lh_code lh_replay_enter(struct lh_replay *replay, const struct lh_chain *next, uint64_t index,
                             bool is_unknown, struct lh_err *err) LH_MUST_CHECK;
/** Room for so many more checks in the batch, handing out what is there if need be. */
enum lh_code lh_replay_make_room(struct lh_replay *replay, size_t count,
                                 struct lh_err *err) LH_MUST_CHECK;
/** Hand the gathered checks out. */
enum lh_code lh_replay_flush(struct lh_replay *replay, struct lh_err *err) LH_MUST_CHECK;
/** Queue the check of the seal on the checkpoint of the block just judged, whose header is leaf
 * `index`. */
enum lh_code lh_replay_seal(struct lh_replay *replay, const struct lh_note *note, uint64_t index,
                            struct lh_err *err) LH_MUST_CHECK;
/** The ledger is over: queue the last seal, if that is still to be checked. */
enum lh_code lh_replay_last_seal(struct lh_replay *replay, struct lh_err *err) LH_MUST_CHECK;
/** The rule of that id, of a block or of replay. */
const struct lh_chain_rule *lh_replay_rule_find(const char *id);
/** Judge a private part against entry `index` of the block just closed. */
enum lh_code lh_replay_private(struct lh_replay *replay, struct lh_bytes content,
                               struct lh_err *err) LH_MUST_CHECK;
/** A ledger begins: where its mark of the past stands, if there is one. */
void lh_replay_find_mark(struct lh_replay *replay);
/** The signatures of a leaf were verified before, if the root at the mark is the same. */
bool lh_replay_is_past(const struct lh_replay *replay, uint64_t index);
/** A block was taken in: hold its head against the mark. */
void lh_replay_judge_mark(struct lh_replay *replay);
/** The ledger is over: it may end before its mark. */
void lh_replay_end_mark(struct lh_replay *replay);
/** The archive is over: ledgers of the past that it lacks, or a past of another network. */
void lh_replay_judge_past(struct lh_replay *replay);
/* Where an archive keeps private parts, of each entry one is awaited until the next block: */
/** An entry is being judged: await its private part, if it has one. */
enum lh_code lh_replay_await(struct lh_replay *replay, uint64_t index, const lhpb_Entry *entry,
                             struct lh_err *err) LH_MUST_CHECK;
/** A good ERASE came: what it covers may be absent. */
enum lh_code lh_replay_erase(struct lh_replay *replay, const lhpb_Erase *erase,
                             struct lh_err *err) LH_MUST_CHECK;
/** The block is over: what is awaited still is absent. */
enum lh_code lh_replay_settle(struct lh_replay *replay, struct lh_err *err) LH_MUST_CHECK;
/** The ledger is over, and it was read whole: remember what is absent. */
enum lh_code lh_replay_note_absent(struct lh_replay *replay, struct lh_err *err) LH_MUST_CHECK;
/** The archive is over, and it was read whole: find what is absent and not erased. */
void lh_replay_judge_absent(struct lh_replay *replay);

#endif
