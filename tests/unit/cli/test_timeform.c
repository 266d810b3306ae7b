#include "cli/timeform.h"
#include "crypto/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct row {
    const char *form;
    const char *text;
    const char *wanted; /* UTC; NULL: refused */
};

static const struct row rows[] = {
    { "iso", "2011-10-11 13:45:40.276000+02:00", "2011-10-11T11:45:40.276Z" },
    { "iso", "2011-10-11T13:45:40Z", "2011-10-11T13:45:40.000Z" },
    { "iso", "2011-10-11 13:45:40.9999", "2011-10-11T05:45:40.999Z" },
    { "iso", "2011-10-11 13:45", "2011-10-11T05:45:00.000Z" },
    { "iso", "2011-10-11 13:45-0330", "2011-10-11T17:15:00.000Z" },
    { "iso", "2011-10-11", "2011-10-10T16:00:00.000Z" },
    { "iso", "2011-02-29", NULL },
    { "iso", "2011-10-11 24:00", NULL },
    { "iso", "2011-10-11 13:45:40.", NULL },
    { "iso", "2011-10-11 13:45 ", NULL },
    { "iso", "11.10.2011", NULL },
    { "iso", "", NULL },
    { "unix", "1764000000", "2025-11-24T16:00:00.000Z" },
    { "unix_ms", "1764000000250", "2025-11-24T16:00:00.250Z" },
    { "unix", "-1", NULL },
    { "unix", "12345678901234567890", NULL },
    { "%d.%m.%Y %H:%M", "24.11.2011 09:30", "2011-11-24T01:30:00.000Z" },
    { "%Y%m%d", "20111124", "2011-11-23T16:00:00.000Z" },
    { "%Y年%m月%d日 %H:%M:%S.%f %z", "2011年11月24日 09:30:01.5 Z", "2011-11-24T09:30:01.500Z" },
    { "%d/%m/%Y 100%%", "24/11/2011 100%", "2011-11-23T16:00:00.000Z" },
    { "%d.%m.%Y", "24.13.2011", NULL },
    { "%d.%m.%Y", "4.11.2011", NULL },
    { "%d.%m.%Y", "24.11.2011x", NULL },
};

static void times_are_read_in_the_form_that_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[LH_TIME_TEXT_SIZE];
        int64_t time = 0;
        enum lh_code rc;

        print_message("%s \"%s\"\n", rows[i].form, rows[i].text);
        assert_int_equal(lh_timeform_check(rows[i].form, NULL), LH_OK);
        rc = lh_timeform_parse(&time, rows[i].form, "+08:00", lh_bytes_of_text(rows[i].text), NULL);
        assert_int_equal(rc, rows[i].wanted != NULL ? LH_OK : LH_ERR_INVALID);
        if (rows[i].wanted != NULL) {
            lh_time_format_utc(text, time);
            assert_string_equal(text, rows[i].wanted);
        }
    }
}

static void a_form_that_names_no_day_is_refused(void **state)
{
    static const char *const forms[] = { "", "ISO", "%H:%M", "%Y-%m", "%Y-%m-%d %p", "%Y-%m-%d%" };

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        print_message("\"%s\"\n", forms[i]);
        assert_int_equal(lh_timeform_check(forms[i], NULL), LH_ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(times_are_read_in_the_form_that_is_named),
        cmocka_unit_test(a_form_that_names_no_day_is_refused),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
