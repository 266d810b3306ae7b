/* Claims about a connection between nodes: real sockets, real TLS, and time by hand. */

#include "net/link.h"
#include "tests/support/tls_identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>
#include <sys/socket.h>
#include <time.h>

enum {
    GAJ,
    MZJ,
    SIDES,
    HANDSHAKE_MS = 4000,
    WRITE_MS = 3000,
    TURNS = 400,
    PIECE = 200 * 1024,
};

static const char *const CODES[SIDES] = { "gaj", "mzj" };

struct side {
    struct event_base *base;
    struct lh_link *link; /* NULL: none, or gone */
    struct lh_signer *witness;
    size_t live_count, frame_count, closed_count;
    size_t byte_count;
    uint32_t last_request;
    size_t to_send; /* pieces that on_room and on_live still want to send */
    bool closes_at_frame;
    enum lh_session_bye bye; /* when it closed */
    uint32_t retry_after_s;
    char why[LH_ERR_TEXT_MAX];
};

static struct {
    struct lh_folder folder;
    struct lh_suite *suite;
    struct lh_tls *tls;
    struct lh_tls *other_tls; /* of another key */
    struct side sides[SIDES];
    int listener;
    union lh_address address;
    int64_t now_ms;
} world;

static int64_t now(void *arg)
{
    (void)arg;
    return world.now_ms;
}

static const struct lh_pubkey *find(void *arg, const char *department)
{
    (void)arg;
    for (int i = 0; i < SIDES; i++) {
        if (strcmp(department, CODES[i]) == 0) {
            return lh_signer_pubkey(world.sides[i].witness);
        }
    }
    return NULL;
}

/* ---- what a side hears ---- */

static void send_more(struct side *side, struct lh_link *link)
{
    static uint8_t piece[PIECE];

    while (side->to_send > 0) {
        struct lh_frame frame = { .type = LH_FRAME_LEAVES,
                                  .request = 7,
                                  .payload = lh_bytes_of(piece, sizeof piece) };
        enum lh_code rc = lh_link_send(link, &frame, NULL);

        if (rc == LH_AGAIN) {
            return;
        }
        assert_int_equal(rc, LH_OK);
        side->to_send--;
    }
}

static void on_live(void *arg, struct lh_link *link)
{
    struct side *side = arg;

    side->live_count++;
    send_more(side, link);
}

static void on_frame(void *arg, struct lh_link *link, const struct lh_frame *frame)
{
    struct side *side = arg;

    side->frame_count++;
    side->byte_count += frame->payload.len;
    side->last_request = frame->request;
    if (side->closes_at_frame) {
        lh_link_close(link, LH_BYE_PEACE, 17);
    }
}

static void on_room(void *arg, struct lh_link *link)
{
    send_more(arg, link);
}

static void on_closed(void *arg, struct lh_link *link, const struct lh_err *why)
{
    struct side *side = arg;

    assert_ptr_equal(side->link, link);
    side->closed_count++;
    (void)snprintf(side->why, sizeof side->why, "%s", why->text);
    if (lh_link_session(link) != NULL) {
        side->bye = lh_session_bye(lh_link_session(link));
        side->retry_after_s = lh_session_retry_after_s(lh_link_session(link));
    }
    side->link = NULL;
}

static struct lh_link_options options_of(int who, const struct lh_tls *tls)
{
    struct lh_link_options options = {
        .base = world.sides[who].base,
        .clock = { .wall_unix_ms = now, .mono_ms = now },
        .tls = tls,
        .session = { .suite = world.suite,
                     .witness = world.sides[who].witness,
                     .generation = 1,
                     .find = find },
        .handshake_timeout_ms = HANDSHAKE_MS,
        .write_timeout_ms = WRITE_MS,
        .on_live = on_live,
        .on_frame = on_frame,
        .on_room = on_room,
        .on_closed = on_closed,
        .arg = &world.sides[who],
    };

    memset(&options.session.network_id, 5, sizeof options.session.network_id);
    memset(options.session.start, 1 + who, sizeof options.session.start);
    (void)snprintf(options.session.department, sizeof options.session.department, "%s", CODES[who]);
    return options;
}

/* ---- the world ---- */

