/* Read from specs/entries.md section 4, so that table and code cannot part. */
#include "ledger/authority.h"

#include "../../support/bodies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static unsigned wanted_kinds[256];

/* "| staff, session or recorder | all others |": the words before the second bar are kinds. */
static unsigned kinds_of(const char *words)
{
    unsigned kinds = 0;

    kinds |= strstr(words, "officers") != NULL ? LH_SIGNER_OFFICER : 0U;
    kinds |= strstr(words, "staff") != NULL ? LH_SIGNER_STAFF : 0U;
    kinds |= strstr(words, "session") != NULL ? LH_SIGNER_SESSION : 0U;
    kinds |= strstr(words, "recorder") != NULL ? LH_SIGNER_RECORDER : 0U;
    return kinds;
}

static void take_row(char *line)
{
    char *rest = NULL;
    char *who = strtok_r(line, "|\n", &rest);
    char *types = strtok_r(NULL, "|\n", &rest);
    unsigned kinds = who != NULL ? kinds_of(who) : 0;

    if (types == NULL || kinds == 0) {
        return;
    }
    if (strstr(types, "all others") != NULL) {
        for (size_t i = 0; i < lh_fixture_type_count(); i++) {
            unsigned *wanted = &wanted_kinds[lh_fixture_type_at(i)];
            *wanted = *wanted != 0 ? *wanted : kinds;
        }
        return;
    }
    for (char *name = strtok_r(types, ", ", &rest); name != NULL;
         name = strtok_r(NULL, ", ", &rest)) {
        lhpb_EntryType type;

        assert_int_equal(lh_entry_type_parse(&type, lh_bytes_of_text(name), NULL), LH_OK);
        assert_int_equal(wanted_kinds[type], 0);
        wanted_kinds[type] = kinds;
    }
}

static void the_matrix_is_what_the_spec_says(void **state)
{
    FILE *file = fopen(LH_SOURCE_DIR "/specs/entries.md", "r");
    char line[2048];
    bool is_in_section = false;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#') {
            is_in_section = strncmp(line, "## 4. Authority", 15) == 0;
        } else if (is_in_section && line[0] == '|') {
            take_row(line);
        }
    }
    (void)fclose(file);
    for (size_t i = 0; i < lh_fixture_type_count(); i++) {
        lhpb_EntryType type = lh_fixture_type_at(i);
        const struct lh_authority *authority = lh_authority_find(type);

        assert_non_null(authority);
        assert_int_equal(authority->type, type);
        assert_int_equal(authority->kinds, wanted_kinds[type]);
        assert_int_equal(authority->count_min, authority->kinds == LH_SIGNER_OFFICER ? 2 : 1);
    }
}

static void there_is_no_authority_for_an_unknown_type(void **state)
{
    (void)state;
    assert_null(lh_authority_find((lhpb_EntryType)0));
    assert_null(lh_authority_find((lhpb_EntryType)4));
    assert_null(lh_authority_find((lhpb_EntryType)87));
    assert_null(lh_authority_find((lhpb_EntryType)100000));
}

static void levels_rise_from_recorder_to_person(void **state)
{
    (void)state;
    assert_int_equal(lh_signer_kind_level(LH_SIGNER_RECORDER), 1);
    assert_int_equal(lh_signer_kind_level(LH_SIGNER_SESSION), 2);
    assert_int_equal(lh_signer_kind_level(LH_SIGNER_STAFF), 3);
    assert_int_equal(lh_signer_kind_level(LH_SIGNER_OFFICER), 3);
    assert_string_equal(lh_signer_kind_name(LH_SIGNER_RECORDER), "recorder");
    assert_string_equal(lh_signer_kind_name(LH_SIGNER_SESSION), "session");
    assert_string_equal(lh_signer_kind_name(LH_SIGNER_STAFF), "staff");
    assert_string_equal(lh_signer_kind_name(LH_SIGNER_OFFICER), "officer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_is_what_the_spec_says),
        cmocka_unit_test(there_is_no_authority_for_an_unknown_type),
        cmocka_unit_test(levels_rise_from_recorder_to_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
