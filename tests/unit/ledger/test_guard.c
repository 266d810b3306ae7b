#include "ledger/guard.h"

#include "tests/support/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_SIZE = 8192, SLOT_SIZE = 512, SLOT_SPACING = 4096 };

struct place {
    struct lh_folder folder;
    char path[512];
};

static int make_guard(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct lh_err err = LH_ERR_NONE;

    assert_non_null(place);
    lh_folder_make(&place->folder);
    lh_folder_join(place->path, sizeof place->path, &place->folder, "guard");
    assert_int_equal(lh_guard_create(place->path, &err), LH_OK);
    *state = place;
    return 0;
}

static int remove_guard(void **state)
{
    struct place *place = *state;

    lh_folder_remove(&place->folder);
    free(place);
    return 0;
}

static const char *path_of(void **state)
{
    return ((struct place *)*state)->path;
}

static struct lh_guard *open_guard(void **state)
{
    struct lh_guard *guard = NULL;
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(lh_guard_open(&guard, path_of(state), &err), LH_OK);
    return guard;
}

/* Different in every field for different sizes. */
static struct lh_guard_head head_of(uint64_t size)
{
    struct lh_guard_head head = { .size = size, .witness_tick = size * 7 };

    (void)snprintf(head.origin, sizeof head.origin, "jinhua/gaj/%llu", (unsigned long long)size);
    memset(head.root.bytes, (int)(size & 0xff), sizeof head.root.bytes);
    return head;
}

static bool is_head(const struct lh_guard_head *found, uint64_t size)
{
    struct lh_guard_head want = head_of(size);

    return strcmp(found->origin, want.origin) == 0 && found->size == want.size &&
           memcmp(found->root.bytes, want.root.bytes, sizeof want.root.bytes) == 0 &&
           found->witness_tick == want.witness_tick;
}

static void write_head(struct lh_guard *guard, uint64_t size)
{
    struct lh_guard_head head = head_of(size);
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(lh_guard_write(guard, &head, &err), LH_OK);
}

static void read_image(const char *path, uint8_t out[FILE_SIZE])
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    assert_int_equal(fread(out, 1, FILE_SIZE, file), FILE_SIZE);
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
}

