#ifndef LH_LEDGER_PREPARE_H
#define LH_LEDGER_PREPARE_H

/*
 * What a department asks the others with before it goes on from a restore: an officer act whose
 * body is a GENERATION of reason 2 without `promises_digest`. It says which generation is to begin
 * under which seal, and begins nothing: no ledger takes such a body.
 *
 * Judged by the genesis file alone. Pure.  Spec: specs/network.md 9, specs/trust.md 3.
 */

#include "ledger/genesis.h"
#include "ledger/origin.h"

/** At most so many bytes has the act. */
enum { LH_PREPARE_MAX = 8 * 1024 };

struct lh_prepare {
    char origin[LH_ORIGIN_MAX + 1]; /* of the generation that is to begin */
    char department[LH_CODE_MAX + 1];
    uint32_t generation;
    struct lh_pubkey seal; /* that it will have */
    struct lh_hash hash;   /* of the body: what is promised about */
};

/**
 * Read an act as the PREPARE of a member. LH_ERR_INVALID: no act, or of another kind;
 * LH_ERR_UNKNOWN: of a newer schema; LH_ERR_FORGED: of another network or suite, or a signature
 * fails or is of no officer; LH_ERR_NOT_FOUND: the department is no member; LH_ERR_DENIED: not
 * signed by two officers of the genesis file; LH_ERR_NOMEM. Cost: a verification for each
 * signature.
 */
enum lh_code lh_prepare_read(struct lh_prepare *out, struct lh_suite *suite,
                             const struct lh_genesis *genesis, struct lh_bytes act,
                             struct lh_err *err) LH_MUST_CHECK;

#endif
