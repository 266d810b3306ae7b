#include "node/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS 1795507200000

static const struct lh_hash digest = { .bytes = { 7 } };

static struct lh_grant client_of(enum lh_reader_role role)
{
    struct lh_grant client = { .readers = 1U << (unsigned)role };

    if (role == LH_READER_SELF) {
        client.staff_count = 1;
        memset(client.staff[0], 0xa1, sizeof client.staff[0]);
    }
    if (role == LH_READER_SUPERVISOR) {
        client.unit_count = 1;
        memcpy(client.units[0], "hall", 5);
    }
    return client;
}

static struct lh_trail_query query_of(uint8_t staff)
{
    struct lh_trail_query query;

    lh_trail_query_init(&query);
    query.staff_count = 1;
    memset(query.staff[0], staff, sizeof query.staff[0]);
    return query;
}

static lhpb_Warrant warrant_of(void)
{
    lhpb_Warrant warrant = {
        .from_ms = NOW_MS - 1000, .until_ms = NOW_MS, .expires_ms = NOW_MS + 1000, .has_staff = true
    };

    memset(warrant.staff, 0xa1, sizeof warrant.staff);
    memset(warrant.warrant_id, 0x77, sizeof warrant.warrant_id);
    return warrant;
}

static enum lh_problem_code refusal_of_search(const struct lh_grant *client,
                                              const struct lh_trail_query *query,
                                              const struct lh_hash *sought,
                                              const lhpb_Warrant *warrant, int64_t now_unix_ms)
{
    struct lh_problem problem = LH_PROBLEM_EMPTY;
    struct lh_reading reading;
    bool is_allowed =
        lh_reading_decide(&reading, client, query, sought, warrant, now_unix_ms, &problem);

    assert_int_equal(is_allowed, problem.code == LH_PROBLEM_NONE);
    return problem.code;
}

static enum lh_problem_code refusal(const struct lh_grant *client,
                                    const struct lh_trail_query *query, const lhpb_Warrant *warrant,
                                    int64_t now_unix_ms)
{
    return refusal_of_search(client, query, NULL, warrant, now_unix_ms);
}

static void a_warrant_holds_until_it_expires_and_for_what_it_names(void **state)
{
    struct lh_grant auditor = client_of(LH_READER_AUDITOR);
    struct lh_trail_query query = query_of(0xa1);
    lhpb_Warrant warrant = warrant_of();

    (void)state;
    query.since_unix_ms = NOW_MS - 1000;
    query.until_unix_ms = NOW_MS;
    assert_int_equal(refusal(&auditor, &query, &warrant, NOW_MS + 999), LH_PROBLEM_NONE);
    assert_int_equal(refusal(&auditor, &query, &warrant, NOW_MS + 1000), LH_PROBLEM_AUTH_WARRANT);
    query.since_unix_ms--;
    assert_int_equal(refusal(&auditor, &query, &warrant, NOW_MS), LH_PROBLEM_AUTH_WARRANT);
    query.since_unix_ms++;
    query.until_unix_ms++;
    assert_int_equal(refusal(&auditor, &query, &warrant, NOW_MS), LH_PROBLEM_AUTH_WARRANT);
    query.until_unix_ms--;
    warrant.has_case_id = true;
    assert_int_equal(refusal(&auditor, &query, &warrant, NOW_MS), LH_PROBLEM_AUTH_WARRANT);
    query.case_count = 1;
    memset(query.cases[0], 0, sizeof query.cases[0]);
    assert_int_equal(refusal(&auditor, &query, &warrant, NOW_MS), LH_PROBLEM_NONE);
    warrant.has_token_digest = true;
    assert_int_equal(refusal(&auditor, &query, &warrant, NOW_MS), LH_PROBLEM_AUTH_WARRANT);
}

static void a_person_is_searched_under_a_warrant_for_the_very_tokens(void **state)
{
    struct lh_grant auditor = client_of(LH_READER_AUDITOR);
    struct lh_grant self = client_of(LH_READER_SELF);
    struct lh_grant keeper = client_of(LH_READER_OPERATOR);
    struct lh_trail_query query = query_of(0xa1);
    lhpb_Warrant warrant = warrant_of();
    struct lh_hash other = digest;

    (void)state;
    query.since_unix_ms = NOW_MS - 1000;
    query.until_unix_ms = NOW_MS;
    assert_int_equal(refusal_of_search(&auditor, &query, &digest, &warrant, NOW_MS),
                     LH_PROBLEM_AUTH_WARRANT);
    warrant.has_token_digest = true;
    memcpy(warrant.token_digest, digest.bytes, sizeof warrant.token_digest);
    assert_int_equal(refusal_of_search(&auditor, &query, &digest, &warrant, NOW_MS),
                     LH_PROBLEM_NONE);
    other.bytes[0] ^= 1;
    assert_int_equal(refusal_of_search(&auditor, &query, &other, &warrant, NOW_MS),
                     LH_PROBLEM_AUTH_WARRANT);
    assert_int_equal(refusal_of_search(&auditor, &query, &digest, NULL, NOW_MS),
                     LH_PROBLEM_AUTH_WARRANT);
    assert_int_equal(refusal_of_search(&keeper, &query, &digest, NULL, NOW_MS),
                     LH_PROBLEM_AUTH_ROLE);
    assert_int_equal(refusal_of_search(&self, &query, &digest, NULL, NOW_MS), LH_PROBLEM_AUTH_ROLE);
    assert_int_equal(refusal(&self, &query, NULL, NOW_MS), LH_PROBLEM_NONE);
    query.until_unix_ms++; /* its other bounds hold too */
    assert_int_equal(refusal_of_search(&auditor, &query, &digest, &warrant, NOW_MS),
                     LH_PROBLEM_AUTH_WARRANT);
}

