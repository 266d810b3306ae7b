#ifndef LH_NET_SUBMISSION_H
#define LH_NET_SUBMISSION_H

/*
 * One head of ours that one outside witness is asked to cosign (C2SP tlog-witness, as a client).
 *
 *   ASK --200, the line verifies--> COSIGNED
 *   ASK --409 with another size, below ours--> ASK, with a proof from there; at most three times
 *   ASK --409 with a size above ours--> AHEAD        ASK --422, 409 without a size--> UNPROVEN
 *   ASK --429, 5xx--> LATER                          ASK --anything else--> REFUSED
 *
 *   1. What a witness says is believed only where its signature over our text verifies.
 *   2. No answer makes us ask without end: every way out of ASK is counted.
 *
 * Bytes in, decisions out: the caller has socket, clock and ledger.  Spec: specs/network.md 2.2.
 */

#include "ledger/checkpoint.h"
#include "ledger/tree.h"

enum { LH_SUBMISSION_PROOFS_MAX = 3 };

enum lh_submission_state {
    LH_SUBMISSION_ASK,      /* send what lh_submission_request writes */
    LH_SUBMISSION_COSIGNED, /* `line` is the witness's */
    LH_SUBMISSION_LATER,    /* it has no time: not before `wait_s` */
    LH_SUBMISSION_REFUSED,  /* it does not know the log, or its answer is none */
    LH_SUBMISSION_UNPROVEN, /* it has cosigned a head that this one does not extend */
    LH_SUBMISSION_AHEAD,    /* it has cosigned a larger head, of `old` */
};

struct lh_submission {
    enum lh_submission_state state;
    const struct lh_note_key *witness; /* borrowed */
    struct lh_bytes note;              /* borrowed: the signed checkpoint */
    uint64_t size;                     /* of it */
    uint64_t old;                      /* what the witness is taken to have cosigned last */
    unsigned proof_count;              /* requests made */
    uint32_t wait_s;
    uint64_t time_s;    /* of the cosignature */
    struct lh_buf line; /* with its newline */
};

/** Begin. LH_ERR_INVALID: the note is no checkpoint. The caller clears it, always. */
enum lh_code lh_submission_init(struct lh_submission *out, const struct lh_note_key *witness,
                                struct lh_bytes note, struct lh_err *err) LH_MUST_CHECK;
void lh_submission_clear(struct lh_submission *submission);
/** Append the body of add-checkpoint; `proof` leads from `old` to the size of the note. */
void lh_submission_request(struct lh_submission *submission, struct lh_buf *out,
                           const struct lh_proof *proof);

/* What came back. */
struct lh_submission_reply {
    long status;
    const char *type;       /* media type without parameters */
    uint32_t retry_after_s; /* 0: not said */
    struct lh_bytes body;
};

/** Take an answer in; `err` gets words where the state is none of ASK and COSIGNED. */
void lh_submission_take(struct lh_submission *submission, const struct lh_submission_reply *reply,
                        struct lh_err *err);

#endif
