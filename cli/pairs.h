#ifndef LH_CLI_PAIRS_H
#define LH_CLI_PAIRS_H

/*
 * The two sides of exchanges: what the department that asks has on record, and what the one that
 * answers has. They belong together by (department that asks, exchange).  Spec: specs/entries.md.
 */

#include "ledger/row.h"
#include "ledger/origin.h"

enum lh_pair_side {
    LH_PAIR_ASKED,  /* QUERY, VREQ, USE, ... */
    LH_PAIR_SERVED, /* SERVE, VACK, VRSP */
};
enum { LH_PAIR_SIDES = 2 };

struct lh_pair {
    uint8_t exchange[16];
    char asking[LH_CODE_MAX + 1];
    char serving[LH_CODE_MAX + 1];                /* "": nobody said who */
    char first[LH_PAIR_SIDES][LH_ORIGIN_MAX + 1]; /* the first entry of each side; "": none */
    size_t counts[LH_PAIR_SIDES];
};

struct lh_pairs {
    size_t count;
    struct lh_pair *list;
};

#define LH_PAIRS_EMPTY                                                                             \
    {                                                                                              \
        .count = 0, .list = NULL                                                                   \
    }

void lh_pairs_clear(struct lh_pairs *pairs);
/** Take a row of a department's ledger in; one without an exchange is passed over. LH_ERR_NOMEM. */
enum lh_code lh_pairs_add(struct lh_pairs *pairs, const char *department, const char *entry,
                          const struct lh_row *row, struct lh_err *err) LH_MUST_CHECK;

#endif