static void a_citizen_is_shown_what_is_about_one_person_and_no_staff(void **state)
{
    struct lh_grant citizen = client_of(LH_READER_CITIZEN);
    struct lh_grant keeper = client_of(LH_READER_OPERATOR);
    struct lh_problem problem = LH_PROBLEM_EMPTY;
    struct lh_trail_query by_staff = query_of(0xa1);
    struct lh_trail_query query;
    struct lh_reading reading;

    (void)state;
    lh_trail_query_init(&query);
    assert_true(lh_reading_decide(&reading, &citizen, &query, &digest, NULL, NOW_MS, &problem));
    assert_int_equal(reading.reader, LH_READER_CITIZEN);
    assert_true(reading.is_logged);
    assert_false(lh_reading_shows_staff(&reading));
    assert_int_equal(refusal_of_search(&citizen, &by_staff, &digest, NULL, NOW_MS),
                     LH_PROBLEM_AUTH_ROLE);
    query.case_count = 1;
    assert_int_equal(refusal_of_search(&citizen, &query, &digest, NULL, NOW_MS),
                     LH_PROBLEM_AUTH_ROLE);
    query.case_count = 0;
    query.exchange_count = 1;
    assert_int_equal(refusal_of_search(&citizen, &query, &digest, NULL, NOW_MS),
                     LH_PROBLEM_AUTH_ROLE);
    query.exchange_count = 0;
    assert_int_equal(refusal(&citizen, &query, NULL, NOW_MS), LH_PROBLEM_AUTH_ROLE); /* nobody's */
    assert_true(lh_reading_decide(&reading, &keeper, &query, NULL, NULL, NOW_MS, &problem));
    assert_true(lh_reading_shows_staff(&reading));
}

static void every_role_reads_what_is_its_own(void **state)
{
    struct lh_grant self = client_of(LH_READER_SELF);
    struct lh_grant supervisor = client_of(LH_READER_SUPERVISOR);
    struct lh_grant nobody = client_of(LH_READER_NONE);
    struct lh_trail_query mine = query_of(0xa1);
    struct lh_trail_query other = query_of(0xa2);
    struct lh_problem problem = LH_PROBLEM_EMPTY;
    struct lh_row row = { .unit = "hall" };
    struct lh_reading reading;

    (void)state;
    assert_true(lh_reading_decide(&reading, &self, &mine, NULL, NULL, NOW_MS, &problem));
    assert_false(reading.is_logged);
    assert_int_equal(refusal(&self, &other, NULL, NOW_MS), LH_PROBLEM_AUTH_ROLE);
    assert_int_equal(refusal(&nobody, &mine, NULL, NOW_MS), LH_PROBLEM_AUTH_ROLE);
    self.readers |= 1U << (unsigned)LH_READER_OPERATOR;
    assert_true(lh_reading_decide(&reading, &self, &other, NULL, NULL, NOW_MS, &problem));
    assert_true(reading.is_logged);
    assert_int_equal(reading.reader, LH_READER_OPERATOR);
    assert_true(lh_reading_decide(&reading, &supervisor, &other, NULL, NULL, NOW_MS, &problem));
    assert_true(reading.is_logged);
    assert_true(lh_reading_shows(&reading, &supervisor, &row));
    memcpy(row.unit, "halls", 6);
    assert_false(lh_reading_shows(&reading, &supervisor, &row));
}

