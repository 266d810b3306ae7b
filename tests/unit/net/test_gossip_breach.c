#include "net/gossip.h"

#include "ledger/generation.h"
#include "tests/support/breaker.h"
#include "tests/support/street.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, MZJ, RSJ, YBJ };

/* gaj is linked to mzj, which is linked to rsj; and gaj sealed a block that breaks a rule. */
struct scene {
    struct street street;
    struct lh_broken broken;
    const struct lh_town_block *good;
};

static void set_up(struct scene *scene, enum lh_suite_id suite, size_t held, size_t which)
{
    struct street *street = &scene->street;
    struct lh_chain after;

    street_init(street, suite, 4);
    street_link(street, GAJ, MZJ);
    street_link(street, MZJ, RSJ);
    street_settle(street); /* who has not spoken is not pushed to */
    for (size_t i = 0; i < held; i++) {
        after = street_seal(street, GAJ, 2 + i)->next;
    }
    street_wait(street, 11 * 1000); /* who is no neighbour hears of it later */
    scene->good = lh_town_seal(street->town, GAJ, 0, 3);
    if (held == 0) {
        assert_int_equal(lh_generation_chain(
                             &after, lh_town_suite(street->town), lh_town_genesis(street->town),
                             lh_town_origin(street->town, GAJ), scene->good->block.leaves[0], NULL),
                         LH_OK);
    }
    lh_breaker_make(&scene->broken, street->town, GAJ, &after, &scene->good->block, which);
}

static void clear(struct scene *scene)
{
    lh_broken_clear(&scene->broken);
    street_clear(&scene->street);
}

/* What a node keeps convicts gaj of a broken rule, for whoever has the network's id. */
static void assert_convicted(const struct street *street, size_t who)
{
    const struct lh_replica_ledger *ledger = street_ledger(street, who, GAJ);
    struct lh_evidence_report report;
    struct lh_evidence evidence;
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;

    assert_non_null(ledger);
    assert_true(ledger->is_tainted);
    assert_int_equal(street->nodes[who].tainted_count, 1);
    assert_int_equal(lh_replica_get_note(street->nodes[who].replica, ledger->origin,
                                         LH_REPLICA_EVIDENCE, &text, NULL),
                     LH_OK);
    assert_int_equal(lh_evidence_parse(&evidence, &store, lh_buf_bytes(&text), NULL), LH_OK);
    assert_int_equal(lh_evidence_verify(&report, &evidence, NULL), LH_OK);
    assert_string_equal(report.first.origin, lh_town_origin(street->town, GAJ));
    assert_non_null(report.rule);
    lh_buf_clear(&text);
    lh_buf_clear(&store);
}

static void push(struct scene *scene)
{
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(
        street_send_block(&scene->street, MZJ, GAJ, &scene->broken.made, 0, SIZE_MAX, &err),
        LH_OK); /* gaj is convicted, its session is not at fault */
    street_settle(&scene->street);
}

/* The block is gaj's head when its node starts again, so that mzj asks for it. */
static void serve(struct scene *scene)
{
    struct street *street = &scene->street;

    lh_replica_mem_put(street->nodes[GAJ].mem, &scene->broken.made.block, &scene->broken.made.next);
    street_restart(street, GAJ);
    street_link(street, GAJ, MZJ);
    street_settle(street);
}

static void each_way_convicts(enum lh_suite_id suite, size_t held, void (*show)(struct scene *))
{
    for (size_t which = 0; which < lh_breaker_count(held == 0); which++) {
        uint64_t before;
        struct scene scene;

        set_up(&scene, suite, held, which);
        before = street_ledger(&scene.street, MZJ, GAJ) != NULL
                     ? street_held(&scene.street, MZJ, GAJ)
                     : 0;
        show(&scene);
        street_link(&scene.street, RSJ, YBJ); /* it hears of it after all is over */
        street_settle(&scene.street);
        for (size_t who = MZJ; who <= YBJ; who++) {
            const struct lh_replica_ledger *ledger = street_ledger(&scene.street, who, GAJ);

            if (scene.broken.rule != NULL) {
                assert_convicted(&scene.street, who);
            } else {
                assert_true(ledger == NULL || !ledger->is_tainted);
            }
            assert_int_equal(ledger != NULL ? ledger->chain.tree.size : 0, before);
        }
        assert_int_equal(scene.street.cut_count, 0);
        clear(&scene);
    }
}

static void who_pushes_a_block_that_breaks_a_rule_is_convicted_on_every_node(void **state)
{
    (void)state;
    each_way_convicts(LH_SUITE_W, 2, push);
    each_way_convicts(LH_SUITE_W, 0, push);
    each_way_convicts(LH_SUITE_G, 1, push);
}

static void who_serves_a_block_that_breaks_a_rule_is_convicted_on_every_node(void **state)
{
    (void)state;
    each_way_convicts(LH_SUITE_W, 2, serve);
    each_way_convicts(LH_SUITE_W, 0, serve);
}

/* Control: the same block as it should be. */
static void the_same_block_good_convicts_nobody(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, LH_SUITE_W, 2, 0);
    scene.broken.made.block = scene.good->block;
    scene.broken.made.next = scene.good->next;
    serve(&scene);
    street_wait(&scene.street, 11 * 1000);
    for (size_t who = GAJ; who <= RSJ; who++) {
        assert_int_equal(street_held(&scene.street, who, GAJ), scene.good->next.tree.size);
        assert_false(street_ledger(&scene.street, who, GAJ)->is_tainted);
        assert_int_equal(scene.street.nodes[who].tainted_count, 0);
    }
    clear(&scene);
}

/* Who has what convicts is not asked for more of it again and again. */
static void a_block_that_breaks_a_rule_is_asked_for_once(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene, LH_SUITE_W, 2, 0);
    serve(&scene);
    assert_convicted(&scene.street, MZJ);
    memset(scene.street.nodes[MZJ].sent, 0, sizeof scene.street.nodes[MZJ].sent);
    street_wait(&scene.street, 200 * 1000);
    assert_int_equal(scene.street.nodes[MZJ].sent[LH_FRAME_GET], 0);
    assert_true(scene.street.nodes[MZJ].sent[LH_FRAME_HAVE] > 0);
    assert_int_equal(scene.street.cut_count, 0);
    clear(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_pushes_a_block_that_breaks_a_rule_is_convicted_on_every_node),
        cmocka_unit_test(who_serves_a_block_that_breaks_a_rule_is_convicted_on_every_node),
        cmocka_unit_test(the_same_block_good_convicts_nobody),
        cmocka_unit_test(a_block_that_breaks_a_rule_is_asked_for_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
