#ifndef LH_TESTS_TLS_IDENTITY_H
#define LH_TESTS_TLS_IDENTITY_H

/* A key and a certificate, ready for TLS, that let anybody in. */

#include "net/tls.h"
#include "tests/support/folder.h"

/** Make NAME.pem and NAME.crt in the folder and open them. Failures abort. */
struct lh_tls *tls_identity(const struct lh_folder *folder, const char *name, const char *protocol);

#endif
