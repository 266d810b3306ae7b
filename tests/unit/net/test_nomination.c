#include "net/nomination.h"

#include "net/message.h"
#include "tests/support/polls.h"
#include "tests/support/proposing.h"
#include "tests/support/street.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ };

static const size_t ALL_CREDIT[LH_CLASS_COUNT] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };

static struct lh_nomination_state state_of(const struct street *street, size_t who)
{
    struct lh_nomination_state state;

    lh_nomination_state(street->nodes[who].nomination, &state);
    return state;
}

static enum lh_level level_of(const struct street *street, uint64_t size)
{
    return lh_nomination_level(street->nodes[GAJ].nomination, size);
}

/* Lines of others than the seal on what gaj shows at a level. */
static size_t line_count(const struct street *street, enum lh_level level)
{
    struct lh_note note;

    assert_int_equal(
        lh_note_parse(&note, lh_nomination_checkpoint(street->nodes[GAJ].nomination, level), NULL),
        LH_OK);
    return note.line_count - 1;
}

static void set_up(struct street *street, enum lh_suite_id suite, size_t count)
{
    street_init(street, suite, count);
    street_add_witnesses(street);
}

/* k and n of the table in network.md 1. */
static void heads_become_final_in_towns_of_every_size(void **state)
{
    static const unsigned ks[LH_TOWN_MAX + 1] = { 0, 0, 1, 2, 2, 3, 4 };
    struct street street;

    (void)state;
    for (size_t count = 1; count <= LH_TOWN_MAX; count++) {
        set_up(&street, LH_SUITE_W, count);
        street_link_all(&street);
        street_seal(&street, GAJ, 2);
        assert_int_equal(level_of(&street, 3), LH_LEVEL_SEALED);
        street_wait(&street, 3000);
        assert_int_equal(state_of(&street, GAJ).quorum.cosigner_count, ks[count]);
        assert_int_equal(state_of(&street, GAJ).sum.witness_count, count - 1);
        assert_int_equal(level_of(&street, 3), count == 1   ? LH_LEVEL_SEALED
                                               : count == 2 ? LH_LEVEL_WITNESSED
                                                            : LH_LEVEL_FINAL);
        assert_int_equal(level_of(&street, 4), LH_LEVEL_SEALED);
        if (count > 2) {
            assert_int_equal(line_count(&street, LH_LEVEL_FINAL), 2 * (count - 1));
        }
        assert_int_equal(street.cut_count, 0);
        street_clear(&street);
    }
}

/* What is known of a designated witness of gaj. */
static struct lh_nomination_witness said_by(const struct street *street, const char *department)
{
    struct lh_nomination_witness said;

    assert_true(lh_nomination_witness(street->nodes[GAJ].nomination, department, &said));
    return said;
}

static void what_each_witness_said_is_shown_after_a_restart_too(void **state)
{
    struct lh_nomination_witness said;
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, 4);
    street_link(&street, 0, 1);
    street_link(&street, 0, 2);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 3000);
    assert_int_equal(said_by(&street, "mzj").size, 3);
    assert_true(said_by(&street, "mzj").is_cosigner);
    assert_true(said_by(&street, "mzj").is_mirror);
    assert_int_not_equal(said_by(&street, "mzj").time_s, 0);
    assert_int_equal(said_by(&street, "ybj").size, 0); /* is not here */
    assert_false(said_by(&street, "ybj").is_cosigner);
    assert_false(lh_nomination_witness(street.nodes[GAJ].nomination, "gaj", &said));
    said = said_by(&street, "mzj");
    street_restart(&street, GAJ);
    assert_int_equal(said_by(&street, "mzj").size, 3);
    assert_int_equal(said_by(&street, "mzj").time_s, said.time_s);
    assert_int_equal(said_by(&street, "ybj").size, 0);
    street_clear(&street);
}

static void heads_become_final_under_suite_g_too(void **state)
{
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_G, 3);
    street_link_all(&street);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 3000);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_FINAL);
    street_clear(&street);
}

