/* Claims about problems and the text of metrics. */

#include "net/json_more.h"
#include "net/problem.h"
#include "node/metrics.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_t *as_json(const struct lh_problem *problem, const char *request_id)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_json json = lh_json_of(&text);
    json_t *parsed;

    lh_problem_add(&json, NULL, problem, request_id);
    parsed = json_loads(lh_buf_text(&text), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    lh_buf_clear(&text);
    return parsed;
}

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void every_code_has_a_name_a_status_and_a_title_of_its_own(void **state)
{
    (void)state;
    for (int code = LH_PROBLEM_NONE + 1; code < LH_PROBLEM_COUNT; code++) {
        struct lh_problem problem;
        json_t *json;

        lh_problem_set(&problem, (enum lh_problem_code)code, "%s", "");
        json = as_json(&problem, NULL);
        assert_in_range(lh_problem_status((enum lh_problem_code)code), 400, 503);
        assert_string_not_equal(lh_http_reason(lh_problem_status((enum lh_problem_code)code)),
                                "Status");
        assert_true(strlen(member(json, "title")) > 3);
        assert_string_equal(member(json, "type"), "about:blank");
        assert_null(member(json, "request_id"));
        for (int other = LH_PROBLEM_NONE; other < code; other++) {
            assert_string_not_equal(lh_problem_name((enum lh_problem_code)other),
                                    lh_problem_name((enum lh_problem_code)code));
        }
        json_decref(json);
    }
}

static void the_api_document_lists_every_code_and_no_other(void **state)
{
    struct lh_buf text = LH_BUF_EMPTY;
    FILE *file = fopen(LH_SOURCE_DIR "/specs/api.yaml", "rb");
    uint8_t *room = lh_buf_reserve(&text, 1 << 18);
    size_t listed = 0;

    (void)state;
    assert_non_null(file);
    assert_non_null(room);
    text.len = fread(room, 1, 1 << 18, file);
    text.data[text.len] = '\0';
    (void)fclose(file);
    for (int code = LH_PROBLEM_NONE + 1; code < LH_PROBLEM_COUNT; code++) {
        char line[64];

        (void)snprintf(line, sizeof line, "\n            - %s\n",
                       lh_problem_name((enum lh_problem_code)code));
        if (strstr(lh_buf_text(&text), line) == NULL) {
            fail_msg("specs/api.yaml does not list %s", line);
        }
    }
    for (const char *at = lh_buf_text(&text); (at = strstr(at, "\n            - ")) != NULL; at++) {
        listed++;
    }
    assert_int_equal(listed, LH_PROBLEM_COUNT - 1);
    lh_buf_clear(&text);
}

static void a_field_at_the_front_of_the_words_becomes_the_pointer(void **state)
{
    static const struct {
        const char *words;
        const char *pointer;
        const char *detail;
    } cases[] = {
        { "/detail/verdict: wants a name", "/detail/verdict", "wants a name" },
        { "purpose: required for QUERY", "/purpose", "required for QUERY" },
        { "detail.staff.key: bad", "/detail/staff/key", "bad" },
        { "something went wrong: really", "", "something went wrong: really" },
        { "no colon", "", "no colon" },
        { ": odd", "", ": odd" },
        { "", "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lh_err err = LH_ERR_NONE;
        struct lh_problem problem;

        (void)lh_err_set(&err, LH_ERR_INVALID, "%s", cases[i].words);
        lh_problem_from_field(&problem, LH_PROBLEM_SCHEMA_INVALID, &err);
        assert_string_equal(problem.pointer, cases[i].pointer);
        assert_string_equal(problem.detail, cases[i].detail);
    }
}

static void words_from_outside_cannot_leave_their_string(void **state)
{
    struct lh_problem problem;
    json_t *json;

    (void)state;
    lh_problem_set(&problem, LH_PROBLEM_MALFORMED, "%s", "a\"b\\c\n\x01\xff\"}");
    json = as_json(&problem, "id-1");
    assert_string_equal(member(json, "request_id"), "id-1");
    assert_int_equal(strncmp(member(json, "detail"), "a\"b\\c", 5), 0);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), 400);
    json_decref(json);
}

static void a_receipt_comes_back_from_its_string(void **state)
{
    static const char text[] = "c2sp.org/tlog-proof@v1\nindex 3\n\n\xe2\x80\x94 a \"b\\\n";
    struct lh_buf out = LH_BUF_EMPTY;
    struct lh_json json = lh_json_of(&out);
    json_t *parsed;

    (void)state;
    lh_json_begin_object(&json, NULL);
    lh_json_add_own_text(&json, "receipt", lh_bytes_of_text(text));
    lh_json_add_hex(&json, "hash", lh_bytes_of("\x01\xfe", 2));
    lh_json_add_time(&json, "time", 0);
    lh_json_end_object(&json);
    parsed = json_loads(lh_buf_text(&out), 0, NULL);
    assert_string_equal(member(parsed, "receipt"), text);
    assert_string_equal(member(parsed, "hash"), "01fe");
    assert_string_equal(member(parsed, "time"), "1970-01-01T00:00:00.000Z");
    json_decref(parsed);
    lh_buf_clear(&out);
}

static void histograms_are_cumulative(void **state)
{
    struct lh_metrics *metrics = test_malloc(sizeof *metrics);
    struct lh_gauges gauges = { .version = "1", .origin = "jinhua/gaj/1", .state = "continuous" };
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    lh_metrics_init(metrics);
    lh_histogram_add(&metrics->append_seconds, 0.0004);
    lh_histogram_add(&metrics->append_seconds, 0.001);
    lh_histogram_add(&metrics->append_seconds, 99);
    lh_counter_add(&metrics->recorded, 5);
    lh_metrics_format(&out, metrics, &gauges);
    const char *text = lh_buf_text(&out);
    assert_non_null(strstr(text, "\nliuhen_append_seconds_bucket{le=\"0.0005\"} 1\n"));
    assert_non_null(strstr(text, "\nliuhen_append_seconds_bucket{le=\"0.001\"} 2\n"));
    assert_non_null(strstr(text, "\nliuhen_append_seconds_bucket{le=\"5\"} 2\n"));
    assert_non_null(strstr(text, "\nliuhen_append_seconds_bucket{le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(text, "\nliuhen_append_seconds_sum 99.001400\n"));
    assert_non_null(strstr(text, "\nliuhen_events_total{status=\"recorded\"} 5\n"));
    assert_non_null(strstr(text, "\nliuhen_state{state=\"continuous\"} 1\n"));
    lh_buf_clear(&out);
    test_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_a_status_and_a_title_of_its_own),
        cmocka_unit_test(the_api_document_lists_every_code_and_no_other),
        cmocka_unit_test(a_field_at_the_front_of_the_words_becomes_the_pointer),
        cmocka_unit_test(words_from_outside_cannot_leave_their_string),
        cmocka_unit_test(a_receipt_comes_back_from_its_string),
        cmocka_unit_test(histograms_are_cumulative),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
