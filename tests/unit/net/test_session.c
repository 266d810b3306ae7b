#include "net/session.h"

#include "crypto/base/assert.h"
#include "ledger/canon.h"

#include "network.pb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, MZJ, STRANGER, PARTIES };

static const char *const CODES[PARTIES] = { "gaj", "mzj", "xxj" };

struct scene {
    struct lh_suite *suite;
    struct lh_signer *keys[PARTIES];
    struct lh_session *a; /* gaj, dials */
    struct lh_session *b; /* mzj */
};

static struct scene scene;

static const struct lh_pubkey *find(void *arg, const char *department)
{
    (void)arg;
    for (int i = GAJ; i <= MZJ; i++) {
        if (strcmp(department, CODES[i]) == 0) {
            return lh_signer_pubkey(scene.keys[i]);
        }
    }
    return NULL;
}

static struct lh_session_options options_of(int who, bool is_dialled)
{
    struct lh_session_options options = { .suite = scene.suite,
                                          .witness = scene.keys[who],
                                          .generation = 3,
                                          .is_dialled = is_dialled,
                                          .find = find };

    memset(&options.network_id, 5, sizeof options.network_id);
    memset(&options.channel, 6, sizeof options.channel);
    memset(options.start, 7 + who, sizeof options.start);
    (void)snprintf(options.department, sizeof options.department, "%s", CODES[who]);
    return options;
}

static struct lh_session *session_of(const struct lh_session_options *options)
{
    struct lh_session *session = NULL;

    assert_int_equal(lh_session_new(&session, options, 0, NULL), LH_OK);
    return session;
}

static int set_up_alg(enum lh_suite_id suite, enum lh_alg alg)
{
    assert_int_equal(lh_suite_new(&scene.suite, suite, NULL), LH_OK);
    for (int i = 0; i < PARTIES; i++) {
        uint8_t seed[32] = { 0 };

        seed[31] = (uint8_t)(i + 1);
        assert_int_equal(
            lh_signer_from_seed(&scene.keys[i], alg, lh_bytes_of(seed, sizeof seed), NULL), LH_OK);
    }
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    scene = (struct scene){ .suite = NULL };
    return set_up_alg(LH_SUITE_W, LH_ALG_ED25519);
}

static int tear_down(void **state)
{
    (void)state;
    lh_session_free(scene.a);
    lh_session_free(scene.b);
    for (int i = 0; i < PARTIES; i++) {
        lh_signer_free(scene.keys[i]);
    }
    lh_suite_free(scene.suite);
    return 0;
}

/* Move what `from` has to say into `to`, `step` bytes at a time. */
static enum lh_code carry(struct lh_session *from, struct lh_session *to, size_t step,
                          int64_t now_ms)
{
    struct lh_frame frame;
    enum lh_code rc = LH_AGAIN;

    while (lh_session_output(from).len > 0 && rc == LH_AGAIN) {
        struct lh_bytes out = lh_session_output(from);
        size_t len = out.len < step ? out.len : step;

        assert_int_equal(lh_session_put(to, lh_bytes_of(out.data, len), NULL), LH_OK);
        lh_session_written(from, len);
        rc = lh_session_next(to, &frame, now_ms, NULL);
    }
    return rc;
}

static void make_live(void)
{
    struct lh_session_options a = options_of(GAJ, false);
    struct lh_session_options b = options_of(MZJ, true);

    lh_session_free(scene.a);
    lh_session_free(scene.b);
    scene.a = session_of(&a);
    scene.b = session_of(&b);
    assert_int_equal(carry(scene.a, scene.b, SIZE_MAX, 0), LH_AGAIN);
    assert_int_equal(carry(scene.b, scene.a, SIZE_MAX, 0), LH_AGAIN);
    assert_int_equal(lh_session_state(scene.a), LH_SESSION_LIVE);
    assert_int_equal(lh_session_state(scene.b), LH_SESSION_LIVE);
}