static void one_head_is_nominated_in_a_second(void **state)
{
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, 3);
    street_link_all(&street);
    street_wait(&street, 1000);
    for (size_t i = 0; i < 10; i++) {
        street_seal(&street, GAJ, 1);
        street_wait(&street, 100);
    }
    assert_in_range(street.nodes[GAJ].sent[LH_FRAME_NOMINATE], 2, 4); /* of two witnesses */
    street_wait(&street, 1000);
    assert_int_equal(level_of(&street, 20), LH_LEVEL_FINAL); /* the newest covers all */
    street_clear(&street);
}

/* Five departments: four witnesses, of which three make a head witnessed. */
static void too_few_witnesses_make_nothing_witnessed(void **state)
{
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, 5);
    street_link(&street, 0, 1);
    street_link(&street, 0, 2);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 30 * 1000);
    assert_int_equal(state_of(&street, GAJ).sum.witness_count, 2);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_SEALED);
    assert_int_equal(lh_nomination_checkpoint(street.nodes[GAJ].nomination, LH_LEVEL_WITNESSED).len,
                     0);
    street_link(&street, 0, 3);
    street_wait(&street, 3000);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_FINAL);
    street_clear(&street);
}

static void a_head_that_waits_too_long_gives_way_to_a_newer_one(void **state)
{
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, 5);
    street_link(&street, 0, 1);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 1000);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 3000);
    assert_int_equal(state_of(&street, GAJ).head.size, 3);
    street_wait(&street, 2000);
    assert_int_equal(state_of(&street, GAJ).head.size, 6);
    street_clear(&street);
}

static void a_level_stays_after_a_restart(void **state)
{
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, 3);
    street_link_all(&street);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 3000);
    street_restart(&street, GAJ);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_FINAL);
    assert_int_equal(line_count(&street, LH_LEVEL_FINAL), 4);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 3000);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_FINAL);
    assert_int_equal(level_of(&street, 6), LH_LEVEL_SEALED);
    street_link(&street, 0, 1);
    street_link(&street, 0, 2);
    street_wait(&street, 15 * 1000);
    assert_int_equal(level_of(&street, 6), LH_LEVEL_FINAL);
    street_clear(&street);
}

/* What the store does not keep is not told, and comes again. */
static void a_level_that_is_not_kept_is_not_told(void **state)
{
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, 2);
    street_link_all(&street);
    street_seal(&street, GAJ, 2);
    street_settle(&street);
    assert_int_equal(lh_nomination_tick(street.nodes[GAJ].nomination, 0, NULL), LH_OK);
    lh_replica_mem_fail_at(street.nodes[GAJ].mem, 1);
    street_settle(&street);
    street_wait(&street, 3000);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_SEALED);
    assert_int_equal(state_of(&street, GAJ).sum.witness_count, 0);
    assert_true(street.nodes[GAJ].trouble_count > 0);
    lh_replica_mem_fail_at(street.nodes[GAJ].mem, 0);
    street_wait(&street, 15 * 1000);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_WITNESSED);
    street_clear(&street);
}

/* gaj's next frame for mzj, which is its witness in a town of two. */
static struct lh_frame nomination_for_mzj(struct street *street)
{
    struct lh_frame frame;

    street_init(street, LH_SUITE_W, 2);
    street_add_witnesses(street);
    street_link(street, 0, 1);
    street_seal(street, GAJ, 2);
    street_settle(street);
    assert_int_equal(lh_nomination_tick(street->nodes[GAJ].nomination, 0, NULL), LH_OK);
    assert_int_equal(lh_nomination_next(street->nodes[GAJ].nomination, lh_town_department(1),
                                        ALL_CREDIT, 0, &frame, NULL),
                     LH_OK);
    assert_int_equal(frame.type, LH_FRAME_NOMINATE);
    return frame;
}

static enum lh_code answer(struct street *street, uint16_t type, uint32_t request,
                           struct lh_bytes payload)
{
    return street_inject(street, GAJ, 1, type, request, payload, NULL);
}

/* The witness line of mzj over a head. */
static void line_of_mzj(const struct street *street, const struct lh_checkpoint *head,
                        struct lh_buf *out)
{
    const struct lh_genesis *genesis = lh_town_genesis(street->town);
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note_key key;

