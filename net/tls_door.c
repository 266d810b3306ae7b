#include "net/tls_door.h"

#include "crypto/base/assert.h"
#include "net/address.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINGER_MS = 2000,
    TICK_MS = 100,
    TURNS_MAX = 8, /* pieces in one wake-up, each way */
};

enum state { STATE_GUEST, STATE_MEMBER, STATE_LEAVING, STATE_LINGER, STATE_DEAD };

struct conn {
    TAILQ_ENTRY(conn) link;
    struct lh_tls_door *door;
    struct lh_tls_session *session;
    enum state state;
    bool is_member;        /* counted among them: its handshake was done */
    bool has_client_ended; /* with close_notify: it may still read */
    bool has_inner_heard;  /* of that end */
    bool is_input_over;    /* the socket's reading side is at its end */
    bool has_client_left;  /* and nobody waits at the other one */
    int fd;
    int inner; /* -1 unless STATE_MEMBER */
    struct event *readable, *writable;
    struct event *inner_readable, *inner_writable;
    int64_t deadline_ms; /* 0: none */
    size_t step_len;     /* sent since the deadline was set */
    size_t plain_len, plain_at;
    uint8_t plain[LH_TLS_PIECE_MAX]; /* from the client, for the HTTP server */
    char address[LH_ADDRESS_SIZE];
};

TAILQ_HEAD(conn_list, conn);

struct lh_tls_door {
    struct lh_tls_door_options options;
    struct lh_tls *tls;
    struct evconnlistener *listener;
    struct event *tick_event;
    struct event *reap_event;
    struct conn_list guests; /* oldest first; those that failed too, until they are gone */
    struct conn_list members;
    struct conn_list dead;
    size_t guest_count;
    char address[LH_ADDRESS_SIZE];
};

static int64_t now_ms(const struct lh_tls_door *door)
{
    return door->options.clock.mono_ms(door->options.clock.arg);
}

/* ---- a connection's end ---- */

static void close_inner(struct conn *conn)
{
    if (conn->inner_readable != NULL) {
        event_free(conn->inner_readable);
    }
    if (conn->inner_writable != NULL) {
        event_free(conn->inner_writable);
    }
    conn->inner_readable = NULL;
    conn->inner_writable = NULL;
    if (conn->inner >= 0) {
        (void)close(conn->inner);
    }
    conn->inner = -1;
}

static struct conn_list *list_of(struct conn *conn)
{
    return conn->is_member ? &conn->door->members : &conn->door->guests;
}

/* To be freed from the loop, not from inside the callback that found out. */
static void kill_conn(struct conn *conn)
{
    struct lh_tls_door *door = conn->door;

    if (conn->state == STATE_DEAD) {
        return;
    }
    TAILQ_REMOVE(list_of(conn), conn, link);
    door->guest_count -= conn->is_member ? 0 : 1;
    TAILQ_INSERT_TAIL(&door->dead, conn, link);
    conn->state = STATE_DEAD;
    (void)event_del(conn->readable);
    (void)event_del(conn->writable);
    close_inner(conn);
    event_active(door->reap_event, 0, 0);
}

static void free_conn(struct conn *conn)
{
    close_inner(conn);
    if (conn->readable != NULL) {
        event_free(conn->readable);
    }
    if (conn->writable != NULL) {
        event_free(conn->writable);
    }
    (void)close(conn->fd);
    lh_tls_session_free(conn->session);
    free(conn);
}

static void reap(struct lh_tls_door *door)
{
    struct conn *conn;

    while ((conn = TAILQ_FIRST(&door->dead)) != NULL) {
        TAILQ_REMOVE(&door->dead, conn, link);
        free_conn(conn);
    }
}

static void set_deadline(struct conn *conn, int64_t delay_ms)
{
    conn->deadline_ms = delay_ms > 0 ? now_ms(conn->door) + delay_ms : 0;
    conn->step_len = 0;
}

