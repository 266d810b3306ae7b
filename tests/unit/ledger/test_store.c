#include "ledger/store.h"

#include "tests/support/folder.h"
#include "tests/support/store_mem.h"
#include "tests/support/store_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT(text) lh_bytes_of_text(text)

/* ---- the suite on both stores ---- */

static struct lh_store *make_mem(void *arg)
{
    struct lh_store *store = NULL;
    struct lh_err err = LH_ERR_NONE;

    (void)arg;
    assert_int_equal(lh_store_mem_new(&store, &err), LH_OK);
    return store;
}

static struct lh_store *reopen_mem(void *arg, struct lh_store *store)
{
    struct lh_store *after = NULL;
    struct lh_err err = LH_ERR_NONE;

    (void)arg;
    assert_int_equal(
        lh_store_mem_after_crash(&after, store, lh_store_mem_commit_count(store), &err), LH_OK);
    lh_store_close(store);
    return after;
}

/* Each store of the suite has a folder of its own, one after the other. */
struct rocks_place {
    struct lh_folder folder;
    size_t made;
    char path[512];
};

static struct lh_store *open_at(const char *path, enum lh_store_mode mode)
{
    struct lh_store_rocksdb_options options = { .cache_bytes = 4 << 20 };
    struct lh_store *store = NULL;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_store_open_rocksdb(&store, path, mode, &options, &err);

