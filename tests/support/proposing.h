#ifndef LH_TEST_PROPOSING_H
#define LH_TEST_PROPOSING_H

/* Proposals as members draft them. */

#include "ledger/epochs.h"

/** One that follows `from`, in round 0, without changes. */
void lh_proposing_begin(lhpb_Proposal *out, const struct lh_members *from);
/** `to` takes the place of the key `ends`; nothing is committed. */
lhpb_Rotate *lh_proposing_rotate(lhpb_Proposal *proposal, enum lh_suite_id suite,
                                 const char *department, const struct lh_pubkey *ends,
                                 struct lh_signer *to);
void lh_proposing_regroup(lhpb_Proposal *proposal, const char *department, const char *group);
void lh_proposing_assign(lhpb_Proposal *proposal, const char *department, uint64_t roles);
void lh_proposing_admit(lhpb_Proposal *proposal, enum lh_suite_id suite,
                        const struct lh_enrolment *enrolment);
void lh_proposing_remove(lhpb_Proposal *proposal, const char *department);
/** The next of `epochs`, as if it had been certified: `department` is of another group. */
void lh_proposing_add_epoch(struct lh_epochs *epochs, const char *department, const char *group);
/** The next of them: these do not witness any more. */
void lh_proposing_add_silent(struct lh_epochs *epochs, const char *const *departments,
                             size_t count);
/** The bytes, owned by the caller. */
struct lh_buf lh_proposing_bytes(const lhpb_Proposal *proposal);

#endif
