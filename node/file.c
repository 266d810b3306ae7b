#include "node/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { STEP = 4096, PATH_SIZE = 4096 + 512 };

static enum lh_code read_all(struct lh_buf *out, int fd, const char *path, size_t len_max,
                             struct lh_err *err)
{
    size_t start = out->len;
    ssize_t got;

    do {
        uint8_t *room = lh_buf_reserve(out, STEP);

        if (room == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "%s", path);
        }
        got = read(fd, room, STEP);
        if (got < 0) {
            return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
        }
        out->len += (size_t)got;
        if (out->len - start > len_max) {
            return lh_err_set(err, LH_ERR_LIMIT, "%s is larger than %zu bytes", path, len_max);
        }
    } while (got > 0);
    return LH_OK;
}

enum lh_code lh_small_file_read(struct lh_buf *out, const char *path, size_t len_max,
                                struct lh_err *err)
{
    /* O_NONBLOCK: a pipe in the file's place must not hang us before it is refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat info;
    enum lh_code rc;

    if (fd < 0) {
        return lh_err_set(err, errno == ENOENT ? LH_ERR_NOT_FOUND : LH_ERR_IO, "%s: %s", path,
                          strerror(errno));
    }
    if (fstat(fd, &info) != 0) {
        rc = lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%s: not a regular file", path);
    } else {
        rc = read_all(out, fd, path, len_max, err);
    }
    (void)close(fd);
    return rc;
}

/* ---- written and removed ---------------------------------------------------------------------
 */

static void join(char out[PATH_SIZE], const char *folder, const char *name, const char *ending)
{
    (void)snprintf(out, PATH_SIZE, "%s/%s%s", folder, name, ending);
}

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return is_synced;
}

static bool write_synced(const char *path, struct lh_bytes content)
{
    FILE *file = fopen(path, "we");
    bool is_written;

    if (file == NULL) {
        return false;
    }
    is_written = fwrite(content.data, 1, content.len, file) == content.len && fflush(file) == 0 &&
                 fsync(fileno(file)) == 0;
    return fclose(file) == 0 && is_written;
}

enum lh_code lh_small_file_put(const char *folder, const char *name, struct lh_bytes content,
                               struct lh_err *err)
{
    char path[PATH_SIZE];
    char part[PATH_SIZE];

    join(path, folder, name, "");
    join(part, folder, name, ".part"); /* under another name until it is whole */
    if (!write_synced(part, content) || rename(part, path) != 0 || !sync_folder(folder)) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    return LH_OK;
}

enum lh_code lh_small_file_remove(const char *folder, const char *name, struct lh_err *err)
{
    char path[PATH_SIZE];

    join(path, folder, name, "");
    if (unlink(path) != 0 || !sync_folder(folder)) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    return LH_OK;
}

void lh_disk_space(const char *path, uint64_t *out_free, uint64_t *out_total)
{
    struct statvfs info;
    bool is_good = statvfs(path, &info) == 0;

    *out_free = is_good ? (uint64_t)info.f_bavail * info.f_frsize : 0;
    *out_total = is_good ? (uint64_t)info.f_blocks * info.f_frsize : 0;
}
