#ifndef LH_LEDGER_EPOCHS_H
#define LH_LEDGER_EPOCHS_H

/*
 * The epochs of a network that somebody knows: the genesis file, and behind it the proposals that
 * were certified, each applied to what the one before it made of the members.
 *
 *  1. The epoch at index n has the number n and follows the one at n - 1; index 0 is the genesis.
 *  2. Epochs are only added. What was found stays where it is as long as the epochs live.
 *  3. Every department that is a member in one of them has a place: the founders first, in the
 *     order of the genesis file, then whoever was admitted, as they came. A place never changes,
 *     also of who was removed.
 *
 * Pure: that a proposal is certified is the caller's knowledge. One thread adds; all the others may
 * read meanwhile, without a lock: rule 2.  Spec: specs/trust.md 5.
 */

#include "ledger/members.h"

/* More than eighty years with one each month. */
enum { LH_EPOCHS_MAX = 1024 };

struct lh_epochs;

/** Epoch 0 alone. `genesis` is not needed afterwards. LH_ERR_NOMEM. */
enum lh_code lh_epochs_new(struct lh_epochs **out, const struct lh_genesis *genesis,
                           struct lh_err *err) LH_MUST_CHECK;
void lh_epochs_free(struct lh_epochs *epochs);
/**
 * Take in the next epoch: `proposal` (its bytes, which are copied), applied to the newest one.
 *
 * Returns LH_OK, also when it is here already; LH_ERR_LIMIT: LH_EPOCHS_MAX of them are here; else
 * as lh_members_apply: LH_ERR_CONFLICT: it follows another epoch than the newest. After a failure
 * the epochs are as they were.
 */
enum lh_code lh_epochs_add(struct lh_epochs *epochs, struct lh_bytes proposal,
                           struct lh_err *err) LH_MUST_CHECK;

/** At least 1. */
size_t lh_epochs_count(const struct lh_epochs *epochs);
/** The members in the epoch of that number, below the count. */
const struct lh_members *lh_epochs_at(const struct lh_epochs *epochs, size_t number);
const struct lh_members *lh_epochs_newest(const struct lh_epochs *epochs);
/** NULL: no epoch of this hash is known. */
const struct lh_members *lh_epochs_find(const struct lh_epochs *epochs, const struct lh_hash *hash);
/** The bytes that were added, borrowed; of number 0 none: its bytes are the genesis file. */
struct lh_bytes lh_epochs_proposal(const struct lh_epochs *epochs, size_t number);
/** Whether both are known and `later` comes behind `earlier`, directly or through others. */
bool lh_epochs_is_later(const struct lh_epochs *epochs, const struct lh_hash *later,
                        const struct lh_hash *earlier);

/** How many departments have a place; grows with the epochs. */
size_t lh_epochs_place_count(const struct lh_epochs *epochs);
/** The department at that place, below the count. */
const char *lh_epochs_department(const struct lh_epochs *epochs, size_t place);
/** SIZE_MAX: it is a member in no epoch that is known. Cost: a pass over the departments. */
size_t lh_epochs_place(const struct lh_epochs *epochs, const char *department);
/** The first, and the newest, epoch in which the department is a member; NULL: none. */
const struct lh_members *lh_epochs_first_with(const struct lh_epochs *epochs,
                                              const char *department);
const struct lh_members *lh_epochs_last_with(const struct lh_epochs *epochs,
                                             const char *department);

#endif
