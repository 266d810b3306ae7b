#ifndef LH_NODE_REPLICA_STORE_H
#define LH_NODE_REPLICA_STORE_H

/*
 * Where the replica of the peers' machine is kept: our own ledger is read where it stands, those of
 * the others are copies in a store of their own. All calls come from one thread; our own ledger may
 * grow meanwhile.
 */

#include "ledger/copies.h"
#include "ledger/ledger.h"
#include "net/replica.h"

struct lh_replica_store_parts {
    struct lh_ledger *own;  /* the newest generation; NULL: they are restored, and are copies */
    struct lh_suite *suite; /* of the calling thread */
    struct lh_copies *copies;
    struct lh_copies *notes; /* promises, levels and evidence: nowhere else, so apart */
};

/** `parts` outlives it. */
struct lh_replica_store lh_replica_store_of(LH_KEEPS struct lh_replica_store_parts *parts);

#endif