static int set_up(void **state)
{
    union lh_address any;
    socklen_t len = sizeof world.address;

    (void)state;
    memset(&world, 0, sizeof world);
    world.now_ms = 1000;
    lh_folder_make(&world.folder);
    assert_int_equal(lh_suite_new(&world.suite, LH_SUITE_W, NULL), LH_OK);
    world.tls = tls_identity(&world.folder, "node", LH_LINK_PROTOCOL);
    world.other_tls = tls_identity(&world.folder, "other", LH_LINK_PROTOCOL);
    for (int i = 0; i < SIDES; i++) {
        world.sides[i].base = event_base_new();
        assert_non_null(world.sides[i].base);
        assert_int_equal(lh_signer_generate(&world.sides[i].witness, LH_ALG_ED25519, NULL), LH_OK);
    }
    assert_int_equal(lh_address_parse(&any, "127.0.0.1:0", NULL), LH_OK);
    world.listener = lh_address_listen(&any);
    assert_true(world.listener >= 0);
    assert_int_equal(getsockname(world.listener, &world.address.any, &len), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < SIDES; i++) {
        lh_link_free(world.sides[i].link);
        event_base_free(world.sides[i].base);
        lh_signer_free(world.sides[i].witness);
    }
    (void)close(world.listener);
    lh_tls_free(world.tls);
    lh_tls_free(world.other_tls);
    lh_suite_free(world.suite);
    lh_folder_remove(&world.folder);
    return 0;
}

static void turn_side(int who, int count)
{
    for (int i = 0; i < count; i++) {
        assert_true(event_base_loop(world.sides[who].base, EVLOOP_NONBLOCK) >= 0);
    }
}

static void turn(void)
{
    for (int i = 0; i < TURNS; i++) {
        turn_side(GAJ, 1);
        turn_side(MZJ, 1);
    }
}

/* The timers of the loop run by the machine's clock, what they find by ours. */
static void pass(int64_t ms)
{
    static const struct timespec tick = { .tv_nsec = 5 * 1000 * 1000 };

    world.now_ms += ms;
    for (int i = 0; i < SIDES; i++) {
        if (world.sides[i].link != NULL) {
            lh_link_look_at_time(world.sides[i].link);
        }
    }
    (void)nanosleep(&tick, NULL);
    turn();
}

static int accept_one(void)
{
    int fd = -1;

    for (int i = 0; i < 1000 && fd < 0; i++) {
        fd = accept4(world.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            static const struct timespec tick = { .tv_nsec = 1000 * 1000 };

            (void)nanosleep(&tick, NULL);
        }
    }
    assert_true(fd >= 0);
    return fd;
}

static void join(const struct lh_link_options *gaj, const struct lh_link_options *mzj)
{
    assert_int_equal(lh_link_dial(&world.sides[GAJ].link, gaj, &world.address, NULL), LH_OK);
    assert_int_equal(lh_link_accept(&world.sides[MZJ].link, mzj, accept_one(), NULL), LH_OK);
    turn();
}

static void join_honest(void)
{
    struct lh_link_options gaj = options_of(GAJ, world.tls);
    struct lh_link_options mzj = options_of(MZJ, world.tls);

    join(&gaj, &mzj);
    assert_int_equal(world.sides[GAJ].live_count, 1);
    assert_int_equal(world.sides[MZJ].live_count, 1);
}

/* ---- claims ---- */

static void two_members_talk(void **state)
{
    static const char text[] = "what is missing";
    struct lh_frame frame = { .type = LH_FRAME_MISSING,
                              .request = 9,
                              .payload = lh_bytes_of(text, sizeof text) };

    (void)state;
    join_honest();
    assert_string_equal(lh_session_peer(lh_link_session(world.sides[GAJ].link))->department, "mzj");
    assert_string_equal(lh_session_peer(lh_link_session(world.sides[MZJ].link))->department, "gaj");
    assert_int_equal(lh_link_send(world.sides[GAJ].link, &frame, NULL), LH_OK);
    turn();
    assert_int_equal(world.sides[MZJ].frame_count, 1);
    assert_int_equal(world.sides[MZJ].byte_count, sizeof text);
    assert_int_equal(world.sides[MZJ].last_request, 9);
    assert_int_equal(lh_link_send(world.sides[MZJ].link, &frame, NULL), LH_OK);
    turn();
    assert_int_equal(world.sides[GAJ].frame_count, 1);
}

/* Ten times the credit goes over, in both directions at once, and never more waits than credit. */
static void credit_comes_back_until_all_is_there(void **state)
{
    (void)state;
    world.sides[GAJ].to_send = 200;
    world.sides[MZJ].to_send = 200;
    join_honest();
    for (int i = 0; i < 100 && (world.sides[GAJ].byte_count < (size_t)200 * PIECE ||
                                world.sides[MZJ].byte_count < (size_t)200 * PIECE);
         i++) {
        assert_true(lh_session_output(lh_link_session(world.sides[GAJ].link)).len <= 6291456);
        turn();
    }
    assert_int_equal(world.sides[GAJ].byte_count, (size_t)200 * PIECE);
    assert_int_equal(world.sides[MZJ].byte_count, (size_t)200 * PIECE);
    assert_int_equal(world.sides[GAJ].closed_count, 0);
}

