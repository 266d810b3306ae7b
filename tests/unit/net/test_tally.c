#include "net/tally.h"

#include "tests/support/town.h"

#include "ledger/checkpoint.h"
#include "ledger/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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
    assert_int_equal(lh_tally_init(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
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
    assert_int_equal(lh_tally_init(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
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
    assert_int_equal(lh_tally_init(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
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
    return lh_tally_judge(out, lh_town_suite(town), lh_town_genesis(town), "gaj", &note, NULL);
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
    assert_int_equal(lh_tally_init(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
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
    assert_int_equal(lh_tally_init(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
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
    assert_int_equal(lh_tally_init(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL),
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
            lh_tally_init(&tally, lh_town_suite(town), lh_town_genesis(town), "gaj", NULL), LH_OK);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sum_has_its_level),
        cmocka_unit_test(the_authors_own_keys_and_a_mirror_alone_count_for_nothing),
        cmocka_unit_test(a_line_that_does_not_verify_refuses_the_whole),
        cmocka_unit_test(a_stranger_with_the_genesis_file_comes_to_the_same_level),
        cmocka_unit_test(lines_of_another_ledger_and_false_ones_refuse_a_head),
        cmocka_unit_test(the_policy_of_the_witnesses_asks_for_what_is_witnessed),
        cmocka_unit_test(a_network_of_one_never_witnesses_and_one_of_two_is_never_final),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
