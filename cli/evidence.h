#ifndef LH_CLI_EVIDENCE_H
#define LH_CLI_EVIDENCE_H

/* One entry with all that proves it: fetched as a receipt and verified like a receipt. */

#include "cli/proven.h"
#include "ledger/receipt.h"

struct lh_evidence {
    struct lh_buf text; /* the receipt as it came */
    struct lh_receipt receipt;
    struct lh_receipt_report report;
    struct lh_item *item;
};

/** Fetch and verify "gaj/1/5". LH_ERR_FORGED when anything of it fails. Clear it in every case. */
enum lh_code lh_evidence_fetch(struct lh_evidence *out, struct lh_proven *proven, const char *name,
                               struct lh_err *err) LH_MUST_CHECK;
void lh_evidence_clear(struct lh_evidence *evidence);

#endif