static void who_closes_says_why(void **state)
{
    struct lh_frame frame = { .type = LH_FRAME_MISSING, .payload = LH_BYTES_EMPTY };

    (void)state;
    world.sides[MZJ].closes_at_frame = true;
    join_honest();
    assert_int_equal(lh_link_send(world.sides[GAJ].link, &frame, NULL), LH_OK);
    turn();
    assert_int_equal(world.sides[GAJ].closed_count, 1);
    assert_int_equal(world.sides[GAJ].bye, LH_BYE_PEACE);
    assert_int_equal(world.sides[GAJ].retry_after_s, 17);
    assert_int_equal(world.sides[MZJ].closed_count, 1);
    assert_string_equal(world.sides[MZJ].why, "closed by us");
}

static void another_network_is_refused(void **state)
{
    struct lh_link_options gaj = options_of(GAJ, world.tls);
    struct lh_link_options mzj = options_of(MZJ, world.tls);

    (void)state;
    gaj.session.network_id.bytes[0] ^= 1;
    join(&gaj, &mzj);
    assert_int_equal(world.sides[GAJ].live_count + world.sides[MZJ].live_count, 0);
    assert_int_equal(world.sides[GAJ].closed_count, 1);
    assert_int_equal(world.sides[MZJ].closed_count, 1);
    assert_int_equal(world.sides[MZJ].bye, LH_BYE_NETWORK);
}

/* Move bytes between a socket and one end of TLS; is its handshake done? */
static bool relay_step(int fd, struct lh_tls_session *end, bool is_greeted)
{
    uint8_t bytes[4096];
    ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    struct lh_bytes output;

    if (got > 0) {
        assert_int_equal(lh_tls_session_feed(end, lh_bytes_of(bytes, (size_t)got), NULL), LH_OK);
    }
    is_greeted = is_greeted || lh_tls_session_greet(end, NULL) == LH_OK;
    output = lh_tls_session_output(end);
    if (output.len > 0) {
        ssize_t sent = send(fd, output.data, output.len, MSG_NOSIGNAL);

        lh_tls_session_sent(end, sent > 0 ? (size_t)sent : output.len);
    }
    return is_greeted;
}

/* Whoever stands in the middle has two channels, so neither HELLO is worth anything. */
static void a_hello_from_another_channel_is_refused(void **state)
{
    struct lh_link_options gaj = options_of(GAJ, world.tls);
    struct lh_link_options mzj = options_of(MZJ, world.tls);
    struct lh_tls_session *ends[SIDES] = { NULL, NULL };
    int fds[SIDES];
    bool is_greeted[SIDES] = { false, false };

    (void)state;
    /* gaj dials the one in the middle, who dials mzj */
    assert_int_equal(lh_link_dial(&world.sides[GAJ].link, &gaj, &world.address, NULL), LH_OK);
    fds[GAJ] = accept_one();
    fds[MZJ] = lh_address_dial(&world.address);
    assert_true(fds[MZJ] >= 0);
    assert_int_equal(lh_link_accept(&world.sides[MZJ].link, &mzj, accept_one(), NULL), LH_OK);
    assert_int_equal(lh_tls_session_new(&ends[GAJ], world.other_tls, NULL), LH_OK);
    assert_int_equal(lh_tls_session_dial(&ends[MZJ], world.other_tls, NULL), LH_OK);
    for (int round = 0; round < 200; round++) {
        turn_side(GAJ, 1);
        turn_side(MZJ, 1);
        for (int i = 0; i < SIDES; i++) {
            uint8_t bytes[4096];
            size_t len = 0;

            is_greeted[i] = relay_step(fds[i], ends[i], is_greeted[i]);
            if (is_greeted[GAJ] && is_greeted[MZJ] &&
                lh_tls_session_read(ends[i], bytes, sizeof bytes, &len, NULL) == LH_OK) {
                assert_int_equal(lh_tls_session_write(ends[1 - i], lh_bytes_of(bytes, len), NULL),
                                 LH_OK);
            }
        }
    }
    assert_true(is_greeted[GAJ] && is_greeted[MZJ]);
    assert_int_equal(world.sides[GAJ].live_count + world.sides[MZJ].live_count, 0);
    (void)close(fds[GAJ]);
    (void)close(fds[MZJ]);
    turn();
    assert_int_equal(world.sides[GAJ].bye, LH_BYE_FORGED);
    assert_int_equal(world.sides[MZJ].bye, LH_BYE_FORGED);
    lh_tls_session_free(ends[GAJ]);
    lh_tls_session_free(ends[MZJ]);
}

