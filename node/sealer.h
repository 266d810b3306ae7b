#ifndef LH_NODE_SEALER_H
#define LH_NODE_SEALER_H

/*
 * The committer: the one thread that appends. It takes everything that waits (at most one block),
 * throws out duplicates and what may not be recorded now, seals the rest, and settles each event.
 * While a block is on its way to the disk the next one gathers: group commit without a timer.
 *
 *  1. An event is settled exactly once, on the committer's thread, after the block that holds it is
 *     released, or after it is on disk in the journal; no reply leaves before that.
 *  2. (source, id) is unique: against the ledger, the journal and inside the batch.
 *  3. An entry that changes the roster closes its block, so that what follows is judged by it.
 *  4. While the ledger is suspect, others are to be heard first, or the clocks parted and no
 *     operator has confirmed, nothing is sealed: entries go to the journal, and blocks take them
 *     from there afterwards.
 *  5. A failed commit ends the process at once: nobody is told anything that is not on the disk.
 */

#include "crypto/base/time.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "node/intake.h"
#include "node/log.h"
#include "node/metrics.h"

enum { LH_EXIT_CORRUPT = 4, LH_EXIT_IO = 5 };

struct lh_sealer;

/* A write of another kind, between two blocks: the store takes batches from one thread. */
struct lh_errand {
    struct lh_errand *next;
    /* On the committer's thread; what carries it may be gone when it returns. A failure ends the
     * process, as that of a block does. */
    enum lh_code (*run)(struct lh_errand *errand, struct lh_err *err);
};

struct lh_sealer_options {
    struct lh_ledger *ledger;             /* LH_KEEPS */
    struct lh_journal *journal;           /* LH_KEEPS */
    const struct lh_ledger_options *next; /* LH_KEEPS; what a next generation is opened with, but
                                             for its number and its seal key */
    const char *data;          /* LH_KEEPS; the directory with keys/seal-<generation>.pem */
    const char *recorder_path; /* until lh_sealer_new returns */
    const struct lh_intake_rules *rules; /* LH_KEEPS */
    struct lh_metrics *metrics;          /* LH_KEEPS */
    struct lh_log *log;                  /* LH_KEEPS */
    struct lh_clock clock;
    size_t queue_count_max;
    /* Hears of an event whose identity is taken by other content, before it is settled. */
    void (*on_conflict)(void *arg, const struct lh_intake *intake);
    /* A block is on disk and released. NULL: nobody asks. */
    void (*on_sealed)(void *arg);
    /* Does a GENERATION that names promises say what was promised? LH_ERR_INVALID, in words. And is
     * there nothing yet that was? From the committer's thread. NULL: no peers. */
    enum lh_code (*check_promises)(void *arg, const lhpb_Generation *generation,
                                   struct lh_err *err);
    bool (*is_unpromised)(void *arg);
    /* Nothing is to be sealed for now: others are still to be heard. From the committer's thread,
     * which lh_sealer_look tells when that is over. NULL: nobody is waited for. */
    bool (*is_waiting)(void *arg);
    void *arg;
};

/** Starts the thread. */
enum lh_code lh_sealer_new(struct lh_sealer **out, const struct lh_sealer_options *options,
                           struct lh_err *err) LH_MUST_CHECK;
/** Settles what waits, then ends the thread. */
void lh_sealer_free(struct lh_sealer *sealer);
/**
 * Hand in `count` events, linked by `next`, in their order; all or none. False: the queue is full.
 * From any thread that has ended, or does this no more, when lh_sealer_free is called.
 */
bool lh_sealer_submit(struct lh_sealer *sealer, struct lh_intake *first, struct lh_intake *last,
                      size_t count) LH_MUST_CHECK;
/** Have it run, after what came before. From any thread; the caller bounds how many there are. */
void lh_sealer_send(struct lh_sealer *sealer, struct lh_errand *errand);
size_t lh_sealer_depth(struct lh_sealer *sealer);
/** State of the ledger, safe from any thread. */
enum lh_ledger_state lh_sealer_state(struct lh_sealer *sealer);
bool lh_sealer_is_clock_stepped(struct lh_sealer *sealer);
/** An operator has looked at the clock: go on from here. */
void lh_sealer_confirm_clock(struct lh_sealer *sealer);
/** What kept it from sealing may be over. From any thread. */
void lh_sealer_look(struct lh_sealer *sealer);
/** A next generation has begun: this node is to be opened anew. */
bool lh_sealer_is_superseded(struct lh_sealer *sealer);
/** Monotonic time of the last block (of the start, before the first). */
int64_t lh_sealer_last_block_mono_ms(struct lh_sealer *sealer);

/* Two clocks and what they showed together last; they may part by LH_CLOCK_STEP_MS. */
enum { LH_CLOCK_STEP_MS = 5 * 60 * 1000 };
struct lh_clock_watch {
    int64_t wall_unix_ms;
    int64_t mono_ms;
    bool is_stepped;
};
/** Look again. Once they have parted they stay so until `confirm`. Returns is_stepped. */
bool lh_clock_watch_look(struct lh_clock_watch *watch, int64_t wall_unix_ms, int64_t mono_ms);
void lh_clock_watch_confirm(struct lh_clock_watch *watch, int64_t wall_unix_ms, int64_t mono_ms);

#endif
