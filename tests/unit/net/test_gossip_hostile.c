#include "net/gossip.h"

#include "net/message.h"
#include "tests/support/street.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, MZJ, RSJ };

static const size_t ALL_CREDIT[LH_CLASS_COUNT] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };

/* mzj holds gaj's first block, and there is a second that it was not sent. */
static const struct lh_town_block *set_up(struct street *street)
{
    street_init(street, LH_SUITE_W, 3);
    street_link(street, GAJ, MZJ);
    street_seal(street, GAJ, 2);
    street_settle(street);
    assert_int_equal(street_held(street, MZJ, GAJ), 3);
    return lh_town_seal(street->town, GAJ, 0, 2);
}

static enum lh_code say(struct street *street, uint16_t type, uint32_t request, const void *bytes,
                        size_t len)
{
    return street_inject(street, MZJ, GAJ, type, request, lh_bytes_of(bytes, len), NULL);
}

static enum lh_code say_have(struct street *street, struct lh_bytes row)
{
    struct lh_buf payload = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_part_add(&payload, row);
    rc = say(street, LH_FRAME_HAVE, 0, payload.data, payload.len);
    lh_buf_clear(&payload);
    return rc;
}

/* What mzj wants of a peer now; LH_AGAIN: nothing. */
static enum lh_code next_of_mzj(struct street *street, size_t from, struct lh_frame *out)
{
    return lh_gossip_next(street->nodes[MZJ].gossip, lh_town_department(from), ALL_CREDIT,
                          street->now_ms, out, NULL);
}

static void frames_out_of_place_are_refused(void **state)
{
    struct street street;
    const struct lh_town_block *second = set_up(&street);
    struct lh_missing missing = { .origin = "jinhua/gaj/1", .reason = LH_MISSING_END };
    struct lh_buf payload = LH_BUF_EMPTY;

    (void)state;
    assert_int_equal(say(&street, LH_FRAME_HAVE, 0, "x", 1), LH_ERR_INVALID);
    assert_int_equal(say(&street, LH_FRAME_HAVE, 0, "", 0), LH_OK);
    assert_int_equal(say(&street, LH_FRAME_EVIDENCE, 0, "x", 1), LH_ERR_INVALID);
    assert_int_equal(say(&street, LH_FRAME_LEAVES, 0, "x", 1), LH_ERR_INVALID);
    assert_int_equal(
        say(&street, LH_FRAME_SEAL, 0, second->block.checkpoint.data, second->block.checkpoint.len),
        LH_ERR_INVALID); /* of no leaves */
    assert_int_equal(lh_missing_encode(&payload, &missing, NULL), LH_OK);
    assert_int_equal(say(&street, LH_FRAME_MISSING, 0, payload.data, payload.len), LH_ERR_INVALID);
    assert_int_equal(say(&street, LH_FRAME_MISSING, 9, payload.data, payload.len), LH_ERR_INVALID);
    assert_int_equal(say(&street, LH_FRAME_PROOF, 9, payload.data, payload.len), LH_ERR_INVALID);
    assert_int_equal(say(&street, LH_FRAME_GET, 1, "x", 1), LH_ERR_INVALID);
    assert_int_equal(say(&street, LH_FRAME_PROVE, 1, "x", 1), LH_ERR_INVALID);
    assert_int_equal(street_send_block(&street, MZJ, GAJ, second, 9, SIZE_MAX, NULL),
                     LH_ERR_INVALID); /* an answer that was not asked for */
    assert_int_equal(street_held(&street, MZJ, GAJ), 3);
    assert_int_equal(street_send_block(&street, MZJ, GAJ, second, 0, SIZE_MAX, NULL), LH_OK);
    assert_int_equal(street_held(&street, MZJ, GAJ), 6);
    lh_buf_clear(&payload);
    street_clear(&street);
}

