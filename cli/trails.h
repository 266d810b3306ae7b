#ifndef LH_CLI_TRAILS_H
#define LH_CLI_TRAILS_H

/*
 * Walks a trail of several ledgers page by page, proving every row under the seal of its ledger.
 * What the node says of the ledgers (whether one is behind) is its own word and shown as that.
 */

#include "cli/proven.h"
#include "cli/query.h"

/* A ledger that was looked at, or a member of which nothing is held. */
struct lh_trails_ledger {
    char department[LH_CODE_MAX + 1];
    char origin[LH_ORIGIN_MAX + 1]; /* "": nothing is held */
    char state[16];                 /* as in specs/api.yaml, Trails */
    char time[LH_TIME_TEXT_SIZE];   /* of its newest block */
    uint64_t behind;
    bool is_up;
    bool is_tainted;
    struct lh_proven proven;
    bool has_last;
    uint64_t last_index; /* of the row before */
};

struct lh_trails {
    struct lh_cli *cli;
    const char *ledger; /* a department, or "all" */
    const struct lh_query *query;
    bool is_off;       /* believe the node */
    bool newest_first; /* of the walk */
    uint64_t limit;    /* rows in all; 0: no limit */
    const char *after; /* cursor to go on from, or NULL */
    /* Hears of every row. Another code than LH_OK ends the walk. Both are borrowed. */
    enum lh_code (*on_item)(void *arg, const struct lh_trails_ledger *ledger,
                            const struct lh_item *item, struct lh_err *err);
    void *arg;

    /* afterwards */
    char access[LH_ORIGIN_MAX + 1]; /* the ACCESS entry that this reading left; "": none */
    uint64_t count;
    struct lh_buf next; /* cursor of what was not asked for any more; empty at the end */
    size_t ledger_count;
    struct lh_trails_ledger **ledgers;
};

/** The caller clears `trails`, also when it failed. LH_ERR_FORGED: a row or a head is not as it was
 * sealed, or was not asked for; LH_ERR_CONFLICT, LH_ERR_UNKNOWN as lh_proven_checkpoint. */
enum lh_code lh_trails_run(struct lh_trails *trails, struct lh_err *err) LH_MUST_CHECK;
void lh_trails_clear(struct lh_trails *trails);

#endif