    assert_int_equal(lh_genesis_witness_key(
                         &key, genesis, lh_genesis_find(genesis, lh_bytes_of_text("mzj")), NULL),
                     LH_OK);
    lh_checkpoint_format(&text, head);
    assert_int_equal(lh_note_add_line(out, lh_buf_bytes(&text), &key,
                                      lh_town_witness(street->town, 1), 77, NULL),
                     LH_OK);
    lh_buf_clear(&text);
}

static void only_a_line_of_the_witness_over_the_head_counts(void **state)
{
    struct street street;
    struct lh_frame frame = nomination_for_mzj(&street);
    uint32_t request = frame.request;
    struct lh_checkpoint head = state_of(&street, GAJ).head;
    struct lh_buf lines = LH_BUF_EMPTY;

    (void)state;
    assert_int_equal(answer(&street, LH_FRAME_COSIGNATURE, request + 1, LH_BYTES_EMPTY),
                     LH_ERR_INVALID); /* no such question */
    assert_int_equal(answer(&street, LH_FRAME_COSIGNATURE, 0, LH_BYTES_EMPTY), LH_ERR_INVALID);
    line_of_mzj(&street, &head, &lines);
    lines.data[lines.len - 10] ^= 1;
    assert_int_not_equal(answer(&street, LH_FRAME_COSIGNATURE, request, lh_buf_bytes(&lines)),
                         LH_OK);
    assert_int_equal(state_of(&street, GAJ).sum.witness_count, 0);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_SEALED);
    lines.data[lines.len - 10] ^= 1;
    assert_int_equal(
        lh_nomination_next(street.nodes[GAJ].nomination, "mzj", ALL_CREDIT, 0, &frame, NULL),
        LH_OK); /* asked again */
    assert_int_equal(answer(&street, LH_FRAME_COSIGNATURE, request, lh_buf_bytes(&lines)), LH_OK);
    assert_int_equal(state_of(&street, GAJ).sum.witness_count,
                     0); /* to the question before: given up */
    assert_int_equal(answer(&street, LH_FRAME_COSIGNATURE, frame.request, lh_buf_bytes(&lines)),
                     LH_OK);
    assert_int_equal(state_of(&street, GAJ).sum.witness_count, 1);
    assert_int_equal(state_of(&street, GAJ).sum.mirror_count, 0);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_WITNESSED);
    lh_buf_clear(&lines);
    street_clear(&street);
}

/* The next generation's head has as many leaves as the one that was asked about: the late answer is
 * about neither it nor a fault of the witness. */
static void a_late_answer_about_the_generation_before_is_no_fault(void **state)
{
    struct street street;
    struct lh_frame frame = nomination_for_mzj(&street);
    uint32_t request = frame.request;
    struct lh_nomination *nomination = street.nodes[GAJ].nomination;
    struct lh_checkpoint before = state_of(&street, GAJ).head;
    struct lh_buf lines = LH_BUF_EMPTY;

    (void)state;
    line_of_mzj(&street, &before, &lines);
    lh_town_begin_next(street.town, GAJ);
    street_seal(&street, GAJ, 2);
    assert_int_equal(lh_nomination_tick(nomination, LH_NOMINATION_WAIT_MS, NULL), LH_OK);
    assert_string_equal(state_of(&street, GAJ).head.origin, "jinhua/gaj/2");
    assert_int_equal(state_of(&street, GAJ).head.size, before.size);
    assert_int_equal(answer(&street, LH_FRAME_COSIGNATURE, request, lh_buf_bytes(&lines)), LH_OK);
    assert_int_equal(state_of(&street, GAJ).sum.witness_count, 0);
    /* asked about the new head, it counts */
    assert_int_equal(
        lh_nomination_next(nomination, "mzj", ALL_CREDIT, LH_NOMINATION_WAIT_MS, &frame, NULL),
        LH_OK);
    request = frame.request;
    lh_buf_reset(&lines);
    before = state_of(&street, GAJ).head;
    line_of_mzj(&street, &before, &lines);
    street.now_ms = LH_NOMINATION_WAIT_MS;
    assert_int_equal(answer(&street, LH_FRAME_COSIGNATURE, request, lh_buf_bytes(&lines)), LH_OK);
    assert_int_equal(state_of(&street, GAJ).sum.witness_count, 1);
    lh_buf_clear(&lines);
    street_clear(&street);
}

