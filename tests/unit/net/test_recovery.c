#include "net/recovery.h"

#include "net/message.h"
#include "net/promise.h"
#include "tests/support/street.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, MZJ, RSJ, YBJ, ZRJ, SJJ };

static const size_t ALL_CREDIT[LH_CLASS_COUNT] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };

/* gaj has sealed three blocks (9 leaves) that all hold, loses everything and asks. */
struct scene {
    struct street street;
    struct lh_replica_mem *lost;
    struct lh_recovery *recovery;
    struct lh_buf act;
    bool is_joined[LH_TOWN_MAX];
};

static void begin(struct scene *scene)
{
    assert_int_equal(lh_recovery_new(&scene->recovery, scene->street.nodes[GAJ].replica,
                                     lh_buf_bytes(&scene->act), NULL),
                     LH_OK);
    memset(scene->is_joined, 0, sizeof scene->is_joined);
}

static void set_up(struct scene *scene, size_t count)
{
    struct street *street = &scene->street;

    memset(scene, 0, sizeof *scene);
    street_init(street, LH_SUITE_W, count);
    street_add_witnesses(street);
    street_link_all(street);
    for (size_t i = 0; i < 3; i++) {
        street_seal(street, GAJ, 2);
        street_settle(street);
    }
    scene->lost = street->nodes[GAJ].mem;
    street->nodes[GAJ].mem = lh_replica_mem_new(LH_SUITE_W);
    street->nodes[GAJ].is_restoring = true;
    street_restart(street, GAJ);
    lh_town_prepare(street->town, GAJ, 2, 0, &scene->act);
    begin(scene);
}

static void clear(struct scene *scene)
{
    lh_recovery_free(scene->recovery);
    lh_buf_clear(&scene->act);
    lh_replica_mem_free(scene->lost);
    street_clear(&scene->street);
}

static void join(struct scene *scene, size_t who)
{
    street_link(&scene->street, GAJ, who);
    lh_recovery_join(scene->recovery, lh_town_department(who));
    scene->is_joined[who] = true;
}

static struct lh_recovery_state state_of(const struct scene *scene)
{
    struct lh_recovery_state state;

    lh_recovery_state(scene->recovery, &state);
    return state;
}

/* The frame that gaj has for a member; false: none. */
static bool next(struct scene *scene, size_t who, struct lh_frame *out)
{
    enum lh_code rc = lh_recovery_next(scene->recovery, lh_town_department(who), ALL_CREDIT,
                                       scene->street.now_ms, out, NULL);

    assert_true(rc == LH_OK || rc == LH_AGAIN);
    return rc == LH_OK;
}

static enum lh_code give(struct scene *scene, size_t who, uint16_t type, uint32_t request,
                         struct lh_bytes payload)
{
    struct lh_frame frame = { .type = type, .request = request, .payload = payload };

    return lh_recovery_take(scene->recovery, lh_town_department(who), &frame, scene->street.now_ms,
                            NULL);
}

/* What a member answers to the question of gaj, if there is one. */
static bool ask(struct scene *scene, size_t who, struct lh_frame *out)
{
    struct lh_frame frame;

    if (!next(scene, who, &frame)) {
        return false;
    }
    assert_int_equal(frame.type, LH_FRAME_PREPARE);
    assert_int_equal(
        street_inject(&scene->street, who, GAJ, frame.type, frame.request, frame.payload, NULL),
        LH_OK);
    assert_int_equal(lh_pledge_next(scene->street.nodes[who].pledge, lh_town_department(GAJ),
                                    ALL_CREDIT, 1000, out, NULL),
                     LH_OK);
    return true;
}

static void tick(struct scene *scene)
{
    assert_int_equal(lh_recovery_tick(scene->recovery, scene->street.now_ms, NULL), LH_OK);
}

/* Questions, answers and blocks of all who are here, for a while. */
static void run(struct scene *scene, int64_t ms)
{
    for (int64_t until_ms = scene->street.now_ms + ms; scene->street.now_ms < until_ms;) {
        for (size_t who = MZJ; who < scene->street.count; who++) {
            struct lh_frame frame;

            if (scene->is_joined[who] && ask(scene, who, &frame)) {
                assert_int_equal(give(scene, who, frame.type, frame.request, frame.payload), LH_OK);
            }
        }
        tick(scene);
        street_wait(&scene->street, 1000);
    }
    tick(scene);
}

