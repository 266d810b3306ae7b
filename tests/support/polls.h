#ifndef LH_TESTS_POLLS_H
#define LH_TESTS_POLLS_H

/* A street whose members propose and vote. Proposals differ by the group that gaj comes to. */

#include "tests/support/street.h"

/** A proposal that follows `from`: gaj is of this group. The caller clears it. */
struct lh_buf street_proposal(const struct lh_members *from, uint32_t round, const char *group);
/** The newest epoch that a node knows, and its number. */
const struct lh_members *street_newest(const struct street *street, size_t who);
size_t street_epoch(const struct street *street, size_t who);
/** Its hash, behind the newest epoch that gaj knows. */
struct lh_hash street_proposal_hash(const struct street *street, uint32_t round, const char *group);
/** The people of a node propose it. */
enum lh_code street_propose(struct street *street, size_t who, uint32_t round, const char *group);
/** A vote for it, which two officers sign. */
struct lh_town_vote street_ballot(const struct street *street, uint32_t round, const char *group);
/** A member votes for it in its newest block. */
void street_vote(struct street *street, size_t who, uint32_t round, const char *group);
/** The node has it. */
bool street_has_proposal(const struct street *street, size_t who, uint32_t round,
                         const char *group);
/** A street with witnesses, in which each has sealed a block; nobody is linked. */
void street_open(struct street *street, enum lh_suite_id suite, size_t count);
/** All know the same epochs, so many behind the genesis. */
void street_assert_epoch(const struct street *street, size_t number);
/** Votes that a node has counted for it in the open round, which is the first. */
size_t street_votes(const struct street *street, size_t who, const char *group);

#endif
