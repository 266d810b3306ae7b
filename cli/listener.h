#ifndef LH_CLI_LISTENER_H
#define LH_CLI_LISTENER_H

/* What the settings of a data directory say of the node's TLS port, and what stands in its files.
 * The node is not asked. */

#include "cli/cli.h"
#include "net/tls.h"

struct lh_listener {
    bool is_configured; /* `listen.tls` has a value; the rest is only then filled */
    bool has_client;    /* a `client` line lets somebody in */
    struct lh_buf address;
    struct lh_buf cert_path;
    struct lh_buf key_path;
};

#define LH_LISTENER_EMPTY                                                                          \
    {                                                                                              \
        .address = LH_BUF_EMPTY, .cert_path = LH_BUF_EMPTY, .key_path = LH_BUF_EMPTY               \
    }

/** Read the settings of --data; none are none. LH_ERR_IO. Clear it in every case. */
enum lh_code lh_listener_read(struct lh_listener *out, const struct lh_cli *cli,
                              struct lh_err *err) LH_MUST_CHECK;
void lh_listener_clear(struct lh_listener *listener);
/** Open certificate and key as the node would: pin and end of the certificate. As lh_tls_new. */
enum lh_code lh_listener_identity(const struct lh_listener *listener, struct lh_tls_pin *out_pin,
                                  int64_t *out_ends_unix_ms, struct lh_err *err) LH_MUST_CHECK;

#endif
