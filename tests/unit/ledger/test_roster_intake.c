/* What intake asks beyond ledger order: windows, validity, revocation, sessions. */
#include "ledger/roster.h"

#include "../../support/roster_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

/* ---- at intake ------------------------------------------------------------------------------- */

/* A query of A at `at`, with these flags, signed by her. */
static enum lh_code intake_of(int64_t at, uint64_t flags, int64_t now)
{
    query_of(STAFF_A);
    world.body.event_time_ms = (uint64_t)at;
    world.body.flags = flags;
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_OK);
    return intake(now);
}

static void an_event_lies_in_its_window(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    assert_int_equal(intake_of(NOW, 0, NOW), LH_OK);
    assert_int_equal(intake_of(NOW + 2 * MINUTE_MS, 0, NOW), LH_OK);
    assert_int_equal(intake_of(NOW + 2 * MINUTE_MS + 1, 0, NOW), LH_ERR_INVALID);
    assert_int_equal(intake_of(NOW - 10 * MINUTE_MS, 0, NOW), LH_OK);
    assert_int_equal(intake_of(NOW - 10 * MINUTE_MS - 1, 0, NOW), LH_ERR_INVALID);
    assert_int_equal(intake_of(NOW - 10 * MINUTE_MS - 1, LH_BODY_LATE, NOW), LH_OK);
    assert_int_equal(intake_of(NOW - 72 * HOUR_MS, LH_BODY_LATE, NOW), LH_OK);
    assert_int_equal(intake_of(NOW - 72 * HOUR_MS - 1, LH_BODY_LATE, NOW), LH_ERR_LIMIT);
}

static void off_platform_notes_and_officer_acts_have_30_days(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    body_of(lhpb_EntryType_OOB);
    pseudonym(world.body.staff, STAFF_A);
    world.body.flags = LH_BODY_LATE;
    sign_by(STAFF_A, 0);
    assert_int_equal(intake(NOW + 30 * DAY_MS), LH_OK);
    assert_int_equal(intake(NOW + 30 * DAY_MS + 1), LH_ERR_LIMIT);
    world.body.flags = 0;
    sign_by(STAFF_A, 0);
    assert_int_equal(intake(NOW + 1 * DAY_MS), LH_ERR_INVALID);
    body_of(lhpb_EntryType_CALENDAR);
    sign_by(OFFICER_A, OFFICER_B);
    assert_int_equal(intake(NOW + 30 * DAY_MS), LH_OK);
    assert_int_equal(intake(NOW + 30 * DAY_MS + 1), LH_ERR_LIMIT);
}

static void what_is_imported_may_be_of_any_age(void **state)
{
    (void)state;
    query_of(STAFF_A);
    world.body.event_time_ms = 1;
    world.body.flags = LH_BODY_IMPORTED;
    sign_by(RECORDER, 0);
    assert_int_equal(intake(NOW), LH_OK);
    world.body.event_time_ms = (uint64_t)(NOW + 3 * MINUTE_MS);
    sign_by(RECORDER, 0);
    assert_int_equal(intake(NOW), LH_ERR_INVALID);
}

static void a_key_is_valid_at_event_time(void **state)
{
    (void)state;
    body_of(lhpb_EntryType_STAFF);
    pseudonym(world.body.detail.staff_enrol.pseudonym, STAFF_A);
    lh_fixture_key(&world.body.detail.staff_enrol.key, staff_alg(), STAFF_A);
    world.body.detail.staff_enrol.valid_from_ms = (uint64_t)NOW;
    world.body.detail.staff_enrol.valid_until_ms = (uint64_t)(NOW + MINUTE_MS);
    enact();
    assert_int_equal(intake_of(NOW - 1, 0, NOW), LH_ERR_DENIED);
    assert_int_equal(intake_of(NOW, 0, NOW), LH_OK);
    assert_int_equal(intake_of(NOW + MINUTE_MS - 1, 0, NOW), LH_OK);
    assert_int_equal(intake_of(NOW + MINUTE_MS, 0, NOW), LH_ERR_DENIED);
    /* recorded after its end, for an event before it */
    assert_int_equal(intake_of(NOW, 0, NOW + 5 * MINUTE_MS), LH_OK);
}

