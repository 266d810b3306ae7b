/* A store made again from sealed blocks is the store that sealed them, but for what is said. */
#include "ledger/keys.h"
#include "ledger/ledger.h"

#include "tests/support/ledger_place.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRIES = 120, PLACE_SIZE = 4 + 8 };

/* A block of a place, read back as an archive would hold it. */
struct sealed {
    struct lh_ledger_block info;
    struct lh_buf leaves[LH_PLACE_ENTRIES + 1];
    struct lh_bytes views[LH_PLACE_ENTRIES + 1];
    struct lh_buf parts[LH_PLACE_ENTRIES];
    struct lh_bytes part_views[LH_PLACE_ENTRIES];
    struct lh_ledger_sealed as;
};

static struct sealed *read_block(struct lh_place *place, uint64_t height)
{
    struct sealed *out = calloc(1, sizeof *out);
    struct lh_err err = LH_ERR_NONE;

    assert_non_null(out);
    lh_place_must(lh_ledger_block_at(place->ledger, height, &out->info, &err), &err);
    size_t count = out->info.entry_count;
    for (size_t i = 0; i <= count; i++) {
        lh_place_must(lh_ledger_leaf(place->ledger, out->info.first + i, &out->leaves[i], &err),
                      &err);
        out->views[i] = lh_buf_bytes(&out->leaves[i]);
    }
    for (size_t i = 0; i < count; i++) {
        enum lh_code rc =
            lh_ledger_private(place->ledger, out->info.first + i, &out->parts[i], &err);
        assert_true(rc == LH_OK || rc == LH_ERR_NOT_FOUND);
        out->part_views[i] = rc == LH_OK ? lh_buf_bytes(&out->parts[i]) : LH_BYTES_EMPTY;
    }
    out->as.block = (struct lh_block){ .leaves = out->views,
                                       .entry_count = count,
                                       .checkpoint = lh_buf_bytes(&out->info.checkpoint) };
    out->as.private_parts = out->part_views;
    return out;
}

static void free_block(struct sealed *sealed)
{
    for (size_t i = 0; i < LH_PLACE_ENTRIES; i++) {
        lh_buf_clear(&sealed->leaves[i]);
        lh_buf_clear(&sealed->parts[i]);
    }
    lh_buf_clear(&sealed->leaves[LH_PLACE_ENTRIES]);
    lh_buf_clear(&sealed->info.checkpoint);
    free(sealed);
}

/* Where blocks are taken in: a store of its own, no guard, no seal. */
struct copy {
    struct lh_store *store;
    struct lh_ledger *ledger;
};

static void open_copy(struct copy *copy, struct lh_place *place)
{
    struct lh_ledger_options options;
    struct lh_err err = LH_ERR_NONE;

    lh_office_options(place->office, &options, copy->store, NULL);
    options.seal = NULL;
    lh_place_must(lh_ledger_open(&copy->ledger, &options, NULL, &err), &err);
}

static void make_copy(struct copy *copy, struct lh_place *place)
{
    struct lh_err err = LH_ERR_NONE;

    *copy = (struct copy){ .store = NULL };
    lh_place_must(lh_store_mem_new(&copy->store, &err), &err);
    open_copy(copy, place);
}

static void clear_copy(struct copy *copy)
{
    lh_ledger_close(copy->ledger);
    lh_store_close(copy->store);
}

static struct lh_suite *suite_of(struct lh_place *place)
{
    return lh_city_suite(lh_office_city(place->office));
}

static enum lh_code adopt(struct copy *copy, struct lh_place *place, struct sealed *sealed,
                          struct lh_err *err)
{
    return lh_ledger_adopt(copy->ledger, suite_of(place), &sealed->as, err);
}

static void adopt_all(struct copy *copy, struct lh_place *place, bool with_private,
                      bool lacks_private)
{
    static const struct lh_bytes none[LH_PLACE_ENTRIES];
    struct lh_err err = LH_ERR_NONE;

    for (uint64_t height = 1; height <= lh_place_head(place).height; height++) {
        struct sealed *sealed = read_block(place, height);
        sealed->as.lacks_private = lacks_private && height == 1;
        sealed->as.private_parts = with_private ? sealed->part_views : none;
        lh_place_must(adopt(copy, place, sealed, &err), &err);
        free_block(sealed);
    }
}