/* What was reached before says nothing of the leaves of the next generation. */
static void a_level_of_the_generation_before_is_none_of_the_next(void **state)
{
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, 3);
    street_link_all(&street);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 3000);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_FINAL);
    lh_town_begin_next(street.town, GAJ);
    street_seal(&street, GAJ, 2);
    assert_int_equal(level_of(&street, 1), LH_LEVEL_SEALED);
    assert_int_equal(state_of(&street, GAJ).witnessed_size, 0);
    assert_int_equal(state_of(&street, GAJ).final_size, 0);
    street_wait(&street, 3000);
    assert_int_equal(level_of(&street, 1), LH_LEVEL_FINAL);
    assert_int_equal(state_of(&street, GAJ).witnessed_size, 3);
    street_clear(&street);
}

static void a_witness_that_knows_more_says_so(void **state)
{
    struct lh_decline decline = { .origin = "jinhua/gaj/1", .size = 99, .reason = LH_DECLINE_LAST };
    struct street street;
    struct lh_frame frame = nomination_for_mzj(&street);
    struct lh_buf payload = LH_BUF_EMPTY;

    (void)state;
    assert_int_equal(lh_decline_encode(&payload, &decline, NULL), LH_OK);
    assert_false(state_of(&street, GAJ).is_ahead);
    assert_int_equal(answer(&street, LH_FRAME_DECLINE, frame.request, lh_buf_bytes(&payload)),
                     LH_OK);
    assert_true(state_of(&street, GAJ).is_ahead);
    assert_int_equal(
        lh_nomination_next(street.nodes[GAJ].nomination, "mzj", ALL_CREDIT, 60000, &frame, NULL),
        LH_AGAIN); /* there is nothing to prove it by */
    lh_buf_clear(&payload);
    street_clear(&street);
}

/* Every witness of `count - 1` declines in turn; says how many it took. */
static size_t taken_after(size_t count, uint64_t generation)
{
    struct lh_decline decline = { .origin = "jinhua/gaj/1",
                                  .size = generation,
                                  .reason = LH_DECLINE_TAKEN };
    struct lh_buf payload = LH_BUF_EMPTY;
    struct street street;
    struct lh_nomination *nomination;
    struct lh_frame frame;
    size_t declined = 0;

    set_up(&street, LH_SUITE_W, count);
    nomination = street.nodes[GAJ].nomination;
    street_seal(&street, GAJ, 2);
    assert_int_equal(lh_nomination_tick(nomination, 0, NULL), LH_OK);
    assert_int_equal(lh_decline_encode(&payload, &decline, NULL), LH_OK);
    for (size_t i = 1; i < count && !state_of(&street, GAJ).is_taken; i++) {
        const char *department = lh_town_department(i);

        lh_nomination_join(nomination, department);
        assert_int_equal(lh_nomination_next(nomination, department, ALL_CREDIT, 0, &frame, NULL),
                         LH_OK);
        frame = (struct lh_frame){ .type = LH_FRAME_DECLINE,
                                   .request = frame.request,
                                   .payload = lh_buf_bytes(&payload) };
        assert_int_equal(lh_nomination_take(nomination, department, &frame, 0, NULL), LH_OK);
        declined++;
    }
    declined = state_of(&street, GAJ).is_taken ? declined : SIZE_MAX;
    lh_buf_clear(&payload);
    street_clear(&street);
    return declined;
}

/* Of three none may lie, of six one. */
static void a_later_generation_is_believed_when_more_witnesses_know_it_than_may_lie(void **state)
{
    (void)state;
    assert_int_equal(taken_after(3, 2), 1);
    assert_int_equal(taken_after(6, 2), 2);
    assert_int_equal(taken_after(3, 1), SIZE_MAX); /* not a later one */
    assert_int_equal(taken_after(6, 1), SIZE_MAX);
}

