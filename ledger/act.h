#ifndef LH_LEDGER_ACT_H
#define LH_LEDGER_ACT_H

/*
 * An officer act on its way: a body that gathers signatures in a file (`act.lh`) before it is
 * submitted. `liuhen cosign` adds one, `liuhen submit` hands it to the node.  Spec:
 * specs/trust.md 3.
 */

#include "crypto/signer.h"
#include "ledger/entry.h"

struct lh_act_signature {
    struct lh_key_id key_id;
    struct lh_sig sig;
};

struct lh_act {
    enum lh_suite_id suite;
    struct lh_hash network_id;
    struct lh_buf body; /* canonical Body bytes */
    size_t signature_count;
    struct lh_act_signature signatures[LH_SIGNATURES_MAX]; /* ascending by key id */
};

#define LH_ACT_EMPTY                                                                               \
    {                                                                                              \
        .body = LH_BUF_EMPTY                                                                       \
    }

void lh_act_clear(struct lh_act *act);
enum lh_code lh_act_encode(struct lh_buf *out, const struct lh_act *act,
                           struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_act_decode(struct lh_act *out, struct lh_bytes bytes,
                           struct lh_err *err) LH_MUST_CHECK;
/** Sign the body and put the signature in its place. LH_ERR_CONFLICT if this key has signed. */
enum lh_code lh_act_sign(struct lh_act *act, struct lh_suite *suite, struct lh_signer *signer,
                         struct lh_err *err) LH_MUST_CHECK;

#endif