/* Every row of a table of one store stands in the other: the whole value, or its first bytes. */
static size_t expect_rows(struct lh_store *from, struct lh_store *in, enum lh_table table,
                          size_t compared)
{
    struct lh_store_iter *iter = NULL;
    struct lh_buf found = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    size_t count = 0;

    lh_place_must(lh_store_iter_new(&iter, from, table, &err), &err);
    lh_store_iter_seek(iter, LH_BYTES_EMPTY);
    for (; lh_store_iter_is_valid(iter); lh_store_iter_next(iter), count++) {
        struct lh_bytes value = lh_store_iter_value(iter);

        lh_place_must(lh_store_get(in, table, lh_store_iter_key(iter), &found, &err), &err);
        assert_int_equal(found.len, value.len);
        assert_memory_equal(found.data, value.data, compared < value.len ? compared : value.len);
    }
    lh_place_must(lh_store_iter_check(iter, &err), &err);
    lh_store_iter_free(iter);
    lh_buf_clear(&found);
    return count;
}

static void an_adopted_store_holds_the_rows_of_the_one_that_sealed(void **state)
{
    static const enum lh_table same[] = { LH_TABLE_LEAF, LH_TABLE_BLOCK, LH_TABLE_NODE,
                                          LH_TABLE_INDEX, LH_TABLE_PRIVATE };
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;
    struct copy copy;

    lh_place_fill(place, ENTRIES);
    make_copy(&copy, place);
    adopt_all(&copy, place, true, false);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        size_t count = expect_rows(place->store, copy.store, same[i], SIZE_MAX);
        assert_true(count > 0);
        assert_int_equal(expect_rows(copy.store, place->store, same[i], SIZE_MAX), count);
    }
    assert_int_equal(expect_rows(place->store, copy.store, LH_TABLE_EVENT, PLACE_SIZE), ENTRIES);
    assert_int_equal(expect_rows(copy.store, place->store, LH_TABLE_EVENT, PLACE_SIZE), ENTRIES);

    /* and is found whole when it is opened again */
    lh_ledger_close(copy.ledger);
    open_copy(&copy, place);
    lh_place_must(lh_ledger_verify(copy.ledger, suite_of(place), NULL, NULL, NULL, &err), &err);
    struct lh_ledger_head head;
    lh_ledger_head(copy.ledger, &head);
    assert_int_equal(head.size, lh_place_head(place).size);
    assert_memory_equal(head.root.bytes, lh_place_head(place).root.bytes, LH_HASH_SIZE);
    assert_false(lh_ledger_lacks_private(copy.ledger));
    clear_copy(&copy);
}

/* As an archive has a head that others cosigned. Lines of witnesses do not fit what a node serves.
 */
static void of_a_checkpoint_the_line_of_the_seal_is_kept_and_no_other(void **state)
{
    static const char line[] = "\xe2\x80\x94 jinhua/mzj/witness AAAAAAAA\n";
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;
    struct copy copy;

    lh_place_fill(place, ENTRIES);
    make_copy(&copy, place);
    for (uint64_t height = 1; height <= lh_place_head(place).height; height++) {
        struct sealed *sealed = read_block(place, height);
        struct lh_buf cosigned = LH_BUF_EMPTY;
        const char *text = lh_buf_text(&sealed->info.checkpoint);
        size_t text_len = (size_t)(strstr(text, "\n\n") + 2 - text);

        lh_buf_add(&cosigned, lh_bytes_of(text, text_len));
        lh_buf_add_text(&cosigned, line);
        lh_buf_add_text(&cosigned, text + text_len);
        lh_buf_add_text(&cosigned, line);
        sealed->as.block.checkpoint = lh_buf_bytes(&cosigned);
        lh_place_must(adopt(&copy, place, sealed, &err), &err);
        lh_buf_clear(&cosigned);
        free_block(sealed);
    }
    assert_true(expect_rows(copy.store, place->store, LH_TABLE_BLOCK, SIZE_MAX) > 0);
    clear_copy(&copy);
}

