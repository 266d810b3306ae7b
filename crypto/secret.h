#ifndef LH_CRYPTO_SECRET_H
#define LH_CRYPTO_SECRET_H

/* Secrets of up to 64 bytes, wiped by their clear; comparison in constant time; randomness. */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

enum { LH_SECRET_MAX = 64 };

struct lh_secret {
    uint8_t bytes[LH_SECRET_MAX];
    size_t len;
};

#define LH_SECRET_EMPTY                                                                            \
    {                                                                                              \
        .bytes = { 0 }, .len = 0                                                                   \
    }

void lh_secret_clear(struct lh_secret *secret);
struct lh_bytes lh_secret_bytes(const struct lh_secret *secret);
/** Constant time in the content; lengths are public. */
bool lh_secret_is_equal(struct lh_bytes a, struct lh_bytes b);
/** Overwrite storage of ours so that the compiler keeps it. */
void lh_wipe(void *data, size_t len);
/** Read a secret from a PEM-less file of exactly `len` bytes, mode 0600 or stricter. */
enum lh_code lh_secret_read(struct lh_secret *out, const char *path, size_t len,
                            struct lh_err *err) LH_MUST_CHECK;
/** Write one to a new file, mode 0600; LH_ERR_CONFLICT if the file exists. */
enum lh_code lh_secret_write(const struct lh_secret *secret, const char *path,
                             struct lh_err *err) LH_MUST_CHECK;

/** Where random bytes come from: the operating system, or a seeded stream in tests. */
struct lh_random {
    enum lh_code (*fill)(void *arg, void *out, size_t len, struct lh_err *err);
    void *arg;
};

struct lh_random lh_random_system(void);
enum lh_code lh_random_fill(const struct lh_random *random, void *out, size_t len,
                            struct lh_err *err) LH_MUST_CHECK;

#endif
