#include "ledger/ledger.h"

#include "ledger/keys.h"
#include "tests/support/ledger_place.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

/* ---- failing ---- */

static void fail_file_writes(bool is_failing)
{
    static struct rlimit kept;
    struct rlimit none;

    if (!is_failing) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
        return;
    }
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = kept.rlim_max };
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
}

static void when_the_guard_fails_nothing_is_released_and_the_ledger_is_done(void **state)
{
    struct lh_place *place = *state;
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    lh_place_fill(place, 50);
    struct lh_ledger_head before = lh_place_head(place);
    fail_file_writes(true);
    enum lh_code rc = lh_office_append(place->office, place->ledger, 50, 3, NULL, &note, &err);
    fail_file_writes(false);
    assert_int_equal(rc, LH_ERR_IO);
    assert_int_equal(note.len, 0);
    assert_int_equal(lh_place_head(place).size, before.size);
    assert_int_equal(lh_ledger_leaf(place->ledger, before.size, &leaf, &err), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_office_append(place->office, place->ledger, 53, 1, NULL, NULL, &err),
                     LH_ERR_IO);
    lh_buf_clear(&leaf);
    lh_buf_clear(&note);

    /* Opened again, the sealed block is verified and released. */
    lh_ledger_close(place->ledger);
    lh_guard_close(place->guard);
    lh_place_must(lh_guard_open(&place->guard, place->path, &err), &err);
    lh_place_open(place, LH_LEDGER_CONTINUOUS);
    assert_int_equal(lh_place_head(place).size, before.size + 4);
    lh_place_must(lh_ledger_verify(place->ledger, lh_city_suite(lh_office_city(place->office)),
                                   NULL, NULL, NULL, &err),
                  &err);
}

/* The place as a crash leaves it: the first commits of the store, a copy of the guard. */
static void crash(struct lh_place *place, struct lh_place *after, size_t commits)
{
    struct lh_err err = LH_ERR_NONE;
    char command[1100];

    *after = (struct lh_place){ .office = place->office, .next = place->next };
    lh_folder_make(&after->folder);
    lh_folder_join(after->path, sizeof after->path, &after->folder, "guard");
    (void)snprintf(command, sizeof command, "cp -p %s %s", place->path, after->path);
    assert_int_equal(system(command), 0);
    lh_place_must(lh_store_mem_after_crash(&after->store, place->store, commits, &err), &err);
    lh_place_must(lh_guard_open(&after->guard, after->path, &err), &err);
}

static void leave(struct lh_place *place)
{
    lh_ledger_close(place->ledger);
    lh_store_close(place->store);
    lh_guard_close(place->guard);
    lh_folder_remove(&place->folder);
}

static void after_any_failed_call_of_an_append_it_is_there_whole_or_not_at_all(void **state)
{
    struct lh_place *place = *state;
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    struct lh_err err = LH_ERR_NONE;
    bool is_done = false;

    lh_place_fill(place, 30);
    for (size_t n = 1; !is_done; n++) {
        for (int kept = 0; kept < 2; kept++) {
            struct lh_place trial;
            struct lh_place after;

            crash(place, &trial, lh_store_mem_commit_count(place->store));
            lh_place_open(&trial, LH_LEDGER_CONTINUOUS);
            struct lh_ledger_head before = lh_place_head(&trial);
            lh_store_mem_fail_at(trial.store, n, kept != 0 ? LH_MEM_FAIL_KEPT : LH_MEM_FAIL_LOST);
            enum lh_code rc =
                lh_office_append(place->office, trial.ledger, 30, 5, NULL, NULL, &err);
            is_done = !lh_store_mem_has_failed(trial.store);
            if (is_done) {
                assert_int_equal(rc, LH_OK);
                leave(&trial);
                continue;
            }
            assert_int_equal(rc, LH_ERR_IO);
            assert_int_equal(lh_place_head(&trial).size, before.size);
            assert_int_equal(lh_office_append(place->office, trial.ledger, 35, 1, NULL, NULL, &err),
                             LH_ERR_IO);
            crash(&trial, &after, lh_store_mem_commit_count(trial.store));
            leave(&trial);
            lh_place_open(&after, LH_LEDGER_CONTINUOUS);
            assert_true(lh_place_head(&after).size == before.size ||
                        lh_place_head(&after).size == before.size + 6);
            lh_place_must(lh_ledger_verify(after.ledger, suite, NULL, NULL, NULL, &err), &err);
            leave(&after);
        }
    }
}

static void every_failed_call_of_an_opening_is_reported(void **state)
{
    struct lh_place *place = *state;
    struct lh_ledger_options options;
    struct lh_err err = LH_ERR_NONE;
    size_t n = 0;

    lh_place_fill(place, 60);
    lh_ledger_close(place->ledger);
    place->ledger = NULL;
    lh_office_options(place->office, &options, place->store, place->guard);
    for (bool is_done = false; !is_done;) {
        lh_store_mem_fail_at(place->store, ++n, LH_MEM_FAIL_LOST);
        enum lh_code rc = lh_ledger_open(&place->ledger, &options, NULL, &err);
        is_done = !lh_store_mem_has_failed(place->store);
        assert_int_equal(rc, is_done ? LH_OK : LH_ERR_IO);
    }
    assert_true(n > 10);
    lh_store_mem_fail_at(place->store, 0, LH_MEM_FAIL_LOST);
}

