/*
 * Replays that go on from what was verified before: what is spared, and that a ledger which is
 * found good without a past is the only one that is found good with it.
 */
#include "tests/support/city.h"
#include "tests/support/replayed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A head of a city as what was verified before. */
struct past {
    struct lh_replay_mark mark;
    struct lh_replay_past replay;
    struct lh_replay_options options;
};

/* The head after the first `blocks` blocks, hashed leaf by leaf. */
static void set_past(struct past *past, struct lh_city *city, size_t blocks)
{
    struct lh_suite *suite = lh_city_suite(city);
    struct lh_tree tree;

    lh_tree_init(&tree);
    for (size_t i = 0; i < blocks; i++) {
        const struct lh_block block = lh_city_block(city, i);
        for (size_t j = 0; j <= block.entry_count; j++) {
            struct lh_hash hash = lh_hash_leaf(suite, block.leaves[j]);
            lh_tree_append(&tree, suite, &hash, NULL);
        }
    }
    *past = (struct past){ .mark = { .size = tree.size, .root = lh_tree_root(&tree, suite) },
                           .replay = { .count = 1 } };
    strcpy(past->mark.origin, lh_city_origin(city));
    past->replay.network_id = *lh_genesis_network_id(lh_city_genesis(city));
    past->replay.marks = &past->mark;
    past->options = (struct lh_replay_options){ .with_signatures = true, .past = &past->replay };
}

static struct lh_replay *replay_with(const struct past *past, const struct lh_city *city)
{
    struct lh_buf bytes = LH_BUF_EMPTY;

    lh_city_archive(city, &bytes, NULL);
    struct lh_replay *replay = replayed_bytes(lh_buf_bytes(&bytes), &past->options);
    lh_buf_clear(&bytes);
    return replay;
}

static void flip_signature(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    (void)city;
    if (index == *(const uint64_t *)arg) {
        entry->signatures[0].value[40] ^= 4;
    }
}

/* The same city, with a signature of leaf `*index` flipped before it was sealed. */
static struct lh_city *spoiled_city(enum lh_suite_id suite, uint64_t *index)
{
    struct lh_city_options options = replayed_options(suite);

    options.on_entry = flip_signature;
    options.arg = index;
    return lh_city_new(&options);
}

static void signatures_below_the_mark_are_spared_and_counted(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *city = lh_city_new(&options);
    struct lh_replay *whole = replayed_city(city);
    uint64_t last_taken = 0;
    struct past past;

    for (size_t blocks = 1; blocks <= lh_city_block_count(city); blocks++) {
        set_past(&past, city, blocks);
        struct lh_replay *replay = replay_with(&past, city);
        replayed_expect_good(replay);
        uint64_t taken = lh_replay_taken_count(replay);
        assert_true(taken > last_taken);
        assert_int_equal(taken + lh_replay_signature_count(replay),
                         lh_replay_signature_count(whole));
        assert_int_equal(lh_replay_ledger_at(replay, 0)->taken_size, past.mark.size);
        last_taken = taken;
        lh_replay_free(replay);
    }
    /* at the end of the ledger nothing is left but its seals */
    assert_int_equal(lh_replay_signature_count(whole) - last_taken, lh_city_block_count(city));
    assert_int_equal(lh_replay_taken_count(whole), 0);
    lh_replay_free(whole);
    lh_city_free(city);
}

static void a_changed_prefix_is_found(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *city = lh_city_new(&options);
    uint64_t at = 8;
    struct lh_city *changed = spoiled_city(options.suite, &at);
    struct past past;

    set_past(&past, city, lh_city_block_count(city));
    assert_true(at < past.mark.size);
    struct lh_replay *replay = replay_with(&past, changed);
    replayed_expect(replay, "changed", LH_ERR_FORGED, "T03", LH_REPLAY_NO_INDEX, 1);
    assert_int_equal(lh_replay_ledger_at(replay, 0)->taken_size, 0);
    lh_replay_free(replay);

    /* no block ends at a size in the middle of one, whatever the root is said to be */
    past.mark.size--;
    replay = replay_with(&past, city);
    replayed_expect(replay, "no block ends", LH_ERR_FORGED, "T03", LH_REPLAY_NO_INDEX, 1);
    lh_replay_free(replay);
    lh_city_free(changed);
    lh_city_free(city);
}

