#include "ledger/roster.h"

#include "../../support/roster_world.h"
#include "crypto/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

/* ---- what it knows --------------------------------------------------------------------------- */

static void it_starts_with_officers_and_recorder_of_the_department(void **state)
{
    struct lh_roster *roster = NULL;

    (void)state;
    assert_int_equal(lh_roster_count(world.roster), 3);
    assert_int_equal(lh_roster_at(world.roster, 0)->kind, LH_SIGNER_OFFICER);
    assert_int_equal(lh_roster_at(world.roster, 2)->kind, LH_SIGNER_RECORDER);
    assert_int_equal(key_of(founder_alg(), OFFICER_B)->kind, LH_SIGNER_OFFICER);
    assert_null(key_of(founder_alg(), 13)); /* its witness key signs no entries */
    assert_null(key_of(founder_alg(), 20)); /* an officer of another department */
    assert_int_equal(lh_roster_new(&roster, world.genesis, lh_bytes_of_text("wjw"), NULL),
                     LH_ERR_NOT_FOUND);
}

static void staff_is_found_by_key_and_by_pseudonym(void **state)
{
    uint8_t person[8];

    (void)state;
    pseudonym(person, STAFF_A);
    assert_null(lh_roster_find_staff(world.roster, person));
    enrol(STAFF_A, STAFF_A);
    const struct lh_roster_key *key = lh_roster_find_staff(world.roster, person);
    assert_ptr_equal(key, key_of(staff_alg(), STAFF_A));
    assert_int_equal(key->kind, LH_SIGNER_STAFF);
    assert_int_equal(key->enrolled_at, 1);
    assert_int_equal(key->roles, LH_ROLE_COUNTER);
    assert_true(key->valid_until_unix_ms == INT64_MAX);
    assert_memory_equal(key->staff, person, 8);
    assert_non_null(key->verifier);
}

static void a_thousand_people_are_all_found(void **state)
{
    uint8_t person[8] = { 0 };
    uint8_t seed[32] = { 0 };

    (void)state;
    body_of(lhpb_EntryType_STAFF);
    for (uint32_t i = 1; i <= 1000; i++) {
        struct lh_signer *signer = NULL;

        lh_put_u32(seed, i);
        assert_int_equal(
            lh_signer_from_seed(&signer, LH_ALG_ED25519, lh_bytes_of(seed, sizeof seed), NULL),
            LH_OK);
        lh_pubkey_to_wire(&world.body.detail.staff_enrol.key, lh_signer_pubkey(signer));
        lh_signer_free(signer);
        lh_put_u32(world.body.detail.staff_enrol.pseudonym, i);
        assert_int_equal(apply(), LH_OK);
    }
    memcpy(person, world.body.detail.staff_enrol.pseudonym, 8);
    for (uint32_t i = 1; i <= 1000; i++) {
        lh_put_u32(person, i);
        const struct lh_roster_key *key = lh_roster_find_staff(world.roster, person);
        assert_non_null(key);
        assert_int_equal(key->enrolled_at, i);
        assert_ptr_equal(lh_roster_find(world.roster, &key->id), key);
    }
    assert_int_equal(lh_roster_count(world.roster), 1003);
}

static void a_key_id_is_enrolled_once(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    body_of(lhpb_EntryType_STAFF);
    pseudonym(world.body.detail.staff_enrol.pseudonym, STAFF_B);
    lh_fixture_key(&world.body.detail.staff_enrol.key, staff_alg(), STAFF_A);
    assert_int_equal(lh_roster_check_apply(world.roster, world.suite, &world.body, NULL),
                     LH_ERR_CONFLICT);
    assert_int_equal(apply(), LH_ERR_CONFLICT);
    lh_fixture_key(&world.body.detail.staff_enrol.key, founder_alg(), OFFICER_A);
    assert_int_equal(apply(), LH_ERR_CONFLICT);
    assert_int_equal(lh_roster_count(world.roster), 4);
}

static void a_key_of_another_suite_is_refused(void **state)
{
    (void)state;
    body_of(lhpb_EntryType_STAFF);
    lh_fixture_key(&world.body.detail.staff_enrol.key, LH_ALG_SM2, 1);
    assert_int_equal(apply(), LH_ERR_INVALID);
    body_of(lhpb_EntryType_KEYEPOCH);
    lh_fixture_key(&world.body.detail.key_epoch.key, LH_ALG_SM2, 1);
    assert_int_equal(apply(), LH_ERR_INVALID);
}

