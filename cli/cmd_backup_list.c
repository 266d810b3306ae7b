/* Which backups a directory holds, by their manifests alone: nothing of them is hashed. */
#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/backup.h"
#include "cli/files.h"
#include "cli/readable.h"
#include "cli/render.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct lh_column columns[] = {
    { { "BACKUP", "备份" }, false, true },
    { { "MADE (+08:00)", "备份时间 (+08:00)" }, false, false },
    { { "LEDGER", "账本" }, false, true },
    { { "LEAVES", "叶数" }, true, false },
    { { "BYTES", "字节" }, true, false },
    { { "KEYS", "私钥" }, false, false },
    { { "STATE", "状态" }, false, false },
};

enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };

/* One directory that is a backup, or was going to be one. */
struct found {
    struct lh_backup backup;
    int64_t made_unix_ms; /* when its manifest was written, the last of its files */
    uint64_t byte_count;
    bool has_keys;
    enum { UNCHECKED, CUT_OFF, DAMAGED } state;
};

struct listing {
    struct lh_cli *cli;
    struct lh_view *view;
    json_t *items;
    size_t bad_count;
};

static const struct lh_words state_words[] = {
    [UNCHECKED] = { "not checked", "未校验" },
    [CUT_OFF] = { "cut off", "未完成" },
    [DAMAGED] = { "damaged", "已损坏" },
};

/* ---- one ---- */

/* Within `dir`; false when it is not there. */
static bool look_at(struct stat *out, const char *dir, const char *name)
{
    struct lh_buf path = LH_BUF_EMPTY;
    bool is_there;

    lh_buf_add_format(&path, "%s/%s", dir, name);
    is_there = lh_buf_check(&path, NULL) == LH_OK && stat(lh_buf_text(&path), out) == 0;
    lh_buf_clear(&path);
    return is_there;
}

static void add_files(struct found *found, const char *dir)
{
    for (size_t i = 0; i < found->backup.file_count; i++) {
        const char *name = found->backup.files[i].name;
        struct stat info;

        found->has_keys = found->has_keys || strncmp(name, "keys/", 5) == 0;
        if (look_at(&info, dir, name)) {
            found->byte_count += (uint64_t)info.st_size;
        } else {
            found->state = DAMAGED;
        }
    }
}

/* False: the directory is no backup. LH_ERR_NOMEM and LH_ERR_IO are failures. */
static enum lh_code look(struct found *found, bool *out_is_one, const char *dir, struct lh_err *err)
{
    struct stat info;
    enum lh_code rc;

    *found = (struct found){ .state = UNCHECKED };
    rc = lh_backup_read(&found->backup, dir, err);
    *out_is_one = rc != LH_ERR_NOT_FOUND || look_at(&info, dir, "ledger.lhar");
    if (rc == LH_ERR_NOT_FOUND) {
        found->state = CUT_OFF;
        return LH_OK;
    }
    if (rc == LH_ERR_INVALID) {
        found->state = DAMAGED;
        return LH_OK;
    }
    if (rc == LH_OK && look_at(&info, dir, "MANIFEST")) {
        found->made_unix_ms =
            (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / (1000 * 1000);
        add_files(found, dir);
    }
    return rc;
}

static enum lh_code add_row(struct listing *listing, const char *dir, const struct found *found,
                            struct lh_err *err)
{
    bool is_read = found->backup.origin[0] != '\0';
    struct lh_buf made = LH_BUF_EMPTY;
    char size[24] = "";
    char bytes[24] = "";
    enum lh_code rc = lh_view_add_row(listing->view, err);

    lh_readable_add_time(&made, found->made_unix_ms);
    if (is_read) {
        (void)snprintf(size, sizeof size, "%llu", (unsigned long long)found->backup.size);
        (void)snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)found->byte_count);
    }
    {
        const struct lh_words keys =
            found->has_keys ? (struct lh_words){ "yes", "有" } : (struct lh_words){ "no", "无" };
        const char *const cells[COLUMN_COUNT] = {
            dir,
            lh_buf_text(&made),
            is_read ? found->backup.origin : "",
            size,
            bytes,
            is_read ? lh_words_in(&keys, listing->cli->lang) : "",
            lh_words_in(&state_words[found->state], listing->cli->lang),
        };

        for (size_t i = 0; rc == LH_OK && i < COLUMN_COUNT; i++) {
            rc = lh_view_set(listing->view, i, cells[i], err);
        }
    }
    lh_buf_clear(&made);
    return rc;
}

