#include "ledger/proposal.h"

#include "../../support/founders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static lhpb_Proposal proposal;

static void add_rotation(lhpb_Rotate *rotate, enum lh_suite_id suite)
{
    struct lh_signer *signer = lh_founder_signer(lh_founder_alg(suite), 77);

    strcpy(rotate->department, "gaj");
    memset(rotate->ends, 5, sizeof rotate->ends);
    rotate->has_next = true;
    memset(rotate->next, 6, sizeof rotate->next);
    assert_int_equal(lh_rotate_sign(rotate, &proposal, signer, NULL), LH_OK);
    lh_signer_free(signer);
}

/* One change of each kind. */
static void fill(enum lh_suite_id suite)
{
    lhpb_Change *changes = proposal.changes;

    memset(&proposal, 0, sizeof proposal);
    proposal.schema = LH_SCHEMA;
    memset(proposal.network_id, 1, sizeof proposal.network_id);
    memset(proposal.parent, 2, sizeof proposal.parent);
    proposal.number = 7;
    proposal.round = 3;
    proposal.changes_count = 9;
    for (size_t i = 0; i < 9; i++) {
        changes[i].which_kind = (pb_size_t)(lhpb_Change_admit_tag + i);
    }
    changes[0].kind.admit.enrolment.size = 5;
    strcpy(changes[1].kind.remove.department, "mzj");
    add_rotation(&changes[2].kind.rotate, suite);
    add_rotation(&changes[3].kind.replace, suite);
    strcpy(changes[4].kind.commit.department, "gaj");
    memset(changes[4].kind.commit.key_id, 8, 16);
    memset(changes[4].kind.commit.next, 9, 16);
    strcpy(changes[5].kind.regroup.department, "gaj");
    strcpy(changes[6].kind.assign.department, "gaj");
    changes[6].kind.assign.roles = LH_MEMBER_CATALOGUE;
    strcpy(changes[7].kind.limit.department, "gaj");
    changes[7].kind.limit.bytes_per_s = 1000;
    strcpy(changes[8].kind.branch.origin, "jinhua/gaj/1");
    changes[8].kind.branch.size = 12;
    memset(changes[8].kind.branch.root, 4, 32);
}

static enum lh_code encode(struct lh_buf *out)
{
    lh_buf_reset(out);
    return lh_proposal_encode(out, &proposal, NULL);
}

static void a_proposal_decodes_to_what_was_encoded(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };
    lhpb_Proposal *again = malloc(sizeof *again);
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        fill(suites[i]);
        assert_int_equal(encode(&first), LH_OK);
        assert_int_equal(lh_proposal_decode(again, lh_buf_bytes(&first), NULL), LH_OK);
        assert_int_equal(again->number, 7);
        assert_int_equal(again->changes_count, 9);
        assert_string_equal(again->changes[8].kind.branch.origin, "jinhua/gaj/1");
        lh_buf_reset(&second);
        assert_int_equal(lh_proposal_encode(&second, again, NULL), LH_OK);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&first), lh_buf_bytes(&second)));
    }
    lh_buf_clear(&second);
    lh_buf_clear(&first);
    free(again);
}

static void break_schema(void)
{
    proposal.schema = 0;
}
static void break_network(void)
{
    memset(proposal.network_id, 0, 32);
}
static void break_parent(void)
{
    memset(proposal.parent, 0, 32);
}
static void break_number(void)
{
    proposal.number = 0;
}
static void break_count(void)
{
    proposal.changes_count = 0;
}
static void break_kind(void)
{
    proposal.changes[1].which_kind = 0;
}
static void break_enrolment(void)
{
    proposal.changes[0].kind.admit.enrolment.size = 0;
}
static void break_removed(void)
{
    strcpy(proposal.changes[1].kind.remove.department, "MZJ");
}
static void break_rotated(void)
{
    proposal.changes[2].kind.rotate.department[0] = '\0';
}
static void break_ends(void)
{
    memset(proposal.changes[2].kind.rotate.ends, 0, 16);
}
static void break_key(void)
{
    proposal.changes[2].kind.rotate.has_key = false;
}
static void break_next(void)
{
    memset(proposal.changes[2].kind.rotate.next, 0, 16);
}
static void break_proof(void)
{
    memset(proposal.changes[3].kind.replace.proof, 0, 64);
}
static void break_commit(void)
{
    memset(proposal.changes[4].kind.commit.next, 0, 16);
}
static void break_group(void)
{
    strcpy(proposal.changes[5].kind.regroup.group, "a b");
}
static void break_roles(void)
{
    proposal.changes[6].kind.assign.roles = 4;
}
static void break_limit(void)
{
    proposal.changes[7].kind.limit.bytes_per_s = UINT64_MAX;
}
static void break_origin(void)
{
    strcpy(proposal.changes[8].kind.branch.origin, "jinhua/gaj");
}
static void break_size(void)
{
    proposal.changes[8].kind.branch.size = 0;
}
static void break_root(void)
{
    memset(proposal.changes[8].kind.branch.root, 0, 32);
}

