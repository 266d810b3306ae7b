#include "cli/lines.h"

#include "cli/unpack.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024 };

struct lh_lines {
    struct lh_unpack *unpack;
    uint64_t number; /* of the line that is in text */
    bool is_over;
    size_t at, len; /* chunk[at, len) comes next */
    uint8_t chunk[CHUNK];
    struct lh_buf text;
};

enum lh_code lh_lines_open(struct lh_lines **out, const char *path, struct lh_err *err)
{
    struct lh_lines *lines = calloc(1, sizeof *lines);
    enum lh_code rc;

    if (lines == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_unpack_open(&lines->unpack, path, err);
    if (rc != LH_OK) {
        free(lines);
        return rc;
    }
    *out = lines;
    return LH_OK;
}

void lh_lines_close(struct lh_lines *lines)
{
    if (lines == NULL) {
        return;
    }
    lh_unpack_close(lines->unpack);
    lh_buf_clear(&lines->text);
    free(lines);
}

/* Up to the next LF, which is taken and not kept. */
static enum lh_code read_line(struct lh_lines *lines, struct lh_err *err)
{
    const uint8_t *end = NULL;
    enum lh_code rc;

    lh_buf_reset(&lines->text);
    lines->number++;
    while (end == NULL) {
        size_t len;

        if (lines->at == lines->len) {
            rc = lh_unpack_read(lines->unpack, lines->chunk, CHUNK, &lines->len, err);
            lines->at = 0;
            if (rc != LH_OK) {
                lines->len = 0;
                return rc;
            }
            if (lines->len == 0) {
                lines->is_over = true;
                return lh_buf_check(&lines->text, err);
            }
        }
        end = memchr(lines->chunk + lines->at, '\n', lines->len - lines->at);
        len = end != NULL ? (size_t)(end - lines->chunk) - lines->at : lines->len - lines->at;
        if (lines->text.len + len > LH_LINE_MAX) {
            return lh_err_set(err, LH_ERR_INVALID, "%s:%llu: a line of more than 1 MiB",
                              lh_unpack_path(lines->unpack), (unsigned long long)lines->number);
        }
        lh_buf_add(&lines->text, lh_bytes_of(lines->chunk + lines->at, len));
        lines->at += len + (end != NULL ? 1 : 0);
    }
    return lh_buf_check(&lines->text, err);
}

static struct lh_bytes trimmed(const struct lh_lines *lines)
{
    struct lh_bytes text = lh_buf_bytes(&lines->text);

    if (lines->number == 1 && text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0) {
        text = lh_bytes_of(text.data + 3, text.len - 3);
    }
    while (text.len > 0 && strchr(" \t\r", text.data[text.len - 1]) != NULL &&
           text.data[text.len - 1] != '\0') {
        text.len--;
    }
    return text;
}

enum lh_code lh_lines_next(struct lh_lines *lines, struct lh_bytes *out, uint64_t *out_number,
                           bool *out_has, struct lh_err *err)
{
    while (!lines->is_over) {
        enum lh_code rc = read_line(lines, err);

        if (rc != LH_OK) {
            return rc;
        }
        *out = trimmed(lines);
        *out_number = lines->number;
        if (out->len > 0) {
            *out_has = true;
            return LH_OK;
        }
    }
    *out_has = false;
    return LH_OK;
}
