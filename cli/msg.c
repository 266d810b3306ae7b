#include "cli/msg.h"

#include "crypto/base/assert.h"

#include <string.h>

static const struct lh_words messages[] = {
#define LH_MSG(name, en_text, zh_text) [LH_MSG_##name] = { .en = (en_text), .zh = (zh_text) },
#include "cli/messages.inc"
#undef LH_MSG
};

const char *lh_words_in(const struct lh_words *words, enum lh_lang lang)
{
    return lang == LH_LANG_ZH ? words->zh : words->en;
}

const struct lh_words *lh_msg_words(enum lh_msg id)
{
    lh_assert(id < LH_MSG_COUNT);
    return &messages[id];
}

enum lh_lang lh_lang_of_locale(const char *locale)
{
    return locale != NULL && strncmp(locale, "zh", 2) == 0 ? LH_LANG_ZH : LH_LANG_EN;
}

void lh_msg_add_args(struct lh_buf *out, enum lh_lang lang, enum lh_msg id, const char *const *args)
{
    size_t arg_count = 0;

    while (args[arg_count] != NULL) {
        arg_count++;
    }
    lh_assert(arg_count <= LH_MSG_ARGS_MAX);
    for (const char *at = lh_words_in(lh_msg_words(id), lang); *at != '\0';) {
        const char *brace = strchr(at, '{');

        if (brace == NULL) {
            lh_buf_add_text(out, at);
            return;
        }
        lh_buf_add(out, lh_bytes_of(at, (size_t)(brace - at)));
        if (brace[1] >= '1' && brace[1] <= '9' && brace[2] == '}') {
            size_t index = (size_t)(brace[1] - '1');

            lh_assert(index < arg_count);
            lh_buf_add_text(out, args[index]);
            at = brace + 3;
        } else {
            lh_buf_add_u8(out, '{');
            at = brace + 1;
        }
    }
}
