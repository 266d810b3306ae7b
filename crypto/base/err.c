#include "crypto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum lh_code lh_err_set(struct lh_err *err, enum lh_code code, const char *format, ...)
{
    va_list args;

    if (err == NULL) {
        return code;
    }
    err->code = code;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return code;
}

/* Put `more` behind the first `len` characters of `text`, cut to the room there is. */
static void append(char text[LH_ERR_TEXT_MAX], size_t len, const char *more)
{
    size_t room = LH_ERR_TEXT_MAX - 1 - len;
    size_t more_len = strnlen(more, room);

    memcpy(text + len, more, more_len);
    text[len + more_len] = '\0';
}

enum lh_code lh_err_wrap(struct lh_err *err, enum lh_code code, const char *format, ...)
{
    char old[LH_ERR_TEXT_MAX];
    va_list args;
    int used;

    if (err == NULL) {
        return code;
    }
    err->code = code;
    memcpy(old, err->text, sizeof old);
    va_start(args, format);
    used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof err->text) {
        append(err->text, (size_t)used, ": ");
        append(err->text, strlen(err->text), old);
    }
    return code;
}

const char *lh_code_name(enum lh_code code)
{
    switch (code) {
    case LH_OK:
        return "ok";
    case LH_AGAIN:
        return "again";
    case LH_ERR_INVALID:
        return "invalid";
    case LH_ERR_FORGED:
        return "forged";
    case LH_ERR_CORRUPT:
        return "corrupt";
    case LH_ERR_CONFLICT:
        return "conflict";
    case LH_ERR_NOT_FOUND:
        return "not_found";
    case LH_ERR_DENIED:
        return "denied";
    case LH_ERR_LIMIT:
        return "limit";
    case LH_ERR_IO:
        return "io";
    case LH_ERR_NOMEM:
        return "nomem";
    case LH_ERR_UNKNOWN:
        return "unknown";
    }
    return "?";
}
