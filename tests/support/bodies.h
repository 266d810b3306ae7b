#ifndef LH_TEST_BODIES_H
#define LH_TEST_BODIES_H

/*
 * One valid body of each type, with fixed values: the same bytes in every run and test.
 *
 * Bytes are patterns (a staff pseudonym is 11 11 .. 11, a case id cc cc .. cc), the department is
 * "gaj" of network "jinhua", the counterparty "mzj", the time LH_FIXTURE_TIME_MS.
 */

#include "ledger/entry.h"

/* 2026-11-24T02:58:28.123Z, a Tuesday, 10:58 in Jinhua */
#define LH_FIXTURE_TIME_MS ((uint64_t)1795489108123)

size_t lh_fixture_type_count(void);
/** The types of this schema in ascending order. */
lhpb_EntryType lh_fixture_type_at(size_t index);

/** The least that is valid: required fields only. Passes lh_body_check. */
void lh_fixture_body(lhpb_Body *out, lhpb_EntryType type);
/** Every field that may stand beside it does, in header and detail. Passes lh_body_check. */
void lh_fixture_body_full(lhpb_Body *out, lhpb_EntryType type);

/** A public key: of the private scalar or seed 00..01 .. 00..09 (`number`) of lh_signer_from_seed.
 */
void lh_fixture_key(lhpb_PublicKey *out, enum lh_alg alg, uint8_t number);
/** Its seed. */
void lh_fixture_seed(uint8_t out[32], uint8_t number);

#endif
