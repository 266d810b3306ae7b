/* Claims about what a request body is split into, what makes two events one, and the clocks. */

#include "node/events_input.h"
#include "node/sealer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_media_type_is_known_whatever_its_case_and_parameters(void **state)
{
    static const struct {
        const char *type;
        bool is_known;
        enum lh_events_media media;
    } cases[] = {
        { "application/json", true, LH_EVENTS_JSON },
        { "Application/JSON; charset=utf-8", true, LH_EVENTS_JSON },
        { "application/x-ndjson", true, LH_EVENTS_NDJSON },
        { "application/cloudevents+json", true, LH_EVENTS_CLOUDEVENT },
        { "application/cloudevents-batch+json;x=y", true, LH_EVENTS_CLOUDEVENTS_BATCH },
        { "application/vnd.liuhen.submission", true, LH_EVENTS_SUBMISSION },
        { "application/vnd.liuhen.act", true, LH_EVENTS_ACT },
        { "application/jsonp", false, LH_EVENTS_JSON },
        { "application/", false, LH_EVENTS_JSON },
        { "", false, LH_EVENTS_JSON },
        { NULL, false, LH_EVENTS_JSON },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum lh_events_media media = LH_EVENTS_JSON;

        assert_int_equal(lh_events_media_parse(&media, cases[i].type), cases[i].is_known);
        assert_int_equal(media, cases[i].is_known ? cases[i].media : LH_EVENTS_JSON);
    }
}

static void a_body_is_split_into_its_events(void **state)
{
    static const struct {
        const char *name;
        const char *body;
        size_t len;
        size_t count; /* 0: refused */
        enum lh_events_media media;
        enum lh_problem_code code;
    } cases[] = {
        { "one", "{}", 2, 1, LH_EVENTS_JSON, LH_PROBLEM_NONE },
        { "blank", " \t", 2, 0, LH_EVENTS_JSON, LH_PROBLEM_MALFORMED },
        { "empty", "", 0, 0, LH_EVENTS_JSON, LH_PROBLEM_MALFORMED },
        { "lines", "{}\n\r\n \n{}\n{}", 11, 3, LH_EVENTS_NDJSON, LH_PROBLEM_NONE },
        { "last line ends", "{}\n", 3, 1, LH_EVENTS_NDJSON, LH_PROBLEM_NONE },
        { "too many lines", "a\nb\nc\nd\ne\n", 10, 0, LH_EVENTS_NDJSON, LH_PROBLEM_TOO_LARGE },
        { "frames", "\0\0\0\1a\0\0\0\2bc", 11, 2, LH_EVENTS_SUBMISSION, LH_PROBLEM_NONE },
        { "cut frame", "\0\0\0\3ab", 6, 0, LH_EVENTS_SUBMISSION, LH_PROBLEM_MALFORMED },
        { "cut length", "\0\0", 2, 0, LH_EVENTS_SUBMISSION, LH_PROBLEM_MALFORMED },
        { "huge length", "\377\377\377\377a", 5, 0, LH_EVENTS_SUBMISSION, LH_PROBLEM_MALFORMED },
        { "array", "[{},{}]", 7, 2, LH_EVENTS_CLOUDEVENTS_BATCH, LH_PROBLEM_NONE },
        { "empty array", "[]", 2, 0, LH_EVENTS_CLOUDEVENTS_BATCH, LH_PROBLEM_MALFORMED },
        { "no array", "{}", 2, 0, LH_EVENTS_CLOUDEVENTS_BATCH, LH_PROBLEM_MALFORMED },
        { "long array", "[1,2,3,4,5]", 11, 0, LH_EVENTS_CLOUDEVENTS_BATCH, LH_PROBLEM_TOO_LARGE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lh_problem problem = LH_PROBLEM_EMPTY;
        struct lh_events_input input;
        bool is_good = lh_events_split(&input, cases[i].media,
                                       lh_bytes_of(cases[i].body, cases[i].len), 4, &problem);

        if (is_good != (cases[i].count > 0) || problem.code != cases[i].code ||
            (is_good && input.count != cases[i].count)) {
            fail_msg("%s: %d, %zu events, %s", cases[i].name, is_good, input.count,
                     lh_problem_name(problem.code));
        }
        lh_events_input_clear(&input);
    }
}

static void the_identity_of_content_has_the_subjects_but_not_their_salt(void **state)
{
    struct lh_suite *suite = NULL;
    struct lh_secret key = { .bytes = { 7 }, .len = 32 };
    struct lh_bytes body = lh_bytes_of_text("canonical body");
    lhpb_SubjectPost post = lhpb_SubjectPost_init_zero;
    lhpb_SubjectPost other;
    struct lh_hash bare, with, again;

    (void)state;
    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    post.subjects_count = 1;
    post.subjects[0].role = 1;
    post.subjects[0].id_type = 4;
    (void)snprintf(post.subjects[0].id, sizeof post.subjects[0].id, "BABY-1");
    bare = lh_intake_content_digest(suite, &key, body, NULL);
    with = lh_intake_content_digest(suite, &key, body, &post);
    assert_false(lh_hash_is_equal(&bare, &with));
    other = post;
    memset(other.salt, 9, sizeof other.salt);
    memset(other.subjects[0].opening, 9, sizeof other.subjects[0].opening);
    again = lh_intake_content_digest(suite, &key, body, &other);
    assert_true(lh_hash_is_equal(&with, &again));
    (void)snprintf(other.reason, sizeof other.reason, "x");
    again = lh_intake_content_digest(suite, &key, body, &other);
    assert_false(lh_hash_is_equal(&with, &again));
    /* The border between two texts counts. */
    (void)snprintf(post.case_number, sizeof post.case_number, "ab");
    (void)snprintf(other.case_number, sizeof other.case_number, "a");
    (void)snprintf(other.reason, sizeof other.reason, "b");
    with = lh_intake_content_digest(suite, &key, body, &post);
    again = lh_intake_content_digest(suite, &key, body, &other);
    assert_false(lh_hash_is_equal(&with, &again));
    lh_suite_free(suite);
}

static void clocks_that_part_stay_parted_until_somebody_confirms(void **state)
{
    struct lh_clock_watch watch;
    int64_t wall = 1800000000000;

    (void)state;
    lh_clock_watch_confirm(&watch, wall, 1000);
    assert_false(lh_clock_watch_look(&watch, wall + 3600000, 3601000));
    assert_false(lh_clock_watch_look(&watch, wall + 3600000 + LH_CLOCK_STEP_MS, 3601000));
    assert_true(lh_clock_watch_look(&watch, wall + 3600001 + LH_CLOCK_STEP_MS, 3601000));
    assert_true(lh_clock_watch_look(&watch, wall + 3600000, 3601000));
    lh_clock_watch_confirm(&watch, wall + 3600000, 3601000);
    assert_false(lh_clock_watch_look(&watch, wall + 3600000, 3601000));
    assert_false(lh_clock_watch_look(&watch, wall + 3600000 - LH_CLOCK_STEP_MS, 3601000));
    assert_true(lh_clock_watch_look(&watch, wall + 3599999 - LH_CLOCK_STEP_MS, 3601000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_media_type_is_known_whatever_its_case_and_parameters),
        cmocka_unit_test(a_body_is_split_into_its_events),
        cmocka_unit_test(the_identity_of_content_has_the_subjects_but_not_their_salt),
        cmocka_unit_test(clocks_that_part_stay_parted_until_somebody_confirms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