static void q_promises_bring_the_ledger_back(void **state)
{
    (void)state;
    for (size_t count = 2; count <= LH_TOWN_MAX; count++) {
        struct lh_recovery_state seen;
        struct scene scene;

        set_up(&scene, count);
        assert_int_equal(state_of(&scene).needed, lh_quorum_of(count).promise_count);
        for (size_t who = MZJ; who < count; who++) {
            join(&scene, who);
        }
        run(&scene, 20 * 1000);
        seen = state_of(&scene);
        assert_true(seen.is_settled);
        assert_true(seen.is_whole);
        assert_true(seen.is_enough);
        assert_int_equal(seen.promise_count, count - 1);
        assert_string_equal(seen.head.origin, "jinhua/gaj/1");
        assert_int_equal(seen.head.size, 9);
        assert_int_equal(street_held(&scene.street, GAJ, GAJ), 9);
        assert_true(
            lh_hash_is_equal(&seen.head.root, &street_ledger(&scene.street, MZJ, GAJ)->root));
        assert_int_equal(scene.street.cut_count, 0);
        clear(&scene);
    }
}

/* Of six, q is three. */
static void fewer_than_q_promises_settle_nothing(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, 6);
    assert_int_equal(state_of(&scene).needed, 3);
    join(&scene, MZJ);
    join(&scene, RSJ);
    run(&scene, 120 * 1000);
    assert_int_equal(state_of(&scene).promise_count, 2);
    assert_false(state_of(&scene).is_settled);
    assert_false(state_of(&scene).is_whole);
    assert_int_equal(lh_recovery_promises(scene.recovery).len, 0);
    join(&scene, YBJ);
    run(&scene, 20 * 1000);
    assert_true(state_of(&scene).is_settled);
    assert_true(state_of(&scene).is_whole);
    clear(&scene);
}

/* Whoever has the genesis file and is shown them comes to the same. */
static void what_settled_is_shown_to_everybody(void **state)
{
    struct lh_recovery_state seen;
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    struct lh_hash digest;
    struct lh_bytes rest;
    struct scene scene;
    char before[LH_CODE_MAX + 1] = "";
    size_t count = 0;

    (void)state;
    set_up(&scene, 4);
    for (size_t who = MZJ; who < 4; who++) {
        join(&scene, who);
    }
    run(&scene, 20 * 1000);
    seen = state_of(&scene);
    rest = lh_recovery_promises(scene.recovery);
    digest = lh_promises_digest(lh_town_suite(scene.street.town), rest);
    assert_true(lh_hash_is_equal(&digest, &seen.digest));
    for (; lh_promises_next(&rest, &promise, &bytes, NULL) == LH_OK; count++) {
        assert_true(strcmp(before, promise.department) < 0);
        memcpy(before, promise.department, sizeof before);
        assert_string_equal(promise.origin, "jinhua/gaj/2");
        assert_int_equal(
            lh_promise_verify(&promise, &bytes, lh_town_genesis(scene.street.town), NULL), LH_OK);
    }
    assert_int_equal(count, 3);
    clear(&scene);
}

static void what_settled_is_the_same_after_a_restart(void **state)
{
    struct lh_recovery_state before;
    struct lh_recovery_state after;
    struct lh_frame frame;
    struct scene scene;

    (void)state;
    set_up(&scene, 4);
    join(&scene, MZJ);
    join(&scene, RSJ);
    run(&scene, 20 * 1000);
    before = state_of(&scene);
    assert_true(before.is_settled);
    lh_recovery_free(scene.recovery);
    street_restart(&scene.street, GAJ);
    begin(&scene);
    join(&scene, YBJ); /* whose promise comes too late */
    assert_false(next(&scene, YBJ, &frame));
    run(&scene, 5 * 1000);
    after = state_of(&scene);
    assert_true(after.is_settled);
    assert_true(after.is_whole);
    assert_int_equal(after.promise_count, 2);
    assert_int_equal(after.enough.size, before.enough.size);
    assert_int_equal(after.head.size, before.head.size);
    assert_true(lh_hash_is_equal(&after.digest, &before.digest));
    clear(&scene);
}

