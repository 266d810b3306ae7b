#include "net/governance.h"

#include "net/votes.h"
#include "tests/support/polls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What governance makes of the ledgers that are held: their generations, their epochs, and a store
 * that fails. */

enum { GAJ, MZJ, RSJ, YBJ };

/* ---- where votes stand ---- */

static void votes_go_on_in_the_next_generation_in_one_order(void **state)
{
    struct street street;

    (void)state;
    street_open(&street, LH_SUITE_W, 3);
    street_link_all(&street);
    street_settle(&street);
    assert_int_equal(street_propose(&street, RSJ, 0, "first"), LH_OK);
    assert_int_equal(street_propose(&street, RSJ, 0, "second"), LH_OK);
    street_vote(&street, GAJ, 0, "first");
    street_wait(&street, 3000);
    lh_town_begin_next(street.town, GAJ);
    street_vote(&street, GAJ, 0, "second"); /* a second vote, though the first of its ledger */
    street_vote(&street, MZJ, 0, "second");
    street_wait(&street, 20 * 1000);
    assert_int_equal(street_ledger(&street, RSJ, GAJ)->generation, 2);
    assert_true(street_ledger(&street, RSJ, GAJ)->witnessed_size > 0);
    street_assert_epoch(&street, 0);
    street_vote(&street, RSJ, 0, "first");
    street_wait(&street, 5 * 1000);
    street_assert_epoch(&street, 1);
    assert_string_equal(lh_members_find(street_newest(&street, MZJ), "gaj")->enrolment.group,
                        "first");
    street_clear(&street);
}

static void a_generation_counts_behind_the_one_before_it(void **state)
{
    const struct lh_town_block *blocks[2];
    struct lh_town_vote made;
    struct street street;
    struct street_node *rsj;

    (void)state;
    street_init(&street, LH_SUITE_W, 3);
    rsj = &street.nodes[RSJ];
    made = street_ballot(&street, 0, "first");
    blocks[0] = lh_town_seal_vote(street.town, GAJ, 0, &made);
    lh_town_begin_next(street.town, GAJ);
    made = street_ballot(&street, 0, "second");
    blocks[1] = lh_town_seal_vote(street.town, GAJ, 0, &made);
    for (size_t i = 2; i > 0; i--) {
        lh_replica_mem_put(rsj->mem, &blocks[i - 1]->block, &blocks[i - 1]->next);
        street_restart(&street, RSJ);
        assert_int_equal(lh_replica_put_note(rsj->replica, "jinhua/gaj/2", LH_REPLICA_WITNESSED,
                                             blocks[1]->block.checkpoint, NULL),
                         LH_OK);
        lh_governance_tick(rsj->governance, street.now_ms);
        assert_int_equal(street_votes(&street, RSJ, "second"), 0);
        assert_int_equal(street_votes(&street, RSJ, "first"), i == 1);
    }
    street_restart(&street, RSJ); /* what was found before is there at once */
    lh_governance_tick(rsj->governance, street.now_ms);
    assert_int_equal(street_votes(&street, RSJ, "second"), 0);
    assert_int_equal(street_votes(&street, RSJ, "first"), 1);
    assert_int_equal(lh_replica_put_note(rsj->replica, "jinhua/gaj/1", LH_REPLICA_GOVERNANCE,
                                         lh_bytes_of_text("not whole"), NULL),
                     LH_OK);
    street_restart(&street, RSJ); /* and what does not hold together is looked for again */
    lh_governance_tick(rsj->governance, street.now_ms);
    assert_int_equal(street_votes(&street, RSJ, "first"), 1);
    assert_int_equal(rsj->trouble_count, 0);
    street_clear(&street);
}