static void a_silent_guest_goes_in_time(void **state)
{
    struct lh_link_options mzj = options_of(MZJ, world.tls);
    int guest = lh_address_dial(&world.address);

    (void)state;
    assert_int_equal(lh_link_accept(&world.sides[MZJ].link, &mzj, accept_one(), NULL), LH_OK);
    pass(HANDSHAKE_MS - 1);
    assert_int_equal(world.sides[MZJ].closed_count, 0);
    pass(1);
    assert_int_equal(world.sides[MZJ].closed_count, 1);
    assert_non_null(strstr(world.sides[MZJ].why, "handshake"));
    (void)close(guest);
}

/* The handshake is done by hand, and nothing is said behind it. */
static void a_member_without_a_hello_goes_in_time(void **state)
{
    struct lh_link_options mzj = options_of(MZJ, world.tls);
    struct lh_tls_session *mute = NULL;
    int fd = lh_address_dial(&world.address);
    bool is_greeted = false;

    (void)state;
    assert_int_equal(lh_link_accept(&world.sides[MZJ].link, &mzj, accept_one(), NULL), LH_OK);
    assert_int_equal(lh_tls_session_dial(&mute, world.tls, NULL), LH_OK);
    for (int i = 0; i < TURNS && !is_greeted; i++) {
        is_greeted = relay_step(fd, mute, false);
        turn_side(MZJ, 1);
    }
    (void)relay_step(fd, mute, true);
    assert_true(is_greeted);
    turn_side(MZJ, 20);
    assert_non_null(lh_link_session(world.sides[MZJ].link));
    pass(4999);
    assert_int_equal(world.sides[MZJ].closed_count, 0);
    pass(1);
    (void)close(fd);
    turn();
    assert_int_equal(world.sides[MZJ].closed_count, 1);
    assert_int_equal(world.sides[MZJ].bye, LH_BYE_SLOW);
    lh_tls_session_free(mute);
}

/* Before anything of ours is spoken: a client of another protocol has no business here. */
static void another_protocol_is_refused(void **state)
{
    struct lh_tls *http = tls_identity(&world.folder, "http", NULL);
    struct lh_link_options gaj = options_of(GAJ, http);
    struct lh_link_options mzj = options_of(MZJ, world.tls);

    (void)state;
    join(&gaj, &mzj);
    assert_int_equal(world.sides[MZJ].closed_count, 1);
    assert_null(world.sides[MZJ].link);
    assert_int_equal(world.sides[MZJ].live_count, 0);
    lh_tls_free(http);
}

static void who_takes_nothing_goes_in_time(void **state)
{
    (void)state;
    join_honest();
    world.sides[GAJ].to_send = 1000; /* more than the kernel keeps, and than the credit */
    send_more(&world.sides[GAJ], world.sides[GAJ].link);
    turn_side(GAJ, TURNS); /* mzj's loop stands still */
    assert_int_equal(world.sides[GAJ].closed_count, 0);
    world.now_ms += WRITE_MS - 1;
    lh_link_look_at_time(world.sides[GAJ].link);
    turn_side(GAJ, TURNS);
    assert_int_equal(world.sides[GAJ].closed_count, 0);
    world.now_ms += 1;
    lh_link_look_at_time(world.sides[GAJ].link);
    turn_side(GAJ, TURNS);
    assert_int_equal(world.sides[GAJ].closed_count, 1);
    assert_non_null(strstr(world.sides[GAJ].why, "takes nothing"));
}

static void nobody_there_is_said(void **state)
{
    struct lh_link_options gaj = options_of(GAJ, world.tls);

    (void)state;
    (void)close(world.listener);
    world.listener = -1;
    assert_int_equal(lh_link_dial(&world.sides[GAJ].link, &gaj, &world.address, NULL), LH_OK);
    turn();
    assert_int_equal(world.sides[GAJ].closed_count, 1);
    assert_non_null(strstr(world.sides[GAJ].why, "refused"));
}

static void silence_is_asked_and_then_ended(void **state)
{
    (void)state;
    join_honest();
    pass(20000); /* PING, and its PONG */
    assert_int_equal(world.sides[GAJ].closed_count, 0);
    pass(20000);
    pass(20000);
    assert_int_equal(world.sides[GAJ].closed_count, 0);
    for (int i = 0; i < 4; i++) { /* mzj's loop stands still */
        world.now_ms += 20000;
        lh_link_look_at_time(world.sides[GAJ].link);
        turn_side(GAJ, TURNS);
        if (i == 0) {
            assert_int_equal(world.sides[GAJ].closed_count, 0);
        }
    }
    world.now_ms += 20000;
    turn_side(GAJ, TURNS);
    assert_int_equal(world.sides[GAJ].bye, LH_BYE_SLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_members_talk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(credit_comes_back_until_all_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_closes_says_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_network_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hello_from_another_channel_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_guest_goes_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_member_without_a_hello_goes_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_protocol_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_takes_nothing_goes_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_there_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_is_asked_and_then_ended, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
