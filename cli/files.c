#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum lh_code io_error(struct lh_err *err, const char *doing, const char *path)
{
    enum lh_code rc = errno == ENOENT   ? LH_ERR_NOT_FOUND
                      : errno == EEXIST ? LH_ERR_CONFLICT
                      : errno == EACCES ? LH_ERR_DENIED
                                        : LH_ERR_IO;

    return lh_err_set(err, rc, "%s %s: %s", doing, path, strerror(errno));
}

static enum lh_code read_all(struct lh_buf *out, int fd, const char *path, size_t max,
                             struct lh_err *err)
{
    enum { STEP = 64 * 1024 };

    lh_buf_reset(out);
    for (;;) {
        uint8_t *room = lh_buf_reserve(out, STEP);
        ssize_t got;

        if (room == NULL) {
            return lh_buf_check(out, err);
        }
        got = read(fd, room, STEP);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return io_error(err, "reading", path);
        }
        if (got == 0) {
            return LH_OK;
        }
        out->len += (size_t)got;
        if (out->len > max) {
            return lh_err_set(err, LH_ERR_LIMIT, "%s: longer than %zu bytes", path, max);
        }
    }
}

enum lh_code lh_file_read(struct lh_buf *out, const char *path, size_t max, struct lh_err *err)
{
    enum lh_code rc;
    int fd;

    if (strcmp(path, "-") == 0) {
        return read_all(out, STDIN_FILENO, "standard input", max, err);
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return io_error(err, "opening", path);
    }
    rc = read_all(out, fd, path, max, err);
    (void)close(fd);
    return rc;
}

static enum lh_code write_all(int fd, const char *path, struct lh_bytes content, struct lh_err *err)
{
    while (content.len > 0) {
        ssize_t done = write(fd, content.data, content.len);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return io_error(err, "writing", path);
        }
        content.data += done;
        content.len -= (size_t)done;
    }
    return LH_OK;
}

/* What a rename or a new file changed in the directory of `path`. */
static enum lh_code sync_directory(const char *path, struct lh_err *err)
{
    struct lh_buf dir = LH_BUF_EMPTY;
    const char *slash = strrchr(path, '/');
    enum lh_code rc;
    int fd;

