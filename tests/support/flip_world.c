#include "tests/support/flip_world.h"

#include "ledger/keys.h"
#include "tests/support/bodies.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRIES = 7, ERASING_ENTRY = 4, FIRST_EVERYDAY = 2, HEIGHT = 3 };

void flip_must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        fail_msg("%s: %s", lh_code_name(rc), err->text);
    }
}

/* ---- the ledger ---- */

/* The fourth everyday entry erases the private part that stands first, or somebody else's. */
static void plan_body(void *arg, uint64_t index, lhpb_Body *body, struct lh_city_signer *signer)
{
    struct flip_world *world = arg;
    lhpb_Body erase;

    (void)index;
    if (body->type != lhpb_EntryType_QUERY && body->type != lhpb_EntryType_USE &&
        body->type != lhpb_EntryType_SERVE) {
        return;
    }
    if (++world->seen != ERASING_ENTRY) {
        return;
    }
    lh_fixture_body(&erase, lhpb_EntryType_ERASE);
    memcpy(erase.id, body->id, sizeof erase.id);
    erase.event_time_ms = body->event_time_ms;
    erase.detail.erase.targets_count = 1;
    memcpy(erase.detail.erase.targets[0], world->target.bytes, LH_HASH_SIZE);
    *body = erase;
    signer->role = LH_CITY_OFFICERS;
}

static void plan_entry(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    struct flip_world *world = arg;
    struct lh_err err = LH_ERR_NONE;
    lhpb_Body body;

    (void)index;
    flip_must(lh_body_decode(&body, lh_bytes_of(entry->body.bytes, entry->body.size), &err), &err);
    if (world->is_erasing && body.has_subject_digest &&
        lh_bytes_is_zero(lh_hash_bytes(&world->target))) {
        world->target =
            lh_body_hash(lh_city_suite(city), lh_bytes_of(entry->body.bytes, entry->body.size));
    }
}

static void append(struct flip_world *world, size_t first, size_t count)
{
    struct lh_err err = LH_ERR_NONE;

    flip_must(lh_office_append(world->office, world->ledger, first, count, NULL, NULL, &err), &err);
}

static bool has_part(const struct flip_world *world, size_t entry)
{
    return lh_office_private(world->office, entry).len > 0;
}

/* The block: two entries, one with a private part and one without. */
static void fill(struct flip_world *world)
{
    struct lh_ledger_head head;
    size_t at = FIRST_EVERYDAY;

    append(world, 0, 1);
    append(world, 1, 1);
    lh_ledger_head(world->ledger, &head);
    world->first = head.size;
    append(world, at, 2);
    assert_true(has_part(world, at) != has_part(world, at + 1));
    world->about = world->first + (has_part(world, at) ? 0 : 1);
    world->header = world->first + 2;
    append(world, at + 2, lh_office_count(world->office) - at - 2);
}

enum lh_code flip_world_open(struct flip_world *world, struct lh_err *err)
{
    struct lh_ledger_options options;
    char why[LH_ERR_TEXT_MAX];

    lh_office_options(world->office, &options, world->store, world->guard);
    return lh_ledger_open(&world->ledger, &options, why, err);
}

void flip_world_make(struct flip_world *world, enum lh_suite_id suite, bool is_erasing,
                     bool is_on_disk)
{
    struct lh_city_options options = { .suite = suite,
                                       .seed = 3,
                                       .staff_count = 1,
                                       .entry_count = ENTRIES,
                                       .block_max = 1,
                                       .on_body = plan_body,
                                       .on_entry = plan_entry,
                                       .arg = world };
    struct lh_err err = LH_ERR_NONE;
    char path[512];

    memset(world, 0, sizeof *world);
    world->is_erasing = is_erasing;
    if (!is_erasing) {
        memset(world->target.bytes, 0x77, LH_HASH_SIZE);
    }
    world->office = lh_office_new(&options);
    lh_folder_make(&world->folder);
    lh_folder_join(path, sizeof path, &world->folder, "guard");
    flip_must(lh_guard_create(path, &err), &err);
    flip_must(lh_guard_open(&world->guard, path, &err), &err);
    if (is_on_disk) {
        lh_folder_join(path, sizeof path, &world->folder, "store");
        flip_must(lh_store_open_rocksdb(&world->store, path, LH_STORE_CREATE, NULL, &err), &err);
    } else {
        flip_must(lh_store_mem_new(&world->store, &err), &err);
    }
    flip_must(flip_world_open(world, &err), &err);
    fill(world);
}

