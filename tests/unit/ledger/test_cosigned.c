/* Cosignatures of one head: merging, and the rows that keep them. */
#include "ledger/cosigned.h"

#include "tests/support/records.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WITNESSES = 3, TIME_S = 1700000000 };

struct world {
    struct lh_signer *signers[WITNESSES];
    struct lh_note_key keys[WITNESSES];
    struct lh_policy policy; /* of all but the last */
};

static int make_world(void **state)
{
    static struct world world;
    struct lh_buf text = LH_BUF_EMPTY;

    for (uint8_t i = 0; i < WITNESSES; i++) {
        uint8_t seed[32];
        char name[16];

        memset(seed, 100 + i, sizeof seed);
        (void)snprintf(name, sizeof name, "w%u", i);
        assert_int_equal(lh_signer_from_seed(&world.signers[i], LH_ALG_ED25519,
                                             lh_bytes_of(seed, sizeof seed), NULL),
                         LH_OK);
        assert_int_equal(lh_note_key_init(&world.keys[i], name, LH_NOTE_COSIGNATURE,
                                          lh_signer_pubkey(world.signers[i]), NULL),
                         LH_OK);
        if (i < WITNESSES - 1) {
            lh_buf_add_format(&text, "witness %s ", name);
            lh_note_key_format(&text, &world.keys[i]);
            lh_buf_add_text(&text, "\n");
        }
    }
    assert_int_equal(lh_policy_parse(&world.policy, lh_buf_bytes(&text), NULL), LH_OK);
    lh_buf_clear(&text);
    *state = &world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < WITNESSES; i++) {
        lh_signer_free(world->signers[i]);
    }
    lh_policy_clear(&world->policy);
    return 0;
}

/* `note` with a line of witness `who`. */
static void cosign(struct world *world, struct lh_buf *note, size_t who, uint64_t time_s)
{
    struct lh_bytes text =
        lh_bytes_of(RECORDS_NOTE_5, (size_t)(strstr(RECORDS_NOTE_5, "\n\n") + 1 - RECORDS_NOTE_5));

    assert_int_equal(
        lh_note_add_line(note, text, &world->keys[who], world->signers[who], time_s, NULL), LH_OK);
}

static uint64_t time_of(struct world *world, const struct lh_buf *note, size_t who)
{
    struct lh_note parsed;
    uint64_t time_s = 0;

    assert_int_equal(lh_note_parse(&parsed, lh_buf_bytes(note), NULL), LH_OK);
    return lh_note_verify(&parsed, &world->keys[who], &time_s, NULL) == LH_OK ? time_s : 0;
}

static enum lh_code merge(struct world *world, struct lh_buf *out, const struct lh_buf *held,
                          const struct lh_buf *offered, size_t *out_count)
{
    lh_buf_reset(out);
    return lh_cosigned_merge(out, &world->policy, lh_buf_bytes(held), lh_buf_bytes(offered),
                             out_count, NULL);
}

static void lines_of_the_policys_witnesses_are_added_and_no_other(void **state)
{
    struct world *world = *state;
    struct lh_buf held = LH_BUF_EMPTY;
    struct lh_buf offered = LH_BUF_EMPTY;
    struct lh_buf merged = LH_BUF_EMPTY;
    size_t count = 99;

    lh_buf_add_text(&held, RECORDS_NOTE_5);
    cosign(world, &held, 0, TIME_S);
    lh_buf_add_text(&offered, RECORDS_NOTE_5);
    cosign(world, &offered, 2, TIME_S); /* of no policy */
    assert_int_equal(merge(world, &merged, &held, &offered, &count), LH_ERR_NOT_FOUND);
    cosign(world, &offered, 1, TIME_S);
    assert_int_equal(merge(world, &merged, &held, &offered, &count), LH_OK);
    assert_int_equal(count, 1);
    assert_int_equal(time_of(world, &merged, 0), TIME_S);
    assert_int_equal(time_of(world, &merged, 1), TIME_S);
    assert_int_equal(time_of(world, &merged, 2), 0);
    assert_true(strncmp(lh_buf_text(&merged), RECORDS_NOTE_5, strlen(RECORDS_NOTE_5)) == 0);
    lh_buf_clear(&held);
    lh_buf_clear(&offered);
    lh_buf_clear(&merged);
}

static void of_one_witness_the_later_line_is_kept(void **state)
{
    struct world *world = *state;
    struct lh_buf older = LH_BUF_EMPTY;
    struct lh_buf newer = LH_BUF_EMPTY;
    struct lh_buf merged = LH_BUF_EMPTY;
    size_t count = 99;

    lh_buf_add_text(&older, RECORDS_NOTE_5);
    cosign(world, &older, 0, TIME_S);
    lh_buf_add_text(&newer, RECORDS_NOTE_5);
    cosign(world, &newer, 0, TIME_S + 1);
    assert_int_equal(merge(world, &merged, &older, &newer, &count), LH_OK);
    assert_int_equal(count, 0);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&merged), lh_buf_bytes(&newer)));
    assert_int_equal(merge(world, &merged, &newer, &older, &count), LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&merged), lh_buf_bytes(&newer)));
    lh_buf_clear(&older);
    lh_buf_clear(&newer);
    lh_buf_clear(&merged);
}