static void write_image(const char *path, const uint8_t *image, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(image, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void a_new_guard_was_never_written(void **state)
{
    struct lh_guard *guard = open_guard(state);
    struct lh_guard_head head;
    struct lh_err err = LH_ERR_NONE;
    struct stat info;

    assert_int_equal(lh_guard_read(guard, &head, &err), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_guard_peek(path_of(state), &head, &err), LH_ERR_NOT_FOUND);
    assert_int_equal(stat(path_of(state), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    lh_guard_close(guard);
}

static void making_a_guard_over_one_is_a_conflict(void **state)
{
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(lh_guard_create(path_of(state), &err), LH_ERR_CONFLICT);
}

static void opening_a_guard_that_is_not_there_is_not_found(void **state)
{
    struct lh_guard *guard = NULL;
    struct lh_guard_head head;
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(unlink(path_of(state)), 0);
    assert_int_equal(lh_guard_open(&guard, path_of(state), &err), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_guard_peek(path_of(state), &head, &err), LH_ERR_NOT_FOUND);
}

static void the_newest_head_is_read_back_also_after_reopening(void **state)
{
    struct lh_guard *guard = open_guard(state);
    struct lh_err err = LH_ERR_NONE;

    for (uint64_t size = 1; size <= 9; size++) {
        struct lh_guard_head found;

        write_head(guard, size);
        assert_int_equal(lh_guard_read(guard, &found, &err), LH_OK);
        assert_true(is_head(&found, size));
        if (size % 3 == 0) {
            lh_guard_close(guard);
            guard = open_guard(state);
            assert_int_equal(lh_guard_read(guard, &found, &err), LH_OK);
            assert_true(is_head(&found, size));
        }
        assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_OK);
        assert_true(is_head(&found, size));
    }
    lh_guard_close(guard);
}

static void the_longest_origin_fits(void **state)
{
    struct lh_guard *guard = open_guard(state);
    struct lh_guard_head head = head_of(5);
    struct lh_guard_head found;
    struct lh_err err = LH_ERR_NONE;

    memset(head.origin, 'a', LH_ORIGIN_MAX);
    assert_int_equal(lh_guard_write(guard, &head, &err), LH_OK);
    assert_int_equal(lh_guard_read(guard, &found, &err), LH_OK);
    assert_string_equal(found.origin, head.origin);
    lh_guard_close(guard);
}

static void a_second_holder_is_a_conflict(void **state)
{
    struct lh_guard *guard = open_guard(state);
    struct lh_guard *second = NULL;
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(lh_guard_open(&second, path_of(state), &err), LH_ERR_CONFLICT);
    lh_guard_close(guard);
    assert_int_equal(lh_guard_open(&second, path_of(state), &err), LH_OK);
    lh_guard_close(second);
}

/* What is read from a file with the first `cut` bytes of `front` and the rest of `back`: the head
 * of `size` or of `size` + 1; the latter when all of the newer image is there. */
static void expect_old_or_new(void **state, const uint8_t *front, const uint8_t *back, size_t cut,
                              uint64_t size, const uint8_t *newer)
{
    uint8_t torn[FILE_SIZE];
    struct lh_guard_head found;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    memcpy(torn, front, cut);
    memcpy(torn + cut, back + cut, FILE_SIZE - cut);
    write_image(path_of(state), torn, FILE_SIZE);
    rc = lh_guard_peek(path_of(state), &found, &err);
    if (memcmp(torn, newer, FILE_SIZE) == 0) {
        assert_int_equal(rc, LH_OK);
        assert_true(is_head(&found, size + 1));
    } else if (size == 0) {
        assert_int_equal(rc, LH_ERR_NOT_FOUND);
    } else {
        assert_int_equal(rc, LH_OK);
        assert_true(is_head(&found, size));
    }
}

static void a_write_torn_at_any_byte_leaves_the_old_or_the_new_head(void **state)
{
    uint8_t old[FILE_SIZE];
    uint8_t new[FILE_SIZE];

    for (uint64_t size = 0; size < 4; size++) {
        struct lh_guard *guard = open_guard(state);
        size_t slot = (size + 1) % 2 * SLOT_SPACING;

        read_image(path_of(state), old);
        write_head(guard, size + 1);
        lh_guard_close(guard);
        read_image(path_of(state), new);
        for (size_t cut = slot; cut <= slot + SLOT_SIZE; cut++) {
            expect_old_or_new(state, new, old, cut, size, new);
            expect_old_or_new(state, old, new, cut, size, new);
        }
        write_image(path_of(state), new, FILE_SIZE);
    }
}

static void writing_goes_on_after_a_torn_slot(void **state)
{
    struct lh_guard *guard = open_guard(state);
    struct lh_guard_head found;
    struct lh_err err = LH_ERR_NONE;
    uint8_t image[FILE_SIZE];

    write_head(guard, 1);
    write_head(guard, 2);
    lh_guard_close(guard);
    read_image(path_of(state), image);
    memset(image, 0x55, SLOT_SIZE); /* slot 0 holds sequence 2 */
    write_image(path_of(state), image, FILE_SIZE);
    guard = open_guard(state);
    assert_int_equal(lh_guard_read(guard, &found, &err), LH_OK);
    assert_true(is_head(&found, 1));
    write_head(guard, 3);
    assert_int_equal(lh_guard_read(guard, &found, &err), LH_OK);
    assert_true(is_head(&found, 3));
    lh_guard_close(guard);
}

static void a_guard_without_a_whole_slot_is_corrupt(void **state)
{
    struct lh_guard *guard = open_guard(state);
    struct lh_guard_head found;
    struct lh_err err = LH_ERR_NONE;
    uint8_t image[FILE_SIZE];

    write_head(guard, 1);
    write_head(guard, 2);
    lh_guard_close(guard);
    read_image(path_of(state), image);
    image[100] ^= 1;
    image[SLOT_SPACING + SLOT_SIZE - 1] ^= 1;
    write_image(path_of(state), image, FILE_SIZE);
    assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_ERR_CORRUPT);
    guard = open_guard(state);
    assert_int_equal(lh_guard_read(guard, &found, &err), LH_ERR_CORRUPT);
    lh_guard_close(guard);

    memset(image, 0, sizeof image);
    write_image(path_of(state), image, FILE_SIZE);
    assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_ERR_CORRUPT);
    write_image(path_of(state), image, 100);
    assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_ERR_CORRUPT);
    write_image(path_of(state), image, 0);
    assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_ERR_CORRUPT);
}

