#include "cli/verify/input.h"

#include "ledger/journal_receipt.h"
#include "net/consent.h"
#include "net/evidence.h"

#include <zstd.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Enough of the start to recognise every kind; a checkpoint is recognised whole. */
enum { RAW_SIZE = 256 * 1024, PEEK_SIZE = 8 * 1024 };

struct lh_input {
    int fd;
    uint64_t size;
    uint64_t position;
    bool at_eof;
    uint8_t raw[RAW_SIZE]; /* [start, end): read and not yet decompressed */
    size_t start;
    size_t end;
    ZSTD_DStream *zstd;      /* NULL: plain */
    bool is_frame_open;      /* zstd: in the middle of a frame */
    uint8_t peek[PEEK_SIZE]; /* decompressed and not yet handed out */
    size_t peek_start;
    size_t peek_end;
};

static enum lh_code code_of_errno(int number)
{
    if (number == ENOENT || number == ENOTDIR) {
        return LH_ERR_NOT_FOUND;
    }
    return number == EACCES || number == EPERM ? LH_ERR_DENIED : LH_ERR_IO;
}

static enum lh_code open_file(struct lh_input *input, const char *path, struct lh_err *err)
{
    struct stat st;

    input->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0) {
        return lh_err_set(err, code_of_errno(errno), "cannot open it: %s", strerror(errno));
    }
    if (fstat(input->fd, &st) != 0) {
        return lh_err_set(err, LH_ERR_IO, "cannot look at it: %s", strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) {
        return lh_err_set(err, LH_ERR_IO, "is a directory");
    }
    input->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    return LH_OK;
}

/* Read more raw bytes behind those that are there. */
static enum lh_code fill_raw(struct lh_input *input, struct lh_err *err)
{
    memmove(input->raw, input->raw + input->start, input->end - input->start);
    input->end -= input->start;
    input->start = 0;
    while (input->end < sizeof input->raw && !input->at_eof) {
        ssize_t got = read(input->fd, input->raw + input->end, sizeof input->raw - input->end);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return lh_err_set(err, LH_ERR_IO, "cannot read it: %s", strerror(errno));
        }
        input->at_eof = got == 0;
        input->end += (size_t)got;
        input->position += (uint64_t)got;
    }
    return LH_OK;
}

static enum lh_code start_zstd(struct lh_input *input, struct lh_err *err)
{
    static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

    if (input->end < sizeof magic || memcmp(input->raw, magic, sizeof magic) != 0) {
        return LH_OK;
    }
    input->zstd = ZSTD_createDStream();
    if (input->zstd == NULL || ZSTD_isError(ZSTD_initDStream(input->zstd))) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for decompression");
    }
    return LH_OK;
}

