#include "net/mesh.h"

#include "crypto/base/assert.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALM_MS = 1000, REFUSED_AGAIN_S = 300 };

/* A link, and what it is to us. */
struct tie {
    TAILQ_ENTRY(tie) place; /* among all; those that came and are no peer yet, oldest first */
    struct lh_mesh *mesh;
    struct lh_link *link;
    union lh_address from; /* of a guest */
    struct peer *peer;     /* whom we dialled, or who it proved to be; NULL: a guest */
    bool is_dialled_by_us;
    bool is_live;
    bool is_dropped; /* another took its place: its end is nobody's business */
};

TAILQ_HEAD(tie_list, tie);

/* A department that is dialled, or is here. */
struct peer {
    TAILQ_ENTRY(peer) place;
    struct lh_mesh *mesh;
    char department[LH_CODE_MAX + 1];
    bool has_address;
    union lh_address address;
    struct tie *dialled; /* on its way; NULL: none */
    struct tie *up;      /* NULL: down */
    struct event *again;
    int64_t wait_ms; /* the last wait; 0: none yet */
};

TAILQ_HEAD(peer_list, peer);

struct lh_mesh {
    struct lh_mesh_options options;
    struct evconnlistener *listener;
    struct event *calm; /* to accept again after there was no descriptor */
    struct tie_list ties;
    struct peer_list peers;
    size_t guest_count;
    char address[LH_ADDRESS_SIZE];
};

static void dial(struct peer *peer);

/* ---- peers ---- */

static struct peer *find_peer(const struct lh_mesh *mesh, const char *department)
{
    struct peer *peer;

    TAILQ_FOREACH(peer, &mesh->peers, place)
    {
        if (strcmp(peer->department, department) == 0) {
            return peer;
        }
    }
    return NULL;
}

static void dial_later(struct peer *peer, int64_t wait_ms)
{
    struct timeval tv = { .tv_sec = (time_t)(wait_ms / 1000),
                          .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000) };

    (void)event_add(peer->again, &tv);
}

/* The next wait doubles; between the half of it and all of it is waited. */
static void dial_again(struct peer *peer, uint32_t asked_s)
{
    const struct lh_mesh_options *options = &peer->mesh->options;
    int64_t wait = peer->wait_ms == 0 ? options->again_min_ms : 2 * peer->wait_ms;

    if (!peer->has_address || peer->up != NULL || peer->dialled != NULL) {
        return;
    }
    peer->wait_ms = wait < options->again_max_ms ? wait : options->again_max_ms;
    wait = peer->wait_ms / 2 +
           (int64_t)(options->random(options->arg) % (uint64_t)(peer->wait_ms / 2 + 1));
    dial_later(peer, wait > (int64_t)asked_s * 1000 ? wait : (int64_t)asked_s * 1000);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    struct peer *peer = arg;

    (void)fd;
    (void)what;
    if (peer->up == NULL && peer->dialled == NULL) {
        dial(peer);
    }
}

static struct peer *peer_new(struct lh_mesh *mesh, const char *department)
{
    struct peer *peer = calloc(1, sizeof *peer);

    if (peer == NULL) {
        return NULL;
    }
    peer->mesh = mesh;
    peer->again = evtimer_new(mesh->options.base, on_again, peer);
    if (peer->again == NULL) {
        free(peer);
        return NULL;
    }
    (void)snprintf(peer->department, sizeof peer->department, "%s", department);
    TAILQ_INSERT_TAIL(&mesh->peers, peer, place);
    return peer;
}

/* ---- ties ---- */

static void free_tie(struct tie *tie)
{
    TAILQ_REMOVE(&tie->mesh->ties, tie, place);
    tie->mesh->guest_count -= tie->peer == NULL ? 1 : 0;
    free(tie);
}

static void drop(struct tie *tie)
{
    tie->is_dropped = true;
    lh_link_close(tie->link, LH_BYE_PEACE, 0);
}

/* spec network.md 5: "Of two live links to one process, the one that the department of the lower
 * code dialled stays" */
static bool is_to_stay(const struct tie *tie)
{
    bool is_lower = strcmp(tie->mesh->options.session.department, tie->peer->department) < 0;

    return tie->is_dialled_by_us == is_lower;
}

static bool is_same_process(const struct tie *a, const struct tie *b)
{
    return memcmp(lh_session_peer(lh_link_session(a->link))->start,
                  lh_session_peer(lh_link_session(b->link))->start, LH_SESSION_START_SIZE) == 0;
}

