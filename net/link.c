#include "net/link.h"

#include "crypto/base/assert.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TURNS_MAX = 8, /* pieces in one wake-up, each way */
    LEAVE_MS = 2000,
};

static const char EXPORTER[] = "EXPORTER-liuhen-hello";

enum state {
    STATE_CONNECTING,
    STATE_GREETING,
    STATE_TALKING,
    STATE_LEAVING, /* only output */
    STATE_DEAD,    /* on_closed is due */
};

struct lh_link {
    struct lh_link_options options;
    enum state state;
    int fd;
    struct lh_tls_session *tls;
    struct lh_session *session; /* from STATE_TALKING on */
    struct event *readable, *writable, *timer;
    bool is_live_told;
    bool is_shut; /* all is said; the other side's end is waited for, so that it can read the BYE */
    int64_t deadline_ms; /* of the handshake, of leaving; 0: none */
    int64_t stuck_ms;    /* since when the other side takes nothing of what waits; 0: it does */
    struct lh_err why;   /* why it ends */
    char address[LH_ADDRESS_SIZE];
};

static int64_t now_ms(const struct lh_link *link)
{
    return link->options.clock.mono_ms(link->options.clock.arg);
}

/* ---- the end ---- */

static void die(struct lh_link *link, const struct lh_err *why)
{
    if (link->state == STATE_DEAD) {
        return;
    }
    if (link->why.text[0] == '\0') {
        link->why = *why;
    }
    link->state = STATE_DEAD;
    (void)event_del(link->readable);
    (void)event_del(link->writable);
    event_active(link->timer, EV_TIMEOUT, 0);
}

/* What stands in the output, a BYE perhaps, still goes. */
static void leave(struct lh_link *link, const struct lh_err *why)
{
    if (link->state == STATE_CONNECTING || link->state == STATE_GREETING) {
        die(link, why);
    } else if (link->state == STATE_TALKING) {
        link->why = *why;
        link->state = STATE_LEAVING;
        link->deadline_ms = now_ms(link) + LEAVE_MS;
    }
}

void lh_link_free(struct lh_link *link)
{
    if (link == NULL) {
        return;
    }
    if (link->readable != NULL) {
        event_free(link->readable);
    }
    if (link->writable != NULL) {
        event_free(link->writable);
    }
    if (link->timer != NULL) {
        event_free(link->timer);
    }
    lh_session_free(link->session);
    lh_tls_session_free(link->tls);
    if (link->fd >= 0) {
        (void)close(link->fd);
    }
    free(link);
}

/* ---- output ---- */

static bool would_block(ssize_t got)
{
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/* Encrypt what the session has to say, a step ahead of the socket. */
static enum lh_code encrypt(struct lh_link *link, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    while (rc == LH_OK && link->session != NULL &&
           lh_tls_session_output(link->tls).len < LH_LINK_STEP) {
        struct lh_bytes said = lh_session_output(link->session);
        size_t len = said.len < LH_TLS_PIECE_MAX ? said.len : LH_TLS_PIECE_MAX;

        if (len == 0) {
            return LH_OK;
        }
        rc = lh_tls_session_write(link->tls, lh_bytes_of(said.data, len), err);
        lh_session_written(link->session, len);
    }
    return rc;
}

/* Write until the socket takes no more; true when something was written. */
static bool flush(struct lh_link *link)
{
    struct lh_err err = LH_ERR_NONE;
    bool has_sent = false;

    while (link->state != STATE_DEAD && link->state != STATE_CONNECTING) {
        struct lh_bytes output;
        ssize_t sent;

        if (encrypt(link, &err) != LH_OK) {
            die(link, &err);
            break;
        }
        output = lh_tls_session_output(link->tls);
        if (output.len == 0) {
            break;
        }
        sent = send(link->fd, output.data, output.len, MSG_NOSIGNAL);
        if (would_block(sent)) {
            break;
        }
        if (sent <= 0) {
            (void)lh_err_set(&err, LH_ERR_IO, "the connection broke");
            die(link, &err);
            break;
        }
        lh_tls_session_sent(link->tls, (size_t)sent);
        has_sent = true;
    }
    return has_sent;
}

/* ---- input ---- */

/* The frames that are whole; the session closes itself at a bad one. */
static void take_frames(struct lh_link *link)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_frame frame;
    enum lh_code rc = LH_OK;

    while (link->state == STATE_TALKING) {
        rc = lh_session_next(link->session, &frame, now_ms(link), &err);
        if (!link->is_live_told && lh_session_state(link->session) == LH_SESSION_LIVE) {
            link->is_live_told = true;
            link->options.on_live(link->options.arg, link);
        }
        if (rc != LH_OK || link->state != STATE_TALKING) {
            break;
        }
        link->options.on_frame(link->options.arg, link, &frame);
        if (link->state == STATE_TALKING) {
            lh_session_done(link->session, &frame);
        }
    }
    if (link->state == STATE_TALKING && rc != LH_AGAIN) {
        leave(link, &err);
    }
}

