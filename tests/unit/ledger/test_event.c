#include "ledger/event.h"

#include "../../support/bodies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static lhpb_Body body;
static lhpb_Body again;

static json_t *load(const char *text)
{
    json_t *event = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(event);
    return event;
}

static bool encode_alike(const lhpb_Body *a, const lhpb_Body *b)
{
    struct lh_buf left = LH_BUF_EMPTY;
    struct lh_buf right = LH_BUF_EMPTY;

    assert_int_equal(lh_body_encode(&left, a, NULL), LH_OK);
    assert_int_equal(lh_body_encode(&right, b, NULL), LH_OK);
    bool alike = lh_bytes_is_equal(lh_buf_bytes(&left), lh_buf_bytes(&right));
    lh_buf_clear(&left);
    lh_buf_clear(&right);
    return alike;
}

static void every_body_goes_to_json_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * lh_fixture_type_count(); i++) {
        lhpb_EntryType type = lh_fixture_type_at(i / 2);

        if (i % 2 == 0) {
            lh_fixture_body(&body, type);
        } else {
            lh_fixture_body_full(&body, type);
        }
        json_t *event = lh_event_from_body(&body);
        assert_non_null(event);
        memset(&again, 0xa5, sizeof again);
        assert_int_equal(lh_event_to_body(&again, event, NULL, NULL), LH_OK);
        assert_true(encode_alike(&body, &again));
        json_decref(event);
    }
}

static void a_query_looks_like_this(void **state)
{
    static const char *const text =
        "{\"type\":\"QUERY\",\"source\":\"urn:jinhua:gaj:window\",\"id\":\"2026-000123\","
        "\"event_time\":\"2026-11-24T02:58:28.123Z\",\"department\":\"gaj\","
        "\"unit\":\"户籍窗口3号\",\"staff\":\"1111111111111111\",\"channel\":\"COUNTER\","
        "\"auth_methods\":[\"password\",\"token\"],\"assurance\":2,\"item\":\"low-income\","
        "\"catalogue_version\":3,\"case\":\"cccccccccccccccccccccccccccccccc\","
        "\"exchange\":\"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\",\"purpose\":\"medical-aid\","
        "\"legal_basis\":\"law:social-aid:18\",\"flags\":[\"late\",\"self\"],"
        "\"detail\":{\"requested_mask\":7,\"due\":\"2026-11-24T02:58:29.123Z\"}}";

    (void)state;
    lh_fixture_body(&body, lhpb_EntryType_QUERY);
    strcpy(body.unit, "户籍窗口3号");
    body.auth_methods = LH_AUTH_PASSWORD | LH_AUTH_TOKEN;
    body.assurance = 2;
    body.has_case_id = true;
    memset(body.case_id, 0xcc, sizeof body.case_id);
    body.flags = LH_BODY_LATE | LH_BODY_SELF;
    body.detail.query.due_ms = LH_FIXTURE_TIME_MS + 1000;
    json_t *event = lh_event_from_body(&body);
    char *got = json_dumps(event, JSON_COMPACT);
    assert_string_equal(got, text);
    free(got);
    json_decref(event);
}

static void a_key_is_its_text_form_and_roles_are_words(void **state)
{
    (void)state;
    lh_fixture_body(&body, lhpb_EntryType_STAFF);
    body.detail.staff_enrol.roles = LH_ROLE_KNOWN;
    json_t *event = lh_event_from_body(&body);
    const json_t *detail = json_object_get(event, "detail");
    const char *key = json_string_value(json_object_get(detail, "key"));
    assert_int_equal(strncmp(key, "p256:", 5), 0);
    assert_int_equal(json_array_size(json_object_get(detail, "roles")), 5);
    assert_string_equal(json_string_value(json_object_get(detail, "valid_from")),
                        "2026-11-24T02:58:28.123Z");
    json_decref(event);
}

static void a_length_of_time_is_a_number_under_its_own_name(void **state)
{
    (void)state;
    lh_fixture_body(&body, lhpb_EntryType_HEARTBEAT);
    body.detail.heartbeat.uptime_ms = 61000;
    json_t *event = lh_event_from_body(&body);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(event, "detail"), "uptime_ms")), 61000);
    json_decref(event);
}

