#include "ledger/ledger.h"
#include "ledger/targets.h"

#include "tests/support/bodies.h"
#include "tests/support/ledger_place.h"
#include "tests/support/seeded.h"
#include "tests/support/store_mem.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- appending ---- */

static void a_new_ledger_takes_generation_alone_and_first(void **state)
{
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;

    assert_null(lh_ledger_seal(place->ledger));
    assert_int_equal(lh_office_append(place->office, place->ledger, 1, 1, NULL, NULL, &err),
                     LH_ERR_INVALID);
    assert_int_equal(lh_office_append(place->office, place->ledger, 0, 2, NULL, NULL, &err),
                     LH_ERR_INVALID);
    assert_int_equal(lh_store_mem_commit_count(place->store), 0);
    lh_place_append(place, 1);
    assert_int_equal(lh_ledger_state(place->ledger), LH_LEDGER_CONTINUOUS);
    assert_int_equal(lh_place_head(place).size, 2);
    assert_int_equal(lh_place_head(place).height, 1);
    assert_string_equal(lh_ledger_origin(place->ledger), "jinhua/gaj/1");
    assert_string_equal(lh_ledger_seal(place->ledger)->name, "jinhua/gaj/1");
    assert_int_equal(lh_store_mem_commit_count(place->store), 1);
}

static void a_block_of_no_or_too_many_entries_is_invalid(void **state)
{
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_item item = { .index = 0 };

    lh_place_append(place, 1);
    assert_int_equal(lh_ledger_append(place->ledger, lh_city_suite(lh_office_city(place->office)),
                                      &item, 0, 1, NULL, NULL, &err),
                     LH_ERR_INVALID);
    assert_int_equal(lh_ledger_append(place->ledger, lh_city_suite(lh_office_city(place->office)),
                                      &item, LH_BLOCK_ENTRIES_MAX + 1, 1, NULL, NULL, &err),
                     LH_ERR_INVALID);
}

static void every_block_has_a_checkpoint_and_proofs_that_verify(void **state)
{
    struct lh_place *place = *state;
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    struct lh_proof *proofs = calloc(64, sizeof *proofs);
    struct lh_seeded seeded = { 3 };
    struct lh_err err = LH_ERR_NONE;

    assert_non_null(proofs);
    while (place->next < LH_PLACE_ENTRIES) {
        size_t left = LH_PLACE_ENTRIES - place->next;
        size_t count = 1 + lh_seeded_below(&seeded, 64);
        struct lh_buf note = LH_BUF_EMPTY;
        struct lh_checkpoint checkpoint;
        uint64_t first = lh_place_head(place).size;

        count = place->next < 1 + LH_PLACE_STAFF ? 1 : count < left ? count : left;
        lh_place_must(
            lh_office_append(place->office, place->ledger, place->next, count, proofs, &note, &err),
            &err);
        lh_place_must(lh_checkpoint_verify(&checkpoint, lh_buf_bytes(&note),
                                           lh_ledger_seal(place->ledger), &err),
                      &err);
        assert_int_equal(checkpoint.size, first + count + 1);
        struct lh_ledger_head head = lh_place_head(place);
        assert_int_equal(checkpoint.size, head.size);
        assert_true(lh_hash_is_equal(&checkpoint.root, &head.root));
        for (size_t i = 0; i < count; i++) {
            struct lh_hash leaf =
                lh_hash_leaf(suite, lh_office_leaf(place->office, place->next + i));
            lh_place_must(lh_tree_verify_inclusion(suite, &leaf, first + i, checkpoint.size,
                                                   &proofs[i], &checkpoint.root, &err),
                          &err);
        }
        lh_buf_clear(&note);
        place->next += count;
    }
    free(proofs);
}

static void the_time_of_a_block_lies_after_the_one_before(void **state)
{
    struct lh_place *place = *state;
    int64_t before;

    lh_place_append(place, 1);
    before = lh_place_head(place).time_unix_ms;
    /* The office's clock goes back: entry 0's time is far below. */
    for (int i = 0; i < 3; i++) {
        lh_place_append(place, 1);
        assert_true(lh_place_head(place).time_unix_ms > before);
        before = lh_place_head(place).time_unix_ms;
    }
}

