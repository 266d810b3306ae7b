#ifndef LH_LEDGER_PROOF_TEXT_H
#define LH_LEDGER_PROOF_TEXT_H

/*
 * The text of a C2SP .tlog-proof, whatever its `extra` holds and whoever signed its checkpoint:
 *
 *   c2sp.org/tlog-proof@v1
 *   extra <base64>            only if there is one
 *   index <decimal>
 *   <base64 of a hash>        0 to 63 of them, the leaf's sibling first
 *                             an empty line
 *   <the signed checkpoint>   to the end
 *
 * A text that is parsed is the only one for its values: formatting them gives it back. Nothing here
 * is verified.  Spec: specs/ledger.md 7.
 */

#include "crypto/base/buf.h"
#include "ledger/tree.h"

struct lh_proof_text {
    struct lh_bytes extra; /* borrowed: base64; empty for none */
    uint64_t index;
    struct lh_proof proof;
    struct lh_bytes checkpoint; /* borrowed: everything behind the empty line */
};

/** Append the text. The parts are not checked. LH_ERR_NOMEM. */
enum lh_code lh_proof_text_format(struct lh_buf *out, const struct lh_proof_text *proof,
                                  struct lh_err *err) LH_MUST_CHECK;
/**
 * Split the text and check each line; of the checkpoint only that it is not empty. The views in
 * `out` borrow from `text`. LH_ERR_INVALID. No allocation.
 */
enum lh_code lh_proof_text_parse(struct lh_proof_text *out, struct lh_bytes text,
                                 struct lh_err *err) LH_MUST_CHECK;

/** Append a path as lines of base64 and the empty line that ends it. */
void lh_proof_path_format(struct lh_buf *out, const struct lh_proof *proof);
/** Cut such lines, the empty one included, off the front of `rest`. LH_ERR_INVALID. */
enum lh_code lh_proof_path_parse(struct lh_proof *out, struct lh_bytes *rest,
                                 struct lh_err *err) LH_MUST_CHECK;

#endif
