#include "ledger/approval.h"

#include "../../support/founders.h"
#include "ledger/act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The epoch of gaj (officers 10, 11) and mzj (20, 21), and a vote of mzj on what follows it. */
struct world {
    enum lh_suite_id id;
    struct lh_suite *suite;
    struct lh_genesis *genesis;
    struct lh_members *members;
    lhpb_Body body;
    lhpb_Leaf leaf;
};

static struct world *new_world(enum lh_suite_id id)
{
    struct world *world = calloc(1, sizeof *world);
    lhpb_Approval *approval;

    assert_non_null(world);
    world->id = id;
    assert_int_equal(lh_suite_new(&world->suite, id, NULL), LH_OK);
    world->genesis = lh_founders_genesis(id);
    assert_int_equal(lh_members_new(&world->members, world->genesis, NULL), LH_OK);
    lh_fixture_body(&world->body, lhpb_EntryType_APPROVAL);
    strcpy(world->body.department, "mzj");
    approval = &world->body.detail.approval;
    memset(approval->proposal, 0x61, sizeof approval->proposal);
    memcpy(approval->parent, lh_members_epoch(world->members)->bytes, sizeof approval->parent);
    approval->round = 3;
    return world;
}

static void free_world(struct world *world)
{
    lh_members_free(world->members);
    lh_genesis_free(world->genesis);
    lh_suite_free(world->suite);
    free(world);
}

static int set_up(void **state)
{
    *state = new_world(LH_SUITE_W);
    return 0;
}

static int tear_down(void **state)
{
    free_world(*state);
    return 0;
}

/* The leaf of the body, signed by these keys for this network. */
static void sign(struct world *world, const struct lh_hash *network_id, const uint8_t *numbers,
                 size_t count)
{
    lhpb_Entry *entry = &world->leaf.kind.entry;
    struct lh_act act = LH_ACT_EMPTY;

    act.suite = world->id;
    act.network_id = *network_id;
    assert_int_equal(lh_body_encode(&act.body, &world->body, NULL), LH_OK);
    for (size_t i = 0; i < count; i++) {
        struct lh_signer *signer = lh_founder_signer(lh_founder_alg(world->id), numbers[i]);

        assert_int_equal(lh_act_sign(&act, world->suite, signer, NULL), LH_OK);
        lh_signer_free(signer);
    }
    memset(&world->leaf, 0, sizeof world->leaf);
    world->leaf.which_kind = lhpb_Leaf_entry_tag;
    entry->body.size = (pb_size_t)act.body.len;
    memcpy(entry->body.bytes, act.body.data, act.body.len);
    entry->signatures_count = (pb_size_t)count;
    for (size_t i = 0; i < count; i++) {
        memcpy(entry->signatures[i].key_id, act.signatures[i].key_id.bytes, LH_KEY_ID_SIZE);
        memcpy(entry->signatures[i].value, act.signatures[i].sig.bytes, LH_SIG_SIZE);
    }
    entry->has_intake = true;
    entry->intake.recorded_at_ms = LH_FIXTURE_TIME_MS;
    lh_act_clear(&act);
}

static enum lh_code read(struct world *world, struct lh_approval *out)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_approval ignored;
    enum lh_code rc;

    assert_int_equal(lh_leaf_encode(&bytes, &world->leaf, NULL), LH_OK);
    rc = lh_approval_read(out != NULL ? out : &ignored, world->suite, world->members,
                          lh_buf_bytes(&bytes), NULL);
    lh_buf_clear(&bytes);
    return rc;
}

/* Signed by keys `a` and `b` for the network; 0: not by the second. */
static enum lh_code read_signed(struct world *world, uint8_t a, uint8_t b)
{
    const uint8_t numbers[] = { a, b };

    sign(world, lh_genesis_network_id(world->genesis), numbers, b != 0 ? 2 : 1);
    return read(world, NULL);
}

static void two_officers_whom_the_epoch_names_make_a_vote(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };
    static const uint8_t officers[] = { 20, 21 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world *world = new_world(suites[i]);
        struct lh_approval approval;

        sign(world, lh_genesis_network_id(world->genesis), officers, 2);
        assert_int_equal(read(world, &approval), LH_OK);
        assert_int_equal(approval.member, 1);
        assert_int_equal(approval.round, 3);
        assert_int_equal(approval.proposal.bytes[31], 0x61);
        free_world(world);
    }
}

static void one_officer_or_somebody_elses_is_no_vote(void **state)
{
    struct world *world = *state;

    assert_int_equal(read_signed(world, 20, 0), LH_ERR_DENIED);
    assert_int_equal(read_signed(world, 20, 10), LH_ERR_DENIED); /* an officer of gaj */
    assert_int_equal(read_signed(world, 20, 22), LH_ERR_DENIED); /* the recorder of mzj */
    assert_int_equal(read_signed(world, 70, 71), LH_ERR_DENIED); /* as a KEYEPOCH may enrol them */
    assert_int_equal(read_signed(world, 20, 21), LH_OK);
}

