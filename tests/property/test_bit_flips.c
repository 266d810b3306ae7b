/*
 * Every bit of a stored block: its leaves, its checkpoint, its nodes, what finds its entries, and
 * its private parts. One is flipped, the whole ledger is verified, and the leaf must be named.
 *
 * Of an event row the 32 bytes of the content digest are not judged: ledger.md 8.4.
 */
#include "ledger/keys.h"
#include "tests/support/flip_world.h"
#include "tests/support/raw_rocks.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
enum { STEP = 7 }; /* the memory is looked at here, not the bits */
#else
enum { STEP = 1 };
#endif

static void poke(struct flip_world *world, const struct flip_row *row)
{
    struct lh_bytes value = lh_buf_bytes(&row->value);

    lh_store_mem_poke(world->store, row->table, lh_store_key_bytes(&row->key), &value);
}

static void flip(struct flip_row *row, size_t bit)
{
    row->value.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
}

static void expect_named(struct flip_world *world, const struct flip_row *row, const char *what,
                         size_t bit)
{
    uint64_t index;
    enum lh_code rc = flip_world_verify(world, &index);

    if (rc != LH_ERR_CORRUPT || index < row->low || index > row->high) {
        fail_msg("%s, key byte 4 %02x, %s, bit %zu: %s, leaf %llu, want %llu to %llu",
                 lh_table_name(row->table), row->key.bytes[4], what, bit, lh_code_name(rc),
                 (unsigned long long)index, (unsigned long long)row->low,
                 (unsigned long long)row->high);
    }
}

/* ---- claims ---- */

static size_t flip_bits(enum lh_suite_id suite, size_t step)
{
    struct flip_world world;
    struct flip_row rows[FLIP_ROWS_MAX];
    size_t flips = 0;

    flip_world_make(&world, suite, false, false);
    flip_world_expect_good(&world);
    size_t count = flip_rows_read(&world, rows);
    for (size_t i = 0; i < count; i++) {
        struct flip_row *row = &rows[i];
        for (size_t bit = flips % step; bit < 8 * row->judged; bit += step) {
            flip(row, bit);
            poke(&world, row);
            expect_named(&world, row, "flipped", bit);
            flip(row, bit);
            flips++;
        }
        poke(&world, row);
        flip_world_expect_good(&world);
    }
    flip_rows_clear(rows, count);
    flip_world_clear(&world);
    return flips;
}

static void every_flipped_bit_of_a_stored_block_is_found_and_named(void **state)
{
    (void)state;
    size_t flips = flip_bits(LH_SUITE_W, STEP);
    print_message("%zu bits\n", flips);
    assert_true(flips > 10000 / STEP);
}

static void so_it_is_in_the_other_suite(void **state)
{
    (void)state;
    size_t flips = flip_bits(LH_SUITE_G, 23);
    print_message("%zu bits\n", flips);
    assert_true(flips > 500);
}

/* What a later post of the same event is compared with; nothing else of the ledger says it. */
static void the_digest_of_an_event_row_is_not_judged(void **state)
{
    struct flip_world world;
    struct flip_row rows[FLIP_ROWS_MAX];
    size_t tried = 0;

    (void)state;
    flip_world_make(&world, LH_SUITE_W, false, false);
    size_t count = flip_rows_read(&world, rows);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].table == LH_TABLE_EVENT) {
            assert_int_equal(rows[i].value.len, FLIP_EVENT_PLACE + LH_HASH_SIZE);
            flip(&rows[i], 8 * FLIP_EVENT_PLACE);
            poke(&world, &rows[i]);
            flip_world_expect_good(&world);
            lh_buf_add_u8(&rows[i].value, 0);
            poke(&world, &rows[i]);
            expect_named(&world, &rows[i], "longer", 0);
            tried++;
            break;
        }
    }
    assert_int_equal(tried, 1);
    flip_rows_clear(rows, count);
    flip_world_clear(&world);
}

static void every_missing_row_of_a_block_is_found_and_named(void **state)
{
    struct flip_world world;
    struct flip_row rows[FLIP_ROWS_MAX];

    (void)state;
    flip_world_make(&world, LH_SUITE_W, false, false);
    size_t count = flip_rows_read(&world, rows);
    for (size_t i = 0; i < count; i++) {
        lh_store_mem_poke(world.store, rows[i].table, lh_store_key_bytes(&rows[i].key), NULL);
        expect_named(&world, &rows[i], "missing", 0);
        poke(&world, &rows[i]);
        flip_world_expect_good(&world);
    }
    flip_rows_clear(rows, count);
    flip_world_clear(&world);
}

/* A row that no leaf explains. What is found by counting is blamed on no leaf: `index` is the size.
 */
struct addition {
    const char *name;
    enum lh_table table;
    struct lh_store_key key;
    uint64_t index;
};