static void reading_takes_other_forms_of_the_same(void **state)
{
    json_t *event = load("{\"type\":\"query\",\"schema\":1,\"channel\":\"counter\","
                         "\"event_time\":\"2026-11-24T10:58:28.123+08:00\","
                         "\"case\":\"CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC\"}");

    (void)state;
    assert_int_equal(lh_event_to_body(&body, event, NULL, NULL), LH_OK);
    assert_int_equal(body.type, lhpb_EntryType_QUERY);
    assert_int_equal(body.channel, lhpb_Channel_COUNTER);
    assert_true(body.event_time_ms == LH_FIXTURE_TIME_MS);
    assert_int_equal(body.case_id[15], 0xcc);
    assert_int_equal(body.which_detail, lhpb_Body_query_tag);
    json_decref(event);
    event = load("{\"type\":\"CATALOG\",\"detail\":{\"mirror\":\"MIRROR_BOTH\"}}");
    assert_int_equal(lh_event_to_body(&body, event, NULL, NULL), LH_OK);
    assert_int_equal(body.detail.catalog.mirror, lhpb_Mirror_MIRROR_BOTH);
    json_decref(event);
}

static void members_that_are_the_callers_are_left_to_it(void **state)
{
    static const char *const ignored[] = { "subjects", "reason", NULL };
    json_t *event = load("{\"type\":\"QUERY\",\"subjects\":[{}],\"reason\":5}");

    (void)state;
    assert_int_equal(lh_event_to_body(&body, event, ignored, NULL), LH_OK);
    assert_int_equal(lh_event_to_body(&body, event, NULL, NULL), LH_ERR_INVALID);
    json_decref(event);
}