static void content_is_known_but_of_what_the_recorder_attested(void **state)
{
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;
    struct copy copy;
    size_t counts[2] = { 0, 0 };

    lh_place_fill(place, ENTRIES);
    make_copy(&copy, place);
    adopt_all(&copy, place, true, false);
    for (size_t i = 0; i < ENTRIES; i++) {
        struct lh_ledger_event found;
        struct lh_ledger_event sealed;
        lhpb_Body body;

        lh_office_body(place->office, i, &body);
        lh_place_must(lh_ledger_find_event(copy.ledger, lh_bytes_of_text(body.source),
                                           lh_bytes_of_text(body.id), &found, &err),
                      &err);
        lh_place_must(lh_ledger_find_event(place->ledger, lh_bytes_of_text(body.source),
                                           lh_bytes_of_text(body.id), &sealed, &err),
                      &err);
        bool is_attested = lh_office_level(place->office, i) == 1;
        counts[is_attested]++;
        assert_int_equal(found.has_digest, !is_attested);
        assert_true(sealed.has_digest);
        assert_true(is_attested || lh_hash_is_equal(&found.digest, &sealed.digest));
    }
    assert_true(counts[0] > 0);
    assert_true(counts[1] > 0);
    clear_copy(&copy);
}

static void private_parts_may_lack_only_where_that_is_on_record(void **state)
{
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;
    struct copy copy;

    lh_place_fill(place, ENTRIES);
    make_copy(&copy, place);
    adopt_all(&copy, place, false, false);
    assert_int_equal(lh_ledger_verify(copy.ledger, suite_of(place), NULL, NULL, NULL, &err),
                     LH_ERR_CORRUPT);
    clear_copy(&copy);

    make_copy(&copy, place);
    adopt_all(&copy, place, false, true);
    assert_true(lh_ledger_lacks_private(copy.ledger));
    lh_ledger_close(copy.ledger);
    open_copy(&copy, place);
    assert_true(lh_ledger_lacks_private(copy.ledger));
    lh_place_must(lh_ledger_verify(copy.ledger, suite_of(place), NULL, NULL, NULL, &err), &err);
    clear_copy(&copy);
}

/* Change one thing of the third block: it is refused, names `words`, and nothing of it is stored.
 */
static void expect_refused(struct lh_place *place, void (*spoil)(struct sealed *sealed),
                           const char *words)
{
    struct lh_err err = LH_ERR_NONE;
    struct copy copy;

    make_copy(&copy, place);
    for (uint64_t height = 1; height <= 3; height++) {
        struct sealed *sealed = read_block(place, height);
        if (height == 3) {
            spoil(sealed);
            assert_int_equal(adopt(&copy, place, sealed, &err), LH_ERR_FORGED);
            if (strstr(err.text, words) == NULL) {
                fail_msg("\"%s\" does not say \"%s\"", err.text, words);
            }
            assert_int_equal(lh_store_mem_commit_count(copy.store), 2);
            assert_int_equal(adopt(&copy, place, sealed, &err), LH_ERR_IO); /* poisoned */
        } else {
            lh_place_must(adopt(&copy, place, sealed, &err), &err);
        }
        free_block(sealed);
    }
    clear_copy(&copy);
}

static void flip_leaf(struct sealed *sealed)
{
    sealed->leaves[1].data[sealed->leaves[1].len / 3] ^= 1;
}

/* Another letter of base64: with a bit changed it may be none. */
static void change_seal(struct sealed *sealed)
{
    uint8_t *letter = &sealed->info.checkpoint.data[sealed->info.checkpoint.len - 8];

    *letter = *letter == 'A' ? 'B' : 'A';
}

static void flip_private(struct sealed *sealed)
{
    for (size_t i = 0; i < sealed->info.entry_count; i++) {
        if (sealed->parts[i].len > 0) {
            sealed->parts[i].data[sealed->parts[i].len / 2] ^= 1;
            return;
        }
    }
    fail_msg("the block has no private part");
}