static void role_and_leave_and_session_end_name_what_exists(void **state)
{
    (void)state;
    body_of(lhpb_EntryType_ROLE);
    assert_int_equal(apply(), LH_ERR_NOT_FOUND);
    body_of(lhpb_EntryType_LEAVE);
    assert_int_equal(apply(), LH_ERR_NOT_FOUND);
    body_of(lhpb_EntryType_SESSION);
    assert_int_equal(apply(), LH_ERR_NOT_FOUND);
    body_of(lhpb_EntryType_SESSION_END);
    assert_int_equal(apply(), LH_ERR_NOT_FOUND);
    enrol(STAFF_A, STAFF_A);
    log_in();
    body_of(lhpb_EntryType_SESSION_END);
    pseudonym(world.body.staff, STAFF_B);
    assert_int_equal(apply(), LH_ERR_DENIED);
    body_of(lhpb_EntryType_SESSION);
    pseudonym(world.body.staff, STAFF_A);
    lh_fixture_key(&world.body.detail.session_open.key, staff_alg(), 9);
    assert_int_equal(apply(), LH_ERR_CONFLICT); /* the session id */
}

static void a_session_ends_once(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    log_in();
    body_of(lhpb_EntryType_SESSION_END);
    pseudonym(world.body.staff, STAFF_A);
    assert_int_equal(lh_roster_check_apply(world.roster, world.suite, &world.body, NULL), LH_OK);
    assert_int_equal(apply(), LH_OK);
    assert_int_equal(apply(), LH_ERR_NOT_FOUND);
    body_of(lhpb_EntryType_SESSION);
    pseudonym(world.body.staff, STAFF_A);
    lh_fixture_key(&world.body.detail.session_open.key, staff_alg(), 9);
    assert_int_equal(apply(), LH_ERR_CONFLICT); /* its id stays taken */
    memset(world.body.detail.session_open.session_id, 0x66, 16);
    assert_int_equal(apply(), LH_OK);
    body_of(lhpb_EntryType_SESSION_END);
    pseudonym(world.body.staff, STAFF_A);
    memset(world.body.detail.session_end.session_id, 0x66, 16);
    assert_int_equal(apply(), LH_OK);
}

static void roles_change_with_a_role_entry(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    body_of(lhpb_EntryType_ROLE);
    pseudonym(world.body.detail.role.pseudonym, STAFF_A);
    world.body.detail.role.roles = LH_ROLE_AUDITOR;
    enact();
    assert_int_equal(key_of(staff_alg(), STAFF_A)->roles, LH_ROLE_AUDITOR);
}

static void name_box(uint8_t number, int64_t from, int64_t until)
{
    lhpb_KeyEpoch *epoch = &world.body.detail.key_epoch;

    body_of(lhpb_EntryType_KEYEPOCH);
    epoch->purpose = LH_PURPOSE_AUDIT_BOX;
    lh_fixture_key(&epoch->key, LH_ALG_X25519, number);
    epoch->valid_from_ms = (uint64_t)from;
    epoch->valid_until_ms = (uint64_t)until;
    enact();
}

/* Number of the key in force; 0: none. */
static unsigned box_at(const struct lh_roster *roster, int64_t now)
{
    const struct lh_pubkey *found = lh_roster_audit_box(roster, now);
    lhpb_PublicKey wire;
    struct lh_pubkey key;

    for (uint8_t number = 1; found != NULL && number < 9; number++) {
        lh_fixture_key(&wire, LH_ALG_X25519, number);
        assert_int_equal(lh_pubkey_from_wire(&key, &wire, NULL), LH_OK);
        if (lh_pubkey_is_equal(found, &key)) {
            return number;
        }
    }
    return found == NULL ? 0 : 99;
}