static void two_members_know_each_other(void **state)
{
    (void)state;
    make_live();
    assert_string_equal(lh_session_peer(scene.a)->department, "mzj");
    assert_string_equal(lh_session_peer(scene.b)->department, "gaj");
    assert_int_equal(lh_session_peer(scene.b)->generation, 3);
    assert_int_equal(lh_session_peer(scene.b)->start[0], 7 + GAJ);
}

static void suite_g_works_alike(void **state)
{
    (void)state;
    tear_down(state);
    scene = (struct scene){ .suite = NULL };
    set_up_alg(LH_SUITE_G, LH_ALG_SM2);
    make_live();
}

/* ---- who is refused ---- */

typedef void spoil_fn(struct lh_session_options *a);

static void spoil_nothing(struct lh_session_options *a)
{
    (void)a;
}
static void spoil_network(struct lh_session_options *a)
{
    a->network_id.bytes[0] ^= 1;
}
static void spoil_channel(struct lh_session_options *a)
{
    a->channel.bytes[31] ^= 1; /* a HELLO carried over from another connection */
}
static void spoil_side(struct lh_session_options *a)
{
    a->is_dialled = true; /* a HELLO sent back */
}
static void spoil_key(struct lh_session_options *a)
{
    a->witness = scene.keys[STRANGER];
}
static void spoil_member(struct lh_session_options *a)
{
    *a = options_of(STRANGER, false);
}
static void spoil_self(struct lh_session_options *a)
{
    *a = options_of(MZJ, false);
}

static void a_hello_that_does_not_hold_is_refused_with_its_code(void **state)
{
    static const struct {
        spoil_fn *spoil;
        enum lh_code code;
        enum lh_session_bye bye;
    } rows[] = {
        { spoil_network, LH_ERR_DENIED, LH_BYE_NETWORK },
        { spoil_channel, LH_ERR_FORGED, LH_BYE_FORGED },
        { spoil_side, LH_ERR_FORGED, LH_BYE_FORGED },
        { spoil_key, LH_ERR_FORGED, LH_BYE_FORGED },
        { spoil_member, LH_ERR_DENIED, LH_BYE_MEMBER },
        { spoil_self, LH_ERR_CONFLICT, LH_BYE_OURSELVES },
        { spoil_nothing, LH_AGAIN, LH_BYE_NONE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_session_options a = options_of(GAJ, false);
        struct lh_session_options b = options_of(MZJ, true);

        rows[i].spoil(&a);
        lh_session_free(scene.a);
        lh_session_free(scene.b);
        scene.a = session_of(&a);
        scene.b = session_of(&b);
        assert_int_equal(carry(scene.a, scene.b, SIZE_MAX, 0), rows[i].code);
        assert_int_equal(lh_session_bye(scene.b), rows[i].bye);
        assert_int_equal(lh_session_state(scene.b),
                         rows[i].code == LH_AGAIN ? LH_SESSION_LIVE : LH_SESSION_CLOSED);
    }
}

static void who_dials_one_department_takes_no_other(void **state)
{
    struct lh_session_options a = options_of(GAJ, true);
    struct lh_session_options b = options_of(MZJ, false);

    (void)state;
    (void)snprintf(b.expected, sizeof b.expected, "rsj");
    scene.a = session_of(&a);
    scene.b = session_of(&b);
    assert_int_equal(carry(scene.a, scene.b, SIZE_MAX, 0), LH_ERR_DENIED);
    assert_int_equal(lh_session_bye(scene.b), LH_BYE_MEMBER);
    /* The other side is told why. */
    assert_int_equal(carry(scene.b, scene.a, SIZE_MAX, 0), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_session_bye(scene.a), LH_BYE_MEMBER);
}

static void every_changed_bit_of_a_hello_is_refused(void **state)
{
    struct lh_session_options a = options_of(GAJ, false);
    struct lh_session_options b = options_of(MZJ, true);
    struct lh_buf hello = LH_BUF_EMPTY;
    struct lh_frame frame;

    (void)state;
    scene.a = session_of(&a);
    lh_buf_add(&hello, lh_session_output(scene.a));
    for (size_t bit = LH_FRAME_HEADER_SIZE * 8; bit < hello.len * 8; bit++) {
        struct lh_session *victim = session_of(&b);

        hello.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(lh_session_put(victim, lh_buf_bytes(&hello), NULL), LH_OK);
        assert_int_not_equal(lh_session_next(victim, &frame, 0, NULL), LH_AGAIN);
        assert_int_equal(lh_session_state(victim), LH_SESSION_CLOSED);
        hello.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        lh_session_free(victim);
    }
    lh_buf_clear(&hello);
    make_live();
}

/* ---- frames ---- */

static enum lh_code give(struct lh_session *session, uint16_t type, uint16_t flags,
                         struct lh_bytes payload, struct lh_frame *out)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_u32(&bytes, (uint32_t)payload.len);
    lh_buf_add_u16(&bytes, type);
    lh_buf_add_u16(&bytes, flags);
    lh_buf_add_u32(&bytes, 0);
    lh_buf_add(&bytes, payload);
    assert_int_equal(lh_session_put(session, lh_buf_bytes(&bytes), NULL), LH_OK);
    rc = lh_session_next(session, out, 0, NULL);
    lh_buf_clear(&bytes);
    return rc;
}

