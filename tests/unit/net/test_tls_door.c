/* Claims about the TLS port's own clock: a real socket, a real HTTP server, and time by hand. */

#include "net/tls_door.h"
#include "net/tls_cert.h"
#include "tests/support/folder.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <time.h>

enum {
    PATH_SIZE = 300,
    REPLY_SIZE = 16 * 1024 * 1024, /* more than the kernel keeps for who does not read */
    WINDOW = 64 * 1024,
    HANDSHAKE_MS = 5000,
    WRITE_MS = 1000,
    TURNS_MAX = 2000,
};

static struct {
    struct lh_folder folder;
    struct event_base *base;
    struct lh_http *http;
    struct lh_tls_door *door;
    SSL_CTX *client;
    int64_t now_ms;
    size_t refused_count;
    char refused[LH_ERR_TEXT_MAX];
} world;

static int64_t now(void *arg)
{
    (void)arg;
    return world.now_ms;
}

static void handle(struct lh_http_request *request, void *arg)
{
    struct lh_buf body = LH_BUF_EMPTY;

    (void)arg;
    assert_true(lh_http_peer(request)->is_pinned);
    assert_non_null(lh_buf_reserve(&body, REPLY_SIZE));
    memset(body.data, 'x', REPLY_SIZE);
    body.len = REPLY_SIZE;
    lh_http_reply(request, 200, "text/plain", &body);
}

static bool is_known(void *arg, const struct lh_tls_pin *pin)
{
    (void)arg;
    (void)pin;
    return true;
}

static void on_refused(void *arg, const char *address, const struct lh_err *why)
{
    (void)arg;
    assert_memory_equal(address, "127.0.0.1:", strlen("127.0.0.1:"));
    world.refused_count++;
    (void)snprintf(world.refused, sizeof world.refused, "%s", why->text);
}

/* Let the loop do what is to be done, and its timers, which run by the machine's clock. */
static void turn(int count)
{
    for (int i = 0; i < count; i++) {
        assert_true(event_base_loop(world.base, EVLOOP_NONBLOCK) >= 0);
    }
}

static void pass(int64_t ms)
{
    static const struct timespec tick = { .tv_sec = 0, .tv_nsec = 130 * 1000 * 1000 };

    turn(10);
    world.now_ms += ms;
    (void)nanosleep(&tick, NULL);
    turn(10);
}

/* ---- clients ---- */

static int dial(void)
{
    const char *colon = strrchr(lh_tls_door_address(world.door), ':');
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10)),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const int window = WINDOW;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    turn(5);
    return fd;
}

/* The handshake, and a request. */
static SSL *ask(int fd)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: n\r\n\r\n";
    SSL *ssl = SSL_new(world.client);
    int done = 0;

    assert_non_null(ssl);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    for (int i = 0; done != 1 && i < TURNS_MAX; i++) {
        done = SSL_connect(ssl);
        turn(1);
    }
    assert_int_equal(done, 1);
    assert_int_equal(SSL_write(ssl, request, sizeof request - 1), sizeof request - 1);
    turn(50);
    return ssl;
}

/* Until the kernel takes no more of a reply. */
static void fill_kernel(void)
{
    for (int i = 0; i < 4; i++) {
        turn(500);
        pass(0);
    }
}

/* Read up to `len` bytes; how many came. */
static size_t take(SSL *ssl, size_t len)
{
    static const struct timespec moment = { .tv_sec = 0, .tv_nsec = 1000 * 1000 };
    static uint8_t piece[16 * 1024];
    size_t total = 0;

    for (int i = 0; total < len && i < TURNS_MAX; i++) {
        int got = SSL_read(ssl, piece, sizeof piece);

        total += got > 0 ? (size_t)got : 0;
        turn(1);
        if (got <= 0) {
            (void)nanosleep(&moment, NULL);
        }
    }
    ERR_clear_error();
    return total;
}

static void hang_up(SSL *ssl, int fd)
{
    SSL_free(ssl);
    (void)close(fd);
    turn(10);
}

/* ---- claims ---- */

static void a_reply_that_nobody_takes_is_cut_by_the_ports_own_clock(void **state)
{
    int fd = dial();
    SSL *ssl = ask(fd);

    (void)state;
    fill_kernel();
    pass(WRITE_MS - 100);
    assert_int_equal(lh_tls_door_busy_count(world.door), 1);
    pass(200);
    assert_int_equal(lh_tls_door_busy_count(world.door), 0);
    assert_int_equal(lh_http_connection_count(world.http), 0);
    hang_up(ssl, fd);
}

static void a_reply_that_is_taken_step_by_step_may_last(void **state)
{
    enum { STEPS = 20 };
    int fd = dial();
    SSL *ssl = ask(fd);

    (void)state;
    fill_kernel();
    for (int i = 0; i < STEPS; i++) {
        /* More than a step, for what is taken here is not at once asked for there. */
        assert_true(take(ssl, (size_t)4 * LH_TLS_DOOR_STEP) >= (size_t)4 * LH_TLS_DOOR_STEP);
        pass(WRITE_MS - 100);
        assert_int_equal(lh_tls_door_busy_count(world.door), 1);
    }
    hang_up(ssl, fd);
}

