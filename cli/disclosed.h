#ifndef LH_CLI_DISCLOSED_H
#define LH_CLI_DISCLOSED_H

/*
 * The private part of an entry, as an auditor sees it: asked for under a warrant, held against both
 * digests of the proven entry, and opened with the auditors' key where that is here, which leaves
 * an OPEN. The key goes nowhere.  Spec: specs/privacy.md 4, 5, 8.
 */

#include "cli/opening.h"
#include "ledger/private.h"

struct lh_disclosed {
    char access[LH_ORIGIN_MAX + 1]; /* the ACCESS entry that it left; "": it waits in the journal */
    lhpb_ClientPart client;
    lhpb_NodePart node;
    bool is_open; /* the box was opened, and that is on record: */
    lhpb_BoxContent content;
    struct lh_opening opening;
};

/**
 * Ask for it by the options --warrant, --tokens, --box-key and --key of the verb. LH_ERR_FORGED: it
 * is not that of the entry, or what the box holds is not what was committed to. Of a box whose OPEN
 * is not on record nothing is kept: as lh_opening_record.
 */
enum lh_code lh_disclosed_fetch(struct lh_disclosed *out, const struct lh_proven *proven,
                                const struct lh_item *item, struct lh_err *err) LH_MUST_CHECK;
/** Append what people read of it, one line a member. */
void lh_disclosed_add_lines(struct lh_buf *out, const struct lh_cli *cli,
                            const struct lh_disclosed *disclosed);
/** The same as JSON. */
json_t *lh_disclosed_json(const struct lh_disclosed *disclosed);
/** Wipe it. */
void lh_disclosed_clear(struct lh_disclosed *disclosed);

#endif