/* What is in the output goes first; what the client still sends is read and forgotten. */
static void leave(struct conn *conn)
{
    if (conn->state == STATE_GUEST || conn->state == STATE_MEMBER) {
        lh_tls_session_end(conn->session);
        close_inner(conn);
        conn->state = STATE_LEAVING;
        set_deadline(conn, conn->door->options.write_timeout_ms);
    }
}

static void refuse(struct conn *conn, const struct lh_err *why)
{
    conn->door->options.on_refused(conn->door->options.arg, conn->address, why);
    leave(conn);
}

/* ---- moving bytes ---- */

static bool would_block(ssize_t got)
{
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/* Ciphertext to the client; false when it is gone. */
static bool send_output(struct conn *conn)
{
    struct lh_bytes output = lh_tls_session_output(conn->session);

    while (output.len > 0) {
        ssize_t sent = send(conn->fd, output.data, output.len, MSG_NOSIGNAL);

        if (sent <= 0) {
            return would_block(sent);
        }
        lh_tls_session_sent(conn->session, (size_t)sent);
        conn->step_len += (size_t)sent;
        output = lh_tls_session_output(conn->session);
    }
    return true;
}

static bool is_output_full(const struct conn *conn)
{
    return lh_tls_session_output(conn->session).len >= LH_TLS_DOOR_STEP;
}

/* The HTTP server's bytes, encrypted; until it has no more or the client does not keep up. */
static void take_from_inner(struct conn *conn)
{
    uint8_t piece[LH_TLS_PIECE_MAX];

    for (int i = 0; i < TURNS_MAX && !is_output_full(conn); i++) {
        ssize_t got = recv(conn->inner, piece, sizeof piece, 0);

        if (would_block(got)) {
            return;
        }
        if (got <= 0 ||
            lh_tls_session_write(conn->session, lh_bytes_of(piece, (size_t)got), NULL) != LH_OK) {
            leave(conn);
            return;
        }
    }
}

/* Plaintext to the HTTP server; true when all of it is there. */
static bool give_to_inner(struct conn *conn)
{
    while (conn->plain_at < conn->plain_len) {
        ssize_t sent = send(conn->inner, conn->plain + conn->plain_at,
                            conn->plain_len - conn->plain_at, MSG_NOSIGNAL);

        if (would_block(sent)) {
            return false;
        }
        if (sent <= 0) {
            conn->plain_at = conn->plain_len; /* it takes no more; what it said is yet to be read */
            return true;
        }
        conn->plain_at += (size_t)sent;
    }
    if (conn->has_client_ended && !conn->has_inner_heard) {
        conn->has_inner_heard = true;
        (void)shutdown(conn->inner, SHUT_WR);
    }
    return true;
}

/* Decrypt and hand on what came, as far as the HTTP server takes it. */
static void deliver(struct conn *conn)
{
    struct lh_err err = LH_ERR_NONE;

    while (give_to_inner(conn) && !conn->has_client_ended) {
        enum lh_code rc;

        conn->plain_at = 0;
        conn->plain_len = 0;
        rc = lh_tls_session_read(conn->session, conn->plain, sizeof conn->plain, &conn->plain_len,
                                 &err);
        if (rc == LH_AGAIN) {
            return;
        }
        if (rc == LH_ERR_NOT_FOUND) {
            conn->has_client_ended = true;
            conn->plain_len = 0;
        } else if (rc != LH_OK) {
            refuse(conn, &err);
            return;
        }
    }
}

static void on_inner(evutil_socket_t fd, short what, void *arg);

/* The handshake is done: an inner connection, in the name of the key. */
static void admit(struct conn *conn)
{
    struct lh_tls_door *door = conn->door;
    struct lh_http_peer peer = { .is_pinned = true,
                                 .pin = *lh_tls_session_peer(conn->session),
                                 .uid = (uid_t)-1,
                                 .gid = (gid_t)-1 };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_http_connect(door->options.http, &conn->inner, &peer, &err);

    if (rc == LH_OK) {
        conn->inner_readable =
            event_new(door->options.base, conn->inner, EV_READ | EV_PERSIST, on_inner, conn);
        conn->inner_writable = event_new(door->options.base, conn->inner, EV_WRITE, on_inner, conn);
        if (conn->inner_readable == NULL || conn->inner_writable == NULL) {
            rc = lh_err_set(&err, LH_ERR_NOMEM, "events of a connection");
        }
    }
    if (rc != LH_OK) {
        refuse(conn, &err);
        return;
    }
    TAILQ_REMOVE(&door->guests, conn, link);
    door->guest_count--;
    conn->is_member = true;
    TAILQ_INSERT_TAIL(&door->members, conn, link);
    conn->state = STATE_MEMBER;
    set_deadline(conn, 0);
}

static void greet(struct conn *conn)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_tls_session_greet(conn->session, &err);

    if (rc == LH_OK) {
        admit(conn);
    } else if (rc != LH_AGAIN) {
        refuse(conn, &err);
    }
}

