/*
 * Cities are built with one thing wrong and everything else consistent, up to a fresh seal; replay
 * must name the rule and the leaf.
 */
#include "ledger/replay.h"

#include "tests/support/bodies.h"
#include "tests/support/city.h"
#include "tests/support/replayed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- what goes wrong --------------------------------------------------------------------------
 */

struct spoil {
    const char *name;
    const char *rule;
    enum lh_code code;
    uint64_t index;
    uint64_t count; /* findings in all; 0: others follow from it */
    void (*on_body)(lhpb_Body *body, struct lh_city_signer *signer);
    void (*on_entry)(struct lh_city *city, lhpb_Entry *entry);
};

static void by_stranger(lhpb_Body *body, struct lh_city_signer *signer)
{
    (void)body;
    signer->role = LH_CITY_STRANGER;
}

static void by_officers(lhpb_Body *body, struct lh_city_signer *signer)
{
    (void)body;
    signer->role = LH_CITY_OFFICERS;
}

static void by_recorder(lhpb_Body *body, struct lh_city_signer *signer)
{
    (void)body;
    signer->role = LH_CITY_RECORDER;
}

static void of_other_department(lhpb_Body *body, struct lh_city_signer *signer)
{
    (void)signer;
    strcpy(body->department, "mzj");
}

static void role_of_nobody(lhpb_Body *body, struct lh_city_signer *signer)
{
    lh_fixture_body(body, lhpb_EntryType_ROLE);
    strcpy(body->id, "nobody");
    signer->role = LH_CITY_OFFICERS;
}

static void second_generation(lhpb_Body *body, struct lh_city_signer *signer)
{
    lh_fixture_body(body, lhpb_EntryType_GENERATION);
    strcpy(body->id, "again");
    signer->role = LH_CITY_OFFICERS;
}

static void no_generation(lhpb_Body *body, struct lh_city_signer *signer)
{
    lh_fixture_body(body, lhpb_EntryType_HEARTBEAT);
    signer->role = LH_CITY_RECORDER;
}

static void other_number(lhpb_Body *body, struct lh_city_signer *signer)
{
    lhpb_Generation *generation = &body->detail.generation;

    (void)signer;
    generation->number = 3;
    generation->reason = 4;
    strcpy(generation->prev_origin, "jinhua/gaj/2");
    generation->prev_size = 9;
    generation->has_prev_root = true;
    memset(generation->prev_root, 1, 32);
    generation->has_prev_header = true;
    memset(generation->prev_header, 2, 32);
}

static void other_seal(lhpb_Body *body, struct lh_city_signer *signer)
{
    (void)signer;
    lh_fixture_key(&body->detail.generation.seal_key, LH_ALG_ED25519, 9);
}

static void seal_of_the_other_suite(lhpb_Body *body, struct lh_city_signer *signer)
{
    lhpb_PublicKey *key = &body->detail.generation.seal_key;

    (void)signer;
    lh_fixture_key(key, key->alg == LH_ALG_SM2 ? LH_ALG_ED25519 : LH_ALG_SM2, 9);
}

static void seal_that_no_note_knows(lhpb_Body *body, struct lh_city_signer *signer)
{
    (void)signer;
    lh_fixture_key(&body->detail.generation.seal_key, LH_ALG_P256, 9);
}

static void flip_signature(struct lh_city *city, lhpb_Entry *entry)
{
    (void)city;
    entry->signatures[0].value[40] ^= 4;
}

static void change_body(struct lh_city *city, lhpb_Entry *entry)
{
    uint8_t *at = NULL;

    (void)city;
    for (pb_size_t i = 0; i + 3 < entry->body.size && at == NULL; i++) {
        at = memcmp(entry->body.bytes + i, "e-", 2) == 0 ? entry->body.bytes + i : NULL;
    }
    assert_non_null(at);
    at[2] = 'x'; /* the id of the event */
}

static void set_body(struct lh_city *city, lhpb_Entry *entry, const void *bytes, size_t len,
                     enum lh_city_role role)
{
    const struct lh_city_signer signer = { .role = role };

    memcpy(entry->body.bytes, bytes, len);
    entry->body.size = (pb_size_t)len;
    lh_city_sign(city, entry, &signer);
}

static void odd_body(struct lh_city *city, lhpb_Entry *entry)
{
    set_body(city, entry, "\x08\x01\x10\x14 no body", 12, LH_CITY_STAFF);
}