    if (rc != LH_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

static enum lh_code refuse_at(const char *path, enum lh_store_mode mode)
{
    struct lh_store *store = NULL;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_store_open_rocksdb(&store, path, mode, NULL, &err);

    assert_int_not_equal(rc, LH_OK);
    assert_int_equal(err.code, rc);
    assert_string_not_equal(err.text, "");
    return rc;
}

static struct lh_store *make_rocks(void *arg)
{
    struct rocks_place *place = arg;
    char name[32];

    (void)snprintf(name, sizeof name, "store%zu", place->made++);
    lh_folder_join(place->path, sizeof place->path, &place->folder, name);
    return open_at(place->path, LH_STORE_CREATE);
}

static struct lh_store *reopen_rocks(void *arg, struct lh_store *store)
{
    struct rocks_place *place = arg;

    lh_store_close(store);
    return open_at(place->path, LH_STORE_WRITE);
}

/* ---- RocksDB's own ---- */

static int make_folder(void **state)
{
    struct lh_folder *folder = malloc(sizeof *folder);

    assert_non_null(folder);
    lh_folder_make(folder);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    lh_folder_remove(*state);
    free(*state);
    return 0;
}

static const char *path_in(void **state, const char *name)
{
    static char path[512];

    lh_folder_join(path, sizeof path, *state, name);
    return path;
}

static void put(struct lh_store *store, const char *key, const char *value)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    lh_store_batch_put(&batch, LH_TABLE_LEAF, TEXT(key), TEXT(value));
    assert_int_equal(lh_store_commit(store, &batch, &err), LH_OK);
    lh_store_batch_clear(&batch);
}

static bool has(struct lh_store *store, const char *key)
{
    struct lh_buf found = LH_BUF_EMPTY;
    enum lh_code rc = lh_store_get(store, LH_TABLE_LEAF, TEXT(key), &found, NULL);

    lh_buf_clear(&found);
    return rc == LH_OK;
}

static void opening_a_store_that_is_not_there_is_not_found(void **state)
{
    assert_int_equal(refuse_at(path_in(state, "none"), LH_STORE_WRITE), LH_ERR_NOT_FOUND);
    assert_int_equal(refuse_at(path_in(state, "none"), LH_STORE_WRITE_SALVAGE), LH_ERR_NOT_FOUND);
    assert_int_equal(refuse_at(path_in(state, "none"), LH_STORE_READ), LH_ERR_NOT_FOUND);
    assert_int_not_equal(access(path_in(state, "none"), F_OK), 0);
}

static void creating_over_a_store_is_a_conflict(void **state)
{
    lh_store_close(open_at(path_in(state, "store"), LH_STORE_CREATE));
    assert_int_equal(refuse_at(path_in(state, "store"), LH_STORE_CREATE), LH_ERR_CONFLICT);
}

static void a_new_store_is_its_owners_alone(void **state)
{
    struct stat info;

    lh_store_close(open_at(path_in(state, "store"), LH_STORE_CREATE));
    assert_int_equal(stat(path_in(state, "store"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

static void a_second_writer_is_a_conflict(void **state)
{
    struct lh_store *store = open_at(path_in(state, "store"), LH_STORE_CREATE);

    assert_int_equal(refuse_at(path_in(state, "store"), LH_STORE_WRITE), LH_ERR_CONFLICT);
    lh_store_close(store);
    lh_store_close(open_at(path_in(state, "store"), LH_STORE_WRITE));
}

static void a_reader_sees_a_running_store_frozen_and_cannot_write(void **state)
{
    struct lh_store *store = open_at(path_in(state, "store"), LH_STORE_CREATE);
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    put(store, "a", "one");
    struct lh_store *reader = open_at(path_in(state, "store"), LH_STORE_READ);
    put(store, "b", "one");
    assert_true(has(reader, "a"));
    assert_false(has(reader, "b"));
    lh_store_batch_put(&batch, LH_TABLE_LEAF, TEXT("c"), TEXT("one"));
    assert_int_equal(lh_store_commit(reader, &batch, &err), LH_ERR_DENIED);
    lh_store_batch_clear(&batch);
    lh_store_close(reader);
    lh_store_close(store);
}

static void a_checkpoint_is_a_store_of_its_own(void **state)
{
    struct lh_store *store = open_at(path_in(state, "store"), LH_STORE_CREATE);
    struct lh_err err = LH_ERR_NONE;

    put(store, "a", "one");
    assert_int_equal(lh_store_rocksdb_checkpoint(store, path_in(state, "copy"), &err), LH_OK);
    put(store, "b", "one");
    struct lh_store *copy = open_at(path_in(state, "copy"), LH_STORE_WRITE);
    assert_true(has(copy, "a"));
    assert_false(has(copy, "b"));
    put(copy, "c", "one");
    lh_store_close(copy);
    assert_false(has(store, "c"));
    lh_store_close(store);
}

/* The log that holds what was committed last. */
static void find_log(const char *store, char *out, size_t size)
{
    char command[1200];
    FILE *list;

    (void)snprintf(command, sizeof command, "ls %s/*.log | tail -1", store);
    list = popen(command, "r");
    assert_non_null(list);
    assert_non_null(fgets(out, (int)size, list));
    assert_int_equal(pclose(list), 0);
    out[strcspn(out, "\n")] = 0;
}

/* A store as a killed process leaves it: copied while it is open, three commits in its log. */
static void copy_unclosed(void **state, char *log, size_t size)
{
    struct lh_store *store = open_at(path_in(state, "store"), LH_STORE_CREATE);
    char from[512];

    put(store, "a", "one");
    put(store, "b", "one");
    put(store, "c", "one");
    (void)snprintf(from, sizeof from, "%s", path_in(state, "store"));
    lh_folder_copy(from, path_in(state, "copy"));
    lh_store_close(store);
    find_log(path_in(state, "copy"), log, size);
}

static void what_was_committed_survives_a_kill(void **state)
{
    char log[1024];

    copy_unclosed(state, log, sizeof log);
    struct lh_store *store = open_at(path_in(state, "copy"), LH_STORE_WRITE);
    assert_true(has(store, "a") && has(store, "b") && has(store, "c"));
    lh_store_close(store);
}

static void a_torn_log_is_refused_strictly_and_salvaged_up_to_the_tear(void **state)
{
    char log[1024];
    struct stat info;

    copy_unclosed(state, log, sizeof log);
    assert_int_equal(stat(log, &info), 0);
    assert_int_equal(truncate(log, info.st_size - 3), 0);
    assert_int_equal(refuse_at(path_in(state, "copy"), LH_STORE_WRITE), LH_ERR_CORRUPT);
    struct lh_store *store = open_at(path_in(state, "copy"), LH_STORE_WRITE_SALVAGE);
    assert_true(has(store, "a"));
    assert_true(has(store, "b"));
    assert_false(has(store, "c"));
    lh_store_close(store);
    lh_store_close(open_at(path_in(state, "copy"), LH_STORE_WRITE));
}

static void a_flipped_bit_in_the_log_is_refused_strictly(void **state)
{
    char log[1024];
    FILE *file;
    int byte;

    copy_unclosed(state, log, sizeof log);
    file = fopen(log, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 40, SEEK_SET), 0);
    byte = fgetc(file);
    assert_int_equal(fseek(file, 40, SEEK_SET), 0);
    assert_int_not_equal(fputc(byte ^ 1, file), EOF);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(refuse_at(path_in(state, "copy"), LH_STORE_WRITE), LH_ERR_CORRUPT);
}

/* RocksDB writes down the options that are really in force. */
static void logs_are_strict_and_not_recycled(void **state)
{
    char command[1200];

    lh_store_close(open_at(path_in(state, "store"), LH_STORE_CREATE));
    (void)snprintf(command, sizeof command,
                   "cd %s && f=$(ls OPTIONS-* | tail -1) && grep -q recycle_log_file_num=0 $f && "
                   "grep -q wal_recovery_mode=kAbsoluteConsistency $f && "
                   "grep -q paranoid_checks=true $f",
                   path_in(state, "store"));
    assert_int_equal(system(command), 0);
}

/* ---- failing ---- */

static void a_failed_commit_ends_the_store(void **state)
{
    static const enum lh_mem_failure failures[] = { LH_MEM_FAIL_LOST, LH_MEM_FAIL_KEPT };
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_buf found = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    lh_store_batch_put(&batch, LH_TABLE_META, TEXT("a"), TEXT("one"));
    for (size_t i = 0; i < 2; i++) {
        struct lh_store *store = make_mem(NULL);
        struct lh_store *after = NULL;
        struct lh_store_iter *iter = NULL;

        lh_store_mem_fail_at(store, 1, failures[i]);
        assert_int_equal(lh_store_commit(store, &batch, &err), LH_ERR_IO);
        assert_int_equal(lh_store_commit(store, &batch, &err), LH_ERR_IO);
        assert_int_equal(lh_store_get(store, LH_TABLE_META, TEXT("a"), &found, &err), LH_ERR_IO);
        assert_int_equal(lh_store_iter_new(&iter, store, LH_TABLE_META, &err), LH_ERR_IO);
        assert_int_equal(
            lh_store_mem_after_crash(&after, store, lh_store_mem_commit_count(store), &err), LH_OK);
        assert_int_equal(lh_store_get(after, LH_TABLE_META, TEXT("a"), &found, &err),
                         failures[i] == LH_MEM_FAIL_LOST ? LH_ERR_NOT_FOUND : LH_OK);
        lh_store_close(after);
        lh_store_close(store);
    }
    lh_buf_clear(&found);
    lh_store_batch_clear(&batch);
}

static void a_batch_reads_back_as_it_was_written(void **state)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_store_op op;
    size_t at = 0;

    (void)state;
    lh_store_batch_put(&batch, LH_TABLE_LEAF, TEXT("key"), TEXT("value"));
    lh_store_batch_delete(&batch, LH_TABLE_VAULT, TEXT("gone"));
    lh_store_batch_put(&batch, LH_TABLE_META, TEXT("k"), LH_BYTES_EMPTY);
    assert_int_equal(batch.count, 3);
    assert_true(lh_store_batch_next(&batch, &at, &op));
    assert_false(op.is_delete);
    assert_int_equal(op.table, LH_TABLE_LEAF);
    assert_true(lh_bytes_is_equal(op.key, TEXT("key")));
    assert_true(lh_bytes_is_equal(op.value, TEXT("value")));
    assert_true(lh_store_batch_next(&batch, &at, &op));
    assert_true(op.is_delete);
    assert_int_equal(op.table, LH_TABLE_VAULT);
    assert_true(lh_store_batch_next(&batch, &at, &op));
    assert_int_equal(op.value.len, 0);
    assert_false(lh_store_batch_next(&batch, &at, &op));
    lh_store_batch_reset(&batch);
    at = 0;
    assert_false(lh_store_batch_next(&batch, &at, &op));
    lh_store_batch_clear(&batch);
}

/* The manifest that CURRENT names. */
static void find_manifest(const char *store, char *out, size_t size)
{
    char name[64] = "";
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/CURRENT", store);
    FILE *current = fopen(path, "r");
    assert_non_null(current);
    assert_non_null(fgets(name, sizeof name, current));
    assert_int_equal(fclose(current), 0);
    name[strcspn(name, "\n")] = 0;
    (void)snprintf(out, size, "%s/%s", store, name);
}

static void flip_byte(const char *path, long from_end)
{
    FILE *file = fopen(path, "r+");

    assert_non_null(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    assert_int_not_equal(fputc(byte ^ 0x55, file), EOF);
    assert_int_equal(fclose(file), 0);
}

static void a_damaged_manifest_says_where_to_cut_it_and_opens_when_it_is(void **state)
{
    struct lh_store *store = NULL;
    struct lh_err err = LH_ERR_NONE;
    char manifest[1024];
    char log[1024];
    struct stat info;
    long size = 0;

    copy_unclosed(state, log, sizeof log);
    find_manifest(path_in(state, "copy"), manifest, sizeof manifest);
    flip_byte(manifest, 1); /* of the last edit */
    assert_int_equal(
        lh_store_open_rocksdb(&store, path_in(state, "copy"), LH_STORE_WRITE_SALVAGE, NULL, &err),
        LH_ERR_CORRUPT);
    const char *command = strstr(err.text, "`truncate -s ");
    assert_non_null(command);
    assert_int_equal(sscanf(command, "`truncate -s %ld ", &size), 1);
    assert_non_null(strstr(command, manifest));
    assert_int_equal(stat(manifest, &info), 0);
    assert_true(size > 0 && size < info.st_size);
    assert_int_equal(truncate(manifest, size), 0);
    store = open_at(path_in(state, "copy"), LH_STORE_WRITE);
    assert_true(has(store, "a") && has(store, "b") && has(store, "c"));
    lh_store_close(store);
}

static void a_manifest_without_a_whole_record_has_nowhere_to_be_cut(void **state)
{
    struct lh_store *store = NULL;
    struct lh_err err = LH_ERR_NONE;
    char manifest[1024];
    char log[1024];
    struct stat info;

    copy_unclosed(state, log, sizeof log);
    find_manifest(path_in(state, "copy"), manifest, sizeof manifest);
    assert_int_equal(stat(manifest, &info), 0);
    flip_byte(manifest, info.st_size - 8); /* of the first edit */
    assert_int_equal(
        lh_store_open_rocksdb(&store, path_in(state, "copy"), LH_STORE_WRITE, NULL, &err),
        LH_ERR_CORRUPT);
    assert_null(strstr(err.text, "truncate"));
}

int main(void)
{
    struct rocks_place place = { .made = 0 };
    const struct lh_store_suite mem = { .name = "memory", .make = make_mem, .reopen = reopen_mem };
    const struct lh_store_suite rocks = {
        .name = "rocksdb", .make = make_rocks, .reopen = reopen_rocks, .arg = &place
    };
#define IN_FOLDER(claim) cmocka_unit_test_setup_teardown(claim, make_folder, remove_folder)
    const struct CMUnitTest own[] = {
        IN_FOLDER(opening_a_store_that_is_not_there_is_not_found),
        IN_FOLDER(creating_over_a_store_is_a_conflict),
        IN_FOLDER(a_new_store_is_its_owners_alone),
        IN_FOLDER(a_second_writer_is_a_conflict),
        IN_FOLDER(a_reader_sees_a_running_store_frozen_and_cannot_write),
        IN_FOLDER(a_checkpoint_is_a_store_of_its_own),
        IN_FOLDER(what_was_committed_survives_a_kill),
        IN_FOLDER(a_torn_log_is_refused_strictly_and_salvaged_up_to_the_tear),
        IN_FOLDER(a_damaged_manifest_says_where_to_cut_it_and_opens_when_it_is),
        IN_FOLDER(a_manifest_without_a_whole_record_has_nowhere_to_be_cut),
        IN_FOLDER(a_flipped_bit_in_the_log_is_refused_strictly),
        IN_FOLDER(logs_are_strict_and_not_recycled),
        cmocka_unit_test(a_failed_commit_ends_the_store),
        cmocka_unit_test(a_batch_reads_back_as_it_was_written),
    };
    int failed;

    lh_folder_make(&place.folder);
    failed = lh_store_suite_run(&mem) + lh_store_suite_run(&rocks);
    lh_folder_remove(&place.folder);
    return failed + cmocka_run_group_tests_name("store", own, NULL, NULL);
}
