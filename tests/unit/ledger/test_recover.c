#include "ledger/ledger.h"

#include "tests/support/folder.h"
#include "tests/support/office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * The recovery table on real stores. A place is a folder with a store and a guard; images of both
 * are kept on the way and put back in every combination.
 */
struct place {
    struct lh_office *office;
    struct lh_folder folder;
    struct lh_store *store;
    struct lh_guard *guard;
    struct lh_ledger *ledger;
    bool is_restored;
    const char *machine;
    char why[LH_ERR_TEXT_MAX];
};

enum { STAFF = 3, ENTRIES = 60 };

static void must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        fail_msg("%s: %s", lh_code_name(rc), err->text);
    }
}

static void path_in(char out[512], const struct place *place, const char *name)
{
    lh_folder_join(out, 512, &place->folder, name);
}

static void shut(struct place *place)
{
    lh_ledger_close(place->ledger);
    lh_store_close(place->store);
    lh_guard_close(place->guard);
    place->ledger = NULL;
    place->store = NULL;
    place->guard = NULL;
}

static enum lh_code open_store(struct place *place, enum lh_store_mode mode)
{
    struct lh_store_rocksdb_options options = { .cache_bytes = 4 << 20 };
    char path[512];

    path_in(path, place, "store");
    return lh_store_open_rocksdb(&place->store, path, mode, &options, NULL);
}

/* As a node does: strictly, and when that is refused, up to the first damage. */
static enum lh_code reopen(struct place *place)
{
    struct lh_ledger_options options;
    struct lh_err err = LH_ERR_NONE;
    char path[512];
    enum lh_code rc = open_store(place, LH_STORE_WRITE);

    if (rc == LH_ERR_CORRUPT) {
        rc = open_store(place, LH_STORE_WRITE_SALVAGE);
    }
    must(rc, &err);
    path_in(path, place, "guard");
    must(lh_guard_open(&place->guard, path, &err), &err);
    lh_office_options(place->office, &options, place->store, place->guard);
    options.marker = lh_bytes_of_text(place->is_restored ? "restored" : "");
    options.machine_id = place->machine;
    return lh_ledger_open(&place->ledger, &options, place->why, &err);
}

static struct lh_ledger_head head_of(struct place *place)
{
    struct lh_ledger_head head;

    lh_ledger_head(place->ledger, &head);
    return head;
}

static void expect_state(struct place *place, enum lh_ledger_state want, uint64_t size,
                         const char *why)
{
    assert_int_equal(reopen(place), LH_OK);
    if (lh_ledger_state(place->ledger) != want || strstr(place->why, why) == NULL) {
        fail_msg("state %s (%s), want %s (%s)",
                 lh_ledger_state_name(lh_ledger_state(place->ledger)), place->why,
                 lh_ledger_state_name(want), why);
    }
    assert_int_equal(head_of(place).size, size);
}

static void append(struct place *place, size_t first, size_t count)
{
    struct lh_err err = LH_ERR_NONE;

    must(lh_office_append(place->office, place->ledger, first, count, NULL, NULL, &err), &err);
}

static void verify_and_go_on(struct place *place, size_t next)
{
    struct lh_err err = LH_ERR_NONE;

    must(lh_ledger_verify(place->ledger, lh_city_suite(lh_office_city(place->office)), NULL, NULL,
                          NULL, &err),
         &err);
    append(place, next, 2);
    must(lh_ledger_verify(place->ledger, lh_city_suite(lh_office_city(place->office)), NULL, NULL,
                          NULL, &err),
         &err);
}

static void refuse_to_append(struct place *place)
{
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(
        lh_office_append(place->office, place->ledger, ENTRIES - 1, 1, NULL, NULL, &err),
        LH_ERR_DENIED);
}

/* Keep or put back an image of the store or the guard. The place is shut meanwhile. */
static void keep(const struct place *place, const char *what, const char *image)
{
    char command[1200];

    (void)snprintf(command, sizeof command, "rm -rf %s/%s && cp -rp %s/%s %s/%s",
                   place->folder.path, image, place->folder.path, what, place->folder.path, image);
    assert_int_equal(system(command), 0);
}

