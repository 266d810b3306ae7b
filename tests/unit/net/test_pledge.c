#include "net/pledge.h"

#include "net/message.h"
#include "net/promise.h"
#include "ledger/prepare.h"
#include "tests/support/proposing.h"
#include "tests/support/street.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, MZJ, RSJ };

static const size_t ALL_CREDIT[LH_CLASS_COUNT] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };
static const char ORIGIN[] = "jinhua/gaj/1";

/* mzj holds three blocks of gaj, which ends at leaves 3, 6 and 9. */
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
    }
    street_settle(&scene->street);
    assert_int_equal(street_held(&scene->street, MZJ, GAJ), 9);
}

static void clear(struct scene *scene)
{
    lh_buf_clear(&scene->payload);
    street_clear(&scene->street);
}

/* gaj nominates the head of `size` leaves of its own replica as one that follows `old`. */
static enum lh_code nominate(struct scene *scene, uint64_t old, uint64_t proven_from, uint64_t size,
                             struct lh_bytes note)
{
    struct lh_witness_request request = { .old = old, .note = note };

    assert_int_equal(lh_replica_prove(scene->street.nodes[GAJ].replica, ORIGIN, proven_from, size,
                                      &request.proof, NULL),
                     LH_OK);
    lh_buf_reset(&scene->payload);
    lh_witness_request_format(&scene->payload, &request);
    return street_inject(&scene->street, MZJ, GAJ, LH_FRAME_NOMINATE, ++scene->request,
                         lh_buf_bytes(&scene->payload), NULL);
}

static enum lh_code nominate_block(struct scene *scene, uint64_t old, size_t block)
{
    return nominate(scene, old, old, scene->blocks[block]->next.tree.size,
                    scene->blocks[block]->block.checkpoint);
}

/* What mzj answers; LH_FRAME_COSIGNATURE, or LH_FRAME_DECLINE with why. */
static struct lh_frame answer_of(struct scene *scene)
{
    struct lh_frame frame;

    assert_int_equal(lh_pledge_next(scene->street.nodes[MZJ].pledge, lh_town_department(GAJ),
                                    ALL_CREDIT, 1000, &frame, NULL),
                     LH_OK);
    assert_int_equal(frame.request, scene->request);
    return frame;
}

static void assert_cosigned(struct scene *scene, uint64_t size)
{
    struct lh_frame frame = answer_of(scene);
    struct lh_checkpoint last;

    assert_int_equal(frame.type, LH_FRAME_COSIGNATURE);
    assert_int_equal(lh_pledge_last(scene->street.nodes[MZJ].pledge, ORIGIN, &last, NULL), LH_OK);
    assert_int_equal(last.size, size);
}

static void assert_declined(struct scene *scene, enum lh_decline_reason reason, uint64_t size)
{
    struct lh_frame frame = answer_of(scene);
    struct lh_decline decline;

    assert_int_equal(frame.type, LH_FRAME_DECLINE);
    assert_int_equal(lh_decline_decode(&decline, frame.payload, NULL), LH_OK);
    assert_string_equal(decline.origin, ORIGIN);
    assert_int_equal(decline.reason, reason);
    assert_int_equal(decline.size, size);
}

static void heads_are_cosigned_one_after_the_other(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(nominate_block(&scene, 0, 1), LH_OK);
    assert_cosigned(&scene, 3);
    assert_int_equal(nominate_block(&scene, 3, 1), LH_OK); /* the same again */
    assert_cosigned(&scene, 3);
    assert_int_equal(nominate_block(&scene, 0, 2), LH_OK);
    assert_declined(&scene, LH_DECLINE_LAST, 3);
    assert_int_equal(nominate_block(&scene, 3, 3), LH_OK);
    assert_cosigned(&scene, 9);
    assert_int_equal(nominate_block(&scene, 3, 2), LH_OK); /* never back */
    assert_declined(&scene, LH_DECLINE_LAST, 9);
    clear(&scene);
}

