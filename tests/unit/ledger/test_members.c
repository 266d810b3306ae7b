#include "ledger/members.h"

#include "../../support/founders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The network of gaj (keys 10 ..) and mzj (20 ..), an epoch of it, and what follows. */
struct world {
    enum lh_suite_id id;
    struct lh_suite *suite;
    struct lh_genesis *genesis;
    struct lh_members *members;
    lhpb_Proposal proposal;
};

static void begin_proposal(struct world *world)
{
    memset(&world->proposal, 0, sizeof world->proposal);
    world->proposal.schema = LH_SCHEMA;
    memcpy(world->proposal.network_id, lh_genesis_network_id(world->genesis)->bytes, 32);
    memcpy(world->proposal.parent, lh_members_epoch(world->members)->bytes, 32);
    world->proposal.number = lh_members_number(world->members) + 1;
}

static struct world *new_world(enum lh_suite_id id)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->id = id;
    assert_int_equal(lh_suite_new(&world->suite, id, NULL), LH_OK);
    world->genesis = lh_founders_genesis(id);
    assert_int_equal(lh_members_new(&world->members, world->genesis, NULL), LH_OK);
    begin_proposal(world);
    return world;
}

static int set_up(void **state)
{
    *state = new_world(LH_SUITE_W);
    return 0;
}

static void free_world(struct world *world)
{
    lh_members_free(world->members);
    lh_genesis_free(world->genesis);
    lh_suite_free(world->suite);
    free(world);
}

static int tear_down(void **state)
{
    free_world(*state);
    return 0;
}

static lhpb_Change *add(struct world *world, pb_size_t kind)
{
    lhpb_Change *change = &world->proposal.changes[world->proposal.changes_count++];

    change->which_kind = kind;
    return change;
}

/* The proposal applied: the members become what it makes of them, if it fits. */
static enum lh_code apply(struct world *world)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_members *next = NULL;
    enum lh_code rc;

    assert_int_equal(lh_proposal_encode(&bytes, &world->proposal, NULL), LH_OK);
    rc = lh_members_apply(&next, world->members, lh_buf_bytes(&bytes), NULL);
    lh_buf_clear(&bytes);
    if (rc == LH_OK) {
        lh_members_free(world->members);
        world->members = next;
    }
    begin_proposal(world);
    return rc;
}

static void admit(struct world *world, const char *department, uint8_t first)
{
    lhpb_Admit *change = &add(world, lhpb_Change_admit_tag)->kind.admit;
    struct lh_enrolment enrolment;
    struct lh_buf bytes = LH_BUF_EMPTY;

    lh_founder_enrolment(&enrolment, world->id, department, first);
    assert_int_equal(lh_enrolment_encode(&bytes, &enrolment, world->id, NULL), LH_OK);
    change->enrolment.size = (pb_size_t)bytes.len;
    memcpy(change->enrolment.bytes, bytes.data, bytes.len);
    lh_buf_clear(&bytes);
}

static void take_out(struct world *world, const char *department)
{
    strcpy(add(world, lhpb_Change_remove_tag)->kind.remove.department, department);
}

static struct lh_key_id id_of(struct world *world, uint8_t number)
{
    struct lh_signer *signer = lh_founder_signer(lh_founder_alg(world->id), number);
    struct lh_key_id id = lh_key_id_of(world->suite, lh_signer_pubkey(signer));

    lh_signer_free(signer);
    return id;
}

/* Key `to` takes the place of key `from`; `next` 0: nothing is committed. */
static lhpb_Rotate *rotate(struct world *world, pb_size_t kind, const char *department,
                           uint8_t from, uint8_t to, uint8_t next)
{
    struct lh_signer *signer = lh_founder_signer(lh_founder_alg(world->id), to);
    struct lh_key_id ends = id_of(world, from);
    lhpb_Rotate *change = &add(world, kind)->kind.rotate; /* the same place as `replace` */

    strcpy(change->department, department);
    memcpy(change->ends, ends.bytes, sizeof change->ends);
    change->has_next = next != 0;
    if (next != 0) {
        struct lh_key_id id = id_of(world, next);

        memcpy(change->next, id.bytes, sizeof change->next);
    }
    assert_int_equal(lh_rotate_sign(change, &world->proposal, signer, NULL), LH_OK);
    lh_signer_free(signer);
    return change;
}

