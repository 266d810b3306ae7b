#include "net/tally.h"

#include "tests/support/founders.h"
#include "tests/support/town.h"

#include "ledger/checkpoint.h"
#include "ledger/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 6 };

/* A head of gaj with the lines of `witnesses` witnesses, `mirrors` of them as mirrors too. */
static void write_note(const struct lh_town *town, const struct lh_tally *tally, size_t witnesses,
                       size_t mirrors, struct lh_buf *out)
{
    struct lh_checkpoint head = { .origin = "jinhua/gaj/1", .size = 7 };
    struct lh_buf text = LH_BUF_EMPTY;

    lh_buf_reset(out);
    lh_checkpoint_format(&text, &head);
    lh_town_sign(town, 0, &head, out);
    for (size_t i = 0; i < witnesses; i++) {
        const struct lh_tally_witness *witness = &tally->witnesses[i];
        size_t who = 0;

        while (strcmp(lh_town_department(who), witness->department) != 0) {
            who++;
        }
        assert_int_equal(lh_note_add_line(out, lh_buf_bytes(&text), &witness->witness_key,
                                          lh_town_witness(town, who), 5, NULL),
                         LH_OK);
        if (i < mirrors) {
            assert_int_equal(lh_note_add_line(out, lh_buf_bytes(&text), &witness->mirror_key,
                                              lh_town_mirror(town, who), 5, NULL),
                             LH_OK);
        }
    }
    lh_buf_clear(&text);
}

static enum lh_code read(const struct lh_tally *tally, const struct lh_buf *bytes,
                         struct lh_tally_sum *sum, struct lh_buf *lines)
{
    struct lh_note note;

    lh_buf_reset(lines);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(bytes), NULL), LH_OK);
    return lh_tally_read(tally, &note, sum, lines, NULL);
}

