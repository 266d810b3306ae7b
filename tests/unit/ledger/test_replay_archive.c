/*
 * Replay of archives as a whole: several ledgers, wrong and cut archives, private parts, schedules
 * of signature checks, and that no flipped byte goes unnoticed.
 */
#include "ledger/replay.h"

#include "ledger/private.h"
#include "tests/support/bodies.h"
#include "tests/support/city.h"
#include "tests/support/replayed.h"
#include "tests/support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- several ledgers --------------------------------------------------------------------------
 */

static void a_generation_continues_the_one_before(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *first = lh_city_new(&options);
    struct lh_buf bytes = LH_BUF_EMPTY;

    options.before = first;
    struct lh_city *second = lh_city_new(&options);
    replayed_write_two(&bytes, first, second);
    struct lh_replay *replay = replayed_whole(&bytes);
    replayed_expect_good(replay);
    assert_int_equal(lh_replay_ledger_count(replay), 2);
    assert_string_equal(lh_replay_ledger_at(replay, 1)->origin, "jinhua/gaj/2");
    lh_replay_free(replay);
    lh_buf_clear(&bytes);
    lh_city_free(second);
    lh_city_free(first);
}

/* Staff of the first generation sign in the second: without it nobody knows their keys. */
static void without_the_one_before_its_keys_cannot_be_told(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *first = lh_city_new(&options);

    options.before = first;
    struct lh_city *second = lh_city_new(&options);
    struct lh_replay *replay = replayed_city(second);
    const struct lh_replay_findings *findings = lh_replay_findings(replay);
    assert_int_equal(findings->failed_count, 0);
    assert_true(findings->unknown_count > 0);
    assert_string_equal(findings->kept[0].rule->id, "X02");
    lh_replay_free(replay);
    lh_city_free(second);
    lh_city_free(first);
}

static void a_broken_block_stops_its_ledger_and_no_other(void **state)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    struct lh_city *first = lh_city_new(&options);
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    options.before = first;
    struct lh_city *second = lh_city_new(&options);
    replayed_write_two(&bytes, first, second);
    /* the second byte from the end of leaf 8 is of its intake part: the seal answers for it */
    struct lh_bytes leaf = lh_city_leaf(first, 8);
    uint8_t *at = memmem(bytes.data, bytes.len, leaf.data, leaf.len);
    assert_non_null(at);
    at[leaf.len - 2] ^= 1;
    struct lh_replay *replay = replayed_whole(&bytes);
    const struct lh_replay_finding *found = &lh_replay_findings(replay)->kept[0];
    assert_int_equal(lh_replay_findings(replay)->failed_count, 1);
    assert_string_equal(found->rule->id, "B11");
    assert_int_equal(found->place.ledger, 0);
    assert_int_equal(found->place.good_height, lh_replay_ledger_at(replay, 0)->height);
    assert_true(lh_replay_ledger_at(replay, 0)->is_stopped);
    assert_int_equal(lh_replay_ledger_at(replay, 0)->leaf_count, lh_city_leaf_count(first));
    assert_false(lh_replay_ledger_at(replay, 1)->is_stopped);
    assert_int_equal(lh_replay_ledger_at(replay, 1)->size, lh_city_leaf_count(second));
    lh_replay_free(replay);
    lh_buf_clear(&bytes);
    lh_city_free(second);
    lh_city_free(first);
}

/* ---- archives that are wrong as a whole -------------------------------------------------------
 */