static void commit(struct world *world, const char *department, uint8_t key, uint8_t next)
{
    lhpb_Commit *change = &add(world, lhpb_Change_commit_tag)->kind.commit;
    struct lh_key_id id = id_of(world, key);
    struct lh_key_id next_id = id_of(world, next);

    strcpy(change->department, department);
    memcpy(change->key_id, id.bytes, sizeof change->key_id);
    memcpy(change->next, next_id.bytes, sizeof change->next);
}

static void assign(struct world *world, const char *department, uint64_t roles)
{
    lhpb_Assign *change = &add(world, lhpb_Change_assign_tag)->kind.assign;

    strcpy(change->department, department);
    change->roles = roles;
}

static bool has_key(struct world *world, const char *department, size_t place, uint8_t number)
{
    const struct lh_member *member = lh_members_find(world->members, department);
    struct lh_key_id wanted = id_of(world, number);
    struct lh_key_id id = lh_key_id_of(world->suite, lh_enrolment_key(&member->enrolment, place));

    return lh_key_id_is_equal(&id, &wanted);
}

/* ---- epochs ---- */

static void epoch_0_is_the_genesis_file(void **state)
{
    struct world *world = *state;

    assert_true(
        lh_hash_is_equal(lh_members_epoch(world->members), lh_genesis_network_id(world->genesis)));
    assert_int_equal(lh_members_number(world->members), 0);
    assert_int_equal(lh_members_count(world->members), 2);
    assert_string_equal(lh_members_at(world->members, 1)->enrolment.department, "mzj");
    assert_int_equal(lh_members_find(world->members, "gaj")->roles, LH_MEMBER_WITNESS);
    assert_null(lh_members_find(world->members, "rsj"));
}

static void a_member_is_admitted_in_its_place_and_removed_again(void **state)
{
    struct world *world = *state;
    struct lh_hash epoch;

    admit(world, "hbj", 30);
    assert_int_equal(apply(world), LH_OK);
    assert_int_equal(lh_members_number(world->members), 1);
    assert_int_equal(lh_members_count(world->members), 3);
    assert_string_equal(lh_members_at(world->members, 1)->enrolment.department, "hbj");
    assert_int_equal(lh_members_at(world->members, 1)->roles, LH_MEMBER_WITNESS);
    epoch = *lh_members_epoch(world->members);
    take_out(world, "gaj");
    assert_int_equal(apply(world), LH_OK);
    assert_null(lh_members_find(world->members, "gaj"));
    assert_string_equal(lh_members_at(world->members, 0)->enrolment.department, "hbj");
    assert_false(lh_hash_is_equal(&epoch, lh_members_epoch(world->members)));
    admit(world, "gaj", 40); /* comes back with other keys */
    assert_int_equal(apply(world), LH_OK);
    assert_int_equal(lh_members_number(world->members), 3);
}

