#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 256, HOST_SIZE = INET6_ADDRSTRLEN };

static bool parse_port(uint16_t *out, const char *text)
{
    unsigned long port = 0;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || at - text >= 5) {
            return false;
        }
        port = port * 10 + (unsigned long)(*at - '0');
    }
    *out = htons((uint16_t)port);
    return text[0] != '\0' && port <= UINT16_MAX;
}

enum lh_code lh_address_parse(union lh_address *out, const char *text, struct lh_err *err)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    bool is_v6 = len > 2 && text[0] == '[' && text[len - 1] == ']';
    char host[HOST_SIZE] = "";
    uint16_t port = 0;

    if (is_v6) {
        text++;
        len -= 2;
    }
    if (len > 0 && len < sizeof host && parse_port(&port, colon + 1)) {
        memcpy(host, text, len);
        memset(out, 0, sizeof *out);
        if (is_v6 && inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) {
            out->v6.sin6_family = AF_INET6;
            out->v6.sin6_port = port;
            return LH_OK;
        }
        if (!is_v6 && inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
            out->v4.sin_family = AF_INET;
            out->v4.sin_port = port;
            return LH_OK;
        }
    }
    return lh_err_set(err, LH_ERR_INVALID,
                      "wants an address and a port, such as 192.0.2.7:8443 or [::1]:8443");
}

void lh_address_format(char out[LH_ADDRESS_SIZE], const union lh_address *address)
{
    char host[HOST_SIZE] = "";

    if (address->any.sa_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof host);
        (void)snprintf(out, LH_ADDRESS_SIZE, "[%s]:%u", host, ntohs(address->v6.sin6_port));
    } else {
        (void)inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof host);
        (void)snprintf(out, LH_ADDRESS_SIZE, "%s:%u", host, ntohs(address->v4.sin_port));
    }
}

static socklen_t address_len(const union lh_address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

/* -1, and errno as it was. */
static int close_failed(int fd)
{
    int error = errno;

    (void)close(fd);
    errno = error;
    return -1;
}

/*
 * Accepted sockets inherit these: no delay for small writes, and little between us and the wire.
 * Otherwise the kernel takes megabytes for who does not read, and asks for more only when a third
 * of them is gone: nobody could tell a slow reader from none.
 */
static int open_socket(const union lh_address *address)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    const int unsent_max = LH_ADDRESS_UNSENT_MAX;

    if (fd >= 0 &&
        (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
         setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max, sizeof unsent_max) != 0)) {
        return close_failed(fd);
    }
    return fd;
}

int lh_address_listen(const union lh_address *address)
{
    int fd = open_socket(address);
    const int on = 1;

    if (fd >= 0 &&
        (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
         bind(fd, &address->any, address_len(address)) != 0 || listen(fd, LISTEN_BACKLOG) != 0)) {
        return close_failed(fd);
    }
    return fd;
}

int lh_address_dial(const union lh_address *address)
{
    int fd = open_socket(address);

    if (fd >= 0 && connect(fd, &address->any, address_len(address)) != 0 && errno != EINPROGRESS) {
        return close_failed(fd);
    }
    return fd;
}
