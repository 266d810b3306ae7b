#ifndef LH_LEDGER_GENERATION_H
#define LH_LEDGER_GENERATION_H

/*
 * The first leaf of a ledger: a GENERATION, signed by two officers of the genesis file, which names
 * the key that seals it. Whoever has the genesis and that leaf knows the seal without asking; of a
 * ledger that began in a later epoch it takes that epoch, whose officers sign.
 * Spec: specs/ledger.md 3, specs/trust.md 1.
 */

#include "ledger/chain.h"
#include "ledger/members.h"

/**
 * Judge `leaf` as the first leaf of the ledger `origin` of this network and give out its seal.
 * LH_ERR_FORGED: another network's or generation's, or a signature fails; LH_ERR_DENIED: not signed
 * by two officers of the genesis file; LH_ERR_NOT_FOUND: the department is no member;
 * LH_ERR_INVALID: no GENERATION; LH_ERR_UNKNOWN: of a newer schema; LH_ERR_NOMEM.
 */
enum lh_code lh_generation_seal(struct lh_note_key *out, struct lh_suite *suite,
                                const struct lh_genesis *genesis, const char *origin,
                                struct lh_bytes leaf, struct lh_err *err) LH_MUST_CHECK;
/** The same, and the ledger without a block: what its first block is judged against. */
enum lh_code lh_generation_chain(struct lh_chain *out, struct lh_suite *suite,
                                 const struct lh_genesis *genesis, const char *origin,
                                 struct lh_bytes leaf, struct lh_err *err) LH_MUST_CHECK;

/** The same under two officers of an epoch, whose network the caller has compared; NOT_FOUND and
 * DENIED are by that epoch. */
enum lh_code lh_generation_chain_in(struct lh_chain *out, struct lh_suite *suite,
                                    const struct lh_members *members, const char *origin,
                                    struct lh_bytes leaf, struct lh_err *err) LH_MUST_CHECK;

/** What a first leaf declares of where its ledger goes on from. */
struct lh_generation {
    char department[LH_CODE_MAX + 1];
    uint32_t number;
    struct lh_hash promises_digest;      /* all zero: it names no promises */
    unsigned reason;                     /* Generation.reason, one of body.proto */
    char prev_origin[LH_ORIGIN_MAX + 1]; /* empty: the first one of its department */
    uint64_t prev_size;                  /* 0: nothing was left of it */
    struct lh_hash prev_root;            /* all zero without prev_size */
};
enum {
    LH_GENERATION_FIRST = 1,
    LH_GENERATION_RESTORE = 2,
    LH_GENERATION_JOINED = 5,
    LH_GENERATION_UNSAFE_RESTORE = 6,
};

/**
 * Read the first leaf of a ledger that was judged before; no signature is verified. LH_ERR_INVALID:
 * no GENERATION; LH_ERR_UNKNOWN: of a newer schema; LH_ERR_NOMEM.  Spec: specs/entries.md 3.
 */
enum lh_code lh_generation_read(struct lh_generation *out, struct lh_bytes leaf,
                                struct lh_err *err) LH_MUST_CHECK;

#endif
