/*
 * An archive from outside: read as it stands, and replayed. Nothing may crash or be read past its
 * end, and what is read is what is written again.
 */
#include "crypto/base/assert.h"
#include "ledger/replay.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum lh_code read_bytes(void *arg, void *out, size_t room, size_t *out_len,
                               struct lh_err *err)
{
    struct lh_bytes *rest = arg;

    (void)err;
    *out_len = rest->len < room ? rest->len : room;
    if (*out_len > 0) {
        memcpy(out, rest->data, *out_len);
        *rest = lh_bytes_of(rest->data + *out_len, rest->len - *out_len);
    }
    return LH_OK;
}

enum { BROKEN_STEP = 64 };

/* What a stream that breaks after some bytes gives, a few at a time. */
static enum lh_code read_broken(void *arg, void *out, size_t room, size_t *out_len,
                                struct lh_err *err)
{
    struct lh_bytes *rest = arg;

    if (rest->len == 0) {
        return lh_err_set(err, LH_ERR_IO, "broken");
    }
    return read_bytes(rest, out, room < BROKEN_STEP ? room : BROKEN_STEP, out_len, err);
}

/* The reader passes the failure on, unless what came before was wrong already. */
static void check_broken(struct lh_bytes bytes)
{
    struct lh_bytes rest = bytes;
    const struct lh_archive_input input = { .read = read_broken, .arg = &rest };
    struct lh_archive_reader *reader = NULL;
    struct lh_archive_frame frame;
    enum lh_code rc = lh_archive_reader_new(&reader, &input, NULL);

    while (rc == LH_OK) {
        rc = lh_archive_next(reader, &frame, NULL);
    }
    lh_assert(rc != LH_ERR_NOT_FOUND);
    lh_assert(rest.len > 0 || rc == LH_ERR_IO || rc == LH_ERR_INVALID || rc == LH_ERR_UNKNOWN);
    lh_archive_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct lh_replay_options options = { .with_signatures = true };
    struct lh_bytes rest = lh_bytes_of(data, size);
    const struct lh_archive_input input = { .read = read_bytes, .arg = &rest };
    struct lh_buf copy = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_archive_reader *reader;
    struct lh_archive_frame frame;
    struct lh_replay *replay;
    uint64_t frames = 0;

    enum lh_code rc = lh_archive_reader_new(&reader, &input, &err);
    lh_assert(rc == LH_OK);
    rc = lh_replay_new(&replay, &options, &err);
    lh_assert(rc == LH_OK);
    lh_archive_begin(&copy);
    while ((rc = lh_archive_next(reader, &frame, &err)) == LH_OK) {
        lh_archive_add(&copy, frame.kind, frame.content);
        frames++;
        rc = lh_replay_feed(replay, &frame, &err);
        lh_assert(rc == LH_OK);
    }
    if (rc == LH_ERR_NOT_FOUND) {
        lh_archive_end(&copy, frames);
        bool is_same = lh_bytes_is_equal(lh_buf_bytes(&copy), lh_bytes_of(data, size));
        lh_assert(is_same);
    }
    rc = lh_replay_end(replay, rc, err.text, &err);
    lh_assert(rc == LH_OK);
    lh_replay_free(replay);
    lh_archive_reader_free(reader);
    lh_buf_clear(&copy);
    check_broken(lh_bytes_of(data, size));
    return 0;
}
