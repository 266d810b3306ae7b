/*
 * Vectors: paths and examples of C2SP tlog-tiles, and the files of our own trees ("record i"; the
 * big one's leaf i is i as 8 bytes, big-endian), cross-checked with golang.org/x/mod/sumdb.
 */
#include "ledger/tile.h"

#include "crypto/text.h"
#include "tests/support/forest.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BIG = 70000 };

static const struct {
    const char *path;
    struct lh_tile tile;
} path_rows[] = {
    { "tile/0/000", { LH_TILE_HASHES, 0, 0, 256 } },
    { "tile/0/999", { LH_TILE_HASHES, 0, 999, 256 } },
    { "tile/0/x001/000", { LH_TILE_HASHES, 0, 1000, 256 } },
    { "tile/0/x001/x234/067", { LH_TILE_HASHES, 0, 1234067, 256 } },
    { "tile/0/273.p/112", { LH_TILE_HASHES, 0, 273, 112 } },
    { "tile/1/001.p/17", { LH_TILE_HASHES, 1, 1, 17 } },
    { "tile/2/000.p/1", { LH_TILE_HASHES, 2, 0, 1 } },
    { "tile/63/000.p/255", { LH_TILE_HASHES, 63, 0, 255 } },
    { "tile/entries/000", { LH_TILE_ENTRIES, 0, 0, 256 } },
    { "tile/entries/x001/x234/067.p/9", { LH_TILE_ENTRIES, 0, 1234067, 9 } },
    { "tile/7/x009/x223/x372/x036/x854/x775/807.p/255", { LH_TILE_HASHES, 7, INT64_MAX, 255 } },
};

static void paths_are_the_published_ones_in_both_directions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof path_rows / sizeof path_rows[0]; i++) {
        const struct lh_tile *want = &path_rows[i].tile;
        char path[LH_TILE_PATH_MAX + 1];
        struct lh_tile tile;

        lh_tile_path_format(path, want);
        assert_string_equal(path, path_rows[i].path);
        assert_int_equal(lh_tile_path_parse(&tile, lh_bytes_of_text(path), NULL), LH_OK);
        assert_int_equal(tile.kind, want->kind);
        assert_int_equal(tile.level, want->level);
        assert_int_equal(tile.index, want->index);
        assert_int_equal(tile.width, want->width);
    }
}

static const struct {
    const char *name;
    const char *path;
} bad_paths[] = {
    { "nothing", "" },
    { "another folder", "tiles/0/000" },
    { "a slash in front", "/tile/0/000" },
    { "no level", "tile//000" },
    { "no index", "tile/0/" },
    { "only a level", "tile/0" },
    { "level 64", "tile/64/000" },
    { "a level with a zero in front", "tile/00/000" },
    { "a level with a sign", "tile/+1/000" },
    { "a level beyond 64 bits", "tile/18446744073709551616/000" },
    { "the tile height of sumdb", "tile/8/0/000" },
    { "an upper case name", "tile/Entries/000" },
    { "data instead of entries", "tile/data/000" },
    { "two digits", "tile/0/00" },
    { "four digits", "tile/0/0000" },
    { "a letter among the digits", "tile/0/0a0" },
    { "a group without x", "tile/0/001/000" },
    { "an x in the last group", "tile/0/x001" },
    { "an x in the last of two groups", "tile/0/x001/x000" },
    { "a group of zeros in front", "tile/0/x000/001" },
    { "two groups of zeros in front", "tile/0/x000/x000/001" },
    { "an X", "tile/0/X001/000" },
    { "an index of 2^63", "tile/0/x009/x223/x372/x036/x854/x775/808" },
    { "an index beyond 2^64", "tile/0/x018/x446/x744/x073/x709/x551/616" },
    { "eight groups", "tile/0/x001/x000/x000/x000/x000/x000/x000/000" },
    { "width 0", "tile/0/000.p/0" },
    { "width 256", "tile/0/000.p/256" },
    { "a width with a zero in front", "tile/0/000.p/01" },
    { "no width", "tile/0/000.p/" },
    { "half a width", "tile/0/000.p" },
    { "a dot only", "tile/0/000." },
    { "another suffix", "tile/0/000.q/1" },
    { "something behind the width", "tile/0/000.p/1/" },
    { "a newline behind the width", "tile/0/000.p/1\n" },
    { "a slash at the end", "tile/0/000/" },
    { "a space at the end", "tile/0/000 " },
    { "a step up", "tile/0/../000" },
    { "a minus", "tile/0/-01" },
};

static void a_path_written_otherwise_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_paths / sizeof bad_paths[0]; i++) {
        struct lh_err err = LH_ERR_NONE;
        struct lh_tile tile = { .index = 77 };

        if (lh_tile_path_parse(&tile, lh_bytes_of_text(bad_paths[i].path), &err) !=
            LH_ERR_INVALID) {
            fail_msg("%s: taken", bad_paths[i].name);
        }
        assert_int_equal(tile.index, 77);
        assert_true(err.text[0] != '\0');
    }
    /* A NUL is a byte like another, not an end. */
    assert_int_equal(
        lh_tile_path_parse(&(struct lh_tile){ .width = 1 }, lh_bytes_of("tile/0/000", 11), NULL),
        LH_ERR_INVALID);
}

