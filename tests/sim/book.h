#ifndef LH_SIM_BOOK_H
#define LH_SIM_BOOK_H

/*
 * What the world was told of one department's ledger: the heads that were released, the entries
 * that were acknowledged, and what its officers said was lost. No machine can take these back, so
 * the book outlives them all.
 */

#include "crypto/base/buf.h"
#include "crypto/suite.h"

#include <stdbool.h>
#include <stddef.h>

struct sim_world;

struct sim_seal {
    size_t machine; /* that released it */
    uint32_t generation;
    uint64_t size; /* 0: none */
    struct lh_hash root;
};

/* Where an entry stands. */
struct sim_place {
    uint32_t generation;
    uint64_t index;
};

struct sim_lost {
    uint32_t generation;
    uint64_t from;
    uint64_t until;
};

enum { SIM_MEMBERS_MAX = 20, SIM_ASKED_MAX = 512, SIM_LOST_MAX = 64 };

struct sim_book {
    struct sim_seal *seals; /* as they were released */
    size_t count;
    size_t capacity;
    uint64_t asked;   /* entries 1 .. asked are to be written, at most SIM_ASKED_MAX */
    uint64_t written; /* entries 1 .. written were acknowledged */
    struct sim_place places[SIM_ASKED_MAX + 1];
    struct sim_lost lost[SIM_LOST_MAX];
    size_t lost_count;
    bool is_unasked;     /* it went on from a restore by itself once */
    bool is_doubled;     /* two machines have had its keys: it may contradict itself */
    size_t doubled_from; /* seals before this one are those of both */
    struct lh_buf first; /* the first leaf, as everybody has it */
};

void sim_book_clear(struct sim_book *book);
/** O1: of one generation and size there is one root, and no head comes after a larger one. */
void sim_book_release(struct sim_world *world, size_t who, const struct sim_seal *seal);
/** The last head that was released. */
struct sim_seal sim_book_last(const struct sim_book *book);
/** Entry `number` was acknowledged. */
void sim_book_acknowledge(struct sim_book *book, uint64_t number, struct sim_place place);
/** Leaves `from` to `until` of a generation are gone, say the officers. */
void sim_book_lose(struct sim_book *book, const struct sim_lost *lost);
/** From now on a second machine has the same keys and the same past. */
void sim_book_double(struct sim_book *book);
/** A bit for the machine of the department, one for its twin: which of them has had this head? */
unsigned sim_book_branches(const struct sim_book *book, size_t who, const struct sim_seal *seal);
bool sim_book_is_lost(const struct sim_book *book, uint64_t number);
/** <0: `a` comes before `b`, >0: after; 0: generation and size are the same. */
int sim_seal_compare(const struct sim_seal *a, const struct sim_seal *b);

#endif
