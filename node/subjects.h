#ifndef LH_NODE_SUBJECTS_H
#define LH_NODE_SUBJECTS_H

/*
 * Whom an event is about, at the node's door: ids from JSON become canonical, get their openings,
 * and leave as a private part. Holds the index key and the encapsulation for the auditors, so one
 * belongs to each worker thread.  Spec: specs/privacy.md 4, 5.
 */

#include "ledger/private.h"

struct lh_subjects;

struct lh_subjects_options {
    enum lh_suite_id suite;
    const char *department;
    const struct lh_secret *index_key; /* 32 bytes, copied */
    struct lh_random random;
};

enum lh_code lh_subjects_new(struct lh_subjects **out, const struct lh_subjects_options *options,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_subjects_free(struct lh_subjects *subjects);
/** Append the token of each subject of an entry recorded at `now_unix_ms`, 32 bytes each. */
void lh_subjects_add_tokens(struct lh_subjects *subjects, struct lh_suite *suite,
                            struct lh_buf *out, const lhpb_SubjectPost *post, int64_t now_unix_ms);
/**
 * Make the private part of an entry recorded at `now_unix_ms`, its box for the auditors' key `box`
 * (NULL: none is made), and check that it gives `body->subject_digest` (LH_ERR_FORGED otherwise).
 * Appends to `out`.
 */
enum lh_code lh_subjects_build(struct lh_subjects *subjects, struct lh_suite *suite,
                               struct lh_buf *out, struct lh_hash *out_index_digest,
                               const lhpb_SubjectPost *post, const lhpb_Body *body,
                               const struct lh_hash *body_hash, const struct lh_pubkey *box,
                               int64_t now_unix_ms, struct lh_err *err) LH_MUST_CHECK;

#endif