/* Tiles of a level: `full` whole ones and, if `rest` is not 0, one of that width. */
static const struct {
    uint64_t size;
    unsigned level;
    uint64_t full;
    unsigned rest;
} size_rows[] = {
    { 0, 0, 0, 0 },
    { 0, 1, 0, 0 },
    { 1, 0, 0, 1 },
    { 255, 0, 0, 255 },
    { 255, 1, 0, 0 },
    { 256, 0, 1, 0 },
    { 256, 1, 0, 1 },
    { 257, 0, 1, 1 },
    { 257, 1, 0, 1 },
    { 257, 2, 0, 0 },
    { 70000, 0, 273, 112 },
    { 70000, 1, 1, 17 },
    { 70000, 2, 0, 1 },
    { 70000, 3, 0, 0 },
    { 70000, 63, 0, 0 },
    { 65536, 1, 1, 0 },
    { 65536, 2, 0, 1 },
    { LH_TREE_SIZE_MAX, 7, 0, 64 },
    { LH_TREE_SIZE_MAX, 8, 0, 0 },
    { LH_TREE_SIZE_MAX, 0, LH_TREE_SIZE_MAX / 256, 0 },
};

static void a_tree_has_the_tiles_of_its_size_and_no_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof size_rows / sizeof size_rows[0]; i++) {
        uint64_t size = size_rows[i].size;
        uint64_t full = size_rows[i].full;
        unsigned level = size_rows[i].level;
        unsigned rest = size_rows[i].rest;

        assert_int_equal(lh_tile_count(level, size), full + (rest > 0 ? 1 : 0));
        assert_int_equal(lh_tile_width(level, full, size), rest);
        assert_int_equal(lh_tile_width(level, full + 1, size), 0);
        assert_int_equal(lh_tile_width(level, INT64_MAX, size), 0);
        if (full > 0) {
            assert_int_equal(lh_tile_width(level, 0, size), LH_TILE_WIDTH);
            assert_int_equal(lh_tile_width(level, full - 1, size), LH_TILE_WIDTH);
        }
        for (unsigned width = 0; width <= LH_TILE_WIDTH; width++) {
            struct lh_tile tile = { LH_TILE_HASHES, level, full, width };

            assert_int_equal(lh_tile_exists(&tile, size), width > 0 && width <= rest);
        }
    }
}

static void check_sha256(struct lh_suite *suite, const struct lh_buf *file, const char *want_hex)
{
    struct lh_hash hash = lh_hash(suite, lh_buf_bytes(file));
    char hex[2 * LH_HASH_SIZE + 1];

    lh_hex_format(hex, lh_hash_bytes(&hash));
    assert_string_equal(hex, want_hex);
}

static void check_tile(struct forest *forest, const char *path, const char *want_hex)
{
    struct lh_tree_source source = forest_source(forest, forest->tree.size);
    struct lh_buf file = LH_BUF_EMPTY;
    struct lh_tile tile;

    assert_int_equal(lh_tile_path_parse(&tile, lh_bytes_of_text(path), NULL), LH_OK);
    assert_int_equal(lh_tile_read(&file, &tile, &source, forest->tree.size, NULL), LH_OK);
    assert_int_equal(file.len, LH_HASH_SIZE * tile.width);
    check_sha256(forest->suite, &file, want_hex);
    lh_buf_clear(&file);
}

static void tiles_of_the_big_tree_are_the_published_ones(void **state)
{
    struct forest *forest = *state;
    struct lh_tree_source source = forest_source(forest, BIG);
    struct lh_tile top = { LH_TILE_HASHES, 2, 0, 1 };
    struct lh_buf file = LH_BUF_EMPTY;

    check_tile(forest, "tile/0/000",
               "20cd0859c7fb4ae9eeac1d244887e6f9342d86ce0b1a1c7bb244915d3d0dc971");
    check_tile(forest, "tile/0/273.p/112",
               "c7ebb1581fb37d08e8c14ef23ce02ebd07d79d783b6515c740d8b9f566ef0289");
    check_tile(forest, "tile/1/000",
               "dbf848d70619481ec09adf64ff73d027ffd27f3cab12570d5087d7e9fede902a");
    check_tile(forest, "tile/1/001.p/17",
               "4fd210567f39abfd6af3acd3f895698cbaaf1b83bd764f98d7d81f431454aa54");

    /* One hash: the root of the tree of 65,536. */
    assert_int_equal(lh_tile_read(&file, &top, &source, BIG, NULL), LH_OK);
    assert_int_equal(file.len, LH_HASH_SIZE);
    assert_memory_equal(file.data, forest->nodes[16][0].bytes, LH_HASH_SIZE);
    lh_buf_clear(&file);
}

