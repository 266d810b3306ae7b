#include "cli/opts.h"

#include "crypto/base/assert.h"
#include "ledger/personal.h"

#include <getopt.h>
#include <string.h>

enum { OPTIONS_MAX = 48, NAME_MAX_LEN = 48 };

/* ---- names that are nearly right ---- */

/* Letters to insert, drop or change to make one word of the other. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LEN + 1];
    size_t b_len = strlen(b);

    if (b_len > NAME_MAX_LEN) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);

            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_len];
}

/* Keep `name` when it is nearer to `word` than what is kept. */
static void keep_nearer(const char **best, size_t *best_distance, const char *word,
                        const char *name)
{
    size_t distance = edit_distance(word, name);

    if (distance < *best_distance) {
        *best_distance = distance;
        *best = name;
    }
}

const char *lh_verb_nearest(const struct lh_verb *verbs, const char *word)
{
    const char *best = NULL;
    size_t distance = strlen(word) / 2 + 1;

    for (const struct lh_verb *verb = verbs; verb->name != NULL; verb++) {
        keep_nearer(&best, &distance, word, verb->name);
    }
    return best;
}

static const char *nearest_option(const struct lh_option *own, const struct lh_option *common,
                                  const char *word)
{
    const char *best = NULL;
    size_t distance = strlen(word) / 2 + 1;

    for (const struct lh_option *at = own; at != NULL && at->name != NULL; at++) {
        keep_nearer(&best, &distance, word, at->name);
    }
    for (const struct lh_option *at = common; at->name != NULL; at++) {
        keep_nearer(&best, &distance, word, at->name);
    }
    return best;
}

/* ---- parsing ---- */

/* getopt's own form of two lists. */
struct getopt_table {
    size_t count;
    const struct lh_option *ours[OPTIONS_MAX];
    struct option theirs[OPTIONS_MAX + 1];
    char letters[3 * OPTIONS_MAX + 3];
};

static void add_options(struct getopt_table *table, const struct lh_option *options)
{
    for (const struct lh_option *at = options; at != NULL && at->name != NULL; at++) {
        size_t len = strlen(table->letters);

        lh_assert(table->count < OPTIONS_MAX);
        table->ours[table->count] = at;
        table->theirs[table->count] =
            (struct option){ .name = at->name,
                             .has_arg = at->value != NULL ? required_argument : no_argument };
        if (at->letter != 0) {
            table->letters[len++] = at->letter;
            if (at->value != NULL) {
                table->letters[len++] = ':';
            }
            table->letters[len] = '\0';
        }
        table->count++;
    }
}

static const struct lh_option *option_of_letter(const struct getopt_table *table, int letter)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->ours[i]->letter == letter) {
            return table->ours[i];
        }
    }
    return NULL;
}

/* The argument that getopt has just read an option from. */
static const char *token_of(char **argv, bool has_value)
{
    return has_value && optarg == argv[optind - 1] ? argv[optind - 2] : argv[optind - 1];
}

static enum lh_code refuse(struct lh_err *err, enum lh_lang lang, enum lh_msg id, const char *a,
                           const char *b)
{
    struct lh_buf text = LH_BUF_EMPTY;

    lh_msg_add(&text, lang, id, a, b, NULL);
    (void)lh_err_set(err, LH_ERR_INVALID, "%s", lh_buf_text(&text));
    lh_buf_clear(&text);
    return LH_ERR_INVALID;
}

static enum lh_code refuse_option(const char *token, const struct lh_option *own,
                                  const struct lh_option *common, enum lh_lang lang,
                                  struct lh_err *err)
{
    char name[NAME_MAX_LEN + 1] = "";
    const char *nearest;

    if (token == NULL || strncmp(token, "--", 2) != 0) {
        name[0] = '-';
        name[1] = (char)optopt;
        return refuse(err, lang, LH_MSG_OPTION_UNKNOWN, name, "");
    }
    for (size_t i = 0; i < NAME_MAX_LEN && token[i + 2] != '\0' && token[i + 2] != '='; i++) {
        name[i] = token[i + 2];
    }
    nearest = nearest_option(own, common, name);
    if (nearest == NULL) {
        return refuse(err, lang, LH_MSG_OPTION_UNKNOWN, token, "");
    }
    return refuse(err, lang, LH_MSG_OPTION_NEAREST, token, nearest);
}

static enum lh_code keep_option(struct lh_args *args, const struct lh_option *option,
                                const char *value, enum lh_lang lang, struct lh_err *err)
{
    if (args->count == LH_ARGS_MAX) {
        return refuse(err, lang, LH_MSG_ARGS_TOO_MANY, "", "");
    }
    args->given[args->count].option = option;
    args->given[args->count].value = option->value != NULL ? value : NULL;
    args->count++;
    return LH_OK;
}