static void one_items_append(struct lh_place *place, struct lh_bytes leaf, size_t entry,
                             enum lh_code want)
{
    static lhpb_Leaf decoded;
    static lhpb_Body body;
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_head before = lh_place_head(place);
    size_t commits = lh_store_mem_commit_count(place->store);

    lh_place_must(lh_leaf_decode(&decoded, lh_office_leaf(place->office, entry), &err), &err);
    lh_office_body(place->office, entry, &body);
    struct lh_ledger_item item = {
        .leaf = leaf, .entry = &decoded.kind.entry, .body = &body, .level = 1
    };
    assert_int_equal(lh_ledger_append(place->ledger, lh_city_suite(lh_office_city(place->office)),
                                      &item, 1, 1, NULL, NULL, &err),
                     want);
    assert_int_equal(lh_place_head(place).size, before.size);
    assert_int_equal(lh_store_mem_commit_count(place->store), commits);
}

static void a_leaf_that_is_not_canonical_is_refused_and_nothing_changes(void **state)
{
    struct lh_place *place = *state;
    struct lh_buf odd = LH_BUF_EMPTY;

    lh_place_append(place, 1);
    lh_buf_add(&odd, lh_office_leaf(place->office, 1));
    lh_buf_add_u8(&odd, 0);
    one_items_append(place, lh_buf_bytes(&odd), 1, LH_ERR_INVALID);
    one_items_append(place, LH_BYTES_EMPTY, 1, LH_ERR_INVALID);
    lh_buf_clear(&odd);
    lh_place_append(place, 1);
}

static void an_enrolment_that_repeats_a_key_is_refused_and_nothing_changes(void **state)
{
    struct lh_place *place = *state;

    lh_place_append(place, 1);
    lh_place_append(place, 1);
    one_items_append(place, lh_office_leaf(place->office, 1), 1, LH_ERR_INVALID);
}

/* An item that ends the session of `opened`, around an entry of the office. */
static struct lh_ledger_item session_end_item(const struct lh_place *place, const lhpb_Body *opened,
                                              const char *id, lhpb_Leaf *leaf, lhpb_Body *body,
                                              struct lh_buf *bytes)
{
    struct lh_buf body_bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    lh_fixture_body(body, lhpb_EntryType_SESSION_END);
    strcpy(body->id, id);
    memcpy(body->staff, opened->staff, sizeof body->staff);
    memcpy(body->detail.session_end.session_id, opened->detail.session_open.session_id, 16);
    lh_place_must(lh_body_encode(&body_bytes, body, &err), &err);
    lh_place_must(lh_leaf_decode(leaf, lh_office_leaf(place->office, 0), &err), &err);
    leaf->kind.entry.body.size = (pb_size_t)body_bytes.len;
    memcpy(leaf->kind.entry.body.bytes, body_bytes.data, body_bytes.len);
    lh_place_must(lh_leaf_encode(bytes, leaf, &err), &err);
    lh_buf_clear(&body_bytes);
    return (struct lh_ledger_item){
        .leaf = lh_buf_bytes(bytes), .entry = &leaf->kind.entry, .body = body, .level = 1
    };
}

