#include "tests/sim/disk.h"

#include "crypto/base/assert.h"
#include "tests/support/store_mem.h"

static struct lh_store *new_store(void)
{
    struct lh_store *store = NULL;
    enum lh_code rc = lh_store_mem_new(&store, NULL);

    lh_assert(rc == LH_OK);
    return store;
}

static struct lh_store *store_with(const struct lh_store *from, size_t commits)
{
    struct lh_store *store = NULL;
    enum lh_code rc = lh_store_mem_after_crash(&store, from, commits, NULL);

    lh_assert(rc == LH_OK);
    return store;
}

static struct lh_store *all_of(const struct lh_store *from)
{
    return store_with(from, lh_store_mem_commit_count(from));
}

static void put_back(struct lh_store **store, size_t commits)
{
    struct lh_store *before = *store;

    *store = store_with(before, commits);
    lh_store_close(before);
}

/* ---- stores that processes close ---- */

static const struct lh_store *seen(const struct sim_shelf *shelf)
{
    return shelf->lent != NULL ? shelf->lent : shelf->kept;
}

struct lh_store *sim_shelf_lend(struct sim_shelf *shelf)
{
    shelf->is_made = true;
    shelf->lent = all_of(shelf->kept);
    return shelf->lent;
}

void sim_shelf_keep(struct sim_shelf *shelf)
{
    lh_store_close(shelf->kept);
    shelf->kept = all_of(shelf->lent);
    shelf->lent = NULL;
}

void sim_shelf_lose(struct sim_shelf *shelf)
{
    lh_assert(shelf->lent == NULL);
    lh_store_close(shelf->kept);
    *shelf = (struct sim_shelf){ .kept = new_store() };
}

struct lh_store *sim_shelf_copy(const struct sim_shelf *shelf)
{
    return all_of(seen(shelf));
}

static void fail_shelf_at(struct sim_shelf *shelf, size_t n, enum lh_mem_failure failure)
{
    if (shelf->lent != NULL) {
        lh_store_mem_fail_at(shelf->lent, n, failure);
    }
}

static bool has_shelf_failed(const struct sim_shelf *shelf)
{
    return shelf->lent != NULL && lh_store_mem_has_failed(shelf->lent);
}

static void put_shelf_back(struct sim_shelf *shelf)
{
    lh_assert(shelf->lent == NULL);
    put_back(&shelf->kept, shelf->image_commits);
}

static void copy_shelf(struct sim_shelf *shelf, const struct sim_shelf *from)
{
    lh_store_close(shelf->kept);
    *shelf = (struct sim_shelf){ .kept = all_of(seen(from)), .is_made = from->is_made };
}

/* ---- all of it ---- */

void sim_disk_init(struct sim_disk *disk)
{
    *disk = (struct sim_disk){ .store = new_store(),
                               .copies = { .kept = new_store() },
                               .promises = { .kept = new_store() },
                               .guard = sim_guard_new(),
                               .image_guard = sim_guard_new() };
}

void sim_disk_clear(struct sim_disk *disk)
{
    lh_store_close(disk->store);
    lh_store_close(disk->copies.kept);
    lh_store_close(disk->promises.kept);
    lh_guard_close(disk->guard);
    lh_guard_close(disk->image_guard);
    lh_buf_clear(&disk->prepare);
    *disk = (struct sim_disk){ .store = NULL };
}

void sim_disk_fail_at(struct sim_disk *disk, enum sim_disk_part part, size_t n, bool is_kept)
{
    enum lh_mem_failure failure = is_kept ? LH_MEM_FAIL_KEPT : LH_MEM_FAIL_LOST;

    switch (part) {
    case SIM_DISK_STORE:
        lh_store_mem_fail_at(disk->store, n, failure);
        break;
    case SIM_DISK_COPIES:
        fail_shelf_at(&disk->copies, n, failure);
        break;
    case SIM_DISK_PROMISES:
        fail_shelf_at(&disk->promises, n, failure);
        break;
    case SIM_DISK_GUARD:
        sim_guard_fail_at(disk->guard, n, is_kept);
        break;
    }
}

bool sim_disk_has_failed(const struct sim_disk *disk)
{
    return lh_store_mem_has_failed(disk->store) || has_shelf_failed(&disk->copies) ||
           has_shelf_failed(&disk->promises);
}

void sim_disk_restart(struct sim_disk *disk)
{
    put_back(&disk->store, lh_store_mem_commit_count(disk->store));
    sim_guard_reopen(disk->guard);
}

void sim_disk_take_image(struct sim_disk *disk)
{
    disk->image_commits = lh_store_mem_commit_count(disk->store);
    disk->copies.image_commits = lh_store_mem_commit_count(seen(&disk->copies));
    disk->promises.image_commits = lh_store_mem_commit_count(seen(&disk->promises));
    sim_guard_copy(disk->image_guard, disk->guard);
}

bool sim_disk_has_image(const struct sim_disk *disk)
{
    return disk->image_commits > 0 && disk->image_commits < lh_store_mem_commit_count(disk->store);
}

void sim_disk_put_image(struct sim_disk *disk, bool with_guard)
{
    put_back(&disk->store, disk->image_commits);
    put_shelf_back(&disk->copies);
    put_shelf_back(&disk->promises);
    if (with_guard) {
        sim_guard_copy(disk->guard, disk->image_guard);
    }
}

void sim_disk_lose_store(struct sim_disk *disk, bool is_all)
{
    lh_store_close(disk->store);
    disk->store = new_store();
    disk->image_commits = 0;
    sim_shelf_lose(&disk->copies);
    sim_shelf_lose(&disk->promises);
    if (is_all) {
        lh_guard_close(disk->guard);
        disk->guard = sim_guard_new();
    }
}

void sim_disk_copy(struct sim_disk *disk, const struct sim_disk *from)
{
    lh_store_close(disk->store);
    disk->store = all_of(from->store);
    copy_shelf(&disk->copies, &from->copies);
    copy_shelf(&disk->promises, &from->promises);
    sim_guard_copy(disk->guard, from->guard);
}