static void a_guest_has_its_time_and_no_more(void **state)
{
    int fd = dial();

    (void)state;
    assert_int_equal(lh_tls_door_guest_count(world.door), 1);
    pass(HANDSHAKE_MS - 100);
    assert_int_equal(lh_tls_door_guest_count(world.door), 1);
    assert_int_equal(send(fd, "\x16", 1, 0), 1); /* a byte now and then buys nothing */
    pass(200);
    assert_int_equal(lh_tls_door_guest_count(world.door), 0);
    assert_string_equal(world.refused, "its handshake was not done in time");
    assert_int_equal(lh_http_connection_count(world.http), 0);
    (void)close(fd);
}

static void the_oldest_guest_makes_room(void **state)
{
    int fds[4];
    char byte;
    SSL *ssl;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        fds[i] = dial();
    }
    assert_int_equal(lh_tls_door_guest_count(world.door), 2);
    assert_int_equal(world.refused_count, 1);
    assert_int_equal(recv(fds[0], &byte, 1, 0), 0);  /* the first one is gone, */
    assert_int_equal(recv(fds[1], &byte, 1, 0), -1); /* the second one is not, */
    fds[3] = dial();
    ssl = ask(fds[3]); /* and whoever hurries gets in */
    assert_true(take(ssl, 100) >= 100);
    hang_up(ssl, fds[3]);
    for (size_t i = 0; i < 3; i++) {
        (void)close(fds[i]);
    }
    turn(10);
    assert_int_equal(lh_tls_door_guest_count(world.door), 0);
}

/* ---- the world ---- */

static void make_identity(char key_path[PATH_SIZE], char cert_path[PATH_SIZE])
{
    struct lh_tls_cert_request request = {
        .key_path = key_path, .name = "n", .from_unix_ms = 0, .until_unix_ms = 4000000000000
    };
    struct lh_signer *signer = NULL;
    struct lh_buf pem = LH_BUF_EMPTY;
    struct lh_tls_pin pin;
    FILE *file;

    lh_folder_join(key_path, PATH_SIZE, &world.folder, "n.pem");
    lh_folder_join(cert_path, PATH_SIZE, &world.folder, "n.crt");
    assert_int_equal(lh_signer_generate(&signer, LH_ALG_P256, NULL), LH_OK);
    assert_int_equal(lh_signer_save(signer, key_path, NULL), LH_OK);
    lh_signer_free(signer);
    assert_int_equal(lh_tls_cert_make(&pem, &pin, &request, NULL), LH_OK);
    file = fopen(cert_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(pem.data, 1, pem.len, file), pem.len);
    assert_int_equal(fclose(file), 0);
    lh_buf_clear(&pem);
}

static void open_http(void)
{
    struct lh_http_options options = { .base = world.base,
                                       .handle = handle,
                                       .clock = { .wall_unix_ms = now, .mono_ms = now },
                                       .header_len_max = 4096,
                                       .body_len_max = 4096,
                                       .buffered_len_max = 65536,
                                       .connection_count_max = 8,
                                       .request_timeout_ms = INT32_MAX,
                                       .idle_timeout_ms = INT32_MAX,
                                       .write_timeout_ms = INT32_MAX };

    assert_int_equal(lh_http_new(&world.http, &options, NULL), LH_OK);
}

static int set_up(void **state)
{
    char key_path[PATH_SIZE];
    char cert_path[PATH_SIZE];
    struct lh_tls_options identity = { .cert_path = cert_path,
                                       .key_path = key_path,
                                       .is_known = is_known };
    struct lh_tls_door_options options = { .clock = { .wall_unix_ms = now, .mono_ms = now },
                                           .guest_count_max = 2,
                                           .handshake_timeout_ms = HANDSHAKE_MS,
                                           .write_timeout_ms = WRITE_MS,
                                           .on_refused = on_refused };
    struct lh_tls *tls = NULL;

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    world.now_ms = 1000000;
    world.refused_count = 0;
    world.refused[0] = '\0';
    lh_folder_make(&world.folder);
    make_identity(key_path, cert_path);
    world.base = event_base_new();
    open_http();
    options.base = world.base;
    options.http = world.http;
    assert_int_equal(lh_tls_new(&tls, &identity, NULL), LH_OK);
    assert_int_equal(lh_tls_door_open(&world.door, &options, tls, "127.0.0.1:0", NULL), LH_OK);
    world.client = SSL_CTX_new(TLS_client_method());
    assert_int_equal(SSL_CTX_use_certificate_file(world.client, cert_path, SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(world.client, key_path, SSL_FILETYPE_PEM), 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lh_tls_door_close(world.door);
    turn(10);
    lh_http_free(world.http);
    turn(2);
    event_base_free(world.base);
    SSL_CTX_free(world.client);
    lh_folder_remove(&world.folder);
    return 0;
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(a_reply_that_nobody_takes_is_cut_by_the_ports_own_clock),
        WITH_WORLD(a_reply_that_is_taken_step_by_step_may_last),
        WITH_WORLD(a_guest_has_its_time_and_no_more),
        WITH_WORLD(the_oldest_guest_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
