/*
 * The reader keeps one window of the stream. Invariants:
 *
 *  1. buffer[start .. end) are the bytes read and not yet handed out; `offset` is where they begin
 *     in the stream.
 *  2. A frame is handed out only when the format allows its kind after the one before.
 *  3. After a failure the reader stays failed with the same code and words.
 */
#include "ledger/archive.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

/* A frame always fits behind what an earlier read may have left. */
enum { WINDOW = 2 * (LH_ARCHIVE_FRAME_MAX + LH_ARCHIVE_FRAME_HEAD) };

#define AFTER(kind) (1U << (kind))

/* Which kinds may follow a kind; index 0 is the start of the stream. */
static const unsigned FOLLOWERS[] = {
    [0] = AFTER(LH_ARCHIVE_GENESIS),
    [LH_ARCHIVE_GENESIS] =
        AFTER(LH_ARCHIVE_EPOCH) | AFTER(LH_ARCHIVE_LEDGER) | AFTER(LH_ARCHIVE_END),
    [LH_ARCHIVE_EPOCH] = AFTER(LH_ARCHIVE_EPOCH) | AFTER(LH_ARCHIVE_LEDGER) | AFTER(LH_ARCHIVE_END),
    [LH_ARCHIVE_LEDGER] = AFTER(LH_ARCHIVE_LEAF) | AFTER(LH_ARCHIVE_KEPT),
    [LH_ARCHIVE_KEPT] = AFTER(LH_ARCHIVE_LEAF),
    [LH_ARCHIVE_LEAF] = AFTER(LH_ARCHIVE_LEAF) | AFTER(LH_ARCHIVE_CHECKPOINT),
    [LH_ARCHIVE_CHECKPOINT] = AFTER(LH_ARCHIVE_LEAF) | AFTER(LH_ARCHIVE_LEDGER) |
                              AFTER(LH_ARCHIVE_PRIVATE) | AFTER(LH_ARCHIVE_END),
    [LH_ARCHIVE_PRIVATE] = AFTER(LH_ARCHIVE_LEAF) | AFTER(LH_ARCHIVE_LEDGER) |
                           AFTER(LH_ARCHIVE_PRIVATE) | AFTER(LH_ARCHIVE_END),
    [LH_ARCHIVE_END] = 0,
};

struct lh_archive_reader {
    struct lh_archive_input input;
    size_t start;
    size_t end;
    uint64_t offset;
    bool at_eof;
    bool has_magic;
    unsigned previous; /* kind of the frame before, 0 at the start */
    uint64_t frame_count;
    struct lh_err failure; /* code LH_OK while there is none */
    uint8_t buffer[WINDOW];
};

enum lh_code lh_archive_reader_new(struct lh_archive_reader **out,
                                   const struct lh_archive_input *input, struct lh_err *err)
{
    struct lh_archive_reader *reader = malloc(sizeof *reader);

    if (reader == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for an archive reader");
    }
    memset(reader, 0, offsetof(struct lh_archive_reader, buffer));
    reader->input = *input;
    *out = reader;
    return LH_OK;
}

void lh_archive_reader_free(struct lh_archive_reader *reader)
{
    free(reader);
}

uint64_t lh_archive_offset(const struct lh_archive_reader *reader)
{
    return reader->offset;
}

static size_t buffered(const struct lh_archive_reader *reader)
{
    return reader->end - reader->start;
}

/* Read on until `wanted` bytes are buffered or the stream is at its end. */
static enum lh_code fill(struct lh_archive_reader *reader, size_t wanted, struct lh_err *err)
{
    lh_assert(wanted <= WINDOW / 2);
    if (buffered(reader) >= wanted) {
        return LH_OK;
    }
    memmove(reader->buffer, reader->buffer + reader->start, buffered(reader));
    reader->end -= reader->start;
    reader->start = 0;
    while (reader->end < wanted && !reader->at_eof) {
        size_t got = 0;
        enum lh_code rc = reader->input.read(reader->input.arg, reader->buffer + reader->end,
                                             WINDOW - reader->end, &got, err);
        if (rc != LH_OK) {
            return rc;
        }
        lh_assert(got <= WINDOW - reader->end);
        reader->at_eof = got == 0;
        reader->end += got;
    }
    return LH_OK;
}

static void take(struct lh_archive_reader *reader, size_t len)
{
    reader->start += len;
    reader->offset += len;
}

static enum lh_code ends_early(const struct lh_archive_reader *reader, struct lh_err *err)
{
    unsigned long long end = reader->offset + buffered(reader);

    return lh_err_set(err, LH_ERR_UNKNOWN,
                      "the archive stops at byte %llu, before its end frame: the rest is missing",
                      end);
}

/* spec ledger.md 10: "An archive begins with the six bytes LHAR1 and a newline." */
static enum lh_code read_magic(struct lh_archive_reader *reader, struct lh_err *err)
{
    enum lh_code rc = fill(reader, LH_ARCHIVE_MAGIC_LEN, err);
    if (rc != LH_OK) {
        return rc;
    }
    size_t len = buffered(reader);
    len = len < LH_ARCHIVE_MAGIC_LEN ? len : LH_ARCHIVE_MAGIC_LEN;
    if (memcmp(reader->buffer + reader->start, LH_ARCHIVE_MAGIC, len) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "not an archive: it does not begin with LHAR1");
    }
    if (len < LH_ARCHIVE_MAGIC_LEN) {
        return ends_early(reader, err);
    }
    take(reader, len);
    reader->has_magic = true;
    return LH_OK;
}

