/* From a backup back to a data directory. */
#include "cli/backup_internal.h"

#include "cli/files.h"
#include "cli/local.h"
#include "crypto/base/time.h"
#include "crypto/secret.h"
#include "crypto/text.h"
#include "ledger/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_MAX = 16 * 1024 * 1024 };

static const char *path_of(struct lh_restoring *restoring, const char *dir, const char *name)
{
    lh_buf_reset(&restoring->path);
    lh_buf_add_format(&restoring->path, "%s/%s", dir, name);
    return lh_buf_text(&restoring->path);
}

const char *lh_restoring_path(struct lh_restoring *restoring, const char *name)
{
    return path_of(restoring, lh_buf_text(&restoring->data), name);
}

static enum lh_code absolute(struct lh_buf *out, const char *path, struct lh_err *err)
{
    char *real = realpath(path, NULL);

    if (real == NULL) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    lh_buf_add_text(out, real);
    free(real);
    return lh_buf_check(out, err);
}

/* "jinhua/gaj/1" -> GUARD/jinhua-gaj.guard, as init names it. */
static enum lh_code name_guard(struct lh_restoring *restoring, const char *guard_dir)
{
    const char *origin = restoring->backup->origin;
    const char *last = strrchr(origin, '/');
    size_t len = last != NULL ? (size_t)(last - origin) : strlen(origin);
    enum lh_code rc = absolute(&restoring->guard, guard_dir, restoring->err);

    lh_buf_add_text(&restoring->guard, "/");
    for (size_t i = 0; i < len; i++) {
        lh_buf_add_u8(&restoring->guard, origin[i] == '/' ? (uint8_t)'-' : (uint8_t)origin[i]);
    }
    lh_buf_add_text(&restoring->guard, ".guard");
    return rc == LH_OK ? lh_buf_check(&restoring->guard, restoring->err) : rc;
}

/* ---- a restore that did not end ----
 *
 * The file RESTORING says that what is in the directory is not whole or was not judged: the node
 * does not start on it, and the next restore begins anew. */

static enum lh_code write_file(struct lh_restoring *restoring, const char *name, const char *text)
{
    return lh_file_replace(lh_restoring_path(restoring, name), lh_bytes_of_text(text), 0644,
                           restoring->err);
}

/* A store is a directory of files. */
static enum lh_code remove_store(struct lh_restoring *restoring)
{
    const char *path = lh_restoring_path(restoring, "store");
    DIR *folder = opendir(path);
    const struct dirent *item;
    enum lh_code rc = LH_OK;