static void nothing_but_hello_comes_first_and_it_comes_once(void **state)
{
    struct lh_session_options b = options_of(MZJ, true);
    struct lh_bytes empty = lh_bytes_of("", 0);
    struct lh_buf hello = LH_BUF_EMPTY;
    struct lh_frame frame;

    (void)state;
    for (uint16_t type = LH_FRAME_PING; type <= LH_FRAME_WANT; type++) {
        struct lh_session *session = session_of(&b);

        assert_int_equal(give(session, type, 0, empty, &frame), LH_ERR_INVALID);
        assert_int_equal(lh_session_bye(session), LH_BYE_PROTOCOL);
        lh_session_free(session);
    }
    struct lh_session_options a = options_of(GAJ, false);
    scene.a = session_of(&a);
    scene.b = session_of(&b);
    lh_buf_add(&hello, lh_session_output(scene.a));
    assert_int_equal(lh_session_put(scene.b, lh_buf_bytes(&hello), NULL), LH_OK);
    assert_int_equal(lh_session_next(scene.b, &frame, 0, NULL), LH_AGAIN);
    assert_int_equal(lh_session_put(scene.b, lh_buf_bytes(&hello), NULL), LH_OK);
    assert_int_equal(lh_session_next(scene.b, &frame, 0, NULL), LH_ERR_INVALID);
    lh_buf_clear(&hello);
}

/* Only the header comes; HELLO and BYE themselves are waited for. */
static void a_header_out_of_turn_ends_the_session_without_its_payload(void **state)
{
    struct lh_frame frame;

    (void)state;
    for (uint16_t type = LH_FRAME_HELLO; type <= LH_FRAME_DECLINE + 1; type++) {
        struct lh_session_options b = options_of(MZJ, true);
        struct lh_session *session = session_of(&b);
        struct lh_buf header = LH_BUF_EMPTY;
        bool is_waited_for = type == LH_FRAME_HELLO || type == LH_FRAME_BYE;

        lh_buf_add_u32(&header, 1);
        lh_buf_add_u16(&header, type);
        lh_buf_add_u16(&header, 0);
        lh_buf_add_u32(&header, 0);
        assert_int_equal(lh_session_put(session, lh_buf_bytes(&header), NULL), LH_OK);
        assert_int_equal(lh_session_next(session, &frame, 0, NULL),
                         is_waited_for ? LH_AGAIN : LH_ERR_INVALID);
        assert_int_equal(lh_session_bye(session), is_waited_for ? LH_BYE_NONE : LH_BYE_PROTOCOL);
        lh_session_free(session);

        make_live();
        assert_int_equal(lh_session_put(scene.b, lh_buf_bytes(&header), NULL), LH_OK);
        assert_int_equal(lh_session_next(scene.b, &frame, 0, NULL),
                         type == LH_FRAME_HELLO ? LH_ERR_INVALID : LH_AGAIN);
        lh_buf_clear(&header);
    }
}

