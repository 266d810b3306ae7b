#ifndef LH_NET_BREACH_H
#define LH_NET_BREACH_H

/*
 * A rule of appending that a ledger broke, shown by one or two of its leaves under a signed head.
 * What is judged is in those leaves, the head and the genesis alone, so that what stands beside
 * them changes nothing, and no leaves of a ledger that keeps the rules show a breach.
 * Spec: specs/network.md 3.
 */

#include "ledger/chain.h"
#include "ledger/genesis.h"

enum { LH_BREACH_LEAVES_MAX = 2 };

/** A leaf of a tree, and how it lies under the head. */
struct lh_shown_leaf {
    uint64_t index;
    struct lh_bytes bytes; /* borrowed */
    struct lh_proof proof;
};

/** The rule of that id that can be shown; NULL: there is none. */
const struct lh_chain_rule *lh_breach_find_rule(struct lh_bytes id);

/**
 * Which rule do these leaves break, 1 or 2 of them, the lower index first? `head` is known to bear
 * the seal of its ledger. LH_OK: `out` is the first one broken. LH_ERR_FORGED: a proof does not
 * lead to the head, or no rule is shown to be broken; LH_ERR_NOMEM.
 * Cost: a hash for each level; two signatures where the first leaf of a ledger is the lower one.
 */
enum lh_code lh_breach_judge(const struct lh_chain_rule **out, struct lh_suite *suite,
                             const struct lh_genesis *genesis, const struct lh_checkpoint *head,
                             const struct lh_shown_leaf *leaves, size_t count,
                             struct lh_err *err) LH_MUST_CHECK;

#endif