static void a_block_that_ends_a_session_twice_is_refused_and_nothing_changes(void **state)
{
    static lhpb_Leaf leaves[2];
    static lhpb_Body bodies[2];
    static lhpb_Body opened;
    struct lh_place *place = *state;
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    struct lh_buf bytes[2] = { LH_BUF_EMPTY, LH_BUF_EMPTY };
    struct lh_err err = LH_ERR_NONE;
    size_t at = 0;

    lh_place_fill(place, 60);
    do {
        assert_true(at < place->next);
        lh_office_body(place->office, at++, &opened);
    } while (opened.type != lhpb_EntryType_SESSION);
    struct lh_ledger_item items[] = {
        session_end_item(place, &opened, "end-1", &leaves[0], &bodies[0], &bytes[0]),
        session_end_item(place, &opened, "end-2", &leaves[1], &bodies[1], &bytes[1]),
    };
    uint64_t size = lh_place_head(place).size;
    assert_int_equal(lh_ledger_append(place->ledger, suite, items, 2, 1, NULL, NULL, &err),
                     LH_ERR_INVALID);
    assert_int_equal(lh_place_head(place).size, size);
    lh_place_must(lh_ledger_append(place->ledger, suite, items, 1, 1, NULL, NULL, &err), &err);
    assert_int_equal(lh_ledger_append(place->ledger, suite, items + 1, 1, 1, NULL, NULL, &err),
                     LH_ERR_INVALID);
    assert_int_equal(lh_place_head(place).size, size + 2);
    lh_buf_clear(&bytes[0]);
    lh_buf_clear(&bytes[1]);
}

static void a_generation_with_another_seal_key_is_refused(void **state)
{
    struct lh_place *place = *state;
    struct lh_ledger_options options;
    struct lh_signer *other = NULL;
    struct lh_err err = LH_ERR_NONE;

    lh_ledger_close(place->ledger);
    lh_office_options(place->office, &options, place->store, place->guard);
    lh_place_must(lh_signer_generate(&other, LH_ALG_ED25519, &err), &err);
    options.seal = other;
    lh_place_must(lh_ledger_open(&place->ledger, &options, NULL, &err), &err);
    assert_int_equal(lh_office_append(place->office, place->ledger, 0, 1, NULL, NULL, &err),
                     LH_ERR_INVALID);
    lh_ledger_close(place->ledger);
    lh_place_open(place, LH_LEDGER_NEW);
    lh_place_append(place, 1);
    lh_ledger_close(place->ledger);
    place->ledger = NULL;
    assert_int_equal(lh_ledger_open(&place->ledger, &options, NULL, &err), LH_ERR_INVALID);
    lh_signer_free(other);
}

static void a_ledger_without_guard_or_seal_is_read_only(void **state)
{
    struct lh_place *place = *state;
    struct lh_ledger_options options;
    struct lh_err err = LH_ERR_NONE;

    lh_place_fill(place, 40);
    struct lh_ledger_head head = lh_place_head(place);
    lh_ledger_close(place->ledger);
    lh_office_options(place->office, &options, place->store, NULL);
    lh_place_must(lh_ledger_open(&place->ledger, &options, NULL, &err), &err);
    assert_int_equal(lh_ledger_state(place->ledger), LH_LEDGER_CONTINUOUS);
    assert_int_equal(lh_place_head(place).size, head.size);
    assert_int_equal(lh_office_append(place->office, place->ledger, 40, 1, NULL, NULL, &err),
                     LH_ERR_DENIED);
}

/* ---- reading ---- */

static void entries_and_blocks_are_read_back(void **state)
{
    struct lh_place *place = *state;
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    size_t entry = 0;
    uint64_t next = 0;

    lh_place_fill(place, LH_PLACE_ENTRIES);
    for (uint64_t height = 1; height <= lh_place_head(place).height; height++) {
        struct lh_ledger_block block;

        lh_place_must(lh_ledger_block_at(place->ledger, height, &block, &err), &err);
        assert_int_equal(block.height, height);
        assert_int_equal(block.first, next);
        for (uint64_t i = 0; i <= block.entry_count; i++) {
            struct lh_ledger_block found;

            lh_place_must(lh_ledger_block_of(place->ledger, block.first + i, &found, &err), &err);
            assert_int_equal(found.height, height);
            assert_int_equal(found.first, block.first);
            assert_true(lh_bytes_is_equal(lh_buf_bytes(&found.checkpoint),
                                          lh_buf_bytes(&block.checkpoint)));
            lh_buf_clear(&found.checkpoint);
            lh_place_must(lh_ledger_leaf(place->ledger, block.first + i, &leaf, &err), &err);
            if (i < block.entry_count) {
                assert_true(
                    lh_bytes_is_equal(lh_buf_bytes(&leaf), lh_office_leaf(place->office, entry++)));
            }
        }
        next = block.first + block.entry_count + 1;
        lh_buf_clear(&block.checkpoint);
    }
    assert_int_equal(next, lh_place_head(place).size);
    assert_int_equal(entry, LH_PLACE_ENTRIES);
    struct lh_ledger_block none;
    assert_int_equal(lh_ledger_leaf(place->ledger, next, &leaf, &err), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_ledger_block_of(place->ledger, next, &none, &err), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_ledger_block_at(place->ledger, 0, &none, &err), LH_ERR_NOT_FOUND);
    assert_int_equal(
        lh_ledger_block_at(place->ledger, lh_place_head(place).height + 1, &none, &err),
        LH_ERR_NOT_FOUND);
    lh_buf_clear(&leaf);
}

