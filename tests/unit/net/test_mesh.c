/* Claims about links between members: real sockets, the machine's clock, short waits. */

#include "net/mesh.h"
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

enum {
    GAJ,
    MZJ,
    RSJ,
    MEMBERS,
    STRANGER = MEMBERS,
    SIDES,
    AGAIN_MIN_MS = 40,
    AGAIN_MAX_MS = 160,
    GUESTS_MAX = 4,
    CALM_MS = 400,
    TURN_MS = 2,
    PATIENCE_MS = 20000,
};

static const char *const CODES[SIDES] = { "gaj", "mzj", "rsj", "xxj" };

struct side {
    struct lh_mesh *mesh;
    bool is_up[SIDES];
    uint8_t start[SIDES]; /* of who is up */
    size_t up_count, down_count, failed_count;
    size_t frame_count[SIDES];
    char failed[LH_ERR_TEXT_MAX + 64];
};

static struct {
    struct lh_folder folder;
    struct event_base *base;
    struct lh_suite *suite;
    struct lh_tls *tls;
    struct lh_signer *witness[SIDES];
    struct side sides[SIDES];
    struct side twin; /* another process of mzj */
} world;

static int number_of(const char *department)
{
    for (int i = 0; i < SIDES; i++) {
        if (strcmp(department, CODES[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static const struct lh_pubkey *find(void *arg, const char *department)
{
    int number = number_of(department);

    (void)arg;
    return number >= 0 && number < MEMBERS ? lh_signer_pubkey(world.witness[number]) : NULL;
}

static uint32_t no_chance(void *arg)
{
    (void)arg;
    return 0;
}

static void on_up(void *arg, const struct lh_session_peer *peer)
{
    struct side *side = arg;
    int number = number_of(peer->department);

    assert_true(number >= 0);
    assert_false(side->is_up[number]); /* rule 1 */
    side->is_up[number] = true;
    side->start[number] = peer->start[0];
    side->up_count++;
}

static void on_frame(void *arg, const char *department, const struct lh_frame *frame)
{
    struct side *side = arg;

    assert_true(side->is_up[number_of(department)]);
    assert_int_equal(frame->type, LH_FRAME_MISSING);
    side->frame_count[number_of(department)]++;
}

static void on_room(void *arg, const char *department)
{
    assert_true(((struct side *)arg)->is_up[number_of(department)]);
}

static void on_down(void *arg, const char *department, const struct lh_err *why)
{
    struct side *side = arg;

    (void)why;
    assert_true(side->is_up[number_of(department)]);
    side->is_up[number_of(department)] = false;
    side->down_count++;
}

static void on_failed(void *arg, const char *who, const struct lh_err *why)
{
    struct side *side = arg;

    side->failed_count++;
    (void)snprintf(side->failed, sizeof side->failed, "%s: %s", who, why->text);
}

static void open_side(struct side *side, int who, uint8_t start)
{
    struct lh_mesh_options options = {
        .base = world.base,
        .clock = lh_clock_system(),
        .tls = world.tls,
        .session = { .suite = world.suite,
                     .witness = world.witness[who],
                     .generation = 1,
                     .find = find },
        .handshake_timeout_ms = 5000,
        .write_timeout_ms = 5000,
        .again_min_ms = AGAIN_MIN_MS,
        .again_max_ms = AGAIN_MAX_MS,
        .guest_count_max = GUESTS_MAX,
        .random = no_chance,
        .on_up = on_up,
        .on_frame = on_frame,
        .on_room = on_room,
        .on_down = on_down,
        .on_failed = on_failed,
        .arg = side,
    };

    memset(&options.session.network_id, 5, sizeof options.session.network_id);
    memset(options.session.start, start, sizeof options.session.start);
    (void)snprintf(options.session.department, sizeof options.session.department, "%s", CODES[who]);
    *side = (struct side){ .mesh = NULL };
    assert_int_equal(lh_mesh_new(&side->mesh, &options, NULL), LH_OK);
}

static void close_side(struct side *side)
{
    lh_mesh_free(side->mesh);
    side->mesh = NULL;
}

static void listen_at(struct side *side, const char *address)
{
    assert_int_equal(lh_mesh_listen(side->mesh, address, NULL), LH_OK);
}

static void add(int who, int whom)
{
    assert_int_equal(lh_mesh_add_peer(world.sides[who].mesh, CODES[whom],
                                      lh_mesh_address(world.sides[whom].mesh), NULL),
                     LH_OK);
}

static int set_up(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    lh_folder_make(&world.folder);
    world.base = event_base_new();
    assert_non_null(world.base);
    assert_int_equal(lh_suite_new(&world.suite, LH_SUITE_W, NULL), LH_OK);
    world.tls = tls_identity(&world.folder, "node", LH_LINK_PROTOCOL);
    for (int i = 0; i < SIDES; i++) {
        assert_int_equal(lh_signer_generate(&world.witness[i], LH_ALG_ED25519, NULL), LH_OK);
        open_side(&world.sides[i], i, (uint8_t)(i + 1));
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < SIDES; i++) {
        close_side(&world.sides[i]);
        lh_signer_free(world.witness[i]);
    }
    close_side(&world.twin);
    event_base_free(world.base);
    lh_tls_free(world.tls);
    lh_suite_free(world.suite);
    lh_folder_remove(&world.folder);
    return 0;
}

static int64_t now_ms(void)
{
    struct lh_clock clock = lh_clock_system();

    return clock.mono_ms(clock.arg);
}

/* And as many turns as fit into that time: a busy machine may let none of it to us. */
static void run_for(int64_t ms)
{
    int64_t until = now_ms() + ms;

    for (int64_t turns = 0; turns < ms / TURN_MS || now_ms() < until; turns++) {
        static const struct timeval moment = { .tv_usec = TURN_MS * 1000 };

        (void)event_base_loopexit(world.base, &moment);
        assert_true(event_base_dispatch(world.base) >= 0);
    }
}

typedef bool condition(void);

static void run_until(condition *is_so)
{
    int64_t until = now_ms() + PATIENCE_MS;

    while (!is_so()) {
        assert_true(now_ms() < until);
        run_for(2);
    }
}

static bool all_are_up(void)
{
    for (int i = 0; i < MEMBERS; i++) {
        if (lh_mesh_up_count(world.sides[i].mesh) != MEMBERS - 1) {
            return false;
        }
    }
    return true;
}

static bool mzj_is_up_at_gaj(void)
{
    return world.sides[GAJ].is_up[MZJ];
}

static bool mzj_is_down_at_gaj(void)
{
    return !world.sides[GAJ].is_up[MZJ];
}

static bool gaj_has_failed(void)
{
    return world.sides[GAJ].failed_count > 0;
}

static bool stranger_has_failed(void)
{
    return world.sides[STRANGER].failed_count > 0;
}

static bool twin_took_over(void)
{
    return world.sides[GAJ].is_up[MZJ] && world.sides[GAJ].start[MZJ] == 99;
}

/* ---- claims ---- */

/* Everybody dials everybody, at once; one link of two stays, and frames go both ways over it. */
static void members_find_each_other_and_keep_one_link(void **state)
{
    struct lh_frame frame = { .type = LH_FRAME_MISSING, .payload = LH_BYTES_EMPTY };
    size_t downs = 0;

    (void)state;
    for (int i = 0; i < MEMBERS; i++) {
        listen_at(&world.sides[i], "127.0.0.1:0");
    }
    for (int i = 0; i < MEMBERS; i++) {
        for (int j = 0; j < MEMBERS; j++) {
            if (i != j) {
                add(i, j);
            }
        }
    }
    run_until(all_are_up);
    run_for(CALM_MS);
    for (int i = 0; i < MEMBERS; i++) {
        downs += world.sides[i].down_count;
        assert_int_equal(world.sides[i].failed_count, 0);
    }
    run_for(CALM_MS);
    assert_true(all_are_up());
    for (int i = 0; i < MEMBERS; i++) {
        downs -= world.sides[i].down_count;
        for (int j = 0; j < MEMBERS; j++) {
            if (i != j) {
                assert_int_equal(lh_mesh_send(world.sides[i].mesh, CODES[j], &frame, NULL), LH_OK);
            }
        }
    }
    assert_int_equal(downs, 0); /* settled: nothing goes up and down for ever */
    run_for(CALM_MS);
    for (int i = 0; i < MEMBERS; i++) {
        for (int j = 0; j < MEMBERS; j++) {
            assert_int_equal(world.sides[i].frame_count[j], i == j ? 0 : 1);
        }
    }
}

static void who_comes_late_is_had_then(void **state)
{
    char address[LH_ADDRESS_SIZE];

    (void)state;
    listen_at(&world.sides[MZJ], "127.0.0.1:0");
    (void)snprintf(address, sizeof address, "%s", lh_mesh_address(world.sides[MZJ].mesh));
    close_side(&world.sides[MZJ]);
    assert_int_equal(lh_mesh_add_peer(world.sides[GAJ].mesh, "mzj", address, NULL), LH_OK);
    run_until(gaj_has_failed);
    assert_non_null(strstr(world.sides[GAJ].failed, "mzj: "));
    assert_int_equal(lh_mesh_send(world.sides[GAJ].mesh, "mzj", NULL, NULL), LH_ERR_NOT_FOUND);
    open_side(&world.sides[MZJ], MZJ, 2);
    listen_at(&world.sides[MZJ], address);
    run_until(mzj_is_up_at_gaj);
    /* and it is lost and had again when it starts anew */
    close_side(&world.sides[MZJ]);
    run_until(mzj_is_down_at_gaj);
    open_side(&world.sides[MZJ], MZJ, 77);
    listen_at(&world.sides[MZJ], address);
    run_until(mzj_is_up_at_gaj);
    assert_int_equal(world.sides[GAJ].start[MZJ], 77);
}

/* With the shortest waits: 20, 40, 80, 80, ... ms, so 140 ms have 4 tries, and each 80 more one. */
static void waits_grow_to_their_bound(void **state)
{
    char address[LH_ADDRESS_SIZE];
    int64_t begun_ms;

    (void)state;
    listen_at(&world.sides[MZJ], "127.0.0.1:0");
    (void)snprintf(address, sizeof address, "%s", lh_mesh_address(world.sides[MZJ].mesh));
    close_side(&world.sides[MZJ]);
    begun_ms = now_ms();
    assert_int_equal(lh_mesh_add_peer(world.sides[GAJ].mesh, "mzj", address, NULL), LH_OK);
    run_for(1000);
    assert_true(world.sides[GAJ].failed_count >= 2);
    assert_true((int64_t)world.sides[GAJ].failed_count <= 3 + (now_ms() - begun_ms - 60) / 80);
}

static void a_stranger_stays_outside(void **state)
{
    (void)state;
    listen_at(&world.sides[GAJ], "127.0.0.1:0");
    add(STRANGER, GAJ);
    add(MZJ, GAJ);
    run_until(mzj_is_up_at_gaj); /* the same door, a member */
    run_until(stranger_has_failed);
    run_for(CALM_MS);
    assert_int_equal(world.sides[STRANGER].up_count, 0);
    assert_int_equal(lh_mesh_up_count(world.sides[GAJ].mesh), 1);
    /* who is refused does not come back every moment */
    assert_int_equal(world.sides[STRANGER].failed_count, 1);
}

static void another_process_takes_the_place_of_the_first(void **state)
{
    (void)state;
    listen_at(&world.sides[GAJ], "127.0.0.1:0");
    add(MZJ, GAJ);
    run_until(mzj_is_up_at_gaj);
    open_side(&world.twin, MZJ, 99);
    assert_int_equal(
        lh_mesh_add_peer(world.twin.mesh, "gaj", lh_mesh_address(world.sides[GAJ].mesh), NULL),
        LH_OK);
    run_until(twin_took_over);
    assert_int_equal(lh_mesh_up_count(world.sides[GAJ].mesh), 1);
    assert_true(world.sides[GAJ].down_count >= 1);
}

static void guests_are_few_and_keep_nobody_out(void **state)
{
    union lh_address address;
    int fds[3 * GUESTS_MAX];

    (void)state;
    listen_at(&world.sides[GAJ], "127.0.0.1:0");
    assert_int_equal(lh_address_parse(&address, lh_mesh_address(world.sides[GAJ].mesh), NULL),
                     LH_OK);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        fds[i] = lh_address_dial(&address);
        assert_true(fds[i] >= 0);
        run_for(2);
        assert_true(lh_mesh_guest_count(world.sides[GAJ].mesh) <= GUESTS_MAX);
    }
    run_for(20);
    assert_int_equal(lh_mesh_guest_count(world.sides[GAJ].mesh), GUESTS_MAX);
    add(MZJ, GAJ);
    run_until(mzj_is_up_at_gaj);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        (void)close(fds[i]);
    }
}

static int dial_from(const char *from)
{
    union lh_address here;
    union lh_address there;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(lh_address_parse(&here, from, NULL), LH_OK);
    assert_int_equal(lh_address_parse(&there, lh_mesh_address(world.sides[GAJ].mesh), NULL), LH_OK);
    assert_int_equal(bind(fd, &here.any, sizeof here.v4), 0);
    assert_int_equal(connect(fd, &there.any, sizeof there.v4), 0);
    run_for(2);
    return fd;
}

static bool is_ended(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void who_floods_drives_out_nobody_from_elsewhere(void **state)
{
    int fds[3 * GUESTS_MAX];
    int quiet;

    (void)state;
    listen_at(&world.sides[GAJ], "127.0.0.1:0");
    quiet = dial_from("127.0.0.2:0");
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        fds[i] = dial_from("127.0.0.1:0");
    }
    run_for(20);
    assert_int_equal(lh_mesh_guest_count(world.sides[GAJ].mesh), GUESTS_MAX);
    assert_true(is_ended(fds[0]));
    assert_false(is_ended(quiet));
    /* and where nobody has more than others, the oldest goes */
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        char from[LH_ADDRESS_SIZE];

        (void)close(fds[i]);
        run_for(2);
        (void)snprintf(from, sizeof from, "127.0.1.%zu:0", i + 1);
        fds[i] = dial_from(from);
    }
    run_for(20);
    assert_true(is_ended(quiet));
    (void)close(quiet);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        (void)close(fds[i]);
    }
}

static void what_cannot_be_a_peer_is_refused(void **state)
{
    struct lh_mesh *mesh = world.sides[GAJ].mesh;

    (void)state;
    assert_int_equal(lh_mesh_add_peer(mesh, "gaj", "127.0.0.1:1", NULL), LH_ERR_CONFLICT);
    assert_int_equal(lh_mesh_add_peer(mesh, "mzj", "mzj.example:1", NULL), LH_ERR_INVALID);
    assert_int_equal(lh_mesh_add_peer(mesh, "mzj", "127.0.0.1:1", NULL), LH_OK);
    assert_int_equal(lh_mesh_add_peer(mesh, "mzj", "127.0.0.1:2", NULL), LH_ERR_CONFLICT);
    assert_int_equal(lh_mesh_listen(mesh, "nowhere", NULL), LH_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_find_each_other_and_keep_one_link, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_comes_late_is_had_then, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_grow_to_their_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stranger_stays_outside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_process_takes_the_place_of_the_first, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(guests_are_few_and_keep_nobody_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_floods_drives_out_nobody_from_elsewhere, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_a_peer_is_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