static void take_plain(struct lh_link *link)
{
    uint8_t piece[LH_TLS_PIECE_MAX];
    struct lh_err err = LH_ERR_NONE;

    while (link->state == STATE_TALKING) {
        size_t len = 0;
        enum lh_code rc = lh_tls_session_read(link->tls, piece, sizeof piece, &len, &err);

        if (rc == LH_AGAIN) {
            return;
        }
        if (rc == LH_OK) {
            rc = lh_session_put(link->session, lh_bytes_of(piece, len), &err);
        }
        if (rc != LH_OK) {
            die(link, &err);
            return;
        }
        take_frames(link);
    }
}

/* The handshake is done: the session begins, bound to this channel. */
static void begin_session(struct lh_link *link)
{
    struct lh_session_options *options = &link->options.session;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_tls_session_export(link->tls, EXPORTER, options->channel.bytes,
                                            sizeof options->channel.bytes, &err);

    if (rc == LH_OK) {
        rc = lh_session_new(&link->session, options, now_ms(link), &err);
    }
    if (rc != LH_OK) {
        die(link, &err);
        return;
    }
    link->state = STATE_TALKING;
    link->deadline_ms = 0;
}

static void greet(struct lh_link *link)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_tls_session_greet(link->tls, &err);

    if (rc == LH_OK) {
        begin_session(link);
    } else if (rc != LH_AGAIN) {
        (void)flush(link); /* an alert */
        die(link, &err);
    }
}

static void take_cipher(struct lh_link *link, struct lh_bytes cipher)
{
    struct lh_err err = LH_ERR_NONE;

    if (lh_tls_session_feed(link->tls, cipher, &err) != LH_OK) {
        die(link, &err);
        return;
    }
    if (link->state == STATE_GREETING) {
        greet(link);
    }
    take_plain(link);
}

static void take_from_socket(struct lh_link *link)
{
    uint8_t piece[LH_TLS_PIECE_MAX];
    struct lh_err err = LH_ERR_NONE;

    for (int i = 0; i < TURNS_MAX; i++) {
        ssize_t got = recv(link->fd, piece, sizeof piece, 0);

        if (would_block(got) || link->state == STATE_DEAD) {
            return;
        }
        if (got <= 0) {
            (void)lh_err_set(&err, LH_ERR_IO, "the connection %s", got < 0 ? "broke" : "ended");
            die(link, &err);
            return;
        }
        if (link->state != STATE_LEAVING) { /* nobody listens any more then */
            take_cipher(link, lh_bytes_of(piece, (size_t)got));
        }
    }
}

/* ---- what to wait for ---- */

static size_t unsent(const struct lh_link *link)
{
    size_t plain = link->session == NULL ? 0 : lh_session_output(link->session).len;

    return plain + lh_tls_session_output(link->tls).len;
}

static int64_t due_ms(const struct lh_link *link)
{
    int64_t due = link->deadline_ms > 0 ? link->deadline_ms : INT64_MAX;

    if (link->state == STATE_TALKING && lh_session_due_ms(link->session) < due) {
        due = lh_session_due_ms(link->session);
    }
    if (link->stuck_ms > 0 && link->stuck_ms + link->options.write_timeout_ms < due) {
        due = link->stuck_ms + link->options.write_timeout_ms;
    }
    return due;
}

static void set_timer(struct lh_link *link)
{
    int64_t due = due_ms(link);
    int64_t wait = due - now_ms(link);
    struct timeval tv;

    if (due == INT64_MAX) {
        (void)event_del(link->timer);
        return;
    }
    wait = wait < 1 ? 1 : wait;
    tv.tv_sec = (time_t)(wait / 1000);
    tv.tv_usec = (suseconds_t)(wait % 1000 * 1000);
    (void)event_add(link->timer, &tv);
}

/* After whatever happened: send, and see what the link has come to. */
static void settle(struct lh_link *link)
{
    bool has_sent = flush(link);

    if (link->state == STATE_DEAD) {
        return;
    }
    if (unsent(link) == 0 && link->state == STATE_LEAVING && !link->is_shut) {
        link->is_shut = true;
        (void)shutdown(link->fd, SHUT_WR);
    }
    if (unsent(link) == 0) {
        link->stuck_ms = 0;
    } else if (link->stuck_ms == 0 || has_sent) {
        link->stuck_ms = now_ms(link);
    }
    if (link->state == STATE_CONNECTING || unsent(link) > 0) {
        (void)event_add(link->writable, NULL);
    }
    set_timer(link);
}

/* Frames that were taken in brought credit, or the socket took bytes: there may be room. */
static void offer_room(struct lh_link *link)
{
    if (link->state == STATE_TALKING && link->is_live_told) {
        link->options.on_room(link->options.arg, link);
    }
}

static void on_connected(struct lh_link *link)
{
    struct lh_err err = LH_ERR_NONE;
    socklen_t len = sizeof(int);
    int error = 0;

    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        (void)lh_err_set(&err, LH_ERR_IO, "%s: %s", link->address, strerror(error));
        die(link, &err);
        return;
    }
    link->state = STATE_GREETING;
    (void)event_add(link->readable, NULL);
    greet(link);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct lh_link *link = arg;

    (void)fd;
    if ((what & EV_WRITE) != 0 && link->state == STATE_CONNECTING) {
        on_connected(link);
    }
    if ((what & EV_READ) != 0) {
        take_from_socket(link);
    }
    settle(link);
    offer_room(link);
    settle(link);
}

