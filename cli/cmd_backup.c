#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/backup.h"
#include "cli/files.h"
#include "cli/rebuild.h"
#include "cli/verifier.h"
#include "crypto/text.h"

#include <string.h>

const struct lh_option lh_backup_create_options[] = {
    { "output", 'o', "DIR", { "where it goes: a new directory", "备份写入的新目录" } },
    { "with-keys",
      0,
      NULL,
      { "the node's private keys too; keep such a copy locked away",
        "包含节点私钥; 这样的备份须锁存" } },
    { .name = NULL },
};

const struct lh_option lh_restore_options[] = {
    { "guard",
      0,
      "DIR",
      { "where the guard lives; best on another disk", "防回滚标记目录, 最好在另一块盘上" } },
    { "archive",
      0,
      "FILE",
      { "no backup but an archive, .lhar or .lhar.zst", "没有备份, 只有归档 (.lhar, .lhar.zst)" } },
    { .name = NULL },
};

static enum lh_code tell(const struct lh_cli *cli, enum lh_msg id, const struct lh_backup *backup,
                         const char *place, struct lh_err *err)
{
    char size[24];
    char count[24];
    char root[2 * LH_HASH_SIZE + 1];
    json_t *answer;
    enum lh_code rc;

    lh_hex_format(root, lh_hash_bytes(&backup->root));
    (void)snprintf(size, sizeof size, "%llu", (unsigned long long)backup->size);
    (void)snprintf(count, sizeof count, "%zu", backup->file_count);
    if (!cli->json) {
        lh_cli_print(cli, id, place, backup->origin, size, count, NULL);
        return LH_OK;
    }
    answer = json_pack("{s:s, s:s, s:s, s:I, s:s, s:I}", "schema", "liuhen.backup/1", "place",
                       place, "origin", backup->origin, "size", (json_int_t)backup->size, "root",
                       root, "files", (json_int_t)backup->file_count);
    rc = answer != NULL ? lh_api_print(cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

int lh_cmd_backup_create(struct lh_cli *cli)
{
    const char *dir = lh_cli_value(cli, "output");
    bool with_keys = lh_cli_has(cli, "with-keys");
    struct lh_backup backup;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (dir == NULL || lh_cli_data(cli) == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, dir == NULL ? "output" : "data", "");
    }
    rc = lh_backup_create(&backup, cli, dir, with_keys, &err);
    if (rc == LH_OK) {
        rc = tell(cli, LH_MSG_BACKUP_MADE, &backup, dir, &err);
    }
    if (rc != LH_OK) {
        return lh_cli_fail(cli, rc, &err);
    }
    lh_cli_note(cli, with_keys ? LH_MSG_BACKUP_WITH_KEYS : LH_MSG_BACKUP_NO_KEYS, NULL);
    lh_cli_note(cli, LH_MSG_NOT_LOGGED, NULL);
    return LH_EXIT_OK;
}

int lh_cmd_backup_verify(struct lh_cli *cli)
{
    const char *dir = cli->args.operands[0];
    const char *trust = lh_cli_value(cli, "trust");
    struct lh_backup backup;
    struct lh_buf archive = LH_BUF_EMPTY;
    struct lh_buf policy = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    const char *paths[1];
    int code = LH_EXIT_FAILED;
    enum lh_code rc = lh_backup_check(&backup, dir, &err);

    if (rc == LH_OK) {
        lh_buf_add_format(&archive, "%s/ledger.lhar", dir);
        lh_buf_add_format(&policy, "%s/trust.policy", dir);
        rc = lh_buf_check(&archive, &err);
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&policy, &err);
    }
    if (rc == LH_OK && trust == NULL && lh_file_exists(lh_buf_text(&policy))) {
        trust = lh_buf_text(&policy);
        lh_cli_note(cli, LH_MSG_BACKUP_OWN_TRUST, NULL);
    }
    paths[0] = lh_buf_text(&archive);
    if (rc == LH_OK) {
        const char *const trusts[2] = { trust, NULL };

        rc = lh_verifier_run(cli, paths, 1, trusts, &code, &err);
    }
    if (rc == LH_OK && code == LH_EXIT_OK && !cli->json) {
        rc = tell(cli, LH_MSG_BACKUP_GOOD, &backup, dir, &err);
    }
    lh_buf_clear(&policy);
    lh_buf_clear(&archive);
    return rc == LH_OK ? code : lh_cli_fail(cli, rc, &err);
}

/* What an archive did not hold, so that nobody takes the store for more than it is. */
static void tell_lacks(const struct lh_cli *cli, const struct lh_rebuilt *rebuilt)
{
    char id[2 * LH_HASH_SIZE + 1];
    char count[24];

    lh_hex_format(id, lh_hash_bytes(&rebuilt->network_id));
    lh_cli_note(cli, rebuilt->is_pinned ? LH_MSG_REBUILT_PINNED : LH_MSG_REBUILT_UNPINNED, id,
                NULL);
    (void)snprintf(count, sizeof count, "%llu", (unsigned long long)rebuilt->private_count);
    lh_cli_note(cli,
                rebuilt->lacks_private ? LH_MSG_REBUILT_PRIVATE_SOME : LH_MSG_REBUILT_PRIVATE_ALL,
                count, NULL);
    lh_cli_note(cli, LH_MSG_REBUILT_LACKS, NULL);
}

static enum lh_code restore_archive(struct lh_cli *cli, struct lh_rebuilt *rebuilt,
                                    const char *archive, struct lh_err *err)
{
    if (strcmp(archive, "-") == 0) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "--archive: a file, which is read twice: not standard input");
    }
    return lh_rebuild(rebuilt, cli, archive, lh_cli_value(cli, "guard"), err);
}

static enum lh_code restore_backup(struct lh_cli *cli, struct lh_backup *backup, const char *dir,
                                   struct lh_err *err)
{
    enum lh_code rc = lh_backup_check(backup, dir, err);

    return rc == LH_OK ? lh_backup_restore(cli, backup, dir, lh_cli_value(cli, "guard"), err) : rc;
}

int lh_cmd_restore(struct lh_cli *cli)
{
    const char *archive = lh_cli_value(cli, "archive");
    const char *data = lh_cli_value(cli, "data"); /* no variable: this must be said */
    struct lh_rebuilt rebuilt;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (data == NULL || lh_cli_value(cli, "guard") == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, data == NULL ? "data" : "guard", "");
    }
    if ((archive == NULL) == (cli->args.operand_count == 0)) {
        return lh_cli_usage(cli, LH_MSG_RESTORE_WHAT, "", "");
    }
    rc = archive != NULL ? restore_archive(cli, &rebuilt, archive, &err)
                         : restore_backup(cli, &rebuilt.head, cli->args.operands[0], &err);
    if (rc == LH_OK) {
        rc = tell(cli, LH_MSG_RESTORED, &rebuilt.head, data, &err);
    }
    if (rc != LH_OK) {
        return lh_cli_fail(cli, rc, &err);
    }
    if (archive != NULL) {
        tell_lacks(cli, &rebuilt);
    }
    lh_cli_note(cli, LH_MSG_RESTORE_NEXT, data, NULL);
    return LH_EXIT_OK;
}