static void the_newest_box_key_in_force_counts(void **state)
{
    struct lh_roster *next = NULL;
    struct lh_pubkey key;
    lhpb_PublicKey wire;

    (void)state;
    assert_int_equal(box_at(world.roster, NOW), 0);
    name_box(1, NOW, 0);
    assert_int_equal(box_at(world.roster, NOW), 1);
    name_box(2, NOW + HOUR_MS, NOW + DAY_MS);
    assert_int_equal(box_at(world.roster, NOW - 1), 0);
    assert_int_equal(box_at(world.roster, NOW + HOUR_MS - 1), 1);
    assert_int_equal(box_at(world.roster, NOW + HOUR_MS), 2);
    assert_int_equal(box_at(world.roster, NOW + DAY_MS), 1);
    assert_int_equal(lh_roster_copy(&next, world.roster, NULL), LH_OK); /* the next generation's */
    body_of(lhpb_EntryType_KEYCOMP);
    lh_fixture_key(&wire, LH_ALG_X25519, 1);
    assert_int_equal(lh_pubkey_from_wire(&key, &wire, NULL), LH_OK);
    struct lh_key_id id = lh_key_id_of(world.suite, &key);
    memcpy(world.body.detail.key_comp.key_id, id.bytes, sizeof id.bytes);
    world.body.detail.key_comp.since_ms = (uint64_t)NOW + 5;
    enact();
    assert_int_equal(box_at(world.roster, NOW + 4), 1);
    assert_int_equal(box_at(world.roster, NOW + 5), 0);
    assert_int_equal(box_at(world.roster, NOW + HOUR_MS), 2);
    assert_int_equal(box_at(next, NOW + DAY_MS), 1); /* a copy of its own */
    lh_roster_free(next);
}

static void a_copy_goes_on_where_the_other_stood(void **state)
{
    struct lh_roster *next = NULL;
    const struct lh_roster_key *key;

    (void)state;
    enrol(1, STAFF_A);
    enrol(2, STAFF_B);
    body_of(lhpb_EntryType_LEAVE);
    pseudonym(world.body.detail.leave.pseudonym, 2);
    enact();
    assert_int_equal(lh_roster_copy(&next, world.roster, NULL), LH_OK);
    assert_int_equal(lh_roster_count(next), lh_roster_count(world.roster));
    for (size_t i = 0; i < lh_roster_count(next); i++) {
        const struct lh_roster_key *from = lh_roster_at(world.roster, i);

        key = lh_roster_find(next, &from->id);
        assert_non_null(key);
        assert_int_equal(key->kind, from->kind);
        assert_int_equal(key->enrolled_at, 0);
        assert_int_equal(key->revoked_from_unix_ms, from->revoked_from_unix_ms);
        assert_ptr_not_equal(key->verifier, from->verifier);
    }
    struct lh_roster *old = world.roster;
    world.roster = next; /* what follows is judged by the copy alone */
    lh_roster_free(old);
    query_of(1);
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_OK);
    body_of(lhpb_EntryType_STAFF);
    assert_int_equal(lh_roster_check_apply(next, world.suite, &world.body, NULL), LH_ERR_CONFLICT);
}

static void only_the_types_that_matter_are_its_concern(void **state)
{
    size_t concerned = 0;

    (void)state;
    enrol(STAFF_A, STAFF_A);
    for (size_t i = 0; i < lh_fixture_type_count(); i++) {
        concerned += lh_roster_is_concerned(lh_fixture_type_at(i)) ? 1 : 0;
        if (!lh_roster_is_concerned(lh_fixture_type_at(i))) {
            body_of(lh_fixture_type_at(i));
            assert_int_equal(apply(), LH_OK);
        }
    }
    assert_int_equal(concerned, 7);
    assert_int_equal(lh_roster_count(world.roster), 4);
}

/* ---- judging by ledger order ----------------------------------------------------------------- */

static void each_kind_of_signer_reaches_its_level(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };
    unsigned level = 0;

    for (size_t i = 0; i < 2; i++) {
        (void)tear_down(state);
        open_world(suites[i]);
        enrol(STAFF_A, STAFF_A);
        log_in();
        query_of(STAFF_A);
        sign_by(STAFF_A, 0);
        assert_int_equal(judge(&level), LH_OK);
        assert_int_equal(level, 3);
        query_in_session();
        sign_by(SESSION_A, 0);
        assert_int_equal(judge(&level), LH_OK);
        assert_int_equal(level, 2);
        query_of(STAFF_B); /* reported by a system; nobody enrolled him */
        sign_by(RECORDER, 0);
        assert_int_equal(judge(&level), LH_OK);
        assert_int_equal(level, 1);
        body_of(lhpb_EntryType_CALENDAR);
        sign_by(OFFICER_A, OFFICER_B);
        assert_int_equal(judge(&level), LH_OK);
        assert_int_equal(level, 3);
    }
}

