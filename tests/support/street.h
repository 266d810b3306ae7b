#ifndef LH_TESTS_STREET_H
#define LH_TESTS_STREET_H

/*
 * Nodes of a town that gossip with each other, with links that never lose anything and a clock that
 * the test moves. What a node decides is counted.
 */

#include "net/gossip.h"
#include "net/governance.h"
#include "net/nomination.h"
#include "net/pledge.h"
#include "tests/support/replica_mem.h"
#include "tests/support/town.h"

struct street;

struct street_node {
    struct street *street;
    size_t who;
    unsigned branch; /* of its own ledger that it seals on */
    struct lh_replica_mem *mem;
    struct lh_replica *replica;
    struct lh_gossip *gossip;
    struct lh_pledge *pledge;         /* NULL: nobody is a witness */
    struct lh_nomination *nomination; /* NULL likewise */
    struct lh_governance *governance;
    bool is_restored;  /* its next process is told so */
    bool is_restoring; /* its next process has lost its own ledger */
    bool is_linked[LH_TOWN_MAX];
    size_t credit[LH_CLASS_COUNT]; /* for each round of frames to one peer */
    size_t grown_count;
    size_t tainted_count;
    size_t ahead_count;
    size_t trouble_count;
    size_t proposed_count;
    size_t certified_count;
    size_t sent[LH_FRAME_WANT + 1]; /* frames by type */
};

struct street {
    struct lh_town *town;
    size_t count;
    int64_t now_ms;
    bool has_witnesses; /* set before nodes are linked, by street_add_witnesses */
    struct street_node nodes[LH_TOWN_MAX];
    size_t cut_count; /* sessions that ended because of what came */
    struct lh_err cut_why;
};

/** A town of so many departments, and a node of each; nobody is linked. */
void street_init(struct street *street, enum lh_suite_id suite, size_t count);
/** The same, of whom the first `founder_count` stand in the genesis. */
void street_init_of(struct street *street, enum lh_suite_id suite, size_t founder_count,
                    size_t count);
/** From now on heads are nominated and cosigned. */
void street_add_witnesses(struct street *street);
void street_clear(struct street *street);
/** The process of a node ends and starts again on what was kept; its links are gone. */
void street_restart(struct street *street, size_t who);
void street_link(struct street *street, size_t a, size_t b);
void street_link_all(struct street *street);
void street_unlink(struct street *street, size_t a, size_t b);
/** The node seals a block of its own ledger; nothing is sent yet. */
const struct lh_town_block *street_seal(struct street *street, size_t who, size_t entry_count);
/** The same, with a vote in it. */
const struct lh_town_block *street_seal_vote(struct street *street, size_t who,
                                             const struct lh_town_vote *vote);
/** Frames go to and fro until nobody has one; asserts that this comes to an end. */
void street_settle(struct street *street);
/** Time passes, and frames flow. */
void street_wait(struct street *street, int64_t ms);
/** One frame from nowhere: as if `from`, which is linked, had sent it. */
enum lh_code street_inject(struct street *street, size_t to, size_t from, uint16_t type,
                           uint32_t request, struct lh_bytes payload, struct lh_err *err);
/** A block sent as a department sends its own, by LEAVES and SEAL under `request`; `spoil`
 * (SIZE_MAX: none) is a byte of its first leaf that is changed on the way. */
enum lh_code street_send_block(struct street *street, size_t to, size_t from,
                               const struct lh_town_block *made, uint32_t request, size_t spoil,
                               struct lh_err *err);
/** What a node holds of a department's ledger. */
uint64_t street_held(const struct street *street, size_t who, size_t whose);
const struct lh_replica_ledger *street_ledger(const struct street *street, size_t who,
                                              size_t whose);

#endif
