#include "tests/support/polls.h"

#include "crypto/base/assert.h"
#include "tests/support/proposing.h"

enum { GAJ };

/* The groups make proposals that differ: one for each text. */
struct lh_buf street_proposal(const struct lh_members *from, uint32_t round, const char *group)
{
    static lhpb_Proposal proposal;

    lh_proposing_begin(&proposal, from);
    proposal.round = round;
    lh_proposing_regroup(&proposal, "gaj", group);
    return lh_proposing_bytes(&proposal);
}

const struct lh_members *street_newest(const struct street *street, size_t who)
{
    return lh_epochs_newest(lh_governance_epochs(street->nodes[who].governance));
}

size_t street_epoch(const struct street *street, size_t who)
{
    return lh_members_number(street_newest(street, who));
}

struct lh_hash street_proposal_hash(const struct street *street, uint32_t round, const char *group)
{
    struct lh_buf bytes = street_proposal(street_newest(street, GAJ), round, group);
    struct lh_hash hash = lh_proposal_hash(lh_town_suite(street->town), lh_buf_bytes(&bytes));

    lh_buf_clear(&bytes);
    return hash;
}

enum lh_code street_propose(struct street *street, size_t who, uint32_t round, const char *group)
{
    struct lh_buf bytes = street_proposal(street_newest(street, who), round, group);
    enum lh_code rc =
        lh_governance_propose(street->nodes[who].governance, lh_buf_bytes(&bytes), NULL);

    lh_buf_clear(&bytes);
    return rc;
}

struct lh_town_vote street_ballot(const struct street *street, uint32_t round, const char *group)
{
    return (
        struct lh_town_vote){ .claim = { .proposal = street_proposal_hash(street, round, group),
                                         .parent = *lh_members_epoch(street_newest(street, GAJ)),
                                         .round = round },
                              .officer_count = 2 };
}

void street_vote(struct street *street, size_t who, uint32_t round, const char *group)
{
    struct lh_town_vote made = street_ballot(street, round, group);

    street_seal_vote(street, who, &made);
}

bool street_has_proposal(const struct street *street, size_t who, uint32_t round, const char *group)
{
    struct lh_hash hash = street_proposal_hash(street, round, group);

    return lh_governance_find(street->nodes[who].governance, &hash).len > 0;
}

void street_open(struct street *street, enum lh_suite_id suite, size_t count)
{
    street_init(street, suite, count);
    street_add_witnesses(street);
    for (size_t i = 0; i < count; i++) {
        street_seal(street, i, 1);
    }
}

void street_assert_epoch(const struct street *street, size_t number)
{
    for (size_t i = 0; i < street->count; i++) {
        lh_assert(street_epoch(street, i) == number);
        lh_assert(lh_hash_is_equal(lh_members_epoch(street_newest(street, i)),
                                   lh_members_epoch(street_newest(street, 0))));
    }
}

size_t street_votes(const struct street *street, size_t who, const char *group)
{
    struct lh_hash hash = street_proposal_hash(street, 0, group);

    return lh_election_votes(lh_governance_election(street->nodes[who].governance), &hash);
}
