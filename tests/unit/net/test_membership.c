#include "tests/support/founders.h"
#include "tests/support/polls.h"
#include "tests/support/proposing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Members that come and go by epochs, in the machines of a node. An epoch becomes known here as it
 * does where people give it to their node; how votes certify one is test_governance's. */

enum { GAJ, MZJ, RSJ, YBJ };
enum { FOUNDERS = 3, EVERYBODY = 4 };

/* ---- epochs ---- */

static lhpb_Proposal proposal;

static void begin(const struct street *street, size_t who)
{
    lh_proposing_begin(&proposal, street_newest(street, who));
}

/* This node knows what `proposal` makes. */
static void tell(struct street *street, size_t who)
{
    struct lh_buf bytes = lh_proposing_bytes(&proposal);

    assert_int_equal(lh_governance_adopt(street->nodes[who].governance, lh_buf_bytes(&bytes), NULL),
                     LH_OK);
    lh_buf_clear(&bytes);
}

static void admit_ybj(struct street *street, size_t who)
{
    struct lh_enrolment enrolment;

    begin(street, who);
    lh_town_enrolment(street->town, YBJ, &enrolment);
    lh_proposing_admit(&proposal, LH_SUITE_W, &enrolment);
    tell(street, who);
}

/* Three founders that are linked, and ybj, which everybody in `knowing` has admitted. */
static void open_city(struct street *street, const bool knowing[EVERYBODY])
{
    street_init_of(street, LH_SUITE_W, FOUNDERS, EVERYBODY);
    for (size_t i = 0; i < EVERYBODY; i++) {
        if (knowing[i]) {
            admit_ybj(street, i);
        }
    }
    lh_town_enter(street->town, YBJ, lh_members_epoch(street_newest(street, YBJ)));
    for (size_t i = 0; i < FOUNDERS; i++) {
        for (size_t j = i + 1; j < FOUNDERS; j++) {
            street_link(street, i, j);
        }
    }
    street_settle(street);
}

static const bool ALL[EVERYBODY] = { true, true, true, true };
static const bool BUT_MZJ[EVERYBODY] = { true, false, true, true };

/* ---- replication ---- */

static void a_member_is_a_peer_from_the_epoch_on_that_admits_it(void **state)
{
    struct street street;
    struct lh_gossip *gossip;
    struct lh_governance *governance;

    (void)state;
    open_city(&street, BUT_MZJ);
    gossip = street.nodes[MZJ].gossip;
    governance = street.nodes[MZJ].governance;
    assert_int_equal(lh_gossip_join(gossip, "ybj", 0, NULL), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_governance_join(governance, "ybj", NULL), LH_ERR_NOT_FOUND);
    admit_ybj(&street, MZJ);
    assert_int_equal(lh_gossip_join(gossip, "ybj", 0, NULL), LH_OK);
    assert_int_equal(lh_governance_join(governance, "ybj", NULL), LH_OK);
    assert_int_equal(lh_gossip_join(street.nodes[GAJ].gossip, "zrj", 0, NULL), LH_ERR_NOT_FOUND);
    street_clear(&street);
}

static void the_ledger_of_an_admitted_member_comes_to_everybody_who_knows_the_epoch(void **state)
{
    struct street street;

    (void)state;
    open_city(&street, BUT_MZJ);
    street_link(&street, GAJ, YBJ); /* rsj and mzj have it from gaj */
    street_seal(&street, YBJ, 3);
    street_seal(&street, GAJ, 2);
    street_wait(&street, 60 * 1000);
    assert_int_equal(street_held(&street, GAJ, YBJ), 4);
    assert_int_equal(street_held(&street, RSJ, YBJ), 4);
    assert_int_equal(street_held(&street, YBJ, GAJ), 3);
    assert_int_equal(street_held(&street, MZJ, YBJ), 0);
    admit_ybj(&street, MZJ);
    street_wait(&street, 60 * 1000);
    assert_int_equal(street_held(&street, MZJ, YBJ), 4);
    assert_int_equal(street.cut_count, 0);
    street_restart(&street, MZJ); /* and what was kept is held again */
    assert_int_equal(street_held(&street, MZJ, YBJ), 4);
    assert_int_equal(street_epoch(&street, MZJ), 1);
    street_clear(&street);
}

/* What gaj makes of the first block of ybj. */
static enum lh_code take_first_block(uint8_t keys, bool names_epoch)
{
    struct street street;
    const struct lh_town_block *made;
    struct lh_enrolment enrolment;
    enum lh_code rc;