static enum lh_code read_plain(struct lh_input *input, void *out, size_t room, size_t *out_len,
                               struct lh_err *err)
{
    if (input->start == input->end) {
        enum lh_code rc = fill_raw(input, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    size_t len = input->end - input->start;
    len = len < room ? len : room;
    memcpy(out, input->raw + input->start, len);
    input->start += len;
    *out_len = len;
    return LH_OK;
}

static enum lh_code read_zstd(struct lh_input *input, void *out, size_t room, size_t *out_len,
                              struct lh_err *err)
{
    ZSTD_outBuffer output = { .dst = out, .size = room };

    while (output.pos == 0) {
        if (input->start == input->end) {
            enum lh_code rc = fill_raw(input, err);
            if (rc != LH_OK) {
                return rc;
            }
        }
        bool is_over = input->start == input->end;
        if (is_over && !input->is_frame_open) {
            break;
        }
        ZSTD_inBuffer raw = { .src = input->raw, .size = input->end, .pos = input->start };
        size_t rc = ZSTD_decompressStream(input->zstd, &output, &raw);
        if (ZSTD_isError(rc)) {
            return lh_err_set(err, LH_ERR_INVALID, "the compression is broken: %s",
                              ZSTD_getErrorName(rc));
        }
        input->start = raw.pos;
        input->is_frame_open = rc != 0;
        if (is_over && input->is_frame_open && output.pos == 0) {
            return lh_err_set(err, LH_ERR_UNKNOWN,
                              "the compressed stream ends early: the rest is missing");
        }
    }
    *out_len = output.pos;
    return LH_OK;
}

static enum lh_code read_stream(struct lh_input *input, void *out, size_t room, size_t *out_len,
                                struct lh_err *err)
{
    return input->zstd == NULL ? read_plain(input, out, room, out_len, err)
                               : read_zstd(input, out, room, out_len, err);
}

/* Fill the peek buffer; a broken stream shows again when it is read, so it is no failure here. */
static enum lh_code fill_peek(struct lh_input *input, struct lh_err *err)
{
    while (input->peek_end < sizeof input->peek) {
        size_t got = 0;
        enum lh_code rc = read_stream(input, input->peek + input->peek_end,
                                      sizeof input->peek - input->peek_end, &got, err);
        if (rc == LH_ERR_INVALID || rc == LH_ERR_UNKNOWN) {
            return LH_OK;
        }
        if (rc != LH_OK) {
            return rc;
        }
        if (got == 0) {
            break;
        }
        input->peek_end += got;
    }
    return LH_OK;
}

enum lh_code lh_input_open(struct lh_input **out, const char *path, struct lh_err *err)
{
    struct lh_input *input = calloc(1, sizeof *input);

    if (input == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for a file's window");
    }
    input->fd = -1;
    enum lh_code rc = open_file(input, path, err);
    if (rc == LH_OK) {
        rc = fill_raw(input, err);
    }
    if (rc == LH_OK) {
        rc = start_zstd(input, err);
    }
    if (rc == LH_OK) {
        rc = fill_peek(input, err);
    }
    if (rc != LH_OK) {
        lh_input_close(input);
        return rc;
    }
    *out = input;
    return LH_OK;
}

void lh_input_close(struct lh_input *input)
{
    if (input == NULL) {
        return;
    }
    if (input->fd >= 0) {
        (void)close(input->fd);
    }
    (void)ZSTD_freeDStream(input->zstd);
    free(input);
}

/* All that came out of a compressed file so far may still become an archive. */
static bool may_become_archive(struct lh_bytes start)
{
    return start.len < LH_ARCHIVE_MAGIC_LEN &&
           (start.len == 0 || memcmp(start.data, LH_ARCHIVE_MAGIC, start.len) == 0);
}

static bool begins_with(struct lh_bytes bytes, const char *text)
{
    size_t len = strlen(text);

    return bytes.len >= len && memcmp(bytes.data, text, len) == 0;
}

/* Three lines, the second a number, and an empty line: a checkpoint, well formed or not quite. */
static bool looks_like_checkpoint(struct lh_bytes bytes)
{
    size_t line = 0;
    bool is_line_empty = true;

    for (size_t i = 0; i < bytes.len && line < 4; i++) {
        uint8_t byte = bytes.data[i];
        if (byte == '\n') {
            if (is_line_empty) {
                return line == 3;
            }
            line++;
            is_line_empty = true;
            continue;
        }
        if (line == 1 && (byte < '0' || byte > '9')) {
            return false;
        }
        is_line_empty = false;
    }
    return line == 4;
}

enum lh_input_kind lh_input_detect(const struct lh_input *input)
{
    struct lh_bytes start =
        lh_bytes_of(input->peek + input->peek_start, input->peek_end - input->peek_start);

    if (begins_with(start, LH_ARCHIVE_MAGIC) ||
        (input->zstd != NULL && may_become_archive(start))) {
        return LH_INPUT_ARCHIVE;
    }
    if (begins_with(start, "c2sp.org/tlog-proof@v1\n")) {
        return LH_INPUT_RECEIPT;
    }
    if (begins_with(start, LH_JOURNAL_RECEIPT_MAGIC)) {
        return LH_INPUT_JOURNAL;
    }
    if (lh_evidence_is_start(start)) {
        return LH_INPUT_EVIDENCE;
    }
    if (lh_consent_is_start(start)) {
        return LH_INPUT_PROMISES;
    }
    if (looks_like_checkpoint(start)) {
        return LH_INPUT_CHECKPOINT;
    }
    return start.len == 0 ? LH_INPUT_EMPTY : LH_INPUT_UNKNOWN;
}

enum lh_code lh_input_read(struct lh_input *input, void *out, size_t room, size_t *out_len,
                           struct lh_err *err)
{
    size_t peeked = input->peek_end - input->peek_start;

    if (peeked == 0) {
        return read_stream(input, out, room, out_len, err);
    }
    *out_len = peeked < room ? peeked : room;
    memcpy(out, input->peek + input->peek_start, *out_len);
    input->peek_start += *out_len;
    return LH_OK;
}

enum lh_code lh_input_read_all(struct lh_input *input, struct lh_buf *out, size_t max,
                               struct lh_err *err)
{
    uint8_t chunk[4096];
    size_t got = 0;

    do {
        enum lh_code rc = lh_input_read(input, chunk, sizeof chunk, &got, err);
        if (rc != LH_OK) {
            return rc;
        }
        if (got > max - out->len) {
            return lh_err_set(err, LH_ERR_LIMIT, "longer than %zu bytes", max);
        }
        lh_buf_add(out, lh_bytes_of(chunk, got));
    } while (got > 0);
    return lh_buf_check(out, err);
}

uint64_t lh_input_position(const struct lh_input *input)
{
    return input->position - (input->end - input->start);
}

uint64_t lh_input_size(const struct lh_input *input)
{
    return input->size;
}
