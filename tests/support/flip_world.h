#ifndef LH_TESTS_FLIP_WORLD_H
#define LH_TESTS_FLIP_WORLD_H

/*
 * A small ledger of which one block is spoiled: GENERATION, one enrolment, two everyday entries of
 * which one has a private part (this block), and more behind it, one of them an ERASE. Failures
 * are test failures.
 */

#include "ledger/keys.h"
#include "ledger/ledger.h"
#include "tests/support/folder.h"
#include "tests/support/office.h"

enum { FLIP_ROWS_MAX = 64, FLIP_EVENT_PLACE = 12 };

struct flip_world {
    struct lh_office *office;
    struct lh_folder folder;
    struct lh_store *store;
    struct lh_guard *guard;
    struct lh_ledger *ledger;
    uint64_t first;  /* leaf of the block */
    uint64_t header; /* its last leaf */
    uint64_t about;  /* its leaf with a private part */
    bool is_erasing; /* a later ERASE covers that part; else it covers nothing of ours */
    size_t seen;     /* everyday entries made so far */
    struct lh_hash target;
};

/* A stored value, and the leaves of which one must be named when a bit of it is flipped. */
struct flip_row {
    enum lh_table table;
    struct lh_store_key key;
    struct lh_buf value;
    size_t judged; /* bytes of the value that verification looks at */
    uint64_t low;
    uint64_t high;
};

void flip_must(enum lh_code rc, const struct lh_err *err);
/** On a store in memory, or on RocksDB in the folder "store". */
void flip_world_make(struct flip_world *world, enum lh_suite_id suite, bool is_erasing,
                     bool is_on_disk);
void flip_world_clear(struct flip_world *world);
/** Open the ledger on the world's store and guard. */
enum lh_code flip_world_open(struct flip_world *world, struct lh_err *err) LH_MUST_CHECK;
enum lh_code flip_world_verify(struct flip_world *world, uint64_t *index) LH_MUST_CHECK;
void flip_world_expect_good(struct flip_world *world);
/** The rows of leaves [first, header] in all tables that are verified. */
size_t flip_rows_read(const struct flip_world *world, struct flip_row rows[FLIP_ROWS_MAX]);
void flip_rows_clear(struct flip_row *rows, size_t count);

#endif
