#ifndef LH_LEDGER_OFFICERS_H
#define LH_LEDGER_OFFICERS_H

/*
 * Who speaks for a department by its enrolment alone: the officers that stand there, and no others
 * that its own ledger may have enrolled since. So whoever holds the enrolment comes to the same
 * answer.  Spec: specs/trust.md 2, 5.2, specs/network.md 9.
 */

#include "ledger/genesis.h"

/** Officers who must sign what a department says. */
enum { LH_OFFICERS_NEEDED = 2 };

/**
 * Verify the signature of one of them over `message`. LH_ERR_NOT_FOUND: the key is none of theirs;
 * LH_ERR_FORGED: it does not hold; LH_ERR_NOMEM.
 */
enum lh_code lh_officers_verify(const struct lh_enrolment *enrolment, struct lh_suite *suite,
                                const uint8_t key_id[LH_KEY_ID_SIZE], const struct lh_sig *sig,
                                struct lh_bytes message, struct lh_err *err) LH_MUST_CHECK;

#endif
