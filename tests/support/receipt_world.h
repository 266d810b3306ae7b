#ifndef LH_TESTS_RECEIPT_WORLD_H
#define LH_TESTS_RECEIPT_WORLD_H

/* A receipt that its own department makes up from fixed keys, and what stands behind it. */

#include "ledger/receipt.h"

#define WORLD_ORIGIN "jinhua/gaj/1"

enum { WORLD_SIGNERS = 2 };

struct world {
    struct lh_suite *suite;
    struct lh_hash network_id;
    struct lh_signer *seal_signer;
    struct lh_note_key seal;
    struct lh_signer *signers[WORLD_SIGNERS]; /* ascending by key id */
    struct lh_receipt receipt;
};

/** A HEARTBEAT by two signers, leaf 2 of 5, in a block of the genesis epoch. */
void world_init(struct world *world, enum lh_suite_id suite);
void world_clear(struct world *world);
/** Another body in the leaf, signed anew. The caller seals it. */
void world_sign_body(struct world *world, struct lh_bytes body);
/** Seal a tree of `size` leaves, at least 2, that ends with a header and whose leaf `index` is the
 * receipt's. */
void world_seal_leaf(struct world *world, uint64_t index, uint64_t size);
/** The same in two blocks, of which the first has `first` leaves and the second is of this epoch.
 */
void world_seal_epoch(struct world *world, uint64_t index, uint64_t first, uint64_t size,
                      const struct lh_hash *epoch_before, const struct lh_hash *epoch);
/** The leaf of a header that ends a tree of `size` leaves; `prev` NULL: of height 1. */
void world_header(struct world *world, struct lh_buf *out, uint64_t first, uint64_t size,
                  const struct lh_hash *epoch, const struct lh_hash *prev);
/** 32 times one byte. */
struct lh_hash world_hash(uint8_t byte);
/** The signer of a private key 00..00 `number`. The caller frees it. */
struct lh_signer *world_signer(enum lh_alg alg, uint8_t number);

#endif