static void a_question_needs_a_request(void **state)
{
    struct lh_get get = { .origin = "jinhua/gaj/1", .until = 3 };
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_frame frame;
    struct street street;

    (void)state;
    set_up(&street);
    assert_int_equal(lh_get_encode(&payload, &get, NULL), LH_OK);
    assert_int_equal(say(&street, LH_FRAME_GET, 0, payload.data, payload.len), LH_ERR_INVALID);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_AGAIN);
    assert_int_equal(say(&street, LH_FRAME_GET, 5, payload.data, payload.len), LH_OK);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
    assert_int_equal(frame.type, LH_FRAME_LEAVES);
    assert_int_equal(frame.request, 5);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
    assert_int_equal(frame.type, LH_FRAME_SEAL);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_AGAIN);
    lh_buf_clear(&payload);
    street_clear(&street);
}

static void what_is_not_held_is_missing(void **state)
{
    static const struct {
        const char *origin;
        uint64_t from;
        uint64_t held;
    } rows[] = { { "jinhua/gaj/1", 3, 3 }, { "jinhua/gaj/2", 0, 0 }, { "wenzhou/gaj/1", 0, 0 } };
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_missing missing;
    struct lh_frame frame;
    struct street street;

    (void)state;
    set_up(&street);
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_get get = { .from = rows[i].from, .until = 99 };

        memcpy(get.origin, rows[i].origin, strlen(rows[i].origin) + 1);
        lh_buf_reset(&payload);
        assert_int_equal(lh_get_encode(&payload, &get, NULL), LH_OK);
        assert_int_equal(say(&street, LH_FRAME_GET, i + 1, payload.data, payload.len), LH_OK);
        assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
        assert_int_equal(frame.type, LH_FRAME_MISSING);
        assert_int_equal(frame.request, i + 1);
        assert_int_equal(lh_missing_decode(&missing, frame.payload, NULL), LH_OK);
        assert_int_equal(missing.reason, LH_MISSING_END);
        assert_int_equal(missing.size, rows[i].held);
    }
    lh_buf_clear(&payload);
    street_clear(&street);
}

static void a_head_that_its_ledger_did_not_seal_is_refused(void **state)
{
    struct street street;
    const struct lh_town_block *second = set_up(&street);
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_buf row = LH_BUF_EMPTY;
    struct lh_checkpoint head;

    (void)state;
    lh_buf_add(&note, second->block.checkpoint);
    note.data[note.len - 20] ^= 1; /* of the signature */
    assert_int_equal(say_have(&street, lh_buf_bytes(&note)), LH_ERR_FORGED);
    assert_int_equal(
        lh_gossip_heard(street.nodes[MZJ].gossip, lh_town_department(GAJ), "jinhua/gaj/1"), 3);
    lh_chain_checkpoint(&second->next, lh_town_suite(street.town), &head);
    lh_checkpoint_format(&row, &head);
    lh_buf_add_text(&row, "\n");
    assert_int_equal(say_have(&street, lh_buf_bytes(&row)), LH_ERR_INVALID); /* no line */
    while (row.len <= LH_HAVE_ROW_MAX) {
        lh_buf_add_text(&row, "x");
    }
    assert_int_equal(say_have(&street, lh_buf_bytes(&row)), LH_ERR_LIMIT);
    assert_int_equal(say_have(&street, second->block.checkpoint), LH_OK);
    assert_int_equal(
        lh_gossip_heard(street.nodes[MZJ].gossip, lh_town_department(GAJ), "jinhua/gaj/1"), 6);
    lh_buf_clear(&row);
    lh_buf_clear(&note);
    street_clear(&street);
}

