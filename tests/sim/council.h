#ifndef LH_SIM_COUNCIL_H
#define LH_SIM_COUNCIL_H

/*
 * Who is asked to witness whom, who of them lies, and which heads are witnessed: what everyone in
 * the city could add up who had seen every cosignature that ever left a machine. No machine can
 * take these back, so they outlive all of them.
 */

#include "net/quorum.h"
#include "tests/sim/book.h"
#include "tests/sim/members.h"

struct sim_world;

/* What a machine does when it is asked to cosign. */
enum sim_role {
    SIM_ROLE_HONEST,
    SIM_ROLE_YES,    /* cosigns all that is sealed */
    SIM_ROLE_SILENT, /* cosigns nothing, and before the calm gives nobody a block that it is asked
                        for */
    SIM_ROLE_FORGET, /* is honest, and forgets from time to time what it cosigned and held */
};

/* Cosignatures under one head. */
struct sim_votes {
    size_t who;
    struct sim_seal seal;
    unsigned members;   /* a bit for each that cosigned */
    unsigned lost;      /* of these, whose copies are gone or those of an image since */
    unsigned forgotten; /* and whose promises are */
    unsigned unknown;   /* and who forgot it before it was witnessed */
    bool is_witnessed;
};

/* A generation that was begun after the others were asked: from which head it goes on. */
struct sim_step {
    bool is_taken;
    uint32_t from; /* generation; 0: there was nothing */
    uint64_t size;
};

struct sim_council {
    struct lh_quorum quorum;
    struct lh_designation witnesses[SIM_MEMBERS_MAX]; /* [author] */
    enum sim_role roles[SIM_MEMBERS_MAX];
    struct sim_step steps[SIM_MEMBERS_MAX][SIM_GENERATIONS_MAX + 1];
    unsigned set_back; /* a bit for each whose copies or promises were ever lost or put back */
    struct sim_votes *votes;
    size_t count;
    size_t capacity;
};

/** Designates; at most as many lie or forget as the quorum bears. */
void sim_council_init(struct sim_world *world);
void sim_council_clear(struct sim_council *council);
bool sim_council_is_designated(const struct sim_council *council, size_t author, size_t witness);
/**
 * A cosignature of `witness` on a head of `author` has left its machine. O2: never two that exclude
 * each other are witnessed. O2w: unless it lies, it never cosigns two that exclude each other. One
 * that was set back is held to what was witnessed by then, as long as more of those that cosigned
 * it hold it than it may leave unheard (network.md 8).
 */
void sim_council_vote(struct sim_world *world, size_t author, size_t witness,
                      const struct sim_seal *seal);
/** The copies of a member are those of an image, or gone, and with `is_forgetful` its promises. */
void sim_council_set_back(struct sim_world *world, size_t witness, bool is_forgetful);
/**
 * The next generation of `who` is begun on the promises of its witnesses. O2r: nothing of a
 * generation before it that is witnessed, by now or later, lies above what it goes on from. So it
 * is as long as no more of its witnesses lie or were set back than the quorum bears.
 */
void sim_council_go_on(struct sim_world *world, size_t who, const struct lh_ledger_facts *facts);
/** More of the witnesses of `who` lie, or were ever set back, than its quorum bears. */
bool sim_council_is_beyond(const struct sim_world *world, size_t who);
/** A head of `who` is witnessed. */
bool sim_council_is_begun(const struct sim_council *council, size_t who);
/** A head of this generation and size, whatever its root, is witnessed. */
bool sim_council_has_witnessed(const struct sim_council *council, size_t who, uint32_t generation,
                               uint64_t size);
bool sim_council_is_witnessed(const struct sim_council *council, size_t author,
                              const struct sim_seal *seal);

#endif
