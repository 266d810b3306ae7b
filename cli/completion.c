/*
 * A verb of two words is completed as its first word, then its second; behind a whole verb come its
 * options and those of all verbs, and files.
 */
#include "cli/completion.h"

#include <string.h>

/* ---- what all shells need ---- */

static size_t first_len(const struct lh_verb *verb)
{
    return strcspn(verb->name, " ");
}

/* The second word of its name, or NULL. */
static const char *second_word(const struct lh_verb *verb)
{
    const char *space = strchr(verb->name, ' ');

    return space != NULL ? space + 1 : NULL;
}

/* Verbs of one first word stand together in the table. */
static bool is_first_of_word(const struct lh_verb *verbs, const struct lh_verb *verb)
{
    return verb == verbs || first_len(verb - 1) != first_len(verb) ||
           strncmp(verb[-1].name, verb->name, first_len(verb)) != 0;
}

/* Text between single quotes: a backslash in front of each character of `special`, and `quote` for
 * a quote. */
static void add_quoted(struct lh_buf *out, const char *text, const char *special, const char *quote)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'') {
            lh_buf_add_text(out, quote);
            continue;
        }
        if (strchr(special, *at) != NULL) {
            lh_buf_add_u8(out, '\\');
        }
        lh_buf_add_u8(out, (uint8_t)*at);
    }
}

static bool is_dir(const struct lh_option *option)
{
    return strcmp(option->value, "DIR") == 0;
}

static bool is_file(const struct lh_option *option)
{
    return strstr(option->value, "FILE") != NULL || strstr(option->value, "PATH") != NULL ||
           strcmp(option->value, "MAP") == 0;
}

/* ---- bash ---- */

static void add_bash_names(struct lh_buf *out, const struct lh_option *options)
{
    for (const struct lh_option *at = options; at != NULL && at->name != NULL; at++) {
        lh_buf_add_format(out, " --%s", at->name);
    }
}

/* Two verbs of two words with the same first one. `last` may be NULL. */
static bool begins_alike(const struct lh_verb *last, const struct lh_verb *verb)
{
    return last != NULL && first_len(last) == first_len(verb) &&
           strncmp(last->name, verb->name, first_len(verb)) == 0;
}

/* The words that may follow a first one; verbs of one first word stand together. */
static void add_bash_seconds(struct lh_buf *out, const struct lh_verb *verbs)
{
    const struct lh_verb *last = NULL;

    for (const struct lh_verb *verb = verbs; verb->name != NULL; verb++) {
        if (second_word(verb) == NULL) {
            continue;
        }
        if (!begins_alike(last, verb)) {
            lh_buf_add_format(out, "%s    \"2 %.*s\") list=\"", last != NULL ? "\" ;;\n" : "",
                              (int)first_len(verb), verb->name);
        }
        lh_buf_add_format(out, " %s", second_word(verb));
        last = verb;
    }
    lh_buf_add_text(out, last != NULL ? "\" ;;\n" : "");
}

static void add_bash(struct lh_buf *out, const struct lh_completion *of)
{
    lh_buf_add_text(out, "# bash completion for liuhen: source it, or put it into\n"
                         "# /usr/share/bash-completion/completions/liuhen\n"
                         "_liuhen() {\n"
                         "    local word=${COMP_WORDS[COMP_CWORD]} list=\n"
                         "    case \"$COMP_CWORD ${COMP_WORDS[1]}\" in\n"
                         "    \"1 \"*) list=\"");
    for (const struct lh_verb *verb = of->verbs; verb->name != NULL; verb++) {
        if (is_first_of_word(of->verbs, verb)) {
            lh_buf_add_format(out, " %.*s", (int)first_len(verb), verb->name);
        }
    }
    lh_buf_add_text(out, "\" ;;\n");
    add_bash_seconds(out, of->verbs);
    lh_buf_add_text(out, "    esac\n"
                         "    case \" ${COMP_WORDS[1]} ${COMP_WORDS[2]} \" in\n");
    for (const struct lh_verb *verb = of->verbs; verb->name != NULL; verb++) {
        lh_buf_add_format(out, "    \" %s \"*) list=\"$list", verb->name);
        add_bash_names(out, verb->options);
        add_bash_names(out, of->common);
        lh_buf_add_text(out, "\" ;;\n");
    }
    lh_buf_add_text(out, "    esac\n"
                         "    mapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$word\")\n"
                         "    [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default\n"
                         "}\n"
                         "complete -F _liuhen liuhen\n");
}

/* ---- zsh ---- */

