#ifndef LH_BASE_ERR_H
#define LH_BASE_ERR_H

/*
 * What can go wrong, in two parts: a code that says what the caller should do, and words that
 * say what happened and where. The words live in a fixed buffer, so that running out of memory
 * can be reported too.
 */

#include "crypto/base/attr.h"

#include <stdbool.h>

enum lh_code {
    LH_OK = 0,
    LH_AGAIN,         /* not now: wait for bytes, or try later */
    LH_ERR_INVALID,   /* breaks the format or the rules of the call's input */
    LH_ERR_FORGED,    /* a hash or a signature fails: blame whoever sent it */
    LH_ERR_CORRUPT,   /* our own data fails: stop */
    LH_ERR_CONFLICT,  /* contradicts what is already recorded */
    LH_ERR_NOT_FOUND, /* no such thing */
    LH_ERR_DENIED,    /* the caller may not do this */
    LH_ERR_LIMIT,     /* a named bound would be passed */
    LH_ERR_IO,        /* a file, socket or store failed */
    LH_ERR_NOMEM,     /* out of memory */
    LH_ERR_UNKNOWN,   /* cannot tell: what is needed to judge is not here */
};

enum { LH_ERR_TEXT_MAX = 512 };

struct lh_err {
    enum lh_code code;
    char text[LH_ERR_TEXT_MAX];
};

#define LH_ERR_NONE                                                                                \
    {                                                                                              \
        .code = LH_OK, .text = ""                                                                  \
    }

/** Record `code` and its words in `err` (NULL: do nothing) and return `code`. Long text is cut. */
enum lh_code lh_err_set(struct lh_err *err, enum lh_code code, const char *format, ...)
    LH_PRINTF(3, 4);

/** Put a phrase in front of the words in `err`: "phrase: words". Returns `code`, which is kept. */
enum lh_code lh_err_wrap(struct lh_err *err, enum lh_code code, const char *format, ...)
    LH_PRINTF(3, 4);

/** A short name for `code`, for logs and JSON: "invalid", "forged", ... Never NULL. */
const char *lh_code_name(enum lh_code code);

#endif
