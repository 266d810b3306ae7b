#ifndef LH_NODE_TRAIL_ROW_H
#define LH_NODE_TRAIL_ROW_H

/* A row of a trail as JSON: `items` of the schemas Trail and Trails of specs/api.yaml. */

#include "crypto/base/json.h"
#include "ledger/row.h"
#include "ledger/tree.h"

/** The columns, into an object that was begun; `entry` is its name. Without staff nothing that
 * leads to them either. A level that is not known is left out. */
void lh_trail_row_add(struct lh_json *json, const char *entry, const struct lh_row *row,
                      bool with_staff);
/** Its leaf, and how that stands under the page's checkpoint. */
void lh_trail_row_add_proof(struct lh_json *json, struct lh_bytes leaf,
                            const struct lh_proof *proof);

#endif
