#ifndef LH_NODE_APPLYING_H
#define LH_NODE_APPLYING_H

/*
 * A certified epoch on its way to our own ledger: written by the thread that appends, between two
 * blocks, so that the next block names it.  Spec: specs/trust.md 5.3.
 */

#include "node/log.h"
#include "node/sealer.h"

/** Have the ledger take the proposal (its bytes, copied) in. From any thread. LH_ERR_NOMEM. */
enum lh_code lh_applying_send(struct lh_sealer *sealer, struct lh_ledger *ledger,
                              struct lh_log *log, struct lh_bytes proposal,
                              struct lh_err *err) LH_MUST_CHECK;

#endif
