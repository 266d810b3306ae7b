/* A tlog-policy as somebody wrote it. What is taken keeps its rules, and its verdict about the
 * published checkpoint is that of who is in it. */
#include "ledger/policy.h"

#include "crypto/base/assert.h"
#include "tests/support/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Members stand before their group, whose threshold they can reach. */
static void check_parties(const struct lh_policy *policy)
{
    for (size_t i = 0; i < policy->party_count; i++) {
        const struct lh_policy_party *party = &policy->parties[i];
        size_t member_count = 0;

        lh_assert(party->name.len > 0);
        lh_assert(party->group == LH_POLICY_NOBODY || party->group > i);
        lh_assert(party->group == LH_POLICY_NOBODY || party->group < policy->party_count);
        lh_assert(!party->is_witness || party->key.kind == LH_NOTE_COSIGNATURE);
        for (size_t j = 0; j < i; j++) {
            lh_assert(!lh_bytes_is_equal(policy->parties[j].name, party->name));
            member_count += policy->parties[j].group == i ? 1 : 0;
        }
        lh_assert(member_count == party->member_count);
        lh_assert(party->is_witness || (party->threshold >= 1 && party->threshold <= member_count));
    }
}

static void check_verdict(const struct lh_policy *policy)
{
    struct lh_note_key known;
    struct lh_note bare;
    struct lh_note cosigned;
    size_t count = 0;
    bool is_in_it = false;

    lh_assert(lh_note_key_parse(&known, lh_bytes_of_text(RECORDS_WITNESS_VKEY), NULL) == LH_OK);
    lh_assert(lh_note_parse(&bare, lh_bytes_of_text(RECORDS_NOTE_5), NULL) == LH_OK);
    lh_assert(lh_note_parse(&cosigned, lh_bytes_of_text(RECORDS_NOTE_5_WITNESSED), NULL) == LH_OK);
    for (size_t i = 0; i < policy->party_count; i++) {
        const struct lh_note_key *key = &policy->parties[i].key;

        is_in_it =
            is_in_it || (policy->parties[i].is_witness && lh_note_find(&cosigned, key) != NULL);
    }
    bool is_free = policy->quorum == LH_POLICY_NOBODY;
    enum lh_code rc = lh_policy_judge(policy, &bare, &count, NULL);
    lh_assert(rc == (is_free ? LH_OK : LH_ERR_UNKNOWN) && count == 0);
    rc = lh_policy_judge(policy, &cosigned, &count, NULL);
    lh_assert(rc == LH_OK || rc == LH_ERR_UNKNOWN || (rc == LH_ERR_FORGED && is_in_it));
    lh_assert(rc == LH_ERR_FORGED || count == (is_in_it ? 1 : 0));
    lh_assert(rc != LH_OK || is_free || is_in_it);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_policy policy = LH_POLICY_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_policy_parse(&policy, lh_bytes_of(data, size), &err);

    lh_assert(rc == LH_OK || rc == LH_ERR_INVALID || rc == LH_ERR_LIMIT);
    if (rc == LH_OK) {
        for (size_t i = 0; i < policy.log_count; i++) {
            lh_assert(policy.logs[i].key.kind == LH_NOTE_LOG);
        }
        lh_assert(policy.has_quorum || policy.quorum == LH_POLICY_NOBODY);
        lh_assert(policy.quorum == LH_POLICY_NOBODY || policy.quorum < policy.party_count);
        check_parties(&policy);
        check_verdict(&policy);
    } else {
        lh_assert(err.text[0] != '\0');
    }
    lh_policy_clear(&policy);
    return 0;
}