static void put_back(const struct place *place, const char *what, const char *image)
{
    keep(place, image, what);
}

static void keep_both(struct place *place, const char *store, const char *guard)
{
    shut(place);
    keep(place, "store", store);
    keep(place, "guard", guard);
    assert_int_equal(reopen(place), LH_OK);
}

/*
 * Images store0 .. store4 and guard0 .. guard4: before anything, after GENERATION (2 leaves), the
 * enrolments (6), 3 entries (10) and 4 entries (15).
 */
static const uint64_t sizes[] = { 0, 2, 2 + STAFF + 1, 10, 15 };

/* The history is made once; every claim starts by putting images back. */
static int make_history(void **state)
{
    struct lh_city_options options = {
        .suite = LH_SUITE_W, .seed = 5, .staff_count = STAFF, .entry_count = ENTRIES
    };
    struct place *place = calloc(1, sizeof *place);
    struct lh_err err = LH_ERR_NONE;
    char path[512];

    assert_non_null(place);
    place->office = lh_office_new(&options);
    lh_folder_make(&place->folder);
    assert_int_equal(open_store(place, LH_STORE_CREATE), LH_OK);
    path_in(path, place, "guard");
    must(lh_guard_create(path, &err), &err);
    shut(place);
    assert_int_equal(reopen(place), LH_OK);
    keep_both(place, "store0", "guard0");
    append(place, 0, 1);
    keep_both(place, "store1", "guard1");
    append(place, 1, STAFF);
    keep_both(place, "store2", "guard2");
    append(place, 1 + STAFF, 3);
    keep_both(place, "store3", "guard3");
    append(place, 4 + STAFF, 4);
    keep_both(place, "store4", "guard4");
    assert_int_equal(head_of(place).size, sizes[4]);
    shut(place);
    *state = place;
    return 0;
}

static int remove_history(void **state)
{
    struct place *place = *state;

    lh_folder_remove(&place->folder);
    lh_office_free(place->office);
    free(place);
    return 0;
}

static int shut_after(void **state)
{
    struct place *place = *state;

    shut(place);
    place->is_restored = false;
    place->machine = NULL;
    return 0;
}

static void an_empty_store_and_a_guard_never_written_are_new(void **state)
{
    struct place *place = *state;

    put_back(place, "store", "store0");
    put_back(place, "guard", "guard0");
    expect_state(place, LH_LEDGER_NEW, 0, "agree");
    append(place, 0, 1);
}

static void store_and_guard_that_agree_are_continuous(void **state)
{
    struct place *place = *state;

    for (size_t i = 1; i < 5; i++) {
        char image[16];

        (void)snprintf(image, sizeof image, "store%zu", i);
        put_back(place, "store", image);
        (void)snprintf(image, sizeof image, "guard%zu", i);
        put_back(place, "guard", image);
        expect_state(place, LH_LEDGER_CONTINUOUS, sizes[i], "agree");
        shut(place);
    }
    assert_int_equal(reopen(place), LH_OK);
    verify_and_go_on(place, 8 + STAFF);
}

static void one_block_past_the_guard_is_verified_and_released(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < 4; i++) {
        char image[16];

        (void)snprintf(image, sizeof image, "store%zu", i + 1);
        put_back(place, "store", image);
        (void)snprintf(image, sizeof image, "guard%zu", i);
        put_back(place, "guard", image);
        expect_state(place, LH_LEDGER_CONTINUOUS, sizes[i + 1], "not released");
        shut(place);
        expect_state(place, LH_LEDGER_CONTINUOUS, sizes[i + 1], "agree");
        shut(place);
    }
    assert_int_equal(reopen(place), LH_OK);
    verify_and_go_on(place, 8 + STAFF);
}

static void further_past_the_guard_is_suspect_and_shows_what_was_released(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < 3; i++) {
        char image[16];

        put_back(place, "store", "store4");
        (void)snprintf(image, sizeof image, "guard%zu", i);
        put_back(place, "guard", image);
        expect_state(place, LH_LEDGER_SUSPECT, i == 0 ? sizes[4] : sizes[i],
                     i == 0 ? "never written" : "more than one block");
        refuse_to_append(place);
        shut(place);
    }
}