static void take_cipher(struct conn *conn, struct lh_bytes cipher)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if ((conn->state != STATE_GUEST && conn->state != STATE_MEMBER) || conn->has_client_ended) {
        return; /* nobody listens any more */
    }
    rc = lh_tls_session_feed(conn->session, cipher, &err);
    if (rc != LH_OK) {
        refuse(conn, &err);
        return;
    }
    if (conn->state == STATE_GUEST) {
        greet(conn);
    }
    if (conn->state == STATE_MEMBER) {
        deliver(conn);
    }
}

/* Nothing more is taken in while what is here cannot be handed on. */
static bool wants_cipher(const struct conn *conn)
{
    return !conn->is_input_over && (conn->state != STATE_MEMBER ||
                                    (conn->plain_at == conn->plain_len && !is_output_full(conn)));
}

/*
 * The client's side of the socket has ended. Who said so before, or was told to go, may still read;
 * anybody else has left, and what an end without close_notify cut off is lost.
 */
static void end_input(struct conn *conn, bool is_broken)
{
    bool may_read =
        conn->state == STATE_LEAVING || (conn->state == STATE_MEMBER && conn->has_client_ended);

    conn->is_input_over = true;
    conn->has_client_left = is_broken || !may_read;
}

static void take_from_client(struct conn *conn)
{
    uint8_t piece[LH_TLS_PIECE_MAX];

    for (int i = 0; i < TURNS_MAX && wants_cipher(conn); i++) {
        ssize_t got = recv(conn->fd, piece, sizeof piece, 0);

        if (would_block(got)) {
            return;
        }
        if (got <= 0) {
            end_input(conn, got < 0);
            return;
        }
        take_cipher(conn, lh_bytes_of(piece, (size_t)got));
    }
}

/* ---- what to wait for ---- */

static void watch(struct event *event, bool is_wanted)
{
    (void)(is_wanted ? event_add(event, NULL) : event_del(event));
}

/*
 * The clock runs while something waits for the client, and starts anew with each step that it
 * took.
 */
static void time_output(struct conn *conn)
{
    int64_t timeout_ms = conn->door->options.write_timeout_ms;

    if (lh_tls_session_output(conn->session).len == 0) {
        set_deadline(conn, 0);
    } else if (conn->deadline_ms == 0 || conn->step_len >= LH_TLS_DOOR_STEP) {
        set_deadline(conn, timeout_ms);
    }
}

/* After every event: send, then see what the connection has come to. */
static void settle(struct conn *conn)
{
    size_t left;

    if (conn->state == STATE_DEAD) {
        return;
    }
    if (!send_output(conn)) {
        kill_conn(conn);
        return;
    }
    left = lh_tls_session_output(conn->session).len;
    if (conn->has_client_left) {
        kill_conn(conn); /* what it sent before is with the HTTP server */
        return;
    }
    if (conn->state == STATE_LEAVING && left == 0 && conn->is_input_over) {
        kill_conn(conn);
        return;
    }
    if (conn->state == STATE_LEAVING && left == 0) {
        (void)shutdown(conn->fd, SHUT_WR);
        conn->state = STATE_LINGER;
        set_deadline(conn, LINGER_MS);
    }
    if (conn->state == STATE_MEMBER) {
        time_output(conn);
        watch(conn->inner_readable, !is_output_full(conn));
        watch(conn->inner_writable, conn->plain_at < conn->plain_len);
    }
    watch(conn->readable, wants_cipher(conn));
    watch(conn->writable, left > 0);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;

    (void)fd;
    if ((what & EV_READ) != 0) {
        take_from_client(conn);
    }
    settle(conn);
}