static void an_epoch_leaves_the_one_before_as_it_was(void **state)
{
    struct world *world = *state;
    struct lh_members *next = NULL;
    struct lh_buf bytes = LH_BUF_EMPTY;

    admit(world, "rsj", 30);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 70, 0);
    assert_int_equal(lh_proposal_encode(&bytes, &world->proposal, NULL), LH_OK);
    assert_int_equal(lh_members_apply(&next, world->members, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_int_equal(lh_members_count(world->members), 2);
    assert_true(has_key(world, "gaj", 3, 13));
    lh_members_free(world->members);
    world->members = next;
    assert_int_equal(lh_members_count(world->members), 3);
    assert_true(has_key(world, "gaj", 3, 70));
    lh_buf_clear(&bytes);
}

static void only_what_follows_this_epoch_of_this_network_is_applied(void **state)
{
    struct world *world = *state;

    admit(world, "rsj", 30);
    world->proposal.network_id[0] ^= 1;
    assert_int_equal(apply(world), LH_ERR_CONFLICT);
    admit(world, "rsj", 30);
    world->proposal.parent[0] ^= 1;
    assert_int_equal(apply(world), LH_ERR_CONFLICT);
    admit(world, "rsj", 30);
    world->proposal.number = 2;
    assert_int_equal(apply(world), LH_ERR_INVALID);
    admit(world, "rsj", 30);
    assert_int_equal(apply(world), LH_OK);
}

static void changes_apply_in_order_and_all_or_none(void **state)
{
    struct world *world = *state;

    take_out(world, "mzj"); /* one of the last two here, */
    admit(world, "rsj", 30);
    assert_int_equal(apply(world), LH_ERR_INVALID);
    admit(world, "rsj", 30); /* not any more here */
    take_out(world, "mzj");
    assert_int_equal(apply(world), LH_OK);
    admit(world, "zrj", 40);
    assign(world, "nobody", LH_MEMBER_CATALOGUE);
    assert_int_equal(apply(world), LH_ERR_INVALID);
    assert_null(lh_members_find(world->members, "zrj"));
    assert_int_equal(lh_members_number(world->members), 1);
    admit(world, "zrj", 40);
    assert_int_equal(apply(world), LH_OK);
}

/* ---- members ---- */

static void nobody_is_admitted_twice_or_with_a_key_of_another(void **state)
{
    struct world *world = *state;

    admit(world, "gaj", 30);
    assert_int_equal(apply(world), LH_ERR_INVALID);
    admit(world, "rsj", 25); /* its first officer has the governance key of mzj */
    assert_int_equal(apply(world), LH_ERR_INVALID);
    admit(world, "rsj", 30);
    world->proposal.changes[0].kind.admit.enrolment.bytes[0] ^= 1;
    assert_int_equal(apply(world), LH_ERR_INVALID);
    admit(world, "rsj", 30);
    assert_int_equal(apply(world), LH_OK);
}

static void the_last_two_members_stay(void **state)
{
    struct world *world = *state;

    take_out(world, "gaj");
    assert_int_equal(apply(world), LH_ERR_INVALID);
    take_out(world, "nobody");
    assert_int_equal(apply(world), LH_ERR_INVALID);
    admit(world, "rsj", 30);
    assert_int_equal(apply(world), LH_OK);
    take_out(world, "gaj");
    assert_int_equal(apply(world), LH_OK);
}

/* A fresh key for each place of an enrolment. */
static void admit_fresh(struct world *world, const char *department)
{
    lhpb_Admit *change = &add(world, lhpb_Change_admit_tag)->kind.admit;
    struct lh_enrolment enrolment;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_pubkey *const keys[] = { &enrolment.officers[0].key, &enrolment.officers[1].key,
                                       &enrolment.recorder,        &enrolment.witness,
                                       &enrolment.mirror,          &enrolment.governance };

    lh_founder_enrolment(&enrolment, world->id, department, 30);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct lh_signer *signer = NULL;

        assert_int_equal(lh_signer_generate(&signer, LH_ALG_ED25519, NULL), LH_OK);
        *keys[i] = *lh_signer_pubkey(signer);
        lh_signer_free(signer);
    }
    assert_int_equal(lh_enrolment_encode(&bytes, &enrolment, world->id, NULL), LH_OK);
    change->enrolment.size = (pb_size_t)bytes.len;
    memcpy(change->enrolment.bytes, bytes.data, bytes.len);
    lh_buf_clear(&bytes);
}

