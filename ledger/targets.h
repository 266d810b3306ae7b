#ifndef LH_LEDGER_TARGETS_H
#define LH_LEDGER_TARGETS_H

/*
 * What RESTRICT and ERASE reach. They name entries by H(body); the index finds under a hash the
 * entry that has a private part, and whatever restricts or erases it.
 *
 *  - RESTRICT bars reading: the private part stays where it is and is not shown. One with the
 * outcome CANCELLED lifts that; the last that names an entry counts.
 *  - ERASE takes the private part and the vault row of an entry of its own ledger, or of a
 *    generation before, away in the batch that seals the ERASE.
 *
 * Spec: specs/privacy.md 6, specs/ledger.md 9.2.
 */

#include "ledger/ledger.h"

enum lh_target_state {
    LH_TARGET_OPEN,
    LH_TARGET_RESTRICTED,
    LH_TARGET_ERASED,
};

/** Put the index rows of one entry into a batch. */
void lh_targets_index(struct lh_store_batch *batch, struct lh_suite *suite, uint32_t ledger,
                      uint64_t index, const lhpb_Entry *entry, const lhpb_Body *body);
/** Take what an ERASE in `ledger` reaches in the store away: of that generation and those before.
 */
enum lh_code lh_targets_erase(struct lh_store_batch *batch, const struct lh_ledger *ledger,
                              const lhpb_Erase *erase, struct lh_err *err) LH_MUST_CHECK;
/** The same in one ledger of a store, by its number there. */
enum lh_code lh_targets_erase_in(struct lh_store_batch *batch, struct lh_store *store,
                                 uint32_t ledger, const lhpb_Erase *erase,
                                 struct lh_err *err) LH_MUST_CHECK;
/** Does a generation after `ledger` erase an entry of it? By its rows, which are judged with it. */
enum lh_code lh_targets_is_erased_later(bool *out, const struct lh_ledger *ledger,
                                        const uint8_t body_hash[LH_HASH_SIZE],
                                        struct lh_err *err) LH_MUST_CHECK;
/** Does it name this body? */
bool lh_targets_names(const lhpb_Erase *erase, const struct lh_hash *body_hash);
/** What became of an entry, by what this generation and those before it say. Any thread. */
enum lh_code lh_targets_find(struct lh_ledger *newest, const struct lh_hash *body_hash,
                             enum lh_target_state *out, struct lh_err *err) LH_MUST_CHECK;

#endif