/* getopt matches any unique beginning of a name; we want the name. */
static bool is_written_in_full(const char *token, const char *name)
{
    size_t len = strlen(name);

    return strncmp(token, "--", 2) != 0 || (strncmp(token + 2, name, len) == 0 &&
                                            (token[2 + len] == '\0' || token[2 + len] == '='));
}

/* One pass of getopt over argv[1..]; `prefix` "+" stops at the first operand. */
static enum lh_code run_getopt(struct lh_args *args, int argc, char **argv, const char *prefix,
                               const struct lh_option *own, const struct lh_option *common,
                               enum lh_lang lang, struct lh_err *err)
{
    struct getopt_table table = { .count = 0 };
    enum lh_code rc;

    lh_assert(strlen(prefix) <= 1);
    for (size_t i = 0; prefix[i] != '\0'; i++) {
        table.letters[i] = prefix[i];
    }
    table.letters[strlen(prefix)] = ':'; /* tell a missing value from an unknown option */
    add_options(&table, own);
    add_options(&table, common);
    opterr = 0;
    optind = 0; /* glibc: begin anew, and read the prefix again */
    for (;;) {
        int index = -1;
        int got = getopt_long(argc, argv, table.letters, table.theirs, &index);
        const struct lh_option *option;
        const char *token;

        if (got == -1) {
            return LH_OK;
        }
        if (got == ':') {
            return refuse(err, lang, LH_MSG_OPTION_WANTS_VALUE, argv[optind - 1], "");
        }
        option = got == 0 ? table.ours[index] : option_of_letter(&table, got);
        if (got == '?' || option == NULL) {
            return refuse_option(argv[optind - 1], own, common, lang, err);
        }
        token = token_of(argv, option->value != NULL);
        if (got == 0 && !is_written_in_full(token, option->name)) {
            return refuse_option(token, own, common, lang, err);
        }
        rc = keep_option(args, option, optarg, lang, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
}

/* Rule 3. The number itself is not repeated. */
static enum lh_code check_no_personal_number(int argc, char **argv, enum lh_lang lang,
                                             struct lh_err *err)
{
    for (int i = 1; i < argc; i++) {
        if (lh_text_has_personal_number(lh_bytes_of_text(argv[i]))) {
            return refuse(err, lang, LH_MSG_PERSONAL_NUMBER, "", "");
        }
    }
    return LH_OK;
}

const struct lh_verb *lh_verb_find(const struct lh_verb *verbs, const char *const *words,
                                   size_t count, size_t *out_used)
{
    for (const struct lh_verb *verb = verbs; verb->name != NULL; verb++) {
        const char *space = strchr(verb->name, ' ');
        size_t first_len = space != NULL ? (size_t)(space - verb->name) : strlen(verb->name);

        if (count < 1 || strlen(words[0]) != first_len ||
            strncmp(verb->name, words[0], first_len) != 0) {
            continue;
        }
        if (space == NULL) {
            *out_used = 1;
            return verb;
        }
        if (count >= 2 && strcmp(space + 1, words[1]) == 0) {
            *out_used = 2;
            return verb;
        }
    }
    return NULL;
}

/* "receipt" alone: which words may follow. */
static bool list_nouns(struct lh_buf *out, const struct lh_verb *verbs, const char *word)
{
    size_t len = strlen(word);
    bool any = false;

    for (const struct lh_verb *verb = verbs; verb->name != NULL; verb++) {
        if (strncmp(verb->name, word, len) == 0 && verb->name[len] == ' ') {
            lh_buf_add_format(out, "%s%s", any ? ", " : "", verb->name + len + 1);
            any = true;
        }
    }
    return any;
}

static enum lh_code refuse_verb(const struct lh_verb *verbs, const char *word, enum lh_lang lang,
                                struct lh_err *err)
{
    struct lh_buf nouns = LH_BUF_EMPTY;
    const char *nearest = lh_verb_nearest(verbs, word);

    if (list_nouns(&nouns, verbs, word)) {
        (void)refuse(err, lang, LH_MSG_VERB_WANTS_NOUN, word, lh_buf_text(&nouns));
    } else if (nearest != NULL) {
        (void)refuse(err, lang, LH_MSG_VERB_NEAREST, word, nearest);
    } else {
        (void)refuse(err, lang, LH_MSG_VERB_UNKNOWN, word, "");
    }
    lh_buf_clear(&nouns);
    return LH_ERR_INVALID;
}

static enum lh_code check_operands(const struct lh_args *args, enum lh_lang lang,
                                   struct lh_err *err)
{
    const struct lh_verb *verb = args->verb;

    if (lh_args_has(args, "help")) {
        return LH_OK;
    }
    if (args->operand_count < verb->operands_min) {
        return refuse(err, lang, LH_MSG_OPERAND_MISSING, verb->name,
                      lh_words_in(&verb->operands, lang));
    }
    if (args->operand_count > verb->operands_max) {
        return refuse(err, lang, LH_MSG_OPERAND_EXTRA, verb->name,
                      args->operands[verb->operands_max]);
    }
    return LH_OK;
}

enum lh_code lh_args_parse(struct lh_args *out, int argc, char **argv, const struct lh_verb *verbs,
                           const struct lh_option *common, enum lh_lang lang, struct lh_err *err)
{
    size_t used = 0;
    enum lh_code rc;

    *out = (struct lh_args){ .verb = NULL };
    rc = check_no_personal_number(argc, argv, lang, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = run_getopt(out, argc, argv, "+", NULL, common, lang, err);
    if (rc != LH_OK || optind >= argc) {
        return rc;
    }
    argc -= optind;
    argv += optind;
    out->verb = lh_verb_find(verbs, (const char *const *)argv, (size_t)argc, &used);
    if (out->verb == NULL) {
        return refuse_verb(verbs, argv[0], lang, err);
    }
    /* The verb's last word stands where getopt expects the program's name. */
    argc -= (int)used - 1;
    argv += used - 1;
    rc = run_getopt(out, argc, argv, "", out->verb->options, common, lang, err);
    if (rc != LH_OK) {
        return rc;
    }
    for (int i = optind; i < argc; i++) {
        if (out->operand_count == LH_ARGS_MAX) {
            return refuse(err, lang, LH_MSG_ARGS_TOO_MANY, "", "");
        }
        out->operands[out->operand_count++] = argv[i];
    }
    return check_operands(out, lang, err);
}

const char *lh_args_value(const struct lh_args *args, const char *name)
{
    for (size_t i = args->count; i > 0; i--) {
        if (strcmp(args->given[i - 1].option->name, name) == 0) {
            return args->given[i - 1].value;
        }
    }
    return NULL;
}

bool lh_args_has(const struct lh_args *args, const char *name)
{
    for (size_t i = 0; i < args->count; i++) {
        if (strcmp(args->given[i].option->name, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *lh_args_next(const struct lh_args *args, const char *name, size_t *at)
{
    while (*at < args->count) {
        size_t i = (*at)++;

        if (strcmp(args->given[i].option->name, name) == 0) {
            return args->given[i].value;
        }
    }
    return NULL;
}

/* ---- help ---- */

static void add_options_help(struct lh_buf *out, const struct lh_option *options, enum lh_lang lang)
{
    for (const struct lh_option *at = options; at != NULL && at->name != NULL; at++) {
        struct lh_buf left = LH_BUF_EMPTY;

        if (at->letter != 0) {
            lh_buf_add_format(&left, "-%c, ", at->letter);
        } else {
            lh_buf_add_text(&left, "    ");
        }
        lh_buf_add_format(&left, "--%s", at->name);
        if (at->value != NULL) {
            lh_buf_add_format(&left, " %s", at->value);
        }
        lh_buf_add_format(out, "  %-30s %s\n", lh_buf_text(&left), lh_words_in(&at->help, lang));
        lh_buf_clear(&left);
    }
}

void lh_verb_help(struct lh_buf *out, const struct lh_verb *verb, const struct lh_option *common,
                  enum lh_lang lang)
{
    const char *more = lh_words_in(&verb->more, lang);
    const char *operands = lh_words_in(&verb->operands, lang);

    lh_msg_add(out, lang, LH_MSG_HELP_USAGE, verb->name, operands[0] != '\0' ? " " : "", operands,
               NULL);
    lh_buf_add_format(out, "%s\n", lh_words_in(&verb->title, lang));
    if (more[0] != '\0') {
        lh_buf_add_format(out, "\n%s\n", more);
    }
    if (verb->options != NULL) {
        lh_msg_add(out, lang, LH_MSG_HELP_OPTIONS, NULL);
        add_options_help(out, verb->options, lang);
    }
    lh_msg_add(out, lang, LH_MSG_HELP_COMMON, NULL);
    add_options_help(out, common, lang);
    lh_msg_add(out, lang, LH_MSG_HELP_EXITS, verb->exits, NULL);
}

void lh_verbs_help(struct lh_buf *out, const struct lh_verb *verbs, const struct lh_option *common,
                   enum lh_lang lang)
{
    lh_msg_add(out, lang, LH_MSG_HELP_TOP, NULL);
    for (const struct lh_verb *verb = verbs; verb->name != NULL; verb++) {
        lh_buf_add_format(out, "  %-18s %s\n", verb->name, lh_words_in(&verb->title, lang));
    }
    lh_msg_add(out, lang, LH_MSG_HELP_COMMON, NULL);
    add_options_help(out, common, lang);
    lh_msg_add(out, lang, LH_MSG_HELP_BOTTOM, NULL);
}