static void newer_body(struct lh_city *city, lhpb_Entry *entry)
{
    set_body(city, entry, "\x08\x02 from the future", 18, LH_CITY_STAFF);
}

static void newer_body_flipped(struct lh_city *city, lhpb_Entry *entry)
{
    newer_body(city, entry);
    entry->signatures[0].value[3] ^= 1;
}

static void newer_first(struct lh_city *city, lhpb_Entry *entry)
{
    set_body(city, entry, "\x08\x02 from the future", 18, LH_CITY_OFFICERS);
}

static void newer_first_flipped(struct lh_city *city, lhpb_Entry *entry)
{
    newer_first(city, entry);
    entry->signatures[1].value[3] ^= 1;
}

static const struct spoil SPOILS[] = {
    { "body no message", "E01", LH_ERR_FORGED, 8, 1, NULL, odd_body },
    { "signer unknown", "E02", LH_ERR_FORGED, 8, 0, by_stranger, NULL },
    { "signature flipped", "E03", LH_ERR_FORGED, 8, 1, NULL, flip_signature },
    { "body changed", "E03", LH_ERR_FORGED, 8, 1, NULL, change_body },
    { "enrolment flipped", "E03", LH_ERR_FORGED, 3, 0, NULL, flip_signature },
    { "enrolment by recorder", "E04", LH_ERR_FORGED, 3, 0, by_recorder, NULL },
    { "everyday by officers", "E04", LH_ERR_FORGED, 8, 1, by_officers, NULL },
    { "role of nobody", "E05", LH_ERR_FORGED, 8, 1, role_of_nobody, NULL },
    { "second generation", "E06", LH_ERR_FORGED, 8, 1, second_generation, NULL },
    { "no generation", "E06", LH_ERR_FORGED, 0, 1, no_generation, NULL },
    { "number of another", "E06", LH_ERR_FORGED, 0, 1, other_number, NULL },
    { "seal of the other suite", "E06", LH_ERR_FORGED, 0, 1, seal_of_the_other_suite, NULL },
    { "seal that no note knows", "E06", LH_ERR_FORGED, 0, 1, seal_that_no_note_knows, NULL },
    { "generation by recorder", "E04", LH_ERR_FORGED, 0, 1, by_recorder, NULL },
    { "generation flipped", "E03", LH_ERR_FORGED, 0, 1, NULL, flip_signature },
    { "department of another", "E07", LH_ERR_FORGED, 8, 1, of_other_department, NULL },
    { "newer schema", "X01", LH_ERR_UNKNOWN, 8, 1, NULL, newer_body },
    { "newer schema, flipped", "E03", LH_ERR_FORGED, 8, 2, NULL, newer_body_flipped },
    { "newer first leaf", "X01", LH_ERR_UNKNOWN, 0, 1, NULL, newer_first },
    { "newer first leaf, flipped", "E03", LH_ERR_FORGED, 0, 2, NULL, newer_first_flipped },
};

static void spoil_body(void *arg, uint64_t index, lhpb_Body *body, struct lh_city_signer *signer)
{
    const struct spoil *spoil = arg;

    if (index == spoil->index && spoil->on_body != NULL) {
        spoil->on_body(body, signer);
    }
}

static void spoil_entry(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    const struct spoil *spoil = arg;

    if (index == spoil->index && spoil->on_entry != NULL) {
        spoil->on_entry(city, entry);
    }
}

static struct lh_city *spoilt_city(enum lh_suite_id suite, const struct spoil *spoil)
{
    struct lh_city_options options = replayed_options(suite);
    struct spoil copy = *spoil;

    options.on_body = spoil_body;
    options.on_entry = spoil_entry;
    options.arg = &copy;
    return lh_city_new(&options);
}

/* ---- claims -----------------------------------------------------------------------------------
 */