static void what_was_last_said_of_a_ledger_is_shown(void **state)
{
    const struct lh_pledge_word *word;
    struct scene scene;

    (void)state;
    set_up(&scene);
    word = lh_pledge_word(scene.street.nodes[MZJ].pledge, "gaj");
    assert_int_equal(word->head.size, 0);
    assert_int_equal(word->time_s, 0);
    assert_int_equal(nominate_block(&scene, 0, 1), LH_OK);
    assert_int_equal(word->time_s, 0); /* promised, and not given yet */
    assert_cosigned(&scene, 3);
    assert_string_equal(word->head.origin, ORIGIN);
    assert_int_equal(word->head.size, 3);
    assert_int_equal(word->time_s, 1000);
    assert_false(word->is_declined);
    assert_int_equal(nominate_block(&scene, 0, 2), LH_OK);
    assert_declined(&scene, LH_DECLINE_LAST, 3);
    assert_true(word->is_declined);
    assert_int_equal(word->decline.reason, LH_DECLINE_LAST);
    assert_int_equal(word->head.size, 3);
    assert_int_equal(word->time_s, 1000);
    assert_int_equal(lh_pledge_word(scene.street.nodes[MZJ].pledge, "rsj")->head.size, 0);
    street_restart(&scene.street, MZJ);
    word = lh_pledge_word(scene.street.nodes[MZJ].pledge, "gaj");
    assert_int_equal(word->head.size, 3); /* that stays, though not when it was said */
    assert_int_equal(word->time_s, 0);
    assert_false(word->is_declined);
    clear(&scene);
}

static void a_promise_outlives_the_process(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(nominate_block(&scene, 0, 2), LH_OK); /* no answer leaves before the end */
    street_restart(&scene.street, MZJ);
    street_link(&scene.street, GAJ, MZJ);
    street_settle(&scene.street);
    assert_int_equal(nominate_block(&scene, 0, 1), LH_OK);
    assert_declined(&scene, LH_DECLINE_LAST, 6);
    assert_int_equal(nominate_block(&scene, 6, 3), LH_OK);
    assert_cosigned(&scene, 9);
    clear(&scene);
}

/* Whichever call of the store fails: no cosignature without a promise that is kept. */
static void nothing_is_cosigned_that_is_not_kept(void **state)
{
    struct lh_checkpoint last;
    struct lh_frame frame;
    struct scene scene;
    size_t cosigned = 0;

    (void)state;
    for (size_t n = 1; n <= 20; n++) {
        set_up(&scene);
        lh_replica_mem_fail_at(scene.street.nodes[MZJ].mem, n);
        assert_int_equal(nominate_block(&scene, 0, 2), LH_OK);
        frame = answer_of(&scene);
        lh_replica_mem_fail_at(scene.street.nodes[MZJ].mem, 0);
        if (frame.type == LH_FRAME_COSIGNATURE) {
            cosigned++;
            assert_int_equal(lh_pledge_last(scene.street.nodes[MZJ].pledge, ORIGIN, &last, NULL),
                             LH_OK);
            assert_int_equal(last.size, 6);
        } else {
            assert_int_equal(lh_pledge_last(scene.street.nodes[MZJ].pledge, ORIGIN, &last, NULL),
                             LH_ERR_NOT_FOUND);
            assert_int_equal(nominate_block(&scene, 0, 2), LH_OK);
            assert_cosigned(&scene, 6);
        }
        clear(&scene);
    }
    assert_in_range(cosigned, 1, 17);
}

static void a_head_is_cosigned_only_when_every_leaf_is_held(void **state)
{
    const struct lh_town_block *fourth;
    struct scene scene;

    (void)state;
    set_up(&scene);
    fourth = street_seal(&scene.street, GAJ, 2);
    assert_int_equal(nominate(&scene, 0, 0, 12, fourth->block.checkpoint), LH_OK);
    assert_declined(&scene, LH_DECLINE_NOT_HELD, 9);
    street_settle(&scene.street);
    assert_int_equal(nominate(&scene, 0, 0, 12, fourth->block.checkpoint), LH_OK);
    assert_cosigned(&scene, 12);
    clear(&scene);
}

static void who_is_held_back_cosigns_nothing(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    lh_pledge_hold(scene.street.nodes[MZJ].pledge, true);
    assert_int_equal(nominate_block(&scene, 0, 1), LH_OK);
    assert_declined(&scene, LH_DECLINE_LATER, 0);
    lh_pledge_hold(scene.street.nodes[MZJ].pledge, false);
    assert_int_equal(nominate_block(&scene, 0, 1), LH_OK);
    assert_cosigned(&scene, 3);
    clear(&scene);
}

