#ifndef LH_NET_TLS_CERT_H
#define LH_NET_TLS_CERT_H

/*
 * Self-signed certificates. A certificate is only the envelope of a key here: whoever pins the key
 * does not ask what is written on it (see net/tls.h).
 */

#include "crypto/signer.h"
#include "net/tls.h"

struct lh_tls_cert_request {
    const char *key_path; /* PKCS#8 PEM, P-256 or Ed25519 */
    const char *name;     /* common name, at most 64 bytes of UTF-8 */
    int64_t from_unix_ms; /* whole seconds count */
    int64_t until_unix_ms;
};

/**
 * Append a self-signed certificate as PEM and give its key's pin. LH_ERR_INVALID: a key that TLS
 * does not take, or a name that is too long; else what lh_signer_open says of the file.
 */
enum lh_code lh_tls_cert_make(struct lh_buf *out_pem, struct lh_tls_pin *out_pin,
                              const struct lh_tls_cert_request *request,
                              struct lh_err *err) LH_MUST_CHECK;

#endif
