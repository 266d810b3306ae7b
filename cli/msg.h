#ifndef LH_CLI_MSG_H
#define LH_CLI_MSG_H

/*
 * What the command line says, in Chinese and in English. A message is a template in both languages:
 * "{1}" to "{9}" stand for its arguments, in the order that each language wants. The templates are
 * one table (cli/messages.inc); a test finds a message that lacks a language or an argument.
 * JSON answers are never translated.
 */

#include "crypto/base/buf.h"

enum lh_lang {
    LH_LANG_EN,
    LH_LANG_ZH,
};

/* The same words in both languages. */
struct lh_words {
    const char *en;
    const char *zh;
};

enum lh_msg {
#define LH_MSG(name, en, zh) LH_MSG_##name,
#include "cli/messages.inc"
#undef LH_MSG
    LH_MSG_COUNT
};

enum { LH_MSG_ARGS_MAX = 9 };

const char *lh_words_in(const struct lh_words *words, enum lh_lang lang);
/** The template of a message. */
const struct lh_words *lh_msg_words(enum lh_msg id);
/** "zh_CN.UTF-8" is Chinese, everything else (NULL too) English. */
enum lh_lang lh_lang_of_locale(const char *locale);

/* A message's arguments: strings ended by a NULL. */
#define LH_MSG_ARGS(...) ((const char *const[]){ __VA_ARGS__ })

/** Append a message; `args` is ended by a NULL and has at most LH_MSG_ARGS_MAX strings. */
void lh_msg_add_args(struct lh_buf *out, enum lh_lang lang, enum lh_msg id,
                     const char *const *args);
/* lh_msg_add(out, lang, id, "first", "second", NULL) */
#define lh_msg_add(out, lang, id, ...) lh_msg_add_args(out, lang, id, LH_MSG_ARGS(__VA_ARGS__))

#endif