static void an_access_serves_one_client_one_query_and_one_hour(void **state)
{
    struct lh_reading reading = { .reader = LH_READER_OPERATOR, .is_logged = true };
    struct lh_reading audit = { .reader = LH_READER_AUDITOR, .is_logged = true };
    struct lh_hash other = digest;
    lhpb_Body body = lhpb_Body_init_zero;

    (void)state;
    other.bytes[31] ^= 1;
    lh_reading_fill(&body, &reading, "uid:7", &digest, 12);
    assert_int_equal(body.detail.access.upto_size, 12);
    assert_true(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &digest, NOW_MS));
    assert_true(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &digest,
                                   NOW_MS + LH_READING_AGAIN_MS - 1));
    assert_false(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &digest,
                                    NOW_MS + LH_READING_AGAIN_MS));
    assert_false(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &digest, NOW_MS - 1));
    assert_false(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:77", &digest, NOW_MS));
    assert_false(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &other, NOW_MS));
    assert_false(lh_reading_goes_on(&body, NOW_MS, &audit, "uid:7", &digest, NOW_MS));
    memcpy(reading.purpose, "audit", 6);
    assert_false(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &digest, NOW_MS));
    memcpy(body.purpose, "audit", 6);
    assert_true(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &digest, NOW_MS));
    memcpy(body.legal_basis, "law", 4);
    assert_false(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &digest, NOW_MS));
    memcpy(reading.legal_basis, "law", 4);
    assert_true(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &digest, NOW_MS));
    memcpy(body.source, "desk", 5);
    assert_false(lh_reading_goes_on(&body, NOW_MS, &reading, "uid:7", &digest, NOW_MS));
}

static enum lh_problem_code refusal_of_others(const struct lh_grant *client,
                                              const struct lh_trail_query *query,
                                              const lhpb_Warrant *warrant,
                                              struct lh_reading *reading)
{
    struct lh_problem problem = LH_PROBLEM_EMPTY;
    bool is_allowed = lh_reading_decide_others(reading, client, query, warrant, NOW_MS, &problem);

    assert_int_equal(is_allowed, problem.code == LH_PROBLEM_NONE);
    return problem.code;
}

static void ledgers_of_others_are_read_by_operators_and_under_a_warrant(void **state)
{
    struct lh_trail_query query = query_of(0xa1);
    lhpb_Warrant warrant = warrant_of();
    struct lh_reading reading;

    (void)state;
    query.since_unix_ms = NOW_MS - 1000;
    query.until_unix_ms = NOW_MS;
    for (enum lh_reader_role role = LH_READER_SELF; role <= LH_READER_OPERATOR; role++) {
        struct lh_grant client = client_of(role);
        enum lh_problem_code wanted = LH_PROBLEM_AUTH_ROLE; /* of self too: another's pseudonym */

        if (role == LH_READER_OPERATOR) {
            wanted = LH_PROBLEM_NONE;
        } else if (role == LH_READER_AUDITOR) {
            wanted = LH_PROBLEM_AUTH_WARRANT;
        }
        assert_int_equal(refusal_of_others(&client, &query, NULL, &reading), wanted);
        if (wanted == LH_PROBLEM_NONE) {
            assert_int_equal(reading.reader, role);
            assert_true(reading.is_logged);
        }
        assert_int_equal(refusal_of_others(&client, &query, &warrant, &reading),
                         role == LH_READER_AUDITOR ? LH_PROBLEM_NONE : LH_PROBLEM_AUTH_ROLE);
    }
    struct lh_grant auditor = client_of(LH_READER_AUDITOR);
    assert_int_equal(refusal_of_others(&auditor, &query, &warrant, &reading), LH_PROBLEM_NONE);
    assert_true(reading.is_logged && reading.has_warrant);
    query.until_unix_ms++;
    assert_int_equal(refusal_of_others(&auditor, &query, &warrant, &reading),
                     LH_PROBLEM_AUTH_WARRANT);
}

static void a_query_says_whose_ledgers_it_is_about(void **state)
{
    struct lh_trail_query query = query_of(0xa1);
    struct lh_buf text = LH_BUF_EMPTY;

    (void)state;
    lh_reading_add_scope(&text, NULL, 3);
    lh_reading_add_query(&text, &query, NULL);
    assert_string_equal(lh_buf_text(&text), "generation=3\nstaff=a1a1a1a1a1a1a1a1\nby=event\n");
    lh_buf_reset(&text);
    lh_reading_add_scope(&text, "mzj", 3);
    lh_reading_add_query(&text, &query, NULL);
    assert_string_equal(lh_buf_text(&text), "ledger=mzj\nstaff=a1a1a1a1a1a1a1a1\nby=event\n");
    lh_buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warrant_holds_until_it_expires_and_for_what_it_names),
        cmocka_unit_test(a_person_is_searched_under_a_warrant_for_the_very_tokens),
        cmocka_unit_test(a_citizen_is_shown_what_is_about_one_person_and_no_staff),
        cmocka_unit_test(every_role_reads_what_is_its_own),
        cmocka_unit_test(an_access_serves_one_client_one_query_and_one_hour),
        cmocka_unit_test(ledgers_of_others_are_read_by_operators_and_under_a_warrant),
        cmocka_unit_test(a_query_says_whose_ledgers_it_is_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
