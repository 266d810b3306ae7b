#ifndef LH_CLI_SEALED_H
#define LH_CLI_SEALED_H

/* A block gathered from the frames of an archive: leaves, its checkpoint, then private parts. */

#include "ledger/ledger.h"

struct lh_sealed;

enum lh_code lh_sealed_new(struct lh_sealed **out, struct lh_err *err) LH_MUST_CHECK;
void lh_sealed_free(struct lh_sealed *sealed);
/** Empty it for the first block of a ledger. */
void lh_sealed_begin(struct lh_sealed *sealed);
/** Empty it for the block behind this one. */
void lh_sealed_next(struct lh_sealed *sealed);
/** LH_ERR_LIMIT: more than a block may have. */
enum lh_code lh_sealed_add_leaf(struct lh_sealed *sealed, struct lh_bytes leaf,
                                struct lh_err *err) LH_MUST_CHECK;
/** Its checkpoint came: the last leaf is its header. */
enum lh_code lh_sealed_close(struct lh_sealed *sealed, struct lh_bytes checkpoint,
                             struct lh_err *err) LH_MUST_CHECK;
/** A private part: index u64, then its bytes. LH_ERR_FORGED: of no entry of the block. Of two for
 * one entry the first counts. */
enum lh_code lh_sealed_add_private(struct lh_sealed *sealed, struct lh_bytes content,
                                   struct lh_err *err) LH_MUST_CHECK;
bool lh_sealed_is_whole(const struct lh_sealed *sealed);
/** All of it but `lacks_private`; views until the next change. */
void lh_sealed_get(struct lh_sealed *sealed, struct lh_ledger_sealed *out);

#endif