static void opening_reads_what_concerns_the_roster_and_one_block(void **state)
{
    struct lh_place *place = *state;
    struct lh_ledger_options options;
    struct lh_err err = LH_ERR_NONE;
    size_t calls[2];

    lh_office_options(place->office, &options, place->store, place->guard);
    for (size_t i = 0; i < 2; i++) {
        if (i == 0) {
            lh_place_fill(place, 20);
        } else {
            while (place->next < LH_PLACE_ENTRIES) {
                lh_place_append(place, 10);
            }
        }
        size_t keys = lh_roster_count(lh_ledger_roster(place->ledger));
        lh_ledger_close(place->ledger);
        for (calls[i] = 0;; calls[i]++) {
            lh_store_mem_fail_at(place->store, calls[i] + 1, LH_MEM_FAIL_LOST);
            if (lh_ledger_open(&place->ledger, &options, NULL, &err) == LH_OK) {
                break;
            }
        }
        lh_store_mem_fail_at(place->store, 0, LH_MEM_FAIL_LOST);
        assert_true(calls[i] <= 80 + 2 * keys);
        assert_int_equal(lh_roster_count(lh_ledger_roster(place->ledger)), keys);
    }
}

/* Does the row belong to the last block? */
static bool is_of_last_block(enum lh_table table, struct lh_bytes key,
                             const struct lh_ledger_block *last)
{
    struct lh_reader in = lh_reader_of(lh_bytes_of(key.data + key.len - 8, 8));
    uint64_t position = lh_read_u64(&in);

    if (table == LH_TABLE_BLOCK) {
        return key.data[4] == 'h' && position == last->height;
    }
    return position >= last->first;
}

static void a_last_block_that_does_not_rehash_is_corrupt(void **state)
{
    static const enum lh_table tables[] = { LH_TABLE_LEAF, LH_TABLE_BLOCK, LH_TABLE_NODE };
    struct lh_place *place = *state;
    struct lh_ledger_options options;
    struct lh_ledger_block last;
    struct lh_err err = LH_ERR_NONE;
    size_t tried = 0;

    lh_place_fill(place, 40);
    lh_place_must(lh_ledger_block_at(place->ledger, lh_place_head(place).height, &last, &err),
                  &err);
    lh_buf_clear(&last.checkpoint);
    lh_ledger_close(place->ledger);
    place->ledger = NULL;
    lh_office_options(place->office, &options, place->store, place->guard);
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        struct lh_store_iter *iter = NULL;

        lh_place_must(lh_store_iter_new(&iter, place->store, tables[t], &err), &err);
        for (lh_store_iter_seek(iter, lh_bytes_of("", 1)); lh_store_iter_is_valid(iter);
             lh_store_iter_next(iter)) {
            struct lh_bytes key = lh_store_iter_key(iter);
            struct lh_bytes value = lh_store_iter_value(iter);
            struct lh_buf changed = LH_BUF_EMPTY;

            if (!is_of_last_block(tables[t], key, &last)) {
                continue;
            }
            for (size_t at = 0; at < value.len; at += 1 + value.len / 7) {
                lh_buf_reset(&changed);
                lh_buf_add(&changed, value);
                changed.data[at] ^= 1;
                struct lh_bytes bytes = lh_buf_bytes(&changed);
                lh_store_mem_poke(place->store, tables[t], key, &bytes);
                assert_int_equal(lh_ledger_open(&place->ledger, &options, NULL, &err),
                                 LH_ERR_CORRUPT);
                tried++;
            }
            lh_store_mem_poke(place->store, tables[t], key, NULL);
            enum lh_code rc = lh_ledger_open(&place->ledger, &options, NULL, &err);
            if (tables[t] != LH_TABLE_BLOCK) { /* without its row there is no last block */
                assert_int_equal(rc, LH_ERR_CORRUPT);
            }
            lh_ledger_close(place->ledger);
            place->ledger = NULL;
            lh_store_mem_poke(place->store, tables[t], key, &value);
            lh_buf_clear(&changed);
        }
        lh_store_iter_free(iter);
    }
    assert_true(tried > 30);
    lh_place_open(place, LH_LEDGER_CONTINUOUS);
}

/* ---- verifying ---- */

static enum lh_code verify(struct lh_place *place, uint64_t *index)
{
    struct lh_err err = LH_ERR_NONE;

    return lh_ledger_verify(place->ledger, lh_city_suite(lh_office_city(place->office)), index,
                            NULL, NULL, &err);
}