static void raise_tie(struct tie *tie)
{
    const struct lh_mesh_options *options = &tie->mesh->options;

    tie->peer->up = tie;
    tie->peer->wait_ms = 0;
    (void)event_del(tie->peer->again);
    options->on_up(options->arg, lh_session_peer(lh_link_session(tie->link)));
}

static void lower_peer(struct peer *peer, const struct lh_err *why)
{
    const struct lh_mesh_options *options = &peer->mesh->options;

    peer->up = NULL;
    options->on_down(options->arg, peer->department, why);
}

/* A guest has said who it is: one that we dial, or a member that we do not. */
static bool know(struct tie *tie)
{
    const char *department = lh_session_peer(lh_link_session(tie->link))->department;

    if (tie->peer == NULL) {
        tie->peer = find_peer(tie->mesh, department);
        if (tie->peer == NULL) {
            tie->peer = peer_new(tie->mesh, department);
        }
        if (tie->peer == NULL) {
            return false;
        }
        tie->mesh->guest_count--;
    }
    if (tie->peer->dialled == tie) {
        tie->peer->dialled = NULL;
    }
    return true;
}

static void on_live(void *arg, struct lh_link *link)
{
    struct tie *tie = arg;
    struct lh_err why = LH_ERR_NONE;

    tie->is_live = true;
    if (!know(tie)) {
        lh_link_close(link, LH_BYE_SLOW, 1);
        return;
    }
    struct tie *before = tie->peer->up;
    if (before == NULL) {
        raise_tie(tie);
    } else if (is_same_process(tie, before) && !is_to_stay(tie)) {
        drop(tie);
    } else {
        drop(before);
        (void)lh_err_set(&why, LH_OK, "another link took its place");
        lower_peer(tie->peer, &why);
        raise_tie(tie);
    }
}

static void on_frame(void *arg, struct lh_link *link, const struct lh_frame *frame)
{
    struct tie *tie = arg;
    const struct lh_mesh_options *options = &tie->mesh->options;

    (void)link;
    if (tie->peer != NULL && tie->peer->up == tie) {
        options->on_frame(options->arg, tie->peer->department, frame);
    }
}

static void on_room(void *arg, struct lh_link *link)
{
    struct tie *tie = arg;
    const struct lh_mesh_options *options = &tie->mesh->options;

    (void)link;
    if (tie->peer != NULL && tie->peer->up == tie) {
        options->on_room(options->arg, tie->peer->department);
    }
}

/* Who does not want us is not asked every second; who said when to come back is believed. */
static uint32_t asked_wait_s(const struct lh_link *link)
{
    const struct lh_session *session = lh_link_session(link);

    if (session == NULL) {
        return 0;
    }
    switch (lh_session_bye(session)) {
    case LH_BYE_VERSION:
    case LH_BYE_NETWORK:
    case LH_BYE_MEMBER:
    case LH_BYE_FORGED:
    case LH_BYE_OURSELVES:
        return REFUSED_AGAIN_S;
    case LH_BYE_NONE:
    case LH_BYE_PROTOCOL:
    case LH_BYE_SLOW:
    case LH_BYE_PEACE:
        break;
    }
    return lh_session_retry_after_s(session);
}

static void on_closed(void *arg, struct lh_link *link, const struct lh_err *why)
{
    struct tie *tie = arg;
    const struct lh_mesh_options *options = &tie->mesh->options;
    struct peer *peer = tie->peer;

    if (peer != NULL && peer->dialled == tie) {
        peer->dialled = NULL;
    }
    if (peer != NULL && peer->up == tie) {
        lower_peer(peer, why);
    } else if (!tie->is_dropped && !tie->is_live) {
        options->on_failed(options->arg, peer != NULL ? peer->department : lh_link_address(link),
                           why);
    }
    if (peer != NULL) {
        dial_again(peer, asked_wait_s(link));
    }
    free_tie(tie);
}

static struct tie *tie_new(struct lh_mesh *mesh, struct peer *peer)
{
    struct tie *tie = calloc(1, sizeof *tie);

    if (tie != NULL) {
        tie->mesh = mesh;
        tie->peer = peer;
        tie->is_dialled_by_us = peer != NULL;
        mesh->guest_count += peer == NULL ? 1 : 0;
        TAILQ_INSERT_TAIL(&mesh->ties, tie, place);
    }
    return tie;
}