/* "'word:what it is'", as _describe wants it. */
static void add_zsh_word(struct lh_buf *out, const char *word, size_t len, const char *title)
{
    lh_buf_add_format(out, "            '%.*s:", (int)len, word);
    add_quoted(out, title, "", "'\\''");
    lh_buf_add_text(out, "'\n");
}

/* What may stand for an option's value, as _arguments wants it. */
static void add_zsh_value(struct lh_buf *out, const struct lh_option *option)
{
    lh_buf_add_u8(out, ':');
    add_quoted(out, option->value, ":\\", "'\\''");
    lh_buf_add_text(out, is_dir(option) ? ":_files -/" : is_file(option) ? ":_files" : ": ");
}

/* One line of _arguments for each form of each option. */
static void add_zsh_options(struct lh_buf *out, const struct lh_option *options, enum lh_lang lang)
{
    for (const struct lh_option *at = options; at != NULL && at->name != NULL; at++) {
        for (int form = at->letter != 0 ? 0 : 1; form < 2; form++) {
            if (form == 0) {
                lh_buf_add_format(out, "            '*-%c", at->letter);
            } else {
                lh_buf_add_format(out, "            '*--%s", at->name);
            }
            lh_buf_add_text(out, at->value == NULL ? "[" : form == 0 ? "+[" : "=[");
            add_quoted(out, lh_words_in(&at->help, lang), "[]\\:", "'\\''");
            lh_buf_add_u8(out, ']');
            if (at->value != NULL) {
                add_zsh_value(out, at);
            }
            lh_buf_add_text(out, "'\n");
        }
    }
}

static void add_zsh_firsts(struct lh_buf *out, const struct lh_completion *of)
{
    lh_buf_add_text(out, "    if (( CURRENT == 2 )); then\n"
                         "        list=(\n");
    for (const struct lh_verb *verb = of->verbs; verb->name != NULL; verb++) {
        if (is_first_of_word(of->verbs, verb)) {
            add_zsh_word(out, verb->name, first_len(verb),
                         second_word(verb) != NULL ? "" : lh_words_in(&verb->title, of->lang));
        }
    }
    lh_buf_add_text(out, "        )\n"
                         "        _describe -t commands command list\n"
                         "        return\n"
                         "    fi\n");
}

/* A first word that is a verb by itself too, like restore: its own options and operands come next.
 */
static bool is_verb_too(const struct lh_verb *verbs, const struct lh_verb *of)
{
    for (const struct lh_verb *verb = verbs; verb->name != NULL; verb++) {
        if (second_word(verb) == NULL && begins_alike(verb, of)) {
            return true;
        }
    }
    return false;
}

static void end_zsh_seconds(struct lh_buf *out, const struct lh_verb *verbs,
                            const struct lh_verb *last)
{
    if (last != NULL) {
        lh_buf_add_format(out, "        )\n        _describe -t commands command list%s ;;\n",
                          is_verb_too(verbs, last) ? "" : "\n        return");
    }
}

/* The words that may follow a first one. */
static void add_zsh_seconds(struct lh_buf *out, const struct lh_completion *of)
{
    const struct lh_verb *last = NULL;

    lh_buf_add_text(out, "    case \"$CURRENT $words[2]\" in\n");
    for (const struct lh_verb *verb = of->verbs; verb->name != NULL; verb++) {
        if (second_word(verb) == NULL) {
            continue;
        }
        if (!begins_alike(last, verb)) {
            end_zsh_seconds(out, of->verbs, last);
            lh_buf_add_format(out, "    '3 %.*s')\n        list=(\n", (int)first_len(verb),
                              verb->name);
        }
        add_zsh_word(out, second_word(verb), strlen(second_word(verb)),
                     lh_words_in(&verb->title, of->lang));
        last = verb;
    }
    end_zsh_seconds(out, of->verbs, last);
    lh_buf_add_text(out, "    esac\n");
}

static void add_zsh(struct lh_buf *out, const struct lh_completion *of)
{
    lh_buf_add_text(
        out, "#compdef liuhen\n"
             "# zsh completion for liuhen: source it, or put it as _liuhen into a folder of\n"
             "# $fpath, such as /usr/share/zsh/vendor-completions\n"
             "_liuhen() {\n"
             "    local -a list common\n");
    add_zsh_firsts(out, of);
    add_zsh_seconds(out, of);
    lh_buf_add_text(out, "    case \"$words[2] $words[3] \" in\n");
    for (const struct lh_verb *verb = of->verbs; verb->name != NULL; verb++) {
        lh_buf_add_format(out, "    '%s '*)\n        list=(\n", verb->name);
        add_zsh_options(out, verb->options, of->lang);
        lh_buf_add_format(out, "        )\n        shift %d words; (( CURRENT -= %d )) ;;\n",
                          second_word(verb) != NULL ? 2 : 1, second_word(verb) != NULL ? 2 : 1);
    }
    lh_buf_add_text(out, "    esac\n"
                         "    common=(\n");
    add_zsh_options(out, of->common, of->lang);
    lh_buf_add_text(out, "    )\n"
                         "    _arguments -s $list $common '*:file:_files'\n"
                         "}\n"
                         "if [[ $funcstack[1] == _liuhen ]]; then # loaded from $fpath\n"
                         "    _liuhen \"$@\"\n"
                         "else\n"
                         "    compdef _liuhen liuhen\n"
                         "fi\n");
}

