#ifndef LH_CLI_PROPOSED_H
#define LH_CLI_PROPOSED_H

/* A proposal as whoever votes on it must have read it: what it follows, its hash to read aloud, and
 * every change in words. With --json as JSON.  Spec: specs/trust.md 5. */

#include "cli/cli.h"
#include "ledger/members.h"

#include <jansson.h>

/** Print on stdout the proposal of `path` that follows `from`; its `bytes` fit it. */
enum lh_code lh_proposed_print(const struct lh_cli *cli, const struct lh_members *from,
                               struct lh_bytes bytes, const char *path,
                               struct lh_err *err) LH_MUST_CHECK;
/** Only its changes, as lh_changes_pack. */
enum lh_code lh_proposed_pack_changes(json_t **out, const struct lh_members *from,
                                      struct lh_bytes bytes, struct lh_err *err) LH_MUST_CHECK;
/** Only its changes, in words, appended with "; " between them. */
enum lh_code lh_proposed_list(struct lh_buf *out, const struct lh_cli *cli,
                              const struct lh_members *from, struct lh_bytes bytes,
                              struct lh_err *err) LH_MUST_CHECK;

#endif