/* Leaves as they should be, under a seal that is false, or that of another block. */
static void a_block_needs_its_own_seal(void **state)
{
    struct street street;
    const struct lh_town_block *second = set_up(&street);
    const struct lh_town_block *third = lh_town_seal(street.town, GAJ, 0, 2);
    struct lh_town_block forged = *second;
    struct lh_buf note = LH_BUF_EMPTY;

    (void)state;
    lh_buf_add(&note, second->block.checkpoint);
    note.data[note.len - 20] ^= 1; /* of the signature */
    forged.block.checkpoint = lh_buf_bytes(&note);
    assert_int_equal(street_send_block(&street, MZJ, GAJ, &forged, 0, SIZE_MAX, NULL),
                     LH_ERR_FORGED);
    forged.block.checkpoint = third->block.checkpoint;
    street_unlink(&street, GAJ, MZJ);
    street_link(&street, GAJ, MZJ);
    assert_int_equal(street_send_block(&street, MZJ, GAJ, &forged, 0, SIZE_MAX, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(street_held(&street, MZJ, GAJ), 3);
    street_unlink(&street, GAJ, MZJ);
    street_link(&street, GAJ, MZJ);
    assert_int_equal(street_send_block(&street, MZJ, GAJ, second, 0, SIZE_MAX, NULL), LH_OK);
    assert_int_equal(street_held(&street, MZJ, GAJ), 6);
    lh_buf_clear(&note);
    street_clear(&street);
}

static void a_peer_has_told_all_when_its_vector_ends(void **state)
{
    struct street street;

    (void)state;
    set_up(&street);
    street_unlink(&street, GAJ, MZJ);
    street_link(&street, GAJ, MZJ);
    assert_int_equal(lh_gossip_told_count(street.nodes[MZJ].gossip), 0);
    assert_int_equal(say_have(&street, lh_buf_bytes(&street_ledger(&street, GAJ, GAJ)->checkpoint)),
                     LH_OK);
    assert_int_equal(lh_gossip_told_count(street.nodes[MZJ].gossip), 0);
    assert_int_equal(say(&street, LH_FRAME_HAVE, 0, "", 0), LH_OK);
    assert_int_equal(lh_gossip_told_count(street.nodes[MZJ].gossip), 1);
    street_unlink(&street, GAJ, MZJ);
    assert_int_equal(lh_gossip_told_count(street.nodes[MZJ].gossip), 0);
    street_clear(&street);
}

static void a_block_of_anothers_ledger_comes_only_when_asked_for(void **state)
{
    struct street street;
    const struct lh_town_block *theirs;

    (void)state;
    set_up(&street);
    theirs = lh_town_seal(street.town, RSJ, 0, 1);
    assert_int_equal(street_send_block(&street, MZJ, GAJ, theirs, 0, SIZE_MAX, NULL),
                     LH_ERR_INVALID);
    street_link(&street, RSJ, MZJ);
    assert_int_equal(street_send_block(&street, MZJ, RSJ, theirs, 0, SIZE_MAX, NULL), LH_OK);
    assert_int_equal(street_held(&street, MZJ, RSJ), 2);
    street_clear(&street);
}

/* A first block whose leaf was changed on the way, anywhere. */
static void a_spoiled_first_block_is_refused(void **state)
{
    struct street street;
    const struct lh_town_block *theirs;
    size_t len;

    (void)state;
    set_up(&street);
    street_link(&street, RSJ, MZJ);
    theirs = lh_town_seal(street.town, RSJ, 0, 1);
    len = theirs->block.leaves[0].len;
    for (size_t i = 0; i < len; i += 7) {
        enum lh_code rc = street_send_block(&street, MZJ, RSJ, theirs, 0, i, NULL);

        assert_true(rc == LH_ERR_FORGED || rc == LH_OK); /* OK: a newer schema, which we cannot */
        assert_int_equal(street_held(&street, MZJ, RSJ), 0);
        assert_null(street_ledger(&street, MZJ, RSJ));
    }
    assert_int_equal(street_send_block(&street, MZJ, RSJ, theirs, 0, SIZE_MAX, NULL), LH_OK);
    assert_int_equal(street_held(&street, MZJ, RSJ), 2);
    street_clear(&street);
}

/* rsj answers with leaves of its own making under the true seal: it has to prove what it cannot. */
static void leaves_under_a_true_seal_that_they_do_not_have_are_found_out(void **state)
{
    struct street street;
    const struct lh_town_block *second = set_up(&street);
    struct lh_proven_growth growth = { .of = { .origin = "jinhua/gaj/1", .old = 3, .size = 6 } };
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_frame frame;
    struct lh_prove prove;

    (void)state;
    assert_int_equal(say_have(&street, second->block.checkpoint), LH_OK);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
    assert_int_equal(frame.type, LH_FRAME_GET);
    assert_int_equal(street_send_block(&street, MZJ, GAJ, second, frame.request, 9, NULL), LH_OK);
    assert_int_equal(street_held(&street, MZJ, GAJ), 3);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
    assert_int_equal(frame.type, LH_FRAME_PROVE);
    assert_int_equal(lh_prove_decode(&prove, frame.payload, NULL), LH_OK);
    assert_int_equal(prove.old, 3);
    assert_int_equal(prove.size, 6);
    growth.root = street_ledger(&street, MZJ, GAJ)->root; /* the truth accuses nobody */
    assert_int_equal(lh_proven_growth_encode(&payload, &growth, NULL), LH_OK);
    assert_int_equal(say(&street, LH_FRAME_PROOF, frame.request, payload.data, payload.len),
                     LH_ERR_FORGED);
    assert_false(street_ledger(&street, MZJ, GAJ)->is_tainted);
    lh_buf_clear(&payload);
    street_clear(&street);
}

/* Control: a ledger of rsj that is not known either is asked for. */
static void nobody_is_asked_for_a_ledger_of_our_own(void **state)
{
    struct street street;
    struct lh_frame frame;

    (void)state;
    set_up(&street);
    street_link(&street, RSJ, MZJ);
    street_settle(&street);
    assert_int_equal(say_have(&street, lh_town_seal(street.town, MZJ, 0, 1)->block.checkpoint),
                     LH_OK);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_AGAIN);
    assert_int_equal(say_have(&street, lh_town_seal(street.town, RSJ, 0, 1)->block.checkpoint),
                     LH_OK);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
    assert_int_equal(frame.type, LH_FRAME_GET);
    street_clear(&street);
}

static void evidence_that_proves_nothing_is_refused(void **state)
{
    struct street other;
    struct street street;
    struct lh_buf text = LH_BUF_EMPTY;

    (void)state;
    set_up(&street);
    street_init(&other, LH_SUITE_W, 2); /* another network, where gaj forked */
    street_link(&other, GAJ, MZJ);
    street_seal(&other, GAJ, 2);
    street_settle(&other);
    lh_town_split(other.town, GAJ);
    assert_int_equal(
        street_send_block(&other, MZJ, GAJ, lh_town_seal(other.town, GAJ, 1, 1), 0, SIZE_MAX, NULL),
        LH_OK);
    street_seal(&other, GAJ, 1);
    street_settle(&other);
    assert_true(street_ledger(&other, MZJ, GAJ)->is_tainted);
    assert_int_equal(lh_replica_get_note(other.nodes[MZJ].replica, "jinhua/gaj/1",
                                         LH_REPLICA_EVIDENCE, &text, NULL),
                     LH_OK);
    assert_int_equal(say(&street, LH_FRAME_EVIDENCE, 0, text.data, text.len), LH_ERR_FORGED);
    assert_false(street_ledger(&street, MZJ, GAJ)->is_tainted);
    assert_int_equal(
        street_inject(&other, MZJ, GAJ, LH_FRAME_EVIDENCE, 0, lh_buf_bytes(&text), NULL),
        LH_OK); /* there it is known */
    lh_buf_clear(&text);
    street_clear(&other);
    street_clear(&street);
}

/* ---- slow and withholding peers ---- */

static void who_does_not_answer_is_passed_over(void **state)
{
    struct street street;
    const struct lh_town_block *second = set_up(&street);
    struct lh_frame frame;
    uint32_t request;

    (void)state;
    street_link(&street, RSJ, MZJ);
    street_settle(&street);
    assert_int_equal(say_have(&street, second->block.checkpoint), LH_OK);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
    assert_int_equal(frame.type, LH_FRAME_GET);
    request = frame.request;
    street.now_ms += 9999;
    lh_gossip_tick(street.nodes[MZJ].gossip, street.now_ms);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_AGAIN);
    street.now_ms += 1;
    assert_true(lh_gossip_due_ms(street.nodes[MZJ].gossip) <= street.now_ms);
    lh_gossip_tick(street.nodes[MZJ].gossip, street.now_ms);
    while (next_of_mzj(&street, GAJ, &frame) == LH_OK) {
        assert_int_not_equal(frame.type, LH_FRAME_GET); /* not for a while */
    }
    assert_int_equal(street_send_block(&street, MZJ, GAJ, second, request, SIZE_MAX, NULL), LH_OK);
    assert_int_equal(street_held(&street, MZJ, GAJ), 3); /* too late, and no offence */
    street.now_ms += 30000;
    do {
        assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
    } while (frame.type != LH_FRAME_GET);
    assert_true(frame.request > request);
    assert_int_equal(street_send_block(&street, MZJ, GAJ, second, frame.request, SIZE_MAX, NULL),
                     LH_OK);
    assert_int_equal(street_held(&street, MZJ, GAJ), 6);
    street_clear(&street);
}

