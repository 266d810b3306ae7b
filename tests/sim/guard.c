#include "tests/sim/guard.h"

#include "crypto/base/assert.h"

#include <stdlib.h>

struct lh_guard {
    bool is_written;
    struct lh_guard_head head;
    size_t fail_in;
    bool is_kept;
    bool is_broken;
};

struct lh_guard *sim_guard_new(void)
{
    struct lh_guard *guard = calloc(1, sizeof *guard);

    lh_assert(guard != NULL);
    return guard;
}

void lh_guard_close(struct lh_guard *guard)
{
    free(guard);
}

void sim_guard_copy(struct lh_guard *guard, const struct lh_guard *from)
{
    guard->is_written = from->is_written;
    guard->head = from->head;
}

void sim_guard_fail_at(struct lh_guard *guard, size_t n, bool is_kept)
{
    guard->fail_in = n;
    guard->is_kept = is_kept;
}

void sim_guard_reopen(struct lh_guard *guard)
{
    guard->fail_in = 0;
    guard->is_broken = false;
}

enum lh_code lh_guard_read(struct lh_guard *guard, struct lh_guard_head *out, struct lh_err *err)
{
    if (!guard->is_written) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "the guard was never written");
    }
    *out = guard->head;
    return LH_OK;
}

enum lh_code lh_guard_write(struct lh_guard *guard, const struct lh_guard_head *head,
                            struct lh_err *err)
{
    bool is_failing = guard->fail_in > 0 && --guard->fail_in == 0;

    if (guard->is_broken) {
        return lh_err_set(err, LH_ERR_IO, "the guard failed before");
    }
    if (!is_failing || guard->is_kept) {
        guard->is_written = true;
        guard->head = *head;
    }
    guard->is_broken = is_failing;
    return is_failing ? lh_err_set(err, LH_ERR_IO, "the simulator made it fail") : LH_OK;
}