/* LH_OK, or why it is over. */
static enum lh_code check_time(struct lh_link *link, struct lh_err *err)
{
    int64_t now = now_ms(link);

    if (link->deadline_ms > 0 && now >= link->deadline_ms) {
        return lh_err_set(err, LH_ERR_IO, "%s: not done in time",
                          link->state == STATE_LEAVING ? "leaving" : "its handshake");
    }
    if (link->stuck_ms > 0 && now >= link->stuck_ms + link->options.write_timeout_ms) {
        return lh_err_set(err, LH_ERR_IO, "it takes nothing of what we say");
    }
    return LH_OK;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct lh_link *link = arg;
    struct lh_err err = LH_ERR_NONE;

    (void)fd;
    (void)what;
    if (link->state == STATE_DEAD) {
        link->options.on_closed(link->options.arg, link, &link->why);
        lh_link_free(link);
        return;
    }
    if (check_time(link, &err) != LH_OK) {
        die(link, &err);
    } else if (link->state == STATE_TALKING &&
               lh_session_tick(link->session, now_ms(link), &err) != LH_OK) {
        leave(link, &err);
    }
    settle(link);
}

/* ---- the beginning ---- */

/* Takes `fd`. */
static enum lh_code link_new(struct lh_link **out, const struct lh_link_options *options, int fd,
                             struct lh_err *err)
{
    struct lh_link *link = calloc(1, sizeof *link);

    if (link == NULL) {
        (void)close(fd);
        return lh_err_set(err, LH_ERR_NOMEM, "a link");
    }
    link->options = *options;
    link->fd = fd;
    link->readable = event_new(options->base, fd, EV_READ | EV_PERSIST, on_socket, link);
    link->writable = event_new(options->base, fd, EV_WRITE, on_socket, link);
    link->timer = evtimer_new(options->base, on_timer, link);
    if (link->readable == NULL || link->writable == NULL || link->timer == NULL) {
        lh_link_free(link);
        return lh_err_set(err, LH_ERR_NOMEM, "events of a link");
    }
    link->deadline_ms = now_ms(link) + options->handshake_timeout_ms;
    *out = link;
    return LH_OK;
}

enum lh_code lh_link_dial(struct lh_link **out, const struct lh_link_options *options,
                          const union lh_address *address, struct lh_err *err)
{
    int fd = lh_address_dial(address);
    struct lh_link *link = NULL;
    enum lh_code rc;

    if (fd < 0) {
        return lh_err_set(err, LH_ERR_IO, "a connection: %s", strerror(errno));
    }
    rc = link_new(&link, options, fd, err);
    if (rc == LH_OK) {
        rc = lh_tls_session_dial(&link->tls, options->tls, err);
    }
    if (rc != LH_OK) {
        lh_link_free(link);
        return rc;
    }
    link->state = STATE_CONNECTING;
    link->options.session.is_dialled = false;
    lh_address_format(link->address, address);
    settle(link);
    *out = link;
    return LH_OK;
}

enum lh_code lh_link_accept(struct lh_link **out, const struct lh_link_options *options, int fd,
                            struct lh_err *err)
{
    union lh_address address = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t len = sizeof address;
    struct lh_link *link = NULL;
    enum lh_code rc = link_new(&link, options, fd, err);

    if (rc == LH_OK) {
        rc = lh_tls_session_new(&link->tls, options->tls, err);
    }
    if (rc != LH_OK) {
        lh_link_free(link);
        return rc;
    }
    if (getpeername(fd, &address.any, &len) == 0) {
        lh_address_format(link->address, &address);
    }
    link->state = STATE_GREETING;
    link->options.session.is_dialled = true;
    (void)event_add(link->readable, NULL);
    settle(link);
    *out = link;
    return LH_OK;
}

void lh_link_close(struct lh_link *link, enum lh_session_bye code, uint32_t retry_after_s)
{
    struct lh_err why = LH_ERR_NONE;

    (void)lh_err_set(&why, LH_OK, "closed by us");
    if (link->session != NULL) {
        lh_session_close(link->session, code, retry_after_s);
    }
    leave(link, &why);
    /* From inside a callback the loop settles it; the timer sees to it from anywhere else. */
    lh_link_look_at_time(link);
}

const struct lh_session *lh_link_session(const struct lh_link *link)
{
    return link->session;
}

enum lh_code lh_link_send(struct lh_link *link, const struct lh_frame *frame, struct lh_err *err)
{
    enum lh_code rc;

    if (link->state != STATE_TALKING) {
        return LH_AGAIN;
    }
    rc = lh_session_send(link->session, frame, err);
    if (rc == LH_OK) {
        (void)event_add(link->writable, NULL);
    }
    return rc;
}

void lh_link_look_at_time(struct lh_link *link)
{
    event_active(link->timer, EV_TIMEOUT, 0);
}

const char *lh_link_address(const struct lh_link *link)
{
    return link->address;
}