static void on_inner(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;

    (void)fd;
    if ((what & EV_WRITE) != 0 && conn->state == STATE_MEMBER) {
        deliver(conn);
    }
    if ((what & EV_READ) != 0 && conn->state == STATE_MEMBER) {
        take_from_inner(conn);
    }
    settle(conn);
}

/* ---- accepting ---- */

/* The oldest guest makes room: whoever hurries gets in, however many dawdle. */
static void make_room(struct lh_tls_door *door)
{
    struct lh_err why = LH_ERR_NONE;
    struct conn *oldest = TAILQ_FIRST(&door->guests);

    if (door->guest_count < door->options.guest_count_max) {
        return;
    }
    lh_assert(oldest != NULL);
    if (oldest->state == STATE_GUEST) {
        (void)lh_err_set(&why, LH_ERR_LIMIT, "others came before its handshake was done");
        door->options.on_refused(door->options.arg, oldest->address, &why);
    }
    kill_conn(oldest);
}

static struct conn *conn_new(struct lh_tls_door *door, int fd)
{
    struct conn *conn = calloc(1, sizeof *conn);

    if (conn == NULL) {
        (void)close(fd);
        return NULL;
    }
    conn->door = door;
    conn->fd = fd;
    conn->inner = -1;
    conn->readable = event_new(door->options.base, fd, EV_READ | EV_PERSIST, on_client, conn);
    conn->writable = event_new(door->options.base, fd, EV_WRITE, on_client, conn);
    if (conn->readable == NULL || conn->writable == NULL || event_add(conn->readable, NULL) != 0 ||
        lh_tls_session_new(&conn->session, door->tls, NULL) != LH_OK) {
        free_conn(conn);
        return NULL;
    }
    return conn;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
                      int peer_len, void *arg)
{
    struct lh_tls_door *door = arg;
    union lh_address address = { .any = { .sa_family = AF_UNSPEC } };
    struct conn *conn;

    (void)listener;
    make_room(door);
    conn = conn_new(door, fd);
    if (conn == NULL) {
        return;
    }
    if ((size_t)peer_len <= sizeof address) {
        memcpy(&address, peer, (size_t)peer_len);
    }
    lh_address_format(conn->address, &address);
    TAILQ_INSERT_TAIL(&door->guests, conn, link);
    door->guest_count++;
    set_deadline(conn, door->options.handshake_timeout_ms);
}

