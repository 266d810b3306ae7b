#ifndef LH_NODE_LEVELS_H
#define LH_NODE_LEVELS_H

/*
 * The levels that heads of ours reached (specs/network.md 8): taken from the peers, kept by the
 * committer beside the sealed heads, and waited for by requests.
 *
 *  1. A level is told only when its head stands in the store with the lines that prove it; it is
 *     never taken back.
 *  2. Nothing of recording waits for any of this.
 *  3. Whoever waits is let go when something was reached since it looked, when its time is over,
 * and when the node stops. What those who wait weigh together is bounded.
 *
 * All calls on the loop's thread, unless they say otherwise.
 */

#include "ledger/cosigned.h"
#include "ledger/ledger.h"
#include "node/log.h"
#include "node/peers.h"
#include "node/sealer.h"

enum { LH_LEVELS_WEIGHT_MAX = 4096 };

struct lh_levels;

struct lh_levels_options {
    LH_KEEPS struct lh_store *store;
    LH_KEEPS struct lh_ledger *ledger; /* our own, the newest generation */
    LH_KEEPS struct lh_log *log;
    LH_KEEPS struct lh_peers *peers; /* NULL: none */
    const struct lh_genesis *genesis;
    struct lh_suite *suite;
    const char *department;
};

/** LH_ERR_NOMEM. */
enum lh_code lh_levels_new(struct lh_levels **out, const struct lh_levels_options *options,
                           struct lh_err *err) LH_MUST_CHECK;
/** After the sealer has ended. NULL is fine. */
void lh_levels_free(struct lh_levels *levels);
/** Hand what was reached to the committer, and let go of who has waited enough. */
void lh_levels_tick(struct lh_levels *levels, struct lh_sealer *sealer, int64_t now_mono_ms,
                    bool is_stopping);
/** The level can be reached at all in a network of this size. Any thread. */
bool lh_levels_can_reach(const struct lh_levels *levels, enum lh_level level);
/** Something may still rise: there are peers. */
bool lh_levels_can_rise(const struct lh_levels *levels);

/* Who waits: `resume` is called once, and tells it to look again; `is_over`: for the last time. */
struct lh_waiting {
    struct lh_waiting *next;
    int64_t deadline_mono_ms;
    unsigned seen_count; /* lh_levels_seen before it looked last */
    size_t weight;       /* events that it holds in memory meanwhile */
    void (*resume)(void *arg, bool is_over);
    void *arg;
};

/** Changes whenever a level was reached. Any thread; ask before looking into the store. */
unsigned lh_levels_seen(struct lh_levels *levels);
/** False: too much waits, or the node stops. */
bool lh_levels_wait(struct lh_levels *levels, struct lh_waiting *waiting) LH_MUST_CHECK;

/**
 * The level of the leaf at `index` of a ledger of ours, and the size of the head that says so; 0:
 * that of its own block. Any thread.
 */
enum lh_code lh_levels_of(struct lh_store *store, const struct lh_ledger *ledger, uint64_t index,
                          uint64_t *out_size, enum lh_level *out_level,
                          struct lh_err *err) LH_MUST_CHECK;
/**
 * The receipt of an entry under that head, with all lines of others on it; the caller clears `out`.
 * `out_level` (may be NULL). As lh_ledger_receipt. Any thread.
 */
enum lh_code lh_levels_receipt(struct lh_store *store, struct lh_ledger *ledger,
                               struct lh_suite *suite, uint64_t index, struct lh_receipt *out,
                               enum lh_level *out_level, struct lh_err *err) LH_MUST_CHECK;

#endif
