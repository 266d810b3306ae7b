#ifndef LH_SIM_WORLD_H
#define LH_SIM_WORLD_H

/*
 * A city in one process: machines, the wire between them, simulated time, and what must hold. All
 * of it follows from one seed.
 *
 *   first    faults, and entries that people want written
 *   calm     neither, and everybody is up: what must hold in the end comes true
 *
 * The first rule that does not hold ends the run and stands in `failure`.
 */

#include "tests/sim/book.h"
#include "tests/sim/council.h"
#include "tests/sim/counters.h"
#include "tests/sim/members.h"
#include "tests/sim/node.h"
#include "tests/sim/slander.h"
#include "tests/sim/theft.h"
#include "tests/sim/trace.h"
#include "tests/sim/wire.h"

/* Rules that a run can be told to break, to show that breaking them is noticed. */
enum sim_break {
    SIM_BREAK_NOTHING,
    SIM_BREAK_GUARD,    /* the guard lies beside the store and goes back with it */
    SIM_BREAK_QUORUM,   /* one cosignature less makes a head witnessed */
    SIM_BREAK_FORK,     /* witnesses cosign whatever is sealed */
    SIM_BREAK_PERSIST,  /* a witness does not store what it cosigns */
    SIM_BREAK_FLOOR,    /* a restored witness cosigns as before */
    SIM_BREAK_LEVEL,    /* a level that was reached is told and not stored */
    SIM_BREAK_PROMISES, /* one promise lets a restored ledger go on */
    SIM_BREAK_PREPARE,  /* who promises to cosign no older generation goes on to */
    SIM_BREAK_EVIDENCE, /* evidence that others send is not looked at */
    SIM_BREAK_KEYS,     /* one that lies has the witness keys of all */
};

/* Kinds of events beside those of the wire. */
enum sim_world_event {
    SIM_TICK = SIM_WIRE_KINDS, /* `whom` is a machine, `what` the life it is for */
    SIM_START,                 /* `whom` is a machine */
    SIM_WRITE,                 /* someone wants an entry written in `whom`, a member */
    SIM_FAULT,
    SIM_THEFT, /* the thief tries again */
    SIM_LIE,   /* the liar tells one more */
    SIM_RARE,  /* `what` is its kind */
    SIM_CALM,
    SIM_END,
};

struct sim_options {
    uint64_t seed;
    enum sim_break broken;
    unsigned fault_kinds; /* the only ones; 0: what the seed says */
    size_t member_count;  /* 0: what the seed says */
    FILE *out;            /* NULL: no trace */
};

struct sim_world {
    struct sim_options options;
    struct sim_members *members;
    const struct lh_genesis *genesis;
    size_t member_count;
    size_t machine_count; /* machine i is of member i; those above are twins */
    int64_t now_ms;
    uint64_t events;
    bool is_calm;
    struct sim_queue queue;
    struct sim_wire wire;
    struct sim_trace trace;
    struct sim_counters counters;
    struct sim_node *nodes; /* SIM_MACHINES_MAX */
    struct sim_book books[SIM_MEMBERS_MAX];
    struct sim_council council;
    struct lh_seeded faults;
    struct sim_theft theft;
    struct sim_slander slander;
    struct lh_seeded lies;
    struct lh_seeded rare; /* what happens once, if at all */
    unsigned fault_kinds;  /* a bit for each that this seed knows */
    bool is_asking;        /* officers ask the others before they go on from a restore */
    uint64_t side;         /* a bit for each machine: the city is in two parts; 0: in one */
    char failure[256];     /* empty: all held */
};

/** Run a city to its end. `out` stays to be looked at until sim_world_clear. */
void sim_world_run(struct sim_world *out, struct sim_members *members,
                   const struct sim_options *options);
void sim_world_clear(struct sim_world *world);

/** A rule does not hold: `rule` is its name, as in README.md. The first one stays. */
void sim_world_fail(struct sim_world *world, const char *rule, const char *format, ...)
    LH_PRINTF(3, 4);
/** The member with this code; there is one. */
size_t sim_world_member(const struct sim_world *world, const char *department);
/** Name of a member's ledger. */
void sim_world_origin(const struct sim_world *world, size_t who, uint32_t generation,
                      char out[LH_ORIGIN_MAX + 1]);
void sim_world_count(struct sim_world *world, enum sim_counter counter);
void sim_world_later(struct sim_world *world, int64_t in_ms, unsigned kind, size_t whom,
                     uint64_t what);

#endif