static void an_unbroken_city_holds(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));

    options.entry_count = 60;
    options.session_every = 9;
    struct lh_city *city = lh_city_new(&options);
    struct lh_replay *replay = replayed_city(city);
    replayed_expect_good(replay);
    assert_int_equal(lh_replay_ledger_count(replay), 1);
    const struct lh_replay_ledger *ledger = lh_replay_ledger_at(replay, 0);
    const struct lh_chain *chain = lh_city_chain(city);
    struct lh_hash root = lh_tree_root(&chain->tree, lh_city_suite(city));
    assert_string_equal(ledger->origin, "jinhua/gaj/1");
    assert_int_equal(ledger->height, chain->height);
    assert_int_equal(ledger->size, chain->tree.size);
    assert_int_equal(ledger->leaf_count, chain->tree.size);
    assert_int_equal(ledger->entry_count, 1 + LH_REPLAYED_STAFF + 60);
    assert_true(lh_hash_is_equal(&ledger->root, &root));
    assert_true(lh_hash_is_equal(&ledger->header, &chain->prev));
    assert_false(ledger->is_stopped);
    assert_int_equal(lh_replay_signature_count(replay),
                     2 + 2 * LH_REPLAYED_STAFF + 60 + chain->height);
    lh_replay_free(replay);
    lh_city_free(city);
}

static void every_mistake_is_named_with_its_leaf(void **state)
{
    for (size_t i = 0; i < sizeof SPOILS / sizeof SPOILS[0]; i++) {
        struct lh_city *city = spoilt_city(replayed_suite(state), &SPOILS[i]);
        struct lh_replay *replay = replayed_city(city);
        replayed_expect(replay, SPOILS[i].name, SPOILS[i].code, SPOILS[i].rule, SPOILS[i].index,
                        SPOILS[i].count);
        lh_replay_free(replay);
        lh_city_free(city);
    }
}

static void a_seal_key_that_did_not_seal_is_found(void **state)
{
    static const struct spoil spoil = { "seal", "B17", LH_ERR_FORGED, 0, 1, other_seal, NULL };
    struct lh_city *city = spoilt_city(LH_SUITE_W, &spoil);
    struct lh_replay *replay = replayed_city(city);

    (void)state;
    replayed_expect(replay, spoil.name, LH_ERR_FORGED, "B17", 1, lh_city_block_count(city));
    assert_int_equal(lh_replay_findings(replay)->kept[0].place.good_size, 0);
    assert_false(lh_replay_ledger_at(replay, 0)->is_stopped); /* seals stop nothing */
    lh_replay_free(replay);
    lh_city_free(city);
}

/* Every seal is judged on its own: the one that was changed is named, and no other. */
static void a_seal_that_was_changed_is_found(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *city = lh_city_new(&options);
    struct lh_buf bytes = LH_BUF_EMPTY;

    lh_city_archive(city, &bytes, NULL);
    for (size_t i = 0; i < lh_city_block_count(city); i++) {
        struct lh_block block = lh_city_block(city, i);
        uint8_t *at = memmem(bytes.data, bytes.len, block.checkpoint.data, block.checkpoint.len);
        assert_non_null(at);
        at += block.checkpoint.len - 20; /* within the signature */
        uint8_t was = *at;
        *at = was == 'A' ? 'B' : 'A';
        struct lh_replay *replay = replayed_whole(&bytes);
        uint64_t header =
            (uint64_t)(block.leaves - lh_city_block(city, 0).leaves) + block.entry_count;
        replayed_expect(replay, "seal", LH_ERR_FORGED, "B17", header, 1);
        lh_replay_free(replay);
        /* without signatures only the last one counts */
        static const struct lh_replay_options hashes = { .with_signatures = false };
        replay = replayed_bytes(lh_buf_bytes(&bytes), &hashes);
        assert_int_equal(lh_replay_findings(replay)->failed_count,
                         i + 1 == lh_city_block_count(city));
        lh_replay_free(replay);
        *at = was;
    }
    lh_buf_clear(&bytes);
    lh_city_free(city);
}

static void without_signatures_only_their_bytes_go_unjudged(void **state)
{
    static const struct lh_replay_options options = { .with_signatures = false };

    for (size_t i = 0; i < sizeof SPOILS / sizeof SPOILS[0]; i++) {
        struct lh_city *city = spoilt_city(replayed_suite(state), &SPOILS[i]);
        struct lh_buf bytes = LH_BUF_EMPTY;
        lh_city_archive(city, &bytes, NULL);
        struct lh_replay *replay = replayed_bytes(lh_buf_bytes(&bytes), &options);
        if (strcmp(SPOILS[i].rule, "E03") != 0) {
            replayed_expect(replay, SPOILS[i].name, SPOILS[i].code, SPOILS[i].rule, SPOILS[i].index,
                            0);
        } else {
            assert_int_equal(lh_replay_findings(replay)->failed_count, 0);
        }
        assert_true(lh_replay_signature_count(replay) <= 1); /* the last seal */
        lh_replay_free(replay);
        lh_buf_clear(&bytes);
        lh_city_free(city);
    }
}

