#ifndef LH_LEDGER_REPLAY_H
#define LH_LEDGER_REPLAY_H

/*
 * Replay: judge an archive frame by frame, from its bytes alone. The genesis gives the network id
 * and the founders, epochs that it carries or that the judge gave who is a member later; the first
 * leaf of a ledger gives its seal key; every block is judged by the chain rules, every entry by the
 * rules of entries, in ledger order.
 *
 *  1. What breaks a rule is a finding, not an error: errors are for our own troubles (memory).
 *  2. `failed` and `cannot tell` are kept apart; the second never hides the first.
 *  3. The findings do not depend on how signature checks are scheduled: every check is made, and of
 *     many findings the lowest positions are kept.
 *  4. Nobody's clock or setting enters the verdict; a pinned network id or seal key does, as a rule
 *     of its own.
 *
 * Pure and without threads: checks of signatures are handed to a pool (default: made at once).
 * Memory: one block, the keys of two ledgers, and 40 bytes for each private part of a ledger that
 * is absent where all should be here.  Spec: specs/ledger.md 11.
 */

#include "ledger/archive.h"
#include "ledger/chain.h"
#include "ledger/epochs.h"
#include "ledger/roster.h"

enum {
    LH_REPLAY_FINDINGS_MAX = 100, /* kept; all are counted */
    LH_REPLAY_LEDGERS_MAX = 4096,
    LH_REPLAY_TEXT_MAX = 256,
};

/* Generation.reason: it went on from a restored store, vouched for by its own officers alone. */
enum { LH_REPLAY_UNSAFE_RESTORE = 6 };

/* Not about a leaf; not about a ledger but the network or the archive. */
#define LH_REPLAY_NO_INDEX UINT64_MAX
#define LH_REPLAY_NO_LEDGER SIZE_MAX

/* Where in the archive, and the last checkpoint that stands before it. */
struct lh_replay_place {
    size_t ledger;        /* counted in the order of the archive, or LH_REPLAY_NO_LEDGER */
    uint64_t index;       /* leaf, or LH_REPLAY_NO_INDEX */
    uint64_t good_size;   /* of the checkpoint before; 0: none */
    uint64_t good_height; /* of its block */
};

struct lh_replay_finding {
    enum lh_code code;                /* LH_ERR_FORGED: failed; LH_ERR_UNKNOWN: cannot tell */
    const struct lh_chain_rule *rule; /* a chain rule or one of lh_replay_rule_at */
    struct lh_replay_place place;
    char text[LH_REPLAY_TEXT_MAX];
};

/* Findings sorted: failed before cannot tell, then by ledger (those of none first), leaf (those of
 * none last) and rule; the first ones kept. */
struct lh_replay_findings {
    uint64_t failed_count;
    uint64_t unknown_count;
    size_t kept_count;
    struct lh_replay_finding kept[LH_REPLAY_FINDINGS_MAX];
};

void lh_replay_findings_init(struct lh_replay_findings *findings);
void lh_replay_findings_add(struct lh_replay_findings *findings, enum lh_code code,
                            const struct lh_chain_rule *rule, const struct lh_replay_place *place,
                            const char *text);
void lh_replay_findings_merge(struct lh_replay_findings *findings,
                              const struct lh_replay_findings *more);

/**
 * The first one but those that leave open whether an epoch that the archive carries was certified
 * (T04, cannot tell): for who asks just that, or knows it otherwise. NULL: none else.
 */
const struct lh_replay_finding *lh_replay_findings_beyond_epochs(
    const struct lh_replay_findings *findings);

/** The rules of archives, entries and trust; those of blocks are in ledger/chain.h. */
size_t lh_replay_rule_count(void);
const struct lh_chain_rule *lh_replay_rule_at(size_t index);

/* Room for what an entry's signers sign, and for the text of a checkpoint. */
enum { LH_REPLAY_MESSAGE_MAX = LH_CHECKPOINT_TEXT_MAX };

/* One signature to check: values, but for the verifier, which lives until the pool was drained. */
struct lh_replay_check {
    const struct lh_verifier *verifier;
    const struct lh_chain_rule *rule; /* E03 of an entry, B17 of a seal */
    struct lh_replay_place place;
    struct lh_sig sig;
    size_t message_len;
    uint8_t message[LH_REPLAY_MESSAGE_MAX];
};

/** Make one check; a signature that fails becomes a finding. Any thread, with findings of its own.
 */
void lh_replay_check_run(const struct lh_replay_check *check, struct lh_replay_findings *findings);

