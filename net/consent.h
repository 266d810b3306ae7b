#ifndef LH_NET_CONSENT_H
#define LH_NET_CONSENT_H

/*
 * The promises of others that let a generation begin after a restore, as one text that needs
 * nothing else: whoever reads it comes to the same verdict.
 *
 *   liuhen/promises@v1
 *   genesis <base64>             the genesis file
 *   generation <base64>          the first leaf of the ledger, a GENERATION of reason 2
 *   promises <base64>            as net/promise.h keeps them
 *
 * A text that is parsed is the only one for its values.  Pure.  Spec: specs/network.md 9.1.
 */

#include "ledger/generation.h"

enum { LH_CONSENT_MAX = 160 * 1024 };

/** The parts, borrowed. */
struct lh_consent {
    struct lh_bytes genesis;
    struct lh_bytes generation; /* a leaf */
    struct lh_bytes promises;
};

/** What it shows. */
struct lh_consent_report {
    struct lh_hash network_id;
    char origin[LH_ORIGIN_MAX + 1];  /* of the generation */
    struct lh_generation generation; /* where it goes on from */
    unsigned promise_count;          /* of designated witnesses */
    unsigned needed;
};

/** Do the first bytes of a file say that it is such a text, of whatever version? */
bool lh_consent_is_start(struct lh_bytes start);
/** Append the text. LH_ERR_NOMEM. */
enum lh_code lh_consent_format(struct lh_buf *out, const struct lh_consent *consent,
                               struct lh_err *err) LH_MUST_CHECK;
/**
 * Split it and check each line's shape. The parts borrow from `store`, which is reset and must
 * outlive them. LH_ERR_INVALID; LH_ERR_UNKNOWN: of a newer version; LH_ERR_LIMIT: more than
 * LH_CONSENT_MAX bytes; LH_ERR_NOMEM.
 */
enum lh_code lh_consent_parse(struct lh_consent *out, struct lh_buf *store, struct lh_bytes text,
                              struct lh_err *err) LH_MUST_CHECK;
/**
 * Was this generation promised about, and does it go on from where it may? LH_ERR_FORGED: no;
 * LH_ERR_INVALID: a part is not what it should be; LH_ERR_UNKNOWN: of a newer schema; LH_ERR_NOMEM.
 * Whether the network is the reader's is for the caller to compare. Cost: two signatures, and one
 * for each promise.
 */
enum lh_code lh_consent_verify(struct lh_consent_report *out, const struct lh_consent *consent,
                               struct lh_err *err) LH_MUST_CHECK;

#endif
