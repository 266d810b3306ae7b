#ifndef LH_LEDGER_RECEIPT_H
#define LH_LEDGER_RECEIPT_H

/*
 * A receipt is a C2SP .tlog-proof: header line, `extra` (our ReceiptExtra: network id, suite, leaf,
 * signers' keys, block headers), index, inclusion path, blank line, the signed checkpoint. It
 * verifies without us:
 *
 *  1. The leaf hash comes from the leaf inside, the signers' keys are bound by the key ids in the
 *     entry.
 *  2. The header that the head ends with is always there: it says by which epoch the head is
 *     judged, so nobody can hide that. Where it names a later epoch than the genesis file, the
 *     header before it is there too.
 *
 * Spec: specs/ledger.md 7.
 */

#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/tree.h"

enum { LH_RECEIPT_MAX = 64 * 1024 };

struct lh_receipt {
    struct lh_hash network_id;
    enum lh_suite_id suite;
    struct lh_buf leaf; /* canonical Leaf bytes */
    size_t signer_count;
    struct lh_pubkey signers[LH_SIGNATURES_MAX];
    uint64_t index;
    struct lh_proof proof;
    struct lh_buf checkpoint; /* signed note */
    struct lh_buf header;     /* canonical Leaf: the last one under the checkpoint */
    struct lh_proof header_proof;
    struct lh_buf before; /* the header before it; empty unless lh_receipt_wants_before */
};

#define LH_RECEIPT_EMPTY                                                                           \
    {                                                                                              \
        .leaf = LH_BUF_EMPTY, .checkpoint = LH_BUF_EMPTY, .header = LH_BUF_EMPTY,                  \
        .before = LH_BUF_EMPTY                                                                     \
    }

void lh_receipt_clear(struct lh_receipt *receipt);
/** Whether a receipt under a head that ends with this header shows the header before it too. */
bool lh_receipt_wants_before(const lhpb_BlockHeader *header);
/**
 * Append the text. LH_ERR_INVALID for what lh_receipt_parse would refuse, LH_ERR_LIMIT above
 * LH_RECEIPT_MAX; then `out` is as it was.
 */
enum lh_code lh_receipt_format(struct lh_buf *out, const struct lh_receipt *receipt,
                               struct lh_err *err) LH_MUST_CHECK;
/**
 * Parse strictly: formatting what was parsed gives the same bytes. LH_ERR_INVALID. `out` is
 * written, not cleared first; the caller clears it in the end. Nothing is verified.
 */
enum lh_code lh_receipt_parse(struct lh_receipt *out, struct lh_bytes text,
                              struct lh_err *err) LH_MUST_CHECK;

/**
 * The epoch that the header below the head names, and that of the header before it (the same where
 * none is shown). Nothing is verified. LH_ERR_INVALID: it is no receipt.
 */
enum lh_code lh_receipt_epochs(const struct lh_receipt *receipt, struct lh_hash *out_epoch,
                               struct lh_hash *out_before, struct lh_err *err) LH_MUST_CHECK;

/* What was found, so that a caller can print each line of a report. */
struct lh_receipt_report {
    struct lh_checkpoint checkpoint;
    enum lh_code seal;      /* LH_OK, LH_ERR_FORGED, LH_ERR_UNKNOWN (no key given for the origin) */
    enum lh_code inclusion; /* LH_OK or LH_ERR_FORGED */
    enum lh_code header;    /* LH_OK or LH_ERR_FORGED: the headers are those of the head */
    struct lh_hash epoch;   /* that the head is judged by, if `header` is LH_OK */
    struct lh_hash epoch_before; /* the same, or that of the block before: a transition head */
    enum lh_code
        signature; /* LH_OK, LH_ERR_FORGED, LH_ERR_UNKNOWN (a newer schema, or keys missing) */
    enum lh_code
        network; /* LH_OK, LH_ERR_FORGED (other id or suite), LH_ERR_UNKNOWN (none given) */
};

/**
 * Verify everything that a receipt can show. `seals`: keys the caller trusts for origins (their
 * name is the origin). `network_id` may be NULL. Returns the worst: LH_ERR_FORGED before
 * LH_ERR_UNKNOWN before LH_OK; the report, written for these three, says which part. Lines of
 * witnesses in the checkpoint are not judged. LH_ERR_INVALID for what lh_receipt_parse would
 * refuse.
 */
enum lh_code lh_receipt_verify(const struct lh_receipt *receipt, struct lh_suite *suite,
                               const struct lh_note_key *seals, size_t seal_count,
                               const struct lh_hash *network_id,
                               struct lh_receipt_report *out_report,
                               struct lh_err *err) LH_MUST_CHECK;

#endif
