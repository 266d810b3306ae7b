#include "cli/msg.h"
#include "cli/verbs.h"
#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Bit set of the arguments a template uses. */
static unsigned arguments_of(const char *text)
{
    unsigned used = 0;

    for (const char *at = text; *at != '\0'; at++) {
        if (at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}') {
            used |= 1U << (at[1] - '1');
        }
    }
    return used;
}

static void every_message_is_there_in_both_languages(void **state)
{
    (void)state;
    for (int id = 0; id < (int)LH_MSG_COUNT; id++) {
        const struct lh_words *words = lh_msg_words((enum lh_msg)id);

        print_message("%s\n", words->en);
        assert_true(words->en[0] != '\0');
        assert_true(words->zh[0] != '\0');
    }
}

static void both_languages_use_the_same_arguments_without_a_gap(void **state)
{
    (void)state;
    for (int id = 0; id < (int)LH_MSG_COUNT; id++) {
        const struct lh_words *words = lh_msg_words((enum lh_msg)id);
        unsigned used = arguments_of(words->en);

        print_message("%s\n", words->en);
        assert_int_equal(used, arguments_of(words->zh));
        assert_int_equal(used & (used + 1), 0); /* {1} up to some {n} */
    }
}

static void check_words(const struct lh_words *words)
{
    assert_non_null(words->en);
    assert_non_null(words->zh);
    assert_true(words->en[0] != '\0');
    assert_true(words->zh[0] != '\0');
}

static void check_options(const struct lh_option *options)
{
    for (const struct lh_option *at = options; at != NULL && at->name != NULL; at++) {
        print_message("--%s\n", at->name);
        check_words(&at->help);
    }
}

static void every_verb_and_option_is_explained_in_both_languages(void **state)
{
    (void)state;
    check_options(lh_cli_common_options);
    for (const struct lh_verb *verb = lh_verbs; verb->name != NULL; verb++) {
        print_message("%s\n", verb->name);
        check_words(&verb->title);
        assert_int_equal(verb->operands.en[0] == '\0', verb->operands.zh[0] == '\0');
        assert_non_null(verb->exits);
        assert_non_null(verb->run);
        assert_int_equal(verb->more.en[0] == '\0', verb->more.zh[0] == '\0');
        check_options(verb->options);
    }
}

/* Rule 1 of cli/opts.h, as far as a table can show it: one name, one letter, one kind. */
static void an_option_has_the_same_letter_and_kind_in_every_verb(void **state)
{
    (void)state;
    for (const struct lh_verb *a = lh_verbs; a->name != NULL; a++) {
        for (const struct lh_option *option = a->options; option != NULL && option->name != NULL;
             option++) {
            for (const struct lh_verb *b = lh_verbs; b->name != NULL; b++) {
                for (const struct lh_option *other = b->options;
                     other != NULL && other->name != NULL; other++) {
                    if (strcmp(option->name, other->name) == 0) {
                        assert_int_equal(option->value == NULL, other->value == NULL);
                        assert_int_equal(option->letter, other->letter);
                    }
                }
            }
            for (const struct lh_option *other = lh_cli_common_options; other->name != NULL;
                 other++) {
                assert_string_not_equal(option->name, other->name);
                assert_true(option->letter == 0 || option->letter != other->letter);
            }
        }
    }
}

static void arguments_go_where_the_language_wants_them(void **state)
{
    struct lh_buf text = LH_BUF_EMPTY;

    (void)state;
    lh_msg_add(&text, LH_LANG_EN, LH_MSG_VERB_NEAREST, "trial", "trail", NULL);
    assert_string_equal(lh_buf_text(&text), "\"trial\" is no verb; is it \"trail\"?");
    lh_buf_clear(&text);
}

static void chinese_locales_speak_chinese(void **state)
{
    (void)state;
    assert_int_equal(lh_lang_of_locale("zh_CN.UTF-8"), LH_LANG_ZH);
    assert_int_equal(lh_lang_of_locale("zh"), LH_LANG_ZH);
    assert_int_equal(lh_lang_of_locale("en_GB.UTF-8"), LH_LANG_EN);
    assert_int_equal(lh_lang_of_locale("C"), LH_LANG_EN);
    assert_int_equal(lh_lang_of_locale(NULL), LH_LANG_EN);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(every_message_is_there_in_both_languages),
        cmocka_unit_test(both_languages_use_the_same_arguments_without_a_gap),
        cmocka_unit_test(every_verb_and_option_is_explained_in_both_languages),
        cmocka_unit_test(an_option_has_the_same_letter_and_kind_in_every_verb),
        cmocka_unit_test(arguments_go_where_the_language_wants_them),
        cmocka_unit_test(chinese_locales_speak_chinese),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
