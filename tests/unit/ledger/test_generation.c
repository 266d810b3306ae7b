#include "ledger/generation.h"

#include "tests/support/city.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct lh_city *city_of(enum lh_suite_id suite, uint64_t seed, const struct lh_city *before)
{
    struct lh_city_options options = {
        .suite = suite, .seed = seed, .staff_count = 1, .entry_count = 4, .before = before
    };

    return lh_city_new(&options);
}

/* The chain of the first leaf takes the first block, and no other chain does. */
static void assert_begins(struct lh_city *city, const struct lh_city *other)
{
    struct lh_block block = lh_city_block(city, 0);
    struct lh_chain_verdict verdict;
    struct lh_chain chain;

    assert_int_equal(lh_generation_chain(&chain, lh_city_suite(city), lh_city_genesis(city),
                                         lh_city_origin(city), block.leaves[0], NULL),
                     LH_OK);
    assert_string_equal(chain.origin, lh_city_origin(city));
    assert_int_equal(chain.height, 0);
    assert_int_equal(lh_chain_judge(&chain, lh_city_suite(city), &block, LH_SEAL_VERIFY, SIZE_MAX,
                                    NULL, NULL, &verdict, NULL),
                     LH_OK);
    block = lh_city_block(other, 0);
    assert_int_equal(lh_chain_judge(&chain, lh_city_suite(city), &block, LH_SEAL_VERIFY, SIZE_MAX,
                                    NULL, NULL, &verdict, NULL),
                     LH_ERR_FORGED);
}

static void a_first_leaf_gives_the_chain_of_its_first_block(enum lh_suite_id suite)
{
    struct lh_city *first = city_of(suite, 1, NULL);
    struct lh_city *second = city_of(suite, 1, first);

    assert_begins(first, second);
    assert_begins(second, first);
    lh_city_free(second);
    lh_city_free(first);
}

static void a_first_leaf_gives_the_chain_of_its_first_block_in_both_suites(void **state)
{
    (void)state;
    a_first_leaf_gives_the_chain_of_its_first_block(LH_SUITE_W);
    a_first_leaf_gives_the_chain_of_its_first_block(LH_SUITE_G);
}

static void a_leaf_that_begins_no_such_ledger_gives_none(void **state)
{
    struct lh_city *city = city_of(LH_SUITE_W, 1, NULL);
    struct lh_city *stranger = city_of(LH_SUITE_W, 2, NULL);
    struct lh_suite *suite = lh_city_suite(city);
    const struct lh_genesis *genesis = lh_city_genesis(city);
    struct lh_bytes leaf = lh_city_leaf(city, 0);
    struct lh_chain chain;

    (void)state;
    assert_int_equal(lh_generation_chain(&chain, suite, genesis, "jinhua/gaj/1", leaf, NULL),
                     LH_OK);
    assert_int_equal(lh_generation_chain(&chain, suite, genesis, "jinhua/gaj/2", leaf, NULL),
                     LH_ERR_FORGED);
    assert_int_equal(lh_generation_chain(&chain, suite, genesis, "taizhou/gaj/1", leaf, NULL),
                     LH_ERR_FORGED);
    assert_int_equal(lh_generation_chain(&chain, suite, genesis, "jinhua/mzj/1", leaf, NULL),
                     LH_ERR_NOT_FOUND);
    assert_int_equal(
        lh_generation_chain(&chain, suite, genesis, "jinhua/gaj/1", lh_city_leaf(city, 1), NULL),
        LH_ERR_INVALID);
    assert_int_equal(lh_generation_chain(&chain, suite, genesis, "jinhua/gaj/1",
                                         lh_city_leaf(stranger, 0), NULL),
                     LH_ERR_FORGED);
    lh_city_free(stranger);
    lh_city_free(city);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_leaf_gives_the_chain_of_its_first_block_in_both_suites),
        cmocka_unit_test(a_leaf_that_begins_no_such_ledger_gives_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
