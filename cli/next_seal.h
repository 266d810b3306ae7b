#ifndef LH_CLI_NEXT_SEAL_H
#define LH_CLI_NEXT_SEAL_H

/* The seal key of a ledger's next generation: made beside the node, and trusted by who trusts it.
 */

#include "cli/cli.h"
#include "ledger/genesis.h"

/** DATA/keys/seal-N.pem: made, or used if it is there. As lh_signer_open and _save. */
enum lh_code lh_next_seal_make(struct lh_cli *cli, const struct lh_genesis *genesis,
                               uint32_t generation, struct lh_pubkey *out,
                               struct lh_err *err) LH_MUST_CHECK;
/** Add its line to DATA/trust.policy, if that is there and lacks it. */
enum lh_code lh_next_seal_trust(struct lh_cli *cli, const char *origin,
                                const struct lh_pubkey *seal, struct lh_err *err) LH_MUST_CHECK;

#endif
