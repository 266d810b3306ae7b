#ifndef LH_NODE_KEYRING_H
#define LH_NODE_KEYRING_H

/*
 * The ledger's roster, shared between threads. The committer changes it, inside an append, while it
 * holds the write side; everybody else reads under the read side. The version counts changes, so
 * that a judgement made earlier can be told from one that still holds. Writers go first, or a busy
 * pool would keep the committer waiting.
 */

#include "ledger/roster.h"

struct lh_keyring;

/** Around a ledger's roster, which outlives it. */
enum lh_code lh_keyring_new(struct lh_keyring **out, LH_KEEPS struct lh_roster *roster,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_keyring_free(struct lh_keyring *keyring);
const struct lh_roster *lh_keyring_read(struct lh_keyring *keyring);
void lh_keyring_end_read(struct lh_keyring *keyring);
void lh_keyring_write(struct lh_keyring *keyring);
/** Counts a change. */
void lh_keyring_end_write(struct lh_keyring *keyring);
uint64_t lh_keyring_version(struct lh_keyring *keyring);
/** For the committer alone, which is the only one that changes it: no lock. */
const struct lh_roster *lh_keyring_own(const struct lh_keyring *keyring);

#endif
