#ifndef LH_TEST_ROSTER_WORLD_H
#define LH_TEST_ROSTER_WORLD_H

/* A department and its roster, for the tests of what a roster knows, judges and takes in. */

#include "founders.h"
#include "ledger/roster.h"

/*
 * A department of suite W or G: officers are keys 10 and 11, the recorder is key 12. Tests enrol
 * staff with keys of their own: P-256 (SM2 in G), numbers from 1.
 */
struct world {
    enum lh_suite_id suite_id;
    struct lh_suite *suite;
    struct lh_genesis *genesis;
    struct lh_roster *roster;
    uint64_t next_index;
    lhpb_Body body;
    lhpb_Entry entry;
};

extern struct world world;

enum { OFFICER_A = 10, OFFICER_B = 11, RECORDER = 12, STAFF_A = 1, STAFF_B = 2, SESSION_A = 3 };

#define NOW ((int64_t)LH_FIXTURE_TIME_MS)
#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

void open_world(enum lh_suite_id suite);
/** For cmocka: a world of suite W. */
int set_up(void **state);
int tear_down(void **state);
/** Put world.body into world.entry and sign it; `second` may be 0. */
void sign_by(uint8_t first, uint8_t second);
/** One more signature of world.entry. */
void sign_also(uint8_t number);
/** What the roster says of world.entry; `level` may be NULL. */
enum lh_code judge(unsigned *level);
enum lh_code intake(int64_t now);
enum lh_code apply(void);
/** An officer act, judged and taken in. */
void enact(void);
void body_of(lhpb_EntryType type);
/** 8 times the byte. */
void pseudonym(uint8_t out[8], uint8_t person);
/** STAFF of a person with the key of this number, valid for long. */
void enrol(uint8_t person, uint8_t number);
/** A session of STAFF_A with key SESSION_A, from NOW for 8 hours. */
void log_in(void);
/** A query of this person in world.body. */
void query_of(uint8_t person);
/** A query of STAFF_A in the session of log_in. */
void query_in_session(void);
/** NULL when it is not enrolled. */
const struct lh_roster_key *key_of(enum lh_alg alg, uint8_t number);
enum lh_alg founder_alg(void);
enum lh_alg staff_alg(void);

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
