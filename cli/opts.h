#ifndef LH_CLI_OPTS_H
#define LH_CLI_OPTS_H

/*
 * Verbs and their options as data: one table feeds parsing, --help, the nearest name for a
 * mistyped one, completion and the test that compares the man page with it.
 *
 *  1. The same option means the same in all verbs; options that all verbs have stand in one list.
 *  2. Options and operands may be mixed; "--" ends the options. Names are written in full.
 *  3. No argument is a resident's number: the command line is visible to every user of the machine
 *     and stays in the shell's history, so such an argument is refused.
 */

#include "cli/msg.h"

struct lh_cli;

struct lh_option {
    const char *name;  /* long form; NULL ends a list */
    char letter;       /* short form; 0: none */
    const char *value; /* what the help calls its value; NULL: a switch */
    struct lh_words help;
};

struct lh_verb {
    const char *name;         /* "keygen", "receipt get"; NULL ends a table */
    struct lh_words operands; /* for the usage line: "FILE", "[FILE|-]", "" */
    size_t operands_min;
    size_t operands_max;
    const struct lh_option *options; /* its own; NULL: none */
    struct lh_words title;           /* one line */
    struct lh_words more;            /* paragraphs for its help; "" allowed */
    const char *exits;               /* its exit codes besides 0, 2 and 3, for the help */
    int (*run)(struct lh_cli *cli);
};

enum { LH_ARGS_MAX = 128 };

/* What the command line said. Strings borrow from argv. */
struct lh_args {
    const struct lh_verb *verb; /* NULL: none named */
    size_t count;
    struct {
        const struct lh_option *option;
        const char *value; /* NULL for a switch */
    } given[LH_ARGS_MAX];
    size_t operand_count;
    const char *operands[LH_ARGS_MAX];
};

/**
 * Parse argv[1..]. `common` are the options of all verbs. LH_ERR_INVALID with words in `lang`; what
 * was parsed until then is in `out`, so that the caller knows --lang and --json already.
 */
enum lh_code lh_args_parse(struct lh_args *out, int argc, char **argv, const struct lh_verb *verbs,
                           const struct lh_option *common, enum lh_lang lang,
                           struct lh_err *err) LH_MUST_CHECK;
/** Last value given for an option; NULL if none. */
const char *lh_args_value(const struct lh_args *args, const char *name);
bool lh_args_has(const struct lh_args *args, const char *name);
/** Walk all values of a repeated option: *at starts at 0; NULL at the end. */
const char *lh_args_next(const struct lh_args *args, const char *name, size_t *at);

/** The verb that the words name ("receipt", "get"), or NULL. `out_used`: words taken. */
const struct lh_verb *lh_verb_find(const struct lh_verb *verbs, const char *const *words,
                                   size_t count, size_t *out_used);
/** The verb's name that is nearest to `word`, NULL when none is near. */
const char *lh_verb_nearest(const struct lh_verb *verbs, const char *word);

/** Append a verb's help. */
void lh_verb_help(struct lh_buf *out, const struct lh_verb *verb, const struct lh_option *common,
                  enum lh_lang lang);
/** Append the list of verbs. */
void lh_verbs_help(struct lh_buf *out, const struct lh_verb *verbs, const struct lh_option *common,
                   enum lh_lang lang);

#endif