    if (slash == NULL) {
        lh_buf_add_text(&dir, ".");
    } else {
        lh_buf_add(&dir, lh_bytes_of(path, slash == path ? 1 : (size_t)(slash - path)));
    }
    rc = lh_buf_check(&dir, err);
    if (rc == LH_OK) {
        fd = open(lh_buf_text(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) != 0) {
            rc = io_error(err, "syncing", lh_buf_text(&dir));
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    lh_buf_clear(&dir);
    return rc;
}

/* Never over something else. FAT knows no links. */
static bool take_name(const char *temporary, const char *path)
{
    return link(temporary, path) == 0 || (errno == EPERM && renameat2(AT_FDCWD, temporary, AT_FDCWD,
                                                                      path, RENAME_NOREPLACE) == 0);
}

/* Under another name until it is whole. */
enum lh_code lh_file_write_new(const char *path, struct lh_bytes content, unsigned mode,
                               struct lh_err *err)
{
    struct lh_file_writer writer = { .fd = -1 };
    struct stat info;
    enum lh_code rc;

    if (lstat(path, &info) == 0) {
        errno = EEXIST;
        return io_error(err, "making", path);
    }
    rc = lh_file_writer_open(&writer, path, mode, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_file_writer_add(&writer, content, err);
    if (rc == LH_OK && writer.temporary.len > 0 &&
        (fsync(writer.fd) != 0 || !take_name(lh_buf_text(&writer.temporary), path))) {
        rc = io_error(err, "making", path);
    }
    lh_file_writer_drop(&writer);
    return rc == LH_OK ? sync_directory(path, err) : rc;
}

enum lh_code lh_file_replace(const char *path, struct lh_bytes content, unsigned mode,
                             struct lh_err *err)
{
    struct lh_file_writer writer = { .fd = -1 };
    enum lh_code rc;

    rc = lh_file_writer_open(&writer, path, mode, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_file_writer_add(&writer, content, err);
    if (rc == LH_OK) {
        rc = lh_file_writer_finish(&writer, err);
    }
    lh_file_writer_drop(&writer);
    return rc;
}

bool lh_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Behind `out`: "/name" for each name of `rest`, without empty ones and dots. */
static void add_names(struct lh_buf *out, const char *rest)
{
    while (*rest != '\0') {
        size_t len;

        rest += strspn(rest, "/");
        len = strcspn(rest, "/");
        if (len > 0 && !(len == 1 && rest[0] == '.')) {
            lh_buf_add_u8(out, '/');
            lh_buf_add(out, lh_bytes_of(rest, len));
        }
        rest += len;
    }
}

/* The longest beginning of an absolute path that is there, made real, and the rest; ends in '/'. */
static enum lh_code resolve_absolute(struct lh_buf *out, char *path, struct lh_err *err)
{
    size_t len = strlen(path);
    char *real;

    for (;;) {
        char kept = path[len];

        path[len] = '\0';
        real = realpath(len > 0 ? path : "/", NULL);
        path[len] = kept;
        if (real != NULL || len == 0 || (errno != ENOENT && errno != ENOTDIR)) {
            break;
        }
        do {
            len--;
        } while (path[len] != '/');
    }
    if (real == NULL) {
        return io_error(err, "cannot follow", path);
    }
    lh_buf_reset(out);
    add_names(out, real);
    add_names(out, path + len);
    lh_buf_add_u8(out, '/');
    free(real);
    return lh_buf_check(out, err);
}

static enum lh_code resolve(struct lh_buf *out, const char *path, struct lh_err *err)
{
    struct lh_buf absolute = LH_BUF_EMPTY;
    char *here = path[0] == '/' ? NULL : realpath(".", NULL);
    enum lh_code rc;

    if (here == NULL && path[0] != '/') {
        return io_error(err, "cannot follow", path);
    }
    lh_buf_add_format(&absolute, "%s/%s", here != NULL ? here : "", path);
    lh_buf_add_u8(&absolute, '\0');
    rc = lh_buf_check(&absolute, err);
    if (rc == LH_OK) {
        rc = resolve_absolute(out, (char *)absolute.data, err);
    }
    lh_buf_clear(&absolute);
    free(here);
    return rc;
}

enum lh_code lh_path_is_within(bool *out, const char *path, const char *dir, struct lh_err *err)
{
    struct lh_buf inner = LH_BUF_EMPTY;
    struct lh_buf outer = LH_BUF_EMPTY;
    enum lh_code rc = resolve(&inner, path, err);

    if (rc == LH_OK) {
        rc = resolve(&outer, dir, err);
    }
    if (rc == LH_OK) {
        *out = inner.len >= outer.len &&
               lh_bytes_is_equal(lh_bytes_of(inner.data, outer.len), lh_buf_bytes(&outer));
    }
    lh_buf_clear(&outer);
    lh_buf_clear(&inner);
    return rc;
}

enum lh_code lh_dir_make(const char *path, unsigned mode, struct lh_err *err)
{
    struct lh_buf part = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;
    struct stat info;

    for (size_t i = 1; rc == LH_OK && path[0] != '\0' && path[i - 1] != '\0'; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        lh_buf_reset(&part);
        lh_buf_add(&part, lh_bytes_of(path, i));
        rc = lh_buf_check(&part, err);
        if (rc == LH_OK && mkdir(lh_buf_text(&part), (mode_t)mode) != 0 && errno != EEXIST) {
            rc = io_error(err, "making the directory", lh_buf_text(&part));
        }
    }
    lh_buf_clear(&part);
    if (rc == LH_OK && (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))) {
        rc = lh_err_set(err, LH_ERR_CONFLICT, "%s is no directory", path);
    }
    return rc;
}

/* A pipe, a socket or a device is written to; only a file has a place that another can take. */
static bool is_device(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

enum lh_code lh_file_writer_open(struct lh_file_writer *out, const char *path, unsigned mode,
                                 struct lh_err *err)
{
    struct lh_file_writer writer = { .fd = -1, .path = LH_BUF_EMPTY, .temporary = LH_BUF_EMPTY };
    enum lh_code rc;

    lh_buf_add_text(&writer.path, path);
    if (strcmp(path, "-") == 0) {
        writer.fd = STDOUT_FILENO;
    } else if (is_device(path)) {
        writer.fd = open(path, O_WRONLY | O_CLOEXEC);
        if (writer.fd < 0) {
            rc = io_error(err, "opening", path);
            lh_file_writer_drop(&writer);
            return rc;
        }
    } else {
        lh_buf_add_format(&writer.temporary, "%s.XXXXXX", path);
        rc = lh_buf_check(&writer.temporary, err);
        if (rc != LH_OK) {
            lh_file_writer_drop(&writer);
            return rc;
        }
        writer.fd = mkostemp((char *)writer.temporary.data, O_CLOEXEC);
        if (writer.fd < 0 || fchmod(writer.fd, (mode_t)mode) != 0) {
            rc = io_error(err, "making a file beside", path);
            lh_file_writer_drop(&writer);
            return rc;
        }
    }
    *out = writer;
    return LH_OK;
}

enum lh_code lh_file_writer_add(struct lh_file_writer *writer, struct lh_bytes bytes,
                                struct lh_err *err)
{
    return write_all(writer->fd, lh_buf_text(&writer->path), bytes, err);
}

enum lh_code lh_file_writer_finish(struct lh_file_writer *writer, struct lh_err *err)
{
    const char *path = lh_buf_text(&writer->path);
    enum lh_code rc = LH_OK;

    if (writer->temporary.len == 0) {
        lh_file_writer_drop(writer);
        return LH_OK;
    }
    if (fsync(writer->fd) != 0 || rename(lh_buf_text(&writer->temporary), path) != 0) {
        rc = io_error(err, "writing", path);
    }
    if (rc == LH_OK) {
        lh_buf_reset(&writer->temporary); /* it is in place: nothing to remove any more */
        rc = sync_directory(path, err);
    }
    lh_file_writer_drop(writer);
    return rc;
}

void lh_file_writer_drop(struct lh_file_writer *writer)
{
    if (writer->fd > STDERR_FILENO) {
        (void)close(writer->fd);
        if (writer->temporary.len > 0) {
            (void)unlink(lh_buf_text(&writer->temporary));
        }
    }
    writer->fd = -1;
    lh_buf_clear(&writer->temporary);
    lh_buf_clear(&writer->path);
}