static void a_slot_in_the_other_slots_place_does_not_count(void **state)
{
    struct lh_guard *guard = open_guard(state);
    struct lh_guard_head found;
    struct lh_err err = LH_ERR_NONE;
    uint8_t image[FILE_SIZE];

    write_head(guard, 1);
    lh_guard_close(guard);
    read_image(path_of(state), image);
    memcpy(image, image + SLOT_SPACING, SLOT_SIZE);
    memset(image + SLOT_SPACING, 0, SLOT_SIZE);
    write_image(path_of(state), image, FILE_SIZE);
    assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_ERR_CORRUPT);
}

static void after_a_failed_write_nothing_is_written(void **state)
{
    struct lh_guard *guard = open_guard(state);
    struct lh_guard_head head = head_of(2);
    struct lh_guard_head found;
    struct lh_err err = LH_ERR_NONE;
    struct rlimit limit;

    write_head(guard, 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    struct rlimit none = { .rlim_cur = 0, .rlim_max = limit.rlim_max };
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    enum lh_code failed = lh_guard_write(guard, &head, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(failed, LH_ERR_IO);
    assert_int_equal(lh_guard_write(guard, &head, &err), LH_ERR_IO);
    lh_guard_close(guard);
    assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_OK);
    assert_true(is_head(&found, 1));
}

static void a_guard_of_another_length_is_corrupt(void **state)
{
    struct lh_guard *guard = open_guard(state);
    struct lh_guard_head found;
    struct lh_err err = LH_ERR_NONE;
    uint8_t image[FILE_SIZE + 1] = { 0 };

    write_head(guard, 1);
    lh_guard_close(guard);
    read_image(path_of(state), image);
    write_image(path_of(state), image, FILE_SIZE + 1);
    assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_ERR_CORRUPT);
    write_image(path_of(state), image, FILE_SIZE - 1);
    assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_ERR_CORRUPT);
    write_image(path_of(state), image, FILE_SIZE);
    assert_int_equal(lh_guard_peek(path_of(state), &found, &err), LH_OK);
}

int main(void)
{
#define WITH_GUARD(claim) cmocka_unit_test_setup_teardown(claim, make_guard, remove_guard)
    const struct CMUnitTest claims[] = {
        WITH_GUARD(a_new_guard_was_never_written),
        WITH_GUARD(making_a_guard_over_one_is_a_conflict),
        WITH_GUARD(opening_a_guard_that_is_not_there_is_not_found),
        WITH_GUARD(the_newest_head_is_read_back_also_after_reopening),
        WITH_GUARD(the_longest_origin_fits),
        WITH_GUARD(a_second_holder_is_a_conflict),
        WITH_GUARD(a_write_torn_at_any_byte_leaves_the_old_or_the_new_head),
        WITH_GUARD(writing_goes_on_after_a_torn_slot),
        WITH_GUARD(a_guard_without_a_whole_slot_is_corrupt),
        WITH_GUARD(a_guard_of_another_length_is_corrupt),
        WITH_GUARD(a_slot_in_the_other_slots_place_does_not_count),
        WITH_GUARD(after_a_failed_write_nothing_is_written),
    };

    return cmocka_run_group_tests_name("guard", claims, NULL, NULL);
}
