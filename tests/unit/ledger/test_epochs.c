#include "ledger/epochs.h"

#include "../../support/founders.h"
#include "../../support/proposing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* The network of gaj and mzj. */
struct world {
    struct lh_genesis *genesis;
    struct lh_epochs *epochs;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->genesis = lh_founders_genesis(LH_SUITE_W);
    assert_int_equal(lh_epochs_new(&world->epochs, world->genesis, NULL), LH_OK);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    lh_epochs_free(world->epochs);
    lh_genesis_free(world->genesis);
    free(world);
    return 0;
}

/* Follows `from`: mzj is put into the group. */
static struct lh_buf regrouped(const struct lh_members *from, const char *group)
{
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_buf bytes;

    assert_non_null(proposal);
    lh_proposing_begin(proposal, from);
    lh_proposing_regroup(proposal, "mzj", group);
    bytes = lh_proposing_bytes(proposal);
    free(proposal);
    return bytes;
}

/* The newest epoch is followed by one that puts mzj into the group. */
static enum lh_code follow(struct world *world, const char *group)
{
    struct lh_buf bytes = regrouped(lh_epochs_newest(world->epochs), group);
    enum lh_code rc = lh_epochs_add(world->epochs, lh_buf_bytes(&bytes), NULL);

    lh_buf_clear(&bytes);
    return rc;
}

static void at_first_the_genesis_file_is_the_only_epoch(void **state)
{
    struct world *world = *state;
    const struct lh_hash *network_id = lh_genesis_network_id(world->genesis);

    assert_int_equal(lh_epochs_count(world->epochs), 1);
    assert_ptr_equal(lh_epochs_newest(world->epochs), lh_epochs_at(world->epochs, 0));
    assert_ptr_equal(lh_epochs_find(world->epochs, network_id), lh_epochs_at(world->epochs, 0));
    assert_int_equal(lh_epochs_proposal(world->epochs, 0).len, 0);
    assert_false(lh_epochs_is_later(world->epochs, network_id, network_id));
}

