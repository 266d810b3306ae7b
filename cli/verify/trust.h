#ifndef LH_CLI_VERIFY_TRUST_H
#define LH_CLI_VERIFY_TRUST_H

/*
 * What the person at the keyboard trusts: a network (by its genesis file or by its id) and log keys
 * (by lines `log <vkey>` of a C2SP tlog-policy file). Contradictions are refused.
 */

#include "crypto/note.h"
#include "crypto/suite.h"
#include "ledger/epochs.h"
#include "ledger/level.h"
#include "ledger/policy.h"

/* The recorder of a department, as a genesis file names it. */
struct lh_trust_recorder {
    struct lh_hash network_id;
    char department[LH_CODE_MAX + 1];
    struct lh_pubkey key;
};

struct lh_trust {
    bool has_network;
    struct lh_hash network_id;
    struct lh_note_key *logs;
    size_t log_count;
    size_t log_capacity;
    struct lh_trust_recorder *recorders;
    size_t recorder_count;
    struct lh_genesis *genesis; /* whose members' cosignatures count; NULL: none is known */
    struct lh_buf *epochs;      /* certified proposals behind a genesis file, in order */
    size_t epoch_count;
    enum lh_level level;     /* that a receipt or checkpoint must have at least */
    struct lh_policy policy; /* the one that asks for a quorum */
};

void lh_trust_init(struct lh_trust *trust);
void lh_trust_clear(struct lh_trust *trust);
/** Take in a genesis file or a policy file. LH_ERR_IO and the like, LH_ERR_INVALID with line,
 * LH_ERR_CONFLICT when it contradicts what is trusted already. */
enum lh_code lh_trust_add_file(struct lh_trust *trust, const char *path,
                               struct lh_err *err) LH_MUST_CHECK;
/** Take in the next proposal that was certified. LH_ERR_INVALID: it is none; LH_ERR_UNKNOWN: of a
 * newer schema; LH_ERR_LIMIT: more than anybody judges. Whether it follows the one before is judged
 * with an archive. */
enum lh_code lh_trust_add_epoch(struct lh_trust *trust, const char *path,
                                struct lh_err *err) LH_MUST_CHECK;
/**
 * The epochs that are known: the genesis file whose members count, and the proposals that were
 * given. The caller frees them. LH_ERR_NOT_FOUND: there is no genesis file; LH_ERR_CONFLICT: the
 * proposals do not follow it; LH_ERR_NOMEM.
 */
enum lh_code lh_trust_open_epochs(const struct lh_trust *trust, struct lh_epochs **out,
                                  struct lh_err *err) LH_MUST_CHECK;
/** Take in a network id, 64 hex digits. */
enum lh_code lh_trust_add_network(struct lh_trust *trust, const char *hex,
                                  struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_trust_add_log(struct lh_trust *trust, const struct lh_note_key *key,
                              struct lh_err *err) LH_MUST_CHECK;
/** Take in the members of a genesis file that is trusted: their recorders, those that are there
 * stay once, and whose cosignatures count, those of the first one. */
enum lh_code lh_trust_add_members(struct lh_trust *trust, const struct lh_genesis *genesis,
                                  struct lh_err *err) LH_MUST_CHECK;
/** NULL: none is known. */
const struct lh_pubkey *lh_trust_find_recorder(const struct lh_trust *trust,
                                               const struct lh_hash *network_id,
                                               const char *department);
/** Nothing was given at all. */
bool lh_trust_is_empty(const struct lh_trust *trust);
/** Checkpoints need cosignatures, as `policy` says. */
bool lh_trust_has_quorum(const struct lh_trust *trust);
/** Some key is trusted for this origin. */
bool lh_trust_has_origin(const struct lh_trust *trust, const char *origin);

#endif