/* Session `number` of STAFF_A with a key of its own. */
static void open_session(uint8_t number)
{
    body_of(lhpb_EntryType_SESSION);
    pseudonym(world.body.staff, STAFF_A);
    memset(world.body.detail.session_open.session_id, number, 16);
    lh_fixture_key(&world.body.detail.session_open.key, staff_alg(), number);
    sign_by(STAFF_A, 0);
    assert_int_equal(apply(), LH_OK);
}

static bool is_at_hand(uint8_t number)
{
    return key_of(staff_alg(), number)->verifier != NULL;
}

static void query_in(uint8_t number)
{
    query_of(STAFF_A);
    world.body.has_session = true;
    memset(world.body.session, number, 16);
    sign_by(number, 0);
}

static void verifiers_of_old_and_ended_sessions_are_let_go_and_still_judged(void **state)
{
    enum { FIRST = 30, LAST = 34 };

    (void)state;
    lh_roster_keep_sessions(world.roster, 3);
    enrol(STAFF_A, STAFF_A);
    for (uint8_t number = FIRST; number <= LAST; number++) {
        open_session(number);
        enrol(STAFF_B, (uint8_t)(number + 20)); /* other keys come in between */
    }
    assert_true(is_at_hand(LAST) && is_at_hand(LAST - 1) && is_at_hand(LAST - 2));
    assert_false(is_at_hand(LAST - 3) || is_at_hand(FIRST));
    assert_true(is_at_hand(STAFF_A) && is_at_hand(FIRST + 20));
    body_of(lhpb_EntryType_SESSION_END);
    pseudonym(world.body.staff, STAFF_A);
    memset(world.body.detail.session_end.session_id, LAST - 1, 16);
    assert_int_equal(apply(), LH_OK);
    assert_int_equal(apply(), LH_ERR_NOT_FOUND); /* it has ended */
    assert_false(is_at_hand(LAST - 1));
    for (uint8_t number = FIRST; number <= LAST; number++) {
        query_in(number);
        assert_int_equal(judge(NULL), LH_OK);
        world.entry.signatures[0].value[5] ^= 1;
        assert_int_equal(judge(NULL), LH_ERR_FORGED);
    }
    /* Room that an end has made is used. */
    open_session(LAST + 1);
    assert_true(is_at_hand(LAST + 1) && is_at_hand(LAST) && is_at_hand(LAST - 2));
}

static void a_roster_that_was_not_told_keeps_all_verifiers(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    for (uint8_t number = 30; number < 40; number++) {
        open_session(number);
    }
    body_of(lhpb_EntryType_SESSION_END);
    pseudonym(world.body.staff, STAFF_A);
    memset(world.body.detail.session_end.session_id, 31, 16);
    assert_int_equal(apply(), LH_OK);
    for (uint8_t number = 30; number < 40; number++) {
        assert_true(is_at_hand(number));
    }
}

