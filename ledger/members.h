#ifndef LH_LEDGER_MEMBERS_H
#define LH_LEDGER_MEMBERS_H

/*
 * Who is a member of a network, with which keys and duties, in one epoch. A value: an epoch makes
 * a new one and leaves the old as it was, for old heads are judged by it for ever.
 *
 *  1. Members stand in strictly ascending order of their departments.
 *  2. Each member's enrolment is a good one, and no key stands in two members.
 *  3. At least two members remain of a network of more than one, at most LH_MEMBERS_MAX.
 *
 * Pure: that a proposal is certified is the caller's knowledge (net/ballot).  Spec: specs/trust.md
 * 5.
 */

#include "ledger/proposal.h"

enum { LH_MEMBERS_MAX = 256, LH_BRANCHES_MAX = 64 };

/* Commitments are of the key in the same place as in lh_enrolment_key. */
struct lh_member {
    struct lh_enrolment enrolment;
    uint64_t roles;       /* LH_MEMBER_* */
    uint64_t bytes_per_s; /* 0: no quota */
    bool is_committed[LH_ENROLMENT_KEYS_MAX];
    struct lh_key_id next[LH_ENROLMENT_KEYS_MAX];
};

struct lh_branch {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size;
    struct lh_hash root;
};

struct lh_members;

/** Epoch 0: the founders. */
enum lh_code lh_members_new(struct lh_members **out, const struct lh_genesis *genesis,
                            struct lh_err *err) LH_MUST_CHECK;
/**
 * The epoch that `proposal` (its bytes) makes of `from`, which is left as it is.
 *
 * Returns LH_OK; LH_ERR_UNKNOWN: of a newer schema; LH_ERR_CONFLICT: it follows another epoch, or
 * is of another network; LH_ERR_FORGED: a key's proof does not hold; LH_ERR_INVALID, with the
 * number of the change: it does not fit; LH_ERR_NOMEM.
 */
enum lh_code lh_members_apply(struct lh_members **out, const struct lh_members *from,
                              struct lh_bytes proposal, struct lh_err *err) LH_MUST_CHECK;
void lh_members_free(struct lh_members *members);

enum lh_suite_id lh_members_suite(const struct lh_members *members);
const struct lh_hash *lh_members_network_id(const struct lh_members *members);
/** Hash of the epoch; of epoch 0 the network id. */
const struct lh_hash *lh_members_epoch(const struct lh_members *members);
uint32_t lh_members_number(const struct lh_members *members);
/** Of the vote that its proposal was made for; 0 for epoch 0. */
uint32_t lh_members_round(const struct lh_members *members);
size_t lh_members_count(const struct lh_members *members);
const struct lh_member *lh_members_at(const struct lh_members *members, size_t index);
/** NULL when the department is no member. */
const struct lh_member *lh_members_find(const struct lh_members *members, const char *department);
/** Under what name and key a member cosigns heads of others: "<network>/<department>/witness". */
enum lh_code lh_members_witness_key(struct lh_note_key *out, const struct lh_members *members,
                                    const struct lh_enrolment *member,
                                    struct lh_err *err) LH_MUST_CHECK;
/** And that it holds every leaf below them: "<network>/<department>/mirror". */
enum lh_code lh_members_mirror_key(struct lh_note_key *out, const struct lh_members *members,
                                   const struct lh_enrolment *member,
                                   struct lh_err *err) LH_MUST_CHECK;
/** The head that a ledger goes on from; NULL when no epoch has named one. */
const struct lh_branch *lh_members_branch(const struct lh_members *members, const char *origin);

#endif
