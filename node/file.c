#include "node/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 4096 };

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
