#include "cli/backup.h"

#include "cli/files.h"
#include "cli/local.h"
#include "crypto/text.h"
#include "ledger/archive.h"
#include "ledger/checkpoint.h"
#include "ledger/cosigned.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PIECE = 256 * 1024, COPY_MAX = 16 * 1024 * 1024 };

static const char title[] = "# liuhen-backup 1\n";

static enum lh_code join(struct lh_buf *out, const char *dir, const char *name, struct lh_err *err)
{
    lh_buf_reset(out);
    lh_buf_add_format(out, "%s/%s", dir, name);
    return lh_buf_check(out, err);
}

/* ---- the files of a backup ---- */

/* One that was written: its name and its hash. */
static enum lh_code list_file(struct lh_backup *backup, const char *dir, const char *name,
                              struct lh_err *err)
{
    struct lh_backup_file *file = &backup->files[backup->file_count];
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    if (backup->file_count == LH_BACKUP_FILES_MAX || strlen(name) > LH_BACKUP_NAME_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "%s: too many files, or too long a name", name);
    }
    memcpy(file->name, name, strlen(name) + 1);
    rc = join(&path, dir, name, err);
    if (rc == LH_OK) {
        rc = lh_backup_hash(&file->hash, lh_buf_text(&path), err);
    }
    if (rc == LH_OK) {
        backup->file_count++;
    }
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code copy(struct lh_backup *backup, const char *to, const char *from,
                         const char *name, unsigned mode, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf content = LH_BUF_EMPTY;
    enum lh_code rc = join(&path, from, name, err);

    if (rc == LH_OK) {
        rc = lh_file_read(&content, lh_buf_text(&path), COPY_MAX, err);
    }
    if (rc == LH_OK) {
        rc = join(&path, to, name, err);
    }
    if (rc == LH_OK) {
        rc = lh_file_write_new(lh_buf_text(&path), lh_buf_bytes(&content), mode, err);
    }
    if (rc == LH_OK) {
        rc = list_file(backup, to, name, err);
    }
    if (content.data != NULL) {
        lh_wipe(content.data, content.len);
    }
    lh_buf_clear(&content);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code copy_keys(struct lh_backup *backup, const char *to, const char *from,
                              struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct dirent *entry;
    DIR *keys = NULL;
    enum lh_code rc = join(&path, to, "keys", err);

    if (rc == LH_OK) {
        rc = lh_dir_make(lh_buf_text(&path), 0700, err);
    }
    if (rc == LH_OK) {
        rc = join(&path, from, "keys", err);
    }
    if (rc == LH_OK) {
        keys = opendir(lh_buf_text(&path));
        if (keys == NULL) {
            rc = lh_err_set(err, LH_ERR_IO, "%s: %s", lh_buf_text(&path), strerror(errno));
        }
    }
    while (rc == LH_OK && (entry = readdir(keys)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        lh_buf_reset(&path);
        lh_buf_add_format(&path, "keys/%s", entry->d_name);
        rc = lh_buf_check(&path, err);
        if (rc == LH_OK) {
            rc = copy(backup, to, from, lh_buf_text(&path), 0600, err);
        }
    }
    if (keys != NULL) {
        (void)closedir(keys);
    }
    lh_buf_clear(&path);
    return rc;
}

/* ---- the archive ---- */

struct archiving {
    struct lh_store *store;
    struct lh_ledger *ledger;
    struct lh_cosigned_newest newest; /* of this ledger */
    struct lh_file_writer writer;
    struct lh_buf piece;
    uint64_t frame_count;
};

static void add_frame(struct archiving *archiving, enum lh_archive_kind kind,
                      struct lh_bytes content)
{
    lh_archive_add(&archiving->piece, kind, content);
    archiving->frame_count++;
}

static enum lh_code write_block(struct archiving *archiving, uint64_t height, struct lh_err *err)
{
    struct lh_ledger_block block = { .checkpoint = LH_BUF_EMPTY };
    struct lh_buf leaf = LH_BUF_EMPTY;
    enum lh_code rc = lh_ledger_block_at(archiving->ledger, height, &block, err);

    for (uint64_t i = 0; rc == LH_OK && i <= block.entry_count; i++) {
        rc = lh_ledger_leaf(archiving->ledger, block.first + i, &leaf, err);
        if (rc == LH_OK) {
            add_frame(archiving, LH_ARCHIVE_LEAF, lh_buf_bytes(&leaf));
        }
    }
    if (rc == LH_OK) {
        rc = lh_cosigned_show(archiving->store, lh_ledger_origin(archiving->ledger),
                              &archiving->newest, block.first + block.entry_count + 1,
                              &block.checkpoint, err);
    }
    if (rc == LH_OK) {
        add_frame(archiving, LH_ARCHIVE_CHECKPOINT, lh_buf_bytes(&block.checkpoint));
        rc = lh_buf_check(&archiving->piece, err);
    }
    if (rc == LH_OK && archiving->piece.len >= PIECE) {
        rc = lh_file_writer_add(&archiving->writer, lh_buf_bytes(&archiving->piece), err);
        lh_buf_reset(&archiving->piece);
    }
    lh_buf_clear(&leaf);
    lh_buf_clear(&block.checkpoint);
    return rc;
}

/* This generation, behind those before it. */
static enum lh_code write_line(struct archiving *archiving, struct lh_ledger *ledger,
                               struct lh_err *err)
{
    struct lh_ledger_head head;
    enum lh_code rc = LH_OK;

    if (lh_ledger_prev(ledger) != NULL) {
        rc = write_line(archiving, lh_ledger_prev(ledger), err);
    }
    archiving->ledger = ledger;
    lh_ledger_head(ledger, &head);
    add_frame(archiving, LH_ARCHIVE_LEDGER, lh_bytes_of_text(lh_ledger_origin(ledger)));
    if (rc == LH_OK) {
        rc = lh_cosigned_newest(archiving->store, lh_ledger_origin(ledger), head.size,
                                &archiving->newest, err);
    }
    for (uint64_t height = 1; rc == LH_OK && height <= head.height; height++) {
        rc = write_block(archiving, height, err);
    }
    return rc;
}

static enum lh_code save_archive(const struct lh_local *local, const char *path, struct lh_err *err)
{
    struct archiving archiving = { .store = local->store };
    enum lh_code rc = lh_file_writer_open(&archiving.writer, path, 0600, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_archive_begin(&archiving.piece);
    add_frame(&archiving, LH_ARCHIVE_GENESIS, lh_genesis_bytes(local->place.genesis));
    rc = write_line(&archiving, local->ledger, err);
    if (rc == LH_OK) {
        lh_archive_end(&archiving.piece, archiving.frame_count);
        rc = lh_file_writer_add(&archiving.writer, lh_buf_bytes(&archiving.piece), err);
    }
    if (rc == LH_OK) {
        rc = lh_file_writer_finish(&archiving.writer, err);
    }
    lh_file_writer_drop(&archiving.writer);
    lh_buf_clear(&archiving.piece);
    return rc;
}

/* ---- create ---- */

static enum lh_code save_ledger(struct lh_backup *backup, const struct lh_local *local,
                                const char *dir, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc = join(&path, dir, "ledger.lhar", err);

    if (rc == LH_OK) {
        rc = save_archive(local, lh_buf_text(&path), err);
    }
    if (rc == LH_OK) {
        rc = list_file(backup, dir, "ledger.lhar", err);
    }
    if (rc == LH_OK) {
        rc = join(&path, dir, "store.lhs", err);
    }
    if (rc == LH_OK) {
        rc = lh_backup_save_store(local->store, lh_buf_text(&path), err);
    }
    if (rc == LH_OK) {
        rc = list_file(backup, dir, "store.lhs", err);
    }
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code write_manifest(const struct lh_backup *backup, const char *dir,
                                   struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc = join(&path, dir, "MANIFEST", err);

    lh_buf_add_format(&text, "%s# origin %s\n# size %llu\n# root ", title, backup->origin,
                      (unsigned long long)backup->size);
    lh_hex_add(&text, lh_hash_bytes(&backup->root));
    lh_buf_add_text(&text, "\n");
    for (size_t i = 0; i < backup->file_count; i++) {
        lh_hex_add(&text, lh_hash_bytes(&backup->files[i].hash));
        lh_buf_add_format(&text, "  %s\n", backup->files[i].name);
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&text, err);
    }
    if (rc == LH_OK) {
        rc = lh_file_write_new(lh_buf_text(&path), lh_buf_bytes(&text), 0600, err);
    }
    lh_buf_clear(&path);
    lh_buf_clear(&text);
    return rc;
}

static enum lh_code save_all(struct lh_backup *backup, const struct lh_local *local,
                             const char *data, const char *dir, bool with_keys, struct lh_err *err)
{
    static const char *const names[] = { "genesis.lhg", "enrolment.lhe", "liuhend.conf",
                                         "trust.policy" };
    enum lh_code rc = save_ledger(backup, local, dir, err);

    for (size_t i = 0; rc == LH_OK && i < sizeof names / sizeof names[0]; i++) {
        rc = copy(backup, dir, data, names[i], 0600, err);
        if (rc == LH_ERR_NOT_FOUND && i > 0) { /* only the genesis cannot be done without */
            rc = LH_OK;
        }
    }
    if (rc == LH_OK && with_keys) {
        rc = copy_keys(backup, dir, data, err);
    }
    return rc == LH_OK ? write_manifest(backup, dir, err) : rc;
}

enum lh_code lh_backup_create(struct lh_backup *out, struct lh_cli *cli, const char *dir,
                              bool with_keys, struct lh_err *err)
{
    struct lh_backup backup = { .file_count = 0 };
    struct lh_local local;
    enum lh_code rc = lh_local_open(&local, cli, err);

    if (rc == LH_OK && mkdir(dir, 0700) != 0) {
        rc = lh_err_set(err, errno == EEXIST ? LH_ERR_CONFLICT : LH_ERR_IO, "%s: %s", dir,
                        strerror(errno));
    }
    if (rc == LH_OK) {
        (void)snprintf(backup.origin, sizeof backup.origin, "%s", lh_ledger_origin(local.ledger));
        backup.size = local.head.size;
        backup.root = local.head.root;
        rc = save_all(&backup, &local, lh_cli_data(cli), dir, with_keys, err);
    }
    if (rc == LH_OK) {
        *out = backup;
    }
    lh_local_close(&local);
    return rc;
}

/* ---- check ---- */

static bool is_name(struct lh_bytes name)
{
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t from = name.len > 5 && memcmp(name.data, "keys/", 5) == 0 ? 5 : 0;

    if (name.len == from || name.len > LH_BACKUP_NAME_MAX || name.data[from] == '.') {
        return false;
    }
    for (size_t i = from; i < name.len; i++) {
        if (name.data[i] == '\0' || strchr(letters, name.data[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool take_prefix(struct lh_bytes *line, const char *prefix)
{
    size_t len = strlen(prefix);

    if (line->len < len || memcmp(line->data, prefix, len) != 0) {
        return false;
    }
    *line = lh_bytes_of(line->data + len, line->len - len);
    return true;
}

static enum lh_code read_manifest_line(struct lh_backup *out, struct lh_bytes line)
{
    struct lh_backup_file *file = &out->files[out->file_count];

    if (take_prefix(&line, "# origin ")) {
        if (line.len == 0 || line.len > LH_ORIGIN_MAX) {
            return LH_ERR_INVALID;
        }
        memcpy(out->origin, line.data, line.len);
        out->origin[line.len] = '\0';
        return LH_OK;
    }
    if (take_prefix(&line, "# size ")) {
        return lh_decimal_parse(&out->size, line, NULL);
    }
    if (take_prefix(&line, "# root ")) {
        return lh_hex_parse(out->root.bytes, LH_HASH_SIZE, line, NULL);
    }
    if (out->file_count == LH_BACKUP_FILES_MAX || line.len < 67 ||
        memcmp(line.data + 64, "  ", 2) != 0 ||
        !is_name(lh_bytes_of(line.data + 66, line.len - 66))) {
        return LH_ERR_INVALID;
    }
    memcpy(file->name, line.data + 66, line.len - 66);
    file->name[line.len - 66] = '\0';
    out->file_count++;
    return lh_hex_parse(file->hash.bytes, LH_HASH_SIZE, lh_bytes_of(line.data, 64), NULL);
}

enum lh_code lh_backup_read(struct lh_backup *out, const char *dir, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_bytes rest;
    enum lh_code rc = join(&path, dir, "MANIFEST", err);

    *out = (struct lh_backup){ .file_count = 0 };
    if (rc == LH_OK) {
        rc = lh_file_read(&text, lh_buf_text(&path), LH_FILE_SMALL_MAX, err);
    }
    rest = lh_buf_bytes(&text);
    if (rc == LH_OK && !take_prefix(&rest, title)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%s: no manifest of a backup", lh_buf_text(&path));
    }
    while (rc == LH_OK && rest.len > 0) {
        const uint8_t *newline = memchr(rest.data, '\n', rest.len);
        size_t len = newline != NULL ? (size_t)(newline - rest.data) : rest.len;

        if (newline == NULL || read_manifest_line(out, lh_bytes_of(rest.data, len)) != LH_OK) {
            rc = lh_err_set(err, LH_ERR_INVALID, "%s: a line that cannot be read",
                            lh_buf_text(&path));
            break;
        }
        rest = lh_bytes_of(rest.data + len + 1, rest.len - len - 1);
    }
    lh_buf_clear(&text);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code read_stream(void *arg, void *out, size_t room, size_t *out_len,
                                struct lh_err *err)
{
    FILE *file = arg;

    *out_len = fread(out, 1, room, file);
    return ferror(file) == 0 ? LH_OK : lh_err_set(err, LH_ERR_IO, "reading: %s", strerror(errno));
}

/* The text of a signed note ends with an empty line; whether the seal is right is for the replay.
 */
static enum lh_code check_head(const struct lh_backup *backup, struct lh_bytes note,
                               struct lh_err *err)
{
    const uint8_t *end = memmem(note.data, note.len, "\n\n", 2);
    struct lh_checkpoint checkpoint;

    if (end == NULL ||
        lh_checkpoint_parse(&checkpoint, lh_bytes_of(note.data, (size_t)(end - note.data) + 1),
                            err) != LH_OK ||
        strcmp(checkpoint.origin, backup->origin) != 0 || checkpoint.size != backup->size ||
        !lh_hash_is_equal(&checkpoint.root, &backup->root)) {
        return lh_err_set(err, LH_ERR_FORGED, "ledger.lhar does not end at the head of MANIFEST");
    }
    return LH_OK;
}

static enum lh_code check_archive(const struct lh_backup *backup, const char *path,
                                  struct lh_err *err)
{
    struct lh_archive_reader *reader = NULL;
    struct lh_archive_frame frame;
    struct lh_buf note = LH_BUF_EMPTY;
    FILE *file = fopen(path, "rbe");
    struct lh_archive_input input = { .read = read_stream, .arg = file };
    enum lh_code rc;

    if (file == NULL) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    rc = lh_archive_reader_new(&reader, &input, err);
    while (rc == LH_OK && (rc = lh_archive_next(reader, &frame, err)) == LH_OK) {
        if (frame.kind == LH_ARCHIVE_CHECKPOINT) {
            lh_buf_reset(&note);
            lh_buf_add(&note, frame.content);
        }
    }
    if (rc == LH_ERR_NOT_FOUND) { /* the proper end */
        rc = check_head(backup, lh_buf_bytes(&note), err);
    }
    lh_archive_reader_free(reader);
    (void)fclose(file);
    lh_buf_clear(&note);
    return rc;
}

enum lh_code lh_backup_check(struct lh_backup *out, const char *dir, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_hash hash;
    unsigned found = 0;
    enum lh_code rc = lh_backup_read(out, dir, err);

    for (size_t i = 0; rc == LH_OK && i < out->file_count; i++) {
        const char *name = out->files[i].name;

        found |= strcmp(name, "ledger.lhar") == 0   ? 1U
                 : strcmp(name, "store.lhs") == 0   ? 2U
                 : strcmp(name, "genesis.lhg") == 0 ? 4U
                                                    : 0U;
        rc = join(&path, dir, name, err);
        if (rc == LH_OK) {
            rc = lh_backup_hash(&hash, lh_buf_text(&path), err);
        }
        if (rc == LH_OK && !lh_hash_is_equal(&hash, &out->files[i].hash)) {
            rc = lh_err_set(err, LH_ERR_FORGED, "%s is not the file of MANIFEST", name);
        }
    }
    if (rc == LH_OK && found != 7) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%s/MANIFEST lacks a file", dir);
    }
    if (rc == LH_OK) {
        rc = join(&path, dir, "ledger.lhar", err);
    }
    if (rc == LH_OK) {
        rc = check_archive(out, lh_buf_text(&path), err);
    }
    lh_buf_clear(&path);
    return rc;
}
