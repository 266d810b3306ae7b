#ifndef LH_NET_STANDING_H
#define LH_NET_STANDING_H

/*
 * The level of a head by the epoch that its header names, and by that of the header before it: what
 * a receipt or an archive says to someone who holds the genesis file and the proposals that were
 * certified.
 *
 *  1. A head counts by the designated witnesses of its own epoch. A transition head, whose block is
 *     the first of its ledger in a later epoch, needs those of the epoch before as well.
 *  2. An epoch that is not known leaves the level open: it is judged by no other.
 *
 * Pure.  Spec: specs/network.md 8, specs/trust.md 5.3.
 */

#include "ledger/epochs.h"
#include "net/tally.h"

struct lh_standing {
    enum lh_level level;           /* LH_LEVEL_SEALED at least */
    struct lh_tally_report tally;  /* by the epoch of the head */
    bool is_transition;            /* with the next: */
    struct lh_tally_report before; /* by the epoch before */
    struct lh_hash missing;        /* LH_ERR_UNKNOWN: the epoch that is not known */
};

/**
 * Judge the cosignatures on a sealed head of a ledger of `department`. `epoch` is named by the
 * header below the head, `epoch_before` by the header before that one; the same where there is
 * none.
 *
 * Returns LH_OK; LH_ERR_UNKNOWN: one of the epochs is not among `epochs`, `out->missing` says
 * which, and nothing else of `out` is written; LH_ERR_FORGED: a line of a designated witness does
 * not verify; LH_ERR_NOT_FOUND: the department is no member in one of them; LH_ERR_NOMEM. Cost: as
 * lh_tally_judge, twice for a transition head.
 */
enum lh_code lh_standing_judge(struct lh_standing *out, struct lh_suite *suite,
                               const struct lh_epochs *epochs, const struct lh_hash *epoch,
                               const struct lh_hash *epoch_before, const char *department,
                               const struct lh_note *note, struct lh_err *err) LH_MUST_CHECK;

#endif
