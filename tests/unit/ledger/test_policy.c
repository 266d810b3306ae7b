/* Vectors of checkpoints: tests/support/records.h says where they come from. */
#include "ledger/policy.h"

#include "tests/support/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(rows) (sizeof(rows) / sizeof(rows)[0])

enum { WITNESSES = 6, TIME_S = 1700000000 };

/* vkeys and cosignatures of the published checkpoint of five records */
struct world {
    struct lh_buf vkeys[WITNESSES];
    struct lh_buf lines[WITNESSES];
};

static int make_world(void **state)
{
    static struct world world;
    struct lh_bytes text =
        lh_bytes_of(RECORDS_NOTE_5, (size_t)(strstr(RECORDS_NOTE_5, "\n\n") + 1 - RECORDS_NOTE_5));

    for (uint8_t i = 0; i < WITNESSES; i++) {
        struct lh_signer *signer = NULL;
        struct lh_note_key key;
        uint8_t seed[32];
        char name[16];

        memset(seed, 100 + i, sizeof seed);
        (void)snprintf(name, sizeof name, "w%u.example", i);
        world.vkeys[i] = (struct lh_buf)LH_BUF_EMPTY;
        world.lines[i] = (struct lh_buf)LH_BUF_EMPTY;
        assert_int_equal(
            lh_signer_from_seed(&signer, LH_ALG_ED25519, lh_bytes_of(seed, sizeof seed), NULL),
            LH_OK);
        assert_int_equal(
            lh_note_key_init(&key, name, LH_NOTE_COSIGNATURE, lh_signer_pubkey(signer), NULL),
            LH_OK);
        lh_note_key_format(&world.vkeys[i], &key);
        assert_int_equal(lh_note_add_line(&world.lines[i], text, &key, signer, TIME_S, NULL),
                         LH_OK);
        lh_signer_free(signer);
    }
    *state = &world;
    return 0;
}

static int free_world(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < WITNESSES; i++) {
        lh_buf_clear(&world->vkeys[i]);
        lh_buf_clear(&world->lines[i]);
    }
    return 0;
}

/* `%N` stands for the vkey of witness N, `%L` for the log's. */
static void spell(struct lh_buf *out, const struct world *world, const char *form)
{
    for (const char *at = form; *at != '\0'; at++) {
        if (*at != '%') {
            lh_buf_add_u8(out, (uint8_t)*at);
        } else if (*++at == 'L') {
            lh_buf_add_text(out, RECORDS_VKEY);
        } else {
            lh_buf_add(out, lh_buf_bytes(&world->vkeys[*at - '0']));
        }
    }
}

static enum lh_code parse(struct lh_policy *out, const struct world *world, const char *form)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    spell(&text, world, form);
    rc = lh_policy_parse(out, lh_buf_bytes(&text), NULL);
    lh_buf_clear(&text);
    return rc;
}

/* `who`: digits of the witnesses that cosigned. */
static enum lh_code judge(const struct lh_policy *policy, const struct world *world,
                          const char *who, size_t *out_count)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note note;
    enum lh_code rc;

    lh_buf_add_text(&text, RECORDS_NOTE_5);
    for (; *who != '\0'; who++) {
        lh_buf_add(&text, lh_buf_bytes(&world->lines[*who - '0']));
    }
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&text), NULL), LH_OK);
    rc = lh_policy_judge(policy, &note, out_count, NULL);
    lh_buf_clear(&text);
    return rc;
}

#define SIX                                                                                        \
    "log %L\nwitness X1 %0\nwitness X2 %1\nwitness X3 %2\n"                                        \
    "witness Y1 %3\nwitness Y2 %4\nwitness Y3 %5\n"
/* the example of the specification */
#define TWO_LEVELS                                                                                 \
    SIX "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n"                           \
        "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"

static const struct {
    const char *name, *policy, *who;
    enum lh_code code;
    size_t count;
} verdicts[] = {
    { "nobody is asked for", SIX "quorum none\n", "", LH_OK, 0 },
    { "no quorum line", SIX, "", LH_OK, 0 },
    { "one witness is asked for", SIX "quorum X2\n", "1", LH_OK, 1 },
    { "another one came", SIX "quorum X2\n", "0", LH_ERR_UNKNOWN, 1 },
    { "two and one of two levels", TWO_LEVELS, "024", LH_OK, 3 },
    { "all of them", TWO_LEVELS, "012345", LH_OK, 6 },
    { "in another order", TWO_LEVELS, "420", LH_OK, 3 },
    { "one of the first group", TWO_LEVELS, "03", LH_ERR_UNKNOWN, 2 },
    { "none of the second group", TWO_LEVELS, "012", LH_ERR_UNKNOWN, 3 },
    { "the second group alone", TWO_LEVELS, "345", LH_ERR_UNKNOWN, 3 },
    { "nobody", TWO_LEVELS, "", LH_ERR_UNKNOWN, 0 },
    { "one witness with two lines", SIX "group g 2 X1 X2\nquorum g\n", "00", LH_ERR_UNKNOWN, 1 },
    { "those two", SIX "group g 2 X1 X2\nquorum g\n", "01", LH_OK, 2 },
    { "outside of the quorum", SIX "group g any X1 X2\nquorum g\n", "345", LH_ERR_UNKNOWN, 3 },
};

static void a_quorum_is_reached_by_enough_witnesses_and_by_nothing_else(void **state)
{
    const struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
        struct lh_policy policy = LH_POLICY_EMPTY;
        size_t count = 99;

        assert_int_equal(parse(&policy, world, verdicts[i].policy), LH_OK);
        if (judge(&policy, world, verdicts[i].who, &count) != verdicts[i].code ||
            count != verdicts[i].count) {
            fail_msg("%s: judged otherwise, by %zu", verdicts[i].name, count);
        }
        lh_policy_clear(&policy);
    }
}