static void a_false_line_and_another_head_are_refused(void **state)
{
    struct world *world = *state;
    struct lh_buf held = LH_BUF_EMPTY;
    struct lh_buf offered = LH_BUF_EMPTY;
    struct lh_buf merged = LH_BUF_EMPTY;

    lh_buf_add_text(&held, RECORDS_NOTE_5_FORK);
    lh_buf_add_text(&offered, RECORDS_NOTE_5_FORK);
    cosign(world, &offered, 0, TIME_S); /* it is of the other root */
    assert_int_equal(merge(world, &merged, &held, &offered, NULL), LH_ERR_FORGED);
    lh_buf_reset(&offered);
    lh_buf_add_text(&offered, RECORDS_NOTE_5);
    cosign(world, &offered, 0, TIME_S);
    assert_int_equal(merge(world, &merged, &held, &offered, NULL), LH_ERR_INVALID);
    lh_buf_reset(&held);
    lh_buf_add_text(&held, RECORDS_NOTE_5);
    assert_int_equal(merge(world, &merged, &held, &offered, NULL), LH_OK); /* the control */
    lh_buf_clear(&held);
    lh_buf_clear(&offered);
    lh_buf_clear(&merged);
}

static void a_note_never_has_more_lines_than_a_note_may_have(void **state)
{
    struct world *world = *state;
    struct lh_buf held = LH_BUF_EMPTY;
    struct lh_buf offered = LH_BUF_EMPTY;
    struct lh_buf merged = LH_BUF_EMPTY;

    lh_buf_add_text(&held, RECORDS_NOTE_5);
    for (size_t i = 2; i < LH_NOTE_LINES_MAX; i++) {
        lh_buf_add_text(&held, "\xe2\x80\x94 somebody AAAAAAA=\n");
    }
    lh_buf_add_text(&offered, RECORDS_NOTE_5);
    cosign(world, &offered, 0, TIME_S);
    assert_int_equal(merge(world, &merged, &held, &offered, NULL), LH_OK);
    cosign(world, &offered, 1, TIME_S);
    assert_int_equal(merge(world, &merged, &held, &offered, NULL), LH_ERR_LIMIT);
    lh_buf_clear(&held);
    lh_buf_clear(&offered);
    lh_buf_clear(&merged);
}

static void the_next_cosigned_head_is_found_and_only_of_its_ledger(void **state)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_store *store = NULL;
    struct lh_buf note = LH_BUF_EMPTY;
    uint64_t size = 0;

    (void)state;
    assert_int_equal(lh_store_mem_new(&store, NULL), LH_OK);
    assert_int_equal(lh_cosigned_next(store, "a/b/1", 0, &size, NULL), LH_ERR_NOT_FOUND);
    lh_cosigned_put(&batch, "a/b/1", 4, lh_bytes_of_text("four"));
    lh_cosigned_put(&batch, "a/b/1", 300, lh_bytes_of_text("many"));
    lh_cosigned_put(&batch, "a/b/10", 7, lh_bytes_of_text("another"));
    lh_cosigned_put(&batch, "a/b/2", 9, lh_bytes_of_text("another"));
    assert_int_equal(lh_store_commit(store, &batch, NULL), LH_OK);
    static const struct {
        uint64_t from, size; /* 0: none */
    } rows[] = { { 0, 4 }, { 4, 4 }, { 5, 300 }, { 300, 300 }, { 301, 0 } };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size = 0;
        assert_int_equal(lh_cosigned_next(store, "a/b/1", rows[i].from, &size, NULL),
                         rows[i].size > 0 ? LH_OK : LH_ERR_NOT_FOUND);
        assert_int_equal(size, rows[i].size);
    }
    assert_int_equal(lh_cosigned_get(store, "a/b/1", 4, &note, NULL), LH_OK);
    assert_string_equal(lh_buf_text(&note), "four");
    assert_int_equal(lh_cosigned_get(store, "a/b/1", 7, &note, NULL), LH_ERR_NOT_FOUND);
    lh_buf_clear(&note);
    lh_store_batch_clear(&batch);
    lh_store_close(store);
}

