#ifndef LH_TESTS_NODE_DIR_H
#define LH_TESTS_NODE_DIR_H

/*
 * A node's data directory, made by library calls as `liuhen init` would: department gaj of network
 * jinhua, two officers, a recorder, seal, genesis, empty store, guard, configuration. Beside it the
 * acts that begin its ledger (DIR/acts/generation.act, staff-1.act ...) and the staff's keys
 * (DIR/keys/staff-1.pem ...). For system tests and load. Failures end the program with words.
 */

#include "crypto/signer.h"
#include "crypto/note.h"
#include "ledger/genesis.h"

struct lh_node_dir {
    char path[512];
    struct lh_genesis *genesis;
    struct lh_suite *suite;
};

enum { LH_NODE_DIR_STAFF_MAX = 16 };

/** Make a new one; `path` must not exist. The guard goes to <path>-guard/guard. `network`: NULL for
 * jinhua. */
void lh_node_dir_create(struct lh_node_dir *out, const char *path, size_t staff_count,
                        const char *network);
/** Open one that was made. */
void lh_node_dir_open(struct lh_node_dir *out, const char *path);
void lh_node_dir_close(struct lh_node_dir *dir);
/** Key of staff member `number`, from 1. */
struct lh_signer *lh_node_dir_staff(const struct lh_node_dir *dir, size_t number);
/** Canonical bytes of a submission: a QUERY of now by this staff member, signed by its key. */
void lh_node_dir_submission(const struct lh_node_dir *dir, struct lh_buf *out,
                            struct lh_signer *staff, size_t number, const char *source,
                            const char *id, int64_t now_unix_ms);
/** The seal of the ledger as a note key. */
void lh_node_dir_seal(const struct lh_node_dir *dir, struct lh_note_key *out);
/** End the program unless `rc` is LH_OK. */
void lh_must(enum lh_code rc, const struct lh_err *err, const char *what);
/** Write a new file. */
void lh_node_dir_write(const char *path, struct lh_bytes bytes);

#endif