static void nominations_that_break_the_protocol_are_refused(void **state)
{
    struct scene scene;
    struct lh_bytes note;
    struct lh_buf forged = LH_BUF_EMPTY;
    struct lh_frame frame;

    (void)state;
    set_up(&scene);
    note = scene.blocks[2]->block.checkpoint;
    assert_int_equal(street_inject(&scene.street, MZJ, GAJ, LH_FRAME_NOMINATE, 1,
                                   lh_bytes_of_text("no such body"), NULL),
                     LH_ERR_INVALID);
    lh_buf_add(&forged, scene.blocks[3]->block.checkpoint);
    forged.data[forged.len - 20] ^= 1;
    assert_int_equal(nominate(&scene, 0, 0, 9, lh_buf_bytes(&forged)), LH_ERR_FORGED);
    assert_int_equal(nominate(&scene, 0, 3, 6, note), LH_ERR_FORGED); /* a proof for nothing */
    street_link(&scene.street, RSJ, MZJ);
    assert_int_equal(street_inject(&scene.street, MZJ, RSJ, LH_FRAME_NOMINATE, 1,
                                   lh_buf_bytes(&scene.payload), NULL),
                     LH_ERR_INVALID); /* of another department's ledger */
    assert_int_equal(lh_pledge_next(scene.street.nodes[MZJ].pledge, lh_town_department(GAJ),
                                    ALL_CREDIT, 1000, &frame, NULL),
                     LH_AGAIN);
    assert_int_equal(nominate_block(&scene, 0, 2), LH_OK);
    scene.request = 0;
    assert_int_equal(street_inject(&scene.street, MZJ, GAJ, LH_FRAME_NOMINATE, 0,
                                   lh_buf_bytes(&scene.payload), NULL),
                     LH_ERR_INVALID); /* without a request */
    lh_buf_clear(&forged);
    clear(&scene);
}

/* gaj nominates another branch than the one that was promised. */
static void another_branch_is_never_cosigned_and_convicts(void **state)
{
    const struct lh_town_block *other;
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(nominate_block(&scene, 0, 3), LH_OK);
    assert_cosigned(&scene, 9);
    lh_town_split(scene.street.town, GAJ);
    street_seal(&scene.street, GAJ, 2);
    street_settle(&scene.street);
    other = lh_town_seal(scene.street.town, GAJ, 1, 2);
    assert_false(street_ledger(&scene.street, MZJ, GAJ)->is_tainted);
    assert_int_equal(nominate(&scene, 9, 9, 12, other->block.checkpoint), LH_OK);
    assert_declined(&scene, LH_DECLINE_NEVER, 0);
    assert_true(street_ledger(&scene.street, MZJ, GAJ)->is_tainted);
    assert_int_equal(scene.street.nodes[MZJ].tainted_count, 1);
    assert_int_equal(nominate(&scene, 9, 9, 12,
                              lh_buf_bytes(&street_ledger(&scene.street, MZJ, GAJ)->checkpoint)),
                     LH_OK); /* nor the branch that was promised, from now on */
    assert_declined(&scene, LH_DECLINE_NEVER, 0);
    clear(&scene);
}

/* The replica is lost and filled anew from who has the other branch; the promise is not. */
static void a_replica_filled_anew_along_another_branch_convicts(void **state)
{
    struct scene scene;
    struct lh_replica_mem *mem;
    struct lh_replica_store store;
    struct lh_checkpoint promised;
    struct lh_buf note = LH_BUF_EMPTY;

    (void)state;
    set_up(&scene);
    lh_chain_checkpoint(&scene.blocks[2]->next, lh_town_suite(scene.street.town), &promised);
    promised.root.bytes[0] ^= 1; /* once there was another head of six leaves, sealed as well */
    lh_town_sign(scene.street.town, GAJ, &promised, &note);
    mem = scene.street.nodes[MZJ].mem;
    store = lh_replica_mem_store(mem);
    assert_int_equal(
        store.put_note(store.arg, ORIGIN, LH_REPLICA_COSIGNED, lh_buf_bytes(&note), NULL), LH_OK);
    assert_int_equal(nominate_block(&scene, 6, 3), LH_OK);
    assert_declined(&scene, LH_DECLINE_NEVER, 0);
    assert_true(street_ledger(&scene.street, MZJ, GAJ)->is_tainted);
    assert_int_equal(scene.street.nodes[MZJ].tainted_count, 1);
    lh_buf_clear(&note);
    clear(&scene);
}

/* ---- promises to who was restored ---- */

