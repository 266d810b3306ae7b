#include "tests/support/tls_identity.h"

#include "crypto/base/assert.h"
#include "net/tls_cert.h"

#include <stdio.h>

enum { PATH_SIZE = 300, DAY_MS = 86400000 };

static bool is_known(void *arg, const struct lh_tls_pin *pin)
{
    (void)arg;
    (void)pin;
    return true;
}

static void must(enum lh_code rc)
{
    lh_assert(rc == LH_OK);
}

static void write_cert(const char *path, const struct lh_tls_cert_request *request)
{
    struct lh_buf pem = LH_BUF_EMPTY;
    struct lh_tls_pin pin;
    FILE *file = fopen(path, "wb");

    lh_assert(file != NULL);
    must(lh_tls_cert_make(&pem, &pin, request, NULL));
    lh_assert(fwrite(pem.data, 1, pem.len, file) == pem.len);
    lh_assert(fclose(file) == 0);
    lh_buf_clear(&pem);
}

struct lh_tls *tls_identity(const struct lh_folder *folder, const char *name, const char *protocol)
{
    char key_path[PATH_SIZE];
    char cert_path[PATH_SIZE];
    const struct lh_tls_cert_request request = {
        .key_path = key_path, .name = name, .from_unix_ms = 0, .until_unix_ms = DAY_MS
    };
    const struct lh_tls_options options = {
        .cert_path = cert_path, .key_path = key_path, .protocol = protocol, .is_known = is_known
    };
    struct lh_signer *signer = NULL;
    struct lh_tls *tls = NULL;

    (void)snprintf(key_path, sizeof key_path, "%s/%s.pem", folder->path, name);
    (void)snprintf(cert_path, sizeof cert_path, "%s/%s.crt", folder->path, name);
    must(lh_signer_generate(&signer, LH_ALG_P256, NULL));
    must(lh_signer_save(signer, key_path, NULL));
    lh_signer_free(signer);
    write_cert(cert_path, &request);
    must(lh_tls_new(&tls, &options, NULL));
    return tls;
}
