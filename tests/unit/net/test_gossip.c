#include "net/gossip.h"

#include "net/message.h"
#include "tests/support/street.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_equal_replicas(const struct street *street, size_t whose)
{
    const struct lh_replica_ledger *own = street_ledger(street, whose, whose);

    for (size_t i = 0; i < street->count; i++) {
        const struct lh_replica_ledger *ledger = street_ledger(street, i, whose);

        assert_non_null(ledger);
        assert_int_equal(ledger->chain.tree.size, own->chain.tree.size);
        assert_true(lh_hash_is_equal(&ledger->root, &own->root));
        assert_true(
            lh_bytes_is_equal(lh_buf_bytes(&ledger->checkpoint), lh_buf_bytes(&own->checkpoint)));
    }
}

/* ---- honest nodes ---- */

static void who_was_away_asks_for_what_it_lacks(enum lh_suite_id suite)
{
    struct street street;

    street_init(&street, suite, 2);
    for (size_t i = 0; i < 5; i++) {
        street_seal(&street, 0, 1 + i);
    }
    street_seal(&street, 1, 1);
    street_link(&street, 0, 1);
    street_settle(&street);
    assert_equal_replicas(&street, 0);
    assert_equal_replicas(&street, 1);
    assert_int_equal(street.nodes[1].grown_count, 5);
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

static void who_was_away_asks_for_what_it_lacks_in_both_suites(void **state)
{
    (void)state;
    who_was_away_asks_for_what_it_lacks(LH_SUITE_W);
    who_was_away_asks_for_what_it_lacks(LH_SUITE_G);
}

static void a_new_block_goes_to_every_peer_unasked(void **state)
{
    struct street street;

    (void)state;
    street_init(&street, LH_SUITE_W, 4);
    street_link_all(&street);
    street_settle(&street);
    for (size_t i = 0; i < 3; i++) {
        street_seal(&street, 0, 2);
        street_settle(&street);
        assert_equal_replicas(&street, 0);
    }
    for (size_t i = 1; i < street.count; i++) {
        assert_int_equal(street.nodes[i].sent[LH_FRAME_GET], 0);
        assert_int_equal(street.nodes[i].grown_count, 3);
    }
    assert_int_equal(street.nodes[0].sent[LH_FRAME_LEAVES], 9);
    street_clear(&street);
}

static void a_ledger_travels_over_a_peer_in_between(void **state)
{
    struct street street;

    (void)state;
    street_init(&street, LH_SUITE_W, 3);
    street_link(&street, 0, 1);
    street_link(&street, 1, 2);
    street_settle(&street);
    street_seal(&street, 0, 2);
    street_settle(&street);
    assert_int_equal(street_held(&street, 1, 0), 3);
    assert_int_equal(street_held(&street, 2, 0), 0);
    street_wait(&street, 11 * 1000); /* its head is told at the next HAVE */
    assert_equal_replicas(&street, 0);
    street_clear(&street);
}

static void what_was_kept_is_there_after_a_restart(void **state)
{
    struct street street;

    (void)state;
    street_init(&street, LH_SUITE_W, 2);
    street_link(&street, 0, 1);
    street_seal(&street, 0, 2);
    street_settle(&street);
    street_restart(&street, 1);
    assert_int_equal(street_held(&street, 1, 0), 3);
    street_seal(&street, 0, 2);
    street_link(&street, 0, 1);
    street_settle(&street);
    assert_equal_replicas(&street, 0);
    street_clear(&street);
}

/* ---- credit ---- */

static const struct lh_town_block *seal_large(struct street *street, size_t who)
{
    const struct lh_town_block *made = lh_town_seal_sized(street->town, who, 0, 300, 4000);
    enum lh_code rc;

    lh_replica_mem_put(street->nodes[who].mem, &made->block, &made->next);
    rc = lh_gossip_seal(street->nodes[who].gossip, made->next.origin, &made->block, NULL);
    assert_int_equal(rc, LH_OK);
    return made;
}

static void a_block_that_fits_no_frame_is_asked_for(void **state)
{
    struct street street;

    (void)state;
    street_init(&street, LH_SUITE_W, 2);
    street_link(&street, 0, 1);
    street_settle(&street);
    street_seal(&street, 0, 1);
    street_settle(&street);
    assert_int_equal(street.nodes[1].sent[LH_FRAME_GET], 0);
    seal_large(&street, 0);
    street_settle(&street);
    assert_equal_replicas(&street, 0);
    assert_int_equal(street.nodes[1].sent[LH_FRAME_GET], 1);
    assert_true(street.nodes[0].sent[LH_FRAME_LEAVES] >= 6);
    street_seal(&street, 0, 1); /* from then on it is sent unasked again */
    street_settle(&street);
    assert_equal_replicas(&street, 0);
    assert_int_equal(street.nodes[1].sent[LH_FRAME_GET], 1);
    street_clear(&street);
}

static void without_credit_nothing_goes_and_nothing_is_lost(void **state)
{
    struct street street;

    (void)state;
    for (size_t class = LH_CLASS_CONTROL; class < LH_CLASS_COUNT; class ++) {
        street_init(&street, LH_SUITE_W, 2);
        street_link(&street, 0, 1);
        street.nodes[0].credit[class] = 0;
        seal_large(&street, 0);
        street_settle(&street);
        assert_int_equal(street_held(&street, 1, 0), class == LH_CLASS_LIVE ? 301 : 0);
        street.nodes[0].credit[class] = SIZE_MAX;
        street_settle(&street);
        assert_equal_replicas(&street, 0);
        street_clear(&street);
    }
}

static void who_takes_no_fresh_blocks_is_told_the_head_and_asks(void **state)
{
    struct street street;

    (void)state;
    street_init(&street, LH_SUITE_W, 2);
    street_link(&street, 0, 1);
    street_settle(&street);
    street.nodes[0].credit[LH_CLASS_LIVE] = 0;
    street_seal(&street, 0, 1);
    street_settle(&street);
    assert_equal_replicas(&street, 0);
    assert_int_equal(street.nodes[1].sent[LH_FRAME_GET], 1);
    street.nodes[0].credit[LH_CLASS_LIVE] = SIZE_MAX;
    street_seal(&street, 0, 1);
    street_settle(&street);
    assert_equal_replicas(&street, 0);
    assert_int_equal(street.nodes[1].sent[LH_FRAME_GET], 1);
    street_clear(&street);
}

/* Five ledgers are wanted of five peers that do not answer. */
static void of_all_peers_four_answers_are_awaited(void **state)
{
    struct street street;
    size_t asked = 0;

    (void)state;
    street_init(&street, LH_SUITE_W, 6);
    for (size_t i = 1; i < 6; i++) {
        street_seal(&street, i, 1);
        street_link(&street, 0, i);
        street.nodes[i].credit[LH_CLASS_BULK] = 0;
        street.nodes[i].credit[LH_CLASS_LIVE] = 0;
    }
    street_settle(&street);
    asked = street.nodes[0].sent[LH_FRAME_GET];
    assert_int_equal(asked, LH_GOSSIP_PULLS_MAX);
    for (size_t i = 1; i < 6; i++) {
        street.nodes[i].credit[LH_CLASS_BULK] = SIZE_MAX;
    }
    street_settle(&street);
    for (size_t i = 1; i < 6; i++) {
        assert_int_equal(street_held(&street, 0, i), 2);
    }
    street_clear(&street);
}

/* ---- stores that fail ---- */

static void what_the_store_does_not_keep_comes_again_later(void **state)
{
    struct street street;

    (void)state;
    street_init(&street, LH_SUITE_W, 2);
    street_link(&street, 0, 1);
    street_seal(&street, 0, 1);
    street_settle(&street);
    lh_replica_mem_fail_at(street.nodes[1].mem, 1);
    street_seal(&street, 0, 1);
    street_settle(&street);
    assert_int_equal(street_held(&street, 1, 0), 2);
    assert_true(street.nodes[1].trouble_count > 0);
    assert_int_equal(street.cut_count, 0);
    lh_replica_mem_fail_at(street.nodes[1].mem, 0);
    street_wait(&street, 120 * 1000);
    assert_equal_replicas(&street, 0);
    street_clear(&street);
}

/* Whatever call of the one that gives fails: the one that takes comes to its head in the end. */
static void what_the_store_does_not_give_is_asked_for_later(void **state)
{
    struct street street;

    (void)state;
    for (size_t n = 1; n < 12; n++) {
        street_init(&street, LH_SUITE_W, 2);
        for (size_t i = 0; i < 4; i++) {
            street_seal(&street, 0, 2);
        }
        street_link(&street, 0, 1);
        lh_replica_mem_fail_at(street.nodes[0].mem, n);
        street_settle(&street);
        if (n < 8) {
            assert_true(street.nodes[0].trouble_count > 0);
            assert_true(street_held(&street, 1, 0) < street_held(&street, 0, 0));
        }
        lh_replica_mem_fail_at(street.nodes[0].mem, 0);
        street_wait(&street, 120 * 1000);
        assert_equal_replicas(&street, 0);
        assert_int_equal(street.cut_count, 0);
        street_clear(&street);
    }
}

/* Both of its generations. Positive control: who writes its ledger takes nothing of it. */
static void who_lost_its_own_ledger_takes_it_from_others(void **state)
{
    (void)state;
    for (int is_restoring = 0; is_restoring < 2; is_restoring++) {
        struct lh_replica_mem *lost;
        struct street street;

        street_init(&street, LH_SUITE_W, 3);
        street_link_all(&street);
        for (size_t i = 0; i < 5; i++) {
            if (i == 3) {
                lh_town_begin_next(street.town, 0);
            }
            street_seal(&street, 0, 2);
            street_settle(&street);
        }
        lost = street.nodes[0].mem;
        street.nodes[0].mem = lh_replica_mem_new(LH_SUITE_W);
        street.nodes[0].is_restoring = is_restoring;
        street_restart(&street, 0);
        street_link(&street, 0, 1);
        street_wait(&street, 60 * 1000);
        assert_int_equal(street_held(&street, 1, 0), 6);
        if (is_restoring) {
            const struct lh_replica_ledger *first =
                lh_replica_find(street.nodes[0].replica, "jinhua/gaj/1");

            assert_non_null(first);
            assert_int_equal(first->chain.tree.size, 9);
            assert_int_equal(street_held(&street, 0, 0), 6);
            assert_true(lh_hash_is_equal(&street_ledger(&street, 0, 0)->root,
                                         &street_ledger(&street, 1, 0)->root));
            assert_null(lh_replica_own(street.nodes[0].replica)); /* it is not written */
        } else {
            assert_int_equal(street_held(&street, 0, 0), 0);
        }
        assert_int_equal(street.cut_count, 0);
        lh_replica_mem_free(lost);
        street_clear(&street);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_away_asks_for_what_it_lacks_in_both_suites),
        cmocka_unit_test(a_new_block_goes_to_every_peer_unasked),
        cmocka_unit_test(a_ledger_travels_over_a_peer_in_between),
        cmocka_unit_test(what_was_kept_is_there_after_a_restart),
        cmocka_unit_test(a_block_that_fits_no_frame_is_asked_for),
        cmocka_unit_test(without_credit_nothing_goes_and_nothing_is_lost),
        cmocka_unit_test(who_takes_no_fresh_blocks_is_told_the_head_and_asks),
        cmocka_unit_test(of_all_peers_four_answers_are_awaited),
        cmocka_unit_test(what_the_store_does_not_keep_comes_again_later),
        cmocka_unit_test(what_the_store_does_not_give_is_asked_for_later),
        cmocka_unit_test(who_lost_its_own_ledger_takes_it_from_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