/* One item more than the office has: an ERASE of `hash`. The ledger asks nobody who signed. */
static void make_erase(struct lh_ledger_item *out, struct lh_buf *leaf_bytes, lhpb_Leaf *leaf,
                       lhpb_Body *body, const struct lh_hash *hash)
{
    lhpb_Entry *entry = &leaf->kind.entry;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    lh_fixture_body(body, lhpb_EntryType_ERASE);
    (void)snprintf(body->id, sizeof body->id, "erase-1");
    body->detail.erase.targets_count = 1;
    memcpy(body->detail.erase.targets[0], hash->bytes, LH_HASH_SIZE);
    lh_place_must(lh_body_encode(&bytes, body, &err), &err);
    *leaf = (lhpb_Leaf){ .which_kind = lhpb_Leaf_entry_tag };
    memcpy(entry->body.bytes, bytes.data, bytes.len);
    entry->body.size = (pb_size_t)bytes.len;
    entry->signatures_count = 1;
    entry->has_intake = true;
    entry->intake.recorded_at_ms = body->event_time_ms;
    lh_place_must(lh_leaf_encode(leaf_bytes, leaf, &err), &err);
    *out = (struct lh_ledger_item){
        .leaf = lh_buf_bytes(leaf_bytes), .entry = entry, .body = body, .level = 3
    };
    lh_buf_clear(&bytes);
}

static void an_erase_reaches_what_stands_in_its_own_block(void **state)
{
    enum { BEFORE = 40, COUNT = 6 };
    struct lh_place *place = *state;
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    static lhpb_Leaf leaves[COUNT + 1];
    static lhpb_Body bodies[COUNT + 1];
    struct lh_ledger_item items[COUNT + 1];
    struct lh_buf erase = LH_BUF_EMPTY;
    struct lh_buf found = LH_BUF_EMPTY;
    struct lh_buf checkpoint = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash target = { .bytes = { 0 } };
    size_t named = 0;

    lh_place_fill(place, BEFORE);
    for (size_t i = 0; i < COUNT; i++) {
        struct lh_bytes leaf = lh_office_leaf(place->office, BEFORE + i);
        const lhpb_Entry *entry = &leaves[i].kind.entry;

        lh_place_must(lh_leaf_decode(&leaves[i], leaf, &err), &err);
        lh_office_body(place->office, BEFORE + i, &bodies[i]);
        items[i] = (struct lh_ledger_item){
            .leaf = leaf,
            .entry = entry,
            .body = &bodies[i],
            .level = lh_office_level(place->office, BEFORE + i),
            .private_part = lh_office_private(place->office, BEFORE + i),
        };
        if (items[i].private_part.len > 0) { /* the last of them is named */
            named = i;
            target = lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size));
        }
    }
    make_erase(&items[COUNT], &erase, &leaves[COUNT], &bodies[COUNT], &target);
    lh_place_must(lh_ledger_append(place->ledger, suite, items, COUNT + 1,
                                   (int64_t)leaves[COUNT - 1].kind.entry.intake.recorded_at_ms,
                                   NULL, &checkpoint, &err),
                  &err);
    for (size_t i = 0; i < COUNT; i++) {
        enum lh_target_state became = LH_TARGET_RESTRICTED;
        const lhpb_Entry *entry = items[i].entry;
        struct lh_hash hash = lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size));
        bool is_kept = items[i].private_part.len > 0 && i != named;

        assert_int_equal(lh_ledger_private(place->ledger, items[i].index, &found, &err),
                         is_kept ? LH_OK : LH_ERR_NOT_FOUND);
        lh_place_must(lh_targets_find(place->ledger, &hash, &became, &err), &err);
        assert_int_equal(became, i == named ? LH_TARGET_ERASED : LH_TARGET_OPEN);
    }
    lh_buf_clear(&checkpoint);
    lh_buf_clear(&found);
    lh_buf_clear(&erase);
}