static void a_signature_that_fails_is_forged(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    query_of(STAFF_A);
    sign_by(STAFF_A, 0);
    for (size_t bit = 0; bit < 64 * 8; bit += 7) {
        world.entry.signatures[0].value[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(judge(NULL), LH_ERR_FORGED);
        assert_int_equal(lh_roster_judge(world.roster, world.suite, &world.entry, &world.body,
                                         false, NULL, NULL),
                         LH_OK);
        world.entry.signatures[0].value[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    world.entry.body.bytes[10] ^= 1; /* the body that was signed is another one */
    assert_int_equal(judge(NULL), LH_ERR_FORGED);
}

static void a_key_that_no_earlier_leaf_enrolled_is_forged(void **state)
{
    (void)state;
    query_of(STAFF_A);
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_ERR_FORGED);
    assert_int_equal(intake(NOW), LH_ERR_FORGED);
}

static void an_officer_act_needs_two_different_officers(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    body_of(lhpb_EntryType_CATALOG);
    sign_by(OFFICER_A, 0);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    sign_by(OFFICER_A, RECORDER);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    sign_by(OFFICER_A, STAFF_A);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    sign_by(OFFICER_A, OFFICER_B);
    assert_int_equal(judge(NULL), LH_OK);
}

static void every_type_is_denied_to_the_kinds_that_the_matrix_leaves_out(void **state)
{
    static const struct {
        enum lh_signer_kind kind;
        uint8_t first;
        uint8_t second;
    } signers[] = {
        { LH_SIGNER_OFFICER, OFFICER_A, OFFICER_B },
        { LH_SIGNER_STAFF, STAFF_A, 0 },
        { LH_SIGNER_SESSION, SESSION_A, 0 },
        { LH_SIGNER_RECORDER, RECORDER, 0 },
    };

    (void)state;
    enrol(STAFF_A, STAFF_A);
    log_in();
    for (size_t i = 0; i < lh_fixture_type_count(); i++) {
        lhpb_EntryType type = lh_fixture_type_at(i);
        unsigned allowed = lh_authority_find(type)->kinds;

        for (size_t j = 0; j < 4; j++) {
            body_of(type);
            if (world.body.has_staff ||
                (signers[j].kind & (LH_SIGNER_STAFF | LH_SIGNER_SESSION) & allowed) != 0) {
                world.body.has_staff = true;
                pseudonym(world.body.staff, STAFF_A);
            }
            if ((signers[j].kind & LH_SIGNER_SESSION & allowed) != 0) {
                world.body.has_session = true;
                memset(world.body.session, 0x55, 16);
            }
            sign_by(signers[j].first, signers[j].second);
            enum lh_code wanted = (allowed & signers[j].kind) != 0 ? LH_OK : LH_ERR_DENIED;
            if (judge(NULL) != wanted) {
                fail_msg("%s by %s", lh_entry_type_name(type),
                         lh_signer_kind_name(signers[j].kind));
            }
        }
    }
}

static void the_body_names_the_one_who_signs(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    enrol(STAFF_B, STAFF_B);
    log_in();
    query_of(STAFF_B);
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    query_of(STAFF_A); /* a session key without its session */
    sign_by(SESSION_A, 0);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    query_in_session();
    world.body.session[0] ^= 1;
    sign_by(SESSION_A, 0);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    query_in_session(); /* her own key, within her own session */
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_OK);
    pseudonym(world.body.staff, STAFF_B); /* his own key, within her session */
    sign_by(STAFF_B, 0);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    query_of(STAFF_A); /* a second signature that nobody asked for */
    sign_by(STAFF_A, STAFF_B);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    query_in_session(); /* two kinds */
    sign_by(STAFF_A, SESSION_A);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
}

static void what_a_known_signer_may_not_do_is_denied_whoever_else_signs(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    for (uint8_t stranger = 20; stranger < 28; stranger++) { /* before and behind, by key id */
        body_of(lhpb_EntryType_CATALOG);
        sign_by(RECORDER, stranger);
        assert_int_equal(judge(NULL), LH_ERR_DENIED);
        sign_by(OFFICER_A, stranger);
        assert_int_equal(judge(NULL), LH_ERR_FORGED);
        query_of(STAFF_B);
        sign_by(STAFF_A, stranger);
        assert_int_equal(judge(NULL), LH_ERR_DENIED);
        query_of(STAFF_A);
        sign_by(STAFF_A, stranger);
        assert_int_equal(judge(NULL), LH_ERR_FORGED);
    }
}

static void a_session_that_no_leaf_opened_is_not_found(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    enrol(STAFF_B, STAFF_B);
    query_in_session();
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_ERR_NOT_FOUND);
    sign_by(STAFF_A, STAFF_B); /* and one who may not sign at all */
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    log_in();
    query_in_session();
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_OK);
}

static void a_vrsp_may_carry_its_approver(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    enrol(STAFF_B, STAFF_B);
    body_of(lhpb_EntryType_VRSP);
    pseudonym(world.body.staff, STAFF_A);
    world.body.detail.vrsp.has_approver = true;
    pseudonym(world.body.detail.vrsp.approver, STAFF_B);
    sign_by(STAFF_A, STAFF_B);
    assert_int_equal(judge(NULL), LH_OK);
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_OK);
    sign_by(STAFF_B, 0); /* the approver alone */
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    enrol(STAFF_B, 7); /* a rotation: two keys of one approver */
    body_of(lhpb_EntryType_VRSP);
    pseudonym(world.body.staff, STAFF_A);
    world.body.detail.vrsp.has_approver = true;
    pseudonym(world.body.detail.vrsp.approver, STAFF_B);
    sign_by(STAFF_A, 7);
    assert_int_equal(judge(NULL), LH_OK);
    sign_by(STAFF_B, 7);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    sign_also(STAFF_A);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
}