static void every_added_row_is_found(void **state)
{
    static const uint8_t nobody[8] = { 9, 9, 9 };
    struct flip_world world;
    struct lh_ledger_head head;
    struct lh_err err = LH_ERR_NONE;
    struct lh_buf part = LH_BUF_EMPTY;

    (void)state;
    flip_world_make(&world, LH_SUITE_W, false, false);
    lh_ledger_head(world.ledger, &head);
    flip_must(lh_ledger_private(world.ledger, world.about, &part, &err), &err);
    struct lh_bytes value = lh_buf_bytes(&part);
    uint64_t without = world.about == world.first ? world.first + 1 : world.first;
    struct lh_store_key staff =
        lh_keys_index_prefix(1, LH_DIMENSION_STAFF, lh_bytes_of(nobody, sizeof nobody));
    struct lh_store_key keys = lh_keys_index_prefix(1, LH_DIMENSION_KEYS, LH_BYTES_EMPTY);
    struct lh_store_key unknown = lh_keys_node(1, 0, 0);
    unknown.bytes[4] = 9;
    const struct addition additions[] = {
        { "a private part of an entry without", LH_TABLE_PRIVATE, lh_keys_leaf(1, without),
          without },
        { "a private part of a header", LH_TABLE_PRIVATE, lh_keys_leaf(1, world.header),
          head.size },
        { "a run of nodes", LH_TABLE_NODE, lh_keys_node(1, 0, world.first + 1), head.size },
        { "a run of an unknown level", LH_TABLE_NODE, unknown, head.size },
        { "a block that starts elsewhere", LH_TABLE_BLOCK, lh_keys_block_first(1, world.first + 1),
          head.size },
        { "block 0", LH_TABLE_BLOCK, lh_keys_block(1, 0), head.size },
        { "an entry of somebody else", LH_TABLE_INDEX, lh_keys_index(&staff, world.first),
          head.size },
        { "a change of keys", LH_TABLE_INDEX, lh_keys_index(&keys, world.first), head.size },
    };
    for (size_t i = 0; i < sizeof additions / sizeof additions[0]; i++) {
        const struct addition *added = &additions[i];
        uint64_t index;

        lh_store_mem_poke(world.store, added->table, lh_store_key_bytes(&added->key), &value);
        enum lh_code rc = flip_world_verify(&world, &index);
        if (rc != LH_ERR_CORRUPT || index != added->index) {
            fail_msg("%s: %s, leaf %llu", added->name, lh_code_name(rc), (unsigned long long)index);
        }
        lh_store_mem_poke(world.store, added->table, lh_store_key_bytes(&added->key), NULL);
        flip_world_expect_good(&world);
    }
    lh_buf_clear(&part);
    flip_world_clear(&world);
}

static void a_private_part_may_be_absent_only_where_an_erase_covers_it(void **state)
{
    (void)state;
    for (int is_erasing = 0; is_erasing < 2; is_erasing++) {
        struct flip_world world;
        uint64_t index;

        flip_world_make(&world, LH_SUITE_W, is_erasing != 0, false);
        struct lh_store_key key = lh_keys_leaf(1, world.about);
        flip_world_expect_good(&world);
        lh_store_mem_poke(world.store, LH_TABLE_PRIVATE, lh_store_key_bytes(&key), NULL);
        if (is_erasing != 0) {
            flip_world_expect_good(&world);
        } else {
            assert_int_equal(flip_world_verify(&world, &index), LH_ERR_CORRUPT);
            assert_int_equal(index, world.about);
        }
        flip_world_clear(&world);
    }
}

/* Two private parts that changed places: both are whole, neither is its entry's. */
static void the_private_part_of_another_entry_is_found_and_named(void **state)
{
    struct flip_world world;
    struct lh_buf other = LH_BUF_EMPTY;
    struct lh_ledger_head head;
    struct lh_err err = LH_ERR_NONE;
    uint64_t index = 0;

    (void)state;
    flip_world_make(&world, LH_SUITE_W, false, false);
    lh_ledger_head(world.ledger, &head);
    enum lh_code rc = LH_ERR_NOT_FOUND;
    for (uint64_t i = world.header; rc != LH_OK && i < head.size; i++) {
        rc = lh_ledger_private(world.ledger, i, &other, &err);
    }
    flip_must(rc, &err);
    struct lh_store_key key = lh_keys_leaf(1, world.about);
    struct lh_bytes value = lh_buf_bytes(&other);
    lh_store_mem_poke(world.store, LH_TABLE_PRIVATE, lh_store_key_bytes(&key), &value);
    assert_int_equal(flip_world_verify(&world, &index), LH_ERR_CORRUPT);
    assert_int_equal(index, world.about);
    lh_buf_clear(&other);
    flip_world_clear(&world);
}