static void wrong_archives_are_named(void **state)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    struct lh_city *city = lh_city_new(&options);
    struct lh_bytes genesis = lh_genesis_bytes(lh_city_genesis(city));
    static const struct {
        const char *name;
        const char *origin;
        const char *rule;
        enum lh_code code;
    } rows[] = {
        { "no origin", "jinhua", "A04", LH_ERR_FORGED },
        { "other network", "hangzhou/gaj/1", "A04", LH_ERR_FORGED },
        { "no member", "jinhua/mzj/1", "A04", LH_ERR_UNKNOWN }, /* it may be one in an epoch */
        { "other number", "jinhua/gaj/7", "E06", LH_ERR_FORGED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_buf bytes = LH_BUF_EMPTY;
        struct lh_block block = lh_city_block(city, 0);
        lh_archive_begin(&bytes);
        lh_archive_add(&bytes, LH_ARCHIVE_GENESIS, genesis);
        lh_archive_add(&bytes, LH_ARCHIVE_LEDGER, lh_bytes_of_text(rows[i].origin));
        lh_archive_add(&bytes, LH_ARCHIVE_LEAF, block.leaves[0]);
        lh_archive_add(&bytes, LH_ARCHIVE_LEAF, block.leaves[1]);
        lh_archive_add(&bytes, LH_ARCHIVE_CHECKPOINT, block.checkpoint);
        lh_archive_end(&bytes, 5);
        struct lh_replay *replay = replayed_whole(&bytes);
        bool is_of_leaf = rows[i].rule[0] == 'E';
        replayed_expect(replay, rows[i].name, rows[i].code, rows[i].rule,
                        is_of_leaf ? 0 : LH_REPLAY_NO_INDEX, 1);
        lh_replay_free(replay);
        lh_buf_clear(&bytes);
    }
    lh_city_free(city);
}

/* The first block of a ledger, of leaves that are picked by letter: e an entry, h a header, x
 * neither.
 */
static void a_first_block_without_a_first_entry_is_judged_by_what_it_is_made_of(void **state)
{
    static const struct {
        const char *leaves;
        const char *rule; /* NULL: it holds */
        uint64_t index;
    } rows[] = { { "eh", NULL, 0 },   { "h", "B03", 0 },  { "heh", "B02", 0 }, { "hh", "B02", 0 },
                 { "hex", "B01", 2 }, { "xh", "B01", 0 }, { "x", "B01", 0 } };
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    struct lh_city *city = lh_city_new(&options);
    struct lh_block block = lh_city_block(city, 0);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_buf bytes = LH_BUF_EMPTY;
        lh_archive_begin(&bytes);
        lh_archive_add(&bytes, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(city)));
        lh_archive_add(&bytes, LH_ARCHIVE_LEDGER, lh_bytes_of_text("jinhua/gaj/1"));
        for (const char *at = rows[i].leaves; *at != 0; at++) {
            struct lh_bytes leaf = *at == 'x' ? lh_bytes_of_text("odd") : block.leaves[*at == 'h'];
            lh_archive_add(&bytes, LH_ARCHIVE_LEAF, leaf);
        }
        lh_archive_add(&bytes, LH_ARCHIVE_CHECKPOINT, block.checkpoint);
        lh_archive_end(&bytes, 3 + strlen(rows[i].leaves));
        struct lh_replay *replay = replayed_whole(&bytes);
        if (rows[i].rule == NULL) {
            replayed_expect_good(replay);
        } else {
            replayed_expect(replay, rows[i].leaves, LH_ERR_FORGED, rows[i].rule, rows[i].index, 1);
        }
        lh_replay_free(replay);
        lh_buf_clear(&bytes);
    }
    lh_city_free(city);
}

static void ledgers_beyond_4096_are_not_judged_and_that_is_said_once(void **state)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    struct lh_city *city = lh_city_new(&options);

    (void)state;
    for (size_t count = LH_REPLAY_LEDGERS_MAX; count <= LH_REPLAY_LEDGERS_MAX + 2; count += 2) {
        struct lh_buf bytes = LH_BUF_EMPTY;
        struct lh_buf origin = LH_BUF_EMPTY;
        lh_archive_begin(&bytes);
        lh_archive_add(&bytes, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(city)));
        for (size_t i = 1; i <= count; i++) {
            lh_buf_reset(&origin);
            lh_buf_add_format(&origin, "jinhua/gaj/%zu", i);
            lh_archive_add(&bytes, LH_ARCHIVE_LEDGER, lh_buf_bytes(&origin));
            lh_archive_add(&bytes, LH_ARCHIVE_LEAF, lh_bytes_of_text("odd"));
            lh_archive_add(&bytes, LH_ARCHIVE_CHECKPOINT, lh_bytes_of_text("none"));
        }
        lh_archive_end(&bytes, 1 + 3 * count);
        struct lh_replay *replay = replayed_whole(&bytes);
        const struct lh_replay_ledger *last = lh_replay_ledger_at(replay, 4095);
        assert_int_equal(lh_replay_ledger_count(replay), LH_REPLAY_LEDGERS_MAX);
        assert_int_equal(lh_replay_findings(replay)->failed_count, LH_REPLAY_LEDGERS_MAX); /* B01 */
        assert_int_equal(lh_replay_findings(replay)->unknown_count, count > 4096);         /* A05 */
        assert_int_equal(last->leaf_count, 1);
        lh_replay_free(replay);
        lh_buf_clear(&origin);
        lh_buf_clear(&bytes);
    }
    lh_city_free(city);
}

