#include "cli/cli.h"
#include "cli/files.h"
#include "cli/verbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int read_man(void **state)
{
    static struct lh_buf text = LH_BUF_EMPTY;

    *state = &text;
    return lh_file_read(&text, LH_SOURCE_DIR "/cli/man/liuhen.1.md", LH_FILE_SMALL_MAX, NULL) ==
                   LH_OK
               ? 0
               : -1;
}

static int free_man(void **state)
{
    lh_buf_clear(*state);
    return 0;
}

/* From the heading of a verb to the next one. */
static struct lh_bytes section_of(const struct lh_buf *man, const char *verb)
{
    struct lh_buf heading = LH_BUF_EMPTY;
    const char *start;
    const char *end;

    lh_buf_add_format(&heading, "\n### %s\n", verb);
    start = strstr(lh_buf_text(man), lh_buf_text(&heading));
    assert_non_null(start);
    start += heading.len;
    lh_buf_clear(&heading);
    end = strstr(start, "\n##");
    assert_non_null(end);
    return lh_bytes_of(start, (size_t)(end - start));
}

static bool names(struct lh_bytes section, const struct lh_option *option)
{
    struct lh_buf long_form = LH_BUF_EMPTY;
    char letter[] = { '-', option->letter, '\0' };
    bool is_there;

    lh_buf_add_format(&long_form, "--%s", option->name);
    is_there = memmem(section.data, section.len, long_form.data, long_form.len) != NULL ||
               (option->letter != 0 && memmem(section.data, section.len, letter, 2) != NULL);
    lh_buf_clear(&long_form);
    return is_there;
}

static void every_verb_has_a_section_that_names_its_options(void **state)
{
    const struct lh_buf *man = *state;

    for (const struct lh_verb *verb = lh_verbs; verb->name != NULL; verb++) {
        struct lh_bytes section = section_of(man, verb->name);

        if (strcmp(verb->name, "export") == 0) {
            continue; /* "filters of trail" */
        }
        for (const struct lh_option *option = verb->options; option != NULL && option->name != NULL;
             option++) {
            print_message("%s --%s\n", verb->name, option->name);
            assert_true(names(section, option) || strcmp(option->name, "stdin") == 0);
        }
    }
}

static void the_common_options_are_there(void **state)
{
    const struct lh_buf *man = *state;

    for (const struct lh_option *option = lh_cli_common_options; option->name != NULL; option++) {
        assert_true(names(lh_buf_bytes(man), option));
    }
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(every_verb_has_a_section_that_names_its_options),
        cmocka_unit_test(the_common_options_are_there),
    };

    return cmocka_run_group_tests(claims, read_man, free_man);
}