/* gaj asks for generation 2 under this seal. */
static enum lh_code prepare(struct scene *scene, uint32_t generation, uint8_t seal)
{
    lh_buf_reset(&scene->payload);
    lh_town_prepare(scene->street.town, GAJ, generation, seal, &scene->payload);
    return street_inject(&scene->street, MZJ, GAJ, LH_FRAME_PREPARE, ++scene->request,
                         lh_buf_bytes(&scene->payload), NULL);
}

/* mzj promises, and holds so much of gaj's first generation. */
static void assert_promised(struct scene *scene, uint32_t generation, uint64_t size)
{
    struct lh_frame frame = answer_of(scene);
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    struct lh_prepare asked;
    char origin[LH_ORIGIN_MAX + 1];

    assert_int_equal(frame.type, LH_FRAME_PROMISE);
    assert_true(frame.payload.len <= lh_frame_limit(LH_FRAME_PROMISE));
    assert_int_equal(lh_prepare_read(&asked, lh_town_suite(scene->street.town),
                                     lh_town_genesis(scene->street.town),
                                     lh_buf_bytes(&scene->payload), NULL),
                     LH_OK);
    assert_int_equal(lh_promise_decode(&promise, &bytes, frame.payload, NULL), LH_OK);
    assert_int_equal(lh_promise_verify(&promise, &bytes, lh_town_genesis(scene->street.town), NULL),
                     LH_OK);
    (void)snprintf(origin, sizeof origin, "jinhua/gaj/%u", (unsigned)generation);
    assert_string_equal(promise.department, "mzj");
    assert_string_equal(promise.origin, origin);
    assert_true(lh_hash_is_equal(&promise.prepare, &asked.hash));
    assert_int_equal(promise.head.size, size);
    if (size > 0) {
        assert_string_equal(promise.head.origin, ORIGIN);
        assert_true(lh_bytes_is_equal(
            bytes.note, lh_buf_bytes(&street_ledger(&scene->street, MZJ, GAJ)->checkpoint)));
    }
    assert_int_equal(lh_pledge_floor(scene->street.nodes[MZJ].pledge, "gaj"), generation);
}

static void assert_refused(struct scene *scene, enum lh_decline_reason reason, uint64_t size)
{
    struct lh_frame frame = answer_of(scene);
    struct lh_decline decline;

    assert_int_equal(frame.type, LH_FRAME_DECLINE);
    assert_int_equal(lh_decline_decode(&decline, frame.payload, NULL), LH_OK);
    assert_int_equal(decline.reason, reason);
    assert_int_equal(decline.size, size);
}

static void who_promised_cosigns_no_older_generation(void **state)
{
    const struct lh_town_block *first;
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(nominate_block(&scene, 0, 2), LH_OK);
    assert_cosigned(&scene, 6);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_promised(&scene, 2, 9);
    assert_int_equal(nominate_block(&scene, 6, 3), LH_OK);
    assert_declined(&scene, LH_DECLINE_TAKEN, 2);
    assert_int_equal(nominate_block(&scene, 6, 2), LH_OK); /* nor what it cosigned before */
    assert_declined(&scene, LH_DECLINE_TAKEN, 2);
    lh_town_begin_next(scene.street.town, GAJ); /* the generation that was asked for is cosigned */
    first = street_seal(&scene.street, GAJ, 2);
    street_settle(&scene.street);
    lh_buf_reset(&scene.payload);
    struct lh_witness_request request = { .old = 0, .note = first->block.checkpoint };
    struct lh_frame frame;

    lh_witness_request_format(&scene.payload, &request);
    assert_int_equal(street_inject(&scene.street, MZJ, GAJ, LH_FRAME_NOMINATE, ++scene.request,
                                   lh_buf_bytes(&scene.payload), NULL),
                     LH_OK);
    frame = answer_of(&scene);
    assert_int_equal(frame.type, LH_FRAME_COSIGNATURE);
    clear(&scene);
}

/* Positive control: without one the same nomination is cosigned. */
static void a_promise_about_generations_outlives_the_process(void **state)
{
    struct scene scene;

    (void)state;
    for (int is_promised = 0; is_promised < 2; is_promised++) {
        set_up(&scene);
        if (is_promised) {
            assert_int_equal(prepare(&scene, 2, 0), LH_OK); /* no answer leaves before the end */
        }
        street_restart(&scene.street, MZJ);
        street_link(&scene.street, GAJ, MZJ);
        street_settle(&scene.street);
        assert_int_equal(lh_pledge_floor(scene.street.nodes[MZJ].pledge, "gaj"), 2 * is_promised);
        assert_int_equal(nominate_block(&scene, 0, 3), LH_OK);
        if (is_promised) {
            assert_declined(&scene, LH_DECLINE_TAKEN, 2);
        } else {
            assert_cosigned(&scene, 9);
        }
        clear(&scene);
    }
}