static void what_was_kept_and_is_damaged_is_found(void **state)
{
    struct lh_replica_store store;
    struct lh_buf note = LH_BUF_EMPTY;
    struct scene scene;

    (void)state;
    set_up(&scene, 4);
    join(&scene, MZJ);
    join(&scene, RSJ);
    run(&scene, 20 * 1000);
    lh_buf_add(&note, lh_recovery_promises(scene.recovery));
    store = lh_replica_mem_store(scene.street.nodes[GAJ].mem);
    for (int i = 0; i < 3; i++) {
        size_t len = i == 1 ? note.len / 2 : note.len; /* one of two */

        lh_recovery_free(scene.recovery);
        scene.recovery = NULL;
        note.data[note.len - 1] ^= (uint8_t)(i == 0);
        assert_int_equal(store.put_note(store.arg, "jinhua/gaj/2", LH_REPLICA_PROMISES,
                                        lh_bytes_of(note.data, len), NULL),
                         LH_OK);
        note.data[note.len - 1] ^= (uint8_t)(i == 0);
        assert_int_equal(lh_recovery_new(&scene.recovery, scene.street.nodes[GAJ].replica,
                                         lh_buf_bytes(&scene.act), NULL),
                         i < 2 ? LH_ERR_CORRUPT : LH_OK);
    }
    lh_buf_clear(&note);
    clear(&scene);
}

/* The store fails at whichever call: not settled before the promises are kept. */
static void nothing_settles_that_is_not_kept(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, 3);
    join(&scene, MZJ);
    join(&scene, RSJ);
    for (size_t who = MZJ; who <= RSJ; who++) {
        struct lh_frame frame;

        assert_true(ask(&scene, who, &frame));
        assert_int_equal(give(&scene, who, frame.type, frame.request, frame.payload), LH_OK);
    }
    street_wait(&scene.street, 5000); /* and the first leaf came */
    lh_replica_mem_fail_at(scene.street.nodes[GAJ].mem, 1);
    assert_int_equal(lh_recovery_tick(scene.recovery, scene.street.now_ms, NULL), LH_ERR_IO);
    assert_false(state_of(&scene).is_settled);
    lh_replica_mem_fail_at(scene.street.nodes[GAJ].mem, 0);
    tick(&scene);
    assert_true(state_of(&scene).is_settled);
    clear(&scene);
}

/* A promise that mzj makes, as it would if it lied. */
static enum lh_code give_made_up(struct scene *scene, uint32_t request,
                                 const struct lh_checkpoint *head, bool is_sealed,
                                 const char *origin, uint8_t prepare)
{
    struct lh_promise promise = { .department = "mzj", .head = *head };
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_buf payload = LH_BUF_EMPTY;
    enum lh_code rc;

    memcpy(promise.origin, origin, strlen(origin) + 1);
    promise.prepare = lh_recovery_prepare(scene->recovery)->hash;
    promise.prepare.bytes[0] ^= prepare;
    if (head->size > 0) {
        lh_town_sign(scene->street.town, GAJ, head, &note);
        note.data[note.len - 10] ^= (uint8_t)!is_sealed;
    }
    assert_int_equal(lh_promise_encode(&payload, &promise, lh_buf_bytes(&note),
                                       lh_genesis_network_id(lh_town_genesis(scene->street.town)),
                                       lh_town_witness(scene->street.town, MZJ), NULL),
                     LH_OK);
    rc = give(scene, MZJ, LH_FRAME_PROMISE, request, lh_buf_bytes(&payload));
    lh_buf_clear(&payload);
    lh_buf_clear(&note);
    return rc;
}

static void a_head_without_the_seal_makes_its_promise_worth_nothing(void **state)
{
    struct lh_checkpoint head = { .origin = "jinhua/gaj/1",
                                  .size = 99,
                                  .root = { .bytes = { 1 } } };
    struct lh_frame frame;
    struct scene scene;

    (void)state;
    set_up(&scene, 3);
    assert_int_equal(state_of(&scene).needed, 1);
    join(&scene, MZJ);
    assert_true(next(&scene, MZJ, &frame));
    assert_int_equal(give_made_up(&scene, frame.request, &head, false, "jinhua/gaj/2", 0), LH_OK);
    tick(&scene); /* the seal is not known yet: it does not count */
    assert_int_equal(state_of(&scene).promise_count, 0);
    assert_false(state_of(&scene).is_settled);
    street_wait(&scene.street, 5000);
    tick(&scene);
    assert_int_equal(state_of(&scene).promise_count, 0);
    assert_false(state_of(&scene).is_settled);
    assert_true(next(&scene, MZJ, &frame)); /* now it is known */
    assert_int_equal(give_made_up(&scene, frame.request, &head, false, "jinhua/gaj/2", 0),
                     LH_ERR_FORGED);
    street_wait(&scene.street, 20 * 1000);
    assert_true(next(&scene, MZJ, &frame));
    assert_int_equal(give_made_up(&scene, frame.request, &head, true, "jinhua/gaj/2", 0), LH_OK);
    assert_int_equal(state_of(&scene).promise_count, 1);
    clear(&scene);
}