/* spec ledger.md 10: "The end frame holds the number of frames before it as eight bytes, and
 * nothing follows it." */
static enum lh_code check_end(struct lh_archive_reader *reader, struct lh_bytes content,
                              struct lh_err *err)
{
    struct lh_reader fields = lh_reader_of(content);
    uint64_t count = lh_read_u64(&fields);

    if (!lh_reader_is_done(&fields) || count != reader->frame_count) {
        return lh_err_set(err, LH_ERR_INVALID, "the end frame does not fit: %llu frames were read",
                          (unsigned long long)reader->frame_count);
    }
    enum lh_code rc = fill(reader, 1, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (buffered(reader) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "bytes follow the end frame, at byte %llu",
                          (unsigned long long)reader->offset);
    }
    return lh_err_set(err, LH_ERR_NOT_FOUND, "end of the archive");
}

/* spec ledger.md 10: "A frame of a kind that a reader does not know is never skipped." */
static enum lh_code check_kind(const struct lh_archive_reader *reader, unsigned kind,
                               struct lh_err *err)
{
    if (kind < LH_ARCHIVE_GENESIS || kind > LH_ARCHIVE_EPOCH) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "a frame of unknown kind %u at byte %llu", kind,
                          (unsigned long long)reader->offset);
    }
    if ((FOLLOWERS[reader->previous] & AFTER(kind)) == 0) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "a frame of kind %u after one of kind %u, at byte %llu", kind,
                          reader->previous, (unsigned long long)reader->offset);
    }
    return LH_OK;
}

/* spec ledger.md 10: "A frame of kind 7 is empty." */
static enum lh_code check_length(const struct lh_archive_reader *reader, unsigned kind, size_t len,
                                 struct lh_err *err)
{
    size_t most = kind == LH_ARCHIVE_KEPT ? 0 : LH_ARCHIVE_FRAME_MAX;

    if (len > most) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "a frame of kind %u with %zu bytes at byte %llu; at most %zu", kind, len,
                          (unsigned long long)reader->offset, most);
    }
    return LH_OK;
}

static enum lh_code next_frame(struct lh_archive_reader *reader, struct lh_archive_frame *out,
                               struct lh_err *err)
{
    enum lh_code rc = reader->has_magic ? LH_OK : read_magic(reader, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = fill(reader, LH_ARCHIVE_FRAME_HEAD, err);
    if (rc != LH_OK) {
        return rc;
    }
    struct lh_reader head =
        lh_reader_of(lh_bytes_of(reader->buffer + reader->start, buffered(reader)));
    unsigned kind = lh_read_u8(&head);
    size_t len = lh_read_u32(&head);
    if (head.failed) {
        return ends_early(reader, err);
    }
    rc = check_kind(reader, kind, err);
    if (rc == LH_OK) {
        rc = check_length(reader, kind, len, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    rc = fill(reader, LH_ARCHIVE_FRAME_HEAD + len, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (buffered(reader) < LH_ARCHIVE_FRAME_HEAD + len) {
        return ends_early(reader, err);
    }
    struct lh_archive_frame frame = {
        .kind = (enum lh_archive_kind)kind,
        .content = lh_bytes_of(reader->buffer + reader->start + LH_ARCHIVE_FRAME_HEAD, len),
        .offset = reader->offset,
    };
    take(reader, LH_ARCHIVE_FRAME_HEAD + len);
    reader->previous = kind;
    if (frame.kind == LH_ARCHIVE_END) {
        return check_end(reader, frame.content, err);
    }
    reader->frame_count++;
    *out = frame;
    return LH_OK;
}

enum lh_code lh_archive_next(struct lh_archive_reader *reader, struct lh_archive_frame *out,
                             struct lh_err *err)
{
    if (reader->failure.code == LH_OK) {
        struct lh_err local = LH_ERR_NONE;
        enum lh_code rc = next_frame(reader, out, &local);
        if (rc == LH_OK) {
            return LH_OK;
        }
        reader->failure = local;
        reader->failure.code = rc;
    }
    return lh_err_set(err, reader->failure.code, "%s", reader->failure.text);
}

void lh_archive_begin(struct lh_buf *out)
{
    lh_buf_add_text(out, LH_ARCHIVE_MAGIC);
}

void lh_archive_add(struct lh_buf *out, enum lh_archive_kind kind, struct lh_bytes content)
{
    lh_assert(content.len <= LH_ARCHIVE_FRAME_MAX);
    lh_buf_add_u8(out, (uint8_t)kind);
    lh_buf_add_u32(out, (uint32_t)content.len);
    lh_buf_add(out, content);
}

void lh_archive_end(struct lh_buf *out, uint64_t frame_count)
{
    uint8_t count[8];

    lh_put_u64(count, frame_count);
    lh_archive_add(out, LH_ARCHIVE_END, lh_bytes_of(count, sizeof count));
}
