#ifndef LH_LEDGER_GENERATION_H
#define LH_LEDGER_GENERATION_H

/*
 * The first leaf of a ledger: a GENERATION, signed by two officers of the genesis file, which names
 * the key that seals it. Whoever has the genesis and that leaf knows the seal without asking.
 * Spec: specs/ledger.md 3, specs/trust.md 1.
 */

#include "crypto/note.h"
#include "ledger/genesis.h"

/**
 * Judge `leaf` as the first leaf of the ledger `origin` of this network and give out its seal.
 * LH_ERR_FORGED: another network's or generation's, or a signature fails; LH_ERR_DENIED: not signed
 * by two officers of the genesis file; LH_ERR_INVALID: no GENERATION, or of an unknown department;
 * LH_ERR_UNKNOWN: of a newer schema; LH_ERR_NOMEM.
 */
enum lh_code lh_generation_seal(struct lh_note_key *out, struct lh_suite *suite,
                                const struct lh_genesis *genesis, const char *origin,
                                struct lh_bytes leaf, struct lh_err *err) LH_MUST_CHECK;

#endif
