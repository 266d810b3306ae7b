#ifndef LH_SIM_DISK_H
#define LH_SIM_DISK_H

/*
 * What a machine keeps when it loses its power: a store, a store of copies, a store of promises,
 * and in another place a guard.
 *
 *   1. A commit that returned is kept; the one that a crash falls into is there or not, never half.
 *   2. An image brings the stores back to what they were, not the guard.
 */

#include "crypto/base/buf.h"
#include "ledger/store.h"
#include "tests/sim/guard.h"

enum sim_disk_part {
    SIM_DISK_STORE,
    SIM_DISK_COPIES,
    SIM_DISK_PROMISES,
    SIM_DISK_GUARD,
};

/* A store that the process which opens it closes. */
struct sim_shelf {
    struct lh_store *kept; /* as the last process left it */
    struct lh_store *lent; /* to the process that runs; NULL: none has it open */
    size_t image_commits;
    bool is_made; /* a process has had it open */
};

struct sim_disk {
    struct lh_store *store;
    struct sim_shelf copies;
    struct sim_shelf promises;
    struct lh_guard *guard;
    size_t image_commits; /* commits in the image that was taken; 0: none was */
    struct lh_guard *image_guard;
    struct lh_buf prepare; /* the act with which officers ask; empty: there is none */
};

void sim_disk_init(struct sim_disk *disk);
void sim_disk_clear(struct sim_disk *disk);
/** Let the process end at its n-th call of a store, or write of the guard, from now; 0: not. */
void sim_disk_fail_at(struct sim_disk *disk, enum sim_disk_part part, size_t n, bool is_kept);
bool sim_disk_has_failed(const struct sim_disk *disk);
/** A store for a process, which closes it; before it does, what it left is to be kept. */
struct lh_store *sim_shelf_lend(struct sim_shelf *shelf);
void sim_shelf_keep(struct sim_shelf *shelf);
/** All that it held is gone. No process may have it open. */
void sim_shelf_lose(struct sim_shelf *shelf);
/** What it holds now, in a store of its own, which the caller closes. */
struct lh_store *sim_shelf_copy(const struct sim_shelf *shelf);
/** The machine starts again with what was kept. Nothing may be open on the store. */
void sim_disk_restart(struct sim_disk *disk);
void sim_disk_take_image(struct sim_disk *disk);
/** An image was taken, and something was committed since. */
bool sim_disk_has_image(const struct sim_disk *disk);
/**
 * Put the image back. `with_guard` brings the guard back too, as if it had lain beside the store: a
 * broken rule.
 */
void sim_disk_put_image(struct sim_disk *disk, bool with_guard);
/** The store is gone with its images, and with `is_all` the guard. No process may have it open. */
void sim_disk_lose_store(struct sim_disk *disk, bool is_all);
/** Make `disk`, which is empty, a copy of another. */
void sim_disk_copy(struct sim_disk *disk, const struct sim_disk *from);

#endif
