#ifndef LH_NODE_CONFIG_H
#define LH_NODE_CONFIG_H

/*
 * What the operator decides: `key = value` lines. One table of options stands behind the parser,
 * --help, --print-config and liuhend.conf(5). An unknown key is an error with file and line; a
 * later line overrides an earlier one, except for repeatable keys.
 *
 * A read config never changes. Requests hold a reference to the one they began with, so a reload
 * cannot pull it away from under them; references are taken and given back on the loop's thread.
 */

#include "crypto/base/buf.h"
#include "node/grant.h"
#include "node/log.h"

#include <sys/types.h>

enum {
    LH_CONFIG_PATH_MAX = 1024,
    LH_CONFIG_CLIENTS_MAX = 256,
    LH_CONFIG_PEERS_MAX = 256,
    LH_CONFIG_FILE_MAX = 256 * 1024,
};

/* A department's node, and where it listens. */
struct lh_config_peer {
    char department[33];
    char address[64];
};

struct lh_config {
    unsigned refs;
    char file[LH_CONFIG_PATH_MAX]; /* where it was read from */

    char data[LH_CONFIG_PATH_MAX];
    char department[33];
    char guard_path[LH_CONFIG_PATH_MAX];
    char auditor_box[LH_CONFIG_PATH_MAX]; /* "": no box is made */
    char api_socket[LH_CONFIG_PATH_MAX];
    uint64_t api_socket_mode;
    char listen_tls[LH_CONFIG_PATH_MAX]; /* "": no TCP port */
    char tls_cert[LH_CONFIG_PATH_MAX];
    char tls_key[LH_CONFIG_PATH_MAX];
    char witness_key[LH_CONFIG_PATH_MAX]; /* "": no witness */
    char witness_logs[LH_CONFIG_PATH_MAX];
    char witness_policy[LH_CONFIG_PATH_MAX]; /* "": no cosignatures are kept */
    uint64_t body_len_max;
    uint64_t header_len_max;
    uint64_t event_count_max;
    uint64_t connection_count_max;
    uint64_t handshake_count_max;
    uint64_t buffered_len_max;
    uint64_t queue_count_max;
    uint64_t request_timeout_ms;
    uint64_t idle_timeout_ms;
    uint64_t write_timeout_ms;
    uint64_t handshake_timeout_ms;
    uint64_t stop_timeout_ms;
    uint64_t thread_count;
    uint64_t cache_size;
    uint64_t heartbeat_idle_ms;
    uint64_t log_level;  /* enum lh_log_level */
    uint64_t log_format; /* enum lh_log_format */

    char peers_listen[LH_CONFIG_PATH_MAX]; /* "": nobody comes in */
    uint64_t wait_peers_ms;
    size_t peer_count;
    struct lh_config_peer peers[LH_CONFIG_PEERS_MAX];
    size_t client_count;
    struct lh_grant *clients;
    int *origins; /* per option: line of the file, 0 default, -1 command line */
};

/**
 * Read a file. `data` (may be NULL) overrides the key of that name. LH_ERR_INVALID with
 * "file:line: words"; LH_ERR_NOT_FOUND; LH_ERR_IO; LH_ERR_LIMIT.
 */
enum lh_code lh_config_load(struct lh_config **out, const char *path, const char *data,
                            struct lh_err *err) LH_MUST_CHECK;
/** The same from memory; `name` stands for the file in messages. */
enum lh_code lh_config_parse(struct lh_config **out, const char *name, struct lh_bytes text,
                             const char *data, struct lh_err *err) LH_MUST_CHECK;
struct lh_config *lh_config_ref(struct lh_config *config);
void lh_config_unref(struct lh_config *config);

/** Who has this uid; NULL: unknown. Root and `owner` may everything unless a line says otherwise.
 */
const struct lh_grant *lh_config_client(const struct lh_config *config, uid_t uid, uid_t owner);
/** Who has this key; NULL: unknown. */
const struct lh_grant *lh_config_pinned(const struct lh_config *config,
                                        const struct lh_tls_pin *pin);

/** Every key with its value and where it was set, in the file's own syntax. */
void lh_config_print(struct lh_buf *out, const struct lh_config *config);
/** The table for people: key, default, range, whether a reload takes it, help. */
void lh_config_help(struct lh_buf *out);
/** The same as the OPTIONS section of liuhend.conf(5). */
void lh_config_man(struct lh_buf *out);
/**
 * Keys that differ between two configs and need a restart, comma-separated; "" if none.
 */
void lh_config_restart_keys(struct lh_buf *out, const struct lh_config *old,
                            const struct lh_config *now);

#endif