static void nothing_is_sent_before_live(void **state)
{
    struct lh_session_options a = options_of(GAJ, false);
    struct lh_frame frame = { .type = LH_FRAME_GET };

    (void)state;
    scene.a = session_of(&a);
    assert_int_equal(lh_session_credit(scene.a, LH_CLASS_CONTROL), 0);
    assert_int_equal(lh_session_send(scene.a, &frame, NULL), LH_AGAIN);
    make_live();
    assert_int_equal(lh_session_send(scene.a, &frame, NULL), LH_OK);
}

static void a_header_over_its_limit_ends_the_session_without_its_payload(void **state)
{
    struct lh_frame frame;

    (void)state;
    for (uint16_t type = LH_FRAME_BYE; type <= LH_FRAME_WANT; type++) {
        struct lh_buf header = LH_BUF_EMPTY;

        make_live();
        lh_buf_add_u32(&header, (uint32_t)lh_frame_limit(type) + 1);
        lh_buf_add_u16(&header, type);
        lh_buf_add_u16(&header, 0);
        lh_buf_add_u32(&header, 0);
        assert_int_equal(lh_session_put(scene.b, lh_buf_bytes(&header), NULL), LH_OK);
        assert_int_equal(lh_session_next(scene.b, &frame, 0, NULL), LH_ERR_LIMIT);
        assert_int_equal(lh_session_state(scene.b), LH_SESSION_CLOSED);
        lh_buf_clear(&header);
    }
}

static void unknown_types_are_skipped_unless_they_are_critical(void **state)
{
    struct lh_bytes some = lh_bytes_of("some", 4);
    struct lh_frame frame;

    (void)state;
    make_live();
    assert_int_equal(give(scene.b, 999, 0, some, &frame), LH_AGAIN);
    assert_int_equal(give(scene.b, LH_FRAME_GET, 0, some, &frame), LH_OK);
    assert_true(lh_bytes_is_equal(frame.payload, some));
    assert_int_equal(give(scene.b, 999, LH_FRAME_CRITICAL, some, &frame), LH_ERR_UNKNOWN);
    make_live();
    assert_int_equal(give(scene.b, LH_FRAME_GET, LH_FRAME_CRITICAL, some, &frame), LH_OK);
    assert_int_equal(give(scene.b, LH_FRAME_GET, 2, some, &frame), LH_ERR_INVALID);
}

static void frames_come_out_whole_however_the_bytes_are_cut(void **state)
{
    (void)state;
    for (size_t step = 1; step <= 64; step++) {
        struct lh_frame frame = { .type = LH_FRAME_GET,
                                  .request = 9,
                                  .payload = lh_bytes_of("of ledger", 9) };
        struct lh_session_options a = options_of(GAJ, false);
        struct lh_session_options b = options_of(MZJ, true);

        lh_session_free(scene.a);
        lh_session_free(scene.b);
        scene.a = session_of(&a);
        scene.b = session_of(&b);
        assert_int_equal(carry(scene.a, scene.b, step, 0), LH_AGAIN);
        assert_int_equal(carry(scene.b, scene.a, step, 0), LH_AGAIN);
        assert_int_equal(lh_session_send(scene.a, &frame, NULL), LH_OK);
        while (lh_session_output(scene.a).len > step) {
            struct lh_frame early;

            assert_int_equal(
                lh_session_put(scene.b, lh_bytes_of(lh_session_output(scene.a).data, step), NULL),
                LH_OK);
            lh_session_written(scene.a, step);
            assert_int_equal(lh_session_next(scene.b, &early, 0, NULL), LH_AGAIN);
        }
        assert_int_equal(carry(scene.a, scene.b, step, 0), LH_OK);
    }
}

/* ---- credit ---- */