static void a_tile_of_the_records_is_the_published_one(void **state)
{
    struct forest forest;

    (void)state;
    forest_init(&forest, LH_SUITE_W, 5);
    forest_grow_records(&forest, 5);
    check_tile(&forest, "tile/0/000.p/5",
               "5a9cec178ca2a2c5e49015ec88c5714bd346e37ae7955a73e04fff1332904ffa");
    forest_clear(&forest);
}

static void entries_of_the_big_tree_are_the_published_ones(void **state)
{
    struct forest *forest = *state;
    struct lh_buf file = LH_BUF_EMPTY;

    for (uint64_t i = 0; i < LH_TILE_WIDTH; i++) {
        uint8_t leaf[8];

        lh_put_u64(leaf, i);
        assert_int_equal(lh_tile_add_entry(&file, lh_bytes_of(leaf, sizeof leaf), NULL), LH_OK);
    }
    check_sha256(forest->suite, &file,
                 "f4bae1960a3cedc6303230167918d50a56329bea77c58fbc22445dc195b60774");
    lh_buf_clear(&file);
}

static void entries_stand_behind_their_length(void **state)
{
    static const uint8_t too_long[LH_TILE_ENTRY_MAX + 1];
    struct lh_buf file = LH_BUF_EMPTY;

    (void)state;
    assert_int_equal(lh_tile_add_entry(&file, lh_bytes_of_text("record 0"), NULL), LH_OK);
    assert_int_equal(lh_tile_add_entry(&file, lh_bytes_of_text("record 1"), NULL), LH_OK);
    assert_int_equal(file.len, 20);
    assert_memory_equal(file.data, "\0\010record 0\0\010record 1", 20);

    assert_int_equal(lh_tile_add_entry(&file, lh_bytes_of(too_long, sizeof too_long), NULL),
                     LH_ERR_LIMIT);
    assert_int_equal(file.len, 20);
    assert_int_equal(lh_tile_add_entry(&file, lh_bytes_of(too_long, LH_TILE_ENTRY_MAX), NULL),
                     LH_OK);
    assert_int_equal(file.len, 20 + 2 + LH_TILE_ENTRY_MAX);
    assert_memory_equal(file.data + 20, "\xff\xff", 2);
    lh_buf_clear(&file);
}

static void a_narrower_tile_is_the_beginning_of_a_wider_one(void **state)
{
    struct forest *forest = *state;
    struct lh_tree_source source = forest_source(forest, BIG);
    struct lh_tile tile = { LH_TILE_HASHES, 1, 0, 256 };
    struct lh_buf full = LH_BUF_EMPTY;
    struct lh_buf part = LH_BUF_EMPTY;

    assert_int_equal(lh_tile_read(&full, &tile, &source, BIG, NULL), LH_OK);
    for (tile.width = 1; tile.width < LH_TILE_WIDTH; tile.width++) {
        lh_buf_reset(&part);
        assert_int_equal(lh_tile_read(&part, &tile, &source, BIG, NULL), LH_OK);
        assert_memory_equal(part.data, full.data, part.len);
    }
    lh_buf_clear(&part);
    lh_buf_clear(&full);
}

static void a_tile_that_is_not_there_adds_nothing(void **state)
{
    struct forest *forest = *state;
    struct lh_tree_source source = forest_source(forest, BIG);
    struct lh_tile beyond = { LH_TILE_HASHES, 0, 273, 113 };
    struct lh_tile broken = { LH_TILE_HASHES, 0, 1, 256 };
    struct lh_buf file = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(lh_tile_read(&file, &beyond, &source, BIG, &err), LH_ERR_NOT_FOUND);
    assert_int_equal(forest->read_count, 0);
    forest->fail_at = 255;
    assert_int_equal(lh_tile_read(&file, &broken, &source, BIG, &err), LH_ERR_IO);
    assert_non_null(strstr(err.text, "tree node 511 of level 0"));
    assert_int_equal(file.len, 0);
    lh_buf_clear(&file);
}

static int plant_big(void **state)
{
    static struct forest forest;

    forest_init(&forest, LH_SUITE_W, BIG);
    forest_grow_numbers(&forest, BIG);
    *state = &forest;
    return 0;
}

static int fell(void **state)
{
    forest_clear(*state);
    return 0;
}

#define BIG_TEST(claim) cmocka_unit_test_setup_teardown(claim, plant_big, fell)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_the_published_ones_in_both_directions),
        cmocka_unit_test(a_path_written_otherwise_is_refused),
        cmocka_unit_test(a_tree_has_the_tiles_of_its_size_and_no_others),
        BIG_TEST(tiles_of_the_big_tree_are_the_published_ones),
        cmocka_unit_test(a_tile_of_the_records_is_the_published_one),
        BIG_TEST(entries_of_the_big_tree_are_the_published_ones),
        cmocka_unit_test(entries_stand_behind_their_length),
        BIG_TEST(a_narrower_tile_is_the_beginning_of_a_wider_one),
        BIG_TEST(a_tile_that_is_not_there_adds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
