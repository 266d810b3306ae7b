#ifndef LH_LEDGER_ENTRY_H
#define LH_LEDGER_ENTRY_H

/*
 * Canonical bytes of leaves and bodies.
 *
 * 1. Decoding accepts bytes only if encoding the decoded message gives the same bytes back: one
 *    meaning has one encoding. The bytes that travelled are the bytes kept, hashed and verified.
 * 2. Then comes a hand-written check of what proto cannot say (lh_leaf_check, lh_body_check).
 * 3. A body of a newer schema is opaque: lh_body_decode answers LH_ERR_UNKNOWN, never "invalid",
 *    and a leaf that holds one is a good leaf.
 *
 * The structs are the generated ones (specs/proto): they are plain values, and a second set of 45
 * structs beside them would only be a second place for mistakes.  Spec: specs/ledger.md 2,
 * entries.md.
 */

#include "crypto/key.h"

#include "body.pb.h"
#include "ledger.pb.h"

enum {
    LH_SCHEMA = 1,
    LH_BODY_MAX = 4096,
    LH_LEAF_MAX = 12 * 1024, /* a header with 64 heads; an entry's leaf is at most 4608 */
    LH_ENTRY_LEAF_MAX = 4608,
    LH_SIGNATURES_MAX = 4,
};

/* Body.flags */
#define LH_BODY_LATE ((uint64_t)1 << 0) /* happened more than 10 min before it was sent in */
#define LH_BODY_AFTER_THE_FACT ((uint64_t)1 << 1) /* intent and outcome written in one step */
#define LH_BODY_IMPORTED ((uint64_t)1 << 2)       /* from before the ledger, recorder-signed */
#define LH_BODY_PROACTIVE ((uint64_t)1 << 3) /* no application: a cohort rule opened the case */
#define LH_BODY_OVERRIDE ((uint64_t)1 << 4)  /* a supervisor overrode a refusal */
#define LH_BODY_SELF ((uint64_t)1 << 5)      /* subject is the staff member */
#define LH_BODY_OFFLINE ((uint64_t)1 << 6)   /* from an offline counter's journal */
#define LH_BODY_FLAGS_KNOWN ((uint64_t)0x7f)

/* Intake.flags */
#define LH_INTAKE_JOURNAL ((uint32_t)1 << 0)       /* came through the journal of state SUSPECT */
#define LH_INTAKE_CLOCK_SUSPECT ((uint32_t)1 << 1) /* the node's clocks parted */
#define LH_INTAKE_FLAGS_KNOWN ((uint32_t)0x3)

/* Body.auth_methods */
#define LH_AUTH_PASSWORD 1U
#define LH_AUTH_SMS 2U
#define LH_AUTH_SSO 4U
#define LH_AUTH_FACE 8U
#define LH_AUTH_TOKEN 16U
#define LH_AUTH_FINGERPRINT 32U
#define LH_AUTH_KNOWN 0x3fU

/* Staff.roles, Role.roles */
#define LH_ROLE_COUNTER ((uint64_t)1 << 0)
#define LH_ROLE_APPROVER ((uint64_t)1 << 1)
#define LH_ROLE_SUPERVISOR ((uint64_t)1 << 2)
#define LH_ROLE_AUDITOR ((uint64_t)1 << 3)
#define LH_ROLE_OPERATOR ((uint64_t)1 << 4)
#define LH_ROLE_KNOWN ((uint64_t)0x1f)

/* KeyEpoch.purpose, KeyDestroy.purpose: one key, one purpose */
enum lh_purpose {
    LH_PURPOSE_SEAL = 1,
    LH_PURPOSE_WITNESS = 2,
    LH_PURPOSE_MIRROR = 3,
    LH_PURPOSE_GOVERNANCE = 4,
    LH_PURPOSE_OFFICER = 5,
    LH_PURPOSE_RECORDER = 6,
    LH_PURPOSE_TLS = 7,
    LH_PURPOSE_IDEMPOTENCY = 8,
    LH_PURPOSE_INDEX = 9,
    LH_PURPOSE_AUDIT_BOX = 10,
    LH_PURPOSE_AUDIT_ESCROW = 11,
};

/** Decode a leaf canonically and check it; its body is opaque here. LH_ERR_INVALID says which
 * field. `out` is ~13 KiB. */
enum lh_code lh_leaf_decode(lhpb_Leaf *out, struct lh_bytes bytes,
                            struct lh_err *err) LH_MUST_CHECK;
/** Append the canonical bytes of a checked leaf. LH_ERR_INVALID if it does not pass its check. */
enum lh_code lh_leaf_encode(struct lh_buf *out, const lhpb_Leaf *leaf,
                            struct lh_err *err) LH_MUST_CHECK;
/** Do the bytes begin as a message of a newer schema than ours does? Bodies, genesis files and
 * enrolments are told apart so, before anything else of them is read.   Spec: specs/entries.md 1.
 */
bool lh_schema_is_newer(struct lh_bytes message);
/** Decode a body canonically and check it. LH_ERR_UNKNOWN: a newer schema than ours. */
enum lh_code lh_body_decode(lhpb_Body *out, struct lh_bytes bytes,
                            struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_body_encode(struct lh_buf *out, const lhpb_Body *body,
                            struct lh_err *err) LH_MUST_CHECK;
/** What leaf and body say about each other: index_digest stands iff subject_digest does, and a
 * GENERATION after a restore with the others names their promises. */
enum lh_code lh_entry_check_body(const lhpb_Entry *entry, const lhpb_Body *body,
                                 struct lh_err *err) LH_MUST_CHECK;
/** The check alone, canonical rules included; the message names the field and what it wants. */
enum lh_code lh_body_check(const lhpb_Body *body, struct lh_err *err) LH_MUST_CHECK;

/** H(body): what exchanges, refs and targets point to. */
struct lh_hash lh_body_hash(struct lh_suite *suite, struct lh_bytes body);
/** What a signer signs: "liuhen/entry/v1" NUL || network id || H(body). Appends 16 + 32 + 32 bytes.
 */
enum { LH_ENTRY_MESSAGE_SIZE = 16 + 32 + 32 };
void lh_entry_message(uint8_t out[LH_ENTRY_MESSAGE_SIZE], const struct lh_hash *network_id,
                      const struct lh_hash *body_hash);

/** "QUERY"; NULL for an unknown number. */
const char *lh_entry_type_name(lhpb_EntryType type);
/** "数据共享查询"; NULL for an unknown number. */
const char *lh_entry_type_name_zh(lhpb_EntryType type);
/** By name, any case. LH_ERR_INVALID. */
enum lh_code lh_entry_type_parse(lhpb_EntryType *out, struct lh_bytes name,
                                 struct lh_err *err) LH_MUST_CHECK;

/** The generated struct of a public key as ours, with every check of lh_pubkey_from_bytes. */
enum lh_code lh_pubkey_from_wire(struct lh_pubkey *out, const lhpb_PublicKey *wire,
                                 struct lh_err *err) LH_MUST_CHECK;
void lh_pubkey_to_wire(lhpb_PublicKey *out, const struct lh_pubkey *key);

#endif