static void who_has_no_credit_sends_nothing_until_the_other_has_dealt_with_it(void **state)
{
    static uint8_t leaves[200 * 1024];
    struct lh_frame frame = { .type = LH_FRAME_LEAVES,
                              .request = 1,
                              .payload = lh_bytes_of(leaves, sizeof leaves) };
    struct lh_frame got;
    size_t sent = 0;

    (void)state;
    make_live();
    assert_int_equal(lh_session_credit(scene.a, LH_CLASS_BULK), 4 * 1024 * 1024);
    while (lh_session_send(scene.a, &frame, NULL) == LH_OK) {
        sent++;
        assert_int_equal(carry(scene.a, scene.b, SIZE_MAX, 0), LH_OK);
    }
    assert_int_equal(sent, 20); /* 4 MiB */
    assert_int_equal(lh_session_output(scene.b).len, 0);
    got = frame;
    for (size_t i = 0; i < 11; i++) { /* more than half */
        lh_session_done(scene.b, &got);
    }
    assert_true(lh_session_output(scene.b).len > 0);
    assert_int_equal(carry(scene.b, scene.a, SIZE_MAX, 0), LH_AGAIN);
    assert_int_equal(lh_session_send(scene.a, &frame, NULL), LH_OK);
    /* One class empty leaves the others alone. */
    frame = (struct lh_frame){ .type = LH_FRAME_HAVE };
    assert_int_equal(lh_session_send(scene.a, &frame, NULL), LH_OK);
}

static void a_frame_beyond_the_credit_ends_the_session(void **state)
{
    static uint8_t have[128 * 1024];
    struct lh_bytes payload = lh_bytes_of(have, sizeof have);
    struct lh_frame frame;

    (void)state;
    make_live();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(give(scene.b, LH_FRAME_HAVE, 0, payload, &frame), LH_OK);
    }
    assert_int_equal(give(scene.b, LH_FRAME_HAVE, 0, payload, &frame), LH_ERR_LIMIT);
    make_live(); /* the same, dealt with in between */
    for (int i = 0; i < 20; i++) {
        assert_int_equal(give(scene.b, LH_FRAME_HAVE, 0, payload, &frame), LH_OK);
        lh_session_done(scene.b, &frame);
    }
}

static enum lh_code give_credit(uint32_t class, uint32_t bytes)
{
    struct lh_buf payload = LH_BUF_EMPTY;
    lhpb_Grant credit = { .class = class, .bytes = bytes };
    struct lh_frame frame;
    enum lh_code rc;

    assert_int_equal(lh_canon_encode(&payload, lhpb_Grant_fields, &credit, NULL), LH_OK);
    rc = give(scene.a, LH_FRAME_CREDIT, 0, lh_buf_bytes(&payload), &frame);
    lh_buf_clear(&payload);
    return rc;
}

static void more_credit_than_was_used_is_refused(void **state)
{
    struct lh_frame frame = { .type = LH_FRAME_GET, .payload = lh_bytes_of("12345678", 8) };

    (void)state;
    make_live();
    assert_int_equal(lh_session_send(scene.a, &frame, NULL), LH_OK);
    assert_int_equal(give_credit(LH_CLASS_CONTROL, 20), LH_AGAIN);
    assert_int_equal(lh_session_credit(scene.a, LH_CLASS_CONTROL), 512 * 1024);
    assert_int_equal(give_credit(LH_CLASS_CONTROL, 1), LH_ERR_LIMIT);
    make_live();
    assert_int_equal(give_credit(LH_CLASS_BULK, UINT32_MAX), LH_ERR_LIMIT);
    make_live();
    assert_int_equal(give_credit(LH_CLASS_FREE, 1), LH_ERR_INVALID);
    make_live();
    assert_int_equal(give_credit(LH_CLASS_COUNT, 1), LH_ERR_INVALID);
}

static void who_asks_and_never_reads_is_closed(void **state)
{
    struct lh_buf payload = LH_BUF_EMPTY;
    lhpb_Ping ping = { .nonce = 1 };
    struct lh_frame frame;
    enum lh_code rc = LH_AGAIN;
    size_t count = 0;

    (void)state;
    make_live();
    assert_int_equal(lh_canon_encode(&payload, lhpb_Ping_fields, &ping, NULL), LH_OK);
    while (rc == LH_AGAIN && count < 1000000) {
        rc = give(scene.b, LH_FRAME_PING, 0, lh_buf_bytes(&payload), &frame);
        count++;
        assert_true(lh_session_output(scene.b).len < 7 * 1024 * 1024);
    }
    assert_int_equal(rc, LH_ERR_LIMIT);
    assert_int_equal(lh_session_bye(scene.b), LH_BYE_SLOW);
    make_live(); /* the same, read */
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(give(scene.b, LH_FRAME_PING, 0, lh_buf_bytes(&payload), &frame), LH_AGAIN);
        lh_session_written(scene.b, lh_session_output(scene.b).len);
    }
    lh_buf_clear(&payload);
}

