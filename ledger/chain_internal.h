#ifndef LH_LEDGER_CHAIN_INTERNAL_H
#define LH_LEDGER_CHAIN_INTERNAL_H

/* What replay needs of the chain rules beside the verdict: what judging decoded, once. */

#include "ledger/chain.h"

struct lh_chain_listener {
    /* Told of every entry leaf that decodes, in order, before the block's rules are judged. */
    void (*entry)(void *arg, uint64_t index, const lhpb_Entry *entry);
    void *arg;
    struct lh_note *note;   /* filled in: the checkpoint of a block that breaks no rule */
    bool *is_epoch_unknown; /* filled in where no rule is broken: B06 cannot be told */
};

/** lh_chain_judge with every rule, and a listener; LH_OK also where the epoch is unknown. */
enum lh_code lh_chain_judge_heard(const struct lh_chain *chain, struct lh_suite *suite,
                                  const struct lh_block *block, enum lh_seal_check seal,
                                  const struct lh_chain_listener *listener,
                                  struct lh_chain *out_next, struct lh_chain_verdict *out_verdict,
                                  struct lh_err *err) LH_MUST_CHECK;

/** The rule of that id ("B03"); asserts that there is one. */
const struct lh_chain_rule *lh_chain_rule_find(const char *id);

#endif