static void events_and_private_parts_are_found(void **state)
{
    struct lh_place *place = *state;
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    struct lh_buf found = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_event event;
    size_t part_count = 0;

    lh_place_fill(place, 100);
    for (size_t i = 0; i < 100; i++) {
        static lhpb_Leaf leaf;
        lhpb_Body body;
        struct lh_bytes private_part = lh_office_private(place->office, i);

        lh_office_body(place->office, i, &body);
        lh_place_must(lh_ledger_find_event(place->ledger, lh_bytes_of_text(body.source),
                                           lh_bytes_of_text(body.id), &event, &err),
                      &err);
        assert_ptr_equal(event.ledger, place->ledger);
        lh_place_must(lh_ledger_leaf(place->ledger, event.index, &found, &err), &err);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&found), lh_office_leaf(place->office, i)));
        lh_place_must(lh_leaf_decode(&leaf, lh_buf_bytes(&found), &err), &err);
        struct lh_hash want =
            lh_body_hash(suite, lh_bytes_of(leaf.kind.entry.body.bytes, leaf.kind.entry.body.size));
        assert_true(lh_hash_is_equal(&event.digest, &want));
        enum lh_code rc = lh_ledger_private(place->ledger, event.index, &found, &err);
        assert_int_equal(rc, private_part.len == 0 ? LH_ERR_NOT_FOUND : LH_OK);
        if (rc == LH_OK) {
            assert_true(lh_bytes_is_equal(lh_buf_bytes(&found), private_part));
            part_count++;
        }
    }
    assert_true(part_count > 40);
    assert_int_equal(lh_ledger_find_event(place->ledger, lh_bytes_of_text("hall"),
                                          lh_bytes_of_text("nothing"), &event, &err),
                     LH_ERR_NOT_FOUND);
    lh_buf_clear(&found);
}

/* The tree over all leaves, level by level, made without the ledger's own nodes. */
static void every_complete_node_is_served_and_no_other(void **state)
{
    struct lh_place *place = *state;
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    struct lh_tree_source nodes;
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash found;

    lh_place_fill(place, LH_PLACE_ENTRIES);
    nodes = lh_ledger_nodes(place->ledger);
    uint64_t size = lh_place_head(place).size;
    struct lh_hash *level_hashes = calloc(size, sizeof *level_hashes);
    assert_non_null(level_hashes);
    for (uint64_t i = 0; i < size; i++) {
        lh_place_must(lh_ledger_leaf(place->ledger, i, &leaf, &err), &err);
        level_hashes[i] = lh_hash_leaf(suite, lh_buf_bytes(&leaf));
    }
    for (unsigned level = 0; level < LH_TREE_PEAKS_MAX; level++) {
        uint64_t count = size >> level;
        for (uint64_t i = 0; i < count; i++) {
            lh_place_must(nodes.node(nodes.arg, &found, level, i, &err), &err);
            assert_true(lh_hash_is_equal(&found, &level_hashes[i]));
        }
        assert_int_equal(nodes.node(nodes.arg, &found, level, count, &err), LH_ERR_NOT_FOUND);
        for (uint64_t i = 0; i + 1 < count; i += 2) {
            level_hashes[i / 2] = lh_hash_node(suite, &level_hashes[i], &level_hashes[i + 1]);
        }
    }
    assert_int_equal(nodes.node(nodes.arg, &found, 64, 0, &err), LH_ERR_NOT_FOUND);
    free(level_hashes);
    lh_buf_clear(&leaf);
}