static void a_rotated_key_takes_no_more_entries(void **state)
{
    uint8_t person[8];

    (void)state;
    enrol(STAFF_A, STAFF_A);
    assert_int_equal(intake_of(NOW, 0, NOW), LH_OK);
    enrol(STAFF_A, 7);
    assert_int_equal(intake_of(NOW, 0, NOW), LH_ERR_DENIED);
    query_of(STAFF_A);
    sign_by(7, 0);
    assert_int_equal(judge(NULL), LH_OK);
    assert_int_equal(intake(NOW), LH_OK);
    pseudonym(person, STAFF_A);
    assert_ptr_equal(lh_roster_find_staff(world.roster, person), key_of(staff_alg(), 7));
    assert_true(key_of(staff_alg(), STAFF_A)->is_replaced);
}

static void leave_ends_keys_and_sessions_of_the_person(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    log_in();
    enrol(STAFF_A, 7); /* the session was opened with the older key */
    query_in_session();
    sign_by(SESSION_A, 0);
    assert_int_equal(intake(NOW), LH_OK);
    body_of(lhpb_EntryType_LEAVE);
    pseudonym(world.body.detail.leave.pseudonym, STAFF_A);
    world.body.detail.leave.effective_ms = (uint64_t)(NOW + MINUTE_MS);
    enact();
    query_in_session();
    sign_by(SESSION_A, 0);
    assert_int_equal(intake(NOW), LH_OK); /* not yet */
    assert_int_equal(intake(NOW + MINUTE_MS), LH_ERR_DENIED);
    query_of(STAFF_A);
    sign_by(7, 0);
    assert_int_equal(intake(NOW), LH_OK);
    assert_int_equal(intake(NOW + MINUTE_MS), LH_ERR_DENIED);
    enrol(STAFF_A, 8); /* and comes back */
    query_of(STAFF_A);
    sign_by(8, 0);
    assert_int_equal(intake(NOW + MINUTE_MS), LH_OK);
}

static void a_compromised_key_takes_no_more_entries(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    body_of(lhpb_EntryType_KEYCOMP);
    memcpy(world.body.detail.key_comp.key_id, key_of(staff_alg(), STAFF_A)->id.bytes, 16);
    world.body.detail.key_comp.since_ms = (uint64_t)NOW;
    enact();
    assert_int_equal(intake_of(NOW - 1, 0, NOW), LH_ERR_DENIED); /* revoked when recorded */
    body_of(lhpb_EntryType_KEYCOMP);                             /* a later date does not undo it */
    memcpy(world.body.detail.key_comp.key_id, key_of(staff_alg(), STAFF_A)->id.bytes, 16);
    world.body.detail.key_comp.since_ms = (uint64_t)(NOW + DAY_MS);
    enact();
    assert_int_equal(intake_of(NOW - 1, 0, NOW), LH_ERR_DENIED);
    body_of(lhpb_EntryType_KEYCOMP); /* a key that is no key of the roster */
    enact();
}

static void a_session_bounds_its_events_and_their_recording(void **state)
{
    const int64_t end = NOW + 8 * HOUR_MS;

    (void)state;
    enrol(STAFF_A, STAFF_A);
    log_in();
    static const struct {
        int64_t at;  /* after the login */
        int64_t now; /* after its end */
        enum lh_code wanted;
    } rows[] = {
        { 0, -8 * HOUR_MS, LH_OK },
        { -1, -8 * HOUR_MS, LH_ERR_DENIED },
        { 8 * HOUR_MS - 1, 0, LH_OK },
        { 8 * HOUR_MS, 0, LH_ERR_DENIED },
        { 8 * HOUR_MS - 1, 72 * HOUR_MS - 1, LH_OK },
        { 8 * HOUR_MS - 1, 72 * HOUR_MS, LH_ERR_LIMIT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        query_in_session();
        world.body.event_time_ms = (uint64_t)(NOW + rows[i].at);
        world.body.flags = LH_BODY_LATE;
        sign_by(SESSION_A, 0);
        assert_int_equal(judge(NULL), LH_OK);
        if (intake(end + rows[i].now) != rows[i].wanted) {
            fail_msg("row %zu", i);
        }
    }
}

static void an_old_note_of_a_session_is_recorded_within_72_hours(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    log_in();
    body_of(lhpb_EntryType_OOB); /* 30 days, but not through a session */
    pseudonym(world.body.staff, STAFF_A);
    world.body.has_session = true;
    memset(world.body.session, 0x55, 16);
    world.body.flags = LH_BODY_LATE;
    sign_by(SESSION_A, 0);
    assert_int_equal(intake(NOW + 80 * HOUR_MS), LH_OK);
    assert_int_equal(intake(NOW + 80 * HOUR_MS + 1), LH_ERR_LIMIT);
}

static void a_session_that_ended_takes_what_happened_before(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    log_in();
    body_of(lhpb_EntryType_SESSION_END);
    pseudonym(world.body.staff, STAFF_A);
    world.body.event_time_ms = (uint64_t)(NOW + MINUTE_MS);
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_OK);
    assert_int_equal(apply(), LH_OK);
    query_in_session();
    sign_by(SESSION_A, 0);
    assert_int_equal(intake(NOW + 2 * MINUTE_MS), LH_OK);
    world.body.event_time_ms = (uint64_t)(NOW + MINUTE_MS);
    sign_by(SESSION_A, 0);
    assert_int_equal(intake(NOW + 2 * MINUTE_MS), LH_ERR_DENIED);
}

