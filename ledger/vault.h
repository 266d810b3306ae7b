#ifndef LH_LEDGER_VAULT_H
#define LH_LEDGER_VAULT_H

/*
 * What a department keeps of an entry's subjects and never hands out, and how an entry is found by
 * them. A row holds the tokens of its subjects (of the month of recording) and then whatever is
 * kept; beside it the table holds a key for each token.  Spec: specs/ledger.md 8.1.
 *
 *   row = u8 count || token[32] of each || what is kept
 */

#include "ledger/store.h"
#include "ledger/tokens.h"

enum { LH_VAULT_SUBJECTS_MAX = 8 };

/** Begin a row: `count` tokens, side by side. What is kept is appended by the caller. */
void lh_vault_row_begin(struct lh_buf *out, struct lh_bytes tokens);
/** Put the row of an entry and its keys into a batch. LH_ERR_CORRUPT: these bytes are no row. */
enum lh_code lh_vault_put(struct lh_store_batch *batch, uint32_t ledger, uint64_t index,
                          struct lh_bytes row, struct lh_err *err) LH_MUST_CHECK;
/** Take both away again. */
enum lh_code lh_vault_drop(struct lh_store_batch *batch, uint32_t ledger, uint64_t index,
                           struct lh_bytes row, struct lh_err *err) LH_MUST_CHECK;

#endif