static void a_proposal_is_refused_for_each_of_its_rules(void **state)
{
    static const struct {
        const char *name;
        void (*break_it)(void);
    } rows[] = {
        { "schema", break_schema },
        { "network", break_network },
        { "parent", break_parent },
        { "number", break_number },
        { "no change", break_count },
        { "kind", break_kind },
        { "enrolment", break_enrolment },
        { "removed", break_removed },
        { "rotated", break_rotated },
        { "ends", break_ends },
        { "key", break_key },
        { "next", break_next },
        { "proof", break_proof },
        { "commit", break_commit },
        { "group", break_group },
        { "roles", break_roles },
        { "limit", break_limit },
        { "origin", break_origin },
        { "size", break_size },
        { "root", break_root },
    };
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].name);
        fill(LH_SUITE_W);
        assert_int_equal(encode(&bytes), LH_OK);
        rows[i].break_it();
        assert_int_equal(encode(&bytes), LH_ERR_INVALID);
    }
    lh_buf_clear(&bytes);
}

static void a_newer_schema_is_unknown_whatever_else_it_holds(void **state)
{
    static const uint8_t newer[] = { 0x08, 0x02, 0xff, 0xff };
    static const uint8_t older[] = { 0x08, 0x01, 0xff, 0xff };
    lhpb_Proposal *again = malloc(sizeof *again);

    (void)state;
    assert_int_equal(lh_proposal_decode(again, lh_bytes_of(newer, sizeof newer), NULL),
                     LH_ERR_UNKNOWN);
    assert_int_equal(lh_proposal_decode(again, lh_bytes_of(older, sizeof older), NULL),
                     LH_ERR_INVALID);
    free(again);
}

static void any_flipped_bit_is_refused_or_makes_another_epoch(void **state)
{
    lhpb_Proposal *again = malloc(sizeof *again);
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_suite *suite = NULL;
    struct lh_hash hash;
    size_t taken = 0;

    (void)state;
    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    fill(LH_SUITE_W);
    assert_int_equal(encode(&bytes), LH_OK);
    hash = lh_proposal_hash(suite, lh_buf_bytes(&bytes));
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (lh_proposal_decode(again, lh_buf_bytes(&bytes), NULL) == LH_OK) {
            struct lh_hash other = lh_proposal_hash(suite, lh_buf_bytes(&bytes));

            assert_false(lh_hash_is_equal(&hash, &other));
            taken++;
        }
        bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_true(taken > 0);
    assert_int_equal(lh_proposal_decode(again, lh_buf_bytes(&bytes), NULL), LH_OK);
    lh_suite_free(suite);
    lh_buf_clear(&bytes);
    free(again);
}

static void the_proof_of_a_key_holds_where_it_was_made_and_nowhere_else(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        lhpb_Rotate *rotate = &proposal.changes[2].kind.rotate;
        lhpb_Rotate good;

        fill(suites[i]);
        good = *rotate;
        assert_int_equal(lh_rotate_verify(rotate, &proposal, NULL), LH_OK);
        rotate->ends[0] ^= 1;
        assert_int_equal(lh_rotate_verify(rotate, &proposal, NULL), LH_ERR_FORGED);
        *rotate = good;
        strcpy(rotate->department, "mzj");
        assert_int_equal(lh_rotate_verify(rotate, &proposal, NULL), LH_ERR_FORGED);
        *rotate = good;
        rotate->proof[9] ^= 1;
        assert_int_equal(lh_rotate_verify(rotate, &proposal, NULL), LH_ERR_FORGED);
        *rotate = good;
        proposal.parent[0] ^= 1;
        assert_int_equal(lh_rotate_verify(rotate, &proposal, NULL), LH_ERR_FORGED);
        proposal.parent[0] ^= 1;
        proposal.network_id[0] ^= 1;
        assert_int_equal(lh_rotate_verify(rotate, &proposal, NULL), LH_ERR_FORGED);
        proposal.network_id[0] ^= 1;
        assert_int_equal(lh_rotate_verify(rotate, &proposal, NULL), LH_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_decodes_to_what_was_encoded),
        cmocka_unit_test(a_proposal_is_refused_for_each_of_its_rules),
        cmocka_unit_test(a_newer_schema_is_unknown_whatever_else_it_holds),
        cmocka_unit_test(any_flipped_bit_is_refused_or_makes_another_epoch),
        cmocka_unit_test(the_proof_of_a_key_holds_where_it_was_made_and_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
