#ifndef LH_CLI_PEERING_H
#define LH_CLI_PEERING_H

/* What the node says of the other departments (GET /v1/peers), in words: why one is away, why a
 * head is not cosigned, how long ago something was. All of it is the node's word. */

#include "cli/api.h"

struct lh_view;

/** Ask the node. LH_ERR_NOT_FOUND: it has no peers; LH_ERR_CORRUPT: what it says is no such answer.
 */
enum lh_code lh_peering_get(struct lh_cli *cli, json_t **out, struct lh_err *err) LH_MUST_CHECK;
/** Append why its last connection ended, from "parted". */
void lh_peering_add_parting(struct lh_buf *out, enum lh_lang lang, const json_t *parted);
/** Append why a head is not cosigned, from "declined". */
void lh_peering_add_decline(struct lh_buf *out, enum lh_lang lang, const json_t *declined);
/** Append what is out of the ordinary with one of them, the gravest first; nothing if nothing is.
 */
void lh_peering_add_why(struct lh_buf *out, enum lh_lang lang, const json_t *peer);
/** A row for each of them, `has_why`: and why; `out` is the caller's. LH_ERR_NOMEM. */
enum lh_code lh_peering_view(struct lh_view **out, const struct lh_cli *cli, const json_t *answer,
                             bool has_why, struct lh_err *err) LH_MUST_CHECK;
/** Append "12s", "5m", "3h" or "9d" since `time`, RFC 3339; "-" where there is none. */
void lh_peering_add_age(struct lh_buf *out, const struct lh_cli *cli, const char *time);

#endif
