#ifndef LH_NET_GOVERNANCE_INTERNAL_H
#define LH_NET_GOVERNANCE_INTERNAL_H

/* What the files of governance share: governance.c keeps proposals and carries them,
 * governance_count.c counts votes and keeps what they certify. */

#include "net/governance.h"
#include "net/message.h"
#include "net/votes.h"

/* A proposal that fits the newest epoch. */
struct lh_governance_held {
    struct lh_hash hash;
    struct lh_buf bytes;
    bool is_ours;  /* of our own people: its place is not given away */
    size_t sender; /* which peer sent it first; SIZE_MAX: none, or before we were started */
};

struct lh_governance_peer {
    bool is_here;
    bool knows[LH_ELECTION_PROPOSALS_MAX]; /* the proposals that are held, by their places: it sent
                                              them, or was sent them */
    size_t asked_count;                    /* what follows the epochs up to here was asked for */
    int64_t asked_ms;                      /* not asked for again before */
    int64_t wanted_ms; /* the one that is certified and not here: not asked for before */
    bool has_want;     /* what it asked for, and was not answered yet */
    struct lh_want want;
    size_t told_heads; /* bytes of the heads that go out before the answer to it */
    int64_t judged_ms; /* since when its proposals are counted */
    unsigned judged_count;
};

struct lh_governance {
    struct lh_replica *replica;
    struct lh_governance_listener listener;
    struct lh_votes *votes;
    struct lh_epochs *epochs;
    struct lh_election *election; /* about what follows the newest of them */
    struct lh_governance_held held[LH_ELECTION_PROPOSALS_MAX];
    size_t held_count;
    struct lh_governance_peer *peers; /* by the place of the department (ledger/epochs) */
    size_t peer_count;
    size_t opened; /* how many epochs were known when it was opened */
    size_t *cast;  /* votes that were handed to the election, by the ledger's place */
    size_t cast_count;
    int64_t due_ms;
    int64_t again_ms; /* after trouble: no look and no count before */
    struct lh_buf payload;
    struct lh_buf note;
};

const struct lh_members *lh_governance_newest(const struct lh_governance *governance);
/** NULL: it is not here. */
struct lh_governance_held *lh_governance_find_held(struct lh_governance *governance,
                                                   const struct lh_hash *hash);
/** A new election about what follows the newest epoch; what was about the one before is over. */
enum lh_code lh_governance_open(struct lh_governance *governance, struct lh_err *err) LH_MUST_CHECK;
/** The heads under which epoch `number` was certified, as rows of HAVE, into `out` (replaced). */
enum lh_code lh_governance_heads(struct lh_governance *governance, size_t number,
                                 struct lh_buf *out, struct lh_err *err) LH_MUST_CHECK;
/** What the notes say was certified; LH_ERR_CORRUPT: it does not hold together. */
enum lh_code lh_governance_recall(struct lh_governance *governance,
                                  struct lh_err *err) LH_MUST_CHECK;
void lh_governance_tell_trouble(struct lh_governance *governance, const struct lh_err *why);

#endif
