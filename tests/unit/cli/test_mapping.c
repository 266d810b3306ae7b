#include "cli/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* By Python's hashlib over the formula in liuhen-map(5). */
#define CASE_HEX "ab475aab8ce7fdb35569391997215e4e"
#define STAFF_HEX "312428b2730c962e"
#define SALTED_HEX "25d17efeb11fdc5fcdac23c53b9eafc6"

static const char map_text[] = "name = desk\n"
                               "pseudonyms = plain\n"
                               "[row]\n"
                               "type = STEP\n"
                               "source = desk\n"
                               "id = {id}-{@case}\n"
                               "time = {when}\n"
                               "staff = {group}{who}\n"
                               "case = {file}\n"
                               "step = {@step}\n"
                               "unit = {group|none}\n"
                               "purpose = p-{why}\n"
                               "flags = late, offline\n"
                               "number detail.state = {state}\n"
                               "[codes detail.state]\n"
                               "a = b = 2\n"
                               "* = 3\n";

struct world {
    struct lh_suite *suite;
    struct lh_mapping *mapping;
    struct lh_mapping_scope scope;
    struct lh_secret salt;
};

static enum lh_code open_text(struct lh_mapping **out, const char *text, struct lh_err *err)
{
    char path[] = "/tmp/lh-map-XXXXXX";
    int fd = mkstemp(path);
    enum lh_code rc;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
    rc = lh_mapping_open(out, path, err);
    assert_int_equal(unlink(path), 0);
    return rc;
}

static int open_world(void **state)
{
    static struct world world;
    struct lh_bytes names[] = { lh_bytes_of_text("id"),    lh_bytes_of_text("when"),
                                lh_bytes_of_text("group"), lh_bytes_of_text("who"),
                                lh_bytes_of_text("file"),  lh_bytes_of_text("state"),
                                lh_bytes_of_text("why") };
    struct lh_csv_record header = { .line = 1, .count = 7, .fields = names };

    *state = &world;
    world = (struct world){ .mapping = NULL };
    if (lh_suite_new(&world.suite, LH_SUITE_W, NULL) != LH_OK ||
        open_text(&world.mapping, map_text, NULL) != LH_OK) {
        return -1;
    }
    world.scope = (struct lh_mapping_scope){ .suite = world.suite, .department = "gaj" };
    memset(world.scope.network_id.bytes, 7, LH_HASH_SIZE);
    return lh_mapping_bind(world.mapping, &header, NULL) == LH_OK ? 0 : -1;
}

static int close_world(void **state)
{
    struct world *world = *state;

    lh_mapping_close(world->mapping);
    lh_suite_free(world->suite);
    return 0;
}

static enum lh_code map(const struct world *world, struct lh_mapped *out, const char *const *texts,
                        struct lh_err *err)
{
    struct lh_bytes fields[7];
    struct lh_csv_record record = { .line = 2, .count = 7, .fields = fields };

    for (size_t i = 0; i < 7; i++) {
        fields[i] = lh_bytes_of_text(texts[i]);
    }
    return lh_mapping_row(world->mapping, out, &world->scope, &record, err);
}

