#include "crypto/file_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum lh_code check_private(int fd, const char *path, struct lh_err *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return lh_err_set(err, LH_ERR_INVALID, "%s: not a regular file", path);
    }
    if (info.st_uid != geteuid()) {
        return lh_err_set(err, LH_ERR_DENIED,
                          "%s: belongs to user %u, not to the user %u we run as: chown it", path,
                          (unsigned)info.st_uid, (unsigned)geteuid());
    }
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return lh_err_set(err, LH_ERR_DENIED, "%s: mode %03o lets others in: chmod 600 it", path,
                          (unsigned)info.st_mode & 0777U);
    }
    return LH_OK;
}

/* Read until the end of the file or until `max` bytes are in. */
static enum lh_code read_all(int fd, uint8_t *out, size_t max, size_t *out_len, const char *path,
                             struct lh_err *err)
{
    size_t len = 0;

    while (len < max) {
        ssize_t got = read(fd, out + len, max - len);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    *out_len = len;
    return LH_OK;
}

static enum lh_code check_at_end(int fd, size_t max, const char *path, struct lh_err *err)
{
    uint8_t one_more;
    size_t len = 0;
    enum lh_code rc;

    rc = read_all(fd, &one_more, 1, &len, path, err);
    if (rc == LH_OK && len != 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%s: longer than %zu bytes", path, max);
    }
    return rc;
}

enum lh_code lh_private_file_read(uint8_t *out, size_t max, size_t *out_len, const char *path,
                                  struct lh_err *err)
{
    /* O_NONBLOCK: a pipe put in the file's place must not hang us before it is refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum lh_code rc;

    if (fd < 0) {
        int number = errno;
        enum lh_code code = number == ENOENT   ? LH_ERR_NOT_FOUND
                            : number == EACCES ? LH_ERR_DENIED
                                               : LH_ERR_IO;
        return lh_err_set(err, code, "%s: %s", path, strerror(number));
    }
    rc = check_private(fd, path, err);
    if (rc == LH_OK) {
        rc = read_all(fd, out, max, out_len, path, err);
    }
    if (rc == LH_OK) {
        rc = check_at_end(fd, max, path, err);
    }
    (void)close(fd);
    return rc;
}

static bool write_all(int fd, struct lh_bytes content)
{
    size_t done = 0;

    while (done < content.len) {
        ssize_t put = write(fd, content.data + done, content.len - done);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        done += (size_t)put;
    }
    return true;
}

/* Make the new name survive a crash: sync the folder it is in. */
static bool sync_folder_of(const char *path)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    int fd;
    bool synced;

    if (slash != NULL) {
        size_t len = slash == path ? 1 : (size_t)(slash - path);
        if (len >= sizeof folder) {
            errno = ENAMETOOLONG;
            return false;
        }
        memcpy(folder, path, len);
        folder[len] = 0;
    }
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    synced = fsync(fd) == 0;
    (void)close(fd);
    return synced;
}

static enum lh_code refuse_new(const char *path, int number, struct lh_err *err)
{
    if (number == EEXIST) {
        return lh_err_set(err, LH_ERR_CONFLICT,
                          "%s: exists, and a secret is never written over: move it away", path);
    }
    return lh_err_set(err, number == ENOENT ? LH_ERR_NOT_FOUND : LH_ERR_IO, "%s: %s", path,
                      strerror(number));
}

/* Never over something else. FAT (a stick with an officer's key) knows no links. */
static bool take_name(const char *temporary, const char *path)
{
    return link(temporary, path) == 0 || (errno == EPERM && renameat2(AT_FDCWD, temporary, AT_FDCWD,
                                                                      path, RENAME_NOREPLACE) == 0);
}

/* Close and sync the file; give it its name when it is whole. The errno of what failed, or 0. */
static int finish_file(int fd, const char *temporary, const char *path, struct lh_bytes content)
{
    int number = write_all(fd, content) && fsync(fd) == 0 ? 0 : errno;

    if (close(fd) != 0 && number == 0) {
        number = errno;
    }
    if (number == 0 && !take_name(temporary, path)) {
        number = errno;
    }
    (void)unlink(temporary);
    return number;
}

/* Under another name until it is whole: who is killed in between leaves no half secret. */
enum lh_code lh_private_file_write(const char *path, struct lh_bytes content, struct lh_err *err)
{
    char temporary[PATH_MAX];
    struct stat info;
    int len = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    int number;
    int fd;

    if (len < 0 || (size_t)len >= sizeof temporary) {
        return refuse_new(path, ENAMETOOLONG, err);
    }
    if (lstat(path, &info) == 0) {
        return refuse_new(path, EEXIST, err);
    }
    fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return refuse_new(path, errno, err);
    }
    number = finish_file(fd, temporary, path, content);
    if (number != 0) {
        return refuse_new(path, number, err);
    }
    if (!sync_folder_of(path)) {
        number = errno;
        (void)unlink(path);
        return refuse_new(path, number, err);
    }
    return LH_OK;
}
