#ifndef LH_NET_QUORUM_H
#define LH_NET_QUORUM_H

/*
 * How many must agree, and who is asked. Pure arithmetic over the roster, so that every node, and
 * everyone who holds a receipt, comes to the same answer.  Spec: specs/network.md 1.
 */

#include "crypto/suite.h"

enum { LH_WITNESSES_MAX = 9 };

/** The numbers of a network, named as in specs/network.md 1. All zero when nobody else is there. */
struct lh_quorum {
    unsigned witness_count;  /* n: designated witnesses of each ledger, 0-9 */
    unsigned fault_count;    /* f: of these, may lie or forget */
    unsigned cosigner_count; /* k: cosignatures that make a head witnessed */
    unsigned promise_count;  /* q: promises that let a restored ledger go on */
};

/** `member_count` counts the author too; any number. */
struct lh_quorum lh_quorum_of(size_t member_count);
/** Q: approvals that certify an epoch of `member_count` members; 1 for one member, 0 for none. */
size_t lh_quorum_approvals(size_t member_count);

struct lh_quorum_member {
    struct lh_bytes department; /* code, unique in the list */
    struct lh_bytes group;      /* chain of command; empty: a group of its own */
};

/** Places in the list of members, the first asked first. */
struct lh_designation {
    unsigned count;
    size_t members[LH_WITNESSES_MAX];
    bool is_diverse; /* no group has more than a third of them, rounded up */
};

/**
 * The witnesses of `author`'s ledger among `members`, which may hold the author and in any order.
 * `network_id` keeps a department's witnesses in one network apart from those in another. Fewer
 * groups than it takes leave `is_diverse` false, and the places are filled all the same.
 * LH_ERR_NOMEM. Cost: a hash per member and a sort.
 */
enum lh_code lh_quorum_designate(struct lh_designation *out, struct lh_suite *suite,
                                 const struct lh_hash *network_id, struct lh_bytes author,
                                 const struct lh_quorum_member *members, size_t count,
                                 struct lh_err *err) LH_MUST_CHECK;

#endif