static void a_record_becomes_the_event_that_the_manual_says(void **state)
{
    static const char *const texts[] = { "7", "2011-11-24 09:00", "", "ann", "c1", "a = b", "" };
    struct lh_mapped mapped;
    char *text;

    assert_int_equal(map(*state, &mapped, texts, NULL), LH_OK);
    text = json_dumps(mapped.event, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(
        text, "{\"case\":\"" CASE_HEX "\",\"department\":\"gaj\",\"detail\":{\"state\":2},"
              "\"event_time\":\"2011-11-24T01:00:00.000Z\",\"flags\":[\"imported\",\"late\","
              "\"offline\"],\"id\":\"7-" CASE_HEX "\",\"source\":\"desk\",\"staff\":\"" STAFF_HEX
              "\",\"type\":\"STEP\",\"unit\":\"none\"}");
    free(text);
    json_decref(mapped.event);
}

static void two_texts_never_run_together(void **state)
{
    static const char *const one[] = { "7", "2011-11-24", "ab", "c", "c1", "x", "" };
    static const char *const other[] = { "7", "2011-11-24", "a", "bc", "c1", "x", "" };
    struct lh_mapped a;
    struct lh_mapped b;

    assert_int_equal(map(*state, &a, one, NULL), LH_OK);
    assert_int_equal(map(*state, &b, other, NULL), LH_OK);
    assert_string_not_equal(a.staff, b.staff);
    assert_string_equal(a.case_id, b.case_id);
    json_decref(a.event);
    json_decref(b.event);
}

static void a_rejected_record_keeps_its_time_and_case(void **state)
{
    static const char *const bad_time[] = { "7", "noon", "a", "b", "c1", "x", "" };
    struct lh_mapped mapped;
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(map(*state, &mapped, bad_time, &err), LH_ERR_INVALID);
    assert_string_equal(err.text, "/event_time: not a time of the form iso");
    assert_null(mapped.event);
    assert_int_equal(mapped.time_unix_ms, LH_MAPPED_NO_TIME);
    assert_string_equal(mapped.case_id, CASE_HEX);
}

/* Without a salt whoever can list the numbers finds the one behind a pseudonym. */
static void a_plain_pseudonym_is_never_made_of_a_residents_number(void **state)
{
    static const struct {
        const char *name;
        const char *texts[7];
        const char *words;
    } rows[] = {
        { "staff", { "7", "2011-11-24", "", "11010519491231002X", "c1", "x", "" }, "/staff: " },
        { "staff in two columns",
          { "7", "2011-11-24", "110105194", "91231002X", "c1", "x", "" },
          "/staff: " },
        { "staff of 15 digits beside others",
          { "7", "2011-11-24", "9", "110105491231002", "c1", "x", "" },
          "/staff: " },
        { "case", { "7", "2011-11-24", "", "ann", "c-11010519491231002X", "x", "" }, "/case: " },
    };
    struct lh_mapped mapped;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_err err = LH_ERR_NONE;

        print_message("%s\n", rows[i].name);
        assert_int_equal(map(*state, &mapped, rows[i].texts, &err), LH_ERR_INVALID);
        assert_memory_equal(err.text, rows[i].words, strlen(rows[i].words));
        assert_null(strstr(err.text, "1101"));
        assert_null(mapped.event);
    }
}

static void a_salt_changes_every_number(void **state)
{
    static const char *const texts[] = { "7", "2011-11-24 09:00", "", "ann", "c1", "x", "" };
    static const char salted_text[] = "name = desk\n[row]\ntype = STEP\nsource = s\nid = {id}\n"
                                      "time = {when}\ncase = {file}\n";
    struct world *world = *state;
    struct lh_mapping *plain = world->mapping;
    struct lh_bytes names[] = { lh_bytes_of_text("id"), lh_bytes_of_text("when"),
                                lh_bytes_of_text("x"), lh_bytes_of_text("y"),
                                lh_bytes_of_text("file") };
    struct lh_csv_record header = { .line = 1, .count = 5, .fields = names };
    struct lh_mapped mapped;

    memset(world->salt.bytes, 9, LH_MAPPING_SALT_SIZE);
    world->salt.len = LH_MAPPING_SALT_SIZE;
    world->scope.salt = &world->salt;
    assert_int_equal(open_text(&world->mapping, salted_text, NULL), LH_OK);
    assert_true(lh_mapping_is_salted(world->mapping));
    assert_false(lh_mapping_has_cases(world->mapping));
    assert_false(lh_mapping_has_steps(world->mapping));
    assert_int_equal(lh_mapping_bind(world->mapping, &header, NULL), LH_OK);
    assert_int_equal(map(world, &mapped, texts, NULL), LH_OK);
    assert_string_equal(mapped.case_id, SALTED_HEX);
    json_decref(mapped.event);
    lh_mapping_close(world->mapping);
    world->mapping = plain;
    world->scope.salt = NULL;
}

/* What a map writes goes into JSON, which takes UTF-8 alone. */
static void a_map_that_is_not_utf8_is_refused_when_it_is_opened(void **state)
{
    static const char good[] = "name = m\npseudonyms = plain\n# \xe5\xa4\xa7\n";
    static const char odd[] = "name = m\npseudonyms = plain\n# \xe5\xa4\n";
    struct lh_mapping *mapping = NULL;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(open_text(&mapping, good, &err), LH_ERR_INVALID); /* it has no [row] */
    assert_null(strstr(err.text, "UTF-8"));
    assert_int_equal(open_text(&mapping, odd, &err), LH_ERR_INVALID);
    assert_non_null(strstr(err.text, ":3: not UTF-8"));
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(a_record_becomes_the_event_that_the_manual_says),
        cmocka_unit_test(two_texts_never_run_together),
        cmocka_unit_test(a_rejected_record_keeps_its_time_and_case),
        cmocka_unit_test(a_plain_pseudonym_is_never_made_of_a_residents_number),
        cmocka_unit_test(a_salt_changes_every_number),
        cmocka_unit_test(a_map_that_is_not_utf8_is_refused_when_it_is_opened),
    };

    return cmocka_run_group_tests(claims, open_world, close_world);
}
