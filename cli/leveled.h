#ifndef LH_CLI_LEVELED_H
#define LH_CLI_LEVELED_H

/*
 * --wait LEVEL: what the node is asked to wait for, and what its receipts then show. The node's
 * word is not taken: the level is recomputed from the lines on the receipt, the epoch that it
 * shows, and the genesis file, that of --data, else the node's, which is of the network that the
 * receipt names. Later epochs are those of --epochs; of any other the level cannot be told.
 */

#include "cli/place.h"
#include "ledger/epochs.h"
#include "ledger/level.h"
#include "ledger/receipt.h"

struct lh_leveled {
    struct lh_cli *cli;
    bool is_asked;        /* --wait was given */
    enum lh_level wanted; /* recorded: nothing is */
    enum lh_level lowest; /* of what was taken */
    bool is_untold;       /* of one of them: its epoch is not known, so it counts as sealed */
    struct lh_place place;
    struct lh_epochs *epochs; /* of the genesis file and --epochs; NULL: not needed yet */
};

/** LH_ERR_INVALID: --wait names no level. Clear it in every case. */
enum lh_code lh_leveled_init(struct lh_leveled *out, struct lh_cli *cli,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_leveled_clear(struct lh_leveled *leveled);
/** Append "?wait=...", if it was given, to a target without a query. */
void lh_leveled_add_query(const struct lh_leveled *leveled, struct lh_buf *target);
/**
 * Judge a receipt that was verified; of an epoch that is not known it says so once, and
 * LH_LEVEL_SEALED. LH_ERR_FORGED: a cosignature does not verify, or the
 * genesis file is of another network; LH_ERR_IO and the like: there is none.
 */
enum lh_code lh_leveled_take(struct lh_leveled *leveled, const struct lh_receipt *receipt,
                             enum lh_level *out, struct lh_err *err) LH_MUST_CHECK;
/** The journal took it. */
void lh_leveled_take_journaled(struct lh_leveled *leveled);
/** `code`; where that is 0 and the level was not reached, say so, and LH_EXIT_PARTIAL. */
int lh_leveled_exit(const struct lh_leveled *leveled, int code);

#endif
