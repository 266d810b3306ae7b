#include "cli/opts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct lh_option common[] = {
    { "json", 0, NULL, { "x", "x" } },
    { "node", 0, "PATH", { "x", "x" } },
    { "quiet", 'q', NULL, { "x", "x" } },
    { "help", 'h', NULL, { "x", "x" } },
    { .name = NULL },
};
static const struct lh_option trail_options[] = {
    { "staff", 's', "HEX", { "x", "x" } },
    { "since", 'S', "TIME", { "x", "x" } },
    { "reverse", 'r', NULL, { "x", "x" } },
    { .name = NULL },
};

static int run(struct lh_cli *cli)
{
    (void)cli;
    return 0;
}

static const struct lh_verb verbs[] = {
    { "trail", { "", "" }, 0, 0, trail_options, { "x", "x" }, { "", "" }, "-", run },
    { "show", { "ENTRY", "条目" }, 1, 1, NULL, { "x", "x" }, { "", "" }, "-", run },
    { "receipt get", { "ENTRY", "条目" }, 1, 1, NULL, { "x", "x" }, { "", "" }, "-", run },
    { "receipt verify", { "FILE...", "文件..." }, 1, 9, NULL, { "x", "x" }, { "", "" }, "-", run },
    { .name = NULL },
};

enum { WORDS_MAX = 12 };

static enum lh_code parse(struct lh_args *out, const char *const *words, struct lh_err *err)
{
    char text[WORDS_MAX][64];
    static char storage[WORDS_MAX][64]; /* the results borrow from it */
    char *argv[WORDS_MAX + 1] = { NULL };
    int argc = 0;

    (void)text;
    for (; words[argc] != NULL; argc++) {
        (void)strncat(memset(storage[argc], 0, 64), words[argc], 63);
        argv[argc] = storage[argc];
    }
    return lh_args_parse(out, argc, argv, verbs, common, LH_LANG_EN, err);
}

#define PARSE(out, err, ...) parse(out, (const char *const[]){ "liuhen", __VA_ARGS__, NULL }, err)

static void options_stand_before_and_behind_the_verb_in_any_form(void **state)
{
    struct lh_args args;
    size_t at = 0;

    (void)state;
    assert_int_equal(PARSE(&args, NULL, "--node=unix:/x", "-q", "trail", "--staff", "aa", "-sbb",
                           "-r", "--json"),
                     LH_OK);
    assert_string_equal(args.verb->name, "trail");
    assert_string_equal(lh_args_value(&args, "node"), "unix:/x");
    assert_true(lh_args_has(&args, "quiet"));
    assert_true(lh_args_has(&args, "json"));
    assert_true(lh_args_has(&args, "reverse"));
    assert_string_equal(lh_args_next(&args, "staff", &at), "aa");
    assert_string_equal(lh_args_next(&args, "staff", &at), "bb");
    assert_null(lh_args_next(&args, "staff", &at));
    assert_null(lh_args_value(&args, "since"));
}

static void verbs_of_two_words_take_their_operands(void **state)
{
    struct lh_args args;

    (void)state;
    assert_int_equal(PARSE(&args, NULL, "receipt", "verify", "a", "-q", "b", "--", "-c"), LH_OK);
    assert_string_equal(args.verb->name, "receipt verify");
    assert_int_equal(args.operand_count, 3);
    assert_string_equal(args.operands[0], "a");
    assert_string_equal(args.operands[1], "b");
    assert_string_equal(args.operands[2], "-c");
}

struct refusal {
    const char *words[5];
    const char *said; /* part of the message */
};

static const struct refusal refusals[] = {
    { { "trial" }, "trail" },
    { { "xyzzyxyzzy" }, "no verb" },
    { { "receipt" }, "get, verify" },
    { { "receipt", "gte" }, "get, verify" },
    { { "trail", "--staf", "aa" }, "--staff" },
    { { "trail", "--sincee=1" }, "--since" },
    { { "trail", "--staff" }, "value" },
    { { "trail", "-x" }, "-x" },
    { { "trail", "operand" }, "operand" },
    { { "show" }, "ENTRY" },
    { { "show", "a", "b" }, "\"b\"" },
};

static void a_wrong_word_is_refused_with_the_right_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const char *words[6] = { "liuhen" };
        struct lh_err err = LH_ERR_NONE;
        struct lh_args args;

        for (size_t j = 0; j < 4; j++) {
            words[j + 1] = refusals[i].words[j];
        }
        print_message("%s\n", refusals[i].said);
        assert_int_equal(parse(&args, words, &err), LH_ERR_INVALID);
        assert_non_null(strstr(err.text, refusals[i].said));
    }
}

static void a_residents_number_is_refused_and_not_repeated(void **state)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_args args;

    (void)state;
    assert_int_equal(PARSE(&args, &err, "show", "11010519491231002X"), LH_ERR_INVALID);
    assert_null(strstr(err.text, "1101051949"));
    assert_int_equal(PARSE(&args, &err, "trail", "--staff=11010519491231002X"), LH_ERR_INVALID);
    assert_null(strstr(err.text, "1101051949"));
    assert_int_equal(PARSE(&args, &err, "show", "gaj/1/123456789012345678"), LH_OK);
}

static void help_needs_no_operands(void **state)
{
    struct lh_args args;

    (void)state;
    assert_int_equal(PARSE(&args, NULL, "show", "--help"), LH_OK);
    assert_int_equal(PARSE(&args, NULL, "--help"), LH_OK);
    assert_null(args.verb);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(options_stand_before_and_behind_the_verb_in_any_form),
        cmocka_unit_test(verbs_of_two_words_take_their_operands),
        cmocka_unit_test(a_wrong_word_is_refused_with_the_right_one),
        cmocka_unit_test(a_residents_number_is_refused_and_not_repeated),
        cmocka_unit_test(help_needs_no_operands),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