    street_init_of(&street, LH_SUITE_W, FOUNDERS, EVERYBODY);
    begin(&street, GAJ);
    lh_town_enrolment(street.town, YBJ, &enrolment);
    if (keys > 0) {
        lh_founder_enrolment(&enrolment, LH_SUITE_W, "ybj", keys);
    }
    lh_proposing_admit(&proposal, LH_SUITE_W, &enrolment);
    tell(&street, GAJ);
    if (names_epoch) {
        lh_town_enter(street.town, YBJ, lh_members_epoch(street_newest(&street, GAJ)));
    }
    made = lh_town_seal(street.town, YBJ, 0, 1);
    rc = lh_replica_append(street.nodes[GAJ].replica, "jinhua/ybj/1", &made->block, NULL);
    street_clear(&street);
    return rc;
}

static void a_first_leaf_is_judged_under_the_officers_of_the_epoch_that_is_named(void **state)
{
    (void)state;
    assert_int_equal(take_first_block(0, true), LH_OK);
    assert_int_equal(take_first_block(200, true), LH_ERR_FORGED); /* others are its officers */
    assert_int_equal(take_first_block(0, false), LH_ERR_UNKNOWN); /* in the epoch before */
}

static void a_first_leaf_waits_for_the_epoch_that_is_named(void **state)
{
    struct street street;
    const struct lh_town_block *made;

    (void)state;
    street_init_of(&street, LH_SUITE_W, FOUNDERS, EVERYBODY);
    admit_ybj(&street, GAJ);
    admit_ybj(&street, MZJ);
    begin(&street, GAJ);
    lh_proposing_regroup(&proposal, "ybj", "zf");
    tell(&street, GAJ);
    lh_town_enter(street.town, YBJ, lh_members_epoch(street_newest(&street, GAJ)));
    made = lh_town_seal(street.town, YBJ, 0, 1);
    assert_int_equal(
        lh_replica_append(street.nodes[MZJ].replica, "jinhua/ybj/1", &made->block, NULL), LH_AGAIN);
    tell(&street, MZJ);
    assert_int_equal(
        lh_replica_append(street.nodes[MZJ].replica, "jinhua/ybj/1", &made->block, NULL), LH_OK);
    assert_int_equal(
        lh_replica_append(street.nodes[RSJ].replica, "jinhua/ybj/1", &made->block, NULL),
        LH_ERR_INVALID); /* no member that rsj knows of */
    street_clear(&street);
}

static void no_evidence_is_made_of_a_ledger_that_the_genesis_does_not_show(void **state)
{
    struct street street;
    size_t tainted = 0;
    size_t troubles = 0;

    (void)state;
    open_city(&street, ALL);
    street_link(&street, GAJ, YBJ);
    street_seal(&street, YBJ, 1);
    street_settle(&street);
    lh_town_split(street.town, YBJ);
    street_seal(&street, YBJ, 1);
    street_wait(&street, 60 * 1000);
    assert_int_equal(street_held(&street, RSJ, YBJ), 4);
    street_unlink(&street, GAJ, YBJ);
    street.nodes[YBJ].branch = 1;
    street_restart(&street, YBJ);
    {
        const struct lh_town_block *other = lh_town_seal(street.town, YBJ, 1, 1);

        street_link(&street, MZJ, YBJ);
        assert_int_equal(lh_gossip_hear(street.nodes[MZJ].gossip, "ybj", other->block.checkpoint,
                                        &street.cut_why),
                         LH_OK);
    }
    for (size_t i = 0; i < FOUNDERS; i++) {
        tainted += street.nodes[i].tainted_count;
        troubles += street.nodes[i].trouble_count;
    }
    assert_int_equal(tainted, 0);
    assert_int_equal(troubles, 1); /* and people are told */
    street_clear(&street);
}

/* ---- proposals ---- */

static void a_newcomer_is_sent_the_proposals_that_are_kept(void **state)
{
    struct street street;
    size_t before;

    (void)state;
    open_city(&street, ALL);
    assert_int_equal(street_propose(&street, MZJ, 0, "zf"), LH_OK);
    street_wait(&street, 1000);
    assert_false(street_has_proposal(&street, YBJ, 0, "zf"));
    before = street.nodes[RSJ].sent[LH_FRAME_PROPOSAL];
    street_link(&street, RSJ, YBJ);
    street_settle(&street);
    assert_true(street_has_proposal(&street, YBJ, 0, "zf"));
    street_wait(&street, 120 * 1000);
    assert_int_equal(street.nodes[RSJ].sent[LH_FRAME_PROPOSAL],
                     before + 1); /* once, and nobody else */
    assert_int_equal(street.nodes[YBJ].sent[LH_FRAME_PROPOSAL], 0);
    street_clear(&street);
}