static void a_network_has_at_most_256_members(void **state)
{
    struct world *world = *state;
    char code[16];

    for (size_t i = 2; i < LH_MEMBERS_MAX; i++) {
        (void)snprintf(code, sizeof code, "d%03zu", i);
        admit_fresh(world, code);
        if (world->proposal.changes_count == 16 || i + 1 == LH_MEMBERS_MAX) {
            assert_int_equal(apply(world), LH_OK);
        }
    }
    assert_int_equal(lh_members_count(world->members), LH_MEMBERS_MAX);
    admit_fresh(world, "d256");
    assert_int_equal(apply(world), LH_ERR_INVALID);
    take_out(world, "gaj");
    admit_fresh(world, "d256");
    assert_int_equal(apply(world), LH_OK);
}

/* ---- keys ---- */

static void every_key_of_an_enrolment_rotates(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world *world = new_world(suites[i]);

        for (uint8_t place = 0; place < LH_FOUNDER_KEYS; place++) {
            (void)rotate(world, lhpb_Change_rotate_tag, "gaj", (uint8_t)(10 + place),
                         (uint8_t)(60 + place), 0);
            assert_int_equal(apply(world), LH_OK);
            assert_true(has_key(world, "gaj", place, (uint8_t)(60 + place)));
        }
        free_world(world);
    }
}

static void a_key_comes_in_only_with_its_own_proof_and_in_place_of_one_that_is_there(void **state)
{
    struct world *world = *state;
    lhpb_Rotate *change;

    change = rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 70, 0);
    change->proof[0] ^= 1;
    assert_int_equal(apply(world), LH_ERR_FORGED);
    change = rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 70, 0);
    strcpy(change->department, "mzj"); /* the proof is for gaj, and mzj has no such key */
    assert_int_equal(apply(world), LH_ERR_INVALID);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 23, 70, 0); /* a key of mzj */
    assert_int_equal(apply(world), LH_ERR_INVALID);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 13, 0);
    assert_int_equal(apply(world), LH_ERR_INVALID);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 12, 0); /* its own recorder */
    assert_int_equal(apply(world), LH_ERR_INVALID);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 22, 0); /* the recorder of mzj */
    assert_int_equal(apply(world), LH_ERR_INVALID);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 70, 0);
    assert_int_equal(apply(world), LH_OK);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 71, 0); /* has ended */
    assert_int_equal(apply(world), LH_ERR_INVALID);
}

static void a_committed_key_is_followed_by_the_one_it_was_committed_to(void **state)
{
    struct world *world = *state;

    commit(world, "gaj", 13, 70);
    assert_int_equal(apply(world), LH_OK);
    commit(world, "gaj", 13, 71); /* who stole the key does not commit it anew */
    assert_int_equal(apply(world), LH_ERR_INVALID);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 71, 0);
    assert_int_equal(apply(world), LH_ERR_INVALID);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 14, 71, 0); /* another key is free */
    assert_int_equal(apply(world), LH_OK);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 70, 72);
    assert_int_equal(apply(world), LH_OK);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 70, 73, 0); /* committed by the rotation */
    assert_int_equal(apply(world), LH_ERR_INVALID);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 70, 72, 0);
    assert_int_equal(apply(world), LH_OK);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 72, 74, 0); /* not committed any more */
    assert_int_equal(apply(world), LH_OK);
}

static void an_emergency_replaces_a_key_against_its_commitment(void **state)
{
    struct world *world = *state;
    lhpb_Rotate *change;

    commit(world, "gaj", 13, 70);
    assert_int_equal(apply(world), LH_OK);
    (void)rotate(world, lhpb_Change_rotate_tag, "gaj", 13, 71, 0);
    assert_int_equal(apply(world), LH_ERR_INVALID);
    change = rotate(world, lhpb_Change_replace_tag, "gaj", 13, 71, 0);
    change->proof[0] ^= 1;
    assert_int_equal(apply(world), LH_ERR_FORGED);
    (void)rotate(world, lhpb_Change_replace_tag, "gaj", 13, 71, 0);
    assert_int_equal(apply(world), LH_OK);
    assert_true(has_key(world, "gaj", 3, 71));
}

