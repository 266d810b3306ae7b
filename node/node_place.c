/* What stands in the data directory, and who we are by it: genesis, keys, store, guard, ledger. */
#include "node/node_internal.h"

#include "ledger/key_check.h"
#include "node/file.h"
#include "node/restoring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_SIZE = LH_CONFIG_PATH_MAX + 64,
    SECRET_SIZE = 32,
    PUBLIC_KEY_TEXT_MAX = 256,
    MARKER_MAX = 4096
};

static void join(char out[PATH_SIZE], const struct lh_node *node, const char *name)
{
    (void)snprintf(out, PATH_SIZE, "%s/%s", node->config->data, name);
}

/* ---- who we are -------------------------------------------------------------------------------
 */

/* Who may write into the data directory is the node; who may look into it learns much. */
static enum lh_code check_mode(const struct lh_node *node, mode_t mode, struct lh_err *err)
{
    const char *data = node->config->data;

    if ((mode & (S_IWGRP | S_IWOTH)) != 0) {
        return lh_err_set(err, LH_ERR_DENIED,
                          "data directory %s: mode %04o lets others write: chmod 700 it", data,
                          (unsigned)mode & 07777U);
    }
    if ((mode & (S_IRWXG | S_IRWXO)) != 0) {
        lh_log_write(node->log, LH_LOG_WARN, "data.open",
                     "mode=%04o path=%s reason=\"others may look into it: chmod 700\"",
                     (unsigned)mode & 07777U, data);
    }
    return LH_OK;
}

static enum lh_code open_genesis(struct lh_node *node, struct lh_err *err)
{
    char path[PATH_SIZE];
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct stat info;
    enum lh_code rc;

    if (stat(node->config->data, &info) != 0) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "data directory %s: %s", node->config->data,
                          strerror(errno));
    }
    rc = check_mode(node, info.st_mode, err);
    if (rc != LH_OK) {
        return rc;
    }
    node->owner = info.st_uid;
    join(path, node, "RESTORING");
    if (access(path, F_OK) == 0) {
        return lh_err_set(err, LH_ERR_CORRUPT,
                          "%s: a restore has not ended: run `liuhen restore` again, or remove %s",
                          path, node->config->data);
    }
    join(path, node, "genesis.lhg");
    rc = lh_small_file_read(&bytes, path, LH_GENESIS_MAX, err);
    if (rc == LH_OK) {
        rc = lh_genesis_new(&node->genesis, lh_buf_bytes(&bytes), err);
        if (rc != LH_OK) {
            lh_err_wrap(err, rc, "%s", path);
        }
    }
    lh_buf_clear(&bytes);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "genesis");
}

static enum lh_code read_auditor_box(struct lh_pubkey *out, const char *path, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_bytes line;
    enum lh_code rc = lh_small_file_read(&text, path, PUBLIC_KEY_TEXT_MAX, err);

    if (rc == LH_OK) {
        line = lh_buf_bytes(&text);
        while (line.len > 0 && line.data[line.len - 1] == '\n') {
            line.len--;
        }
        rc = lh_pubkey_parse(out, line, err);
        if (rc != LH_OK) {
            lh_err_wrap(err, rc, "%s", path);
        }
    }
    lh_buf_clear(&text);
    if (rc == LH_OK && out->alg != LH_ALG_X25519 && out->alg != LH_ALG_SM2) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%s: a key of kind %s opens no box", path,
                        lh_alg_name(out->alg));
    }
    return rc;
}

static enum lh_code open_auditor_box(struct lh_node *node, struct lh_err *err)
{
    enum lh_alg wanted = node->rules.suite == LH_SUITE_W ? LH_ALG_X25519 : LH_ALG_SM2;
    const char *path = node->config->auditor_box;
    enum lh_code rc;

    if (path[0] == '\0') {
        return LH_OK;
    }
    rc = read_auditor_box(&node->rules.auditor_box, path, err);
    if (rc == LH_OK && node->rules.auditor_box.alg != wanted) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%s: wants a key of kind %s", path,
                        lh_alg_name(wanted));
    }
    node->rules.has_auditor_box = rc == LH_OK;
    return rc;
}