static void heads_are_consistent_with_each_other(void **state)
{
    struct lh_place *place = *state;
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    struct lh_ledger_head heads[64];
    struct lh_proof proof;
    struct lh_err err = LH_ERR_NONE;
    size_t count = 0;

    lh_place_append(place, 1);
    heads[count++] = lh_place_head(place);
    for (; place->next < 200; heads[count++] = lh_place_head(place)) {
        lh_place_append(place, 1 + count % 9);
    }
    struct lh_tree_source nodes = lh_ledger_nodes(place->ledger);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i; j < count; j++) {
            lh_place_must(lh_tree_prove_consistency(suite, &proof, &nodes, heads[i].size,
                                                    heads[j].size, &err),
                          &err);
            lh_place_must(lh_tree_verify_consistency(suite, heads[i].size, &heads[i].root,
                                                     heads[j].size, &heads[j].root, &proof, &err),
                          &err);
        }
    }
}

static void a_receipt_of_any_entry_verifies_at_its_own_block_and_at_the_head(void **state)
{
    struct lh_place *place = *state;
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    struct lh_err err = LH_ERR_NONE;
    struct lh_receipt_report report;

    lh_place_fill(place, 150);
    uint64_t size = lh_place_head(place).size;
    for (uint64_t index = 0; index < size; index++) {
        const uint64_t sizes[] = { 0, size };
        struct lh_ledger_block block;

        lh_place_must(lh_ledger_block_of(place->ledger, index, &block, &err), &err);
        lh_buf_clear(&block.checkpoint);
        for (size_t i = 0; i < 2; i++) {
            struct lh_receipt receipt = LH_RECEIPT_EMPTY;
            enum lh_code rc =
                lh_ledger_receipt(place->ledger, suite, index, sizes[i], &receipt, &err);

            if (index == block.first + block.entry_count) {
                assert_int_equal(rc, LH_ERR_INVALID);
                continue;
            }
            lh_place_must(rc, &err);
            lh_place_must(lh_receipt_verify(
                              &receipt, suite, lh_ledger_seal(place->ledger), 1,
                              lh_genesis_network_id(lh_city_genesis(lh_office_city(place->office))),
                              &report, &err),
                          &err);
            assert_int_equal(report.checkpoint.size,
                             sizes[i] == 0 ? block.first + block.entry_count + 1 : size);
            lh_receipt_clear(&receipt);
        }
    }
}

static void a_receipt_at_a_size_that_ends_no_block_is_invalid(void **state)
{
    struct lh_place *place = *state;
    struct lh_suite *suite = lh_city_suite(lh_office_city(place->office));
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    lh_place_append(place, 1);
    lh_place_append(place, 3);
    lh_place_append(place, 3);
    assert_int_equal(lh_ledger_receipt(place->ledger, suite, 2, 5, &receipt, &err), LH_ERR_INVALID);
    assert_int_equal(lh_ledger_receipt(place->ledger, suite, 7, 6, &receipt, &err), LH_ERR_INVALID);
    assert_int_equal(lh_ledger_receipt(place->ledger, suite, 2, 11, &receipt, &err),
                     LH_ERR_NOT_FOUND);
    assert_int_equal(lh_ledger_receipt(place->ledger, suite, 10, 0, &receipt, &err),
                     LH_ERR_NOT_FOUND);
}

/* ---- threads ---- */

struct reading {
    struct lh_place *place;
    atomic_bool is_over;
    atomic_bool is_wrong;
    atomic_size_t rounds;
};

