/* A client of witnesses against what witnesses answer, today's and older ones. */
#include "net/submission.h"

#include "tests/support/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(rows) (sizeof(rows) / sizeof(rows)[0])
#define SIZE_TYPE "text/x.tlog.size"

static struct lh_submission begin(struct lh_note_key *key)
{
    struct lh_submission submission;

    assert_int_equal(lh_note_key_parse(key, lh_bytes_of_text(RECORDS_WITNESS_VKEY), NULL), LH_OK);
    assert_int_equal(lh_submission_init(&submission, key, lh_bytes_of_text(RECORDS_NOTE_5), NULL),
                     LH_OK);
    assert_int_equal(submission.state, LH_SUBMISSION_ASK);
    return submission;
}

/* One request, answered; the state after it. Words come with every end but the good one. */
static enum lh_submission_state answer(struct lh_submission *submission, long status,
                                       const char *type, uint32_t retry_after_s, const char *body)
{
    struct lh_submission_reply reply = { .status = status,
                                         .type = type,
                                         .retry_after_s = retry_after_s,
                                         .body = lh_bytes_of_text(body) };
    struct lh_proof proof = { .count = 0 };
    struct lh_buf request = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    lh_submission_request(submission, &request, &proof);
    lh_buf_clear(&request);
    lh_submission_take(submission, &reply, &err);
    assert_int_equal(err.text[0] == '\0', submission->state == LH_SUBMISSION_ASK ||
                                              submission->state == LH_SUBMISSION_COSIGNED);
    return submission->state;
}

static void the_published_cosignature_is_taken(void **state)
{
    struct lh_note_key key;
    struct lh_submission submission = begin(&key);

    (void)state;
    assert_int_equal(answer(&submission, 200, "text/plain", 0,
                            "\xe2\x80\x94 somebody AAAAAAA=\n" RECORDS_WITNESS_LINE),
                     LH_SUBMISSION_COSIGNED);
    assert_string_equal(lh_buf_text(&submission.line), RECORDS_WITNESS_LINE);
    assert_int_equal(submission.time_s, RECORDS_WITNESS_TIME_S);
    lh_submission_clear(&submission);
}

static void a_request_holds_the_size_and_the_note(void **state)
{
    struct lh_note_key key;
    struct lh_submission submission = begin(&key);
    struct lh_proof proof = { .count = 0 };
    struct lh_buf request = LH_BUF_EMPTY;

    (void)state;
    lh_submission_request(&submission, &request, &proof);
    assert_string_equal(lh_buf_text(&request), "old 0\n\n" RECORDS_NOTE_5);
    lh_buf_clear(&request);
}

static const struct {
    const char *name;
    long status;
    const char *type;
    const char *body;
    enum lh_submission_state state;
} answers[] = {
    { "no line", 200, "text/plain", "", LH_SUBMISSION_REFUSED },
    { "another's line", 200, "text/plain", "\xe2\x80\x94 b AAAAAAA=\n", LH_SUBMISSION_REFUSED },
    { "a false line", 200, "text/plain",
      "\xe2\x80\x94 " RECORDS_WITNESS " 2BDVhgAAAABlU/EBMotGzyxKCgWgzM7SVurAzogGP92EdCXvOMb7veNK/"
      "8Jqoe/1VNXP0Q4ou9BHZiNHDmCnBfOXOcbVRkVFRti3AA==\n",
      LH_SUBMISSION_REFUSED },
    { "a page of a proxy", 200, "text/html", "<html>\n", LH_SUBMISSION_REFUSED },
    { "malformed", 400, "text/plain", "", LH_SUBMISSION_REFUSED },
    { "a seal that does not hold", 403, "text/plain", "", LH_SUBMISSION_REFUSED },
    { "an unknown log", 404, "text/plain", "", LH_SUBMISSION_REFUSED },
    { "moved", 301, "text/html", "", LH_SUBMISSION_REFUSED },
    { "a smaller size", 409, SIZE_TYPE, "3\n", LH_SUBMISSION_ASK },
    { "our size", 409, SIZE_TYPE, "5\n", LH_SUBMISSION_ASK },
    { "a larger size", 409, SIZE_TYPE, "6\n", LH_SUBMISSION_AHEAD },
    { "the size that was sent", 409, SIZE_TYPE, "0\n", LH_SUBMISSION_REFUSED },
    { "409 of old, two roots", 409, "", "", LH_SUBMISSION_UNPROVEN },
    { "409 in words", 409, "text/plain", "3\n", LH_SUBMISSION_UNPROVEN },
    { "a size that is none", 409, SIZE_TYPE, "03\n", LH_SUBMISSION_UNPROVEN },
    { "a size and more", 409, SIZE_TYPE, "3\n4\n", LH_SUBMISSION_UNPROVEN },
    { "no growth", 422, "text/plain", "", LH_SUBMISSION_UNPROVEN },
    { "too many", 429, "text/plain", "", LH_SUBMISSION_LATER },
    { "broken", 500, "text/plain", "", LH_SUBMISSION_LATER },
    { "busy", 503, "text/plain", "", LH_SUBMISSION_LATER },
};

static void every_answer_has_its_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct lh_note_key key;
        struct lh_submission submission = begin(&key);
        enum lh_submission_state got =
            answer(&submission, answers[i].status, answers[i].type, 0, answers[i].body);

        if (got != answers[i].state) {
            fail_msg("%s: %d", answers[i].name, (int)got);
        }
        assert_int_equal(submission.line.len, 0);
        lh_submission_clear(&submission);
    }
}

static void a_witness_that_names_another_size_each_time_is_left(void **state)
{
    struct lh_note_key key;
    struct lh_submission submission = begin(&key);

    (void)state;
    assert_int_equal(answer(&submission, 409, SIZE_TYPE, 0, "2\n"), LH_SUBMISSION_ASK);
    assert_int_equal(submission.old, 2);
    assert_int_equal(answer(&submission, 409, SIZE_TYPE, 0, "3\n"), LH_SUBMISSION_ASK);
    assert_int_equal(submission.old, 3);
    assert_int_equal(answer(&submission, 409, SIZE_TYPE, 0, "4\n"), LH_SUBMISSION_REFUSED);
    lh_submission_clear(&submission);
}

static void what_a_witness_asks_to_wait_is_bounded(void **state)
{
    static const struct {
        uint32_t said, waited;
    } rows[] = { { 0, 2 }, { 7, 7 }, { 86399, 3600 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct lh_note_key key;
        struct lh_submission submission = begin(&key);

        assert_int_equal(answer(&submission, 503, "", rows[i].said, ""), LH_SUBMISSION_LATER);
        assert_int_equal(submission.wait_s, rows[i].waited);
        lh_submission_clear(&submission);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_cosignature_is_taken),
        cmocka_unit_test(a_request_holds_the_size_and_the_note),
        cmocka_unit_test(every_answer_has_its_meaning),
        cmocka_unit_test(a_witness_that_names_another_size_each_time_is_left),
        cmocka_unit_test(what_a_witness_asks_to_wait_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
