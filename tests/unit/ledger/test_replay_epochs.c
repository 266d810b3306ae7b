/*
 * A ledger that goes from epoch 0 to 1 and 2: epoch 1 rotates the recorder and the first officer,
 * epoch 2 renames a group. Replay judges keys by the epoch, and says what is not shown.
 */
#include "ledger/replay.h"

#include "tests/support/bodies.h"
#include "tests/support/city.h"
#include "tests/support/founders.h"
#include "tests/support/proposing.h"
#include "tests/support/replayed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    OF_RECORDER = 1 << 0, /* the entry is the recorder's, else the officers' */
    BY_NEW = 1 << 1,      /* and signed with the keys of epoch 1 */
    ENTRIES = 12,         /* each in a block of its own, behind the first six leaves */
    FIRST = 6,
};

/* A city, what its headers name, and who signs. */
struct street {
    enum lh_suite_id suite;
    struct lh_city *plain; /* the same keys, and only epoch 0 */
    struct lh_epochs *epochs;
    struct lh_buf other; /* an epoch 1 that was not certified */
    struct lh_signer *recorder;
    struct lh_signer *officer;
    unsigned signed_as[ENTRIES];          /* OF_RECORDER, BY_NEW */
    const struct lh_hash *named[ENTRIES]; /* by the header behind the entry; NULL: as before */
    const struct lh_hash *named_first;    /* by the first header */
    const struct lh_city *before;
    struct lh_city *city;
};

/* ---- epochs ---- */

static const struct lh_enrolment *enrolment_of(const struct street *street)
{
    return lh_genesis_find(lh_city_genesis(street->plain), lh_bytes_of_text("gaj"));
}

static struct lh_buf rotating(const struct street *street)
{
    const struct lh_enrolment *enrolment = enrolment_of(street);
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_buf bytes;

    assert_non_null(proposal);
    lh_proposing_begin(proposal, lh_epochs_newest(street->epochs));
    (void)lh_proposing_rotate(proposal, street->suite, "gaj", &enrolment->recorder,
                              street->recorder);
    (void)lh_proposing_rotate(proposal, street->suite, "gaj", &enrolment->officers[0].key,
                              street->officer);
    bytes = lh_proposing_bytes(proposal);
    free(proposal);
    return bytes;
}

static struct lh_buf regrouping(const struct street *street)
{
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_buf bytes;

    assert_non_null(proposal);
    lh_proposing_begin(proposal, lh_epochs_newest(street->epochs));
    lh_proposing_regroup(proposal, "gaj", "");
    bytes = lh_proposing_bytes(proposal);
    free(proposal);
    return bytes;
}

static void add_epoch(struct street *street, struct lh_buf bytes)
{
    assert_int_equal(lh_epochs_add(street->epochs, lh_buf_bytes(&bytes), NULL), LH_OK);
    lh_buf_clear(&bytes);
}

static const struct lh_hash *epoch(const struct street *street, size_t number)
{
    return lh_members_epoch(lh_epochs_at(street->epochs, number));
}

/* ---- the ledger ---- */

static size_t place_of(uint64_t index)
{
    return (size_t)(index - FIRST) / 2;
}

static void on_body(void *arg, uint64_t index, lhpb_Body *body, struct lh_city_signer *signer)
{
    const struct street *street = arg;
    char id[sizeof body->id];

    if (index < FIRST || street->before != NULL) {
        return;
    }
    bool is_recorder = (street->signed_as[place_of(index)] & OF_RECORDER) != 0;
    memcpy(id, body->id, sizeof id);
    uint64_t time_ms = body->event_time_ms;
    lh_fixture_body(body, is_recorder ? lhpb_EntryType_HEARTBEAT : lhpb_EntryType_CALENDAR);
    memcpy(body->id, id, sizeof body->id);
    body->event_time_ms = time_ms;
    signer->role = is_recorder ? LH_CITY_RECORDER : LH_CITY_OFFICERS;
}

