#ifndef LH_LEDGER_PROPOSAL_H
#define LH_LEDGER_PROPOSAL_H

/*
 * What may follow an epoch: the canonical bytes of a Proposal, checked as far as they say it
 * themselves. Whether its changes fit the members is said by ledger/members, whether it is
 * certified by net/ballot. The structs are the generated ones.  Spec: specs/trust.md 5.1.
 */

#include "crypto/signer.h"
#include "ledger/genesis.h"

enum { LH_PROPOSAL_MAX = 20480 };

/* Assign.roles */
#define LH_MEMBER_WITNESS ((uint64_t)1 << 0)
#define LH_MEMBER_CATALOGUE ((uint64_t)1 << 1)
#define LH_MEMBER_ROLES_KNOWN ((uint64_t)0x3)

/** LH_ERR_UNKNOWN: of a newer schema; LH_ERR_INVALID names the field. `out` is ~19 KiB. */
enum lh_code lh_proposal_decode(lhpb_Proposal *out, struct lh_bytes bytes,
                                struct lh_err *err) LH_MUST_CHECK;
/** Append the canonical bytes, by the same checks. */
enum lh_code lh_proposal_encode(struct lh_buf *out, const lhpb_Proposal *proposal,
                                struct lh_err *err) LH_MUST_CHECK;
/** The hash of the epoch that it is once it is certified. */
struct lh_hash lh_proposal_hash(struct lh_suite *suite, struct lh_bytes bytes);

/** Set rotate->proof: `signer` holds the key that is to come. Department and `ends` are set. */
enum lh_code lh_rotate_sign(lhpb_Rotate *rotate, const lhpb_Proposal *proposal,
                            struct lh_signer *signer, struct lh_err *err) LH_MUST_CHECK;
/** LH_ERR_FORGED: the proof is not by `key` for this proposal. */
enum lh_code lh_rotate_verify(const lhpb_Rotate *rotate, const lhpb_Proposal *proposal,
                              struct lh_err *err) LH_MUST_CHECK;

#endif