static void a_ledger_that_comes_twice_is_found(void **state)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    struct lh_city *city = lh_city_new(&options);
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    replayed_write_two(&bytes, city, city);
    struct lh_replay *replay = replayed_whole(&bytes);
    replayed_expect(replay, "twice", LH_ERR_FORGED, "A04", LH_REPLAY_NO_INDEX, 1);
    lh_replay_free(replay);
    lh_buf_clear(&bytes);
    lh_city_free(city);
}

static void a_cut_archive_cannot_be_told(void **state)
{
    static const struct lh_replay_options with_signatures = { .with_signatures = true };
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    struct lh_city *city = lh_city_new(&options);
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    lh_city_archive(city, &bytes, NULL);
    for (size_t len = 0; len < bytes.len; len += 97) {
        struct lh_replay *replay = replayed_bytes(lh_bytes_of(bytes.data, len), &with_signatures);
        replayed_expect(replay, "cut", LH_ERR_UNKNOWN, "A02", LH_REPLAY_NO_INDEX, 1);
        lh_replay_free(replay);
    }
    lh_buf_clear(&bytes);
    lh_city_free(city);
}

static void write_run(struct lh_buf *bytes, const struct lh_city *city, size_t leaves,
                      bool is_closed)
{
    lh_buf_reset(bytes);
    lh_archive_begin(bytes);
    lh_archive_add(bytes, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(city)));
    lh_archive_add(bytes, LH_ARCHIVE_LEDGER, lh_bytes_of_text("jinhua/gaj/1"));
    for (size_t i = 0; i < leaves; i++) {
        lh_archive_add(bytes, LH_ARCHIVE_LEAF, lh_city_leaf(city, 0));
    }
    if (is_closed) {
        lh_archive_add(bytes, LH_ARCHIVE_CHECKPOINT, lh_bytes_of_text("none"));
        lh_archive_end(bytes, 3 + leaves);
    }
}

static void a_block_of_too_many_leaves_is_cut_off(void **state)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    struct lh_city *city = lh_city_new(&options);
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    write_run(&bytes, city, 6000, true);
    struct lh_replay *replay = replayed_whole(&bytes);
    replayed_expect(replay, "too many", LH_ERR_FORGED, "B03", LH_BLOCK_ENTRIES_MAX + 1, 1);
    lh_replay_free(replay);
    /* what no checkpoint closes is no block yet */
    write_run(&bytes, city, 6000, false);
    replay = replayed_whole(&bytes);
    replayed_expect(replay, "too many, and cut", LH_ERR_UNKNOWN, "A02", LH_REPLAY_NO_INDEX, 1);
    lh_replay_free(replay);
    lh_buf_clear(&bytes);
    lh_city_free(city);
}

static void flip_most(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    (void)arg;
    (void)city;
    if (index > 6 && index % 5 != 0) {
        entry->signatures[0].value[40] ^= 4;
    }
}