void flip_world_clear(struct flip_world *world)
{
    lh_ledger_close(world->ledger);
    lh_store_close(world->store);
    lh_guard_close(world->guard);
    lh_folder_remove(&world->folder);
    lh_office_free(world->office);
}

enum lh_code flip_world_verify(struct flip_world *world, uint64_t *index)
{
    struct lh_err err = LH_ERR_NONE;

    *index = UINT64_MAX;
    return lh_ledger_verify(world->ledger, lh_city_suite(lh_office_city(world->office)), index,
                            NULL, NULL, &err);
}

void flip_world_expect_good(struct flip_world *world)
{
    uint64_t index;

    assert_int_equal(flip_world_verify(world, &index), LH_OK);
}

/* ---- its rows ---- */

static uint64_t u64_at(struct lh_bytes bytes, size_t at)
{
    struct lh_reader in = lh_reader_of(lh_bytes_of(bytes.data + at, 8));

    assert_true(bytes.len >= at + 8);
    return lh_read_u64(&in);
}

/* Does this row belong to the block? Then also which leaves it may be blamed on. */
static bool place_row(const struct flip_world *world, struct flip_row *row)
{
    struct lh_bytes key = lh_store_key_bytes(&row->key);
    uint64_t position = u64_at(key, key.len - 8);
    bool is_run = row->table == LH_TABLE_INDEX && row->value.len > 0 &&
                  (key.data[4] == LH_DIMENSION_RECORD || key.data[4] == LH_DIMENSION_EVENT_DAY ||
                   key.data[4] == LH_DIMENSION_RECORDED_DAY);

    row->judged = row->value.len;
    if (row->table == LH_TABLE_BLOCK || row->table == LH_TABLE_NODE) {
        bool is_by_height = row->table == LH_TABLE_BLOCK && key.data[4] == 'h';
        row->low = world->first;
        row->high = world->header;
        return position == (is_by_height ? (uint64_t)HEIGHT : world->first);
    }
    if (row->table == LH_TABLE_EVENT) {
        position = u64_at(lh_buf_bytes(&row->value), 4);
        row->judged = FLIP_EVENT_PLACE;
    }
    row->low = position;
    row->high = is_run ? world->header - 1 : position;
    return position >= world->first && position <= world->header;
}

size_t flip_rows_read(const struct flip_world *world, struct flip_row rows[FLIP_ROWS_MAX])
{
    static const enum lh_table tables[] = { LH_TABLE_LEAF,  LH_TABLE_BLOCK, LH_TABLE_NODE,
                                            LH_TABLE_INDEX, LH_TABLE_EVENT, LH_TABLE_PRIVATE };
    struct lh_err err = LH_ERR_NONE;
    size_t count = 0;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct lh_store_iter *iter = NULL;
        size_t before = count;

        flip_must(lh_store_iter_new(&iter, world->store, tables[i], &err), &err);
        for (lh_store_iter_seek(iter, lh_bytes_of("", 1)); lh_store_iter_is_valid(iter);
             lh_store_iter_next(iter)) {
            struct lh_bytes key = lh_store_iter_key(iter);
            struct flip_row row = { .table = tables[i], .value = LH_BUF_EMPTY };

            memcpy(row.key.bytes, key.data, key.len);
            row.key.len = key.len;
            lh_buf_add(&row.value, lh_store_iter_value(iter));
            if (place_row(world, &row)) {
                assert_true(count < FLIP_ROWS_MAX);
                rows[count++] = row;
            } else {
                lh_buf_clear(&row.value);
            }
        }
        flip_must(lh_store_iter_check(iter, &err), &err);
        lh_store_iter_free(iter);
        assert_true(count > before);
    }
    return count;
}

void flip_rows_clear(struct flip_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lh_buf_clear(&rows[i].value);
    }
}