static void nobody_is_asked_without_credit_or_in_vain(void **state)
{
    static const size_t none[LH_CLASS_COUNT];
    struct lh_decline decline = { .origin = "jinhua/gaj/1", .reason = LH_DECLINE_LATER };
    struct lh_nomination_witness said;
    struct street street;
    struct lh_frame frame = nomination_for_mzj(&street);
    struct lh_nomination *nomination = street.nodes[GAJ].nomination;
    struct lh_buf payload = LH_BUF_EMPTY;

    (void)state;
    assert_int_equal(lh_nomination_next(nomination, "mzj", ALL_CREDIT, 0, &frame, NULL), LH_AGAIN);
    assert_int_equal(lh_nomination_due_ms(nomination), 10000);
    assert_int_equal(lh_nomination_tick(nomination, 10000, NULL), LH_OK);
    assert_int_equal(lh_nomination_next(nomination, "mzj", none, 10000, &frame, NULL), LH_AGAIN);
    assert_int_equal(lh_nomination_next(nomination, "mzj", ALL_CREDIT, 10000, &frame, NULL), LH_OK);
    assert_int_equal(lh_decline_encode(&payload, &decline, NULL), LH_OK);
    street.now_ms = 10000;
    assert_int_equal(answer(&street, LH_FRAME_DECLINE, frame.request, lh_buf_bytes(&payload)),
                     LH_OK);
    assert_int_equal(lh_nomination_next(nomination, "mzj", ALL_CREDIT, 10999, &frame, NULL),
                     LH_AGAIN);
    assert_int_equal(lh_nomination_due_ms(nomination), 11000);
    assert_int_equal(lh_nomination_next(nomination, "mzj", ALL_CREDIT, 11000, &frame, NULL), LH_OK);
    assert_true(lh_nomination_witness(nomination, "mzj", &said));
    assert_true(said.is_declined);
    assert_int_equal(said.decline.reason, LH_DECLINE_LATER);
    assert_false(lh_nomination_witness(nomination, "rsj", &said) && said.is_declined);
    decline.reason = LH_DECLINE_NEVER;
    lh_buf_reset(&payload);
    assert_int_equal(lh_decline_encode(&payload, &decline, NULL), LH_OK);
    assert_int_equal(answer(&street, LH_FRAME_DECLINE, frame.request, lh_buf_bytes(&payload)),
                     LH_OK);
    assert_int_equal(lh_nomination_next(nomination, "mzj", ALL_CREDIT, 1000000, &frame, NULL),
                     LH_AGAIN);
    lh_buf_clear(&payload);
    street_clear(&street);
}

/* ---- what the others learn ---- */

static void what_is_witnessed_is_known_to_all(void **state)
{
    struct street street;
    struct lh_buf note = LH_BUF_EMPTY;

    (void)state;
    set_up(&street, LH_SUITE_W, 5);
    for (size_t i = 1; i < 5; i++) {
        street_link(&street, 0, i);
    }
    street_seal(&street, GAJ, 2);
    street_settle(&street);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(street_ledger(&street, i, GAJ)->witnessed_size, 0);
    }
    street_wait(&street, 1000); /* nominated, cosigned, and told at once */
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(street_ledger(&street, i, GAJ)->witnessed_size, 3);
    }
    street_restart(&street, 1);
    assert_int_equal(street_ledger(&street, 1, GAJ)->witnessed_size, 3);
    street_restart(&street, 4);
    lh_replica_mem_free(street.nodes[4].mem); /* it begins with nothing, and asks another */
    street.nodes[4].mem = lh_replica_mem_new(LH_SUITE_W);
    street_restart(&street, 4);
    street_link(&street, 4, 1);
    street_wait(&street, 70 * 1000);
    assert_int_equal(street_ledger(&street, 4, GAJ)->witnessed_size, 3);
    assert_int_equal(lh_replica_get_note(street.nodes[4].replica, "jinhua/gaj/1",
                                         LH_REPLICA_WITNESSED, &note, NULL),
                     LH_OK);
    assert_true(lh_bytes_is_equal(
        lh_buf_bytes(&note),
        lh_nomination_checkpoint(street.nodes[GAJ].nomination, LH_LEVEL_WITNESSED)));
    assert_int_equal(street.cut_count, 0);
    lh_buf_clear(&note);
    street_clear(&street);
}

