#ifndef LH_NODE_COSIGNER_H
#define LH_NODE_COSIGNER_H

/*
 * The C2SP witness of this node: the logs that it cosigns, what it cosigned of each, and its key.
 * net/witness says what may be cosigned; here it is signed, kept and answered, in this order:
 *
 *   ask (any thread)    judge; sign in memory; until `keep` the log takes no other head
 *   keep (committer)    one synced batch with the note as it will be shown; only now there is
 *                       an answer with a cosignature
 *
 *   1. No cosignature is given out that the store does not hold: lh_cosigning_answer shows none.
 *   2. What the store holds of a log is one note: the head, the log's verified line, ours.
 *   3. Of two heads of one size under one seal, both notes are kept, the first time.
 *
 * Safe from any thread; one signature is made at a time.  Spec: specs/network.md 2.
 */

#include "crypto/base/time.h"
#include "ledger/policy.h"
#include "ledger/store.h"
#include "net/witness.h"

struct lh_cosigner;

struct lh_cosigner_options {
    struct lh_store *store;         /* LH_KEEPS; read when it is made, then written by `keep` */
    struct lh_signer *signer;       /* LH_TAKES */
    const char *name;               /* of the witness */
    const struct lh_policy *policy; /* its `log` lines: who is witnessed */
};

/**
 * Read what the store holds of each log. LH_ERR_INVALID: two lines of one origin, an origin that is
 * none, a log of another suite than the key; LH_ERR_CORRUPT: a stored note that is not ours.
 */
enum lh_code lh_cosigner_new(struct lh_cosigner **out, const struct lh_cosigner_options *options,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_cosigner_free(struct lh_cosigner *cosigner);
const struct lh_note_key *lh_cosigner_key(const struct lh_cosigner *cosigner);
size_t lh_cosigner_log_count(const struct lh_cosigner *cosigner);

/* One request. */
struct lh_cosigning {
    enum lh_witness_verdict verdict;
    uint64_t size;                  /* LH_WITNESS_NOT_LAST: what was cosigned last */
    char origin[LH_ORIGIN_MAX + 1]; /* of a known log; else "" */
    struct lh_err err;              /* why not */
    bool wants_keep;                /* lh_cosigner_keep is to be called, once */
    bool is_kept;
    size_t log;
    struct lh_buf note;  /* to keep */
    struct lh_buf lines; /* our line */
};

/** Judge the body of an add-checkpoint. `time_s` goes into the cosignature; not 0. */
void lh_cosigner_ask(struct lh_cosigner *cosigner, struct lh_cosigning *out, struct lh_bytes body,
                     uint64_t time_s);
/**
 * Store what was signed, or the evidence. By the thread that writes the store. LH_ERR_IO: nothing
 * is given out, and what is on disk is not known.
 */
enum lh_code lh_cosigner_keep(struct lh_cosigner *cosigner, struct lh_cosigning *cosigning,
                              struct lh_err *err) LH_MUST_CHECK;
/** The signature lines of the answer; empty unless the verdict is LH_WITNESS_STORE and it is kept.
 */
struct lh_bytes lh_cosigning_answer(const struct lh_cosigning *cosigning);
void lh_cosigning_clear(struct lh_cosigning *cosigning);

/** What is shown of the log whose origin has this SHA-256: the checkpoint last cosigned, or
 * (`is_fork`) two that exclude each other. LH_ERR_NOT_FOUND: no such log, or nothing yet. */
enum lh_code lh_cosigner_show(struct lh_cosigner *cosigner, const struct lh_hash *origin_hash,
                              bool is_fork, struct lh_buf *out, struct lh_err *err) LH_MUST_CHECK;

#endif