/* Entry 7, whose signature is wrong, stands before a leaf that is longer than any can be. */
static void a_leaf_that_is_too_long_hides_no_entry_of_its_block(void **state)
{
    static uint8_t lengthy[LH_ARCHIVE_FRAME_MAX];
    struct lh_city_options options = replayed_options(LH_SUITE_W);

    (void)state;
    options.on_entry = flip_most;
    struct lh_city *city = lh_city_new(&options);
    memset(lengthy, 0x0a, sizeof lengthy);
    for (size_t len = LH_LEAF_MAX; len <= sizeof lengthy; len += len / 2) {
        struct lh_buf bytes = LH_BUF_EMPTY;
        uint64_t frames = 2;
        lh_archive_begin(&bytes);
        lh_archive_add(&bytes, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(city)));
        lh_archive_add(&bytes, LH_ARCHIVE_LEDGER, lh_bytes_of_text("jinhua/gaj/1"));
        for (size_t i = 0; i < 3; i++) {
            struct lh_block block = lh_city_block(city, i);
            for (size_t j = 0; j <= block.entry_count; j++, frames++) {
                bool is_long = i == 2 && j == block.entry_count;
                lh_archive_add(&bytes, LH_ARCHIVE_LEAF,
                               is_long ? lh_bytes_of(lengthy, len) : block.leaves[j]);
            }
            lh_archive_add(&bytes, LH_ARCHIVE_CHECKPOINT, block.checkpoint);
            frames++;
        }
        lh_archive_end(&bytes, frames);
        struct lh_replay *replay = replayed_whole(&bytes);
        const struct lh_replay_findings *findings = lh_replay_findings(replay);
        replayed_expect(replay, "forged and too long", LH_ERR_FORGED, "E03", 7, 0);
        assert_string_equal(findings->kept[findings->kept_count - 1].rule->id, "B01");
        lh_replay_free(replay);
        lh_buf_clear(&bytes);
    }
    lh_city_free(city);
}

static void a_private_part_must_fit_its_entry(void **state)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    struct lh_city *city = lh_city_new(&options);
    static const uint64_t indexes[] = { 0, 1, 2, 77, LH_TREE_SIZE_MAX - 1, LH_TREE_SIZE_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        struct lh_block block = lh_city_block(city, 0);
        struct lh_buf bytes = LH_BUF_EMPTY;
        uint8_t part[12] = { 0 };
        lh_put_u64(part, indexes[i]);
        lh_archive_begin(&bytes);
        lh_archive_add(&bytes, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(city)));
        lh_archive_add(&bytes, LH_ARCHIVE_LEDGER, lh_bytes_of_text("jinhua/gaj/1"));
        lh_archive_add(&bytes, LH_ARCHIVE_LEAF, block.leaves[0]);
        lh_archive_add(&bytes, LH_ARCHIVE_LEAF, block.leaves[1]);
        lh_archive_add(&bytes, LH_ARCHIVE_CHECKPOINT, block.checkpoint);
        lh_archive_add(&bytes, LH_ARCHIVE_PRIVATE, lh_bytes_of(part, sizeof part));
        lh_archive_end(&bytes, 6);
        struct lh_replay *replay = replayed_whole(&bytes);
        replayed_expect(replay, "private", LH_ERR_FORGED, "P01",
                        indexes[i] < LH_TREE_SIZE_MAX ? indexes[i] : LH_REPLAY_NO_INDEX, 1);
        assert_int_equal(lh_replay_private_count(replay), 1);
        lh_replay_free(replay);
        lh_buf_clear(&bytes);
    }
    lh_city_free(city);
}

/* An entry about a person: entry 8 of a city, with its private part made as a node makes it. What
 * stands in the next entry may be said of it. */
struct about {
    lhpb_SubjectPost post;
    struct lh_buf part;
    struct lh_hash body_hash;
    uint64_t next; /* index of the next entry, once it is known */
    enum about_next { NEXT_IS_ANY, NEXT_ERASES, NEXT_IS_NEWER } what;
    enum lh_city_role erased_by;
    bool is_flipped; /* the signature of the ERASE */
};

static enum lh_code fill_with_7(void *arg, void *out, size_t len, struct lh_err *err)
{
    (void)arg;
    (void)err;
    memset(out, 7, len);
    return LH_OK;
}

static void erase_subject(const struct about *about, lhpb_Body *body, struct lh_city_signer *signer)
{
    lh_fixture_body(body, lhpb_EntryType_ERASE);
    strcpy(body->id, "erase");
    body->detail.erase.targets_count = 1;
    memcpy(body->detail.erase.targets[0], about->body_hash.bytes, LH_HASH_SIZE);
    signer->role = about->erased_by;
}

static void digest_subject(void *arg, uint64_t index, lhpb_Body *body,
                           struct lh_city_signer *signer)
{
    struct about *about = arg;
    struct lh_buf client = LH_BUF_EMPTY;
    struct lh_suite *suite;
    struct lh_hash digest;

