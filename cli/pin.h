#ifndef LH_CLI_PIN_H
#define LH_CLI_PIN_H

/*
 * Whose seals count, and what was seen before.
 *
 *  1. The first of these decides: --trust FILE, LIUHEN_TRUST, trust.policy in the data directory
 *     named by --data or LIUHEN_DATA, the pin of the network in the state directory. There is no
 *     mixing.
 *  2. A pin is made at first use, after the seal key was found in the ledger's first entry under
 * the signatures of two officers of the genesis file; so what is taken on trust is the network id.
 *     A genesis file given as trust names the network, and keys are found in the same way; so
 * are those of other departments beside the trust.policy of a data directory, under its genesis
 * file.
 *  3. The node's address is remembered with the network id: another network at the same address
 *     later is a failure.
 *  4. The newest checkpoint seen of each ledger is kept. A later one must extend it.
 *
 * A pin is a C2SP tlog-policy, "<network id>.policy" in the state directory. Beside it stands the
 * network's genesis file, "<network id>.lhg".
 */

#include "cli/cli.h"
#include "cli/verify/trust.h"
#include "ledger/checkpoint.h"

enum lh_pin_source {
    LH_PIN_POLICY,    /* a file that somebody named */
    LH_PIN_PINNED,    /* seen before */
    LH_PIN_FIRST_USE, /* pinned just now */
};

struct lh_pin {
    enum lh_pin_source source;
    struct lh_buf path;    /* of the file that decided */
    struct lh_trust trust; /* the network, where it is known, and the seals */
};

void lh_pin_clear(struct lh_pin *pin);
/** What decides for the node and its ledger `origin`, pinning it if need be (rule 2). */
enum lh_code lh_pin_open(struct lh_pin *out, struct lh_cli *cli, const char *origin,
                         struct lh_err *err) LH_MUST_CHECK;
/** The seal key of a ledger; NULL: none known. */
const struct lh_note_key *lh_pin_find(const struct lh_pin *pin, const char *origin);
/** Say what decided, unless --quiet or somebody named it. */
void lh_pin_tell(const struct lh_pin *pin, const struct lh_cli *cli);

/**
 * The file that would decide, without asking a node; `network_id` (may be NULL) finds the pin.
 * LH_ERR_NOT_FOUND: nothing decides.
 */
enum lh_code lh_pin_find_file(struct lh_buf *out, const struct lh_cli *cli,
                              const struct lh_hash *network_id, struct lh_err *err) LH_MUST_CHECK;

/**
 * The genesis file of that network, which says whose cosignatures count: the one of --data, else
 * the one that was kept when the network was pinned. LH_ERR_NOT_FOUND: there is none, or somebody
 * named another file as trust (rule 1).
 */
enum lh_code lh_pin_find_genesis(struct lh_buf *out, const struct lh_cli *cli,
                                 const struct lh_hash *network_id,
                                 struct lh_err *err) LH_MUST_CHECK;

/**
 * Hold a checkpoint (verified under `seal`) against the newest one seen, asking the node for the
 * consistency proof, then remember it. LH_ERR_FORGED: it does not extend it; LH_ERR_CONFLICT: two
 * different histories are sealed. `out_seen`: the size seen before, 0 when none.
 */
enum lh_code lh_pin_remember(struct lh_cli *cli, struct lh_suite *suite,
                             const struct lh_note_key *seal, struct lh_bytes note,
                             const struct lh_checkpoint *checkpoint, uint64_t *out_seen,
                             struct lh_err *err) LH_MUST_CHECK;

/** Verify that the node's ledger grew from `from` to `to` as it says. Sizes may be equal. */
enum lh_code lh_pin_check_growth(struct lh_cli *cli, struct lh_suite *suite,
                                 const struct lh_checkpoint *from, const struct lh_checkpoint *to,
                                 struct lh_err *err) LH_MUST_CHECK;

#endif