enum lh_code lh_node_check_config(const struct lh_config *config, struct lh_err *err)
{
    struct lh_pubkey box;
    enum lh_code rc = lh_node_tls_check(config, err);

    if (rc == LH_OK) {
        rc = lh_node_witness_check(config, err);
    }
    if (rc != LH_OK || config->auditor_box[0] == '\0') {
        return rc;
    }
    rc = read_auditor_box(&box, config->auditor_box, err);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "auditor.box");
}

static enum lh_code open_keys(struct lh_node *node, struct lh_err *err)
{
    char path[PATH_SIZE];
    enum lh_code rc;

    node->rules.network_id = *lh_genesis_network_id(node->genesis);
    node->rules.suite = lh_genesis_suite(node->genesis);
    rc = lh_node_find_department(node, err);
    if (rc != LH_OK) {
        return rc;
    }
    join(path, node, "keys/idempotency.key");
    rc = lh_secret_read(&node->rules.idempotency, path, SECRET_SIZE, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "idempotency key");
    }
    join(path, node, "keys/index.key");
    rc = lh_secret_read(&node->index_key, path, SECRET_SIZE, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "index key");
    }
    rc = open_auditor_box(node, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "auditor.box");
    }
    return lh_suite_new(&node->suite, node->rules.suite, err);
}

/* ---- store, guard, ledger ---------------------------------------------------------------------
 */

/* "Open with absolute WAL consistency; if refused, reopen point-in-time, then judge." */
static enum lh_code open_store(struct lh_node *node, struct lh_err *err)
{
    struct lh_store_rocksdb_options options = { .cache_bytes = node->config->cache_size };
    char path[PATH_SIZE];
    enum lh_code rc;

    join(path, node, "store");
    rc = lh_store_open_rocksdb(&node->store, path, LH_STORE_WRITE, &options, err);
    if (rc == LH_ERR_CORRUPT) {
        lh_log_write(node->log, LH_LOG_WARN, "store.salvage", "reason=\"%s\"", err->text);
        rc = lh_store_open_rocksdb(&node->store, path, LH_STORE_WRITE_SALVAGE, &options, err);
    }
    /* what the peers hold goes into a new one */
    if (rc == LH_ERR_NOT_FOUND && node->prepare.len > 0) {
        lh_log_write(node->log, LH_LOG_WARN, "store.missing", "path=%s", path);
        rc = lh_store_open_rocksdb(&node->store, path, LH_STORE_CREATE, &options, err);
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "store");
}

/*
 * A guard that is missing does not stop the node: a fresh one remembers nothing, so that a ledger
 * with entries is suspect, as it must be, and an empty one is new.
 */
static enum lh_code open_guard(struct lh_node *node, struct lh_err *err)
{
    const char *path = node->config->guard_path;
    enum lh_code rc = lh_guard_open(&node->guard, path, err);

    if (rc == LH_ERR_NOT_FOUND) {
        lh_log_write(node->log, LH_LOG_WARN, "guard.missing", "path=%s", path);
        rc = lh_guard_create(path, err);
        if (rc == LH_OK) {
            rc = lh_guard_open(&node->guard, path, err);
        }
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "guard");
}

static void read_machine_id(struct lh_node *node)
{
    char *out = node->machine_id;
    int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, out, sizeof node->machine_id - 1) : 0;

    out[got > 0 ? got : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    if (fd >= 0) {
        (void)close(fd);
    }
}

/* What `liuhen restore` left beside the store. */
static enum lh_code read_marker(struct lh_node *node, struct lh_err *err)
{
    char path[PATH_SIZE];
    enum lh_code rc;

    join(path, node, "RESTORED");
    rc = lh_small_file_read(&node->marker, path, MARKER_MAX, err);
    if (rc == LH_OK && node->marker.len == 0) {
        lh_buf_add_text(&node->marker, "\n"); /* an empty marker is one all the same */
        rc = lh_buf_check(&node->marker, err);
    }
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* The seal key of the generation that goes on. A suspect ledger does without it. */
static enum lh_code open_seal(struct lh_node *node, uint32_t generation, struct lh_err *err)
{
    char path[PATH_SIZE];
    char name[32];

