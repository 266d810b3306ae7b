/* The tables of a store as one file. */
#include "cli/backup.h"

#include "cli/files.h"
#include "crypto/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[] = "LHSTORE1\n";

enum { END = 255, PIECE = 1024 * 1024, ROWS_IN_BATCH = 4096 };

/* A file in memory as the system pages it in. */
struct mapped {
    struct lh_bytes bytes;
};

static enum lh_code map_file(struct mapped *out, const char *path, struct lh_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    void *at = NULL;
    enum lh_code rc = LH_OK;

    if (fd < 0) {
        return lh_err_set(err, errno == ENOENT ? LH_ERR_NOT_FOUND : LH_ERR_IO, "%s: %s", path,
                          strerror(errno));
    }
    if (fstat(fd, &info) != 0) {
        rc = lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    } else if (info.st_size > 0) {
        at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED) {
            rc = lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
        }
    }
    (void)close(fd);
    if (rc == LH_OK) {
        out->bytes = lh_bytes_of(at, (size_t)info.st_size);
    }
    return rc;
}

static void unmap_file(struct mapped *mapped)
{
    if (mapped->bytes.len > 0) {
        (void)munmap((void *)(uintptr_t)mapped->bytes.data, mapped->bytes.len);
    }
    mapped->bytes = LH_BYTES_EMPTY;
}

enum lh_code lh_backup_hash(struct lh_hash *out, const char *path, struct lh_err *err)
{
    struct lh_suite *suite = NULL;
    struct mapped mapped = { .bytes = LH_BYTES_EMPTY };
    enum lh_code rc = lh_suite_new(&suite, LH_SUITE_W, err); /* SHA-256 in every network */

    if (rc == LH_OK) {
        rc = map_file(&mapped, path, err);
    }
    if (rc == LH_OK) {
        *out = lh_hash(suite, mapped.bytes);
    }
    unmap_file(&mapped);
    lh_suite_free(suite);
    return rc;
}

/* ---- out ---- */

static void add_framed(struct lh_buf *out, struct lh_bytes bytes)
{
    lh_buf_add_u32(out, (uint32_t)bytes.len);
    lh_buf_add(out, bytes);
}

static enum lh_code write_piece(struct lh_file_writer *writer, struct lh_buf *piece, size_t least,
                                struct lh_err *err)
{
    enum lh_code rc = lh_buf_check(piece, err);

    if (rc != LH_OK || piece->len < least) {
        return rc;
    }
    rc = lh_file_writer_add(writer, lh_buf_bytes(piece), err);
    lh_buf_reset(piece);
    return rc;
}

static enum lh_code save_table(struct lh_store *store, enum lh_table table,
                               struct lh_file_writer *writer, struct lh_buf *piece, uint64_t *count,
                               struct lh_err *err)
{
    struct lh_store_iter *iter = NULL;
    enum lh_code rc = lh_store_iter_new(&iter, store, table, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek(iter, LH_BYTES_EMPTY);
    while (rc == LH_OK && lh_store_iter_is_valid(iter)) {
        lh_buf_add_u8(piece, (uint8_t)table);
        add_framed(piece, lh_store_iter_key(iter));
        add_framed(piece, lh_store_iter_value(iter));
        (*count)++;
        rc = write_piece(writer, piece, PIECE, err);
        lh_store_iter_next(iter);
    }
    if (rc == LH_OK) {
        rc = lh_store_iter_check(iter, err);
    }
    lh_store_iter_free(iter);
    return rc;
}

enum lh_code lh_backup_save_store(struct lh_store *store, const char *path, struct lh_err *err)
{
    struct lh_file_writer writer = { .fd = -1 };
    struct lh_buf piece = LH_BUF_EMPTY;
    uint64_t count = 0;
    enum lh_code rc = lh_file_writer_open(&writer, path, 0600, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_buf_add_text(&piece, magic);
    for (int table = 0; rc == LH_OK && table < LH_TABLE_COUNT; table++) {
        rc = save_table(store, (enum lh_table)table, &writer, &piece, &count, err);
    }
    if (rc == LH_OK) {
        lh_buf_add_u8(&piece, END);
        lh_buf_add_u64(&piece, count);
        rc = write_piece(&writer, &piece, 0, err);
    }
    if (rc == LH_OK) {
        rc = lh_file_writer_finish(&writer, err);
    }
    lh_file_writer_drop(&writer);
    lh_buf_clear(&piece);
    return rc;
}

/* ---- and back ---- */

static struct lh_bytes read_framed(struct lh_reader *reader)
{
    uint32_t len = lh_read_u32(reader);

    return lh_read_view(reader, len);
}

static enum lh_code commit(struct lh_store *store, struct lh_store_batch *batch, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    if (batch->count > 0) {
        rc = lh_store_commit(store, batch, err);
        lh_store_batch_reset(batch);
    }
    return rc;
}

static enum lh_code load_rows(struct lh_store *store, struct lh_reader *reader,
                              struct lh_store_batch *batch, struct lh_err *err)
{
    uint64_t count = 0;
    enum lh_code rc = LH_OK;

    while (rc == LH_OK && !reader->failed) {
        uint8_t table = lh_read_u8(reader);

        if (table == END) {
            return lh_read_u64(reader) == count && lh_reader_is_done(reader)
                       ? commit(store, batch, err)
                       : lh_err_set(err, LH_ERR_INVALID, "another end than it should have");
        }
        struct lh_bytes key = read_framed(reader);
        struct lh_bytes value = read_framed(reader);

        if (reader->failed || table >= LH_TABLE_COUNT) {
            break;
        }
        lh_store_batch_put(batch, (enum lh_table)table, key, value);
        count++;
        if (batch->count >= ROWS_IN_BATCH || batch->ops.len >= PIECE) {
            rc = commit(store, batch, err);
        }
    }
    return rc != LH_OK ? rc : lh_err_set(err, LH_ERR_INVALID, "no rows of a store");
}

enum lh_code lh_backup_load_store(struct lh_store *store, const char *path, struct lh_err *err)
{
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct mapped mapped = { .bytes = LH_BYTES_EMPTY };
    struct lh_reader reader;
    struct lh_bytes head;
    enum lh_code rc = map_file(&mapped, path, err);

    if (rc != LH_OK) {
        return rc;
    }
    reader = lh_reader_of(mapped.bytes);
    head = lh_read_view(&reader, sizeof magic - 1);
    rc = lh_bytes_is_equal(head, lh_bytes_of_text(magic))
             ? load_rows(store, &reader, &batch, err)
             : lh_err_set(err, LH_ERR_INVALID, "no file of a store");
    if (rc != LH_OK) {
        (void)lh_err_wrap(err, rc, "%s", path);
    }
    lh_store_batch_clear(&batch);
    unmap_file(&mapped);
    return rc;
}
