#ifndef LH_LEDGER_KEY_CHECK_H
#define LH_LEDGER_KEY_CHECK_H

/*
 * Knows again the secret keys that a store's rows were made with: META holds a check value of each,
 * from the first start on. A file with another key of the right length would be taken for good, and
 * events would be recorded twice or never found.  Spec: specs/ledger.md 8.1.
 */

#include "crypto/secret.h"
#include "crypto/suite.h"
#include "ledger/store.h"

/**
 * Compare `secret` with the check value kept under `name` ("idempotency", "index"); a store that
 * has none keeps this one's, synced. LH_ERR_INVALID: it is another key.
 */
enum lh_code lh_key_check(struct lh_store *store, struct lh_suite *suite, const char *name,
                          const struct lh_secret *secret, struct lh_err *err) LH_MUST_CHECK;

#endif