static enum lh_code add_json(struct listing *listing, const char *dir, const struct found *found,
                             struct lh_err *err)
{
    char made[LH_TIME_TEXT_SIZE];
    json_t *item = json_pack("{s:s, s:s}", "place", dir, "state", state_words[found->state].en);
    int failed = json_array_append_new(listing->items, item);

    if (failed == 0 && found->backup.origin[0] != '\0') {
        json_t *more;

        lh_time_format_utc(made, found->made_unix_ms);
        more = json_pack("{s:s, s:s, s:I, s:I, s:I, s:b}", "made_at", made, "origin",
                         found->backup.origin, "size", (json_int_t)found->backup.size, "files",
                         (json_int_t)found->backup.file_count, "bytes",
                         (json_int_t)found->byte_count, "with_keys", (int)found->has_keys);
        failed = more == NULL ? -1 : json_object_update(item, more);
        json_decref(more);
    }
    return failed == 0 ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static enum lh_code take_dir(struct listing *listing, const char *dir, struct lh_err *err)
{
    struct found found;
    bool is_one = false;
    enum lh_code rc = look(&found, &is_one, dir, err);

    if (rc != LH_OK || !is_one) {
        return rc;
    }
    listing->bad_count += found.state != UNCHECKED ? 1 : 0;
    return listing->cli->json ? add_json(listing, dir, &found, err)
                              : add_row(listing, dir, &found, err);
}

/* ---- all ---- */

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The directory itself may be a backup; otherwise those in it, by their names. */
static enum lh_code take_all(struct listing *listing, const char *dir, struct lh_err *err)
{
    struct dirent **entries = NULL;
    struct lh_buf path = LH_BUF_EMPTY;
    struct stat info;
    int count = scandir(dir, &entries, is_shown, alphasort);
    enum lh_code rc = LH_OK;

    if (count < 0) {
        return lh_err_set(err, errno == ENOENT ? LH_ERR_NOT_FOUND : LH_ERR_IO, "%s: %s", dir,
                          strerror(errno));
    }
    if (look_at(&info, dir, "MANIFEST")) {
        rc = take_dir(listing, dir, err);
    }
    for (int i = 0; i < count; i++) {
        if (rc == LH_OK && look_at(&info, dir, entries[i]->d_name) && S_ISDIR(info.st_mode)) {
            lh_buf_reset(&path);
            lh_buf_add_format(&path, "%s/%s", dir, entries[i]->d_name);
            rc = lh_buf_check(&path, err);
            if (rc == LH_OK) {
                rc = take_dir(listing, lh_buf_text(&path), err);
            }
        }
        free(entries[i]);
    }
    free(entries);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code print(const struct listing *listing, struct lh_err *err)
{
    json_t *answer;
    enum lh_code rc;

    if (!listing->cli->json) {
        return lh_view_print(listing->view, listing->cli, err);
    }
    answer = json_pack("{s:s, s:O}", "schema", "liuhen.backups/1", "items", listing->items);
    rc = answer != NULL ? lh_api_print(listing->cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

int lh_cmd_backup_list(struct lh_cli *cli)
{
    struct listing listing = { .cli = cli, .items = json_array() };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    rc = lh_view_new(&listing.view, columns, COLUMN_COUNT, &err);
    if (rc == LH_OK) {
        rc = take_all(&listing, cli->args.operands[0], &err);
    }
    if (rc == LH_OK) {
        rc = print(&listing, &err);
    }
    lh_view_free(listing.view);
    json_decref(listing.items);
    if (rc != LH_OK) {
        return lh_cli_fail(cli, rc, &err);
    }
    lh_cli_note(cli, LH_MSG_BACKUP_UNCHECKED, NULL);
    return listing.bad_count > 0 ? LH_EXIT_PARTIAL : LH_EXIT_OK;
}