    (void)snprintf(name, sizeof name, "keys/seal-%u.pem", (unsigned)generation);
    join(path, node, name);
    return lh_signer_open(&node->seal, path, err);
}

static enum lh_code open_line(struct lh_node *node, struct lh_err *err)
{
    struct lh_ledger_options *options = &node->ledger_options;
    struct lh_err no_seal = LH_ERR_NONE;
    uint32_t newest = 0;
    enum lh_code no_seal_rc;
    enum lh_code rc =
        lh_ledger_newest(&newest, node->store, node->genesis, node->rules.department, err);

    if (rc != LH_OK) {
        return rc;
    }
    *options = (struct lh_ledger_options){
        .store = node->store,
        .guard = node->guard,
        .genesis = node->genesis,
        .department = node->rules.department,
        .generation = newest > 0 ? newest : 1,
        .marker = lh_buf_bytes(&node->marker),
        .machine_id = node->machine_id[0] != '\0' ? node->machine_id : NULL,
    };
    no_seal_rc = open_seal(node, options->generation, &no_seal);
    options->seal = node->seal;
    rc = lh_ledger_open(&node->ledger, options, node->why, err);
    if (rc == LH_OK && no_seal_rc != LH_OK && lh_ledger_state(node->ledger) != LH_LEDGER_SUSPECT) {
        return lh_err_set(err, no_seal_rc, "seal key: %s", no_seal.text);
    }
    return rc;
}

static enum lh_code open_ledger(struct lh_node *node, struct lh_err *err)
{
    enum lh_code rc = read_marker(node, err);

    read_machine_id(node);
    if (rc == LH_OK) {
        rc = lh_node_take_back(node, err);
    }
    if (rc == LH_OK) {
        rc = open_line(node, err);
    }
    if (rc == LH_OK) {
        rc = lh_node_end_restoring(node, err);
    }
    if (rc == LH_OK) {
        lh_node_say_doubt(node);
    }
    if (rc == LH_OK && lh_ledger_is_marker_answered(node->ledger)) {
        /* officers have answered the marker: it has done */
        rc = lh_small_file_remove(node->config->data, "RESTORED", err);
    }
    if (rc == LH_OK) {
        rc = lh_journal_open(&node->journal, node->store, err);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "ledger");
    }
    return lh_keyring_new(&node->rules.keyring, lh_ledger_roster(node->ledger), err);
}

/* spec ledger.md 8.1: "The first start keeps a check value of each; a start with another key is
 * refused." */
static enum lh_code check_secrets(struct lh_node *node, struct lh_err *err)
{
    const struct {
        const char *name, *file;
        const struct lh_secret *secret;
    } kept[] = {
        { "idempotency", "keys/idempotency.key", &node->rules.idempotency },
        { "index", "keys/index.key", &node->index_key },
    };
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < sizeof kept / sizeof kept[0]; i++) {
        rc = lh_key_check(node->store, node->suite, kept[i].name, kept[i].secret, err);
        if (rc != LH_OK) {
            lh_err_wrap(err, rc, "%s/%s", node->config->data, kept[i].file);
        }
    }
    return rc;
}

enum lh_code lh_node_place_open(struct lh_node *node, struct lh_err *err)
{
    enum lh_code rc = open_genesis(node, err);

    if (rc == LH_OK) {
        rc = open_keys(node, err);
    }
    if (rc == LH_OK) {
        rc = lh_restoring_read(&node->prepare, node->config->data, err);
    }
    if (rc == LH_OK) {
        rc = open_store(node, err);
    }
    if (rc == LH_OK) {
        rc = open_guard(node, err);
    }
    if (rc == LH_OK) {
        rc = open_ledger(node, err);
    }
    if (rc == LH_OK) {
        rc = lh_node_check_identity(node, err);
    }
    if (rc == LH_OK) {
        rc = check_secrets(node, err);
    }
    return rc;
}
