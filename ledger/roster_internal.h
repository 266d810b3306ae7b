#ifndef LH_LEDGER_ROSTER_INTERNAL_H
#define LH_LEDGER_ROSTER_INTERNAL_H

/* Innards of the roster, shared by roster.c (what it knows), roster_epoch.c (what an epoch
 * changes) and roster_judge.c (what follows). */

#include "ledger/roster.h"

#define LH_ROSTER_NONE UINT32_MAX /* no row */

struct lh_roster_row {
    struct lh_roster_key key; /* first: what lh_roster_find lends out */
    struct lh_verifier *verifier;
    uint32_t older;  /* staff: row of the key before, of the same pseudonym */
    uint32_t parent; /* session: row of the staff key in force when it was opened */
    bool is_over;    /* session: a SESSION_END came */
};

/* Open addressing over row numbers; the keys stand in the rows. */
struct lh_roster_index {
    size_t key_offset; /* in struct lh_roster_row */
    size_t key_len;
    uint32_t *slots; /* row, or LH_ROSTER_NONE */
    size_t capacity; /* a power of two, at most half used */
    size_t used;
};

/* A key of the auditors' boxes. It signs nothing, so it is no row. */
struct lh_roster_box {
    struct lh_key_id id;
    struct lh_pubkey key;
    int64_t valid_from_unix_ms;
    int64_t valid_until_unix_ms;
    int64_t revoked_from_unix_ms;
};

struct lh_roster {
    struct lh_hash network_id;
    char department[LH_CODE_MAX + 1];
    enum lh_suite_id suite;
    bool has_no_verifiers; /* of keys enrolled from now on */
    struct lh_roster_row *rows;
    size_t count;
    size_t capacity;
    struct lh_roster_index by_id;
    struct lh_roster_index by_staff; /* the current key of a pseudonym */
    struct lh_roster_index by_session;
    size_t session_max;          /* verifiers of sessions to keep at hand; 0: all */
    size_t session_count;        /* that are */
    size_t session_first;        /* no session before this row has one */
    struct lh_roster_box *boxes; /* in ledger order */
    size_t box_count;
};

/** A row of the given kind, open-ended and not yet in the roster. */
struct lh_roster_row lh_roster_row_make(struct lh_suite *suite, const struct lh_pubkey *key,
                                        enum lh_signer_kind kind, uint64_t index);
/** Either all of it happens or nothing does; LH_ERR_NOMEM. */
enum lh_code lh_roster_row_add(struct lh_roster *roster, struct lh_roster_row *row,
                               struct lh_err *err) LH_MUST_CHECK;
/** Row of a key id, pseudonym or session id; NULL if none. */
struct lh_roster_row *lh_roster_row_find(const struct lh_roster *roster,
                                         const struct lh_roster_index *index, const void *key);

#endif