static size_t votes_behind(unsigned copies)
{
    struct street street;
    struct lh_town_vote made;
    const struct lh_town_block *block;
    size_t count;

    street_init(&street, LH_SUITE_W, 3);
    made = street_ballot(&street, 0, "zf");
    made.officer_count = 1;
    made.copy_count = copies - 2;
    block = lh_town_seal_vote(street.town, GAJ, 0, &made);
    lh_replica_mem_put(street.nodes[RSJ].mem, &block->block, &block->next);
    made.officer_count = 2;
    made.copy_count = 1;
    block = lh_town_seal_vote(street.town, GAJ, 0, &made);
    lh_replica_mem_put(street.nodes[RSJ].mem, &block->block, &block->next);
    street_restart(&street, RSJ);
    assert_int_equal(lh_replica_put_note(street.nodes[RSJ].replica, "jinhua/gaj/1",
                                         LH_REPLICA_WITNESSED, block->block.checkpoint, NULL),
                     LH_OK);
    for (unsigned i = 0; i < 3; i++) {
        lh_governance_tick(street.nodes[RSJ].governance, street.now_ms);
    }
    count = street_votes(&street, RSJ, "zf");
    street_clear(&street);
    return count;
}

static void of_one_ledger_the_first_approvals_are_looked_at_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(votes_behind(LH_VOTES_MAX - 1), 1);
    assert_int_equal(votes_behind(LH_VOTES_MAX), 0);
}

/* ---- ledgers in later epochs ---- */

/* gaj, mzj and rsj certify an epoch while ybj is away. */
static struct lh_hash certify_without_ybj(struct street *street)
{
    street_open(street, LH_SUITE_W, 4);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = i + 1; j < 3; j++) {
            street_link(street, i, j);
        }
    }
    street_settle(street);
    assert_int_equal(street_propose(street, GAJ, 0, "zf"), LH_OK);
    for (size_t i = 0; i < 3; i++) {
        street_vote(street, i, 0, "zf");
    }
    street_wait(street, 5 * 1000);
    assert_int_equal(street_epoch(street, RSJ), 1);
    return *lh_members_epoch(street_newest(street, GAJ));
}

static void a_ledger_is_held_in_the_epochs_that_are_certified(void **state)
{
    struct street street;
    struct lh_hash epoch;

    (void)state;
    epoch = certify_without_ybj(&street);
    lh_town_enter(street.town, GAJ, &epoch);
    street_seal(&street, GAJ, 2);
    street_restart(&street, RSJ);
    street_link(&street, RSJ, GAJ);
    street_seal(&street, GAJ, 1);
    street_settle(&street);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(street_held(&street, i, GAJ), street_held(&street, GAJ, GAJ));
    }
    for (size_t i = 0; i < 3; i++) { /* ybj hears first what it cannot judge yet */
        street.nodes[i].credit[LH_CLASS_BULK] = 0;
        street_link(&street, i, YBJ);
    }
    street_wait(&street, 5 * 1000);
    for (size_t i = 0; i < 3; i++) {
        street.nodes[i].credit[LH_CLASS_BULK] = SIZE_MAX;
    }
    street_wait(&street, 80 * 1000); /* and comes to the epoch, and behind it */
    street_assert_epoch(&street, 1);
    assert_int_equal(street_held(&street, YBJ, GAJ), street_held(&street, GAJ, GAJ));
    for (size_t i = 0; i < street.count; i++) {
        assert_int_equal(street.nodes[i].tainted_count, 0);
    }
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

static void a_block_in_an_epoch_that_nobody_certified_is_not_held_and_convicts_nobody(void **state)
{
    struct street street;
    struct lh_hash epoch;
    const struct lh_town_block *block;
    uint64_t held;

    (void)state;
    (void)certify_without_ybj(&street);
    memset(&epoch, 7, sizeof epoch);
    held = street_held(&street, RSJ, GAJ);
    lh_town_split(street.town, GAJ);
    lh_town_enter(street.town, GAJ, &epoch);
    block = lh_town_seal(street.town, GAJ, 1, 1);
    assert_int_equal(street_send_block(&street, RSJ, GAJ, block, 0, SIZE_MAX, NULL), LH_OK);
    assert_int_equal(street_held(&street, RSJ, GAJ), held);
    assert_false(street_ledger(&street, RSJ, GAJ)->is_tainted);
    lh_town_enter(street.town, GAJ, lh_members_epoch(street_newest(&street, GAJ)));
    block = lh_town_seal(street.town, GAJ, 0, 1);
    assert_int_equal(street_send_block(&street, RSJ, GAJ, block, 0, SIZE_MAX, NULL), LH_OK);
    assert_int_equal(street_held(&street, RSJ, GAJ), held + 2);
    street_clear(&street);
}