    if (index > 8 && about->next == 0) {
        about->next = index;
        if (about->what == NEXT_ERASES) {
            erase_subject(about, body, signer);
        }
    }
    if (index != 8) {
        return;
    }
    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    assert_int_equal(lh_private_client_part(suite, &client, &digest, &about->post, NULL), LH_OK);
    body->has_subject_digest = true;
    memcpy(body->subject_digest, digest.bytes, LH_HASH_SIZE);
    lh_buf_clear(&client);
    lh_suite_free(suite);
}

static void digest_index(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    const struct lh_random random = { .fill = fill_with_7 };
    const struct lh_city_signer staff = { .role = LH_CITY_STAFF };
    struct lh_secret month_key = { .len = 32 };
    struct about *about = arg;
    struct lh_hash digest;

    bool is_next = index > 8 && index == about->next;
    if (is_next && about->is_flipped) {
        entry->signatures[0].value[40] ^= 4;
    }
    if (is_next && about->what == NEXT_IS_NEWER) {
        memcpy(entry->body.bytes, "\x08\x02 newer", 8);
        entry->body.size = 8;
        lh_city_sign(city, entry, &staff);
    }
    if (index != 8) {
        return;
    }
    about->body_hash =
        lh_body_hash(lh_city_suite(city), lh_bytes_of(entry->body.bytes, entry->body.size));
    assert_int_equal(lh_private_build(lh_city_suite(city), &about->part, &digest, &about->post,
                                      &about->body_hash, &month_key, 202611, NULL, &random, NULL),
                     LH_OK);
    entry->intake.has_index_digest = true;
    memcpy(entry->intake.index_digest, digest.bytes, LH_HASH_SIZE);
}

static struct lh_city *city_about(struct about *about)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);

    about->part = (struct lh_buf)LH_BUF_EMPTY;
    about->post.subjects_count = 1;
    about->post.subjects[0].role = 1;
    about->post.subjects[0].id_type = 1;
    strcpy(about->post.subjects[0].id, "11010519491231002X");
    memset(about->post.subjects[0].opening, 3, sizeof about->post.subjects[0].opening);
    memset(about->post.salt, 4, sizeof about->post.salt);
    options.on_body = digest_subject;
    options.on_entry = digest_index;
    options.arg = about;
    return lh_city_new(&options);
}

/* A city into an archive: with the word that it keeps private parts (`kept`), and with the part
 * behind the block of its entry, if there is one. */
static void add_with_part(struct lh_buf *out, uint64_t *frames, const struct lh_city *city,
                          bool kept, struct lh_bytes part)
{
    struct lh_buf content = LH_BUF_EMPTY;
    size_t first = 0;

    lh_buf_add_u64(&content, 8);
    lh_buf_add(&content, part);
    lh_archive_add(out, LH_ARCHIVE_LEDGER, lh_bytes_of_text(lh_city_origin(city)));
    *frames += 1;
    if (kept) {
        lh_archive_add(out, LH_ARCHIVE_KEPT, LH_BYTES_EMPTY);
        *frames += 1;
    }
    for (size_t i = 0; i < lh_city_block_count(city); i++) {
        struct lh_block block = lh_city_block(city, i);
        for (size_t j = 0; j <= block.entry_count; j++) {
            lh_archive_add(out, LH_ARCHIVE_LEAF, block.leaves[j]);
        }
        lh_archive_add(out, LH_ARCHIVE_CHECKPOINT, block.checkpoint);
        *frames += block.entry_count + 2;
        if (part.len > 0 && first <= 8 && 8 < first + block.entry_count) {
            lh_archive_add(out, LH_ARCHIVE_PRIVATE, lh_buf_bytes(&content));
            *frames += 1;
        }
        first += block.entry_count + 1;
    }
    lh_buf_clear(&content);
}

static uint64_t begin_archive(struct lh_buf *out, const struct lh_city *city)
{
    lh_buf_reset(out);
    lh_archive_begin(out);
    lh_archive_add(out, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(city)));
    return 1;
}

static void write_with_part(struct lh_buf *out, const struct lh_city *city, bool kept,
                            struct lh_bytes part)
{
    uint64_t frames = begin_archive(out, city);

    add_with_part(out, &frames, city, kept, part);
    lh_archive_end(out, frames);
}

