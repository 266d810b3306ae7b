#ifndef LH_NODE_FINDINGS_H
#define LH_NODE_FINDINGS_H

/*
 * What the node itself finds and writes down: an event whose identity stands on record with other
 * content leaves a FINDING, once for each such content. The client has its answer by then.
 * Spec: specs/entries.md 3.
 */

#include "node/intake.h"

/** From the committer: `arg` is the node. The event is borrowed. */
void lh_findings_on_conflict(void *arg, const struct lh_intake *intake);

#endif
