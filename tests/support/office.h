#ifndef LH_TESTS_OFFICE_H
#define LH_TESTS_OFFICE_H

/*
 * A department's entries, taken from a city (tests/support/city.h), for a ledger on a store: the
 * caller says how many of them make up the next block. The office adds who they are about.
 * Failures of the office itself are assertions; what the ledger answers is the caller's to judge.
 */

#include "ledger/ledger.h"
#include "tests/support/city.h"

struct lh_office;

struct lh_office *lh_office_new(const struct lh_city_options *options);
void lh_office_free(struct lh_office *office);
struct lh_city *lh_office_city(struct lh_office *office);
/** Entries: GENERATION first, then enrolments, then everyday ones. */
size_t lh_office_count(const struct lh_office *office);
/** Leaf bytes and body of an entry. */
struct lh_bytes lh_office_leaf(const struct lh_office *office, size_t entry);
void lh_office_body(const struct lh_office *office, size_t entry, lhpb_Body *out);
unsigned lh_office_level(const struct lh_office *office, size_t entry);
/** Private part of an entry, without a box; two of three everyday entries have one. */
struct lh_bytes lh_office_private(const struct lh_office *office, size_t entry);

/** Options for this department's ledger on a store and a guard (NULL: read-only). */
void lh_office_options(struct lh_office *office, struct lh_ledger_options *out,
                       struct lh_store *store, struct lh_guard *guard);
/** Append entries [first, first + count) as one block. */
enum lh_code lh_office_append(struct lh_office *office, struct lh_ledger *ledger, size_t first,
                              size_t count, struct lh_proof *out_proofs,
                              struct lh_buf *out_checkpoint, struct lh_err *err) LH_MUST_CHECK;

#endif