static void a_private_part_that_fits_holds_and_any_flipped_byte_of_it_does_not(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct about about = { .what = NEXT_IS_ANY };
    struct lh_city *city = city_about(&about);

    (void)state;
    write_with_part(&bytes, city, true, lh_buf_bytes(&about.part));
    struct lh_replay *replay = replayed_whole(&bytes);
    replayed_expect_good(replay);
    assert_int_equal(lh_replay_private_count(replay), 1);
    lh_replay_free(replay);
    for (size_t i = 0; i < about.part.len; i += 3) {
        about.part.data[i] ^= 0x10;
        write_with_part(&bytes, city, true, lh_buf_bytes(&about.part));
        replay = replayed_whole(&bytes);
        replayed_expect(replay, "private", LH_ERR_FORGED, "P01", 8, 1);
        lh_replay_free(replay);
        about.part.data[i] ^= 0x10;
    }
    lh_buf_clear(&about.part);
    lh_buf_clear(&bytes);
    lh_city_free(city);
}

static void a_private_part_that_is_missing_is_found_where_all_are_kept(void **state)
{
    static const struct {
        const char *name;
        bool is_kept;
        bool is_there;
        bool is_flipped;
        enum about_next next;
        enum lh_city_role erased_by;
        enum lh_code code; /* LH_OK: it holds; else P02 at leaf 8 */
        uint64_t count;
    } rows[] = {
        { .name = "kept and there", .is_kept = true, .is_there = true },
        { .name = "no word, and there", .is_there = true },
        { .name = "no word, and missing" },
        { .name = "kept and missing", .is_kept = true, .code = LH_ERR_FORGED, .count = 1 },
        { .name = "erased", .is_kept = true, .next = NEXT_ERASES },
        { .name = "erased and there still",
          .is_kept = true,
          .is_there = true,
          .next = NEXT_ERASES },
        { .name = "erased by the recorder", /* E04 */
          .is_kept = true,
          .next = NEXT_ERASES,
          .erased_by = LH_CITY_RECORDER,
          .code = LH_ERR_FORGED,
          .count = 2 },
        { .name = "erased with a forged signature", /* E03 */
          .is_kept = true,
          .next = NEXT_ERASES,
          .is_flipped = true,
          .code = LH_ERR_FORGED,
          .count = 2 },
        { .name = "a newer entry may be the ERASE", /* X01 */
          .is_kept = true,
          .next = NEXT_IS_NEWER,
          .code = LH_ERR_UNKNOWN,
          .count = 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_buf bytes = LH_BUF_EMPTY;
        struct about about = { .what = rows[i].next,
                               .erased_by = rows[i].erased_by,
                               .is_flipped = rows[i].is_flipped };
        struct lh_city *city = city_about(&about);
        struct lh_bytes part = rows[i].is_there ? lh_buf_bytes(&about.part) : LH_BYTES_EMPTY;
        write_with_part(&bytes, city, rows[i].is_kept, part);
        struct lh_replay *replay = replayed_whole(&bytes);
        if (rows[i].code == LH_OK && lh_replay_findings(replay)->kept_count > 0) {
            fail_msg("%s: %s", rows[i].name, lh_replay_findings(replay)->kept[0].text);
        }
        if (rows[i].code != LH_OK) {
            replayed_expect(replay, rows[i].name, rows[i].code, "P02", 8, rows[i].count);
        }
        assert_int_equal(lh_replay_ledger_at(replay, 0)->keeps_private, rows[i].is_kept);
        lh_replay_free(replay);
        lh_buf_clear(&bytes);
        lh_buf_clear(&about.part);
        lh_city_free(city);
    }
}

/* What is missing at the end may hold the ERASE: a cut archive is A02, and no more. */
static void a_missing_private_part_is_no_finding_in_an_archive_that_is_cut(void **state)
{
    static const struct lh_replay_options with_signatures = { .with_signatures = true };
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct about about = { .what = NEXT_IS_ANY };
    struct lh_city *city = city_about(&about);

    (void)state;
    write_with_part(&bytes, city, true, LH_BYTES_EMPTY);
    struct lh_replay *replay = replayed_whole(&bytes);
    replayed_expect(replay, "whole", LH_ERR_FORGED, "P02", 8, 1);
    lh_replay_free(replay);
    replay = replayed_bytes(lh_bytes_of(bytes.data, bytes.len - 1), &with_signatures);
    replayed_expect(replay, "cut", LH_ERR_UNKNOWN, "A02", LH_REPLAY_NO_INDEX, 1);
    lh_replay_free(replay);
    lh_buf_clear(&about.part);
    lh_buf_clear(&bytes);
    lh_city_free(city);
}

/* The first entry from index 8 on erases what `about` is about. */
static void erase_of_before(void *arg, uint64_t index, lhpb_Body *body,
                            struct lh_city_signer *signer)
{
    struct about *about = arg;

    if (index >= 8 && about->next == 0 && about->what == NEXT_ERASES) {
        about->next = index;
        erase_subject(about, body, signer);
    }
}

static void an_erase_of_a_later_generation_covers_and_one_elsewhere_does_not(void **state)
{
    static const struct {
        const char *name;
        enum about_next next;
        bool is_young_kept;
        bool is_young_there;
        enum lh_code code; /* LH_OK: it holds; else P02 at leaf 8 */
    } rows[] = {
        { "erased later", NEXT_ERASES, true, true, LH_OK },
        { "erased later, where nothing is kept", NEXT_ERASES, false, true, LH_OK },
        { "not erased", NEXT_IS_ANY, true, true, LH_ERR_FORGED },
        { "erased in what is not here", NEXT_ERASES, true, false, LH_ERR_FORGED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct about about = { .what = NEXT_IS_ANY };
        struct lh_city *old = city_about(&about);
        struct about later = { .what = rows[i].next, .body_hash = about.body_hash };
        struct lh_city_options options = replayed_options(LH_SUITE_W);
        struct lh_buf bytes = LH_BUF_EMPTY;
        uint64_t frames = begin_archive(&bytes, old);

        options.before = old;
        options.on_body = erase_of_before;
        options.arg = &later;
        struct lh_city *young = lh_city_new(&options);
        add_with_part(&bytes, &frames, old, true, LH_BYTES_EMPTY);
        if (rows[i].is_young_there) {
            add_with_part(&bytes, &frames, young, rows[i].is_young_kept, LH_BYTES_EMPTY);
        }
        lh_archive_end(&bytes, frames);
        struct lh_replay *replay = replayed_whole(&bytes);
        if (rows[i].code == LH_OK) {
            replayed_expect_good(replay);
        } else {
            replayed_expect(replay, rows[i].name, rows[i].code, "P02", 8, 1);
        }
        lh_replay_free(replay);
        lh_city_free(young);
        lh_city_free(old);
        lh_buf_clear(&bytes);
        lh_buf_clear(&about.part);
    }
}

/* ---- schedules --------------------------------------------------------------------------------
 */

/* A pool that does nothing until it must, and then everything in an order of its own. */
struct lazy {
    struct lh_seeded seeded;
    struct lh_replay_check *checks;
    size_t count;
};

static enum lh_code lazy_submit(void *arg, const struct lh_replay_check *checks, size_t count,
                                struct lh_err *err)
{
    struct lazy *lazy = arg;

    (void)err;
    lazy->checks = realloc(lazy->checks, (lazy->count + count) * sizeof *lazy->checks);
    assert_non_null(lazy->checks);
    memcpy(lazy->checks + lazy->count, checks, count * sizeof *checks);
    lazy->count += count;
    return LH_OK;
}

static enum lh_code lazy_drain(void *arg, struct lh_replay_findings *into, struct lh_err *err)
{
    struct lh_replay_findings *workers = calloc(3, sizeof *workers);
    struct lazy *lazy = arg;

    (void)err;
    assert_non_null(workers);
    while (lazy->count > 0) {
        size_t i = lh_seeded_below(&lazy->seeded, lazy->count);
        lh_replay_check_run(&lazy->checks[i], &workers[lh_seeded_below(&lazy->seeded, 3)]);
        lazy->checks[i] = lazy->checks[--lazy->count];
    }
    for (size_t i = 0; i < 3; i++) {
        lh_replay_findings_merge(into, &workers[i]);
    }
    free(workers);
    return LH_OK;
}

static void findings_do_not_depend_on_the_schedule(void **state)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    options.entry_count = 300;
    options.on_entry = flip_most;
    struct lh_city *city = lh_city_new(&options);
    lh_city_archive(city, &bytes, NULL);
    struct lh_replay *want = replayed_whole(&bytes);
    assert_true(lh_replay_findings(want)->failed_count > LH_REPLAY_FINDINGS_MAX);
    assert_int_equal(lh_replay_findings(want)->kept_count, LH_REPLAY_FINDINGS_MAX);
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct lazy lazy = { .seeded = { .state = seed } };
        const struct lh_replay_pool pool = { .submit = lazy_submit,
                                             .drain = lazy_drain,
                                             .arg = &lazy };
        const struct lh_replay_options with_pool = { .with_signatures = true, .pool = &pool };
        struct lh_replay *got = replayed_bytes(lh_buf_bytes(&bytes), &with_pool);
        assert_int_equal(lh_replay_findings(got)->failed_count,
                         lh_replay_findings(want)->failed_count);
        for (size_t i = 0; i < LH_REPLAY_FINDINGS_MAX; i++) {
            assert_int_equal(lh_replay_findings(got)->kept[i].place.index,
                             lh_replay_findings(want)->kept[i].place.index);
            assert_string_equal(lh_replay_findings(got)->kept[i].text,
                                lh_replay_findings(want)->kept[i].text);
        }
        lh_replay_free(got);
        free(lazy.checks);
    }
    lh_replay_free(want);
    lh_buf_clear(&bytes);
    lh_city_free(city);
}