static void each_epoch_is_found_by_its_hash_with_its_own_members(void **state)
{
    struct world *world = *state;
    const struct lh_members *genesis = lh_epochs_newest(world->epochs);
    struct lh_buf bytes = regrouped(genesis, "east");

    assert_int_equal(lh_epochs_add(world->epochs, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_int_equal(follow(world, "west"), LH_OK);
    assert_int_equal(lh_epochs_count(world->epochs), 3);
    for (size_t i = 0; i < 3; i++) {
        static const char *const groups[] = { "", "east", "west" };
        const struct lh_members *members = lh_epochs_at(world->epochs, i);

        assert_int_equal(lh_members_number(members), i);
        assert_ptr_equal(lh_epochs_find(world->epochs, lh_members_epoch(members)), members);
        assert_string_equal(lh_members_find(members, "mzj")->enrolment.group, groups[i]);
    }
    assert_ptr_equal(lh_epochs_at(world->epochs, 0), genesis); /* stays where it was */
    assert_true(lh_bytes_is_equal(lh_epochs_proposal(world->epochs, 1), lh_buf_bytes(&bytes)));
    lh_buf_clear(&bytes);
}

static void later_is_what_follows_directly_or_through_others(void **state)
{
    struct world *world = *state;
    const struct lh_hash *epochs[3];
    struct lh_hash unknown = { .bytes = { 1 } };

    assert_int_equal(follow(world, "east"), LH_OK);
    assert_int_equal(follow(world, "west"), LH_OK);
    for (size_t i = 0; i < 3; i++) {
        epochs[i] = lh_members_epoch(lh_epochs_at(world->epochs, i));
    }
    for (size_t later = 0; later < 3; later++) {
        for (size_t earlier = 0; earlier < 3; earlier++) {
            assert_int_equal(lh_epochs_is_later(world->epochs, epochs[later], epochs[earlier]),
                             later > earlier);
        }
        assert_false(lh_epochs_is_later(world->epochs, &unknown, epochs[later]));
        assert_false(lh_epochs_is_later(world->epochs, epochs[later], &unknown));
    }
    assert_null(lh_epochs_find(world->epochs, &unknown));
}

static void only_what_follows_the_newest_epoch_is_taken(void **state)
{
    struct world *world = *state;
    const struct lh_members *genesis = lh_epochs_newest(world->epochs);
    struct lh_buf first = regrouped(genesis, "east");
    struct lh_buf other = regrouped(genesis, "west");

    assert_int_equal(lh_epochs_add(world->epochs, lh_buf_bytes(&first), NULL), LH_OK);
    assert_int_equal(lh_epochs_add(world->epochs, lh_buf_bytes(&other), NULL), LH_ERR_CONFLICT);
    assert_int_equal(lh_epochs_add(world->epochs, lh_buf_bytes(&first), NULL), LH_OK); /* is here */
    assert_int_equal(lh_epochs_count(world->epochs), 2);
    assert_int_equal(follow(world, "east"), LH_ERR_INVALID); /* changes nothing */
    assert_int_equal(lh_epochs_add(world->epochs, lh_bytes_of_text("x"), NULL), LH_ERR_INVALID);
    assert_int_equal(lh_epochs_count(world->epochs), 2);
    assert_int_equal(follow(world, "west"), LH_OK);
    lh_buf_clear(&first);
    lh_buf_clear(&other);
}

/* Members come and go: `comes` and `goes` may be NULL. */
static void change_members(struct world *world, const char *comes, uint8_t keys, const char *goes)
{
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_enrolment enrolment;
    struct lh_buf bytes;

    assert_non_null(proposal);
    lh_proposing_begin(proposal, lh_epochs_newest(world->epochs));
    if (comes != NULL) {
        lh_founder_enrolment(&enrolment, LH_SUITE_W, comes, keys);
        lh_proposing_admit(proposal, LH_SUITE_W, &enrolment);
    }
    if (goes != NULL) {
        lh_proposing_remove(proposal, goes);
    }
    bytes = lh_proposing_bytes(proposal);
    assert_int_equal(lh_epochs_add(world->epochs, lh_buf_bytes(&bytes), NULL), LH_OK);
    lh_buf_clear(&bytes);
    free(proposal);
}

static void assert_places(const struct world *world, const char *const *departments, size_t count)
{
    assert_int_equal(lh_epochs_place_count(world->epochs), count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(lh_epochs_department(world->epochs, i), departments[i]);
        assert_int_equal(lh_epochs_place(world->epochs, departments[i]), i);
    }
}

static void a_department_keeps_its_place_whoever_comes_and_goes(void **state)
{
    static const char *const departments[] = { "gaj", "mzj", "zrj", "abj" };
    struct world *world = *state;

    assert_places(world, departments, 2);
    assert_int_equal(lh_epochs_place(world->epochs, "zrj"), SIZE_MAX);
    change_members(world, "zrj", 30, NULL);  /* behind the founders, */
    change_members(world, "abj", 40, "gaj"); /* and not where the alphabet has them */
    assert_places(world, departments, 4);
    change_members(world, "gaj", 50, "zrj"); /* who comes again has its place still */
    assert_places(world, departments, 4);
    assert_int_equal(lh_epochs_place(world->epochs, "wjw"), SIZE_MAX);
}

static void the_first_and_the_newest_epoch_of_a_department_are_found(void **state)
{
    struct world *world = *state;

    change_members(world, "zrj", 30, NULL);
    change_members(world, NULL, 0, "gaj");
    assert_ptr_equal(lh_epochs_first_with(world->epochs, "gaj"), lh_epochs_at(world->epochs, 0));
    assert_ptr_equal(lh_epochs_last_with(world->epochs, "gaj"), lh_epochs_at(world->epochs, 1));
    assert_ptr_equal(lh_epochs_first_with(world->epochs, "zrj"), lh_epochs_at(world->epochs, 1));
    assert_ptr_equal(lh_epochs_last_with(world->epochs, "zrj"), lh_epochs_at(world->epochs, 2));
    assert_null(lh_epochs_first_with(world->epochs, "wjw"));
    assert_null(lh_epochs_last_with(world->epochs, "wjw"));
}

static void there_is_room_for_1024_epochs(void **state)
{
    struct world *world = *state;

    while (lh_epochs_count(world->epochs) < LH_EPOCHS_MAX) {
        assert_int_equal(follow(world, lh_epochs_count(world->epochs) % 2 ? "east" : "west"),
                         LH_OK);
    }
    assert_int_equal(LH_EPOCHS_MAX, 1024);
    assert_int_equal(follow(world, "north"), LH_ERR_LIMIT);
    assert_int_equal(lh_epochs_count(world->epochs), LH_EPOCHS_MAX);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test_setup_teardown(at_first_the_genesis_file_is_the_only_epoch, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_epoch_is_found_by_its_hash_with_its_own_members,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(later_is_what_follows_directly_or_through_others, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_what_follows_the_newest_epoch_is_taken, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_department_keeps_its_place_whoever_comes_and_goes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_first_and_the_newest_epoch_of_a_department_are_found,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(there_is_room_for_1024_epochs, set_up, tear_down),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