static void behind_the_guard_is_suspect(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < 4; i++) {
        char image[16];

        (void)snprintf(image, sizeof image, "store%zu", i);
        put_back(place, "store", image);
        put_back(place, "guard", "guard4");
        expect_state(place, LH_LEDGER_SUSPECT, sizes[i], "behind");
        refuse_to_append(place);
        shut(place);
    }
}

/* Two histories of one department part after the enrolments. */
static void fork_history(struct place *place, size_t first, size_t count)
{
    put_back(place, "store", "store2");
    put_back(place, "guard", "guard2");
    assert_int_equal(reopen(place), LH_OK);
    append(place, first, count);
}

static void another_root_at_the_guards_size_is_suspect(void **state)
{
    struct place *place = *state;

    fork_history(place, 20, 3);
    assert_int_equal(head_of(place).size, sizes[3]);
    shut(place);
    put_back(place, "guard", "guard3");
    expect_state(place, LH_LEDGER_SUSPECT, sizes[3], "another history");
    refuse_to_append(place);
}

static void one_block_past_a_guard_of_another_history_is_suspect(void **state)
{
    struct place *place = *state;

    fork_history(place, 20, 3);
    append(place, 30, 2);
    shut(place);
    put_back(place, "guard", "guard3");
    expect_state(place, LH_LEDGER_SUSPECT, sizes[3] + 3, "another history");
    refuse_to_append(place);
}

static void one_block_past_that_does_not_start_at_the_guard_is_suspect(void **state)
{
    struct place *place = *state;

    fork_history(place, 20, 8);
    shut(place);
    put_back(place, "guard", "guard3");
    expect_state(place, LH_LEDGER_SUSPECT, sizes[2] + 9, "another history");
    refuse_to_append(place);
}

static void a_guard_that_cannot_be_read_is_suspect(void **state)
{
    struct place *place = *state;
    char path[512];

    put_back(place, "store", "store4");
    path_in(path, place, "guard");
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(truncate(path, 8192), 0);
    expect_state(place, LH_LEDGER_SUSPECT, sizes[4], "cannot be read");
    refuse_to_append(place);
}

static void a_guard_of_another_ledger_is_suspect(void **state)
{
    struct place *place = *state;
    struct lh_guard_head head = { .size = 15, .origin = "jinhua/mzj/1" };
    struct lh_err err = LH_ERR_NONE;
    char path[512];

    put_back(place, "store", "store4");
    put_back(place, "guard", "guard0");
    path_in(path, place, "guard");
    must(lh_guard_open(&place->guard, path, &err), &err);
    must(lh_guard_write(place->guard, &head, &err), &err);
    shut(place);
    expect_state(place, LH_LEDGER_SUSPECT, sizes[4], "another ledger");
    refuse_to_append(place);
}

static void a_restored_marker_is_suspect(void **state)
{
    struct place *place = *state;

    put_back(place, "store", "store4");
    put_back(place, "guard", "guard4");
    place->is_restored = true;
    expect_state(place, LH_LEDGER_SUSPECT, sizes[4], "restored");
    refuse_to_append(place);
}

static void another_machine_is_suspect(void **state)
{
    struct place *place = *state;

    place->machine = "machine-1";
    put_back(place, "store", "store0");
    put_back(place, "guard", "guard0");
    expect_state(place, LH_LEDGER_NEW, 0, "agree");
    append(place, 0, 1);
    shut(place);
    expect_state(place, LH_LEDGER_CONTINUOUS, 2, "agree");
    shut(place);
    place->machine = "machine-2";
    expect_state(place, LH_LEDGER_SUSPECT, 2, "another machine");
    refuse_to_append(place);
    shut(place);
    place->machine = NULL; /* not checked */
    expect_state(place, LH_LEDGER_CONTINUOUS, 2, "agree");
}

