/*
 * gzip on top of what liuhen-verify reads its files with (cli/verify/input.h): plain bytes and zstd
 * come from there, so zlib stays out of liuhen-verify.
 */
#include "cli/unpack.h"

#include "cli/verify/input.h"

#include <zlib.h>

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024, GZIP_WINDOW = 15 + 16 /* zlib: gzip's header and trailer */ };

struct lh_unpack {
    char *path;
    struct lh_input *input;
    bool is_gzip;
    z_stream gzip;
    bool is_open; /* in the middle of a gzip stream */
    bool is_over; /* nothing more comes from the input */
    size_t at;    /* raw[at, len) came from it and was not handed out */
    size_t len;
    uint8_t raw[CHUNK];
};

static enum lh_code no_memory(struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static enum lh_code damaged(const struct lh_unpack *unpack, const char *form, const char *why,
                            struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_IO, "%s: damaged %s: %s", unpack->path, form, why);
}

static enum lh_code read_input(struct lh_unpack *unpack, void *out, size_t room, size_t *out_len,
                               struct lh_err *err)
{
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc = lh_input_read(unpack->input, out, room, out_len, &why);

    if (rc == LH_OK) {
        unpack->is_over = *out_len == 0;
        return LH_OK;
    }
    *out_len = 0;
    if (rc == LH_ERR_INVALID || rc == LH_ERR_UNKNOWN) {
        return damaged(unpack, "zstd", why.text, err);
    }
    return lh_err_set(err, rc, "%s: %s", unpack->path, why.text);
}

/* The first bytes say whether it is gzip; the input has told zstd from the rest. */
static enum lh_code detect(struct lh_unpack *unpack, struct lh_err *err)
{
    enum lh_code rc = read_input(unpack, unpack->raw, sizeof unpack->raw, &unpack->len, err);

    if (rc != LH_OK || unpack->len < 2 || memcmp(unpack->raw, "\x1f\x8b", 2) != 0) {
        return rc;
    }
    if (inflateInit2(&unpack->gzip, GZIP_WINDOW) != Z_OK) {
        return no_memory(err);
    }
    unpack->is_gzip = true;
    return LH_OK;
}

enum lh_code lh_unpack_open(struct lh_unpack **out, const char *path, struct lh_err *err)
{
    struct lh_unpack *unpack = calloc(1, sizeof *unpack);
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc;

    if (unpack == NULL || (unpack->path = strdup(path)) == NULL) {
        free(unpack);
        return no_memory(err);
    }
    rc = lh_input_open(&unpack->input, path, &why);
    if (rc != LH_OK) {
        rc = lh_err_set(err, rc == LH_ERR_DENIED ? LH_ERR_IO : rc, "%s: %s", path, why.text);
    } else {
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
    if (unpack->is_gzip) {
        (void)inflateEnd(&unpack->gzip);
    }
    lh_input_close(unpack->input);
    free(unpack->path);
    free(unpack);
}

const char *lh_unpack_path(const struct lh_unpack *unpack)
{
    return unpack->path;
}

/* One step of gzip: from raw to `out`, *out_len bytes, perhaps none. */
static enum lh_code inflate_some(struct lh_unpack *unpack, uint8_t *out, size_t room,
                                 size_t *out_len, struct lh_err *err)
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
        return damaged(unpack, "gzip", gzip->msg != NULL ? gzip->msg : "it cannot be read on", err);
    }
    unpack->is_open = rc != Z_STREAM_END;
    return LH_OK;
}

static enum lh_code read_gzip(struct lh_unpack *unpack, void *out, size_t room, size_t *out_len,
                              struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    *out_len = 0;
    while (rc == LH_OK && *out_len == 0) {
        if (unpack->at == unpack->len && !unpack->is_over) {
            unpack->at = 0;
            rc = read_input(unpack, unpack->raw, sizeof unpack->raw, &unpack->len, err);
        }
        bool is_empty = unpack->at == unpack->len;
        if (rc != LH_OK || (is_empty && unpack->is_over && !unpack->is_open)) {
            return rc;
        }
        rc = inflate_some(unpack, out, room, out_len, err);
        if (rc == LH_OK && *out_len == 0 && is_empty && unpack->is_over && unpack->is_open) {
            return damaged(unpack, "gzip", "it ends too early", err);
        }
    }
    return rc;
}

enum lh_code lh_unpack_read(struct lh_unpack *unpack, void *out, size_t room, size_t *out_len,
                            struct lh_err *err)
{
    size_t len = unpack->len - unpack->at;

    if (unpack->is_gzip) {
        return read_gzip(unpack, out, room, out_len, err);
    }
    if (len == 0) {
        return read_input(unpack, out, room, out_len, err);
    }
    *out_len = len < room ? len : room;
    memcpy(out, unpack->raw + unpack->at, *out_len);
    unpack->at += *out_len;
    return LH_OK;
}