static enum lh_code show(struct street *street, size_t to, size_t from, struct lh_bytes note)
{
    struct lh_buf payload = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_part_add(&payload, note);
    rc = street_inject(street, to, from, LH_FRAME_HAVE, 0, lh_buf_bytes(&payload), NULL);
    lh_buf_clear(&payload);
    return rc;
}

/* ybj comes back behind a head that is witnessed, and gets no block before gaj has credit. */
static void who_fetches_a_head_later_hears_that_it_is_witnessed(void **state)
{
    struct street street;
    size_t bulk;

    (void)state;
    set_up(&street, LH_SUITE_W, 5);
    street_link_all(&street);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 2000);
    bulk = street.nodes[GAJ].credit[LH_CLASS_BULK];
    street_unlink(&street, GAJ, 3);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 2000);
    street.nodes[GAJ].credit[LH_CLASS_BULK] = 0;
    street.nodes[GAJ].credit[LH_CLASS_LIVE] = 0;
    for (size_t i = 1; i < 5; i++) {
        if (i != 3) {
            street_unlink(&street, i, 3);
        }
    }
    street_link(&street, GAJ, 3);
    street_wait(&street, 2000);
    assert_int_equal(street_ledger(&street, 2, GAJ)->witnessed_size, 6);
    assert_int_equal(street_held(&street, 3, GAJ), 3);
    street.nodes[GAJ].credit[LH_CLASS_BULK] = bulk;
    street_settle(&street);
    assert_int_equal(street_held(&street, 3, GAJ), 6);
    assert_int_equal(street_ledger(&street, 3, GAJ)->witnessed_size, 6);
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

/* Five departments, three cosignatures: rsj is shown what gaj has, whole and in part. */
static void lines_count_only_if_they_verify_and_are_enough(void **state)
{
    struct street street;
    struct lh_buf note = LH_BUF_EMPTY;
    size_t end;

    (void)state;
    set_up(&street, LH_SUITE_W, 5);
    street_link_all(&street);
    street_seal(&street, GAJ, 2);
    street_settle(&street);
    street_unlink(&street, GAJ, 2); /* it is not told; three others cosign */
    street_wait(&street, 3000);
    assert_int_equal(street_ledger(&street, 1, GAJ)->witnessed_size, 3);
    assert_int_equal(street_ledger(&street, 2, GAJ)->witnessed_size, 0);
    lh_buf_add(&note, lh_nomination_checkpoint(street.nodes[GAJ].nomination, LH_LEVEL_WITNESSED));
    note.data[note.len - 10] ^= 1;
    assert_int_not_equal(show(&street, 2, 1, lh_buf_bytes(&note)), LH_OK);
    assert_int_equal(street_ledger(&street, 2, GAJ)->witnessed_size, 0);
    note.data[note.len - 10] ^= 1;
    end = note.len;
    for (size_t lines = 0; lines < 4; lines++) { /* two witnesses' lines fall away */
        do {
            end--;
        } while (note.data[end - 1] != '\n');
    }
    assert_int_equal(show(&street, 2, 1, lh_bytes_of(note.data, end)), LH_OK);
    assert_int_equal(street_ledger(&street, 2, GAJ)->witnessed_size, 0);
    assert_int_equal(show(&street, 2, 1, lh_buf_bytes(&note)), LH_OK);
    assert_int_equal(street_ledger(&street, 2, GAJ)->witnessed_size, 3);
    lh_buf_clear(&note);
    street_clear(&street);
}

/* ---- epochs ---- */

static void link_to_gaj(struct street *street, size_t count)
{
    for (size_t i = 1; i <= count; i++) {
        street_link(street, GAJ, i);
    }
}

/* Five departments have certified an epoch, all heads are witnessed, and nobody is linked: four
 * witnesses of each, of which three make a head witnessed. */