/* The last block is judged on opening: whatever bit of it is flipped, nothing is opened. */
static void a_ledger_does_not_open_on_a_flipped_bit_of_its_last_block(void **state)
{
    struct flip_world world;
    struct flip_row rows[FLIP_ROWS_MAX];
    struct lh_ledger_head head;
    struct lh_ledger_block last = { .checkpoint = LH_BUF_EMPTY };
    struct lh_err err = LH_ERR_NONE;
    size_t flips = 0;

    (void)state;
    flip_world_make(&world, LH_SUITE_W, false, false);
    lh_ledger_head(world.ledger, &head);
    flip_must(lh_ledger_block_at(world.ledger, head.height, &last, &err), &err);
    uint64_t first = last.first;
    lh_buf_clear(&last.checkpoint);
    lh_ledger_close(world.ledger);
    world.ledger = NULL;
    world.first = first;
    world.header = head.size - 1;
    size_t count = flip_rows_read(&world, rows);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].table != LH_TABLE_LEAF) {
            continue;
        }
        for (size_t bit = flips % 5; bit < 8 * rows[i].value.len; bit += 5) {
            flip(&rows[i], bit);
            poke(&world, &rows[i]);
            assert_int_equal(flip_world_open(&world, &err), LH_ERR_CORRUPT);
            flip(&rows[i], bit);
            flips++;
        }
        poke(&world, &rows[i]);
    }
    assert_true(flips > 1000);
    flip_must(flip_world_open(&world, &err), &err);
    flip_world_expect_good(&world);
    flip_rows_clear(rows, count);
    flip_world_clear(&world);
}

/* ---- on disk ---- */

static enum lh_code reopen(struct flip_world *world, const char *path)
{
    struct lh_err err = LH_ERR_NONE;

    flip_must(lh_store_open_rocksdb(&world->store, path, LH_STORE_WRITE, NULL, &err), &err);
    return flip_world_open(world, &err);
}

static void shut(struct flip_world *world)
{
    lh_ledger_close(world->ledger);
    lh_store_close(world->store);
    world->ledger = NULL;
    world->store = NULL;
}

/*
 * A value written past the store's rules, with checksums that are right. Where opening needs it
 * (the nodes, and the header of the block before the last), nothing is opened.
 */
static void a_flipped_bit_on_disk_is_found_and_named(void **state)
{
    struct flip_world world;
    struct flip_row rows[FLIP_ROWS_MAX];
    char path[512];
    size_t flips = 0;
    size_t named = 0;

    (void)state;
    flip_world_make(&world, LH_SUITE_W, false, true);
    flip_world_expect_good(&world);
    size_t count = flip_rows_read(&world, rows);
    lh_folder_join(path, sizeof path, &world.folder, "store");
    shut(&world);
    for (size_t i = 0; i < count; i++) {
        struct flip_row *row = &rows[i];
        size_t bit = (i * 2654435761U) % (8 * row->judged + 1);

        if (bit == 8 * row->judged) {
            continue;
        }
        flip(row, bit);
        raw_rocks_put(path, lh_table_name(row->table), lh_store_key_bytes(&row->key),
                      lh_buf_bytes(&row->value));
        enum lh_code rc = reopen(&world, path);
        if (rc == LH_OK) {
            expect_named(&world, row, "flipped on disk", bit);
            named++;
        } else {
            assert_int_equal(rc, LH_ERR_CORRUPT);
        }
        shut(&world);
        flip(row, bit);
        raw_rocks_put(path, lh_table_name(row->table), lh_store_key_bytes(&row->key),
                      lh_buf_bytes(&row->value));
        flips++;
    }
    assert_int_equal(reopen(&world, path), LH_OK);
    flip_world_expect_good(&world);
    print_message("%zu bits, %zu named\n", flips, named);
    assert_true(named > 8);
    flip_rows_clear(rows, count);
    flip_world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(every_flipped_bit_of_a_stored_block_is_found_and_named),
        cmocka_unit_test(so_it_is_in_the_other_suite),
        cmocka_unit_test(the_digest_of_an_event_row_is_not_judged),
        cmocka_unit_test(every_missing_row_of_a_block_is_found_and_named),
        cmocka_unit_test(every_added_row_is_found),
        cmocka_unit_test(a_private_part_may_be_absent_only_where_an_erase_covers_it),
        cmocka_unit_test(the_private_part_of_another_entry_is_found_and_named),
        cmocka_unit_test(a_ledger_does_not_open_on_a_flipped_bit_of_its_last_block),
        cmocka_unit_test(a_flipped_bit_on_disk_is_found_and_named),
    };

    return cmocka_run_group_tests_name("bit flips", claims, NULL, NULL);
}