static void a_bad_signature_behind_the_mark_is_found(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *city = lh_city_new(&options);
    uint64_t at = lh_city_leaf_count(city) - 2; /* the last entry */
    struct lh_city *changed = spoiled_city(options.suite, &at);
    struct past past;

    set_past(&past, changed, lh_city_block_count(changed) - 1);
    assert_true(at >= past.mark.size);
    struct lh_replay *replay = replay_with(&past, changed);
    replayed_expect(replay, "behind", LH_ERR_FORGED, "E03", at, 1);
    assert_int_equal(lh_replay_ledger_at(replay, 0)->taken_size, past.mark.size);
    lh_replay_free(replay);
    lh_city_free(changed);
    lh_city_free(city);
}

/* Why a state must be kept like a key: its root decides whose signatures are looked at. */
static void a_mark_is_taken_at_its_word(void **state)
{
    uint64_t at = 8;
    struct lh_city *changed = spoiled_city(replayed_suite(state), &at);
    struct lh_replay *whole = replayed_city(changed);
    struct past past;

    replayed_expect(whole, "without a past", LH_ERR_FORGED, "E03", at, 1);
    set_past(&past, changed, lh_city_block_count(changed));
    struct lh_replay *replay = replay_with(&past, changed);
    replayed_expect_good(replay);
    lh_replay_free(replay);
    lh_replay_free(whole);
    lh_city_free(changed);
}

static void what_the_mark_does_not_reach_cannot_be_told(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *city = lh_city_new(&options);
    struct past past;

    set_past(&past, city, lh_city_block_count(city));
    past.mark.size++;
    struct lh_replay *replay = replay_with(&past, city);
    replayed_expect(replay, "too short", LH_ERR_UNKNOWN, "T03", LH_REPLAY_NO_INDEX, 1);
    lh_replay_free(replay);

    strcpy(past.mark.origin, "jinhua/gaj/9");
    replay = replay_with(&past, city);
    replayed_expect(replay, "not there", LH_ERR_UNKNOWN, "T03", LH_REPLAY_NO_INDEX, 1);
    assert_true(lh_replay_findings(replay)->kept[0].place.ledger == LH_REPLAY_NO_LEDGER);
    assert_int_equal(lh_replay_taken_count(replay), 0);
    lh_replay_free(replay);
    lh_city_free(city);
}

static void a_past_of_another_network_spares_nothing_and_is_named(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *city = lh_city_new(&options);
    struct lh_replay *whole = replayed_city(city);
    struct past past;

    set_past(&past, city, 1);
    past.replay.network_id.bytes[31] ^= 1;
    struct lh_replay *replay = replay_with(&past, city);
    replayed_expect(replay, "network", LH_ERR_UNKNOWN, "T03", LH_REPLAY_NO_INDEX, 1);
    assert_int_equal(lh_replay_taken_count(replay), 0);
    assert_int_equal(lh_replay_signature_count(replay), lh_replay_signature_count(whole));
    lh_replay_free(replay);
    lh_replay_free(whole);
    lh_city_free(city);
}

int main(void)
{
    static enum lh_suite_id w = LH_SUITE_W;
    static enum lh_suite_id g = LH_SUITE_G;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(signatures_below_the_mark_are_spared_and_counted, &w),
        cmocka_unit_test_prestate(signatures_below_the_mark_are_spared_and_counted, &g),
        cmocka_unit_test_prestate(a_changed_prefix_is_found, &w),
        cmocka_unit_test_prestate(a_changed_prefix_is_found, &g),
        cmocka_unit_test_prestate(a_bad_signature_behind_the_mark_is_found, &w),
        cmocka_unit_test_prestate(a_mark_is_taken_at_its_word, &w),
        cmocka_unit_test_prestate(what_the_mark_does_not_reach_cannot_be_told, &w),
        cmocka_unit_test_prestate(a_past_of_another_network_spares_nothing_and_is_named, &w),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