static void who_has_nothing_to_show_for_its_head_is_not_asked_for_a_while(void **state)
{
    struct lh_missing missing = { .origin = "jinhua/gaj/1", .size = 3, .reason = LH_MISSING_END };
    struct street street;
    const struct lh_town_block *second = set_up(&street);
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_frame frame;

    (void)state;
    assert_int_equal(say_have(&street, second->block.checkpoint), LH_OK);
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
    assert_int_equal(frame.type, LH_FRAME_GET);
    assert_int_equal(lh_missing_encode(&payload, &missing, NULL), LH_OK);
    assert_int_equal(say(&street, LH_FRAME_MISSING, frame.request, payload.data, payload.len),
                     LH_OK);
    assert_int_equal(say_have(&street, second->block.checkpoint), LH_OK);
    while (next_of_mzj(&street, GAJ, &frame) == LH_OK) {
        assert_int_not_equal(frame.type, LH_FRAME_GET);
    }
    street.now_ms += 30000;
    assert_int_equal(next_of_mzj(&street, GAJ, &frame), LH_OK);
    assert_int_equal(frame.type, LH_FRAME_GET);
    lh_buf_clear(&payload);
    street_clear(&street);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_out_of_place_are_refused),
        cmocka_unit_test(a_question_needs_a_request),
        cmocka_unit_test(what_is_not_held_is_missing),
        cmocka_unit_test(a_head_that_its_ledger_did_not_seal_is_refused),
        cmocka_unit_test(a_block_needs_its_own_seal),
        cmocka_unit_test(a_peer_has_told_all_when_its_vector_ends),
        cmocka_unit_test(a_block_of_anothers_ledger_comes_only_when_asked_for),
        cmocka_unit_test(a_spoiled_first_block_is_refused),
        cmocka_unit_test(leaves_under_a_true_seal_that_they_do_not_have_are_found_out),
        cmocka_unit_test(nobody_is_asked_for_a_ledger_of_our_own),
        cmocka_unit_test(evidence_that_proves_nothing_is_refused),
        cmocka_unit_test(who_does_not_answer_is_passed_over),
        cmocka_unit_test(who_has_nothing_to_show_for_its_head_is_not_asked_for_a_while),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
