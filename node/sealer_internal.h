#ifndef LH_NODE_SEALER_INTERNAL_H
#define LH_NODE_SEALER_INTERNAL_H

/*
 * What the files of the committer share: sealer.c takes events from the queue, judges them and
 * seals; sealer_journal.c keeps them while nothing can be sealed, lets blocks take them later, and
 * begins the next generation. All but the queue belongs to the committer's thread.
 */

#include "ledger/chain.h"
#include "node/sealer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdnoreturn.h>

enum { LH_SEALER_TABLE = 2 * LH_BLOCK_ENTRIES_MAX }; /* a power of two: half empty at worst */

struct lh_sealer {
    struct lh_sealer_options options;
    struct lh_suite *suite;
    uint64_t seed; /* of the batch table's hash */

    pthread_mutex_t lock;
    pthread_cond_t is_wanted;
    struct lh_intake *first;
    struct lh_intake *last;
    size_t count;
    struct lh_errand *errands; /* first, and where the next goes */
    struct lh_errand **errands_end;
    bool is_stopping;
    bool is_to_look; /* the committer, at the journal */
    struct lh_clock_watch watch;
    int64_t last_block_mono_ms;
    _Atomic int state;
    _Atomic bool is_clock_stepped;
    _Atomic bool is_superseded; /* a new generation has begun: nothing more is taken */

    /* the committer's own */
    bool is_in_doubt;   /* the clock, for this batch */
    bool is_waiting;    /* for others */
    bool is_journaling; /* what this batch holds goes to the journal */
    lhpb_Leaf leaf;     /* scratch */
    struct lh_intake *table[LH_SEALER_TABLE];
    struct lh_intake *block[LH_BLOCK_ENTRIES_MAX];
    struct lh_ledger_item items[LH_BLOCK_ENTRIES_MAX];
    struct lh_journal_item kept[LH_BLOCK_ENTRIES_MAX];
    struct lh_signer *recorder;
    struct lh_ledger *next; /* the generation begun; closed with us */
    bool is_started;
    pthread_t thread;
};

int64_t lh_sealer_wall_now(const struct lh_sealer *sealer);
int64_t lh_sealer_mono_now(const struct lh_sealer *sealer);
/** What is on disk is not known, or not what it was: end without another word to anybody. */
noreturn void lh_sealer_end_process(struct lh_sealer *sealer, enum lh_code rc,
                                    const struct lh_err *err);
/** The wall clock, or what it would show had it not jumped: whichever the event fits. */
bool lh_sealer_check_roster(struct lh_sealer *sealer, struct lh_intake *intake,
                            int64_t *out_now_unix_ms);
/** (source, id) stands in the ledger: settle a duplicate and a conflict; true: it is new. */
bool lh_sealer_check_ledger(struct lh_sealer *sealer, struct lh_intake *intake);
bool lh_sealer_encode_leaf(struct lh_sealer *sealer, struct lh_intake *intake, int64_t now_unix_ms);
void lh_sealer_reject_conflict(struct lh_sealer *sealer, struct lh_intake *intake);
/** Room for the proofs of a block; NULL: out of memory. */
struct lh_sealed *lh_sealer_sealed_new(size_t count);
/** What receipts of the block just sealed show of headers. Where it cannot be read, the block's
 * receipts fail, and whoever asks again is answered from the store. */
void lh_sealer_show_headers(struct lh_sealer *sealer, struct lh_ledger *ledger,
                            struct lh_sealed *sealed);

/* ---- sealer_journal.c ---- */

/** As lh_sealer_check_ledger, of the journal. */
bool lh_sealer_check_journal(struct lh_sealer *sealer, struct lh_intake *intake);
/** Keep the first `count` of `block`, or refuse them. */
void lh_sealer_keep_block(struct lh_sealer *sealer, size_t count);
/** Seal what the journal holds, in its order. */
void lh_sealer_adopt(struct lh_sealer *sealer);
/** This event begins a generation, which ends state SUSPECT. */
bool lh_sealer_is_founding(const struct lh_sealer *sealer, const struct lh_intake *intake);
/** Begin it, or refuse the event. */
void lh_sealer_found(struct lh_sealer *sealer, struct lh_intake *intake);
/** At the start: let the journal's entries change the roster, and doubt the clock if they do. */
enum lh_code lh_sealer_open_journal(struct lh_sealer *sealer, struct lh_err *err) LH_MUST_CHECK;

#endif
