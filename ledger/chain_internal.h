#ifndef LH_LEDGER_CHAIN_INTERNAL_H
#define LH_LEDGER_CHAIN_INTERNAL_H

/* What replay needs of the chain rules beside the verdict: the entries that judging decoded. */

#include "ledger/chain.h"

/* Told of every entry leaf that decodes, in order, before the block's rules are judged. */
struct lh_chain_listener {
    void (*entry)(void *arg, uint64_t index, const lhpb_Entry *entry);
    void *arg;
};

/** lh_chain_judge with every rule, and a listener that hears each entry (decoded once). */
enum lh_code lh_chain_judge_heard(const struct lh_chain *chain, struct lh_suite *suite,
                                  const struct lh_block *block, enum lh_seal_check seal,
                                  const struct lh_chain_listener *listener,
                                  struct lh_chain *out_next, struct lh_chain_verdict *out_verdict,
                                  struct lh_err *err) LH_MUST_CHECK;

/** The rule of that id ("B03"); asserts that there is one. */
const struct lh_chain_rule *lh_chain_rule_find(const char *id);

#endif