static void what_does_not_fit_is_refused_with_a_pointer(void **state)
{
    static const struct {
        const char *text;
        const char *pointer;
    } rows[] = {
        { "[]", ": want an object" },
        { "{}", "/type: missing" },
        { "{\"type\":\"NOTHING\"}", "/type: " },
        { "{\"type\":20}", "/type: " },
        { "{\"type\":\"QUERY\",\"colour\":1}", "/colour: unknown member" },
        { "{\"type\":\"QUERY\",\"case_id\":\"00\"}", "/case_id: unknown member" },
        { "{\"type\":\"QUERY\",\"query\":{}}", "/query: unknown member" },
        { "{\"type\":\"QUERY\",\"330799199001010014\":1}", "/?: unknown member" },
        { "{\"type\":\"QUERY\",\"item\":5}", "/item: want a string" },
        { "{\"type\":\"QUERY\",\"item\":null}", "/item: want a string" },
        { "{\"type\":\"QUERY\",\"item\":\"a\\tb\"}", "/item: holds control characters" },
        { "{\"type\":\"QUERY\",\"department\":\"abcdefghijabcdefghijabcdefghijabc\"}",
          "/department: longer than 32 bytes" },
        { "{\"type\":\"QUERY\",\"staff\":\"1111\"}", "/staff: want 16 hex digits" },
        { "{\"type\":\"QUERY\",\"staff\":\"zz11111111111111\"}", "/staff: want 16 hex digits" },
        { "{\"type\":\"QUERY\",\"assurance\":-1}", "/assurance: want an integer" },
        { "{\"type\":\"QUERY\",\"assurance\":4294967296}", "/assurance: want an integer" },
        { "{\"type\":\"QUERY\",\"assurance\":1.5}", "/assurance: want an integer" },
        { "{\"type\":\"QUERY\",\"assurance\":\"1\"}", "/assurance: want an integer" },
        { "{\"type\":\"QUERY\",\"event_time\":1764000000}", "/event_time: want a time" },
        { "{\"type\":\"QUERY\",\"event_time\":\"2026-02-30T00:00:00Z\"}",
          "/event_time: want a time" },
        { "{\"type\":\"QUERY\",\"channel\":\"RADIO\"}", "/channel: want one of the known words" },
        { "{\"type\":\"QUERY\",\"channel\":1}", "/channel: want one of the known words" },
        { "{\"type\":\"QUERY\",\"flags\":\"late\"}", "/flags: want an array of words" },
        { "{\"type\":\"QUERY\",\"flags\":[\"early\"]}", "/flags: want one of the known words" },
        { "{\"type\":\"QUERY\",\"flags\":[\"late\",\"late\"]}", "/flags: one word stands twice" },
        { "{\"type\":\"QUERY\",\"refs\":[\"00\"]}", "/refs/0: want 64 hex digits" },
        { "{\"type\":\"QUERY\",\"refs\":[1,2,3,4,5,6,7,8,9]}",
          "/refs: want an array of at most 8" },
        { "{\"type\":\"QUERY\",\"refs\":{}}", "/refs: want an array" },
        { "{\"type\":\"QUERY\",\"detail\":5}", "/detail: want an object" },
        { "{\"type\":\"QUERY\",\"detail\":{\"verdict\":\"MATCH\"}}",
          "/detail/verdict: unknown member" },
        { "{\"detail\":{}}", "/type: missing" },
        { "{\"type\":\"USE\",\"detail\":{\"verdict\":\"YES\"}}",
          "/detail/verdict: want one of the known words" },
        { "{\"type\":\"SERVE\",\"detail\":{\"token\":{\"origin\":1}}}",
          "/detail/token/origin: want a string" },
        { "{\"type\":\"SERVE\",\"detail\":{\"token\":[]}}", "/detail/token: want an object" },
        { "{\"type\":\"STAFF\",\"detail\":{\"key\":\"p256:AAAA\"}}",
          "/detail/key: want a public key" },
        { "{\"type\":\"STAFF\",\"detail\":{\"key\":{\"alg\":1}}}",
          "/detail/key: want a public key" },
        { "{\"type\":\"CASE\",\"detail\":{\"participants\":[\"gaj\",5]}}",
          "/detail/participants/1: want a string" },
        { "{\"type\":\"CALENDAR\",\"detail\":{\"holidays\":[20260101,\"x\"]}}",
          "/detail/holidays/1: want an integer" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_err err = LH_ERR_NONE;
        json_t *event = load(rows[i].text);

        if (lh_event_to_body(&body, event, NULL, &err) != LH_ERR_INVALID ||
            strncmp(err.text, rows[i].pointer, strlen(rows[i].pointer)) != 0) {
            fail_msg("%s: got \"%s\"", rows[i].text, err.text);
        }
        json_decref(event);
    }
}

/* Somebody will type a personal number into every field there is. */
static void no_value_ever_stands_in_an_error(void **state)
{
    static const char *const number = "330799199001010014";

    (void)state;
    lh_fixture_body_full(&body, lhpb_EntryType_VRSP);
    json_t *event = lh_event_from_body(&body);
    const char *member;
    json_t *value;
    json_object_foreach(event, member, value)
    {
        struct lh_err err = LH_ERR_NONE;
        json_t *copy = json_copy(event);

        assert_int_equal(json_object_set_new(copy, member, json_string(number)), 0);
        enum lh_code rc = lh_event_to_body(&again, copy, NULL, &err);
        if (rc == LH_OK) {
            rc = lh_body_check(&again, &err);
        }
        assert_null(strstr(err.text, number));
        assert_true(rc == LH_OK || rc == LH_ERR_INVALID);
        json_decref(copy);
    }
    json_decref(event);
}

/* ---- out of memory --------------------------------------------------------------------------- */

static long allocations_left;

static void *failing_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void running_out_of_memory_at_any_point_gives_null(void **state)
{
    json_t *event = NULL;
    long count = 0;

    (void)state;
    lh_fixture_body_full(&body, lhpb_EntryType_CALENDAR);
    json_set_alloc_funcs(failing_malloc, free);
    for (; event == NULL; count++) {
        allocations_left = count;
        event = lh_event_from_body(&body);
    }
    json_decref(event);
    json_set_alloc_funcs(malloc, free);
    assert_true(count > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_body_goes_to_json_and_back),
        cmocka_unit_test(a_query_looks_like_this),
        cmocka_unit_test(a_key_is_its_text_form_and_roles_are_words),
        cmocka_unit_test(a_length_of_time_is_a_number_under_its_own_name),
        cmocka_unit_test(reading_takes_other_forms_of_the_same),
        cmocka_unit_test(members_that_are_the_callers_are_left_to_it),
        cmocka_unit_test(what_does_not_fit_is_refused_with_a_pointer),
        cmocka_unit_test(no_value_ever_stands_in_an_error),
        cmocka_unit_test(running_out_of_memory_at_any_point_gives_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
