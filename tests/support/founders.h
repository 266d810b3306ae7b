#ifndef LH_TEST_FOUNDERS_H
#define LH_TEST_FOUNDERS_H

/*
 * Enrolments and a genesis from fixed keys. The keys of a founder are those of lh_fixture_key with
 * the numbers first, first + 1 (officers), + 2 (recorder), + 3 (witness), + 4 (mirror), + 5
 * (governance).
 */

#include "bodies.h"
#include "ledger/genesis.h"

enum { LH_FOUNDER_KEYS = 6 };

/** Of the algorithm that entries and notes of the suite have in these tests. */
enum lh_alg lh_founder_alg(enum lh_suite_id suite);
struct lh_signer *lh_founder_signer(enum lh_alg alg, uint8_t number);
void lh_founder_enrolment(struct lh_enrolment *out, enum lh_suite_id suite, const char *department,
                          uint8_t first);
/** A genesis of network "jinhua" with gaj (keys 10 ..) and mzj (keys 20 ..). */
struct lh_genesis *lh_founders_genesis(enum lh_suite_id suite);

#endif