/* Whichever call of the store fails. */
static void nothing_is_promised_that_is_not_kept(void **state)
{
    struct lh_frame frame;
    struct scene scene;
    size_t promised = 0;

    (void)state;
    for (size_t n = 1; n <= 6; n++) {
        set_up(&scene);
        lh_replica_mem_fail_at(scene.street.nodes[MZJ].mem, n);
        assert_int_equal(prepare(&scene, 2, 0), LH_OK);
        frame = answer_of(&scene);
        lh_replica_mem_fail_at(scene.street.nodes[MZJ].mem, 0);
        promised += frame.type == LH_FRAME_PROMISE;
        street_restart(&scene.street, MZJ);
        assert_int_equal(lh_pledge_floor(scene.street.nodes[MZJ].pledge, "gaj"),
                         frame.type == LH_FRAME_PROMISE ? 2 : 0);
        clear(&scene);
    }
    assert_in_range(promised, 1, 5);
}

static void the_same_is_promised_again_with_what_is_held_by_then(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_promised(&scene, 2, 9);
    street_seal(&scene.street, GAJ, 2); /* an older image goes on: it is held, and not cosigned */
    street_settle(&scene.street);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_promised(&scene, 2, 12);
    clear(&scene);
}

static void a_number_that_is_taken_is_not_promised_about_again(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(prepare(&scene, 5, 0), LH_OK);
    assert_promised(&scene, 5, 9);
    assert_int_equal(prepare(&scene, 5, 1), LH_OK); /* the same number, another seal */
    assert_refused(&scene, LH_DECLINE_TAKEN, 5);
    assert_int_equal(prepare(&scene, 4, 0), LH_OK);
    assert_refused(&scene, LH_DECLINE_TAKEN, 5);
    assert_int_equal(prepare(&scene, 6, 1), LH_OK); /* a higher one */
    assert_promised(&scene, 6, 9);
    assert_int_equal(prepare(&scene, 5, 0), LH_OK); /* nor back to the one before */
    assert_refused(&scene, LH_DECLINE_TAKEN, 6);
    clear(&scene);
}

static void a_generation_that_has_begun_is_not_promised_about(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    lh_town_begin_next(scene.street.town, GAJ);
    street_seal(&scene.street, GAJ, 2);
    street_settle(&scene.street);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_refused(&scene, LH_DECLINE_TAKEN, 2);
    assert_int_equal(prepare(&scene, 3, 0), LH_OK);
    assert_int_equal(answer_of(&scene).type, LH_FRAME_PROMISE);
    clear(&scene);
}

static void who_may_have_forgotten_promises_nothing(void **state)
{
    struct lh_replica_store store;
    struct lh_checkpoint promised;
    struct lh_buf note = LH_BUF_EMPTY;
    struct scene scene;

    (void)state;
    set_up(&scene);
    lh_pledge_hold(scene.street.nodes[MZJ].pledge, true);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_refused(&scene, LH_DECLINE_LATER, 0);
    lh_pledge_hold(scene.street.nodes[MZJ].pledge, false);
    lh_chain_checkpoint(&scene.blocks[3]->next, lh_town_suite(scene.street.town), &promised);
    promised.size = 12; /* it cosigned more than it holds by now */
    lh_town_sign(scene.street.town, GAJ, &promised, &note);
    store = lh_replica_mem_store(scene.street.nodes[MZJ].mem);
    assert_int_equal(
        store.put_note(store.arg, ORIGIN, LH_REPLICA_COSIGNED, lh_buf_bytes(&note), NULL), LH_OK);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_refused(&scene, LH_DECLINE_LATER, 0);
    assert_int_equal(lh_pledge_floor(scene.street.nodes[MZJ].pledge, "gaj"), 0);
    street_seal(&scene.street, GAJ, 2);
    street_settle(&scene.street);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_promised(&scene, 2, 12);
    lh_buf_clear(&note);
    clear(&scene);
}