/* ---- a store that fails ---- */

static void what_could_not_be_kept_is_not_told_and_tried_again(void **state)
{
    struct street street;

    (void)state;
    street_open(&street, LH_SUITE_W, 3);
    lh_replica_mem_fail_at(street.nodes[GAJ].mem, 1);
    assert_int_equal(street_propose(&street, GAJ, 0, "zf"), LH_ERR_IO);
    lh_replica_mem_fail_at(street.nodes[GAJ].mem, 0);
    assert_false(street_has_proposal(&street, GAJ, 0, "zf"));
    street_link_all(&street);
    assert_int_equal(street_propose(&street, GAJ, 0, "zf"), LH_OK);
    street_vote(&street, GAJ, 0, "zf");
    street_vote(&street, MZJ, 0, "zf");
    street_settle(&street);
    for (size_t n = 1; n < 12; n++) { /* each call of a few rounds fails once */
        lh_replica_mem_fail_at(street.nodes[RSJ].mem, n);
        lh_governance_tick(street.nodes[RSJ].governance, street.now_ms);
        street.now_ms += 10 * 1000; /* it is not asked again at once */
        lh_replica_mem_fail_at(street.nodes[RSJ].mem, 0);
    }
    assert_int_equal(street_epoch(&street, RSJ), 0); /* nothing is witnessed yet */
    street_wait(&street, 5 * 1000);
    street_assert_epoch(&street, 1);
    street_clear(&street);
}

static void an_epoch_is_on_disk_before_it_is_told(void **state)
{
    bool has_failed_between = false;

    (void)state;
    for (size_t n = 1;; n++) {
        struct street street;
        struct street_node *rsj = &street.nodes[RSJ];
        size_t told;

        street_init(&street, LH_SUITE_W, 3);
        for (size_t i = 0; i < 2; i++) {
            struct lh_town_vote made = street_ballot(&street, 0, "zf");
            const struct lh_town_block *block = lh_town_seal_vote(street.town, i, 0, &made);

            lh_replica_mem_put(rsj->mem, &block->block, &block->next);
            street_restart(&street, RSJ);
            assert_int_equal(lh_replica_put_note(rsj->replica, block->next.origin,
                                                 LH_REPLICA_WITNESSED, block->block.checkpoint,
                                                 NULL),
                             LH_OK);
        }
        assert_int_equal(street_propose(&street, RSJ, 0, "zf"), LH_OK);
        lh_replica_mem_fail_at(rsj->mem, n);
        lh_governance_tick(rsj->governance, street.now_ms);
        lh_replica_mem_fail_at(rsj->mem, 0);
        told = rsj->certified_count;
        assert_int_equal(told, street_epoch(&street, RSJ));
        has_failed_between |= told == 0;
        street_restart(&street, RSJ);
        assert_int_equal(street_epoch(&street, RSJ), told);
        lh_governance_tick(rsj->governance, street.now_ms); /* what failed is done now */
        assert_int_equal(street_epoch(&street, RSJ), 1);
        assert_int_equal(rsj->certified_count, 1);
        street_clear(&street);
        if (told == 1) {
            break;
        }
    }
    assert_true(has_failed_between);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(votes_go_on_in_the_next_generation_in_one_order),
        cmocka_unit_test(a_generation_counts_behind_the_one_before_it),
        cmocka_unit_test(of_one_ledger_the_first_approvals_are_looked_at_and_no_more),
        cmocka_unit_test(a_ledger_is_held_in_the_epochs_that_are_certified),
        cmocka_unit_test(a_block_in_an_epoch_that_nobody_certified_is_not_held_and_convicts_nobody),
        cmocka_unit_test(what_could_not_be_kept_is_not_told_and_tried_again),
        cmocka_unit_test(an_epoch_is_on_disk_before_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
