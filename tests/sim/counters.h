#ifndef LH_SIM_COUNTERS_H
#define LH_SIM_COUNTERS_H

/*
 * What must happen sometimes: over a campaign every counter is above 0, or the campaign shows less
 * than it claims to.
 */

#include <stdint.h>

/* X(name, what happened) */
#define SIM_COUNTERS(X)                                                                            \
    X(BLOCK_SEALED, "a block was sealed")                                                          \
    X(CRASH, "a process was killed")                                                               \
    X(CRASH_AT_STORE, "a process ended inside a call of its store")                                \
    X(CRASH_AT_GUARD, "a process ended inside a write of its guard")                               \
    X(UNRELEASED_BLOCK, "a block that no one was told of was found after a crash")                 \
    X(RETRIED_ENTRY, "an entry was sent again and was there already")                              \
    X(RESTORED_SUSPECT, "a restored image was noticed at the start")                               \
    X(GENERATION_BEGUN, "officers began the next generation after a restore")                      \
    X(GENERATION_MISSING, "a store was found that lacks a later generation")                       \
    X(ENTRY_LOST, "an acknowledged entry was lost and is named as lost")                           \
    X(DOUBLE_START, "a copy of a machine was started beside it")                                   \
    X(CLOCK_BACK, "a wall clock went back")                                                        \
    X(SESSION_LIVE, "two machines knew each other")                                                \
    X(SESSION_REPLACED, "a new link took the place of one")                                        \
    X(SESSION_SILENT, "a link was closed because nothing was heard")                               \
    X(SESSION_OURSELVES, "a machine met another with its name")                                    \
    X(REPLICA_GREW, "a replica took in a block")                                                   \
    X(LEDGER_TAINTED, "a machine keeps evidence against a ledger")                                 \
    X(PEER_AHEAD, "a machine heard of a head of its own that it does not have")                    \
    X(HEAD_WITNESSED, "enough witnesses cosigned a head")                                          \
    X(LEVEL_WITNESSED, "a machine called a head of its own witnessed")                             \
    X(LEVEL_FINAL, "a machine called a head of its own final")                                     \
    X(DECLINED_LAST, "a witness had cosigned another head last than its author thought")           \
    X(DECLINED_NOT_HELD, "a witness did not hold the head that it was asked about")                \
    X(DECLINED_LATER, "a witness did not cosign yet")                                              \
    X(DECLINED_NEVER, "a witness did not cosign a ledger that contradicts itself")                 \
    X(DECLINED_UNSAFE, "a witness did not cosign what went on from a restore by itself")           \
    X(DECLINED_TAKEN, "a witness said that a generation had begun or was promised")                \
    X(RESTORE_ASKED, "officers asked the others before they went on")                              \
    X(PROMISED, "a witness promised to cosign no older generation")                                \
    X(PROMISED_FALSELY, "a bad witness promised, and hid what it held")                            \
    X(KEY_STOLEN, "a seal key was stolen")                                                         \
    X(LIED, "a bad department told a lie")                                                         \
    X(FLOODED, "a bad department said as much as its credit let it")                               \
    X(LIAR_CUT, "somebody cut a department that lied")                                             \
    X(STORE_LOST, "a store was lost with all that was on it")                                      \
    X(BLOCKS_CAME_BACK, "a department took its own blocks back from the others")                   \
    X(GENERATION_ASKED, "a generation was begun that the others were asked for")                   \
    X(WITNESS_RESTORED, "a witness that was set back listened before it promised")                 \
    X(PROMISE_RECALLED, "a witness was shown a promise that it had forgotten")                     \
    X(WITNESS_FORGOT, "a bad witness forgot what it cosigned and held")                            \
    X(WITHHELD, "a bad department answered nothing")                                               \
    X(COPIES_LOST, "copies were lost, and filled anew")                                            \
    X(PROMISES_LOST, "promises were lost, and their node knew")                                    \
    X(CROSSED_OVER, "a machine came up in the other part of a parted city")                        \
    X(WAY_CUT, "a way between machines was cut")                                                   \
    X(CONN_RESET, "a connection was reset with bytes under way")                                   \
    X(CONN_HALF_OPEN, "only one side heard that a connection was over")                            \
    X(SLOW_READER, "a machine read slowly")

enum sim_counter {
#define X(name, text) SIM_##name,
    SIM_COUNTERS(X)
#undef X
        SIM_COUNTER_COUNT
};

struct sim_counters {
    uint64_t of[SIM_COUNTER_COUNT];
};

/** What it counts. */
const char *sim_counter_text(enum sim_counter counter);
void sim_counters_add(struct sim_counters *to, const struct sim_counters *from);

#endif