static void certify(struct street *street)
{
    street_open(street, LH_SUITE_W, 5);
    street_link_all(street);
    street_settle(street);
    assert_int_equal(street_propose(street, GAJ, 0, "zf"), LH_OK);
    for (size_t i = 0; i < street->count; i++) {
        street_vote(street, i, 0, "zf");
    }
    street_wait(street, 5 * 1000);
    street_assert_epoch(street, 1);
    for (size_t i = 0; i < street->count; i++) {
        for (size_t j = i + 1; j < street->count; j++) {
            street_unlink(street, i, j);
        }
    }
}

static void enter(struct street *street)
{
    lh_town_enter(street->town, GAJ, lh_members_epoch(street_newest(street, GAJ)));
}

/* gaj seals a block, and one of its newest epoch if that is asked for, and one more. Linked to two
 * witnesses it waits; then a third comes. */
static void check_order(bool has_transition)
{
    struct street street;
    uint64_t size;
    size_t asked;

    certify(&street);
    size = street_held(&street, GAJ, GAJ);
    assert_int_equal(state_of(&street, GAJ).witnessed_size, size); /* the control */
    if (has_transition) {
        enter(&street);
    }
    street_seal(&street, GAJ, 2);
    street_seal(&street, GAJ, 2);
    link_to_gaj(&street, 2);
    street_wait(&street, 2000);
    asked = street.nodes[GAJ].sent[LH_FRAME_NOMINATE];
    street_seal(&street, GAJ, 2);
    street_wait(&street, 30 * 1000);
    assert_int_equal(street.nodes[GAJ].sent[LH_FRAME_NOMINATE] > asked, !has_transition);
    assert_int_equal(state_of(&street, GAJ).head.size, has_transition ? size + 3 : size + 9);
    assert_int_equal(state_of(&street, GAJ).sum.witness_count, 2);
    assert_int_equal(state_of(&street, GAJ).witnessed_size, size);
    street_link(&street, GAJ, 3);
    street_wait(&street, 15 * 1000);
    assert_int_equal(state_of(&street, GAJ).witnessed_size, size + 9);
    assert_int_equal(state_of(&street, GAJ).final_size, size + 9);
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

static void a_transition_head_is_witnessed_before_any_later_one_is_nominated(void **state)
{
    (void)state;
    check_order(false); /* a newer head covers an older one: the control */
    check_order(true);
}

/* gaj forgets that its transition head was witnessed. Its witnesses, who know, have cosigned above
 * it: more than f, which is 1, say so. */
static void an_author_that_forgot_its_transition_is_told_by_more_than_f_witnesses(void **state)
{
    struct lh_buf before = LH_BUF_EMPTY;
    struct street street;
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size;

    (void)state;
    certify(&street);
    size = street_held(&street, GAJ, GAJ);
    memcpy(origin, street_ledger(&street, GAJ, GAJ)->origin, sizeof origin);
    assert_int_equal(
        lh_replica_get_note(street.nodes[GAJ].replica, origin, LH_REPLICA_WITNESSED, &before, NULL),
        LH_OK);
    enter(&street);
    street_seal(&street, GAJ, 2);
    link_to_gaj(&street, 4);
    street_wait(&street, 5 * 1000);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 5 * 1000);
    assert_int_equal(state_of(&street, GAJ).witnessed_size, size + 6);
    assert_int_equal(lh_replica_put_note(street.nodes[GAJ].replica, origin, LH_REPLICA_WITNESSED,
                                         lh_buf_bytes(&before), NULL),
                     LH_OK);
    street_restart(&street, GAJ);
    assert_int_equal(state_of(&street, GAJ).witnessed_size, size);
    street_seal(&street, GAJ, 2);
    link_to_gaj(&street, 1); /* one of them may lie */
    street_wait(&street, 20 * 1000);
    assert_int_equal(state_of(&street, GAJ).head.size, size + 3);
    for (size_t i = 2; i <= 4; i++) {
        street_link(&street, GAJ, i);
    }
    street_wait(&street, 20 * 1000);
    assert_int_equal(state_of(&street, GAJ).witnessed_size, size + 9);
    lh_buf_clear(&before);
    street_clear(&street);
}

