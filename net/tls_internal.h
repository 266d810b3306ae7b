#ifndef LH_NET_TLS_INTERNAL_H
#define LH_NET_TLS_INTERNAL_H

/* What tls.c and tls_cert.c share about OpenSSL. */

#include "net/tls.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/** Record `code` with our phrase and OpenSSL's first reason, and empty its queue. */
enum lh_code lh_tls_err(struct lh_err *err, enum lh_code code, const char *phrase);
/** A private key that TLS 1.3 can sign with, from a file that is ours alone. */
enum lh_code lh_tls_key_open(EVP_PKEY **out, const char *path, struct lh_err *err) LH_MUST_CHECK;
/** The pin of a certificate's key; false when memory is out. */
bool lh_tls_pin_of_cert(struct lh_tls_pin *out, const X509 *cert);

#endif
