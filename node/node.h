#ifndef LH_NODE_NODE_H
#define LH_NODE_NODE_H

/*
 * A running node: ledger, store and guard, the committer, the pool, the HTTP edge, and the loop
 * that ties them together. Opened and closed by one thread, which is the loop's.
 */

#include "crypto/base/time.h"
#include "node/config.h"

struct lh_node;

enum { LH_EXIT_USAGE = 2, LH_EXIT_START = 3 };

/** What a configuration names and can be read before there is a node: the auditors' key, the
 * certificate of the TCP port. */
enum lh_code lh_node_check_config(const struct lh_config *config, struct lh_err *err) LH_MUST_CHECK;
/**
 * Open everything that `config` names: keys, store (strictly, then point in time), guard, ledger,
 * threads, socket. LH_ERR_CORRUPT: the store must not be used; LH_ERR_CONFLICT: another node runs;
 * others: what the words say. The log is the caller's.
 */
enum lh_code lh_node_open(struct lh_node **out, LH_TAKES struct lh_config *config,
                          LH_KEEPS struct lh_log *log, const char *config_path,
                          const char *data_override, struct lh_err *err) LH_MUST_CHECK;
/** Serve until SIGTERM or SIGINT, or until a new generation has begun, then drain and seal. */
enum lh_code lh_node_run(struct lh_node *node, struct lh_err *err) LH_MUST_CHECK;
/** It ended because a new generation has begun: open it again. */
bool lh_node_is_reopening(const struct lh_node *node);
/** Close it and open it again, as it was first; `*node` is NULL when that fails. As lh_node_open.
 */
enum lh_code lh_node_reopen(struct lh_node **node, struct lh_err *err) LH_MUST_CHECK;
void lh_node_close(struct lh_node *node);

#endif
