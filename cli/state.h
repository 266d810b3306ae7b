#ifndef LH_CLI_STATE_H
#define LH_CLI_STATE_H

/* Small files that the command line keeps for its user: $XDG_STATE_HOME/liuhen, else
 * ~/.local/state/liuhen, mode 0700. */

#include "crypto/base/buf.h"

/** Append the path of `name` there. LH_ERR_NOT_FOUND: neither variable is set. */
enum lh_code lh_state_path(struct lh_buf *out, const char *name, struct lh_err *err) LH_MUST_CHECK;
/** Replace `out` by the content. LH_ERR_NOT_FOUND. */
enum lh_code lh_state_read(struct lh_buf *out, const char *name, struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_state_write(const char *name, struct lh_bytes content,
                            struct lh_err *err) LH_MUST_CHECK;

/**
 * Which network answered at a node's address before ("nodes", one "ID ADDRESS" a line). Remembers
 * it when it is new. LH_ERR_FORGED: it was another one.
 */
enum lh_code lh_state_check_node(const char *address, const char *network_id_hex,
                                 struct lh_err *err) LH_MUST_CHECK;

#endif
