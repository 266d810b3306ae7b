#ifndef LH_CLI_API_H
#define LH_CLI_API_H

/* The node's answers as the verbs want them: JSON or bytes, or a problem turned into words. */

#include "cli/cli.h"
#include "ledger/tree.h"

#include <jansson.h>

/** Words and code for an answer that is no success (RFC 9457 where it is one). Never LH_OK. */
enum lh_code lh_api_problem(const struct lh_client_reply *reply, struct lh_err *err);
/** GET that must answer 200. */
enum lh_code lh_api_get(struct lh_cli *cli, struct lh_client_reply *out, const char *target,
                        struct lh_err *err) LH_MUST_CHECK;
/** GET that must answer 200 with a JSON object; the caller lets go of it. */
enum lh_code lh_api_get_json(struct lh_cli *cli, json_t **out, const char *target,
                             struct lh_err *err) LH_MUST_CHECK;
/** POST of `body` that must answer 200 with a JSON object. */
enum lh_code lh_api_post_json(struct lh_cli *cli, json_t **out, const char *target,
                              const char *type, struct lh_bytes body,
                              struct lh_err *err) LH_MUST_CHECK;
/** The node's status, with all members that are shown. LH_ERR_CORRUPT: what it says is no status.
 */
enum lh_code lh_api_get_status(struct lh_cli *cli, json_t **out, struct lh_err *err) LH_MUST_CHECK;
/** Parse bytes of the node as one JSON object. */
enum lh_code lh_api_parse(json_t **out, struct lh_bytes bytes, struct lh_err *err) LH_MUST_CHECK;

/** Members of an object; "" / 0 when absent or of another type. */
const char *lh_api_text(const json_t *object, const char *name);
uint64_t lh_api_number(const json_t *object, const char *name);
/** A base64 member, appended to `out`. LH_ERR_INVALID names it. */
enum lh_code lh_api_bytes(const json_t *object, const char *name, struct lh_buf *out,
                          struct lh_err *err) LH_MUST_CHECK;

/** A member that is a list of base64 hashes. LH_ERR_FORGED if it is none. */
enum lh_code lh_api_proof(const json_t *object, const char *name, struct lh_proof *out,
                          struct lh_err *err) LH_MUST_CHECK;

/** Print a JSON value on stdout: indented, keys in their order, one newline at the end. */
enum lh_code lh_api_print(const struct lh_cli *cli, const json_t *value,
                          struct lh_err *err) LH_MUST_CHECK;
/** The same on one line. */
enum lh_code lh_api_print_line(const struct lh_cli *cli, const json_t *value,
                               struct lh_err *err) LH_MUST_CHECK;

#endif