/* Of a generation that it holds nothing of. */
static void who_cosigned_what_it_does_not_hold_at_all_promises_nothing(void **state)
{
    struct lh_checkpoint head = { .origin = "jinhua/gaj/2", .size = 3 };
    struct lh_replica_store store;
    struct lh_buf note = LH_BUF_EMPTY;
    struct scene scene;

    (void)state;
    set_up(&scene);
    store = lh_replica_mem_store(scene.street.nodes[MZJ].mem);
    lh_checkpoint_format(&note, &head);
    lh_buf_add_text(&note, "\n\u2014 jinhua/mzj/witness AAAAAAA=\n");
    assert_int_equal(
        store.put_note(store.arg, head.origin, LH_REPLICA_COSIGNED, lh_buf_bytes(&note), NULL),
        LH_OK);
    assert_int_equal(prepare(&scene, 3, 0), LH_OK);
    assert_refused(&scene, LH_DECLINE_LATER, 0);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_promised(&scene, 2, 9);
    lh_buf_clear(&note);
    clear(&scene);
}

static void a_ledger_that_contradicts_itself_gets_no_promise(void **state)
{
    const struct lh_town_block *other;
    struct scene scene;

    (void)state;
    set_up(&scene);
    lh_town_split(scene.street.town, GAJ);
    street_seal(&scene.street, GAJ, 2);
    street_settle(&scene.street);
    other = lh_town_seal(scene.street.town, GAJ, 1, 2);
    assert_int_equal(nominate(&scene, 0, 0, 12, other->block.checkpoint), LH_OK);
    assert_declined(&scene, LH_DECLINE_NEVER, 0);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_refused(&scene, LH_DECLINE_NEVER, 0);
    clear(&scene);
}

