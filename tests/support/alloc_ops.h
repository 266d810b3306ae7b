#ifndef LH_TESTS_ALLOC_OPS_H
#define LH_TESTS_ALLOC_OPS_H

/* What is tried while memory runs out: one call each, on things that are there already. */

#include "crypto/base/err.h"
#include "crypto/suite.h"

#include <stdbool.h>
#include <stddef.h>

struct alloc_bench;

struct alloc_bench *alloc_bench_new(enum lh_suite_id suite);
void alloc_bench_free(struct alloc_bench *bench);

struct alloc_op {
    const char *name;
    /** Does it and takes away what it made. */
    enum lh_code (*run)(struct alloc_bench *bench, struct lh_err *err);
    /* Hashes with a suite, signs or verifies: OpenSSL allocates for that, and where it cannot, the
     * process may end, as suite.h says. */
    bool may_abort;
};

size_t alloc_op_count(void);
const struct alloc_op *alloc_op_at(size_t index);

#endif
