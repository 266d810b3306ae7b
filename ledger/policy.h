#ifndef LH_LEDGER_POLICY_H
#define LH_LEDGER_POLICY_H

/*
 * A C2SP tlog-policy: which logs and witnesses there are, and whose cosignatures it takes to call a
 * checkpoint valid. Lines of words between spaces and tabs:
 *
 *   log VKEY [URL]    witness NAME VKEY [URL]    group NAME all|any|K MEMBER...    quorum NAME|none
 *
 *   1. Definitions precede use, so members stand before their group.
 *   2. A name is a member at most once: nobody counts in two ways. Keys are unique among the logs,
 *      and among the witnesses.
 * Spec: specs/ledger.md 5.1.
 */

#include "crypto/note.h"

enum { LH_POLICY_MAX = 1024 * 1024, LH_POLICY_LOGS_MAX = 4096, LH_POLICY_PARTIES_MAX = 256 };

struct lh_policy_log {
    struct lh_note_key key; /* its name is the origin */
    struct lh_bytes url;    /* empty: none */
};

/* A witness, or a group of what stands before it. */
struct lh_policy_party {
    struct lh_bytes name;
    bool is_witness;
    struct lh_note_key key; /* of a witness */
    struct lh_bytes url;    /* of a witness; empty: none */
    size_t member_count;    /* of a group; */
    size_t threshold;       /* so many of its members make it witness */
    size_t group;           /* whose member it is; LH_POLICY_NOBODY: of none */
};

#define LH_POLICY_NOBODY SIZE_MAX

/* Names and URLs borrow from `text`. */
struct lh_policy {
    struct lh_buf text;
    struct lh_policy_log *logs;
    size_t log_count;
    struct lh_policy_party *parties;
    size_t party_count;
    bool has_quorum; /* a quorum line stands there */
    size_t quorum;   /* the party that must have witnessed; LH_POLICY_NOBODY: none need to */
};

#define LH_POLICY_EMPTY                                                                            \
    {                                                                                              \
        .text = LH_BUF_EMPTY, .quorum = LH_POLICY_NOBODY                                           \
    }

/**
 * Parse a file. C2SP wants one quorum line; that there is one is left to the caller to ask.
 * LH_ERR_INVALID with the line, LH_ERR_LIMIT, LH_ERR_NOMEM. The caller clears `out`.
 */
enum lh_code lh_policy_parse(struct lh_policy *out, struct lh_bytes text,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_policy_clear(struct lh_policy *policy);
/**
 * Do the cosignatures of a checkpoint reach the quorum? `out_count` (may be NULL): witnesses of the
 * policy that cosigned. LH_ERR_UNKNOWN: too few did; LH_ERR_FORGED: the line of one does not
 * verify, and then the note counts for nothing. The log's own line is not looked at.
 * Cost: a signature for each witness that has a line.
 */
enum lh_code lh_policy_judge(const struct lh_policy *policy, const struct lh_note *note,
                             size_t *out_count, struct lh_err *err) LH_MUST_CHECK;

#endif