static void answers_to_something_else_are_refused(void **state)
{
    struct lh_checkpoint head = { .size = 0 };
    struct lh_decline decline = { .origin = "jinhua/gaj/2", .reason = LH_DECLINE_LAST };
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_frame frame;
    struct lh_frame answer;
    struct scene scene;

    (void)state;
    set_up(&scene, 3);
    join(&scene, MZJ);
    join(&scene, RSJ);
    assert_int_equal(give_made_up(&scene, 0, &head, true, "jinhua/gaj/2", 0), LH_ERR_INVALID);
    assert_true(next(&scene, MZJ, &frame));
    assert_int_equal(give_made_up(&scene, frame.request + 1, &head, true, "jinhua/gaj/2", 0),
                     LH_ERR_INVALID);
    assert_int_equal(give_made_up(&scene, frame.request, &head, true, "jinhua/gaj/3", 0),
                     LH_ERR_INVALID);
    assert_int_equal(give_made_up(&scene, frame.request, &head, true, "jinhua/gaj/2", 1),
                     LH_ERR_INVALID);
    assert_int_equal(lh_decline_encode(&payload, &decline, NULL), LH_OK);
    assert_int_equal(give(&scene, MZJ, LH_FRAME_DECLINE, frame.request, lh_buf_bytes(&payload)),
                     LH_ERR_INVALID);
    assert_true(ask(&scene, RSJ, &answer)); /* somebody else's promise */
    assert_int_equal(give(&scene, MZJ, answer.type, frame.request, answer.payload), LH_ERR_INVALID);
    assert_int_equal(state_of(&scene).promise_count, 0);
    memcpy(decline.origin, "jinhua/gaj/1", sizeof "jinhua/gaj/1"); /* of a nomination: not ours */
    lh_buf_reset(&payload);
    assert_int_equal(lh_decline_encode(&payload, &decline, NULL), LH_OK);
    assert_int_equal(give(&scene, MZJ, LH_FRAME_DECLINE, 77, lh_buf_bytes(&payload)), LH_OK);
    assert_int_equal(give_made_up(&scene, frame.request, &head, true, "jinhua/gaj/2", 0), LH_OK);
    assert_int_equal(state_of(&scene).promise_count, 1);
    lh_buf_clear(&payload);
    clear(&scene);
}

/* Of six, one witness may lie: it promises a head that it gives to nobody. */
static void who_keeps_blocks_to_itself_holds_nobody_up(void **state)
{
    struct lh_checkpoint head = { .origin = "jinhua/gaj/1",
                                  .size = 12,
                                  .root = { .bytes = { 1 } } };
    struct lh_recovery_state seen;
    struct lh_frame frame;
    struct scene scene;

    (void)state;
    set_up(&scene, 6);
    assert_int_equal(lh_quorum_of(6).fault_count, 1);
    join(&scene, MZJ);
    assert_true(next(&scene, MZJ, &frame));
    assert_int_equal(give_made_up(&scene, frame.request, &head, true, "jinhua/gaj/2", 0), LH_OK);
    join(&scene, RSJ);
    join(&scene, YBJ);
    run(&scene, 60 * 1000);
    seen = state_of(&scene);
    assert_true(seen.is_settled);
    assert_int_equal(seen.head.size, 12);
    assert_false(seen.is_whole);
    assert_int_equal(seen.enough.size, 9);
    assert_true(seen.is_enough);
    clear(&scene);
}

/* Who has answered late is waited for as long as it takes, at most 10 s. */
static void who_is_slow_is_waited_for_at_most_ten_seconds(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, 3);
    join(&scene, MZJ);
    lh_recovery_join(scene.recovery, "rsj"); /* and says nothing */
    run(&scene, 5 * 1000);
    assert_int_equal(state_of(&scene).promise_count, 1);
    assert_false(state_of(&scene).is_settled);
    assert_true(lh_recovery_due_ms(scene.recovery) <= scene.street.now_ms + 10 * 1000);
    run(&scene, 8 * 1000);
    assert_true(state_of(&scene).is_settled);
    assert_true(lh_recovery_due_ms(scene.recovery) == INT64_MAX);
    clear(&scene);
}

