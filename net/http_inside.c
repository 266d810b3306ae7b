/*
 * Connections from inside the process. evhttp serves only what a listener of its own accepted, so
 * there is a listener in the abstract namespace that nobody is told of. Who finds it all the same
 * gets nowhere: each connection comes from an address of 128 random bits, announced here before it
 * connects, and one that was not announced is closed before a byte of it is read.
 */
#include "net/http_internal.h"

#include "crypto/secret.h"
#include "crypto/text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = 16, NAME_BACKLOG = 256 };

/* "\0liuhen-" and 32 digits; the rest of sun_path is not part of an abstract name. */
static const char NAME_START[] = "liuhen-";

static socklen_t name_len(void)
{
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(NAME_START) +
                       2 * (size_t)NAME_SIZE);
}

static enum lh_code make_name(struct sockaddr_un *out, struct lh_err *err)
{
    struct lh_random random = lh_random_system();
    uint8_t bytes[NAME_SIZE];
    enum lh_code rc = lh_random_fill(&random, bytes, sizeof bytes, err);

    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (rc == LH_OK) {
        memcpy(out->sun_path + 1, NAME_START, strlen(NAME_START));
        lh_hex_format(out->sun_path + 1 + strlen(NAME_START), lh_bytes_of(bytes, sizeof bytes));
    }
    return rc;
}

static int bound_socket(const struct sockaddr_un *name)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)name, name_len()) != 0) {
        int error = errno;

        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static enum lh_code open_inside(struct lh_http *http, struct lh_err *err)
{
    enum lh_code rc = make_name(&http->inside_name, err);
    int fd;

    if (rc != LH_OK) {
        return rc;
    }
    fd = bound_socket(&http->inside_name);
    if (fd < 0 || listen(fd, NAME_BACKLOG) != 0) {
        rc = lh_err_set(err, LH_ERR_IO, "inner socket: %s", strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return rc;
    }
    return lh_http_gate_open(http, &http->inside, fd, err);
}

enum lh_code lh_http_connect(struct lh_http *http, int *out_fd, const struct lh_http_peer *peer,
                             struct lh_err *err)
{
    struct lh_http_expected *expected = NULL;
    enum lh_code rc = LH_OK;
    int fd = -1;

    if (http->is_stopping) {
        return lh_err_set(err, LH_ERR_IO, "the server is stopping");
    }
    if (http->inside.listener == NULL) {
        rc = open_inside(http, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    expected = calloc(1, sizeof *expected);
    if (expected == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "inner connection");
    }
    rc = make_name(&expected->name, err);
    if (rc != LH_OK) {
        goto out;
    }
    fd = bound_socket(&expected->name);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&http->inside_name, name_len()) != 0) {
        rc = lh_err_set(err, errno == EAGAIN ? LH_AGAIN : LH_ERR_IO, "inner connection: %s",
                        strerror(errno));
        goto out;
    }
    expected->peer = *peer;
    expected->next = http->expected;
    http->expected = expected;
    expected = NULL;
    *out_fd = fd;
    fd = -1;
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    free(expected);
    return rc;
}

/* The announcement that fits, taken off the list. */
static bool take_expected(struct lh_http *http, struct lh_http_peer *out,
                          const struct sockaddr_un *name)
{
    for (struct lh_http_expected **at = &http->expected; *at != NULL; at = &(*at)->next) {
        struct lh_http_expected *found = *at;

        if (memcmp(found->name.sun_path, name->sun_path, sizeof name->sun_path) == 0) {
            *out = found->peer;
            *at = found->next;
            free(found);
            return true;
        }
    }
    return false;
}

bool lh_http_peer_find(struct lh_http *http, struct lh_http_peer *out, int fd)
{
    struct ucred credentials = { .pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1 };
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    socklen_t len = sizeof name;

    *out = (struct lh_http_peer){ .uid = (uid_t)-1, .gid = (gid_t)-1 }; /* nobody */
    /* Also once the door is shut: nobody who came by it is taken for a local process. */
    if (getsockname(fd, (struct sockaddr *)&name, &len) == 0 &&
        http->inside_name.sun_family == AF_UNIX &&
        memcmp(name.sun_path, http->inside_name.sun_path, sizeof name.sun_path) == 0) {
        len = sizeof name;
        name = (struct sockaddr_un){ .sun_family = AF_UNIX };
        return getpeername(fd, (struct sockaddr *)&name, &len) == 0 &&
               take_expected(http, out, &name);
    }
    len = sizeof credentials;
    (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len);
    *out = (struct lh_http_peer){ .uid = credentials.uid,
                                  .gid = credentials.gid,
                                  .pid = credentials.pid };
    return true;
}

void lh_http_inside_close(struct lh_http *http)
{
    while (http->expected != NULL) {
        struct lh_http_expected *next = http->expected->next;

        free(http->expected);
        http->expected = next;
    }
}
