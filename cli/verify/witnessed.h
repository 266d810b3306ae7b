#ifndef LH_CLI_VERIFY_WITNESSED_H
#define LH_CLI_VERIFY_WITNESSED_H

/*
 * What the cosignatures in an archive say of its ledgers: up to which head each level is reached,
 * and up to which the quorum of a policy. A head that is witnessed covers all that lies below it.
 * Only heads that hold every rule of appending count, and only lines of those whom the judge knows.
 *
 * Spec: specs/ledger.md 11.1.
 */

#include "ledger/replay.h"
#include "net/standing.h"

struct lh_trust;

/* One ledger, by its place in the archive. */
struct lh_witnessed_ledger {
    uint64_t sizes[LH_LEVEL_FINAL + 1]; /* the largest head of at least that level; 0: none */
    uint64_t quorum_size;               /* the largest that the policy's quorum has cosigned */
};

struct lh_witnessed {
    struct lh_witnessed_ledger *ledgers;
    size_t count;
    bool is_counted;      /* the members are known: levels are judged */
    bool has_quorum;      /* a policy asks for one: it is judged */
    bool is_forged;       /* the line of somebody known does not verify, */
    size_t forged_ledger; /* first in this ledger, */
    uint64_t forged_size; /* on this head */
};

void lh_witnessed_clear(struct lh_witnessed *witnessed);
/**
 * Take in the checkpoint frame that `replay` was just fed. A head whose block was refused is left
 * out. LH_ERR_NOMEM. Cost: nothing for a checkpoint with a seal alone; else a signature for each
 * line of somebody known.
 */
enum lh_code lh_witnessed_take(struct lh_witnessed *witnessed, const struct lh_replay *replay,
                               const struct lh_trust *trust, struct lh_bytes checkpoint,
                               struct lh_err *err) LH_MUST_CHECK;
/** The ledger at that place; zeros where none of its heads was cosigned. */
struct lh_witnessed_ledger lh_witnessed_at(const struct lh_witnessed *witnessed, size_t ledger);
/**
 * Whether what `trust` asks for reaches the last head of every ledger that no other continues, once
 * the archive was replayed. LH_ERR_FORGED: somebody known did not sign a line that bears the name;
 * LH_ERR_UNKNOWN: too few have signed, or it cannot be told.   Spec: specs/ledger.md 11.1.
 */
enum lh_code lh_witnessed_judge(const struct lh_witnessed *witnessed,
                                const struct lh_replay *replay, const struct lh_trust *trust,
                                struct lh_err *err) LH_MUST_CHECK;
/** A later ledger of the archive continues it from its last head, so that one answers for it. */
bool lh_witnessed_is_continued(const struct lh_replay *replay, size_t ledger);

#endif