static void a_number_that_is_taken_is_said(void **state)
{
    struct scene scene;
    struct lh_frame answer;
    struct lh_buf other = LH_BUF_EMPTY;

    (void)state;
    set_up(&scene, 3);
    join(&scene, MZJ);
    lh_town_prepare(scene.street.town, GAJ, 4, 1, &other); /* an attempt before this one */
    assert_int_equal(
        street_inject(&scene.street, MZJ, GAJ, LH_FRAME_PREPARE, 1, lh_buf_bytes(&other), NULL),
        LH_OK);
    assert_int_equal(
        lh_pledge_next(scene.street.nodes[MZJ].pledge, "gaj", ALL_CREDIT, 1000, &answer, NULL),
        LH_OK);
    run(&scene, 5 * 1000);
    assert_int_equal(state_of(&scene).taken, 4);
    assert_int_equal(state_of(&scene).promise_count, 0);
    assert_false(state_of(&scene).is_settled);
    lh_buf_clear(&other);
    clear(&scene);
}

/* A witness that was restored itself answers once it has heard the others. */
static void who_may_have_forgotten_is_asked_again(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, 3);
    join(&scene, MZJ);
    lh_pledge_hold(scene.street.nodes[MZJ].pledge, true);
    run(&scene, 5 * 1000);
    assert_int_equal(state_of(&scene).promise_count, 0);
    lh_pledge_hold(scene.street.nodes[MZJ].pledge, false);
    run(&scene, 5 * 1000);
    assert_int_equal(state_of(&scene).promise_count, 1);
    assert_true(state_of(&scene).is_whole);
    clear(&scene);
}

static void an_act_of_another_department_asks_for_nothing(void **state)
{
    struct lh_recovery *recovery = NULL;
    struct lh_buf act = LH_BUF_EMPTY;
    struct scene scene;

    (void)state;
    set_up(&scene, 3);
    lh_town_prepare(scene.street.town, MZJ, 2, 0, &act);
    assert_int_equal(
        lh_recovery_new(&recovery, scene.street.nodes[GAJ].replica, lh_buf_bytes(&act), NULL),
        LH_ERR_INVALID);
    act.data[act.len - 1] ^= 1;
    assert_int_equal(
        lh_recovery_new(&recovery, scene.street.nodes[GAJ].replica, lh_buf_bytes(&act), NULL),
        LH_ERR_FORGED);
    lh_buf_clear(&act);
    clear(&scene);
}

/* The older image goes on beside it: what it seals is never witnessed. */
static void who_goes_on_with_the_older_generation_is_not_witnessed(void **state)
{
    struct lh_nomination_state nominated;
    struct scene scene;

    (void)state;
    for (int is_asked = 0; is_asked < 2; is_asked++) {
        set_up(&scene, 4);
        for (size_t who = MZJ; who < 4; who++) {
            join(&scene, who);
        }
        if (is_asked) {
            run(&scene, 20 * 1000);
            assert_true(state_of(&scene).is_whole);
        }
        struct lh_replica_mem *fresh = scene.street.nodes[GAJ].mem;

        scene.street.nodes[GAJ].mem = scene.lost;
        scene.lost = fresh;
        scene.street.nodes[GAJ].is_restoring = false;
        lh_recovery_free(scene.recovery);
        scene.recovery = NULL;
        street_restart(&scene.street, GAJ);
        street_seal(&scene.street, GAJ, 2);
        for (size_t who = MZJ; who < 4; who++) {
            street_link(&scene.street, GAJ, who);
        }
        street_wait(&scene.street, 30 * 1000);
        assert_int_equal(street_held(&scene.street, MZJ, GAJ), 12); /* it is held all the same */
        lh_nomination_state(scene.street.nodes[GAJ].nomination, &nominated);
        assert_int_equal(nominated.head.size, 12);
        assert_int_equal(nominated.sum.witness_count, is_asked ? 0 : 3);
        clear(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(q_promises_bring_the_ledger_back),
        cmocka_unit_test(fewer_than_q_promises_settle_nothing),
        cmocka_unit_test(what_settled_is_shown_to_everybody),
        cmocka_unit_test(what_settled_is_the_same_after_a_restart),
        cmocka_unit_test(what_was_kept_and_is_damaged_is_found),
        cmocka_unit_test(nothing_settles_that_is_not_kept),
        cmocka_unit_test(a_head_without_the_seal_makes_its_promise_worth_nothing),
        cmocka_unit_test(answers_to_something_else_are_refused),
        cmocka_unit_test(who_keeps_blocks_to_itself_holds_nobody_up),
        cmocka_unit_test(who_is_slow_is_waited_for_at_most_ten_seconds),
        cmocka_unit_test(a_number_that_is_taken_is_said),
        cmocka_unit_test(who_may_have_forgotten_is_asked_again),
        cmocka_unit_test(an_act_of_another_department_asks_for_nothing),
        cmocka_unit_test(who_goes_on_with_the_older_generation_is_not_witnessed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