/* Whatever head a reader sees: everything below it is there, and the proof leads to its root. */
static void *read_along(void *arg)
{
    struct reading *reading = arg;
    struct lh_ledger *ledger = reading->place->ledger;
    struct lh_tree_source nodes = lh_ledger_nodes(ledger);
    struct lh_suite *suite = NULL;
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_proof proof;

    if (lh_suite_new(&suite, LH_SUITE_W, NULL) != LH_OK) {
        atomic_store(&reading->is_wrong, true);
        return NULL;
    }
    while (!atomic_load(&reading->is_over)) {
        struct lh_ledger_head head;
        struct lh_receipt receipt = LH_RECEIPT_EMPTY;

        lh_ledger_head(ledger, &head);
        if (head.size == 0) {
            continue;
        }
        if (lh_ledger_leaf(ledger, head.size - 1, &leaf, NULL) != LH_OK ||
            lh_tree_prove_inclusion(suite, &proof, &nodes, head.size - 1, head.size, NULL) !=
                LH_OK) {
            atomic_store(&reading->is_wrong, true);
            break;
        }
        struct lh_hash hash = lh_hash_leaf(suite, lh_buf_bytes(&leaf));
        if (lh_tree_verify_inclusion(suite, &hash, head.size - 1, head.size, &proof, &head.root,
                                     NULL) != LH_OK ||
            lh_ledger_receipt(ledger, suite, 0, head.size, &receipt, NULL) != LH_OK) {
            atomic_store(&reading->is_wrong, true);
            break;
        }
        lh_receipt_clear(&receipt);
        atomic_fetch_add(&reading->rounds, 1);
    }
    lh_buf_clear(&leaf);
    lh_suite_free(suite);
    return NULL;
}

static void readers_always_see_a_whole_head(void **state)
{
    struct lh_place *place = *state;
    struct reading reading = { .place = place };
    pthread_t threads[2];

    lh_place_append(place, 1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_along, &reading), 0);
    }
    while (place->next + 3 < LH_PLACE_ENTRIES) {
        lh_place_append(place, 3);
    }
    while (atomic_load(&reading.rounds) < 20 && !atomic_load(&reading.is_wrong)) {
    }
    atomic_store(&reading.is_over, true);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_false(atomic_load(&reading.is_wrong));
}

int main(void)
{
#define WITH_LEDGER(claim) cmocka_unit_test_setup_teardown(claim, lh_place_make, lh_place_remove)
    const struct CMUnitTest claims[] = {
        WITH_LEDGER(a_new_ledger_takes_generation_alone_and_first),
        WITH_LEDGER(a_block_of_no_or_too_many_entries_is_invalid),
        WITH_LEDGER(every_block_has_a_checkpoint_and_proofs_that_verify),
        WITH_LEDGER(the_time_of_a_block_lies_after_the_one_before),
        WITH_LEDGER(a_leaf_that_is_not_canonical_is_refused_and_nothing_changes),
        WITH_LEDGER(an_enrolment_that_repeats_a_key_is_refused_and_nothing_changes),
        WITH_LEDGER(a_block_that_ends_a_session_twice_is_refused_and_nothing_changes),
        WITH_LEDGER(a_generation_with_another_seal_key_is_refused),
        WITH_LEDGER(a_ledger_without_guard_or_seal_is_read_only),
        WITH_LEDGER(entries_and_blocks_are_read_back),
        WITH_LEDGER(events_and_private_parts_are_found),
        WITH_LEDGER(an_erase_reaches_what_stands_in_its_own_block),
        WITH_LEDGER(every_complete_node_is_served_and_no_other),
        WITH_LEDGER(heads_are_consistent_with_each_other),
        WITH_LEDGER(a_receipt_of_any_entry_verifies_at_its_own_block_and_at_the_head),
        WITH_LEDGER(a_receipt_at_a_size_that_ends_no_block_is_invalid),
        WITH_LEDGER(readers_always_see_a_whole_head),
    };

    return cmocka_run_group_tests_name("ledger", claims, lh_place_make_office,
                                       lh_place_free_office);
}
