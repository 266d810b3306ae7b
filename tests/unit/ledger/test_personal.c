/* All numbers here use 330799, a region code that was never assigned. */
#include "ledger/personal.h"

#include "../../support/bodies.h"
#include "ledger/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct row {
    const char *text;
    bool has;
};

static const struct row rows[] = {
    { "330799199001010014", true },
    { "", false },
    { "2026-000123", false },
    { "申请人330799199001010014办理", true },
    { "id:330799199001010014.", true },
    { "330799199001010015", false },    /* check digit */
    { "330799199002300014", false },    /* 30 February */
    { "330799219001010010", false },    /* born in 2190 */
    { "000799199001010014", false },    /* no such region */
    { "2026330799199001010014", true }, /* within a longer run */
    { "3307991990010100142026", true },
    { "33079919900101001", false },  /* 17 digits */
    { "330799 199001010014", true }, /* in groups */
    { "330799-19900101-0014", true },
    { "330799 19900101 0014", true },
    { "3307 9919 9001 0100 14", true },
    { "3 3 0 7 9 9 1 9 9 0 0 1 0 1 0 0 1 4", true },
    { "330799 - 19900101 - 0014", true },
    { "330799--19900101--0014", true },
    { "330799    199001010014", false }, /* four: no more one number */
    { "330799\u3000199001010014", true },
    { "330799\u00a019900101\u20130014", true },
    { "330799\uff0d19900101\uff0d0014", true },
    { "330799,199001010014", false },
    { "330799/19900101/0014", false },
    { "330799-19900101-0015", false }, /* check digit */
    { "330799-19901301-0014", false }, /* month 13 */
    { "330799-900101-001", false },    /* the older form has no check: side by side only */
    { "330799 900101001", false },
    { "2026 330799900101001", true },
    { "330799900101001 2026", true },
    /* what is no number: dates, times, case numbers, telephones, ids of systems */
    { "2026-11-24 10:00:00", false },
    { "2026-11-24T10:00:00.123Z", false },
    { "2026-11-24 2026-11-25 2026-11-26", false },
    { "20261124-100000-000123", false },
    { "330702-2026-000123", false },
    { "A3307020500002026110001", false },
    { "JH-2026-11-000123-45", false },
    { "0579-82469999 0579-82460000", false },
    { "138 0579 0000 / 139 0579 0000", false },
    { "6222 0212 0800 0000 000", false },
    { "550e8400-e29b-41d4-a716-446655440000", false },
    { "３３０７９９１９９００１０１００１４", true }, /* full width */
    { "３３０799199001010014", true },
    { "330799900101001", true }, /* the older form */
    { "x330799900101001y", true },
    { "330799900101001X", true },
    { "3307999001010012", false }, /* 16 digits are neither */
    { "330799901301001", false },  /* month 13 */
    { "099799900101001", false },
    { "20261124000012345", false },
    { "\xef\xbc", false },
    { "\xef", false },
};

static void a_personal_number_is_found_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool has = lh_text_has_personal_number(lh_bytes_of_text(rows[i].text));
        if (has != rows[i].has) {
            fail_msg("row %zu: %s", i, has ? "found" : "missed");
        }
    }
}

/* The check character X, in each of its forms. */
static void the_letter_x_counts_in_every_form(void **state)
{
    char number[32] = "33079919900101";
    char text[40];

    (void)state;
    for (int sequence = 1;; sequence++) {
        (void)snprintf(number + 14, sizeof number - 14, "%03d", sequence);
        if (lh_subject_resident_check(number) == 'X') {
            break;
        }
        assert_true(sequence < 999);
    }
    static const char *const forms[] = { "X", "x", "Ｘ", "ｘ", " X", "-x" };
    for (size_t i = 0; i < 6; i++) {
        (void)snprintf(text, sizeof text, "%s%s", number, forms[i]);
        assert_true(lh_text_has_personal_number(lh_bytes_of_text(text)));
    }
    (void)snprintf(text, sizeof text, "%s0", number);
    assert_false(lh_text_has_personal_number(lh_bytes_of_text(text)));
}

static void every_string_of_a_body_is_looked_into(void **state)
{
    static lhpb_Body body;

    (void)state;
    for (size_t i = 0; i < lh_fixture_type_count(); i++) {
        lh_fixture_body_full(&body, lh_fixture_type_at(i));
        assert_null(lh_body_find_personal_number(&body));
        strcpy(body.id, "a-330799199001010014");
        assert_string_equal(lh_body_find_personal_number(&body), "id");
    }
    lh_fixture_body(&body, lhpb_EntryType_STEP);
    strcpy(body.detail.step_done.name, "330799199001010014");
    assert_string_equal(lh_body_find_personal_number(&body), "detail");
    lh_fixture_body(&body, lhpb_EntryType_CASE);
    strcpy(body.detail.case_open.participants[1], "330799199001010014");
    assert_string_equal(lh_body_find_personal_number(&body), "detail");
    strcpy(body.unit, "330799199001010014");
    assert_string_equal(lh_body_find_personal_number(&body), "unit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_personal_number_is_found_wherever_it_stands),
        cmocka_unit_test(the_letter_x_counts_in_every_form),
        cmocka_unit_test(every_string_of_a_body_is_looked_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