static void newer_then_stranger(void *arg, uint64_t index, lhpb_Body *body,
                                struct lh_city_signer *signer)
{
    (void)arg;
    (void)body;
    if (index == 10) {
        signer->role = LH_CITY_STRANGER;
    }
}

/* The first entry by a staff key behind leaf 8, whose index goes to *arg. */
static void unknown_session(void *arg, uint64_t index, lhpb_Body *body,
                            struct lh_city_signer *signer)
{
    uint64_t *at = arg;

    if (index > 8 && *at == 0 && signer->role == LH_CITY_STAFF) {
        *at = index;
        body->has_session = true;
        memset(body->session, 0x77, sizeof body->session);
    }
}

static void newer_at_eight(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    (void)arg;
    if (index == 8) {
        newer_body(city, entry);
    }
}

static void after_a_newer_entry_a_missing_key_cannot_be_told(void **state)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);

    (void)state;
    options.on_body = newer_then_stranger;
    options.on_entry = newer_at_eight;
    struct lh_city *city = lh_city_new(&options);
    struct lh_replay *replay = replayed_city(city);
    replayed_expect(replay, "newer, then stranger", LH_ERR_UNKNOWN, "X01", 8, 2);
    assert_int_equal(lh_replay_findings(replay)->failed_count, 0);
    assert_string_equal(lh_replay_findings(replay)->kept[1].rule->id, "X02");
    lh_replay_free(replay);
    lh_city_free(city);
}

static void a_session_that_is_not_known_is_found_and_after_a_newer_entry_cannot_be_told(
    void **state)
{
    struct lh_city_options options = replayed_options(LH_SUITE_W);
    uint64_t at = 0;

    (void)state;
    options.on_body = unknown_session;
    options.arg = &at;
    struct lh_city *city = lh_city_new(&options);
    struct lh_replay *replay = replayed_city(city);
    assert_true(at > 8);
    replayed_expect(replay, "unknown session", LH_ERR_FORGED, "E04", at, 1);
    lh_replay_free(replay);
    lh_city_free(city);
    at = 0;
    options.on_entry = newer_at_eight;
    city = lh_city_new(&options);
    replay = replayed_city(city);
    replayed_expect(replay, "newer, then unknown session", LH_ERR_UNKNOWN, "X01", 8, 2);
    assert_string_equal(lh_replay_findings(replay)->kept[1].rule->id, "X02");
    assert_int_equal(lh_replay_findings(replay)->kept[1].place.index, at);
    lh_replay_free(replay);
    lh_city_free(city);
}

static void pinned_keys_are_compared(void **state)
{
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *city = lh_city_new(&options);
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_hash other = *lh_genesis_network_id(lh_city_genesis(city));
    struct lh_note_key seal = *lh_city_seal(city);
    struct lh_replay_options pinned = { .network_id = lh_genesis_network_id(lh_city_genesis(city)),
                                        .seals = &seal,
                                        .seal_count = 1 };

    lh_city_archive(city, &bytes, NULL);
    struct lh_replay *replay = replayed_bytes(lh_buf_bytes(&bytes), &pinned);
    replayed_expect_good(replay);
    lh_replay_free(replay);

    other.bytes[0] ^= 1;
    pinned.network_id = &other;
    replay = replayed_bytes(lh_buf_bytes(&bytes), &pinned);
    replayed_expect(replay, "network", LH_ERR_FORGED, "T01", LH_REPLAY_NO_INDEX, 1);
    assert_true(lh_replay_findings(replay)->kept[0].place.ledger == LH_REPLAY_NO_LEDGER);
    lh_replay_free(replay);
    /* what is about the network stands before what is about a ledger of it */
    uint8_t *at = memmem(bytes.data, bytes.len, "e-1", 3);
    assert_non_null(at);
    at[2] = 'x';
    replay = replayed_bytes(lh_buf_bytes(&bytes), &pinned);
    replayed_expect(replay, "network and a leaf", LH_ERR_FORGED, "T01", LH_REPLAY_NO_INDEX, 2);
    assert_int_equal(lh_replay_findings(replay)->kept[1].place.ledger, 0);
    at[2] = '1';
    lh_replay_free(replay);

    pinned.network_id = NULL;
    seal.key = lh_genesis_member(lh_city_genesis(city), 0)->recorder;
    replay = replayed_bytes(lh_buf_bytes(&bytes), &pinned);
    replayed_expect(replay, "seal", LH_ERR_FORGED, "T02", 0, 1);
    lh_replay_free(replay);
    lh_buf_clear(&bytes);
    lh_city_free(city);
}

