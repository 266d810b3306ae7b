#ifndef LH_NODE_RESTORING_H
#define LH_NODE_RESTORING_H

/*
 * A node that asks its peers before it goes on from a restore. What says so is the act of its
 * officers in DATA/prepare.lh, from the start on at which it is found until the generation that it
 * names has begun.
 *
 * What the peers hold of our own ledgers comes into DATA/replicas. When the node opens it takes
 * into its store what stands there beyond it, each block judged as one of an archive.
 *
 * Spec: specs/network.md 9, specs/ledger.md 8.4.
 */

#include "ledger/genesis.h"
#include "ledger/ledger.h"
#include "node/log.h"

/** Append the act to `out`; nothing: there is none. */
enum lh_code lh_restoring_read(struct lh_buf *out, const char *data,
                               struct lh_err *err) LH_MUST_CHECK;
/** The generation that it asks for has begun: it has done. */
enum lh_code lh_restoring_end(const char *data, struct lh_err *err) LH_MUST_CHECK;
/** The store of copies beside it, which may not be there: LH_ERR_NOT_FOUND. */
enum lh_code lh_restoring_copies(struct lh_store **out, const char *data,
                                 struct lh_err *err) LH_MUST_CHECK;

/**
 * Take into `store` what `copies` hold of the department's ledgers beyond it. Nothing else has the
 * store in use. `out_blocks`: how many came, of a failure too; what came before it stays, and is
 * good. LH_ERR_FORGED: the store has another history than the peers.
 */
enum lh_code lh_restoring_adopt(struct lh_store *store, LH_TAKES struct lh_store *copies,
                                const struct lh_genesis *genesis, const char *department,
                                uint64_t *out_blocks, struct lh_err *err) LH_MUST_CHECK;

#endif
