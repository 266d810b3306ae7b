#ifndef LH_NODE_FINDINGS_H
#define LH_NODE_FINDINGS_H

/*
 * What the node itself finds and writes down: an event whose identity stands on record with other
 * content leaves a FINDING, once for each such content. The client has its answer by then.
 * Spec: specs/entries.md 3.
 */

#include "node/intake.h"

struct lh_node;

/** What the node itself writes down is of this source. */
#define LH_OWN_SOURCE "liuhend"

/** From the committer: `arg` is the node. The event is borrowed. */
void lh_findings_on_conflict(void *arg, const struct lh_intake *intake);
/**
 * H(body) of the entry on record under (source, id), in the ledger or else in the journal. From a
 * worker. LH_ERR_NOT_FOUND, and what the stores say.
 */
enum lh_code lh_findings_find_entry(struct lh_node *node, struct lh_suite *suite,
                                    const char *source, const char *id, struct lh_hash *out,
                                    struct lh_err *err) LH_MUST_CHECK;

#endif
