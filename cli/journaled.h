#ifndef LH_CLI_JOURNALED_H
#define LH_CLI_JOURNALED_H

/*
 * What a node keeps in its journal and has not sealed: the recorder's receipt is verified under the
 * recorder key of the genesis file, of the network that is trusted.  Spec: specs/ledger.md 12.
 */

#include "cli/handed.h"
#include "ledger/journal_receipt.h"

struct lh_journaled {
    struct lh_journal_receipt receipt;
    char name[LH_ORIGIN_MAX + 32]; /* "gaj/1 journal 7" */
};

/**
 * Take the receipt of one result in: the recorder's, of this network, about what was handed in as
 * far as that can be known here (a body that was signed here; otherwise the node made the body).
 * LH_ERR_FORGED.
 */
enum lh_code lh_journaled_take(struct lh_journaled *out, struct lh_cli *cli, const json_t *result,
                               const struct lh_handed *handed, struct lh_err *err) LH_MUST_CHECK;
/** Save its text as DIR/receipt-gaj-1-journal-7.txt; NULL: nowhere. */
enum lh_code lh_journaled_save(const struct lh_journaled *journaled, const char *dir,
                               const json_t *result, struct lh_err *err) LH_MUST_CHECK;

#endif
