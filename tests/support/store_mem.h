#ifndef LH_TESTS_STORE_MEM_H
#define LH_TESTS_STORE_MEM_H

/*
 * A store in memory for tests: the same store.h, plus what a disk does to us. It can fail at the
 * n-th call, forget commits as a crash would, and have bytes changed behind its back.
 */

#include "ledger/store.h"

enum lh_mem_failure {
    LH_MEM_FAIL_LOST, /* the commit reports failure and is not there */
    LH_MEM_FAIL_KEPT, /* the commit reports failure and is there all the same */
};

enum lh_code lh_store_mem_new(struct lh_store **out, struct lh_err *err) LH_MUST_CHECK;
/** Let the n-th call from now (1: the next; get, commit, iterator, seek) fail. 0: none. */
void lh_store_mem_fail_at(struct lh_store *store, size_t n, enum lh_mem_failure failure);
/** Has the failure asked for happened? */
bool lh_store_mem_has_failed(const struct lh_store *store);
size_t lh_store_mem_commit_count(const struct lh_store *store);
/** What is found after a crash: a new store with the first `commit_count` commits of this one. */
enum lh_code lh_store_mem_after_crash(struct lh_store **out, const struct lh_store *store,
                                      size_t commit_count, struct lh_err *err) LH_MUST_CHECK;
/** Change a stored value, or take a key away (`value` NULL), past all rules. */
void lh_store_mem_poke(struct lh_store *store, enum lh_table table, struct lh_bytes key,
                       const struct lh_bytes *value);

#endif
