#ifndef LH_LEDGER_APPROVAL_H
#define LH_LEDGER_APPROVAL_H

/*
 * A member's vote on what follows an epoch: an APPROVAL in its own ledger, judged by that epoch
 * alone, so that all who hold the epoch come to the same answer. That it is the first of its round,
 * under a witnessed head, shows in the ledger and is the caller's knowledge.  Spec: specs/trust.md
 * 5.2.
 */

#include "ledger/members.h"

struct lh_approval {
    size_t member; /* index in the members of the parent epoch */
    struct lh_hash proposal;
    uint32_t round;
};

/**
 * Read the vote that `leaf` is, by the officers whom `members`, the parent epoch, names.
 *
 * Returns LH_OK; LH_ERR_INVALID: no APPROVAL, or of a department that is no member;
 * LH_ERR_CONFLICT: about what follows another epoch; LH_ERR_DENIED: not signed by two of those
 * officers; LH_ERR_FORGED: a signature of one of them does not hold; LH_ERR_UNKNOWN: of a newer
 * schema; LH_ERR_NOMEM. Cost: a verification for each officer who signed.
 */
enum lh_code lh_approval_read(struct lh_approval *out, struct lh_suite *suite,
                              const struct lh_members *members, struct lh_bytes leaf,
                              struct lh_err *err) LH_MUST_CHECK;

/** What an APPROVAL says. */
struct lh_approval_claim {
    struct lh_hash proposal;
    struct lh_hash parent;
    uint32_t round;
};
/**
 * What `leaf`, of the ledger of `department`, says if it is an APPROVAL of that department. Whose
 * signatures it bears is not judged.
 *
 * Returns LH_OK; LH_ERR_INVALID: it is none; LH_ERR_NOMEM. Cost: a few bytes are looked at of a
 * leaf that is none.
 */
enum lh_code lh_approval_claim(struct lh_approval_claim *out, struct lh_bytes leaf,
                               const char *department, struct lh_err *err) LH_MUST_CHECK;

#endif