static void any_flipped_byte_is_noticed(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_seeded seeded = { .state = 11 };
    struct lh_buf bytes = LH_BUF_EMPTY;

    options.entry_count = 6;
    struct lh_city *city = lh_city_new(&options);
    lh_city_archive(city, &bytes, NULL);
    size_t step = replayed_suite(state) == LH_SUITE_W ? 5 : 61;
    for (size_t at = 0; at < bytes.len; at += 1 + lh_seeded_below(&seeded, step)) {
        uint8_t was = bytes.data[at];
        bytes.data[at] ^= (uint8_t)(1U << lh_seeded_below(&seeded, 8));
        struct lh_replay *replay = replayed_whole(&bytes);
        const struct lh_replay_findings *findings = lh_replay_findings(replay);
        if (findings->failed_count + findings->unknown_count == 0) {
            /* Another genesis is another network, and every entry signed for the first. */
            fail_msg("byte %zu of %zu", at, bytes.len);
        }
        lh_replay_free(replay);
        bytes.data[at] = was;
    }
    lh_buf_clear(&bytes);
    lh_city_free(city);
}

int main(void)
{
    static enum lh_suite_id w = LH_SUITE_W;
    static enum lh_suite_id g = LH_SUITE_G;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_generation_continues_the_one_before, &w),
        cmocka_unit_test_prestate(a_generation_continues_the_one_before, &g),
        cmocka_unit_test_prestate(without_the_one_before_its_keys_cannot_be_told, &w),
        cmocka_unit_test_prestate(without_the_one_before_its_keys_cannot_be_told, &g),
        cmocka_unit_test(a_broken_block_stops_its_ledger_and_no_other),
        cmocka_unit_test(wrong_archives_are_named),
        cmocka_unit_test(a_first_block_without_a_first_entry_is_judged_by_what_it_is_made_of),
        cmocka_unit_test(ledgers_beyond_4096_are_not_judged_and_that_is_said_once),
        cmocka_unit_test(a_ledger_that_comes_twice_is_found),
        cmocka_unit_test(a_cut_archive_cannot_be_told),
        cmocka_unit_test(a_block_of_too_many_leaves_is_cut_off),
        cmocka_unit_test(a_leaf_that_is_too_long_hides_no_entry_of_its_block),
        cmocka_unit_test(a_private_part_must_fit_its_entry),
        cmocka_unit_test(a_private_part_that_fits_holds_and_any_flipped_byte_of_it_does_not),
        cmocka_unit_test(a_private_part_that_is_missing_is_found_where_all_are_kept),
        cmocka_unit_test(a_missing_private_part_is_no_finding_in_an_archive_that_is_cut),
        cmocka_unit_test(an_erase_of_a_later_generation_covers_and_one_elsewhere_does_not),
        cmocka_unit_test(findings_do_not_depend_on_the_schedule),
        cmocka_unit_test_prestate(any_flipped_byte_is_noticed, &w),
        cmocka_unit_test_prestate(any_flipped_byte_is_noticed, &g),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
