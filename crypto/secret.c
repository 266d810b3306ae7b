#include "crypto/secret.h"

#include "crypto/base/assert.h"
#include "crypto/file_internal.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/random.h>

void lh_wipe(void *data, size_t len)
{
    if (len > 0) {
        OPENSSL_cleanse(data, len);
    }
}

void lh_secret_clear(struct lh_secret *secret)
{
    lh_wipe(secret, sizeof *secret);
}

struct lh_bytes lh_secret_bytes(const struct lh_secret *secret)
{
    return lh_bytes_of(secret->bytes, secret->len);
}

bool lh_secret_is_equal(struct lh_bytes a, struct lh_bytes b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}

enum lh_code lh_secret_read(struct lh_secret *out, const char *path, size_t len, struct lh_err *err)
{
    struct lh_secret secret = LH_SECRET_EMPTY;
    enum lh_code rc;

    lh_assert(len <= LH_SECRET_MAX);
    rc = lh_private_file_read(secret.bytes, len, &secret.len, path, err);
    if (rc == LH_OK && secret.len != len) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%s: %zu bytes where a secret of %zu is wanted", path,
                        secret.len, len);
    }
    if (rc == LH_OK) {
        *out = secret;
    }
    lh_secret_clear(&secret);
    return rc;
}

enum lh_code lh_secret_write(const struct lh_secret *secret, const char *path, struct lh_err *err)
{
    return lh_private_file_write(path, lh_secret_bytes(secret), err);
}

static enum lh_code fill_from_system(void *arg, void *out, size_t len, struct lh_err *err)
{
    uint8_t *bytes = out;
    size_t done = 0;

    (void)arg;
    while (done < len) {
        ssize_t got = getrandom(bytes + done, len - done, 0);

        if (got < 0 && errno != EINTR) {
            return lh_err_set(err, LH_ERR_IO, "the system gives no random bytes (errno %d)", errno);
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return LH_OK;
}

struct lh_random lh_random_system(void)
{
    return (struct lh_random){ .fill = fill_from_system, .arg = NULL };
}

enum lh_code lh_random_fill(const struct lh_random *random, void *out, size_t len,
                            struct lh_err *err)
{
    return random->fill(random->arg, out, len, err);
}