static void a_cosignature_that_does_not_verify_refuses_the_checkpoint(void **state)
{
    const struct world *world = *state;
    struct lh_policy policy = LH_POLICY_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note note;

    assert_int_equal(parse(&policy, world, SIX "quorum X1\n"), LH_OK);
    lh_buf_add_text(&text, RECORDS_NOTE_5_FORK); /* the lines are of another root */
    lh_buf_add(&text, lh_buf_bytes(&world->lines[3]));
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&text), NULL), LH_OK);
    assert_int_equal(lh_policy_judge(&policy, &note, NULL, NULL), LH_ERR_FORGED);
    assert_int_equal(judge(&policy, world, "03", NULL), LH_OK); /* the control */
    lh_policy_clear(&policy);
    lh_buf_clear(&text);
}

static void the_published_cosignature_reaches_a_quorum(void **state)
{
    const struct world *world = *state;
    struct lh_policy policy = LH_POLICY_EMPTY;
    struct lh_note note;

    assert_int_equal(
        parse(&policy, world, "witness b " RECORDS_WITNESS_VKEY " https://b.example/w\nquorum b\n"),
        LH_OK);
    assert_true(lh_bytes_is_equal(policy.parties[0].url, lh_bytes_of_text("https://b.example/w")));
    assert_int_equal(lh_note_parse(&note, lh_bytes_of_text(RECORDS_NOTE_5_WITNESSED), NULL), LH_OK);
    assert_int_equal(lh_policy_judge(&policy, &note, NULL, NULL), LH_OK);
    assert_int_equal(lh_note_parse(&note, lh_bytes_of_text(RECORDS_NOTE_5), NULL), LH_OK);
    assert_int_equal(lh_policy_judge(&policy, &note, NULL, NULL), LH_ERR_UNKNOWN);
    lh_policy_clear(&policy);
}

static const struct {
    const char *name, *policy;
} taken[] = {
    { "nothing at all", "" },
    { "comments, blanks, tabs", " # here\n#there\n\n \t \n\tlog\t%L  https://a.example/ \n" },
    { "names of any bytes", "witness \xe2\x84\xaa %0\nwitness K %1\nquorum \xe2\x84\xaa\n" },
    { "a group of one", "witness a %0\ngroup g all a\nquorum g\n" },
    { "a number of members", SIX "group g 3 X1 X2 X3\nquorum g\n" },
};

static const struct {
    const char *name, *policy;
} refused[] = {
    { "no newline", "quorum none" },
    { "an unknown word", "logs %L\n" },
    { "a return", "quorum none\r\n" },
    { "a deletion", "# \x7f\n" },
    { "no vkey", "log\n" },
    { "a false vkey", "log %Lx\n" },
    { "a cosigner as a log", "log %0\n" },
    { "a log as a witness", "witness a %L\n" },
    { "a log twice", "log %L\nlog %L\n" },
    { "a log line of four words", "log %L https://a.example/ b\n" },
    { "a witness without a vkey", "witness a\n" },
    { "a witness line of five words", "witness a %0 https://a.example/ b\n" },
    { "a key twice", "witness a %0\nwitness b %0\n" },
    { "a name twice", "witness a %0\nwitness a %1\n" },
    { "a group with the name of a witness", "witness a %0\ngroup a any a\n" },
    { "the name none", "witness none %0\n" },
    { "none as a member", "witness a %0\ngroup g any a none\n" },
    { "a group of nobody", "group g any\n" },
    { "a group of nobody, all of them", "group g all\n" },
    { "a threshold of 0", "witness a %0\ngroup g 0 a\n" },
    { "a threshold above the members", "witness a %0\ngroup g 2 a\n" },
    { "a threshold with a zero in front", "witness a %0\ngroup g 01 a\n" },
    { "a threshold of words", "witness a %0\ngroup g some a\n" },
    { "a member below", "group g any a\nwitness a %0\n" },
    { "itself as a member", "group g any g\n" },
    { "a member twice", "witness a %0\ngroup g any a a\n" },
    { "a member of two groups", "witness a %0\ngroup g any a\ngroup h any a\n" },
    { "a quorum of nobody", "quorum\n" },
    { "a quorum below", "quorum a\nwitness a %0\n" },
    { "two quorums", "quorum none\nquorum none\n" },
    { "a quorum of two names", "witness a %0\nquorum a b\n" },
};

static void what_the_format_allows_is_taken_and_nothing_else(void **state)
{
    const struct world *world = *state;
    struct lh_policy policy = LH_POLICY_EMPTY;

    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        if (parse(&policy, world, taken[i].policy) != LH_OK) {
            fail_msg("%s: refused", taken[i].name);
        }
        lh_policy_clear(&policy);
    }
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        if (parse(&policy, world, refused[i].policy) != LH_ERR_INVALID) {
            fail_msg("%s: taken", refused[i].name);
        }
    }
}

static void a_refusal_names_the_line(void **state)
{
    struct lh_policy policy = LH_POLICY_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(
        lh_policy_parse(&policy, lh_bytes_of_text("# one\nquorum none\nquorum none\n"), &err),
        LH_ERR_INVALID);
    assert_non_null(strstr(err.text, "line 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quorum_is_reached_by_enough_witnesses_and_by_nothing_else),
        cmocka_unit_test(a_cosignature_that_does_not_verify_refuses_the_checkpoint),
        cmocka_unit_test(the_published_cosignature_reaches_a_quorum),
        cmocka_unit_test(what_the_format_allows_is_taken_and_nothing_else),
        cmocka_unit_test(a_refusal_names_the_line),
    };

    return cmocka_run_group_tests(tests, make_world, free_world);
}
