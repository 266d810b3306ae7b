#ifndef LH_TESTS_REPLAYED_H
#define LH_TESTS_REPLAYED_H

/* Replays of archives in memory for tests, and what is expected to be found. cmocka assertions. */

#include "ledger/replay.h"
#include "tests/support/city.h"

/* Leaves of every city of replayed_options: 0 GENERATION, 1 header, 2-4 STAFF, 5 header, then
 * entries 6-8 at least in one block. */
enum { LH_REPLAYED_STAFF = 3, LH_REPLAYED_ENTRIES = 14 };

/** The suite that a test's state points to. */
enum lh_suite_id replayed_suite(void **state);
struct lh_city_options replayed_options(enum lh_suite_id suite);
/** Two ledgers of one genesis as an archive. */
void replayed_write_two(struct lh_buf *out, const struct lh_city *first,
                        const struct lh_city *second);
struct lh_replay *replayed_bytes(struct lh_bytes bytes, const struct lh_replay_options *options);
/** With signatures, nothing pinned. */
struct lh_replay *replayed_whole(const struct lh_buf *bytes);
struct lh_replay *replayed_city(const struct lh_city *city);
void replayed_expect_good(const struct lh_replay *replay);
/** The first finding is of this rule, kind and leaf; `count` findings in all (0: any number). */
void replayed_expect(const struct lh_replay *replay, const char *name, enum lh_code code,
                     const char *rule, uint64_t index, uint64_t count);

#endif
