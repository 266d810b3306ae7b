#ifndef LH_CLI_RESULTS_H
#define LH_CLI_RESULTS_H

/*
 * What the node says to entries that were handed in: one line each, receipts saved on request.
 *
 *  1. An answer has one result for each of them, in their order: recorded, duplicate or rejected.
 *  2. What is said to be recorded, now or before, comes with a receipt. It is verified, under a
 * seal that is trusted and a checkpoint that agrees with the newest one seen, and its entry is held
 *     against what was handed in, before anything is printed or saved.
 *  3. An answer that fails this is a failed verification, whatever else it says.
 *  4. A node that seals nothing for now says `journaled` and gives the recorder's receipt, which is
 *     verified likewise. It may show an older head than the one seen: that is why it does not seal.
 */

#include "cli/handed.h"
#include "cli/leveled.h"

struct lh_results {
    struct lh_cli *cli;
    const char *receipt_dir;    /* NULL: receipts are not saved */
    struct lh_leveled *leveled; /* what was waited for; NULL: nothing */
    bool is_silent;             /* nothing is printed */
    size_t done;                /* recorded or duplicate */
    size_t rejected;
    enum lh_code worst;           /* why the last one was rejected, */
    char why[LH_ERR_TEXT_MAX];    /* and in words */
    char last[LH_ORIGIN_MAX + 1]; /* the entry of the last one done; "": it was journaled */
    struct lh_proven proven;      /* whose seals count; not opened while nothing was handed in */
    bool is_doubted;              /* rule 2 or 3 failed: the error is about the node's honesty */
    bool is_suspect;              /* the node says that it seals nothing: rule 4 */
};

void lh_results_init(struct lh_results *results, struct lh_cli *cli);
void lh_results_clear(struct lh_results *results);
/**
 * Before the first thing is handed in: the node's newest checkpoint must agree with what was seen.
 * A ledger without entries has none, and of one that is suspect it is not asked. As lh_proven_head.
 */
enum lh_code lh_results_open(struct lh_results *results, struct lh_err *err) LH_MUST_CHECK;
/** The array of `count` results (rule 1) in an answer; the caller lets go of `out`. An answer
 * without them is turned into an error as lh_api_problem does. LH_ERR_FORGED. */
enum lh_code lh_results_parse(json_t **out, const struct lh_client_reply *reply, size_t count,
                              struct lh_err *err) LH_MUST_CHECK;
/**
 * Prove and print the results in an answer to POST /v1/events or /v1/acts about the `count` entries
 * `handed`. `first` is the number of the first one for people (from 1).
 */
enum lh_code lh_results_print(struct lh_results *results, const struct lh_client_reply *reply,
                              const struct lh_handed *handed, size_t count, size_t first,
                              struct lh_err *err) LH_MUST_CHECK;
/** The same of one result (lh_results_parse), whose number for people is `number`. */
enum lh_code lh_results_take(struct lh_results *results, json_t *result,
                             const struct lh_handed *handed, size_t number,
                             struct lh_err *err) LH_MUST_CHECK;
/** 0, 8 when some were rejected, or what the reason of all says. */
int lh_results_exit(const struct lh_results *results);
/** Say why it ended and return the exit code: 10 or 12 when the node's answer is not to be
 * believed. */
int lh_results_fail(const struct lh_results *results, enum lh_code rc, const struct lh_err *err);

#endif