static void on_entry(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    const struct street *street = arg;
    unsigned how = index < FIRST || street->before != NULL ? 0 : street->signed_as[place_of(index)];
    lhpb_Entry by_old = *entry;

    if ((how & BY_NEW) == 0) {
        return;
    }
    lh_city_sign_with(city, entry, (how & OF_RECORDER) != 0 ? &street->recorder : &street->officer,
                      1);
    if ((how & OF_RECORDER) == 0) { /* the second officer stays */
        struct lh_suite *suite = lh_city_suite(city);
        struct lh_key_id ended = lh_key_id_of(suite, &enrolment_of(street)->officers[0].key);
        size_t at = memcmp(by_old.signatures[0].key_id, ended.bytes, LH_KEY_ID_SIZE) == 0;
        lhpb_Signature pair[2] = { entry->signatures[0], by_old.signatures[at] };
        bool is_sorted = memcmp(pair[0].key_id, pair[1].key_id, LH_KEY_ID_SIZE) < 0;

        entry->signatures[0] = pair[!is_sorted];
        entry->signatures[1] = pair[is_sorted];
        entry->signatures_count = 2;
    }
}

static const struct lh_hash *on_header(void *arg, uint64_t index)
{
    const struct street *street = arg;

    if (index < FIRST || street->before != NULL) {
        return index == 1 ? street->named_first : NULL;
    }
    return street->named[place_of(index)];
}

static struct lh_city_options options_of(struct street *street)
{
    return (struct lh_city_options){ .suite = street->suite,
                                     .seed = 6,
                                     .staff_count = LH_REPLAYED_STAFF,
                                     .entry_count = ENTRIES,
                                     .block_max = 1,
                                     .before = street->before,
                                     .on_body = on_body,
                                     .on_entry = on_entry,
                                     .epoch_of = on_header,
                                     .arg = street };
}

static struct lh_signer *signer_of(enum lh_suite_id suite, uint8_t number)
{
    return lh_founder_signer(lh_founder_alg(suite), number);
}

/* Epoch 1 from entry 4 on, 2 from entry 8 on; every entry is signed as it should be. */
static int set_up_suite(void **state, enum lh_suite_id suite)
{
    struct street *street = calloc(1, sizeof *street);
    struct lh_city_options options;

    assert_non_null(street);
    street->suite = suite;
    street->recorder = signer_of(suite, 70);
    street->officer = signer_of(suite, 71);
    for (size_t i = 0; i < ENTRIES; i++) {
        street->signed_as[i] = (i % 2 == 0 ? OF_RECORDER : 0U) | (i > 4 ? BY_NEW : 0U);
    }
    options = options_of(street);
    options.on_entry = NULL;
    options.epoch_of = NULL;
    street->plain = lh_city_new(&options);
    assert_int_equal(lh_epochs_new(&street->epochs, lh_city_genesis(street->plain), NULL), LH_OK);
    street->other = regrouping(street);
    add_epoch(street, rotating(street));
    add_epoch(street, regrouping(street));
    street->named[4] = epoch(street, 1);
    street->named[8] = epoch(street, 2);
    *state = street;
    return 0;
}

static int set_up_w(void **state)
{
    return set_up_suite(state, LH_SUITE_W);
}

static int set_up_g(void **state)
{
    return set_up_suite(state, LH_SUITE_G);
}

static int tear_down(void **state)
{
    struct street *street = *state;

    lh_city_free(street->city);
    lh_city_free(street->plain);
    lh_epochs_free(street->epochs);
    lh_buf_clear(&street->other);
    lh_signer_free(street->recorder);
    lh_signer_free(street->officer);
    free(street);
    return 0;
}

/* ---- judging ---- */

/* The leaf of an entry, and of the header behind it. */
static uint64_t leaf_of(size_t entry)
{
    return FIRST + 2 * entry;
}

static uint64_t header_of(size_t entry)
{
    return leaf_of(entry) + 1;
}

static void add_carried(struct lh_buf *out, const struct street *street, size_t carried,
                        uint64_t *frames)
{
    lh_archive_begin(out);
    lh_archive_add(out, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(street->city)));
    for (size_t i = 1; i <= carried; i++) {
        lh_archive_add(out, LH_ARCHIVE_EPOCH, lh_epochs_proposal(street->epochs, i));
    }
    *frames = 1 + carried;
}

