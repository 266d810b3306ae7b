#ifndef LH_TESTS_LEDGER_PLACE_H
#define LH_TESTS_LEDGER_PLACE_H

/*
 * A place for claims about a ledger: one office for all of them, and for each a store in memory, a
 * guard in a folder of its own and a new ledger. For cmocka's setups; failures are test failures.
 */

#include "ledger/ledger.h"
#include "tests/support/folder.h"
#include "tests/support/office.h"

enum { LH_PLACE_ENTRIES = 300, LH_PLACE_STAFF = 5 };

struct lh_place {
    struct lh_office *office;
    struct lh_folder folder;
    char path[512]; /* of the guard */
    struct lh_store *store;
    struct lh_guard *guard;
    struct lh_ledger *ledger;
    size_t next; /* entry */
};

/** The office that all claims share: group setup and teardown. */
int lh_place_make_office(void **state);
int lh_place_free_office(void **state);
/** *state is a place with a new ledger: setup and teardown of a claim. */
int lh_place_make(void **state);
int lh_place_remove(void **state);

void lh_place_must(enum lh_code rc, const struct lh_err *err);
/** Open the ledger on the place's store and guard; its state must be `want`. */
void lh_place_open(struct lh_place *place, enum lh_ledger_state want);
/** Append the next `count` entries as one block. */
void lh_place_append(struct lh_place *place, size_t count);
/** GENERATION, then the enrolments, then blocks of random sizes until `entries` are in. */
void lh_place_fill(struct lh_place *place, size_t entries);
struct lh_ledger_head lh_place_head(struct lh_place *place);

#endif