static struct lh_link_options link_options_of(struct tie *tie)
{
    const struct lh_mesh_options *options = &tie->mesh->options;

    return (struct lh_link_options){
        .base = options->base,
        .clock = options->clock,
        .tls = options->tls,
        .session = options->session,
        .handshake_timeout_ms = options->handshake_timeout_ms,
        .write_timeout_ms = options->write_timeout_ms,
        .on_live = on_live,
        .on_frame = on_frame,
        .on_room = on_room,
        .on_closed = on_closed,
        .arg = tie,
    };
}

static void dial(struct peer *peer)
{
    const struct lh_mesh_options *options = &peer->mesh->options;
    struct tie *tie = tie_new(peer->mesh, peer);
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = LH_ERR_NOMEM;

    if (tie != NULL) {
        struct lh_link_options link_options = link_options_of(tie);

        (void)snprintf(link_options.session.expected, sizeof link_options.session.expected, "%s",
                       peer->department);
        rc = lh_link_dial(&tie->link, &link_options, &peer->address, &err);
    }
    if (rc == LH_OK) {
        peer->dialled = tie;
        return;
    }
    options->on_failed(options->arg, peer->department, &err);
    if (tie != NULL) {
        free_tie(tie);
    }
    dial_again(peer, 0);
}

/* ---- who comes ---- */

/* What one party may have many of counts as one: an address, of IPv6 half of it. */
static bool is_from_one_place(const union lh_address *a, const union lh_address *b)
{
    if (a->any.sa_family != b->any.sa_family) {
        return false;
    }
    return a->any.sa_family == AF_INET6
               ? memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr / 2) == 0
               : a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

static size_t count_from(const struct lh_mesh *mesh, const union lh_address *from)
{
    struct tie *tie;
    size_t count = 0;

    TAILQ_FOREACH(tie, &mesh->ties, place)
    {
        count += tie->peer == NULL && is_from_one_place(&tie->from, from) ? 1 : 0;
    }
    return count;
}

/* Whoever hurries gets in, however many dawdle; and who floods drives out nobody else. */
/* spec network.md 5: "one more, and the oldest from where most of them come has to go" */
static void make_room(struct lh_mesh *mesh)
{
    const struct lh_mesh_options *options = &mesh->options;
    struct lh_err why = LH_ERR_NONE;
    struct tie *oldest = NULL;
    struct tie *tie;
    size_t most = 0;

    if (mesh->guest_count < options->guest_count_max) {
        return;
    }
    TAILQ_FOREACH(tie, &mesh->ties, place)
    {
        size_t count = tie->peer == NULL ? count_from(mesh, &tie->from) : 0;

        if (count > most) {
            most = count;
            oldest = tie;
        }
    }
    lh_assert(oldest != NULL);
    (void)lh_err_set(&why, LH_ERR_LIMIT, "others came before it said who it is");
    options->on_failed(options->arg, lh_link_address(oldest->link), &why);
    lh_link_free(oldest->link);
    free_tie(oldest);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int address_len, void *arg)
{
    struct lh_mesh *mesh = arg;
    size_t len = (size_t)address_len;
    struct tie *tie;

    (void)listener;
    make_room(mesh);
    tie = tie_new(mesh, NULL);
    if (tie == NULL) {
        (void)close(fd);
        return;
    }
    memcpy(&tie->from, address, len < sizeof tie->from ? len : sizeof tie->from);
    struct lh_link_options link_options = link_options_of(tie);
    if (lh_link_accept(&tie->link, &link_options, fd, NULL) != LH_OK) {
        free_tie(tie);
    }
}

/* No descriptor left: stop accepting for a while instead of spinning. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    static const struct timeval calm = { .tv_sec = CALM_MS / 1000 };
    struct lh_mesh *mesh = arg;

    (void)evconnlistener_disable(listener);
    (void)event_add(mesh->calm, &calm);
}

static void on_calm(evutil_socket_t fd, short what, void *arg)
{
    struct lh_mesh *mesh = arg;

    (void)fd;
    (void)what;
    (void)evconnlistener_enable(mesh->listener);
}

enum lh_code lh_mesh_listen(struct lh_mesh *mesh, const char *address, struct lh_err *err)
{
    union lh_address where;
    socklen_t len = sizeof where;
    enum lh_code rc = lh_address_parse(&where, address, err);
    int fd;

    lh_assert(mesh->listener == NULL);
    if (rc != LH_OK) {
        return rc;
    }
    fd = lh_address_listen(&where);
    if (fd < 0) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", address, strerror(errno));
    }
    mesh->listener = evconnlistener_new(mesh->options.base, on_accept, mesh,
                                        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (mesh->listener == NULL) {
        (void)close(fd);
        return lh_err_set(err, LH_ERR_NOMEM, "a listener");
    }
    evconnlistener_set_error_cb(mesh->listener, on_accept_error);
    if (getsockname(fd, &where.any, &len) == 0) {
        lh_address_format(mesh->address, &where);
    }
    return LH_OK;
}

/* ---- the mesh ---- */

