#include "ledger/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Numbers of the unassigned region 330799 cannot belong to a person. */

struct subject_case {
    const char *name;
    uint32_t type;
    const char *text;
    const char *canonical; /* NULL: refused */
};

static const struct subject_case CASES[] = {
    { "18 digits", LH_SUBJECT_RESIDENT, "330799199001010014", "330799199001010014" },
    { "surrounding spaces", LH_SUBJECT_RESIDENT, "  330799199001010014 ", "330799199001010014" },
    { "full-width digits", LH_SUBJECT_RESIDENT, "３３０７９９１９９００１０１００１４",
      "330799199001010014" },
    { "15 digits gain century and check", LH_SUBJECT_RESIDENT, "330799900101001",
      "330799199001010014" },
    { "retired region code stays good", LH_SUBJECT_RESIDENT, "330725199001019997",
      "330725199001019997" },
    { "lower x", LH_SUBJECT_RESIDENT, "11010519491231002x", "11010519491231002X" },
    { "wrong check character", LH_SUBJECT_RESIDENT, "330799199001010015", NULL },
    { "date that does not exist", LH_SUBJECT_RESIDENT, "330799199902300010", NULL },
    { "letters", LH_SUBJECT_RESIDENT, "33079919900101001A", NULL },
    { "17 digits", LH_SUBJECT_RESIDENT, "33079919900101001", NULL },
    { "empty", LH_SUBJECT_RESIDENT, "", NULL },
    { "only spaces", LH_SUBJECT_RESIDENT, "   ", NULL },
    { "a department's code", LH_SUBJECT_USCC, "11330700MB0000001Q", "11330700MB0000001Q" },
    { "published code, lower case", LH_SUBJECT_USCC, "91110000600037341l", "91110000600037341L" },
    { "check character outside 0-9X is possible", LH_SUBJECT_USCC, "91110000600037341M", NULL },
    { "letter outside the alphabet", LH_SUBJECT_USCC, "1133070OMB0000001Q", NULL },
    { "passport", LH_SUBJECT_PASSPORT, "e12345678", "E12345678" },
    { "passport with a dash", LH_SUBJECT_PASSPORT, "E1234-678", NULL },
    { "newborn", LH_SUBJECT_NEWBORN, "nb-2026-1", "NB-2026-1" },
    { "network id keeps its case", LH_SUBJECT_NETWORK, "aB3dE6gH", "aB3dE6gH" },
    { "network id too short", LH_SUBJECT_NETWORK, "aB3dE6g", NULL },
    { "case pseudonym", LH_SUBJECT_CASE, "a-1f", "A-1F" },
    { "forty-one characters", LH_SUBJECT_CASE, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL },
    { "unknown kind", 99, "A-1F", NULL },
};

static void ids_become_canonical_or_are_refused_without_being_repeated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct subject_case *c = &CASES[i];
        struct lh_err err = LH_ERR_NONE;
        char out[LH_SUBJECT_ID_MAX + 1] = "";
        enum lh_code rc = lh_subject_canonical(out, c->type, lh_bytes_of_text(c->text), &err);

        if ((rc == LH_OK) != (c->canonical != NULL)) {
            fail_msg("%s: %s", c->name, err.text);
        }
        if (c->canonical != NULL) {
            assert_string_equal(out, c->canonical);
        } else {
            assert_string_equal(out, "");
            assert_true(strlen(c->text) < 4 || strstr(err.text, c->text) == NULL);
        }
    }
}

static void published_check_characters(void **state)
{
    (void)state;
    assert_int_equal(lh_subject_resident_check("11010519491231002"), 'X');
    assert_int_equal(lh_subject_resident_check("44052418800101001"), '4');
    assert_int_equal(lh_subject_resident_check("33079919900101001"), '4');
    assert_int_equal(lh_subject_uscc_check("91110000600037341"), 'L');
    assert_int_equal(lh_subject_uscc_check("11330700MB0000001"), 'Q');
    assert_int_equal(lh_subject_uscc_check("1133070OMB0000001"), 0);
}

static void every_single_wrong_digit_of_a_resident_number_is_noticed(void **state)
{
    (void)state;
    for (size_t at = 0; at < 17; at++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char text[] = "330799199001010014";
            char out[LH_SUBJECT_ID_MAX + 1];
            bool same = text[at] == digit;

            text[at] = digit;
            assert_int_equal(lh_subject_canonical(out, LH_SUBJECT_RESIDENT, lh_bytes_of_text(text),
                                                  NULL) == LH_OK,
                             same);
        }
    }
}

static void kinds_have_names_both_ways(void **state)
{
    (void)state;
    for (uint32_t type = LH_SUBJECT_RESIDENT; type <= LH_SUBJECT_CASE; type++) {
        uint32_t back = 0;
        assert_int_equal(
            lh_subject_type_parse(&back, lh_bytes_of_text(lh_subject_type_name(type)), NULL),
            LH_OK);
        assert_int_equal(back, type);
    }
    uint32_t none = 0;
    assert_int_equal(lh_subject_type_parse(&none, lh_bytes_of_text("person"), NULL),
                     LH_ERR_INVALID);
    assert_null(lh_subject_type_name(0));
    assert_null(lh_subject_type_name(7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_become_canonical_or_are_refused_without_being_repeated),
        cmocka_unit_test(published_check_characters),
        cmocka_unit_test(every_single_wrong_digit_of_a_resident_number_is_noticed),
        cmocka_unit_test(kinds_have_names_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