static struct lh_replay *replay_with(const struct lh_buf *bytes, const struct lh_bytes *given,
                                     size_t count)
{
    const struct lh_replay_options options = { .with_signatures = true,
                                               .epochs = given,
                                               .epoch_count = count };

    return replayed_bytes(lh_buf_bytes(bytes), &options);
}

/* The ledger as it was planned, in an archive with so many epochs, to a judge who has so many. */
static struct lh_replay *judge(struct street *street, size_t carried, size_t given)
{
    struct lh_city_options options = options_of(street);
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_bytes proposals[2];
    struct lh_replay *replay;
    uint64_t frames;

    lh_city_free(street->city);
    street->city = lh_city_new(&options);
    add_carried(&bytes, street, carried, &frames);
    lh_city_add_ledger(street->city, &bytes, &frames);
    lh_archive_end(&bytes, frames);
    for (size_t i = 0; i < given; i++) {
        proposals[i] = lh_epochs_proposal(street->epochs, i + 1);
    }
    replay = replay_with(&bytes, proposals, given);
    lh_buf_clear(&bytes);
    return replay;
}

static void expect(struct street *street, const char *name, size_t carried, size_t given,
                   enum lh_code code, const char *rule, uint64_t index, uint64_t count)
{
    struct lh_replay *replay = judge(street, carried, given);

    replayed_expect(replay, name, code, rule, index, count);
    lh_replay_free(replay);
}

/* ---- keys ---- */

static void a_ledger_goes_from_epoch_to_epoch(void **state)
{
    struct street *street = *state;

    for (size_t carried = 0; carried <= 2; carried++) {
        struct lh_replay *replay = judge(street, carried, 2);

        replayed_expect_good(replay);
        assert_int_equal(lh_epochs_count(lh_replay_epochs(replay)), 3);
        lh_replay_free(replay);
    }
    street->named[4] = epoch(street, 2); /* past one of them */
    street->named[8] = NULL;
    struct lh_replay *replay = judge(street, 2, 2);
    replayed_expect_good(replay);
    lh_replay_free(replay);
}

static void a_key_that_an_epoch_ended_signs_nothing_behind_the_header(void **state)
{
    struct street *street = *state;

    for (size_t entry = 5; entry < 7; entry++) { /* officers, the recorder */
        street->signed_as[entry] &= ~(unsigned)BY_NEW;
        expect(street, "ended", 2, 2, LH_ERR_FORGED, "E04", leaf_of(entry), 1);
        street->signed_as[entry] |= BY_NEW;
    }
    struct lh_replay *replay = judge(street, 2, 2);
    replayed_expect_good(replay);
    lh_replay_free(replay);
}

static void a_key_that_an_epoch_brings_in_signs_nothing_before_the_header(void **state)
{
    struct street *street = *state;

    for (size_t entry = 3; entry < 5; entry++) { /* in the block of that header too */
        street->signed_as[entry] |= BY_NEW;
        expect(street, "too early", 2, 2, LH_ERR_FORGED, "E02", leaf_of(entry), 1);
        street->signed_as[entry] &= ~(unsigned)BY_NEW;
    }
}

static void a_ledger_that_begins_anew_begins_with_the_keys_of_its_first_epoch(void **state)
{
    struct street *street = *state;

    street->named_first = epoch(street, 1);
    street->named[4] = NULL;
    /* the officers of the genesis file sign GENERATION and STAFF */
    struct lh_replay *replay = judge(street, 2, 2);
    assert_int_equal(lh_replay_findings(replay)->kept[0].place.index, 0);
    assert_string_equal(lh_replay_findings(replay)->kept[0].rule->id, "E02");
    /* what the recorder and officers of epoch 1 sign is theirs from the first leaf on */
    for (size_t i = 0; i < lh_replay_findings(replay)->kept_count; i++) {
        uint64_t index = lh_replay_findings(replay)->kept[i].place.index;

        assert_true(index < leaf_of(5));
    }
    lh_replay_free(replay);
}

