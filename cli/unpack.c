#include "cli/unpack.h"

#include <zlib.h>
#include <zstd.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, GZIP_WINDOW = 15 + 16 /* zlib: gzip's header and trailer */ };

struct lh_unpack {
    int fd;
    char *path;
    enum { PLAIN, GZIP, ZSTD } form;
    z_stream gzip;
    ZSTD_DStream *zstd;
    bool is_open; /* in the middle of a compressed stream */
    bool is_over; /* nothing more can be read from fd */
    size_t at;    /* raw[at, len) is read and not yet unpacked */
    size_t len;
    uint8_t raw[CHUNK];
};

static enum lh_code no_memory(struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static enum lh_code damaged(const struct lh_unpack *unpack, const char *why, struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_IO, "%s: damaged %s: %s", unpack->path,
                      unpack->form == GZIP ? "gzip" : "zstd", why);
}

/* Read on, behind what is there: at least one byte more, or is_over. */
static enum lh_code fill(struct lh_unpack *unpack, struct lh_err *err)
{
    ssize_t got;

    memmove(unpack->raw, unpack->raw + unpack->at, unpack->len - unpack->at);
    unpack->len -= unpack->at;
    unpack->at = 0;
    do {
        got = read(unpack->fd, unpack->raw + unpack->len, CHUNK - unpack->len);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", unpack->path, strerror(errno));
    }
    unpack->is_over = got == 0;
    unpack->len += (size_t)got;
    return LH_OK;
}

static bool begins_with(const struct lh_unpack *unpack, const char *magic, size_t len)
{
    return unpack->len - unpack->at >= len && memcmp(unpack->raw + unpack->at, magic, len) == 0;
}

static enum lh_code detect(struct lh_unpack *unpack, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    while (rc == LH_OK && unpack->len < 4 && !unpack->is_over) {
        rc = fill(unpack, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (begins_with(unpack, "\x1f\x8b", 2)) {
        if (inflateInit2(&unpack->gzip, GZIP_WINDOW) != Z_OK) {
            return no_memory(err);
        }
        unpack->form = GZIP;
    } else if (begins_with(unpack, "\x28\xb5\x2f\xfd", 4)) {
        unpack->zstd = ZSTD_createDStream();
        if (unpack->zstd == NULL) {
            return no_memory(err);
        }
        unpack->form = ZSTD;
    }
    return LH_OK;
}

enum lh_code lh_unpack_open(struct lh_unpack **out, const char *path, struct lh_err *err)
{
    struct lh_unpack *unpack = calloc(1, sizeof *unpack);
    enum lh_code rc = LH_OK;

    if (unpack == NULL || (unpack->path = strdup(path)) == NULL) {
        free(unpack);
        return no_memory(err);
    }
    unpack->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (unpack->fd < 0) {
        rc = lh_err_set(err, errno == ENOENT ? LH_ERR_NOT_FOUND : LH_ERR_IO, "%s: %s", path,
                        strerror(errno));
    }
    if (rc == LH_OK) {
        rc = detect(unpack, err);
    }
    if (rc != LH_OK) {
        lh_unpack_close(unpack);
        return rc;
    }
    *out = unpack;
    return LH_OK;
}

void lh_unpack_close(struct lh_unpack *unpack)
{
    if (unpack == NULL) {
        return;
    }
    if (unpack->form == GZIP) {
        (void)inflateEnd(&unpack->gzip);
    }
    ZSTD_freeDStream(unpack->zstd);
    if (unpack->fd >= 0) {
        (void)close(unpack->fd);
    }
    free(unpack->path);
    free(unpack);
}

const char *lh_unpack_path(const struct lh_unpack *unpack)
{
    return unpack->path;
}

/* ---- one step of each form: from raw to `out`, *out_len bytes, perhaps none ---- */

static enum lh_code step_plain(struct lh_unpack *unpack, uint8_t *out, size_t room, size_t *out_len)
{
    size_t len = unpack->len - unpack->at;

    len = len < room ? len : room;
    memcpy(out, unpack->raw + unpack->at, len);
    unpack->at += len;
    *out_len = len;
    return LH_OK;
}

static enum lh_code step_gzip(struct lh_unpack *unpack, uint8_t *out, size_t room, size_t *out_len,
                              struct lh_err *err)
{
    z_stream *gzip = &unpack->gzip;
    int rc = unpack->is_open ? Z_OK : inflateReset(gzip);

    unpack->is_open = true;
    gzip->next_in = unpack->raw + unpack->at;
    gzip->avail_in = (uInt)(unpack->len - unpack->at);
    gzip->next_out = out;
    gzip->avail_out = (uInt)(room < CHUNK ? room : CHUNK);
    rc = rc == Z_OK ? inflate(gzip, Z_NO_FLUSH) : rc;
    unpack->at = unpack->len - gzip->avail_in;
    *out_len = (size_t)(gzip->next_out - out);
    if (rc == Z_MEM_ERROR) {
        return no_memory(err);
    }
    if (rc != Z_OK && rc != Z_BUF_ERROR && rc != Z_STREAM_END) {
        return damaged(unpack, gzip->msg != NULL ? gzip->msg : "it cannot be read on", err);
    }
    unpack->is_open = rc != Z_STREAM_END;
    return LH_OK;
}

static enum lh_code step_zstd(struct lh_unpack *unpack, uint8_t *out, size_t room, size_t *out_len,
                              struct lh_err *err)
{
    ZSTD_inBuffer raw = { .src = unpack->raw, .size = unpack->len, .pos = unpack->at };
    ZSTD_outBuffer output = { .dst = out, .size = room };
    size_t rc = ZSTD_decompressStream(unpack->zstd, &output, &raw);

    unpack->at = raw.pos;
    *out_len = output.pos;
    if (ZSTD_isError(rc)) {
        return damaged(unpack, ZSTD_getErrorName(rc), err);
    }
    unpack->is_open = rc != 0;
    return LH_OK;
}

static enum lh_code step(struct lh_unpack *unpack, uint8_t *out, size_t room, size_t *out_len,
                         struct lh_err *err)
{
    switch (unpack->form) {
    case PLAIN:
        return step_plain(unpack, out, room, out_len);
    case GZIP:
        return step_gzip(unpack, out, room, out_len, err);
    case ZSTD:
        return step_zstd(unpack, out, room, out_len, err);
    }
    return LH_OK;
}

enum lh_code lh_unpack_read(struct lh_unpack *unpack, void *out, size_t room, size_t *out_len,
                            struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    *out_len = 0;
    while (rc == LH_OK && *out_len == 0) {
        if (unpack->at == unpack->len && !unpack->is_over) {
            rc = fill(unpack, err);
        }
        if (rc != LH_OK || (unpack->at == unpack->len && unpack->is_over && !unpack->is_open)) {
            return rc;
        }
        rc = step(unpack, out, room, out_len, err);
        if (rc == LH_OK && *out_len == 0 && unpack->at == unpack->len && unpack->is_over &&
            unpack->is_open) {
            return damaged(unpack, "it ends too early", err);
        }
    }
    return rc;
}
