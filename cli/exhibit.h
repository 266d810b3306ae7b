#ifndef LH_CLI_EXHIBIT_H
#define LH_CLI_EXHIBIT_H

/* One entry with all that proves it: it comes as a receipt and is verified like a receipt. */

#include "cli/leveled.h"
#include "cli/proven.h"
#include "ledger/receipt.h"

struct lh_exhibit {
    struct lh_buf text; /* the receipt as it came */
    struct lh_receipt receipt;
    struct lh_receipt_report report;
    struct lh_item *item;
};

#define LH_EXHIBIT_EMPTY                                                                           \
    {                                                                                              \
        .text = LH_BUF_EMPTY, .receipt = LH_RECEIPT_EMPTY                                          \
    }

/**
 * Verify `text`, which the node gave as the receipt of "gaj/1/5". LH_ERR_FORGED when anything of it
 * fails, and as lh_proven_checkpoint. Start with an empty one and clear it in every case.
 */
enum lh_code lh_exhibit_take(struct lh_exhibit *out, struct lh_proven *proven, const char *name,
                             const char *text, struct lh_err *err) LH_MUST_CHECK;
/** Fetch the receipt and take it; `leveled` (may be NULL): what the node is to wait for.
 * LH_ERR_INVALID: `name` is no entry's name. */
enum lh_code lh_exhibit_fetch(struct lh_exhibit *out, struct lh_proven *proven, const char *name,
                              const struct lh_leveled *leveled, struct lh_err *err) LH_MUST_CHECK;
void lh_exhibit_clear(struct lh_exhibit *exhibit);

#endif