static void the_next_generation_goes_on_in_its_epoch(void **state)
{
    struct street *street = *state;
    struct street *next = NULL;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_bytes given[] = { lh_epochs_proposal(street->epochs, 1),
                                lh_epochs_proposal(street->epochs, 2) };
    const char *const rules[] = { NULL, "B06" };

    lh_replay_free(judge(street, 2, 2));
    assert_int_equal(set_up_w((void **)&next), 0);
    next->before = street->city;
    for (size_t i = 0; i < 2; i++) {
        struct lh_city_options options = options_of(next);
        uint64_t frames;

        next->named_first = epoch(street, i == 0 ? 2 : 1); /* 1: back to an earlier one */
        options.on_entry = NULL;
        options.entry_count = 1;
        lh_city_free(next->city);
        next->city = lh_city_new(&options);
        add_carried(&bytes, street, 2, &frames);
        lh_city_add_ledger(street->city, &bytes, &frames);
        lh_city_add_ledger(next->city, &bytes, &frames);
        lh_archive_end(&bytes, frames);
        struct lh_replay *replay = replay_with(&bytes, given, 2);
        bool is_broken = false;
        for (size_t k = 0; k < lh_replay_findings(replay)->kept_count; k++) {
            const struct lh_replay_finding *finding = &lh_replay_findings(replay)->kept[k];

            is_broken |= strcmp(finding->rule->id, "B06") == 0;
            /* GENERATION is signed with a key that epoch 1 ended */
            assert_true(strcmp(finding->rule->id, "B06") == 0 ||
                        strcmp(finding->rule->id, "E04") == 0);
        }
        assert_int_equal(is_broken, rules[i] != NULL);
        lh_replay_free(replay);
        lh_buf_clear(&bytes);
    }
    (void)tear_down((void **)&next);
}

/* ---- what is known ---- */

static void an_epoch_that_the_archive_carries_and_nobody_gave_cannot_be_told(void **state)
{
    struct street *street = *state;

    expect(street, "none given", 2, 0, LH_ERR_UNKNOWN, "T04", header_of(4), 2);
    expect(street, "one given", 2, 1, LH_ERR_UNKNOWN, "T04", header_of(8), 1);
    street->signed_as[6] &= ~(unsigned)BY_NEW; /* keys are judged by it all the same */
    expect(street, "ended", 2, 0, LH_ERR_FORGED, "E04", leaf_of(6), 3);
}

static void an_epoch_that_is_not_known_cannot_be_told(void **state)
{
    struct street *street = *state;
    struct lh_replay *replay = judge(street, 0, 0);
    const struct lh_replay_findings *findings = lh_replay_findings(replay);

    replayed_expect(replay, "nothing is known", LH_ERR_UNKNOWN, "B06", header_of(4), 0);
    assert_int_equal(findings->failed_count, 0);
    assert_int_equal(findings->unknown_count, 2 + (ENTRIES - 5)); /* X02 of each new signer */
    lh_replay_free(replay);
    street->signed_as[3] |= BY_NEW; /* before that header it is sure */
    expect(street, "too early", 0, 0, LH_ERR_FORGED, "E02", leaf_of(3), 0);
}

static void an_earlier_epoch_breaks_b06(void **state)
{
    struct street *street = *state;

    street->named[8] = epoch(street, 0);
    expect(street, "back", 2, 2, LH_ERR_FORGED, "B06", header_of(8), 1);
    expect(street, "back, nothing given", 2, 0, LH_ERR_FORGED, "B06", header_of(8), 2);
    expect(street, "back from an unknown one", 0, 0, LH_ERR_FORGED, "B06", header_of(8), 0);
}

static struct lh_replay *judge_frames(struct street *street, const struct lh_bytes *frames,
                                      size_t count, const struct lh_bytes *given,
                                      size_t given_count)
{
    struct lh_city_options options = options_of(street);
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_replay *replay;
    uint64_t total;

    memset(street->named, 0, sizeof street->named);
    for (size_t i = 0; i < ENTRIES; i++) {
        street->signed_as[i] &= ~(unsigned)BY_NEW;
    }
    lh_city_free(street->city);
    street->city = lh_city_new(&options);
    add_carried(&bytes, street, 0, &total);
    for (size_t i = 0; i < count; i++) {
        lh_archive_add(&bytes, LH_ARCHIVE_EPOCH, frames[i]);
    }
    total += count;
    lh_city_add_ledger(street->city, &bytes, &total);
    lh_archive_end(&bytes, total);
    replay = replay_with(&bytes, given, given_count);
    lh_buf_clear(&bytes);
    return replay;
}