static void leave_entry_out(struct sealed *sealed)
{
    sealed->as.block.leaves++;
    sealed->as.block.entry_count--;
}

static void what_no_node_sealed_is_refused_with_its_leaf(void **state)
{
    struct lh_place *place = *state;

    lh_place_append(place, 1);
    lh_place_append(place, LH_PLACE_STAFF);
    lh_place_append(place, 40);
    expect_refused(place, flip_leaf, "leaf ");
    expect_refused(place, change_seal, "B17");
    expect_refused(place, flip_private, "leaf ");
    expect_refused(place, leave_entry_out, "breaks B");
}

static void flip_signature(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    (void)city;
    if (index == *(const uint64_t *)arg) {
        entry->signatures[0].value[40] ^= 4;
    }
}

/* A node that seals what it should have refused: its blocks hold, but for a signature. */
static void a_false_signature_is_refused_though_it_was_sealed(void **state)
{
    struct lh_place *place = *state;
    uint64_t at = 1 + 1 + LH_PLACE_STAFF + 1 + 3; /* two headers stand before it */
    const struct lh_city_options options = { .suite = LH_SUITE_W,
                                             .seed = 7,
                                             .staff_count = LH_PLACE_STAFF,
                                             .entry_count = 20,
                                             .on_entry = flip_signature,
                                             .arg = &at };
    struct lh_err err = LH_ERR_NONE;
    struct copy copy;

    lh_ledger_close(place->ledger);
    place->office = lh_office_new(&options);
    lh_place_open(place, LH_LEDGER_NEW);
    lh_place_append(place, 1);
    lh_place_append(place, LH_PLACE_STAFF);
    lh_place_append(place, 20);
    make_copy(&copy, place);
    for (uint64_t height = 1; height <= 3; height++) {
        struct sealed *sealed = read_block(place, height);
        enum lh_code rc = adopt(&copy, place, sealed, &err);

        assert_int_equal(rc, height < 3 ? LH_OK : LH_ERR_FORGED);
        free_block(sealed);
    }
    assert_non_null(strstr(err.text, "leaf 11"));
    assert_int_equal(lh_store_mem_commit_count(copy.store), 2);
    clear_copy(&copy);
    lh_ledger_close(place->ledger);
    place->ledger = NULL;
    lh_office_free(place->office);
}

static void a_block_of_another_place_is_refused(void **state)
{
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;
    struct copy copy;

    lh_place_fill(place, ENTRIES);
    make_copy(&copy, place);
    struct sealed *second = read_block(place, 2);
    assert_int_equal(adopt(&copy, place, second, &err), LH_ERR_FORGED); /* no GENERATION */
    assert_non_null(strstr(err.text, "GENERATION"));
    free_block(second);
    clear_copy(&copy);
}

static void a_ledger_that_seals_takes_no_block_of_others(void **state)
{
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;

    lh_place_fill(place, ENTRIES);
    struct sealed *first = read_block(place, 1);
    assert_int_equal(lh_ledger_adopt(place->ledger, suite_of(place), &first->as, &err),
                     LH_ERR_DENIED);
    free_block(first);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, lh_place_make, lh_place_remove)
    const struct CMUnitTest tests[] = {
        CLAIM(an_adopted_store_holds_the_rows_of_the_one_that_sealed),
        CLAIM(of_a_checkpoint_the_line_of_the_seal_is_kept_and_no_other),
        CLAIM(content_is_known_but_of_what_the_recorder_attested),
        CLAIM(private_parts_may_lack_only_where_that_is_on_record),
        CLAIM(what_no_node_sealed_is_refused_with_its_leaf),
        CLAIM(a_false_signature_is_refused_though_it_was_sealed),
        CLAIM(a_block_of_another_place_is_refused),
        CLAIM(a_ledger_that_seals_takes_no_block_of_others),
    };

    return cmocka_run_group_tests(tests, lh_place_make_office, lh_place_free_office);
}