/* ---- promises ---- */

/* Witnessed founders, of whom all have cosigned of gaj what it sealed. */
static void open_witnesses(struct street *street)
{
    street_open(street, LH_SUITE_W, FOUNDERS);
    street_link_all(street);
    street_wait(street, 5 * 1000);
    assert_false(lh_pledge_word(street->nodes[MZJ].pledge, "gaj")->is_declined);
    assert_int_equal(lh_pledge_word(street->nodes[MZJ].pledge, "gaj")->head.size,
                     street_held(street, MZJ, GAJ));
}

static void nothing_more_is_promised_of_a_member_that_was_removed(void **state)
{
    const struct lh_pledge_word *word;
    struct street street;
    uint64_t before;

    (void)state;
    open_witnesses(&street);
    before = street_held(&street, MZJ, GAJ);
    begin(&street, MZJ);
    lh_proposing_remove(&proposal, "gaj");
    tell(&street, MZJ);
    street_seal(&street, GAJ, 1);
    street_wait(&street, 5 * 1000);
    word = lh_pledge_word(street.nodes[MZJ].pledge, "gaj");
    assert_true(word->is_declined);
    assert_int_equal(word->decline.reason, LH_DECLINE_LATER);
    assert_int_equal(word->head.size, before);
    assert_true(street_held(&street, MZJ, GAJ) > before); /* it is held all the same, */
    assert_false(lh_pledge_word(street.nodes[RSJ].pledge, "gaj")->is_declined); /* and here it is
                                                                                    a member */
    street_clear(&street);
}

static void nothing_is_promised_with_a_key_that_the_newest_epoch_ended(void **state)
{
    struct street street;
    struct lh_signer *other = lh_founder_signer(lh_founder_alg(LH_SUITE_W), 240);

    (void)state;
    open_witnesses(&street);
    begin(&street, MZJ);
    (void)lh_proposing_rotate(&proposal, LH_SUITE_W, "mzj",
                              lh_signer_pubkey(lh_town_witness(street.town, MZJ)), other);
    tell(&street, MZJ);
    street_seal(&street, GAJ, 1);
    street_wait(&street, 5 * 1000);
    assert_true(lh_pledge_word(street.nodes[MZJ].pledge, "gaj")->is_declined);
    assert_false(lh_pledge_word(street.nodes[RSJ].pledge, "gaj")->is_declined);
    assert_int_equal(street.cut_count, 0);
    lh_signer_free(other);
    street_clear(&street);
}

/* ---- what people give ---- */

static void epochs_that_people_give_are_kept_in_their_order(void **state)
{
    struct street street;
    struct lh_buf later;

    (void)state;
    street_init_of(&street, LH_SUITE_W, FOUNDERS, EVERYBODY);
    admit_ybj(&street, GAJ);
    begin(&street, GAJ);
    lh_proposing_regroup(&proposal, "ybj", "zf");
    later = lh_proposing_bytes(&proposal);
    assert_int_equal(lh_governance_adopt(street.nodes[YBJ].governance, lh_buf_bytes(&later), NULL),
                     LH_ERR_CONFLICT);
    admit_ybj(&street, YBJ);
    assert_int_equal(lh_governance_adopt(street.nodes[YBJ].governance, lh_buf_bytes(&later), NULL),
                     LH_OK);
    assert_int_equal(lh_governance_adopt(street.nodes[YBJ].governance, lh_buf_bytes(&later), NULL),
                     LH_OK);
    assert_int_equal(street_epoch(&street, YBJ), 2);
    street_restart(&street, YBJ);
    assert_int_equal(street_epoch(&street, YBJ), 2);
    lh_buf_clear(&later);
    street_clear(&street);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(a_member_is_a_peer_from_the_epoch_on_that_admits_it),
        cmocka_unit_test(the_ledger_of_an_admitted_member_comes_to_everybody_who_knows_the_epoch),
        cmocka_unit_test(a_first_leaf_is_judged_under_the_officers_of_the_epoch_that_is_named),
        cmocka_unit_test(a_first_leaf_waits_for_the_epoch_that_is_named),
        cmocka_unit_test(no_evidence_is_made_of_a_ledger_that_the_genesis_does_not_show),
        cmocka_unit_test(a_newcomer_is_sent_the_proposals_that_are_kept),
        cmocka_unit_test(nothing_more_is_promised_of_a_member_that_was_removed),
        cmocka_unit_test(nothing_is_promised_with_a_key_that_the_newest_epoch_ended),
        cmocka_unit_test(epochs_that_people_give_are_kept_in_their_order),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