static void a_key_epoch_enrols_officers_and_recorders(void **state)
{
    (void)state;
    body_of(lhpb_EntryType_KEYEPOCH);
    lh_fixture_key(&world.body.detail.key_epoch.key, staff_alg(), 5);
    world.body.detail.key_epoch.purpose = LH_PURPOSE_OFFICER;
    enact();
    body_of(lhpb_EntryType_CALENDAR);
    sign_by(OFFICER_A, 5);
    assert_int_equal(judge(NULL), LH_OK);
    body_of(lhpb_EntryType_KEYEPOCH);
    lh_fixture_key(&world.body.detail.key_epoch.key, staff_alg(), 6);
    world.body.detail.key_epoch.valid_until_ms = (uint64_t)(NOW + MINUTE_MS);
    enact();
    query_of(STAFF_A);
    sign_by(6, 0);
    assert_int_equal(judge(NULL), LH_OK);
    assert_int_equal(intake(NOW), LH_OK);
    world.body.event_time_ms = (uint64_t)(NOW + MINUTE_MS);
    sign_by(6, 0);
    assert_int_equal(intake(NOW + MINUTE_MS), LH_ERR_DENIED);
    body_of(lhpb_EntryType_KEYEPOCH); /* a seal is no key of the roster */
    world.body.detail.key_epoch.purpose = LH_PURPOSE_SEAL;
    enact();
    assert_int_equal(lh_roster_count(world.roster), 5);
}

static void sign_open(void)
{
    body_of(lhpb_EntryType_OPEN);
    pseudonym(world.body.staff, STAFF_A);
    sign_by(STAFF_A, 0);
}

/* By the leaf of the ROLE; who is not enrolled has none, though the recorder attests it. */
static void only_an_auditor_by_role_leaves_an_open(void **state)
{
    static const uint64_t roles[] = { LH_ROLE_COUNTER, LH_ROLE_SUPERVISOR | LH_ROLE_OPERATOR,
                                      LH_ROLE_AUDITOR, LH_ROLE_AUDITOR | LH_ROLE_COUNTER };

    (void)state;
    enrol(STAFF_A, STAFF_A);
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        body_of(lhpb_EntryType_ROLE);
        pseudonym(world.body.detail.role.pseudonym, STAFF_A);
        world.body.detail.role.roles = roles[i];
        enact();
        sign_open();
        assert_int_equal(judge(NULL), LH_OK); /* replay does not ask */
        assert_int_equal(intake(NOW), i < 2 ? LH_ERR_DENIED : LH_OK);
    }
    sign_open();
    pseudonym(world.body.staff, STAFF_B);
    sign_by(RECORDER, 0);
    assert_int_equal(intake(NOW), LH_ERR_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(an_event_lies_in_its_window),
        WITH_WORLD(off_platform_notes_and_officer_acts_have_30_days),
        WITH_WORLD(what_is_imported_may_be_of_any_age),
        WITH_WORLD(a_key_is_valid_at_event_time),
        WITH_WORLD(a_rotated_key_takes_no_more_entries),
        WITH_WORLD(leave_ends_keys_and_sessions_of_the_person),
        WITH_WORLD(a_compromised_key_takes_no_more_entries),
        WITH_WORLD(a_session_bounds_its_events_and_their_recording),
        WITH_WORLD(an_old_note_of_a_session_is_recorded_within_72_hours),
        WITH_WORLD(a_session_that_ended_takes_what_happened_before),
        WITH_WORLD(a_key_epoch_enrols_officers_and_recorders),
        WITH_WORLD(only_an_auditor_by_role_leaves_an_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