/* ---- fish ---- */

/* Whether the words so far begin with these, or are these and nothing else. */
static const char fish_head[] =
    "# fish completion for liuhen: put it into /usr/share/fish/vendor_completions.d/liuhen.fish\n"
    "function __liuhen_under\n"
    "    set -l words (string match -v -- '-*' (commandline -opc))[2..]\n"
    "    set -l len (count $argv)\n"
    "    test (count $words) -ge $len\n"
    "    and test \"$words[1..$len]\" = \"$argv\"\n"
    "end\n"
    "function __liuhen_next\n"
    "    set -l words (string match -v -- '-*' (commandline -opc))[2..]\n"
    "    test \"$words\" = \"$argv\"\n"
    "end\n";

static void add_fish_title(struct lh_buf *out, const char *title)
{
    lh_buf_add_text(out, " -d '");
    add_quoted(out, title, "\\", "\\'");
    lh_buf_add_text(out, "'\n");
}

static void add_fish_options(struct lh_buf *out, const char *verb, const struct lh_option *options,
                             enum lh_lang lang)
{
    for (const struct lh_option *at = options; at != NULL && at->name != NULL; at++) {
        lh_buf_add_text(out, "complete -c liuhen");
        if (verb != NULL) {
            lh_buf_add_format(out, " -n '__liuhen_under %s'", verb);
        }
        if (at->letter != 0) {
            lh_buf_add_format(out, " -s %c", at->letter);
        }
        lh_buf_add_format(out, " -l %s", at->name);
        if (at->value != NULL) {
            lh_buf_add_text(out, is_dir(at)    ? " -x -a '(__fish_complete_directories)'"
                                 : is_file(at) ? " -r -F"
                                               : " -x");
        }
        add_fish_title(out, lh_words_in(&at->help, lang));
    }
}

static void add_fish_verb(struct lh_buf *out, const struct lh_completion *of,
                          const struct lh_verb *verb)
{
    const char *second = second_word(verb);
    struct lh_buf under = LH_BUF_EMPTY;

    lh_buf_add_text(&under, verb->name);
    if (is_first_of_word(of->verbs, verb)) {
        lh_buf_add_format(out, "complete -c liuhen -n __liuhen_next -f -a %.*s",
                          (int)first_len(verb), verb->name);
        add_fish_title(out, second != NULL ? "" : lh_words_in(&verb->title, of->lang));
    }
    if (second != NULL) {
        lh_buf_add_format(out, "complete -c liuhen -n '__liuhen_next %.*s' -f -a %s",
                          (int)first_len(verb), verb->name, second);
        add_fish_title(out, lh_words_in(&verb->title, of->lang));
    }
    for (const struct lh_verb *at = of->verbs; second == NULL && at->name != NULL; at++) {
        if (second_word(at) != NULL && begins_alike(verb, at)) { /* whose options are its own */
            lh_buf_add_format(&under, "; and not __liuhen_under %s", at->name);
        }
    }
    add_fish_options(out, lh_buf_text(&under), verb->options, of->lang);
    lh_buf_clear(&under);
}

static void add_fish(struct lh_buf *out, const struct lh_completion *of)
{
    lh_buf_add_text(out, fish_head);
    for (const struct lh_verb *verb = of->verbs; verb->name != NULL; verb++) {
        add_fish_verb(out, of, verb);
    }
    add_fish_options(out, NULL, of->common, of->lang);
}

bool lh_completion_add(struct lh_buf *out, const char *shell, const struct lh_completion *of)
{
    static const struct {
        const char *name;
        void (*add)(struct lh_buf *out, const struct lh_completion *of);
    } shells[] = { { "bash", add_bash }, { "zsh", add_zsh }, { "fish", add_fish } };

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].name, shell) == 0) {
            shells[i].add(out, of);
            return true;
        }
    }
    return false;
}
