#ifndef LH_NET_ADDRESS_H
#define LH_NET_ADDRESS_H

/* Addresses of TCP: numbers, never names, so that nothing waits for a name server. */

#include "crypto/base/err.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum { LH_ADDRESS_SIZE = 64, LH_ADDRESS_UNSENT_MAX = 64 * 1024 };

union lh_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/** "127.0.0.1:8443", "[::1]:8443"; port 0 is taken. LH_ERR_INVALID repeats nothing of `text`. */
enum lh_code lh_address_parse(union lh_address *out, const char *text,
                              struct lh_err *err) LH_MUST_CHECK;
/** The inverse. */
void lh_address_format(char out[LH_ADDRESS_SIZE], const union lh_address *address);
/**
 * A listening socket, non-blocking; what it accepts sends small writes at once and takes no more
 * while LH_ADDRESS_UNSENT_MAX bytes are unsent. -1 and errno.
 */
int lh_address_listen(const union lh_address *address);
/** A socket of the same kind on its way to `address`: writable when it is there or has failed,
 * which SO_ERROR tells. -1 and errno. */
int lh_address_dial(const union lh_address *address);

#endif
