#ifndef LH_NODE_INTAKE_H
#define LH_NODE_INTAKE_H

/*
 * One event on its way into the ledger, from the bytes of a request to its place in a block.
 *
 *   PREPARED by a pool thread: decoded, checked, scanned for personal numbers, allowed for this
 *            client, signed (events that the recorder attests) or its signatures checked (ready
 *            ones), content digest made;
 *   SETTLED  by the committer: recorded, journaled, duplicate, or rejected with a problem.
 *
 * Everything before the committer is a function of the event, the roster, the client's rights and,
 * for private parts, randomness and the month; it sees no store.  Spec: specs/api.yaml, DESIGN 5.
 */

#include "crypto/base/time.h"
#include "ledger/receipt.h"
#include "net/problem.h"
#include "node/config.h"
#include "node/jobs.h"
#include "node/keyring.h"

#include "private.pb.h"

#include <jansson.h>

enum lh_intake_status {
    LH_INTAKE_PREPARED,  /* waiting for the committer */
    LH_INTAKE_RECORDED,  /* sealed in a block */
    LH_INTAKE_JOURNALED, /* on disk, sealed later */
    LH_INTAKE_DUPLICATE,
    LH_INTAKE_REJECTED,
};

/* What the events of one block share. */
struct lh_sealed {
    _Atomic size_t refs;
    uint64_t height;
    struct lh_buf checkpoint; /* signed note */
    struct lh_receipt shown;  /* its headers, as each of its receipts shows them, and no more */
    size_t count;
    struct lh_proof proofs[]; /* one for each entry of the block */
};

struct lh_sealed *lh_sealed_ref(struct lh_sealed *sealed);
void lh_sealed_unref(struct lh_sealed *sealed);

struct lh_ledger;

struct lh_intake {
    struct lh_intake *next; /* in the committer's queue */
    /* The committer says that it is settled; on the committer's thread. */
    void (*on_settled)(struct lh_intake *intake);
    void *owner;

    enum lh_intake_status status;
    struct lh_problem problem; /* of a rejected one */
    bool is_conflict;          /* REJECTED: its identity is taken by other content */
    bool has_body;
    lhpb_Entry entry;
    lhpb_Body body; /* decoded from entry.body */
    struct lh_hash body_hash;
    struct lh_hash content_digest;
    unsigned level;
    uint64_t roster_version; /* under which it was judged */
    size_t signer_count;
    struct lh_pubkey signers[LH_SIGNATURES_MAX];

    uint64_t journal_sequence; /* JOURNALED, and DUPLICATE of one that waits there; else 0 */
    struct lh_buf receipt;     /* JOURNALED: its text */
    struct lh_ledger *ledger;  /* RECORDED and DUPLICATE: borrowed, the generation it stands in */
    uint64_t index;            /* RECORDED and DUPLICATE */
    struct lh_buf leaf;
    struct lh_buf private_part; /* empty: no subjects */
    struct lh_buf vault_row;
    struct lh_sealed *sealed; /* RECORDED: its block, and where its proof is in it */
    size_t proof_at;
};

void lh_intake_clear(struct lh_intake *intake);
void lh_intake_reject(struct lh_intake *intake, enum lh_problem_code code, const char *format, ...)
    LH_PRINTF(3, 4);

/* What every event of a node is judged by. Read-only while threads use it. */
struct lh_intake_rules {
    struct lh_hash network_id;
    enum lh_suite_id suite;
    char department[LH_CODE_MAX + 1];
    struct lh_secret idempotency;
    bool has_auditor_box; /* a key of the settings, for as long as no KEYEPOCH names one */
    struct lh_pubkey auditor_box;
    struct lh_keyring *keyring;
    struct lh_clock clock;
    struct lh_random random;
};

/* An event as it came. */
enum lh_intake_form {
    LH_FORM_JSON,       /* our event, or {"ready": "<base64 of a submission>"} */
    LH_FORM_CLOUDEVENT, /* our event inside a CloudEvent */
    LH_FORM_SUBMISSION, /* canonical lhpb_Submission */
    LH_FORM_ACT,        /* canonical lhpb_Act */
};

enum { LH_EVENT_JSON_MAX = 64 * 1024 };

/**
 * Prepare one event from its bytes. `intake` is zeroed by the caller (but for on_settled and
 * owner). Afterwards it is PREPARED or REJECTED, never anything in between. NOMEM and failures of
 * libraries reject it as internal. `client` decides what it may be.
 */
void lh_intake_prepare(struct lh_intake *intake, const struct lh_intake_rules *rules,
                       const struct lh_grant *client, struct lh_worker *worker,
                       enum lh_intake_form form, struct lh_bytes bytes);
/** The same for JSON that is parsed already (an element of a batch). */
void lh_intake_prepare_json(struct lh_intake *intake, const struct lh_intake_rules *rules,
                            const struct lh_grant *client, struct lh_worker *worker,
                            enum lh_intake_form form, const json_t *json);
/** An entry of the node's own: sign `body` as the recorder. */
void lh_intake_prepare_own(struct lh_intake *intake, const struct lh_intake_rules *rules,
                           struct lh_worker *worker, const lhpb_Body *body);
/**
 * Judge by the roster: signers known and entitled; with their signatures or without (they were
 * checked before). Fills level, signers and roster_version, or rejects.
 */
bool lh_intake_judge(struct lh_intake *intake, const struct lh_intake_rules *rules,
                     struct lh_suite *suite, bool with_signatures);
/** What only holds at this moment: times, revocations, sessions. Rejects or returns true. */
bool lh_intake_check_now(struct lh_intake *intake, const struct lh_roster *roster,
                         int64_t now_unix_ms);

/* ---- intake_private.c ---- */

/**
 * What makes two events of the recorder one: HMAC over the body without its salted subject digest,
 * and over the subjects themselves. `body` is the canonical body without that digest.
 */
struct lh_hash lh_intake_content_digest(struct lh_suite *suite, const struct lh_secret *key,
                                        struct lh_bytes body, const lhpb_SubjectPost *post);
/** Put the digest of the subjects into the body. LH_ERR_INVALID. */
enum lh_code lh_intake_bind_subjects(struct lh_intake *intake, struct lh_suite *suite,
                                     const lhpb_SubjectPost *post,
                                     struct lh_err *err) LH_MUST_CHECK;
/** Make private part, vault row and index digest of an event whose body is final; or reject. */
bool lh_intake_add_subjects(struct lh_intake *intake, const struct lh_intake_rules *rules,
                            struct lh_worker *worker, const lhpb_SubjectPost *post);

#endif
