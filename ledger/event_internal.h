#ifndef LH_LEDGER_EVENT_INTERNAL_H
#define LH_LEDGER_EVENT_INTERNAL_H

/* How each field of a body looks in JSON, shared by event.c and event_form.c. */

#include "ledger/entry.h"

enum lh_event_kind {
    LH_EVENT_NUMBER,
    LH_EVENT_TIME,  /* RFC 3339 */
    LH_EVENT_WORD,  /* one of `words` */
    LH_EVENT_WORDS, /* a bit set: an array of `words` */
    LH_EVENT_TEXT,
    LH_EVENT_HEX,
    LH_EVENT_KEY, /* "p256:<base64>" */
    LH_EVENT_OBJECT,
};

/* A value and its name; a list of them ends with a NULL name. */
struct lh_event_word {
    uint64_t value;
    const char *name;
};

enum { LH_EVENT_NAME_SIZE = 40 };

struct lh_event_form {
    char name[LH_EVENT_NAME_SIZE]; /* of the member */
    enum lh_event_kind kind;
    const struct lh_event_word *words;
};

/** The form of the field at which an iterator stands. */
void lh_event_form_of(struct lh_event_form *out, const pb_field_iter_t *field);
/** False: the member of this field has another name. True: its form must tell. */
bool lh_event_may_be_called(const pb_field_iter_t *field, const char *member);
/** NULL when no word has this value. */
const char *lh_event_word_name(const struct lh_event_word *words, uint64_t value);
/** NULL when there is no such word; any case. */
const struct lh_event_word *lh_event_word_find(const struct lh_event_word *words, const char *name);

#endif