/* Heads 4 (only cosigned), 10 (witnessed), 20 (final), 30 (witnessed), 40 (cosigned). */
static void a_receipt_is_made_under_the_head_that_says_most_and_never_less_later(void **state)
{
    static const struct {
        uint64_t from, size;
        enum lh_level level;
    } rows[] = { { 1, 20, LH_LEVEL_FINAL },
                 { 10, 20, LH_LEVEL_FINAL },
                 { 20, 20, LH_LEVEL_FINAL },
                 { 21, 30, LH_LEVEL_WITNESSED },
                 { 31, 40, LH_LEVEL_SEALED } };
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_store *store = NULL;
    enum lh_level level = LH_LEVEL_RECORDED;
    uint64_t size = 0;

    (void)state;
    assert_int_equal(lh_store_mem_new(&store, NULL), LH_OK);
    for (uint64_t at = 10; at <= 40; at += 10) {
        lh_cosigned_put(&batch, "a/b/1", at, lh_bytes_of_text("note"));
    }
    lh_cosigned_put(&batch, "a/b/1", 4, lh_bytes_of_text("note"));
    lh_cosigned_mark(&batch, "a/b/1", 10, LH_LEVEL_WITNESSED);
    lh_cosigned_mark(&batch, "a/b/1", 30, LH_LEVEL_WITNESSED);
    lh_cosigned_mark(&batch, "a/b/2", 50, LH_LEVEL_FINAL); /* of another generation */
    assert_int_equal(lh_store_commit(store, &batch, NULL), LH_OK);
    assert_int_equal(lh_cosigned_best(store, "a/b/1", 1, &size, &level, NULL), LH_OK);
    assert_int_equal(size, 10);
    assert_int_equal(level, LH_LEVEL_WITNESSED);
    lh_store_batch_clear(&batch);
    lh_cosigned_mark(&batch, "a/b/1", 20, LH_LEVEL_FINAL);
    assert_int_equal(lh_store_commit(store, &batch, NULL), LH_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(lh_cosigned_best(store, "a/b/1", rows[i].from, &size, &level, NULL),
                         LH_OK);
        assert_int_equal(size, rows[i].size);
        assert_int_equal(level, rows[i].level);
    }
    assert_int_equal(lh_cosigned_best(store, "a/b/1", 41, &size, &level, NULL), LH_ERR_NOT_FOUND);
    lh_store_batch_clear(&batch);
    lh_store_close(store);
}

/* The heads of the test before, and of each level the newest at most so large. */
static void an_archive_carries_the_newest_head_of_each_level(void **state)
{
    static const struct {
        uint64_t size, cosigned, witnessed, final;
    } rows[] = { { 3, 0, 0, 0 },     { 4, 4, 0, 0 },
                 { 10, 10, 10, 0 },  { 19, 10, 10, 0 },
                 { 20, 20, 10, 20 }, { 35, 30, 30, 20 },
                 { 40, 40, 30, 20 }, { UINT64_MAX, 40, 30, 20 } };
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_store *store = NULL;
    struct lh_cosigned_newest newest;
    struct lh_buf shown = LH_BUF_EMPTY;

    (void)state;
    assert_int_equal(lh_store_mem_new(&store, NULL), LH_OK);
    for (uint64_t at = 10; at <= 40; at += 10) {
        lh_cosigned_put(&batch, "a/b/1", at, lh_bytes_of_text("with lines"));
    }
    lh_cosigned_put(&batch, "a/b/1", 4, lh_bytes_of_text("with lines"));
    lh_cosigned_put(&batch, "a/b/2", 2, lh_bytes_of_text("another generation"));
    lh_cosigned_mark(&batch, "a/b/1", 10, LH_LEVEL_WITNESSED);
    lh_cosigned_mark(&batch, "a/b/1", 20, LH_LEVEL_FINAL);
    lh_cosigned_mark(&batch, "a/b/1", 30, LH_LEVEL_WITNESSED);
    assert_int_equal(lh_store_commit(store, &batch, NULL), LH_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(lh_cosigned_newest(store, "a/b/1", rows[i].size, &newest, NULL), LH_OK);
        assert_int_equal(newest.sizes[LH_LEVEL_SEALED], rows[i].cosigned);
        assert_int_equal(newest.sizes[LH_LEVEL_WITNESSED], rows[i].witnessed);
        assert_int_equal(newest.sizes[LH_LEVEL_FINAL], rows[i].final);
    }
    for (uint64_t at = 5; at <= 45; at += 5) {
        lh_buf_reset(&shown);
        lh_buf_add_text(&shown, "sealed");
        assert_int_equal(lh_cosigned_show(store, "a/b/1", &newest, at, &shown, NULL), LH_OK);
        assert_string_equal(lh_buf_text(&shown),
                            at == 20 || at == 30 || at == 40 ? "with lines" : "sealed");
    }
    lh_buf_clear(&shown);
    lh_store_batch_clear(&batch);
    lh_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_the_policys_witnesses_are_added_and_no_other),
        cmocka_unit_test(of_one_witness_the_later_line_is_kept),
        cmocka_unit_test(a_false_line_and_another_head_are_refused),
        cmocka_unit_test(a_note_never_has_more_lines_than_a_note_may_have),
        cmocka_unit_test(the_next_cosigned_head_is_found_and_only_of_its_ledger),
        cmocka_unit_test(a_receipt_is_made_under_the_head_that_says_most_and_never_less_later),
        cmocka_unit_test(an_archive_carries_the_newest_head_of_each_level),
    };

    return cmocka_run_group_tests(tests, make_world, free_world);
}