static void epochs_that_an_archive_carries_follow_each_other(void **state)
{
    struct street *street = *state;
    struct lh_bytes one = lh_epochs_proposal(street->epochs, 1);
    struct lh_bytes two = lh_epochs_proposal(street->epochs, 2);
    static const uint8_t newer[] = { 0x08, 0x02 };
    const struct {
        const char *name;
        struct lh_bytes frames[2];
        enum lh_code code; /* LH_OK: nothing is found */
    } rows[] = {
        { "in order", { one, two }, LH_OK },
        { "one is missing", { two, one }, LH_ERR_FORGED },
        { "twice", { one, one }, LH_ERR_FORGED },
        { "no proposal", { one, lh_bytes_of_text("x") }, LH_ERR_FORGED },
        { "of a newer schema", { one, lh_bytes_of(newer, sizeof newer) }, LH_ERR_UNKNOWN },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_replay *replay = judge_frames(street, rows[i].frames, 2, NULL, 0);

        if (rows[i].code == LH_OK) {
            replayed_expect_good(replay); /* no header names them */
        } else {
            replayed_expect(replay, rows[i].name, rows[i].code, "A06", LH_REPLAY_NO_INDEX, 1);
        }
        lh_replay_free(replay);
    }
}

static void another_epoch_than_the_one_given_breaks_t04(void **state)
{
    struct street *street = *state;
    struct lh_bytes one = lh_epochs_proposal(street->epochs, 1);
    struct lh_bytes two = lh_epochs_proposal(street->epochs, 2);
    struct lh_bytes other = lh_buf_bytes(&street->other);
    struct lh_replay *replay = judge_frames(street, &other, 1, &one, 1);

    replayed_expect(replay, "another", LH_ERR_FORGED, "T04", LH_REPLAY_NO_INDEX, 1);
    lh_replay_free(replay);
    replay = judge_frames(street, &one, 1, &one, 1);
    replayed_expect_good(replay);
    lh_replay_free(replay);
    replay = judge_frames(street, NULL, 0, &two, 1);
    replayed_expect(replay, "of another network", LH_ERR_UNKNOWN, "T04", LH_REPLAY_NO_INDEX, 1);
    lh_replay_free(replay);
}

int main(void)
{
#define IN_SUITE_W(claim) cmocka_unit_test_setup_teardown(claim, set_up_w, tear_down)
#define IN_SUITE_G(claim) cmocka_unit_test_setup_teardown(claim, set_up_g, tear_down)
    const struct CMUnitTest claims[] = {
        IN_SUITE_W(a_ledger_goes_from_epoch_to_epoch),
        IN_SUITE_G(a_ledger_goes_from_epoch_to_epoch),
        IN_SUITE_W(a_key_that_an_epoch_ended_signs_nothing_behind_the_header),
        IN_SUITE_G(a_key_that_an_epoch_ended_signs_nothing_behind_the_header),
        IN_SUITE_W(a_key_that_an_epoch_brings_in_signs_nothing_before_the_header),
        IN_SUITE_W(a_ledger_that_begins_anew_begins_with_the_keys_of_its_first_epoch),
        IN_SUITE_W(the_next_generation_goes_on_in_its_epoch),
        IN_SUITE_W(an_epoch_that_the_archive_carries_and_nobody_gave_cannot_be_told),
        IN_SUITE_W(an_epoch_that_is_not_known_cannot_be_told),
        IN_SUITE_W(an_earlier_epoch_breaks_b06),
        IN_SUITE_W(epochs_that_an_archive_carries_follow_each_other),
        IN_SUITE_W(another_epoch_than_the_one_given_breaks_t04),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