static void an_entry_of_another_department_is_denied(void **state)
{
    (void)state;
    body_of(lhpb_EntryType_CALENDAR);
    strcpy(world.body.department, "mzj");
    sign_by(OFFICER_A, OFFICER_B);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
}

static void a_body_of_a_newer_schema_is_unknown(void **state)
{
    (void)state;
    body_of(lhpb_EntryType_CALENDAR);
    sign_by(OFFICER_A, OFFICER_B);
    assert_int_equal(
        lh_roster_judge(world.roster, world.suite, &world.entry, NULL, true, NULL, NULL),
        LH_ERR_UNKNOWN);
}

static void leaf_and_body_agree_on_whether_there_is_a_subject(void **state)
{
    (void)state;
    query_of(STAFF_B);
    world.body.has_subject_digest = true;
    memset(world.body.subject_digest, 1, 32);
    sign_by(RECORDER, 0);
    assert_int_equal(judge(NULL), LH_OK);
    world.entry.intake.has_index_digest = false;
    assert_int_equal(judge(NULL), LH_ERR_INVALID);
}

static void only_the_recorder_signs_what_is_imported(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    query_of(STAFF_A);
    world.body.flags = LH_BODY_IMPORTED;
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_ERR_DENIED);
    sign_by(RECORDER, 0);
    assert_int_equal(judge(NULL), LH_OK);
}

static void a_later_leave_or_rotation_never_makes_a_signature_bad(void **state)
{
    (void)state;
    enrol(STAFF_A, STAFF_A);
    query_of(STAFF_A);
    sign_by(STAFF_A, 0);
    lhpb_Entry entry = world.entry;
    lhpb_Body body = world.body;

    enrol(STAFF_A, 7); /* a new key for the same pseudonym */
    body_of(lhpb_EntryType_LEAVE);
    pseudonym(world.body.detail.leave.pseudonym, STAFF_A);
    enact();
    body_of(lhpb_EntryType_KEYCOMP);
    memcpy(world.body.detail.key_comp.key_id, key_of(staff_alg(), STAFF_A)->id.bytes, 16);
    enact();
    world.entry = entry;
    world.body = body;
    assert_int_equal(judge(NULL), LH_OK);
    assert_int_equal(intake(NOW), LH_ERR_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(it_starts_with_officers_and_recorder_of_the_department),
        WITH_WORLD(staff_is_found_by_key_and_by_pseudonym),
        WITH_WORLD(a_thousand_people_are_all_found),
        WITH_WORLD(a_key_id_is_enrolled_once),
        WITH_WORLD(a_key_of_another_suite_is_refused),
        WITH_WORLD(role_and_leave_and_session_end_name_what_exists),
        WITH_WORLD(a_session_ends_once),
        WITH_WORLD(roles_change_with_a_role_entry),
        WITH_WORLD(the_newest_box_key_in_force_counts),
        WITH_WORLD(a_copy_goes_on_where_the_other_stood),
        WITH_WORLD(only_the_types_that_matter_are_its_concern),
        WITH_WORLD(each_kind_of_signer_reaches_its_level),
        WITH_WORLD(verifiers_of_old_and_ended_sessions_are_let_go_and_still_judged),
        WITH_WORLD(a_roster_that_was_not_told_keeps_all_verifiers),
        WITH_WORLD(a_signature_that_fails_is_forged),
        WITH_WORLD(a_key_that_no_earlier_leaf_enrolled_is_forged),
        WITH_WORLD(an_officer_act_needs_two_different_officers),
        WITH_WORLD(every_type_is_denied_to_the_kinds_that_the_matrix_leaves_out),
        WITH_WORLD(the_body_names_the_one_who_signs),
        WITH_WORLD(what_a_known_signer_may_not_do_is_denied_whoever_else_signs),
        WITH_WORLD(a_session_that_no_leaf_opened_is_not_found),
        WITH_WORLD(a_vrsp_may_carry_its_approver),
        WITH_WORLD(an_entry_of_another_department_is_denied),
        WITH_WORLD(a_body_of_a_newer_schema_is_unknown),
        WITH_WORLD(leaf_and_body_agree_on_whether_there_is_a_subject),
        WITH_WORLD(only_the_recorder_signs_what_is_imported),
        WITH_WORLD(a_later_leave_or_rotation_never_makes_a_signature_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
