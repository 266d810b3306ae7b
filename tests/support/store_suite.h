#ifndef LH_TESTS_STORE_SUITE_H
#define LH_TESTS_STORE_SUITE_H

/* What every store must do. Each claim runs on a fresh, empty store that `make` opens. */

#include "ledger/store.h"

#include <stddef.h>

struct lh_store_suite {
    const char *name; /* goes in front of each claim's name */
    struct lh_store *(*make)(void *arg);
    /** Close and open again; NULL when this store keeps nothing. */
    struct lh_store *(*reopen)(void *arg, struct lh_store *store);
    void *arg;
};

/** Run all claims as one cmocka group; returns the number of failed ones. */
int lh_store_suite_run(const struct lh_store_suite *suite);

#endif
