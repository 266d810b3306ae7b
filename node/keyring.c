#include "node/keyring.h"

#include "crypto/base/assert.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct lh_keyring {
    pthread_rwlock_t lock;
    struct lh_roster *roster; /* borrowed from the ledger */
    _Atomic uint64_t version;
};

static int init_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attributes;
    int error = pthread_rwlockattr_init(&attributes);

    if (error != 0) {
        return error;
    }
    error =
        pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    if (error == 0) {
        error = pthread_rwlock_init(lock, &attributes);
    }
    (void)pthread_rwlockattr_destroy(&attributes);
    return error;
}

enum lh_code lh_keyring_new(struct lh_keyring **out, struct lh_roster *roster, struct lh_err *err)
{
    struct lh_keyring *keyring = calloc(1, sizeof *keyring);
    int error;

    if (keyring == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "keyring");
    }
    error = init_lock(&keyring->lock);
    if (error != 0) {
        free(keyring);
        return lh_err_set(err, LH_ERR_NOMEM, "keyring: %s", strerror(error));
    }
    keyring->roster = roster;
    atomic_init(&keyring->version, 1);
    *out = keyring;
    return LH_OK;
}

void lh_keyring_free(struct lh_keyring *keyring)
{
    if (keyring != NULL) {
        (void)pthread_rwlock_destroy(&keyring->lock);
        free(keyring);
    }
}

const struct lh_roster *lh_keyring_read(struct lh_keyring *keyring)
{
    int error = pthread_rwlock_rdlock(&keyring->lock);

    lh_assert(error == 0);
    return keyring->roster;
}

void lh_keyring_end_read(struct lh_keyring *keyring)
{
    (void)pthread_rwlock_unlock(&keyring->lock);
}

void lh_keyring_write(struct lh_keyring *keyring)
{
    int error = pthread_rwlock_wrlock(&keyring->lock);

    lh_assert(error == 0);
}

void lh_keyring_end_write(struct lh_keyring *keyring)
{
    (void)atomic_fetch_add(&keyring->version, 1);
    (void)pthread_rwlock_unlock(&keyring->lock);
}

uint64_t lh_keyring_version(struct lh_keyring *keyring)
{
    return atomic_load(&keyring->version);
}

const struct lh_roster *lh_keyring_own(const struct lh_keyring *keyring)
{
    return keyring->roster;
}
