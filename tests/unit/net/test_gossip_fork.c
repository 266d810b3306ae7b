#include "net/gossip.h"

#include "tests/support/street.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { GAJ, MZJ, RSJ, YBJ };

/*
 * gaj seals on two branches behind a common block: mzj holds one of them, rsj the other. They are
 * not linked yet, and nobody knows.
 */
static void set_up(struct street *street, enum lh_suite_id suite, size_t entries, size_t others)
{
    const struct lh_town_block *other;

    street_init(street, suite, 4);
    street_link(street, GAJ, MZJ);
    street_link(street, GAJ, RSJ);
    street_seal(street, GAJ, 2);
    street_settle(street);
    lh_town_split(street->town, GAJ);
    other = lh_town_seal(street->town, GAJ, 1, others);
    assert_int_equal(street_send_block(street, RSJ, GAJ, other, 0, SIZE_MAX, NULL), LH_OK);
    street_unlink(street, GAJ, RSJ);
    street_seal(street, GAJ, entries);
    street_settle(street);
    assert_int_equal(street_held(street, MZJ, GAJ), 4 + entries);
    assert_int_equal(street_held(street, RSJ, GAJ), 4 + others);
    for (size_t i = 0; i < 3; i++) {
        assert_false(street_ledger(street, i, GAJ)->is_tainted);
    }
}

/* What a node keeps convicts gaj, for whoever has the network's id. */
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
    assert_true(
        lh_hash_is_equal(&report.network_id, lh_genesis_network_id(lh_town_genesis(street->town))));
    lh_buf_clear(&text);
    lh_buf_clear(&store);
}

static void two_branches_convict(enum lh_suite_id suite, size_t entries, size_t others)
{
    struct street street;

    set_up(&street, suite, entries, others);
    street_link(&street, RSJ, YBJ); /* it knows the ledger by one branch, or not at all */
    street_link(&street, MZJ, RSJ);
    street_settle(&street);
    for (size_t i = 0; i < street.count; i++) {
        assert_convicted(&street, i);
    }
    assert_int_equal(street.cut_count, 0);
    assert_int_equal(street_held(&street, MZJ, GAJ), 4 + entries); /* both branches are kept */
    assert_int_equal(street_held(&street, RSJ, GAJ), 4 + others);
    street_clear(&street);
}

static void two_branches_convict_whoever_sealed_them(void **state)
{
    (void)state;
    for (size_t others = 1; others <= 3; others++) { /* shorter, as long, longer */
        two_branches_convict(LH_SUITE_W, 2, others);
    }
    two_branches_convict(LH_SUITE_G, 2, 1);
}

/* Control: the same street without a second branch, where nothing is proven. */
static void honest_departments_are_never_convicted(void **state)
{
    struct street street;

    (void)state;
    street_init(&street, LH_SUITE_W, 4);
    street_link_all(&street);
    for (size_t i = 0; i < 20; i++) {
        street_seal(&street, i % 4, 1 + i % 3);
        if (i % 5 == 0) {
            street_unlink(&street, 0, 1 + i % 3);
            street_settle(&street);
            street_link(&street, 0, 1 + i % 3);
        }
        street_wait(&street, 3000);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(street.nodes[i].tainted_count, 0);
        assert_int_equal(street.nodes[i].ahead_count, 0);
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(street_held(&street, i, j), street_held(&street, j, j));
        }
    }
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

static void a_tainted_ledger_grows_along_each_branch(void **state)
{
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, 2, 3);
    street_link(&street, MZJ, RSJ);
    street_settle(&street);
    assert_convicted(&street, GAJ);
    street_link(&street, GAJ, RSJ);
    street_seal(&street, GAJ, 1);
    street_wait(&street, 70 * 1000);
    assert_int_equal(street_held(&street, MZJ, GAJ), 8);
    assert_int_equal(street_held(&street, RSJ, GAJ), 7);
    assert_int_equal(street.cut_count, 0);
    street_clear(&street);
}

static void evidence_is_kept_and_goes_to_each_peer_once(void **state)
{
    struct street street;

    (void)state;
    set_up(&street, LH_SUITE_W, 2, 2);
    street_link(&street, MZJ, RSJ);
    street_settle(&street);
    street_wait(&street, 130 * 1000);
    for (size_t i = 0; i < 3; i++) {
        assert_true(street.nodes[i].sent[LH_FRAME_EVIDENCE] <= 2);
    }
    street_restart(&street, MZJ);
    assert_true(street_ledger(&street, MZJ, GAJ)->is_tainted);
    assert_null(street_ledger(&street, YBJ, GAJ));
    street_link(&street, MZJ, YBJ);
    street_settle(&street);
    assert_convicted(&street, YBJ);
    assert_int_equal(street_held(&street, YBJ, GAJ), 6);
    street_clear(&street);
}

/* A head of our own ledger that we do not have: we were restored, or there are two of us. */
static void a_department_hears_that_its_ledger_is_longer_elsewhere(void **state)
{
    struct street street;
    struct lh_replica_mem *image;
    const struct lh_town_block *first;

    (void)state;
    street_init(&street, LH_SUITE_W, 3);
    street_link_all(&street);
    first = street_seal(&street, GAJ, 2);
    street_settle(&street);
    assert_int_equal(street.nodes[GAJ].ahead_count, 0);
    street_seal(&street, GAJ, 2);
    street_settle(&street);
    assert_int_equal(street.nodes[GAJ].ahead_count, 0);
    image = street.nodes[GAJ].mem; /* the machine goes back to its first block */
    street.nodes[GAJ].mem = lh_replica_mem_new(LH_SUITE_W);
    lh_replica_mem_put(street.nodes[GAJ].mem, &first->block, &first->next);
    street_restart(&street, GAJ);
    lh_replica_mem_free(image);
    street_link(&street, GAJ, MZJ);
    street_settle(&street);
    assert_int_equal(street.nodes[GAJ].ahead_count, 1);
    assert_int_equal(street_held(&street, GAJ, GAJ), 3); /* it is not for gossip to take it back */
    assert_int_equal(street.nodes[GAJ].tainted_count, 0);
    street_clear(&street);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_branches_convict_whoever_sealed_them),
        cmocka_unit_test(honest_departments_are_never_convicted),
        cmocka_unit_test(a_tainted_ledger_grows_along_each_branch),
        cmocka_unit_test(evidence_is_kept_and_goes_to_each_peer_once),
        cmocka_unit_test(a_department_hears_that_its_ledger_is_longer_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
