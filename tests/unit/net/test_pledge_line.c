#include "net/pledge.h"

#include "net/message.h"
#include "tests/support/proposing.h"
#include "tests/support/street.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, MZJ, RSJ };

static const size_t ALL_CREDIT[LH_CLASS_COUNT] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };

/* mzj holds three blocks of gaj, which ends at leaves 3, 6 and 9; branch 1 leaves at 6. */
struct scene {
    struct street street;
    const struct lh_town_block *blocks[4];
    struct lh_buf payload;
    uint32_t request;
};

static void set_up(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    street_init(&scene->street, LH_SUITE_W, 3);
    street_add_witnesses(&scene->street);
    street_link(&scene->street, GAJ, MZJ);
    for (size_t i = 1; i <= 3; i++) {
        scene->blocks[i] = street_seal(&scene->street, GAJ, 2);
        if (i == 2) {
            lh_town_split(scene->street.town, GAJ);
        }
    }
    street_settle(&scene->street);
    assert_int_equal(street_held(&scene->street, MZJ, GAJ), 9);
}

static void clear(struct scene *scene)
{
    lh_buf_clear(&scene->payload);
    street_clear(&scene->street);
}

/* gaj nominates a head of which mzj cosigned none yet. */
static void nominate(struct scene *scene, struct lh_bytes note)
{
    struct lh_witness_request request = { .old = 0, .note = note };

    lh_buf_reset(&scene->payload);
    lh_witness_request_format(&scene->payload, &request);
    assert_int_equal(street_inject(&scene->street, MZJ, GAJ, LH_FRAME_NOMINATE, ++scene->request,
                                   lh_buf_bytes(&scene->payload), NULL),
                     LH_OK);
}

static enum lh_code prepare(struct scene *scene, uint32_t generation, uint8_t seal)
{
    lh_buf_reset(&scene->payload);
    lh_town_prepare(scene->street.town, GAJ, generation, seal, &scene->payload);
    return street_inject(&scene->street, MZJ, GAJ, LH_FRAME_PREPARE, ++scene->request,
                         lh_buf_bytes(&scene->payload), NULL);
}

static struct lh_frame answer_of(struct scene *scene)
{
    struct lh_frame frame;

    assert_int_equal(lh_pledge_next(scene->street.nodes[MZJ].pledge, lh_town_department(GAJ),
                                    ALL_CREDIT, 1000, &frame, NULL),
                     LH_OK);
    assert_int_equal(frame.request, scene->request);
    return frame;
}

static void assert_refused(struct scene *scene, enum lh_decline_reason reason)
{
    struct lh_frame frame = answer_of(scene);
    struct lh_decline decline;

    assert_int_equal(frame.type, LH_FRAME_DECLINE);
    assert_int_equal(lh_decline_decode(&decline, frame.payload, NULL), LH_OK);
    assert_int_equal(decline.reason, reason);
}

static void cosign(struct scene *scene, size_t block)
{
    nominate(scene, scene->blocks[block]->block.checkpoint);
    assert_int_equal(answer_of(scene).type, LH_FRAME_COSIGNATURE);
}

enum { RESTORE = 2, CHOICE = 4, UNSAFE_RESTORE = 6 };

/* gaj begins another generation behind a branch and nominates its first head to mzj. */
static void begin_and_nominate(struct scene *scene, unsigned branch, unsigned reason)
{
    const struct lh_town_block *first;

    lh_town_begin(scene->street.town, GAJ, branch, reason);
    first = street_seal(&scene->street, GAJ, 2);
    street_settle(&scene->street);
    nominate(scene, first->block.checkpoint);
}

/* Positive control: begun by choice it is cosigned. */
static void an_unsafe_restore_is_not_cosigned(void **state)
{
    struct lh_checkpoint last;
    struct scene scene;

    (void)state;
    for (int is_unsafe = 0; is_unsafe < 2; is_unsafe++) {
        set_up(&scene);
        begin_and_nominate(&scene, 0, is_unsafe ? UNSAFE_RESTORE : CHOICE);
        if (is_unsafe) {
            assert_refused(&scene, LH_DECLINE_UNSAFE);
        } else {
            assert_int_equal(answer_of(&scene).type, LH_FRAME_COSIGNATURE);
        }
        assert_int_equal(
            lh_pledge_last(scene.street.nodes[MZJ].pledge, "jinhua/gaj/2", &last, NULL),
            is_unsafe ? LH_ERR_NOT_FOUND : LH_OK);
        /* it is replicated all the same */
        assert_int_equal(street_held(&scene.street, MZJ, GAJ), 3);
        clear(&scene);
    }
}

/* An older image that goes on, say. The newest one is cosigned: the test above. */
static void an_older_generation_is_not_cosigned_once_a_later_one_is_held(void **state)
{
    struct lh_decline decline;
    struct scene scene;

    (void)state;
    set_up(&scene);
    cosign(&scene, 2);
    begin_and_nominate(&scene, 0, CHOICE);
    assert_int_equal(answer_of(&scene).type, LH_FRAME_COSIGNATURE);
    nominate(&scene, scene.blocks[3]->block.checkpoint);
    assert_int_equal(lh_decline_decode(&decline, answer_of(&scene).payload, NULL), LH_OK);
    assert_int_equal(decline.reason, LH_DECLINE_TAKEN);
    assert_int_equal(decline.size, 2);
    clear(&scene);
}