static void a_signature_that_does_not_hold_is_forged(void **state)
{
    static const uint8_t officers[] = { 20, 21 };
    struct world *world = *state;
    struct lh_hash other = *lh_genesis_network_id(world->genesis);

    assert_int_equal(read_signed(world, 20, 21), LH_OK);
    world->leaf.kind.entry.signatures[1].value[7] ^= 1;
    assert_int_equal(read(world, NULL), LH_ERR_FORGED);
    world->leaf.kind.entry.signatures[1].value[7] ^= 1;
    assert_int_equal(read(world, NULL), LH_OK);
    other.bytes[0] ^= 1;
    sign(world, &other, officers, 2);
    assert_int_equal(read(world, NULL), LH_ERR_FORGED);
}

static void a_vote_is_of_a_member_about_this_epoch_and_an_approval(void **state)
{
    struct world *world = *state;

    world->body.detail.approval.parent[0] ^= 1;
    assert_int_equal(read_signed(world, 20, 21), LH_ERR_CONFLICT);
    world->body.detail.approval.parent[0] ^= 1;
    strcpy(world->body.department, "rsj");
    assert_int_equal(read_signed(world, 20, 21), LH_ERR_INVALID);
    strcpy(world->body.department, "gaj"); /* a member, and these are not its officers */
    assert_int_equal(read_signed(world, 20, 21), LH_ERR_DENIED);
    strcpy(world->body.department, "mzj");
    assert_int_equal(read_signed(world, 20, 21), LH_OK);
    lh_fixture_body(&world->body, lhpb_EntryType_LEAVE);
    strcpy(world->body.department, "mzj");
    assert_int_equal(read_signed(world, 20, 21), LH_ERR_INVALID);
}

static void an_officer_whose_key_an_epoch_ended_votes_no_more(void **state)
{
    struct world *world = *state;
    static lhpb_Proposal proposal;
    lhpb_Rotate *rotate = &proposal.changes[0].kind.rotate;
    struct lh_signer *signer = lh_founder_signer(LH_ALG_ED25519, 70);
    struct lh_members *next = NULL;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_key_id ends =
        lh_key_id_of(world->suite, &lh_genesis_member(world->genesis, 1)->officers[0].key);

    proposal.schema = LH_SCHEMA;
    memcpy(proposal.network_id, lh_genesis_network_id(world->genesis)->bytes, 32);
    memcpy(proposal.parent, lh_members_epoch(world->members)->bytes, 32);
    proposal.number = 1;
    proposal.changes_count = 1;
    proposal.changes[0].which_kind = lhpb_Change_rotate_tag;
    strcpy(rotate->department, "mzj");
    memcpy(rotate->ends, ends.bytes, sizeof rotate->ends);
    assert_int_equal(lh_rotate_sign(rotate, &proposal, signer, NULL), LH_OK);
    assert_int_equal(lh_proposal_encode(&bytes, &proposal, NULL), LH_OK);
    assert_int_equal(lh_members_apply(&next, world->members, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_int_equal(read_signed(world, 20, 21), LH_OK); /* of the epoch before it does */
    lh_members_free(world->members);
    world->members = next;
    memcpy(world->body.detail.approval.parent, lh_members_epoch(next)->bytes, 32);
    assert_int_equal(read_signed(world, 20, 21), LH_ERR_DENIED);
    assert_int_equal(read_signed(world, 70, 21), LH_OK);
    lh_buf_clear(&bytes);
    lh_signer_free(signer);
}

static enum lh_code claim(struct world *world, const char *department,
                          struct lh_approval_claim *out)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    sign(world, lh_genesis_network_id(world->genesis), (const uint8_t[]){ 30 }, 1);
    assert_int_equal(lh_leaf_encode(&bytes, &world->leaf, NULL), LH_OK);
    rc = lh_approval_claim(out, lh_buf_bytes(&bytes), department, NULL);
    lh_buf_clear(&bytes);
    return rc;
}

static void what_an_approval_says_is_read_in_the_ledger_of_its_department(void **state)
{
    struct world *world = *state;
    struct lh_approval_claim said;
    struct lh_bytes none = LH_BYTES_EMPTY;

    assert_int_equal(claim(world, "mzj", &said), LH_OK); /* whoever signed it */
    assert_int_equal(said.round, 3);
    assert_memory_equal(said.proposal.bytes, world->body.detail.approval.proposal, LH_HASH_SIZE);
    assert_memory_equal(said.parent.bytes, world->body.detail.approval.parent, LH_HASH_SIZE);
    assert_int_equal(claim(world, "gaj", &said), LH_ERR_INVALID);
    assert_int_equal(lh_approval_claim(&said, none, "mzj", NULL), LH_ERR_INVALID);
    lh_fixture_body(&world->body, lhpb_EntryType_HEARTBEAT);
    strcpy(world->body.department, "mzj");
    assert_int_equal(claim(world, "mzj", &said), LH_ERR_INVALID);
}

#define CLAIM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_officers_whom_the_epoch_names_make_a_vote),
        CLAIM(one_officer_or_somebody_elses_is_no_vote),
        CLAIM(a_signature_that_does_not_hold_is_forged),
        CLAIM(a_vote_is_of_a_member_about_this_epoch_and_an_approval),
        CLAIM(an_officer_whose_key_an_epoch_ended_votes_no_more),
        CLAIM(what_an_approval_says_is_read_in_the_ledger_of_its_department),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