/* No descriptor left: stop accepting until the next tick instead of spinning. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)arg;
    (void)evconnlistener_disable(listener);
}

static void on_late(struct conn *conn)
{
    struct lh_err why = LH_ERR_NONE;

    if (conn->state == STATE_GUEST) {
        (void)lh_err_set(&why, LH_AGAIN, "its handshake was not done in time");
        conn->door->options.on_refused(conn->door->options.arg, conn->address, &why);
    }
    kill_conn(conn);
}

static void sweep(struct conn_list *list, int64_t at_ms)
{
    struct conn *next;

    for (struct conn *conn = TAILQ_FIRST(list); conn != NULL; conn = next) {
        next = TAILQ_NEXT(conn, link);
        if (conn->deadline_ms != 0 && at_ms >= conn->deadline_ms) {
            on_late(conn);
        }
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct lh_tls_door *door = arg;
    int64_t at_ms = now_ms(door);

    (void)fd;
    (void)what;
    sweep(&door->guests, at_ms);
    sweep(&door->members, at_ms);
    if (door->listener != NULL) {
        (void)evconnlistener_enable(door->listener);
    }
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    reap(arg);
}

static enum lh_code open_listener(struct lh_tls_door *door, const char *text, struct lh_err *err)
{
    union lh_address address = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t len = sizeof address;
    enum lh_code rc = lh_address_parse(&address, text, err);
    int fd;

    if (rc != LH_OK) {
        return rc;
    }
    fd = lh_address_listen(&address);
    if (fd < 0) {
        return lh_err_set(err, LH_ERR_IO, "listening on %s: %s", text, strerror(errno));
    }
    if (getsockname(fd, &address.any, &len) == 0) {
        lh_address_format(door->address, &address);
    }
    door->listener = evconnlistener_new(door->options.base, on_accept, door,
                                        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (door->listener == NULL) {
        (void)close(fd);
        return lh_err_set(err, LH_ERR_NOMEM, "listener of %s", text);
    }
    evconnlistener_set_error_cb(door->listener, on_accept_error);
    return LH_OK;
}

enum lh_code lh_tls_door_open(struct lh_tls_door **out, const struct lh_tls_door_options *options,
                              struct lh_tls *tls, const char *address, struct lh_err *err)
{
    static const struct timeval tick = { .tv_sec = 0, .tv_usec = TICK_MS * 1000 };
    struct lh_tls_door *door = calloc(1, sizeof *door);
    enum lh_code rc;

    if (door == NULL) {
        lh_tls_free(tls);
        return lh_err_set(err, LH_ERR_NOMEM, "TLS listener");
    }
    door->options = *options;
    door->tls = tls;
    TAILQ_INIT(&door->guests);
    TAILQ_INIT(&door->members);
    TAILQ_INIT(&door->dead);
    door->tick_event = event_new(options->base, -1, EV_PERSIST, on_tick, door);
    door->reap_event = event_new(options->base, -1, 0, on_reap, door);
    if (door->tick_event == NULL || door->reap_event == NULL ||
        event_add(door->tick_event, &tick) != 0) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "TLS listener");
    } else {
        rc = open_listener(door, address, err);
    }
    if (rc != LH_OK) {
        lh_tls_door_close(door);
        return rc;
    }
    *out = door;
    return LH_OK;
}

static void kill_all(struct conn_list *list)
{
    while (!TAILQ_EMPTY(list)) {
        kill_conn(TAILQ_FIRST(list));
    }
}

void lh_tls_door_close(struct lh_tls_door *door)
{
    if (door == NULL) {
        return;
    }
    if (door->listener != NULL) {
        evconnlistener_free(door->listener);
    }
    kill_all(&door->guests);
    kill_all(&door->members);
    reap(door);
    if (door->tick_event != NULL) {
        event_free(door->tick_event);
    }
    if (door->reap_event != NULL) {
        event_free(door->reap_event);
    }
    lh_tls_free(door->tls);
    free(door);
}

void lh_tls_door_renew(struct lh_tls_door *door, struct lh_tls *tls)
{
    lh_tls_free(door->tls);
    door->tls = tls;
}

const struct lh_tls *lh_tls_door_tls(const struct lh_tls_door *door)
{
    return door->tls;
}

const char *lh_tls_door_address(const struct lh_tls_door *door)
{
    return door->address;
}

void lh_tls_door_stop_accepting(struct lh_tls_door *door)
{
    if (door->listener != NULL) {
        evconnlistener_free(door->listener);
        door->listener = NULL;
    }
    kill_all(&door->guests);
}

size_t lh_tls_door_guest_count(const struct lh_tls_door *door)
{
    return door->guest_count;
}

size_t lh_tls_door_busy_count(const struct lh_tls_door *door)
{
    const struct conn *conn;
    size_t count = 0;

    TAILQ_FOREACH(conn, &door->members, link)
    {
        count += conn->state == STATE_MEMBER || conn->state == STATE_LEAVING ? 1 : 0;
    }
    return count;
}