/* Who makes the checks. */
struct lh_replay_pool {
    /* Take over `count` checks (copied). May return before they are made. */
    enum lh_code (*submit)(void *arg, const struct lh_replay_check *checks, size_t count,
                           struct lh_err *err);
    /* Wait until every check is made and merge what failed since the last time into `into`. */
    enum lh_code (*drain)(void *arg, struct lh_replay_findings *into, struct lh_err *err);
    void *arg;
};

/* The head of a ledger that was verified before. */
struct lh_replay_mark {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size; /* not 0 */
    struct lh_hash root;
};

/* What the judge verified before, signatures and all: heads of one network. */
struct lh_replay_past {
    struct lh_hash network_id;
    const struct lh_replay_mark *marks;
    size_t count;
};

/* Network id, seals, epochs and past are borrowed until lh_replay_end, what is behind the pool
 * until lh_replay_free. */
struct lh_replay_options {
    bool with_signatures;             /* false: of all signatures only the last seal of a ledger */
    const struct lh_hash *network_id; /* pinned; NULL: the archive's own genesis counts */
    const struct lh_note_key *seals;  /* pinned: name is the origin */
    size_t seal_count;
    const struct lh_bytes *epochs; /* certified proposals behind the genesis, in order; rule T04 */
    size_t epoch_count;
    const struct lh_replay_past *past; /* NULL: nothing; rule T03 */
    const struct lh_replay_pool *pool; /* NULL: check at once */
};

struct lh_replay;

enum lh_code lh_replay_new(struct lh_replay **out, const struct lh_replay_options *options,
                           struct lh_err *err) LH_MUST_CHECK;
/** Drains the pool first, whatever came before. */
void lh_replay_free(struct lh_replay *replay);
/** Judge the next frame. Findings are not errors; LH_ERR_NOMEM, LH_ERR_LIMIT and what the pool
 * says. */
enum lh_code lh_replay_feed(struct lh_replay *replay, const struct lh_archive_frame *frame,
                            struct lh_err *err) LH_MUST_CHECK;
/**
 * The stream is over: `why` is what lh_archive_next said last, LH_ERR_NOT_FOUND after a proper end.
 * LH_ERR_INVALID and LH_ERR_UNKNOWN become findings with `text`; other codes come back.
 */
enum lh_code lh_replay_end(struct lh_replay *replay, enum lh_code why, const char *text,
                           struct lh_err *err) LH_MUST_CHECK;

const struct lh_replay_findings *lh_replay_findings(const struct lh_replay *replay);
/** NULL before a readable genesis frame. */
const struct lh_genesis *lh_replay_genesis(const struct lh_replay *replay);
/** The epochs that the judge gave and the archive carries, 0 to the newest; NULL likewise. */
const struct lh_epochs *lh_replay_epochs(const struct lh_replay *replay);
/** The suite that the archive is hashed with, for the thread that feeds it; NULL likewise. */
struct lh_suite *lh_replay_suite(const struct lh_replay *replay);

/* What is known of one ledger: its head after the last block that holds. */
struct lh_replay_ledger {
    char origin[LH_ORIGIN_MAX + 1];
    unsigned reason; /* Generation.reason; 0: its GENERATION was not readable */
    bool has_seal;   /* its GENERATION was readable */
    struct lh_pubkey seal;
    uint64_t leaf_count;  /* leaf frames in the archive */
    uint64_t entry_count; /* entries in blocks that hold the chain rules */
    uint64_t height;
    uint64_t size;
    struct lh_hash root;
    struct lh_hash header;       /* leaf hash of the last header */
    struct lh_hash epoch;        /* that it names, */
    struct lh_hash epoch_before; /* and that the one before it names; of the first one its own */
    /* What its GENERATION says of the one before; size 0: nothing. */
    char prev_origin[LH_ORIGIN_MAX + 1];
    uint64_t prev_size;
    struct lh_hash prev_root;
    struct lh_hash prev_header;
    int64_t time_unix_ms;
    uint64_t taken_size; /* its first leaves are those of the past; 0: none are */
    bool keeps_private;  /* the archive says that its private parts are all here */
    bool may_hide_erase; /* once it is over: an entry of it could not be read */
    bool is_stopped; /* a block broke a chain rule, or the ledger never began: the rest is unjudged
                      */
};

size_t lh_replay_ledger_count(const struct lh_replay *replay);
const struct lh_replay_ledger *lh_replay_ledger_at(const struct lh_replay *replay, size_t index);
/** Signatures of entries and seals checked or handed out so far. */
uint64_t lh_replay_signature_count(const struct lh_replay *replay);
/** Signatures of entries that were not checked because they were in the past. */
uint64_t lh_replay_taken_count(const struct lh_replay *replay);
uint64_t lh_replay_private_count(const struct lh_replay *replay);

#endif