enum lh_code lh_mesh_new(struct lh_mesh **out, const struct lh_mesh_options *options,
                         struct lh_err *err)
{
    struct lh_mesh *mesh = calloc(1, sizeof *mesh);

    if (mesh == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a mesh");
    }
    lh_assert(options->again_min_ms > 0);
    lh_assert(options->guest_count_max > 0);
    mesh->options = *options;
    TAILQ_INIT(&mesh->ties);
    TAILQ_INIT(&mesh->peers);
    mesh->calm = evtimer_new(options->base, on_calm, mesh);
    if (mesh->calm == NULL) {
        free(mesh);
        return lh_err_set(err, LH_ERR_NOMEM, "a mesh");
    }
    *out = mesh;
    return LH_OK;
}

void lh_mesh_free(struct lh_mesh *mesh)
{
    struct tie *next_tie;
    struct peer *next_peer;

    if (mesh == NULL) {
        return;
    }
    if (mesh->listener != NULL) {
        evconnlistener_free(mesh->listener);
    }
    for (struct tie *tie = TAILQ_FIRST(&mesh->ties); tie != NULL; tie = next_tie) {
        next_tie = TAILQ_NEXT(tie, place);
        lh_link_free(tie->link);
        free(tie);
    }
    for (struct peer *peer = TAILQ_FIRST(&mesh->peers); peer != NULL; peer = next_peer) {
        next_peer = TAILQ_NEXT(peer, place);
        event_free(peer->again);
        free(peer);
    }
    event_free(mesh->calm);
    free(mesh);
}

const char *lh_mesh_address(const struct lh_mesh *mesh)
{
    return mesh->address;
}

enum lh_code lh_mesh_add_peer(struct lh_mesh *mesh, const char *department, const char *address,
                              struct lh_err *err)
{
    struct peer *peer = find_peer(mesh, department);
    union lh_address where;
    enum lh_code rc = lh_address_parse(&where, address, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (strcmp(department, mesh->options.session.department) == 0) {
        return lh_err_set(err, LH_ERR_CONFLICT, "%s is this department itself", department);
    }
    if (peer != NULL && peer->has_address) {
        return lh_err_set(err, LH_ERR_CONFLICT, "%s is a peer already", department);
    }
    if (peer == NULL) {
        peer = peer_new(mesh, department);
    }
    if (peer == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a peer");
    }
    peer->has_address = true;
    peer->address = where;
    dial_later(peer, 0);
    return LH_OK;
}

enum lh_code lh_mesh_send(struct lh_mesh *mesh, const char *department,
                          const struct lh_frame *frame, struct lh_err *err)
{
    struct peer *peer = find_peer(mesh, department);

    if (peer == NULL || peer->up == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "%s is not up", department);
    }
    return lh_link_send(peer->up->link, frame, err);
}

size_t lh_mesh_credit(const struct lh_mesh *mesh, const char *department, enum lh_session_class of)
{
    const struct peer *peer = find_peer(mesh, department);

    return peer != NULL && peer->up != NULL ? lh_session_credit(lh_link_session(peer->up->link), of)
                                            : 0;
}

void lh_mesh_part(struct lh_mesh *mesh, const char *department, enum lh_session_bye code,
                  uint32_t retry_after_s)
{
    struct peer *peer = find_peer(mesh, department);

    if (peer != NULL && peer->up != NULL) {
        lh_link_close(peer->up->link, code, retry_after_s);
    }
}

size_t lh_mesh_up_count(const struct lh_mesh *mesh)
{
    const struct peer *peer;
    size_t count = 0;

    TAILQ_FOREACH(peer, &mesh->peers, place)
    {
        count += peer->up != NULL;
    }
    return count;
}

size_t lh_mesh_guest_count(const struct lh_mesh *mesh)
{
    return mesh->guest_count;
}