    if (folder == NULL) {
        return errno == ENOENT
                   ? LH_OK
                   : lh_err_set(restoring->err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    while (rc == LH_OK && (item = readdir(folder)) != NULL) {
        bool is_file = strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0;

        if (is_file && unlinkat(dirfd(folder), item->d_name, 0) != 0) {
            rc = lh_err_set(restoring->err, LH_ERR_IO, "%s/%s: %s", path, item->d_name,
                            strerror(errno));
        }
    }
    (void)closedir(folder);
    if (rc == LH_OK && rmdir(path) != 0) {
        rc = lh_err_set(restoring->err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    return rc;
}

static enum lh_code check_is_free(struct lh_restoring *restoring, const char *name)
{
    const char *path = lh_restoring_path(restoring, name);

    return lh_file_exists(path) ? lh_err_set(restoring->err, LH_ERR_CONFLICT,
                                             "%s is there already: nothing was changed", path)
                                : LH_OK;
}

static enum lh_code begin(struct lh_restoring *restoring)
{
    static const char words[] = "A restore into this directory has not ended: restore again.\n";
    enum lh_code rc;

    restoring->is_again = lh_file_exists(lh_restoring_path(restoring, LH_RESTORING_FILE));
    if (restoring->is_again) {
        return remove_store(restoring);
    }
    rc = check_is_free(restoring, "store");
    for (size_t i = 0; rc == LH_OK && i < restoring->backup->file_count; i++) {
        rc = check_is_free(restoring, restoring->backup->files[i].name);
    }
    return rc == LH_OK ? write_file(restoring, LH_RESTORING_FILE, words) : rc;
}

static enum lh_code remove_marker(struct lh_restoring *restoring)
{
    const char *path = lh_restoring_path(restoring, LH_RESTORING_FILE);
    int fd = open(lh_buf_text(&restoring->data), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = fd >= 0 && unlink(path) == 0 && fsync(fd) == 0;
    enum lh_code rc =
        is_done ? LH_OK : lh_err_set(restoring->err, LH_ERR_IO, "%s: %s", path, strerror(errno));

    if (fd >= 0) {
        (void)close(fd);
    }
    return rc;
}

/* Bytes that the manifest names and that are no ledger: somebody changed both. */
enum lh_code lh_restoring_blame(struct lh_restoring *restoring, enum lh_code rc)
{
    struct lh_err ignored = LH_ERR_NONE;

    if (rc != LH_ERR_INVALID && rc != LH_ERR_CORRUPT && rc != LH_ERR_CONFLICT &&
        rc != LH_ERR_FORGED && rc != LH_ERR_NOT_FOUND) {
        return rc;
    }
    struct lh_restoring sweeping = *restoring;

    sweeping.err = &ignored;
    sweeping.path = (struct lh_buf)LH_BUF_EMPTY;
    (void)remove_store(&sweeping); /* the marker stays in any case: nothing starts here */
    lh_buf_clear(&sweeping.path);
    return lh_err_wrap(restoring->err, LH_ERR_FORGED, "it was not taken");
}

enum lh_code lh_restoring_begin(struct lh_restoring *restoring, const char *guard_dir)
{
    const char *data = lh_cli_data(restoring->cli);
    enum lh_code rc = lh_dir_make(data, 0700, restoring->err);

    if (rc == LH_OK) {
        rc = absolute(&restoring->data, data, restoring->err);
    }
    if (rc == LH_OK) {
        rc = begin(restoring);
    }
    if (rc == LH_OK) {
        rc = lh_dir_make(lh_restoring_path(restoring, "keys"), 0700, restoring->err);
    }
    if (rc == LH_OK) {
        rc = lh_dir_make(guard_dir, 0700, restoring->err);
    }
    return rc == LH_OK ? name_guard(restoring, guard_dir) : rc;
}

void lh_restoring_add_places(const struct lh_restoring *restoring, struct lh_buf *out)
{
    const char *data = lh_buf_text(&restoring->data);

    lh_buf_add_format(out,
                      "# Restored from a copy. See liuhend.conf(5).\ndata = %s\nguard.path = "
                      "%s\napi.socket = %s/liuhend.sock\n",
                      data, lh_buf_text(&restoring->guard), data);
}

/* Settings that name places name the new ones; the others stay. */
static void move_settings(const struct lh_restoring *restoring, struct lh_buf *out,
                          struct lh_bytes text)
{
    lh_restoring_add_places(restoring, out);
    while (text.len > 0) {
        const uint8_t *newline = memchr(text.data, '\n', text.len);
        size_t len = newline != NULL ? (size_t)(newline - text.data) : text.len;
        static const char *const moved[] = { "data", "guard.path", "api.socket" };
        bool is_moved = false;

        for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++) {
            size_t name = strlen(moved[i]);

            is_moved = is_moved || (len > name && memcmp(text.data, moved[i], name) == 0 &&
                                    (text.data[name] == ' ' || text.data[name] == '='));
        }
        if (!is_moved) {
            lh_buf_add(out, lh_bytes_of(text.data, len));
            lh_buf_add_text(out, "\n");
        }
        len += newline != NULL ? 1 : 0;
        text = lh_bytes_of(text.data + len, text.len - len);
    }
}

enum lh_code lh_restoring_put(struct lh_restoring *restoring, const char *name,
                              struct lh_bytes content, unsigned mode)
{
    return (restoring->is_again ? lh_file_replace : lh_file_write_new)(
        lh_restoring_path(restoring, name), content, mode, restoring->err);
}

static enum lh_code restore_file(struct lh_restoring *restoring, const char *name)
{
    struct lh_buf content = LH_BUF_EMPTY;
    struct lh_buf moved = LH_BUF_EMPTY;
    bool is_settings = strcmp(name, "liuhend.conf") == 0;
    bool is_key = strncmp(name, "keys/", 5) == 0;
    enum lh_code rc =
        lh_file_read(&content, path_of(restoring, restoring->dir, name), COPY_MAX, restoring->err);

    if (rc == LH_OK && is_settings) {
        move_settings(restoring, &moved, lh_buf_bytes(&content));
        rc = lh_buf_check(&moved, restoring->err);
    }
    if (rc == LH_OK) {
        rc = lh_restoring_put(restoring, name, lh_buf_bytes(is_settings ? &moved : &content),
                              is_key ? 0600 : 0644);
    }
    if (content.data != NULL) {
        lh_wipe(content.data, content.len);
    }
    lh_buf_clear(&moved);
    lh_buf_clear(&content);
    return rc;
}

static enum lh_code restore_files(struct lh_restoring *restoring)
{
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < restoring->backup->file_count; i++) {
        const char *name = restoring->backup->files[i].name;

        if (strcmp(name, "ledger.lhar") != 0 && strcmp(name, "store.lhs") != 0) {
            rc = restore_file(restoring, name);
        }
    }
    return rc;
}

/* No two are alike: the officers who answer one have not answered the next. */
static enum lh_code write_marker(struct lh_restoring *restoring)
{
    struct lh_random random = lh_random_system();
    struct lh_clock clock = restoring->cli->clock;
    struct lh_buf text = LH_BUF_EMPTY;
    char time[LH_TIME_TEXT_SIZE];
    uint8_t nonce[16];
    enum lh_code rc = lh_random_fill(&random, nonce, sizeof nonce, restoring->err);

    lh_time_format_utc(time, clock.wall_unix_ms(clock.arg));
    lh_buf_add_format(&text,
                      "This store was restored from a copy, %s: the node stays suspect until two "
                      "officers have answered (liuhen restore finish).\n",
                      time);
    lh_hex_add(&text, lh_bytes_of(nonce, sizeof nonce));
    lh_buf_add_text(&text, "\n");
    if (rc == LH_OK) {
        rc = lh_buf_check(&text, restoring->err);
    }
    if (rc == LH_OK) {
        rc = write_file(restoring, "RESTORED", lh_buf_text(&text));
    }
    lh_buf_clear(&text);
    return rc;
}

/* The marker first: from here on nothing that is in the directory can pass for the original. */
enum lh_code lh_restoring_open_store(struct lh_restoring *restoring, struct lh_store **out)
{
    struct lh_store_rocksdb_options options = { .cache_bytes = 0 };
    enum lh_code rc;

    rc = write_marker(restoring);
    if (rc == LH_OK && !lh_file_exists(lh_buf_text(&restoring->guard))) {
        rc = lh_guard_create(lh_buf_text(&restoring->guard), restoring->err);
    }
    if (rc == LH_OK) {
        rc = lh_store_open_rocksdb(out, lh_restoring_path(restoring, "store"), LH_STORE_CREATE,
                                   &options, restoring->err);
    }
    return rc;
}

static enum lh_code restore_store(struct lh_restoring *restoring)
{
    struct lh_store *store = NULL;
    enum lh_code rc = lh_restoring_open_store(restoring, &store);

    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_backup_load_store(store, path_of(restoring, restoring->dir, "store.lhs"),
                              restoring->err);
    lh_store_close(store);
    return rc == LH_OK ? rc : lh_restoring_blame(restoring, rc);
}

/* Nothing of the copy is believed: all is judged again from the stored bytes. */
static enum lh_code judge(struct lh_restoring *restoring)
{
    struct lh_local local;
    uint64_t index = 0;
    enum lh_code rc = lh_local_open(&local, restoring->cli, restoring->err);

    for (struct lh_ledger *ledger = local.ledger; rc == LH_OK && ledger != NULL;
         ledger = lh_ledger_prev(ledger)) {
        rc = lh_ledger_verify(ledger, local.place.suite, &index, NULL, NULL, restoring->err);
    }
    if (rc == LH_OK && (local.head.size != restoring->backup->size ||
                        !lh_hash_is_equal(&local.head.root, &restoring->backup->root))) {
        rc = lh_err_set(restoring->err, LH_ERR_FORGED,
                        "the store does not end at the head that was named");
    }
    lh_local_close(&local);
    return rc == LH_OK ? rc : lh_restoring_blame(restoring, rc);
}

enum lh_code lh_restoring_end(struct lh_restoring *restoring)
{
    enum lh_code rc = judge(restoring);

    return rc == LH_OK ? remove_marker(restoring) : rc;
}

void lh_restoring_clear(struct lh_restoring *restoring)
{
    lh_buf_clear(&restoring->path);
    lh_buf_clear(&restoring->guard);
    lh_buf_clear(&restoring->data);
}

enum lh_code lh_backup_restore(struct lh_cli *cli, const struct lh_backup *backup, const char *dir,
                               const char *guard_dir, struct lh_err *err)
{
    struct lh_restoring restoring = { .cli = cli, .backup = backup, .dir = dir, .err = err };
    enum lh_code rc = lh_restoring_begin(&restoring, guard_dir);

    if (rc == LH_OK) {
        rc = restore_files(&restoring);
    }
    if (rc == LH_OK) {
        rc = restore_store(&restoring);
    }
    if (rc == LH_OK) {
        rc = lh_restoring_end(&restoring);
    }
    lh_restoring_clear(&restoring);
    return rc;
}
