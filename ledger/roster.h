#ifndef LH_LEDGER_ROSTER_H
#define LH_LEDGER_ROSTER_H

/*
 * The keys of one ledger, by ledger order. Fed with every entry in turn, it knows which key was
 * enrolled by which earlier leaf, for whom, and when it ended; it judges signatures and authority.
 *
 *  1. A signature is judged by ledger order only: the key was enrolled by an earlier leaf (officers
 * and recorder: by the genesis file). A later LEAVE or KEYCOMP never makes an old signature bad.
 *  2. Intake asks more (lh_roster_check_intake): valid at event time, not revoked at recording.
 *  3. Key ids are unique: an enrolment that repeats one is refused.
 *  4. A key that an epoch ended signs nothing behind the header that named the epoch.
 *
 * Pure, grows with the number of keys, not of entries; a key costs little, its verifier some KiB.
 * One writer; readers hold it still. Spec: specs/entries.md "Authority" and "Validity in time".
 */

#include "ledger/authority.h"
#include "ledger/members.h"

struct lh_roster;

/* Time windows of intake; the 8 hours of a session are a rule of the body. */
#define LH_INTAKE_AHEAD_MS ((int64_t)2 * 60 * 1000)
#define LH_INTAKE_LATE_AFTER_MS ((int64_t)10 * 60 * 1000)
#define LH_INTAKE_LATE_MAX_MS ((int64_t)72 * 3600 * 1000)
#define LH_INTAKE_LATE_MAX_SLOW_MS ((int64_t)30 * 24 * 3600 * 1000) /* OOB, officer acts */
#define LH_INTAKE_SESSION_LATE_MAX_MS ((int64_t)72 * 3600 * 1000)   /* after the session ended */

/* What is known of one key. */
struct lh_roster_key {
    struct lh_key_id id;
    struct lh_pubkey key;
    enum lh_signer_kind kind;
    uint64_t enrolled_at; /* leaf index; 0: genesis file or an earlier generation */
    uint8_t staff[8];     /* pseudonym; zero for officers and recorder */
    uint8_t session[16];  /* zero unless kind is LH_SIGNER_SESSION */
    uint64_t roles;       /* LH_ROLE_* in force */
    int64_t valid_from_unix_ms;
    int64_t valid_until_unix_ms;  /* INT64_MAX: open */
    int64_t revoked_from_unix_ms; /* LEAVE, KEYCOMP: INT64_MAX if none */
    bool is_ended;                /* by an epoch: rule 4 */
    bool is_replaced; /* by a later key of the same pseudonym: intake takes no more of it */
    const struct lh_verifier *verifier; /* borrowed from the roster; NULL: not kept at hand */
};

/** Starts with the officers and the recorder of `department` in the genesis (copied). */
enum lh_code lh_roster_new(struct lh_roster **out, const struct lh_genesis *genesis,
                           struct lh_bytes department, struct lh_err *err) LH_MUST_CHECK;
/** As it starts in the epoch of `members`. LH_ERR_NOT_FOUND: the department is no member in it. */
enum lh_code lh_roster_new_in(struct lh_roster **out, const struct lh_members *members,
                              const char *department, struct lh_err *err) LH_MUST_CHECK;
/**
 * What the next generation of the same ledger starts with: all that `from` knows, as keys that no
 * leaf of its own enrolled. spec entries.md 5.
 */