/* ---- duties ---- */

static void duties_change_and_a_change_that_changes_nothing_is_refused(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < 2; i++) { /* the second time each of them is there already */
        enum lh_code wanted = i == 0 ? LH_OK : LH_ERR_INVALID;
        lhpb_Regroup *regroup;
        lhpb_Limit *limit;

        assign(world, "gaj", LH_MEMBER_CATALOGUE);
        assert_int_equal(apply(world), wanted);
        regroup = &add(world, lhpb_Change_regroup_tag)->kind.regroup;
        strcpy(regroup->department, "gaj");
        strcpy(regroup->group, "zhengfa");
        assert_int_equal(apply(world), wanted);
        limit = &add(world, lhpb_Change_limit_tag)->kind.limit;
        strcpy(limit->department, "gaj");
        limit->bytes_per_s = 4096;
        assert_int_equal(apply(world), wanted);
    }
    const struct lh_member *member = lh_members_find(world->members, "gaj");
    assert_int_equal(member->roles, LH_MEMBER_CATALOGUE);
    assert_string_equal(member->enrolment.group, "zhengfa");
    assert_int_equal(member->bytes_per_s, 4096);
    assert_int_equal(lh_members_find(world->members, "mzj")->roles, LH_MEMBER_WITNESS);
}

static enum lh_code name_branch(struct world *world, const char *origin, uint8_t root)
{
    lhpb_Branch *branch = &add(world, lhpb_Change_branch_tag)->kind.branch;

    strcpy(branch->origin, origin);
    branch->size = 12;
    memset(branch->root, root, sizeof branch->root);
    return apply(world);
}

static void a_branch_is_named_of_a_members_ledger(void **state)
{
    struct world *world = *state;

    assert_null(lh_members_branch(world->members, "jinhua/gaj/1"));
    assert_int_equal(name_branch(world, "wenzhou/gaj/1", 7), LH_ERR_INVALID);
    assert_int_equal(name_branch(world, "jinhua/rsj/1", 7), LH_ERR_INVALID);
    assert_int_equal(name_branch(world, "jinhua/gaj/1", 7), LH_OK);
    assert_int_equal(name_branch(world, "jinhua/gaj/1", 7), LH_ERR_INVALID);
    assert_int_equal(name_branch(world, "jinhua/gaj/2", 8), LH_OK);
    assert_int_equal(lh_members_branch(world->members, "jinhua/gaj/1")->root.bytes[31], 7);
    assert_int_equal(lh_members_branch(world->members, "jinhua/gaj/2")->root.bytes[31], 8);
    assert_int_equal(name_branch(world, "jinhua/gaj/1", 9), LH_OK); /* a later epoch decides anew */
    assert_int_equal(lh_members_branch(world->members, "jinhua/gaj/1")->root.bytes[31], 9);
}

#define CLAIM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(epoch_0_is_the_genesis_file),
        CLAIM(a_member_is_admitted_in_its_place_and_removed_again),
        CLAIM(an_epoch_leaves_the_one_before_as_it_was),
        CLAIM(only_what_follows_this_epoch_of_this_network_is_applied),
        CLAIM(changes_apply_in_order_and_all_or_none),
        CLAIM(nobody_is_admitted_twice_or_with_a_key_of_another),
        CLAIM(the_last_two_members_stay),
        CLAIM(a_network_has_at_most_256_members),
        cmocka_unit_test(every_key_of_an_enrolment_rotates),
        CLAIM(a_key_comes_in_only_with_its_own_proof_and_in_place_of_one_that_is_there),
        CLAIM(a_committed_key_is_followed_by_the_one_it_was_committed_to),
        CLAIM(an_emergency_replaces_a_key_against_its_commitment),
        CLAIM(duties_change_and_a_change_that_changes_nothing_is_refused),
        CLAIM(a_branch_is_named_of_a_members_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
