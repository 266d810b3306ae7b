#include "crypto/secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
    char path[64];
    char file[96];
};

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);

    assert_non_null(folder);
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/lh-secret-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    (void)snprintf(folder->file, sizeof folder->file, "%s/secret", folder->path);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;

    (void)unlink(folder->file);
    (void)rmdir(folder->path);
    free(folder);
    return 0;
}

static struct lh_secret some_secret(void)
{
    struct lh_secret secret = { .bytes = "0123456789abcdef0123456789abcdef", .len = 32 };

    return secret;
}

static void a_written_secret_reads_back_and_is_for_the_owner_only(void **state)
{
    struct folder *folder = *state;
    struct lh_secret secret = some_secret();
    struct lh_secret back = LH_SECRET_EMPTY;
    struct stat info;

    assert_int_equal(lh_secret_write(&secret, folder->file, NULL), LH_OK);
    assert_int_equal(stat(folder->file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(lh_secret_read(&back, folder->file, 32, NULL), LH_OK);
    assert_true(lh_secret_is_equal(lh_secret_bytes(&back), lh_secret_bytes(&secret)));
    assert_int_equal(chmod(folder->file, 0400), 0);
    assert_int_equal(lh_secret_read(&back, folder->file, 32, NULL), LH_OK);
}

static void a_secret_is_never_written_over(void **state)
{
    struct folder *folder = *state;
    struct lh_secret secret = some_secret();
    struct lh_secret other = { .bytes = { 1 }, .len = 32 };
    struct lh_secret back = LH_SECRET_EMPTY;

    assert_int_equal(lh_secret_write(&secret, folder->file, NULL), LH_OK);
    assert_int_equal(lh_secret_write(&other, folder->file, NULL), LH_ERR_CONFLICT);
    assert_int_equal(lh_secret_read(&back, folder->file, 32, NULL), LH_OK);
    assert_true(lh_secret_is_equal(lh_secret_bytes(&back), lh_secret_bytes(&secret)));
}

static void a_file_that_others_may_touch_is_refused(void **state)
{
    static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0666, 0777 };
    struct folder *folder = *state;
    struct lh_secret secret = some_secret();
    struct lh_secret back = LH_SECRET_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(lh_secret_write(&secret, folder->file, NULL), LH_OK);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(folder->file, modes[i]), 0);
        assert_int_equal(lh_secret_read(&back, folder->file, 32, &err), LH_ERR_DENIED);
        assert_non_null(strstr(err.text, "chmod 600"));
        assert_int_equal(back.len, 0);
    }
}

static void a_file_of_another_owner_is_refused(void **state)
{
    struct folder *folder = *state;
    struct lh_secret secret = some_secret();
    struct lh_secret back = LH_SECRET_EMPTY;

    if (geteuid() != 0) {
        skip(); /* only root can give a file away */
    }
    assert_int_equal(lh_secret_write(&secret, folder->file, NULL), LH_OK);
    assert_int_equal(chown(folder->file, 12345, (gid_t)-1), 0);
    assert_int_equal(lh_secret_read(&back, folder->file, 32, NULL), LH_ERR_DENIED);
}

static void a_file_of_another_length_is_refused(void **state)
{
    struct folder *folder = *state;
    struct lh_secret secret = some_secret();
    struct lh_secret back = LH_SECRET_EMPTY;

    assert_int_equal(lh_secret_write(&secret, folder->file, NULL), LH_OK);
    assert_int_equal(lh_secret_read(&back, folder->file, 31, NULL), LH_ERR_INVALID);
    assert_int_equal(lh_secret_read(&back, folder->file, 33, NULL), LH_ERR_INVALID);
    assert_int_equal(back.len, 0);
}

static void what_is_not_a_regular_file_is_refused_without_waiting(void **state)
{
    struct folder *folder = *state;
    struct lh_secret back = LH_SECRET_EMPTY;

    assert_int_equal(lh_secret_read(&back, folder->file, 32, NULL), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_secret_read(&back, folder->path, 32, NULL), LH_ERR_INVALID);
    assert_int_equal(mkfifo(folder->file, 0600), 0);
    assert_int_equal(lh_secret_read(&back, folder->file, 32, NULL), LH_ERR_INVALID);
}

static void a_secret_is_not_written_through_a_link(void **state)
{
    struct folder *folder = *state;
    struct lh_secret secret = some_secret();

    assert_int_equal(symlink("elsewhere", folder->file), 0);
    assert_int_equal(lh_secret_write(&secret, folder->file, NULL), LH_ERR_CONFLICT);
}

static void a_folder_that_does_not_exist_is_named(void **state)
{
    struct lh_secret secret = some_secret();
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(lh_secret_write(&secret, "/no/such/folder/secret", &err), LH_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/no/such/folder/secret"));
}

static void clear_leaves_no_byte_of_a_secret(void **state)
{
    struct lh_secret secret = some_secret();

    (void)state;
    lh_secret_clear(&secret);
    assert_int_equal(secret.len, 0);
    assert_true(lh_bytes_is_zero(lh_bytes_of(secret.bytes, sizeof secret.bytes)));
}

static void equality_needs_the_same_length_and_every_bit(void **state)
{
    uint8_t a[16] = "fifteen letters";
    uint8_t b[16] = "fifteen letters";

    (void)state;
    assert_true(lh_secret_is_equal(lh_bytes_of(a, 16), lh_bytes_of(b, 16)));
    assert_true(lh_secret_is_equal(LH_BYTES_EMPTY, LH_BYTES_EMPTY));
    assert_false(lh_secret_is_equal(lh_bytes_of(a, 16), lh_bytes_of(b, 15)));
    for (size_t bit = 0; bit < 128; bit++) {
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(lh_secret_is_equal(lh_bytes_of(a, 16), lh_bytes_of(b, 16)));
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void random_bytes_differ_each_time(void **state)
{
    struct lh_random random = lh_random_system();
    uint8_t a[300] = { 0 };
    uint8_t b[300] = { 0 };

    (void)state;
    assert_int_equal(lh_random_fill(&random, a, sizeof a, NULL), LH_OK);
    assert_int_equal(lh_random_fill(&random, b, sizeof b, NULL), LH_OK);
    assert_memory_not_equal(a, b, sizeof a);
    assert_false(lh_bytes_is_zero(lh_bytes_of(a + 280, 20)));
}

#define IN_FOLDER(claim) cmocka_unit_test_setup_teardown(claim, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_written_secret_reads_back_and_is_for_the_owner_only),
        IN_FOLDER(a_secret_is_never_written_over),
        IN_FOLDER(a_file_that_others_may_touch_is_refused),
        IN_FOLDER(a_file_of_another_owner_is_refused),
        IN_FOLDER(a_file_of_another_length_is_refused),
        IN_FOLDER(what_is_not_a_regular_file_is_refused_without_waiting),
        IN_FOLDER(a_secret_is_not_written_through_a_link),
        cmocka_unit_test(a_folder_that_does_not_exist_is_named),
        cmocka_unit_test(clear_leaves_no_byte_of_a_secret),
        cmocka_unit_test(equality_needs_the_same_length_and_every_bit),
        cmocka_unit_test(random_bytes_differ_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