enum lh_code lh_roster_copy(struct lh_roster **out, const struct lh_roster *from,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_roster_free(struct lh_roster *roster);
/**
 * From now on keep verifiers at hand only for the `count` sessions opened last, and for none that
 * was ended. Before the first session is taken in; a roster that was not told keeps them all.
 */
void lh_roster_keep_sessions(struct lh_roster *roster, size_t count);
/** lh_verify with this key, whose verifier is made for this once when it is not at hand. */
enum lh_code lh_roster_key_verify(const struct lh_roster_key *key, const struct lh_sig *sig,
                                  struct lh_bytes message, struct lh_err *err) LH_MUST_CHECK;
/**
 * From now on no verifier is made of a key that is enrolled (its `verifier` is NULL), which would
 * cost as much as finding the point of the key did: for who judges without signatures only.
 */
void lh_roster_forgo_verifiers(struct lh_roster *roster);
/** NULL if no earlier leaf enrolled it. O(1). Borrowed until the roster changes. */
const struct lh_roster_key *lh_roster_find(const struct lh_roster *roster,
                                           const struct lh_key_id *id);
/** Current key of a pseudonym, NULL if none. */
const struct lh_roster_key *lh_roster_find_staff(const struct lh_roster *roster,
                                                 const uint8_t staff[8]);
/**
 * The auditors' key that private parts are sealed to at this moment: the newest by ledger order
 * that has begun, has not ended and fits the suite; NULL if none. Borrowed until the roster
 * changes.
 */
const struct lh_pubkey *lh_roster_audit_box(const struct lh_roster *roster, int64_t now_unix_ms);
size_t lh_roster_count(const struct lh_roster *roster);
const struct lh_roster_key *lh_roster_at(const struct lh_roster *roster, size_t index);

/**
 * Judge an entry by ledger order: every signer known, of an allowed kind, enough different ones,
 * body.staff / body.session agree with the signer, every signature verifies (when
 * `with_signatures`). LH_ERR_DENIED: not authorised, whatever keys there may be besides;
 * LH_ERR_FORGED: a signature fails or its key is not enrolled; LH_ERR_NOT_FOUND: no earlier leaf
 * opened the session that the body names; LH_ERR_INVALID: leaf and body contradict each other;
 * LH_ERR_UNKNOWN: `body` is NULL (of a newer schema). `out_level` (may be NULL): 1, 2 or 3.
 */
enum lh_code lh_roster_judge(const struct lh_roster *roster, struct lh_suite *suite,
                             const lhpb_Entry *entry, const lhpb_Body *body, bool with_signatures,
                             unsigned *out_level, struct lh_err *err) LH_MUST_CHECK;
/**
 * What intake asks on top: validity at event time, no revocation at `now`, session limits, time
 * windows. LH_ERR_FORGED: key not enrolled; LH_ERR_DENIED: a key is not valid for it;
 * LH_ERR_INVALID: in the future, or late without the flag; LH_ERR_LIMIT: too late.
 */
enum lh_code lh_roster_check_intake(const struct lh_roster *roster, const lhpb_Entry *entry,
                                    const lhpb_Body *body, int64_t now_unix_ms,
                                    struct lh_err *err) LH_MUST_CHECK;
/**
 * Take in an entry that was judged: STAFF, ROLE, LEAVE, SESSION, SESSION_END, KEYCOMP, KEYEPOCH
 * change the roster, all others do not. LH_ERR_CONFLICT: the key id or session id is taken;
 * LH_ERR_NOT_FOUND: no such pseudonym or open session; LH_ERR_DENIED: another's session;
 * LH_ERR_INVALID: the key does not sign in this suite. On failure nothing has changed.
 */
enum lh_code lh_roster_apply(struct lh_roster *roster, struct lh_suite *suite,
                             const lhpb_Body *body, uint64_t index,
                             struct lh_err *err) LH_MUST_CHECK;
/**
 * The header at `index` goes on from the epoch `from` to `to`: officers and recorder that `to` has
 * brought in are enrolled by it, and those of `from` that are not in `to` are ended. A key whose id
 * is taken already stays what it is. On failure (LH_ERR_NOMEM) some of it may be done.
 * spec trust.md 5.3.
 */
enum lh_code lh_roster_enter(struct lh_roster *roster, struct lh_suite *suite,
                             const struct lh_members *from, const struct lh_members *to,
                             uint64_t index, struct lh_err *err) LH_MUST_CHECK;
/** Would lh_roster_apply accept it? Changes nothing. */
enum lh_code lh_roster_check_apply(const struct lh_roster *roster, struct lh_suite *suite,
                                   const lhpb_Body *body, struct lh_err *err) LH_MUST_CHECK;
/** This type changes the roster. */
bool lh_roster_is_concerned(lhpb_EntryType type);

#endif