static void other_root_before(lhpb_Body *body, struct lh_city_signer *signer)
{
    (void)signer;
    body->detail.generation.prev_root[5] ^= 1;
}

/* In either order of the two ledgers; `flip` is a byte of the predecessor to change, or NULL. */
static void expect_successor(const struct lh_city *old, const struct lh_city *young,
                             struct lh_bytes flip, const char *rule, uint64_t count)
{
    for (size_t i = 0; i < 2; i++) {
        struct lh_buf bytes = LH_BUF_EMPTY;
        replayed_write_two(&bytes, i == 0 ? old : young, i == 0 ? young : old);
        if (flip.len > 0) {
            uint8_t *at = memmem(bytes.data, bytes.len, flip.data, flip.len);
            assert_non_null(at);
            at[flip.len - 2] ^= 1; /* of the intake part */
        }
        struct lh_replay *replay = replayed_whole(&bytes);
        const struct lh_replay_findings *findings = lh_replay_findings(replay);
        const struct lh_replay_finding *found = NULL;
        for (size_t j = 0; j < findings->kept_count; j++) {
            found = strcmp(findings->kept[j].rule->id, rule) == 0 ? &findings->kept[j] : found;
        }
        assert_int_equal(findings->failed_count, count);
        assert_int_equal(found != NULL, rule[0] != 0);
        if (found != NULL && strcmp(rule, "E08") == 0) {
            assert_int_equal(found->place.ledger, 1 - i);
            assert_int_equal(found->place.index, 0);
        }
        lh_replay_free(replay);
        lh_buf_clear(&bytes);
    }
}

static void a_generation_that_names_another_head_is_found_in_either_order(void **state)
{
    static const struct spoil spoil = { .index = 0, .on_body = other_root_before };
    struct lh_city_options options = replayed_options(replayed_suite(state));
    struct lh_city *first = lh_city_new(&options);
    struct spoil copy = spoil;

    options.before = first;
    struct lh_city *good = lh_city_new(&options);
    expect_successor(first, good, LH_BYTES_EMPTY, "", 0);
    options.on_body = spoil_body;
    options.arg = &copy;
    struct lh_city *second = lh_city_new(&options);
    expect_successor(first, second, LH_BYTES_EMPTY, "E08", 1);
    /* Where the predecessor stops before the size that is named, nothing can be compared. */
    expect_successor(first, second, lh_city_leaf(first, 8), "B11", 1);
    lh_city_free(second);
    lh_city_free(good);
    lh_city_free(first);
}

int main(void)
{
    static enum lh_suite_id w = LH_SUITE_W;
    static enum lh_suite_id g = LH_SUITE_G;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(an_unbroken_city_holds, &w),
        cmocka_unit_test_prestate(an_unbroken_city_holds, &g),
        cmocka_unit_test_prestate(every_mistake_is_named_with_its_leaf, &w),
        cmocka_unit_test_prestate(every_mistake_is_named_with_its_leaf, &g),
        cmocka_unit_test(a_seal_key_that_did_not_seal_is_found),
        cmocka_unit_test_prestate(a_seal_that_was_changed_is_found, &w),
        cmocka_unit_test_prestate(a_seal_that_was_changed_is_found, &g),
        cmocka_unit_test_prestate(without_signatures_only_their_bytes_go_unjudged, &w),
        cmocka_unit_test(after_a_newer_entry_a_missing_key_cannot_be_told),
        cmocka_unit_test(
            a_session_that_is_not_known_is_found_and_after_a_newer_entry_cannot_be_told),
        cmocka_unit_test_prestate(pinned_keys_are_compared, &w),
        cmocka_unit_test_prestate(pinned_keys_are_compared, &g),
        cmocka_unit_test_prestate(a_generation_that_names_another_head_is_found_in_either_order,
                                  &w),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