/* In epoch 1 mzj and rsj witness no more: of five four were needed for gaj, of three it is two. */
static void heads_are_witnessed_by_the_epochs_that_their_headers_name(void **state)
{
    static const char *const silent[] = { "mzj", "rsj" };
    struct lh_epochs *epochs = NULL;
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, LH_TOWN_MAX);
    assert_int_equal(lh_epochs_new(&epochs, lh_town_genesis(street.town), NULL), LH_OK);
    lh_proposing_add_silent(epochs, silent, 2);
    for (size_t i = 0; i < street.count; i++) {
        lh_replica_set_epochs(street.nodes[i].replica, epochs);
    }
    street_seal(&street, GAJ, 2);
    lh_town_enter(street.town, GAJ, lh_members_epoch(lh_epochs_newest(epochs)));
    for (size_t i = 3; i < LH_TOWN_MAX; i++) {
        street_link(&street, GAJ, i);
    }
    street_wait(&street, 10 * 1000);
    assert_int_equal(state_of(&street, GAJ).quorum.cosigner_count, 4);
    assert_int_equal(level_of(&street, 3), LH_LEVEL_SEALED); /* three of four */
    street_seal(&street, GAJ, 2);
    street_wait(&street, 10 * 1000);
    assert_int_equal(state_of(&street, GAJ).head.size, 6);
    assert_int_equal(state_of(&street, GAJ).quorum.cosigner_count, 2);
    assert_int_equal(state_of(&street, GAJ).sum.witness_count, 3);
    assert_int_equal(level_of(&street, 6), LH_LEVEL_SEALED); /* enough of epoch 1, not of 0 */
    street_link(&street, GAJ, 1);
    street_wait(&street, 15 * 1000);
    assert_int_equal(level_of(&street, 6), LH_LEVEL_FINAL);
    assert_int_equal(street_ledger(&street, 3, GAJ)->witnessed_size, 6); /* as others judge it */
    street_unlink(&street, GAJ, 1);
    street_unlink(&street, GAJ, 5);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 10 * 1000);
    assert_int_equal(level_of(&street, 9), LH_LEVEL_FINAL); /* two of three */
    assert_int_equal(street_ledger(&street, 3, GAJ)->witnessed_size, 9);
    assert_int_equal(street.cut_count, 0);
    street_restart(&street, GAJ);
    assert_int_equal(level_of(&street, 9), LH_LEVEL_FINAL); /* what was reached stays */
    street_clear(&street);
    lh_epochs_free(epochs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_become_final_in_towns_of_every_size),
        cmocka_unit_test(what_each_witness_said_is_shown_after_a_restart_too),
        cmocka_unit_test(heads_become_final_under_suite_g_too),
        cmocka_unit_test(one_head_is_nominated_in_a_second),
        cmocka_unit_test(too_few_witnesses_make_nothing_witnessed),
        cmocka_unit_test(a_head_that_waits_too_long_gives_way_to_a_newer_one),
        cmocka_unit_test(a_level_stays_after_a_restart),
        cmocka_unit_test(a_level_that_is_not_kept_is_not_told),
        cmocka_unit_test(only_a_line_of_the_witness_over_the_head_counts),
        cmocka_unit_test(a_late_answer_about_the_generation_before_is_no_fault),
        cmocka_unit_test(a_level_of_the_generation_before_is_none_of_the_next),
        cmocka_unit_test(a_witness_that_knows_more_says_so),
        cmocka_unit_test(a_later_generation_is_believed_when_more_witnesses_know_it_than_may_lie),
        cmocka_unit_test(nobody_is_asked_without_credit_or_in_vain),
        cmocka_unit_test(what_is_witnessed_is_known_to_all),
        cmocka_unit_test(who_fetches_a_head_later_hears_that_it_is_witnessed),
        cmocka_unit_test(lines_count_only_if_they_verify_and_are_enough),
        cmocka_unit_test(a_transition_head_is_witnessed_before_any_later_one_is_nominated),
        cmocka_unit_test(an_author_that_forgot_its_transition_is_told_by_more_than_f_witnesses),
        cmocka_unit_test(heads_are_witnessed_by_the_epochs_that_their_headers_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