/* Whatever row of an insert-only table is changed, taken away or added is found. */
static void a_change_of_any_row_is_found(void **state)
{
    struct lh_place *place = *state;
    size_t rows = 0;

    lh_place_fill(place, 40);
    assert_int_equal(verify(place, NULL), LH_OK);
    for (size_t t = 0; t < LH_TABLE_COUNT; t++) {
        enum lh_table table = (enum lh_table)t;
        struct lh_store_iter *iter = NULL;
        struct lh_err err = LH_ERR_NONE;

        if (!lh_table_is_insert_only(table)) {
            continue;
        }
        lh_place_must(lh_store_iter_new(&iter, place->store, table, &err), &err);
        for (lh_store_iter_seek(iter, lh_bytes_of("", 1)); lh_store_iter_is_valid(iter);
             lh_store_iter_next(iter)) {
            struct lh_bytes key = lh_store_iter_key(iter);
            struct lh_bytes value = lh_store_iter_value(iter);
            struct lh_buf changed = LH_BUF_EMPTY;
            uint64_t index = UINT64_MAX;

            lh_store_mem_poke(place->store, table, key, NULL);
            assert_int_equal(verify(place, &index), LH_ERR_CORRUPT);
            assert_true(index <= lh_place_head(place).size);
            lh_buf_add(&changed, value);
            if (changed.len > 0) {
                changed.data[table == LH_TABLE_EVENT ? 11 : changed.len / 2] ^= 1;
            } else {
                lh_buf_add_u8(&changed, 0);
            }
            struct lh_bytes other = lh_buf_bytes(&changed);
            lh_store_mem_poke(place->store, table, key, &other);
            assert_int_equal(verify(place, NULL), LH_ERR_CORRUPT);
            lh_store_mem_poke(place->store, table, key, &value);

            lh_buf_reset(&changed);
            lh_buf_add(&changed, key);
            changed.data[changed.len / 2] ^= 0x40;
            other = lh_buf_bytes(&changed);
            lh_store_mem_poke(place->store, table, other, &value);
            if (table == LH_TABLE_EVENT || memcmp(other.data, key.data, 4) == 0) {
                /* a position beyond the head is not looked at: it may be a block on its way */
                enum lh_code rc = verify(place, NULL);
                assert_true(rc == LH_ERR_CORRUPT || (rc == LH_OK && table != LH_TABLE_EVENT));
            }
            lh_store_mem_poke(place->store, table, other, NULL);
            lh_buf_clear(&changed);
            rows++;
        }
        lh_store_iter_free(iter);
    }
    assert_true(rows > 200);
    assert_int_equal(verify(place, NULL), LH_OK);
}

static void the_first_bad_leaf_is_named(void **state)
{
    struct lh_place *place = *state;
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    lh_place_fill(place, 60);
    for (uint64_t index = 3; index < lh_place_head(place).size; index += 11) {
        struct lh_ledger_block block;
        struct lh_store_key key = lh_keys_leaf(1, index);
        uint64_t found = 0;

        lh_place_must(lh_ledger_block_of(place->ledger, index, &block, &err), &err);
        lh_buf_clear(&block.checkpoint);
        lh_place_must(lh_ledger_leaf(place->ledger, index, &leaf, &err), &err);
        struct lh_bytes good = lh_buf_bytes(&leaf);
        struct lh_bytes cut = lh_bytes_of(good.data, good.len - 1);
        lh_store_mem_poke(place->store, LH_TABLE_LEAF, lh_store_key_bytes(&key), &cut);
        assert_int_equal(verify(place, &found), LH_ERR_CORRUPT);
        assert_int_equal(found, index);
        lh_store_mem_poke(place->store, LH_TABLE_LEAF, lh_store_key_bytes(&key), &good);
    }
    assert_int_equal(verify(place, NULL), LH_OK);
    lh_buf_clear(&leaf);
}

static void count_progress(void *arg, uint64_t done, uint64_t total)
{
    uint64_t *last = arg;

    assert_true(done > *last);
    assert_true(done <= total);
    *last = done;
}

static void verifying_tells_how_far_it_is(void **state)
{
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;
    uint64_t last = 0;

    lh_place_fill(place, 60);
    lh_place_must(lh_ledger_verify(place->ledger, lh_city_suite(lh_office_city(place->office)),
                                   NULL, count_progress, &last, &err),
                  &err);
    assert_int_equal(last, lh_place_head(place).size);
}

int main(void)
{
#define WITH_LEDGER(claim) cmocka_unit_test_setup_teardown(claim, lh_place_make, lh_place_remove)
    const struct CMUnitTest claims[] = {
        WITH_LEDGER(when_the_guard_fails_nothing_is_released_and_the_ledger_is_done),
        WITH_LEDGER(after_any_failed_call_of_an_append_it_is_there_whole_or_not_at_all),
        WITH_LEDGER(every_failed_call_of_an_opening_is_reported),
        WITH_LEDGER(opening_reads_what_concerns_the_roster_and_one_block),
        WITH_LEDGER(a_last_block_that_does_not_rehash_is_corrupt),
        WITH_LEDGER(a_change_of_any_row_is_found),
        WITH_LEDGER(the_first_bad_leaf_is_named),
        WITH_LEDGER(verifying_tells_how_far_it_is),
    };

    return cmocka_run_group_tests_name("ledger failing", claims, lh_place_make_office,
                                       lh_place_free_office);
}