static void a_prepare_that_breaks_the_protocol_is_refused(void **state)
{
    struct scene scene;
    struct lh_frame frame;

    (void)state;
    set_up(&scene);
    street_link(&scene.street, RSJ, MZJ);
    lh_town_prepare(scene.street.town, GAJ, 2, 0, &scene.payload);
    assert_int_equal(street_inject(&scene.street, MZJ, RSJ, LH_FRAME_PREPARE, 1,
                                   lh_buf_bytes(&scene.payload), NULL),
                     LH_ERR_INVALID); /* of another department */
    assert_int_equal(street_inject(&scene.street, MZJ, GAJ, LH_FRAME_PREPARE, 0,
                                   lh_buf_bytes(&scene.payload), NULL),
                     LH_ERR_INVALID); /* without a request */
    scene.payload.data[scene.payload.len - 1] ^= 1;
    assert_int_equal(street_inject(&scene.street, MZJ, GAJ, LH_FRAME_PREPARE, 1,
                                   lh_buf_bytes(&scene.payload), NULL),
                     LH_ERR_FORGED);
    assert_int_equal(street_inject(&scene.street, MZJ, GAJ, LH_FRAME_PREPARE, 1,
                                   lh_bytes_of_text("no act"), NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_pledge_next(scene.street.nodes[MZJ].pledge, lh_town_department(GAJ),
                                    ALL_CREDIT, 1000, &frame, NULL),
                     LH_AGAIN);
    assert_int_equal(lh_pledge_floor(scene.street.nodes[MZJ].pledge, "gaj"), 0);
    assert_int_equal(prepare(&scene, 2, 0), LH_OK);
    assert_promised(&scene, 2, 9);
    clear(&scene);
}

/* ---- restored witnesses ---- */

/* The machine comes back with nothing, and knows it. */
static void lose_everything(struct street *street, size_t who)
{
    struct lh_replica_mem *lost = street->nodes[who].mem;

    street->nodes[who].mem = lh_replica_mem_new(LH_SUITE_W);
    street->nodes[who].is_restored = true;
    street_restart(street, who);
    lh_replica_mem_free(lost);
}

static void a_restored_witness_is_told_what_it_promised(void **state)
{
    struct lh_checkpoint last;
    struct scene scene;

    (void)state;
    set_up(&scene);
    street_link(&scene.street, GAJ, RSJ);
    street_link(&scene.street, MZJ, RSJ);
    street_wait(&scene.street, 15 * 1000);
    assert_int_equal(street_ledger(&scene.street, RSJ, GAJ)->witnessed_size, 9);
    lose_everything(&scene.street, MZJ);
    assert_int_equal(lh_pledge_last(scene.street.nodes[MZJ].pledge, ORIGIN, &last, NULL),
                     LH_ERR_NOT_FOUND);
    street_link(&scene.street, MZJ, RSJ); /* not from gaj: it could lie about its own ledger */
    street_settle(&scene.street);
    assert_int_equal(lh_pledge_last(scene.street.nodes[MZJ].pledge, ORIGIN, &last, NULL), LH_OK);
    assert_int_equal(last.size, 9);
    street_link(&scene.street, MZJ, GAJ);
    street_settle(&scene.street);
    assert_int_equal(nominate_block(&scene, 0, 1), LH_OK);
    assert_declined(&scene, LH_DECLINE_LAST, 9);
    assert_int_equal(nominate_block(&scene, 9, 3), LH_OK);
    assert_cosigned(&scene, 9);
    clear(&scene);
}

static void a_line_that_does_not_verify_is_no_promise(void **state)
{
    struct lh_checkpoint last;
    struct lh_buf note = LH_BUF_EMPTY;
    struct scene scene;
    struct lh_frame frame;

    (void)state;
    set_up(&scene);
    assert_int_equal(nominate_block(&scene, 0, 3), LH_OK);
    frame = answer_of(&scene);
    lh_buf_add(&note, scene.blocks[3]->block.checkpoint);
    lh_buf_add(&note, frame.payload);
    lose_everything(&scene.street, MZJ);
    note.data[scene.blocks[3]->block.checkpoint.len + 50] ^= 1; /* in the witness's line */
    assert_int_equal(lh_pledge_recall(scene.street.nodes[MZJ].pledge, lh_buf_bytes(&note), NULL),
                     LH_OK);
    assert_int_equal(lh_pledge_last(scene.street.nodes[MZJ].pledge, ORIGIN, &last, NULL),
                     LH_ERR_NOT_FOUND);
    note.data[scene.blocks[3]->block.checkpoint.len + 50] ^= 1;
    assert_int_equal(lh_pledge_recall(scene.street.nodes[MZJ].pledge, lh_buf_bytes(&note), NULL),
                     LH_OK);
    assert_int_equal(lh_pledge_last(scene.street.nodes[MZJ].pledge, ORIGIN, &last, NULL), LH_OK);
    assert_int_equal(last.size, 9);
    lh_buf_clear(&note);
    clear(&scene);
}

static void what_is_recalled_and_cannot_be_kept_ends_cosigning(void **state)
{
    struct lh_buf note = LH_BUF_EMPTY;
    struct scene scene;
    struct lh_frame frame;

    (void)state;
    set_up(&scene);
    assert_int_equal(nominate_block(&scene, 0, 2), LH_OK);
    frame = answer_of(&scene);
    lh_buf_add(&note, scene.blocks[2]->block.checkpoint);
    lh_buf_add(&note, frame.payload);
    lose_everything(&scene.street, MZJ);
    scene.street.nodes[MZJ].is_restored = false;
    street_restart(&scene.street, MZJ);
    street_link(&scene.street, GAJ, MZJ);
    street_settle(&scene.street);
    lh_replica_mem_fail_at(scene.street.nodes[MZJ].mem, 1);
    assert_int_equal(lh_pledge_recall(scene.street.nodes[MZJ].pledge, lh_buf_bytes(&note), NULL),
                     LH_ERR_IO);
    lh_replica_mem_fail_at(scene.street.nodes[MZJ].mem, 0);
    assert_int_equal(nominate_block(&scene, 0, 1), LH_OK);
    assert_declined(&scene, LH_DECLINE_LATER, 0);
    street_restart(&scene.street, MZJ);
    street_link(&scene.street, GAJ, MZJ);
    street_settle(&scene.street);
    assert_int_equal(nominate_block(&scene, 0, 1), LH_OK);
    assert_cosigned(&scene, 3);
    lh_buf_clear(&note);
    clear(&scene);
}

/* Of six, four others are to be heard. */
static void a_restored_witness_waits_for_enough_others(void **state)
{
    struct street street;
    struct lh_nomination_state nominated;

    (void)state;
    street_init(&street, LH_SUITE_W, 6);
    street_add_witnesses(&street);
    lose_everything(&street, MZJ);
    street_seal(&street, GAJ, 2);
    street_link(&street, MZJ, GAJ);
    street_link(&street, MZJ, 2);
    street_link(&street, MZJ, 3);
    street_wait(&street, 5000);
    assert_int_equal(street_held(&street, MZJ, GAJ), 3);
    lh_nomination_state(street.nodes[GAJ].nomination, &nominated);
    assert_int_equal(nominated.head.size, 3);
    assert_int_equal(nominated.sum.witness_count, 0);
    street_link(&street, MZJ, 4);
    street_wait(&street, 5000);
    lh_nomination_state(street.nodes[GAJ].nomination, &nominated);
    assert_int_equal(nominated.sum.witness_count, 1);
    street_clear(&street);
}

/* Blocks 4 and 5 are of epoch 1, and end at 12 and 15: 12 is the transition head. */
static void a_head_above_a_transition_head_waits_until_that_is_known_to_be_witnessed(void **state)
{
    struct lh_epochs *epochs = NULL;
    const struct lh_town_block *transition;
    const struct lh_town_block *later;
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_int_equal(lh_epochs_new(&epochs, lh_town_genesis(scene.street.town), NULL), LH_OK);
    lh_proposing_add_epoch(epochs, "rsj", "zf");
    lh_replica_set_epochs(scene.street.nodes[GAJ].replica, epochs);
    lh_replica_set_epochs(scene.street.nodes[MZJ].replica, epochs);
    lh_town_enter(scene.street.town, GAJ, lh_members_epoch(lh_epochs_newest(epochs)));
    transition = street_seal(&scene.street, GAJ, 2);
    later = street_seal(&scene.street, GAJ, 2);
    street_settle(&scene.street);
    assert_int_equal(street_held(&scene.street, MZJ, GAJ), 15);
    assert_int_equal(nominate_block(&scene, 0, 3), LH_OK); /* below it nothing has changed */
    assert_cosigned(&scene, 9);
    assert_int_equal(nominate(&scene, 9, 9, 15, later->block.checkpoint), LH_OK);
    assert_declined(&scene, LH_DECLINE_LATER, 0);
    assert_int_equal(nominate(&scene, 9, 9, 12, transition->block.checkpoint), LH_OK);
    assert_cosigned(&scene, 12);
    assert_int_equal(nominate(&scene, 12, 12, 15, later->block.checkpoint), LH_OK);
    assert_declined(&scene, LH_DECLINE_LATER, 0); /* that we cosigned it makes it not witnessed */
    assert_int_equal(lh_replica_put_note(scene.street.nodes[MZJ].replica, ORIGIN,
                                         LH_REPLICA_WITNESSED, transition->block.checkpoint, NULL),
                     LH_OK);
    assert_int_equal(nominate(&scene, 12, 12, 15, later->block.checkpoint), LH_OK);
    assert_cosigned(&scene, 15);
    clear(&scene);
    lh_epochs_free(epochs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_cosigned_one_after_the_other),
        cmocka_unit_test(what_was_last_said_of_a_ledger_is_shown),
        cmocka_unit_test(a_promise_outlives_the_process),
        cmocka_unit_test(nothing_is_cosigned_that_is_not_kept),
        cmocka_unit_test(a_head_is_cosigned_only_when_every_leaf_is_held),
        cmocka_unit_test(who_is_held_back_cosigns_nothing),
        cmocka_unit_test(nominations_that_break_the_protocol_are_refused),
        cmocka_unit_test(another_branch_is_never_cosigned_and_convicts),
        cmocka_unit_test(a_replica_filled_anew_along_another_branch_convicts),
        cmocka_unit_test(who_promised_cosigns_no_older_generation),
        cmocka_unit_test(a_promise_about_generations_outlives_the_process),
        cmocka_unit_test(nothing_is_promised_that_is_not_kept),
        cmocka_unit_test(the_same_is_promised_again_with_what_is_held_by_then),
        cmocka_unit_test(a_number_that_is_taken_is_not_promised_about_again),
        cmocka_unit_test(a_generation_that_has_begun_is_not_promised_about),
        cmocka_unit_test(who_may_have_forgotten_promises_nothing),
        cmocka_unit_test(who_cosigned_what_it_does_not_hold_at_all_promises_nothing),
        cmocka_unit_test(a_ledger_that_contradicts_itself_gets_no_promise),
        cmocka_unit_test(a_prepare_that_breaks_the_protocol_is_refused),
        cmocka_unit_test(a_restored_witness_is_told_what_it_promised),
        cmocka_unit_test(a_line_that_does_not_verify_is_no_promise),
        cmocka_unit_test(what_is_recalled_and_cannot_be_kept_ends_cosigning),
        cmocka_unit_test(a_restored_witness_waits_for_enough_others),
        cmocka_unit_test(a_head_above_a_transition_head_waits_until_that_is_known_to_be_witnessed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