static void what_goes_on_from_an_unsafe_restore_is_not_cosigned_until_the_others_were_asked(
    void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    begin_and_nominate(&scene, 0, UNSAFE_RESTORE);
    assert_refused(&scene, LH_DECLINE_UNSAFE);
    begin_and_nominate(&scene, 0, CHOICE);
    assert_refused(&scene, LH_DECLINE_UNSAFE);
    assert_int_equal(prepare(&scene, 4, 0), LH_OK);
    assert_int_equal(answer_of(&scene).type, LH_FRAME_PROMISE);
    begin_and_nominate(&scene, 0, RESTORE);
    assert_int_equal(answer_of(&scene).type, LH_FRAME_COSIGNATURE);
    begin_and_nominate(&scene, 0, CHOICE);
    assert_int_equal(answer_of(&scene).type, LH_FRAME_COSIGNATURE);
    clear(&scene);
}

/* mzj cosigned nine leaves; gaj comes back with six of them, and goes on. */
static void who_left_behind_what_was_cosigned_gets_no_promise(void **state)
{
    struct scene scene;

    (void)state;
    for (size_t cosigned = 2; cosigned <= 3; cosigned++) {
        set_up(&scene);
        cosign(&scene, cosigned);
        begin_and_nominate(&scene, 1, UNSAFE_RESTORE); /* behind leaf 6 */
        assert_refused(&scene, LH_DECLINE_UNSAFE);
        assert_int_equal(prepare(&scene, 3, 0), LH_OK);
        if (cosigned == 3) {
            assert_refused(&scene, LH_DECLINE_UNSAFE);
            assert_int_equal(lh_pledge_floor(scene.street.nodes[MZJ].pledge, "gaj"), 0);
        } else {
            assert_int_equal(answer_of(&scene).type, LH_FRAME_PROMISE);
        }
        clear(&scene);
    }
}

/* It names so many leaves, but of another branch. */
static void an_unsafe_restore_leaves_other_branches_behind(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    (void)lh_town_seal(scene.street.town, GAJ, 1, 2); /* another leaf 9 */
    cosign(&scene, 3);
    begin_and_nominate(&scene, 1, UNSAFE_RESTORE); /* behind it */
    assert_refused(&scene, LH_DECLINE_UNSAFE);
    assert_int_equal(prepare(&scene, 3, 0), LH_OK);
    assert_refused(&scene, LH_DECLINE_UNSAFE);
    clear(&scene);
}

/* A peer that has only the newest generation by now. */
static void a_line_of_which_something_is_not_held_is_not_cosigned_yet(void **state)
{
    const struct lh_town_block *first;
    struct scene scene;

    (void)state;
    set_up(&scene);
    lh_town_begin(scene.street.town, GAJ, 0, CHOICE);
    first = street_seal(&scene.street, GAJ, 2);
    street_restart(&scene.street, RSJ);
    assert_int_equal(lh_gossip_join(scene.street.nodes[RSJ].gossip, "gaj", 0, NULL), LH_OK);
    assert_int_equal(street_send_block(&scene.street, RSJ, GAJ, first, 0, SIZE_MAX, NULL), LH_OK);
    struct lh_witness_request request = { .note = first->block.checkpoint };
    struct lh_decline decline;
    struct lh_frame frame;

    lh_witness_request_format(&scene.payload, &request);
    assert_int_equal(street_inject(&scene.street, RSJ, GAJ, LH_FRAME_NOMINATE, 1,
                                   lh_buf_bytes(&scene.payload), NULL),
                     LH_OK);
    assert_int_equal(
        lh_pledge_next(scene.street.nodes[RSJ].pledge, "gaj", ALL_CREDIT, 1000, &frame, NULL),
        LH_OK);
    assert_int_equal(lh_decline_decode(&decline, frame.payload, NULL), LH_OK);
    assert_int_equal(decline.reason, LH_DECLINE_LATER);
    clear(&scene);
}

/* Positive control: in an epoch that changes something else it promises. */
static void nobody_promises_where_others_than_the_founders_witness_by_now(void **state)
{
    const char *silent[] = { "rsj" };
    struct lh_epochs *epochs = NULL;
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(lh_epochs_new(&epochs, lh_town_genesis(scene.street.town), NULL), LH_OK);
    lh_replica_set_epochs(scene.street.nodes[MZJ].replica, epochs);
    lh_proposing_add_epoch(epochs, "rsj", "zf");
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_int_equal(answer_of(&scene).type, LH_FRAME_PROMISE);
    lh_proposing_add_silent(epochs, silent, 1);
    assert_int_equal(prepare(&scene, 3, 0), LH_OK);
    assert_refused(&scene, LH_DECLINE_LATER);
    assert_int_equal(lh_pledge_floor(scene.street.nodes[MZJ].pledge, "gaj"), 2);
    clear(&scene);
    lh_epochs_free(epochs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unsafe_restore_is_not_cosigned),
        cmocka_unit_test(an_older_generation_is_not_cosigned_once_a_later_one_is_held),
        cmocka_unit_test(
            what_goes_on_from_an_unsafe_restore_is_not_cosigned_until_the_others_were_asked),
        cmocka_unit_test(who_left_behind_what_was_cosigned_gets_no_promise),
        cmocka_unit_test(an_unsafe_restore_leaves_other_branches_behind),
        cmocka_unit_test(a_line_of_which_something_is_not_held_is_not_cosigned_yet),
        cmocka_unit_test(nobody_promises_where_others_than_the_founders_witness_by_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
