#ifndef LH_CLI_POLL_H
#define LH_CLI_POLL_H

/*
 * The votes that archives of the members' ledgers hold. An archive is judged whole before any vote
 * of it is kept, and an APPROVAL counts in the ledger of its own department alone, in ledger order.
 * That a head which covers a vote was witnessed is no part of an archive and is not judged.
 * Spec: specs/trust.md 5.2.
 */

#include "ledger/members.h"

/* Kept of all archives together: of each member one for a round is honest. */
enum { LH_POLL_VOTES_MAX = 4096 };

struct lh_poll;

/** Nobody has voted yet, in the network of `network_id`. */
enum lh_code lh_poll_new(struct lh_poll **out, const struct lh_hash *network_id,
                         struct lh_err *err) LH_MUST_CHECK;
void lh_poll_free(struct lh_poll *poll);
/**
 * Take in the votes of an archive (.lhar, .lhar.zst). LH_ERR_FORGED: it breaks a rule, or is of
 * another network; LH_ERR_UNKNOWN: it cannot be judged to its end; LH_ERR_LIMIT: too many votes;
 * codes of reading. The path stands in front of the words.
 */
enum lh_code lh_poll_add(struct lh_poll *poll, const char *path, struct lh_err *err) LH_MUST_CHECK;

struct lh_poll_result {
    size_t votes; /* for the proposal, in its round */
    bool is_certified;
};
/** Count what follows `from` for the proposal of these bytes, which fits it. */
enum lh_code lh_poll_count(struct lh_poll_result *out, const struct lh_poll *poll,
                           const struct lh_members *from, struct lh_bytes proposal,
                           struct lh_err *err) LH_MUST_CHECK;

#endif
