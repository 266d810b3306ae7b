#ifndef LH_LEDGER_PRIVATE_H
#define LH_LEDGER_PRIVATE_H

/*
 * The private part of an entry: whom it is about, kept beside the ledger and bound into it by two
 * salted digests. The header says nothing that is derived from a person; erasing the private part
 * leaves 32-byte digests of high-entropy input and every proof valid.
 *
 *  client part: commitments, business case number, reason; the client picks salt and openings.
 *  node part: per subject a random nonce and a tag that only the person's token finds, and a box
 * that only the auditors open (associated data H(body)).
 *
 * Pure; randomness is handed in.  Spec: specs/privacy.md 3-5.
 */

#include "crypto/box.h"
#include "crypto/tag.h"
#include "ledger/entry.h"
#include "ledger/subject.h"

#include "private.pb.h"

enum { LH_PRIVATE_MAX = 2048, LH_CLIENT_PART_MAX = 1024, LH_CLIENT_PART_STEP = 128 };

/** H(0x10 || salt || client part) and H(0x11 || salt || node part). */
struct lh_hash lh_private_subject_digest(struct lh_suite *suite, const uint8_t salt[32],
                                         struct lh_bytes client_part);
struct lh_hash lh_private_index_digest(struct lh_suite *suite, const uint8_t salt[32],
                                       struct lh_bytes node_part);
/**
 * The client's half from what it posts: canonical ClientPart bytes (padded) into `out` and the
 * digest that goes into body.subject_digest. Ids must be canonical. LH_ERR_INVALID otherwise.
 */
enum lh_code lh_private_client_part(struct lh_suite *suite, struct lh_buf *out,
                                    struct lh_hash *out_digest, const lhpb_SubjectPost *post,
                                    struct lh_err *err) LH_MUST_CHECK;
/**
 * The node's half. `month_key` of `yyyymm`; `sender` seals for the auditors (NULL: no box, the part
 * has none). Appends a whole PrivatePart to `out` and gives the digest for intake.index_digest.
 * LH_ERR_LIMIT if the part would pass LH_PRIVATE_MAX.
 */
enum lh_code lh_private_build(struct lh_suite *suite, struct lh_buf *out,
                              struct lh_hash *out_index_digest, const lhpb_SubjectPost *post,
                              const struct lh_hash *body_hash, const struct lh_secret *month_key,
                              uint32_t yyyymm, struct lh_box_sender *sender,
                              const struct lh_random *random, struct lh_err *err) LH_MUST_CHECK;
/**
 * The same onto `client_part`, the half that lh_private_client_part made of this `post`.
 */
enum lh_code lh_private_build_onto(struct lh_suite *suite, struct lh_buf *out,
                                   struct lh_hash *out_index_digest, struct lh_bytes client_part,
                                   const lhpb_SubjectPost *post, const struct lh_hash *body_hash,
                                   const struct lh_secret *month_key, uint32_t yyyymm,
                                   struct lh_box_sender *sender, const struct lh_random *random,
                                   struct lh_err *err) LH_MUST_CHECK;
/**
 * Check a private part against its entry: canonical, and both digests fit. LH_ERR_FORGED if a
 * digest does not. `out_client`, `out_node` (may be NULL) get the decoded halves.
 */
enum lh_code lh_private_verify(struct lh_suite *suite, struct lh_bytes private_part,
                               const lhpb_Entry *entry, const lhpb_Body *body,
                               lhpb_ClientPart *out_client, lhpb_NodePart *out_node,
                               struct lh_err *err) LH_MUST_CHECK;
/** Does one of its subjects belong to this token? */
bool lh_private_matches(struct lh_suite *suite, const lhpb_NodePart *node,
                        const struct lh_secret *token);
/**
 * Open the box with the auditors' key and check every opened subject against its commitment.
 * LH_ERR_FORGED if the box is malformed or does not open, or a commitment fails: signed evidence
 * against the writer. LH_ERR_INVALID: `auditor` is no key of the suite; LH_ERR_NOT_FOUND: the entry
 * was recorded without a box.   Spec: specs/privacy.md 5.
 */
enum lh_code lh_private_open(struct lh_suite *suite, lhpb_BoxContent *out,
                             const lhpb_ClientPart *client, const lhpb_NodePart *node,
                             const struct lh_hash *body_hash, struct lh_signer *auditor,
                             struct lh_err *err) LH_MUST_CHECK;
/** What an OPEN says of the `count` entries that were opened, whose bodies' hashes ascend.
 * Spec: specs/privacy.md 8. */
struct lh_hash lh_private_opened_digest(struct lh_suite *suite, const struct lh_hash *body_hashes,
                                        size_t count);

#endif