/* The node's last words before a kill: the log of a store that was never closed. */
static void copy_unclosed(struct place *place, char log[1200])
{
    char command[2400];
    FILE *list;

    put_back(place, "store", "store2");
    put_back(place, "guard", "guard2");
    assert_int_equal(reopen(place), LH_OK);
    append(place, 1 + STAFF, 3);
    keep(place, "guard", "guard-before");
    append(place, 4 + STAFF, 4);
    keep(place, "store", "store-killed");
    keep(place, "guard", "guard-after");
    shut(place);
    put_back(place, "store", "store-killed");
    (void)snprintf(command, sizeof command, "ls %s/store/*.log | tail -1", place->folder.path);
    list = popen(command, "r");
    assert_non_null(list);
    assert_non_null(fgets(log, 1200, list));
    assert_int_equal(pclose(list), 0);
    log[strcspn(log, "\n")] = 0;
}

static void after_a_kill_everything_released_is_there(void **state)
{
    struct place *place = *state;
    char log[1200];

    copy_unclosed(place, log);
    put_back(place, "guard", "guard-after");
    expect_state(place, LH_LEDGER_CONTINUOUS, sizes[4], "agree");
    verify_and_go_on(place, 8 + STAFF);
}

static void a_kill_between_commit_and_guard_loses_nothing(void **state)
{
    struct place *place = *state;
    char log[1200];

    copy_unclosed(place, log);
    put_back(place, "guard", "guard-before");
    expect_state(place, LH_LEDGER_CONTINUOUS, sizes[4], "not released");
    verify_and_go_on(place, 8 + STAFF);
}

/* Torn while the last block was written: wherever the tear is, the block before stands. */
static void a_log_torn_within_the_last_commit_is_salvaged_to_the_released_head(void **state)
{
    struct place *place = *state;
    char log[1200];
    struct stat info;

    copy_unclosed(place, log);
    assert_int_equal(stat(log, &info), 0);
    for (off_t cut = 1; cut < 1500; cut += 97) {
        put_back(place, "store", "store-killed");
        put_back(place, "guard", "guard-before");
        assert_int_equal(truncate(log, info.st_size - cut), 0);
        assert_int_equal(open_store(place, LH_STORE_WRITE), LH_ERR_CORRUPT);
        expect_state(place, LH_LEDGER_CONTINUOUS, sizes[3], "agree");
        verify_and_go_on(place, 4 + STAFF);
        shut(place);
    }
}

/* The disk lied: what the guard has seen is gone. */
static void a_torn_log_that_loses_a_released_block_is_suspect(void **state)
{
    struct place *place = *state;
    char log[1200];
    struct stat info;

    copy_unclosed(place, log);
    put_back(place, "guard", "guard-after");
    assert_int_equal(stat(log, &info), 0);
    assert_int_equal(truncate(log, info.st_size - 100), 0);
    expect_state(place, LH_LEDGER_SUSPECT, sizes[3], "behind");
    refuse_to_append(place);
}

int main(void)
{
#define SHUT_AFTER(claim) cmocka_unit_test_teardown(claim, shut_after)
    const struct CMUnitTest claims[] = {
        SHUT_AFTER(an_empty_store_and_a_guard_never_written_are_new),
        SHUT_AFTER(store_and_guard_that_agree_are_continuous),
        SHUT_AFTER(one_block_past_the_guard_is_verified_and_released),
        SHUT_AFTER(further_past_the_guard_is_suspect_and_shows_what_was_released),
        SHUT_AFTER(behind_the_guard_is_suspect),
        SHUT_AFTER(another_root_at_the_guards_size_is_suspect),
        SHUT_AFTER(one_block_past_a_guard_of_another_history_is_suspect),
        SHUT_AFTER(one_block_past_that_does_not_start_at_the_guard_is_suspect),
        SHUT_AFTER(a_guard_that_cannot_be_read_is_suspect),
        SHUT_AFTER(a_guard_of_another_ledger_is_suspect),
        SHUT_AFTER(a_restored_marker_is_suspect),
        SHUT_AFTER(another_machine_is_suspect),
        SHUT_AFTER(after_a_kill_everything_released_is_there),
        SHUT_AFTER(a_kill_between_commit_and_guard_loses_nothing),
        SHUT_AFTER(a_log_torn_within_the_last_commit_is_salvaged_to_the_released_head),
        SHUT_AFTER(a_torn_log_that_loses_a_released_block_is_suspect),
    };

    return cmocka_run_group_tests_name("recover", claims, make_history, remove_history);
}
