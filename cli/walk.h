#ifndef LH_CLI_WALK_H
#define LH_CLI_WALK_H

/*
 * Walks a trail page by page, proving every row before it is handed on. A row that was not asked
 * for, or that stands out of order, is a failure of the node: LH_ERR_FORGED.
 */

#include "cli/proven.h"
#include "cli/query.h"

enum { LH_WALK_GENERATION_SIZE = 16 };

struct lh_walk {
    const struct lh_query *query;
    struct lh_proven *proven;
    bool newest_first;
    uint64_t limit;                           /* rows in all; 0: no limit */
    struct lh_bytes tokens;                   /* of the person who is searched; empty: nobody */
    const char *after;                        /* cursor to go on from, or NULL */
    char generation[LH_WALK_GENERATION_SIZE]; /* a number; "": the newest */
    /* Hears of every row. Another code than LH_OK ends the walk. The item is borrowed. */
    enum lh_code (*on_item)(void *arg, const struct lh_item *item, struct lh_err *err);
    void *arg;

    /* afterwards */
    char access[LH_ORIGIN_MAX + 1]; /* the ACCESS entry that this reading left; "": none */
    uint64_t count;
    uint64_t withheld; /* of a search: rows that a RESTRICT or an ERASE bars */
    char next[64];     /* cursor of what was not asked for any more; "" at the end */
};

enum lh_code lh_walk_run(struct lh_walk *walk, struct lh_cli *cli,
                         struct lh_err *err) LH_MUST_CHECK;

#endif