/* ---- time ---- */

static void a_silent_peer_is_asked_and_then_closed(void **state)
{
    (void)state;
    make_live();
    assert_int_equal(lh_session_tick(scene.a, 14999, NULL), LH_OK);
    assert_int_equal(lh_session_output(scene.a).len, 0);
    assert_int_equal(lh_session_due_ms(scene.a), 15000);
    assert_int_equal(lh_session_tick(scene.a, 15000, NULL), LH_OK);
    assert_int_equal(carry(scene.a, scene.b, SIZE_MAX, 15000), LH_AGAIN); /* PING */
    assert_int_equal(carry(scene.b, scene.a, SIZE_MAX, 15001), LH_AGAIN); /* PONG */
    assert_int_equal(lh_session_due_ms(scene.a), 30001);
    assert_int_equal(lh_session_tick(scene.a, 30001, NULL), LH_OK);
    lh_session_written(scene.a, lh_session_output(scene.a).len);
    assert_int_equal(lh_session_tick(scene.a, 60000, NULL), LH_OK);
    assert_int_equal(lh_session_output(scene.a).len, 0); /* asked once */
    assert_int_equal(lh_session_tick(scene.a, 60001, NULL), LH_ERR_IO);
    assert_int_equal(lh_session_bye(scene.a), LH_BYE_SLOW);
}

static void a_hello_that_does_not_come_is_not_waited_for(void **state)
{
    struct lh_session_options b = options_of(MZJ, true);

    (void)state;
    scene.b = session_of(&b);
    assert_int_equal(lh_session_tick(scene.b, 4999, NULL), LH_OK);
    assert_int_equal(lh_session_tick(scene.b, 5000, NULL), LH_ERR_IO);
    assert_int_equal(lh_session_state(scene.b), LH_SESSION_CLOSED);
}

static void a_bye_says_why_and_until_when(void **state)
{
    (void)state;
    make_live();
    lh_session_close(scene.a, LH_BYE_PEACE, 30);
    assert_int_equal(carry(scene.a, scene.b, SIZE_MAX, 0), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_session_bye(scene.b), LH_BYE_PEACE);
    assert_int_equal(lh_session_retry_after_s(scene.b), 30);
    assert_int_equal(lh_session_output(scene.b).len, 0); /* no answer to a BYE */
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(two_members_know_each_other),
        CLAIM(suite_g_works_alike),
        CLAIM(a_hello_that_does_not_hold_is_refused_with_its_code),
        CLAIM(who_dials_one_department_takes_no_other),
        CLAIM(every_changed_bit_of_a_hello_is_refused),
        CLAIM(nothing_but_hello_comes_first_and_it_comes_once),
        CLAIM(a_header_out_of_turn_ends_the_session_without_its_payload),
        CLAIM(nothing_is_sent_before_live),
        CLAIM(a_header_over_its_limit_ends_the_session_without_its_payload),
        CLAIM(unknown_types_are_skipped_unless_they_are_critical),
        CLAIM(frames_come_out_whole_however_the_bytes_are_cut),
        CLAIM(who_has_no_credit_sends_nothing_until_the_other_has_dealt_with_it),
        CLAIM(a_frame_beyond_the_credit_ends_the_session),
        CLAIM(more_credit_than_was_used_is_refused),
        CLAIM(who_asks_and_never_reads_is_closed),
        CLAIM(a_silent_peer_is_asked_and_then_closed),
        CLAIM(a_hello_that_does_not_come_is_not_waited_for),
        CLAIM(a_bye_says_why_and_until_when),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