/* Six departments: five witnesses, four make a head witnessed. */
static void every_sum_has_its_level(void **state)
{
    struct lh_town *town = lh_town_new(LH_SUITE_W, COUNT);
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_buf lines = LH_BUF_EMPTY;
    struct lh_tally_sum sum;
    struct lh_tally tally;

    (void)state;
    assert_int_equal(
        lh_tally_init_founders(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
        LH_OK);
    assert_int_equal(tally.count, COUNT - 1);
    for (size_t witnesses = 0; witnesses < COUNT; witnesses++) {
        for (size_t mirrors = 0; mirrors <= witnesses; mirrors++) {
            write_note(town, &tally, witnesses, mirrors, &note);
            assert_int_equal(read(&tally, &note, &sum, &lines), LH_OK);
            assert_int_equal(sum.witness_count, witnesses);
            assert_int_equal(sum.mirror_count, mirrors);
            assert_int_equal(lh_tally_is_witnessed(&tally, &sum), witnesses >= 4);
            assert_int_equal(lh_tally_is_final(&tally, &sum), witnesses >= 4 && mirrors >= 2);
            assert_int_equal(lh_tally_level(&tally, &sum), witnesses < 4 ? LH_LEVEL_SEALED
                                                           : mirrors < 2 ? LH_LEVEL_WITNESSED
                                                                         : LH_LEVEL_FINAL);
            assert_true(lines.len < note.len);
        }
    }
    lh_buf_clear(&lines);
    lh_buf_clear(&note);
    lh_town_free(town);
}

static void the_authors_own_keys_and_a_mirror_alone_count_for_nothing(void **state)
{
    struct lh_town *town = lh_town_new(LH_SUITE_W, COUNT);
    struct lh_checkpoint head = { .origin = "jinhua/gaj/1", .size = 7 };
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf lines = LH_BUF_EMPTY;
    struct lh_note_key own;
    struct lh_tally_sum sum;
    struct lh_tally tally;
    size_t who = 0;

    (void)state;
    assert_int_equal(
        lh_tally_init_founders(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
        LH_OK);
    assert_int_equal(lh_genesis_witness_key(
                         &own, lh_town_genesis(town),
                         lh_genesis_find(lh_town_genesis(town), lh_bytes_of_text("gaj")), NULL),
                     LH_OK);
    while (strcmp(lh_town_department(who), tally.witnesses[0].department) != 0) {
        who++;
    }
    lh_checkpoint_format(&text, &head);
    write_note(town, &tally, 3, 0, &note);
    assert_int_equal(
        lh_note_add_line(&note, lh_buf_bytes(&text), &own, lh_town_witness(town, 0), 5, NULL),
        LH_OK);
    assert_int_equal(read(&tally, &note, &sum, &lines), LH_OK);
    assert_int_equal(sum.witness_count, 3);
    write_note(town, &tally, 0, 0, &note);
    assert_int_equal(lh_note_add_line(&note, lh_buf_bytes(&text), &tally.witnesses[0].mirror_key,
                                      lh_town_mirror(town, who), 5, NULL),
                     LH_OK);
    assert_int_equal(read(&tally, &note, &sum, &lines), LH_OK);
    assert_int_equal(sum.witness_count, 0);
    assert_int_equal(sum.mirror_count, 0);
    lh_buf_clear(&lines);
    lh_buf_clear(&text);
    lh_buf_clear(&note);
    lh_town_free(town);
}

static void a_line_that_does_not_verify_refuses_the_whole(void **state)
{
    struct lh_town *town = lh_town_new(LH_SUITE_G, COUNT);
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_buf lines = LH_BUF_EMPTY;
    struct lh_tally_sum sum;
    struct lh_tally tally;

    (void)state;
    assert_int_equal(
        lh_tally_init_founders(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
        LH_OK);
    write_note(town, &tally, 5, 5, &note);
    assert_int_equal(read(&tally, &note, &sum, &lines), LH_OK);
    assert_true(lh_tally_is_final(&tally, &sum));
    note.data[note.len - 10] = note.data[note.len - 10] == 'A' ? 'B' : 'A';
    assert_int_equal(read(&tally, &note, &sum, &lines), LH_ERR_FORGED);
    lh_buf_clear(&lines);
    lh_buf_clear(&note);
    lh_town_free(town);
}

static enum lh_code judge(const struct lh_town *town, const struct lh_buf *bytes,
                          struct lh_tally_report *out)
{
    struct lh_note note;

    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(bytes), NULL), LH_OK);
    return lh_tally_judge_founders(out, lh_town_suite(town), lh_town_genesis(town), "gaj", &note,
                                   NULL);
}

/* `note` with a line of a department's witness key. */
static void cosign(const struct lh_town *town, size_t who, struct lh_buf *note)
{
    struct lh_checkpoint head = { .origin = "jinhua/gaj/1", .size = 7 };
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note_key key;

    lh_checkpoint_format(&text, &head);
    assert_int_equal(lh_genesis_witness_key(&key, lh_town_genesis(town),
                                            lh_genesis_member(lh_town_genesis(town), who), NULL),
                     LH_OK);
    assert_int_equal(
        lh_note_add_line(note, lh_buf_bytes(&text), &key, lh_town_witness(town, who), 5, NULL),
        LH_OK);
    lh_buf_clear(&text);
}

static size_t member_of(const struct lh_town *town, const char *department)
{
    size_t place = 0;

    while (strcmp(lh_genesis_member(lh_town_genesis(town), place)->department, department) != 0) {
        place++;
    }
    return place;
}

/* k is 4 of 5. */
static void a_stranger_with_the_genesis_file_comes_to_the_same_level(void **state)
{
    struct lh_town *town = lh_town_new(LH_SUITE_W, COUNT);
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_tally_report report;
    struct lh_tally tally;

    (void)state;
    assert_int_equal(
        lh_tally_init_founders(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
        LH_OK);
    write_note(town, &tally, 4, 2, &note);
    assert_int_equal(judge(town, &note, &report), LH_OK); /* the control of what follows */
    assert_int_equal(report.level, LH_LEVEL_FINAL);
    assert_int_equal(report.quorum.cosigner_count, 4);
    assert_false(report.is_own);
    write_note(town, &tally, 4, 1, &note);
    assert_int_equal(judge(town, &note, &report), LH_OK);
    assert_int_equal(report.level, LH_LEVEL_WITNESSED);
    write_note(town, &tally, 3, 3, &note); /* one too few, and the author does not fill the gap */
    cosign(town, member_of(town, "gaj"), &note);
    assert_int_equal(judge(town, &note, &report), LH_OK);
    assert_int_equal(report.level, LH_LEVEL_SEALED);
    assert_int_equal(report.sum.witness_count, 3);
    assert_true(report.is_own);
    lh_buf_clear(&note);
    lh_town_free(town);
}

static void lines_of_another_ledger_and_false_ones_refuse_a_head(void **state)
{
    struct lh_town *town = lh_town_new(LH_SUITE_W, COUNT);
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_buf moved = LH_BUF_EMPTY;
    struct lh_tally_report report;
    struct lh_tally tally;

    (void)state;
    assert_int_equal(
        lh_tally_init_founders(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
        LH_OK);
    write_note(town, &tally, 4, 2, &note);
    assert_int_equal(judge(town, &note, &report), LH_OK); /* the control */
    lh_buf_add_text(&moved, "jinhua/gaj/2");
    lh_buf_add(&moved,
               lh_bytes_of(note.data + strlen("jinhua/gaj/1"), note.len - strlen("jinhua/gaj/1")));
    assert_int_equal(judge(town, &moved, &report), LH_ERR_FORGED);
    note.data[note.len - 10] = note.data[note.len - 10] == 'A' ? 'B' : 'A';
    assert_int_equal(judge(town, &note, &report), LH_ERR_FORGED);
    lh_buf_clear(&moved);
    lh_buf_clear(&note);
    lh_town_free(town);
}

static void the_policy_of_the_witnesses_asks_for_what_is_witnessed(void **state)
{
    struct lh_town *town = lh_town_new(LH_SUITE_W, COUNT);
    struct lh_policy policy = LH_POLICY_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_tally tally;
    struct lh_note note;

    (void)state;
    assert_int_equal(
        lh_tally_init_founders(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
        LH_OK);
    assert_int_equal(lh_tally_policy(&tally, &text, NULL), LH_OK);
    assert_int_equal(lh_policy_parse(&policy, lh_buf_bytes(&text), NULL), LH_OK);
    assert_true(policy.has_quorum);
    for (size_t witnesses = 1; witnesses < COUNT; witnesses++) {
        write_note(town, &tally, witnesses, witnesses, &bytes);
        assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&bytes), NULL), LH_OK);
        assert_int_equal(lh_policy_judge(&policy, &note, NULL, NULL),
                         witnesses >= 4 ? LH_OK : LH_ERR_UNKNOWN);
    }
    lh_policy_clear(&policy);
    lh_buf_clear(&bytes);
    lh_buf_clear(&text);
    lh_town_free(town);
}

static void a_network_of_one_never_witnesses_and_one_of_two_is_never_final(void **state)
{
    static const enum lh_level highest[] = { LH_LEVEL_SEALED, LH_LEVEL_WITNESSED, LH_LEVEL_FINAL };

    (void)state;
    for (size_t count = 1; count <= 3; count++) {
        struct lh_town *town = lh_town_new(LH_SUITE_W, count);
        struct lh_buf text = LH_BUF_EMPTY;
        struct lh_policy policy = LH_POLICY_EMPTY;
        struct lh_tally tally;

        assert_int_equal(
            lh_tally_init_founders(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
            LH_OK);
        for (int level = LH_LEVEL_RECORDED; level <= LH_LEVEL_FINAL; level++) {
            assert_int_equal(lh_tally_can_reach(&tally, (enum lh_level)level),
                             level <= (int)highest[count - 1]);
        }
        assert_int_equal(lh_tally_policy(&tally, &text, NULL), LH_OK);
        assert_int_equal(lh_policy_parse(&policy, lh_buf_bytes(&text), NULL), LH_OK);
        assert_int_equal(policy.quorum == LH_POLICY_NOBODY, count == 1);
        lh_policy_clear(&policy);
        lh_buf_clear(&text);
        lh_town_free(town);
    }
}

/* ---- in a later epoch ---- */

/* What an epoch with one change makes of the founders. */
static struct lh_members *changed(const struct lh_town *town, lhpb_Proposal *proposal)
{
    struct lh_members *founders = NULL;
    struct lh_members *next = NULL;
    struct lh_buf bytes = LH_BUF_EMPTY;

    assert_int_equal(lh_members_new(&founders, lh_town_genesis(town), NULL), LH_OK);
    assert_int_equal(lh_proposal_encode(&bytes, proposal, NULL), LH_OK);
    assert_int_equal(lh_members_apply(&next, founders, lh_buf_bytes(&bytes), NULL), LH_OK);
    lh_buf_clear(&bytes);
    lh_members_free(founders);
    return next;
}

static lhpb_Proposal *new_proposal(const struct lh_town *town)
{
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);

    assert_non_null(proposal);
    proposal->schema = LH_SCHEMA;
    memcpy(proposal->network_id, lh_genesis_network_id(lh_town_genesis(town))->bytes, LH_HASH_SIZE);
    memcpy(proposal->parent, proposal->network_id, LH_HASH_SIZE);
    proposal->number = 1;
    return proposal;
}

static lhpb_Change *add_change(lhpb_Proposal *proposal, pb_size_t kind)
{
    lhpb_Change *change = &proposal->changes[proposal->changes_count++];

    change->which_kind = kind;
    return change;
}

static bool asks(const struct lh_tally *tally, const char *department)
{
    for (unsigned i = 0; i < tally->count; i++) {
        if (strcmp(tally->witnesses[i].department, department) == 0) {
            return true;
        }
    }
    return false;
}

static void who_does_not_witness_in_an_epoch_is_not_asked_and_is_witnessed(void **state)
{
    struct lh_town *town = lh_town_new(LH_SUITE_W, COUNT);
    lhpb_Proposal *proposal = new_proposal(town);
    struct lh_members *members;
    struct lh_tally before;
    struct lh_tally after;

    (void)state;
    strcpy(add_change(proposal, lhpb_Change_assign_tag)->kind.assign.department, "mzj");
    members = changed(town, proposal);
    assert_int_equal(
        lh_tally_init_founders(&before, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
        LH_OK);
    assert_true(asks(&before, "mzj")); /* the control */
    assert_int_equal(before.quorum.cosigner_count, 4);
    assert_int_equal(lh_tally_init(&after, lh_town_suite(town), members, "gaj", NULL), LH_OK);
    assert_false(asks(&after, "mzj"));
    assert_int_equal(after.count, COUNT - 2); /* N is 5: n 4, k 3 */
    assert_int_equal(after.quorum.cosigner_count, 3);
    /* its own ledger has all the others, and N counts the author */
    assert_int_equal(lh_tally_init(&after, lh_town_suite(town), members, "mzj", NULL), LH_OK);
    assert_int_equal(after.count, COUNT - 1);
    assert_int_equal(after.quorum.cosigner_count, 4);
    lh_members_free(members);
    free(proposal);
    lh_town_free(town);
}

/* mzj's witness key becomes `next`; its old one counts for nothing in that epoch. */
static void a_key_that_an_epoch_ended_counts_for_nothing_in_it(void **state)
{
    struct lh_town *town = lh_town_new(LH_SUITE_W, COUNT);
    const struct lh_enrolment *mzj =
        lh_genesis_find(lh_town_genesis(town), lh_bytes_of_text("mzj"));
    lhpb_Proposal *proposal = new_proposal(town);
    lhpb_Rotate *rotate = &add_change(proposal, lhpb_Change_replace_tag)->kind.replace;
    struct lh_key_id ends = lh_key_id_of(lh_town_suite(town), &mzj->witness);
    struct lh_checkpoint head = { .origin = "jinhua/gaj/1", .size = 7 };
    struct lh_signer *next = lh_founder_signer(LH_ALG_ED25519, 222);
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_tally_report report;
    struct lh_members *members;
    struct lh_tally founding;
    struct lh_tally tally;
    struct lh_note read_note;
    struct lh_note_key key;

    (void)state;
    strcpy(rotate->department, "mzj");
    memcpy(rotate->ends, ends.bytes, sizeof rotate->ends);
    assert_int_equal(lh_rotate_sign(rotate, proposal, next, NULL), LH_OK);
    members = changed(town, proposal);
    assert_int_equal(
        lh_tally_init_founders(&founding, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
        LH_OK);
    assert_int_equal(lh_tally_init(&tally, lh_town_suite(town), members, "gaj", NULL), LH_OK);
    assert_true(asks(&tally, "mzj"));
    /* all five by the keys of the genesis file: five of epoch 0, four of epoch 1 */
    write_note(town, &founding, COUNT - 1, 0, &note);
    assert_int_equal(judge(town, &note, &report), LH_OK);
    assert_int_equal(report.sum.witness_count, COUNT - 1);
    assert_int_equal(lh_note_parse(&read_note, lh_buf_bytes(&note), NULL), LH_OK);
    assert_int_equal(lh_tally_judge(&report, lh_town_suite(town), members, "gaj", &read_note, NULL),
                     LH_OK);
    assert_int_equal(report.sum.witness_count, COUNT - 2);
    /* and with the line of the key that took its place all five */
    assert_int_equal(
        lh_members_witness_key(&key, members, &lh_members_find(members, "mzj")->enrolment, NULL),
        LH_OK);
    lh_checkpoint_format(&text, &head);
    assert_int_equal(lh_note_add_line(&note, lh_buf_bytes(&text), &key, next, 5, NULL), LH_OK);
    assert_int_equal(lh_note_parse(&read_note, lh_buf_bytes(&note), NULL), LH_OK);
    assert_int_equal(lh_tally_judge(&report, lh_town_suite(town), members, "gaj", &read_note, NULL),
                     LH_OK);
    assert_int_equal(report.sum.witness_count, COUNT - 1);
    lh_signer_free(next);
    lh_buf_clear(&text);
    lh_buf_clear(&note);
    lh_members_free(members);
    free(proposal);
    lh_town_free(town);
}

/* Five groups are diverse; four of one group are not. */
static void members_that_are_regrouped_are_asked_by_their_new_groups(void **state)
{
    struct lh_town *town = lh_town_new(LH_SUITE_W, COUNT);
    lhpb_Proposal *proposal = new_proposal(town);
    struct lh_members *members;
    struct lh_tally tally;

    (void)state;
    assert_int_equal(
        lh_tally_init_founders(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
        LH_OK);
    assert_true(tally.is_diverse);
    for (size_t i = 2; i < COUNT; i++) {
        lhpb_Regroup *change = &add_change(proposal, lhpb_Change_regroup_tag)->kind.regroup;

        strcpy(change->department, lh_town_department(i));
        strcpy(change->group, "zhengfa");
    }
    members = changed(town, proposal);
    assert_int_equal(lh_tally_init(&tally, lh_town_suite(town), members, "gaj", NULL), LH_OK);
    assert_false(tally.is_diverse);
    assert_int_equal(tally.count, COUNT - 1);
    assert_int_equal(lh_tally_judge(&(struct lh_tally_report){ .other_count = 0 },
                                    lh_town_suite(town), members, "wjw", NULL, NULL),
                     LH_ERR_NOT_FOUND);
    lh_members_free(members);
    free(proposal);
    lh_town_free(town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sum_has_its_level),
        cmocka_unit_test(the_authors_own_keys_and_a_mirror_alone_count_for_nothing),
        cmocka_unit_test(a_line_that_does_not_verify_refuses_the_whole),
        cmocka_unit_test(a_stranger_with_the_genesis_file_comes_to_the_same_level),
        cmocka_unit_test(lines_of_another_ledger_and_false_ones_refuse_a_head),
        cmocka_unit_test(the_policy_of_the_witnesses_asks_for_what_is_witnessed),
        cmocka_unit_test(who_does_not_witness_in_an_epoch_is_not_asked_and_is_witnessed),
        cmocka_unit_test(a_key_that_an_epoch_ended_counts_for_nothing_in_it),
        cmocka_unit_test(members_that_are_regrouped_are_asked_by_their_new_groups),
        cmocka_unit_test(a_network_of_one_never_witnesses_and_one_of_two_is_never_final),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
